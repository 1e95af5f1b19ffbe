"""Folders that are not what they seem: no home, an output that is a mount, a .venv copied with its checkout."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .errors import UserError

MOUNTS = Path("/proc/self/mountinfo")
READY = "ready"  # what tools/setup_venv.sh writes into the .venv that it has made


class CopiedEnvironment(UserError):
    """A .venv that was copied with its checkout, and belongs to the one it came from."""


def check_copy(prefix: Path | None = None, package: Path | None = None) -> None:
    """Raise CopiedEnvironment where the .venv that runs lies in one checkout and takes the package of another.

    Who names the other's package in PYTHONPATH means it.
    """
    prefix = (prefix or Path(sys.prefix)).resolve()
    package = package or Path(__file__).resolve().parent
    here, there = prefix.parent, package.parents[1]
    asked_for = [Path(folder).resolve() for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    copied = (prefix / READY).is_file() and (here / "src" / "analysis").is_dir()
    if here == there or there / "src" in asked_for or not copied:
        return
    raise CopiedEnvironment(
        f"The environment {prefix} was made for {there} and copied: it would use the code and the data there. Set it "
        f"up again with `sh tools/setup_venv.sh` in {here}."
    )


def home() -> Path | None:
    """The user's home; None where there is none, as in a container without HOME and an entry of the user."""
    try:
        return Path.home().resolve()
    except (RuntimeError, OSError):
        return None


@contextlib.contextmanager
def some_home() -> Iterator[None]:
    """While the block lasts, libraries that ask for a home find one: an empty folder, where the user has none."""
    if home() is not None:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="analysis-home-") as folder:
        os.environ["HOME"] = folder
        try:
            yield
        finally:
            os.environ.pop("HOME", None)


def is_mount(folder: Path, mounts: Path = MOUNTS) -> bool:
    """Whether something is mounted at `folder`: it cannot be renamed then, nor another put in its place."""
    if os.path.ismount(folder):
        return True
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False
    # A folder mounted within one file system shows there alone. Blanks are written in octal.
    return any(_unescaped(line.split(" ")[4]) == str(folder) for line in lines if line.count(" ") > 4)


def _unescaped(text: str) -> str:
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, letter)
    return text
