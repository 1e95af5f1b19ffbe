"""Months, quarters and half-years: what is known, how well, and what may be compared.

Cells keep their grade. Quarters come from the table where they are printed or derived by themselves,
else from three months, and are then `derived` as soon as one month is. Growth of a month is computed
only where the audit calls both months fit and neither has grade C or D.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from ..catalogue import Catalogue, keyed, known_from
from . import MEASURES

PERIODS = {
    "Q1": (1, 3), "Q2": (4, 6), "Q3": (7, 9), "Q4": (10, 12), "H1": (1, 6), "H2": (7, 12),
}  # fmt: skip
QUARTERS, HALVES = ("Q1", "Q2", "Q3", "Q4"), ("H1", "H2")
GOOD = ("A", "B")
LARGEST_NOISE = 3.0  # per cent: compilers of one month differ by this much, so smaller changes are not read


def months(
    catalogue: Catalogue, start_year: int, end_year: int, worst_quality: str = "D", as_of: date | None = None
) -> pd.DataFrame:
    """Monthly cells from January of `start_year` to December of `end_year`, every month and measure.

    Index (month as a Period, measure); columns value, status, quality, precision, finest, care, method,
    source_id, rows, sources. A month without a figure has no value and an empty status.
    """
    table = catalogue.frame("trade/china_dprk_monthly")
    table = _known(catalogue, table[table["quality"] <= worst_quality], table["month"].str[:4], as_of)
    table["month"] = pd.PeriodIndex(table["month"], freq="M")
    table = keyed(table, "trade/china_dprk_monthly", ["month", "measure"])
    every = pd.period_range(f"{start_year}-01", f"{end_year}-12", freq="M")
    index = pd.MultiIndex.from_product([every, MEASURES], names=["month", "measure"])
    frame = table[["value", "status", "quality", "precision", "method", "source_id"]].reindex(index)
    for column in ("status", "quality", "method", "source_id"):
        frame[column] = frame[column].fillna("")
    frame["rows"] = [
        (f"trade/china_dprk_monthly#{month}-{measure}",) if source else ()
        for (month, measure), source in frame["source_id"].items()
    ]
    frame["sources"] = [tuple(source.split(";")) if source else () for source in frame["source_id"]]
    finest = _finest(catalogue)
    fits = [finest.get((str(month), measure), ("", "")) for month, measure in frame.index]
    frame["finest"], frame["care"] = [f[0] for f in fits], [f[1] for f in fits]
    return frame


def _known(catalogue: Catalogue, table: pd.DataFrame, years: pd.Series, as_of: date | None) -> pd.DataFrame:
    """The rows all of whose pages had appeared by `as_of`."""
    if as_of is None:
        return table.copy()
    published = catalogue.sources["published"]
    known = [
        all(known_from(published[source], int(years[label])) <= as_of for source in cell.split(";"))
        for label, cell in table["source_id"].items()
    ]
    return table[known].copy()


def _finest(catalogue: Catalogue) -> dict[tuple[str, str], tuple[str, str]]:
    """(month, measure) -> the finest period the audit calls fit, and what to mind; the finest row wins."""
    order = {"month": 0, "quarter": 1, "half": 2, "year": 3}
    result: dict[tuple[str, str], tuple[str, str]] = {}
    for row in catalogue.frame("trade/fitness").to_dict("records"):
        measures = MEASURES if row["measure"] == "all" else (row["measure"],)
        for month in pd.period_range(row["first_month"], row["last_month"], freq="M").astype(str):
            for measure in measures:
                known = result.get((month, measure))
                if known is None or order[row["finest"]] < order[known[0]]:
                    result[month, measure] = (row["finest"], row["care"])
    return result


def month_growth(frame: pd.DataFrame) -> pd.DataFrame:
    """Change on the same month a year before, per cent, months by measure.

    Both months must be fit for reading by month and of grade A or B; changes within the noise of
    compilers are left empty as well.
    """
    usable = frame["value"].where((frame["finest"] == "month") & frame["quality"].isin(GOOD))
    return _growth(usable, 12)


def _growth(usable: pd.Series, a_year: int) -> pd.DataFrame:
    wide = usable.unstack("measure")[list(MEASURES)]
    growth = (wide / wide.shift(a_year) - 1) * 100
    return growth.where(growth.abs() >= LARGEST_NOISE)


def quarters(
    catalogue: Catalogue, start_year: int, end_year: int, worst_quality: str = "D", as_of: date | None = None
) -> pd.DataFrame:
    """Quarterly cells of every quarter of the years, index (quarter as a Period, measure).

    Columns value, status, quality, precision, origin (printed, sum of months, derived), fit (the audit lets quarters of
    that time be read, or the quarter has a row of its own of grade A or B), rows, sources.
    """
    own, monthly = _own(catalogue, worst_quality, as_of), months(catalogue, start_year, end_year, worst_quality, as_of)
    every = pd.period_range(f"{start_year}Q1", f"{end_year}Q4", freq="Q")
    records = [_cell(own, monthly, q.year, f"Q{q.quarter}", measure) for q in every for measure in MEASURES]
    index = pd.MultiIndex.from_product([every, MEASURES], names=["quarter", "measure"])
    return pd.DataFrame.from_records(records, index=index)


def halves(
    catalogue: Catalogue, start_year: int, end_year: int, worst_quality: str = "D", as_of: date | None = None
) -> pd.DataFrame:
    """The half-years of grade A or B, index (`2013-H1`, measure), columns as in `quarters`."""
    worst = min(worst_quality, GOOD[-1])
    own, monthly = _own(catalogue, worst, as_of), months(catalogue, start_year, end_year, worst, as_of)
    every = [(year, name) for year in range(start_year, end_year + 1) for name in HALVES]
    records = [_cell(own, monthly, year, name, measure) for year, name in every for measure in MEASURES]
    names = [f"{year}-{name}" for year, name in every]
    index = pd.MultiIndex.from_product([names, MEASURES], names=["half", "measure"])
    return pd.DataFrame.from_records(records, index=index)


def rounding(value: float, status: str, precision: float) -> float:
    """The precision of a month, quarter or half-year; where its row states none, what its grade says.

    Printed: half of the last digit, where a whole number that ends in a zero counts as rounded to ten. Derived: a
    hundredth of the value, which is what grade B means.
    """
    if pd.notna(precision):
        return float(precision)
    if status != "reported":
        return abs(value) / 100
    decimals = len(f"{value:g}".partition(".")[2])
    return 5.0 if not decimals and value % 10 == 0 else 0.5 * 10.0**-decimals


def _own(catalogue: Catalogue, worst_quality: str, as_of: date | None) -> dict[tuple[int, str, str], dict[str, Any]]:
    """The rows of quarters and half-years known by `as_of`, by year, period and measure."""
    rows = catalogue.frame("trade/china_dprk_quarterly")
    rows = _known(catalogue, rows[rows["quality"] <= worst_quality], rows["year"], as_of)
    return {(int(r["year"]), r["period"], r["measure"]): r for r in rows.to_dict("records")}


def _cell(
    own: dict[tuple[int, str, str], dict[str, Any]], monthly: pd.DataFrame, year: int, name: str, measure: str
) -> dict[str, Any]:
    row, (first, last) = own.get((year, name, measure)), PERIODS[name]
    span = pd.period_range(f"{year}-{first:02}", f"{year}-{last:02}", freq="M")
    cells = [monthly.loc[(month, measure)] for month in span]
    finest = ("month", "quarter") if name in QUARTERS else ("month", "quarter", "half")
    fit = all(cell["finest"] in finest for cell in cells) or (row is not None and row["quality"] in GOOD)
    whole = all(pd.notna(cell["value"]) for cell in cells)
    # A published figure comes first; a derived one gives way to the sum of months that are graded as well.
    worst = max(cell["quality"] for cell in cells)
    if row is not None and (row["status"] == "reported" or not whole or row["quality"] < worst):
        return {
            "value": row["value"], "status": row["status"], "quality": row["quality"], "fit": fit,
            "precision": rounding(row["value"], row["status"], row["precision"]),
            "origin": "printed" if row["status"] == "reported" else "derived",
            "rows": (f"trade/china_dprk_quarterly#{year}-{name}-{measure}",),
            "sources": tuple(row["source_id"].split(";")),
        }  # fmt: skip
    if whole:
        reported = all(cell["status"] == "reported" for cell in cells)
        return {
            "value": sum(cell["value"] for cell in cells), "status": "reported" if reported else "derived",
            "quality": worst, "fit": fit, "origin": "sum of months",
            "precision": sum(rounding(c["value"], c["status"], c["precision"]) for c in cells),
            "rows": tuple(f"trade/china_dprk_monthly#{month}-{measure}" for month in span),
            "sources": tuple(dict.fromkeys(s for cell in cells for s in cell["source_id"].split(";"))),
        }  # fmt: skip
    return {
        "value": float("nan"), "status": "", "quality": "", "fit": fit, "precision": float("nan"), "origin": "",
        "rows": (), "sources": (),
    }  # fmt: skip


def quarter_growth(frame: pd.DataFrame) -> pd.DataFrame:
    """Change on the same quarter a year before, per cent, quarters by measure; under the rules of `month_growth`."""
    usable = frame["value"].where(frame["fit"] & frame["quality"].isin(GOOD))
    return _growth(usable, 4)


def half_growth(frame: pd.DataFrame) -> pd.DataFrame:
    """Change on the same half-year a year before, per cent, half-years by measure; under the same rules."""
    return _growth(frame["value"].where(frame["fit"] & frame["quality"].isin(GOOD)), 2)
