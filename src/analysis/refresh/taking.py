"""From fetched figures to rows: what stands, what would change, and the tables with a row for each change.

For tables whose figures are told apart by the columns of `catalogue.VINTAGES`. A row that stands is never written over:
what differs joins it, with the day of the fetch in `published`, and of several the analyses take the newest known one.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..catalogue import Catalogue
from ..dependence.readings import known
from . import changes, package
from .changes import Changes, Figure, Key
from .package import Made, Row, Rows
from .web import Refused, Web


@dataclass(frozen=True)
class Part:
    """The figures of one series of a table: those that stand, those fetched, and the row of each fetched one.

    `rows` may name one row under several keys: a row that holds more than one figure. Its first cell is a stem, which
    gets a number where it is taken. `order` is the column by which the table is sorted; `made` describes a table that
    the data package need not have. `most` is the number of new or of changed figures that the report lists.
    """

    table: str
    unit: str
    old: Mapping[Key, Figure]
    new: Mapping[Key, Figure]
    rows: Mapping[Key, Row]
    source: Row
    order: str = "year"
    made: Made | None = None
    most: int | None = None


@dataclass(frozen=True)
class Taken:
    """What a fetch found, by series, and the version of the data package that has it now, or None.

    `folder` has what came; empty where a file of the user's was read.
    """

    publisher: str
    found: tuple[tuple[Part, Changes], ...]
    version: str | None
    folder: str

    def lines(self) -> Iterator[str]:
        """The difference report of each series, and what became of it."""
        for part, found in self.found:
            yield f"{part.table}, {part.source['compiler']}:"
            yield from (f"  {line}" for line in changes.lines(found, part.unit, part.most))
        if self.folder:
            yield f"What came is kept in {self.folder}."
        yield changes.outcome(self.version, any(found.any for _, found in self.found))


def take(
    catalogue: Catalogue, publisher: str, parts: Iterable[Part], web: Web | None, apply: bool, today: date,
    check: Callable[[Catalogue], object],
) -> Taken:  # fmt: skip
    """Compare every part with what stands and, with `apply`, write a data package that has what is new and changed.

    Raises Refused where a part brought nothing, where a unit seems to be another, or where `check` finds that the new
    data carry no report; nothing was changed then.
    """
    found = []
    for part in parts:
        if not part.new:
            raise Refused(f"{publisher} has nothing of what {part.table} holds for the years asked for.")
        found.append((part, changes.compare(part.old, part.new, publisher)))
    version = None
    changed = [(part, one) for part, one in found if one.any]
    if apply and changed:
        tables: dict[str, Rows] = {}
        for part, one in changed:
            stand = package.table(catalogue, part.table) if catalogue.has(part.table) else []
            tables[part.table] = _joined(tables.get(part.table) or stand, part, one)
        new = {part.source["source_id"]: part.source for part, _ in changed}
        sources = [row for row in package.table(catalogue, "sources") if row["source_id"] not in new]
        added = {part.table: part.made.resource for part, _ in changed if part.made}
        tables["sources"] = [*sources, *new.values()]
        version = package.replace(catalogue, tables, today, check, list(added.values()))
    return Taken(publisher, tuple(found), version, str(web.folder) if web and type(web) is Web else "")


def standing(
    catalogue: Catalogue, table: str, columns: tuple[str, ...], years: range, **only: object
) -> dict[Key, Figure]:
    """What a yearly table has of `years` today, newest vintages, by the values of `columns`, in the unit of the table.

    `only` are columns and the value, or the values in a tuple, that a row must have.
    """
    return {
        tuple(str(row[column]) for column in columns): _figure(float(row["value"]), float(row["precision"]))
        for row in known(catalogue, table).pick(**only)
        if int(row["year"]) in years and not math.isnan(row["value"])
    }


def _figure(value: float, precision: float) -> Figure:
    return Figure(value, half_a_digit(repr(value)) if math.isnan(precision) else precision)


def half_a_digit(text: str) -> float:
    """Half a unit of the last digit of a printed number that says something: `12.50` is known to a twentieth."""
    digits = -int(Decimal(text).normalize().as_tuple().exponent)
    return 0.5 * 10.0 ** -max(digits, 0)


def plain(value: float) -> str:
    """A number as a table holds it: whole numbers without a point."""
    return str(int(value)) if value == int(value) else repr(value)


def stem(*words: str) -> str:
    """An id of lower-case letters, digits and hyphens, made from words in any script that has Latin forms."""
    text = unicodedata.normalize("NFKD", "-".join(words)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", text).strip("-")


def source(name: str, today: date, publisher: str, compiler: str, description: str, address: str) -> Row:
    """The row of `sources.csv` for a fetch: each day has one of its own, for that is when its figures appeared here."""
    day = today.isoformat()
    return {
        "source_id": f"{name}-{day}", "publisher": publisher, "compiler": compiler, "kind": "database",
        "description": description, "address": address, "published": day, "accessed": day,
        "terms": "publisher-interface",
    }  # fmt: skip


def sound(topic: str) -> Callable[[Catalogue], object]:
    """A check of new data: whether the facts of `topic` can be computed from them."""

    def facts(catalogue: Catalogue) -> object:
        from ..parameters import resolve
        from ..report import Report

        return Report(resolve({}, catalogue), catalogue).facts.under(topic)

    return facts


def _joined(rows: Rows, part: Part, found: Changes) -> Rows:
    """`rows` with a row for every new and every changed figure, sorted by the column of the part."""
    label = next(iter(next(iter(part.rows.values()))))
    taken = {row[label] for row in rows}
    added: dict[int, Row] = {}
    for key in (*found.new, *(one.key for one in found.changed)):
        row = part.rows[key]
        if id(row) not in added:
            name = next(n for n in (row[label], *(f"{row[label]}-{i}" for i in range(2, 10_000))) if n not in taken)
            taken.add(name)
            added[id(row)] = {**row, label: name}
    return sorted([*rows, *added.values()], key=lambda row: row[part.order])
