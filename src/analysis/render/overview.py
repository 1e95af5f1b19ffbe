"""The page over the editions of a sweep: what differs, the headline numbers side by side, a small chart of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from .. import style
from ..captions import join, usable_levels
from ..catalogue import Catalogue
from ..display import Column, FactText, FigureDisplay, Node, Prose, TableDisplay, say
from ..errors import listing
from ..facts import Fact
from ..formatting import GAP, fact_text
from ..parameters import Edition, ReportParameters
from ..report import Report, report_of
from .document import composed
from .html import page
from .manifests import FILE_OF
from .outputs import csv_text

# More charts than this would be too small or too many to compare; the table has every edition.
MOST_PANELS = 36
FACTS = "facts.csv"
ACROSS, ACROSS_NARROW = 4, 2


@dataclass(frozen=True)
class Entry:
    """One edition whose report stands: the name of its folder and what the grid set."""

    name: str
    settings: Mapping[str, Any]
    parameters: ReportParameters
    formats: tuple[str, ...]

    def file(self, format: str) -> str:
        """Its document, as seen from the page over the editions."""
        return f"{self.name}/{FILE_OF[format]}"

    @property
    def label(self) -> str:
        """Its values in words."""
        plain = self.parameters.plain()
        return ", ".join(f"{name} {_text(plain[name])}" for name in self.settings)


def page_and_table(
    edition: Edition, entries: Sequence[Entry], failed: Mapping[str, str], catalogue: Catalogue
) -> tuple[str, str]:
    """The page and the CSV of all facts, of the editions that stand; those that failed are named with the reason."""
    reports = [report_of(entry.parameters, catalogue) for entry in entries]  # held together, so that they share facts
    return _page(edition, entries, reports, failed), _facts(entries, reports)


# ------------------------------------------------------------------------------------------------ page


def _page(edition: Edition, entries: Sequence[Entry], reports: Sequence[Report], failed: Mapping[str, str]) -> str:
    names = list(entries[0].settings) if entries else []
    told = [say("{n} editions; they differ in {what}.", n=len(entries), what=listing(names))]
    told += [say("{name} failed: {why}", name=name, why=why) for name, why in failed.items()]
    nodes: list[Node] = [_heading("Which editions are there?"), Prose(tuple(told)).node()]
    if entries:
        nodes += [
            _links(entries),
            _heading("What do they say?"), _headlines(entries, reports).node(),
            _heading("How does trade look in each?"), _multiples(entries, reports).node(),
        ]  # fmt: skip
    return page(composed(
        "Editions side by side", f"Every combination of a grid of parameters, on the edition {edition.name}.",
        "overview of a sweep", nodes, [FACTS, *(entry.file(format) for entry in entries for format in entry.formats)],
    ))  # fmt: skip


def _heading(text: str) -> Node:
    return {"kind": "heading", "level": 1, "spans": [{"text": text}]}


def _links(entries: Sequence[Entry]) -> Node:
    items = []
    for entry in entries:
        line: list[Node] = [{"text": f"{entry.label}: "}]
        for number, format in enumerate(entry.formats):
            line += [{"text": ", "}] if number else []
            line.append({"text": format.upper(), "href": entry.file(format)})
        items.append(line)
    items.append([{"text": "All facts of all editions, side by side: "}, {"text": FACTS, "href": FACTS}])
    return {"kind": "list", "items": items, "facts": {}}


def _peak(report: Report) -> Fact | None:
    totals = usable_levels(report, "total", report.parameters.basis)
    return max(totals, key=lambda fact: fact.value or 0.0, default=None)


def _last(report: Report) -> Fact | None:
    return next(reversed(usable_levels(report, "total", report.parameters.basis)), None)


def _growth(report: Report) -> Fact | None:
    return next(iter(report.facts.family(f"trade.cagr.{report.parameters.basis}")), None)


def _share(topic: str) -> Callable[[Report], Fact | None]:
    def last(report: Report) -> Fact | None:
        family = report.facts.family(f"dependence.{report.leading(topic)}")
        return next((fact for fact in reversed(family) if fact.value is not None), None)

    return last


HEADLINES: dict[str, Callable[[Report], Fact | None]] = {
    "Highest trade": _peak, "Latest trade": _last, "Growth a year": _growth,
    "Share of trade": _share("trade"), "of food": _share("food"), "of fuel": _share("fuel"),
}  # fmt: skip


def _headlines(entries: Sequence[Entry], reports: Sequence[Report]) -> TableDisplay:
    rows, records = [], []
    for entry, report in zip(entries, reports, strict=True):
        found = {name: find(report) for name, find in HEADLINES.items()}
        plain = entry.parameters.plain()
        rows.append({**{name: _text(plain[name]) for name in entry.settings},
                     **{name: _cell(fact) for name, fact in found.items()}})  # fmt: skip
        records.append({"edition": entry.name, **{n: fact.value if fact else None for n, fact in found.items()}})
    return TableDisplay(
        id="headlines", title=say("The headline numbers of each edition, with their years"),
        columns=(*(Column(name, name) for name in entries[0].settings),
                 *(Column(name, name, numeric=True) for name in HEADLINES)),
        rows=tuple(rows), records=tuple(records),
        notes=(say("Trade is the total of the leading record. Shares are the reporter's in what the partner trades, by "
                   "the edition's leading definitions."),),
    )  # fmt: skip


def _cell(fact: Fact | None) -> str:
    if fact is None or fact.value is None:
        return GAP
    return FactText(f"{fact_text(fact)} ({fact_text(fact, 'period')})", fact)


def _multiples(entries: Sequence[Entry], reports: Sequence[Report]) -> FigureDisplay:
    shown = list(zip(entries, reports, strict=True))[:MOST_PANELS]
    series = [{int(f.period): f.value or 0.0 for f in usable_levels(r, "total", r.parameters.basis)} for _, r in shown]
    years = [year for values in series for year in values] or [0]
    top = max((value for values in series for value in values.values()), default=1.0)

    def paint(figure: Figure, narrow: bool) -> None:
        across = min(ACROSS_NARROW if narrow else ACROSS, len(shown))
        panels = figure.subplots(math.ceil(len(shown) / across), across, sharex=True, sharey=True, squeeze=False)
        for axes in panels.flat[len(shown) :]:
            axes.set_visible(False)
        for (entry, _), values, axes in zip(shown, series, panels.flat, strict=False):
            # A year without a usable figure breaks the line.
            span = range(min(values), max(values) + 1) if values else range(0)
            axes.plot(list(span), [values.get(y, math.nan) for y in span], color=style.INK, marker=".", ms=3, lw=1.2)
            axes.set_title("\n".join(entry.label.split(", ")), fontsize=7.5)
            axes.set_xlim(min(years) - 1, max(years) + 1)
            axes.set_ylim(0, top * 1.08)
            style.money_axis(axes)

    rows = math.ceil(len(shown) / min(ACROSS, len(shown)))
    narrow_rows = math.ceil(len(shown) / min(ACROSS_NARROW, len(shown)))
    svg, narrow = style.draw(paint, height=1.7 * rows + 0.4, narrow_height=1.6 * narrow_rows + 0.4)
    cut = f" Of {len(entries)} editions the first {MOST_PANELS} are drawn." if len(entries) > MOST_PANELS else ""
    ends = [say("{name}: from {a} in {a:period} to {b} in {b:period}.", name=e.label, a=found[0], b=found[-1])
            for e, r in shown if (found := usable_levels(r, "total", r.parameters.basis))]  # fmt: skip
    return FigureDisplay(
        id="multiples", title=say("Total trade in each edition, million US dollars, all on one scale"),
        caption=say("The leading record of each. A year without a usable figure breaks the line." + cut),
        svg=svg, narrow=narrow, alt=join(say("One small line chart for each edition."), *ends),
        records=tuple({"edition": entry.name, "year": year, "usd_million": value}
                      for (entry, _), values in zip(shown, series, strict=True) for year, value in values.items()),
    )  # fmt: skip


def _text(value: Any) -> str:
    return "none" if value is None else str(value)


# ------------------------------------------------------------------------------------------------- CSV


def _facts(entries: Sequence[Entry], reports: Sequence[Report]) -> str:
    """Every fact of any edition, one column an edition; empty where an edition has none or a gap."""
    books = [report.facts for report in reports]
    about: dict[str, Fact] = {}
    for book in books:
        for id, fact in book.items():
            about.setdefault(id, fact)
    rows = [
        [id, fact.label, fact.unit, fact.period, *(_value(book[id]) if id in book else None for book in books)]
        for id, fact in sorted(about.items())
    ]
    return csv_text({"columns": ["fact", "label", "unit", "period", *(e.name for e in entries)], "rows": rows})


def _value(fact: Fact) -> float | str | None:
    return fact.word or fact.value
