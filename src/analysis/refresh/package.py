"""A new version of the data package, put in the place of the old one as a whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ..catalogue import Catalogue, load, seal
from ..project import project_root
from ..render import swap
from .web import Refused

Row = dict[str, str]
Rows = list[Row]
PACKAGE = "datapackage.json"


@dataclass(frozen=True)
class Made:
    """A table that the data package need not have: the first refresh of its kind makes it.

    `fields` are name, type and description of each column, in order.
    """

    name: str
    title: str
    description: str
    reliability: str
    missing: str
    unit: str
    fields: tuple[tuple[str, str, str], ...]

    @property
    def resource(self) -> dict[str, Any]:
        """What datapackage.json says of it, without the hash, which `seal` writes."""
        return {
            "name": self.name, "path": f"{self.name}.csv", "profile": "tabular-data-resource", "title": self.title,
            "description": self.description, "reliability": self.reliability, "missing": self.missing,
            "unit": self.unit, "encoding": "utf-8", "mediatype": "text/csv",
            "schema": {
                "fields": [dict(zip(("name", "type", "description"), field, strict=True)) for field in self.fields],
                "missingValues": [""],
            },
        }  # fmt: skip


def table(catalogue: Catalogue, name: str) -> Rows:
    """The rows of a table as they stand in its file, every cell as text."""
    with catalogue.tables[name].path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def replace(
    catalogue: Catalogue, tables: Mapping[str, Rows], today: date, sound: Callable[[Catalogue], object],
    added: Sequence[Mapping[str, Any]] = (), removed: Collection[str] = (),
) -> str:  # fmt: skip
    """Write `tables` in place of those of the same names, and return the version of the new data package.

    `added` describes tables that the package may not have yet, as its `resources` do; their rows are in `tables`. Those
    `removed` are taken out whole.

    The new package is made beside the old one and verified, `sound` is called with it and may raise, and then two
    renames under a journal put it in place (`render.swap`). Raises Refused where the data changed in the meantime.
    """
    root = catalogue.root
    before = (root / PACKAGE).read_bytes()
    added = [resource for resource in added if resource["name"] not in catalogue.tables]
    try:
        with swap.lock(root):
            swap.recover(root)
            new = swap.new_folder(root)
            shutil.copytree(root, new)
            try:
                columns = {name: list(table.fields) for name, table in catalogue.tables.items()}
                paths = {name: table.path.relative_to(root) for name, table in catalogue.tables.items()}
                for resource in added:
                    columns[resource["name"]] = [field["name"] for field in resource["schema"]["fields"]]
                    paths[resource["name"]] = Path(resource["path"])
                for name, rows in tables.items():
                    (new / paths[name]).write_text(_text(columns[name], rows), encoding="utf-8")
                for name in removed:
                    (new / paths[name]).unlink()
                version = _renew(new / PACKAGE, today, added, removed)
                seal(new)
                now = Catalogue(new)
                now.verify()
                sound(now)
                if (root / PACKAGE).read_bytes() != before:
                    raise Refused("The data were changed while newer figures were being taken in: ask again.")
            except BaseException:
                shutil.rmtree(new, ignore_errors=True)
                raise
            swap.swap(root)
    except OSError as error:
        raise Refused(f"The data package cannot be written: {error.strerror or error}.") from None
    load.cache_clear()
    return version


def recover(root: Path | None = None) -> str | None:
    """Finish or undo a change of the data that was interrupted; one sentence, or None where there was none."""
    folder = root or project_root() / "data"
    if "data" not in swap.remains(folder.parent):
        return None
    with swap.lock(folder):
        return "An interrupted change of the data was cleared up." if swap.recover(folder) else None


def _text(columns: list[str], rows: Rows) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _renew(path: Path, today: date, added: Sequence[Mapping[str, Any]], removed: Collection[str]) -> str:
    """Version and day of the package, with tables `added` and without those `removed`.

    The version is the day, and a count for a second version of one day.
    """
    body = json.loads(path.read_text(encoding="utf-8"))
    day = f"{today:%Y.%m.%d}"
    first, _, count = str(body["version"]).partition("-")
    body["version"] = day if first != day else f"{day}-{int(count or 1) + 1}"
    body["created"] = today.isoformat()
    body["resources"] = [resource for resource in body["resources"] if resource["name"] not in removed]
    body["resources"] += [dict(resource) for resource in added]
    path.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return str(body["version"])
