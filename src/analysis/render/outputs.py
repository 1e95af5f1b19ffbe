"""The files of a report beside the two documents: facts, tables, figures, and the manifest.

Everything is read from the nodes that the executed notebooks hold; the facts they show are first
compared with those that the build computes itself.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..catalogue import Catalogue
from ..display import NODE_TYPE, Node, data_of
from ..errors import BuildError
from ..explain import records
from ..facts import FactBook, significant
from ..parameters import ReportParameters
from .pictures import png

if TYPE_CHECKING:
    from nbformat import NotebookNode

MANIFEST, FACTS, ROWS, WORKBOOK = "manifest.json", "facts.json", "rows.csv", "tables.xlsx"
MADE_BY = "analysis"
FILE_OF = {"html": "index.html", "pdf": "report.pdf"}
NODE_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
# Files that desktops and JupyterLab leave in folders they show; a report folder may lose them.
LITTER = (".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints")


@dataclass(frozen=True)
class Manifest:
    """What a report was made from and what it holds. `inputs` are the parts of `input_digest`.

    `files` maps the path of a file inside the report to its SHA-256, `tables` each table of the data package to
    the hash of its file, `code` each module that facts are computed with. The clock times of a build stand here
    and in no other file. Reports made before the last two were recorded have none.
    """

    edition: str
    parameters: dict[str, Any]
    input_digest: str
    inputs: dict[str, str]
    formats: tuple[str, ...]
    files: dict[str, str]
    versions: dict[str, str]
    data: dict[str, str]
    notebooks: tuple[dict[str, Any], ...]
    started: str
    finished: str
    tables: dict[str, str] = field(default_factory=dict)
    code: dict[str, str] = field(default_factory=dict)

    @property
    def documents(self) -> list[str]:
        """index.html and report.pdf, as far as the report holds them."""
        return [name for name in FILE_OF.values() if name in self.files]


def nodes_of(notebook: NotebookNode) -> list[Node]:
    """The nodes that the cells of an executed notebook show, in order."""
    return [
        output.data[NODE_TYPE]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if NODE_TYPE in output.get("data", {})
    ]


def check_facts(name: str, nodes: Iterable[Node], book: FactBook) -> None:
    """Raise BuildError unless every fact that a node of the notebook `name` shows is the one in `book`."""
    for node in nodes:
        for id, value in node.get("facts", {}).items():
            if id not in book:
                raise BuildError(f"The notebook {name} shows the fact {id}, which this edition does not have.")
            known = book[id].value
            if not _same(value, known):
                raise BuildError(
                    f"The notebook {name} shows the fact {id} as {value}, but the package computes {known}."
                )


def write_facts(folder: Path, edition: str, parameters: ReportParameters, book: FactBook) -> None:
    """facts.json: the edition, its parameters and all its facts in order of id."""
    body = {"edition": edition, "parameters": parameters.plain(), "facts": book.as_json()}
    _write(folder / FACTS, _json(body))


def write_rows(folder: Path, catalogue: Catalogue, book: FactBook) -> None:
    """rows.csv: every row of data that a fact names, as it stood when the report was made."""
    _write(folder / ROWS, rows_csv(rows_of(catalogue, book)))


def rows_of(catalogue: Catalogue, book: FactBook) -> dict[str, list[dict[str, Any]]]:
    """The rows behind the facts of `book`, by the name that facts give them; a year of months is one name."""
    return records(catalogue, sorted({row for fact in book.values() for row in fact.rows}))


def rows_csv(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """`rows` as CSV, each with every cell of its table; the first column is the name by which facts call a row."""
    found = [
        {"named": key, **{name: None if value is pd.NA else value for name, value in row.items()}}
        for key, group in rows.items()
        for row in group
    ]
    return csv_text(data_of(found))


def write_data(folder: Path, nodes: Iterable[Node]) -> None:
    """tables/<id>.csv for every table and figure, figures/<id>.svg and .png for every figure.

    Raises BuildError when two different nodes share an id.
    """
    files: dict[str, str] = {}
    for node in nodes:
        if node["kind"] not in ("table", "figure"):
            continue
        id = node["id"]
        if not NODE_ID.fullmatch(id):
            raise BuildError(f"The {node['kind']} {id!r} needs an id of lower-case letters, digits, _ and -.")
        made = {f"tables/{id}.csv": csv_text(node["data"])}
        if node["kind"] == "figure":
            made[f"figures/{id}.svg"] = node["svg"]
        for path, text in made.items():
            if files.setdefault(path, text) != text:
                raise BuildError(f"Two different tables or figures have the id {id!r}.")
    for path, text in files.items():
        _write(folder / path, text)
        if path.endswith(".svg"):
            (folder / path).with_suffix(".png").write_bytes(png(text))


def csv_text(data: Mapping[str, Any]) -> str:
    """`data` (columns and rows) as CSV: commas, line feeds, an empty cell for a gap."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(data["columns"])
    writer.writerows([_cell(value) for value in row] for row in data["rows"])
    return buffer.getvalue()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    _write(folder / MANIFEST, _json({"made_by": MADE_BY, **asdict(manifest)}))


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of the report in `folder`; None where there is none of ours, or none that can be read."""
    try:
        body = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if body.pop("made_by") != MADE_BY:
            return None
        for name in ("formats", "notebooks"):
            body[name] = tuple(body[name])
        manifest = Manifest(**body)
        names = [notebook["name"] for notebook in manifest.notebooks]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    maps = (manifest.parameters, manifest.inputs, manifest.files, manifest.versions, manifest.data, manifest.tables,
            manifest.code)  # fmt: skip
    return manifest if names and all(isinstance(value, dict) for value in maps) else None


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a report by its path inside it, the manifest itself left out."""
    return {
        path: digest((folder / path).read_bytes())
        for path in files_in(folder)
        if path != MANIFEST
    }


def digest(content: bytes) -> str:
    """SHA-256 of the content of a file, as manifests record it."""
    return hashlib.sha256(content).hexdigest()


def files_in(folder: Path) -> list[str]:
    """Paths of the files below `folder`, with slashes, in order; what desktops leave there is passed over."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())
    return sorted(path.as_posix() for path in found if not set(path.parts) & set(LITTER))


def whole(folder: Path, manifest: Manifest, formats: Sequence[str]) -> bool:
    """Whether `folder` holds `formats` and exactly the files that its manifest records."""
    return all(FILE_OF[format] in manifest.files for format in formats) and hashes(folder) == manifest.files


def _same(shown: float | None, known: float | None) -> bool:
    if shown is None or known is None:
        return shown is known
    return significant(float(shown)) == significant(known)


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, float):
        return repr(significant(value) or 0.0)  # no minus before a zero
    return str(value)


def _json(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))
