"""Where else the windows could have stood: placebo dates and circular shifts, as masks of months."""

from __future__ import annotations

import itertools
import math

import numpy as np

from .stretch import Bools, Stretch

Masks = Bools


def enough(stretch: Stretch, least_share: float) -> tuple[tuple[int, int], ...]:
    """The episodes of which at least `least_share` of the months, and one month, have a figure."""
    finite = stretch.finite
    return tuple(
        (first, last)
        for first, last in stretch.episodes
        if finite[first : last + 1].sum() >= max(1.0, least_share * (last - first + 1))
    )


def placebo_masks(
    stretch: Stretch, least_share: float, draws: int, rng: np.random.Generator
) -> tuple[Masks, bool]:
    """(p, n) windows of the same number, lengths and order at other dates, and whether these are all there are.

    Windows do not overlap each other, stay within `stretch.placebo_months`, and each has a figure in at least
    `least_share` of its months. All are listed when there are at most `draws`; else `draws` of them are drawn
    with equal chances. The observed placement is not among those listed.
    """
    lengths = stretch.lengths
    n, total = len(stretch.y), sum(lengths)
    slots = n - total + len(lengths)
    # Each choice of `episodes` out of `slots` is one way to lay windows out with the gaps between them.
    exact = math.comb(slots, len(lengths)) <= max(draws, 1)
    if exact:
        chosen = np.array(list(itertools.combinations(range(slots), len(lengths))), dtype=np.int64)
        masks = _sound(stretch, chosen, least_share)
    else:
        masks = _draw(stretch, slots, least_share, draws, rng)
    return masks[~(masks == stretch.window).all(axis=1)], exact


def _draw(stretch: Stretch, slots: int, least_share: float, draws: int, rng: np.random.Generator) -> Masks:
    found: list[Masks] = []
    count = 0
    for _ in range(20):  # where sound placements are rare, more rounds; where there are none, an end
        keys = rng.random((draws, slots))
        chosen = np.sort(np.argpartition(keys, len(stretch.lengths), axis=1)[:, : len(stretch.lengths)], axis=1)
        found.append(_sound(stretch, chosen, least_share))
        count += len(found[-1])
        if count >= draws:
            break
    return np.concatenate(found)[:draws]


def _sound(stretch: Stretch, chosen: np.ndarray, least_share: float) -> Masks:
    """The masks of those choices whose windows all stay in the pool and have enough figures."""
    n = len(stretch.y)
    if chosen.size == 0:
        return np.zeros((0, n), dtype=bool)
    lengths = np.array(stretch.lengths)
    starts = chosen + np.concatenate([[0], np.cumsum(lengths - 1)[:-1]])
    data = np.concatenate([[0], np.cumsum(stretch.finite)])
    outside = np.concatenate([[0], np.cumsum(~stretch.placebo_months)])
    ends = starts + lengths
    known = data[ends] - data[starts]
    good = (known >= np.maximum(1.0, least_share * lengths)) & (outside[ends] == outside[starts])
    keep = good.all(axis=1)
    starts, ends = starts[keep], ends[keep]
    edges = np.zeros((len(starts), n + 1), dtype=np.int8)
    rows = np.arange(len(starts))
    for episode in range(len(lengths)):
        np.add.at(edges, (rows, starts[:, episode]), 1)
        np.add.at(edges, (rows, ends[:, episode]), -1)
    return np.asarray(np.cumsum(edges[:, :n], axis=1) > 0)


def shift_masks(stretch: Stretch, least_share: float) -> Masks:
    """(p, n) the windows as a whole, moved round the stretch month by month; each distinct one once.

    A window that leaves at the end comes back at the beginning. A shift counts when its windows stay in the
    pool and at least `least_share` of their months have a figure. The observed placement is not among them.
    """
    n = len(stretch.y)
    index = (np.arange(n)[None, :] - np.arange(1, n)[:, None]) % n
    masks = np.unique(stretch.window[index], axis=0) if n > 1 else np.zeros((0, n), dtype=bool)
    known = masks @ stretch.finite.astype(np.int64)
    good = known >= np.maximum(1.0, least_share * masks.sum(axis=1))
    good &= ~(masks & ~stretch.placebo_months).any(axis=1) & ~(masks == stretch.window).all(axis=1)
    return np.asarray(masks[good])
