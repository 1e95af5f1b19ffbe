"""The files of a report beside the two documents: facts, tables, figures, and the manifest.

Everything is read from the nodes that the executed notebooks hold; the facts they show are first
compared with those that the build computes itself.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..catalogue import Catalogue
from ..display import NODE_TYPE, Node, data_of
from ..errors import BuildError
from ..explain import records
from ..facts import FactBook, significant
from ..parameters import ReportParameters
from .manifests import FACTS, ROWS
from .pictures import png

if TYPE_CHECKING:
    from nbformat import NotebookNode

NODE_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")



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


def write_data(folder: Path, nodes: Iterable[Node], picture: Callable[[str], bytes] | None = None) -> None:
    """tables/<id>.csv for every table and figure, figures/<id>.svg and .png for every figure, made by `picture`.

    Raises BuildError when two different nodes share an id.
    """
    files: dict[str, str] = {}
    picture = picture or png
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
            (folder / path).with_suffix(".png").write_bytes(picture(text))


def csv_text(data: Mapping[str, Any]) -> str:
    """`data` (columns and rows) as CSV: commas, line feeds, an empty cell for a gap."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(data["columns"])
    writer.writerows([_cell(value) for value in row] for row in data["rows"])
    return buffer.getvalue()


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
