"""The table `trade/baci_files`: what each file of BACI that was read holds as a whole, to hold others against.

A file that is cut off or doubled reads like any other. So rows, exporters and total value of a year are held against
the years beside it in the same release, and against the same year in other releases. The bounds are wide: trade fell by
a quarter from 2008 to 2009, and rows grow by a tenth in a year at most.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ..catalogue import Catalogue
from ..countries import SEAMS
from ..formatting import number
from . import package
from .baci import Release, Whole
from .package import Made, Row, Rows
from .web import Refused

TABLE = "trade/baci_files"
FEWER_EXPORTERS, FARTHEST_ROWS, FARTHEST_VALUE = 0.8, 1.5, 1.75
LARGE = 0.02  # of all trade: an exporter of so much does not vanish from one year to the next
MADE = Made(
    TABLE, "Files of BACI that were read", "Rows, exporters and all trade in each file of a year that was read.",
    "Counted while the file was read. A file that is read later is held against them.",
    "Years of which no file was read.", "usd_million",
    (
        ("row_id", "string", "Label of the row"), ("year", "integer", "Calendar year"),
        ("hs", "string", "Revision of the Harmonized System"), ("vintage", "string", "Version of BACI"),
        ("rows", "integer", "Rows of the file"), ("exporters", "integer", "Countries that sell"),
        ("value", "number", "All trade in the file, FOB"), ("unit", "string", "Unit of value"),
        ("source_id", "string", "Row of sources.csv"),
    ),
)  # fmt: skip


def standing(catalogue: Catalogue) -> Rows:
    return package.table(catalogue, TABLE) if catalogue.has(TABLE) else []


def check(rows: Rows, release: Release, wholes: Mapping[int, Whole]) -> None:
    """Raises Refused for a file that seems to be cut off or doubled beside its neighbours or other releases."""
    same = {int(row["year"]): _whole(row) for row in rows if _is_of(row, release)} | dict(wholes)
    for year, whole in wholes.items():
        beside = [(same[near], f"{near}") for near in (year - 1, year + 1) if near in same]
        beside += [(_whole(row), f"the same year of {row['vintage']}") for row in rows
                   if int(row["year"]) == year and row["hs"] == release.hs and row["vintage"] != release.version]
        name = release.years[year].name
        for other, what in beside:
            if any(_apart(whole, other)) and not _explained(whole, [one for one, _ in beside if one is not other]):
                raise Refused(
                    f"The file {name} has {_told(whole)}, and {what} has {_told(other)}: one of the two seems to be "
                    "cut off or doubled."
                )
            if gone := _vanished(whole, other):
                raise Refused(
                    f"The file {name} has no sales of {gone}, which had {number(other.exporters[gone], 0)} million "
                    f"dollars in {what}: it seems to be cut off."
                )


def joined(rows: Rows, release: Release, wholes: Mapping[int, Whole], source_id: str) -> Rows:
    """`rows` with those of the files that were read."""
    made: Rows = [{
        "row_id": f"{year}-{release.hs.lower()}-{release.version}", "year": str(year), "hs": release.hs,
        "vintage": release.version, "rows": str(whole.rows), "exporters": str(whole.number),
        "value": repr(whole.value), "unit": "usd_million", "source_id": source_id,
    } for year, whole in wholes.items()]  # fmt: skip
    return sorted([*without(rows, release, wholes), *made], key=lambda row: (row["vintage"], row["year"]))


def without(rows: Rows, release: Release, years: Collection[int]) -> Rows:
    """`rows` but those of these years of the release."""
    return [row for row in rows if not (_is_of(row, release) and int(row["year"]) in years)]


def _is_of(row: Row, release: Release) -> bool:
    return (row["vintage"], row["hs"]) == (release.version, release.hs)


def _whole(row: Row) -> Whole:
    return Whole(int(row["year"]), int(row["rows"]), int(row["exporters"]), float(row["value"]), {})


def _apart(one: Whole, other: Whole) -> Iterator[bool]:
    """For exporters, rows and value, whether they lie too far apart."""
    yield min(one.number, other.number) < FEWER_EXPORTERS * max(one.number, other.number)
    yield max(one.rows, other.rows) > FARTHEST_ROWS * min(one.rows, other.rows)
    yield max(one.value, other.value) > FARTHEST_VALUE * min(one.value, other.value)


def _explained(whole: Whole, others: list[Whole]) -> bool:
    """Whether a year agrees with all others beside it, at least two: then the one apart is judged in its own turn."""
    return len(others) > 1 and not any(any(_apart(whole, other)) for other in others)


def _vanished(whole: Whole, other: Whole) -> str:
    """A large exporter of the other file that this one lacks, unless another country took its place."""
    if not whole.exporters:
        return ""
    for code, value in sorted(other.exporters.items(), key=lambda one: -one[1]):
        followed = any(code in (seam.code, *seam.parts) for seam in SEAMS)
        if value > LARGE * other.value and code not in whole.exporters and not followed:
            return code
    return ""


def _told(whole: Whole) -> str:
    return f"{whole.number} exporters, {whole.rows:,} rows and {number(whole.value, 0)} million dollars"
