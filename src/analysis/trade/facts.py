"""The facts of trade growth: every number that notebooks, prose and facts.json take from this topic.

Ids follow `trade.<measure>.<basis>.<period>`. Values of `exports` and `imports` are China's exports to
and imports from the DPRK.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from ..countries import DOCUMENTED, Pair
from ..facts import Fact
from . import MEASURES, bases, phases, published, series, spans, yearly
from .yearly import Yearly, join

if TYPE_CHECKING:
    from ..report import Report

LABELS = Pair(*DOCUMENTED).labels


def trade_facts(report: Report) -> Iterator[Fact]:
    """All facts of the topic for the parameters of `report`, but for those in constant prices."""
    for one in yearly_series(report):
        yield from yearly.current(one)
        yield from _phases(report, one)
    p = report.parameters
    yield from published.facts(report.published_growth, LABELS, p.start_year, p.end_year)
    yield from _bases(report)
    yield from _months(report)
    yield from _cells(report)


def real_facts(report: Report) -> Iterator[Fact]:
    """Trade in the prices of one year, on every basis."""
    for one in yearly_series(report):
        yield from yearly.real(one, report.catalogue, report.parameters.base_year)


def yearly_series(report: Report) -> Iterator[Yearly]:
    """The series of every basis, in the years asked for."""
    labels = report.catalogue.frame("trade/bases").set_index("basis")["label"]
    for basis in report.catalogue.bases:
        yield Yearly(report.cells(basis), report.rates(basis), basis, labels[basis], report.parameters.pair)


def _phases(report: Report, one: Yearly) -> Iterator[Fact]:
    p, cells, basis, label = report.parameters, one.cells, one.basis, one.label
    fit = series.wide(cells, fit_only=True)
    for phase in phases.phases(report.turning_points, p.start_year, p.end_year):
        for measure, rate in phases.phase_growth(fit, phase).items():
            suffix = "" if measure == "total" else f"_{measure}"
            ends = [cells.loc[(y, measure)] for y in (rate.first_year, rate.last_year)]
            extra = phase.opened_by.sources if phase.opened_by else ()
            shared = {
                "period": f"{rate.first_year}-{rate.last_year}", "status": "derived",
                "rows": join(c["rows"] for c in ends), "sources": join([*(c["sources"] for c in ends), extra]),
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


def _bases(report: Report) -> Iterator[Fact]:
    cells = {basis: report.cells(basis) for basis in report.catalogue.bases}
    frame = pd.DataFrame({basis: series.wide(c, fit_only=True)["total"] for basis, c in cells.items()})

    def inputs(names: Iterable[str], years: Iterable[int], column: str) -> tuple[str, ...]:
        return join(cells[basis].loc[(year, "total"), column] for basis in names for year in years)

    for basis, column in bases.ratios(frame).items():
        for year, ratio in column.dropna().items():
            names, years = [str(basis), "customs"], [int(str(year))]
            yield Fact(
                id=f"trade.ratio.{basis}_to_customs.{year}", value=ratio, unit="ratio", period=str(year),
                label=f"Total of {basis} divided by customs", status="derived", formula=f"{basis} / customs",
                rows=inputs(names, years, "rows"), sources=inputs(names, years, "sources"), decimals=2,
            )  # fmt: skip
    ranges = bases.growth_ranges({basis: report.rates(basis) for basis in cells}, report.published_growth)
    p = report.parameters
    yield Fact(
        id=f"trade.sign_changes.all_bases.{p.start_year}-{p.end_year}", unit="count", status="derived",
        label="Years in which one basis shows growth of the total and another a fall",
        value=sum(found.changes_sign for found in ranges), period=f"{p.start_year}-{p.end_year}",
        formula="count of years whose lowest growth is below zero and whose highest is above",
    )  # fmt: skip
    for found in ranges:
        yield Fact(
            id=f"trade.growth_range.all_bases.{found.year}", value=found.high - found.low, unit="percentage_points",
            label="Distance between the lowest and the highest growth of the total in any source",
            period=str(found.year), status="derived", low=found.low, high=found.high, decimals=1,
            formula=f"growth by {found.highest.whose} - growth by {found.lowest.whose}; low and high are the two rates",
            rows=join(end.rows for end in found.ends), sources=join(end.sources for end in found.ends),
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
    yield from spans.facts(report, LABELS)
    known = frame["value"].notna()
    for measure in MEASURES:
        chosen = known[known.index.get_level_values("measure") == measure]
        yield Fact(
            id=f"trade.months_known_{measure}.customs.{p.start_year}-{p.end_year}", value=int(chosen.sum()),
            label=f"Months with a figure for {LABELS[measure]}", unit="count", status="derived",
            period=f"{p.start_year}-{p.end_year}", formula="count of monthly cells with a value",
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
