"""How much of the DPRK's grain, soybeans and fertiliser comes from China, under each definition.

The part is what China reported to FAO as exported; the whole is what all exporters reported, or FAO's
balance with food aid, or harvest and imports together. Weights are tonnes. Rice is milled unless asked for
in paddy. Flour is in no exporter's record and counts only where a definition says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from ..catalogue import Catalogue, Row
from ..facts import Fact
from .amounts import Amount, Share, add, gap, share
from .readings import Records, converted, factor, known, part_of, sources_of, widened, zero

if TYPE_CHECKING:
    from ..parameters import ReportParameters

EXPORTS = "food/cereal_exports_to_dprk"
PRODUCTION = "food/cereal_production"
BALANCES = "food/cereal_balance_imports"
FLOUR = "food/flour_from_china"
CUSTOMS = "food/grain_from_china_customs"
FERTILISER = "food/fertiliser_imports"
EXPORTERS = "food/exporters"

CEREALS = ("maize", "rice", "wheat")
UNIT, NITROGEN = "tonnes", "tonnes_n"
RICE = ("milled", "paddy")
DOUBTFUL = ("keep", "drop")
IMPORTS = ("exporters", "balance")

# A shipment is doubtful if it is large, if it dwarfs what the same exporter sent of the same crop in the year
# before and in the year after, and if the exporter is neither a neighbour nor a known donor (data/food/exporters.csv).
# The first and the last year of the record have no year on one side, and are not judged.
SPIKE_TONNES = 50_000
SPIKE_RATIO = 5


@dataclass(frozen=True)
class _Request:
    """The tables as known by a day, and how grain is to be counted."""

    catalogue: Catalogue
    as_of: date | None
    rice: str
    doubtful: str
    imports: str
    exports: Records
    flagged: frozenset[str]
    tables: dict[str, Records] = field(default_factory=dict, compare=False)

    def table(self, name: str) -> Records:
        if name not in self.tables:
            self.tables[name] = known(self.catalogue, name, self.as_of)
        return self.tables[name]


def shares(catalogue: Catalogue, parameters: ReportParameters) -> dict[str, dict[int, Share]]:
    """China's share under each of `DEFINITIONS` for each year asked for, by definition and year."""
    p = parameters
    request = _request(catalogue, p.as_of, p.rice, p.doubtful_partners, "exporters")
    years = range(p.start_year, p.end_year + 1)
    return {name: {year: of_year(request, year) for year in years} for name, of_year in DEFINITIONS.items()}


def by_year(
    catalogue: Catalogue, definition: str, *, years: Iterable[int] | None = None, as_of: date | None = None,
    rice: str = "milled", doubtful: str = "keep", imports: str = "exporters",
) -> dict[int, Share]:  # fmt: skip
    """China's share under one of `DEFINITIONS` for each of `years` (default: all years of the report).

    rice: `milled` or `paddy`. doubtful: `keep` or `drop` the shipments that `doubtful_rows` names; the band of
    the share spans both. imports: what `cereal_supply` takes as imports, `exporters` or `balance` (aid included).
    Every year has a Share; one without a figure has a reason. KeyError for an unknown definition, ValueError
    for an unknown choice.
    """
    of_year, request = DEFINITIONS[definition], _request(catalogue, as_of, rice, doubtful, imports)
    first, last = catalogue.years
    return {year: of_year(request, year) for year in (range(first, last + 1) if years is None else years)}


def _request(catalogue: Catalogue, as_of: date | None, rice: str, doubtful: str, imports: str) -> _Request:
    for name, value, allowed in (("rice", rice, RICE), ("doubtful", doubtful, DOUBTFUL), ("imports", imports, IMPORTS)):
        if value not in allowed:
            raise ValueError(f"{name} is one of {', '.join(allowed)}, not {value!r}")
    flagged = frozenset(row["row_id"] for row in doubtful_rows(catalogue, as_of))
    return _Request(catalogue, as_of, rice, doubtful, imports, known(catalogue, EXPORTS, as_of), flagged)


def extra_facts(catalogue: Catalogue, parameters: ReportParameters) -> Iterator[Fact]:
    """What each doubtful shipment does to the share, and between which bounds a share in calories must lie."""
    p = parameters
    effects = effect_of_doubtful(catalogue, p.as_of, p.rice)
    for row in doubtful_rows(catalogue, p.as_of):
        year = int(row["year"])
        if row["crop"] not in CEREALS or not p.start_year <= year <= p.end_year:
            continue
        name = str(row["row_id"]).partition("-")[2].replace("-", "_")
        for word, made in zip(("with", "without"), effects[str(row["row_id"])], strict=True):
            yield Fact(
                id=f"dependence.food_{word}_row.{name}.{year}", unit="percent", period=str(year), status="derived",
                label=f"China's share of recorded grain imports {word} the {row['crop']} of {row['exporter']}",
                value=made.percent, formula=f"grain from China / grain of all exporters, {word} one doubtful shipment",
                rows=made.whole.rows, sources=made.whole.sources, decimals=0,
            )  # fmt: skip
    request = _request(catalogue, p.as_of, p.rice, p.doubtful_partners, "exporters")
    yield from _rival_facts(request, range(p.start_year, p.end_year + 1))
    for year in range(p.start_year, p.end_year + 1):
        by_crop = [_imports(request, year, (crop,)) for crop in CEREALS]
        bounds = calorie_bounds(by_crop)
        for name, bound in zip(("lowest", "highest"), bounds or (), strict=False):
            whole = [share.whole for share in by_crop if share.percent is not None]
            yield Fact(
                id=f"dependence.food_calories.{name}.{year}", unit="percent", period=str(year), status="derived",
                label=f"The {name} share of recorded grain imports in calories that tonnes allow", value=bound,
                formula=f"the {name} of the shares by crop, whatever a tonne of each crop holds",
                rows=tuple(row for amount in whole for row in amount.rows),
                sources=tuple(dict.fromkeys(source for amount in whole for source in amount.sources)), decimals=0,
            )  # fmt: skip


def _rival_facts(request: _Request, years: Iterable[int]) -> Iterator[Fact]:
    """Each crop from China by both sources, for the years that both have."""
    for year in years:
        for crop in (*CEREALS, "soybeans"):
            fao = _weight(request, request.exports.pick(year=year, crop=crop, exporter="China"))
            customs = rival_of(request, year, crop)
            if not fao.rows or customs.value is None:
                continue
            for source, label, amount in (("fao", "FAO's trade matrix", fao), ("customs", "Chinese customs", customs)):
                yield Fact(
                    id=f"dependence.grain_from_china_{source}.{crop}.{year}", label=f"{crop.capitalize()} from China: "
                    f"{label}", value=amount.value, unit=UNIT, period=str(year), status=amount.status, low=amount.low,
                    high=amount.high, rows=amount.rows, sources=amount.sources, formula=amount.how or "as printed",
                )  # fmt: skip


def doubtful_rows(catalogue: Catalogue, as_of: date | None = None) -> list[Row]:
    """Shipments that look like trade with South Korea under the wrong name, or like a single error, by the rule above.

    Columns are those of the table and `before` and `after`, the tonnes of the neighbouring years.
    """
    exports = known(catalogue, EXPORTS, as_of)
    if exports.absent:
        return []
    trusted = _trusted(catalogue)
    weights = {(int(row["year"]), str(row["crop"]), str(row["exporter"])): float(row["value"]) for row in exports.rows}
    first, last = exports.years()[0], exports.years()[-1]
    found: list[Row] = []
    for row in exports.rows:
        year, crop, exporter, value = int(row["year"]), str(row["crop"]), str(row["exporter"]), float(row["value"])
        before, after = (weights.get((year + step, crop, exporter), 0.0) for step in (-1, 1))
        inside = first < year < last and exporter not in trusted
        if inside and value >= SPIKE_TONNES and value >= SPIKE_RATIO * max(before, after):
            found.append({**row, "before": before, "after": after})
    return found


def _trusted(catalogue: Catalogue) -> frozenset[str]:
    if not catalogue.has(EXPORTERS):
        return frozenset()
    return frozenset(str(name) for name in catalogue.frame(EXPORTERS)["exporter"])


def effect_of_doubtful(
    catalogue: Catalogue, as_of: date | None = None, rice: str = "milled"
) -> dict[str, tuple[Share, Share]]:
    """For each doubtful shipment of a cereal: China's share of all cereals that year with it, and without it alone."""
    request = _Request(catalogue, as_of, rice, "keep", "exporters", known(catalogue, EXPORTS, as_of), frozenset())
    effects = {}
    for row in doubtful_rows(catalogue, as_of):
        if row["crop"] in CEREALS:
            year = int(row["year"])
            fewer = Records(EXPORTS, [other for other in request.exports.rows if other["row_id"] != row["row_id"]])
            without = _Request(catalogue, as_of, rice, "keep", "exporters", fewer, frozenset())
            effects[str(row["row_id"])] = (_cereal_imports(request, year), _cereal_imports(without, year))
    return effects


def calorie_bounds(shares_by_crop: Iterable[Share]) -> tuple[float, float] | None:
    """Between which per cent China's share in calories must lie, whatever a tonne of each crop holds.

    No sourced factor for calories is kept. Counted in calories the share is a mean of the shares by crop, with
    weights that are not known, so it lies between the lowest and the highest. None without two crops.
    """
    known_shares = [share.percent for share in shares_by_crop if share.percent is not None]
    return (min(known_shares), max(known_shares)) if len(known_shares) > 1 else None


# ---------------------------------------------------------------------------------------------- what exporters report


def _weight(request: _Request, rows: Sequence[Row]) -> Amount:
    """Grain of `rows` in tonnes, rice in the terms asked for; nothing if there are no rows."""
    amounts = []
    for crop in dict.fromkeys(row["crop"] for row in rows):
        amount = request.exports.amount([row for row in rows if row["crop"] == crop], UNIT, "")
        if crop == "rice" and request.rice == "paddy":
            amount = converted(amount, factor(request.catalogue, "rice_milled_of_paddy"), UNIT, divide=True)
        amounts.append(amount)
    return add(amounts) if amounts else zero(UNIT, sources=sources_of(request.exports.rows))


def _from_china(request: _Request, year: int, crops: tuple[str, ...]) -> Amount:
    exports, name = request.exports, "cereals" if len(crops) > 1 else crops[0]
    if exports.absent:
        return gap(exports.absent, UNIT)
    first, last = exports.years()[0], exports.years()[-1]
    if not first <= year <= last:
        return gap(f"the record of exporters that is kept runs from {first} to {last}", UNIT)
    if not exports.pick(year=year, crop=crops):
        return gap(
            f"no exporter recorded {name} for the DPRK; nothing shipped, as when the border is closed, "
            "and no report cannot be told apart", UNIT,
        )  # fmt: skip
    if not exports.pick(year=year, exporter="China"):
        return gap("China's report holds no grain; none shipped and no report cannot be told apart", UNIT)
    found = [_crop_from_china(request, year, crop) for crop in crops]
    recorded = [amount for amount in found if amount.rows]
    return add(recorded) if recorded else _weight(request, [])


def _crop_from_china(request: _Request, year: int, crop: str) -> Amount:
    """One crop as FAO has it from China; the interval takes in what pages print of Chinese customs."""
    amount = _weight(request, request.exports.pick(year=year, crop=crop, exporter="China"))
    rival = rival_of(request, year, crop)
    return widened(amount, rival) if amount.rows and rival.value is not None else amount


def rival_of(request: _Request, year: int, crop: str) -> Amount:
    """The same crop by Chinese customs as pages quote it; a gap where none does."""
    table = request.table(CUSTOMS)
    reason = f"no page that quotes Chinese customs on {crop} was found"
    amount = table.amount(table.pick(year=year, crop=crop), UNIT, reason)
    if crop == "rice" and request.rice == "paddy":
        return converted(amount, factor(request.catalogue, "rice_milled_of_paddy"), UNIT, divide=True)
    return amount


def _from_others(request: _Request, year: int, crops: tuple[str, ...]) -> Amount:
    """What all other exporters recorded; the interval spans the doubtful shipments, kept or dropped."""
    rows = [row for row in request.exports.pick(year=year, crop=crops) if row["exporter"] != "China"]
    every = _weight(request, rows)
    sound = _weight(request, [row for row in rows if row["row_id"] not in request.flagged])
    return widened(every, sound) if request.doubtful == "keep" else widened(sound, every)


def _imports(request: _Request, year: int, crops: tuple[str, ...]) -> Share:
    part = _from_china(request, year, crops)
    if part.value is None:
        return share(part, gap(part.reason, UNIT))
    return part_of(part, _from_others(request, year, crops))


def _cereal_imports(request: _Request, year: int) -> Share:
    return _imports(request, year, CEREALS)


def _crop(crop: str) -> Callable[[_Request, int], Share]:
    return lambda request, year: _imports(request, year, (crop,))


def _with_flour(request: _Request, year: int) -> Share:
    """Chinese flour added to both sides; other exporters' flour is not known, so this leans towards China."""
    grain, table = _from_china(request, year, CEREALS), request.table(FLOUR)
    flour = table.amount(table.pick(year=year, product="flour"), UNIT, "no figure of Chinese flour is kept")
    part = add([grain, flour])
    if part.value is None:
        return share(part, gap(part.reason, UNIT))
    return part_of(part, _from_others(request, year, CEREALS))


# ------------------------------------------------------------------------------------ FAO's balances and the harvest


def _balance(request: _Request, year: int) -> Amount:
    """All cereal imports of the old balances, aid included; rice stands in them as paddy."""
    table = request.table(BALANCES)
    last = max(table.years(crop="rice"), default=None)
    reason = "no balance of cereals by crop is kept"
    if last is not None and year > last:
        reason = "FAO's newer balances do not say how rice is counted, and their last years are imputed"
    rows = [row for row in table.pick(year=year) if row["crop"] != "all"]
    if not rows:
        return gap(table.absent or reason, UNIT)
    return add(
        _in_terms(request, table.amount([row for row in rows if row["crop"] == crop], UNIT, reason), crop)
        for crop in dict.fromkeys(row["crop"] for row in rows)
    )


def _in_terms(request: _Request, paddy: Amount, crop: str) -> Amount:
    if crop != "rice" or request.rice == "paddy":
        return paddy
    return converted(paddy, factor(request.catalogue, "rice_milled_of_paddy"), UNIT)


def _with_aid(request: _Request, year: int) -> Share:
    return share(_from_china(request, year, CEREALS), _balance(request, year))


def _harvest(request: _Request, year: int) -> Amount:
    table = request.table(PRODUCTION)
    return add(
        _in_terms(
            request, table.amount(table.pick(year=year, crop=crop), UNIT, f"no harvest of {crop} is kept"), crop
        )
        for crop in CEREALS
    )


def _supply(request: _Request, year: int) -> Share:
    """Over harvest and imports; the interval spans the two records of imports, exporters' and FAO's balance."""
    part = _from_china(request, year, CEREALS)
    if part.value is None:
        return share(part, gap(part.reason, UNIT))
    harvest = _harvest(request, year)
    recorded = add([harvest, part, _from_others(request, year, CEREALS)])
    balance = add([harvest, _balance(request, year)])
    whole = widened(recorded, balance) if request.imports == "exporters" else widened(balance, recorded)
    return share(part, whole)


# ---------------------------------------------------------------------------------------------------- fertiliser


def _nitrogen(request: _Request, year: int) -> Share:
    table = request.table(FERTILISER)
    products = table.pick(year=year, supplier="China")
    reason = "the nitrogen in Chinese fertiliser is known only where its products are printed"
    if not products:
        part = gap(table.absent or reason, NITROGEN)
    else:
        part = add(
            converted(
                table.amount([row for row in products if row["product"] == product], UNIT, reason),
                factor(request.catalogue, f"nitrogen_of_{product}"), NITROGEN,
            )
            for product in dict.fromkeys(row["product"] for row in products)
        )  # fmt: skip
    whole = table.amount(
        table.pick(year=year, supplier="all", product="nitrogen"), NITROGEN, "no nitrogen imports are kept"
    )
    return share(part, whole)


DEFINITIONS: dict[str, Callable[[_Request, int], Share]] = {
    "cereal_imports.quantity": _cereal_imports,
    "cereal_imports.with_flour": _with_flour,
    "cereal_imports.with_aid": _with_aid,
    "cereal_supply.production_plus_imports": _supply,
    "maize_imports.quantity": _crop("maize"),
    "rice_imports.quantity": _crop("rice"),
    "wheat_imports.quantity": _crop("wheat"),
    "soybean_imports.quantity": _crop("soybeans"),
    "fertiliser.nitrogen": _nitrogen,
}
