"""Growth, contributions, peaks and cumulated balances of a yearly series.

All functions take years as the index and leave a gap where an input is missing: 1984 is not the year
before 1988. Growth is in per cent, contributions in percentage points of the total a year before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd


def _previous(values: pd.Series) -> pd.Series:
    years = pd.RangeIndex(int(values.index.min()), int(values.index.max()) + 1)
    return values.reindex(years).shift(1).reindex(values.index)


def year_on_year(values: pd.Series) -> pd.Series:
    """Change on the calendar year before, in per cent."""
    return (values / _previous(values) - 1) * 100


def log_growth(values: pd.Series) -> pd.Series:
    """Change of the natural logarithm times 100 (log points)."""
    positive = values.where(values > 0)
    return (np.log(positive) - np.log(_previous(positive))) * 100


def growth_error(values: pd.Series, errors: pd.Series) -> pd.Series:
    """Half width, in percentage points, that the rounding of both years leaves on `year_on_year`."""
    before, error_before = _previous(values), _previous(errors)
    return 100 * (errors / before + values * error_before / before**2)


def contributions(exports: pd.Series, imports: pd.Series, total: pd.Series) -> pd.DataFrame:
    """Percentage points that each flow adds to the growth of the total.

    Columns exports, imports and unassigned: totals stay as printed, so the two flows need not add up.
    """
    base = _previous(total)
    frame = pd.DataFrame({
        "exports": (exports - _previous(exports)) / base * 100,
        "imports": (imports - _previous(imports)) / base * 100,
    })
    frame["unassigned"] = year_on_year(total) - frame["exports"] - frame["imports"]
    return frame


@dataclass(frozen=True)
class Cagr:
    """Compound annual growth rate between the first and last usable years of a span, in per cent."""

    first_year: int
    last_year: int
    first: float
    last: float

    @property
    def years(self) -> int:
        return self.last_year - self.first_year

    @property
    def percent(self) -> float:
        return float(((self.last / self.first) ** (1 / self.years) - 1) * 100)


def cagr(values: pd.Series, start_year: int | None = None, end_year: int | None = None) -> Cagr | None:
    """CAGR between the first and last positive values from `start_year` to `end_year`; None if under two."""
    usable = values[values > 0].loc[start_year:end_year]
    if len(usable) < 2:
        return None
    first, last = int(usable.index[0]), int(usable.index[-1])
    return Cagr(first, last, float(usable.iloc[0]), float(usable.iloc[-1]))


def distance_from_peak(values: pd.Series) -> pd.Series:
    """Per cent below the highest value of any year so far; 0 in the year of a peak."""
    return (values / values.cummax() - 1) * 100


def cover_ratio(exports: pd.Series, imports: pd.Series) -> pd.Series:
    """China's imports from the DPRK as a share of its exports to it, per cent: how far the DPRK pays by goods."""
    return imports / exports * 100


def longest_run(values: pd.Series) -> tuple[int, int] | None:
    """First and last year of the longest unbroken run of values; the later one of two equal runs."""
    best: tuple[int, int] | None = None
    first: int | None = None
    for year in range(int(values.index.min()), int(values.index.max()) + 1):
        if year not in values.index or math.isnan(float(values[year])):
            first = None
            continue
        first = year if first is None else first
        if best is None or year - first >= best[1] - best[0]:
            best = (first, year)
    return best


def cumulated(balance: pd.Series) -> pd.Series:
    """Running sum of a yearly balance over its longest unbroken run; empty when there is no value."""
    run = longest_run(balance)
    return balance.iloc[0:0] if run is None else balance.loc[run[0] : run[1]].cumsum()
