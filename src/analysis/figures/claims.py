"""Charts of the claims: how many got which verdict, and who arrived in South Korea."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from .. import style
from ..captions import recency
from ..claims import rules
from ..claims.rules import VERDICTS
from ..display import Display, FigureDisplay, Prose, Reference, Sentence, anchor, say
from ..facts import Fact
from ..formatting import day_text, number
from ..report import Report
from .once import once

ESSAYS = ("e1", "e2")
# Green holds, orange and red do not, grey cannot be decided.
COLOURS = {
    rules.SUPPORTED: "#1b7837", rules.ROUGHLY: "#4d9a55", rules.PARTLY: "#b97700", rules.OVERSTATED: "#d6604d",
    rules.UNDERSTATED: "#d6604d", rules.CONTRADICTED: "#b2182b", rules.NO_RECORD: "#767676",
    rules.NOT_TESTABLE: "#8a8a8a",
}  # fmt: skip


def look(essay: str, verdict: str) -> dict[str, Any]:
    """A bar in the colour of its verdict: filled for the later essay, hatched for the earlier."""
    colour = COLOURS[verdict]
    return {"color": colour} if essay == "e1" else {"color": "white", "edgecolor": colour, "hatch": "////"}


@once
def verdicts(report: Report) -> Display:
    """Bars: claims by verdict, one bar an essay."""
    found = {key: {v: report.fact(f"claims.count.{key}.{anchor(v)}") for v in VERDICTS} for key in ESSAYS}
    shown = [verdict for verdict in VERDICTS if any(found[key][verdict].value for key in ESSAYS)]
    essays = [key for key in ESSAYS if any(found[key][v].value for v in shown)]
    if not essays:
        return Prose((say("No essay was written by the day asked for, so no claim is judged."),), "note")

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        thick = 0.8 / max(len(essays), 1)
        for place, key in enumerate(essays):
            for row, verdict in enumerate(shown):
                value = found[key][verdict].value or 0
                height = row + (place - (len(essays) - 1) / 2) * thick
                axes.barh(height, value, thick * 0.86, linewidth=0.8, **look(key, verdict))
                axes.text(value + 0.15, height, number(value) if value else "none", va="center", fontsize=8,
                          color=style.INK if value else style.MUTED)  # fmt: skip
        axes.set_yticks(range(len(shown)), shown)
        axes.tick_params(axis="y", labelcolor=style.INK)
        axes.invert_yaxis()
        axes.set_xticks([])
        axes.grid(visible=False)
        axes.spines["bottom"].set_visible(False)
        axes.margins(x=0.12)
        names = essay_names(report)
        style.footer(figure, narrow, [f"{'filled' if key == 'e1' else 'hatched'}: {names[key]}" for key in essays])

    wide, narrow = style.draw(paint, height=3.6, narrow_height=4.6)
    return FigureDisplay(
        id="claims_verdicts", title=_title(report), svg=wide, narrow=narrow, alt=_alt(report, found, essays),
        caption=say("Each bar counts claims. Grey bars are undecided: the public record is silent, or the claim is a "
                    "cause or a motive, which data cannot test."),
        records=tuple(
            {"verdict": verdict, **{essay_names(report)[key]: found[key][verdict].value for key in essays}}
            for verdict in shown
        ),
        notes=(say("Judged on all years. Data package of {day}.", day=day_text(report.catalogue.data_date)),),
    )  # fmt: skip


def essay_names(report: Report) -> dict[str, str]:
    """`essay of 2016` and `essay of 2013`, the years from the data."""
    dates = report.catalogue.frame("politics/dates").set_index("row_id")["date"]
    return {"e1": f"essay of {dates['essay-2016'][:4]}", "e2": f"essay of {dates['essay-2013'][:4]}"}


def _title(report: Report) -> Sentence:
    whole, total = report.fact("claims.count.both.supported"), report.fact("claims.count.both.all")
    part = report.fact("claims.count.both.partly-supported")
    return say("The data support {whole} of {total} claims as they stand and {part} in part", whole=whole, total=total,
               part=part)  # fmt: skip


def _alt(report: Report, found: dict[str, dict[str, Fact]], essays: list[str]) -> Sentence:
    names = essay_names(report)
    refs: dict[str, Reference] = {}
    told = []
    for key in essays:
        parts = []
        for verdict, fact in found[key].items():
            if fact.value:
                name = f"{key}_{anchor(verdict).replace('-', '_')}"
                refs[name] = fact
                parts.append(f"{verdict} {{{name}}}")
        refs[key] = say("{n}", n=names[key]).refs["n"]
        told.append(f"{{{key}}}: " + ", ".join(parts))
    return say("Bar chart of claims by verdict. " + ". ".join(told) + ".", **refs)


@once
def arrivals(report: Report) -> Display:
    """Arrivals of North Koreans in South Korea by year, and the women among them where they are known."""
    everyone = report.facts.family("evidence.arrivals_all.seoul")
    women = report.facts.family("evidence.arrivals_women.seoul")
    if not everyone:
        return Prose((say("No count of arrivals had appeared by the day asked for."),), "note")

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        years = [int(fact.period) for fact in everyone]
        axes.bar(years, [fact.value or 0 for fact in everyone], 0.72, color=style.RULE, linewidth=0)
        axes.plot([int(f.period) for f in women], [f.value or 0 for f in women], linestyle="none", marker="o",
                  markersize=5, color=style.INK)  # fmt: skip
        style.money_axis(axes)
        style.year_axis(axes, years[0], years[-1], narrow)
        axes.set_title("Persons a year", color=style.MUTED, fontweight="normal")
        style.footer(figure, narrow, ["bars: all arrivals", "dots: women and girls, where counted apart"])

    wide, narrow = style.draw(paint, height=2.8, narrow_height=3.2)
    peak, last = max(everyone, key=lambda fact: fact.value or 0), everyone[-1]
    refs: dict[str, Reference] = {f"f{n}": fact for n, fact in enumerate(everyone)}
    told = ", ".join(f"{{f{n}:period}} {{f{n}}}" for n in range(len(everyone)))
    return FigureDisplay(
        id="claims_people", svg=wide, narrow=narrow,
        title=say("Arrivals in South Korea peaked in {p:period} with {p}; in {l:period} there were {l}", p=peak,
                  l=last),
        alt=say("Bar chart of arrivals by year: " + told + ".", **refs),
        caption=say("North Koreans who arrived in South Korea, as Seoul counts them. Many had lived in China before, "
                    "so arrivals are no count of departures."),
        records=tuple(
            {"year": int(fact.period), "all_persons": fact.value,
             "women_persons": next((w.value for w in women if w.period == fact.period), None)}
            for fact in everyone
        ),
        notes=(recency(report, last.period),),
    )  # fmt: skip
