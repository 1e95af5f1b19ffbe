"""Weights and values read out of tables: sums of rows as amounts, conversion factors, parts of a whole.

A table that the data package does not hold is no error here: the cells that need it become gaps and say which
table is missing. A table that is declared and missing or altered is refused by the catalogue, as everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..catalogue import Catalogue, Row, keyed, known_from, newest
from ..errors import DataError
from ..reading import remembered
from .amounts import Amount, Share, add, gap, share

FACTORS = "dependence/factors"
SCALES = {("kt", "tonnes"): 1000.0}
DECIMALS = {"usd_million": 1, "mtoe": 2}


@dataclass(frozen=True)
class Records:
    """The rows of a table that were known by a day, by column. `absent` says in words why there are none at all.

    A few thousand questions are asked about a few hundred rows, one at a time: plain rows answer faster than a frame.
    """

    table: str
    rows: Sequence[Row]
    absent: str = ""

    def pick(self, **wanted: object) -> list[Row]:
        """Rows where each column has the wanted value, or (but for the year) one of the values of a tuple."""
        # Nearly every question is about one year, and a year has few rows.
        rows = self._by_year.get(wanted.pop("year"), ()) if "year" in wanted else self.rows
        for column, value in wanted.items():
            allowed = value if isinstance(value, tuple) else (value,)
            rows = [row for row in rows if row[column] in allowed]
        return list(rows)

    @remembered
    def _by_year(self) -> dict[object, list[Row]]:
        years: dict[object, list[Row]] = {}
        for row in self.rows:
            years.setdefault(int(row["year"]), []).append(row)
        return years

    def years(self, **wanted: object) -> tuple[int, ...]:
        """Years that have a row, in order."""
        return tuple(sorted({int(row["year"]) for row in self.pick(**wanted)})) if wanted else self._years

    @remembered
    def _years(self) -> tuple[int, ...]:
        return tuple(sorted({int(row["year"]) for row in self.rows}))

    def keys(self, rows: Sequence[Row]) -> tuple[str, ...]:
        return tuple(f"{self.table}#{row['row_id']}" for row in rows)

    def amount(self, rows: Sequence[Row], unit: str, reason: str) -> Amount:
        """The sum of `rows` in `unit`; without rows, or with an empty value, a gap for `reason`.

        The interval is what the rounding of the rows leaves. ValueError if a row stands in a unit that
        cannot be turned into `unit`.
        """
        keys, sources = self.keys(rows), sources_of(rows)
        if not rows or any(math.isnan(row["value"]) for row in rows):
            return gap(self.absent or reason, unit, keys, sources)
        scales = [self._scale(row["unit"], unit) for row in rows]
        values = [row["value"] * scale for row, scale in zip(rows, scales, strict=True)]
        errors = [
            0.0 if math.isnan(row["precision"]) or value == 0 else row["precision"] * scale
            for row, value, scale in zip(rows, values, scales, strict=True)
        ]
        value, error = sum(values), sum(errors)
        statuses = {row["status"] for row in rows}
        status = "estimated" if "estimated" in statuses else statuses.pop() if len(statuses) == 1 else "derived"
        return Amount(
            value, unit, status, keys, sources, value - error, value + error, decimals=DECIMALS.get(unit, 0)
        )

    def _scale(self, given: str, wanted: str) -> float:
        if given == wanted:
            return 1.0
        try:
            return SCALES[given, wanted]
        except KeyError:
            raise ValueError(f"The table {self.table} has figures in {given}, which cannot be {wanted}.") from None


def known(catalogue: Catalogue, table: str, as_of: date | None = None) -> Records:
    """The rows of `table` that were known by `as_of`; without it, all. A missing table gives no rows and a reason.

    Of several vintages of one figure the newest of these is given.
    """
    if not catalogue.has(table):
        return Records(table, (), f"the data package has no table {table}")
    frame = catalogue.frame(table)
    if frame.empty:
        return Records(table, (), f"the table {table} is empty")
    keyed(frame, table, ["row_id"])
    if as_of is not None:
        dates = zip(frame["published"], frame["year"], strict=True)
        frame = frame[[known_from(str(published), int(year)) <= as_of for published, year in dates]]
        if frame.empty:
            return Records(table, (), "nothing published by the day asked for")
    rows = frame.to_dict("records")
    return Records(table, newest(table, rows, lambda row: known_from(str(row["published"]), int(row["year"]))))


def sources_of(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for row in rows for source in row["source_id"].split(";")))


def factor(catalogue: Catalogue, factor_id: str) -> Amount:
    """A conversion factor as an amount in `ratio`; DataError if the table does not have it."""
    frame = catalogue.frame(FACTORS)
    keyed(frame, FACTORS, ["row_id"])
    row = next((row for row in frame.to_dict("records") if row["row_id"] == factor_id), None)
    if row is None:
        raise DataError(f"The table {FACTORS} does not have the factor {factor_id!r}.")
    return Amount(
        float(row["value"]), str(row["unit"]), str(row["status"]), (f"{FACTORS}#{factor_id}",),
        tuple(str(row["source_id"]).split(";")),
    )  # fmt: skip


def converted(amount: Amount, by: Amount, unit: str, divide: bool = False, scale: float = 1.0) -> Amount:
    """`amount` times the factor `by` and `scale`, or over `by` with `divide`, in `unit`; a gap stays a gap."""
    rows = (*amount.rows, *by.rows)
    sources = tuple(dict.fromkeys((*amount.sources, *by.sources)))
    if amount.value is None:
        return gap(amount.reason, unit, rows, sources)
    assert by.value is not None
    (low, high), (by_low, by_high), value = amount.span, by.span, by.value
    if divide:
        value, by_low, by_high = 1 / value, 1 / by_high, 1 / by_low
    return Amount(
        amount.value * value * scale, unit, "estimated" if amount.status == "estimated" else "derived", rows, sources,
        low * by_low * scale, high * by_high * scale, decimals=DECIMALS.get(unit, 0),
    )  # fmt: skip


def times(*factors: Amount) -> Amount:
    """The product of factors, with the worst case of their intervals."""
    product = factors[0]
    for by in factors[1:]:
        product = converted(product, by, "ratio")
    return product


def zero(unit: str, status: str = "mirror", rows: Iterable[str] = (), sources: Iterable[str] = ()) -> Amount:
    """Nothing, as a record that reports says it: not a gap."""
    return Amount(0.0, unit, status, tuple(rows), tuple(sources), 0.0, 0.0, decimals=DECIMALS.get(unit, 0))


def widened(amount: Amount, *others: Amount) -> Amount:
    """`amount` with an interval that takes in every one of `others` that has a value, and with their rows."""
    items = [amount, *(other for other in others if other.value is not None)]
    if amount.value is None or len(items) == 1:
        return amount
    return Amount(
        amount.value, amount.unit, amount.status,
        tuple(dict.fromkeys(row for item in items for row in item.rows)),
        tuple(dict.fromkeys(source for item in items for source in item.sources)),
        min(item.span[0] for item in items), max(item.span[1] for item in items), decimals=amount.decimals,
    )  # fmt: skip


def part_of(part: Amount, rest: Amount) -> Share:
    """`part` as per cent of `part` and `rest` together.

    The part stands in the whole, so its error moves both in the same direction: the interval is narrower
    than that of two figures that have nothing to do with each other, and never leaves 0 to 100. A bound is None
    where nothing at all might have been shipped.
    """
    result = share(part, add([part, rest]))
    if result.percent is None:
        return result
    (part_low, part_high), (rest_low, rest_high) = part.span, rest.span
    return replace(
        result, percent=_percent(part.value or 0.0, result.whole.value or 0.0),
        low=_percent(part_low, part_low + rest_high), high=_percent(part_high, part_high + max(rest_low, 0.0)),
    )  # fmt: skip


def _percent(part: float, whole: float) -> float | None:
    # Divided first: a part that is all of the whole is then exactly a hundred, and never a hair above it.
    return 100 * (part / whole) if whole > 0 else None
