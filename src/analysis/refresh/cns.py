"""The missile tests of the DPRK in the list of the James Martin Center (CNS), counted by day in Korean time.

Interface: the workbook linked on https://www.nti.org/analysis/articles/cns-north-korea-missile-test-database/, sheet
"Missile Tests", a row a launch below a row with the names of the columns, above which some editions leave rows empty
(the workbook of 2025 does). Only day, hour and type of missile are taken; the list's descriptions, places
and outcomes are its own. A launch with an hour is dated in UTC, one without by the day of the place. A date is known to
the month where its cell shows no day.

Where the type of a launch is unknown, the count of long-range launches that stands here for that day is kept as long as
the list allows it: an earlier edition may have known more.
"""

from __future__ import annotations

import itertools
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from ..catalogue import Catalogue, newest
from ..errors import shown
from ..events.catalogue import taken_in
from .changes import Figure, Key
from .package import Row
from .taking import Part, Taken, sound, source, stem, take
from .web import Raw, Refused, Wanted, Web

ADDRESS = "https://www.nti.org/wp-content/uploads/2021/10/north_korea_missile_test_database.xlsx"
PUBLISHER = "CNS"
SHEET, DAY, HOUR, TYPE = "Missile Tests", "Date", "Launch Time (UTC)", "Missile Type"
LONG_RANGE, SHORTER, UNKNOWN = ("ICBM", "IRBM", "SLV"), ("SRBM", "MRBM", "SLBM", "HGV"), "Unknown"
KOREA = timedelta(hours=9)
TABLE = "events/launch_days"
LIST = "cns-missiles"  # how the ids of the sources begin that are editions of this list
NO_HOUR = ("", "unknown", "n/a")
HOURS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
ABOVE = 20  # rows within which the names of the columns stand
FIRST = date(1984, 1, 1)  # the list begins in this year


@dataclass(frozen=True)
class Day:
    """One day, or one month where no day is known: launches, those of long range, those of unknown type."""

    launches: int = 0
    long_range: int = 0
    unknown: int = 0

    def with_one(self, kind: str) -> Day:
        return Day(self.launches + 1, self.long_range + (kind in LONG_RANGE), self.unknown + (kind == UNKNOWN))


def taken(catalogue: Catalogue, years: range, web: Web, apply: bool, today: date) -> Taken:
    """Fetch the list and compare what it has of `years`. Raises Refused."""
    raw = web.get(Wanted(f"{PUBLISHER}, missile tests", ADDRESS, form="zip", only=True))
    days = {day: counted for day, counted in launch_days(raw, today).items() if int(day[:4]) in years}
    stand = {day: row for day, row in _standing(catalogue).items() if int(day[:4]) in years}
    if sum(day not in days for day in stand) > len(stand) / 2:
        raise Refused(f"The list of {PUBLISHER} lacks more than half of the days that stand here: it is another.")
    origin = source(
        LIST, today, "CNS/NTI North Korea Missile Test Database", "James Martin Center for Nonproliferation Studies",
        "Launches with day, hour and class of missile", ADDRESS,
    )  # fmt: skip
    new: dict[Key, Figure] = {}
    rows: dict[Key, Row] = {}
    for day, counted in days.items():
        row = _row(day, counted, stand.get(day), origin, today)
        for measure in ("launches", "long_range"):
            rows[day, measure] = row
            new[day, measure] = Figure(float(row[measure]), 0.0)
    old: dict[Key, Figure] = {
        (day, measure): Figure(float(row[measure]), 0.0)
        for day, row in stand.items()
        for measure in ("launches", "long_range")
    }
    part = Part(TABLE, "launches", old, new, rows, origin, order="date")
    return take(catalogue, PUBLISHER, [part], web, apply, today, sound("events"))


def launch_days(raw: Raw, today: date) -> dict[str, Day]:
    """The launches of each day in Korean time, by ISO date. Raises Refused for a workbook of another form."""
    days: dict[str, Day] = {}
    for number, day, hour, kind in _launches(raw):
        where = f"The answer of {raw.name}, row {number},"
        when = _when(where, day, hour)
        if not FIRST.isoformat()[: len(when)] <= when <= (today + timedelta(days=1)).isoformat():
            raise Refused(f"{where} has the date {when}, when the list had not begun or which is still to come.")
        text = str(kind.value).strip()
        if text not in (*LONG_RANGE, *SHORTER, UNKNOWN):
            raise Refused(f"{where} has the {TYPE} {shown(text)!r}, which is not known.")
        days[when] = days.get(when, Day()).with_one(text)
    return dict(sorted(days.items()))


def _launches(raw: Raw) -> Iterator[tuple[int, Any, Any, Any]]:
    """Number and cells with day, hour and type of each row of the sheet, empty rows left out."""
    import openpyxl

    try:
        with raw.path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheet = next((name for name in book.sheetnames if _same(name, SHEET)), None)
            if sheet is None:
                raise Refused(f"The answer of {raw.name} has another shape: it lacks the sheet {SHEET}.")
            rows = enumerate(book[sheet].iter_rows(), start=1)
            places = _places(raw, rows)
            for number, row in rows:
                if any(cell.value not in (None, "") for cell in row):
                    if len(row) <= max(places):
                        raise Refused(f"The answer of {raw.name} has a row that is cut off.")
                    day, hour, kind = (row[place] for place in places)
                    yield number, day, hour, kind
    except Refused:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, EOFError, OSError, SyntaxError):
        # What openpyxl raises where an archive is no workbook, or a damaged one; SyntaxError is that of its XML.
        raise Refused(f"The answer of {raw.name} is no workbook that can be read.") from None


def _places(raw: Raw, rows: Iterator[tuple[int, Any]]) -> list[int]:
    """Where day, hour and type stand, by the first row that is not empty; read up to it."""
    head = (row for _, row in itertools.islice(rows, ABOVE) if any(cell.value not in (None, "") for cell in row))
    names = [cell.value for cell in next(head, ())]
    places = []
    for column in (DAY, HOUR, TYPE):
        found = [place for place, name in enumerate(names) if _same(name, column)]
        if len(found) != 1:
            raise Refused(f"The answer of {raw.name} has another shape: it lacks the column {column}.")
        places += found
    return places


def _same(name: object, wanted: str) -> bool:
    """Whether two names are one, whatever their blanks and capitals."""
    return " ".join(str(name or "").split()).casefold() == wanted.casefold()


def _when(where: str, day: Any, hour: Any) -> str:
    """The day of a launch in Korean time, or its month."""
    value, shows = day.value, str(getattr(day, "number_format", "")).lower()
    if isinstance(value, str) and (found := re.fullmatch(r"[A-Z][a-z]{2}-\d\d", value.strip())):
        with suppress(ValueError):
            return f"{datetime.strptime(found[0], '%b-%y'):%Y-%m}"
    if not isinstance(value, datetime):
        raise Refused(f"{where} has the {DAY} {shown(str(value))!r}, which is no date.")
    if "d" not in shows and "m" in shows:
        return f"{value:%Y-%m}"
    at = _hour(where, hour.value)
    return (value if at is None else datetime.combine(value.date(), at) + KOREA).date().isoformat()


def _hour(where: str, value: Any) -> time | None:
    if value is None or (isinstance(value, str) and value.strip().lower() in NO_HOUR):
        return None
    if isinstance(value, datetime):
        return value.time()
    if isinstance(value, time):
        return value
    if isinstance(value, str):
        for form in HOURS:
            with suppress(ValueError):
                return datetime.strptime(value.strip(), form).time()
    raise Refused(f"{where} has the {HOUR} {shown(str(value))!r}, which is no time of day.")


def _standing(catalogue: Catalogue) -> dict[str, Mapping[str, Any]]:
    rows = newest(TABLE, catalogue.frame(TABLE).to_dict("records"), taken_in)
    return {str(row["date"]): row for row in rows}


def _row(day: str, counted: Day, stands: Mapping[str, Any] | None, origin: Row, today: date) -> Row:
    """The row of a day; who else supports the date of one that stands supports it still."""
    others, long_range, checked = [], counted.long_range, "no"
    if stands is not None:
        others = [name for name in str(stands["source_id"]).split(";") if not name.startswith(LIST)]
        if counted.long_range <= int(stands["long_range"]) <= counted.long_range + counted.unknown:
            long_range = int(stands["long_range"])
        checked = str(stands["cross_checked"]) if others else "no"
    return {
        "event_id": stem("launch", day), "date": day, "date_precision": "day" if len(day) == 10 else "month",
        "launches": str(counted.launches), "long_range": str(long_range),
        "provisional": "yes" if int(day[:4]) >= today.year - 1 else "no", "cross_checked": checked,
        "status": "reported", "quality": {"yes": "A", "partial": "B", "no": "C"}[checked],
        "published": origin["published"], "source_id": ";".join([origin["source_id"], *others]),
    }  # fmt: skip
