"""Rows of the data package as amounts are made of them: what was known by a day, and why there is nothing.

A table that the data package does not hold gives no rows, and `absent` says so: the cells that need it become
named gaps. A table that is declared and missing or altered is refused by the catalogue, as everywhere.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from ..catalogue import Catalogue, known_from

COLUMNS = (
    "row_id", "year", "measure", "value", "unit", "basis", "compiler", "status", "quality", "precision", "rank",
    "partner", "published", "source_id",
)  # fmt: skip


def known(catalogue: Catalogue, table: str, as_of: date | None = None) -> pd.DataFrame:
    """The rows of `table` known by `as_of`; no rows with the usual columns where there is no such table."""
    if not catalogue.has(table):
        return pd.DataFrame(columns=list(COLUMNS))
    frame = catalogue.frame(table)
    if as_of is None:
        return frame
    keep = [known_from(p, int(y)) <= as_of for p, y in zip(frame["published"], frame["year"], strict=True)]
    return frame[keep]


def absent(catalogue: Catalogue, table: str, otherwise: str) -> str:
    """The reason for a gap: that `table` is not in the data package, or else `otherwise`."""
    return otherwise if catalogue.has(table) else f"the data package has no table {table}"
