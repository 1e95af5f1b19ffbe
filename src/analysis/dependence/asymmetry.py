"""What the two sides mean to each other: the DPRK's deficit with China, by year and cumulated.

A deficit is China's exports to the DPRK less its imports from there, so a positive figure is what the DPRK has
not paid by goods. Customs leave out crude oil since 2014; KOTRA's named estimate is added where one was printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from ..catalogue import Catalogue
from ..trade import growth
from .amounts import Amount, add, less
from .trade import Book

if TYPE_CHECKING:
    from ..parameters import ReportParameters


@dataclass(frozen=True)
class Deficit:
    """The deficit of one year, and what the DPRK sold to China in it."""

    year: int
    value: Amount
    dprk_exports: Amount


def deficits(catalogue: Catalogue, parameters: ReportParameters) -> dict[str, dict[int, Deficit]]:
    """The deficit with China by record and year: customs, customs_with_crude (known estimates added), kotra."""
    book = Book(catalogue, parameters.as_of)
    made: dict[str, dict[int, Deficit]] = {"customs": {}, "customs_with_crude": {}, "kotra": {}}
    for year in range(parameters.start_year, parameters.end_year + 1):
        sells, buys = book.customs(year, "exports"), book.customs(year, "imports")
        made["customs"][year] = Deficit(year, less(sells, buys), buys)
        made["customs_with_crude"][year] = Deficit(year, less(add([sells, book.oil(year)]), buys), buys)
        sells, buys = book.kotra_china(year, "sells"), book.kotra_china(year, "buys")
        made["kotra"][year] = Deficit(year, less(sells, buys), buys)
    return made


def longest(series: dict[int, Deficit]) -> list[Deficit]:
    """The longest unbroken run of years with a deficit, the later one of two equal runs."""
    known = pd.Series({year: deficit.value.value for year, deficit in series.items()}, dtype=float)
    run = growth.longest_run(known) if len(known) else None
    return [] if run is None else [series[year] for year in range(run[0], run[1] + 1)]


def latest(series: dict[int, Deficit]) -> list[Deficit]:
    """The unbroken run of years that ends with the last year with a deficit."""
    run: list[Deficit] = []
    for year in sorted(series, reverse=True):
        if series[year].value.value is not None:
            run = [series[year], *run]
        elif run:
            break
    return run
