"""Charts of events: what can be tested, the timeline, effects, specifications, correlations, breaks, the panel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .. import style
from ..captions import caveats, join, recency
from ..display import Display, FigureDisplay, Prose, Sentence, Words, say
from ..errors import listing
from ..events import catalogue as calendar
from ..events import panel, sensitivity
from ..events.breaks import Found
from ..events.cells import TESTABLE, UNTESTABLE, WEAK, Cell, percent, records
from ..events.facts import lag_name
from ..events.months import fetched, left_out
from ..events.plan import month_name
from ..facts import Fact
from ..formatting import MONTHS, number, sentence_case
from ..formatting import percent as percent_text
from ..report import Report
from .once import once

# Shade and mark of each verdict: told apart in grey and by shape.
LOOKS = {
    TESTABLE: ("#1b1b1b", "●", "white"),
    WEAK: ("#dedede", "○", "#1b1b1b"),
    UNTESTABLE: ("white", "×", "#8a8a8a"),
}
SHAPES = {"exports": "o", "imports": "s", "total": "^"}
NAMES = {"exports": "China's exports", "imports": "China's imports", "total": "total trade"}
SHADES = ("#f2f2f2", "#ffffff")
TICKS = (-90, 0, 900)
FARTHEST = 3.0  # log points: an effect beyond this is named at the edge


def count(report: Report, name: str, flow: str = "all") -> Fact:
    """A count of cells of the event study."""
    p = report.parameters
    return report.fact(f"events.cells_{name}.{flow}.{p.start_year}-{p.end_year}")


def window_name(report: Report, window_id: str) -> str:
    """The months of a window, such as those from the event to two months after it."""
    window = report.event_study.plan.windows[window_id]
    return f"{number(window.first)} to {number(window.last, sign=True)}"


def class_label(report: Report, class_id: str) -> str:
    kind = report.event_study.plan.classes[class_id]
    return f"{kind.label}{' (control)' if kind.control else ''}"


def nothing(report: Report, what: str) -> Prose:
    p = report.parameters
    return Prose(
        (
            say(
                "{what}: nothing can be shown for the years from {a} to {b} and the choices made.",
                what=what,
                a=p.start_year,
                b=p.end_year,
            ),
        ),
        "note",
    )


def when(number_: int) -> str:
    return f"{MONTHS[number_ % 12]} {number_ // 12}"


# ------------------------------------------------------------------------------------ what can be tested


@once
def event_matrix(report: Report) -> Display:
    """Class by flow and window: testable, only before adjustment, powerless, or untestable."""
    study = report.event_study
    columns = [(flow, window) for flow in study.flows for window in study.windows]

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        for row, name in enumerate(study.classes):
            for column, (flow, window) in enumerate(columns):
                cell = study.cells[name, flow, window]
                verdict = cell.verdict
                shade, mark, ink = LOOKS[verdict]
                left = column + 0.35 * (column // len(study.windows))
                axes.add_patch(Rectangle((left, row), 0.94, 0.9, facecolor=shade, edgecolor="#bdbdbd", linewidth=0.5))
                text = str(len(cell.design.episodes)) if verdict != UNTESTABLE and not narrow else mark
                axes.text(left + 0.47, row + 0.46, text, color=ink, ha="center", va="center", fontsize=7.5)
                if verdict != UNTESTABLE and not study.separable((name, flow, window)):
                    axes.plot([left + 0.12, left + 0.82], [row + 0.8] * 2, color=ink, linewidth=0.9)
        _matrix_axes(axes, report, columns, narrow)
        keys = [
            f"{LOOKS[v][1]} {words}"
            for v, words in (
                (TESTABLE, f"black: a change by a factor of {study.plan.settings['readable_effect']} shows"),
                (WEAK, "grey: only a larger change"),
                (UNTESTABLE, "white: cannot be tested"),
            )
        ]
        style.footer(figure, narrow, (*keys, "underlined: shares most months with another class"))

    rows = len(study.classes)
    wide, narrow = style.draw(paint, height=1.6 + 0.24 * rows, narrow_height=2.2 + 0.24 * rows)
    return FigureDisplay(
        id="event_matrix",
        svg=wide,
        narrow=narrow,
        title=_matrix_title(report),
        alt=_matrix_alt(report),
        caption=say(
            "Each square is one class of events, one flow and one window of months round the event. Numbers on wide "
            "pages count episodes: events whose windows overlap are one."
        ),
        records=tuple(records(study.cells[key]) for key in study.keys),
        notes=(
            *month_caveats(report, "events-cluster"),
            recency(report, last_month(report)),
        ),
    )


def _matrix_axes(axes: Axes, report: Report, columns: list[tuple[str, str]], narrow: bool) -> None:
    study = report.event_study
    size = len(study.windows)
    lefts = [i + 0.35 * (i // size) for i in range(len(columns))]
    axes.set_xlim(-0.1, lefts[-1] + 1.05)
    axes.set_ylim(len(study.classes), -0.1)
    axes.set_yticks(
        [row + 0.45 for row in range(len(study.classes))], [class_label(report, c) for c in study.classes], fontsize=7.5
    )
    axes.set_xticks(
        [left + 0.47 for left in lefts],
        [window_name(report, w) for _, w in columns],
        fontsize=7,
        rotation=90 if narrow else 60,
    )
    axes.tick_params(length=0)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for group, flow in enumerate(study.flows):
        axes.text(
            lefts[group * size],
            -0.25,
            NAMES[flow] if not narrow else flow,
            fontsize=8,
            fontweight="bold",
            color=style.INK,
            va="bottom",
        )


def _matrix_title(report: Report) -> Sentence:
    return say(
        "Of {all} combinations of event, flow and window, {no} cannot be tested and {weak} could show only a change by "
        "a factor of more than {factor}",
        factor=report.event_study.plan.settings["readable_effect"],
        all=count(report, "all"),
        no=count(report, "untestable"),
        weak=count(report, "weak"),
    )


def _matrix_alt(report: Report) -> Sentence:
    study = report.event_study
    parts = [say("A grid of squares. {yes} squares can be tested.", yes=count(report, "testable"))]
    for flow in study.flows:
        good = [c for c in study.classes if any(study.cells[c, flow, w].verdict == TESTABLE for w in study.windows)]
        parts.append(
            say(
                "{flow}: in some window it can be tested for {names}.",
                flow=sentence_case(NAMES[flow]),
                names=listing([study.plan.classes[c].label for c in good], 20) or "no class",
            )
        )
    return join(*parts)


def question_fact(report: Report, cell: Cell) -> Fact:
    """The change of a cell."""
    return report.fact(f"events.change.{'.'.join(cell.key)}")


def month_caveats(report: Report, *ids: str) -> tuple[Sentence, ...]:
    """The caveats `ids`, and those of the months that the study reads."""
    own = ("events-months", *(["events-comtrade"] if fetched(report) else []))
    return caveats(report, *ids, *own, bases=["events", "events_comtrade"])


def control_note(report: Report) -> tuple[Sentence, ...]:
    """What the months are measured against, where it is anything."""
    chosen = report.parameters.controls
    if chosen == "china_trade":
        return (say("Trade is measured against China's total trade, as far as it is known by month."),)
    if chosen != "partners":
        return ()
    found = [report.fact(f"events.control_partners.{flow}") for flow in report.event_study.flows]
    counted = {f"f{n}": fact for n, fact in enumerate(found) if fact.value is not None}
    if not counted:
        return (say("Too few other partners have figures, so trade is measured against none of them."),)
    told = ", ".join(f"{{{name}}} for {NAMES[fact.id.rpartition('.')[2]]}" for name, fact in counted.items())
    return (
        say(
            "Trade is measured against what China's trade with other partners has in common; partners: " + told + ". "
            "What an event did to all of them is taken out with it.",
            **counted,
        ),
    )


def last_month(report: Report, flow: str | None = None) -> str:
    """The last month that carries a test."""
    study = report.event_study
    last = [
        data.start + int(np.flatnonzero(np.isfinite(data.values))[-1])
        for data in (study.months(f) for f in ([flow] if flow else study.flows))
        if np.isfinite(data.values).any()
    ]
    return when(max(last)) if last else ""


# ---------------------------------------------------------------------------------------------- timeline


@once
def event_timeline(report: Report) -> Display:
    """Events by class over both flows, with the regimes."""
    study = report.event_study
    months = report.event_months["value"].unstack("measure")
    known = months.dropna(how="all")
    if known.empty:
        return nothing(report, "The timeline")
    first, last = known.index[0].year, known.index[-1].year
    dated = {
        c: [
            e
            for e in calendar.events_of(report.catalogue, c, report.parameters.as_of)
            if first <= int(e.date[:4]) <= last
        ]
        for c in study.classes
    }
    shown = [c for c in study.classes if dated[c]]
    regimes = [r for r in study.plan.regimes("imports") if r.first // 12 <= last and r.last // 12 >= first]

    def paint(figure: Figure, narrow: bool) -> None:
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(1.0, 0.35 + 0.13 * len(shown)))
        for flow in ("exports", "imports"):
            values = months[flow].dropna()
            top.plot(
                [_place(str(m)) for m in values.index],
                values,
                linestyle="none",
                marker=SHAPES[flow],
                markersize=2,
                color=style.COLOURS[flow],
            )
        top.set_yscale("log")
        top.set_ylim(1, float(known[["exports", "imports"]].max().max()) * 2)
        style.money_axis(top, log=True)
        top.set_title("Million US dollars a month, log scale", color=style.MUTED, fontweight="normal", pad=16)
        for position, regime in enumerate(regimes):
            left, right = (style.moment(n // 12, n % 12 + 1) for n in (regime.first, regime.last + 1))
            for axes in (top, bottom):
                axes.axvspan(left, right, color=SHADES[position % 2], linewidth=0, zorder=0)
            label = str(position + 1) if narrow else regime.label
            top.text(
                max(left, first - 0.1),
                1.01,
                label,
                transform=top.get_xaxis_transform(),
                fontsize=7,
                color=style.MUTED,
                va="bottom",
            )
        for row, name in enumerate(shown):
            bottom.plot(
                [
                    _place(e.effective if study.plan.classes[name].counts_from == "effective_date" else e.date)
                    for e in dated[name]
                ],
                [row] * len(dated[name]),
                linestyle="none",
                marker="|",
                markersize=7,
                markeredgewidth=0.9,
                color=style.INK,
            )
        bottom.set_yticks(range(len(shown)), [study.plan.classes[c].label for c in shown], fontsize=7.5)
        bottom.set_ylim(len(shown) - 0.4, -0.6)
        style.month_axis(bottom, first, last, narrow)
        style.footer(
            figure,
            narrow,
            (
                "● exports (blue)",
                "■ imports (orange)",
                "shaded: regimes",
                *([f"{n} {r.label}" for n, r in enumerate(regimes, start=1)] if narrow else []),
            ),
        )

    wide, narrow = style.draw(paint, height=5.4, narrow_height=5.8)
    p = report.parameters
    counts = [report.find(f"events.dated.{c}.{p.start_year}-{p.end_year}") for c in shown]
    return FigureDisplay(
        id="event_timeline",
        svg=wide,
        narrow=narrow,
        title=_timeline_title(report, dated),
        alt=join(
            say(
                "Above, exports and imports by month as points on a log scale; below, a row of ticks for each class "
                "of events."
            ),
            *(
                say(
                    "{name}: {n} in the years asked for, the last in {when}.",
                    name=Words(sentence_case(study.plan.classes[c].label)),
                    n=fact,
                    when=_day(dated[c][-1]),
                )
                for c, fact in zip(shown, counts, strict=True)
                if fact
            ),
        ),
        caption=say(
            "Points below the axis are left out ({n}): in the closed months almost nothing crossed. Measures stand at "
            "the day they take effect, launches at the day in Korea.",
            n=int((known[["exports", "imports"]] < 1).to_numpy().sum()),
        ),
        records=tuple(
            {"class": c, "event": e.event_id, "date": e.date, "effective": e.effective, "title": e.title, "row": e.row}
            for c in shown
            for e in dated[c]
        ),
        notes=(
            *caveats(report, "events-selected", "events-cluster", bases=["events"]),
            *(caveats(report, "events-comtrade", bases=["events_comtrade"]) if fetched(report) else ()),
            *caveats(report, "crude-unreported", bases=["customs"]),
            recency(report, when_period(known.index[-1])),
        ),
    )


def _timeline_title(report: Report, dated: dict[str, list[calendar.Event]]) -> Sentence:
    months: dict[str, set[str]] = {}
    for name in ("nuclear_tests", "resolutions", "chinese_measures", "un_measures", "launches_long"):
        for event in dated.get(name, []):
            months.setdefault(event.date[:4], set()).add(name)
    crowded = sorted(year for year, names in months.items() if len(names) >= 4)
    if not crowded:
        return say("Events by class, and trade by month")
    return say("In {years} tests, launches, resolutions and bans come together", years=listing(crowded))


def _place(text: str) -> float:
    """Where a day stands on an axis of months; a month or a year without a day stands half way through."""
    year, *rest = (int(part) for part in text.split("-"))
    if len(rest) == 2:
        return style.moment(year, *rest)
    return style.middle(year, *rest) if rest else style.middle(year, 1, months=12)


def _day(event: calendar.Event) -> str:
    return when(int(event.date[:4]) * 12 + int(event.date[5:7]) - 1) if len(event.date) >= 7 else event.date


def when_period(month: pd.Period) -> str:
    return f"{MONTHS[month.month - 1]} {month.year}"


# ---------------------------------------------------------------------------------------- specifications


def shown_effects(report: Report) -> list[tuple[str, str]]:
    """Class and window of every effect that some flow has, in the order of the plan."""
    study = report.event_study
    return [
        (c, w)
        for c in study.classes
        for w in study.windows
        if any(study.cells[c, flow, w].effect is not None for flow in study.flows)
    ]


def _effect_axis(axes: Axes) -> None:
    axes.set_xlim(-FARTHEST - 0.15, FARTHEST + 0.15)
    axes.set_xticks(
        [math.log1p(m / 100) for m in TICKS], [percent_text(m, 0) if m else "none" for m in TICKS], fontsize=7.5
    )
    axes.set_xticks([math.log1p(m / 100) for m in (-50, 100)], [], minor=True)
    axes.grid(True, axis="x", which="minor", linewidth=0.4)
    axes.axvline(0, color=style.MUTED, linewidth=0.8)
    axes.grid(False, axis="y")
    axes.grid(True, axis="x")


def _row_labels(axes: Axes, report: Report, rows: Sequence[tuple[str, str]], narrow: bool) -> None:
    """The name of a class at its first window, and the months of each."""
    labels, before = [], ""
    for name, window in rows:
        told = window_name(report, window)
        labels.append(told if name == before else f"{class_label(report, name)}{chr(10) if narrow else '   '}{told}")
        before = name
    axes.set_yticks(range(len(rows)), labels, fontsize=7)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    for row, (name, _) in enumerate(rows):
        if row and name != rows[row - 1][0]:
            for other in axes.figure.axes:
                other.axhline(row - 0.5, color=style.RULE, linewidth=0.7)


@once
def event_specifications(report: Report) -> Display:
    """Every change of the wide grid, with one departure from the plan at a time; described, not tested."""
    study, rows = report.event_study, shown_effects(report)
    points = study.points
    if not rows:
        return nothing(report, "Specifications")

    def paint(figure: Figure, narrow: bool) -> None:
        flows = study.flows
        panels = (
            [figure.add_subplot()] * len(flows)
            if narrow
            else list(np.atleast_1d(figure.subplots(1, len(flows), sharey=True)))
        )
        for position, (flow, axes) in enumerate(zip(flows, panels, strict=True)):
            shift = 0.26 * (position - (len(flows) - 1) / 2) if narrow else 0.0
            for row, (name, window) in enumerate(rows):
                own = [p for p in points if p.key == (name, flow, window) and p.effect is not None]
                values = [min(max(p.effect or 0, -FARTHEST), FARTHEST) for p in own]
                axes.plot(
                    values,
                    [row + shift] * len(own),
                    linestyle="none",
                    marker="|",
                    markersize=5,
                    markeredgewidth=0.8,
                    color=style.COLOURS[flow],
                    alpha=0.75,
                )
                for end, arrow in ((-FARTHEST, "<"), (FARTHEST, ">")):
                    if any(abs(p.effect or 0) > FARTHEST and v == end for v, p in zip(values, own, strict=True)):
                        axes.plot([end], [row + shift], linestyle="none", marker=arrow, markersize=3.4, color=style.INK)
                main = [v for v, p in zip(values, own, strict=True) if p.spec.spec_id == "main"]
                axes.plot(
                    main,
                    [row + shift] * len(main),
                    linestyle="none",
                    marker=SHAPES[flow],
                    markersize=4.2,
                    color=style.COLOURS[flow],
                    zorder=3,
                )
            if not narrow:
                axes.set_title(NAMES[flow], color=style.COLOURS[flow], fontweight="bold", pad=6)
            _effect_axis(axes)
        _row_labels(panels[0], report, rows, narrow)
        keys = ["●■▲ as declared", "| with one departure from the plan", "◀ ▶ beyond the axis"]
        style.footer(
            figure, narrow, [*keys, *([f"{'●■▲'['os^'.index(SHAPES[f])]} {NAMES[f]}" for f in flows] if narrow else [])]
        )

    wide, narrow = style.draw(paint, height=1.2 + 0.118 * len(rows), narrow_height=1.6 + 0.26 * len(rows))
    turned, ranges = sensitivity.sign_changes(points), sensitivity.ranges(points)
    both = sum(low < 0 < high for low, high in ranges.values())
    worst = max(turned, key=lambda s: turned[s], default="")
    return FigureDisplay(
        id="event_specifications",
        svg=wide,
        narrow=narrow,
        title=say(
            "{both} of {all} changes turn their sign under some other reasonable choice", both=both, all=len(ranges)
        ),
        alt=join(
            say(
                "For each class and window, a mark at the declared change and strokes at the changes under every "
                "other specification. {both} of {all} rows have strokes on both sides of zero.",
                both=both,
                all=len(ranges),
            ),
            say(
                "The departure that turns most signs is: {spec} ({n}).",
                spec=study.plan.specifications[worst].label,
                n=turned[worst],
            )
            if worst
            else say("No departure turns a sign."),
        ),
        caption=say(
            "Nothing here is tested. The departures are declared: {specs}. {record}",
            specs=listing([s.label for s in list(study.specifications.values())[1:]], 20),
            record="Without the months that need care, those of UN Comtrade are left out too." if fetched(report) else
            "Another source cannot be tried, because only customs publishes months.",
        ),
        records=tuple(
            {
                "class": p.key[0],
                "flow": p.key[1],
                "window": p.key[2],
                "specification": p.spec.spec_id,
                "effect_percent": None if p.effect is None else percent(p.effect),
                "reason": p.reason,
            }
            for p in points
        ),
        notes=(
            *_not_tried(report),
            *control_note(report),
            *month_caveats(report),
            recency(report, last_month(report)),
        ),
    )


def _not_tried(report: Report) -> tuple[Sentence, ...]:
    """The declared departures that are not drawn, for lack of figures."""
    names = listing([spec.label for spec in left_out(report)])
    return (say("Declared and not tried, because nobody fetched the figures: {names}.", names=names),) if names else ()


# ------------------------------------------------------------------------------------------ correlations


@once
def event_correlations(report: Report) -> Display:
    """Series by lag, one panel a flow: the correlation of changes, framed where it survives adjustment."""
    study = report.event_study
    pairs = [pair for pair in study.pairs if pair.found is not None]
    if not pairs:
        return nothing(report, "Correlations")
    names = list(dict.fromkeys(pair.series.series_id for pair in pairs))
    lags = sorted({pair.lag for pair in pairs})

    def paint(figure: Figure, narrow: bool) -> None:
        shape = (len(study.flows), 1) if narrow else (1, len(study.flows))
        panels = list(np.atleast_1d(figure.subplots(*shape, sharey=not narrow, sharex=narrow)))
        for flow, axes in zip(study.flows, panels, strict=True):
            for pair in (pair for pair in pairs if pair.flow == flow and pair.found is not None):
                _square(axes, report, pair, lags.index(pair.lag), names.index(pair.series.series_id))
            axes.set_xlim(-0.05, len(lags))
            axes.set_ylim(len(names), -0.05)
            axes.set_xticks([i + 0.47 for i in range(len(lags))], [number(lag, sign=True) for lag in lags], fontsize=7)
            axes.set_title(NAMES[flow], color=style.COLOURS[flow], fontweight="bold", pad=6)
            axes.tick_params(length=0)
            axes.grid(False)
            if narrow or flow == study.flows[0]:
                axes.set_yticks(
                    [i + 0.45 for i in range(len(names))], [_series_label(report, n) for n in names], fontsize=7
                )
            for spine in axes.spines.values():
                spine.set_visible(False)
        style.footer(
            figure,
            narrow,
            ("darker: stronger", "frame: survives adjustment", "lag: months or years by which trade comes later"),
        )

    rows = len(names)
    wide, narrow = style.draw(
        paint, height=1.5 + 0.25 * rows, narrow_height=1.4 + len(study.flows) * (0.4 + 0.22 * rows)
    )
    survive = [p for p in pairs if study.pair_holm[p.series.series_id, p.flow, p.lag] <= report.parameters.alpha]
    return FigureDisplay(
        id="event_correlations",
        svg=wide,
        narrow=narrow,
        title=say("{n} of {all} correlations of changes survive adjustment", n=len(survive), all=len(pairs)),
        alt=join(
            say(
                "Grids of squares with correlations in hundredths, one grid for each flow, one row for each series, "
                "one column for each lag."
            ),
            *(_strongest(report, pairs, flow) for flow in study.flows),
        ),
        caption=say(
            "Both sides are changes: of the series, and of the log of trade, over a year. Numbers are Pearson "
            "correlations in hundredths; Spearman and the correlation of the undifferenced pair stand in the data. A "
            "positive lag compares the series with later trade."
        ),
        records=tuple(_pair_record(report, pair) for pair in study.pairs),
        notes=(
            *caveats(report, "events-selected", "events-score", bases=["events"]),
            recency(report, max(pair.last for pair in pairs)[:4]),
        ),
    )


def _square(axes: Axes, report: Report, pair: Any, column: int, row: int) -> None:
    value = pair.found.pearson
    grey = 1 - 0.75 * min(abs(value), 1)
    survives = report.event_study.pair_holm[pair.series.series_id, pair.flow, pair.lag] <= report.parameters.alpha
    axes.add_patch(
        Rectangle(
            (column, row),
            0.94,
            0.9,
            facecolor=str(grey),
            linewidth=1.6 if survives else 0,
            edgecolor=style.COLOURS[pair.flow],
        )
    )
    axes.text(
        column + 0.47,
        row + 0.46,
        number(100 * value),
        ha="center",
        va="center",
        fontsize=6.5,
        color="white" if grey < 0.55 else style.INK,
    )


def _series_label(report: Report, series_id: str) -> str:
    series = report.event_study.plan.series[series_id]
    return f"{series.label}, by {series.frequency}"


def _strongest(report: Report, pairs: Iterable[Any], flow: str) -> Sentence:
    own = [pair for pair in pairs if pair.flow == flow]
    if not own:
        return say("{flow}: none.", flow=sentence_case(NAMES[flow]))
    best = max(own, key=lambda pair: abs(pair.found.pearson))
    fact = report.fact(f"events.correlation.{best.series.series_id}.{flow}.{lag_name(best.lag)}")
    return say(
        "{flow}: the strongest is {value} for {series} at lag {lag}.",
        flow=Words(sentence_case(NAMES[flow])),
        value=fact,
        series=Words(_series_label(report, best.series.series_id)),
        lag=number(best.lag, sign=True),
    )


def _pair_record(report: Report, pair: Any) -> dict[str, Any]:
    fact = report.fact(f"events.correlation.{pair.series.series_id}.{pair.flow}.{lag_name(pair.lag)}")
    stats = dict(fact.stats or {})
    return {
        "series": pair.series.series_id,
        "flow": pair.flow,
        "lag": pair.lag,
        "pearson": fact.value,
        **{
            n: stats.get(n)
            for n in (
                "spearman",
                "p_shift",
                "p_shift_spearman",
                "p_adjusted",
                "family_size",
                "n",
                "smallest_attainable_p",
                "levels_pearson",
            )
        },
        "first": pair.first,
        "last": pair.last,
        "reason": pair.reason,
    }


# ------------------------------------------------------------------------------------------------ breaks


@once
def event_breaks(report: Report) -> Display:
    """Months of each flow on a log scale with the breaks that the data show by themselves."""
    study = report.event_study
    spans = [found for found in study.breaks.values() if found.months]
    if not spans:
        return nothing(report, "Breaks")
    first, last = min(f.first for f in spans), max(f.last for f in spans)

    def paint(figure: Figure, narrow: bool) -> None:
        panels = list(np.atleast_1d(figure.subplots(len(study.flows), 1, sharex=True)))
        for flow, axes in zip(study.flows, panels, strict=True):
            data = study.months(flow)
            numbers = [n for n in range(first, last + 1) if 0 <= n - data.start < len(data.values)]
            axes.plot(
                [_place(month_name(n)) for n in numbers],
                [data.values[n - data.start] for n in numbers],
                linestyle="none",
                marker=SHAPES[flow],
                markersize=2.4,
                color=style.COLOURS[flow],
            )
            axes.set_yscale("log")
            style.money_axis(axes, log=True)
            for shift in study.breaks[flow].shifts:
                axes.axvspan(
                    _beginning(shift.first), _beginning(shift.last + 1), color="#d9d9d9", linewidth=0, zorder=0
                )
                _break_line(axes, shift.month, when(shift.month), "-")
            for month in likely_breaks(study.breaks[flow], report.parameters.alpha):
                _break_line(axes, month, f"likely: {when(month)}", (0, (3, 2)))
            axes.set_title(
                style.heading(f"{sentence_case(NAMES[flow])}, million US dollars a month, log scale", narrow),
                color=style.MUTED,
                fontweight="normal",
                pad=12,
            )
        style.month_axis(panels[-1], first // 12, last // 12, narrow)
        style.footer(
            figure,
            narrow,
            ("line: new level", "dashed: likely, not established", "grey: dates that are about as likely"),
        )

    wide, narrow = style.draw(paint, height=1.9 * len(study.flows), narrow_height=1.9 * len(study.flows))
    return FigureDisplay(
        id="event_breaks",
        svg=wide,
        narrow=narrow,
        title=_breaks_title(report),
        alt=join(
            say("Points by month on log scales, with vertical lines at the breaks found."),
            *(_break_words(report, flow) for flow in study.flows),
        ),
        caption=say(
            "Breaks of the level, found by trying every set of dates on the data alone and kept while a bootstrap "
            "lets them stand. Months below {floor} million US dollars and unfit months are left open.",
            floor=study.plan.settings["floor_usd_million"],
        ),
        records=tuple(
            {
                "flow": flow,
                "break": n,
                "first_month_after": month_name(s.month),
                "earliest": month_name(s.first),
                "latest": month_name(s.last),
                "change_percent": percent(s.change),
                "nearest_event": s.near.event_id if s.near else "",
                "months_to_event": s.distance,
            }
            for flow, found in study.breaks.items()
            for n, s in enumerate(found.shifts, start=1)
        )
        or tuple({"flow": flow, "break": None, "reason": f.reason or "none"} for flow, f in study.breaks.items()),
        notes=(*month_caveats(report), recency(report, when(last))),
    )


def _beginning(month: int) -> float:
    """Where the first day of a month stands on an axis of months."""
    return style.moment(month // 12, month % 12 + 1)


def _break_line(axes: Axes, month: int, text: str, dashes: Any) -> None:
    """An upright line where a new level begins, with its month in words at the top."""
    axes.axvline(_beginning(month), color=style.INK, linewidth=1, linestyle=dashes, zorder=1)
    axes.text(
        _beginning(month), 1.0, text, transform=axes.get_xaxis_transform(), fontsize=7.5, ha="center", va="bottom"
    )


def likely_breaks(found: Found, alpha: float) -> list[int]:
    """The first months of levels that a refused trial adds where its p is small at the persistence estimated."""
    refused = found.trials[-1] if len(found.trials) > len(found.shifts) else None
    if refused is None or refused.p_at_rho > alpha:
        return []
    return [month for month in refused.months if month not in {shift.month for shift in found.shifts}]


def _breaks_title(report: Report) -> Sentence:
    breaks = report.event_study.breaks
    if all(found.reason for found in breaks.values()):
        return say("No break can be looked for in these months")
    shown = [
        f"in {NAMES[flow]} from {listing([when(s.month) for s in found.shifts])}"
        for flow, found in breaks.items()
        if found.shifts
    ]
    if not shown:
        return say("No break of the level is established by the months alone")
    return say("The months alone show a new level {where}", where=listing(shown))


def _break_words(report: Report, flow: str) -> Sentence:
    found = report.event_study.breaks[flow]
    name = sentence_case(NAMES[flow])
    if found.reason:
        return say("{flow}: no break could be looked for, {why}.", flow=name, why=found.reason)
    if not found.shifts:
        return say("{flow}: no break is established.", flow=name)
    dates = listing([f"{when(s.month)} ({when(s.first)} to {when(s.last)})" for s in found.shifts], 8)
    return say("{flow}: a new level from {dates}.", flow=name, dates=dates)


# ------------------------------------------------------------------------------------------------- panel


@once
def event_panel(report: Report) -> Display:
    """Votes, visits, the Security Council, the score of events and trade, one above the other."""
    votes, visits, council, scores = (f(report) for f in (panel.votes, panel.visits, panel.council, panel.scores))
    totals = [f for f in report.facts.family(f"trade.total.{report.parameters.basis}") if f.period.isdigit()]
    years = [*votes.index, *visits.index, *council["date"].str[:4].astype(int), *(int(f.period) for f in totals)]
    if not years:
        return nothing(report, "The panel")
    first, last = min(years), max(years)

    def paint(figure: Figure, narrow: bool) -> None:
        axes = list(figure.subplots(5, 1, sharex=True))
        for name, dash, width in (("china", "-", 1.8), ("vietnam", "--", 1), ("russia", ":", 1.2)):
            if name in votes:
                axes[0].plot(
                    votes.index + 0.5,
                    votes[name],
                    linestyle=dash,
                    linewidth=width,
                    marker="o",
                    markersize=2,
                    color=style.INK if name == "china" else style.MUTED,
                )
        style.share_axis(axes[0])
        axes[0].set_ylim(min(40, float(votes.min().min()) - 4) if len(votes) else 40, 102)
        axes[1].bar(visits.index + 0.5, visits.to_numpy(), 0.7, color=style.MUTED)
        _votes_bars(axes[2], council)
        axes[3].plot([_place(str(m)) for m in scores.index], scores.to_numpy(), linewidth=0.9, color=style.INK)
        axes[4].plot(
            [_place(f.period) for f in totals],
            [f.value for f in totals],
            marker="o",
            markersize=2.4,
            color=style.INK,
            linestyle="none",
        )
        style.money_axis(axes[4])
        heads = (
            "General Assembly: share of roll calls voted alike",
            "High-level visits dated, a year",
            "Security Council: China's votes on the DPRK, a year",
            "Score of reported events, mean of a day",
            "Trade, million US dollars a year",
        )
        for own, head in zip(axes, heads, strict=True):
            own.set_title(head, color=style.MUTED, fontweight="normal", pad=4, fontsize=8)
        style.month_axis(axes[-1], first, last, narrow)
        style.footer(
            figure, narrow, ("— with China", "- - with Vietnam", "··· with Russia", "■ for", "□ abstained", "▨ veto")
        )

    wide, narrow = style.draw(paint, height=6.4, narrow_height=6.8)
    return FigureDisplay(
        id="event_panel",
        svg=wide,
        narrow=narrow,
        title=_panel_title(report),
        alt=_panel_alt(report),
        caption=say(
            "Each series has its own reading, and no index is made of them. Vietnam and Russia stand beside China "
            "because agreement of votes alone is no sign of an alliance. What is counted by year stands at the "
            "middle of its year."
        ),
        records=tuple(_panel_records(votes, visits, council, scores, totals)),
        notes=(*caveats(report, "events-selected", "events-score", bases=["events"]), recency(report, last)),
    )


def _votes_bars(axes: Axes, council: pd.DataFrame) -> None:
    years = council["date"].str[:4].astype(int)
    base: dict[int, int] = {}
    for vote, face, hatch in (("for", style.MUTED, ""), ("abstain", "white", ""), ("veto", "white", "////")):
        counts = years[council["china_vote"] == vote].value_counts().sort_index()
        axes.bar(
            counts.index + 0.5,
            counts.to_numpy(),
            0.7,
            bottom=[base.get(y, 0) for y in counts.index],
            facecolor=face,
            edgecolor=style.INK,
            linewidth=0.6,
            hatch=hatch,
        )
        for year, n in counts.items():
            base[year] = base.get(year, 0) + int(n)


def _panel_title(report: Report) -> Sentence:
    found = report.facts.family("events.votes.china")
    if len(found) < 2:
        return say("Votes, visits and trade, one above the other")
    return say(
        "Agreement with China in the General Assembly: {a} in {a:period}, {b} in {b:period}", a=found[0], b=found[-1]
    )


def _panel_alt(report: Report) -> Sentence:
    parts = [say("Small charts above each other, by year.")]
    for partner in panel.PARTNERS:
        found = report.facts.family(f"events.votes.{partner}")
        if found:
            refs = {f"f{n}": fact for n, fact in enumerate(found)}
            told = ", ".join(f"{{f{n}}} in {{f{n}:period}}" for n in range(len(found)))
            parts.append(
                say("Agreement of the DPRK with {who}: " + told + ".", who=Words(panel.PARTNERS[partner]), **refs)
            )
    for vote in ("for", "abstain", "veto"):
        for fact in report.facts.family(f"events.council.{vote}"):
            parts.append(say("China's votes in the Security Council, {vote}: {n} in {n:period}.", vote=vote, n=fact))
    return join(*parts)


def _panel_records(
    votes: pd.DataFrame, visits: pd.Series, council: pd.DataFrame, scores: pd.Series, totals: Iterable[Fact]
) -> Iterable[dict[str, Any]]:
    for year, row in votes.iterrows():
        for partner, value in row.items():
            if pd.notna(value):
                yield {"series": f"votes_{partner}", "period": year, "value": float(value), "unit": "percent"}
    for year, n in visits.items():
        yield {"series": "visits", "period": year, "value": int(n), "unit": "count"}
    for row in council.to_dict("records"):
        yield {
            "series": f"council_{row['china_vote'] or 'not_seen'}",
            "period": row["date"],
            "value": 1,
            "unit": "count",
        }
    for month, value in scores.items():
        yield {"series": "event_score", "period": str(month), "value": float(value), "unit": "score"}
    for fact in totals:
        yield {"series": "trade_total", "period": fact.period, "value": fact.value, "unit": "usd_million"}
