"""A quoted share in sentences: what it comes to when it was first said, and when a later text repeats it."""

from __future__ import annotations

from itertools import groupby

from .captions import join
from .dependence import matrix as rules
from .dependence import said
from .display import Reference, Sentence, Words, say
from .facts import Fact
from .report import Report

WITHOUT = "_without_crude"
VERBS = {
    "holds": "holds for", "roughly holds": "roughly holds for", "holds in some years": "holds in some of the years for",
    "cannot tell": "can be neither confirmed nor ruled out for", "does not hold": "does not hold for",
}  # fmt: skip


def by_date(report: Report, claim: rules.Claim) -> list[list[said.Answer]]:
    """The answers to a claim, date by date in the order of the table, the best answer first within each."""
    found = said.answers(report.catalogue, report.shares, report.definitions, claim)
    # Of a share with and without crude oil the one that the edition asks for.
    out = {a.definition for a in found if a.definition.endswith(WITHOUT)}
    if report.parameters.crude_estimate == "without":
        out = {definition.removesuffix(WITHOUT) for definition in out}
    found = [answer for answer in found if answer.definition not in out]
    dates = [list(answers) for _, answers in groupby(found, key=lambda answer: answer.said.row_id)]
    return [sorted(answers, key=lambda answer: said.ANSWERS.index(answer.verdict)) for answers in dates]


def known(answers: list[said.Answer]) -> list[said.Answer]:
    """Those answers that rest on a share."""
    return [answer for answer in answers if answer.marks]


def answer_sentence(
    report: Report, subject: str, answers: list[said.Answer], verdicts: tuple[str, ...] = ()
) -> Sentence:
    """What `subject` comes to at one date, definition by definition; of certain `verdicts` alone, if any are given."""
    when = answers[0].said
    refs: dict[str, Reference] = {
        "subject": Words(subject), "label": Words(when.label), "first": Words(str(when.first_year)),
        "last": Words(str(when.last_year)),
    }  # fmt: skip
    chosen = [a for a in known(answers) if not verdicts or a.verdict in verdicts]
    if not chosen:
        return say("For {first} to {last}, the years that {label} can mean, no share is known.", **{
            name: refs[name] for name in ("first", "last", "label")})  # fmt: skip
    clauses = []
    for verdict, group in groupby(chosen, key=lambda answer: answer.verdict):
        items = [_item(report, answer, refs) for answer in group]
        clauses.append(f"{VERBS[verdict]} {_listed(items)}")
    told = _listed(clauses, ", but it ")
    return say("{subject} " + told + ", judged on {first} to {last}, the years that {label} can mean.", **refs)


def title(report: Report, claim: rules.Claim) -> Sentence:
    """What the quoted figure comes to at the last date that a share is known for."""
    dates = [answers for answers in by_date(report, claim) if known(answers)]
    if not dates:
        return say("The quoted {q}: no share is known for the years that it can mean", q=claim.quoted)
    answers = dates[-1]
    sentence = answer_sentence(report, f"The quoted {claim.quoted}", answers, (answers[0].verdict,))
    head = sentence.template.partition(", judged on")[0]
    template = head + ", {first} to {last}"
    return say(template, **{name: ref for name, ref in sentence.refs.items() if f"{{{name}" in template})


def facts_of(report: Report, answers: list[said.Answer]) -> list[Fact]:
    """The shares behind answers."""
    return [report.fact(f"dependence.{a.definition}.{year}") for a in answers for year in a.marks]


def _item(report: Report, answer: said.Answer, refs: dict[str, Reference]) -> str:
    """A definition with the share of each of its years, and what doubt leaves of them; adds to `refs` what it names."""
    n = len(refs)
    label = str(report.definitions[answer.definition]["label"])
    refs[f"d{n}"] = Words(label if label[:2].isupper() or label.startswith("China") else label[0].lower() + label[1:])
    facts = facts_of(report, [answer])
    refs |= {f"f{n}_{year}": fact for year, fact in zip(answer.marks, facts, strict=True)}
    told = _listed([f"{{f{n}_{year}}} in {{f{n}_{year}:period}}" for year in answer.marks])
    span, values = report.fact(f"dependence.quoted_range.{answer.id}"), [fact.value or 0.0 for fact in facts]
    if (span.high or 0) - max(values) > rules.NEAR or min(values) - (span.low or 0) > rules.NEAR:
        refs[f"r{n}"] = span
        told += f"; {{r{n}:low}} to {{r{n}:high}} with what is in doubt"
    return f"{{d{n}}} ({told})"


def _listed(items: list[str], last: str = " and ") -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + last + items[-1]


def paragraph(report: Report, claim: rules.Claim, subject: str) -> Sentence | None:
    """The answer at every date that a share is known for; None without any."""
    sentences = [answer_sentence(report, subject, answers) for answers in by_date(report, claim) if known(answers)]
    return join(*sentences) if sentences else None
