"""Long tables of months and quarters."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..captions import MARKS, caveats
from ..display import Column, TableDisplay, say
from ..figures.periods import ROUGH, name
from ..formatting import GAP, number
from ..report import Report
from ..trade import MEASURES
from ..trade.periods import month_growth, quarter_growth


def months(report: Report) -> TableDisplay:
    """Every month with a figure: three flows with marks and grades, and growth on the year where allowed."""
    return _table(report, report.months, month_growth(report.months), "month")


def quarters(report: Report) -> TableDisplay:
    """Every quarter with a figure."""
    return _table(report, report.quarters, quarter_growth(report.quarters), "quarter")


def _table(report: Report, frame: pd.DataFrame, growth: pd.DataFrame, unit: str) -> TableDisplay:
    known = frame["value"].unstack("measure").dropna(how="all").index
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
    return TableDisplay(
        id=f"trade_{unit}s_table", title=say("Every {unit} with a figure, million US dollars", unit=unit),
        columns=(
            Column("period", unit.capitalize()), Column("exports", "China's exports", True),
            Column("imports", "China's imports", True), Column("total", "Total", True),
            Column("grade", "Grades"), Column("growth", "Total, on the year", True),
        ),
        rows=tuple(rows), records=tuple(records), long=True,
        notes=(
            say("{d} derived. {r} rough. Grades of exports, imports and total: A printed with decimals, B rounded or "
                "nearly exact, C rough, D contradicted.", d=MARKS["derived"], r="×"),
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
