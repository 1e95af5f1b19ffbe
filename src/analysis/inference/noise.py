"""The noise of short series: first-order autoregression, its draws and its estimate from months with gaps."""

from __future__ import annotations

import numpy as np

from .stretch import Floats

LARGEST_RHO = 0.95  # nearer to one, a stretch of some years cannot tell a wandering series from a stable one


def ar1(rho: float, n: int, draws: int, rng: np.random.Generator) -> Floats:
    """(n, draws) stationary Gaussian AR(1) series of unit variance, one a column."""
    noise = rng.standard_normal((n, draws))
    noise[1:] *= np.sqrt(1 - rho**2)
    for t in range(1, n):
        noise[t] += rho * noise[t - 1]
    return noise


def correlation_matrix(rho: float, n: int) -> Floats:
    """(n, n) correlation of an AR(1) over calendar months."""
    months = np.arange(n)
    return np.asarray(float(rho) ** np.abs(months[:, None] - months[None, :]))


def estimate(residuals: Floats, x: Floats) -> tuple[float, float]:
    """(rho, sd) of an AR(1) behind OLS residuals (n,) with NaN at the months outside the baseline.

    First autocorrelation over neighbouring known months and variance over degrees of freedom, both corrected
    for what the fit took away: rho and sd are such that an AR(1) with them, fitted by `x` (n, k) at the same
    months, has on average the squares and the neighbour products that were seen. rho lies between 0 and LARGEST_RHO.
    """
    known = np.isfinite(residuals)
    e = np.where(known, residuals, 0.0)
    pairs = known[1:] & known[:-1]
    squares, products = float(e @ e), float(e[1:] @ e[:-1])
    basis, _ = np.linalg.qr(x[known])
    maker = np.zeros((len(e), len(e)))
    maker[np.ix_(known, known)] = np.eye(int(known.sum())) - basis @ basis.T
    neighbours = np.zeros_like(maker)
    index = np.flatnonzero(pairs)
    neighbours[index, index + 1] = neighbours[index + 1, index] = 0.5
    inner = maker @ neighbours @ maker
    # The ratio that an AR(1) of each rho would show after the same fit; it grows with rho.
    grid = np.linspace(0, LARGEST_RHO, 39)
    expected = [(np.sum(maker * r), np.sum(inner * r)) for r in (correlation_matrix(g, len(e)) for g in grid)]
    ratios = np.array([product / square for square, product in expected])
    rho = float(np.interp(products / squares if squares else 0.0, np.maximum.accumulate(ratios), grid))
    square = float(np.interp(rho, grid, [square for square, _ in expected]))
    return rho, float(np.sqrt(squares / square))
