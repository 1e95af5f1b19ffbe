"""The parts of a report that are computed: each notebook, and the facts of each topic. Made again when, and only when,
something that they were made from has changed.

What a part is made from is known before it is made, but for the tables: which of them it reads is known from the last
time that all else was the same. So an entry of the cache is found in two steps: by all else the names of the tables,
and by these with their contents the part.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__, reading
from ..catalogue import Catalogue
from ..facts import Fact
from ..parameters import ReportParameters
from ..reading import unrecorded
from . import chapters, inputs, locks, modules
from .cache import Cache

if TYPE_CHECKING:
    from nbformat import NotebookNode

# Longer than any topic takes: then the other is stuck.
SECONDS_FOR_ANOTHER = 60
MOST_LISTS = 12  # of names that one chart was found to rest on
INJECTED, PARAMETERS = "injected-parameters", "parameters"


@dataclass(frozen=True)
class Part:
    """A notebook and what it is made from, but for the tables: digests of cells, parameters, package and libraries.

    `followed` is False where its code may rest on something else; such a notebook is run each time.
    """

    path: Path
    made_from: Mapping[str, str]
    followed: bool


@dataclass(frozen=True)
class Run:
    """An executed notebook, what it was made from with its tables by name, and the seconds that took."""

    notebook: NotebookNode
    made_from: Mapping[str, Any]
    seconds: float


def describe(
    path: Path, parameters: ReportParameters, files: Mapping[str, str], versions: Mapping[str, str],
    package: Path = inputs.PACKAGE,
) -> Part:  # fmt: skip
    """The part that a notebook is; `files` are the files of the package with their hashes."""
    code = [(source, tags) for kind, source, tags in chapters.cells(path) if kind == "code"]
    another = not parameters.pair.documented
    used = modules.used((source for source, _ in code), list(files), package, another)
    made_from = {
        "cells": inputs.digest(code), "parameters": inputs.digest(parameters.plain()),
        "package": inputs.digest([__version__, {name: files[name] for name in used or files}]),
        "libraries": inputs.digest(dict(versions)),
    }  # fmt: skip
    return Part(path, made_from, used is not None)


def fetch(part: Part, catalogue: Catalogue, cache: Cache) -> Run | None:
    """The run of this part that is in the cache, with the Markdown cells of today; None where there is none."""
    import nbformat

    if not part.followed or (found := _found(cache, ["notebook", part.made_from], catalogue)) is None:
        return None
    body, tables = found
    try:
        source = nbformat.read(part.path, as_version=4)
        made = nbformat.from_dict(body["notebook"])
        notebook = _with_markdown_of(source, made)
        return Run(notebook, {**part.made_from, "tables": tables}, float(body["seconds"]))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None


def keep(part: Part, notebook: NotebookNode, seconds: float, read: Iterable[str] | None, catalogue: Catalogue,
         cache: Cache) -> Run:  # fmt: skip
    """Put a run into the cache. `read`: what it read of the data package; None where that is not known."""
    tables = catalogue.contents(reading.tables(read or ()))
    cache.put(f"seconds {part.path.stem}", str(seconds).encode())
    if part.followed and read is not None:
        body = {"notebook": notebook, "seconds": seconds}
        _keep(cache, ["notebook", part.made_from], tables, body)
    return Run(notebook, {**part.made_from, "tables": tables}, seconds)


def seconds_of(name: str, cache: Cache) -> float | None:
    """How long the notebook of this name took when it was last run; None where that is not known."""
    try:
        return float(cache.get(f"seconds {name}") or "")
    except ValueError:
        return None


def changed(before: Mapping[str, Any], part: Part, catalogue: Catalogue) -> list[str]:
    """What differs between a run of the last report and the part as it is now, in words."""
    names = [name for name in part.made_from if before.get(name) != part.made_from[name]]
    tables = before.get("tables", {})
    now = catalogue.contents(tables)
    return names + [f"the table {name}" for name in sorted(tables) if tables[name] != now[name]]


@dataclass(frozen=True)
class Topics:
    """The facts of topics and what shows them, in the cache, for `report.storing`.

    `code` and `libraries` are what computes facts; `everything` is the whole package and all libraries, on which what
    shows them may rest.
    """

    catalogue: Catalogue
    cache: Cache
    code: str
    libraries: str
    everything: str

    def get(self, topic: str, parameters: Mapping[str, Any]) -> tuple[tuple[Fact, ...], set[str]] | None:
        found = _found(self.cache, self._key(topic, parameters), self.catalogue)
        if found is None:
            return None
        try:
            return tuple(Fact.from_json(body) for body in found[0]), set(found[1])
        except (ValueError, KeyError, TypeError):
            return None

    def put(self, topic: str, parameters: Mapping[str, Any], facts: Iterable[Fact], read: Iterable[str]) -> None:
        bodies = [fact.as_json() for fact in facts]
        _keep(self.cache, self._key(topic, parameters), self._tables(read), bodies)

    def get_rows(self, what: str, parameters: Mapping[str, Any]) -> tuple[list[Any], set[str]] | None:
        found = _found(self.cache, self._key(what, parameters, "rows"), self.catalogue)
        return None if found is None or not isinstance(found[0], list) else (found[0], set(found[1]))

    def put_rows(self, what: str, parameters: Mapping[str, Any], rows: list[Any], read: Iterable[str]) -> None:
        _keep(self.cache, self._key(what, parameters, "rows"), self._tables(read), rows)

    def _tables(self, read: Iterable[str]) -> dict[str, str]:
        # The parameters are in the key, whether they were read or not.
        return self.catalogue.contents(reading.tables(read))

    def get_shown(self, what: Sequence[Any], parameters: ReportParameters) -> tuple[dict[str, Any], set[str]] | None:
        key = ["shown", what, self.everything]
        for names in self._known(key):
            found = self.cache.get(inputs.digest([key, self._standing(names, parameters)]))
            with contextlib.suppress(ValueError):
                if found is not None and isinstance(node := json.loads(found), dict):
                    return node, set(names)
        return None

    def put_shown(
        self, what: Sequence[Any], parameters: ReportParameters, node: Mapping[str, Any], read: Iterable[str]
    ) -> None:
        key, names = ["shown", what, self.everything], sorted(read)
        body = json.dumps(node, ensure_ascii=False).encode("utf-8")
        self.cache.put(inputs.digest([key, self._standing(names, parameters)]), body)
        # With other parameters other tables may be read, so there may be several lists of names.
        known = [names, *(other for other in self._known(key) if other != names)][:MOST_LISTS]
        self.cache.put(inputs.digest(key), json.dumps(known).encode("utf-8"))

    def _known(self, key: Any) -> list[list[str]]:
        """What was read for `key` in earlier times, the last first."""
        try:
            known = json.loads(self.cache.get(inputs.digest(key)) or "[]")
        except ValueError:
            return []
        lists = known if isinstance(known, list) else []
        return [names for names in lists if isinstance(names, list) and all(isinstance(n, str) for n in names)]

    def _standing(self, names: Iterable[str], parameters: ReportParameters) -> list[Any]:
        """What stands today behind each of the names."""
        with unrecorded():
            return [self.catalogue.contents(reading.tables(names)), parameters.plain(reading.parameters(names))]

    def alone(self, what: str, parameters: Mapping[str, Any]) -> AbstractContextManager[None]:
        """A block in which no other process computes the same; who comes later finds it done."""
        name = f"{inputs.digest(self._key(what, parameters))[:16]}.lock"
        return locks.turn(self.cache.path.with_name(name), SECONDS_FOR_ANOTHER)

    def _key(self, topic: str, parameters: Mapping[str, Any], kind: str = "facts") -> list[Any]:
        return [kind, topic, sorted(parameters.items()), self.code, self.libraries]


def topics(catalogue: Catalogue, cache: Cache) -> Topics:
    """The facts that were computed by the code and the libraries of today."""
    code, libraries = inputs.code_hashes(), inputs.computing(inputs.versions())
    return Topics(catalogue, cache, inputs.digest([__version__, code]), inputs.digest(libraries), made_with())


@dataclass(frozen=True)
class Drawings:
    """The charts in the cache, for `style.keeping`. Any change of the package or of a library draws all anew."""

    cache: Cache
    made_with: str

    def get(self, digest: str) -> str | None:
        found = self.cache.get(inputs.digest(["svg", self.made_with, digest]))
        return None if found is None else found.decode("utf-8")

    def put(self, digest: str, svg: str) -> None:
        self.cache.put(inputs.digest(["svg", self.made_with, digest]), svg.encode("utf-8"))


def drawings(cache: Cache) -> Drawings:
    """The charts that were drawn by the package and the libraries of today."""
    return Drawings(cache, made_with())


def made_with() -> str:
    """Digest of the package, its fonts included, and of the libraries."""
    return inputs.digest([inputs.tree(inputs.PACKAGE), inputs.versions()])


def pictures(cache: Cache) -> Callable[[str], bytes]:
    """`pictures.png`, which takes what Typst has set before from the cache: many charts of a sweep are the same."""
    from . import pictures

    setting = [inputs.versions()["typst"], inputs.file_hash(pictures.TEMPLATE), pictures.PIXELS_PER_INCH]

    def make(svg: str) -> bytes:
        key = inputs.digest(["png", setting, svg])
        if (made := cache.get(key)) is None:
            made = pictures.png(svg)
            cache.put(key, made)
        return made

    return make


# --------------------------------------------------------------------------------------------- two steps


def _found(cache: Cache, key: Any, catalogue: Catalogue) -> tuple[Any, dict[str, str]] | None:
    """The body under `key` and the tables that it was made from, if these are today's."""
    first = cache.get(inputs.digest(key))
    try:
        if first is None:
            return None
        tables = catalogue.contents(json.loads(first))
        body = cache.get(inputs.digest([key, tables]))
        return None if body is None else (json.loads(body), tables)
    except (ValueError, TypeError):
        return None


def _keep(cache: Cache, key: Any, tables: Mapping[str, str], body: Any) -> None:
    # The part first: without it the names of its tables lead to nothing.
    cache.put(inputs.digest([key, tables]), json.dumps(body, ensure_ascii=False).encode("utf-8"))
    cache.put(inputs.digest(key), json.dumps(sorted(tables)).encode("utf-8"))


def _with_markdown_of(source: NotebookNode, made: NotebookNode) -> NotebookNode:
    """The cells of `source`, the code cells among them as they were run in `made`, with that of the parameters."""
    run = [cell for cell in made.cells if cell.cell_type == "code"]
    cells = []
    for cell in chapters.own_cells(source.cells):
        if cell.cell_type != "code":
            cells.append(cell)
            continue
        cells.append(run.pop(0))
        if PARAMETERS in cell.metadata.get("tags", []) and run and INJECTED in run[0].metadata.get("tags", []):
            cells.append(run.pop(0))
    if run:
        raise ValueError("the run has more cells than the notebook")
    made.cells = cells
    return made
