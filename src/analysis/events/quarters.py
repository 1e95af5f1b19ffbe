"""Quarters and years around nuclear tests that have no monthly baseline: described, not tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from . import catalogue as events

if TYPE_CHECKING:
    from ..facts import Fact
    from ..report import Report

DESCRIBED = ("2006", "2009", "2013")
AROUND = range(-1, 4)


@dataclass(frozen=True)
class Around:
    """One quarter beside a test: `step` is 0 for its own quarter. A fact is None where no figure is known."""

    event: events.Event
    step: int
    quarter: pd.Period
    levels: dict[str, Fact | None]
    growth: dict[str, Fact | None]


@dataclass(frozen=True)
class Year:
    event: events.Event
    year: int
    growth: dict[str, Fact | None]


def tests(report: Report) -> tuple[events.Event, ...]:
    """The nuclear tests before months can be read."""
    return tuple(
        e
        for e in events.events_of(report.catalogue, "nuclear_tests", report.parameters.as_of)
        if e.date[:4] in DESCRIBED
    )


def quarters(report: Report) -> list[Around]:
    """The quarter before, its own, and three after each of these tests, as far as the years asked for reach."""
    found = []
    for event in tests(report):
        own = pd.Period(event.date, freq="Q")
        for step in AROUND:
            quarter = own + step
            name = str(quarter).lower()
            found.append(
                Around(
                    event,
                    step,
                    quarter,
                    {f: report.find(f"trade.quarter_{f}.customs.{name}") for f in ("exports", "imports", "total")},
                    {
                        f: report.find(f"trade.quarter_growth_{f}.customs.{name}")
                        for f in ("exports", "imports", "total")
                    },
                )
            )
    return found


def years(report: Report) -> list[Year]:
    """Growth in the year of each of these tests and in the next, on the leading basis."""
    basis = report.parameters.basis
    return [
        Year(
            event,
            year,
            {
                f: report.find(f"trade.growth{s}.{basis}.{year}")
                for f, s in (("exports", "_exports"), ("imports", "_imports"), ("total", ""))
            },
        )
        for event in tests(report)
        for year in (int(event.date[:4]), int(event.date[:4]) + 1)
    ]
