"""Every basis side by side: ratios, growth on each, and the range between them.

Bases are compared year by year. A growth rate always takes both of its years from one basis and, for
rivals inside a basis, from one compiler and vintage; nothing joins two bases.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from ..catalogue import Catalogue
from . import growth, series


@dataclass(frozen=True)
class GrowthRange:
    """Lowest and highest growth of the total in a year, per cent, and which basis gives each."""

    year: int
    low: float
    high: float
    low_basis: str
    high_basis: str
    rates: dict[str, float]

    @property
    def changes_sign(self) -> bool:
        return self.low < 0 < self.high


def totals(catalogue: Catalogue, measure: str = "total", as_of: date | None = None) -> pd.DataFrame:
    """Years by basis of one measure, unfit cells left empty."""
    return pd.DataFrame({
        basis: series.wide(series.annual(catalogue, basis, as_of), fit_only=True)[measure]
        for basis in catalogue.bases
    })


def ratios(frame: pd.DataFrame, reference: str = "customs") -> pd.DataFrame:
    """Each basis divided by the reference, year by year."""
    return frame.drop(columns=reference).div(frame[reference], axis=0)


def growth_ranges(frame: pd.DataFrame) -> list[GrowthRange]:
    """For each year with a growth rate on two bases or more: the range between them."""
    rates = frame.apply(growth.year_on_year)
    found = []
    for year, row in rates.iterrows():
        known = row.dropna()
        if len(known) >= 2:
            found.append(GrowthRange(
                int(str(year)), float(known.min()), float(known.max()), str(known.idxmin()), str(known.idxmax()),
                {str(basis): float(rate) for basis, rate in known.items()},
            ))  # fmt: skip
    return found
