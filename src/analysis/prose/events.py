"""The sentences of events: what can be tested, whether controls are found, what moved, what could not be seen."""

from __future__ import annotations

from ..captions import basis_label, join
from ..display import Finding, Findings, Prose, Reference, Sentence, Words, say
from ..errors import listing
from ..events.cells import Cell, percent
from ..events.controls import TABLE
from ..events.months import fetched
from ..facts import Fact
from ..figures.event_questions import answer
from ..figures.events import NAMES, control_note, count, likely_breaks, question_fact, when
from ..formatting import number, sentence_case
from ..formatting import percent as percent_text
from ..inference.noise import RHOS
from ..report import Report
from ..showing import in_notebooks
from ..tables.events import p_text
from .certainty import certainty

PRICES = "macro/commodity_prices"  # prices by month, where somebody fetched them


@in_notebooks
def question(report: Report) -> Prose:
    """What is asked, and by which rule."""
    study = report.event_study
    return Prose(
        (
            say(
                "Essays on the relationship say that policy hardly changed with the nuclear tests, that sanctions "
                "bite, or that they do not. A handful of questions, written down before the first result, put such "
                "sayings to monthly trade; they stand in the data package."
            ),
            say(
                "Each window of months is compared with {baseline}, in the same period. Falls that everybody can see "
                "in the yearly figures are among the questions: a method that misses them could not be believed when "
                "it finds nothing.",
                baseline=study.baseline_words,
            ),
            say(
                "A month of grade {bad}, or one that cannot be read by itself, is not used.",
                bad="C or D",
            ),
            *(
                [
                    say(
                        "Where customs has no usable month, the month of UN Comtrade is used; this was decided before "
                        "any such month was seen."
                    )
                ]
                if fetched(report)
                else []
            ),
            *control_note(report),
        ),
        "list",
    )


@in_notebooks
def what_can_be_tested(report: Report) -> Prose:
    """How much of what might be asked the months can answer at all."""
    study = report.event_study
    sentences = [
        say(
            "Of {all} combinations of event, flow and window, {yes} can show a change by a factor of {factor}, {weak} "
            "only a larger one, and {no} cannot be tested: too few months stand in the window or before it.",
            factor=study.plan.settings["readable_effect"],
            all=count(report, "all"),
            yes=count(report, "testable"),
            weak=count(report, "weak"),
            no=count(report, "untestable"),
        ),
        say(
            "{n} combinations share at least {part} of their months with another class of events, so that a change "
            "cannot be attributed to one of the two.",
            n=count(report, "inseparable"),
            part=percent_text(100 * study.plan.number("not_separable"), 0, sign=False),
        ),
    ]
    if "nuclear_tests" in study.classes:
        sentences.append(say("Around the early nuclear tests only quarters and years can be described."))
    return Prose(tuple(sentences), "list")


@in_notebooks
def controls(report: Report) -> Prose:
    """Whether the method finds what it must find."""
    study = report.event_study
    cells = [study.cells[q.key] for q in study.questions if study.plan.classes[q.key[0]].control]
    if not cells:
        return Prose((say("No known fall is among the events asked for."),), "note")
    return Prose((_controls_in_all(report), *(_cell_sentence(report, cell) for cell in cells)), "list")


def _controls_in_all(report: Report) -> Sentence:
    """How many of the known falls are found, in a sentence that says what follows."""
    asked, answered, found = (_questions(report, what, "controls") for what in ("asked", "answered", "found"))
    if not answered.value:
        return say("No known fall can be tested on these months, so nothing shows whether the method works.")
    if found.value == asked.value:
        return say("The method finds every known fall that it was asked for ({n} of {n}).", n=found)
    if found.value == answered.value:
        return say(
            "The method finds the known falls that these months can show: {n} of the {all} it was asked for.",
            n=found,
            all=asked,
        )
    return say(
        "The method finds {n} of the {all} known falls that it was asked for, so that finding nothing elsewhere says "
        "little.",
        n=found,
        all=asked,
    )


def _questions(report: Report, what: str, of: str) -> Fact:
    p = report.parameters
    return report.fact(f"events.questions_{what}.{of}.{p.start_year}-{p.end_year}")


def _cell_sentence(report: Report, cell: Cell) -> Sentence:
    """A question, its answer, and, where the months cannot tell, what they could have shown."""
    if cell.question is None or cell.effect is None:
        return say(
            "{asks} This cannot be answered: {reason}.",
            asks=Words(cell.question.asks if cell.question else ""),
            reason=cell.reason,
        )
    sentence = answer(report, cell)
    if cell.found(report.parameters.alpha):
        return sentence
    return join(
        sentence,
        say(
            "A change would have been found {power} of the time only if it was {seen}.",
            power=percent_text(100 * report.event_study.plan.number("power"), 0, sign=False),
            seen=_detectable(cell),
        ),
    )


def _detectable(cell: Cell) -> str:
    """The smallest fall or rise that a question could have detected, in words."""
    log_points = cell.detectable_adjusted if cell.detectable_adjusted is not None else cell.detectable or 0.0
    fall = percent_text(-percent(-log_points), 0, sign=False)
    rise = percent(log_points)
    grown = (
        f"a rise of more than {percent_text(rise, 0, sign=False)}"
        if rise < 100
        else f"a rise to more than {number(1 + rise / 100, 1)} times the level before"
    )
    return f"a fall of more than {fall} or {grown}"


@in_notebooks
def results(report: Report) -> Prose:
    """The tested questions, one by one."""
    study = report.event_study
    cells = [study.cells[q.key] for q in study.questions if not study.plan.classes[q.key[0]].control]
    if not cells:
        return Prose((say("No question beyond the known falls is among the events asked for."),), "note")
    return Prose(tuple(_cell_sentence(report, cell) for cell in cells), "list")


@in_notebooks
def correlations(report: Report) -> Prose:
    """What moves together, and what only seems to."""
    study = report.event_study
    pairs = [pair for pair in study.pairs if pair.found is not None]
    if not pairs:
        return Prose((say("No series has enough periods in common with the growth of trade."),), "note")
    alpha = report.parameters.alpha
    plain = [p for p in pairs if p.found and p.found.p_pearson <= alpha]
    kept = [p for p in pairs if study.pair_holm[p.series.series_id, p.flow, p.lag] <= alpha]
    levels = [p for p in pairs if p.levels is not None and abs(p.levels) > abs(p.found.pearson if p.found else 0)]
    told = [
        say(
            "{n} of {m} correlations of changes have a p of {alpha} or less; chance alone would give about "
            "{by_chance}. {kept} survive adjustment.",
            n=len(plain),
            m=len(pairs),
            alpha=f"{alpha:g}",
            by_chance=round(alpha * len(pairs)),
            kept=len(kept),
        ),
        say(
            "In {n} of {m} pairs the undifferenced correlation is the larger one: both sides drift, and drifting "
            "series correlate without a link.",
            n=len(levels),
            m=len(pairs),
        ),
    ]
    missing = list(dict.fromkeys(p.series.label for p in study.pairs if p.found is None))
    if missing:
        told.append(say("Too few pairs, in some flow or at some lag, for {names}.", names=listing(missing)))
    return Prose((*told, *_second_record(report)), "list")


def _second_record(report: Report) -> list[Sentence]:
    """In how many pairs the second record agrees with the leading one in sign; nothing without such a record."""
    study = report.event_study
    if not study.beside:
        return []
    record = Words(basis_label(report, study.beside[0].basis))
    leading = {pair.place: pair.found for pair in study.pairs if pair.found is not None}
    both = [(leading[p.place].pearson, p.found.pearson) for p in study.beside if p.found and p.place in leading]
    if not both:
        return [say("{record}, the second record, has too few years for any of these correlations.", record=record)]
    return [
        say(
            "A check on a second record, {record}: in {n} of {m} yearly pairs that both records allow, the two agree "
            "in sign. It enters no adjustment and no finding.",
            record=record,
            n=sum((a > 0) == (b > 0) for a, b in both),
            m=len(both),
        )
    ]


@in_notebooks
def breaks(report: Report) -> Prose:
    """What the months show without being told of any event, and how sure it is."""
    sentences = []
    for flow, found in report.event_study.breaks.items():
        name = Words(sentence_case(NAMES[flow]))
        if found.reason:
            sentences.append(say("{flow}: no break can be looked for, {why}.", flow=name, why=found.reason))
            continue
        last = found.trials[-1] if found.trials else None
        parts = []
        for n, shift in enumerate(found.shifts, start=1):
            near = f" The nearest measure, closure or reopening: {shift.near.title}." if shift.near else ""
            verb = "fell" if shift.change < 0 else "rose"
            parts.append(
                say(
                    "{flow}: the level " + verb + " by {change:abs} from {month} on"
                    + ("." if shift.first == shift.last else "; the date lies between {first} and {last}.")
                    + "{near}",
                    flow=name,
                    change=report.fact(f"events.break_date.{flow}.n{n}"),
                    month=when(shift.month),
                    first=when(shift.first),
                    last=when(shift.last),
                    near=near,
                )
            )
        if not parts:
            parts.append(say("{flow}: no break is established.", flow=name))
        likely = likely_breaks(found, report.parameters.alpha)
        if last is not None and likely:
            parts.append(
                say(
                    "A break in {months} is likely: p {at} at the persistence of {rho} that is estimated, {p} at the "
                    "largest that the test guards against ({guard}).",
                    months=listing([when(month) for month in likely]),
                    at=p_text(last.p_at_rho),
                    rho=number(last.rho, 2),
                    p=p_text(last.p),
                    guard=f"{RHOS[-1]:g}",
                )
            )
        sentences.append(join(*parts))
    return Prose(tuple(sentences) or (say("No flow is asked for."),), "list")


@in_notebooks
def deteriorating(report: Report) -> Prose:
    """The readings of the panel, one by one."""
    told = []
    china = report.facts.family("events.votes.china")
    if len(china) > 1:
        told.append(
            say(
                "In the General Assembly China and the DPRK voted alike in {a} of common roll calls in {a:period} "
                "and {b} in {b:period}.",
                a=china[0],
                b=china[-1],
            )
        )
        vietnam, russia = (report.facts.family(f"events.votes.{who}") for who in ("vietnam", "russia"))
        if len(vietnam) > 1 and len(russia) > 1:
            in_china, *elsewhere = ((pair[-1].value or 0) < (pair[0].value or 0) for pair in (china, vietnam, russia))
            told.append(
                say(
                    "Over the same years agreement with Vietnam went from {v0} to {v1}, with Russia from {r0} to {r1}"
                    + (": China's is not the only one that fell." if in_china and any(elsewhere) else "."),
                    v0=vietnam[0],
                    v1=vietnam[-1],
                    r0=russia[0],
                    r1=russia[-1],
                )
            )
    votes = {
        name: next(iter(report.facts.family(f"events.council.{name}")), None) for name in ("for", "abstain", "veto")
    }
    if (voted := votes["for"]) and (veto := votes["veto"]) and (abstained := votes["abstain"]):
        told.append(
            say(
                "In the Security Council China voted for {n} texts on the DPRK {n:when}, abstained on {a} and vetoed "
                "{v}.",
                n=voted,
                a=abstained,
                v=veto,
            )
        )
    if not told:
        told.append(say("In the years asked for no decade of votes and no vote of the Council is on record."))
    return Prose(tuple(told), "list")


@in_notebooks
def missing(report: Report) -> Prose:
    """What the design would need and does not have."""
    others = report.catalogue.has(TABLE)
    return Prose(
        (
            say(
                "Missing: {partners}"
                + ("" if report.catalogue.has(PRICES) else "a price of coal; ")
                + "China's total trade by month after the series used here ends; scores of events for all years.",
                partners=Words(
                    ""
                    if others
                    else "months of other partners, which would show whether a month was odd for the DPRK alone; "
                ),
            ),
            *(
                [say("Months of other partners were fetched; by default one departure from the plan alone uses them.")]
                if others and report.parameters.controls != "partners"
                else []
            ),
            *(
                [say("Monthly prices of coal and other commodities were fetched; no comparison here uses them so far.")]
                if report.catalogue.has(PRICES)
                else []
            ),
            say("Crude oil leaves the record of exports before most events, so exports say nothing about oil."),
        ),
        "list",
    )


def findings(report: Report) -> Findings:
    """The findings of this part: what is known to have moved trade, and what the months cannot tell."""
    return Findings(tuple(filter(None, (_known_falls(report), _cannot_tell(report)))))


def _known_falls(report: Report) -> Finding | None:
    """What bans and closure did to each flow, as the questions that had to be found say."""
    study, alpha = report.event_study, report.parameters.alpha
    found = [c for c in study.answered if c.control and c.found(alpha)]
    if not found:
        return None
    facts = [question_fact(report, cell) for cell in found]
    refs: dict[str, Reference] = {f"f{n}": fact for n, fact in enumerate(facts)}
    falls: dict[str, list[str]] = {}
    for n, cell in enumerate(found):
        subject, after, occasion = (cell.question.label if cell.question else "").partition(" after ")
        falls.setdefault(subject, []).append(f"by {{f{n}:abs}}{after}{occasion}")
    clauses = [f"{subject} fell {listing(each)}" for subject, each in falls.items()]
    return Finding(
        say("; ".join(clauses) + ", against {baseline}.", baseline=study.baseline_words, **refs),
        _controls_in_all(report),
        certainty(report, *facts),
    )


def _cannot_tell(report: Report) -> Finding | None:
    """What the months say of tests, launches, meetings and incidents."""
    study, alpha = report.event_study, report.parameters.alpha
    tested = [study.cells[q.key] for q in study.questions if not study.plan.classes[q.key[0]].control]
    if not tested:
        return None
    answered = [cell for cell in tested if cell.effect is not None]
    facts = [question_fact(report, cell) for cell in answered]
    names = listing(list(dict.fromkeys(study.plan.classes[cell.key[0]].label for cell in tested)))
    detail = join(*(_cell_sentence(report, cell) for cell in answered or tested))
    if not answered:
        headline = say("Whether {names} changed trade cannot be told from these months.", names=names)
        return Finding(headline, detail, "low")
    found = [cell for cell in answered if cell.found(alpha)]
    if found:
        return Finding(
            say(
                "Trade changed after {names}.",
                names=listing(list(dict.fromkeys(study.plan.classes[c.key[0]].label for c in found))),
            ),
            detail,
            certainty(report, *facts),
        )
    sharpest = min(answered, key=lambda cell: cell.detectable_adjusted or cell.detectable or 0.0)
    return Finding(
        say(
            "Whether {names} changed trade cannot be told from the monthly figures: the sharpest comparison ({what}) "
            "could detect only {seen}.",
            names=names,
            what=study.plan.classes[sharpest.key[0]].label,
            seen=_detectable(sharpest),
        ),
        detail,
        certainty(report, *facts),
    )
