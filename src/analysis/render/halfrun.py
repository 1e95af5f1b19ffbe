"""Half-run copies of notebooks that failed, in a folder beside the report: kept until the notebook is sound again.

With each lies the digest of what was written, so that a copy which somebody has worked on since is told from one that
nobody has: it is never removed, nor written over.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

from .manifests import digest


def keep(folder: Path, name: str, content: str) -> Path:
    """Write the half-run copy of the notebook file `name`; where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / name
    if _is_foreign(place):
        others = (place.with_stem(f"{place.stem}-changed{number or ''}") for number in itertools.count())
        place.replace(next(other for other in others if not other.exists()))
    body = content.encode("utf-8")
    place.write_bytes(body)
    _record(place).write_text(digest(body), encoding="utf-8")
    return place


def clear(folder: Path, names: Iterable[str]) -> list[str]:
    """Remove the copies of these notebooks, and the folder when it is empty; the names of those that were changed."""
    if not folder.is_dir():
        return []
    kept = []
    for name in names:
        if _is_foreign(folder / name):
            kept.append(name)
            continue
        (folder / name).unlink(missing_ok=True)
        _record(folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
    return kept


def _record(place: Path) -> Path:
    return place.with_name(f".{place.name}.sha256")


def _is_foreign(place: Path) -> bool:
    """Whether something stands there that is not as `keep` wrote it."""
    try:
        return digest(place.read_bytes()) != _record(place).read_text(encoding="utf-8")
    except FileNotFoundError:
        return place.exists()
    except OSError:
        return True
