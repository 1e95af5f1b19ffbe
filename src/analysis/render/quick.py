"""The quick answer for reports that are up to date: told from hashes alone, before anything large is loaded.

A report and the page over a sweep record a digest of the request they answer: the words of the command, and every file
and library that was there for it. Where the same words meet the same files, and what was made is whole, there is
nothing to do. Everything else is left to `build`, which knows which of these files matter and says what is wrong.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..project import project_root
from . import inputs, manifests
from .manifests import Built, Swept

PAGE, TABLE, RECORD = "index.html", "facts.csv", "sweep.json"
SWEEP = "analysis sweep"


@dataclass(frozen=True)
class Asked:
    """The words of a command, as they were given: `settings` and `grid` are those of --set and --grid."""

    editions: tuple[str, ...]
    settings: tuple[str, ...] = ()
    grid: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    output: str | None = None
    only: str | None = None
    most: int = 500


def request(
    edition: str, settings: Mapping[str, Any], only: str | None, sources: str, grid: Sequence[str] = (), most: int = 0
) -> str:
    """The digest of a request: what is asked for, and `sources`, see `inputs.sources`."""
    notebook = only.removesuffix(".ipynb") if only else ""
    return inputs.digest([edition, sorted((k, str(v)) for k, v in settings.items()), notebook, sources, [*grid], most])


def up_to_date(asked: Asked, sources: str) -> tuple[list[Built], list[Swept]] | None:
    """What stands already for everything that was asked; None where there is something to do, or to say.

    `sources`: see `inputs.sources`.
    """
    begun = time.perf_counter()
    settings = dict(word.partition("=")[::2] for word in asked.settings)
    reports: list[Built] = []
    sweeps: list[Swept] = []
    try:
        for name in asked.editions:
            place = _place(asked, name)
            if not asked.grid and (found := _report(asked, name, place, settings, sources, begun)):
                reports.append(found)
            elif swept := _sweep(asked, name, place, settings, sources, begun):
                sweeps.append(swept)
            else:
                return None
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError):
        return None  # whatever it is, the build finds it and has words for it
    return reports, sweeps


def _place(asked: Asked, name: str) -> Path | None:
    if asked.output is None:
        return None
    folder = Path(asked.output)
    return folder / name if len(asked.editions) > 1 else folder


def default_output(edition: str, notebook: str | None) -> Path:
    """Where a report goes that is not told where."""
    return project_root() / "reports" / "-".join(filter(None, [edition, notebook]))


def default_sweep(edition: str) -> Path:
    """Where a sweep goes that is not told where."""
    return project_root() / "reports" / f"{edition}-grid"


def _report(
    asked: Asked, name: str, place: Path | None, settings: Mapping[str, str], sources: str, begun: float
) -> Built | None:
    notebook = asked.only.removesuffix(".ipynb") if asked.only else None
    folder = (place or default_output(name, notebook)).resolve()
    return _standing(folder, name, request(name, settings, asked.only, sources), asked.formats, begun)


def _standing(folder: Path, edition: str, wanted: str, formats: Sequence[str], begun: float) -> Built | None:
    manifest = manifests.read_manifest(folder)
    if manifest is None or manifest.request != wanted or _is_being_made(folder):
        return None
    if not manifests.whole(folder, manifest, formats):
        return None
    return Built.of(edition, folder, manifest, False, time.perf_counter() - begun)


def _is_being_made(folder: Path) -> bool:
    """Whether a build has left anything beside the report: it runs, was interrupted, or failed."""
    return any(folder.parent.glob(f".{_literal(folder.name)}.analysis-*")) or Path(f"{folder}.failed").exists()


def _literal(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _sweep(
    asked: Asked, name: str, place: Path | None, settings: Mapping[str, str], sources: str, begun: float
) -> Swept | None:
    folder = (place or default_sweep(name)).resolve()
    body = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    wanted = request(name, settings, asked.only, sources, asked.grid, asked.most)
    if body["made_by"] != SWEEP or body["request"] != wanted:
        return None
    if any(inputs.file_hash(folder / file) != known for file, known in body["files"].items()):
        return None
    built = []
    for entry in body["editions"]:
        found = _standing(folder / entry["name"], name, entry["request"], asked.formats, begun)
        if entry["failed"] or found is None:
            return None
        built.append(found)
    return Swept(folder, tuple(built), {}, (PAGE, TABLE, RECORD))
