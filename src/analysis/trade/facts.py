"""The facts of trade growth: every number that notebooks, prose and facts.json take from this topic.

Ids follow `trade.<measure>.<basis>.<period>`. Values of `exports` and `imports` are China's exports to
and imports from the DPRK.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from ..catalogue import Catalogue
from ..facts import Fact
from . import MEASURES, bases, growth, periods, phases, prices, series

if TYPE_CHECKING:
    from ..report import Report

LABELS = {
    "exports": "China's exports to the DPRK",
    "imports": "China's imports from the DPRK",
    "total": "China-DPRK trade",
}


def trade_facts(report: Report) -> Iterator[Fact]:
    """All facts of the topic for the parameters of `report`, but for those in constant prices."""
    catalogue = report.catalogue
    labels = catalogue.frame("trade/bases").set_index("basis")["label"]
    for basis in catalogue.bases:
        cells = report.cells(basis)
        yield from _levels(cells, basis, labels[basis])
        yield from _growth(cells, basis, labels[basis])
        yield from _balance(cells, basis, labels[basis])
        yield from _span(cells, basis, labels[basis])
        yield from _phases(report, cells, basis, labels[basis])
    yield from _printed_growth(report)
    yield from _bases(report)
    yield from _months(report)
    yield from _cells(report)


def real_facts(report: Report) -> Iterator[Fact]:
    """Trade in the prices of one year, on every basis."""
    catalogue = report.catalogue
    labels = catalogue.frame("trade/bases").set_index("basis")["label"]
    for basis in catalogue.bases:
        yield from _real(catalogue, report.cells(basis), basis, labels[basis], report.parameters.base_year)


def decimals_of(precision: float) -> int:
    """Decimals that a printed value can bear: 0.05 gives 1, 5 gives -1 (tens), and twice as much still does.

    Twice, because a balance or a total adds the rounding of two prints: 1,085 that may be off by 1 stays 1,085.
    """
    if not math.isfinite(precision) or precision <= 0:
        return 2
    return max(-3, min(3, -math.ceil(math.log10(2 * precision) - 0.35)))


def _join(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))


def _levels(cells: pd.DataFrame, basis: str, label: str) -> Iterator[Fact]:
    for (year, measure), cell in cells.iterrows():
        if not math.isfinite(cell["value"]):
            continue
        yield Fact(
            id=f"trade.{measure}.{basis}.{year}", label=f"{LABELS[measure]}, {label}", value=cell["value"],
            unit="usd_million", period=str(year), status=cell["status"],
            low=cell["value"] - cell["precision"], high=cell["value"] + cell["precision"],
            formula=series.FORMULAS[cell["method"]] + ("" if cell["fit"] else "; unfit for growth"),
            rows=cell["rows"], sources=cell["sources"], decimals=decimals_of(cell["precision"]),
        )  # fmt: skip


def _growth(cells: pd.DataFrame, basis: str, label: str) -> Iterator[Fact]:
    values, errors = series.wide(cells, fit_only=True), series.wide(cells, "precision")
    rates, logs = values.apply(growth.year_on_year), values.apply(growth.log_growth)
    for measure in MEASURES:
        suffix = "" if measure == "total" else f"_{measure}"
        half = growth.growth_error(values[measure], errors[measure])
        for year, rate in rates[measure].dropna().items():
            now, before = cells.loc[(year, measure)], cells.loc[(int(str(year)) - 1, measure)]
            rows, sources = _join([now["rows"], before["rows"]]), _join([now["sources"], before["sources"]])
            error = float(half[year])
            yield Fact(
                id=f"trade.growth{suffix}.{basis}.{year}", label=f"Growth of {LABELS[measure]}, {label}",
                value=rate, unit="percent", period=str(year), status="derived", low=rate - error, high=rate + error,
                formula=f"{year} / {int(str(year)) - 1} - 1", rows=rows, sources=sources,
                decimals=1 if error < 0.5 else 0,
            )  # fmt: skip
            yield Fact(
                id=f"trade.log_growth{suffix}.{basis}.{year}", label=f"Log growth of {LABELS[measure]}, {label}",
                value=float(logs[measure][year]), unit="log_points", period=str(year), status="derived",
                formula=f"100 (ln {year} - ln {int(str(year)) - 1})", rows=rows, sources=sources, decimals=1,
            )  # fmt: skip
    parts = growth.contributions(values["exports"], values["imports"], values["total"])
    for measure in ("exports", "imports"):
        for year, points in parts[measure].dropna().items():
            before = int(str(year)) - 1
            used = [cells.loc[key] for key in ((year, measure), (before, measure), (before, "total"))]
            yield Fact(
                id=f"trade.contribution_{measure}.{basis}.{year}",
                label=f"Contribution of {LABELS[measure]} to the growth of the total, {label}",
                value=points, unit="percentage_points", period=str(year), status="derived",
                formula="change of the flow / total of the year before", decimals=1,
                rows=_join(c["rows"] for c in used), sources=_join(c["sources"] for c in used),
            )  # fmt: skip


def _balance(cells: pd.DataFrame, basis: str, label: str) -> Iterator[Fact]:
    values, errors = series.wide(cells, fit_only=True), series.wide(cells, "precision")
    balance = values["exports"] - values["imports"]
    cover = growth.cover_ratio(values["exports"], values["imports"])
    for year, value in balance.dropna().items():
        used = [cells.loc[(year, m)] for m in ("exports", "imports")]
        rows, sources = _join(c["rows"] for c in used), _join(c["sources"] for c in used)
        error = float(errors.loc[year, ["exports", "imports"]].sum())
        yield Fact(
            id=f"trade.balance.{basis}.{year}", label=f"China's trade balance with the DPRK, {label}", value=value,
            unit="usd_million", period=str(year), status="derived", low=value - error, high=value + error,
            formula="exports - imports", rows=rows, sources=sources, decimals=decimals_of(error),
        )  # fmt: skip
        yield Fact(
            id=f"trade.cover_ratio.{basis}.{year}", value=float(cover[year]), unit="percent", period=str(year),
            label=f"China's imports from the DPRK as a share of its exports to it, {label}", status="derived",
            formula="imports / exports", rows=rows, sources=sources, decimals=0,
        )  # fmt: skip
    running = growth.cumulated(balance)
    if len(running):
        first, last = int(running.index[0]), int(running.index[-1])
        used = [cells.loc[(y, m)] for y in running.index for m in ("exports", "imports")]
        yield Fact(
            id=f"trade.cumulated_balance.{basis}.{first}-{last}",
            label=f"China's cumulated balance with the DPRK, {label}", value=float(running.iloc[-1]),
            unit="usd_million", period=f"{first}-{last}", status="derived", decimals=-1,
            formula=f"sum of exports - imports from {first} to {last}, the longest unbroken run of years",
            rows=_join(c["rows"] for c in used), sources=_join(c["sources"] for c in used),
        )  # fmt: skip


def _span(cells: pd.DataFrame, basis: str, label: str) -> Iterator[Fact]:
    fit = series.wide(cells, fit_only=True)
    for measure in MEASURES:
        suffix = "" if measure == "total" else f"_{measure}"
        values = fit[measure]
        rate = growth.cagr(values)
        if rate is None:
            continue
        ends = [cells.loc[(y, measure)] for y in (rate.first_year, rate.last_year)]
        yield Fact(
            id=f"trade.cagr{suffix}.{basis}.{rate.first_year}-{rate.last_year}", value=rate.percent, unit="percent",
            label=f"Compound annual growth rate of {LABELS[measure]}, {label}", status="derived", decimals=1,
            period=f"{rate.first_year}-{rate.last_year}",
            formula=f"({rate.last_year} / {rate.first_year}) ^ (1 / {rate.years}) - 1",
            rows=_join(c["rows"] for c in ends), sources=_join(c["sources"] for c in ends),
        )  # fmt: skip
        known = values.dropna()
        period = f"{known.index[0]}-{known.index[-1]}"
        # The trough is the lowest year after the peak; before it, growth itself would be the trough.
        peak = int(known.idxmax())
        for name, year in (("peak", peak), ("trough", int(known.loc[peak:].idxmin()))):
            cell = cells.loc[(year, measure)]
            word = "Highest" if name == "peak" else "Lowest after the peak"
            yield Fact(
                id=f"trade.{name}{suffix}.{basis}.{period}", label=f"{word} year of {LABELS[measure]}, {label}",
                value=cell["value"], unit="usd_million", period=str(year), status=cell["status"],
                formula=f"{word.lower()} of the usable years {period}", rows=cell["rows"], sources=cell["sources"],
                decimals=decimals_of(cell["precision"]),
            )  # fmt: skip
        below = growth.distance_from_peak(values)
        for year, percent in below.dropna().items():
            top = int(known.loc[:year].idxmax())
            used = [cells.loc[(year, measure)], cells.loc[(top, measure)]]
            yield Fact(
                id=f"trade.from_peak{suffix}.{basis}.{year}", value=percent, unit="percent", period=str(year),
                label=f"Distance of {LABELS[measure]} from its highest year so far, {label}", status="derived",
                formula=f"{year} / {top} - 1", rows=_join(c["rows"] for c in used), decimals=0,
                sources=_join(c["sources"] for c in used),
            )  # fmt: skip


def _phases(report: Report, cells: pd.DataFrame, basis: str, label: str) -> Iterator[Fact]:
    p = report.parameters
    fit = series.wide(cells, fit_only=True)
    for phase in phases.phases(report.turning_points, p.start_year, p.end_year):
        for measure, rate in phases.phase_growth(fit, phase).items():
            suffix = "" if measure == "total" else f"_{measure}"
            ends = [cells.loc[(y, measure)] for y in (rate.first_year, rate.last_year)]
            extra = phase.opened_by.sources if phase.opened_by else ()
            shared = {
                "period": f"{rate.first_year}-{rate.last_year}", "status": "derived",
                "rows": _join(c["rows"] for c in ends), "sources": _join([*(c["sources"] for c in ends), extra]),
            }  # fmt: skip
            yield Fact(
                id=f"trade.phase_change{suffix}.{basis}.{phase.key}", value=(rate.last / rate.first - 1) * 100,
                unit="percent", label=f"Change of {LABELS[measure]}, phase: {phase.name}, {label}", decimals=0,
                formula=f"{rate.last_year} / {rate.first_year} - 1", **shared,  # type: ignore[arg-type]
            )  # fmt: skip
            yield Fact(
                id=f"trade.phase_cagr{suffix}.{basis}.{phase.key}", value=rate.percent, unit="percent", decimals=1,
                label=f"Growth a year of {LABELS[measure]}, phase: {phase.name}, {label}",
                formula=f"({rate.last_year} / {rate.first_year}) ^ (1 / {rate.years}) - 1",
                **shared,  # type: ignore[arg-type]
            )  # fmt: skip


def _real(catalogue: Catalogue, cells: pd.DataFrame, basis: str, label: str, base_year: int) -> Iterator[Fact]:
    index = prices.yearly_index(catalogue)
    fit = series.wide(cells, fit_only=True)
    for measure in MEASURES:
        suffix = "" if measure == "total" else f"_{measure}"
        real = prices.constant(fit[measure], index, base_year)
        for year, value in real.dropna().items():
            cell = cells.loc[(year, measure)]
            yield Fact(
                id=f"trade.real{suffix}.{basis}.{year}", value=value, unit="usd_million", period=str(year),
                label=f"{LABELS[measure]} in dollars of {base_year}, {label}", status="derived",
                formula=f"value x US CPI of {base_year} / US CPI of {year}", decimals=decimals_of(cell["precision"]),
                rows=_join([cell["rows"], (f"macro/us_cpi#{y}" for y in (base_year, year))]),
                sources=(*cell["sources"], "bls-cpi"),
            )  # fmt: skip
        if rate := growth.cagr(real):
            ends = [cells.loc[(y, measure)] for y in (rate.first_year, rate.last_year)]
            yield Fact(
                id=f"trade.cagr_real{suffix}.{basis}.{rate.first_year}-{rate.last_year}", value=rate.percent,
                unit="percent", period=f"{rate.first_year}-{rate.last_year}", status="derived", decimals=1,
                label=f"Compound annual growth rate of {LABELS[measure]} in constant dollars, {label}",
                formula=f"(real {rate.last_year} / real {rate.first_year}) ^ (1 / {rate.years}) - 1",
                rows=_join([*(c["rows"] for c in ends),
                            (f"macro/us_cpi#{y}" for y in (rate.first_year, rate.last_year))]),
                sources=(*_join(c["sources"] for c in ends), "bls-cpi"),
            )  # fmt: skip


def _printed_growth(report: Report) -> Iterator[Fact]:
    """Growth rates that a compiler printed itself: they stand beside ours and are never their input."""
    p = report.parameters
    table = series.known_rows(report.catalogue, p.as_of)
    table = table[table["measure"].str.startswith("growth_") & table["year"].between(p.start_year, p.end_year)]
    for row in table.to_dict("records"):
        measure = row["measure"].removeprefix("growth_")
        suffix = "" if measure == "total" else f"_{measure}"
        yield Fact(
            id=f"trade.printed_growth{suffix}.{row['compiler']}.{row['year']}", value=row["value"], unit="percent",
            label=f"Growth of {LABELS[measure]} as the compiler printed it", period=str(row["year"]),
            status="reported", formula="as printed", rows=(f"{series.TABLE}#{row['row_id']}",),
            sources=tuple(row["source_id"].split(";")), low=row["value"] - row["precision"],
            high=row["value"] + row["precision"], decimals=max(0, min(1, decimals_of(row["precision"]))),
        )  # fmt: skip


def _bases(report: Report) -> Iterator[Fact]:
    cells = {basis: report.cells(basis) for basis in report.catalogue.bases}
    frame = pd.DataFrame({basis: series.wide(c, fit_only=True)["total"] for basis, c in cells.items()})

    def inputs(names: Iterable[str], years: Iterable[int], column: str) -> tuple[str, ...]:
        return _join(cells[basis].loc[(year, "total"), column] for basis in names for year in years)

    for basis, column in bases.ratios(frame).items():
        for year, ratio in column.dropna().items():
            names, years = [str(basis), "customs"], [int(str(year))]
            yield Fact(
                id=f"trade.ratio.{basis}_to_customs.{year}", value=ratio, unit="ratio", period=str(year),
                label=f"Total of {basis} divided by customs", status="derived", formula=f"{basis} / customs",
                rows=inputs(names, years, "rows"), sources=inputs(names, years, "sources"), decimals=2,
            )  # fmt: skip
    ranges = bases.growth_ranges(frame)
    p = report.parameters
    yield Fact(
        id=f"trade.sign_changes.all_bases.{p.start_year}-{p.end_year}", unit="count", status="derived",
        label="Years in which one basis shows growth of the total and another a fall",
        value=sum(found.changes_sign for found in ranges), period=f"{p.start_year}-{p.end_year}",
        formula="count of years whose lowest growth is below zero and whose highest is above",
    )  # fmt: skip
    for found in ranges:
        names, years = list(found.rates), [found.year, found.year - 1]
        yield Fact(
            id=f"trade.growth_range.all_bases.{found.year}", value=found.high - found.low, unit="percentage_points",
            label="Distance between the lowest and the highest growth of the total on any basis",
            period=str(found.year), status="derived", low=found.low, high=found.high, decimals=1,
            formula=f"growth on {found.high_basis} - growth on {found.low_basis}; low and high are the two rates",
            rows=inputs(names, years, "rows"), sources=inputs(names, years, "sources"),
        )  # fmt: skip


def _months(report: Report) -> Iterator[Fact]:
    p = report.parameters
    frame = report.months
    for (month, measure), cell in frame[frame["value"].notna()].iterrows():
        yield Fact(
            id=f"trade.month_{measure}.customs.{month}", label=f"{LABELS[measure]}, Chinese customs, month",
            value=cell["value"], unit="usd_million", period=str(month), status=cell["status"],
            formula=f"{cell['method'].replace('_', ' ')}; grade {cell['quality']}",
            rows=cell["rows"], sources=cell["sources"],
            decimals=2 if cell["quality"] == "A" else 0,
        )  # fmt: skip
    for (quarter, measure), cell in report.quarters[report.quarters["value"].notna()].iterrows():
        yield Fact(
            id=f"trade.quarter_{measure}.customs.{str(quarter).lower()}",
            label=f"{LABELS[measure]}, Chinese customs, quarter", value=cell["value"], unit="usd_million",
            period=str(quarter), status=cell["status"],
            formula=f"{cell['origin']}; grade {cell['quality']}", rows=cell["rows"], sources=cell["sources"],
            decimals=0,
        )  # fmt: skip
    yield from _same_period_growth(frame, periods.month_growth(frame), "month", 12)
    yield from _same_period_growth(report.quarters, periods.quarter_growth(report.quarters), "quarter", 4)
    known = frame["value"].notna()
    for measure in MEASURES:
        chosen = known[known.index.get_level_values("measure") == measure]
        yield Fact(
            id=f"trade.months_known_{measure}.customs.{p.start_year}-{p.end_year}", value=int(chosen.sum()),
            label=f"Months with a figure for {LABELS[measure]}", unit="count", status="derived",
            period=f"{p.start_year}-{p.end_year}", formula="count of monthly cells with a value",
        )  # fmt: skip


def _same_period_growth(frame: pd.DataFrame, rates: pd.DataFrame, unit: str, a_year: int) -> Iterator[Fact]:
    """Growth on the same month or quarter a year before."""
    for measure, column in rates.items():
        for period, rate in column.dropna().items():
            cells = [frame.loc[(p, measure)] for p in (period, period - a_year)]
            yield Fact(
                id=f"trade.{unit}_growth_{measure}.customs.{str(period).lower()}", value=float(rate), unit="percent",
                label=f"{LABELS[str(measure)]}, Chinese customs, on the same {unit} a year before",
                period=str(period), status="derived", formula=f"{period} / {period - a_year} - 1", decimals=0,
                rows=_join(cell["rows"] for cell in cells), sources=_join(cell["sources"] for cell in cells),
            )  # fmt: skip


def _cells(report: Report) -> Iterator[Fact]:
    """How many cells of the leading yearly series are printed by customs, derived, from elsewhere, unfit."""
    p = report.parameters
    for basis in report.catalogue.bases:
        cells = report.cells(basis)
        known = cells[cells["value"].notna()]
        groups = {
            "customs": (known["origin"] == "customs") & known["fit"],
            "derived": (known["origin"] == "derived") & known["fit"],
            "elsewhere": (known["origin"] == "elsewhere") & known["fit"], "unfit": ~known["fit"],
        }  # fmt: skip
        for name, chosen in {**groups, "all": known["value"].notna()}.items():
            yield Fact(
                id=f"trade.cells_{name}.{basis}.{p.start_year}-{p.end_year}", value=int(chosen.sum()), unit="count",
                label=f"Cells of the yearly series: {name}", period=f"{p.start_year}-{p.end_year}",
                status="derived", formula="count of year and flow cells with a value",
            )  # fmt: skip
