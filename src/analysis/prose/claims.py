"""The sentences of the claims ledger. What a claim says stands in our words; every figure of ours is a fact."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from ..captions import join
from ..claims import rules
from ..claims.ledger import essays
from ..claims.rules import Bound
from ..claims.verdicts import Judged
from ..display import Finding, Findings, Prose, Reference, Sentence, Words, anchor, say
from ..errors import listing
from ..facts import Fact
from ..formatting import MONTHS, day_text
from ..report import Report
from ..showing import in_notebooks
from .certainty import certainty
from .claim_sentences import instead, shows

# More facts than these in one reading are told by their ends.
MANY = 3
MARKS = {True: "Holds: ", False: "Does not hold: ", None: "Cannot say: "}
BY_SOURCE = (
    "value_within", "share_by_definition", "rank_first", "readings_agree", "cause", "register_records",
    "prediction_holds",
)  # fmt: skip


def findings(report: Report) -> Findings:
    """The findings of the ledger, the most important first."""
    made = (mixed(report), hardly(report), slips(report))
    return Findings(tuple(finding for finding in made if finding))


# ---------------------------------------------------------------------------------- the findings


def mixed(report: Report) -> Finding | None:
    """The level by one record and the fall by another, said in one breath."""
    level, fall = find(report, "E1-500-to-686"), find(report, "E1-drop-15")
    if not (level and fall and level.decided and fall.decided):
        return None
    known = {fact.plain_id: fact for fact in (*level.facts, *fall.facts)}
    ids = ("trade.total.kotra.2014", "trade.growth.customs.2015", "trade.growth.kotra.2015")
    if not all(id in known for id in ids):
        return None
    peak, customs, kotra = (known[id] for id in ids)
    return Finding(
        say("A pair of figures in the later essay mixes two records: {peak} in {peak:period} is KOTRA's, the fall of "
            "{c:abs} in {c:period} is by customs.", peak=peak, c=customs),
        say("By KOTRA the fall was {k:abs}. A level and a change belong together only within one record.", k=kotra),
        certainty(report, peak, customs, kotra),
    )  # fmt: skip


def hardly(report: Report) -> Finding | None:
    """What became of trade and of votes after the nuclear tests."""
    judged = find(report, "E1-policy-unchanged")
    if judged is None or not judged.decided:
        return None
    deliveries, votes, *_ = judged.bound
    if not deliveries.known or not votes.known:
        return None
    worst = min(deliveries.known, key=lambda fact: fact.value or 0)
    return Finding(
        say("China went on selling after its neighbour's nuclear tests and voted for sanctions: that its policy hardly "
            "changed is {verdict}.", verdict=report.fact(judged.claim.fact_id)),
        say("Of the full years after a test the weakest was {w:period}, with exports {w}; {v:when} China voted for {v} "
            "resolutions with sanctions.", w=worst, v=votes.known[0]),
        certainty(report, worst, votes.known[0]),
    )  # fmt: skip


def slips(report: Report) -> Finding | None:
    """How many claims stand, how many in part, and which are wrong."""
    named = ("all", "supported", "roughly-supported", "partly-supported", "contradicted")
    counted = {name.replace("-", "_"): report.find(f"claims.count.both.{name}") for name in named}
    if not all(counted.values()) or not (counted["all"] and counted["all"].value):
        return None
    refs: dict[str, Reference] = {name: fact for name, fact in counted.items() if fact}
    wrong = [judged for judged in report.judged if judged.verdict == rules.CONTRADICTED]
    which = say("Contradicted: {which}.", which=listing([judged.claim.short for judged in wrong], limit=20)) if wrong \
        else say("The data contradict none.")
    told = [word for judged in wrong for word in (instead(judged),) if word.text]
    return Finding(
        say("Of {all} claims in the two essays the data support {supported} as they stand, {roughly_supported} roughly "
            "and {partly_supported} in part, and contradict {contradicted}.", **refs),
        join(which, *told),
        certainty(report, *(fact for judged in wrong for fact in judged.facts)),
    )  # fmt: skip


# ------------------------------------------------------------------------------------ paragraphs


@in_notebooks
def counts(report: Report) -> Prose:
    """How many claims got which verdict."""
    total, decided = (report.fact(f"claims.count.both.{name}") for name in ("all", "decided"))
    refs: dict[str, Reference] = {}
    told = []
    for verdict in rules.VERDICTS:
        fact = report.fact(f"claims.count.both.{anchor(verdict)}")
        if fact.value:
            key = anchor(verdict).replace("-", "_")
            refs[key] = fact
            told.append(f"{verdict} {{{key}}}")
    return Prose((
        say("The data decide {d} of {n} claims. By verdict: " + ", ".join(told) + ".", n=total, d=decided, **refs),
    ))  # fmt: skip


@in_notebooks
def method(report: Report) -> Prose:
    """How a verdict comes about."""
    return Prose((
        say("Each claim has a rule with tolerances. They were fixed before the verdicts were computed; the few that "
            "were changed afterwards are named at the end. A rule reads facts of this report, never an opinion, and "
            "the verdict changes when the facts do. A claim is judged by what lay before it, a prediction by what "
            "followed. Partly supported means that only some parts or sources bear a claim out. No public record means "
            "that a register is silent, which refutes nothing. A cause or a motive cannot be tested."),
        say("Sources counts the independent ones: pages that print one compiler's figures count once. The statements "
            "are in our words; a quoted figure is the essay's."),
    ))  # fmt: skip


@in_notebooks
def essay(report: Report, essay: str) -> Prose:
    """What an essay is, and how many of its claims stand."""
    day = report.find(f"evidence.day.essay-{essays(report.catalogue)[essay][:4]}")
    total, decided = (report.fact(f"claims.count.{essay.lower()}.{name}") for name in ("all", "decided"))
    if not total.value:
        return Prose((say("This essay had not been written by the day asked for."),), "note")
    when = [say("The essay dates from {day}.", day=day)] if day else []
    return Prose((join(*when, say("{n} of its claims are judged, of which data decide {d}.", n=total, d=decided)),))


@in_notebooks
def changed(report: Report) -> Prose:
    """Where what is known today gives another verdict; only in an edition with `as_of`."""
    if report.parameters.as_of is None:
        return Prose((say("All data of today are used, so there is one verdict for each claim."),), "note")
    told = []
    for judged in report.judged:
        later = report.find(f"claims.all_data.{judged.claim.claim_id.lower()}")
        if later:
            day, then = day_text(report.parameters.as_of), report.fact(judged.claim.fact_id)
            told.append(say("{s} On {day}: {a}. Today: {b}.", s=judged.claim.statement, day=day, a=then, b=later))
    return Prose(tuple(told) or (say("No verdict differs from the one with all data."),), "list")


@in_notebooks
def revised(report: Report) -> Prose:
    """The claims whose rule was changed after the verdict had been seen, each with the reason."""
    told = [
        say("{statement} {change}", statement=judged.claim.statement, change=judged.claim.revised)
        for judged in report.judged
        if judged.claim.revised
    ]
    return Prose(tuple(told) or (say("No rule was changed after a verdict had been seen."),), "list")


@in_notebooks
def undecided(report: Report) -> Prose:
    """What data cannot decide: what was looked for and what comes nearest."""
    told = []
    for judged in report.judged:
        if not judged.decided:
            parts = [say("{s} Verdict: {v}.", s=judged.claim.statement, v=report.fact(judged.claim.fact_id))]
            if shown := shows(judged).text:
                parts.append(say("{shown}", shown=shown))
            if judged.claim.looked_for:
                parts.append(say("Looked for: {what}.", what=small(judged.claim.looked_for)))
            if judged.nearest or not judged.facts:
                parts.append(nearest_words(report, judged))
            told.append(join(*parts))
    return Prose(tuple(told) or (say("Every claim is decided."),), "list")


def holes(report: Report) -> tuple[Sentence, ...]:
    """The claims on which the public record is silent, in one sentence; causes and motives apart."""
    found = [judged.claim.short for judged in report.judged if judged.verdict == rules.NO_RECORD]
    if not found:
        return ()
    return (say("On these claims the public record is silent: {which}. Causes and motives cannot be tested at all.",
                which=listing(found, limit=20)),)  # fmt: skip


def small(text: str) -> str:
    """Text as it stands after a colon, names of countries and people untouched."""
    return text if text.split(" ")[0] in ("China's", "Chinese") else text[:1].lower() + text[1:]


def find(report: Report, claim_id: str) -> Judged | None:
    return next((judged for judged in report.judged if judged.claim.claim_id == claim_id), None)


# ------------------------------------------------------------------------- what the data say


def told(report: Report, judged: Judged) -> Sentence:
    """Why the verdict is as it is: our figures by reading, and what a careful writer would add."""
    claim, parts = judged.claim, []
    if claim.rule in BY_SOURCE and (len(judged.bound) > 1 or claim.rule == "rank_first"):
        near = claim.rule in ("value_within", "share_by_definition") and judged.verdict == rules.ROUGHLY
        for flag, mark in MARKS.items():
            chosen = [b for b, agrees in zip(judged.bound, judged.outcome.agree, strict=True) if agrees is flag]
            if chosen:
                parts.append(listed(report, "Near: " if near and flag is False else mark, chosen, claim.rule))
    elif judged.bound:
        parts.append(listed(report, "", judged.bound, claim.rule))
    if not judged.decided and claim.looked_for and not judged.facts:
        parts.append(say("Looked for: {what}.", what=small(claim.looked_for)))
    if judged.nearest:
        parts.append(nearest_words(report, judged))
    if claim.remark:
        parts.append(say("{remark}", remark=claim.remark))
    return join(*parts) if parts else say("")


def nearest_words(report: Report, judged: Judged) -> Sentence:
    """The facts that come nearest, or that stand beside a decided claim."""
    if not judged.nearest:
        return say("Nothing comes near in this edition.")
    words = [named(report, fact) for fact in judged.nearest]
    opening = "For comparison: " if judged.decided else "Nearest: "
    return say(opening + "; ".join(_placed(words)) + ".", **_refs(words))


def listed(report: Report, mark: str, readings: Iterable[Bound], rule: str) -> Sentence:
    """Readings one after the other: `Fits: KOTRA: $488 million in 2000; Chinese customs: ...`."""
    words = [_worded(report, bound, rule) for bound in readings]
    return say(mark + "; ".join(_placed(words)) + ".", **_refs(words))


def _worded(report: Report, bound: Bound, rule: str) -> Sentence:
    if rule == "rank_first" or (rule == "register_records" and len(bound.facts) > 1):
        return against(bound)
    return falls(bound) if rule == "all_years_rising" else reading_words(report, bound)


def reading_words(report: Report, bound: Bound) -> Sentence:
    """One reading: its name and its facts, several of them by their ends."""
    label, known = bound.reading.label, bound.known
    if not known:
        return say("{label}", label=label or "no data")
    numbers = [fact for fact in known if fact.value is not None]
    if len(numbers) > MANY and label and len({fact.unit for fact in numbers}) == 1:
        low, high = (pick(numbers, key=lambda fact: fact.value or 0) for pick in (min, max))
        return say("{label}: between {low} ({a}) and {high} ({b})", label=label, low=low, a=when(low), high=high,
                   b=when(high))  # fmt: skip
    if label:
        words = [placed_fact(fact) for fact in known]
        return say("{label}: " + ", ".join(_placed(words)), label=Words(label), **_refs(words))
    words = [named(report, fact, short=True) for fact in known]
    return say("; ".join(_placed(words)), **_refs(words))


def against(bound: Bound) -> Sentence:
    """An amount and its rival in the last year in which both are known."""
    half = len(bound.facts) // 2
    pairs = [(a, b) for a, b in zip(bound.facts[:half], bound.facts[half:], strict=True) if a and b]
    if not pairs:
        return say("{label}", label=bound.reading.label)
    ours, rival = pairs[-1]
    return say("{ours} against {rival} of {label} in {when}", ours=ours, rival=rival, label=bound.reading.label,
               when=when(ours))  # fmt: skip


def falls(bound: Bound) -> Sentence:
    """Growth by year: the years in which it was not positive."""
    fell = [fact for fact in bound.known if (fact.value or 0) <= 0]
    if not bound.known:
        return say("{label}: no data", label=bound.reading.label)
    if not fell:
        return say("{label}: a rise in each year", label=bound.reading.label)
    words = [placed_fact(fact) for fact in fell]
    return say("{label}: no rise but " + ", ".join(_placed(words)), label=Words(bound.reading.label), **_refs(words))


def placed_fact(fact: Fact) -> Sentence:
    """A fact with its period, a range by both ends; days, words and lengths of time need none."""
    if fact.unit in ("day", "word", "years", "months") or not when(fact):
        return _amount(fact)
    return join(_amount(fact), say("in {when}", when=when(fact)))


def _amount(fact: Fact) -> Sentence:
    stated = fact.plain_id.startswith("evidence.stated.")
    return say("{fact:low} to {fact:high}", fact=fact) if stated and fact.high is not None else say("{fact}", fact=fact)


def named(report: Report, fact: Fact, short: bool = False) -> Sentence:
    """A fact with its name: what it is, or (short, of a figure that others state) who states it."""
    what, stated, who = fact.label.rpartition(", as stated by ")
    definition = fact.plain_id.removeprefix("dependence.").rpartition(".")[0]
    if stated:
        what = who if short else f"{what}, by {who}"
    elif definition in report.definitions:
        what = f"China's share, {small(report.definitions[definition]['label'])}"
    else:
        what = fact.label
    return join(say("{what}:", what=what), placed_fact(fact))


def when(fact: Fact) -> str:
    """The period of a fact in words; empty where it has none."""
    if match := re.fullmatch(r"(\d{4})-(\d{4}-\d{2}-\d{2})", fact.period):
        return f"{match[1]} to {day_text(date.fromisoformat(match[2]))}"
    if match := re.fullmatch(r"(\d{4}-\d{2})_(\d{4}-\d{2})", fact.period):
        first, last = (MONTHS[int(month[5:]) - 1] for month in match.groups())
        return f"{first} to {last} {match[2][:4]}"
    if match := re.fullmatch(r"(\d{4})-(\d{2})", fact.period):
        return f"{MONTHS[int(match[2]) - 1]} {match[1]}"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", fact.period):
        return day_text(date.fromisoformat(fact.period))
    return "" if fact.period == "undated" else fact.period.replace("-", "–")


def _placed(words: Sequence[Sentence]) -> list[str]:
    """The templates of several sentences with their places made distinct, see `_refs`."""
    return [re.sub(r"\{(\w+)", rf"{{w{n}_\1", word.template) for n, word in enumerate(words)]


def _refs(words: Sequence[Sentence]) -> dict[str, Reference]:
    return {f"w{n}_{name}": ref for n, word in enumerate(words) for name, ref in word.refs.items()}
