"""An event that opens a regime: its effect against the size of its placebos, judged by simulated noise.

The placebo windows all lie in the months before, overlap each other, and are forecast from both sides; the event is a
forecast beyond the end. So its rank among them raises false alarms far too often: about 20 per cent of series without
an effect, for a 12-month window after three years. Here the ratio of the event to the root mean square of its placebos
is compared with the same ratio in simulated series over the same months. Sources: Andrews (2003, Econometrica 71) for a
break at the end of a sample; Dufour (2006, Journal of Econometrics 133) for the largest p over what is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .noise import RHOS, known_series
from .placebo import TIE, Joint, less_others
from .stretch import Floats, Stretch


@dataclass(frozen=True, eq=False)
class Reference:
    """Sorted ratios (simulations,) without an effect, for each of `RHOS`."""

    ratios: tuple[Floats, ...]

    @property
    def smallest_p(self) -> float:
        """The smallest p that so many simulations can give."""
        return 1 / (1 + len(self.ratios[0]))

    def p_values(self, joint: Joint, effects: Floats) -> Floats:
        """(s,) share of simulated ratios at least as large, the largest over `RHOS`, for effects (p, s)."""
        ratio = ratios(joint, effects) * (1 - TIE)
        above = [len(known) - np.searchsorted(known, ratio, side="left") for known in self.ratios]
        return np.asarray((1 + np.max(above, axis=0)) / (1 + len(self.ratios[0])))


def reference(joint: Joint, stretches: Sequence[Stretch], simulations: int, rng: np.random.Generator) -> Reference:
    """Ratios of `simulations` series of Gaussian AR(1) noise, independent between stretches, for each of `RHOS`."""
    drawn = [known_series(RHOS, len(s.y), part.known, simulations, rng)
             for s, part in zip(stretches, joint.parts, strict=True)]  # fmt: skip
    return Reference(tuple(np.sort(ratios(joint, joint.effects(series))) for series in zip(*drawn, strict=True)))


def ratios(joint: Joint, effects: Floats) -> Floats:
    """(s,) size of the standardised observed effect over the root mean square of its placebos, from (p, s)."""
    statistics = less_others(effects) / joint.scale[-1][:, None]
    yardstick = np.sqrt((statistics[1:] ** 2).mean(axis=0))
    return np.asarray(np.abs(statistics[0]) / np.maximum(yardstick, np.finfo(float).tiny))
