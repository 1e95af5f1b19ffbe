"""A quoted share at the dates at which it was said: the answer for each definition, never a count over all years.

A figure said on a date can refer to the years that data/dependence/quoted_dates.csv declares for it: the year of the
date and the two before it. The answer for a definition follows from the marks (see `matrix`) of those years.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..catalogue import Catalogue
from ..facts import Fact
from . import matrix
from .amounts import Share

TABLE = "dependence/quoted_dates"
YEARS_BEFORE = 2
# From the best answer to the worst.
ANSWERS = ("holds", "roughly holds", "holds in some years", "cannot tell", "does not hold", "no data")


@dataclass(frozen=True)
class Said:
    """One text that says or repeats a quoted share, and the years that the figure can refer to in it."""

    row_id: str
    claim_id: str
    label: str
    first_year: int
    last_year: int
    sources: tuple[str, ...]

    @property
    def years(self) -> range:
        return range(self.first_year, self.last_year + 1)


@dataclass(frozen=True)
class Answer:
    """What a quoted share comes to under one definition at one date; `marks` are those of the years with a figure."""

    said: Said
    definition: str
    verdict: str
    marks: Mapping[int, str]

    @property
    def id(self) -> str:
        return f"{self.said.row_id}.{self.definition.replace('.', '-')}"


def dates(catalogue: Catalogue, claim_id: str) -> list[Said]:
    """The dates of a claim, the quotation before the text that repeats it."""
    if not catalogue.has(TABLE):
        return []
    return [
        Said(r["row_id"], r["claim_id"], r["label"], int(r["first_year"]), int(r["last_year"]),
             tuple(r["source_id"].split(";")))
        for r in catalogue.frame(TABLE).to_dict("records") if r["claim_id"] == claim_id
    ]  # fmt: skip


def verdict(marks: Iterable[str]) -> str:
    """One of ANSWERS from the marks of the years that a figure can refer to."""
    seen = set(marks) - {"no data"}
    if not seen:
        return "no data"
    if seen <= {"inside", "near", "cannot tell"} and seen & {"inside", "near"}:
        return "holds" if "inside" in seen else "roughly holds"
    if seen & {"inside", "near"}:
        return "holds in some years"
    return "cannot tell" if "cannot tell" in seen else "does not hold"


def answers(
    catalogue: Catalogue, shares: Mapping[str, Mapping[int, Share]], definitions: Mapping[str, Mapping[str, Any]],
    claim: matrix.Claim,
) -> list[Answer]:  # fmt: skip
    """The answer for each date and each headline definition that answers `claim`.

    Of definitions whose shares are the same in all years of a date the first is kept.
    """
    made: list[Answer] = []
    cells = matrix.matrix(catalogue, shares, claim)
    for said in dates(catalogue, claim.claim_id):
        seen: set[tuple[float | None, ...]] = set()
        for definition, years in cells.items():
            if definitions[definition]["use"] != "headline":
                continue
            marks = {year: years[year] for year in said.years if years.get(year, "no data") != "no data"}
            values = tuple(shares[definition][year].percent for year in marks)
            if values and values in seen:
                continue
            seen.add(values)
            made.append(Answer(said, definition, verdict(marks.values()), marks))
    return made


def answer_facts(
    catalogue: Catalogue, shares: Mapping[str, Mapping[int, Share]], definitions: Mapping[str, Mapping[str, Any]]
) -> Iterator[Fact]:
    """The answer of each definition at each date, and between which shares it lies in those years."""
    bound = matrix.bounds(catalogue)
    for claim in matrix.claims(catalogue):
        for answer in answers(catalogue, shares, definitions, claim):
            said, known = answer.said, [shares[answer.definition][year] for year in answer.marks]
            amounts = [amount for share in known for amount in (share.part, share.whole)]
            common: dict[str, Any] = {
                "period": f"{said.first_year}-{said.last_year}",
                "rows": tuple(dict.fromkeys([f"{TABLE}#{said.row_id}", f"dependence/quoted_claims#{claim.claim_id}",
                                             *(row for a in amounts for row in a.rows)])),
                "sources": tuple(dict.fromkeys([*said.sources, *(s for a in amounts for s in a.sources)])),
            }  # fmt: skip
            label = f"{claim.label}, {said.label}: {definitions[answer.definition]['label']}"
            told = ", ".join(f"{year} {mark}" for year, mark in answer.marks.items())
            formula = f"from where the share of each year lies: {told}" if told else "a gap: no share in these years"
            yield Fact(
                id=f"dependence.quoted_at.{answer.id}", label=label, value=None, unit="word", word=answer.verdict,
                status="derived" if told else "unreported", formula=formula, **common,
            )  # fmt: skip
            if known:
                spans = [matrix.interval(share) for share in known]
                low, high = min(s[0] for s in spans), max(s[1] for s in spans)
                side = bound.get(answer.definition)
                last = max(answer.marks)
                yield Fact(
                    id=f"dependence.quoted_range.{answer.id}", label=f"{label}, lowest and highest share",
                    value=shares[answer.definition][last].percent, low=low, high=high, unit="percent",
                    status="derived", decimals=0 if high >= 10 else 1, **common,
                    formula=f"dependence.{answer.definition}.{last}; low and high are the ends over the years, with "
                    "what doubtful rows and rounding leave" + (f"; each is a {side} bound" if side else ""),
                )  # fmt: skip
