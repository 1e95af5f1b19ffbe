"""Constant dollars: the US consumer price index by year.

Rule: a year's index is the mean of the months that were published. A year with fewer than eleven months
has no index, so a year still running is not deflated; October 2025 was never published.
"""

from __future__ import annotations

import pandas as pd

from ..catalogue import Catalogue

MONTHS_NEEDED = 11


def yearly_index(catalogue: Catalogue) -> pd.Series:
    """Mean consumer price index per year (1982-84 = 100), years with eleven or twelve months only."""
    months = catalogue.frame("macro/us_cpi").dropna(subset=["value"])
    by_year = months.groupby(months["month"].str[:4].astype(int))["value"]
    means = by_year.mean()[by_year.count() >= MONTHS_NEEDED]
    return means.rename_axis("year")


def missing_months(catalogue: Catalogue) -> list[str]:
    """Months inside the span of the index that were never published, as YYYY-MM."""
    months = catalogue.frame("macro/us_cpi").dropna(subset=["value"])["month"]
    every = pd.period_range(months.min(), months.max(), freq="M").astype(str)
    return sorted(set(every) - set(months))


def constant(values: pd.Series, index: pd.Series, base_year: int) -> pd.Series:
    """`values` by year in prices of `base_year`; empty where a year has no index."""
    return values * index[base_year] / index.reindex(values.index)
