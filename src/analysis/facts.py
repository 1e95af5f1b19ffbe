"""One number with everything needed to check it.

A `Fact` carries its id, value, unit and period, how it was made (`formula`), and the rows and sources
it came from. A `FactBook` holds the facts of one edition, refuses two different values for one id, and
writes them sorted, rounded to ten significant digits, as `facts.json`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .errors import UnknownFact
from .reading import note, recorded

ID_PATTERN = re.compile(r"[a-z0-9_]+(\.[a-z0-9_-]+)+")
UNITS = (
    "usd_million", "percent", "percentage_points", "log_points", "index", "ratio", "count", "year", "verdict",
    "tonnes", "tonnes_n", "kt", "barrels", "mtoe", "kt_c",
    "cubic_metres", "usd_per_tonne", "persons", "km", "years", "months", "tiv_million", "day", "word",
)  # fmt: skip
# Facts that a claim needs of years outside those asked for.
ALL_YEARS = "all_years."
STATUSES = ("reported", "mirror", "derived", "estimated", "unreported")


# Significant digits: of a fact as it is stored, and of two facts that are compared. Machines differ in the rest.
STORED, COMPARED = 10, 9


def significant(value: float, digits: int = STORED) -> float:
    """`value` rounded to `digits` significant digits; what facts.json stores."""
    if value == 0 or not math.isfinite(value):
        return float(value)
    return float(f"{value:.{digits - 1}e}")


def same(a: float | None, b: float | None) -> bool:
    """Whether two values are equal to nine significant digits; what floating point leaves of zero is zero."""
    if a is None or b is None:
        return a is b
    return significant(a, COMPARED) == significant(b, COMPARED) or math.isclose(a, b, rel_tol=5e-10, abs_tol=1e-10)


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
        rounded = {n: v if isinstance(v, int) else significant(v) for n, v in (self.stats or {}).items()}
        object.__setattr__(self, "stats", rounded or None)
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if number is not None:
                if not math.isfinite(number):
                    raise ValueError(f"{self.id}: {name} is not a number")
                object.__setattr__(self, name, significant(number))

    @property
    def plain_id(self) -> str:
        """The id without the mark of a fact from all years."""
        return self.id.removeprefix(ALL_YEARS)

    def renamed(self, id: str) -> Fact:
        """The same fact under another id."""
        return replace(self, id=id)

    def as_json(self) -> dict[str, Any]:
        """The fact as it stands in facts.json."""
        return {
            "id": self.id, "label": self.label, "value": self.value, "unit": self.unit, "period": self.period,
            "status": self.status, "low": self.low, "high": self.high, "formula": self.formula,
            "rows": list(self.rows), "sources": list(self.sources), "decimals": self.decimals,
            "stats": dict(self.stats) if self.stats else None, **({"word": self.word} if self.word else {}),
        }  # fmt: skip

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Fact:
        """The fact that stands as `body` in facts.json; raises ValueError, KeyError or TypeError if none does.

        Of reports made before decimals were recorded a count has none, all else two.
        """
        decimals = 0 if body["unit"] == "count" else 2
        lists = {name: tuple(body[name]) for name in ("rows", "sources")}
        return cls(**{"decimals": decimals, **body, **lists})


class FactBook(Mapping[str, Fact]):
    """The facts of one edition by id, in sorted order.

    `later` gives the facts of a topic when one of them is first asked for: a notebook on trade does not wait for the
    event study. Its key is how the ids of the topic begin, in whole parts; where two fit, the longer has the fact.
    Whatever looks at all facts loads all topics.
    """

    def __init__(self, facts: Iterable[Fact] = (),
                 later: Mapping[tuple[str, ...], Callable[[], Iterable[Fact]]] | None = None) -> None:  # fmt: skip
        self._facts: dict[str, Fact] = {}
        self._later = dict(later or {})
        self._topics = tuple(self._later)
        self._topics_of: dict[str, tuple[tuple[str, ...], ...]] = {}
        # What the facts of a topic were computed from; what was given at the start is the caller's own.
        self._read: dict[tuple[str, ...], set[str]] = {}
        self.add(facts)

    def _holding(self, id: str) -> tuple[tuple[str, ...], ...]:
        """The topics that hold the fact `id`, or facts whose ids begin with it."""
        head = ".".join(id.split(".", 2)[:2])
        if head not in self._topics_of:
            above = [(begin, topic) for topic in self._topics for begin in topic if f"{head}.".startswith(f"{begin}.")]
            below = [topic for topic in self._topics for begin in topic if begin.startswith(f"{head}.")]
            own = [max(above, key=lambda pair: len(pair[0]))[1]] if above else []
            self._topics_of[head] = tuple(dict.fromkeys([*own, *below]))
        return self._topics_of[head]

    def _load(self, id: str | None = None) -> None:
        """Load the topics of `id`, or all."""
        for topic in self._topics if id is None else self._holding(id):
            if load := self._later.pop(topic, None):
                with recorded() as names:
                    self.add(load())
                self._read[topic] = names
            note(self._read.get(topic, ()))

    def add(self, facts: Iterable[Fact]) -> None:
        """Add facts; the same id twice is allowed only with the same content (ValueError otherwise)."""
        for fact in facts:
            known = self._facts.setdefault(fact.id, fact)
            if known != fact:
                raise ValueError(f"two different facts under the id {fact.id}")

    def __getitem__(self, id: str) -> Fact:
        self._load(id)
        try:
            return self._facts[id]
        except KeyError:
            raise UnknownFact(id, self) from None

    def __contains__(self, id: object) -> bool:
        self._load(str(id))
        return id in self._facts

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._facts))

    def __len__(self) -> int:
        self._load()
        return len(self._facts)

    def family(self, prefix: str) -> list[Fact]:
        """Facts whose id is `prefix` and one more part, in order of id."""
        self._load(prefix)
        return [self._facts[id] for id in sorted(self._facts) if id.rpartition(".")[0] == prefix]

    def under(self, prefix: str) -> list[Fact]:
        """Facts whose id is `prefix` and one part or more, in order of id."""
        self._load(prefix)
        return [self._facts[id] for id in sorted(self._facts) if id.startswith(f"{prefix}.")]

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
