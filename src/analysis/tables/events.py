"""Tables of events: classes and their rules, what can be tested, effects, positive controls, quarters, breaks."""

from __future__ import annotations

from typing import Any

from ..captions import basis_label, caveats
from ..display import Column, FactText, TableDisplay, Words, say
from ..events import catalogue as calendar
from ..events import quarters as described
from ..events.correlations import Pair
from ..events.facts import correlation_id, percent
from ..events.plan import month_name
from ..events.study import Cell, Key
from ..events.testable import NO
from ..facts import Fact
from ..figures.events import NAMES, class_label, control_note, when, window_name
from ..formatting import GAP, number, sentence_case
from ..formatting import percent as percent_text
from ..report import Report
from ..showing import in_notebooks
from .annual import published_text, with_range

PERSISTENT = "months more persistent than the p guards against"
HUGE = 4.6  # log points: an effect of more than a hundredfold is no effect that could be seen


@in_notebooks
def event_classes(report: Report) -> TableDisplay:
    """Each class with the rule by which an event belongs to it, and how many events are dated."""
    study, p = report.event_study, report.parameters
    rows, records = [], []
    for class_id in study.classes:
        kind = study.plan.classes[class_id]
        fact = report.find(f"events.dated.{class_id}.{p.start_year}-{p.end_year}")
        counts = "takes effect" if kind.counts_from == "effective_date" else "happens"
        rows.append(
            {
                "class": sentence_case(class_label(report, class_id)),
                "rule": kind.rule,
                "counts": counts,
                "events": FactText(number(fact.value), fact) if fact else GAP,
            }
        )
        records.append(
            {
                "class": class_id,
                "rule": kind.rule,
                "counts_from": kind.counts_from,
                "positive_control": kind.control,
                "events": fact.value if fact else 0,
            }
        )
    return TableDisplay(
        id="event_classes",
        title=say("Classes of events and their rules, declared before the first result"),
        columns=(
            Column("class", "Class"),
            Column("events", "Events", True),
            Column("counts", "Day on which it"),
            Column("rule", "Which events belong to it"),
        ),
        rows=tuple(rows),
        records=tuple(records),
        notes=(
            say(
                "Control: a class whose effect must be found if the method works. An event may belong to several "
                "classes."
            ),
            *caveats(report, "events-selected", "events-provisional", bases=["events"]),
        ),
    )


@in_notebooks
def event_testable(report: Report) -> TableDisplay:
    """Every cell with events, baseline, smallest p and smallest effect that could have been seen, or the reason."""
    study = report.event_study
    rows, records = [], []
    for key in study.keys:
        possible, fact = study.possible[key], report.fact(f"events.testable.{'.'.join(key)}")
        rows.append(
            {
                **_head(report, key),
                "events": FactText(number(fact.value), fact) if fact.value is not None else GAP,
                "episodes": number(len(possible.design.episodes)),
                "baseline": number(len(possible.design.baseline)),
                "smallest": p_text(possible.smallest_p),
                "seen": seen(possible.detectable, study.verdict(key)),
                "verdict": study.verdict(key)
                + (f": {possible.reason}" if possible.reason else "")
                + (
                    ""
                    if study.separable(key) or not possible.overlap
                    else f"; not separable from {study.plan.classes[possible.overlap[0]].label}"
                ),
            }
        )
        records.append(
            {
                "class": key[0],
                "flow": key[1],
                "window": key[2],
                "verdict": study.verdict(key),
                "reason": possible.reason,
                "formula": fact.formula,
                **dict(fact.stats or {}),
            }
        )
    return TableDisplay(
        id="event_testable",
        title=say("What can be tested, cell by cell"),
        columns=(
            Column("class", "Class"),
            Column("flow", "Flow"),
            Column("window", "Months"),
            Column("events", "Events with data", True),
            Column("episodes", "Episodes", True),
            Column("baseline", "Baseline months", True),
            Column("smallest", "Smallest p possible", True),
            Column("seen", "Could have seen", True),
            Column("verdict", "Verdict"),
        ),
        rows=tuple(rows),
        records=tuple(records),
        long=True,
        notes=(
            say(
                "Could have seen: the fall or rise that the test would find with a chance of {power}. No figure "
                "inside a window was read for this table.",
                power=percent_text(100 * study.plan.number("power"), sign=False),
            ),
            *control_note(report),
        ),
    )


@in_notebooks
def event_controls(report: Report) -> TableDisplay:
    """Positive controls: what had to be found, and whether it was."""
    study = report.event_study
    keys = [key for key in study.keys if study.plan.classes[key[0]].control and study.plan.windows[key[2]].first >= 0]
    return _effects(
        report,
        keys,
        id="event_controls",
        long=False,
        gaps=True,
        title=say("Positive controls: the bans of the sanctions and the closure must be found"),
    )


@in_notebooks
def event_effects_table(report: Report) -> TableDisplay:
    """Every effect with its interval, two p values, the adjusted ones and what could have been seen."""
    study = report.event_study
    return _effects(
        report,
        study.keys,
        id="event_effects_table",
        title=say("Every effect, and every gap with its reason"),
        long=True,
        gaps=False,
    )


def _effects(report: Report, keys: list[Key], *, id: str, title: Any, long: bool, gaps: bool) -> TableDisplay:
    study = report.event_study
    rows, records = [], []
    for key in keys:
        cell, fact = study.cells[key], report.fact(f"events.effect.{'.'.join(key)}")
        other = report.find(f"events.effect_other_date.{'.'.join(key)}")
        rows.append(
            {
                **_head(report, key),
                "effect": effect_text(fact) if fact.value is not None else GAP,
                "events": number(len(cell.possible.design.events)),
                "p": p_text(cell.p),
                "beside": p_text(_beside(cell)),
                "adjusted": p_text(cell.holm),
                "seen": seen(cell.possible.detectable, study.verdict(key)),
                "verdict": verdict_words(report, cell) + ("" if gaps or not _why(cell) else f": {_why(cell)}"),
                **({"other": effect_text(other) if other and other.value is not None else GAP} if not gaps else {}),
            }
        )
        records.append(
            {
                "class": key[0],
                "flow": key[1],
                "window": key[2],
                "effect_percent": fact.value,
                "low": fact.low,
                "high": fact.high,
                **dict(fact.stats or {}),
                "reason": cell.reason or cell.possible.reason,
                "other_date_percent": other.value if other else None,
            }
        )
    return TableDisplay(
        id=id,
        title=title,
        long=long,
        rows=tuple(rows),
        records=tuple(records),
        columns=(
            Column("class", "Class"),
            Column("flow", "Flow"),
            Column("window", "Months"),
            Column("events", "Events", True),
            Column("effect", "Effect", True),
            Column("p", "p", True),
            Column("beside", "p beside", True),
            Column("adjusted", "p adjusted", True),
            Column("seen", "Could have seen", True),
            Column("verdict", "Reading"),
            *(() if gaps else (Column("other", "By the other date", True),)),
        ),
        notes=(
            say(
                "p: placebo dates; where an episode opens a regime, calibrated on noise. p beside: circular shift, "
                "or the plain rank among earlier dates. Adjusted: Holm, within the flow, over {n} tests of exports "
                "and {m} of imports.",
                n=study.family.get("exports", 0),
                m=study.family.get("imports", 0),
            ),
            *control_note(report),
            *caveats(report, "events-cluster", bases=["events"]),
        ),
    )


def _why(cell: Cell) -> str:
    return cell.possible.reason or cell.reason


def _beside(cell: Cell) -> float | None:
    if cell.found is not None and cell.found.calibrated is not None:
        return cell.found.placebo.p
    return cell.p_shift


def verdict_words(report: Report, cell: Cell) -> str:
    """What an effect says, from its p values and from what could have been seen."""
    study, alpha = report.event_study, report.parameters.alpha
    if cell.found is None or cell.p is None:
        return NO
    if cell.holm is not None and cell.holm <= alpha:
        word = "found"
    elif cell.p <= alpha:
        word = "found before adjustment only"
    else:
        word = "not found"
    verdict = study.verdict(cell.key)
    word = word if verdict == "testable" else f"{word}; {verdict}"
    return f"{word}; {PERSISTENT}" if cell.possible.persistent and cell.p <= alpha else word


def effect_text(fact: Fact) -> FactText:
    value, low, high = (percent_text(number or 0, fact.decimals) for number in (fact.value, fact.low, fact.high))
    return FactText(f"{value} ({low} to {high})", fact)


def p_text(p: float | None) -> str:
    """A p value with as many digits as tell something."""
    if p is None:
        return GAP
    return number(p, 2 if p >= 0.1 else (3 if p >= 0.001 else 4))


def seen(detectable: float | None, verdict: str) -> str:
    """The smallest fall and rise that a test would have found, in words."""
    if verdict == NO:
        return GAP
    if detectable is None or detectable > HUGE:
        return "nothing"
    return f"{percent_text(percent(-detectable), 0)} or {percent_text(percent(detectable), 0)}"


def _head(report: Report, key: Key) -> dict[str, str]:
    return {
        "class": sentence_case(class_label(report, key[0])),
        "flow": NAMES[key[1]],
        "window": window_name(report, key[2]),
    }


# ---------------------------------------------------------------------------------- quarters, years, breaks


@in_notebooks
def event_quarters(report: Report) -> TableDisplay:
    """Quarters and half-years around the tests without a monthly baseline: described, not tested."""
    rows, records = [], []
    for around in described.around(report):
        facts = [*around.levels.values(), *around.growth.values(), *around.published["exports"]]
        if not any(facts):
            continue
        mark = " (test)" if around.step == 0 else ""
        rows.append(
            {
                "test": around.event.title,
                "quarter": sentence_case(around.words.removeprefix("the ")) + mark,
                **{flow: _level(fact) for flow, fact in around.levels.items()},
                "sold": with_range(around.growth["exports"]),
                "growth": with_range(around.growth["total"]),
                "published": published_text(report, around.published["exports"]),
            }
        )
        records.append(
            {
                "test": around.event.event_id,
                "period": around.name,
                "step": around.step,
                **{f"{flow}_usd_million": fact.value if fact else None for flow, fact in around.levels.items()},
                **{f"{flow}_growth_percent": fact.value if fact else None for flow, fact in around.growth.items()},
                **{f"{flow}_growth_low": fact.low if fact else None for flow, fact in around.growth.items()},
                **{f"{flow}_growth_high": fact.high if fact else None for flow, fact in around.growth.items()},
                **{
                    f"{flow}_growth_published": " ".join(f"{f.id.split('.')[2]}:{f.value}" for f in facts)
                    for flow, facts in around.published.items()
                },
            }
        )
    return TableDisplay(
        id="event_quarters",
        title=say("Quarters and {halves} around the early nuclear tests", halves=described.HALVES),
        columns=(
            Column("test", "Nuclear test"),
            Column("quarter", "Period"),
            Column("exports", "China's exports", True),
            Column("imports", "China's imports", True),
            Column("total", "Total", True),
            Column("sold", "Exports, on the year", True),
            Column("growth", "Total, on the year", True),
            Column("published", "Exports, on the year, as published"),
        ),
        rows=tuple(rows),
        records=tuple(records),
        notes=(
            say(
                "Million US dollars, Chinese customs. A dash is a gap; a period of which nothing is known has no row. "
                "A range takes in rounding, and growth as compilers published it, often from another vintage."
            ),
            *caveats(report, "crude-unreported", "derived-months", bases=["customs"]),
        ),
    )  # fmt: skip


def _level(fact: Fact | None) -> str:
    return FactText(number(fact.value, min(fact.decimals, 0)), fact) if fact else GAP


@in_notebooks
def event_years(report: Report) -> TableDisplay:
    """Growth in the year of each early test and in the next."""
    rows, records = [], []
    for found in described.years(report):
        rows.append(
            {
                "test": found.event.title,
                "year": str(found.year),
                **{flow: with_range(fact) for flow, fact in found.growth.items()},
            }
        )
        records.append(
            {
                "test": found.event.event_id,
                "year": found.year,
                **{f"{flow}_growth_percent": f.value if f else None for flow, f in found.growth.items()},
            }
        )
    return TableDisplay(
        id="event_years",
        title=say("Growth in the years of the early nuclear tests"),
        columns=(
            Column("test", "Nuclear test"),
            Column("year", "Year"),
            Column("exports", "China's exports", True),
            Column("imports", "China's imports", True),
            Column("total", "Total", True),
        ),
        rows=tuple(rows),
        records=tuple(records),
        notes=(say("A year holds much besides a test; these figures describe and test nothing."),),
    )


@in_notebooks
def event_breaks_table(report: Report) -> TableDisplay:
    """Breaks found without being told, and the nearest measure, closure or reopening."""
    rows, records = [], []
    for flow, found in report.event_study.breaks.items():
        for number_, shift in enumerate(found.shifts, start=1):
            fact = report.fact(f"events.break_date.{flow}.n{number_}")
            rows.append(
                {
                    "flow": NAMES[flow],
                    "month": when(shift.month),
                    "span": f"{when(shift.first)} to {when(shift.last)}",
                    "change": FactText(percent_text(fact.value or 0), fact),
                    "near": shift.near.title if shift.near else GAP,
                    "distance": f"{number(shift.distance, sign=True)} months" if shift.near else GAP,
                }
            )
            records.append(
                {
                    "flow": flow,
                    "first_month_after": month_name(shift.month),
                    "earliest": month_name(shift.first),
                    "latest": month_name(shift.last),
                    "change_percent": fact.value,
                    "nearest_event": shift.near.event_id if shift.near else "",
                    "months_to_event": shift.distance,
                }
            )
    return TableDisplay(
        id="event_breaks_table",
        title=say("Breaks that the months show by themselves, and the nearest event"),
        columns=(
            Column("flow", "Flow"),
            Column("month", "New level from"),
            Column("span", "Dates that fit as well"),
            Column("change", "Change of level", True),
            Column("near", "Nearest measure, closure or reopening"),
            Column("distance", "From the break", True),
        ),
        rows=tuple(rows),
        records=tuple(records),
        notes=(say("The calendar was not used to find the breaks; it was looked at afterwards."),),
    )


@in_notebooks
def event_correlations_table(report: Report) -> TableDisplay:
    """Every correlation of changes, with its undifferenced twin, and that on the second record where there is one."""
    study = report.event_study
    beside = {pair.place: pair for pair in study.beside}
    rows, records = [], []
    for pair in study.pairs:
        if pair.found is None:
            continue
        fact = report.fact(correlation_id(pair))
        levels = GAP if pair.levels is None else number(pair.levels, 2)
        adjusted = study.pair_holm[pair.place]
        other = beside.get(pair.place)
        second = report.fact(correlation_id(other)) if other else None
        rows.append(
            {
                "series": sentence_case(f"{pair.series.label}, by {pair.series.frequency}"),
                "flow": NAMES[pair.flow],
                "lag": number(pair.lag, sign=True),
                "pearson": FactText(number(pair.found.pearson, 2), fact),
                "spearman": number(pair.found.spearman, 2),
                "p": p_text(pair.found.p_pearson),
                "adjusted": p_text(adjusted),
                "n": number(pair.found.pairs),
                "levels": levels,
                **(_second(other, second) if beside else {}),
            }
        )
        records.append(
            {
                "series": pair.series.series_id,
                "flow": pair.flow,
                "lag": pair.lag,
                "pearson": fact.value,
                **dict(fact.stats or {}),
                **_second_record(other, second),
            }
        )
    record = basis_label(report, study.beside[0].basis) if beside else ""
    return TableDisplay(
        id="event_correlations_table",
        title=say("Every correlation of changes, with its undifferenced twin"),
        columns=(
            Column("series", "Series"),
            Column("flow", "Flow"),
            Column("lag", "Lag", True),
            Column("n", "Pairs", True),
            Column("pearson", "Pearson", True),
            Column("spearman", "Spearman", True),
            Column("p", "p", True),
            Column("adjusted", "p adjusted", True),
            Column("levels", "Pearson of levels", True),
            *(
                (
                    Column("second_n", f"{record}: pairs", True),
                    Column("second_pearson", f"{record}: Pearson", True),
                    Column("second_p", f"{record}: p", True),
                )
                if beside
                else ()
            ),
        ),
        rows=tuple(rows),
        records=tuple(records),
        long=True,
        notes=(
            say(
                "Levels that rise or fall together correlate without any link; the last column is there to be "
                "compared, not to be read."
            ),
            *(
                [
                    say(
                        "{record}: the yearly correlations on a second record, each over the years that it has. They "
                        "check the first, and enter neither its adjustment nor any finding.",
                        record=Words(record),
                    )
                ]
                if beside
                else []
            ),
            *caveats(report, "events-score", bases=["events"]),
        ),
    )


def _second(pair: Pair | None, fact: Fact | None) -> dict[str, str]:
    """What the second record has beside a correlation; its p adjusted stands in the data."""
    if pair is None or fact is None or pair.found is None:
        return {"second_n": GAP, "second_pearson": GAP, "second_p": GAP}
    return {
        "second_n": number(pair.found.pairs),
        "second_pearson": FactText(number(pair.found.pearson, 2), fact),
        "second_p": p_text(pair.found.p_pearson),
    }


def _second_record(pair: Pair | None, fact: Fact | None) -> dict[str, Any]:
    if pair is None or fact is None:
        return {}
    return {f"{pair.basis}_{name}": value for name, value in {"pearson": fact.value, **(fact.stats or {})}.items()}


@in_notebooks
def event_catalogue(report: Report) -> TableDisplay:
    """Every event of the classes asked for, launch days apart."""
    study = report.event_study
    rows, records, done = [], [], set()
    for class_id in study.classes:
        if study.plan.classes[class_id].table != "events/catalogue":
            continue
        for event in calendar.events_of(report.catalogue, class_id, report.parameters.as_of):
            if event.event_id in done:
                continue
            done.add(event.event_id)
            rows.append(
                {
                    "date": event.date,
                    "effective": event.effective if event.effective != event.date else "",
                    "class": class_label(report, class_id),
                    "title": event.title,
                    "id": event.event_id,
                }
            )
            records.append(
                {
                    "event": event.event_id,
                    "date": event.date,
                    "effective": event.effective,
                    "class": class_id,
                    "title": event.title,
                    "row": event.row,
                    "sources": " ".join(event.sources),
                }
            )
    order = sorted(range(len(rows)), key=lambda i: (rows[i]["date"], rows[i]["id"]))
    return TableDisplay(
        id="event_catalogue",
        title=say("The catalogue of events, launch days apart"),
        columns=(
            Column("date", "Date"),
            Column("effective", "In force"),
            Column("class", "Class"),
            Column("title", "What happened"),
            Column("id", "Row"),
        ),
        rows=tuple(rows[i] for i in order),
        records=tuple(records[i] for i in order),
        long=True,
        notes=caveats(report, "events-selected", bases=["events"]),
    )
