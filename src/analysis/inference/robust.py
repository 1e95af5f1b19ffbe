"""Twins of the mean forecast error that single odd months cannot swamp: for the sensitivity run.

`median`: the baseline by Huber's M-estimate, the window by its median month (Huber 1964, Annals of Mathematical
Statistics 35; tuning 1.345, scale by the median absolute deviation). `poisson`: the baseline by Poisson pseudo maximum
likelihood on the values themselves, the window as log of sum over expected sum (Santos Silva and Tenreyro 2006,
Review of Economics and Statistics 88): a month of nearly no trade then weighs nearly nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from .stretch import Bools, Floats

Twin = Literal["median", "poisson"]
TUNING, TO_SD = 1.345, 0.6745
ROUNDS = 60
SETTLED = 1e-9
RIDGE = 1e-14  # keeps a fit that runs away from ending the whole run; too small to be seen in any other
FARTHEST = 50.0  # log points: a fit that expects this has run away


def means(y: Floats, x: Floats, fit: Bools, masks: Bools, twin: Twin) -> Floats:
    """(p,) effect of each placement of windows `masks` (p, n) in log points, the baseline fitted on `fit` outside it.

    `y` (n,) log values, NaN where missing; `x` (n, k). NaN for a placement whose fit does not settle.
    """
    finite = np.isfinite(y)
    base = (fit & ~masks).astype(float)
    filled = np.where(finite, y, 0.0)
    if twin == "median":
        expected = _huber(filled, x, base)
        inside = np.where(masks, filled - expected, np.nan)
        return np.asarray(_row_median(inside))
    level = float(np.max(filled, where=finite, initial=-np.inf))
    values = np.where(finite, np.exp(filled - level), 0.0)  # the unit does not matter, the largest month is one
    expected = _poisson(values, x, base)
    return np.asarray(np.log((masks * values).sum(axis=1) / (masks * np.exp(expected)).sum(axis=1)))


def _huber(y: Floats, x: Floats, base: Floats) -> Floats:
    """(p, n) expected values."""

    def update(expected: Floats, base: Floats) -> tuple[Floats, Floats]:
        errors = y - expected
        spread = _row_median(np.where(base > 0, np.abs(errors), np.nan))[:, None] / TO_SD
        size = np.abs(errors) / np.maximum(spread, np.finfo(float).tiny)
        return base * np.minimum(1.0, TUNING / np.maximum(size, TUNING)), np.broadcast_to(y, errors.shape)

    return _reweighted(x, base, np.broadcast_to(y, base.shape), update)


def _row_median(values: Floats) -> Floats:
    """(p,) median of each row of (p, n) without its NaN; numpy's own takes twenty times as long on short rows."""
    ordered = np.sort(values, axis=1)  # NaN goes to the end
    known = np.isfinite(ordered).sum(axis=1)
    rows = np.arange(len(values))
    middle = (ordered[rows, np.maximum(known - 1, 0) // 2] + ordered[rows, np.maximum(known, 1) // 2]) / 2
    return np.where(known > 0, middle, np.nan)


def _poisson(values: Floats, x: Floats, base: Floats) -> Floats:
    """(p, n) log of the expected values."""

    def update(expected: Floats, base: Floats) -> tuple[Floats, Floats]:
        mean = np.exp(np.clip(expected, -FARTHEST, FARTHEST))
        return base * mean, expected + (values - mean) / mean

    start = np.log(np.maximum(values, 1e-3))
    return _reweighted(x, base, np.broadcast_to(start, base.shape), update)


def _reweighted(
    x: Floats, base: Floats, target: Floats, update: Callable[[Floats, Floats], tuple[Floats, Floats]]
) -> Floats:
    """Least squares with weights and targets that `update` draws from the last fit, for all placements at once.

    `update` takes the fit and the baseline months of the placements that have not settled, (r, n) each.
    """
    weights = base
    result: Floats = np.full(base.shape, np.nan)
    left_over = np.arange(len(base))  # a placement that has settled takes no part in later rounds
    before = result.copy()
    ridge = np.eye(x.shape[1]) * RIDGE
    for _ in range(ROUNDS):
        left = (weights[:, None, :] * x.T) @ x + ridge
        right = (weights * target) @ x
        fitted = np.linalg.solve(left, right[:, :, None])[:, :, 0] @ x.T
        result[left_over] = fitted
        moving = ~(np.abs(fitted - before).max(axis=1) < SETTLED)
        left_over, before = left_over[moving], fitted[moving]
        if not len(left_over):
            break
        weights, target = update(before, base[left_over])
    astray = left_over[~(np.abs(result[left_over]).max(axis=1) <= FARTHEST)]
    result[astray] = np.nan
    return result
