"""Each claim with its facts, its verdict, and how many independent sources stand behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from ..catalogue import Catalogue
from ..facts import Fact
from ..reading import kept
from . import rules
from .dates import span
from .ledger import PREDICTION, Claim, claims, essays, written_by
from .rules import Bound, Outcome, has_content

Find = Callable[[str], Fact | None]


@dataclass(frozen=True)
class Judged:
    """A claim, its readings with their facts, the verdict, and the facts that come nearest."""

    claim: Claim
    bound: tuple[Bound, ...]
    outcome: Outcome
    nearest: tuple[Fact, ...]
    strength: int

    @property
    def verdict(self) -> str:
        return self.outcome.verdict

    @property
    def decided(self) -> bool:
        return self.verdict not in rules.UNDECIDED

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that decide, in order, once."""
        return tuple({fact.id: fact for reading in self.bound for fact in reading.known}.values())


def judge_all(catalogue: Catalogue, find: Find, year: int | None = None) -> tuple[Judged, ...]:
    """Every claim judged with the facts that `find` gives; with `year`, only claims of essays written by then."""
    return tuple(
        judge(catalogue, claim, find)
        for claim in claims(catalogue)
        if year is None or written_by(catalogue, claim.essay, year)
    )


def judge(catalogue: Catalogue, claim: Claim, find: Find) -> Judged:
    """The claim judged by its rule; a fact without content, or of a time that the claim is not about, is missing."""
    written = span(essays(catalogue)[claim.essay])
    bound = tuple(
        Bound(reading, tuple(_usable(find(id), claim, written) for id in reading.ids)) for reading in claim.readings
    )  # fmt: skip
    outcome = rules.rule(claim)(claim, bound)
    nearest = tuple(fact for fact in map(find, claim.nearest) if fact and has_content(fact))
    used = [fact for reading in bound for fact in reading.known] or list(nearest)
    return Judged(claim, bound, outcome, nearest, strength(catalogue, used))


def _usable(fact: Fact | None, claim: Claim, written: tuple[date, date]) -> Fact | None:
    return fact if fact and has_content(fact) and (claim.kind == PREDICTION or in_time(fact, written[1])) else None


def in_time(fact: Fact, written: date) -> bool:
    """Whether what a fact speaks of was over when a claim was made, at the latest on `written`.

    A claim is judged by what lies before it, whenever the figures came out; only a prediction is judged by what
    followed. What has no date, such as the length of a border, holds at any time.
    """
    years = re.findall(r"\d{4}(?:-\d{2}(?:-\d{2})?)?(?!\d)", fact.period)
    return not years or span(years[-1])[1] <= written


def strength(catalogue: Catalogue, facts: Iterable[Fact]) -> int:
    """How many independent sources stand behind `facts`: pages that print one compiler's figures count once."""
    compilers = _compilers(catalogue)
    return len({compilers[id] for fact in facts for id in fact.sources})


@kept(4)
def _compilers(catalogue: Catalogue) -> dict[str, str]:
    """Who compiled the figures of each source; its publisher where nobody else is named."""
    known = catalogue.sources
    compilers = known["compiler"].where(~known["compiler"].isin(["", "not stated"]), known["publisher"])
    return {str(id): str(name) for id, name in compilers.items()}
