"""Table of notified refined oil against the yearly cap of the Security Council."""

from __future__ import annotations

from ..captions import caveats
from ..dependence import notified
from ..display import Column, FactText, TableDisplay, say
from ..errors import listing
from ..facts import Fact
from ..formatting import GAP, MONTHS, number, percent
from ..report import Report
from ..showing import in_notebooks
from .annual import shown


@in_notebooks
def refined_cap(report: Report) -> TableDisplay:
    """By year: what China and Russia notified, the cap, the share of it, and what is not known."""
    p = report.parameters
    rows, records = [], []
    for year, one in notified.by_year(report.catalogue, range(p.start_year, p.end_year + 1), p.as_of).items():
        facts = {name: report.fact(f"dependence.refined_notified.{name.lower()}.{year}")
                 for name in (*one.by_supplier, "both")}  # fmt: skip
        share = report.find(f"dependence.refined_cap.{year}") or report.fact(f"dependence.refined_cap_at_least.{year}")
        missing = missing_words(one)
        rows.append({
            "year": str(year), **{name.lower(): _barrels(fact) for name, fact in facts.items()},
            "cap": _barrels(report.fact(f"dependence.amount.refined_cap.{year}")), "share": _share(share, one.whole),
            "missing": missing,
        })  # fmt: skip
        records.append({
            "year": year, **{f"{name.lower()}_barrels": fact.value for name, fact in facts.items()},
            "cap_barrels": one.cap.value, "percent_of_cap": share.value, "low": share.low, "high": share.high,
            "complete": "yes" if one.whole else "no", "missing": missing,
        })  # fmt: skip
    crude = report.facts.family("dependence.crude_cap")
    return TableDisplay(
        id="refined_cap", title=say("Refined oil notified to the United Nations against the yearly cap, barrels"),
        columns=(
            Column("year", "Year"), Column("china", "China", True), Column("russia", "Russia", True),
            Column("both", "Both", True), Column("cap", "Cap", True), Column("share", "Share of the cap", True),
            Column("missing", "Not known"),
        ),
        rows=tuple(rows), records=tuple(records),
        notes=(
            say("A figure published in tonnes is turned into barrels, and then rounded. Where a total and the sum of "
                "the suppliers differ, the published total stands and the range spans both. A dash is a gap, not "
                "zero."),
            *caveats(report, "un-notified-only", bases=("un_notified",)),
            *(say("Crude oil has a cap of its own, {cap}. By KOTRA's estimate China delivered {f} of it in {f:period}, "
                  "{f:low} to {f:high}.", f=f, cap=report.fact(f"dependence.amount.crude_cap.{f.period}"))
              for f in crude[-1:]),
        ),
    )  # fmt: skip


def missing_words(one: notified.Notified) -> str:
    """Which supplier's months are not known, in words; empty for a whole year."""
    if one.whole and all(amount.value is not None and one.months[name] == len(MONTHS)
                         for name, amount in one.by_supplier.items()):  # fmt: skip
        return ""
    told = []
    for name, amount in one.by_supplier.items():
        count = one.months[name]
        if amount.value is None:
            told.append(amount.reason)
        elif count < len(MONTHS):
            told.append(one.later[name] or f"{name} after {MONTHS[count - 1]}")
    return listing(told)


def _barrels(fact: Fact) -> str:
    return GAP if fact.value is None else FactText(number(fact.value, min(fact.decimals, 0)), fact)


def _share(fact: Fact, whole: bool) -> str:
    text = shown(fact, sign=False)
    if fact.low is not None and fact.high is not None and fact.high - fact.low > 1:
        text += f" ({percent(fact.low, 0, False)} to {percent(fact.high, 0, False)})"
    return FactText(text if whole else f"at least {text}", fact)
