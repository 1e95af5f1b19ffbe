"""The noise of short series: first-order autoregression, its draws and its estimate from months with gaps."""

from __future__ import annotations

import numpy as np

from .arrays import Floats, Ints

LARGEST_RHO = 0.95  # nearer to one, a stretch of some years cannot tell a wandering series from a stable one
RHOS = (0.0, 0.5, 0.8)  # where a p is simulated it is the largest over these: it holds for AR(1) noise up to the last


def ar1(rho: float, n: int, draws: int, rng: np.random.Generator) -> Floats:
    """(n, draws) stationary Gaussian AR(1) series of unit variance, one a column."""
    noise = rng.standard_normal((n, draws))
    noise[1:] *= np.sqrt(1 - rho**2)
    for t in range(1, n):
        noise[t] += rho * noise[t - 1]
    return noise


def ar1_at(rho: float, months: Ints, draws: int, rng: np.random.Generator) -> Floats:
    """(n, draws) AR(1) series of unit variance at the positions `months` (m,), which end at n - 1; zero elsewhere."""
    series = np.zeros((int(months.max()) + 1, draws))
    series[months] = np.linalg.cholesky(correlation_matrix(rho, months)) @ rng.standard_normal((len(months), draws))
    return series


def correlation_matrix(rho: float, months: Ints) -> Floats:
    """(m, m) correlation of an AR(1) between calendar months at the positions `months` (m,)."""
    apart = np.abs(months[:, None] - months[None, :])
    return np.asarray((float(rho) ** np.arange(apart.max(initial=0) + 1))[apart])


def estimate(residuals: Floats, x: Floats) -> tuple[float, float]:
    """(rho, sd) of an AR(1) behind OLS residuals (n,) with NaN at the months outside the baseline.

    First autocorrelation over neighbouring known months and variance over degrees of freedom, both corrected
    for what the fit took away: rho and sd are such that an AR(1) with them, fitted by `x` (n, k) at the same
    months, has on average the squares and the neighbour products that were seen. rho lies between 0 and LARGEST_RHO.
    """
    index = np.flatnonzero(np.isfinite(residuals))
    e, m = residuals[index], len(index)
    basis, _ = np.linalg.qr(x[index])
    maker = np.eye(m) - basis @ basis.T
    apart = np.abs(index[:, None] - index[None, :])
    neighbours = (apart == 1) / 2
    squares, products = float(e @ e), float(e @ neighbours @ e)
    # The squares and products that an AR(1) of each rho would show after the same fit; their ratio grows with rho.
    # Months equally far apart share one power of rho, so the sum over the matrix is one over distances.
    grid = np.linspace(0, LARGEST_RHO, 39)
    powers = grid[:, None] ** np.arange(apart.max() + 1)
    expected_squares, expected_products = (
        powers @ np.bincount(apart.ravel(), matrix.ravel()) for matrix in (maker, maker @ neighbours @ maker)
    )
    ratios = expected_products / expected_squares
    if np.ptp(ratios) < 1e-9:
        rho = RHOS[1]  # no two neighbouring months: nothing is known of it
    else:
        rho = float(np.interp(products / squares if squares else 0.0, np.maximum.accumulate(ratios), grid))
    square = float(np.interp(rho, grid, expected_squares))
    return rho, float(np.sqrt(squares / square))
