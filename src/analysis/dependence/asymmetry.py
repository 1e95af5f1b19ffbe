"""What the two sides mean to each other: the DPRK's deficit with China, by year and cumulated.

A deficit is China's exports to the DPRK less its imports from there, so a positive figure is what the DPRK has
not paid by goods. Customs leave out crude oil since 2014; KOTRA's named estimate is added where one was printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..catalogue import Catalogue
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
    best: list[Deficit] = []
    run: list[Deficit] = []
    for year in sorted(series):
        run = [*run, series[year]] if series[year].value.value is not None else []
        if run and len(run) >= len(best):
            best = run
    return best
