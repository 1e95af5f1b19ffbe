"""The yearly trade of a pair as BACI has it, in the shape in which every yearly series of a report stands."""

from __future__ import annotations

from datetime import date

import pandas as pd

from ..catalogue import Catalogue, known_from
from ..countries import Pair
from ..dependence.baci import TABLE, WORLD
from ..trade import MEASURES
from ..trade.series import COLUMNS, Cell, precise

__all__ = ["TABLE", "WORLD", "annual"]
COMPILER, ORIGIN = "baci", "elsewhere"
EMPTY = Cell(float("nan"), "", "", False, float("nan"), "", "", "", "", (), ())


def annual(catalogue: Catalogue, pair: Pair, first: int, last: int, as_of: date | None = None) -> pd.DataFrame:
    """All cells by (year, measure), as `trade.series.annual` gives them; exports are those of the pair's reporter.

    Of the newest version known by `as_of`. A year without a flow is a gap, and so is then the total.
    """
    frame = catalogue.frame(TABLE)
    frame = frame[frame["goods"] == "all"]
    if as_of is not None:
        dates = zip(frame["published"], frame["year"], strict=True)
        known = [known_from(str(published), int(year)) <= as_of for published, year in dates]
        frame = frame[pd.Series(known, index=frame.index, dtype=bool)]
    ways = {"exports": (pair.reporter, pair.partner), "imports": (pair.partner, pair.reporter)}
    flows = {
        measure: frame[(frame["exporter"] == seller) & (frame["importer"] == buyer)]
        for measure, (seller, buyer) in ways.items()
    }
    newest = max((str(rows["vintage"].max()) for rows in flows.values() if len(rows)), default="")
    made: dict[tuple[int, str], Cell] = {}
    for measure, rows in flows.items():
        for row in rows[rows["vintage"] == newest].to_dict("records"):
            made[int(row["year"]), measure] = _cell(row)
    for year in {year for year, _ in made}:
        if (year, "exports") in made and (year, "imports") in made:
            made[year, "total"] = _sum(made[year, "exports"], made[year, "imports"])
    index = pd.MultiIndex.from_product([range(first, last + 1), MEASURES], names=["year", "measure"])
    return pd.DataFrame.from_records([vars(made.get(key, EMPTY)) for key in index], index=index, columns=list(COLUMNS))


def _cell(row: dict[str, object]) -> Cell:
    value, precision = float(str(row["value"])), float(str(row["precision"]))
    return Cell(
        value=value, status=str(row["status"]), quality=str(row["quality"]), fit=precise(value, precision),
        precision=precision, sound=True, low=value - precision, high=value + precision,
        compiler=COMPILER, origin=ORIGIN, method="printed", reason="",
        rows=(f"{TABLE}#{row['row_id']}",), sources=(str(row["source_id"]),),
    )  # fmt: skip


def _sum(a: Cell, b: Cell) -> Cell:
    value, precision = a.value + b.value, a.precision + b.precision
    return Cell(
        value=value, status="derived", quality=max(a.quality, b.quality), fit=precise(value, precision),
        precision=precision, sound=True, low=value - precision, high=value + precision,
        compiler=COMPILER, origin="derived", method="sum", reason="",
        rows=(*a.rows, *b.rows), sources=tuple(dict.fromkeys((*a.sources, *b.sources))),
    )  # fmt: skip
