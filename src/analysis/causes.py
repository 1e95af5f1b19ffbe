"""Why a fact differs between two sides: its data, the code, the libraries or the parameters.

What is said is what the sides record, no more. When only one kind of input differs, it is the cause. When several
do, three things tell them apart: whether the rows behind the fact differ; whether a table that differs can reach it;
and, where one side stands on the present data and code, what it would be with the other side's parameters.
What is then still open cannot be told apart, and the answer says so.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import listing
from .facts import Fact, same

# No fact is computed with these: what a report is called and printed on; words shown beside figures.
PARAMETERS_SHOWN = ("paper", "title")
TABLES_SHOWN = ("caveats", "corrections")
UNKNOWN = "not recorded"
INPUTS = ("parameters", "data", "code", "libraries")


@dataclass(frozen=True)
class Side:
    """One of two things compared. `name` is what the user called it; `built` is empty when computed now.

    `rows` holds the data behind the facts by the name that facts give a row. `tables`, `code` and `libraries` map
    to hashes and versions; one that is empty was not recorded. `computed` is the report of a side computed now.
    """

    name: str
    edition: str
    parameters: Mapping[str, Any]
    facts: Mapping[str, Fact]
    rows: Mapping[str, tuple[Mapping[str, str], ...]]
    tables: Mapping[str, str]
    code: Mapping[str, str]
    libraries: Mapping[str, str]
    data: Mapping[str, str]
    built: str = ""
    computed: object = field(default=None, compare=False, repr=False)

    @functools.cached_property
    def holding(self) -> frozenset[str]:
        """The tables that hold rows of facts."""
        return frozenset(name.partition("#")[0] for name in self.rows)


@dataclass(frozen=True)
class Difference:
    """One input in which two sides differ. `kind` is parameters, data, code or libraries.

    `matters` is False for what no fact is computed with. Of tables and modules `old` and `new` are the first letters
    of their hashes, empty where there was none.
    """

    kind: str
    name: str
    old: str
    new: str
    matters: bool = True


@dataclass(frozen=True)
class RowChange:
    """A row behind a fact that is not the same on both sides. Of an altered one, `old` and `new` say what differs."""

    row: str
    how: str  # altered, gained or lost
    old: str = ""
    new: str = ""


@dataclass(frozen=True)
class Cause:
    """Why one fact differs. `sure` are kinds of input that made it differ, `perhaps` those that may have.

    `details` names what of each kind; `rows` are the rows behind the fact that differ.
    """

    sure: tuple[str, ...]
    perhaps: tuple[str, ...]
    details: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows: tuple[RowChange, ...] = ()

    @property
    def text(self) -> str:
        """`parameters (as_of)`, `data or code, cannot be told apart`, `data (...), perhaps also code`."""
        sure = " and ".join(map(self._named, self.sure))
        if not self.perhaps:
            return sure or "no recorded input differs"
        if sure:
            return f"{sure}; perhaps also {' or '.join(self.perhaps)}"
        return f"{' or '.join(self.perhaps)}, cannot be told apart"

    def _named(self, kind: str) -> str:
        return f"{kind} ({listing(self.details[kind], limit=3)})" if self.details.get(kind) else kind


@dataclass(frozen=True)
class Pair:
    """One fact as it is on two sides; on one of them it may be missing."""

    before: Fact | None
    after: Fact | None
    old: Side
    new: Side

    @property
    def fact(self) -> Fact:
        fact = self.after or self.before
        assert fact is not None
        return fact


Again = Callable[[Side, Mapping[str, Any]], Mapping[str, Fact] | None]


def differences(old: Side, new: Side) -> tuple[Difference, ...]:
    """Every input in which two sides differ, parameters first."""
    found = [
        Difference("parameters", name, _text(before), _text(after), name not in PARAMETERS_SHOWN)
        for name, before, after in _apart(old.parameters, new.parameters)
    ]
    for kind, before, after in (
        ("data", old.tables, new.tables), ("code", old.code, new.code), ("libraries", old.libraries, new.libraries),
    ):  # fmt: skip
        if not before or not after:
            found.append(Difference(kind, UNKNOWN, "", ""))
            continue
        short = None if kind == "libraries" else 12
        found += [
            Difference(
                kind, name, str(a or "")[:short], str(b or "")[:short], kind != "data" or name not in TABLES_SHOWN
            )
            for name, a, b in _apart(before, after)
        ]
    return tuple(found)


def why(pair: Pair, inputs: Sequence[Difference], again: Again) -> Cause:
    """Why the fact of `pair` differs between its sides, whose `inputs` differ.

    `again(side, parameters)` gives the facts of a side with other parameters, or None where that cannot be known.
    """
    rows = _rows(pair)
    names = {kind: tuple(d.name for d in inputs if d.kind == kind and d.matters) for kind in INPUTS}
    # What each kind has to do with it: sure, perhaps, or nothing.
    parts = {kind: "perhaps" if names[kind] else "" for kind in INPUTS}
    parts["data"] = _part_of_data(pair, rows, names["data"])
    others = [kind for kind in INPUTS[1:] if parts[kind]]
    if parts["parameters"] and others:
        verdict = _with_other_parameters(pair, again)
        parts["parameters"] = {"alone": "sure", "both": "sure", "not": "", "": "perhaps"}[verdict]
        if verdict == "alone":
            parts |= dict.fromkeys(others, "")
        elif verdict == "both" and len(others) == 1:
            parts[others[0]] = "sure"
    left = [kind for kind in INPUTS if parts[kind]]
    if len(left) == 1:  # something must have changed it
        parts[left[0]] = "sure"
    details = {**names, "data": tuple(_row_text(row) for row in rows if row.how == "altered") or names["data"]}
    if parts["parameters"] == "sure":
        details["parameters"] = _touching(pair, names["parameters"], again)
    sure = tuple(kind for kind in INPUTS if parts[kind] == "sure")
    return Cause(
        sure, tuple(kind for kind in INPUTS if parts[kind] == "perhaps"), {kind: details[kind] for kind in sure}, rows
    )


# --------------------------------------------------------------------------------------------- data


def _rows(pair: Pair) -> tuple[RowChange, ...]:
    """The rows behind a fact that differ, in the order in which the fact names them."""
    before, after, old, new = pair.before, pair.after, pair.old, pair.new
    first, second = (before.rows if before else ()), (after.rows if after else ())
    found = []
    for row in dict.fromkeys([*second, *first]):
        if row in old.rows and row in new.rows and old.rows[row] != new.rows[row]:
            found.append(RowChange(row, "altered", *_what_differs(old.rows[row], new.rows[row])))
        elif before and after and row not in first:
            found.append(RowChange(row, "gained", new=_value_of(new.rows.get(row, ()))))
        elif before and after and row not in second:
            found.append(RowChange(row, "lost", old=_value_of(old.rows.get(row, ()))))
    return tuple(found)


def _what_differs(old: Sequence[Mapping[str, str]], new: Sequence[Mapping[str, str]]) -> tuple[str, str]:
    """The cells of a row that differ, on each side; of a year of months how many months differ."""
    if len(old) != 1 or len(new) != 1:
        return f"{len(old)} rows", f"{len(new)} rows, {sum(row not in old for row in new)} of them other"
    columns = [name for name in dict.fromkeys([*old[0], *new[0]]) if old[0].get(name) != new[0].get(name)]
    if "value" in columns:
        columns = ["value"]
    texts = [", ".join(row.get(name) or "none" if name == "value" else f"{name} {row.get(name) or 'none'}"
                       for name in columns) for row in (old[0], new[0])]  # fmt: skip
    return texts[0], texts[1]


def _value_of(rows: Sequence[Mapping[str, str]]) -> str:
    return (rows[0].get("value") or "") if len(rows) == 1 else ""


def _values(rows: Sequence[Mapping[str, str]]) -> list[str | None]:
    return [row.get("value") for row in rows]


def _row_text(row: RowChange) -> str:
    return f"{row.row}: {row.old} → {row.new}"


def _part_of_data(pair: Pair, rows: Sequence[RowChange], tables: Sequence[str]) -> str:
    """What data have to do with it: `sure`, `perhaps`, or an empty text for nothing.

    A fact names every row it is computed from. So a table that holds such rows reaches it only by a row that is
    altered, gained or lost. A table that holds none, such as the choice of cells, may reach any fact, as any table
    may reach a fact that names no row.
    """
    if not tables:
        return ""
    before, after, old, new = pair.before, pair.after, pair.old, pair.new
    altered = [row.row for row in rows if row.how == "altered"]
    moved = before is None or after is None or not same(before.value, after.value)
    if altered and (not moved or any(_values(old.rows[row]) != _values(new.rows[row]) for row in altered)):
        return "sure"
    named = [row for fact in (before, after) if fact for row in fact.rows]
    changed = set(tables)
    if altered or changed - old.holding - new.holding or (changed and not named):
        return "perhaps"
    came = [row.row for row in rows] if before and after else named
    return "perhaps" if any(row.partition("#")[0] in changed for row in came) else ""


# --------------------------------------------------------------------------------------- parameters


def _with_other_parameters(pair: Pair, again: Again) -> str:
    """Whether parameters `alone` made it, had `not` to do with it, or `both` they and others; empty if not known."""
    old, new = pair.old, pair.new
    for present, other, here, there in ((new, old, pair.after, pair.before), (old, new, pair.before, pair.after)):
        made = again(present, other.parameters)
        if made is None:
            continue
        crossed = made.get(pair.fact.id)
        if _alike(crossed, there):
            return "alone"
        return "not" if _alike(crossed, here) else "both"
    return ""


def _touching(pair: Pair, names: Sequence[str], again: Again) -> tuple[str, ...]:
    """Those of the changed parameters that move the fact when they alone are changed; all where that is not known.

    A fact that came or went is moved by what makes it come or go, not by what gives it another value.
    """
    if len(names) < 2:
        return tuple(names)
    old, new = pair.old, pair.new
    found, both = [], pair.before is not None and pair.after is not None
    for present, other, here in ((old, new, pair.before), (new, old, pair.after)):
        for name in names:
            made = again(present, {**present.parameters, name: other.parameters.get(name)})
            if made is None:
                continue
            alone = made.get(pair.fact.id)
            if not _alike(alone, here) if both else (alone is None) != (here is None):
                found.append(name)
    return tuple(name for name in names if name in found) or tuple(names)


def _alike(a: Fact | None, b: Fact | None) -> bool:
    if a is None or b is None:
        return a is b
    return same(a.value, b.value) and same(a.low, b.low) and same(a.high, b.high) and a.rows == b.rows


def _apart(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    names = dict.fromkeys([*new, *old])
    return [(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]


def _text(value: Any) -> str:
    return "none" if value is None else str(value)
