"""The chart of the questions asked beforehand: each change with its range, positive controls first."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import style
from ..captions import caveats, join, recency
from ..display import Display, FigureDisplay, Sentence, Words, say
from ..errors import listing
from ..events.cells import Cell, percent, records
from ..facts import Fact
from ..formatting import percent as percent_text
from ..formatting import sentence_case
from ..report import Report
from .events import control_note, last_month, month_caveats, nothing, question_fact
from .once import once

TICKS, NARROW_TICKS = (-95, -75, -50, 0, 100, 300, 900), (-95, -75, 0, 300)
HEADS = {True: "Must be found: known falls", False: "Asked: did trade change after these events?"}


@once
def event_questions(report: Report) -> Display:
    """Every question that could be answered with its change and range; those that could not are named below."""
    study = report.event_study
    groups = [(control, [c for c in study.answered if c.control == control]) for control in (True, False)]
    groups = [(control, cells) for control, cells in groups if cells]
    if not groups:
        return nothing(report, "The questions on events")

    subtitle = f"Change in the months after the event,\nagainst {study.baseline_words}"

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        row, step = 0.0, 1.55 if narrow else 1.0
        for control, cells in groups:
            axes.text(
                0, row, HEADS[control], transform=axes.get_yaxis_transform(), fontweight="bold", fontsize=8, va="center"
            )
            for cell in cells:
                row += step
                _row(axes, report, cell, row, narrow)
            row += step
        axes.set_ylim(row - 0.4, -0.6)
        _axis(axes, groups, narrow)
        axes.set_title(subtitle, color=style.MUTED, fontweight="normal", fontsize=8, pad=8)
        style.footer(
            figure,
            narrow,
            (
                "filled: differs from no change",
                "hollow: cannot be told from no change",
                f"bar: {_level(report)} range",
                "Source: Chinese customs",
            ),
        )

    rows = sum(len(cells) + 1 for _, cells in groups)
    wide, narrow = style.draw(paint, height=1.3 + 0.33 * rows, narrow_height=1.6 + 0.46 * rows)
    return FigureDisplay(
        id="event_questions",
        svg=wide,
        narrow=narrow,
        title=_title(report),
        alt=join(say("Dots with bars, one row for each question."), *(answer(report, cell) for cell in study.answered)),
        caption=say(
            "Each window is compared with {baseline}, in the same period. The range holds every change that the test "
            "does not reject. A known fall that the method missed would be a reason to distrust the rest.",
            baseline=study.baseline_words,
        ),
        records=tuple(
            {"question": q.asks, "control": study.cells[q.key].control, **records(study.cells[q.key])}
            for q in study.questions
        ),
        notes=(
            *control_note(report),
            *month_caveats(report, "events-cluster", "events-selected"),
            *caveats(report, "crude-unreported", bases=["customs"]),
            recency(report, last_month(report)),
        ),
    )


def _row(axes: Axes, report: Report, cell: Cell, row: float, narrow: bool) -> None:
    effect = cell.effect
    if effect is None:
        return
    colour = style.COLOURS[cell.key[1]]
    axes.plot([effect.low, effect.high], [row, row], color=colour, linewidth=1.6, solid_capstyle="butt", zorder=2)
    found = cell.found(report.parameters.alpha)
    axes.plot(
        [effect.effect],
        [row],
        marker="o",
        markersize=6,
        markerfacecolor=colour if found else "white",
        markeredgecolor=colour,
        markeredgewidth=1.3,
        zorder=3,
    )
    name = cell.question.label if cell.question else ""
    if narrow:
        axes.text(0, row - 0.62, name, transform=axes.get_yaxis_transform(), fontsize=7.5, va="center")
    else:
        axes.text(-0.02, row, name, transform=axes.get_yaxis_transform(), fontsize=8, va="center", ha="right")
    axes.annotate(
        percent_text(percent(effect.effect), 0) if found else "cannot tell",
        (effect.effect, row),
        xytext=(0, 6),
        textcoords="offset points",
        fontsize=8,
        fontweight="bold" if found else "normal",
        ha="center",
        color=colour if found else style.MUTED,
    )


def _axis(axes: Axes, groups: list[tuple[bool, list[Cell]]], narrow: bool) -> None:
    ends = [end for _, cells in groups for c in cells if c.effect for end in (c.effect.low, c.effect.high)]
    low, high = min([*ends, math.log(0.5)]), max([*ends, math.log(2)])
    axes.set_xlim(low - 0.25, high + 0.25)
    ticks = [t for t in (NARROW_TICKS if narrow else TICKS) if low - 0.25 <= math.log1p(t / 100) <= high + 0.25]
    axes.set_xticks([math.log1p(t / 100) for t in ticks], [percent_text(t, 0) if t else "no change" for t in ticks])
    axes.axvline(0, color=style.MUTED, linewidth=0.9, zorder=1)
    axes.grid(False, axis="y")
    axes.grid(True, axis="x")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _level(report: Report) -> str:
    return percent_text(100 * (1 - report.parameters.alpha), 0, sign=False)


def _title(report: Report) -> Sentence:
    study, alpha = report.event_study, report.parameters.alpha
    controls = [c for c in study.answered if c.control]
    tested = [c for c in study.answered if not c.control]
    parts = [_known(report, controls)] if any(study.plan.classes[q.key[0]].control for q in study.questions) else []
    found = [c for c in tested if c.found(alpha)]
    if found:
        parts.append(f"trade {'also ' if parts else ''}changed after {_names(report, found)}")
    elif tested:
        parts.append(f"after {_names(report, tested)} the months cannot tell")
    else:
        parts.append("no other question can be answered")
    return say("{title}", title=sentence_case("; ".join(parts)))


def _known(report: Report, controls: list[Cell]) -> str:
    """Whether the known falls are found, in a few words."""
    if not controls:
        return "no known fall can be tested"
    every = all(cell.found(report.parameters.alpha) for cell in controls)
    return "the known falls are found" if every else "not every known fall is found"


def _names(report: Report, cells: list[Cell]) -> str:
    labels = dict.fromkeys(report.event_study.plan.classes[c.key[0]].label for c in cells)
    return listing(list(labels))


def answer(report: Report, cell: Cell) -> Sentence:
    """A question and its answer, with the range of changes that the months allow."""
    question, fact = cell.question, question_fact(report, cell)
    refs: dict[str, Fact | Words] = {
        "asks": Words(question.asks if question else ""),
        "change": fact,
        "months": Words(str(max((e.nominal for e in cell.design.episodes), default=0))),
        "k": Words(str(len(cell.design.events))),
        "all": Words(str(cell.design.dated)),
    }
    if not cell.found(report.parameters.alpha):
        return say(
            "{asks} We cannot tell: with figures for {k} of {all} events, the months allow anything from {change:low} "
            "to {change:high}.",
            **refs,
        )
    yes = "Yes" if cell.as_expected else "No, the other way round"
    return say(
        "{asks} " + yes + ": {change} ({change:low} to {change:high} allowing for chance), over the {months} "
        "months from the first event on.",
        **refs,
    )
