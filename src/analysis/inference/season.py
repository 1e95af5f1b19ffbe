"""A season as one sine and one cosine a year."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .arrays import Floats


def season(month_of_year: npt.ArrayLike) -> Floats:
    """(n, 2) cosine and sine of months from 1 to 12; a column that does not vary is left out. ValueError for others."""
    months = np.asarray(month_of_year)
    if not np.isin(months, np.arange(1, 13)).all():
        raise ValueError("a month of the year lies between 1 and 12")
    angle = 2 * np.pi * months / 12
    columns = [column for column in (np.cos(angle), np.sin(angle)) if np.ptp(column) > 0]
    return np.column_stack(columns) if columns else np.zeros((len(months), 0))
