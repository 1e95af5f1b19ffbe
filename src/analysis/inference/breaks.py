"""Breaks in the mean of a series without being told where: dates, number, bootstrap p, sets of dates.

Dates: least squares over all partitions by dynamic programming (Bai and Perron 2003, Journal of Applied Econometrics
18). Number: one break is added as long as the largest F of a further break has a bootstrap p of at most alpha (the
sequential rule of Bai and Perron). The bootstrap draws AR(1) noise over the same months, so persistence is not taken
for a break (Diebold and Chen 1996, Journal of Econometrics 70). What counts is the largest p over `noise.RHOS`; the p
at the persistence that the candidate itself leaves is given beside it.
Set of dates: dates found again in noise of that kind around the fitted means.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .arrays import TIE, Floats, Ints
from .noise import RHOS, ar1, estimate
from .reasons import Reason, Untested

LEAST_SEGMENT = 6  # months with a figure between two breaks


@dataclass(frozen=True)
class Break:
    """One break: `position` is the first month of the new mean; `low` to `high` the set of positions, both inclusive.

    `shift`: new mean minus old one, in the unit of the series. A set is clipped to the months around the break.
    """

    position: int
    low: int
    high: int
    shift: float


@dataclass(frozen=True)
class Step:
    """The test of one break more than `breaks`: largest F and its bootstrap p, the largest over RHOS.

    `positions` are those of the candidate partition, with the break that is tested; `rho` is the persistence within its
    segments, and `p_at_rho` the p if that were the persistence of the series.
    """

    breaks: int
    largest_f: float
    p: float
    smallest_p: float
    positions: tuple[int, ...]
    rho: float
    p_at_rho: float


@dataclass(frozen=True)
class Breaks:
    """The breaks that the rule accepts, and every step of the rule, the refused one last."""

    breaks: tuple[Break, ...]
    steps: tuple[Step, ...]
    months: int


def find_breaks(
    y: npt.ArrayLike,
    x: npt.ArrayLike | None = None,
    *,
    most: int = 3,
    least: int = LEAST_SEGMENT,
    alpha: float = 0.05,
    draws: int = 999,
    level: float = 0.95,
    seed: int = 1,
) -> Breaks | Untested:
    """Breaks in the mean of (n,) values, NaN where missing, after taking out `x` (n, k), a season for example.

    `x` is taken out once, before any break is looked for, and should hold no trend if breaks of the level are
    meant to be found in a drifting series. Segments have at least `least` months with a figure. Reasons:
    FEW_MONTHS, CONSTANT.
    """
    values = np.asarray(y, dtype=float)
    index = np.flatnonzero(np.isfinite(values))
    if len(index) < 2 * least:
        return Untested(Reason.FEW_MONTHS, f"{len(index)} of {2 * least}")
    if np.ptp(values[index]) == 0:
        return Untested(Reason.CONSTANT)
    design = np.ones((len(values), 1)) if x is None else np.column_stack([np.ones(len(values)), np.asarray(x)])
    z = values[index] - design[index] @ np.linalg.lstsq(design[index], values[index], rcond=None)[0]
    if np.ptp(z) <= 1e-10 * np.ptp(values[index]):
        return Untested(Reason.CONSTANT)
    rng = np.random.default_rng(seed)
    steps: list[Step] = []
    accepted: tuple[int, ...] = ()
    for count in range(min(most, len(index) // least - 1)):
        step = _step(z, index, len(values), accepted, least, draws, rng)
        if step is None:
            break
        steps.append(step)
        if step.p > alpha:
            break
        accepted = partition(z, count + 1, least)
    sets = _sets(z, index, len(values), accepted, least, draws, level, rng)
    return Breaks(sets, tuple(steps), len(index))


def partition(z: npt.ArrayLike, breaks: int, least: int) -> tuple[int, ...]:
    """First places of the new segments of the best partition of (m,) values without gaps into `breaks` + 1 means.

    Every partition whose segments have at least `least` values is considered. ValueError where there is none.
    """
    values = np.asarray(z, dtype=float)
    m = len(values)
    if m < (breaks + 1) * least:
        raise ValueError(f"{m} values are too few for {breaks} breaks and segments of {least}")
    cost = _costs(values, least)
    best = cost[0]  # best[e]: least cost of the first e values so far
    back: list[Ints] = []
    for _ in range(breaks):
        total = best[:, None] + cost
        back.append(total.argmin(axis=0))
        best = total.min(axis=0)
    places, end = [], m
    for choice in reversed(back):
        end = int(choice[end])
        places.append(end)
    return tuple(reversed(places))


def _costs(values: Floats, least: int) -> Floats:
    """(m + 1, m + 1) sum of squares around the mean of values s..e-1; infinite where the segment is too short."""
    centred = values - values.mean()
    sums, squares = (np.concatenate([[0.0], np.cumsum(v)]) for v in (centred, centred**2))
    place = np.arange(len(values) + 1)
    length = place[None, :] - place[:, None]
    long_enough = length >= least
    part = sums[None, :] - sums[:, None]
    cost = squares[None, :] - squares[:, None] - part**2 / np.where(long_enough, length, 1)
    return np.where(long_enough, np.maximum(cost, 0.0), np.inf)


def _largest_f(z: Floats, edges: tuple[int, ...], least: int) -> Floats:
    """(s,) largest F of one break more within the segments between `edges`, for (m, s) values."""
    found: list[Floats] = []
    for start, end in pairwise(edges):
        m = end - start
        if m < 2 * least:
            continue
        part = z[start:end] - z[start:end].mean(axis=0)
        before = np.arange(least, m - least + 1)[:, None]
        gain = np.cumsum(part, axis=0)[least - 1 : m - least] ** 2 * m / (before * (m - before))
        left = (part**2).sum(axis=0) - gain
        found.append((gain / np.maximum(left, np.finfo(float).tiny) * (m - 2)).max(axis=0))
    return np.max(found, axis=0) if found else np.zeros(0)


def _step(
    z: Floats, index: Ints, n: int, accepted: tuple[int, ...], least: int, draws: int, rng: np.random.Generator
) -> Step | None:
    edges = (0, *accepted, len(z))
    observed = _largest_f(z[:, None], edges, least)
    if not len(observed):
        return None

    # A rho estimated here would be too low without a break and too high with one: the largest p over RHOS counts.
    def p_at(rho: float) -> float:
        drawn = _largest_f(ar1(rho, n, draws, rng)[index], edges, least)
        return float((1 + np.count_nonzero(drawn >= observed[0] * (1 - TIE))) / (1 + draws))

    p = max(p_at(rho) for rho in RHOS)
    candidate = partition(z, len(accepted) + 1, least)
    rho, _ = _noise(z, index, n, candidate)
    return Step(
        len(accepted),
        float(observed[0]),
        p,
        1 / (1 + draws),
        tuple(int(index[place]) for place in candidate),
        rho,
        p_at(rho),
    )


def _noise(z: Floats, index: Ints, n: int, places: tuple[int, ...]) -> tuple[float, float]:
    """(rho, sd) around the means of the segments."""
    segment = np.searchsorted(places, np.arange(len(z)), side="right")
    means = (segment[:, None] == np.arange(len(places) + 1)).astype(float)
    residuals, design = np.full(n, np.nan), np.zeros((n, means.shape[1]))
    residuals[index] = z - means @ np.linalg.lstsq(means, z, rcond=None)[0]
    design[index] = means
    return estimate(residuals, design)


def _sets(
    z: Floats, index: Ints, n: int, places: tuple[int, ...], least: int, draws: int, level: float,
    rng: np.random.Generator,
) -> tuple[Break, ...]:  # fmt: skip
    """Each break with its set of dates: between the breaks on either side, the date is estimated again in noise."""
    if not places:
        return ()
    rho, sd = _noise(z, index, n, places)
    noise = sd * ar1(rho, n, draws, rng)[index]
    edges = (0, *places, len(z))
    made = []
    for before, place, after in zip(edges, edges[1:], edges[2:], strict=False):
        old, new = float(z[before:place].mean()), float(z[place:after].mean())
        series = noise[before:after] + np.where(np.arange(before, after) < place, old, new)[:, None]
        m = after - before
        part = series - series.mean(axis=0)
        count = np.arange(least, m - least + 1)[:, None]
        gain = np.cumsum(part, axis=0)[least - 1 : m - least] ** 2 / (count * (m - count))
        errors = gain.argmax(axis=0) + least - (place - before)
        low, high = np.quantile(errors, [(1 - level) / 2, (1 + level) / 2], method="closest_observation")
        # The true date lies as far before the one found as the ones found lie after the true one.
        first, last = (int(np.clip(place - error, before, after - 1)) for error in (high, low))
        made.append(Break(int(index[place]), int(index[first]), int(index[last]), new - old))
    return tuple(made)
