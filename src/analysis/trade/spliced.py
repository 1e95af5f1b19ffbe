"""Months as the event study reads them: customs where a month of customs may be read, else UN Comtrade.

UN Comtrade carries what China reports by month. It is fetched (`refresh comtrade-monthly`), so the table is there only
where somebody did; without it the months are those of customs. Nothing is averaged, and each cell says whose it is.
Both figures of a month are kept: `beside` sets them side by side.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from ..catalogue import Catalogue, known_from
from . import MEASURES, periods

TABLE = "trade/comtrade_monthly"
CUSTOMS, COMTRADE = "customs", "comtrade"
CARE = "UN Comtrade, not audited"
FIT_GRADES = ("A", "B")


def fetched(catalogue: Catalogue) -> bool:
    """Whether the data package has months of UN Comtrade."""
    return catalogue.has(TABLE)


def comtrade(catalogue: Catalogue, start_year: int, end_year: int, as_of: date | None = None) -> pd.DataFrame:
    """The months of UN Comtrade, newest vintage known by `as_of`, in the shape of `periods.months`.

    The total is the sum of exports and imports, where both are there. All are fit for reading by month, of grade A.
    """
    every = pd.period_range(f"{start_year}-01", f"{end_year}-12", freq="M")
    index = pd.MultiIndex.from_product([every, MEASURES], names=["month", "measure"])
    newest = _newest(catalogue, as_of) if fetched(catalogue) else {}
    frame = pd.DataFrame.from_records([_cell(newest, str(month), measure) for month, measure in index], index=index)
    return frame.astype({"value": float, "precision": float})


def months(
    catalogue: Catalogue, start_year: int, end_year: int, worst_quality: str = "D", as_of: date | None = None
) -> pd.DataFrame:
    """`periods.months` with the months of UN Comtrade where customs has none that may be read by month.

    A month of customs may be read where the audit calls it fit for reading by month and its grade is A or B. Columns
    as in `periods.months`, and `basis`: customs or comtrade.
    """
    frame = periods.months(catalogue, start_year, end_year, worst_quality, as_of).assign(basis=CUSTOMS)
    if not fetched(catalogue):
        return frame
    other = comtrade(catalogue, start_year, end_year, as_of)
    instead = ~_readable(frame) & other["value"].notna()
    frame.loc[instead, other.columns] = other.loc[instead]
    return frame


def beside(
    catalogue: Catalogue, start_year: int, end_year: int, worst_quality: str = "D", as_of: date | None = None
) -> pd.DataFrame:
    """Both figures of each month and measure, in million dollars: `customs`, `comtrade`, and `apart`.

    `apart` is by how many per cent UN Comtrade differs from customs, empty where the rounding of the two explains it.
    `read` names the basis that the event study reads, or is empty.
    """
    own = periods.months(catalogue, start_year, end_year, worst_quality, as_of)
    other = comtrade(catalogue, start_year, end_year, as_of)
    apart = (other["value"] / own["value"] - 1) * 100
    explained = (other["value"] - own["value"]).abs() <= own["precision"].fillna(0.0) + other["precision"]
    read = pd.Series("", index=own.index).mask(other["value"].notna(), COMTRADE).mask(_readable(own), CUSTOMS)
    return pd.DataFrame({
        CUSTOMS: own["value"], COMTRADE: other["value"], "apart": apart.mask(explained | (own["value"] == 0)),
        "read": read, "rows": other["rows"],
    })  # fmt: skip


def _readable(frame: pd.DataFrame) -> pd.Series:
    return (frame["finest"] == "month") & frame["quality"].isin(FIT_GRADES) & frame["value"].notna()


def _newest(catalogue: Catalogue, as_of: date | None) -> dict[tuple[str, str], dict[str, object]]:
    """(month, measure) -> the row of the newest vintage known by `as_of`; of one day the later row."""
    found: dict[tuple[str, str], dict[str, object]] = {}
    for row in catalogue.frame(TABLE).sort_values("published", kind="stable").to_dict("records"):
        if as_of is None or known_from(row["published"], int(row["month"][:4])) <= as_of:
            found[row["month"], row["measure"]] = {str(name): value for name, value in row.items()}
    return found


def _cell(newest: dict[tuple[str, str], dict[str, object]], month: str, measure: str) -> dict[str, object]:
    parts = ("exports", "imports") if measure == "total" else (measure,)
    rows = [newest[month, part] for part in parts if (month, part) in newest]
    if len(rows) < len(parts):
        return {
            "value": float("nan"), "status": "", "quality": "", "precision": float("nan"), "method": "",
            "source_id": "", "rows": (), "sources": (), "finest": "", "care": "", "basis": COMTRADE,
        }  # fmt: skip
    sources = tuple(dict.fromkeys(str(row["source_id"]) for row in rows))
    return {
        "value": sum(float(str(row["value"])) for row in rows), "quality": max(str(row["quality"]) for row in rows),
        "status": "derived" if len(rows) > 1 else str(rows[0]["status"]),
        "precision": sum(float(str(row["precision"])) for row in rows),
        "method": "sum of exports and imports" if len(rows) > 1 else "fetched", "source_id": ";".join(sources),
        "rows": tuple(f"{TABLE}#{row['row_id']}" for row in rows), "sources": sources, "finest": "month",
        "care": CARE, "basis": COMTRADE,
    }  # fmt: skip
