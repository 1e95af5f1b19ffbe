"""The forecast error of windows: mean of (actual - what a baseline fitted outside the windows expects).

It is linear in the series, so a placement of windows is a row of weights. One set of weights serves the
observed dates, the placebo dates and every simulated series.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .noise import correlation_matrix
from .stretch import Bools, Floats, Ints, Stretch

# Placements are weighed against each other as under independent months and as under strong persistence; the larger p
# counts, so neither guess about the noise can make one.
WORKING_RHOS = (0.0, 0.8)
SINGULAR = 1e-8  # the design outside a window is as good as deficient below this share of its information


@dataclass(frozen=True, eq=False)
class Placements:
    """p placements of windows in one stretch of n months; those that leave no sound baseline are left out.

    `known` (m,): positions of the months with a figure; `weights` (p, m): their product with the series at those months
    is the mean forecast error;
    `months` (p,): window months with a figure; `variance` (p, w): of that mean under AR(1) noise of unit variance with
    each of `WORKING_RHOS`, which tells a forecast beyond the end or over few months from one inside and over many;
    `baseline` (p,): months of the baseline; `masks` (p, n): the window months with a figure.
    """

    known: Ints
    weights: Floats
    months: Ints
    variance: Floats
    baseline: Ints
    masks: Bools

    def rows(self, chosen: Ints) -> Placements:
        """These rows alone."""
        return Placements(
            self.known, self.weights[chosen], self.months[chosen], self.variance[chosen], self.baseline[chosen],
            self.masks[chosen],
        )  # fmt: skip


def placements(stretch: Stretch, masks: Bools, least_months: int) -> Placements:
    """The weights of each row of `masks` (p, n), a placement of windows in `stretch`.

    Method: with Q an orthonormal basis of the design over the months that may be fitted, least squares without
    the window W needs only the small matrix I - Q_W'Q_W; nothing is fitted anew month by month.
    """
    known = np.flatnonzero(stretch.finite)  # months without a figure carry no weight and cost no time
    fit, window = stretch.fit_months[known], masks[:, known]
    baseline = (fit & ~window).sum(axis=1)
    kept = np.flatnonzero(window.any(axis=1) & (baseline >= max(least_months, 1)))
    basis = _basis(stretch.x[known], fit)
    if basis is None:
        kept, basis = kept[:0], stretch.x[known]
    k = basis.shape[1]
    outer = (basis[:, :, None] * basis[:, None, :]).reshape(len(known), k * k)
    left = np.eye(k) - ((window[kept] & fit).astype(float) @ outer).reshape(-1, k, k)
    sound = _regular(left)
    kept, left = kept[sound], left[sound]
    window = window[kept].astype(float)
    months = masks[kept][:, known].sum(axis=1)
    pull = np.linalg.solve(left, (window @ basis)[:, :, None])[:, :, 0]
    some = (window - fit * (1 - window) * (pull @ basis.T)) / months[:, None]
    variance = [((some @ correlation_matrix(rho, known)) * some).sum(axis=1) for rho in WORKING_RHOS]
    return Placements(known, some, months, np.column_stack(variance), baseline[kept], masks[kept] & stretch.finite)


def _basis(x: Floats, fit: Bools) -> Floats | None:
    """The design in coordinates that are orthonormal over the fitted months (n, k); None where it is deficient."""
    if fit.sum() < x.shape[1]:
        return None
    scaled = x / np.maximum(np.abs(x).max(axis=0), np.finfo(float).tiny)
    _, triangle = np.linalg.qr(scaled[fit])
    if np.linalg.cond(triangle) > 1 / SINGULAR:
        return None
    return np.asarray(scaled @ np.linalg.inv(triangle))


def _regular(matrices: Floats) -> Bools:
    """Which of the (p, k, k) matrices, with eigenvalues between 0 and 1, can be inverted."""
    # The determinant is at most the least eigenvalue: where it is large there is nothing to look for.
    sound = np.asarray(np.linalg.det(matrices) > SINGULAR)
    doubtful = ~sound
    if doubtful.any():
        sound[doubtful] = np.linalg.eigvalsh(matrices[doubtful])[:, 0] > SINGULAR
    return sound
