"""Quarters, half-years and years around nuclear tests that have no monthly baseline: described, not tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import catalogue as events

if TYPE_CHECKING:
    from ..facts import Fact
    from ..report import Report

DESCRIBED = ("2006", "2009", "2013")
AROUND = {"quarter": range(-1, 4), "half": range(-1, 2)}
IN_A_YEAR = {"quarter": 4, "half": 2}
ORDINALS = ("first", "second", "third", "fourth")
HALVES = "half-years"
FLOWS = ("exports", "imports", "total")


@dataclass(frozen=True)
class Around:
    """One quarter or half-year beside a test: `step` is 0 for its own. A fact is None where no figure is known.

    `published` holds growth of the same period as compilers published it, by flow.
    """

    event: events.Event
    unit: str
    step: int
    year: int
    place: int
    levels: dict[str, Fact | None]
    growth: dict[str, Fact | None]
    published: dict[str, list[Fact]]

    @property
    def name(self) -> str:
        """`2013-Q1` or `2013-H1`."""
        return f"{self.year}-{self.unit[0].upper()}{self.place}"

    @property
    def words(self) -> str:
        """`the first half of 2013`."""
        return f"the {ORDINALS[self.place - 1]} {self.unit} of {self.year}"


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


def around(report: Report) -> list[Around]:
    """The quarters and half-years around these tests: the one before, its own, and those after.

    As far as the years asked for reach.
    """
    return [
        _around(report, event, unit, step)
        for event in tests(report)
        for unit, steps in AROUND.items()
        for step in steps
    ]


def _around(report: Report, event: events.Event, unit: str, step: int) -> Around:
    count = IN_A_YEAR[unit]
    own = int(event.date[:4]) * count + (int(event.date[5:7]) - 1) * count // 12
    year, place = divmod(own + step, count)
    name = f"{year}q{place + 1}" if unit == "quarter" else f"{year}-h{place + 1}"
    dashed = f"{year}-{unit[0]}{place + 1}"
    printed = {f: f"trade.printed_growth{'' if f == 'total' else f'_{f}'}" for f in FLOWS}
    return Around(
        event, unit, step, year, place + 1,
        {f: report.find(f"trade.{unit}_{f}.customs.{name}") for f in FLOWS},
        {f: report.find(f"trade.{unit}_growth_{f}.customs.{name}") for f in FLOWS},
        {f: [fact for fact in report.facts.under(printed[f]) if fact.id.endswith(f".{dashed}")] for f in FLOWS},
    )  # fmt: skip


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
