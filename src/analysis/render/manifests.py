"""What stands in the folder of a report, as its manifest says: read without anything that takes long to load."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

MANIFEST, FACTS, ROWS, WORKBOOK = "manifest.json", "facts.json", "rows.csv", "tables.xlsx"
MADE_BY = "analysis"
FILE_OF = {"html": "index.html", "pdf": "report.pdf"}
# What desktops and JupyterLab leave in folders they show: no file of a report, and carried from one to the next.
LITTER = (".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints")


@dataclass(frozen=True)
class Manifest:
    """What a report was made from and what it holds. `inputs` are the parts of `input_digest`.

    `files` maps the path of a file inside the report to its SHA-256, `tables` each table of the data package to
    the hash of its file, `code` each module that facts are computed with. The clock times of a build stand here
    and in no other file. `request` is a digest of what was asked for and of every file that was there for it (see
    `quick`), `facts` the number of facts. Reports made before the last four were recorded have none.
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
    request: str = ""
    facts: int | None = None

    @property
    def documents(self) -> list[str]:
        """index.html and report.pdf, as far as the report holds them."""
        return [name for name in FILE_OF.values() if name in self.files]


@dataclass(frozen=True)
class Built:
    """A report in place. `made` is False when it was up to date; `files` are paths inside `output`."""

    edition: str
    output: Path
    made: bool
    files: tuple[str, ...]
    documents: tuple[str, ...]
    facts: int
    seconds: float

    @classmethod
    def of(cls, edition: str, output: Path, manifest: Manifest, made: bool, seconds: float) -> Built:
        """The report that stands in `output`, as its files say."""
        facts = manifest.facts
        if facts is None:
            facts = len(json.loads((output / FACTS).read_text(encoding="utf-8"))["facts"])
        files = tuple(sorted([*manifest.files, MANIFEST]))
        return cls(edition, output, made, files, tuple(manifest.documents), facts, seconds)


@dataclass(frozen=True)
class Swept:
    """What a sweep left: its folder, the reports in place, and the sentence of each edition that failed."""

    folder: Path
    built: tuple[Built, ...]
    failed: Mapping[str, str]
    files: tuple[str, ...]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all."""
    text = json.dumps({"made_by": MADE_BY, **asdict(manifest)}, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    draft = folder / f".{MANIFEST}.new"
    draft.write_bytes(text.encode("utf-8"))
    draft.replace(folder / MANIFEST)


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
    return {path: hash_of(folder / path) for path in files_in(folder) if path != MANIFEST}


def hash_of(path: Path) -> str:
    """SHA-256 of a file as manifests record it; empty for a link, which no build makes."""
    return "" if path.is_symlink() else digest(path.read_bytes())


def digest(content: bytes) -> str:
    """SHA-256 of the content of a file, as manifests record it."""
    return hashlib.sha256(content).hexdigest()


def files_in(folder: Path) -> list[str]:
    """Paths of the files and links below `folder`, with slashes, in order; what desktops leave there is passed over."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.as_posix() for path in found if not set(path.parts) & set(LITTER))


def altered(folder: Path, manifest: Manifest) -> tuple[list[str], list[str]]:
    """The files of a report that were changed since it was made, and those that are missing."""
    there = hashes(folder)
    changed = [path for path, known in manifest.files.items() if path in there and there[path] != known]
    return changed, [path for path in manifest.files if path not in there]


def whole(folder: Path, manifest: Manifest, formats: Sequence[str]) -> bool:
    """Whether `folder` holds `formats` and exactly the files that its manifest records."""
    return all(FILE_OF[format] in manifest.files for format in formats) and hashes(folder) == manifest.files
