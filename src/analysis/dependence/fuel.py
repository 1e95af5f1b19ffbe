"""How much of the DPRK's fuel comes from China, under each definition.

Five wholes stand side by side: the value of recorded fuel imports (HS 27), without and with an estimate of the
crude oil that customs leaves out; crude oil by weight; refined products notified to the United Nations; all
oil used; all energy used. Since customs fell silent the quantity of crude oil is not reported. It is never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from ..catalogue import Catalogue, Row
from ..facts import Fact
from . import notified
from .amounts import Amount, Share, add, gap, less, share
from .readings import Records, converted, factor, known, part_of, times, widened, zero

if TYPE_CHECKING:
    from ..parameters import ReportParameters

FUELS = "energy/fuel_trade"
OIL = "energy/crude_oil_from_china"
REFINED = notified.TABLE
ENERGY = "energy/energy_use"
ANNUAL = "trade/china_dprk_annual"

NEIGHBOURS = ("CHN", "RUS")
CRUDE = ("estimate", "recorded")
DOUBTFUL = ("keep", "drop")
USD, MTOE = "usd_million", "mtoe"


@dataclass(frozen=True)
class _Request:
    """The tables as known by a day, and which figures may be used."""

    catalogue: Catalogue
    as_of: date | None
    crude: str
    doubtful: str
    tables: dict[str, Records] = field(default_factory=dict, compare=False)

    def table(self, name: str) -> Records:
        if name not in self.tables:
            self.tables[name] = known(self.catalogue, name, self.as_of)
        return self.tables[name]


def shares(catalogue: Catalogue, parameters: ReportParameters) -> dict[str, dict[int, Share]]:
    """China's share under each of `DEFINITIONS` for each year asked for, by definition and year."""
    p = parameters
    crude = "estimate" if p.crude_estimate == "with" else "recorded"
    request = _request(catalogue, p.as_of, crude, p.doubtful_partners)
    years = range(p.start_year, p.end_year + 1)
    return {name: {year: of_year(request, year) for year in years} for name, of_year in DEFINITIONS.items()}


def by_year(
    catalogue: Catalogue, definition: str, *, years: Iterable[int] | None = None, as_of: date | None = None,
    crude: str = "estimate", doubtful: str = "keep",
) -> dict[int, Share]:  # fmt: skip
    """China's share under one of `DEFINITIONS` for each of `years` (default: all years of the report).

    crude: whether KOTRA's `estimate` of the weight of crude oil may stand where customs is silent, or only what
    was `recorded`; it does not touch definitions that name the estimate. doubtful: `keep` or `drop` sellers of
    fuel other than China and Russia, the two neighbours; the band of the HS 27 shares spans both. Every year has
    a Share; one without a figure has a reason. KeyError for an unknown definition, ValueError for an unknown choice.
    """
    of_year, request = DEFINITIONS[definition], _request(catalogue, as_of, crude, doubtful)
    first, last = catalogue.years
    return {year: of_year(request, year) for year in (range(first, last + 1) if years is None else years)}


def _request(catalogue: Catalogue, as_of: date | None, crude: str, doubtful: str) -> _Request:
    for name, value, allowed in (("crude", crude, CRUDE), ("doubtful", doubtful, DOUBTFUL)):
        if value not in allowed:
            raise ValueError(f"{name} is one of {', '.join(allowed)}, not {value!r}")
    return _Request(catalogue, as_of, crude, doubtful)


def extra_facts(catalogue: Catalogue, parameters: ReportParameters) -> Iterator[Fact]:
    """The place of oil in all energy, and what the DPRK bought and sold of mineral fuels."""
    p = parameters
    years = range(p.start_year, p.end_year + 1)
    for year, part in oil_in_energy(catalogue, years=years, as_of=p.as_of).items():
        if part.percent is not None:
            yield Fact(
                id=f"dependence.fuel_energy.all_oil.{year}", unit="percent", period=str(year), status="estimated",
                label="Oil, from wherever it came, as a share of all energy used in the DPRK", value=part.percent,
                formula="oil used, worked back from carbon, in tonnes of oil equivalent / primary energy",
                rows=(*part.part.rows, *part.whole.rows), decimals=0, low=part.low, high=part.high,
                sources=tuple(dict.fromkeys((*part.part.sources, *part.whole.sources))),
            )  # fmt: skip
    crude = "estimate" if p.crude_estimate == "with" else "recorded"
    yield from _compiler_facts(_request(catalogue, p.as_of, crude, p.doubtful_partners), years)
    request = _Request(catalogue, p.as_of, "estimate", "keep")
    estimates = {year: amount for year in years if (amount := _crude(request, year, True)).status == "estimated"}
    yield from notified.cap_facts(catalogue, years, p.as_of, estimates)
    for year, both in trade_in_fuels(catalogue, p.as_of).items():
        for name, amount in zip(("bought", "sold"), both, strict=True):
            if year in years and amount.value is not None:
                yield Fact(
                    id=f"dependence.fuel_trade.{name}.{year}", unit=USD, period=str(year), status="derived",
                    label=f"Mineral fuels (HS 27) that the DPRK {name}; crude oil from China is not in the record",
                    value=amount.value, formula="sum over partners", rows=amount.rows, sources=amount.sources,
                )  # fmt: skip


COMPILERS = {
    "cdiac": "CDIAC, coal and oil from carbon", "eia": "the US Energy Information Administration",
    "world_bank": "the World Bank",
}  # fmt: skip


def _compiler_facts(request: _Request, years: Iterable[int]) -> Iterator[Fact]:
    """All energy by each compiler, and crude oil from China as a share of each."""
    for year in years:
        oil = _crude_energy(request, year)
        for compiler, whole in energy_by_compiler(request, year).items():
            made = share(oil, whole)
            for id, label, unit, value, low, high, origin, formula in (
                (f"dependence.amount.energy_used_{compiler}.{year}", "All energy used in the DPRK", MTOE,
                 whole.value, whole.low, whole.high, (whole,), "as printed" if len(whole.rows) == 1 else whole.how or
                 "arithmetic on the rows named"),
                (f"dependence.energy_by_compiler.{compiler}.{year}",
                 "Crude oil from China as a share of all energy used",
                 "percent", made.percent, made.low, made.high, (oil, whole),
                 f"dependence.amount.china_crude_energy.{year} / dependence.amount.energy_used_{compiler}.{year}"),
            ):  # fmt: skip
                if value is not None:
                    yield Fact(
                        id=id, label=f"{label}: {COMPILERS[compiler]}", unit=unit, period=str(year), status="estimated",
                        value=value, low=low, high=high, formula=formula, decimals=1,
                        rows=tuple(dict.fromkeys(row for amount in origin for row in amount.rows)),
                        sources=tuple(dict.fromkeys(source for amount in origin for source in amount.sources)),
                    )  # fmt: skip


def trade_in_fuels(catalogue: Catalogue, as_of: date | None = None) -> dict[int, tuple[Amount, Amount]]:
    """What the DPRK bought and what it sold of HS 27, by year, USD million, as BACI has it (no crude oil bought)."""
    table, reason = known(catalogue, FUELS, as_of), "no trade in fuels is kept"
    return {
        year: (
            table.amount(table.pick(year=year, compiler="baci", importer="PRK"), USD, reason),
            table.amount(table.pick(year=year, compiler="baci", exporter="PRK"), USD, reason),
        )
        for year in table.years(compiler="baci")
    }


def oil_in_energy(
    catalogue: Catalogue, *, years: Iterable[int] | None = None, as_of: date | None = None
) -> dict[int, Share]:
    """All oil used, from wherever it came, as a share of primary energy: the place of oil in the whole."""
    request = _Request(catalogue, as_of, "estimate", "keep")
    first, last = catalogue.years
    return {
        year: share(_oil_energy(request, year), _primary_energy(request, year))
        for year in (range(first, last + 1) if years is None else years)
    }


# --------------------------------------------------------------------------------------------- recorded fuel imports


def _hs27(request: _Request, year: int) -> tuple[Amount, Amount]:
    """Fuel from China and from all others, as BACI has it; the interval spans sellers that are no neighbours."""
    table = request.table(FUELS)
    rows = table.pick(year=year, compiler="baci", importer="PRK")
    kept = ", ".join(str(y) for y in table.years(compiler="baci"))
    reason = f"fuel imports by partner are kept for {kept} only" if kept else "no fuel imports by partner are kept"
    if not rows:
        missing = gap(table.absent or reason, USD)
        return missing, missing
    china = table.amount([row for row in rows if row["exporter"] == "CHN"], USD, "China reported no fuel")
    others = [row for row in rows if row["exporter"] != "CHN"]
    every, sound = _sum(table, others), _sum(table, [row for row in others if row["exporter"] in NEIGHBOURS])
    return china, widened(every, sound) if request.doubtful == "keep" else widened(sound, every)


def _sum(table: Records, rows: Sequence[Row]) -> Amount:
    return table.amount(rows, USD, "") if rows else zero(USD)


def _recorded(request: _Request, year: int) -> Share:
    return _over_rest(*_hs27(request, year))


def _with_crude(request: _Request, year: int) -> Share:
    china, others = _hs27(request, year)
    return _over_rest(add([china, _crude_value(request, year)]), others)


def _crude_value(request: _Request, year: int) -> Amount:
    """KOTRA's estimate of the crude oil that customs leaves out, USD million."""
    table = request.table(ANNUAL)
    return table.amount(
        table.pick(year=year, measure="crude_estimate"), USD, "no estimate of the value of crude oil is kept"
    )


def _kotra_crude(request: _Request, year: int) -> Share:
    """The crude estimate alone over KOTRA's fuel imports: what China supplies at the least, from one compiler."""
    table = request.table(FUELS)
    whole = table.amount(
        table.pick(year=year, compiler="kotra", exporter="all"), USD, "KOTRA's total of fuel imports is not kept"
    )
    return share(_crude_value(request, year), whole)


def _over_rest(part: Amount, rest: Amount) -> Share:
    return share(part, gap(part.reason, part.unit)) if part.value is None else part_of(part, rest)


# ------------------------------------------------------------------------------------------------ crude oil by weight


def _crude(request: _Request, year: int, estimate: bool) -> Amount:
    """Crude oil from China in tonnes. Rival prints make an interval; where customs is silent the estimate may stand."""
    table = request.table(OIL)
    rows = table.pick(year=year, supplier="China", item="crude")
    if table.absent:
        return gap(table.absent, "tonnes")
    printed = [row for row in rows if row["status"] != "estimated"]
    estimated = [row for row in rows if row["status"] == "estimated"]
    silent = silent_from(table)
    reason = "no figure of crude oil from China is kept"
    if silent is not None and year >= silent:
        reason = f"Chinese customs has not reported crude oil since January {silent}"
        if estimate and estimated:
            return _first_of(table, estimated, reason)
        if estimate:
            reason += ", and no estimate of its weight is kept"
    return _first_of(table, printed, reason)


def silent_from(table: Records) -> int | None:
    """The first year in which customs left crude oil out, from the rows of `OIL`; None where it left out none."""
    return min(table.years(supplier="China", item="crude", status="unreported"), default=None)


def _first_of(table: Records, rows: Sequence[Row], reason: str) -> Amount:
    """The first row as the figure, rival rows as its interval; a gap where a row is not reported."""
    amounts = [table.amount([row], "tonnes", reason) for row in rows]
    return widened(amounts[0], *amounts[1:]) if amounts else gap(reason, "tonnes")


def _crude_imports(request: _Request, year: int) -> Share:
    """Over crude oil from all partners; known only for a year whose compiler says so, never from an estimate."""
    table = request.table(OIL)
    part = _crude(request, year, estimate=False)
    every = table.amount(
        table.pick(year=year, supplier="all", item="crude"), "tonnes", "nobody prints crude oil from all partners"
    )
    if part.value is None or every.value is None:
        return share(part, every)
    if every.value == part.value:
        return part_of(part, zero("tonnes", every.status, every.rows, every.sources))
    return part_of(part, less(every, part))


# --------------------------------------------------------------------------------------------------- refined products


def _notified(request: _Request, year: int) -> Share:
    """Deliveries notified to the 1718 Committee; a revised total, where one exists, widens the band."""
    table = request.table(REFINED)
    rows = table.pick(year=year)
    if not rows:
        reason = "no complete year of notified deliveries by supplier is kept"
        return share(*[gap(table.absent or reason, notified.BARRELS)] * 2)
    made = [_notified_in(table, rows, year, unit) for unit in dict.fromkeys(str(row["unit"]) for row in rows)]
    return next((one for one in made if one.percent is not None), made[0])


def _notified_in(table: Records, rows: Sequence[Row], year: int, unit: str) -> Share:
    part, others, every = (
        _whole_year(table, [row for row in rows if (row["supplier"], row["unit"]) == (supplier, unit)], year, unit)
        for supplier in ("China", "Russia", "all")
    )
    total = less(every, part)
    return _over_rest(part, total if others.value is None else widened(others, total))


def _whole_year(table: Records, rows: Sequence[Row], year: int, unit: str) -> Amount:
    """The sum of the spans if they make up the year, otherwise a gap."""
    spans = notified.run(rows, year)
    reason = "the notified months do not make up the year"
    return table.amount(spans, unit, reason) if notified.months_of(spans) == 12 else gap(reason, unit, table.keys(rows))


# ------------------------------------------------------------------------------------------------ all oil, all energy


def _oil_use(request: _Request, year: int) -> Amount:
    """Oil used in tonnes, worked back from the carbon of liquid fuels.

    The figure divides the later edition by the carbon in a tonne of oil. The interval takes in the earlier
    edition, and the oil that the carbon accounts count as not burnt.
    """
    table, reason = request.table(ENERGY), "no carbon of liquid fuels is kept"
    contained, burnt = factor(request.catalogue, "carbon_of_oil"), factor(request.catalogue, "burnt_of_oil")
    oil = []
    for vintage in ("revised", "first"):
        carbon = table.amount(table.pick(year=year, item="carbon_liquid", vintage=vintage), "kt_c", reason)
        for by in (contained, times(contained, burnt)):
            oil.append(converted(carbon, by, "tonnes", divide=True, scale=1000))
    return widened(oil[0], *oil[1:])


def _oil_used(request: _Request, year: int) -> Share:
    return share(_crude(request, year, request.crude == "estimate"), _oil_use(request, year))


def _oil_used_with_products(request: _Request, year: int) -> Share:
    """Crude oil and products from China; known where a page prints both together, or products beside crude oil."""
    table = request.table(OIL)
    both = table.pick(year=year, item="crude_and_products")
    products = table.pick(year=year, item="products")
    reason = "no yearly weight of oil products from China is kept"
    if both:
        part = table.amount(both, "tonnes", reason)
    else:
        crude = _crude(request, year, request.crude == "estimate")
        part = add([table.amount(products, "tonnes", reason), crude])
    return share(part, _oil_use(request, year))


def energy_by_compiler(request: _Request, year: int) -> dict[str, Amount]:
    """All energy used by each compiler, the one that counts oil in the same accounts first."""
    table, reason = request.table(ENERGY), "no total of energy use is kept"
    return {
        "cdiac": add([_coal_energy(request, year), _oil_energy(request, year)]),
        "eia": table.amount(table.pick(year=year, item="primary_energy"), MTOE, reason),
        "world_bank": table.amount(table.pick(year=year, item="primary_energy_world_bank"), MTOE, reason),
    }


def _coal_energy(request: _Request, year: int) -> Amount:
    """Energy of the coal used, worked back from the carbon of solid fuels; hydropower is in no account of carbon."""
    table, reason = request.table(ENERGY), "no carbon of solid fuels is kept"
    coal = []
    for vintage in ("revised", "first"):
        carbon = table.amount(table.pick(year=year, item="carbon_solid", vintage=vintage), "kt_c", reason)
        for by in ("toe_of_carbon_coal", "toe_of_carbon_anthracite"):
            coal.append(converted(carbon, factor(request.catalogue, by), MTOE, scale=1e-3))
    return widened(coal[0], *coal[1:])


def _oil_energy(request: _Request, year: int) -> Amount:
    heat = widened(*(factor(request.catalogue, f"toe_of_{fuel}") for fuel in ("crude", "gasoline")))
    return converted(_oil_use(request, year), heat, MTOE, scale=1e-6)


def _primary_energy(request: _Request, year: int) -> Amount:
    """All energy used, from the compiler that the oil comes from where it has the year; the interval spans all."""
    known_totals = [amount for amount in energy_by_compiler(request, year).values() if amount.value is not None]
    if not known_totals:
        table = request.table(ENERGY)
        return gap(table.absent or "no total of energy use is kept", MTOE)
    return widened(*known_totals)


def _oil_in_all_energy(request: _Request, year: int) -> Share:
    """China's crude oil over all energy used, both in tonnes of oil equivalent."""
    return share(_crude_energy(request, year), _primary_energy(request, year))


def _crude_energy(request: _Request, year: int) -> Amount:
    crude = _crude(request, year, request.crude == "estimate")
    return converted(crude, factor(request.catalogue, "toe_of_crude"), MTOE, scale=1e-6)


DEFINITIONS: dict[str, Callable[[_Request, int], Share]] = {
    "fuel_imports.hs27_recorded": _recorded,
    "fuel_imports.hs27_with_crude": _with_crude,
    "fuel_imports.kotra_crude_only": _kotra_crude,
    "crude.quantity": _crude_imports,
    "refined_products.un_notified": _notified,
    "oil_use.approximated": _oil_used,
    "oil_use.with_products": _oil_used_with_products,
    "energy_use.chinese_oil": _oil_in_all_energy,
}
