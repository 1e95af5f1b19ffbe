"""Counts and scores against the growth of trade, at lags announced in advance.

Trade grows against the same month, or the year, before; the series is differenced over the same span. The correlation
of the undifferenced pair is kept beside, because it is what people look at and what deceives them.

Where the record `BESIDE` was taken in and is not the leading one, the yearly correlations are computed on it too, by
the same rule. That is a check of the leading record and no further test: its p are adjusted among themselves, so those
of the leading record stay what they are, and no finding rests on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import inference
from ..inference import Correlation, Untested
from . import catalogue as events
from .months import Array, Choices, months
from .months import rows_of as month_rows
from .plan import SeriesPlan, month_name, ordinal, plan

if TYPE_CHECKING:
    from ..report import Report

BESIDE = "baci"
A_YEAR = {"month": 12, "year": 1}
FIRST_YEAR = 1991  # the first year of roll calls with both countries; counts of events are thin before it
COUNTED = {
    "launch_days": "launches_all",
    "long_launch_days": "launches_long",
    "visits": "visits",
    "resolutions": "resolutions",
}


@dataclass(frozen=True)
class Pair:
    """One lag of one series and flow: differences, and the undifferenced twin.

    `basis` is the record of trade, None for the leading one.
    """

    series: SeriesPlan
    flow: str
    lag: int
    found: Correlation | None
    levels: float | None
    reason: str
    first: str
    last: str
    basis: str | None = None

    @property
    def place(self) -> tuple[str, str, int]:
        return self.series.series_id, self.flow, self.lag


Row = list[Any]  # series, then what a `Pair` holds, as plain values


def pairs(report: Report, rows: Iterable[Row], basis: str | None = None) -> list[Pair]:
    """The pairs that `rows` are."""
    declared = plan(report.catalogue).series
    return [
        Pair(
            declared[series],
            flow,
            lag,
            None if found is None else Correlation(**found),
            levels,
            reason,
            first,
            last,
            basis,
        )
        for series, flow, lag, found, levels, reason, first, last in rows
    ]


def beside(report: Report) -> str | None:
    """The second yearly record, or None where there is none: not taken in, not known yet, or the leading one itself."""
    p = report.parameters
    if BESIDE not in report.catalogue.bases or p.basis == BESIDE or "year" not in (p.listed("frequency") or A_YEAR):
        return None
    cells = report.cells(BESIDE)
    return BESIDE if cells["value"].where(cells["fit"]).notna().any() else None


def rows(report: Report, flows: tuple[str, ...], basis: str | None = None) -> list[Row]:
    """Every series and flow at every lag that the parameters ask for; by year alone on a `basis` that is named."""
    declared, p = plan(report.catalogue), report.parameters
    asked = ("year",) if basis else p.listed("frequency") or tuple(A_YEAR)
    result: list[Row] = []
    for series in declared.series.values():
        if series.frequency not in asked:
            continue
        for flow in flows:
            labels, trade, growth = _trade(report, flow, series.frequency, basis)
            values = _series(report, series.series_id, labels)
            result += _lags(report, series, flow, labels, values, trade, growth)
    return result


def _lags(
    report: Report, series: SeriesPlan, flow: str, labels: list[str], values: Array, trade: Array, growth: Array
) -> list[Row]:
    step, most = A_YEAR[series.frequency], report.parameters.lags
    least = int(plan(report.catalogue).number("correlation_min_pairs"))
    lags = range(-most, most + 1)
    x, y = _change(values, step), growth
    known = np.flatnonzero(np.isfinite(y))
    # The calendar is rotated over the span in which trade is known, not over the empty years before it.
    span = slice(int(known[0]), int(known[-1]) + 1) if len(known) else slice(0, 0)
    found = inference.lagged(x[span], y[span], lags, least_pairs=least)
    both = [label for label, a, b in zip(labels, x, y, strict=True) if np.isfinite(a) and np.isfinite(b)]
    ends = (both[0], both[-1]) if both else ("", "")
    return [
        [
            series.series_id,
            flow,
            lag,
            None if isinstance(f, Untested) else asdict(f),
            _pearson(values[span], trade[span], lag, least),
            str(f) if isinstance(f, Untested) else "",
            *ends,
        ]
        for lag, f in zip(lags, found, strict=True)
    ]


def _pearson(x: Array, y: Array, lag: int, least: int) -> float | None:
    """Pearson correlation of x[t] with y[t + lag]; None for too few pairs or a constant side."""
    n = len(x)
    a, b = (x[: n - lag], y[lag:]) if lag >= 0 else (x[-lag:], y[: n + lag])
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < least or np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
        return None
    return float(np.corrcoef(a[both], b[both])[0, 1])


def _change(values: Array, step: int) -> Array:
    """Difference over `step` periods; a gap on either side leaves a gap."""
    result = np.full(len(values), np.nan)
    result[step:] = values[step:] - values[:-step]
    return result


def _trade(report: Report, flow: str, frequency: str, basis: str | None) -> tuple[list[str], Array, Array]:
    """Labels of the periods, the log of trade, and its growth in logs over a year; with gaps.

    Growth by year is that of `trade.rates`, which takes both years from one compiler where that is possible.
    """
    if frequency == "month":
        data = months(report, flow, Choices())
        labels = [month_name(data.start + i) for i in range(len(data.values))]
        logs = data.logs(plan(report.catalogue).number("floor_usd_million"))
        return labels, logs, _change(logs, A_YEAR["month"])
    cells = report.cells(basis).xs(flow, level="measure")
    cells = cells[cells.index >= FIRST_YEAR]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(cells["value"].where(cells["fit"]).to_numpy(dtype=float))
    growth = report.rates(basis).query("measure == @flow").droplevel("measure")["log"].astype(float) / 100
    return [str(year) for year in cells.index], logs, growth.reindex(cells.index).to_numpy()


def _series(report: Report, series_id: str, labels: list[str]) -> Array:
    """The series at the labels: counts of events by month or year, or rows of events/political."""
    name = series_id.rpartition("_")[0]
    if name in COUNTED:
        found = events.events_of(report.catalogue, COUNTED[name], report.parameters.as_of)
        size = len(labels[0]) if labels else 0
        dated = [event.date[:size] for event in found if len(event.date) >= size]
        values = np.array([dated.count(label) for label in labels], dtype=float)
    else:
        rows = _political(report, name)
        known = dict(zip(rows["period"], rows["value"], strict=True))
        values = np.array([known.get(label, np.nan) for label in labels], dtype=float)
    # After the day of knowledge nothing can be counted, which is not the same as zero.
    day = report.parameters.as_of
    return np.where([day is None or label < day.isoformat()[: len(label)] for label in labels], values, np.nan)


def _political(report: Report, name: str) -> pd.DataFrame:
    table = report.catalogue.frame("events/political")
    return table[(table["series"] == ("votes_china" if name == "votes" else name)) & (table["quality"] <= "B")]


def rows_of(report: Report, pair: Pair) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Rows and sources of both sides of a pair, inside its span and the period before it, from which it changes."""
    rows, sources = _rows_of_series(report, pair)
    more, own = _rows_of_trade(report, pair)
    return rows + more, tuple(dict.fromkeys([*sources, *own]))


def _rows_of_trade(report: Report, pair: Pair) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not pair.first:
        return (), ()
    if pair.series.frequency == "month":
        span = range(ordinal(pair.first) - A_YEAR["month"], ordinal(pair.last) + 1)
        return month_rows(report, pair.flow, list(span))
    cells = report.cells(pair.basis).xs(pair.flow, level="measure")
    cells = cells[(cells.index >= int(pair.first) - 1) & (cells.index <= int(pair.last)) & cells["fit"]]
    rates = report.rates(pair.basis).query("measure == @pair.flow").droplevel("measure")
    rates = rates[(rates.index >= int(pair.first)) & (rates.index <= int(pair.last))]
    return (
        tuple(dict.fromkeys(row for rows in (*cells["rows"], *rates["rows"]) for row in rows)),
        tuple(dict.fromkeys(source for sources in (*cells["sources"], *rates["sources"]) for source in sources)),
    )


def _rows_of_series(report: Report, pair: Pair) -> tuple[tuple[str, ...], tuple[str, ...]]:
    name = pair.series.series_id.rpartition("_")[0]
    if name in COUNTED:
        found = [
            e
            for e in events.events_of(report.catalogue, COUNTED[name], report.parameters.as_of)
            if pair.first <= e.date[: len(pair.first)] <= pair.last
        ]
        return tuple(e.row for e in found), tuple(dict.fromkeys(s for e in found for s in e.sources))
    rows = _political(report, name)
    rows = rows[(rows["period"] >= pair.first) & (rows["period"] <= pair.last)]
    return (
        tuple(f"events/political#{row}" for row in rows["row_id"]),
        tuple(dict.fromkeys(s for cell in rows["source_id"] for s in cell.split(";"))),
    )
