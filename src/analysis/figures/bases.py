"""The four bases side by side, their ratio to customs, and the range they put on growth."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from .. import style
from ..captions import basis_label, caveats, recency, turning_marks
from ..display import Display, FigureDisplay, Prose, Reference, Sentence, Words, say
from ..errors import listing
from ..formatting import number
from ..report import Report
from ..trade import bases as sides
from ..trade import series
from .levels import room_for
from .once import once

# Percentage points; larger distances, in the years of the closed border, are named in words.
NEAR = 20.0


def totals(report: Report) -> pd.DataFrame:
    """Years by basis of the total, unfit cells empty, in the years asked for."""
    return pd.DataFrame({
        basis: series.wide(report.cells(basis), fit_only=True)["total"] for basis in report.catalogue.bases
    })


@once
def bases(report: Report) -> Display:
    """Total trade on every basis, and each divided by customs."""
    p, frame = report.parameters, totals(report)
    shown = [basis for basis in frame if frame[basis].notna().any()]
    if len(shown) < 2:
        return Prose((say("Fewer than two bases have a usable total from {a} to {b}, so none is compared.",
                          a=p.start_year, b=p.end_year),), "note")  # fmt: skip
    ratios = sides.ratios(frame) if "customs" in shown else pd.DataFrame(index=frame.index)
    marks, labels = turning_marks(report), {basis: basis_label(report, basis) for basis in shown}

    # The labels stand in one column, right of the last point of all: one of a line that ends before says so.
    lasts = {basis: int(str(frame[basis].last_valid_index())) for basis in shown}
    ended = {basis: f", to {last}" if last < max(lasts.values()) else "" for basis, last in lasts.items()}

    def paint(figure: Figure, narrow: bool) -> None:
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        for basis in shown:
            statuses = series.wide(report.cells(basis), "status")["total"]
            style.marked_line(top, frame.index, frame[basis], statuses, frame[basis].notna(), style.COLOURS[basis],
                              linestyle=style.DASHES[basis])  # fmt: skip
        style.money_axis(top)
        top.set_ylim(bottom=0)
        room = room_for(p.start_year, p.end_year, narrow, 1.6)
        style.year_axis(bottom, p.start_year, p.end_year, narrow, room)
        style.end_labels(top, [
            (frame[b].last_valid_index(), frame[b].dropna().iloc[-1], labels[b] + ended[b], style.COLOURS[b])
            for b in shown if b != "mirror"
        ])  # fmt: skip
        if "mirror" in shown:
            # The reconciled series ends in mid-chart; it is named where it starts, on a phone above its later rise.
            year = frame["mirror"].first_valid_index()
            top.annotate(labels["mirror"], (year, frame.loc[year, "mirror"]), ha="left", va="bottom", fontsize=8.5,
                         xytext=(0, 22 if narrow else 9), textcoords="offset points", color=style.COLOURS["mirror"],
                         fontweight="bold")  # fmt: skip
        top.set_title("Total trade, million US dollars a year", color=style.MUTED, fontweight="normal", pad=16)
        for basis in ratios:
            bottom.plot(ratios.index, ratios[basis], color=style.COLOURS[basis], marker="o", markersize=3,
                        linestyle=style.DASHES[str(basis)])  # fmt: skip
        bottom.axhline(1, color=style.COLOURS["customs"], linewidth=1)
        bottom.set_title("Divided by customs", color=style.MUTED, fontweight="normal")
        for axes in (top, bottom):
            style.turning_lines(axes, marks, numbers=axes is top)
        style.footer(figure, narrow, (style.REPORTED, style.DERIVED, style.ESTIMATED), marks)

    wide, narrow = style.draw(paint, height=4.3, narrow_height=4.8)
    return FigureDisplay(
        id="trade_bases", title=_ratio_title(report), svg=wide, narrow=narrow, alt=_ratio_alt(report, shown),
        caption=say("Each line stays on one basis; nothing joins two. Upper chart: totals. Lower chart: each total "
                    "divided by the customs total of the same year."),
        records=tuple(
            {"year": int(str(year)), **{f"{b}_usd_million": _none(frame.loc[year, b]) for b in shown},
             **{f"{b}_to_customs": _none(ratios.loc[year, b]) for b in ratios}}
            for year in frame.index[frame.notna().any(axis=1)]
        ),
        notes=(*caveats(report, "crude-estimate", "crude-unreported", "mirror-valuation", "vintages", bases=shown),
               recency(report, frame.dropna(how="all").index[-1])),
    )  # fmt: skip


@once
def growth_range(report: Report) -> Display:
    """How far growth of the total on each basis lies from growth on customs, in percentage points."""
    p = report.parameters
    found = [one for one in sides.growth_ranges(totals(report)) if "customs" in one.rates]
    if not found:
        return Prose((say("No year from {a} to {b} has a growth rate on customs and another basis.",
                          a=p.start_year, b=p.end_year),), "note")  # fmt: skip
    marks = turning_marks(report)

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        for one in found:
            if one.changes_sign:
                axes.axvspan(one.year - 0.45, one.year + 0.45, color="#f6e3d3", zorder=0, linewidth=0)
        distances: list[tuple[float, float]] = []
        for basis in report.catalogue.bases:
            if basis == "customs":
                continue
            points = [(one.year, one.rates[basis] - one.rates["customs"]) for one in found if basis in one.rates]
            axes.plot([x for x, _ in points], [y for _, y in points], linestyle="none", zorder=3,
                      marker=style.SHAPES[basis], markersize=4.6, color=style.COLOURS[basis],
                      markeredgecolor="white", markeredgewidth=0.4)  # fmt: skip
            distances += points
        axes.axhline(0, color=style.COLOURS["customs"], linewidth=1)
        style.year_axis(axes, p.start_year, p.end_year, narrow)
        axes.yaxis.set_major_formatter(lambda value, _: number(value, 0, sign=True))
        high = min(NEAR, max(y for _, y in distances) * 1.1 + 1)
        low = max(-NEAR, min(y for _, y in distances) * 1.1 - 1)
        style.clip(axes, low, high, distances, lambda value: number(value, 0, sign=True))
        style.turning_lines(axes, marks)
        axes.set_title("Percentage points above or below growth on customs", color=style.MUTED, fontweight="normal",
                       pad=16)  # fmt: skip
        signs = {"s": "■", "^": "▲", "D": "◆", "v": "▼"}
        drawn = [b for b in report.catalogue.bases if b != "customs" and any(b in one.rates for one in found)]
        names = [f"{signs[style.SHAPES[b]]} {basis_label(report, b)}" for b in drawn]
        shaded = ["shaded: the sign of growth differs"] if any(one.changes_sign for one in found) else []
        style.footer(figure, narrow, [*names, *shaded], marks)

    wide, narrow = style.draw(paint)
    return FigureDisplay(
        id="trade_growth_range", title=_range_title(report), svg=wide, narrow=narrow, alt=_range_alt(report),
        caption=say("Each mark is growth of the total on one basis less growth on customs in the same year; zero means "
                    "that they agree. Arrows name distances beyond the scale."),
        records=tuple(
            {"year": one.year, "lowest_percent": one.low, "highest_percent": one.high,
             **{f"{b}_percent": one.rates.get(b) for b in report.catalogue.bases}}
            for one in found
        ),
        notes=(*caveats(report, "crude-estimate", "crude-unreported", "mirror-valuation", "vintages",
                        bases=report.catalogue.bases), recency(report, found[-1].year)),
    )  # fmt: skip


def sign_years(report: Report) -> list[str]:
    """The years in which one basis shows growth and another a fall."""
    return [
        fact.period
        for fact in report.facts.family("trade.growth_range.all_bases")
        if fact.low is not None and fact.high is not None and fact.low < 0 < fact.high
    ]


def _none(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _ratio_title(report: Report) -> Sentence:
    facts = report.facts.family("trade.ratio.kotra_to_customs")
    if not facts:
        return say("Total trade on every basis")
    high = max(facts, key=lambda f: f.value or 0)
    return say("KOTRA's total was {high} times the customs total in {high:period}, the widest gap between the two",
               high=high)  # fmt: skip


def _ratio_alt(report: Report, shown: list[str]) -> Sentence:
    parts: list[str] = []
    refs: dict[str, Reference] = {}
    for position, basis in enumerate(b for b in shown if b != "customs"):
        facts = report.facts.family(f"trade.ratio.{basis}_to_customs")
        if facts:
            low, high = min(facts, key=lambda f: f.value or 0), max(facts, key=lambda f: f.value or 0)
            refs |= {f"b{position}": Words(basis_label(report, basis)), f"l{position}": low,
                     f"h{position}": high}  # fmt: skip
            parts.append(f"{{b{position}}} between {{l{position}}} in {{l{position}:period}} and {{h{position}}} in "
                         f"{{h{position}:period}} times customs")  # fmt: skip
    return say("Lines of total trade on each basis, and each divided by customs: " + "; ".join(parts) + ".", **refs)


def _range_title(report: Report) -> Sentence:
    years = sign_years(report)
    if not years:
        return say("No year changes sign with the basis")
    return say("In {years} even the sign of growth depends on the basis", years=listing(years))


def _range_alt(report: Report) -> Sentence:
    facts = report.facts.family("trade.growth_range.all_bases")
    refs = {f"r{i}": fact for i, fact in enumerate(facts)}
    listed = ", ".join(f"{{{n}:period}} {{{n}:low}} to {{{n}:high}}" for n in refs)
    return say(f"Bars from the lowest to the highest growth of the total on any basis: {listed}.", **refs)
