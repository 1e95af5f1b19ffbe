"""The data package: verified tables, their sources and caveats, the years and categories they reach.

`data/datapackage.json` follows the Data Package standard: one resource per table, with its schema, its
title, how reliable it is and the SHA-256 of its file. A table is read only when its hash agrees, its
columns are the declared ones, and every `source_id` has a row in `data/sources.csv`.
"""

from __future__ import annotations

import calendar
import contextlib
import csv
import functools
import hashlib
import io
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from .errors import AlteredTable, DataError, MissingTable, UnknownTable, shown
from .facts import STATUSES
from .project import project_root
from .reading import note, remembered, unrecorded

QUALITIES = ("A", "B", "C", "D")
SOURCE_COLUMNS = ("publisher", "address", "accessed", "terms")
# Names under which `reading` records what is read of datapackage.json; no table has one of these.
VERSION, CREATED, NAMES, DESCRIPTIONS = "//version", "//created", "//names", "//descriptions"
Row = Mapping[str, Any]
DESCRIBED = ("title", "description", "reliability", "missing", "unit", "hash")


@dataclass(frozen=True)
class Table:
    """One resource of the data package. `fields` maps a column to its type: string, integer or number."""

    name: str
    path: Path
    title: str
    description: str
    reliability: str
    missing: str
    unit: str
    fields: dict[str, str]
    hash: str


def known_from(published: str, year: int) -> date:
    """The day from which a row counts as known, for `as_of`.

    A full date counts as it stands; a month or a year alone counts as its last day. A row without any
    date counts as known from the last day of the year after the year it describes.
    """
    parts = [int(part) for part in published.split("-")] if published else [year + 1]
    if len(parts) == 3:
        return date(*parts)
    if len(parts) == 2:
        return date(parts[0], parts[1], calendar.monthrange(parts[0], parts[1])[1])
    return date(parts[0], 12, 31)


# Columns in which two vintages of one figure agree; of the rows of these tables the newest known one holds.
VINTAGES: dict[str, tuple[str, ...]] = {
    "food/cereal_exports_to_dprk": ("year", "crop", "exporter"),
    "food/cereal_production": ("year", "crop"),
    "food/cereal_balance_imports": ("year", "crop"),
    "energy/energy_use": ("year", "item", "vintage"),
    "events/launch_days": ("date",),
    "macro/world_bank": ("year", "country", "series"),
    "macro/control_partners_monthly": ("partner", "month", "measure"),
    "macro/commodity_prices": ("month", "series"),
}


def newest(table: str, rows: Sequence[Row], known: Callable[[Row], date]) -> list[Row]:
    """Of rows of `table` that are vintages of one figure the one that became `known` last; in their order.

    Of two that became known on one day the later row holds. A table without an entry in `VINTAGES` keeps every row.
    """
    columns = VINTAGES.get(table)
    if columns is None:
        return list(rows)
    held: dict[tuple[Any, ...], tuple[date, int]] = {}
    for position, row in enumerate(rows):
        key = tuple(row[column] for column in columns)
        held[key] = max(held.get(key, (date.min, 0)), (known(row), position))
    return [rows[position] for position in sorted(position for _, position in held.values())]


class Catalogue:
    """The tables of one data folder. `frame(name)` gives a verified table; copies are the caller's own."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or project_root() / "data").resolve()
        package = self.root / "datapackage.json"
        with _as_one_sentence(package):
            body: dict[str, Any] = json.loads(package.read_text(encoding="utf-8"))
            self._created = date.fromisoformat(body["created"][:10])
            self._version = _text(body, "version", "the package")
            self._tables = {r["name"]: self._table(r) for r in _resources(body)}
        self._frames: dict[str, pd.DataFrame] = {}
        # Views of it, by what they are of (see `pairs.view`): reports on one pair share what was computed.
        self.views: dict[Any, Catalogue] = {}

    def _table(self, r: dict[str, Any]) -> Table:
        name = _text(r, "name", "a table")
        texts = {key: _text(r, key, f"the table {shown(name)}") for key in DESCRIBED}
        path = _file_of(self.root, r)
        fields = {f["name"]: f["type"] for f in r["schema"]["fields"]}
        return Table(name=name, path=path, fields=fields, **texts)

    @property
    def whole(self) -> Catalogue:
        """The data package itself, where this is a view of it."""
        return self

    @property
    def version(self) -> str:
        note([VERSION])
        return self._version

    @property
    def data_date(self) -> date:
        """The day to which the data package was brought up; the date that the report prints."""
        note([CREATED])
        return self._created

    @property
    def tables(self) -> dict[str, Table]:
        """Every table by its name, with what datapackage.json says of it."""
        note([DESCRIPTIONS])
        return self._tables

    def has(self, name: str) -> bool:
        """Whether there is a table of this name."""
        note([NAMES])
        return name in self._tables

    def contents(self, names: Iterable[str]) -> dict[str, str]:
        """A digest of what stands behind each of the names that `reading` records of this data package.

        Of a table it is the hash of its file; a name without a table has an empty one.
        """
        described = {
            VERSION: self._version, CREATED: self._created.isoformat(), NAMES: "\n".join(self._tables),
            DESCRIPTIONS: repr(list(self._tables.values())),
        }  # fmt: skip
        digests = {name: hashlib.sha256(text.encode("utf-8")).hexdigest() for name, text in described.items()}
        digests |= {name: table.hash for name, table in self._tables.items()}
        return {name: digests.get(name, "") for name in sorted(names)}

    def frame(self, name: str) -> pd.DataFrame:
        """The table `name` as a frame: strings, nullable integers, and floats with NaN for an empty cell.

        Raises UnknownTable, MissingTable, AlteredTable or DataError, each naming the table.
        """
        if name not in self._frames:
            if name not in self._tables:
                raise UnknownTable(name, self._tables)
            self._frames[name] = self._read(self._tables[name])
        note([name])
        return self._frames[name].copy()

    def _read(self, table: Table) -> pd.DataFrame:
        relative = table.path.relative_to(self.root).as_posix()
        try:
            content = table.path.read_bytes()
        except FileNotFoundError:
            raise MissingTable(table.name, f"data/{relative}") from None
        except OSError as error:
            raise DataError(f"The table {table.name} cannot be read: {error.strerror}.") from None
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != table.hash:
            raise AlteredTable(table.name, f"data/{relative}")
        text = _decoded(table.name, content)
        if table.name == "sources":
            return parse(table, text, None)
        with unrecorded():  # a table is parsed once, for whoever comes first
            return parse(table, text, self.source_ids)

    @remembered
    def sources(self) -> pd.DataFrame:
        """data/sources.csv by source_id; every source has publisher, address, access date and terms."""
        frame = keyed(self.frame("sources"), "sources", ["source_id"])
        for column in SOURCE_COLUMNS:
            empty = frame.index[frame[column] == ""]
            if len(empty):
                raise DataError(f"The source {empty[0]} has no {column}.")
        return frame

    @remembered
    def source_ids(self) -> frozenset[str]:
        return frozenset(self.sources.index)

    def caveat(self, caveat_id: str) -> str:
        """The text of a caveat, with the year it starts from put in."""
        rows = self.frame("caveats").set_index("caveat_id")
        if caveat_id not in rows.index:
            raise DataError(f"There is no caveat {caveat_id!r} in data/caveats.csv.")
        row = rows.loc[caveat_id]
        return str(row["text"]).replace("{from_year}", str(row["from_year"]))

    @remembered
    def years(self) -> tuple[int, int]:
        """First and last year with a cell in any yearly series."""
        years = self.frame("trade/series_cells")["year"]
        return int(years.min()), int(years.max())

    @remembered
    def bases(self) -> tuple[str, ...]:
        return tuple(self.frame("trade/bases")["basis"])

    @remembered
    def definitions(self) -> tuple[str, ...]:
        """The ids of every definition of dependence, in the order in which they are shown."""
        return tuple(self.frame("dependence/definitions")["definition_id"])

    def keys(self, name: str) -> tuple[str, ...]:
        """The values of the first column of a table that declares things, each once, in order."""
        frame = self.frame(name)
        return tuple(dict.fromkeys(str(key) for key in frame[frame.columns[0]]))

    @remembered
    def price_years(self) -> tuple[int, int]:
        """First and last year whose consumer price index may serve as a base: eleven months or more."""
        counts = self.frame("macro/us_cpi")["month"].str[:4].astype(int).value_counts()
        whole = counts.index[counts >= 11]
        return int(whole.min()), int(whole.max())

    def verify(self) -> None:
        """Read every table once; raises at the first that is missing, altered or inconsistent."""
        for name in self._tables:
            self.frame(name)


def unprintable(text: str) -> str:
    """Name of the first character of `text` that shows nothing or turns the text round it; empty where there is none.

    Control characters, marks of direction, joiners without width and code points without a character.
    """
    if text.isprintable():
        return ""
    hidden = (c for c in text if not c.isprintable() and unicodedata.category(c) != "Zs")
    return next((f"U+{ord(c):04X}" for c in hidden), "")


def parse(table: Table, text: str, source_ids: frozenset[str] | None) -> pd.DataFrame:
    """Parse the CSV `text` of `table`, checking columns, letters, types, closed vocabularies and sources."""
    header, *records = _records(table.name, text) or [[]]
    if header != list(table.fields):
        raise DataError(f"The table {table.name} has the columns {header}, not {list(table.fields)}.")
    for line, record in enumerate(records, start=2):
        if len(record) != len(header):
            raise DataError(f"The table {table.name} has {len(record)} cells in line {line}, not {len(header)}.")
        for column, cell in zip(header, record, strict=True):
            if hidden := unprintable(cell):
                raise DataError(f"The table {table.name} holds the character {hidden} in line {line}, {column}.")
    frame = pd.DataFrame(records, columns=header, dtype="object")
    for column, kind in table.fields.items():
        if kind == "string":
            continue
        try:
            numbers = pd.to_numeric(frame[column].replace("", None))
            frame[column] = numbers.astype("Int64" if kind == "integer" else "float64")
        except (ValueError, TypeError):
            expected = "a whole number" if kind == "integer" else "a number"
            raise DataError(f"The table {table.name} has a {column} that is not {expected}.") from None
    for column, allowed in (("status", STATUSES), ("quality", QUALITIES)):
        if column in frame and not set(frame[column]) <= set(allowed):
            wrong = sorted(set(frame[column]) - set(allowed))[0]
            raise DataError(f"The table {table.name} has the {column} {wrong!r}; allowed are {', '.join(allowed)}.")
    if source_ids is not None and "source_id" in frame:
        for cell in frame["source_id"].unique():
            for source in cell.split(";"):
                if source not in source_ids:
                    raise DataError(f"The table {table.name} names the source {source!r}, which has no row in sources.")
    return frame


@contextlib.contextmanager
def _as_one_sentence(package: Path) -> Iterator[None]:
    """Whatever is wrong with datapackage.json, found while it is read, as a DataError."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"There is no data package in {package.parent}: {package.name} is missing.") from None
    except OSError as error:
        raise DataError(f"The file {package} cannot be read: {error.strerror}.") from None
    except KeyError as error:
        raise DataError(f"The file {package} is no data package: it lacks {shown(error.args[0])}.") from None
    except ValueError as error:
        raise DataError(f"The file {package} cannot be read: {shown(str(error), 200)}.") from None
    except (TypeError, AttributeError, RecursionError):
        raise DataError(f"The file {package} is no data package: docs/DATA.md says how one is laid out.") from None


def _resources(package: dict[str, Any]) -> list[dict[str, Any]]:
    if not isinstance(package["resources"], list) or not package["resources"]:
        raise ValueError("its resources are no list of tables")
    return package["resources"]


def _file_of(root: Path, resource: dict[str, Any]) -> Path:
    """The file of a table, which must lie in the folder `root`."""
    name = shown(_text(resource, "name", "a table"))
    path = (root / _text(resource, "path", f"the table {name}")).resolve()
    if root not in path.parents:
        raise ValueError(f"the file of the table {name} lies outside of the folder")
    return path


def _text(described: dict[str, Any], key: str, what: str) -> str:
    """The text under `key` of a package or a table, which a report prints as it stands."""
    text = described[key]
    if not isinstance(text, str):
        raise ValueError(f"the {key} of {what} is no text")
    if hidden := unprintable(text):
        raise ValueError(f"the {key} of {what} holds the character {hidden}")
    return text


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"The table {name} holds a byte in line {line} that is not UTF-8.") from None


def _records(name: str, text: str) -> list[list[str]]:
    # newline="": a line end inside a cell stays what it is, and is refused with the other control characters.
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        return list(reader)
    except csv.Error as error:
        raise DataError(f"The table {name} cannot be read in line {reader.line_num}: {error}.") from None


def keyed(frame: pd.DataFrame, name: str, columns: list[str]) -> pd.DataFrame:
    """`frame` with `columns` as its index; DataError names the first key that the table `name` holds twice."""
    result = frame.set_index(columns if len(columns) > 1 else columns[0])
    if not result.index.is_unique:
        raise DataError(f"The table {name} has the key {result.index[result.index.duplicated()][0]!r} twice.")
    return result


@functools.lru_cache(maxsize=4)
def load(root: Path | None = None) -> Catalogue:
    """The catalogue of the project's own data folder, read once per process."""
    return Catalogue(root)


def seal(root: Path | None = None) -> list[str]:
    """Write the hashes of the present tables into datapackage.json and their row counts into the ledger.

    The one step after a meant change of the data; returns the names of the tables whose hash changed.
    """
    folder = (root or project_root() / "data").resolve()
    path = folder / "datapackage.json"
    with _as_one_sentence(path):
        package = json.loads(path.read_text(encoding="utf-8"))
        files = [(resource, _file_of(folder, resource)) for resource in _resources(package)]
    changed, ledger = [], []
    for resource, file in files:
        content = file.read_bytes()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if resource.get("hash") != digest:
            changed.append(resource["name"])
        resource["hash"], resource["bytes"] = digest, len(content)
        ledger += _counts(resource["name"], _decoded(resource["name"], content))
    path.write_text(json.dumps(package, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = ["table,group,rows", *(f"{table},{group},{rows}" for table, group, rows in ledger)]
    (folder / "row_counts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return changed


def _counts(name: str, text: str) -> list[tuple[str, str, int]]:
    """Rows of a table, in all and per basis and measure: a change that drops a group shows in the ledger."""
    header, *records = _records(name, text) or [[]]
    rows = [dict(zip(header, record, strict=False)) for record in records if record]
    counts: dict[str, int] = {}
    for row in rows:
        if "measure" in row:
            group = "/".join(filter(None, (row.get("basis"), row["measure"])))
            counts[group] = counts.get(group, 0) + 1
    return [(name, "whole table", len(rows)), *((name, group, n) for group, n in sorted(counts.items()))]
