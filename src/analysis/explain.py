"""Where a fact comes from: its value and formula, each input row in readable form, each source.

A fact names its inputs as `table#key`. The key is a `row_id`, or is made of a row's own columns:
`2017-03-exports` for a month, `2013-Q2-total` for a quarter, `2015` for all months of that year, `2008-oec` for all
partners in one record and year, `2008-oec-CHN` for one of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from .captions import caveats_of
from .catalogue import Catalogue
from .errors import DataError, UnknownRow
from .facts import Fact
from .formatting import fact_text
from .reading import kept
from .report import Report

# Columns that name a row by themselves.
NAMED = ("row_id", "claim_id", "event_id")
SOURCE_FIELDS = ("publisher", "compiler", "description", "address", "published", "accessed", "terms")


@dataclass(frozen=True)
class Input:
    """One row that a fact rests on. `value` is None where the row has no figure; texts may be empty."""

    row: str
    period: str
    measure: str
    value: float | None
    unit: str
    status: str
    quality: str
    compiler: str
    vintage: str
    published: str
    method: str
    note: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    source_id: str
    publisher: str
    compiler: str
    description: str
    address: str
    published: str
    accessed: str
    terms: str


@dataclass(frozen=True)
class Explanation:
    """A fact with the rows and the sources behind it, in the order in which the fact names them.

    `fact` is None where a row was asked for by its key.
    """

    fact: Fact | None
    inputs: tuple[Input, ...]
    sources: tuple[Source, ...]
    caveats: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "fact": {**self.fact.as_json(), "shown": fact_text(self.fact)} if self.fact else None,
            "inputs": [asdict(row) for row in self.inputs],
            "sources": [asdict(source) for source in self.sources],
            "caveats": list(self.caveats),
        }


def explain(report: Report, id: str) -> Explanation:
    """The fact `id` with its inputs and sources; raises UnknownFact or, for a broken reference, DataError."""
    fact = report.fact(id)
    inputs = tuple(row for key in fact.rows for row in resolve_row(report.catalogue, key))
    # The sources of a row are as good a reason to name a source as those of the fact itself.
    ids = [*fact.sources, *(source for row in inputs for source in row.sources)]
    return Explanation(fact, inputs, _sources(report.catalogue, ids), caveats_of(report.catalogue, fact))


def explain_row(catalogue: Catalogue, key: str) -> Explanation:
    """The row `table#key`, as the CSV of charts and tables names it, with its sources.

    Raises UnknownTable or UnknownRow, each with the nearest match.
    """
    table, _, wanted = key.partition("#")
    if wanted not in _by_key(catalogue, table):
        raise UnknownRow(table, wanted, _by_key(catalogue, table))
    inputs = tuple(resolve_row(catalogue, key))
    return Explanation(None, inputs, _sources(catalogue, (s for row in inputs for s in row.sources)), ())


def _sources(catalogue: Catalogue, ids: Iterable[str]) -> tuple[Source, ...]:
    known = catalogue.sources
    return tuple(
        Source(id, **{name: str(known.loc[id, name]) for name in SOURCE_FIELDS}) for id in dict.fromkeys(ids)
    )


def resolve_row(catalogue: Catalogue, key: str) -> list[Input]:
    """The rows that `table#key` names, one or (for a year of months) several; DataError if there is none."""
    return list(_rows(catalogue, key))


# Thousands of facts name the same rows; a table never changes while a catalogue lives.
@kept(20000)
def _rows(catalogue: Catalogue, key: str) -> tuple[Input, ...]:
    table = key.partition("#")[0]
    return tuple(_input(catalogue, table, row) for row in records(catalogue, [key])[key])


def records(catalogue: Catalogue, keys: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows that each `table#key` names, as they stand in the table; DataError for a key that names none."""
    found: dict[str, list[dict[str, Any]]] = {}
    for key in keys:
        table, _, wanted = key.partition("#")
        rows = _by_key(catalogue, table).get(wanted)
        if rows is None:
            raise DataError(f"The row {key} is named by a fact, but the table {table} does not have it.")
        found[key] = rows
    return found


@kept(64)
def _by_key(catalogue: Catalogue, table: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of a table by every key that names them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in catalogue.frame(table).to_dict("records"):
        for name in filter(None, dict.fromkeys(_keys(row))):
            found.setdefault(name, []).append({str(column): value for column, value in row.items()})
    return found


def _keys(row: dict[str, Any]) -> Iterator[str]:
    """The row's own key, and those that name a group: a record of partners, or the months of a year."""
    yield _key(row)
    if any(_text(row.get(column)) for column in NAMED):
        return
    if "partner" in row:
        yield f"{_text(row.get('year'))}-{_text(row.get('compiler'))}"
        yield f"{_text(row.get('year'))}-{_text(row.get('compiler'))}-{row['partner']}"
    elif "month" in row and "measure" not in row:
        yield _period(row)[:4]


def _input(catalogue: Catalogue, table: str, row: dict[str, Any]) -> Input:
    sources = tuple(str(row["source_id"]).split(";")) if row.get("source_id") else ()
    labels = _labels(catalogue)
    if compiler := row.get("compiler"):
        compiler = str(labels.get(compiler, compiler))
    else:
        # Tables of months have no compiler of their own: it is the one whose figures the page prints.
        names = (str(catalogue.sources.loc[id, "compiler"]) for id in sources)
        compiler = "; ".join(dict.fromkeys(filter(None, names)))
    return Input(
        row=f"{table}#{_key(row)}", period=_period(row),
        measure=_text(row.get("measure") or row.get("series")).replace("_", " "),
        value=_number(row.get("value")), unit=_text(row.get("unit")), status=_text(row.get("status")),
        quality=_text(row.get("quality")), compiler=compiler, vintage=_text(row.get("vintage")),
        published=_text(row.get("published")), method=_text(row.get("method")).replace("_", " "),
        note=_text(row.get("note")) or _text(row.get("title")), sources=sources,
    )  # fmt: skip


@kept(8)
def _labels(catalogue: Catalogue) -> dict[str, str]:
    rows = catalogue.frame("trade/compilers").to_dict("records")
    return {str(row["compiler"]): str(row["label"]) for row in rows}


def _key(row: dict[str, Any]) -> str:
    if named := next(filter(None, (_text(row.get(column)) for column in NAMED)), ""):
        return named
    parts = [_period(row), _text(row.get("compiler")), row["partner"]] if "partner" in row else [_period(row)]
    return "-".join(filter(None, [*parts, _text(row.get("measure"))]))


def _period(row: dict[str, Any]) -> str:
    if "month" in row:
        return _text(row["month"])
    if "date" in row:
        return _text(row["date"])
    return "-".join(filter(None, [_text(row.get("year")), _text(row.get("period"))]))


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NA else str(value)


def _number(value: Any) -> float | None:
    if value is None or value is pd.NA or not math.isfinite(value):
        return None
    return float(value)
