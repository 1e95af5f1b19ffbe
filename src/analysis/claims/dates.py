"""Days, months and years as spans of days."""

from __future__ import annotations

import calendar
from datetime import date


def span(text: str) -> tuple[date, date]:
    """First and last day of `2015-10-09`, `2015-10`, `2015` or of a stretch such as `1950..1953`; ValueError else."""
    first, dots, last = text.partition("..")
    if dots:
        return span(first)[0], span(last)[1]
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        day = date(parts[0], parts[1], parts[2])
        return day, day
    if len(parts) == 2:
        year, month = parts
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    return date(parts[0], 1, 1), date(parts[0], 12, 31)


def apart(found: tuple[date, date], wanted: tuple[date, date]) -> int:
    """Days between the two spans; zero where they share a day."""
    return max((wanted[0] - found[1]).days, (found[0] - wanted[1]).days, 0)
