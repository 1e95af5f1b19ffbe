"""The World Bank's monthly prices of commodities, the "Pink Sheet": those of goods that make up trade with the DPRK.

Interface: https://www.worldbank.org/en/research/commodity-markets links the workbook under an address that changes with
each release, so the page is read first. The form of the workbook is that which public code finds in it, such as
https://pypi.org/project/worldbank-commodities/. In the sheet "Monthly Prices" a row with the names of the series
follows titles and the day of the update; their units stand below in parentheses; then comes a row a month, `1960M01`
first, in nominal dollars. Rows are found by what they hold, since readers disagree on how many stand above, and some
have a row of codes below the units. Dots stand where there is no figure. Names carry blanks and asterisks of footnotes.

Cells hold more digits than were printed (1.63000011444 for 1.63), and some releases round to one decimal. Four decimals
are kept, and figures that are rounded differently count as unchanged where both can be right.
"""

from __future__ import annotations

import itertools
import math
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from ..catalogue import Catalogue, newest
from ..errors import shown
from .changes import Figure, Key
from .package import Made, Row
from .taking import Part, Taken, half_a_digit, plain, sound, source, stem, take
from .web import Raw, Refused, Wanted, Web

PAGE = "https://www.worldbank.org/en/research/commodity-markets"
HOST, FILE = "worldbank.org", "CMO-Historical-Data-Monthly.xlsx"
PUBLISHER = "World Bank"
TABLE, SHEET = "macro/commodity_prices", "Monthly Prices"
FIRST_YEAR = 1960
FIRST_MONTH = f"{FIRST_YEAR}M01"
UPDATED = "Updated on "
ABOVE = 20  # rows within which the names of the series stand
GAPS = ("…", "...", "..")
DECIMALS = 4
MOST_LISTED = 22  # new or changed figures of a unit: two months of the largest


@dataclass(frozen=True)
class Series:
    name: str
    printed: str
    unit: str


BARREL, TONNE = "$/bbl", "$/mt"
SERIES = (
    Series("coal_australia", "Coal, Australian", TONNE), Series("coal_south_africa", "Coal, South African", TONNE),
    Series("crude_oil_average", "Crude oil, average", BARREL), Series("crude_oil_brent", "Crude oil, Brent", BARREL),
    Series("crude_oil_dubai", "Crude oil, Dubai", BARREL), Series("rice_thai_5", "Rice, Thai 5%", TONNE),
    Series("maize", "Maize", TONNE), Series("wheat_us_hrw", "Wheat, US HRW", TONNE),
    Series("soybeans", "Soybeans", TONNE), Series("dap", "DAP", TONNE), Series("urea", "Urea", TONNE),
)  # fmt: skip
MADE = Made(
    TABLE, "Monthly prices of commodities (World Bank)",
    "Coal, crude oil, grain, soybeans and fertiliser in the World Bank's Commodity Price Data (the Pink Sheet).",
    "Averages of quoted prices, collected from others and revised; what the DPRK pays or gets is another price. No "
    "figure of the report rests on this table.",
    "Months for which the workbook has dots.", "nominal US dollars for a barrel ($/bbl) or a tonne ($/mt)",
    (
        ("row_id", "string", "Label of the row"), ("month", "string", "Month, such as 2019-05"),
        ("series", "string", ", ".join(one.name for one in SERIES)), ("value", "number", "The price"),
        ("unit", "string", "Unit of value, as printed"),
        ("status", "string", "reported, mirror, derived, estimated or unreported"),
        ("quality", "string", "A printed to the unit; B rounded or nearly exact; C rough; D contradicted"),
        ("precision", "number", "Half a unit of the last digit, in the unit of value"),
        ("vintage", "string", "The day that the workbook gives itself, as it stands there"),
        ("published", "string", "When the figure was fetched, or read from a file"),
        ("source_id", "string", "Row of sources.csv"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Workbook:
    """Prices by month and name of series, and the day that the workbook gives itself; empty where it gives none."""

    prices: dict[tuple[str, str], float]
    updated: str


def taken(catalogue: Catalogue, years: range, web: Web, apply: bool, today: date) -> Taken:
    """Fetch the workbook that the page links and compare what it has of `years`. Raises Refused."""
    page = web.get(Wanted(f"{PUBLISHER}, commodity markets", PAGE, form="html"))
    address = link(page)
    raw = web.get(Wanted(f"{PUBLISHER}, monthly prices", address, form="zip"))
    book = workbook(raw.path, f"The answer of {raw.name}", today)
    return _take(catalogue, book, years, address, web, apply, today)


def taken_from(path: Path, catalogue: Catalogue, years: range, apply: bool, today: date) -> Taken:
    """The same from a workbook that the user has. Raises Refused."""
    return _take(catalogue, workbook(path, f"The file {path.name}", today), years, PAGE, None, apply, today)


def link(page: Raw) -> str:
    """The address of the workbook that the page links; Refused where it links none, or several."""
    reader = _Links()
    reader.feed(page.path.read_text(encoding="utf-8", errors="replace"))
    found = list(dict.fromkeys(address for one in reader.found if (address := _workbook_at(one))))
    if len(found) != 1:
        said = f"{len(found)} different files" if found else "no file"
        raise Refused(
            f"The page of {page.name} links {said} {FILE} of {HOST}: fetch the workbook by hand and name the file "
            "after worldbank-prices."
        )
    return found[0]


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value.strip() for name, value in attrs if tag == "a" and name == "href" and value]


def _workbook_at(link: str) -> str | None:
    """The whole address of a link to the workbook, on a host of the publisher and over the protocol of the page."""
    try:
        address = urldefrag(urljoin(PAGE, link))[0]
        parts, host = urlsplit(address), urlsplit(address).hostname or ""
    except ValueError:
        return None  # no address at all
    named = parts.path.rpartition("/")[2].lower() == FILE.lower()
    own = parts.scheme == urlsplit(PAGE).scheme and (host == HOST or host.endswith(f".{HOST}"))
    return address if named and own else None


def workbook(path: Path, what: str, today: date) -> Workbook:
    """The prices in a workbook; `what` names it in sentences. Raises Refused for one of another form."""
    rows = enumerate(_rows(path, what), start=1)
    names, updated = _head(rows)
    for one in SERIES:
        if names.count(one.printed) != 1:
            raise Refused(f"{what} has another shape: {SHEET} does not have the column {one.printed} once.")
    places = [names.index(one.printed) for one in SERIES]
    _check_units(what, next(rows, (0, ()))[1], places)
    return Workbook(dict(_prices(what, rows, places, today)), updated)


def _head(rows: Iterator[tuple[int, Sequence[Any]]]) -> tuple[list[str], str]:
    """The names of the series, by column, and the day above them; no names where no row has one of ours."""
    updated = ""
    for _, row in itertools.islice(rows, ABOVE):
        names = [_name(cell) for cell in row]
        if any(one.printed in names for one in SERIES):
            return names, updated
        updated = next((shown(name[len(UPDATED) :], 40) for name in names if name.startswith(UPDATED)), updated)
    return [], updated


def _check_units(what: str, row: Sequence[Any], places: list[int]) -> None:
    for one, place in zip(SERIES, places, strict=True):
        unit = _name(row[place]) if place < len(row) else ""
        if unit != f"({one.unit})":
            raise Refused(f"{what} gives {one.printed} in {shown(unit)!r}, not in ({one.unit}).")


def _prices(
    what: str, rows: Iterator[tuple[int, Sequence[Any]]], places: list[int], today: date
) -> Iterator[tuple[tuple[str, str], float]]:
    """Each price with its month and series; months follow each other without a gap, and all of them are over."""
    expected, ended = FIRST_MONTH, False
    for number, row in rows:
        where, label = f"{what}, row {number},", row[0] if row else None
        if all(cell is None for cell in row):
            ended = expected != FIRST_MONTH
            continue
        if label is None and expected == FIRST_MONTH:
            continue  # a row of codes
        if ended or not isinstance(label, str) or label.strip() != expected:
            raise Refused(f"{where} has {shown(str(label))!r} where the month {expected} is due.")
        month = f"{expected[:4]}-{expected[5:]}"
        if month >= f"{today:%Y-%m}":
            raise Refused(f"{where} has the month {month}, which is not over.")
        for one, place in zip(SERIES, places, strict=True):
            value = _price(f"{where} {one.printed},", row[place] if place < len(row) else None)
            if value is not None:
                yield (month, one.name), value
        expected = _after(expected)
    if expected == FIRST_MONTH:
        raise Refused(f"{what} has another shape: no month stands below the names of the series.")


def _price(where: str, value: Any) -> float | None:
    if isinstance(value, str) and value.strip() in GAPS:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise Refused(f"{where} has {shown(str(value))!r}, which is no price and no sign of a gap.")
    return round(float(value), DECIMALS)


def _after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year}M{number + 1:02d}" if number < 12 else f"{year + 1}M01"


def _name(cell: Any) -> str:
    """A name or unit without the asterisks of a footnote and needless blanks."""
    return " ".join(cell.replace("*", " ").split()) if isinstance(cell, str) else ""


def _rows(path: Path, what: str) -> Iterator[Sequence[Any]]:
    import openpyxl

    try:
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            if SHEET not in book.sheetnames:
                raise Refused(f"{what} has another shape: it lacks the sheet {SHEET}.")
            sheet = book[SHEET]
            sheet.reset_dimensions()  # the size that a sheet gives itself may be wrong, and would cut it
            yield from sheet.iter_rows(values_only=True)
    except Refused:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, EOFError, OSError, SyntaxError):
        # What openpyxl raises where an archive is no workbook, or a damaged one; SyntaxError is that of its XML.
        raise Refused(f"{what} is no workbook that can be read.") from None


def _take(
    catalogue: Catalogue, book: Workbook, years: range, address: str, web: Web | None, apply: bool, today: date
) -> Taken:  # fmt: skip
    stand = _standing(catalogue)
    ends, held = max(book.prices)[0] if book.prices else "", max(stand, default=("",))[0]
    if ends < held:
        raise Refused(
            f"The workbook ends with {ends or 'no price'}, and {held} stands here: it is an older release, or cut off."
        )
    origin = source(
        "world-bank-prices", today, PUBLISHER, "World Bank Commodity Price Data (The Pink Sheet)",
        "Prices of coal, crude oil, grain, soybeans and fertiliser by month", address,
    )  # fmt: skip
    return take(
        catalogue, PUBLISHER, [_part(book, stand, years, unit, origin) for unit in (BARREL, TONNE)], web, apply, today,
        sound("trade"),
    )  # fmt: skip


def _standing(catalogue: Catalogue) -> dict[Key, Figure]:
    """What the table has today, the newest vintage of each price."""
    if not catalogue.has(TABLE):
        return {}
    rows = newest(TABLE, catalogue.frame(TABLE).to_dict("records"), lambda row: date.fromisoformat(row["published"]))
    return {(row["month"], row["series"]): Figure(float(row["value"]), float(row["precision"])) for row in rows}


def _part(book: Workbook, stand: dict[Key, Figure], years: range, unit: str, origin: Row) -> Part:
    names = {one.name for one in SERIES if one.unit == unit}
    new: dict[Key, Figure] = {}
    rows: dict[Key, Row] = {}
    for (month, name), value in sorted(book.prices.items()):
        if name in names and int(month[:4]) in years:
            new[month, name] = Figure(value, half_a_digit(repr(value)))
            rows[month, name] = {
                "row_id": stem(month, name), "month": month, "series": name, "value": plain(value), "unit": unit,
                "status": "reported", "quality": "B", "precision": repr(new[month, name].precision),
                "vintage": book.updated, "published": origin["published"], "source_id": origin["source_id"],
            }  # fmt: skip
    old = {key: figure for key, figure in stand.items() if key[1] in names and int(key[0][:4]) in years}
    return Part(TABLE, unit, old, new, rows, origin, order="month", made=MADE, most=MOST_LISTED)
