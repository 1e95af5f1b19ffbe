"""Goods under a ban against goods that none covered: the control on single products, described without a test.

By month: the twelve months before China stopped coal, the whole months from then to the ban on ores and seafood, and
the twelve whole months after it, for every good that has figures before and after. By year: every good with a value
in both years from one source. What is banned, and from when, is declared in trade/product_names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ..facts import Fact
from ..trade import products
from ..trade.product_facts import figures_of
from ..trade.products import FLOWS, SOURCES, VALUE, Figure, Figures
from ..trade.yearly import join

if TYPE_CHECKING:
    from ..catalogue import Catalogue
    from ..report import Report

STOP, BAN = "coal-stop", "sectoral-ban"
MIXED = "mixed"
# The months on each side, and the pairs of years that are compared.
SIDE = 12
# Digits of a mean that are shown.
DIGITS = 3
BASE_YEAR, LATER_YEARS = 2016, (2017, 2018)
# Flows of which a source publishes all goods and the largest by chapter, and chapters or ranges of them.
BOUNDS = (("dprk_exports", "kotra", 2018),)
CHAPTERS = re.compile(r"\d{2}(-\d{2})?")
PHASES = {"before": "before China stopped coal", "stopped": "while only coal was stopped", "banned": "after the ban"}


@dataclass(frozen=True)
class Months:
    """The mean month of one good in a phase; `known` are its months with a figure, of `span` in all."""

    product: str
    measure: str
    compiler: str
    unit: str
    phase: str
    mean: float
    least: float
    most: float
    known: tuple[str, ...]
    span: int
    rows: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """A good's value in one year against another, from one source; per cent, with what rounding leaves."""

    product: str
    measure: str
    compiler: str
    first: Figure
    last: Figure

    @property
    def percent(self) -> float:
        return (self.last.value / self.first.value - 1) * 100

    @property
    def interval(self) -> tuple[float, float]:
        return (self.last.low / self.first.high - 1) * 100, (self.last.high / self.first.low - 1) * 100


@dataclass(frozen=True)
class Bound:
    """The most that goods which the later year does not name can have been worth in it, and their least before."""

    goods: tuple[Figure, ...]
    named: tuple[Figure, ...]
    total: Figure
    most: float
    before: float

    @property
    def percent(self) -> float:
        return (self.most / self.before - 1) * 100


def phases_of(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """The months of each phase, from the days on which the two stops took effect."""
    days = catalogue.frame("events").set_index("event_id")["date"]
    stop, ban = (day.year * 12 + day.month - 1 for day in (date.fromisoformat(str(days[id])) for id in (STOP, BAN)))
    spans = {"before": (stop - SIDE, stop), "stopped": (stop + 1, ban), "banned": (ban + 1, ban + 1 + SIDE)}
    return {phase: tuple(f"{m // 12}-{m % 12 + 1:02}" for m in range(*span)) for phase, span in spans.items()}


def banned_from(catalogue: Catalogue, product: str, measure: str) -> str:
    """The day from which a good was stopped or capped, `mixed` where for a part of it, empty where it never was."""
    row = products.names(catalogue)[product]
    reference = row["ban"] if measure in ("imports", "dprk_exports") else row["limit"]
    if reference in ("", MIXED):
        return reference
    table, _, key = reference.partition("#")
    frame = catalogue.frame(table)
    column, day = ("event_id", "date") if table == "events" else ("row_id", "effective_date")
    return str(frame.loc[frame[column] == key, day].iloc[0])


def months(found: Figures, spans: dict[str, tuple[str, ...]]) -> list[Months]:
    """The mean month of every good that has quantities before the stop of coal and in a phase after it."""
    goods = dict.fromkeys(
        (figure.product, figure.measure, figure.compiler, figure.unit)
        for figure in found.values()
        if figure.measure in ("exports", "imports") and figure.unit not in (VALUE, "percent")
    )  # fmt: skip
    made: list[Months] = []
    for good in goods:
        parts = [part for phase, span in spans.items() if (part := _mean(found, good, phase, span))]
        if len(parts) > 1 and parts[0].phase == "before":
            made += parts
    return made


def _mean(found: Figures, good: tuple[str, str, str, str], phase: str, span: tuple[str, ...]) -> Months | None:
    product, measure, compiler, unit = good
    cells = {month: found.get((product, measure, compiler, month, unit)) for month in span}
    known = {month: figure for month, figure in cells.items() if figure is not None}
    if not known:
        return None
    values = [figure.value for figure in known.values()]
    return Months(
        product=product, measure=measure, compiler=compiler, unit=unit, phase=phase, mean=sum(values) / len(values),
        least=min(values), most=max(values), known=tuple(known), span=len(span),
        rows=join(figure.rows for figure in known.values()), sources=join(figure.sources for figure in known.values()),
    )  # fmt: skip


def changes(found: Figures) -> list[Change]:
    """Every good with a value in the base year and a later one, from one source."""
    made = []
    for later in LATER_YEARS:
        for (product, measure, compiler, period, unit), first in found.items():
            last = found.get((product, measure, compiler, str(later), unit))
            if period == str(BASE_YEAR) and unit == VALUE and last is not None and first.low > 0:
                made.append(Change(product, measure, compiler, first, last))
    return made


def bound(found: Figures, banned: dict[str, str], measure: str, compiler: str, later: int) -> Bound | None:
    """By how much at least the banned goods named in the base year fell, where the later year no longer names them.

    Then they are at most what is left of all goods when the goods that the later year does name are taken away. Whole
    chapters count alone, so that no good is taken away twice.
    """

    def of(year: int) -> dict[str, Figure]:
        keys = ((product, measure, compiler, str(year), VALUE) for product in banned)
        return {key[0]: found[key] for key in keys if key in found}

    first, last = of(BASE_YEAR), of(later)
    total = found.get((products.TOTAL, measure, compiler, str(later), VALUE))
    goods = [figure for name, figure in first.items() if "" < banned[name] < str(later + 1) and name not in last]
    if not goods or total is None:
        return None
    rest = total.high - sum(figure.low for figure in last.values())
    before = sum(figure.low for figure in goods)
    return Bound(tuple(goods), tuple(last.values()), total, max(0.0, rest), before)


def product_event_facts(report: Report) -> Iterator[Fact]:
    """Facts under `events.products`: mean months, their changes, and changes between years."""
    found = figures_of(report)
    if not found:
        return
    labels = {product: row["label"] for product, row in products.names(report.catalogue).items()}
    means = months(found, phases_of(report.catalogue))
    before = {(part.product, part.measure): part for part in means if part.phase == "before"}
    for part in means:
        yield from _month_facts(part, before[part.product, part.measure], labels[part.product])
    for change in changes(found):
        low, high = change.interval
        source, name = SOURCES[change.compiler]
        yield Fact(
            id=f"events.products.change.{change.product}.{change.measure}.{source}.{change.first.year}-{change.last.year}",
            label=f"Change of {labels[change.product].lower()} in {FLOWS[change.measure]}, {name}", unit="percent",
            value=change.percent, low=low, high=high, period=f"{change.first.year}-{change.last.year}",
            status="derived", formula=f"value of {change.last.year} / value of {change.first.year} - 1", decimals=1,
            rows=join((change.last.rows, change.first.rows)), sources=join((change.last.sources, change.first.sources)),
        )  # fmt: skip
    declared = products.names(report.catalogue)
    chapters = {product for product, row in declared.items() if CHAPTERS.fullmatch(row["hs_code"])}
    for measure, compiler, later in BOUNDS:
        banned = {product: banned_from(report.catalogue, product, measure) for product in sorted(chapters)}
        if limit := bound(found, banned, measure, compiler, later):
            parts = (*limit.goods, *limit.named, limit.total)
            yield Fact(
                id=f"events.products.fell_at_least.{measure}.{SOURCES[compiler][0]}.{BASE_YEAR}-{later}",
                label=f"Least fall of banned goods named in {BASE_YEAR} and no longer in {later}: {FLOWS[measure]}",
                value=limit.percent, unit="percent", period=f"{BASE_YEAR}-{later}", status="derived", decimals=0,
                formula=f"(all goods of {later} - {_listed(limit.named, labels, ' - ')}) / "
                f"({_listed(limit.goods, labels, ' + ')} in {BASE_YEAR}) - 1, each rounded against the fall",
                rows=join(part.rows for part in parts), sources=join(part.sources for part in parts),
            )  # fmt: skip


def _listed(goods: tuple[Figure, ...], labels: dict[str, str], sign: str) -> str:
    return sign.join(labels[figure.product].lower() for figure in goods) if goods else "nothing"


def _month_facts(part: Months, before: Months, label: str) -> Iterator[Fact]:
    stem, period = f"{part.product}.{part.measure}", f"{part.known[0]} to {part.known[-1]}"
    yield Fact(
        id=f"events.products.month.{stem}.{part.phase}", unit=part.unit, value=part.mean, low=part.least,
        high=part.most, label=f"{label}, mean month {PHASES[part.phase]}: {FLOWS[part.measure]}", period=period,
        status="derived", rows=part.rows, sources=part.sources, decimals=min(0, DIGITS - len(f"{part.mean:.0f}")),
        formula=f"mean of {len(part.known)} known months of {part.span}: {', '.join(part.known)}; "
        "low and high are the least and the most",
    )  # fmt: skip
    if part is not before:
        yield Fact(
            id=f"events.products.month_change.{stem}.{part.phase}", unit="percent", decimals=0, status="derived",
            value=(part.mean / before.mean - 1) * 100, period=period, rows=join((part.rows, before.rows)),
            label=f"{label}, mean month {PHASES[part.phase]} against before: {FLOWS[part.measure]}",
            sources=join((part.sources, before.sources)),
            formula=f"mean of {', '.join(part.known)} / mean of {', '.join(before.known)} - 1",
        )  # fmt: skip
