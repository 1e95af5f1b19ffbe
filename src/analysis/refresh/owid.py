"""Our World in Data: primary energy of the DPRK, and the carbon dioxide of its oil.

Interface: the CSV files linked in the READMEs of https://github.com/owid/energy-data and
https://github.com/owid/co2-data, and the codebooks that lie in these repositories. The package `owid-catalog` was not
taken: it brings a library of data frames of its own and hands out tables without the bytes they came in.

Primary energy is that of the US Energy Information Administration, which `energy/energy_use` holds already; the
codebook must name it, and the unit, which releases write in several ways (`terawatt-hours`, since November 2025
`terawatt-hours (TWh)`): any of them is read, and every other unit is refused. The carbon dioxide is the Global Carbon
Project's. In its edition of 2020 the years 1948 to 2016 are the carbon of liquid fuels of the table times 3.664, to a
thousandth of a million tonnes, but 2017 and 2018 lie an eighth above it: the last years of an edition are extrapolated.
So it is an item of its own, and no figure rests on it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ..catalogue import Catalogue
from ..errors import shown
from .changes import Figure, Key
from .package import Row
from .taking import Part, Taken, half_a_digit, plain, sound, source, standing, stem, take
from .web import Raw, Refused, Wanted, Web

ADDRESS = "https://owid-public.owid.io/data"
CODEBOOKS = "https://raw.githubusercontent.com/owid"
PUBLISHER = "Our World in Data"
COUNTRY, CODE = "North Korea", "PRK"
TABLE, COLUMNS = "energy/energy_use", ("year", "item")


@dataclass(frozen=True)
class Series:
    """A column of a file, the unit and the maker that its codebook must name, and what it is in our table.

    `units` are the names and the signs that one unit has.
    """

    topic: str
    column: str
    units: tuple[str, ...]
    maker: str
    item: str
    our_unit: str
    divided_by: float
    source: tuple[str, str, str]

    @property
    def data(self) -> str:
        return f"{ADDRESS}/{self.topic}/owid-{self.topic}-data.csv"

    @property
    def codebook(self) -> str:
        return f"{CODEBOOKS}/{self.topic}-data/master/owid-{self.topic}-codebook.csv"


SERIES = (
    Series(
        "energy", "primary_energy_consumption", ("terawatt-hours", "terawatt hours", "TWh"),
        "Energy Information Administration", "primary_energy", "mtoe", 11.63,
        ("owid-energy", "US Energy Information Administration, through Our World in Data",
         "Primary energy consumption of the DPRK"),
    ),
    Series(
        "co2", "oil_co2", ("million tonnes", "Mt"), "Global Carbon", "co2_oil", "mt_co2", 1.0,
        ("owid-co2", "Global Carbon Project, through Our World in Data", "Carbon dioxide from oil burnt in the DPRK"),
    ),
)  # fmt: skip


def taken(catalogue: Catalogue, years: range, web: Web, apply: bool, today: date) -> Taken:
    """Fetch both files with their codebooks and compare what they have of `years`. Raises Refused."""
    parts = [_part(catalogue, years, web, series, today) for series in SERIES]
    return take(catalogue, PUBLISHER, parts, web, apply, today, sound("dependence"))


def _part(catalogue: Catalogue, years: range, web: Web, series: Series, today: date) -> Part:
    _check_codebook(_fetched(web, series.codebook), series)
    read = {year: text for year, text in figures(_fetched(web, series.data), series) if year in years}
    name, compiler, description = series.source
    origin = source(name, today, PUBLISHER, compiler, description, series.data)
    new: dict[Key, Figure] = {}
    rows: dict[Key, Row] = {}
    for year, text in read.items():
        key = (str(year), series.item)
        value, precision = (round(n / series.divided_by, 9) for n in (float(text), half_a_digit(text)))
        new[key] = Figure(value, precision)
        rows[key] = {
            "row_id": stem(*key), "year": str(year), "item": series.item, "vintage": "", "value": plain(value),
            "unit": series.our_unit, "status": "estimated", "quality": "C", "precision": repr(precision),
            "published": origin["published"], "source_id": origin["source_id"], "note": "",
        }  # fmt: skip
    old = standing(catalogue, TABLE, COLUMNS, years, item=series.item)
    return Part(TABLE, series.our_unit, old, new, rows, origin)


def figures(raw: Raw, series: Series) -> Iterator[tuple[int, str]]:
    """Year and printed figure of the DPRK; a year without one gives nothing. Raises Refused."""
    seen: set[str] = set()
    for where, row in _rows(raw, ("country", "year", "iso_code", series.column)):
        if (row["country"] == COUNTRY) != (row["iso_code"] == CODE):
            raise Refused(f"{where} has the country {shown(row['country'])!r} under {shown(row['iso_code'])!r}.")
        if row["country"] != COUNTRY:
            continue
        year, text = row["year"], row[series.column]
        if not re.fullmatch(r"(1[7-9]|20)\d\d", year) or year in seen:
            raise Refused(f"{where} has the year {shown(year)!r}, which is none or came before.")
        seen.add(year)
        if not text:
            continue
        if not re.fullmatch(r"\d+(\.\d+)?", text):
            raise Refused(f"{where} has the {series.column} {shown(text)!r}, which is no quantity.")
        yield int(year), text
    if not seen:
        raise Refused(f"The answer of {raw.name} has no row of {COUNTRY}.")


def _check_codebook(raw: Raw, series: Series) -> None:
    """Raises Refused unless the codebook gives the column the unit and the maker that it is known with."""
    for where, row in _rows(raw, ("column", "unit", "source")):
        if row["column"] == series.column:
            if not _same_unit(row["unit"], series.units):
                raise Refused(f"{where} has the unit {shown(row['unit'])!r}, not {series.units[0]}.")
            if series.maker not in row["source"]:
                raise Refused(f"{where} does not name the {series.maker} as its source.")
            return
    raise Refused(f"The answer of {raw.name} has no row of {series.column}.")


def _same_unit(text: str, units: tuple[str, ...]) -> bool:
    """Whether the name of a unit, and the sign behind it in parentheses where there is one, are both of `units`."""
    name, _, sign = text.strip().removesuffix(")").partition("(")
    said = [" ".join(part.split()).casefold() for part in (name, sign) if part.strip()]
    return bool(said) and all(part in [unit.casefold() for unit in units] for part in said)


def _fetched(web: Web, address: str) -> Raw:
    return web.get(Wanted(f"{PUBLISHER}, {address.rpartition('/')[2]}", address, form="csv"))


def _rows(raw: Raw, columns: tuple[str, ...]) -> Iterator[tuple[str, Row]]:
    """Where each row stands, and the cells of it that are used, read one at a time."""
    try:
        with raw.path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            for column in columns:
                if header.count(column) != 1:
                    raise Refused(f"The answer of {raw.name} has another shape: it lacks the column {column}.")
            place = {column: header.index(column) for column in columns}
            for cells in reader:
                where = f"The answer of {raw.name}, line {reader.line_num},"
                if len(cells) != len(header):
                    raise Refused(f"{where} has {len(cells)} cells, not {len(header)}.")
                yield where, {column: cells[at] for column, at in place.items()}
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"The answer of {raw.name} is no CSV: {shown(str(error), 80)}.") from None
