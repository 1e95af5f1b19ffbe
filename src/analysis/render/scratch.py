"""The scratch folder of one build, for the kernels' settings, caches and connection files.

It lies among the system's temporary files and goes with the build. A build that is killed cannot remove its
own, so the next one does: a folder whose lock nobody holds belongs to nobody.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..errors import BuildError
from . import locks

PREFIX, LOCK = "analysis-build-", ".lock"


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A new, empty folder that is there as long as the block; BuildError where none can be made."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=PREFIX, suffix=LOCK)
        os.close(descriptor)
        lock = Path(name)
        handle = locks.take(lock)
        made = _of(lock)
        made.mkdir(mode=0o700)
    except OSError as error:
        raise BuildError(f"No temporary files can be written: {error.strerror or error}.") from error
    _clear(made.parent)
    try:
        yield made
    finally:
        _remove(lock, handle)


def _of(lock: Path) -> Path:
    return lock.with_suffix("")


def _clear(place: Path) -> None:
    """Remove what killed builds of this user left."""
    for lock in place.glob(f"{PREFIX}*{LOCK}"):
        with contextlib.suppress(OSError):
            if hasattr(os, "getuid") and lock.lstat().st_uid != os.getuid():
                continue
            if (handle := locks.take(lock)) is not None:
                _remove(lock, handle)


def _remove(lock: Path, handle: int | None) -> None:
    # What cannot be removed now, such as a file that a kernel still writes, goes at the next build.
    shutil.rmtree(_of(lock), ignore_errors=True)
    if handle is not None:
        os.close(handle)
    if not _of(lock).exists():
        lock.unlink(missing_ok=True)
