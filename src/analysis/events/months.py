"""The outcome: the log of monthly trade, with a gap wherever no month carries a test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..parameters import to_fetch
from ..reading import kept
from ..trade import spliced
from . import controls
from .plan import Specification, ordinal, plan

if TYPE_CHECKING:
    from ..report import Report

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Choices:
    """What a specification may change. The defaults are the plan; the report's parameters set the first two."""

    baseline: str = "level"
    controls: str = "none"
    dating: str = "own"
    late: bool = False
    yuan: bool = False
    rough: bool = False
    sure_only: bool = False
    alternatives: bool = False
    statistic: Literal["mean", "median", "dollars"] = "mean"


SPECIFICATIONS: dict[str, dict[str, Any]] = {
    "main": {},
    "other_date": {"dating": "other"},
    "late_days": {"late": True},
    "same_months": {"baseline": "same_months"},
    "two_years": {"baseline": "two_years"},
    "china_trade": {"controls": "china_trade"},
    "partners": {"controls": "partners"},
    "yuan": {"yuan": True},
    "with_c": {"rough": True},
    "sure_only": {"sure_only": True},
    "alternatives": {"alternatives": True},
    "median": {"statistic": "median"},
    "dollars": {"statistic": "dollars"},
}


def choices(report: Report, spec_id: str = "main") -> Choices:
    """The choices of a specification: one departure from the report's own."""
    p = report.parameters
    return replace(Choices(baseline=p.baseline, controls=p.controls), **SPECIFICATIONS[spec_id])


def specifications(report: Report) -> dict[str, Specification]:
    """The declared specifications without those whose figures nobody has fetched."""
    lacking = {spec.spec_id for spec in left_out(report)}
    return {id: spec for id, spec in plan(report.catalogue).specifications.items() if id not in lacking}


def left_out(report: Report) -> list[Specification]:
    """The declared specifications that rest on a table which nobody has fetched."""
    declared = plan(report.catalogue).specifications.values()
    return [
        spec for spec in declared
        if any(to_fetch(name, value, report.catalogue) for name, value in SPECIFICATIONS[spec.spec_id].items())
    ]  # fmt: skip


@dataclass(frozen=True)
class Months:
    """One flow by month. `start` is the ordinal of the first month; `values` are million US dollars (or yuan),
    NaN where a month carries no test; `control` is a log of China's trade with others, which is taken off the log of a
    month, or None. `reason` says why no month has a control, where none has."""

    start: int
    values: Array
    control: Array | None
    reason: str = ""

    def logs(self, floor: float) -> Array:
        """Logs, less the control where there is one; months below `floor` million are left out."""
        with np.errstate(invalid="ignore", divide="ignore"):
            logs = np.where(self.values >= floor, np.log(self.values), np.nan)
        return logs if self.control is None else logs - self.control


def months(report: Report, flow: str, chosen: Choices) -> Months:
    """The months of a flow in the years asked for, under the choices of a specification."""
    cells = report.event_months.xs(flow, level="measure")
    index: list[int] = [ordinal(str(month)) for month in cells.index]
    grades = [*plan(report.catalogue).words("grades"), *(["C"] if chosen.rough else [])]
    fit = (cells["finest"] == "month") & cells["quality"].isin(grades)
    if chosen.sure_only:
        fit &= cells["care"].isin(["", "part of the year"])
    values = cells["value"].where(fit).to_numpy(dtype=float)
    if chosen.alternatives:
        values = _second(report, flow, index, values)
    if chosen.yuan:
        values = values * _monthly(report, "cny_per_usd", index)
    control, reason = None, ""
    if chosen.controls != "none":
        made = controls.control(report, flow, chosen.controls)
        control = np.array([made.logs.get(month, np.nan) for month in index], dtype=float)
        reason = made.reason
        values = np.where(np.isfinite(control), values, np.nan)
    return Months(index[0], values, control, reason)


def fetched(report: Report) -> bool:
    """Whether any month in the years asked for is one of UN Comtrade."""
    return bool((report.event_months["basis"] == spliced.COMTRADE).any())


def _monthly(report: Report, series: str, index: list[int]) -> Array:
    table = report.catalogue.frame("macro/monthly_controls")
    rows = table[table["series"] == series]
    known = dict(zip((ordinal(month) for month in rows["period"]), rows["value"], strict=True))
    return np.array([known.get(month, np.nan) for month in index], dtype=float)


def _second(report: Report, flow: str, index: list[int], values: Array) -> Array:
    """`values` with the second figure of a month in place of the first; only where the month counts at all."""
    table = report.catalogue.frame("trade/china_dprk_monthly_alternatives")
    rows = table[table["measure"] == flow].drop_duplicates("month")
    known = dict(zip((ordinal(month) for month in rows["month"]), rows["value"], strict=True))
    other = np.array([known.get(month, np.nan) for month in index], dtype=float)
    return np.where(np.isfinite(values) & np.isfinite(other), other, values)


def rows_of(report: Report, flow: str, wanted: list[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rows and sources of the months `wanted` (ordinals)."""
    known = _rows_by_month(report, flow)
    chosen = [known[month] for month in wanted if month in known]
    return tuple(row for rows, _ in chosen for row in rows), tuple(dict.fromkeys(s for _, own in chosen for s in own))


@kept(12)
def _rows_by_month(report: Report, flow: str) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    cells = report.event_months.xs(flow, level="measure")
    cells = cells[cells["value"].notna()]
    return {
        ordinal(str(month)): (rows, sources)
        for month, rows, sources in zip(cells.index, cells["rows"], cells["sources"], strict=True)
    }


def month_numbers(start: int, n: int) -> npt.NDArray[np.int64]:
    """Calendar month, 1 to 12, of `n` months from the ordinal `start`."""
    return (start + np.arange(n)) % 12 + 1


def period(number: int) -> pd.Period:
    return pd.Period(year=number // 12, month=number % 12 + 1, freq="M")
