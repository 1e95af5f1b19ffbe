"""Many tests at once: p-values adjusted for the size of the family.

Source: Holm (1979, Scandinavian Journal of Statistics 6). NaN marks what was not tested: it stays NaN and does not
count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .arrays import Floats


def holm(p: npt.ArrayLike) -> Floats:
    """Adjusted p in the order given: compared with alpha, they bound the chance of any false alarm in the family."""
    values = np.asarray(p, dtype=float)
    known = np.flatnonzero(np.isfinite(values))
    if ((values[known] < 0) | (values[known] > 1)).any():
        raise ValueError("a p lies between 0 and 1")
    adjusted = np.full(values.shape, np.nan)
    order = known[np.argsort(values[known], kind="stable")]
    raised = np.maximum.accumulate(values[order] * (len(order) - np.arange(len(order))))
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted
