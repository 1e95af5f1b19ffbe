"""Many tests at once: p-values adjusted for the size of the family.

Sources: Holm (1979, Scandinavian Journal of Statistics 6); Benjamini and Hochberg (1995, JRSS B 57).
NaN marks a cell that was not tested: it stays NaN and does not count.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .stretch import Floats


def holm(p: npt.ArrayLike) -> Floats:
    """Adjusted p in the order given: compared with alpha, they bound the chance of any false alarm in the family."""
    return _stepwise(p, lambda ordered, m: np.maximum.accumulate(ordered * (m - np.arange(m))))


def benjamini_hochberg(p: npt.ArrayLike) -> Floats:
    """Adjusted p in the order given: the expected share of false alarms among the findings."""
    return _stepwise(
        p, lambda ordered, m: np.minimum.accumulate((ordered * m / np.arange(1, m + 1))[::-1])[::-1]
    )


def smallest_after_holm(smallest_p: float, family: int) -> float:
    """The smallest p after Holm's correction in a family of that size, should all others be larger."""
    return min(1.0, smallest_p * family)


def _stepwise(p: npt.ArrayLike, adjust: Callable[[Floats, int], Floats]) -> Floats:
    values = np.asarray(p, dtype=float)
    known = np.flatnonzero(np.isfinite(values))
    if ((values[known] < 0) | (values[known] > 1)).any():
        raise ValueError("a p lies between 0 and 1")
    adjusted = np.full(values.shape, np.nan)
    order = known[np.argsort(values[known], kind="stable")]
    adjusted[order] = np.minimum(adjust(values[order], len(order)), 1.0)
    return adjusted
