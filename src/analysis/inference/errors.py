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


@dataclass(frozen=True, eq=False)
class Baseline:
    """What all placements in a stretch share: its known months (m,), which of them may be fitted, the design in an
    orthonormal basis (m, k) with its products (m, k * k), and the working correlations; `sound` is False where the
    design is deficient."""

    known: Ints
    fit: Bools
    basis: Floats
    outer: Floats
    correlations: tuple[Floats, ...]
    sound: bool

    @classmethod
    def of(cls, stretch: Stretch) -> Baseline:
        known = np.flatnonzero(stretch.finite)  # months without a figure carry no weight and cost no time
        fit, x = stretch.fit_months[known], stretch.x[known]
        found = _basis(x, fit)
        basis = x if found is None else found
        outer = (basis[:, :, None] * basis[:, None, :]).reshape(len(known), -1)
        correlations = tuple(correlation_matrix(rho, known) for rho in WORKING_RHOS)
        return cls(known, fit, basis, outer, correlations, found is not None)


def placements(stretch: Stretch, masks: Bools, least_months: int, baseline: Baseline | None = None) -> Placements:
    """The weights of each row of `masks` (p, n), a placement of windows in `stretch`; `baseline` saves making it anew.

    Method: with Q an orthonormal basis of the design over the months that may be fitted, least squares without
    the window W needs only the small matrix I - Q_W'Q_W; nothing is fitted anew month by month.
    """
    shared = baseline or Baseline.of(stretch)
    known, fit, basis = shared.known, shared.fit, shared.basis
    window = masks[:, known]
    used = (fit & ~window).sum(axis=1)
    kept = np.flatnonzero(window.any(axis=1) & (used >= max(least_months, 1)) & shared.sound)
    k = basis.shape[1]
    left = np.eye(k) - ((window[kept] & fit).astype(float) @ shared.outer).reshape(-1, k, k)
    sound = _regular(left)
    kept, left = kept[sound], left[sound]
    window = window[kept].astype(float)
    months = masks[kept][:, known].sum(axis=1)
    pull = np.linalg.solve(left, (window @ basis)[:, :, None])[:, :, 0]
    some = (window - fit * (1 - window) * (pull @ basis.T)) / months[:, None]
    variance = [((some @ matrix) * some).sum(axis=1) for matrix in shared.correlations]
    return Placements(known, some, months, np.column_stack(variance), used[kept], masks[kept] & stretch.finite)


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
