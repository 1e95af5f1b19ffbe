"""What a fetch would change: figures that are new, that differ, and that the publisher no longer gives.

The report is printed before anything is written. Figures that look as though their unit, or their direction, had
changed are refused: such a mistake would pass every other check.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass

from ..formatting import number
from .web import Refused

Key = tuple[str, ...]  # what a figure is of: a period and a measure
FEWEST = 3  # comparable figures: of fewer, no rule says that all are off
FARTHEST = 3.0  # a revision multiplies or divides half of the figures by less than this
THOUSAND = (900.0, 1_111.0)  # a single figure that grew or shrank so much has another unit

LARGE = 0.01  # of the largest figure of a measure: a smaller one may well become nothing


@dataclass(frozen=True)
class Figure:
    """A value and how far its digits leave it open, in the unit of its table."""

    value: float
    precision: float


@dataclass(frozen=True)
class Changed:
    key: Key
    old: float
    new: float

    @property
    def ratio(self) -> float:
        return self.new / self.old if self.old else float("inf")


@dataclass(frozen=True)
class Changes:
    """`new` and `gone` with their values, `changed` with both; `same` agree to the digits that both have."""

    new: dict[Key, float]
    changed: tuple[Changed, ...]
    gone: dict[Key, float]
    same: int

    @property
    def any(self) -> bool:
        """Whether there is anything to take in; what is gone stays as it stands."""
        return bool(self.new or self.changed)


def compare(old: Mapping[Key, Figure], new: Mapping[Key, Figure], publisher: str) -> Changes:
    """The changes from `old` to `new`, both of the same span. Raises Refused where the unit seems to be another."""
    refuse_another_unit(old, new, publisher)
    return differences(old, new)


def differences(old: Mapping[Key, Figure], new: Mapping[Key, Figure]) -> Changes:
    """The changes from `old` to `new`, whatever their size."""
    common = sorted(old.keys() & new.keys())
    differing = [key for key in common if not _agree(old[key], new[key])]
    return Changes(
        new={key: new[key].value for key in sorted(new.keys() - old.keys())},
        changed=tuple(Changed(key, old[key].value, new[key].value) for key in differing),
        gone={key: old[key].value for key in sorted(old.keys() - new.keys())},
        same=len(common) - len(differing),
    )


def refuse_exchanged(
    old: Mapping[Key, Figure], new: Mapping[Key, Figure], pairs: Mapping[str, str], publisher: str
) -> None:
    """Raises Refused where the figures of one direction agree with the old ones of the other.

    `pairs` maps the last part of a key to its opposite, such as exports to imports.
    """
    straight = crossed = 0
    for key, figure in new.items():
        other = (*key[:-1], pairs.get(key[-1], ""))
        if key not in old or other not in old or not old[key].value or not old[other].value:
            continue
        own, opposite = (abs(figure.value / old[k].value - 1) for k in (key, other))
        straight, crossed = straight + (own < opposite), crossed + (opposite < own)
    if crossed >= FEWEST and crossed > straight:
        raise Refused(
            f"The figures of {publisher} look exchanged: {crossed} of {straight + crossed} are nearer to the other "
            "direction of trade than to their own."
        )


def refuse_vanished(old: Mapping[Key, Figure], new: Mapping[Key, Figure], publisher: str) -> None:
    """Raises Refused where next to nothing is given for a flow that stands among the large ones of its measure."""
    largest: dict[str, float] = {}
    for key, figure in old.items():
        largest[key[-1]] = max(largest.get(key[-1], 0.0), figure.value)
    for key in sorted(old.keys() & new.keys()):
        before, now = old[key].value, new[key].value
        if before > LARGE * largest[key[-1]] and now < before / THOUSAND[1]:
            raise Refused(
                f"{publisher} gives {_named(key)} as {_shown(now)}, which stands at {_shown(before)} million dollars: "
                "a flow of that size does not vanish, so the publisher seems to have lost it. Ask again later, or "
                "leave it out with --years."
            )


def lines(changes: Changes, unit: str, most: int | None = None) -> Iterator[str]:
    """The difference report, a line a figure; of more than `most` of a kind the last in order alone."""
    for title, figures in (("new", changes.new), ("gone, and left as they stand", changes.gone)):
        if figures:
            last = list(figures.items())[-(most or len(figures)) :]
            yield f"{len(figures)} {title}{_of(figures, last)}:"
            yield from (f"  {_named(key):<16} {_shown(value):>14} {unit}" for key, value in last)
    if changes.changed:
        told = changes.changed[-(most or len(changes.changed)) :]
        yield f"{len(changes.changed)} changed{_of(changes.changed, told)}:"
        for one in told:
            yield f"  {_named(one.key):<16} {_shown(one.old):>14} -> {_shown(one.new)} {unit}, times {one.ratio:.4f}"
    yield f"{changes.same} unchanged"


def _of(every: Sized, last: Sized) -> str:
    return f"; the last {len(last)} of them" if len(last) < len(every) else ""


def refuse_another_unit(old: Mapping[Key, Figure], new: Mapping[Key, Figure], publisher: str) -> None:
    """Raises Refused where one figure is a thousand times another, or half of them lie far from what stands."""
    common = sorted(old.keys() & new.keys())
    ratios = {key: new[key].value / old[key].value for key in common if old[key].value and new[key].value}
    for key, ratio in ratios.items():
        low, high = THOUSAND
        if low <= ratio <= high or low <= 1 / ratio <= high:
            raise Refused(
                f"{publisher} gives {_named(key)} as {ratio:.4g} times what stands: its unit seems to be another."
            )
    middle = statistics.median(ratios.values()) if len(ratios) >= FEWEST else 1.0
    if not 1 / FARTHEST <= middle <= FARTHEST:
        raise Refused(
            f"{publisher} gives {len(ratios)} figures that stand here already, half of them {middle:.4g} times as "
            "large or more apart: unit or coverage seems to be another."
        )


def outcome(version: str | None, more: bool) -> str:
    """The last line of a difference report: what became of it. `more`: whether there is anything to take in."""
    if version:
        return f"The data package is now {version}."
    return "Nothing was changed: --apply takes these figures in." if more else "Nothing to take in."


def _agree(one: Figure, other: Figure) -> bool:
    """Two figures that are rounded differently agree where both can be right."""
    return abs(one.value - other.value) <= one.precision + other.precision


def _named(key: Key) -> str:
    return " ".join(key)


def _shown(value: float) -> str:
    return number(value, 3)
