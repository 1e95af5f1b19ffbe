"""Exposure, not prophecy: what share of a whole would be gone, and how much of past falls others made good.

Arithmetic on shares only. It says nothing about whether China would stop, for how long, or what would follow.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from . import food
from .amounts import Amount, Share, less


@dataclass(frozen=True)
class Exposure:
    """Per cent of the whole that is gone if China stops `cut` per cent of its part, nothing replaced."""

    percent: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Replacement:
    """Two years of one definition: what China and all others delivered, and how much of China's fall others made up.

    `replaced` is the change of the others over the fall of China's part, in per cent: None where China's part did not
    fall, below zero where the others fell too, above a hundred where they more than made up for it.
    """

    before: Share
    after: Share
    china_change: float
    others_change: float | None
    replaced: float | None


def good_year(shares: Mapping[str, Mapping[int, Share]], definition: str, closed: Collection[int]) -> int | None:
    """The last of `good_years`; None without any."""
    return max(good_years(shares, definition, closed), default=None)


def good_years(shares: Mapping[str, Mapping[int, Share]], definition: str, closed: Collection[int]) -> list[int]:
    """The years whose share stands for a normal one: an open border all year, and of grain more than one crop."""
    return [
        year for year, share in shares[definition].items()
        if share.percent is not None and year not in closed and not single_crop(shares, definition, year)
    ]  # fmt: skip


def single_crop(shares: Mapping[str, Mapping[int, Share]], definition: str, year: int) -> bool:
    """Whether a share of all grain rests on a record that holds one crop alone."""
    if not definition.startswith("cereal_"):
        return False
    crops = [shares[f"{crop}_imports.quantity"][year] for crop in food.CEREALS]
    return sum(crop.whole.value is not None for crop in crops) < 2


def exposure(share: Share, cut: float) -> Exposure | None:
    """What a cut of `cut` per cent of China's part takes from the whole; None for a gap."""
    if share.percent is None:
        return None
    return Exposure(
        share.percent * cut / 100, None if share.low is None else share.low * cut / 100,
        None if share.high is None else share.high * cut / 100,
    )  # fmt: skip


def replacement(shares: Mapping[int, Share], before: int, after: int) -> Replacement | None:
    """How China's part and the rest of the whole moved from `before` to `after`; None without both years."""
    first, last = shares.get(before), shares.get(after)
    if first is None or last is None or first.percent is None or last.percent is None:
        return None
    part, rest = (_change(*pair) for pair in ((first.part, last.part), (others(first), others(last))))
    if part is None or first.part.value in (None, 0):
        return None
    assert first.part.value is not None
    rest_value = others(first).value
    return Replacement(
        first, last, 100 * part / first.part.value,
        100 * rest / rest_value if rest is not None and rest_value else None,
        -100 * rest / part if rest is not None and part < 0 else None,
    )  # fmt: skip


def others(share: Share) -> Amount:
    """The whole without China's part."""
    return less(share.whole, share.part)


def _change(before: Amount, after: Amount) -> float | None:
    if before.value is None or after.value is None:
        return None
    return after.value - before.value
