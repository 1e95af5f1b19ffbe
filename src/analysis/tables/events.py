"""Tables of events: classes and their rules, what can be tested, effects, positive controls, quarters, breaks."""

from __future__ import annotations

from typing import Any

from ..captions import basis_label, caveats
from ..display import Column, FactText, Sentence, TableDisplay, Words, say
from ..errors import listing
from ..events import catalogue as calendar
from ..events import quarters as described
from ..events.breaks import Trial
from ..events.cells import Cell, percent, records
from ..events.correlations import Pair
from ..events.facts import correlation_id
from ..events.plan import Key, month_name
from ..events.study import PERSISTENCE
from ..facts import Fact
from ..figures.events import NAMES, class_label, control_note, question_fact, when, window_name
from ..formatting import GAP, number, sentence_case
from ..formatting import percent as percent_text
from ..inference.noise import RHOS
from ..report import Report
from ..showing import in_notebooks
from .annual import published_text, with_range

LEAST_P = 0.001  # a smaller p tells nothing more


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
def event_answers(report: Report) -> TableDisplay:
    """The questions asked beforehand: change, range, p, what could have been detected, and the answer."""
    study = report.event_study
    rows, data = [], []
    for question in study.questions:
        cell = study.cells[question.key]
        fact, same = question_fact(report, cell), report.find(f"events.same_months.{'.'.join(cell.key)}")
        rows.append(
            {
                "question": question.asks + (" (control)" if cell.control else ""),
                "events": f"{number(len(cell.design.events))} of {number(cell.design.dated)}",
                "window": window_name(report, cell.key[2]),
                "change": effect_text(fact) if fact.value is not None else GAP,
                "same": FactText(percent_text(same.value or 0, 0), same) if same else GAP,
                "p": p_text(cell.p),
                "adjusted": p_text(cell.p_adjusted),
                "detectable": detectable(cell),
                "answer": answer(report, cell),
            }
        )
        data.append(
            {
                "question": question.asks,
                "control": cell.control,
                **records(cell),
                "same_months_percent": same.value if same else None,
            }
        )
    return TableDisplay(
        id="event_answers",
        title=say("The questions asked beforehand, and what the months answer"),
        columns=(
            Column("question", "Question"),
            Column("events", "Events with figures", True),
            Column("window", "Months"),
            Column("change", "Change (range)", True),
            Column("same", "On the same months a year before", True),
            Column("p", "p", True),
            Column("adjusted", "p adjusted", True),
            Column("detectable", "Could detect", True),
            Column("answer", "Answer"),
        ),
        rows=tuple(rows),
        records=tuple(data),
        notes=(
            say(
                "Change: mean of the window against {baseline}. Control: a fall that is known "
                "from the yearly figures and must be found; controls are not adjusted for. p adjusted: Holm, over the "
                "tested questions that can be answered. Could detect: the fall or rise found with a chance of {power}, "
                "for tested questions after adjustment.",
                baseline=study.baseline_words,
                power=percent_text(100 * study.plan.number("power"), sign=False),
            ),
            *_size_note(report),
            *control_note(report),
            *caveats(report, "events-cluster", bases=["events"]),
        ),
    )


def _size_note(report: Report) -> tuple[Sentence, ...]:
    """How often the test errs in noise without any effect, as simulated."""
    p = report.parameters
    alarms = {rho: report.find(f"events.false_alarms.rho{100 * rho:03.0f}.{p.start_year}-{p.end_year}")
              for rho in PERSISTENCE}  # fmt: skip
    known = {rho: fact for rho, fact in alarms.items() if fact}
    if not known:
        return ()
    refs: dict[str, Fact | Words] = {f"f{n}": fact for n, fact in enumerate(known.values())}
    refs |= {f"r{n}": Words(f"{rho:g}") for n, rho in enumerate(known)}
    counted = ", ".join(f"{{f{n}:plain}} at {{r{n}}}" for n in range(len(known)))
    return (
        say(
            "In simulated series without any effect this test raises a false alarm in " + counted + " (persistence "
            "from one month to the next; the worst of the questions). Its ranges cover the truth in all other cases.",
            **refs,
        ),
    )


@in_notebooks
def event_testable(report: Report) -> TableDisplay:
    """Every combination of class, flow and window: what it compares, its change, and what it could detect."""
    study = report.event_study
    rows = []
    for key in study.keys:
        cell, fact = study.cells[key], report.fact(f"events.testable.{'.'.join(key)}")
        change = question_fact(report, cell)
        shared = "" if study.separable(key) or not cell.overlap else study.plan.classes[cell.overlap[0]].label
        rows.append(
            {
                **_head(report, key),
                "events": FactText(number(fact.value), fact) if fact.value is not None else GAP,
                "episodes": number(len(cell.design.episodes)),
                "change": effect_text(change) if change.value is not None else GAP,
                "detectable": _detectable_text(cell.detectable),
                "verdict": (f"{cell.verdict}: {cell.reason}" if cell.reason else cell.verdict)
                + (f"; shares most months with {shared}" if shared else ""),
            }
        )
    return TableDisplay(
        id="event_testable",
        title=say("Every combination of event, flow and window: described, not tested"),
        columns=(
            Column("class", "Class"),
            Column("flow", "Flow"),
            Column("window", "Months"),
            Column("events", "Events with figures", True),
            Column("episodes", "Episodes", True),
            Column("change", "Change (range)", True),
            Column("detectable", "Could detect", True),
            Column("verdict", "Verdict"),
        ),
        rows=tuple(rows),
        records=tuple(records(study.cells[key]) for key in study.keys),
        long=True,
        notes=(
            say(
                "Only the questions asked beforehand are tested. Could detect: the fall or rise that a single test "
                "would find with a chance of {power}.",
                power=percent_text(100 * study.plan.number("power"), sign=False),
            ),
            *control_note(report),
        ),
    )


def answer(report: Report, cell: Cell) -> str:
    """What a question's numbers say, in words."""
    if cell.effect is None:
        return f"Cannot be answered: {cell.reason}"
    if cell.found(report.parameters.alpha):
        word = "Yes" if cell.as_expected else "The other way round"
        return f"{word}: found" if cell.control else word
    return "Missed" if cell.control else "The months cannot tell"


def effect_text(fact: Fact) -> FactText:
    value, low, high = (percent_text(number or 0, 0) for number in (fact.value, fact.low, fact.high))
    return FactText(f"{value} ({low} to {high})", fact)


def p_text(p: float | None) -> str:
    """A p value with as many digits as tell something."""
    if p is None:
        return GAP
    return f"below {LEAST_P}" if p < LEAST_P else number(p, 2 if p >= 0.1 else 3)


def detectable(cell: Cell) -> str:
    """The fall and rise that a question could have detected: after adjustment where it is adjusted."""
    return _detectable_text(cell.detectable if cell.detectable_adjusted is None else cell.detectable_adjusted)


def _detectable_text(log_points: float | None) -> str:
    if log_points is None:
        return GAP
    return f"{percent_text(percent(-log_points), 0)} or {percent_text(percent(log_points), 0)}"


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
    """Every break that was tried, with its p at two persistences, and the measure or closure nearest to each found."""
    rows, data = [], []
    for flow, found in report.event_study.breaks.items():
        for step, trial in enumerate(found.trials, start=1):
            accepted = step <= len(found.shifts)
            rows.append(
                {
                    "flow": NAMES[flow],
                    "months": listing([when(month) for month in trial.months]),
                    "persistence": number(trial.rho, 2),
                    "p_at": p_text(trial.p_at_rho),
                    "p": p_text(trial.p),
                    "verdict": "holds" if accepted else _refused(report, trial),
                }
            )
            data.append(
                {
                    "flow": flow,
                    "breaks": step,
                    "first_months_after": " ".join(month_name(month) for month in trial.months),
                    "persistence": trial.rho,
                    "p_at_persistence": trial.p_at_rho,
                    "p": trial.p,
                    "accepted": accepted,
                }
            )
    return TableDisplay(
        id="event_breaks_table",
        title=say("Breaks that the months show by themselves, and how sure each is"),
        columns=(
            Column("flow", "Flow"),
            Column("months", "New level from"),
            Column("persistence", "Persistence estimated", True),
            Column("p_at", "p at that persistence", True),
            Column("p", f"Largest p up to persistence {RHOS[-1]:g}", True),
            Column("verdict", "Verdict"),
        ),
        rows=tuple(rows),
        records=tuple(data),
        notes=(
            say(
                "Persistence: how far one month resembles the next round the levels. A persistent series wanders, and "
                "its wandering looks like breaks, so a break holds only where its p stays small whatever the "
                "persistence that the test guards against. The calendar was not used to find the dates."
            ),
        ),
    )


def _refused(report: Report, trial: Trial) -> str:
    if trial.p_at_rho <= report.parameters.alpha:
        return "likely, not established: holds at the persistence estimated, not at a higher one"
    return "does not hold"


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
