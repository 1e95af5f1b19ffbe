"""Where else the windows could have stood: placebo dates and circular shifts, as masks of months."""

from __future__ import annotations

import numpy as np

from .stretch import Bools, Floats, Stretch

LISTED = 1_000_000  # up to so many placements are drawn without putting back


def enough(stretch: Stretch, least_share: float) -> tuple[tuple[int, int], ...]:
    """The episodes of which at least `least_share` of the months, and one month, have a figure."""
    finite = stretch.finite
    return tuple(
        (first, last)
        for first, last in stretch.episodes
        if finite[first : last + 1].sum() >= max(1.0, least_share * (last - first + 1))
    )


def placebo_masks(stretch: Stretch, least_share: float, draws: int, rng: np.random.Generator) -> tuple[Bools, bool]:
    """(p, n) windows of the same number, lengths and order at other dates, and whether these are all there are.

    Windows do not overlap each other, stay within `stretch.placebo_months`, and each has a figure in at least
    `least_share` of its months. All are listed when there are at most `draws`; else `draws` of them are drawn
    with equal chances. The observed placement is not among those listed.
    """
    ways = _ways(stretch, least_share)
    total = ways[0][0]
    exact = bool(total <= draws)
    if exact:
        ranks = np.arange(total)
    elif total <= LISTED:
        ranks = np.sort(rng.permutation(int(total))[:draws]).astype(float)
    else:
        ranks = np.floor(rng.random(draws) * total)
    masks = _placed(stretch, ways, ranks)
    return masks[~(masks == stretch.window).all(axis=1)], exact


def _ways(stretch: Stretch, least_share: float) -> list[Floats]:
    """For each window the number of ways (n + 1,) to place it and those after it from month t on."""
    n = len(stretch.y)
    data = np.concatenate([[0], np.cumsum(stretch.finite)])
    outside = np.concatenate([[0], np.cumsum(~stretch.placebo_months)])
    after = np.ones(n + 1)
    ways: list[Floats] = []
    for length in reversed(stretch.lengths):
        starts = np.arange(n - length + 1)
        known = data[starts + length] - data[starts]
        good = (known >= max(1.0, least_share * length)) & (outside[starts + length] == outside[starts])
        here = np.zeros(n + 1)
        here[: n - length + 1] = good * after[length:]
        after = np.cumsum(here[::-1])[::-1]
        ways.insert(0, after)
    return ways


def _placed(stretch: Stretch, ways: list[Floats], ranks: Floats) -> Bools:
    """(p, n) the placements with these ranks (p,), counted in the order of their first, second, ... window."""
    n, rest = len(stretch.y), np.asarray(ranks, dtype=float)
    rows, free = np.arange(len(rest)), np.zeros(len(rest), dtype=np.int64)
    edges = np.zeros((len(rest), n + 1), dtype=np.int8)
    for way, length in zip(ways, stretch.lengths, strict=True):
        # The last month from which more than what is left can still be placed: that is where this window starts.
        start = n - np.searchsorted(way[::-1], way[free] - rest, side="left")
        rest = rest - (way[free] - way[start])
        free = start + length
        edges[rows, start] += 1
        edges[rows, free] -= 1
    return np.asarray(np.cumsum(edges[:, :n], axis=1) > 0)


def shift_masks(stretch: Stretch, least_share: float) -> Bools:
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
