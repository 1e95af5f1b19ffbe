"""The forecast error of windows: mean of (actual - what a baseline fitted outside the windows expects).

It is linear in the series, so a placement of windows is a row of weights. One set of weights serves the
observed dates, the placebo dates and every simulated series.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .noise import correlation_matrix
from .stretch import Bools, Floats, Ints, Stretch

WORKING_RHO = 0.65  # between the 0.5 and 0.8 of the size tests; it only weighs placements against each other
SINGULAR = 1e-8  # the design outside a window is as good as deficient below this share of its information


@dataclass(frozen=True, eq=False)
class Placements:
    """p placements of windows in one stretch of n months; those that leave no sound baseline are left out.

    `weights` (p, n): their product with the series, zero at missing months, is the mean forecast error;
    `months` (p,): window months with a figure; `variance` (p,): of that mean under AR(1) noise of unit variance with
    `WORKING_RHO`, which tells a forecast beyond the end or over few months from one inside and over many;
    `baseline` (p,): months of the baseline.
    """

    weights: Floats
    months: Ints
    variance: Floats
    baseline: Ints


def placements(stretch: Stretch, masks: Bools, least_months: int) -> Placements:
    """The weights of each row of `masks` (p, n), a placement of windows in `stretch`.

    Method: with Q an orthonormal basis of the design over the months that may be fitted, least squares without
    the window W needs only the small matrix I - Q_W'Q_W; nothing is fitted anew month by month.
    """
    finite, fit = stretch.finite, stretch.fit_months
    n = len(finite)
    window = masks & finite
    months, baseline = window.sum(axis=1), (fit & ~window).sum(axis=1)
    keep = (months > 0) & (baseline >= max(least_months, 1))
    basis = _basis(stretch.x, fit)
    if basis is None or not keep.any():
        return Placements(np.zeros((0, n)), *(np.zeros(0, dtype=t) for t in (np.int64, np.float64, np.int64)))  # type: ignore[arg-type]
    window, months, baseline = window[keep], months[keep], baseline[keep]
    k = basis.shape[1]
    outer = (basis[:, :, None] * basis[:, None, :]).reshape(n, k * k)
    left = np.eye(k) - ((window & fit).astype(float) @ outer).reshape(-1, k, k)
    sound = _regular(left)
    window, months, baseline, left = window[sound], months[sound], baseline[sound], left[sound]
    pull = np.linalg.solve(left, (window @ basis)[:, :, None])[:, :, 0]
    weights = (window - np.where(fit & ~window, pull @ basis.T, 0.0)) / months[:, None]
    variance = np.einsum("pn,pn->p", weights @ correlation_matrix(WORKING_RHO, n), weights)
    return Placements(weights, months, variance, baseline)


def _basis(x: Floats, fit: Bools) -> Floats | None:
    """The design in coordinates that are orthonormal over the fitted months (n, k); None where it is deficient."""
    if fit.sum() < x.shape[1]:
        return None
    scaled = x / np.maximum(np.abs(x).max(axis=0), np.finfo(float).tiny)
    triangle = np.linalg.qr(scaled[fit], mode="r")
    if np.linalg.cond(triangle) > 1 / SINGULAR:
        return None
    return np.asarray(np.linalg.solve(triangle.T, scaled.T).T)


def _regular(matrices: Floats) -> Bools:
    """Which of the (p, k, k) matrices, with eigenvalues between 0 and 1, can be inverted."""
    # The determinant is at most the least eigenvalue: where it is large there is nothing to look for.
    sound = np.asarray(np.linalg.det(matrices) > SINGULAR)
    doubtful = ~sound
    if doubtful.any():
        sound[doubtful] = np.linalg.eigvalsh(matrices[doubtful])[:, 0] > SINGULAR
    return sound
