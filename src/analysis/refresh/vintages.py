"""Tables of vintages: a row for each figure as it was fetched, beside those that were fetched before.

Such a table is optional: the first fetch makes it. Its rows are what the publisher gave and nothing else. The newest
row of a figure is the one that counts, and an edition of an earlier `as_of` takes the newest that was there by its day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from ..catalogue import Catalogue
from . import package
from .changes import Changes, Figure, Key
from .package import Made, Row, Rows

AFTER = (
    ("value", "number", "The figure"),
    ("unit", "string", "Unit of value"),
    ("basis", "string", "Which record"),
    ("status", "string", "reported, mirror, derived, estimated or unreported"),
    ("quality", "string", "A printed with decimals; B rounded or nearly exact; C rough; D contradicted"),
    ("precision", "number", "Half a unit of the last digit; in the unit of value"),
    ("vintage", "string", "revised where the publisher gave another figure before"),
    ("published", "string", "Day of the fetch, from which the figure counts as known"),
    ("source_id", "string", "Row of sources.csv"),
)


@dataclass(frozen=True)
class Vintages:
    """A table of vintages: its words in the data package, and the columns that say what a figure is of."""

    name: str
    title: str
    description: str
    reliability: str
    missing: str
    keys: tuple[tuple[str, str, str], ...]

    @property
    def made(self) -> Made:
        fields = (("row_id", "string", "Row id"), *self.keys, *AFTER)
        return Made(
            self.name, self.title, self.description, self.reliability, self.missing, "usd_million", fields
        )

    def rows(self, catalogue: Catalogue) -> Rows:
        """The rows as they stand, none where there is no such table."""
        return package.table(catalogue, self.name) if catalogue.has(self.name) else []

    def key(self, row: Row) -> Key:
        return tuple(row[name] for name, _, _ in self.keys)

    def standing(self, catalogue: Catalogue, periods: Iterable[str]) -> dict[Key, Figure]:
        """The newest figure of each key, of `periods` alone (the second part of a key, or the first of two)."""
        wanted, found = set(periods), dict[Key, tuple[str, Figure]]()
        for row in self.rows(catalogue):
            key = self.key(row)
            if wanted.isdisjoint(key) or (key in found and found[key][0] > row["published"]):
                continue
            found[key] = (row["published"], Figure(float(row["value"]), float(row["precision"])))
        return {key: figure for key, (_, figure) in found.items()}

    def added(
        self, catalogue: Catalogue, changes: Changes, fetched: Mapping[Key, Figure], source: str, today: date
    ) -> Rows:
        """All rows, with one more for each figure that is new or changed."""
        rows = self.rows(catalogue)
        taken = {row["row_id"] for row in rows}
        for key, vintage in [*((k, "") for k in changes.new), *((one.key, "revised") for one in changes.changed)]:
            stem = "-".join(key)
            id = next(name for name in (stem, *(f"{stem}-v{n}" for n in range(2, 1000))) if name not in taken)
            rows.append({
                "row_id": id, **dict(zip((name for name, _, _ in self.keys), key, strict=True)),
                "value": repr(round(fetched[key].value, 6)), "unit": "usd_million", "basis": "comtrade",
                "status": "reported", "quality": "A", "precision": repr(fetched[key].precision), "vintage": vintage,
                "published": today.isoformat(), "source_id": source,
            })  # fmt: skip
        return sorted(rows, key=lambda row: (self.key(row), row["published"]))
