"""Reading `reports/editions.yml`: names, and every value as it is written there.

YAML would make a truth value of `no`, a number of seconds of `12:30:45` and 3.1 of `3.10`; what a value means is for
the parameter to say, so here it stays text, as on the command line. Mistakes are told with their line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from .conflicts import conflict_in
from .errors import BuildError, listing, nearest, shown

TOP = "editions"
KEYS = ("description", "parameters", "grid")
STANDARD = "tag:yaml.org,2002:"
NULL, MERGE = STANDARD + "null", STANDARD + "merge"
SCALARS = tuple(STANDARD + kind for kind in ("str", "null", "bool", "int", "float", "timestamp", "value"))
MOST_MERGED = 20
# What the library says of common slips, and what they are.
SLIPS = {
    "cannot start any token": "a tab or a sign that YAML keeps for itself: indent with spaces, put text into quotes",
    "mapping values are not allowed": "a colon where none can be: put text that holds one into quotes",
    "expected <block end>": "the line is not indented as those above it",
    "could not find expected ':'": "a colon is missing after a name",
    "unexpected end of stream": "a quote or a bracket is not closed",
    "expected the node content": "a value is missing, or a bracket is not closed",
    "undefined alias": "it refers by * to what no & names",
    "expected a single document": "a second document begins: leave out the line of hyphens",
    "expected ',' or": "a comma or a closing bracket is missing",
}


class BadEditions(BuildError):
    """A list of editions that cannot be read, or that could be read in two ways."""

    exit_code = 2


@dataclass(frozen=True)
class Declared:
    """One edition as the file has it: its values are text, None for none, and lists of these in a grid.

    `lines` tells in which line of the file each parameter stands.
    """

    name: str
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    grid: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


def read(file: Path) -> list[Declared]:
    """The editions of the file, in its order. Raises BadEditions."""
    reader = _Reader(file)
    root = reader.root()
    found = dict(reader.items(root, "the file"))
    for key, (line, _) in found.items():
        if key != TOP:
            reader.unknown(line, "key", key, [TOP])
    if TOP not in found:
        reader.refuse(1, f"the key {TOP} is missing: the file begins with `{TOP}:`, with an edition in each line below")
    line, node = found[TOP]
    if not isinstance(node, yaml.MappingNode):
        reader.refuse(line, f"{TOP} needs a name for each edition, indented below it, and a colon after it")
    return [reader.edition(name, number, body) for name, (number, body) in reader.items(node, TOP)]


class _Reader:
    """The nodes of one file, with sentences that name the file and the line."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def refuse(self, line: int, reason: str) -> NoReturn:
        raise BadEditions(f"The list of editions cannot be read: {self.file}, line {line}: {reason}.")

    def unknown(self, line: int, noun: str, given: str, allowed: Iterable[str]) -> NoReturn:
        close = nearest(given, allowed)
        hint = f"did you mean {close}? " if close else ""
        self.refuse(line, f"there is no {noun} {shown(given)!r}: {hint}allowed are {listing(allowed)}")

    def root(self) -> yaml.MappingNode:
        text = self._text()
        if line := conflict_in(text):
            self.refuse(line, "a merge conflict: keep one of its two sides")
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            self.refuse(*self._slip(text, error))
        except yaml.reader.ReaderError as error:
            self.refuse(text.count("\n", 0, error.position) + 1, "it holds a character that no text has")
        except RecursionError:
            self.refuse(1, "it is nested too deeply")
        if node is None:
            self.refuse(1, f"the file is empty: it begins with `{TOP}:`, with an edition in each line below")
        if not isinstance(node, yaml.MappingNode):
            self.refuse(_line(node), f"the file is no list of names: it begins with `{TOP}:`")
        return node

    def items(self, node: yaml.MappingNode, where: str, merged: int = 0) -> Iterator[tuple[str, tuple[int, Any]]]:
        """Key, line and value of a mapping; a key that stands there twice is refused. What is merged in comes last."""
        seen: dict[str, int] = {}
        more: list[tuple[str, tuple[int, Any]]] = []
        for key, value in node.value:
            line = _line(key)
            if key.tag == MERGE:
                for one in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    if not isinstance(one, yaml.MappingNode) or merged >= MOST_MERGED:
                        self.refuse(line, f"what {where} takes in with << is no set of names and values")
                    more += self.items(one, where, merged + 1)
                continue
            name = self.text(key, f"a name in {where}")
            if name in seen:
                self.refuse(line, f"{where} has {shown(name)} a second time, after line {seen[name]}: keep one of them")
            seen[name] = line
            yield name, (line, value)
        for name, place in more:
            if name not in seen:
                seen[name] = place[0]
                yield name, place

    def edition(self, name: str, line: int, body: yaml.Node) -> Declared:
        where = f"the edition {shown(name)}"
        if body.tag == NULL:
            return Declared(name)
        given = self._mapping(body, line, f"{where} needs {listing(KEYS)} below it, or nothing")
        found = dict(self.items(given, where))
        for key, (number, _) in found.items():
            if key not in KEYS:
                self.unknown(number, f"key of {where}", key, KEYS)
        description, parameters, grid, lines = "", {}, {}, {}
        if "description" in found:
            description = self.text(found["description"][1], f"the description of {where}")
        for key, (number, value) in self._below(found, "parameters", where):
            parameters[key] = self.value(value, f"{key} of {where}")
            lines[key] = number
        for key, (number, value) in self._below(found, "grid", where):
            if not isinstance(value, yaml.SequenceNode) or not value.value:
                self.refuse(number, f"the grid of {where} needs a list of values for {shown(key)}, such as [A, B]")
            grid[key] = [self.value(one, f"{key} in the grid of {where}") for one in value.value]
        return Declared(name, description, parameters, grid, lines)

    def value(self, node: yaml.Node, what: str) -> str | None:
        """A value as it is written; None for none."""
        return None if node.tag == NULL else self.text(node, what)

    def text(self, node: yaml.Node, what: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag not in SCALARS:
            mapping, sequence = isinstance(node, yaml.MappingNode), isinstance(node, yaml.SequenceNode)
            kind = "a set of names" if mapping else "a list" if sequence else f"a {shown(node.tag)}"
            self.refuse(_line(node), f"{shown(what, 120)} is {kind}: allowed is one line of text")
        return "" if node.tag == NULL else str(node.value)

    def _below(
        self, found: dict[str, tuple[int, Any]], key: str, where: str
    ) -> Iterable[tuple[str, tuple[int, Any]]]:
        if key not in found or found[key][1].tag == NULL:
            return ()
        line, node = found[key]
        return self.items(self._mapping(node, line, f"{key} of {where} needs lines `name: value`"), f"{key} of {where}")

    def _mapping(self, node: yaml.Node, line: int, reason: str) -> yaml.MappingNode:
        if not isinstance(node, yaml.MappingNode) or node.tag != STANDARD + "map":
            self.refuse(line, reason)
        return node

    def _text(self) -> str:
        try:
            content = self.file.read_bytes()
        except FileNotFoundError:
            raise BuildError(f"There is no list of editions: {self.file} is missing.") from None
        except OSError as error:
            raise BuildError(f"The list of editions {self.file} cannot be read: {error.strerror or error}.") from None
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.refuse(content.count(b"\n", 0, error.start) + 1, "a letter is not in UTF-8: save the file as UTF-8")

    def _slip(self, text: str, error: yaml.MarkedYAMLError) -> tuple[int, str]:
        problem = str(error.problem)
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        lines = text.splitlines()
        if 0 < line <= len(lines) and "\t" in lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]:
            return line, "it is indented with a tab: YAML takes spaces alone"
        known = [words for part, words in SLIPS.items() if part in problem]
        return line, known[0] if known else " ".join(problem.split())


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
