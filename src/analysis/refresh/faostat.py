"""FAOSTAT: grain and soybeans that exporters report for the DPRK, its harvests, and its cereal imports in the balances.

Interface: the bulk files ("All Data Normalized") linked on https://www.fao.org/faostat/en/#data/TM (trade matrix),
.../#data/QCL (crops) and .../#data/FBS (food balances), a zip archive each; the meaning of the flags is on
https://www.fao.org/faostat/en/#definitions. The clients `faostat` and `FAOSTAT` ask the web service, which wants an
account since 2025, or unpack the archive as a whole; the trade matrix unpacked has several gigabytes. Here the member
is read line by line, and only lines that name the DPRK are looked at.

Rice is item 30 in the trade matrix (all forms, in milled equivalent) and item 27 among the crops (paddy). The new
balances do not say how their rice is counted, so of them only the sum of all cereals is taken. The old balances are
closed and are not asked for.
"""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import IO, cast

from ..catalogue import Catalogue
from ..errors import shown
from .changes import FEWEST, Figure, Key
from .package import Row
from .taking import Part, Taken, half_a_digit, plain, sound, source, standing, stem, take
from .web import Raw, Refused, Wanted, Web

ADDRESS = "https://bulks-faostat.fao.org/production"
PUBLISHER = "FAOSTAT"
DPRK, DPRK_M49, NAME = "116", "408", "Democratic People's Republic of Korea"
MARK = b"Democratic People"  # in every line that names the DPRK, whatever the encoding, and in no other
CHINA_WITH_ALL = "351"  # mainland, Hong Kong, Macao and Taiwan together: a sum of others
# Exporters that the table names otherwise than FAO does, by FAO's code.
NAMES = {
    "41": "China", "96": "Hong Kong", "128": "Macao", "214": "Taiwan", "185": "Russia", "231": "United States",
    "229": "United Kingdom", "212": "Syria", "117": "South Korea", "237": "Vietnam", "102": "Iran", "19": "Bolivia",
    "236": "Venezuela", "215": "Tanzania", "146": "Moldova", "150": "Netherlands", "223": "Türkiye", "120": "Laos",
}  # fmt: skip
# What a flag says of a figure: as collected, estimated by somebody, or that there is none.
COLLECTED, ESTIMATED, NONE = "ABPTX", "EI", "LMOQ"
TONNES, THOUSAND_TONNES = ("t", "tonnes"), ("1000 t", "1000 tonnes")


@dataclass(frozen=True, eq=False)
class Domain:
    """One bulk file: the items, by code, with the names that FAO has given them and ours; the element; its units."""

    file: str
    title: str
    items: Mapping[str, tuple[str, tuple[str, ...]]]
    element: tuple[str, str]
    units: tuple[str, ...]
    sides: tuple[str, ...] = ("Area",)
    codes: tuple[str, ...] = ("Area Code", "Area Code (M49)")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are used; the file has more."""
        return (*self.codes, *self.sides, "Item Code", "Item", "Element Code", "Element", "Year Code", "Year", "Unit",
                "Value", "Flag")  # fmt: skip


TRADE = Domain(
    "Trade_DetailedTradeMatrix_E_All_Data_(Normalized)", "the trade matrix",
    {
        "56": ("maize", ("Maize (corn)", "Maize")), "30": ("rice", ("Rice, paddy (rice milled equivalent)",)),
        "15": ("wheat", ("Wheat",)), "236": ("soybeans", ("Soya beans", "Soybeans")),
    },
    ("5910", "Export quantity"), TONNES, ("Reporter Countries", "Partner Countries"),
    ("Reporter Country Code", "Partner Country Code", "Reporter Country Code (M49)", "Partner Country Code (M49)"),
)  # fmt: skip
CROPS = Domain(
    "Production_Crops_Livestock_E_All_Data_(Normalized)", "crops and livestock products",
    {
        "56": ("maize", ("Maize (corn)", "Maize")), "27": ("rice", ("Rice", "Rice, paddy")),
        "15": ("wheat", ("Wheat",)), "236": ("soybeans", ("Soya beans", "Soybeans")),
    },
    ("5510", "Production"), TONNES,
)  # fmt: skip
BALANCES = Domain(
    "FoodBalanceSheets_E_All_Data_(Normalized)", "the food balances",
    {"2905": ("all", ("Cereals - Excluding Beer",))}, ("5611", "Import quantity"), THOUSAND_TONNES,
)  # fmt: skip


@dataclass(frozen=True)
class Read:
    """One figure of a file: year, our name of the item, the countries by code and name, value as printed, flag."""

    year: int
    item: str
    countries: tuple[tuple[str, str], ...]
    value: str
    flag: str


def taken(catalogue: Catalogue, years: range, web: Web, apply: bool, today: date) -> Taken:
    """Fetch the three files and compare what they have of `years`; of files of the user's, those that are there.

    Raises Refused, and nothing was changed.
    """
    makers = {TRADE: _exports, CROPS: _harvests, BALANCES: _imports}
    there = [domain for domain in makers if web.has(_wanted(domain))] or list(makers)
    parts = [makers[domain](catalogue, years, web.get(_wanted(domain)), today) for domain in there]
    return take(catalogue, PUBLISHER, parts, web, apply, today, sound("dependence"))


# ---------------------------------------------------------------------------------------------------------- the tables


def _exports(catalogue: Catalogue, years: range, raw: Raw, today: date) -> Part:
    """What exporters report; nothing is taken for a crop of which an exporter reports none, unless it had some."""
    table = "food/cereal_exports_to_dprk"
    old = standing(catalogue, table, ("year", "crop", "exporter"), years)
    forth: dict[Key, Read] = {}
    back: dict[Key, Figure] = {}
    for one in figures(raw, TRADE):
        (reporter, reported_as), (partner, known_as) = one.countries
        if one.year not in years or CHINA_WITH_ALL in (reporter, partner):
            continue
        if partner == DPRK:
            key = (str(one.year), one.item, NAMES.get(reporter, reported_as))
            if float(one.value) or key in old:
                forth[key] = one
        else:
            back[str(one.year), one.item, NAMES.get(partner, known_as)] = _figure(one)
    new = {key: _figure(one) for key, one in forth.items()}
    _refuse_exchanged(old, new, back)
    origin = source(
        "faostat-trade-matrix", today, "FAO, FAOSTAT", "FAOSTAT detailed trade matrix, exporters' reports",
        "Maize, rice, wheat and soybeans exported to the DPRK", _address(TRADE),
    )  # fmt: skip
    rows = {
        key: {
            "row_id": stem(*key), "year": key[0], "crop": key[1], "exporter": key[2], **_value(one), "unit": "tonnes",
            **_graded(one, ("mirror", "A"), ("estimated", "C")), **_dated(origin),
            "note": "milled equivalent" if one.item == "rice" else "",
        }
        for key, one in forth.items()
    }  # fmt: skip
    return Part(table, "tonnes", old, new, rows, origin)


def _harvests(catalogue: Catalogue, years: range, raw: Raw, today: date) -> Part:
    table = "food/cereal_production"
    read: dict[Key, Read] = {(str(one.year), one.item): one for one in figures(raw, CROPS) if one.year in years}
    origin = source(
        "faostat-crops", today, "FAO, FAOSTAT", "FAOSTAT crops and livestock products",
        "The DPRK's production of maize, rice, wheat and soybeans", _address(CROPS),
    )  # fmt: skip
    rows = {
        key: {
            "row_id": stem(*key, "production"), "year": key[0], "crop": key[1], **_value(one), "unit": "tonnes",
            **_graded(one, ("reported", "B"), ("estimated", "C"), "A"), **_dated(origin),
            "note": "paddy" if one.item == "rice" else "",
        }
        for key, one in read.items()
    }  # fmt: skip
    old = standing(catalogue, table, ("year", "crop"), years)
    return Part(table, "tonnes", old, {key: _figure(one) for key, one in read.items()}, rows, origin)


def _imports(catalogue: Catalogue, years: range, raw: Raw, today: date) -> Part:
    table = "food/cereal_balance_imports"
    read: dict[Key, Read] = {(str(one.year), one.item): one for one in figures(raw, BALANCES) if one.year in years}
    origin = source(
        "faostat-balances", today, "FAO, FAOSTAT", "FAOSTAT food balance sheets, new method",
        "Cereal imports of the DPRK in the newer balances", _address(BALANCES),
    )  # fmt: skip
    rows = {
        key: {
            "row_id": stem(*key, "balance"), "year": key[0], "crop": key[1], **_value(one), "unit": "kt",
            **_graded(one, ("mirror", "C"), ("estimated", "D")), **_dated(origin),
            "note": "new method; not said whether rice is milled or paddy; not for figures",
        }
        for key, one in read.items()
    }  # fmt: skip
    old = standing(catalogue, table, ("year", "crop"), years, crop="all")
    return Part(table, "kt", old, {key: _figure(one) for key, one in read.items()}, rows, origin)


def _value(one: Read) -> Row:
    return {"value": plain(float(one.value)), "precision": repr(half_a_digit(one.value))}


def _dated(origin: Row) -> Row:
    return {"published": origin["published"], "source_id": origin["source_id"]}


def _graded(one: Read, sound: tuple[str, str], rough: tuple[str, str], flags: str = COLLECTED) -> Row:
    """Status and quality of a figure: `sound` where its flag is one of `flags`."""
    status, quality = sound if one.flag in flags else rough
    return {"status": status, "quality": quality}


def _figure(one: Read) -> Figure:
    return Figure(float(one.value), half_a_digit(one.value))


def _refuse_exchanged(old: Mapping[Key, Figure], forth: Mapping[Key, Figure], back: Mapping[Key, Figure]) -> None:
    """Raises Refused where what the DPRK is said to sell is what exporters were known to sell to it."""
    crossed, straight = (
        sum(1 for key, figure in side.items() if key in old and figure.value and _agree(figure, old[key]))
        for side in (back, forth)
    )
    if crossed >= FEWEST and crossed > straight:
        raise Refused(
            f"The figures of {PUBLISHER} look exchanged: {crossed} that stand here as sold to the DPRK are given as "
            "sold by it."
        )


def _agree(one: Figure, other: Figure) -> bool:
    return abs(one.value - other.value) <= one.precision + other.precision


# ------------------------------------------------------------------------------------------------------------ the files


def _address(domain: Domain) -> str:
    return f"{ADDRESS}/{domain.file}.zip"


def _wanted(domain: Domain) -> Wanted:
    return Wanted(f"{PUBLISHER}, {domain.title}", _address(domain), form="zip")


def figures(raw: Raw, domain: Domain) -> Iterator[Read]:
    """What the file of `domain` says of the DPRK, one side of trade or the only area; missing values are left out.

    Every cell that is used is checked. Raises Refused for a file or a line of another form, or a figure given twice.
    """
    seen: set[tuple[object, ...]] = set()
    with _member(raw, domain) as lines:
        header = _header(raw, domain, lines)
        place = {column: header.index(column) for column in domain.columns}
        for number, line in enumerate(lines, start=2):
            if MARK not in line:
                continue
            where = f"The answer of {raw.name}, line {number},"
            cells = _cells(line)
            if len(cells) != len(header):
                raise Refused(f"{where} has {len(cells)} cells, not {len(header)}.")
            one = _read(where, {column: cells[at] for column, at in place.items()}, domain)
            if one is None:
                continue
            key = (one.year, one.item, one.countries)
            if key in seen:
                raise Refused(f"{where} gives {one.item} of {one.year} a second time.")
            seen.add(key)
            if one.flag not in NONE:
                yield one


@contextmanager
def _member(raw: Raw, domain: Domain) -> Iterator[IO[bytes]]:
    """The lines of the data file in the archive. A damaged archive is noticed at the latest at the end of the file."""
    try:
        with zipfile.ZipFile(raw.path) as archive:
            if f"{domain.file}.csv" not in archive.namelist():
                raise Refused(f"The answer of {raw.name} holds no file {domain.file}.csv.")
            with archive.open(f"{domain.file}.csv") as member, io.BufferedReader(
                cast(io.RawIOBase, member), 1 << 20
            ) as lines:
                yield lines
    except NotImplementedError:
        raise Refused(
            f"The archive {raw.name} is packed by a method that cannot be read, such as Deflate64: pack it again."
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError):
        raise Refused(f"The answer of {raw.name} is a damaged or incomplete archive.") from None


def _header(raw: Raw, domain: Domain, lines: IO[bytes]) -> list[str]:
    header = _cells(lines.readline().removeprefix(b"\xef\xbb\xbf"))
    for column in domain.columns:
        if header.count(column) != 1:
            raise Refused(f"The answer of {raw.name} has another shape: it lacks the column {column}.")
    return header


def _cells(line: bytes) -> list[str]:
    """The cells of a line; FAO has written its files in UTF-8 and, in earlier years, in Windows' Latin letters."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("cp1252", "replace")
    try:
        return next(csv.reader([text.rstrip("\r\n")]), [])
    except csv.Error:
        return []


def _read(where: str, row: Row, domain: Domain) -> Read | None:
    """One line, checked; None where it is about something else."""
    countries = _countries(where, row, domain)
    item, element = domain.items.get(row["Item Code"]), domain.element
    named = [name for name, (_, names) in domain.items.items() if _is(row["Item"], names)]
    if item is None and not named:
        return None
    if item is None or row["Item Code"] not in named:
        raise Refused(f"{where} has the item {shown(row['Item'])!r} under the code {shown(row['Item Code'])!r}.")
    if (row["Element Code"] == element[0]) != _is(row["Element"], (element[1],)):
        raise Refused(
            f"{where} has the element {shown(row['Element'])!r} under the code {shown(row['Element Code'])!r}."
        )
    if row["Element Code"] != element[0]:
        return None
    if row["Unit"] not in domain.units:
        raise Refused(f"{where} has the unit {shown(row['Unit'])!r}, not {domain.units[0]}.")
    if not re.fullmatch(r"(19|20)\d\d", row["Year"]) or row["Year Code"] != row["Year"]:
        raise Refused(f"{where} has the year {shown(row['Year'])!r} under the code {shown(row['Year Code'])!r}.")
    flag, value = row["Flag"], row["Value"]
    if len(flag) != 1 or flag not in COLLECTED + ESTIMATED + NONE:
        raise Refused(f"{where} has the flag {shown(flag)!r}, whose meaning is not known.")
    if flag not in NONE and not (re.fullmatch(r"\d+(\.\d+)?", value) and math.isfinite(float(value))):
        raise Refused(f"{where} has the value {shown(value)!r}, which is no quantity.")
    return Read(int(row["Year"]), item[0], countries, value, flag)


def _countries(where: str, row: Row, domain: Domain) -> tuple[tuple[str, str], ...]:
    """Code and name of each side; one of them is the DPRK by code and by name."""
    half = len(domain.codes) // 2
    codes, m49 = domain.codes[:half], domain.codes[half:]
    found = []
    for code, world, side in zip(codes, m49, domain.sides, strict=True):
        is_it = (row[code] == DPRK, row[world].lstrip("'") == DPRK_M49, row[side] == NAME)
        if any(is_it) and not all(is_it):
            raise Refused(
                f"{where} has the country {shown(row[side])!r} under the codes {shown(row[code])!r} and "
                f"{shown(row[world])!r}."
            )
        if not row[code].isdecimal() or not row[side].strip():
            raise Refused(f"{where} has no country under the code {shown(row[code])!r}.")
        found.append((row[code], row[side].strip()))
    if sum(code == DPRK for code, _ in found) != 1:
        raise Refused(f"{where} is not of the DPRK{' and another country' if half > 1 else ''}.")
    return tuple(found)


def _is(name: str, names: Sequence[str]) -> bool:
    return name.casefold() in (other.casefold() for other in names)
