"""Locks on files, which end with the process that holds them, however that ends."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

SECONDS_BETWEEN = 0.05  # two looks at a lock that another process holds


def is_held(path: Path) -> bool:
    """Whether a process holds the lock on `path`."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _take(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def turn(path: Path, seconds: float) -> Iterator[None]:
    """Wait until no other process is in such a block of `path`, for `seconds` at most, and then go on all the same.

    For work that several would do in vain, not for what only one may do: where no lock is to be had none is taken.
    """
    handle, until = None, time.monotonic() + seconds
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        while (handle := take(path)) is None and time.monotonic() < until:
            time.sleep(SECONDS_BETWEEN)
    try:
        yield
    finally:
        if handle is not None:
            release(path, handle)


@contextlib.contextmanager
def tried(path: Path) -> Iterator[bool]:
    """Whether this process has the lock on `path` for the length of the block; False where another has it."""
    handle = None
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = take(path)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            release(path, handle)


def release(path: Path, handle: int) -> None:
    """End the lock on `path` that `take` gave, in children that were forked meanwhile too, and remove its file."""
    if sys.platform != "win32":  # an open file cannot be removed there
        path.unlink(missing_ok=True)
    _give_back(handle)
    os.close(handle)


def take(path: Path) -> int | None:
    """A descriptor that holds the lock on `path`, or None when another process holds it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _take(handle):
            os.close(handle)
            return None
        # The holder before us may have removed the file after we opened it; then the lock is on nothing.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _give_back(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

    def _take(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _give_back(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
