"""Months and quarters of customs trade, and months against the same month a year before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import style
from ..captions import caveats, join, recency, turning_moments
from ..display import Display, FigureDisplay, Prose, Sentence, say
from ..formatting import MONTHS
from ..report import Report
from ..trade import MEASURES
from ..trade import periods as rules
from .once import once

ROUGH = ("C", "D")


def place(period: pd.Period) -> float:
    """Where a month or quarter stands on an axis of months: half way through."""
    if period.freqstr.startswith("M"):
        return style.middle(period.year, period.month)
    return style.middle(period.year, 3 * period.quarter - 2, months=3)


def name(period: pd.Period) -> str:
    """`March 2017`, or `Q1 2017`."""
    if period.freqstr.startswith("M"):
        return f"{MONTHS[period.month - 1]} {period.year}"
    return f"Q{period.quarter} {period.year}"


@once
def months(report: Report) -> Display:
    """Exports, imports and total by month, in three panels with one axis of time."""
    frame, known = report.months, _known(report.months)
    if known.empty:
        return _nothing(report, "month")
    first, last = known.index[0][0], known.index[-1][0]
    marks = turning_moments(report, first.year, last.year)

    def paint(figure: Figure, narrow: bool) -> None:
        panels = figure.subplots(3, 1, sharex=True)
        for axes, measure in zip(panels, MEASURES, strict=True):
            cells = frame.xs(measure, level="measure")
            _month_line(axes, cells, style.COLOURS[measure])
            axes.set_ylim(bottom=0)
            axes.set_title(f"{measure.capitalize()}, million US dollars a month", color=style.MUTED,
                           fontweight="normal", pad=14 if measure == "exports" else 6)  # fmt: skip
            style.money_axis(axes)
            axes.set_ylim(bottom=0)
            style.turning_lines(axes, marks, numbers=measure == "exports")
        style.month_axis(panels[-1], first.year, last.year, narrow)
        style.footer(figure, narrow, (style.REPORTED, style.DERIVED, "× rough (grade C or D)"), marks)

    wide, narrow = style.draw(paint, height=5.2, narrow_height=5.8)
    return FigureDisplay(
        id="trade_months", title=_months_title(report), svg=wide, narrow=narrow, alt=_months_alt(report),
        caption=say("Chinese customs, exports to and imports from the DPRK, not seasonally adjusted. A line joins "
                    "neighbouring months only; an open stretch is a month without a figure."),
        records=tuple(_records(frame, "month")),
        notes=(*caveats(report, "derived-months", "seasonal", "crude-unreported", "news-read", bases=["customs"]),
               recency(report, name(last))),
    )  # fmt: skip


@once
def quarters(report: Report) -> Display:
    """Quarters: exports upwards, imports downwards."""
    frame, known = report.quarters, _known(report.quarters)
    if known.empty:
        return _nothing(report, "quarter")
    first, last = known.index[0][0], known.index[-1][0]
    marks = turning_moments(report, first.year, last.year)

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        for flow, sign in (("exports", 1), ("imports", -1)):
            cells = frame.xs(flow, level="measure").dropna(subset=["value"])
            for status, face in (("reported", style.COLOURS[flow]), ("derived", "white")):
                chosen = cells[cells["status"] == status]
                axes.bar([place(q) for q in chosen.index], sign * chosen["value"], 0.2, color=face,
                         edgecolor=style.COLOURS[flow], linewidth=0.8)  # fmt: skip
        axes.axhline(0, color=style.MUTED, linewidth=0.8)
        style.month_axis(axes, first.year, last.year, narrow)
        style.money_axis(axes)
        axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
        style.turning_lines(axes, marks)
        axes.set_title("Million US dollars a quarter, imports below the line", color=style.MUTED,
                       fontweight="normal", pad=16)  # fmt: skip
        style.footer(figure, narrow, ("■ printed, or the sum of printed months", "□ derived"), marks)

    wide, narrow = style.draw(paint)
    return FigureDisplay(
        id="trade_quarters", svg=wide, narrow=narrow, title=_quarters_title(report),
        alt=join(
            say("Bars by quarter, exports above and imports below the line."),
            *(_peak_words(report, f"trade.quarter_{flow}.customs", flow) for flow in ("exports", "imports")),
        ),
        caption=say("Chinese customs. A quarter is printed, or the sum of its months, or derived from printed "
                    "cumulative figures. Totals of quarters stand in the data and are not drawn."),
        records=tuple(_records(frame, "quarter")),
        notes=(*caveats(report, "derived-months", "crude-unreported", "news-read", bases=["customs"]),
               recency(report, name(last))),
    )  # fmt: skip


@once
def month_growth(report: Report) -> Display:
    """Each month as a multiple of the same month a year before, on a log scale."""
    growth = rules.month_growth(report.months)
    ratios = growth / 100 + 1
    known = ratios.dropna(how="all")
    if known.empty:
        return Prose((say("No month from {a} to {b} may be compared with the same month a year before.",
                          a=report.parameters.start_year, b=report.parameters.end_year),), "note")  # fmt: skip
    first, last = known.index[0], known.index[-1]
    marks = turning_moments(report, first.year, last.year)

    def paint(figure: Figure, narrow: bool) -> None:
        panels = figure.subplots(2, 1, sharex=True, sharey=True)
        for axes, flow in zip(panels, ("exports", "imports"), strict=True):
            axes.set_yscale("log")
            points = ratios[flow].dropna()
            positions = [place(month) for month in points.index]
            axes.vlines(positions, 1, points, color=style.COLOURS[flow], linewidth=0.9, alpha=0.6)
            axes.plot(positions, points, linestyle="none", marker="o", markersize=2.8, color=style.COLOURS[flow])
            axes.axhline(1, color=style.MUTED, linewidth=0.8)
            axes.yaxis.set_major_formatter(lambda value, _: f"×{value:g}")
            style.log_ticks(axes)
            axes.set_title(style.heading(f"{flow.capitalize()}, times the same month a year before, log scale", narrow),
                           color=style.MUTED, fontweight="normal", pad=14 if flow == "exports" else 6)  # fmt: skip
            style.turning_lines(axes, marks, numbers=flow == "exports")
        style.month_axis(panels[-1], first.year, last.year, narrow)
        style.footer(figure, narrow, (), marks)

    wide, narrow = style.draw(paint, height=4.0, narrow_height=4.6)
    return FigureDisplay(
        id="trade_month_growth", svg=wide, narrow=narrow, title=_month_growth_title(report),
        alt=join(
            say("Stems on a logarithmic scale of each month's multiple of the same month a year before."),
            *(_extreme_words(report, flow) for flow in ("exports", "imports")),
        ),
        caption=say(
            "Chinese customs. Only months whose figures, now and a year before, may be read by month and have grade "
            "A or B. Changes under {noise} are not drawn: compilers of one month differ by as much. Growth of the "
            "total stands in the data and is not drawn.",
            noise=f"{rules.LARGEST_NOISE:.0f}%",
        ),
        records=tuple(
            {"month": str(month), **{f"{m}_growth_percent": None if pd.isna(row[m]) else float(row[m])
                                     for m in MEASURES}}
            for month, row in growth.dropna(how="all").iterrows()
        ),
        notes=(*caveats(report, "seasonal", "small-numbers", "crude-unreported", bases=["customs"]),
               recency(report, name(last))),
    )  # fmt: skip


def _known(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["value"].notna()]


def _month_line(axes: Axes, cells: pd.DataFrame, colour: str) -> None:
    positions = [place(month) for month in cells.index]
    rough = cells["quality"].isin(ROUGH)
    axes.plot(positions, cells["value"].where(~rough), color=colour, linewidth=1)
    for chosen, look in (
        (~rough & (cells["status"] == "reported"), {"marker": "o", "markerfacecolor": colour}),
        (~rough & (cells["status"] == "derived"), {"marker": "o", "markerfacecolor": "white"}),
        (rough, {"marker": "x"}),
    ):
        axes.plot([x for x, c in zip(positions, chosen, strict=True) if c], cells["value"][chosen], linestyle="none",
                  markersize=2.5, markeredgecolor=colour, markeredgewidth=0.7, **look)  # type: ignore[arg-type]


def _records(frame: pd.DataFrame, label: str) -> Iterable[dict[str, Any]]:
    for (period, measure), cell in _known(frame).iterrows():
        yield {label: str(period), "flow": measure, "usd_million": cell["value"], "status": cell["status"],
               "grade": cell["quality"], "method": cell.get("method", cell.get("origin", "")),
               "rows": " ".join(cell["rows"])}  # fmt: skip


def _nothing(report: Report, what: str) -> Prose:
    p = report.parameters
    return Prose((say("No figure by {what} from {a} to {b} at grade {grade} or better.", what=what, a=p.start_year,
                      b=p.end_year, grade=p.worst_quality),), "note")  # fmt: skip


def _months_title(report: Report) -> Sentence:
    low, high = _extremes(report, "trade.month_total.customs")
    if low is None or high is None:
        return say("Trade by month")
    return say("Trade ran from {low} in {a} to {high} in {b}", low=low, high=high, a=name(pd.Period(low.period)),
               b=name(pd.Period(high.period)))  # fmt: skip


def _months_alt(report: Report) -> Sentence:
    return join(say("Line charts by month, one for each flow."),
                *(_peak_words(report, f"trade.month_{m}.customs", m) for m in MEASURES))  # fmt: skip


def _quarters_title(report: Report) -> Sentence:
    low, high = _extremes(report, "trade.quarter_exports.customs")
    if low is None or high is None:
        return say("Exports and imports by quarter")
    return say("China's exports ran from {low} in {a} to {high} in {b}", low=low, high=high,
               a=name(pd.Period(low.period)), b=name(pd.Period(high.period)))  # fmt: skip


def _peak_words(report: Report, family: str, what: str) -> Sentence:
    low, high = _extremes(report, family)
    if low is None or high is None:
        return say("{what}: no figure.", what=what.capitalize())
    return say("{what}: lowest {low} in {a}, highest {high} in {b}.", what=what.capitalize(), low=low, high=high,
               a=name(pd.Period(low.period)), b=name(pd.Period(high.period)))  # fmt: skip


def _extremes(report: Report, family: str) -> tuple[Any, Any]:
    facts = report.facts.family(family)
    if not facts:
        return None, None
    return min(facts, key=lambda f: f.value or 0), max(facts, key=lambda f: f.value or 0)


def _month_growth_title(report: Report) -> Sentence:
    low, high = _extremes(report, "trade.month_growth_exports.customs")
    if low is None or high is None:
        return say("Months against the same month a year before")
    return say("Against the same month a year before, China's exports ran from {low:times} in {a} to {high:times} "
               "in {b}", low=low, high=high, a=name(pd.Period(low.period)), b=name(pd.Period(high.period)))  # fmt: skip


def _extreme_words(report: Report, flow: str) -> Sentence:
    low, high = _extremes(report, f"trade.month_growth_{flow}.customs")
    if low is None or high is None:
        return say("{what}: no month may be compared.", what=flow.capitalize())
    return say("{what}: lowest {low:times} in {a}, highest {high:times} in {b}.", what=flow.capitalize(), low=low,
               high=high, a=name(pd.Period(low.period)), b=name(pd.Period(high.period)))  # fmt: skip
