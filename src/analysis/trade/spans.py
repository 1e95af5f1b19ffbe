"""The facts of quarters and half-years: levels, and growth of months, quarters and half-years on the year before.

The growth of a quarter or half-year has a range: what rounding leaves, and growth of the same period as compilers
published it, which often starts from another vintage of the year before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..facts import Fact
from . import periods
from .rates import Published, with_published
from .yearly import decimals_of, join

if TYPE_CHECKING:
    from ..report import Report


def facts(report: Report, labels: Mapping[str, str]) -> Iterator[Fact]:
    """Levels of quarters and half-years, and the growth of months, quarters and half-years."""
    yield from _levels(report.quarters, "quarter", labels)
    yield from _levels(report.halves, "half", labels)
    yield from _growth(report.months, periods.month_growth(report.months), "month", 12, labels)
    published = [p for p in report.published_growth if p.basis == "customs"]
    yield from _growth(report.quarters, periods.quarter_growth(report.quarters), "quarter", 4, labels, published)
    yield from _growth(report.halves, periods.half_growth(report.halves), "half", 2, labels, published)


WORDS = {"month": "month", "quarter": "quarter", "half": "half-year"}


def _levels(frame: pd.DataFrame, unit: str, labels: Mapping[str, str]) -> Iterator[Fact]:
    for (period, measure), cell in frame[frame["value"].notna()].iterrows():
        yield Fact(
            id=f"trade.{unit}_{measure}.customs.{str(period).lower()}",
            label=f"{labels[measure]}, Chinese customs, {WORDS[unit]}", value=cell["value"], unit="usd_million",
            period=str(period), status=cell["status"], formula=f"{cell['origin']}; grade {cell['quality']}",
            rows=cell["rows"], sources=cell["sources"], low=cell["value"] - cell["precision"],
            high=cell["value"] + cell["precision"], decimals=min(0, decimals_of(cell["precision"])),
        )  # fmt: skip


def _growth(
    frame: pd.DataFrame, rates: pd.DataFrame, unit: str, a_year: int, labels: Mapping[str, str],
    published: list[Published] | None = None,
) -> Iterator[Fact]:  # fmt: skip
    """Growth on the same month, quarter or half-year a year before; with `published`, its range."""
    order = list(dict.fromkeys(frame.index.get_level_values(0)))
    place = {period: position for position, period in enumerate(order)}
    for measure, column in rates.items():
        for period, rate in column.dropna().items():
            before = order[place[period] - a_year]
            now, then = frame.loc[(period, measure)], frame.loc[(before, measure)]
            extra: dict[str, Any] = {"decimals": 0}
            rows, sources = [now["rows"], then["rows"]], [now["sources"], then["sources"]]
            formula = f"{period} / {before} - 1"
            if published is not None:
                error = 100 * (now["precision"] / then["value"] + now["value"] * then["precision"] / then["value"] ** 2)
                beside = [p for p in published if (_name(p.period), p.measure) == (_name(str(period)), measure)]
                low, high, wider, note = with_published(float(rate), error, beside)
                extra = {"decimals": 1 if error < 0.5 else 0, "low": low, "high": high}
                formula += note
                rows, sources = [*rows, *(p.rows for p in wider)], [*sources, *(p.sources for p in wider)]
            yield Fact(
                id=f"trade.{unit}_growth_{measure}.customs.{str(period).lower()}", value=float(rate), unit="percent",
                label=f"{labels[str(measure)]}, Chinese customs, on the same {WORDS[unit]} a year before",
                period=str(period), status="derived", formula=formula, rows=join(rows), sources=join(sources), **extra,
            )  # fmt: skip


def _name(period: str) -> str:
    """One spelling of a quarter or half-year: `2013Q1`."""
    return period.replace("-", "").upper()
