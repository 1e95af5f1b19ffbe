"""Yearly trade as levels: linear, constant dollars on a log scale, and an index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from .. import style
from ..captions import (
    basis_label,
    caveats,
    join,
    level_words,
    recency,
    turning_marks,
    usable_levels,
)
from ..display import Display, FigureDisplay, Prose, Sentence, say
from ..report import Report
from ..trade import MEASURES, phases, prices, series
from .once import once

SHORT = {"exports": "exports", "imports": "imports", "total": "total"}
# The value of the index year on an index scale.
INDEX_BASE = 100
KEYS = (style.REPORTED, style.DERIVED, style.ESTIMATED, style.UNFIT)


def keys_of(cells: pd.DataFrame) -> list[str]:
    """The marker keys that a chart of these yearly cells needs."""
    known = cells[cells["value"].notna()]
    statuses = set(known.loc[known["fit"], "status"])
    return [
        key
        for key, needed in zip(
            KEYS,
            (bool({"reported", "mirror"} & statuses), "derived" in statuses, "estimated" in statuses,
             not known["fit"].all()),
            strict=True,
        )
        if needed
    ]  # fmt: skip


def records_of(cells: pd.DataFrame, **more: Mapping[tuple[int, str], object] | str) -> list[dict[str, Any]]:
    """Yearly cells as rows for the CSV beside a chart."""
    return [
        {
            "year": int(year), "flow": measure, "usd_million": cell["value"], "status": cell["status"],
            "fit_for_growth": "yes" if cell["fit"] else "no", "compiler": cell["compiler"],
            **{name: value if isinstance(value, str) else value.get((year, measure)) for name, value in more.items()},
            "rows": " ".join(cell["rows"]),
        }
        for (year, measure), cell in cells.iterrows()
        if pd.notna(cell["value"])
    ]  # fmt: skip


def nothing(report: Report, what: str) -> Prose:
    """The note in place of a chart that has no figure to show."""
    p = report.parameters
    return Prose(
        (say("{what}: no usable figure on the basis {basis} from {first} to {last}.", what=what,
             basis=basis_label(report), first=p.start_year, last=p.end_year),), "note",
    )  # fmt: skip


def level_title(report: Report) -> Sentence:
    levels = usable_levels(report, "total", report.parameters.basis)
    peak = max(levels, key=lambda fact: fact.value or 0)
    last = levels[-1]
    if peak.period == last.period:
        return say("Trade was highest in {last:period}, at {last}", last=last)
    fall = report.find(f"trade.from_peak.{report.parameters.basis}.{last.period}")
    if fall is None:
        return say("Trade peaked at {peak} in {peak:period}", peak=peak)
    return say(
        "Trade peaked at {peak} in {peak:period}; in {last:period} it stood {fall:abs} lower, at {last}",
        peak=peak, last=last, fall=fall,
    )  # fmt: skip


@once
def levels(report: Report) -> Display:
    """Exports, imports and total by year, in millions of current US dollars."""
    p, cells = report.parameters, report.cells()
    if not usable_levels(report, "total", p.basis):
        return nothing(report, "Trade by year")
    marks = turning_marks(report)
    values = series.wide(cells)

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        _flow_lines(axes, cells, narrow, p.start_year, p.end_year)
        axes.set_ylim(bottom=0)
        style.money_axis(axes)
        axes.set_ylim(bottom=0)
        _end_names(axes, values)
        style.turning_lines(axes, marks)
        axes.set_title("Million US dollars a year, current prices", color=style.MUTED, fontweight="normal", pad=16)
        style.footer(figure, narrow, keys_of(cells), marks)

    wide, narrow = style.draw(paint)
    return FigureDisplay(
        id="trade_levels", title=level_title(report), svg=wide, narrow=narrow,
        alt=join(say("Line chart by year on a linear scale."), *(level_words(report, m) for m in MEASURES)),
        caption=say(
            "Exports are {exports}, imports its imports from there. Basis: {basis}.",
            exports=p.pair.labels["exports"], basis=basis_label(report, long=True),
        ),
        records=tuple(records_of(cells)),
        notes=(*caveats(report, "crude-unreported", "crude-estimate", "outside", "spliced"),
               recency(report, last_year(cells))),
    )  # fmt: skip


@once
def real(report: Report) -> Display:
    """Total trade in current and in constant dollars on a log scale."""
    p, cells = report.parameters, report.cells()
    total = series.wide(cells, fit_only=True)["total"]
    index = prices.yearly_index(report.catalogue)
    constant = prices.constant(total, index, p.base_year)
    if constant.dropna().empty:
        return nothing(report, "Trade in constant dollars")
    marks, statuses = turning_marks(report), series.wide(cells, "status")["total"]

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        axes.set_yscale("log")
        fits = total.notna()
        for values, colour, dash in ((constant, style.COLOURS["exports"], "-"), (total, style.INK, "--")):
            style.marked_line(axes, total.index, values, statuses, fits, colour, linestyle=dash)
        style.year_axis(axes, p.start_year, p.end_year, narrow, room_for(p.start_year, p.end_year, narrow, 1.5))
        style.money_axis(axes, log=True)
        names = ((constant, f"dollars of {p.base_year}", style.COLOURS["exports"]), (total, "current", style.INK))
        style.end_labels(axes, [(s.last_valid_index(), s.dropna().iloc[-1], n, c) for s, n, c in names])
        style.turning_lines(axes, marks)
        axes.set_title("Million US dollars a year, log scale", color=style.MUTED, fontweight="normal", pad=16)
        style.footer(figure, narrow, [k for k in keys_of(cells) if k != style.UNFIT], marks)

    wide, narrow = style.draw(paint)
    rate = next(iter(report.facts.family(f"trade.cagr_real.{p.basis}")), None)
    nominal = next(iter(report.facts.family(f"trade.cagr.{p.basis}")), None)
    if rate and nominal:
        title = say(
            "In constant dollars trade changed by {rate} a year {rate:when}, in current dollars by {nominal}",
            rate=rate, nominal=nominal,
        )  # fmt: skip
    else:
        title = say("Trade in current dollars and in dollars of {base}", base=p.base_year)
    facts = report.facts.family(f"trade.real.{p.basis}")
    peak = max(facts, key=lambda fact: fact.value or 0)
    return FigureDisplay(
        id="trade_real", title=title, svg=wide, narrow=narrow,
        alt=join(
            say("Line chart by year on a logarithmic scale, current against constant dollars."),
            level_words(report, "total"),
            say("In constant dollars the peak is {peak} in {peak:period} and the last value {last} in {last:period}.",
                peak=peak, last=facts[-1]),
        ),
        caption=say(
            "Total trade. Equal steps upwards are equal percentages. Dollars of {base} by the US consumer price "
            "index. Basis: {basis}.", base=p.base_year, basis=basis_label(report, long=True),
        ),
        records=tuple(
            {"year": int(year), "usd_million_current": value, f"usd_million_of_{p.base_year}": constant[year],
             "us_cpi_1982_84_100": index.get(year)}
            for year, value in total.dropna().items()
        ),
        notes=(*caveats(report, "real-usd", "cpi-gap", "crude-unreported", "crude-estimate"),
               recency(report, total.last_valid_index())),
    )  # fmt: skip


@once
def index_scale(report: Report) -> Display:
    """Exports, imports and total as an index, the index year being one hundred."""
    p, cells = report.parameters, report.cells()
    values = series.wide(cells, fit_only=True)
    chosen = [m for m in MEASURES if p.index_year in values.index and pd.notna(values.loc[p.index_year, m])]
    if not chosen:
        return Prose((say(
            "No index is drawn: {year} has no usable figure on the basis {basis} within the years asked for. Choose "
            "another index_year.", year=p.index_year, basis=basis_label(report),
        ),), "note")  # fmt: skip
    index = values[chosen] / values.loc[p.index_year, chosen] * INDEX_BASE
    statuses, marks = series.wide(cells, "status"), turning_marks(report)

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        axes.set_yscale("log")
        for measure in chosen:
            style.marked_line(axes, index.index, index[measure], statuses[measure], index[measure].notna(),
                              style.COLOURS[measure])  # fmt: skip
        style.year_axis(axes, p.start_year, p.end_year, narrow, room_for(p.start_year, p.end_year, narrow))
        style.money_axis(axes, log=True)
        axes.axhline(INDEX_BASE, color=style.MUTED, linewidth=0.8)
        _end_names(axes, index)
        style.turning_lines(axes, marks)
        axes.set_title(f"{p.index_year} = {INDEX_BASE}, log scale", color=style.MUTED, fontweight="normal", pad=16)
        style.footer(figure, narrow, [k for k in keys_of(cells) if k != style.UNFIT], marks)

    wide, narrow = style.draw(paint)
    lead = "total" if "total" in chosen else chosen[0]
    last = int(index[lead].last_valid_index())
    return FigureDisplay(
        id="trade_index", svg=wide, narrow=narrow,
        title=say(
            "{flow} of {last} stood at {level} when {year} is {hundred}",
            flow=p.pair.flows[lead], last=last, level=f"{index.loc[last, lead]:,.0f}", year=p.index_year,
            hundred=INDEX_BASE,
        ),
        alt=join(say("Line chart of index values by year on a logarithmic scale."),
                 *(level_words(report, m) for m in chosen)),
        caption=say("Each line is divided by its own value of {year}. Basis: {basis}.", year=p.index_year,
                    basis=basis_label(report, long=True)),
        records=tuple(
            {"year": int(year), **{f"{m}_index": row[m] for m in chosen}}
            for year, row in index.iterrows() if row.notna().any()
        ),
        notes=(*caveats(report, "crude-unreported", "crude-estimate"), recency(report, last)),
    )  # fmt: skip


@once
def story(report: Report) -> Display:
    """Total trade with the phases named: the one picture of the summary."""
    p, cells = report.parameters, report.cells()
    if not usable_levels(report, "total", p.basis):
        return nothing(report, "Trade by year")
    # Phases are those of the documented pair.
    found = phases.phases(report.turning_points, p.start_year, p.end_year) if p.pair.documented else []
    values, statuses, fits = (series.wide(cells, column)["total"] for column in ("value", "status", "fit"))

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        style.marked_line(axes, values.index, values, statuses, fits, style.INK)
        style.year_axis(axes, p.start_year, p.end_year, narrow)
        style.money_axis(axes)
        axes.set_ylim(bottom=0)
        for phase in found:
            left, right = phase.first_year - 0.5, phase.last_year + 0.5
            if phase.key in style.SHADES:
                axes.axvspan(left, right, color=style.SHADES[phase.key], zorder=0, linewidth=0)
            years = phase.last_year - phase.first_year + 1
            # A narrow phase has room for an upright name only.
            upright = years / (p.end_year - p.start_year + 1) < (0.3 if narrow else 0.14)
            if upright and phase.key not in style.SHADES:
                continue  # nothing to be named, and the line would run through the name
            # Its ground hides the lines of the grid, which would strike the name through.
            ground = {"facecolor": style.SHADES.get(phase.key, "white"), "edgecolor": "none", "pad": 1}
            axes.text((left + right) / 2, 0.985, phase.name, transform=axes.get_xaxis_transform(), ha="center",
                      va="top", rotation=90 if upright else 0, fontsize=8, color=style.MUTED, bbox=ground,
                      zorder=1.5)  # fmt: skip
        axes.set_title("Trade in million US dollars a year", color=style.MUTED, fontweight="normal")
        style.footer(figure, narrow, keys_of(cells))

    wide, narrow = style.draw(paint)
    return FigureDisplay(
        id="summary_story", title=level_title(report), svg=wide, narrow=narrow,
        alt=join(say("Line chart of total trade by year{phases}.", phases=" with the phases shaded" if found else ""),
                 level_words(report, "total")),
        caption=say("Goods exports and imports of {first} with {second}. Basis: {basis}.", first=p.pair.first,
                    second=p.pair.second, basis=basis_label(report, long=True)),
        records=tuple(r for r in records_of(cells) if r["flow"] == "total"),
        notes=(*caveats(report, "crude-unreported", "crude-estimate", "outside"), recency(report, last_year(cells))),
    )  # fmt: skip


def last_year(cells: pd.DataFrame) -> int | None:
    """The last year with any figure."""
    known = cells.index[cells["value"].notna()]
    return int(known.get_level_values("year").max()) if len(known) else None


def room_for(start_year: int, end_year: int, narrow: bool, factor: float = 1.0) -> float:
    """Years to leave free on the right for labels at the ends of lines."""
    return (end_year - start_year + 1) * (0.24 if narrow else 0.11) * factor


def _flow_lines(axes: Any, cells: pd.DataFrame, narrow: bool, start_year: int, end_year: int) -> None:
    values, statuses, fits = (series.wide(cells, column) for column in ("value", "status", "fit"))
    for measure in MEASURES:
        style.marked_line(axes, values.index, values[measure], statuses[measure], fits[measure],
                          style.COLOURS[measure])  # fmt: skip
    style.year_axis(axes, start_year, end_year, narrow, room_for(start_year, end_year, narrow))


def _end_names(axes: Any, values: pd.DataFrame) -> None:
    style.end_labels(axes, [
        (values[m].last_valid_index(), values[m].dropna().iloc[-1], SHORT[m], style.COLOURS[m])
        for m in values.columns if values[m].notna().any()
    ])  # fmt: skip
