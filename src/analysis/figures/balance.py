"""The balance of the two: by year, cumulated, and how far the partner pays by goods."""

from __future__ import annotations

from matplotlib.figure import Figure

from .. import style
from ..captions import basis_label, caveats, recency, turning_marks
from ..countries import possessive, upper_first
from ..display import Display, FigureDisplay, Sentence, say
from ..report import Report
from ..trade import growth, series
from .levels import nothing
from .once import once


@once
def balance(report: Report) -> Display:
    """Three panels: yearly balance, its running sum, and imports as a share of exports."""
    p = report.parameters
    values = series.wide(report.cells(), sound_only=True)
    yearly = values["exports"] - values["imports"]
    if yearly.dropna().empty:
        return nothing(report, "The balance")
    running, cover = growth.cumulated(yearly), growth.cover_ratio(values["exports"], values["imports"])
    marks = turning_marks(report)

    def paint(figure: Figure, narrow: bool) -> None:
        top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 2))
        top.bar(yearly.index, yearly, 0.72, color=style.COLOURS["balance"], alpha=0.85, linewidth=0)
        top.axhline(0, color=style.MUTED, linewidth=0.8)
        style.money_axis(top)
        top.set_title("Balance, million US dollars a year", color=style.MUTED, fontweight="normal", pad=16)
        middle.fill_between(running.index, running, color=style.COLOURS["balance"], alpha=0.35, linewidth=0)
        middle.plot(running.index, running, color=style.COLOURS["balance"])
        style.money_axis(middle)
        middle.set_title("Running sum of the balance, million US dollars", color=style.MUTED, fontweight="normal")
        bottom.plot(cover.index, cover, color=style.COLOURS["imports"], marker="o")
        bottom.axhline(100, color=style.MUTED, linewidth=0.8)
        bottom.set_ylim(bottom=0)
        style.share_axis(bottom)
        bottom.set_title("Imports as a share of exports", color=style.MUTED, fontweight="normal")
        style.year_axis(bottom, p.start_year, p.end_year, narrow)
        for axes in (top, middle, bottom):
            style.turning_lines(axes, marks, numbers=axes is top)
        style.footer(figure, narrow, (), marks)

    wide, narrow = style.draw(paint, height=4.5, narrow_height=5.2)
    return FigureDisplay(
        id="trade_balance", title=_title(report), svg=wide, narrow=narrow, alt=_alt(report),
        caption=say(
            "Balance: {exports} less its imports from there. The running sum covers the longest unbroken run of years. "
            "Basis: {basis}.",
            exports=p.pair.labels["exports"], basis=basis_label(report, long=True),
        ),
        records=tuple(
            {"year": int(str(year)), "balance_usd_million": yearly[year], "running_sum_usd_million":
             float(running[year]) if year in running.index else None, "cover_ratio_percent": float(cover[year])}
            for year in yearly.dropna().index
        ),
        notes=(*caveats(report, "fob-cif", "crude-unreported", "crude-estimate", "outside"),
               recency(report, yearly.last_valid_index())),
    )  # fmt: skip


def _title(report: Report) -> Sentence:
    total = next(iter(report.facts.family(f"trade.cumulated_balance.{report.parameters.basis}")), None)
    pair = report.parameters.pair
    first, owner = upper_first(pair.first), upper_first(possessive(pair.first))
    if total is None or total.value is None:
        return say("{owner} balance with {second}", owner=owner, second=pair.second)
    if total.value < 0:
        return say("{first} bought {total:abs} more from {second} than it sold there {total:when}", total=total,
                   first=first, second=pair.second)  # fmt: skip
    return say("{first} sold {second} {total} more than it bought there {total:when}", total=total, first=first,
               second=pair.second)  # fmt: skip


def _alt(report: Report) -> Sentence:
    basis = report.parameters.basis
    yearly = report.facts.family(f"trade.balance.{basis}")
    cover = report.facts.family(f"trade.cover_ratio.{basis}")
    high = max(yearly, key=lambda f: f.value or 0)
    low = min(yearly, key=lambda f: f.value or 0)
    return say(
        "Bars of {owner} yearly balance, highest {high} in {high:period}, lowest {low} in {low:period}; a line of "
        "the running sum; and a line of imports as a share of exports, from {first:plain} in {first:period} to "
        "{last:plain} in {last:period}.", high=high, low=low, first=cover[0], last=cover[-1],
        owner=possessive(report.parameters.pair.first),
    )  # fmt: skip

