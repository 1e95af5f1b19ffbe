"""The tables that a report on another pair has of its own: shares by year, and the largest partners."""

from __future__ import annotations

from ..captions import caveats
from ..countries import in_sentence, upper_first
from ..dependence.amounts import Amount
from ..display import Column, FactText, TableDisplay, say
from ..facts import Fact
from ..formatting import GAP, number
from ..report import Report
from ..tables.annual import shown
from . import shares

LARGEST = 5


def trade_shares(report: Report) -> TableDisplay:
    """By year the trade of the two, that of the partner with all, and every share."""
    p, pair = report.parameters, report.parameters.pair
    columns = {
        "trade": shares.TRADE, "imports": shares.IMPORTS, "exports": shares.EXPORTS, "food": shares.FOOD,
        "fuel": shares.FUEL,
    }  # fmt: skip
    part, whole = (report.definitions[shares.TRADE][f"{side}_id"] for side in ("part", "whole"))
    rows, records = [], []
    for year in range(p.start_year, p.end_year + 1):
        facts = {name: report.find(f"dependence.{definition}.{year}") for name, definition in columns.items()}
        amounts = report.shares[shares.TRADE][year]
        rows.append({
            "year": str(year), **{name: shown(fact, sign=False) for name, fact in facts.items()},
            "part": _amount(amounts.part, report.find(f"dependence.amount.{part}.{year}")),
            "whole": _amount(amounts.whole, report.find(f"dependence.amount.{whole}.{year}")),
        })  # fmt: skip
        records.append({
            "year": year, "part_usd_million": amounts.part.value, "whole_usd_million": amounts.whole.value,
            **{f"{name}_percent": fact.value if fact else None for name, fact in facts.items()},
        })  # fmt: skip
    return TableDisplay(
        id="dependence_trade_table",
        title=say("What part of the trade of {second} is with {first}, BACI", first=pair.first, second=pair.second),
        columns=(
            Column("year", "Year"), Column("part", "With each other", True), Column("whole", "With all", True),
            Column("trade", "Of trade", True), Column("imports", "Of imports", True),
            Column("exports", "Of exports", True), Column("food", "Of food bought", True),
            Column("fuel", "Of fuel bought", True),
        ),
        rows=tuple(rows), records=tuple(records),
        notes=(say("Amounts in million US dollars, both flows. A dash is a gap: no figure is known."),
               *caveats(report)),
    )  # fmt: skip


def partners(report: Report) -> TableDisplay:
    """By year the largest partners, and how concentrated trade is."""
    pair, rows, records = report.parameters.pair, [], []
    for year, values in sorted(shares.partners(report.catalogue, report.parameters).items()):
        ranked = sorted(values, key=lambda code: (-values[code], code))
        total = sum(values.values())
        effective = report.find(f"dependence.effective_partners.baci.{year}")
        rows.append({
            "year": str(year), "all": number(total), "partners": str(len(values)),
            "effective": shown(effective, sign=False),
            "largest": "; ".join(f"{upper_first(in_sentence(c))} {number(values[c])}" for c in ranked[:LARGEST]),
        })  # fmt: skip
        records += [
            {"year": year, "partner": code, "name": in_sentence(code), "usd_million": values[code],
             "percent": 100 * values[code] / total} for code in ranked
        ]  # fmt: skip
    return TableDisplay(
        id="dependence_partners_table", title=say("The largest partners of {second}, BACI", second=pair.second),
        columns=(
            Column("year", "Year"), Column("all", "Trade with all", True), Column("partners", "Partners", True),
            Column("effective", "Effective number", True), Column("largest", "The largest"),
        ),
        rows=tuple(rows), records=tuple(records), long=True,
        notes=(say("Million US dollars, exports plus imports. The file beside this table has every partner."),
               *caveats(report)),
    )  # fmt: skip


def _amount(amount: Amount, fact: Fact | None) -> str:
    if amount.value is None or fact is None:
        return GAP
    return FactText(number(amount.value), fact)
