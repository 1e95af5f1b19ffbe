"""Tables that set the records side by side: four bases, and rival prints of one year."""

from __future__ import annotations

import pandas as pd

from ..captions import caveats
from ..display import Column, FactText, TableDisplay, say
from ..formatting import GAP, number, percent
from ..report import Report
from ..showing import in_notebooks
from ..trade import MEASURES, series
from .annual import amount, shown

# Prints of one figure that differ by less than this share are one figure, rounded differently.
NOISE = 0.01


@in_notebooks
def bases(report: Report) -> TableDisplay:
    """Total on each basis, ratio of KOTRA to customs, growth on each, and the range of growth."""
    p, names = report.parameters, report.catalogue.bases
    frames = {basis: report.cells(basis) for basis in names}
    rows, records = [], []
    for year in range(p.start_year, p.end_year + 1):
        cells = {basis: frames[basis].loc[(year, "total")] for basis in names}
        if sum(pd.notna(cell["value"]) for cell in cells.values()) < 2:
            continue
        ratio = {b: report.find(f"trade.ratio.{b}_to_customs.{year}") for b in names if b != "customs"}
        rates = {basis: report.find(f"trade.growth.{basis}.{year}") for basis in names}
        spread = report.find(f"trade.growth_range.all_bases.{year}")
        differs = spread and spread.low is not None and spread.high is not None and spread.low < 0 < spread.high
        rows.append({
            "year": str(year),
            **{b: amount(cell, report.find(f"trade.total.{b}.{year}")) for b, cell in cells.items()},
            "ratio": shown(ratio["kotra"], sign=False),
            "growth_customs": shown(rates["customs"]), "growth_kotra": shown(rates["kotra"]),
            "range": FactText(f"{percent(spread.low or 0)} to {percent(spread.high or 0)}", spread)
            if spread else GAP,
            "sign": "differs" if differs else ("same" if spread else GAP),
        })  # fmt: skip
        records.append({
            "year": year,
            **{f"{b}_usd_million": None if pd.isna(c["value"]) else c["value"] for b, c in cells.items()},
            **{f"{b}_status": c["status"] for b, c in cells.items()},
            **{f"{b}_to_customs": fact.value if fact else None for b, fact in ratio.items()},
            **{f"{b}_growth_percent": fact.value if fact else None for b, fact in rates.items()},
            "growth_low": spread.low if spread else None, "growth_high": spread.high if spread else None,
        })  # fmt: skip
    return TableDisplay(
        id="trade_bases_table", title=say("Total trade on each basis, million US dollars, and its growth"),
        columns=(
            Column("year", "Year"), Column("customs", "Customs", True), Column("kotra", "KOTRA", True),
            Column("comtrade", "Comtrade", True), Column("mirror", "Reconciled", True),
            *([Column("baci", "BACI", True)] if "baci" in names else []),
            Column("ratio", "KOTRA / customs", True), Column("range", "Growth, lowest to highest", True),
            Column("sign", "Sign"),
        ),
        rows=tuple(rows), records=tuple(records),
        notes=(
            say("Only years with a figure on two bases or more. Growth takes both of its years from one basis."),
            *caveats(report, "crude-estimate", "crude-unreported", "vintages", bases=names),
        ),
    )  # fmt: skip


@in_notebooks
def vintages(report: Report) -> TableDisplay:
    """Rival prints of one year and flow inside a basis that differ beyond rounding."""
    p, catalogue = report.parameters, report.catalogue
    labels = catalogue.frame("trade/compilers").set_index("compiler")["label"]
    basis_labels = catalogue.frame("trade/bases").set_index("basis")["label"]
    table = series.known_rows(catalogue, p.as_of)
    table = table[table["measure"].isin(MEASURES) & table["value"].notna() & table["year"].between(
        p.start_year, p.end_year) & table["basis"].isin(catalogue.bases)]  # fmt: skip
    used = {row for basis in catalogue.bases for rows in report.cells(basis)["rows"] for row in rows}
    rows, records = [], []
    for (year, basis, measure), group in table.groupby(["year", "basis", "measure"]):
        spread = group["value"].max() / group["value"].min() - 1
        if spread < NOISE:
            continue
        prints = group.sort_values("value").to_dict("records")
        rows.append({
            "year": str(year), "flow": measure, "basis": basis_labels[basis],
            "prints": "; ".join(_print(row, labels) for row in prints),
            "used": "; ".join(number(r["value"], 1) for r in prints if f"{series.TABLE}#{r['row_id']}" in used) or GAP,
            "spread": percent(spread * 100, 1, sign=False),
        })  # fmt: skip
        records += [
            {"year": year, "flow": measure, "basis": basis, "usd_million": r["value"], "compiler": r["compiler"],
             "vintage": r["vintage"], "published": r["published"], "status": r["status"], "note": r["note"],
             "used": "yes" if f"{series.TABLE}#{r['row_id']}" in used else "no", "row_id": r["row_id"],
             "source_id": r["source_id"]}
            for r in prints
        ]  # fmt: skip
    return TableDisplay(
        id="trade_vintages", title=say("Where prints of one figure differ by more than rounding"),
        columns=(
            Column("year", "Year"), Column("flow", "Flow"), Column("basis", "Basis"),
            Column("prints", "Printed, million US dollars"), Column("spread", "Apart", True),
            Column("used", "Used", True),
        ),
        rows=tuple(rows), records=tuple(records),
        notes=(
            say("Prints that differ by less than {noise} are left out. A dash under Used: the cell is made another "
                "way, see the table of cells.", noise=percent(NOISE * 100, 0, sign=False)),
            *caveats(report, "vintages", bases=["customs"]),
        ),
    )  # fmt: skip


def _print(row: dict[str, object], labels: pd.Series) -> str:
    detail = ", ".join(str(x) for x in (labels[row["compiler"]], row["vintage"]) if x)
    return f"{number(float(str(row['value'])), 1)} ({detail})"
