"""The World Bank's World Development Indicators: the deflator of the United States, and the people of the DPRK.

Interface: https://datahelpdesk.worldbank.org/knowledgebase/articles/898581-api-basic-call-structures and the pages
beside it. An answer is a list of a header, which counts pages and records, and the records. The client `wbgapi` was not
taken: it hands out values without the bytes they came in and without the header. The use of energy is not asked for,
since it is made from the IEA's figures, which are not open.

The deflator is an index whose year of base moves. It is told by the year that has a hundred, and stands in the note.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..catalogue import Catalogue
from ..dependence.readings import known
from ..errors import shown
from .changes import Figure, Key
from .package import Made, Row
from .taking import Part, Taken, half_a_digit, plain, sound, source, standing, stem, take
from .web import Raw, Refused, Wanted, Web

ADDRESS = "https://api.worldbank.org/v2"
PUBLISHER = "World Bank"
TABLE, COLUMNS = "macro/world_bank", ("year", "country", "series")
DATABASE = "2"  # the number of the World Development Indicators among the Bank's databases
MOST = 1000  # records of an answer; a yearly series has fewer than a hundred


@dataclass(frozen=True)
class Series:
    country: str
    indicator: str
    name: str
    unit: str


SERIES = (
    Series("USA", "NY.GDP.DEFL.ZS", "gdp_deflator", "index"),
    Series("PRK", "SP.POP.TOTL", "population", "persons"),
)


MADE = Made(
    TABLE, "World Development Indicators",
    "Deflator of the gross domestic product of the United States and people of the DPRK, fetched from the World Bank.",
    "The people of the DPRK are a projection of the United Nations. No figure of the report rests on this table.",
    "Use of energy, which rests on figures of the IEA that are not open.", "index and persons",
    (
        ("row_id", "string", "Label of the row"), ("year", "integer", "Calendar year"),
        ("country", "string", "Country, by its code of three letters"),
        ("series", "string", "gdp_deflator or population"), ("value", "number", "The figure"),
        ("unit", "string", "Unit of value"),
        ("status", "string", "reported, mirror, derived, estimated or unreported"),
        ("quality", "string", "A printed to the unit; B rounded or nearly exact; C rough; D contradicted"),
        ("precision", "number", "Half a unit of the last digit, in the unit of value"),
        ("published", "string", "When the figure was fetched"),
        ("source_id", "string", "Row of sources.csv"), ("note", "string", "Base of an index"),
    ),
)  # fmt: skip


def taken(catalogue: Catalogue, years: range, web: Web, apply: bool, today: date) -> Taken:
    """Fetch each series and compare what it has of `years`. Raises Refused."""
    parts = [_part(catalogue, years, web, series, today) for series in SERIES]
    return take(catalogue, PUBLISHER, parts, web, apply, today, sound("trade"))


def _part(catalogue: Catalogue, years: range, web: Web, series: Series, today: date) -> Part:
    raw = web.get(Wanted(
        f"{PUBLISHER}, {series.indicator} of {series.country}",
        f"{ADDRESS}/country/{series.country}/indicator/{series.indicator}", {"format": "json", "per_page": str(MOST)},
    ))  # fmt: skip
    values = figures(raw, series)
    base = _base(values) if series.unit == "index" else ""
    stand = {int(row["year"]): str(row["note"]) for row in known(catalogue, TABLE).pick(series=series.name)}
    if any(note != base and year not in years for year, note in stand.items()):
        raise Refused(
            f"{PUBLISHER} gives {series.indicator} on another base, {base}: ask for all years, so that none stays on "
            "the old one."
        )
    origin = source(
        "world-bank", today, PUBLISHER, "World Development Indicators",
        "Deflator of the United States, people of the DPRK", f"{ADDRESS}/country/",
    )  # fmt: skip
    new: dict[Key, Figure] = {}
    rows: dict[Key, Row] = {}
    for year, value in values.items():
        if year in years:
            key = (str(year), series.country, series.name)
            new[key] = Figure(value, half_a_digit(repr(value)))
            rows[key] = {
                "row_id": stem(*key), "year": key[0], "country": key[1], "series": key[2], "value": plain(value),
                "unit": series.unit, "status": "estimated", "quality": "B", "precision": repr(new[key].precision),
                "published": origin["published"], "source_id": origin["source_id"], "note": base,
            }  # fmt: skip
    old = standing(catalogue, TABLE, COLUMNS, years, series=series.name)
    return Part(TABLE, series.unit, old, new, rows, origin, made=MADE)


def figures(raw: Raw, series: Series) -> dict[int, float]:
    """The figure of each year that has one. Raises Refused for an answer of another form."""
    body = raw.json()
    if isinstance(body, list) and len(body) == 1 and isinstance(body[0], dict) and "message" in body[0]:
        raise Refused(f"{raw.name} answered with an error: {shown(str(body[0]['message']), 160)}.")
    if not (isinstance(body, list) and len(body) == 2 and isinstance(body[0], dict) and isinstance(body[1], list)):
        raise Refused(f"The answer of {raw.name} has another shape: it is no header with a list of records.")
    header, records = body
    if header.get("page") != 1 or header.get("pages") != 1 or header.get("total") != len(records):
        raise Refused(f"The answer of {raw.name} is cut off: {len(records)} records, other than its header says.")
    if str(header.get("sourceid")) != DATABASE:
        raise Refused(f"The answer of {raw.name} is not of the World Development Indicators.")
    found: dict[int, float] = {}
    seen: set[str] = set()
    for position, record in enumerate(records, start=1):
        where = f"The answer of {raw.name}, record {position},"
        year, value = _read(where, record, series)
        if year in seen:
            raise Refused(f"{where} gives {year} a second time.")
        seen.add(year)
        if value is not None:
            found[int(year)] = value
    return dict(sorted(found.items()))


def _read(where: str, record: Any, series: Series) -> tuple[str, float | None]:
    if not isinstance(record, dict):
        raise Refused(f"{where} is no record.")
    for name in ("indicator", "countryiso3code", "date", "value", "unit"):
        if name not in record:
            raise Refused(f"{where} lacks the field {name}.")
    indicator, year, value = record["indicator"], record["date"], record["value"]
    code = indicator.get("id") if isinstance(indicator, dict) else indicator
    if code != series.indicator or record["countryiso3code"] != series.country:
        of = f"{shown(str(code))} of {shown(str(record['countryiso3code']))}"
        raise Refused(f"{where} has the indicator {of}, not {series.indicator} of {series.country}.")
    if record["unit"] != "":
        raise Refused(f"{where} has the unit {shown(str(record['unit']))!r}, where the indicator itself names it.")
    if not isinstance(year, str) or not re.fullmatch(r"(19|20)\d\d", year):
        raise Refused(f"{where} has the date {shown(str(year))!r}, which is no year.")
    if value is None:
        return year, None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise Refused(f"{where} has the value {shown(str(value))!r}, which is no figure.")
    return year, float(value)


def _base(values: Mapping[int, float]) -> str:
    """The year of base in words, from the year that has a hundred."""
    years = [year for year, value in values.items() if abs(value - 100) < 1e-6]
    if len(years) != 1:
        raise Refused(f"The deflator of the {PUBLISHER} does not show its base: {len(years)} years have a hundred.")
    return f"{years[0]} = 100"
