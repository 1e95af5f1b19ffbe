"""Phases: the years between dated turning points, bounded by the first event of each kind.

A phase begins in the calendar year of the event that opens it. Growth within a phase runs from the last
year before it to its last usable year, so that the fall that opens it belongs to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from .growth import Cagr, cagr


@dataclass(frozen=True)
class Kind:
    """A kind of turning point: the name of the phase it opens, and that phase in a sentence and as a noun."""

    name: str
    during: str
    noun: str


BEFORE, NONE_YET = "Before the wide bans", "No turning point yet"
KINDS = {
    "sanctions": Kind("Wide bans", "over the years of the wide bans", "the wide bans"),
    "closure": Kind("Border closed", "while the border was closed", "the closure"),
    "reopening": Kind("Reopening", "since the border reopened", "the reopening"),
}


@dataclass(frozen=True)
class TurningPoint:
    event_id: str
    day: date
    kind: str
    label: str
    title: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Phase:
    """Years `first_year` to `last_year`; `opened_by` is None for the years before the first event."""

    key: str
    name: str
    first_year: int
    last_year: int
    opened_by: TurningPoint | None


def turning_points(events: pd.DataFrame) -> list[TurningPoint]:
    """The dated turning points of data/events.csv in order of date."""
    points = [
        TurningPoint(r["event_id"], date.fromisoformat(r["date"]), r["kind"], r["label"], r["title"],
                     tuple(r["source_id"].split(";")))
        for r in events.to_dict("records")
    ]  # fmt: skip
    return sorted(points, key=lambda point: point.day)


def openers(points: list[TurningPoint]) -> list[TurningPoint]:
    """The first event of each kind, in order of date: they bound the phases."""
    found = [next(p for p in points if p.kind == kind) for kind in KINDS if any(p.kind == kind for p in points)]
    return sorted(found, key=lambda point: point.day)


def closed_years(points: list[TurningPoint], end_year: int) -> frozenset[int]:
    """The years in which the border was closed on some day: from each closure to the next reopening."""
    closed: set[int] = set()
    for point in points:
        if point.kind == "closure":
            opened = next((p.day.year for p in points if p.kind == "reopening" and p.day > point.day), end_year)
            closed.update(range(point.day.year, opened + 1))
    return frozenset(closed)


def phases(points: list[TurningPoint], start_year: int, end_year: int) -> list[Phase]:
    """The phases that have a year between `start_year` and `end_year`, cut to it."""
    found, first, key, opener = [], start_year, "before" if points else "whole", None
    for point in [*openers(points), None]:
        last = end_year if point is None else min(point.day.year - 1, end_year)
        if last >= first:
            name = KINDS[key].name if opener else BEFORE if points else NONE_YET
            found.append(Phase(key, name, first, last, opener))
        if point is None:
            break
        first, key, opener = max(point.day.year, start_year), point.kind, point
    return found


def against(points: list[TurningPoint]) -> list[tuple[TurningPoint, Kind]]:
    """Later events of another kind than the phase they fall into, each with that phase: a stop after a reopening."""
    bounds = openers(points)
    found = []
    for point in points:
        begun = [opener for opener in bounds if opener.day <= point.day]
        if begun and point not in bounds and point.kind != begun[-1].kind:
            found.append((point, KINDS[begun[-1].kind]))
    return found


def phase_growth(wide: pd.DataFrame, phase: Phase) -> dict[str, Cagr]:
    """Growth of each flow over a phase; a flow that cannot be measured is left out.

    `wide` has years as rows and flows as columns. Growth runs from the year before the phase (its own first
    usable year if nothing opened it) to its last usable year. The years of the total hold for its parts too,
    so that one line of a table compares the same years; where there is no total, each flow has its own.
    """
    total = _over(wide["total"], phase)
    if total is None:
        found = {measure: _over(wide[measure], phase) for measure in wide.columns}
    else:
        ends = wide.loc[[total.first_year, total.last_year]]
        found = {measure: cagr(ends[measure]) for measure in wide.columns}
    return {measure: rate for measure, rate in found.items() if rate}


def _over(values: pd.Series, phase: Phase) -> Cagr | None:
    start = phase.first_year if phase.opened_by is None else phase.first_year - 1
    if phase.opened_by is not None and (start not in values.index or pd.isna(values[start])):
        return None
    return cagr(values, start, phase.last_year)
