"""The table `trade/baci`: what BACI says of a pair of countries, their partners and the world, in each version.

CEPII asks not to mix versions, so a version stands there as a whole: one that is taken in later joins those that stand,
and whoever reads the table takes the newest that was known by then (`dependence.baci`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from ..catalogue import Catalogue
from ..errors import listing
from . import koreas, package
from .baci import GROUPS, WORLD, Release, Sum
from .changes import Figure, Key
from .package import Row, Rows
from .web import Refused

TABLE = "trade/baci"
FIELDS = (
    ("row_id", "string", "Label of the row"),
    ("year", "integer", "Calendar year"),
    ("exporter", "string", "ISO code of the country that sells; WLD for the sum of all"),
    ("importer", "string", "ISO code of the country that buys; WLD for the sum of all"),
    ("goods", "string", "A chapter of the Harmonized System, or all, food (HS 01 to 24), fuel (HS 27)"),
    ("value", "number", "The figure, FOB"),
    ("unit", "string", "Unit of value"),
    ("precision", "number", "What the rounding of the products may add up to"),
    ("tonnes", "number", "Weight of those products that have a quantity; empty where none has"),
    ("weighed", "number", "Value of those products that have a quantity"),
    ("twin", "number", "The same flow of the same partner with the other Korea; empty where none is at issue"),
    ("doubtful", "string", "yes where the rule finds the two Koreas mixed up, and in sums that hold such a flow"),
    ("status", "string", "mirror: both ends of a flow reconciled"),
    ("quality", "string", "Grade, B to D"),
    ("hs", "string", "Revision of the Harmonized System"),
    ("vintage", "string", "Version of BACI"),
    ("published", "string", "When the version appeared, as far as known"),
    ("source_id", "string", "Row of sources.csv"),
)
RESOURCE: dict[str, Any] = {
    "name": TABLE, "path": f"{TABLE}.csv", "profile": "tabular-data-resource",
    "title": "Trade of a pair of countries, their partners and the world by group of goods (BACI)",
    "description": "Sums of CEPII's BACI in every version taken in: the pair and each side's world by chapter, each "
    "partner by group.",
    "reliability": "Reconciled from both ends and valued FOB. Of a country that reports nothing it is what partners "
    "say; flows in which the two Koreas are probably mixed up are marked by a rule and kept.",
    "missing": "What no partner reports; crude oil that customs leaves out; smuggling. A flow that is not there was "
    "not recorded.",
    "unit": "usd_million", "encoding": "utf-8", "mediatype": "text/csv",
    "schema": {
        "fields": [{"name": name, "type": kind, "description": words} for name, kind, words in FIELDS],
        "missingValues": [""],
    },
}  # fmt: skip


def source_id(release: Release) -> str:
    return f"cepii-baci-{release.hs.lower()}-{release.version}"


def standing(catalogue: Catalogue) -> Rows:
    """The rows of the table as they stand; none where there is no such table."""
    return package.table(catalogue, TABLE) if catalogue.has(TABLE) else []


def newest(rows: Rows, pair: tuple[str, str]) -> list[Sum]:
    """The sums of `pair`, as `baci.extract` gives them, in the newest version that stands."""
    own = [row for row in rows if _belongs(row, pair)]
    version = max((row["vintage"] for row in own), default="")
    return [_sum(row) for row in own if row["vintage"] == version]


def check(rows: Rows, release: Release, pair: tuple[str, str], sums: Collection[Sum]) -> None:
    """Raises Refused where the release cannot stand beside `rows`: other revision, older version, missing years."""
    if any(row["hs"] != release.hs for row in rows if row["vintage"] == release.version):
        raise Refused(
            f"The data package holds version {release.version} in another revision than {release.hs}, and CEPII asks "
            f"not to mix them: take it out with --remove {release.version} first."
        )
    own = [row for row in rows if _belongs(row, pair)]
    version = max((row["vintage"] for row in own), default="")
    if version > release.version:
        raise Refused(f"BACI {release.version} is older than {version}, which stands: take versions in in their order.")
    years = {int(row["year"]) for row in own if row["vintage"] == version} if version < release.version else set()
    if missing := sorted(years - {one.year for one in sums}):
        raise Refused(
            f"BACI {release.version} would lack {listing([str(y) for y in missing], limit=4)}, which stand in version "
            f"{version}: CEPII asks not to mix versions, so take in all years of the new one."
        )


def figures(sums: Iterable[Sum]) -> dict[Key, Figure]:
    """Million dollars by year, exporter, importer and goods."""
    return {(str(one.year), one.exporter, one.importer, one.goods): Figure(one.value, 5e-7) for one in sums}


def joined(rows: Rows, release: Release, sums: Iterable[Sum], published: str) -> Rows:
    """`rows` with `sums` in the version of `release`; its doubtful flows are judged anew, on all its years."""
    same = [row for row in rows if row["vintage"] == release.version]
    every = {(one.year, one.exporter, one.importer, one.goods): one for one in (*map(_sum, same), *sums)}
    sides = {one.importer for one in every.values() if one.exporter == WORLD}
    found = koreas.doubtful(every.values(), sides)
    # A sum in which a doubtful flow stands is marked too.
    sums_of = {(year, *ends, goods) for year, exporter, importer, goods in found
               for ends in ((exporter, WORLD), (WORLD, importer))}  # fmt: skip
    when = next((row["published"] for row in same), published)
    made = [_row(one, release, when, key in found, key in sums_of) for key, one in sorted(every.items())]
    return [*(row for row in rows if row["vintage"] != release.version), *made]


def without(rows: Rows, release: Release, years: Collection[int]) -> tuple[Rows, set[tuple[str, str]]]:
    """`rows` but those of these years of the release, and the pairs that the rows taken out were of."""
    out = [row for row in rows if row["vintage"] == release.version and int(row["year"]) in years]
    ends = {(row["exporter"], row["importer"]) for row in out if row["goods"] not in GROUPS}
    pairs = {(min(ends), max(ends)) for ends in ends if WORLD not in ends}
    held = {row["row_id"] for row in out}
    return [row for row in rows if row["row_id"] not in held], pairs


def belongs(one: Sum, pair: tuple[str, str]) -> bool:
    """Whether a sum is one of those that `baci.extract` gives for `pair`."""
    return _belongs({"exporter": one.exporter, "importer": one.importer, "goods": one.goods}, pair)


def _belongs(row: Row, pair: tuple[str, str]) -> bool:
    """Whether a row is one of those that `baci.extract` gives for `pair`."""
    ends = {row["exporter"], row["importer"]}
    return ends <= {*pair, WORLD} or (row["goods"] in GROUPS and bool(ends & set(pair)))


def _sum(row: Row) -> Sum:
    def number(name: str) -> float | None:
        return float(row[name]) if row[name] else None

    return Sum(
        int(row["year"]), row["exporter"], row["importer"], row["goods"], float(row["value"]), float(row["precision"]),
        number("tonnes"), float(row["weighed"]), number("twin"),
    )  # fmt: skip


def _row(one: Sum, release: Release, published: str, doubtful: bool, in_sum: bool) -> Row:
    return {
        "row_id": f"{one.year}-{one.exporter}-{one.importer}-{one.goods}-{release.version}", "year": str(one.year),
        "exporter": one.exporter, "importer": one.importer, "goods": one.goods, "value": _text(one.value),
        "unit": "usd_million", "precision": _text(one.precision), "tonnes": _text(one.tonnes),
        "weighed": _text(one.weighed), "twin": _text(one.twin), "doubtful": "yes" if doubtful or in_sum else "",
        "status": "mirror", "quality": "D" if doubtful else "C" if in_sum else "B", "hs": release.hs,
        "vintage": release.version, "published": published, "source_id": source_id(release),
    }  # fmt: skip


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.7f}".rstrip("0").rstrip(".")
