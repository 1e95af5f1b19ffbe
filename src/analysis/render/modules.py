"""Which files of the package a notebook rests on: those that its cells name, and all that these import.

Told from the source alone, so that nothing has to be loaded, and what was loaded already hides nothing.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

NAME = "analysis"
# The public face loads these when it is first asked for them.
FACE = {"start": "report.py", "Report": "report.py", "panel": "steering.py"}
# Of these packages a notebook uses the modules of the charts, tables and sentences that it names, not all of them.
SHELVES = ("figures", "prose", "tables")
# Drawing takes the fonts; the rest of `render` is not seen by a kernel.
ALWAYS = ("render/fonts/",)
# What a report on another pair shows in the places of all displays: only such a report rests on it, then as a whole.
OF_ANOTHER_PAIR = "pairs/displays.py"
# A cell that calls one of these may rest on anything.
UNKNOWN = ("open", "eval", "exec", "compile", "__import__", "input", "getattr", "get_ipython")


def used(
    cells: Iterable[str], files: Sequence[str], package: Path, another_pair: bool = False
) -> list[str] | None:  # fmt: skip
    """The files, of `files` below the folder `package`, that the code of `cells` rests on, in order.

    `another_pair`: in a report on another pair than the documented one.
    None where the code may rest on something else: it imports another library, opens a file, or uses the package in a
    way that cannot be followed.
    """
    try:
        asked = _asked("\n".join(cells), package)
    except (SyntaxError, ValueError, OSError):
        return None
    if asked is None:
        return None
    found: set[str] = set()
    waiting = list(asked)
    while waiting:
        file = waiting.pop()
        if file in found or (file == OF_ANOTHER_PAIR and not another_pair):
            continue
        found.add(file)
        # What a shelf holds is named by the cells; its own file only says where things are.
        if file not in [f"{shelf}/__init__.py" for shelf in SHELVES]:
            waiting += _imports(package, file, (package / file).stat().st_mtime_ns)
    found |= {file for file in files if file.startswith(ALWAYS)}
    return sorted(found)


def _asked(source: str, package: Path) -> list[str] | None:
    """The files that the code names itself."""
    tree = ast.parse(source)
    found = ["__init__.py"]
    shelves: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            if any(alias.name != NAME or alias.asname for alias in node.names):
                return None
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module != NAME:
                return None
            for alias in node.names:
                if alias.name in SHELVES:
                    shelves[alias.asname or alias.name] = alias.name
                    found.append(f"{alias.name}/__init__.py")
                elif alias.name in FACE:
                    found.append(FACE[alias.name])
                else:
                    return None
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in UNKNOWN:
            return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in (NAME, *shelves) and not _is_followed(tree, node):
            return None
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            continue
        if node.value.id == NAME:
            if node.attr not in FACE:
                return None
            found.append(FACE[node.attr])
        elif node.value.id in shelves:
            shelf = shelves[node.value.id]
            home = _homes(package, shelf, (package / shelf / "__init__.py").stat().st_mtime_ns).get(node.attr)
            if home is None:
                return None
            found.append(home)
    return found


def _is_followed(tree: ast.AST, name: ast.Name) -> bool:
    """Whether a name of the package is only asked for what it holds, not handed on as a whole."""
    return any(isinstance(node, ast.Attribute) and node.value is name for node in ast.walk(tree))


@functools.lru_cache(maxsize=32)
def _homes(package: Path, shelf: str, changed: int) -> dict[str, str]:
    """For each name that a shelf offers, the file that it comes from."""
    homes = {}
    tree = ast.parse((package / shelf / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            for alias in node.names:
                home = node.module.replace(".", "/") if node.module else alias.name
                homes[alias.asname or alias.name] = f"{shelf}/{home}.py"
    return homes


@functools.lru_cache(maxsize=1024)
def _imports(package: Path, file: str, changed: int) -> tuple[str, ...]:
    """The files of the package that a file of it imports, wherever in it, and those of the packages they lie in."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((package / file).read_text(encoding="utf-8"))):
        for parts in _targets(node, file):
            found.update(_files(package, parts))
    return tuple(sorted(found))


def _targets(node: ast.AST, file: str) -> Iterator[list[str]]:
    """What an import names, as parts of a path inside the package: the module, and each name as if it were one."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            first, *rest = alias.name.split(".")
            if first == NAME:
                yield rest
    elif isinstance(node, ast.ImportFrom):
        module = node.module.split(".") if node.module else []
        if node.level == 0:
            if module[:1] != [NAME]:
                return
            start = module[1:]
        else:
            folder = file.split("/")[:-1]
            start = folder[: len(folder) - node.level + 1] + module
        yield start
        for alias in node.names:
            yield [*start, alias.name]


def _files(package: Path, parts: list[str]) -> Iterator[str]:
    """The file of a module, if it is one, and the `__init__.py` of every package above it."""
    path = package.joinpath(*parts)
    if path.with_suffix(".py").is_file() and parts:
        yield "/".join(parts) + ".py"
    elif (path / "__init__.py").is_file():
        yield "/".join([*parts, "__init__.py"])
    else:
        return
    for depth in range(len(parts)):
        if (package.joinpath(*parts[:depth]) / "__init__.py").is_file():
            yield "/".join([*parts[:depth], "__init__.py"])
