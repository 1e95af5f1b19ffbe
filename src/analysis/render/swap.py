"""Putting a finished report in the place of the old one, so that no crash leaves half of either.

A folder cannot be exchanged atomically everywhere, so two renames are made under a journal: the old
report steps aside, the new one takes its place. `recover` reads the journal at the next start. All
helper files lie beside the output, on its own file system, and their names begin with a dot.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import BuildError
from . import locks

ROLES = ("new", "old", "journal", "journal-draft", "lock")


def new_folder(output: Path) -> Path:
    """Where the report for `output` is made before it is whole."""
    return _beside(output, "new")


def swap(output: Path) -> None:
    """Put `new_folder(output)`, which must be whole, in the place of `output`.

    Raises OSError; whatever stops it, `recover(output)` then leaves the old report or the new one, whole.
    """
    new, old, journal = new_folder(output), _beside(output, "old"), _beside(output, "journal")
    _flush(new)
    _write_journal(journal, output)
    if output.exists():
        output.replace(old)
    new.replace(output)
    journal.unlink()
    shutil.rmtree(old, ignore_errors=True)  # the new report stands; what is left goes at the next start


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
    _remove(old)
    return said


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
