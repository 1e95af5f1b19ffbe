"""An event that opens a regime: its effect against the size of its placebos, judged by noise.

The placebo windows all lie in the months before, overlap each other, and are forecast from both sides; the event is a
forecast beyond the end. So its rank among them raises false alarms far too often: about 20 per cent of series without
an effect, for a 12-month window after three years. Here the ratio of the event to the root mean square of its placebos
is compared with the same ratio in Gaussian AR(1) noise over the same months. Both are linear in the series, so the
chance of a larger ratio is that of a quadratic form in normal variables above zero; it is integrated, not drawn, and
hangs on no seed. Sources: Andrews (2003, Econometrica 71) for a break at the end of a sample; Dufour (2006, Journal of
Econometrics 133) for the largest p over what is not known; Gil-Pelaez (1951, Biometrika 38) for the integral.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .noise import RHOS, correlation_matrix
from .placebo import Joint, less_others
from .stretch import Floats

STEPS = np.arange(-22.0, 16.0, 0.1)  # of the integral, in the log of the frequency
CHUNK = 100  # series at once
HALVINGS = 24


@dataclass(frozen=True, eq=False)
class Reference:
    """For each of `RHOS`: `event` (m,) and `placebos` (m,), such that with independent standard normal z the squared
    ratio without an effect is distributed as (event'z)^2 / sum(placebos * z^2)."""

    event: tuple[Floats, ...]
    placebos: tuple[Floats, ...]

    @property
    def smallest_p(self) -> float:
        """No p is too small to be reached: the integral has no last place, as a rank has."""
        return 0.0

    def p_values(self, joint: Joint, effects: Floats) -> Floats:
        """(s,) chance of a ratio at least as large without an effect, the largest over `RHOS`, for effects (p, s)."""
        return self.chance(ratios(joint, effects))

    def chance(self, ratio: Floats) -> Floats:
        """(s,) chance of at least the ratios (s,), the largest over `RHOS`."""
        found = [
            np.concatenate([_above(ratio[i : i + CHUNK], c, b) for i in range(0, len(ratio), CHUNK)])
            for c, b in zip(self.event, self.placebos, strict=True)
        ]
        return np.asarray(np.max(found, axis=0))

    def critical(self, alpha: float) -> float:
        """The ratio from which the chance is at most `alpha`."""
        low, high = 1e-2, 1e4
        for _ in range(HALVINGS):
            middle = float(np.sqrt(low * high))
            low, high = (middle, high) if self.chance(np.array([middle]))[0] > alpha else (low, middle)
        return high


def reference(joint: Joint) -> Reference:
    """What the ratio of `joint` does without an effect, in Gaussian AR(1) noise, independent between stretches."""
    months = np.sum([part.months[row] for part, row in zip(joint.parts, joint.rows.T, strict=True)], axis=0)
    weights = np.hstack(
        [(part.weights * part.months[:, None])[row] for part, row in zip(joint.parts, joint.rows.T, strict=True)]
    )
    statistics = less_others(weights / months[:, None]) / joint.scale[-1][:, None]
    squares = statistics[1:].T @ statistics[1:] / joint.placements
    event, placebos = [], []
    for rho in RHOS:
        root = _block([np.asarray(np.linalg.cholesky(correlation_matrix(rho, part.known))) for part in joint.parts])
        values, vectors = np.linalg.eigh(root.T @ squares @ root)
        event.append(vectors.T @ (root.T @ statistics[0]))
        placebos.append(np.maximum(values, 0.0))
    return Reference(tuple(event), tuple(placebos))


def ratios(joint: Joint, effects: Floats) -> Floats:
    """(s,) size of the standardised observed effect over the root mean square of its placebos, from (p, s)."""
    statistics = less_others(effects) / joint.scale[-1][:, None]
    yardstick = np.sqrt((statistics[1:] ** 2).mean(axis=0))
    return np.asarray(np.abs(statistics[0]) / np.maximum(yardstick, np.finfo(float).tiny))


def _above(ratio: Floats, event: Floats, placebos: Floats) -> Floats:
    """(s,) chance that (event'z)^2 - ratio^2 sum(placebos z^2) is above zero.

    The determinant behind the characteristic function of a rank-one change of a diagonal form needs no eigenvalues.
    Its last factor has a negative imaginary part at every frequency, so the principal logarithm is the right one.
    """
    size = event @ event + ratio**2 * placebos.sum()
    if not size.all():
        return np.ones(len(ratio))
    u = (np.exp(STEPS)[None, :] / size[:, None])[..., None]  # the integrand lives around one over the size of the form
    spread = 1 + 2j * u * (ratio[:, None, None] ** 2 * placebos)
    last = 1 - 2j * u[..., 0] * (event**2 / spread).sum(axis=2)
    phi = np.exp(-0.5 * (np.log(spread).sum(axis=2) + np.log(last)))
    area = phi.imag.sum(axis=1) * (STEPS[1] - STEPS[0])
    return np.asarray(np.clip(0.5 + area / np.pi, 0.0, 1.0))


def _block(matrices: Sequence[Floats]) -> Floats:
    """The matrices along the diagonal."""
    size = sum(len(matrix) for matrix in matrices)
    whole, start = np.zeros((size, size)), 0
    for matrix in matrices:
        whole[start : start + len(matrix), start : start + len(matrix)] = matrix
        start += len(matrix)
    return whole
