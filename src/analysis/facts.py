"""One number with everything needed to check it.

A `Fact` carries its id, value, unit and period, how it was made (`formula`), and the rows and sources
it came from. A `FactBook` holds the facts of one edition, refuses two different values for one id, and
writes them sorted, rounded to ten significant digits, as `facts.json`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import UnknownFact

ID_PATTERN = re.compile(r"[a-z0-9_]+(\.[a-z0-9_-]+)+")
UNITS = (
    "usd_million", "percent", "percentage_points", "log_points", "index", "ratio", "count", "year", "verdict",
    "tonnes", "tonnes_n", "kt", "barrels", "mtoe", "kt_c",
    "persons", "km", "years", "months", "tiv_million", "day", "word",
)  # fmt: skip
STATUSES = ("reported", "mirror", "derived", "estimated", "unreported")


def significant(value: float, digits: int = 10) -> float:
    """`value` rounded to `digits` significant digits; what facts.json stores."""
    if value == 0 or not math.isfinite(value):
        return float(value)
    return float(f"{value:.{digits - 1}e}")


@dataclass(frozen=True)
class Fact:
    """One number of the report.

    id: `topic.measure.basis.period`, lower case. value: the number, or None for a named gap.
    low, high: the interval that the rounding of the printed inputs leaves, or the range between bases.
    formula: how it was computed, in words. rows: `table#row` of every input. decimals: how many the
    sources can bear when it is shown. word: the content of a fact that is no number: a verdict, a name, a vote. A fact
    of unit `day` counts days from the first of the calendar, see `date.fromordinal`.
    """

    id: str
    label: str
    value: float | None
    unit: str
    period: str
    status: str
    formula: str
    rows: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    decimals: int = 0
    stats: Mapping[str, float] | None = field(default=None, hash=False)
    word: str = ""

    def __post_init__(self) -> None:
        if not ID_PATTERN.fullmatch(self.id):
            raise ValueError(f"not a fact id: {self.id!r}")
        if self.unit not in UNITS:
            raise ValueError(f"{self.id}: unknown unit {self.unit!r}")
        if self.status not in STATUSES:
            raise ValueError(f"{self.id}: unknown status {self.status!r}")
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if number is not None:
                if not math.isfinite(number):
                    raise ValueError(f"{self.id}: {name} is not a number")
                object.__setattr__(self, name, significant(number))

    def as_json(self) -> dict[str, Any]:
        """The fact as it stands in facts.json."""
        return {
            "id": self.id, "label": self.label, "value": self.value, "unit": self.unit, "period": self.period,
            "status": self.status, "low": self.low, "high": self.high, "formula": self.formula,
            "rows": list(self.rows), "sources": list(self.sources),
            "stats": dict(self.stats) if self.stats else None, **({"word": self.word} if self.word else {}),
        }  # fmt: skip


class FactBook(Mapping[str, Fact]):
    """The facts of one edition by id, in sorted order."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._facts: dict[str, Fact] = {}
        self.add(facts)

    def add(self, facts: Iterable[Fact]) -> None:
        """Add facts; the same id twice is allowed only with the same content (ValueError otherwise)."""
        for fact in facts:
            known = self._facts.setdefault(fact.id, fact)
            if known != fact:
                raise ValueError(f"two different facts under the id {fact.id}")

    def __getitem__(self, id: str) -> Fact:
        try:
            return self._facts[id]
        except KeyError:
            raise UnknownFact(id, self) from None

    def __contains__(self, id: object) -> bool:
        return id in self._facts

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._facts))

    def __len__(self) -> int:
        return len(self._facts)

    def family(self, prefix: str) -> list[Fact]:
        """Facts whose id is `prefix` and one more part, in order of id."""
        return [self._facts[id] for id in self if id.rpartition(".")[0] == prefix]

    def search(self, words: Iterable[str]) -> list[Fact]:
        """Facts whose id, label or period holds every word, in order of id."""
        wanted = [word.lower() for word in words]
        return [
            self._facts[id]
            for id in self
            if all(w in f"{id} {self._facts[id].label} {self._facts[id].period}".lower() for w in wanted)
        ]

    def as_json(self) -> list[dict[str, Any]]:
        return [self._facts[id].as_json() for id in self]
