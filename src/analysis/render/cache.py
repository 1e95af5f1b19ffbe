"""What earlier builds computed, kept on the disk by a digest of all that it was made from.

One file of SQLite, so that builds side by side and builds that are killed leave it whole. Nothing rests on it: an entry
that is missing, damaged or of another version of this module is computed again, and a place that cannot be written
holds none.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from ..project import project_root

VERSION = 1  # of what the entries are; a file of another version is begun anew
SECONDS_FOR_OTHERS = 10
SECONDS_UNSAID = 1  # others hold it for moments
MOST_BYTES = 500_000_000
DAYS_UNUSED = 60


def default() -> Cache:
    """The cache of the project; in one process the same for all who ask."""
    return _at(project_root() / ".cache" / "parts.sqlite")


class Cache:
    """Entries of bytes by key; whatever goes wrong with the disk, `get` gives None and `put` does nothing.

    Other processes are waited for, until one has held it for `SECONDS_FOR_OTHERS`: it may never let go, and there is
    much to ask for, so from then on nobody is waited for.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.patience: float = SECONDS_FOR_OTHERS

    def wait(self, say: Callable[[str], None]) -> None:
        """Wait until it is free, and say so where that takes long or is given up."""
        if self.patience == 0 or self._is_free(SECONDS_UNSAID):
            return
        say(f"{self.path} is held by another program: waiting up to {SECONDS_FOR_OTHERS} s for it\n")
        if not self._is_free(SECONDS_FOR_OTHERS - SECONDS_UNSAID):
            self.patience = 0
            say(f"{self.path} is still held: going on without what is kept there\n")

    def _is_free(self, seconds: float) -> bool:
        if not self.path.exists():
            return True
        try:
            with contextlib.closing(sqlite3.connect(self.path, timeout=seconds)) as connection:
                connection.execute("BEGIN IMMEDIATE")
            return True
        except sqlite3.OperationalError as error:
            return not _is_held(error)
        except sqlite3.DatabaseError:  # damaged: whoever asks for an entry begins it anew
            return True

    def get(self, key: str) -> bytes | None:
        """The entry under `key`, as it was put there, or None."""
        try:
            with self._open() as connection:
                row = connection.execute("SELECT body, digest FROM entries WHERE key = ?", (key,)).fetchone()
                if row is None:
                    return None
                body = zlib.decompress(row[0])
                if hashlib.sha256(body).hexdigest() != row[1]:
                    return None
                connection.execute("UPDATE entries SET used = ? WHERE key = ?", (time.time(), key))
                return body
        except (OSError, zlib.error, TypeError):
            return None

    def put(self, key: str, body: bytes) -> None:
        """Keep `body` under `key` in the place of what was there."""
        row = (key, zlib.compress(body, 1), hashlib.sha256(body).hexdigest(), time.time())
        with contextlib.suppress(OSError), self._open() as connection:
            connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", row)

    def prune(self) -> None:
        """Drop what was not used for long, and the longest unused of what is too much."""
        with contextlib.suppress(OSError), self._open() as connection:
            oldest = time.time() - 86_400 * DAYS_UNUSED
            connection.execute("DELETE FROM entries WHERE used < ?", (oldest,))
            total = 0
            for key, size in connection.execute("SELECT key, length(body) FROM entries ORDER BY used DESC").fetchall():
                total += size
                if total > MOST_BYTES:
                    connection.execute("DELETE FROM entries WHERE key = ?", (key,))

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction; OSError where there can be none. It is never carried into a fork."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(sqlite3.connect(self.path, timeout=self.patience)) as connection:
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                if version not in (0, VERSION):
                    raise sqlite3.DatabaseError("the entries are of another version")
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, body BLOB, digest TEXT, used REAL)"
                )
                connection.execute(f"PRAGMA user_version = {VERSION}")
                with connection:
                    yield connection
        except sqlite3.OperationalError as error:  # held by another build for long, no space, no right to write
            if _is_held(error):
                self.patience = 0
            raise OSError(str(error)) from error
        except sqlite3.DatabaseError as error:
            self._begin_anew()
            raise OSError(str(error)) from error

    def _begin_anew(self) -> None:
        with contextlib.suppress(OSError):
            # Aside first: another build may have it open.
            aside = self.path.with_name(f"{self.path.name}.{os.getpid()}.damaged")
            self.path.replace(aside)
            aside.unlink()
            self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)


@functools.cache
def _at(path: Path) -> Cache:
    return Cache(path)


def _is_held(error: sqlite3.OperationalError) -> bool:
    return getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
