"""Circular block bootstrap: intervals of a mean, and noise in blocks.

Sources: Politis and Romano (1992) for the circular bootstrap; Politis and White (2004, Econometric Reviews 23) with the
correction of Patton, Politis and White (2009) for the block length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .reasons import Reason, Untested
from .stretch import Floats, Ints

LEAST_MONTHS = 8  # below this there are not two blocks of a usable length


@dataclass(frozen=True)
class Interval:
    """A mean with its interval, in the unit of the values; `block` is the block length in months."""

    mean: float
    low: float
    high: float
    months: int
    block: int


def mean_interval(
    values: npt.ArrayLike, level: float = 0.95, draws: int = 2_000, seed: int = 1, block: int | None = None
) -> Interval | Untested:
    """Percentile interval of the mean of (n,) values in calendar order, NaN at missing months.

    Blocks are cut from the calendar, missing months included, and those drop out of the mean: so no month is
    filled in, and months on both sides of a gap are not taken for neighbours. Reasons: FEW_MONTHS, CONSTANT.
    """
    x = np.asarray(values, dtype=float)
    known = x[np.isfinite(x)]
    if len(known) < LEAST_MONTHS:
        return Untested(Reason.FEW_MONTHS, f"{len(known)} of {LEAST_MONTHS}")
    if np.ptp(known) == 0:
        return Untested(Reason.CONSTANT)
    length = block or block_length(known)
    drawn = x[block_index(len(x), len(x), length, draws, np.random.default_rng(seed))]
    counts = np.isfinite(drawn).sum(axis=1)
    means = np.nansum(drawn, axis=1)[counts > 0] / counts[counts > 0]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(known.mean()), float(low), float(high), len(known), length)


def block_index(n: int, wanted: int, block: int, draws: int, rng: np.random.Generator) -> Ints:
    """(draws, wanted) positions in 0..n-1: blocks of consecutive positions, round the end, laid side by side."""
    starts = rng.integers(n, size=(draws, math.ceil(wanted / block)))
    index = (starts[:, :, None] + np.arange(block)) % n
    return index.reshape(draws, -1)[:, :wanted]


def block_length(values: Floats, least: int = 1) -> int:
    """`optimal_block_length` rounded up, at least `least`, at most a third of the values."""
    return int(min(max(math.ceil(optimal_block_length(values)), least, 1), max(len(values) // 3, 1)))


def optimal_block_length(values: npt.ArrayLike) -> float:
    """Block length of the circular bootstrap that Politis and White's rule gives for (n,) values without NaN.

    Not rounded; between 0 and min(3 sqrt(n), n / 3), rounded up. A series that does not vary gives 1.
    """
    x = np.asarray(values, dtype=float)
    n = len(x)
    e = x - x.mean()
    if n < 2 or not e.any():
        return 1.0
    longest = math.ceil(min(3 * math.sqrt(n), n / 3))
    run = max(5, int(math.log10(n)))
    lags = min(math.ceil(math.sqrt(n)) + run, n - 2)
    covariance = np.array([e[lag:] @ e[: n - lag] / n for lag in range(lags + 1)])
    # The rule's own correlations: each product over the squares of the two ends without one more month.
    ends = [math.sqrt((e[lag + 1 :] @ e[lag + 1 :]) * (e[: n - lag - 1] @ e[: n - lag - 1])) for lag in range(lags + 1)]
    small = np.abs(covariance) * n < 2 * math.sqrt(math.log10(n) / n) * np.array(ends)
    quiet = next((lag for lag in range(lags + 1 - run) if small[lag : lag + run].all()), None)
    bandwidth = min(2 * max(quiet, 1) if quiet is not None else lags, lags)
    lag = np.arange(1, bandwidth + 1)
    taper = np.where(lag / bandwidth <= 0.5, 1.0, 2 * (1 - lag / bandwidth))
    slope = 2 * float(taper @ (lag * covariance[1 : bandwidth + 1]))
    long_run = float(covariance[0] + 2 * taper @ covariance[1 : bandwidth + 1])
    if long_run == 0:
        return float(longest)
    return float(min((2 * slope**2 / (4 / 3 * long_run**2)) ** (1 / 3) * n ** (1 / 3), longest))
