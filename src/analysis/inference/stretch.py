"""One stretch of months in which events are judged: the series, its baseline design, and the windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Stretch:
    """Contiguous calendar months of one flow within one regime.

    `y` (n,): log trade, NaN where no figure is fit to be used; `x` (n, k): the baseline design, without NaN (see
    `design`); `episodes`: first and last position of each merged window, both inclusive, in calendar order and
    apart from each other. With `opens` the event opens a regime: the stretch is the regime before it followed by
    the window, and baseline and placebo windows use only months before the first window. `pool` (n,) narrows
    the months that placebo windows may touch; without it, all of them. Raises ValueError where shapes
    or episodes contradict this.
    """

    y: Floats
    x: Floats
    episodes: tuple[tuple[int, int], ...]
    opens: bool = False
    pool: Bools | None = field(default=None)

    def __post_init__(self) -> None:
        y, x = np.asarray(self.y, dtype=float), np.asarray(self.x, dtype=float)
        if y.ndim != 1 or x.ndim != 2 or len(x) != len(y):
            raise ValueError(f"a stretch needs y (n,) and x (n, k), not {y.shape} and {x.shape}")
        if not np.isfinite(x).all() or np.isinf(y).any():
            raise ValueError("the design must be finite, and a missing month is NaN")
        if self.pool is not None and np.shape(self.pool) != y.shape:
            raise ValueError("the pool needs one entry a month")
        episodes = tuple((int(first), int(last)) for first, last in self.episodes)
        ends = [-1, *(last for _, last in episodes)]
        for (first, last), end in zip(episodes, ends, strict=False):
            if not 0 <= first <= last < len(y) or first <= end:
                raise ValueError(f"episodes must lie apart, in order and within {len(y)} months: {episodes}")
        object.__setattr__(self, "y", y)
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "episodes", episodes)

    @property
    def finite(self) -> Bools:
        """The months with a figure (n,)."""
        return np.isfinite(self.y)

    @property
    def fit_months(self) -> Bools:
        """The months that a baseline may use, windows apart (n,): all with a figure, or those before the event."""
        return self.finite & self._before

    @property
    def placebo_months(self) -> Bools:
        """The months, with or without a figure, that a placebo window may touch (n,)."""
        return self._before if self.pool is None else self._before & np.asarray(self.pool, dtype=bool)

    @property
    def _before(self) -> Bools:
        if not (self.opens and self.episodes):
            return np.ones(len(self.y), dtype=bool)
        return np.arange(len(self.y)) < self.episodes[0][0]

    @property
    def lengths(self) -> tuple[int, ...]:
        """Months of each window."""
        return tuple(last - first + 1 for first, last in self.episodes)

    @property
    def window(self) -> Bools:
        """The months of the windows, with or without a figure (n,)."""
        return mask_of(self.episodes, len(self.y))


def mask_of(episodes: Sequence[tuple[int, int]], n: int) -> Bools:
    """(n,) True at the months of the windows."""
    mask = np.zeros(n, dtype=bool)
    for first, last in episodes:
        mask[first : last + 1] = True
    return mask
