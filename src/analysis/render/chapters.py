"""The notebooks of the report: which files of notebooks/ are chapters, and what their cells say.

Editors, desktops and JupyterLab leave files there that look like notebooks. Hidden ones are passed over; a copy of a
notebook that stands beside it, an `Untitled` one and an empty file are left out by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..conflicts import conflict_in
from ..errors import BuildError

# What JupyterLab, Finder, Explorer and others make of the name of a file that they copy.
COPY = re.compile(r"(.+?)(-Copy\d+| copy( \d+)?| - Copy( \(\d+\))?| \(\d+\)| \(.*conflicted copy.*\))")
UNTITLED = re.compile(r"untitled\d*", re.IGNORECASE)
# Cells that papermill adds to a notebook it has run. Left in a source they are none of its author's.
PAPERMILLS = {"injected-parameters", "papermill-error-cell-tag"}
FORMAT = 4


class BadNotebook(BuildError):
    """A file of notebooks/ that cannot be run as it is."""

    exit_code = 2


def chapters(folder: Path) -> dict[str, Path]:
    """The notebooks of a whole report by name, in order."""
    return {path.stem: path for path in notebook_files(folder) if not _left_out(path)}


def left_out(folder: Path) -> dict[str, str]:
    """The files that look like notebooks and are no chapters, by name, and why."""
    return {path.name: why for path in notebook_files(folder) if (why := _left_out(path))}


def notebook_files(folder: Path) -> list[Path]:
    """Every file that somebody may mean by a notebook: all but hidden ones, such as `._x.ipynb` and `.~x.ipynb`."""
    return sorted(path for path in folder.glob("*.ipynb") if not path.name.startswith("."))


def cells(path: Path) -> list[tuple[str, str, list[str]]]:
    """Type, source and tags of every cell: what a run depends on, without outputs, identifiers and papermill's cells.

    Raises BadNotebook.
    """
    try:
        return [
            (cell["cell_type"], "".join(cell["source"]), tags_of(cell)) for cell in own_cells(_read(path)["cells"])
        ]
    except (KeyError, TypeError, AttributeError):
        raise BadNotebook(
            f"The notebook {path.stem} cannot be read: it has a cell without type or source; "
            "restore it, or open and save it in JupyterLab."
        ) from None


def own_cells(cells: Iterable[Any]) -> list[Any]:
    """The cells without those that papermill added in an earlier run."""
    return [cell for cell in cells if not PAPERMILLS & set(tags_of(cell))]


def tags_of(cell: Mapping[str, Any]) -> list[str]:
    tags: list[str] = cell.get("metadata", {}).get("tags", [])
    return tags


def checked(path: Path) -> Path:
    """The notebook at `path`; raises BadNotebook where it cannot be read or would get no parameters."""
    if not any("parameters" in tags for _, _, tags in cells(path)):
        raise BadNotebook(
            f"The notebook {path.stem} has no cell with the tag parameters: give its parameters cell that tag, or move "
            "the file out of notebooks/."
        )
    return path


def _read(path: Path) -> dict[str, Any]:
    name = f"The notebook {path.stem}"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadNotebook(f"{name} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise BadNotebook(f"{name} cannot be read: it is not in UTF-8; restore it.") from None
    if not text.strip():
        raise BadNotebook(f"{name} cannot be read: the file is empty; restore it or remove it.")
    if line := conflict_in(text):
        raise BadNotebook(
            f"{name} cannot be read: a merge conflict stands in line {line}; take one side with `git checkout --ours` "
            f"or `--theirs notebooks/{path.name}`."
        )
    try:
        body = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadNotebook(f"{name} cannot be read: line {error.lineno} is no JSON ({error.msg}); restore it.") from None
    number = body.get("nbformat", FORMAT) if isinstance(body, dict) else None
    if not isinstance(number, int) or not isinstance(body, dict):
        raise BadNotebook(f"{name} cannot be read: it is JSON, but no notebook; restore it or remove it.")
    if number != FORMAT:
        todo = (
            f"`jupyter nbconvert --to notebook --inplace notebooks/{path.name}` makes format {FORMAT} of it"
            if number < FORMAT else f"save it as format {FORMAT}"
        )  # fmt: skip
        raise BadNotebook(f"{name} cannot be read: it is in format {number} of Jupyter, not {FORMAT}; {todo}.")
    if not isinstance(body.get("cells"), list):
        raise BadNotebook(f"{name} cannot be read: it has no list of cells; restore it or remove it.")
    return body


def _left_out(path: Path) -> str:
    """Why a notebook is no chapter; empty where it is one."""
    if UNTITLED.fullmatch(path.stem):
        return "it has no name yet"
    if (copied := COPY.fullmatch(path.stem)) and path.with_stem(copied[1]).exists():
        return f"it is a copy of {copied[1]}"
    try:
        return "" if path.is_file() and path.stat().st_size else "it is empty" if path.is_file() else "it is no file"
    except OSError:
        return ""  # whoever reads it says so
