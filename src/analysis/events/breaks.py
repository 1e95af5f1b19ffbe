"""Breaks that the months show without being told of any event, compared with the calendar afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .. import inference
from ..inference import Break, Breaks, Untested
from . import catalogue as events
from .months import Choices, fetched, month_numbers, months
from .plan import ordinal, plan

if TYPE_CHECKING:
    from ..report import Report

COMPARED = ("bans_2017", "chinese_measures", "un_measures", "closures", "reopenings")


@dataclass(frozen=True)
class Shift:
    """A break: `month` is the first of the new regime, `first` to `last` the dates that fit about as well.
    `change` is the shift of the level in logs. `near` is the event of the calendar nearest to it."""

    month: int
    first: int
    last: int
    change: float
    near: events.Event | None
    distance: int


@dataclass(frozen=True)
class Trial:
    """The test of one break more: `months` are the first months of new levels, the one that is tested among them.

    `p` is the largest over the persistence guarded against; `p_at_rho` is the p at `rho`, the persistence that the
    candidate itself leaves within its segments.
    """

    months: tuple[int, ...]
    p: float
    rho: float
    p_at_rho: float


@dataclass(frozen=True)
class Found:
    """The breaks of one flow. `trials` are the tests that were made, the one that was refused last among them."""

    flow: str
    shifts: tuple[Shift, ...]
    trials: tuple[Trial, ...]
    months: int
    first: int
    last: int
    reason: str


def find(report: Report, flow: str) -> Found:
    """The breaks of one flow over the declared span."""
    declared, p = plan(report.catalogue), report.parameters
    span = declared.settings["breaks_span_fetched" if fetched(report) else "breaks_span"]
    start, end = (ordinal(month) for month in span.split(".."))
    data = months(report, flow, Choices())
    first, last = max(start, data.start), min(end, data.start + len(data.values) - 1)
    if last < first:
        return Found(flow, (), (), 0, start, end, "no month of the span lies in the years asked for")
    y = data.logs(declared.number("floor_usd_million"))[first - data.start : last - data.start + 1]
    x = inference.season(month_numbers(first, len(y)))
    known = int(np.isfinite(y).sum())
    found = inference.find_breaks(
        y,
        x,
        most=int(declared.number("breaks_max")),
        least=int(declared.number("breaks_min_months")),
        alpha=p.alpha,
        seed=p.seed,
    )
    if isinstance(found, Untested):
        return Found(flow, (), (), known, first, last, str(found))
    shifts = tuple(_shift(report, b, first) for b in found.breaks)
    return Found(flow, shifts, _trials(found, first), known, first, last, "")


def _trials(found: Breaks, start: int) -> tuple[Trial, ...]:
    return tuple(
        Trial(tuple(start + position for position in step.positions), step.p, step.rho, step.p_at_rho)
        for step in found.steps
    )


def _shift(report: Report, found: Break, start: int) -> Shift:
    month = start + found.position
    dated = [
        (abs(zero - month), zero - month, event)
        for name in COMPARED
        for event in events.events_of(report.catalogue, name, report.parameters.as_of)
        if (zero := event.month("effective_date")) is not None
    ]
    best = min(dated, key=lambda item: (item[0], item[2].event_id), default=None)
    return Shift(
        month,
        start + found.low,
        start + found.high,
        float(found.shift),
        best[2] if best else None,
        best[1] if best else 0,
    )
