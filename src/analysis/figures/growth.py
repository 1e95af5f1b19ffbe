"""Growth of the total by year and what each flow adds to it."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.figure import Figure

from .. import style
from ..captions import basis_label, caveats, recency, turning_marks
from ..display import Display, FigureDisplay, Sentence, say
from ..formatting import percent
from ..report import Report
from ..trade import rates
from .levels import nothing
from .once import once

# Beyond this change the bars of other years would be too small to read; such a year is named in words.
READABLE = 100.0


@once
def growth(report: Report) -> Display:
    """Bars: percentage points from exports and imports; dots: growth of the total."""
    p, found = report.parameters, report.rates()
    total, parts = rates.wide(found)["total"], rates.contributions(found)
    known = total.dropna()
    if known.empty:
        return nothing(report, "Growth by year")
    marks = turning_marks(report)

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        above = below = pd.Series(0.0, index=parts.index)
        for flow in ("exports", "imports"):
            part = parts[flow].where(total.notna()).fillna(0)
            bottom = above.where(part >= 0, below)
            axes.bar(parts.index, part, 0.72, bottom=bottom, color=style.COLOURS[flow], alpha=0.85, linewidth=0)
            above, below = above + part.clip(lower=0), below + part.clip(upper=0)
        axes.plot(known.index, known, linestyle="none", marker="o", markersize=4, color=style.INK, zorder=4,
                  markeredgecolor="white", markeredgewidth=0.6)  # fmt: skip
        axes.axhline(0, color=style.MUTED, linewidth=0.8)
        style.year_axis(axes, p.start_year, p.end_year, narrow)
        style.percent_axis(axes)
        extremes = [float(v) for v in (*known, *above, *below)]
        high = min(READABLE, max(extremes) * 1.15 + 5)
        low = max(-READABLE, min(extremes) * 1.15 - 5)
        style.clip(axes, low, high, [(float(y), float(g)) for y, g in known.items()], percent)
        style.turning_lines(axes, marks)
        axes.set_title("Change on the year before", color=style.MUTED, fontweight="normal", pad=32)
        style.colour_key(axes, [("from exports", style.COLOURS["exports"]), ("from imports", style.COLOURS["imports"]),
                                ("● growth of the total", style.INK)])  # fmt: skip
        style.footer(figure, narrow, (), marks)

    wide, narrow = style.draw(paint)
    return FigureDisplay(
        id="trade_growth", title=_title(report), svg=wide, narrow=narrow, alt=_alt(report, known),
        caption=say(
            "Bars: percentage points that each flow adds to the growth of the total. A year without a bar has no "
            "usable figure for it or for the year before. Arrows name changes beyond the scale. Basis: {basis}.",
            basis=basis_label(report, long=True),
        ),
        records=tuple(
            {"year": int(str(year)), "growth_percent": total[year],
             **{f"from_{flow}_points": _value(parts.loc[year, flow]) for flow in ("exports", "imports", "unassigned")}}
            for year in known.index
        ),
        notes=(*caveats(report, "crude-unreported", "crude-estimate", "small-numbers", "totals-as-printed"),
               recency(report, known.index[-1])),
    )  # fmt: skip


def _value(number: float) -> float | None:
    return None if math.isnan(number) else float(number)


def _title(report: Report) -> Sentence:
    facts = report.facts.family(f"trade.growth.{report.parameters.basis}")
    rise, fall = max(facts, key=lambda f: f.value or 0), min(facts, key=lambda f: f.value or 0)
    if rise.value is None or fall.value is None or rise.value <= 0 or fall.value >= 0 or rise is fall:
        return say("Growth of trade by year")
    return say("The sharpest fall was {fall} in {fall:period}, the sharpest rise {rise} in {rise:period}",
               fall=fall, rise=rise)  # fmt: skip


def _alt(report: Report, known: pd.Series) -> Sentence:
    facts = [report.fact(f"trade.growth.{report.parameters.basis}.{year}") for year in known.index]
    refs = {f"g{i}": fact for i, fact in enumerate(facts)}
    listed = ", ".join(f"{{{name}:period}} {{{name}}}" for name in refs)
    return say(f"Bar chart of the growth of total trade by year, split by flow. Growth of the total: {listed}.", **refs)


