"""What a report is made from, as it lies on the disk: its hashes, without anything that takes long to load."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .. import __version__
from ..project import project_root
from .chapters import notebook_files

PACKAGE = Path(__file__).resolve().parents[1]
# Libraries whose version can change a byte of the report.
LIBRARIES = (
    "babel", "contourpy", "fonttools", "ipykernel", "ipython", "jinja2", "kiwisolver", "markupsafe", "matplotlib",
    "mistune", "nbclient", "nbconvert", "nbformat", "numpy", "pandas", "papermill", "pycountry", "pydantic", "pygments",
    "typst", "xlsxwriter",
)  # fmt: skip
# Of these, those that draw, set and run, and that no fact is computed with; a library not named here may change one.
SETTING = (
    "contourpy", "fonttools", "ipykernel", "ipython", "jinja2", "kiwisolver", "markupsafe", "matplotlib", "mistune",
    "nbclient", "nbconvert", "nbformat", "papermill", "pygments", "typst", "xlsxwriter",
)  # fmt: skip
# In the same way the parts of the package that only show facts, answer a command, or change the data package.
SHOWING = (
    "__main__.py", "captions.py", "causes.py", "check.py", "cli.py", "compare.py", "errata.py", "explain.py",
    "figures/", "lock.py", "pairs/displays.py", "pairs/figures.py", "pairs/prose.py", "pairs/tables.py", "printed.py",
    "prose/", "refresh/", "render/", "showing.py", "stale.py", "style.py", "tables/",
)  # fmt: skip


def sources() -> str:
    """Digest of everything that a report of this project may depend on, whether or not a given one does."""
    root = project_root()
    return digest([
        __version__, tree(PACKAGE), sorted(versions().items()),
        [(path.relative_to(root).as_posix(), _hash_or_nothing(path)) for path in project_files()],
    ])  # fmt: skip


def _hash_or_nothing(path: Path) -> str:
    try:
        return file_hash(path)
    except OSError:  # whoever needs the file says so
        return ""


def project_files() -> list[Path]:
    """The files of the project that a report may be made from: editions, notebooks, data."""
    root = project_root()
    files = [root / "reports" / "editions.yml", *notebook_files(root / "notebooks")]
    return files + sorted(path for path in (root / "data").rglob("*") if path.is_file())


def code_hashes(package: Path = PACKAGE) -> dict[str, str]:
    """SHA-256 of every module that may compute a fact: all but those that only show them."""
    return {path: digest for path, digest in tree(package) if path.endswith(".py") and not path.startswith(SHOWING)}


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that can change a byte of the report."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def computing(found: Mapping[str, str]) -> dict[str, str]:
    """Of the versions `found`, those of Python and the libraries that facts may be computed with."""
    return {name: number for name, number in found.items() if name not in SETTING}


def changed_inputs(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Names of the parts of two fingerprints that differ."""
    return [name for name in dict.fromkeys([*now, *before]) if before.get(name) != now.get(name)]


def digest(value: Any) -> str:
    return text_hash(json.dumps(value, ensure_ascii=False))


def text_hash(text: str) -> str:
    # A command line may hold what is no letter; it is refused further on.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tree(folder: Path) -> list[tuple[str, str]]:
    """Path and hash of every file of the package: modules, templates, fonts."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not _is_cache(path.relative_to(folder)))
    return [(path.relative_to(folder).as_posix(), file_hash(path)) for path in paths]


def _is_cache(path: Path) -> bool:
    return path.suffix == ".pyc" or any(part == "__pycache__" or part.startswith(".") for part in path.parts)
