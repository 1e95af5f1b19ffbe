"""A calendar of which months have a figure, and how good it is."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from .. import style
from ..captions import recency
from ..display import Display, FigureDisplay, Prose, Sentence, say
from ..formatting import MONTHS
from ..report import Report
from ..trade import MEASURES
from .once import once
from .periods import ROUGH, name

GRADES = ("printed", "derived", "rough", "none")


@once
def calendar(report: Report) -> Display:
    """One square a month for each flow: printed, derived, rough or not there."""
    frame = report.months
    known = frame[frame["value"].notna()]
    if known.empty:
        return Prose((say("No month has a figure at the grade asked for."),), "note")
    first, last = known.index[0][0].year, known.index[-1][0].year
    years = range(first, last + 1)
    grades = {(month, measure): _grade(cell) for (month, measure), cell in frame.iterrows()}

    def paint(figure: Figure, narrow: bool) -> None:
        for axes, measure in zip(figure.subplots(1, 3, sharey=True), MEASURES, strict=True):
            for grade, look in _looks(style.COLOURS[measure], narrow).items():
                cells = [m for m in frame.index.get_level_values("month").unique()
                         if first <= m.year <= last and grades[m, measure] == grade]  # fmt: skip
                axes.plot([m.month for m in cells], [m.year for m in cells], linestyle="none", **look)
            axes.set_xlim(0.3, 12.7)
            axes.set_ylim(last + 0.6, first - 0.6)
            axes.set_xticks(range(1, 13), [m[0] for m in MONTHS], fontsize=6 if narrow else 7.5)
            axes.set_yticks(years, [str(y) for y in years])
            axes.tick_params(length=0)
            axes.grid(visible=False)
            axes.spines[["left", "bottom"]].set_visible(False)
            axes.set_title(measure.capitalize(), color=style.COLOURS[measure])
        style.footer(figure, narrow, ("■ printed", "□ derived from printed figures", "× rough (grade C or D)",
                                      "· no figure"))  # fmt: skip

    wide, narrow = style.draw(paint, height=0.19 * len(years) + 0.9, narrow_height=0.19 * len(years) + 1.1)
    return FigureDisplay(
        id="months_calendar", svg=wide, narrow=narrow, title=_title(report), alt=_alt(report, frame, years),
        caption=say("Chinese customs, month by month. A printed figure stands on a page that was read; a derived one "
                    "is arithmetic on printed cumulative figures or changes."),
        records=tuple(
            {"month": str(month), **{m: grades[month, m] for m in MEASURES}}
            for month in frame.index.get_level_values("month").unique() if first <= month.year <= last
        ),
        notes=(recency(report, name(known.index[-1][0])),),
    )  # fmt: skip


def _grade(cell: pd.Series) -> str:
    if pd.isna(cell["value"]):
        return "none"
    if cell["quality"] in ROUGH:
        return "rough"
    return "printed" if cell["status"] == "reported" else "derived"


def _looks(colour: str, narrow: bool) -> dict[str, dict[str, object]]:
    size = 4.2 if narrow else 7.5
    return {
        "printed": {"marker": "s", "color": colour, "markersize": size},
        "derived": {"marker": "s", "markerfacecolor": "white", "markeredgecolor": colour, "markersize": size - 0.8,
                    "markeredgewidth": 0.9},
        "rough": {"marker": "x", "color": colour, "markersize": size - 2, "markeredgewidth": 0.9},
        "none": {"marker": ".", "color": style.MUTED, "markersize": 1.5},
    }  # fmt: skip


def _title(report: Report) -> Sentence:
    facts = {m: next(iter(report.facts.family(f"trade.months_known_{m}.customs")), None) for m in MEASURES}
    exports, imports = facts["exports"], facts["imports"]
    if exports is None or imports is None:
        return say("Which months have a figure")
    return say("Exports are known for {e} months, imports for {i}", e=exports, i=imports)


def _alt(report: Report, frame: pd.DataFrame, years: range) -> Sentence:
    counts = frame["value"].notna().groupby([frame.index.get_level_values("month").year, "measure"]).sum()
    parts = [f"{year}: {counts[year, 'exports']} and {counts[year, 'imports']}" for year in years]
    return say("Calendar of squares, a row a year and a column a month. Months with a figure for exports and for "
               "imports by year: {list}.", list=", ".join(parts))  # fmt: skip
