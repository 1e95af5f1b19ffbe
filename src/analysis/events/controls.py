"""Controls for China's trade with the DPRK by month: all of China's trade, or what its trade with like partners shares.

Which partners count, and how they are put together, are rows of `events/plan`; they were written before any figure of
them was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..catalogue import known_from, newest
from ..parameters import FETCHED
from ..reading import kept
from ..trade import series, spliced
from .plan import ordinal, plan

if TYPE_CHECKING:
    from ..report import Report

TABLE = FETCHED["controls", "partners"][0]
ALL_TRADE = "macro/monthly_controls"
PARTS = {"exports": ("exports",), "imports": ("imports",), "total": ("exports", "imports")}


@dataclass(frozen=True)
class Control:
    """The control of one flow. `logs` has the months (ordinals) that have one, `partners` are those that count, where
    partners do; `reason` says why there is none. `rows` are the figures that it rests on."""

    logs: dict[int, float]
    partners: tuple[str, ...]
    reason: str
    rows: tuple[str, ...]
    sources: tuple[str, ...]


def control(report: Report, flow: str, chosen: str) -> Control:
    """The control `chosen` (a value of the parameter `controls` other than none) of a flow."""
    return {"china_trade": all_trade, "partners": common}[chosen](report, flow)


@kept(12)
def all_trade(report: Report, flow: str) -> Control:
    """The log of a flow of China's trade with all countries, in the years asked for."""
    p = report.parameters
    rows = report.catalogue.frame(ALL_TRADE)
    rows = rows.assign(at=[ordinal(month) for month in rows["period"]])
    rows = rows[(rows["at"] // 12 >= p.start_year) & (rows["at"] // 12 <= p.end_year)]
    parts = rows[rows["series"].isin([f"china_{part}" for part in PARTS[flow]])]
    wide = parts.pivot(index="at", columns="series", values="value").dropna()
    used = parts[parts["at"].isin(wide.index)]
    return Control(
        {int(month): float(value) for month, value in np.log(wide.sum(axis=1)).items()}, (), "",
        tuple(f"{ALL_TRADE}#{row}" for row in used["row_id"]), tuple(dict.fromkeys(used["source_id"])),
    )  # fmt: skip


@kept(12)
def common(report: Report, flow: str) -> Control:
    """The mean over partners of the log of a flow less each partner's own mean, in the years asked for."""
    declared, p = plan(report.catalogue), report.parameters
    known = _known(report)
    values = _wide(known, flow)
    sized = _of_like_size(report, _wide(known, "total"))
    asked = [month for month in values.index if p.start_year <= month // 12 <= p.end_year]
    own = values.loc[asked].reindex(columns=sized)
    own = own.where(own > 0)
    own = own[own.notna().mean(axis=1) >= declared.number("control_partners_reported")]
    own = own.loc[:, own.notna().all()] if len(own) else own.iloc[:, :0]
    least = int(declared.number("control_partners_least"))
    if own.shape[1] < least:
        reason = f"too few partners to compare with: {own.shape[1]}, where {least} are needed"
        return Control({}, tuple(own.columns), reason, (), ())
    logs = np.log(own)
    together = (logs - logs.mean()).mean(axis=1)
    used = known[known["partner"].isin(own.columns) & known["at"].isin(own.index) & known["measure"].isin(PARTS[flow])]
    return Control(
        {int(month): float(value) for month, value in together.items()}, tuple(own.columns), "",
        tuple(f"{TABLE}#{row}" for row in used["row_id"]), tuple(dict.fromkeys(used["source_id"])),
    )  # fmt: skip


def _known(report: Report) -> pd.DataFrame:
    """The figures of partners, of each the newest that was known by `as_of`; `at` is the month's ordinal."""
    as_of = report.parameters.as_of
    table = report.catalogue.frame(TABLE)
    days = {
        str(row["row_id"]): known_from(str(row["published"]), int(row["month"][:4])) for row in table.to_dict("records")
    }
    if as_of is not None:
        table = table[table["row_id"].map(lambda id: days[id] <= as_of)]
    rows = newest(TABLE, table.to_dict("records"), lambda row: days[str(row["row_id"])])
    frame = pd.DataFrame.from_records(rows, columns=list(table.columns))
    return frame.assign(at=[ordinal(month) for month in frame["month"]])


def _wide(known: pd.DataFrame, flow: str) -> pd.DataFrame:
    """Months by partners; a total needs both of its parts."""
    parts = [
        known[known["measure"] == part].pivot(index="at", columns="partner", values="value") for part in PARTS[flow]
    ]
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def _of_like_size(report: Report, totals: pd.DataFrame) -> list[str]:
    """The partners whose mean month is within the declared multiples of the DPRK's, in the order of their table."""
    declared = plan(report.catalogue)
    first, last = (int(year) for year in declared.words("control_partners_years"))
    least, most = (float(times) for times in declared.words("control_partners_size"))
    cells = series.annual(report.catalogue, spliced.CUSTOMS, report.parameters.as_of).xs("total", level="measure")
    dprk = cells.loc[first:last, "value"].mean() / 12
    theirs = totals[(totals.index // 12 >= first) & (totals.index // 12 <= last)].mean()
    like = theirs[(theirs >= least * dprk) & (theirs <= most * dprk)].index
    return [partner for partner in report.catalogue.keys("events/control_partners") if partner in like]
