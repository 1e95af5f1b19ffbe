"""Correlations at announced lags, judged by moving one series round the calendar against the other.

A circular shift keeps the ups and downs of both series and breaks only their dates, so autocorrelation does not
count as evidence. Two trending or wandering series correlate without any link: levels are returned only together with
their differences (`twin`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .arrays import TIE, Bools, Floats
from .reasons import Reason, Untested

LAGS = range(-3, 4)
LEAST_PAIRS = 12


@dataclass(frozen=True)
class Correlation:
    """Correlation of x at t with y at t + `lag` over `pairs` months known in both.

    `p_pearson`, `p_spearman`: share of circular shifts, the unmoved series included, with a correlation at least as far
    from zero, each weighed by the pairs that it has; `smallest_p`: below which they cannot fall.
    """

    lag: int
    pairs: int
    pearson: float
    spearman: float
    p_pearson: float
    p_spearman: float
    smallest_p: float


@dataclass(frozen=True)
class Twin:
    """The same correlations of levels and of differences, one entry a lag: neither is to be shown alone."""

    levels: tuple[Correlation | Untested, ...]
    differences: tuple[Correlation | Untested, ...]


def lagged(
    x: npt.ArrayLike, y: npt.ArrayLike, lags: Iterable[int] = LAGS, least_pairs: int = LEAST_PAIRS
) -> tuple[Correlation | Untested, ...]:
    """One result for each lag, for (n,) series on the same calendar, NaN where missing.

    Meant for counts, growth and other series that do not drift; for levels use `twin`. Reasons: FEW_PAIRS, CONSTANT.
    """
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"two series on one calendar, not {a.shape} and {b.shape}")
    return tuple(_at(a, b, int(lag), least_pairs) for lag in lags)


def twin(
    x: npt.ArrayLike, y: npt.ArrayLike, lags: Iterable[int] = LAGS, least_pairs: int = LEAST_PAIRS, step: int = 1
) -> Twin:
    """Levels and their differences over `step` periods. A difference across a missing month is missing."""
    chosen = tuple(lags)
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    return Twin(
        lagged(a, b, chosen, least_pairs),
        lagged(a[step:] - a[:-step], b[step:] - b[:-step], chosen, least_pairs),
    )


def _at(x: Floats, y: Floats, lag: int, least_pairs: int) -> Correlation | Untested:
    n = len(x)
    # y at t + lag; beyond the ends it is not known.
    moved = np.full(n, np.nan)
    if abs(lag) < n:
        moved[max(0, -lag) : n - max(0, lag)] = y[max(0, lag) : n - max(0, -lag)]
    known = np.isfinite(x) & np.isfinite(moved)
    pairs = int(known.sum())
    if pairs < max(least_pairs, 3):
        return Untested(Reason.FEW_PAIRS, f"{pairs} of {max(least_pairs, 3)}")
    if np.ptp(x[known]) == 0 or np.ptp(moved[known]) == 0:
        return Untested(Reason.CONSTANT)
    shifts = x[(np.arange(n)[None, :] - np.arange(n)[:, None]) % n]
    both = np.isfinite(shifts) & np.isfinite(moved)
    shifts, both = shifts[both.sum(axis=1) >= max(least_pairs, 3)], both[both.sum(axis=1) >= max(least_pairs, 3)]
    pearson = _rows(shifts, moved, both)
    spearman = _rows(_ranks(shifts, both), _ranks(np.broadcast_to(moved, both.shape), both), both)
    weight = np.sqrt(both.sum(axis=1) - 1)
    return Correlation(
        lag, pairs, float(pearson[0]), float(spearman[0]),
        _p(pearson * weight), _p(spearman * weight), 1 / len(both),
    )  # fmt: skip


def _p(statistics: Floats) -> float:
    """Share of shifts at least as far from zero as the first, the unmoved one, which counts itself."""
    sizes = np.abs(statistics)
    return float(np.count_nonzero(sizes >= sizes[0] * (1 - TIE)) / len(sizes))


def _rows(x: Floats, y: Floats, both: Bools) -> Floats:
    """(s,) Pearson correlation of each row over its months in `both`; zero where one side does not vary."""
    count = both.sum(axis=1, keepdims=True)
    a, b = np.where(both, x, 0.0), np.where(both, y, 0.0)
    a = np.where(both, a - a.sum(axis=1, keepdims=True) / count, 0.0)
    b = np.where(both, b - b.sum(axis=1, keepdims=True) / count, 0.0)
    size = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.asarray(np.where(size > 0, (a * b).sum(axis=1) / np.where(size > 0, size, 1.0), 0.0))


def _ranks(values: Floats, both: Bools) -> Floats:
    """Ranks within each row over its months in `both`, ties at their mean; what stands elsewhere is not read."""
    filled = np.where(both, values, np.inf)
    order = np.argsort(filled, axis=1, kind="stable")
    ordered = np.take_along_axis(filled, order, axis=1)
    n = values.shape[1]
    first = np.concatenate([np.ones((len(filled), 1), dtype=bool), ordered[:, 1:] != ordered[:, :-1]], axis=1)
    last = np.concatenate([first[:, 1:], np.ones((len(filled), 1), dtype=bool)], axis=1)
    place = np.arange(n)
    low = np.maximum.accumulate(np.where(first, place, 0), axis=1)
    high = np.minimum.accumulate(np.where(last, place, n)[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, (low + high) / 2, axis=1)
    return ranks
