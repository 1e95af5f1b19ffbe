"""What a test could have found: the smallest effect detected with a given chance, by simulation of the very test.

Noise like that of the baseline is drawn for the real months, an effect is planted in the window months, and the p is
computed by the function that makes the report's. An effect also reaches those placebos whose windows or baseline
touch the event; the simulation contains that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .noise import known_series
from .placebo import Joint
from .stretch import Floats, Stretch

LARGEST = 40.0  # standard deviations of the noise: no effect beyond is looked for
STEPS = 12  # halvings of the search

Test = Callable[[Joint, Floats], Floats]


def noise_effects(
    joint: Joint, stretches: Sequence[Stretch], rho: Sequence[float], sd: Sequence[float], draws: int,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """(p, draws) effects of series that hold AR(1) noise and nothing else, each stretch with its own rho and sd."""
    return joint.effects([
        s * known_series([r], len(stretch.y), part.known, draws, rng)[0]
        for stretch, part, r, s in zip(stretches, joint.parts, rho, sd, strict=True)
    ])


def planted(joint: Joint, stretches: Sequence[Stretch]) -> Floats:
    """(p, 1) what an effect of one in every window month does to each placement: one in row 0."""
    return joint.effects([s.window.astype(float)[:, None] for s in stretches])


def power(joint: Joint, test: Test, noise: Floats, response: Floats, size: float, alpha: float) -> float:
    """Share of simulated series in which an effect of `size` gets a p of at most `alpha`."""
    return float((test(joint, noise + size * response) <= alpha).mean())


def detectable(
    joint: Joint, test: Test, noise: Floats, response: Floats, alpha: float, wanted: float
) -> float | None:
    """The smallest effect, in the unit of the noise, that is found with the chance `wanted`.

    None where no size is: the smallest p exceeds `alpha` ("could not have rejected"), or the effect would swamp
    its own placebos. The noise is symmetric, so the same holds for a fall.
    """
    high = LARGEST * float(np.sqrt((noise[0] ** 2).mean()))
    if high == 0 or power(joint, test, noise, response, high, alpha) < wanted:
        return None
    low = 0.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        if power(joint, test, noise, response, middle, alpha) < wanted:
            low = middle
        else:
            high = middle
    return high
