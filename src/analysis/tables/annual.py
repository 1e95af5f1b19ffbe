"""Yearly tables: levels, growth, phases, and how each cell of the series came about."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..captions import MARKS, basis_label, caveats, marks_note
from ..display import Column, FactText, TableDisplay, say
from ..facts import Fact
from ..formatting import GAP, day_text, number, percent
from ..report import Report
from ..showing import in_notebooks
from ..trade import MEASURES, series
from ..trade import phases as spans
from ..trade.yearly import decimals_of

WAYS = {
    "customs": "printed by customs", "derived": "derived", "elsewhere": "printed elsewhere", "": "",
}  # fmt: skip


def mark_of(cell: pd.Series) -> str:
    """The sign in front of a yearly cell: unfit before derived before estimated; none for a printed one."""
    if not cell["fit"]:
        return MARKS["unfit"]
    return MARKS.get(str(cell["status"]), "")


def amount(cell: pd.Series, fact: Fact | None) -> str:
    """A yearly cell as read: whole millions or the tens that its source bears, with its mark. `fact` is its fact."""
    if pd.isna(cell["value"]) or fact is None:
        return GAP
    decimals = min(decimals_of(cell["precision"]), 0 if abs(cell["value"]) >= 10 else 1)
    mark = mark_of(cell)
    return FactText(f"{mark} {number(cell['value'], decimals)}" if mark else number(cell["value"], decimals), fact)


def with_range(fact: Fact | None) -> str:
    """Growth with its range where that is wider than the last digit shown: `−9.7% (−13.6% to −9.7%)`."""
    if fact is None or not range_shows(fact):
        return shown(fact)
    low, high = (percent(end or 0, fact.decimals) for end in (fact.low, fact.high))
    return FactText(f"{shown(fact)} ({low} to {high})", fact)


def range_shows(fact: Fact) -> bool:
    """Whether the range of a fact is wider than the last digit that is shown of it."""
    return fact.low is not None and fact.high is not None and fact.high - fact.low > 1.5 * 10.0**-fact.decimals


def published_text(report: Report, facts: Iterable[Fact]) -> str:
    """Growth as compilers published it, with whose it is: `−10.5% (Chinese customs)`; a dash where there is none."""
    labels = report.catalogue.frame("trade/compilers").set_index("compiler")["label"]
    return "; ".join(f"{shown(fact)} ({labels[fact.id.split('.')[2]]})" for fact in facts) or GAP


def shown(fact: Fact | None, sign: bool = True) -> str:
    """A percentage or number fact as a cell; a gap is a dash."""
    if fact is None or fact.value is None:
        return GAP
    if fact.unit == "percent":
        return FactText(percent(fact.value, fact.decimals, sign), fact)
    return FactText(number(fact.value, min(fact.decimals, 2), sign and fact.unit != "usd_million"), fact)


@in_notebooks
def annual(report: Report) -> TableDisplay:
    """Exports, imports, total, balance, cover ratio and compilers by year."""
    p, frame = report.parameters, report.cells()
    rows, records = [], []
    for year in range(p.start_year, p.end_year + 1):
        cell = {m: frame.loc[(year, m)] for m in MEASURES}
        balance = report.find(f"trade.balance.{p.basis}.{year}")
        cover = report.find(f"trade.cover_ratio.{p.basis}.{year}")
        rows.append({
            "year": str(year),
            **{m: amount(cell[m], report.find(f"trade.{m}.{p.basis}.{year}")) for m in MEASURES},
            "balance": FactText(number(balance.value, min(balance.decimals, 0)), balance) if balance else GAP,
            "cover": shown(cover, sign=False),
        })  # fmt: skip
        records.append({
            "year": year,
            **{f"{m}_usd_million": _none(cell[m]["value"]) for m in MEASURES},
            **{f"{m}_status": cell[m]["status"] for m in MEASURES},
            "balance_usd_million": balance.value if balance else None,
            "cover_ratio_percent": cover.value if cover else None,
        })
    return TableDisplay(
        id="trade_annual",
        title=say("Trade by year, million US dollars, {basis}", basis=basis_label(report)),
        columns=(
            Column("year", "Year"), Column("exports", p.pair.flows["exports"], True),
            Column("imports", p.pair.flows["imports"], True), Column("total", "Total", True),
            Column("balance", "Balance", True), Column("cover", "Imports / exports", True),
        ),
        rows=tuple(rows), records=tuple(records),
        notes=(marks_note(), *caveats(report, "totals-as-printed", "fob-cif")),
    )  # fmt: skip


def published_growth(report: Report, year: int) -> list[Fact]:
    """Growth of the total of a year as compilers published it on the main source."""
    rows = {
        row for rate in report.published_growth if (rate.period, rate.measure) == (str(year), "total")
        and rate.basis == report.parameters.basis for row in rate.rows
    }  # fmt: skip
    return [f for f in report.facts.under("trade.printed_growth") if f.period == str(year) and rows & set(f.rows)]


@in_notebooks
def growth(report: Report) -> TableDisplay:
    """Growth, log growth, contributions and distance from the peak by year."""
    p = report.parameters
    rows, records = [], []
    names = {
        "exports": "growth_exports", "imports": "growth_imports", "total": "growth", "log": "log_growth",
        "from_exports": "contribution_exports", "from_imports": "contribution_imports", "peak": "from_peak",
    }  # fmt: skip
    for year in range(p.start_year, p.end_year + 1):
        facts = {key: report.find(f"trade.{name}.{p.basis}.{year}") for key, name in names.items()}
        low, high = (getattr(facts["total"], end) if facts["total"] else None for end in ("low", "high"))
        beside = published_growth(report, year)
        rows.append({
            "year": str(year), **{key: shown(fact) for key, fact in facts.items()},
            **{flow: with_range(facts[flow]) for flow in MEASURES}, "published": published_text(report, beside),
        })  # fmt: skip
        records.append({
            "year": year, **{names[key]: fact.value if fact else None for key, fact in facts.items()},
            "growth_low": low, "growth_high": high,
            "growth_published": " ".join(f"{fact.id.split('.')[2]}:{fact.value}" for fact in beside),
        })  # fmt: skip
    return TableDisplay(
        id="trade_growth_rates", title=say("Growth by year, {basis}", basis=basis_label(report)),
        columns=(
            Column("year", "Year"), Column("total", "Total", True), Column("exports", "Exports", True),
            Column("imports", "Imports", True), Column("published", "Total, as published"),
            Column("log", "Total, log points", True), Column("from_exports", "From exports, points", True),
            Column("from_imports", "From imports, points", True),
            Column("peak", "Below the peak so far", True),
        ),
        rows=tuple(rows), records=tuple(records),
        notes=(
            say("Growth is the change on the calendar year before; a dash stands where either year has no usable "
                "figure. A year has one if its rounding leaves at most {limit} of it. Points are percentage points of "
                "the total of the year before. A range holds what rounding leaves, and growth that a compiler "
                "published where it differs by more. Both years come from one compiler wherever one is known for both.",
                limit=percent(series.LARGEST_ROUNDING, 1, sign=False)),
            *caveats(report, "crude-unreported", "crude-estimate", "small-numbers"),
        ),
    )  # fmt: skip


@in_notebooks
def phases(report: Report, id: str = "trade_phases") -> TableDisplay:
    """Growth within each phase: change and rate a year, for each flow. `id` names the table where it stands."""
    p = report.parameters
    found = spans.phases(report.turning_points, p.start_year, p.end_year)
    rows, records = [], []
    for phase in found:
        facts = {
            (kind, m): report.find(f"trade.phase_{kind}{'' if m == 'total' else f'_{m}'}.{p.basis}.{phase.key}")
            for kind in ("change", "cagr")
            for m in MEASURES
        }
        periods = {m: fact.period for m in MEASURES if (fact := facts["change", m])}
        compared = [periods["total"]] if "total" in periods else dict.fromkeys(periods.values())
        rows.append({
            "phase": phase.name, "compared": "; ".join(compared).replace("-", "–") or GAP,
            "opened": f"{phase.opened_by.title}, {day_text(phase.opened_by.day)}" if phase.opened_by else GAP,
            **{m: shown(facts["change", m]) for m in MEASURES}, "cagr": shown(facts["cagr", "total"]),
        })  # fmt: skip
        records.append({
            "phase": phase.key, "first_year": phase.first_year, "last_year": phase.last_year,
            "opened_by": phase.opened_by.event_id if phase.opened_by else "",
            "opened_on": phase.opened_by.day.isoformat() if phase.opened_by else "",
            **{f"{kind}_{m}_percent": fact.value if fact else None for (kind, m), fact in facts.items()},
            **{f"compared_{m}": fact.period if fact else "" for (kind, m), fact in facts.items() if kind == "change"},
        })  # fmt: skip
    return TableDisplay(
        id=id, title=say("Change within each phase, {basis}", basis=basis_label(report)),
        columns=(
            Column("phase", "Phase"), Column("compared", "Years compared"), Column("total", "Total", True),
            Column("exports", "Exports", True), Column("imports", "Imports", True),
            Column("cagr", "Total, a year", True), Column("opened", "Opened by"),
        ),
        rows=tuple(rows), records=tuple(records),
        notes=(
            say("A phase begins in the year of the event that opens it, and is measured from the year before to its "
                "last usable year. The first phase is measured from the first usable year. Usable is a year whose "
                "total is known well enough."),
            *(say("{title} on {day}: this falls into the phase {phase}, and does not begin a new one.",
                  title=point.title, day=day_text(point.day), phase=kind.name)
              for point, kind in spans.against(report.turning_points) if point.day.year <= p.end_year),
            *caveats(report, "small-numbers"),
        ),
    )  # fmt: skip


@in_notebooks
def cells(report: Report) -> TableDisplay:
    """Every cell of the leading yearly series: value, precision, compiler, arithmetic, reason."""
    labels = report.catalogue.frame("trade/compilers").set_index("compiler")["label"]
    frame = report.cells()
    rows, records = [], []
    for (year, measure), cell in frame[frame["value"].notna()].iterrows():
        compilers = " and ".join(labels[name] for name in cell["compiler"].split(" and "))
        way = WAYS[cell["origin"]] if cell["fit"] else f"{WAYS[cell['origin']]}, unfit"
        rows.append({
            "year": f"{year}, {measure}", "way": way,
            "value": FactText(number(cell["value"], max(0, decimals_of(cell["precision"]))),
                              report.fact(f"trade.{measure}.{report.parameters.basis}.{year}")),
            "error": "±" + np.format_float_positional(float(f"{cell['precision']:.2g}"), trim="-"),
            "compiler": compilers, "how": series.FORMULAS[cell["method"]], "why": cell["reason"],
        })  # fmt: skip
        records.append({
            "year": year, "flow": measure, "usd_million": cell["value"], "precision": cell["precision"],
            "status": cell["status"], "grade": cell["quality"], "origin": cell["origin"],
            "fit_for_growth": "yes" if cell["fit"] else "no", "compiler": cell["compiler"], "method": cell["method"],
            "reason": cell["reason"], "rows": " ".join(cell["rows"]), "sources": " ".join(cell["sources"]),
        })  # fmt: skip
    return TableDisplay(
        id="trade_cells", title=say("Every cell of the yearly series, {basis}", basis=basis_label(report)),
        columns=(
            Column("year", "Year, flow"), Column("value", "Million US dollars", True),
            Column("error", "Precision", True),
            Column("way", "Where from"), Column("compiler", "Compiler"), Column("how", "How"), Column("why", "Why"),
        ),
        rows=tuple(rows), records=tuple(records), long=True,
        notes=(say("Precision is half a unit of the last printed digit, or the worst case of the arithmetic."),),
    )  # fmt: skip


def _none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
