"""Long tables of months and quarters."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..captions import MARKS, caveats
from ..display import Column, TableDisplay, say
from ..figures.periods import ROUGH, name
from ..formatting import GAP, number
from ..report import Report
from ..showing import in_notebooks
from ..trade import MEASURES, spliced
from ..trade.periods import month_growth, quarter_growth


@in_notebooks
def months(report: Report) -> TableDisplay:
    """Every month with a figure: three flows with marks and grades, and growth on the year where allowed."""
    return _table(report, report.months, month_growth(report.months), "month", _beside(report))


@in_notebooks
def quarters(report: Report) -> TableDisplay:
    """Every quarter with a figure."""
    return _table(report, report.quarters, quarter_growth(report.quarters), "quarter")


def _beside(report: Report) -> pd.DataFrame | None:
    """The months of UN Comtrade beside those of customs, or None where none was fetched."""
    p = report.parameters
    if not spliced.fetched(report.catalogue):
        return None
    found = spliced.beside(report.catalogue, p.start_year, p.end_year, p.worst_quality, p.as_of)
    return found if found["comtrade"].notna().any() else None


def _table(
    report: Report, frame: pd.DataFrame, growth: pd.DataFrame, unit: str, beside: pd.DataFrame | None = None
) -> TableDisplay:
    known = frame["value"].unstack("measure").dropna(how="all").index
    if beside is not None:
        known = known.union(beside["comtrade"].unstack("measure").dropna(how="all").index)
    rows: list[dict[str, str]] = []
    records: list[dict[str, Any]] = []
    for period in known:
        cells = {m: frame.loc[(period, m)] for m in MEASURES}
        rates = {m: growth.loc[period, m] for m in MEASURES}
        rows.append({
            "period": name(period), **{m: _amount(cell) for m, cell in cells.items()},
            "grade": " ".join(cell["quality"] or GAP for cell in cells.values()),
            "growth": number(rates["total"], 0, sign=True) + "%" if pd.notna(rates["total"]) else GAP,
        })  # fmt: skip
        records.append({
            unit: str(period),
            **{f"{m}_usd_million": None if pd.isna(c["value"]) else c["value"] for m, c in cells.items()},
            **{f"{m}_status": c["status"] for m, c in cells.items()},
            **{f"{m}_grade": c["quality"] for m, c in cells.items()},
            **{f"{m}_growth_percent": None if pd.isna(r) else float(r) for m, r in rates.items()},
            **{f"{m}_rows": " ".join(c["rows"]) for m, c in cells.items()},
        })  # fmt: skip
        if beside is not None:
            others = {m: beside.loc[(period, m)] for m in MEASURES}
            rows[-1] |= {
                "comtrade": number(others["total"]["comtrade"], 0) if pd.notna(others["total"]["comtrade"]) else GAP,
                "apart": "; ".join(f"{m} {number(o['apart'], 1, sign=True)}%" for m, o in others.items()
                                   if pd.notna(o["apart"])),
                "read": " ".join(o["read"] or GAP for o in others.values()),
            }  # fmt: skip
            for m, other in others.items():
                records[-1] |= {
                    f"{m}_comtrade_usd_million": None if pd.isna(other["comtrade"]) else float(other["comtrade"]),
                    f"{m}_apart_percent": None if pd.isna(other["apart"]) else float(other["apart"]),
                    f"{m}_read": other["read"], f"{m}_comtrade_rows": " ".join(other["rows"]),
                }  # fmt: skip
    return TableDisplay(
        id=f"trade_{unit}s_table", title=say("Every {unit} with a figure, million US dollars", unit=unit),
        columns=(
            Column("period", unit.capitalize()), Column("exports", "China's exports", True),
            Column("imports", "China's imports", True), Column("total", "Total", True),
            Column("grade", "Grades"), Column("growth", "Total, on the year", True),
            *([] if beside is None else [
                Column("comtrade", "Total, UN Comtrade", True), Column("apart", "UN Comtrade against customs"),
                Column("read", "Read by the event study"),
            ]),
        ),
        rows=tuple(rows), records=tuple(records), long=True,
        notes=(
            say("{d} derived. {r} rough. Grades of exports, imports and total: A printed with decimals, B rounded or "
                "nearly exact, C rough, D contradicted.", d=MARKS["derived"], r="×"),
            *([] if beside is None else [say(
                "Columns of UN Comtrade are what China reports to the United Nations, as fetched. Where its figure "
                "differs from that of customs by more than the rounding of both, the table says by how much. The event "
                "study reads customs where a month may be read singly, else UN Comtrade: exports, imports, total."
            )]),
            *caveats(report, "derived-months", bases=["customs"]),
        ),
    )  # fmt: skip


def _amount(cell: pd.Series) -> str:
    if pd.isna(cell["value"]):
        return GAP
    mark = "×" if cell["quality"] in ROUGH else (MARKS["derived"] if cell["status"] == "derived" else "")
    decimals = 1 if cell["quality"] == "A" and cell["value"] < 100 else 0
    text = number(cell["value"], decimals)
    return f"{mark} {text}" if mark else text
