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
SEARCHED, TOLERANCE = (1e-2, 1e4), 1e-6  # of a critical ratio: where it is looked for, and how closely
SPAN = 1.0  # of the first steps, in logarithms


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
        """The ratio from which the chance is at most `alpha`, to `TOLERANCE`; never below it.

        The chance falls as the ratio grows. The root is closed in by false position with the Illinois rule, in
        logarithms, where the curve is nearly straight: a third of the integrals that halving would take.
        """

        def above(log_ratio: float) -> float:
            chance = float(self.chance(np.array([np.exp(log_ratio)]))[0])
            return float(np.log(max(chance, np.finfo(float).tiny)) - np.log(alpha))

        least, most = (float(np.log(bound)) for bound in SEARCHED)
        low = high = 0.0
        at_low = at_high = above(0.0)
        while at_low <= 0 and low > least:
            low, high, at_high = low - SPAN, low, at_low
            at_low = above(low)
        while at_high > 0 and high < most:
            low, high, at_low = high, high + SPAN, at_high
            at_high = above(high)
        if at_low <= 0 or at_high > 0:
            return float(np.exp(low if at_low <= 0 else high))
        side = 0
        while high - low > TOLERANCE:
            middle = (low * at_high - high * at_low) / (at_high - at_low)
            # A step that only creeps along one end is drawn inside by a part of the tolerance.
            middle = min(max(middle, low + TOLERANCE / 4), high - TOLERANCE / 4)
            value = above(middle)
            if value > 0:
                low, at_low = middle, value
                at_high /= 2 if side == 1 else 1
                side = 1
            else:
                high, at_high = middle, value
                at_low /= 2 if side == -1 else 1
                side = -1
        return float(np.exp(high))


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
