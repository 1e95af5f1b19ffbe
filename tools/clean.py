"""Removes what builds made: reports with their helper files, and caches. What no build made, or not so, stays.

    python3 tools/clean.py            in the checkout that holds this file

It needs nothing but Python, so that it works where .venv is missing or broken. What a report holds is read from its
manifest.json, what the page over a sweep is from its sweep.json.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MANIFEST, SWEEP = "manifest.json", "sweep.json"
PUBLISHED = "published"
HELPERS = (".analysis-journal", ".analysis-journal-draft")  # a lock goes with the build that holds it
CACHES = (".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis")
MOST_NAMED = 10


def main(root: Path = ROOT) -> int:
    root = root.resolve()
    reports = root / "reports"
    for folder in sorted(path for path in reports.iterdir() if path.is_dir() and not path.is_symlink()):
        if folder.name == PUBLISHED or folder.name.endswith((".kept", ".failed")):
            continue
        clean_report(folder)
    for folder in sorted(reports.rglob("*.failed")):
        if folder.is_dir() and PUBLISHED not in folder.relative_to(reports).parts:
            clean_copies(folder)
    for path in sorted(reports.glob(".*")):
        if path.name.endswith(HELPERS):
            path.unlink()
        elif path.name.endswith(".analysis-new") and path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)  # half a report, which nobody but a build has seen
        elif path.name.endswith(".analysis-old") and path.is_dir() and not path.is_symlink():
            clean_report(path)
    for name in ("src", "tests", "tools", "notebooks"):
        for folder in sorted((root / name).rglob("__pycache__")):
            shutil.rmtree(folder, ignore_errors=True)
    for name in CACHES:
        shutil.rmtree(root / name, ignore_errors=True)
    clean_cache(root / ".cache")
    kept = [path.relative_to(root).as_posix() for path in left(reports)]
    print("Removed built reports and caches.")
    if kept:
        more = f" and {len(kept) - MOST_NAMED} more" if len(kept) > MOST_NAMED else ""
        print(f"Kept, since no build made it so: {', '.join(kept[:MOST_NAMED])}{more}.")
    return 0


def clean_report(folder: Path) -> None:
    """Remove the files of a report, or of a sweep and its reports, that are as they were made; then empty folders."""
    body = _json(folder / MANIFEST)
    if body.get("made_by") == "analysis" and isinstance(body.get("files"), Mapping):
        _remove_unchanged(folder, body["files"])
        (folder / MANIFEST).unlink()
    body = _json(folder / SWEEP)
    if body.get("made_by") == "analysis sweep" and isinstance(body.get("files"), Mapping):
        for one in body.get("editions", []):
            clean_report(folder / one["name"])
        _remove_unchanged(folder, body["files"])
        (folder / SWEEP).unlink()
    else:
        return _remove_if_empty(folder)
    for path in folder.glob(".*"):
        if path.name.endswith(HELPERS):
            path.unlink()
    _remove_if_empty(folder)


def clean_copies(folder: Path) -> None:
    """Remove half-run copies that nobody changed."""
    for record in sorted(folder.glob(".*.sha256")):
        copy = folder / record.name.removeprefix(".").removesuffix(".sha256")
        _remove_unchanged(folder, {copy.name: record.read_text(encoding="utf-8")})
        if not copy.exists():
            record.unlink()
    _remove_if_empty(folder)


def clean_cache(folder: Path) -> None:
    """Remove what builds and `refresh` kept for themselves."""
    shutil.rmtree(folder / "refresh", ignore_errors=True)
    for pattern in ("parts.sqlite*", "*.lock"):
        for path in folder.glob(pattern):
            path.unlink()
    _remove_if_empty(folder)


def left(reports: Path) -> Iterator[Path]:
    """What is in the folder of the reports and not under version control there."""
    for path in sorted(reports.iterdir()):
        if path.is_dir() and path.name != PUBLISHED:
            yield path


def _remove_unchanged(folder: Path, files: Mapping[str, str]) -> None:
    parents = set()
    for name, known in files.items():
        path = folder / name
        if folder not in path.resolve().parents or path.is_symlink() or not path.is_file():
            continue  # a manifest that names what lies elsewhere is not ours
        if hashlib.sha256(path.read_bytes()).hexdigest() == known:
            path.unlink()
            parents.update(parent for parent in path.parents if folder in parent.parents)
    for parent in sorted(parents, reverse=True):
        _remove_if_empty(parent)


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
        folder.rmdir()


def _json(path: Path) -> dict[str, object]:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return body if isinstance(body, dict) else {}


if __name__ == "__main__":
    sys.exit(main())
