"""Crude oil from China within a year: months, quarters and half-years, as customs was quoted; facts of their own.

A zero is one that a page reads in the customs statistics. A month for which China published nothing is a fact without
a value, and so is the time since customs fell silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..catalogue import Catalogue, Row, known_from
from ..facts import Fact

if TYPE_CHECKING:
    from ..parameters import ReportParameters

TABLE = "energy/crude_oil_periods"
LABELS = {
    "quantity": "Crude oil from China, by weight", "value": "Crude oil from China, in dollars",
    "change": "Crude oil from China, growth against the same months of the year before",
}  # fmt: skip
AS_PUBLISHED = "as published"
SILENT = "a gap: customs published no figure"


def crude_facts(catalogue: Catalogue, parameters: ReportParameters) -> Iterator[Fact]:
    """Facts such as `dependence.crude_month.china.2013-02` and `dependence.crude_change.china.2013-01_2013-06`."""
    p = parameters
    rows: dict[tuple[str, str], list[Row]] = {}
    for row in rows_known(catalogue, p.as_of):
        if p.start_year <= _year(row) <= p.end_year:
            rows.setdefault((row["measure"], row["period"]), []).append(row)
    for (measure, period), same in rows.items():
        yield _fact(measure, period, same)


def rows_known(catalogue: Catalogue, as_of: date | None = None) -> list[Row]:
    """The rows that had been published by `as_of`, in the order of the table."""
    rows = catalogue.frame(TABLE).to_dict("records") if catalogue.has(TABLE) else []
    return [
        row for row in rows
        if as_of is None or known_from(str(row["published"]), _year(row)) <= as_of
    ]  # fmt: skip


def _year(row: Row) -> int:
    return int(str(row["period"])[:4])


def crude_id(measure: str, period: str) -> str:
    """The id of the fact for a measure and a period of the table."""
    name = "month" if measure == "quantity" and len(period) == len("2013-02") else measure
    return f"dependence.crude_{name}.china.{period.replace('..', '_')}"


def _fact(measure: str, period: str, rows: list[Row]) -> Fact:
    """The most exact of several figures; the interval is what its rounding leaves."""
    best = min(rows, key=_error)
    value = None if pd.isna(best["value"]) else float(best["value"])
    ends: dict[str, Any] = {} if not value else {"low": value - _error(best), "high": value + _error(best)}
    return Fact(
        id=crude_id(measure, period), label=LABELS[measure], value=value, unit=str(best["unit"]),
        period=period.replace("..", "_"), status=str(best["status"]),
        formula=SILENT if value is None else AS_PUBLISHED,
        rows=tuple(f"{TABLE}#{row['row_id']}" for row in rows),
        sources=tuple(dict.fromkeys(source for row in rows for source in str(row["source_id"]).split(";"))),
        decimals=1 if measure == "change" else 0, **ends,
    )  # fmt: skip


def _error(row: Row) -> float:
    return 0.0 if pd.isna(row["precision"]) else float(row["precision"])
