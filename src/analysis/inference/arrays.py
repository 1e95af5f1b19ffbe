"""The arrays of this package."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

TIE = 1e-9  # relative: values that should be equal differ by rounding, and must count as equal
