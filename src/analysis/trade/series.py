"""The yearly series of each basis, spliced by the declared list in data/trade/series_cells.csv.

A cell is one basis, year and measure. Its candidates stand in order of preference; the first whose
inputs were known by `as_of` makes the value. No cell takes inputs of two bases unless its row says so.

Two things keep a cell out of growth rates. Its row may declare it unfit, with a reason: then the cell is not `sound`.
Or the rounding of its figure is too coarse, by one rule for every year and basis: see `precise`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from ..catalogue import Catalogue, keyed, known_from
from ..errors import DataError
from . import MEASURES
from .periods import LARGEST_NOISE

TABLE = "trade/china_dprk_annual"
COLUMNS = (
    "value", "status", "quality", "fit", "precision", "compiler", "origin", "method", "reason", "rows", "sources",
    "sound", "low", "high",
)  # fmt: skip
# Per cent of a figure that its rounding may leave open where it carries growth. Compilers of one period differ by
# `LARGEST_NOISE` anyway; a growth rate rests on two years, so each may use up half of that.
LARGEST_ROUNDING = LARGEST_NOISE / 2


@dataclass(frozen=True)
class Cell:
    """One value of a series. `precision` is in the unit of the value; `origin` is customs, derived or elsewhere.

    `sound`: no reason against the cell is declared. `fit`: sound, and precise enough for growth. `low` and `high` are
    what rounding leaves, and the other candidates of the cell where they contradict it.
    """

    value: float
    status: str
    quality: str
    fit: bool
    precision: float
    compiler: str
    origin: str
    method: str
    reason: str
    rows: tuple[str, ...]
    sources: tuple[str, ...]
    sound: bool = False
    low: float = float("nan")
    high: float = float("nan")


def precise(value: float, precision: float) -> bool:
    """Whether the rounding of a figure is fine enough for growth: at most `LARGEST_ROUNDING` per cent of it."""
    return precision <= LARGEST_ROUNDING / 100 * abs(value)


def annual(catalogue: Catalogue, basis: str, as_of: date | None = None) -> pd.DataFrame:
    """All cells of a basis, one row per (year, measure) from the first year of any basis to the last.

    Columns are those of `Cell`; a year without a figure is a row with no value and an empty status.
    """
    table = keyed(catalogue.frame(TABLE), TABLE, ["row_id"])
    origins = catalogue.frame("trade/compilers").set_index("compiler")["kind"]
    cells = catalogue.frame("trade/series_cells")
    cells = cells[cells["basis"] == basis].sort_values(["year", "measure", "rank"])
    candidates: dict[tuple[int, str], list[Cell]] = {}
    for choice in cells.to_dict("records"):
        cell = _cell(choice, table, origins, as_of)
        if cell is not None:
            candidates.setdefault((int(choice["year"]), str(choice["measure"])), []).append(cell)
    made = {key: _with_rivals(known) for key, known in candidates.items()}
    first, last = catalogue.years
    index = pd.MultiIndex.from_product([range(first, last + 1), MEASURES], names=["year", "measure"])
    empty = Cell(float("nan"), "", "", False, float("nan"), "", "", "", "", (), ())
    records = [vars(made.get(key, empty)) for key in index]
    return pd.DataFrame.from_records(records, index=index, columns=list(COLUMNS))


def _with_rivals(candidates: list[Cell]) -> Cell:
    """The first candidate; its range takes in the others where rounding does not explain the difference."""
    first = candidates[0]
    rivals = [c for c in candidates[1:] if abs(c.value - first.value) > c.precision + first.precision]
    low, high = min([first.low, *(c.low for c in rivals)]), max([first.high, *(c.high for c in rivals)])
    return replace(first, low=low, high=high)


def _cell(choice: dict[str, object], table: pd.DataFrame, origins: pd.Series, as_of: date | None) -> Cell | None:
    ids = [str(choice[name]) for name in ("row_a", "row_b") if choice[name]]
    missing = [id for id in ids if id not in table.index]
    if missing:
        raise DataError(f"The table trade/series_cells names the row {missing[0]!r}, which {TABLE} does not have.")
    rows = [table.loc[id] for id in ids]
    if as_of is not None and any(known_from(row["published"], int(row["year"])) > as_of for row in rows):
        return None
    method = str(choice["method"])
    values, errors = [float(row["value"]) for row in rows], [float(row["precision"]) for row in rows]
    value, precision = combine(method, values, errors)
    status = str(rows[0]["status"]) if method == "printed" else "derived"
    origin = str(origins[rows[0]["compiler"]]) if method == "printed" and status != "derived" else "derived"
    # A share times a total, read out of Comtrade, is printed elsewhere rather than arithmetic of ours.
    if method == "printed" and status == "derived":
        origin = "elsewhere"
    sound = choice["fitness"] == "fit"
    return Cell(
        value=value, status=status, quality=max(str(row["quality"]) for row in rows),
        fit=sound and precise(value, precision), precision=precision, sound=sound,
        low=value - precision, high=value + precision,
        compiler=" and ".join(dict.fromkeys(str(row["compiler"]) for row in rows)), origin=origin,
        method=method, reason=str(choice["reason"]), rows=tuple(f"{TABLE}#{id}" for id in ids),
        sources=tuple(dict.fromkeys(s for row in rows for s in str(row["source_id"]).split(";"))),
    )  # fmt: skip


def combine(method: str, values: list[float], errors: list[float]) -> tuple[float, float]:
    """Value and error of a cell from its one or two inputs; the error is the worst case, not a variance.

    Methods: printed (a), sum (a + b), difference (a - b), undo_growth (a / (1 + b / 100)).
    """
    if method == "printed":
        return values[0], errors[0]
    if method == "sum":
        return values[0] + values[1], errors[0] + errors[1]
    if method == "difference":
        return values[0] - values[1], errors[0] + errors[1]
    if method == "undo_growth":
        factor = 1 + values[1] / 100
        return values[0] / factor, errors[0] / factor + values[0] * errors[1] / 100 / factor**2
    raise DataError(f"The table trade/series_cells has the unknown method {method!r}.")


FORMULAS = {
    "printed": "as printed",
    "sum": "sum of two printed figures",
    "difference": "difference of two printed figures",
    "undo_growth": "figure of the next year, with the printed growth undone",
}


def wide(
    cells: pd.DataFrame, column: str = "value", fit_only: bool = False, sound_only: bool = False
) -> pd.DataFrame:
    """Years by measure of one column; with `fit_only`, cells unfit for growth are left empty.

    With `sound_only` only those are that have a declared reason against them: amounts, differences and shares carry
    the rounding of their figures with them.
    """
    frame = cells[column]
    if fit_only or sound_only:
        frame = frame.where(cells["fit" if fit_only else "sound"])
    return frame.unstack("measure")[list(MEASURES)]


def span(cells: pd.DataFrame, start_year: int, end_year: int) -> pd.DataFrame:
    """The cells of the years from `start_year` to `end_year`."""
    years = cells.index.get_level_values("year")
    return cells[(years >= start_year) & (years <= end_year)]


def known_rows(catalogue: Catalogue, as_of: date | None = None) -> pd.DataFrame:
    """The printed rows known by `as_of`, of every basis and compiler, used by a series or not."""
    table = catalogue.frame(TABLE)
    if as_of is None:
        return table
    known = [known_from(p, int(y)) <= as_of for p, y in zip(table["published"], table["year"], strict=True)]
    return table[known]
