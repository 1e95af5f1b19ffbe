"""China's share of the DPRK's trade under every definition that the data allow.

Part and whole of a share come from one compiler; a definition that mixes two is a check, never a headline.
Flows of the table of DPRK totals are seen from the DPRK: its imports are China's exports.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..catalogue import Catalogue
from ..reading import remembered
from ..trade import series
from ..trade.yearly import decimals_of
from . import partners
from .amounts import Amount, Share, add, gap, less, share
from .records import absent, known

if TYPE_CHECKING:
    from ..parameters import ReportParameters

# How a cell of the yearly series that is made of two rows joins them.
SIGNS = {"sum": " + ", "difference": " - "}
UNIT = "usd_million"
TOTALS, INTER_KOREAN, WORLD = "trade/dprk_total_annual", "trade/inter_korean", "trade/china_world_trade"
# What is one flow in two tables: China's side, the DPRK's side, and the way between the two Koreas.
FLOWS = {
    "trade": ("total", "total", "total"), "sells": ("exports", "dprk_imports", "south_to_north"),
    "buys": ("imports", "dprk_exports", "north_to_south"),
}  # fmt: skip
NO_ESTIMATE = "KOTRA's figure contains an estimate of crude oil, and how large it is was not found for this year"


def shares(catalogue: Catalogue, parameters: ReportParameters) -> dict[str, dict[int, Share]]:
    """Every share of trade by definition and year; a year without data is a share without value and with a reason."""
    years = range(parameters.start_year, parameters.end_year + 1)
    book = Book(catalogue, parameters.as_of)
    made: dict[str, dict[int, Share]] = {}
    for name, flow in (("trade_share", "trade"), ("export_share", "buys"), ("import_share", "sells")):
        china = {y: book.kotra_china(y, flow) for y in years}
        whole = {y: book.kotra_world(y, flow) for y in years}
        south = {y: book.inter_korean(y, flow) for y in years}
        made[f"{name}.kotra"] = {y: share(china[y], whole[y]) for y in years}
        made[f"{name}.with_inter_korean"] = {y: share(china[y], add([whole[y], south[y]])) for y in years}
        if flow == "buys":
            continue
        oil = {y: book.oil(y) for y in years}
        made[f"{name}.kotra_without_crude"] = {
            y: share(less(china[y], oil[y]), less(whole[y], oil[y])) for y in years
        }  # fmt: skip
        if flow == "trade":
            made[f"{name}.with_inter_korean_without_crude"] = {
                y: share(less(china[y], oil[y]), add([less(whole[y], oil[y]), south[y]])) for y in years
            }  # fmt: skip
    made |= partners.shares(catalogue, parameters)
    made["export_share.wits"] = {
        y: share(book.printed(y, "imports", "wits"), book.world(y, "dprk_exports", "wits")) for y in years
    }  # fmt: skip
    made["import_share.customs_over_wits"] = {
        y: share(book.customs(y, "exports"), book.world(y, "dprk_imports", "wits")) for y in years
    }  # fmt: skip
    made["asymmetry.dprk_in_china_trade"] = {
        y: share(book.customs(y, "total"), book.china_world(y)) for y in years
    }  # fmt: skip
    return made


class Book:
    """The amounts that shares are made of, one method a table; each takes a year and gives an Amount or a gap."""

    def __init__(self, catalogue: Catalogue, as_of: date | None) -> None:
        self.catalogue, self.as_of = catalogue, as_of
        whole = catalogue.has(series.TABLE)
        self.cells = {basis: series.annual(catalogue, basis, as_of) for basis in ("kotra", "customs")} if whole else {}
        self.annual, self.totals, self.south, self.china = (
            known(catalogue, name, as_of) for name in (series.TABLE, TOTALS, INTER_KOREAN, WORLD)
        )

    def kotra_china(self, year: int, flow: str) -> Amount:
        """China's trade with the DPRK as KOTRA prints it."""
        return self._cell("kotra", year, FLOWS[flow][0], "KOTRA printed no figure for China that was found")

    def customs(self, year: int, measure: str) -> Amount:
        """China's trade with the DPRK by customs; a cell with a declared reason against it is no part of a share."""
        return self._cell("customs", year, measure, "no usable customs figure")

    def kotra_world(self, year: int, flow: str) -> Amount:
        """The DPRK's trade with all partners but South Korea as KOTRA prints it."""
        return self.world(year, FLOWS[flow][1], "kotra")

    def world(self, year: int, measure: str, compiler: str) -> Amount:
        rows = self.totals[
            (self.totals["year"] == year) & (self.totals["measure"] == measure)
            & (self.totals["compiler"] == compiler) & (self.totals["basis"] != "with_inter_korean")
        ]  # fmt: skip
        name = {"kotra": "KOTRA", "wits": "WITS"}[compiler]
        return self._one(rows, TOTALS, f"{name} printed no such figure for all partners that was found")

    def inter_korean(self, year: int, flow: str) -> Amount:
        """Trade between the two Koreas: the preferred print, with rival prints as its interval."""
        rows = self.south[(self.south["year"] == year) & (self.south["measure"] == FLOWS[flow][2])]
        reason = absent(self.catalogue, INTER_KOREAN, "inter-Korean trade is not known for this year")
        return rivals(rows.sort_values("rank"), INTER_KOREAN, reason)

    def oil(self, year: int) -> Amount:
        """KOTRA's estimate of crude oil: zero before it began, a gap where it is not known apart."""
        first = self.first_oil_year
        if first is None or year < first:
            return Amount(0.0, UNIT, "reported", decimals=3)
        rows = self.annual[(self.annual["year"] == year) & (self.annual["measure"] == "crude_estimate")]
        return self._one(rows, series.TABLE, NO_ESTIMATE)

    @remembered
    def first_oil_year(self) -> int | None:
        """The first year in which a figure of KOTRA holds its estimate, as far as known by `as_of`."""
        if not self.cells:
            return None
        cells = self.cells["kotra"]
        return min((int(year) for year, _ in cells.index[cells["status"] == "estimated"]), default=None)

    def printed(self, year: int, measure: str, compiler: str) -> Amount:
        """A row of the yearly table of China-DPRK trade by one compiler."""
        rows = self.annual[
            (self.annual["year"] == year) & (self.annual["measure"] == measure)
            & (self.annual["compiler"] == compiler)
        ]  # fmt: skip
        return self._one(rows, series.TABLE, "no such figure for China")

    def china_world(self, year: int) -> Amount:
        """Exports plus imports of China with the world."""
        rows = self.china[self.china["year"] == year]
        flows = [rows[rows["measure"] == measure] for measure in ("exports", "imports")]
        return add(self._one(rows, WORLD, "China's trade with the world is in no open table for this year")
                   for rows in flows)  # fmt: skip

    def _one(self, rows: pd.DataFrame, table: str, reason: str) -> Amount:
        return one_of(rows, table, absent(self.catalogue, table, reason))

    def _cell(self, basis: str, year: int, measure: str, reason: str) -> Amount:
        if not self.cells:
            return gap(absent(self.catalogue, series.TABLE, reason), UNIT)
        cells = self.cells[basis]
        if (year, measure) not in cells.index:
            return gap(reason, UNIT)
        cell = cells.loc[(year, measure)]
        if not math.isfinite(cell["value"]) or not cell["sound"]:
            return gap(reason, UNIT, cell["rows"], cell["sources"])
        sign = SIGNS.get(cell["method"])
        how = sign.join(cell["rows"]) if sign else ""
        return Amount(
            float(cell["value"]), UNIT, cell["status"], cell["rows"], cell["sources"],
            low=float(cell["low"]), high=float(cell["high"]),
            decimals=decimals_of(cell["precision"]), how=how,
        )  # fmt: skip


def one_of(rows: pd.DataFrame, table: str, reason: str) -> Amount:
    """The first row as an Amount, with the interval that its rounding leaves; a gap with `reason` if there is none."""
    if rows.empty:
        return gap(reason, UNIT)
    row = rows.iloc[0]
    value, precision = float(row["value"]), float(row["precision"])
    return Amount(
        value, str(row["unit"]), str(row["status"]), (f"{table}#{key_of(row)}",),
        tuple(str(row["source_id"]).split(";")), low=value - precision, high=value + precision,
        decimals=decimals_of(precision),
    )  # fmt: skip


def rivals(rows: pd.DataFrame, table: str, reason: str) -> Amount:
    """The first row, with an interval that spans every rival print of the same year."""
    first = one_of(rows, table, reason)
    if first.value is None:
        return first
    spans = [one_of(rows.iloc[[i]], table, reason) for i in range(len(rows))]
    return Amount(
        first.value, first.unit, first.status, _together(s.rows for s in spans), _together(s.sources for s in spans),
        low=min(s.span[0] for s in spans), high=max(s.span[1] for s in spans), decimals=first.decimals,
        how="" if len(spans) == 1 else first.rows[0],
    )  # fmt: skip


def key_of(row: Any) -> str:
    return str(row["row_id"]) if "row_id" in row else f"{row['year']}-{row['measure']}"


def _together(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))
