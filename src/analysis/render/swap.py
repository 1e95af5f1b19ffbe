"""Putting a finished report in the place of the old one, so that no crash leaves half of either.

A folder cannot be exchanged atomically everywhere, so two renames are made under a journal: the old
report steps aside, the new one takes its place. `recover` reads the journal at the next start. All
helper files lie beside the output, on its own file system, and their names begin with a dot.

Of the old report only that is removed which its manifest lists and which is as it was made. Anything else is kept:
what was changed or put there meanwhile in a folder beside the report, see `kept_folder`; empty folders and what
desktops leave behind move into the new report.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import BuildError, listing, shown
from . import locks, manifests

ROLES = ("new", "old", "journal", "journal-draft", "lock")


def new_folder(output: Path) -> Path:
    """Where the report for `output` is made before it is whole."""
    return _beside(output, "new")


def kept_folder(output: Path, number: int = 1) -> Path:
    """Where what no build made is kept when a report takes its place; the `number`-th such folder."""
    return output.with_name(f"{output.name}.kept" + (f"-{number}" if number > 1 else ""))


def swap(output: Path) -> str | None:
    """Put `new_folder(output)`, which must be whole, in the place of `output`; a sentence where something was kept.

    Raises OSError; whatever stops it, `recover(output)` then leaves the old report or the new one, whole.
    """
    new, old, journal = new_folder(output), _beside(output, "old"), _beside(output, "journal")
    _flush(new)
    _write_journal(journal, output)
    if output.exists():
        output.replace(old)
    new.replace(output)
    journal.unlink()
    with contextlib.suppress(OSError):  # the new report stands; what is left goes at the next start
        return _settle(old, output)
    return None


def set_aside(path: Path, output: Path, name: str) -> Path:
    """Move what lies in the report `output` as `name`, or did, to where it is kept; its new place."""
    places = (kept_folder(output, number) / name for number in itertools.count(1))
    place = next(place for place in places if not os.path.lexists(place))
    place.parent.mkdir(parents=True, exist_ok=True)
    path.replace(place)
    return place


def recover(output: Path) -> str | None:
    """Finish or undo a swap that was interrupted and clear away what it left; call it under the lock.

    Returns one sentence about what was done, or None when there was nothing to do.
    """
    new, old, journal = new_folder(output), _beside(output, "old"), _beside(output, "journal")
    interrupted = journal.exists()
    said = None
    # A journal exists only while the new report is whole. Without it, `new` may be half-written.
    if interrupted and new.exists() and not _holds_something(output):
        if output.exists():
            output.rmdir()
        new.replace(output)
        said = f"An interrupted build was finished: the new report is in {output}."
    elif not output.exists() and old.exists():
        old.replace(output)
        said = f"An interrupted build was undone: the old report is back in {output}."
    elif new.exists():
        said = "The remains of an interrupted build were removed."
    # The journal goes before the folders: a crash in between leaves only remains.
    journal.unlink(missing_ok=True)
    _draft(journal).unlink(missing_ok=True)
    _remove(new)
    kept = _settle(old, output)
    return " ".join(filter(None, (said, kept))) or None


def remains(folder: Path) -> dict[str, list[str]]:
    """What interrupted builds left in `folder`, by the name of the report they were to make; changes nothing.

    The helper files of a build that is running are left out.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        name, _, role = path.name.removeprefix(".").rpartition(".analysis-")
        if path.name.startswith(".") and name and role in ROLES:
            found.setdefault(name, []).append(path.name)
    return {name: files for name, files in found.items() if not locks.is_held(_beside(folder / name, "lock"))}


@contextlib.contextmanager
def lock(output: Path) -> Iterator[None]:
    """Hold the only right to build `output`; raises BuildError when another process has it.

    The lock ends with the process, however that ends.
    """
    path = _beside(output, "lock")
    handle = locks.take(path)
    if handle is None:
        raise BuildError(f"Another build of {output} is running: wait for it to end, or choose another --output.")
    try:
        yield
    finally:
        locks.release(path, handle)


def _beside(output: Path, role: str) -> Path:
    return output.with_name(f".{output.name}.analysis-{role}")


def _draft(journal: Path) -> Path:
    return journal.with_name(journal.name + "-draft")


def _holds_something(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _settle(old: Path, output: Path) -> str | None:
    """Clear the old report away once the new one stands in `output`, but for what no build made.

    It may be stopped anywhere and begun again: the manifest, which says what was made, goes last.
    """
    if not old.exists():
        return None
    manifest = manifests.read_manifest(old)
    known = {**manifest.files, manifests.MANIFEST: ""} if manifest else {}
    paths = sorted(old.rglob("*"), reverse=True)  # what a folder holds comes before the folder
    empty = {path for path in paths if path.is_dir() and not path.is_symlink() and not any(path.iterdir())}
    kept: dict[str, Path] = {}
    for path in paths:
        name = path.relative_to(old).as_posix()
        if path in empty:
            (output / name).mkdir(parents=True, exist_ok=True)
            path.rmdir()
        elif path.is_dir() and not path.is_symlink():
            path.rmdir()
        elif set(Path(name).parts) & set(manifests.LITTER) and not os.path.lexists(output / name):
            (output / name).parent.mkdir(parents=True, exist_ok=True)
            path.replace(output / name)
        elif name not in known or (known[name] and manifests.hash_of(path) != known[name]):
            kept[name] = set_aside(path, output, name)
        elif name != manifests.MANIFEST:
            path.unlink()
    (old / manifests.MANIFEST).unlink(missing_ok=True)
    old.rmdir()
    return told(kept)


def told(kept: Mapping[str, Path]) -> str | None:
    """One sentence about files that were kept, from their names in the report to where they are; None for none."""
    if not kept:
        return None
    place = next(path.parents[name.count("/")] for name, path in kept.items())
    what = listing(map(shown, sorted(kept)))
    return f"Kept in {place}: {what}, changed or put there since the report was made."


def _write_journal(journal: Path, output: Path) -> None:
    # Written aside and renamed, so that a journal is never half there.
    draft = _draft(journal)
    with draft.open("w", encoding="utf-8") as file:
        json.dump({"output": output.name}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(journal)


def _flush(folder: Path) -> None:
    """Have every file of `folder` on the disk, so that a power cut after the swap finds it whole."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
