"""Every basis side by side: ratios, growth on each, and the range between them.

Bases are compared year by year. A growth rate always takes both of its years from one basis and, for
rivals inside a basis, from one compiler and vintage; nothing joins two bases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from ..catalogue import Catalogue
from . import series
from .rates import CONTRADICTED, Published


@dataclass(frozen=True)
class End:
    """One growth rate of the total of a year, and whose it is."""

    value: float
    whose: str
    rows: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class GrowthRange:
    """Growth of the total in a year by every source, per cent: computed on each basis, and as published."""

    year: int
    ends: tuple[End, ...]
    rates: dict[str, float]

    @property
    def lowest(self) -> End:
        return min(self.ends, key=lambda end: end.value)

    @property
    def highest(self) -> End:
        return max(self.ends, key=lambda end: end.value)

    @property
    def low(self) -> float:
        return self.lowest.value

    @property
    def high(self) -> float:
        return self.highest.value

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


def growth_ranges(rates_of: Mapping[str, pd.DataFrame], published: Iterable[Published] = ()) -> list[GrowthRange]:
    """For each year with growth of the total on two bases, or on one and as published: the range of all of them.

    `rates_of` gives the rates of each basis, see `rates.yearly`. A published rate that its own compiler's values
    contradict is left out; so is one of a year for which no basis has a rate.
    """
    ends: dict[int, list[End]] = {}
    on: dict[int, dict[str, float]] = {}
    for basis, frame in rates_of.items():
        for (year, measure), rate in frame.iterrows():
            if measure == "total":
                ends.setdefault(int(year), []).append(End(rate["value"], basis, rate["rows"], rate["sources"]))
                on.setdefault(int(year), {})[basis] = float(rate["value"])
    for rate in published:
        usable = rate.measure == "total" and rate.quality != CONTRADICTED and rate.basis in rates_of
        if usable and rate.period.isdigit() and int(rate.period) in ends:
            whose = f"{rate.compiler}, as published"
            ends[int(rate.period)].append(End(rate.value, whose, rate.rows, rate.sources))
    return [GrowthRange(year, tuple(known), on[year]) for year, known in sorted(ends.items()) if len(known) > 1]
