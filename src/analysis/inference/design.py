"""The design of a baseline: constant, trend, season, controls. Arrays only; no figure is filled in."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from .stretch import Floats

Season = Literal["harmonic", "dummies", "none"]


def design(
    month_of_year: npt.ArrayLike,
    *,
    trend: bool = True,
    season: Season = "harmonic",
    controls: npt.ArrayLike | None = None,
    lunar: npt.ArrayLike | None = None,
) -> Floats:
    """(n, k) design of contiguous months: a constant, a linear trend per year, a season, controls.

    `month_of_year` (n,) runs from 1 to 12. `harmonic` is one sine and cosine a year (2 columns), fit for
    stretches of two or three years; `dummies` are eleven month effects; `controls` (n,) or (n, c) come in logs and
    without NaN; `lunar` (n,) is the share of the lunar new year holiday that falls into the month. Columns that
    do not vary are left out, apart from the constant. ValueError for a month that is none.
    """
    months = np.asarray(month_of_year)
    if not np.isin(months, np.arange(1, 13)).all():
        raise ValueError("a month of the year lies between 1 and 12")
    n = len(months)
    columns = [np.ones(n)]
    if trend:
        columns.append((np.arange(n) - (n - 1) / 2) / 12)
    if season == "harmonic":
        angle = 2 * np.pi * months / 12
        columns += [np.cos(angle), np.sin(angle)]
    elif season == "dummies":
        columns += [(months == month).astype(float) for month in np.unique(months)[1:]]
    elif season != "none":
        raise ValueError(f"the season is harmonic, dummies or none, not {season!r}")
    for extra in (controls, lunar):
        if extra is not None:
            columns += list(np.asarray(extra, dtype=float).reshape(n, -1).T)
    return np.column_stack([columns[0], *(column for column in columns[1:] if np.ptp(column) > 0)])
