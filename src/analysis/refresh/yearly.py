"""Yearly totals of China-DPRK trade as new vintages: rows of their own, and first choice in the cells of their basis.

Nothing that stands is written over. A row that differs from what stands joins it, with the day of the fetch as the day
from which it counts as known; the cells name it first and keep what they named before, which an edition of an earlier
`as_of` then takes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..catalogue import Catalogue
from ..trade import MEASURES, series
from . import package
from .changes import Changes, Figure, Key
from .package import Row, Rows

TABLE, CELLS = series.TABLE, "trade/series_cells"
BASIS = "comtrade"
MILLION, HALF_A_DOLLAR = 1e6, 5e-7


@dataclass(frozen=True)
class Print:
    """What the rows of one fetch have in common: their basis and compiler, their grade, when they appeared, and why."""

    basis: str
    compiler: str
    status: str
    quality: str
    published: str
    source_id: str
    reason: str = "as fetched from the publisher"
    note: str = ""


def standing(catalogue: Catalogue, years: range, basis: str = BASIS) -> dict[Key, Figure]:
    """What the basis shows of `years` today: exports and imports, in millions of dollars, by year and measure."""
    cells = series.span(series.annual(catalogue, basis), years.start, years.stop - 1)
    known = cells[cells["value"].notna()]
    return {
        (str(year), measure): Figure(float(row["value"]), float(row["precision"]))
        for (year, measure), row in known.iterrows()
        if measure != "total"
    }


def vintages(
    catalogue: Catalogue, changes: Changes, fetched: Mapping[Key, Figure], printed: Print
) -> dict[str, Rows]:
    """The tables with a row for each new and each changed figure, and for the total of a year that has both.

    A year of which one flow differs gets both as fetched, so that parts and total are of one vintage.
    """
    rows, cells = package.table(catalogue, TABLE), package.table(catalogue, CELLS)
    touched = {key[0] for key in (*changes.new, *(one.key for one in changes.changed))}
    stand = set(standing(catalogue, range(*_ends(touched)), printed.basis)) if touched else set()
    for year in sorted(touched):
        ids = {}
        for measure in ("exports", "imports"):
            if (year, measure) in fetched:
                earlier = (year, measure) in stand
                row = _row(year, measure, fetched[year, measure], earlier, printed, {r["row_id"] for r in rows})
                rows.append(row)
                ids[measure] = row["row_id"]
                _first_choice(cells, printed.basis, year, measure, "printed", [row["row_id"]], printed.reason)
        if len(ids) == 2:
            parts = list(ids.values())
            _first_choice(cells, printed.basis, year, "total", "sum", parts, "parts of the same basis and vintage")
    rows.sort(key=lambda row: int(row["year"]))
    bases = list(dict.fromkeys(cell["basis"] for cell in cells))
    cells.sort(key=lambda c: (bases.index(c["basis"]), int(c["year"]), MEASURES.index(c["measure"]), int(c["rank"])))
    return {TABLE: rows, CELLS: cells}


def without(catalogue: Catalogue, sources: Collection[str]) -> dict[str, Rows]:
    """The tables without the rows of these sources: the cells name what they named before."""
    rows, cells = package.table(catalogue, TABLE), package.table(catalogue, CELLS)
    gone = {row["row_id"] for row in rows if row["source_id"] in sources}
    kept = [cell for cell in cells if not gone & {cell["row_a"], cell["row_b"]}]
    ranks: dict[tuple[str, ...], int] = {}
    if gone:
        for cell in kept:
            key = (cell["basis"], cell["year"], cell["measure"])
            ranks[key] = ranks.get(key, 0) + 1
            cell["rank"] = str(ranks[key])
    return {TABLE: [row for row in rows if row["row_id"] not in gone], CELLS: kept}


def _ends(years: set[str]) -> tuple[int, int]:
    numbers = [int(year) for year in years]
    return min(numbers), max(numbers) + 1


def _row(
    year: str, measure: str, figure: Figure, earlier: bool, printed: Print, taken: set[Any]
) -> Row:  # fmt: skip
    stem = f"{year}-{measure}-{printed.compiler}"
    id = next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, 1000))) if name not in taken)
    return {
        "row_id": id, "year": year, "measure": measure, "value": repr(round(figure.value, 6)), "unit": "usd_million",
        "basis": printed.basis, "compiler": printed.compiler, "status": printed.status, "quality": printed.quality,
        "precision": repr(figure.precision), "vintage": "revised" if earlier else "", "published": printed.published,
        "source_id": printed.source_id, "note": printed.note,
    }  # fmt: skip


def _first_choice(
    cells: Rows, basis: str, year: str, measure: str, method: str, ids: list[str], reason: str
) -> None:  # fmt: skip
    for cell in cells:
        if (cell["basis"], cell["year"], cell["measure"]) == (basis, year, measure):
            cell["rank"] = str(int(cell["rank"]) + 1)
    row_a, row_b = [*ids, ""][:2]
    cells.append({
        "basis": basis, "year": year, "measure": measure, "rank": "1", "method": method, "row_a": row_a, "row_b": row_b,
        "fitness": "fit", "reason": reason,
    })  # fmt: skip
