"""Files of the user's own in the place of what a publisher is asked for: `refresh SOURCE --file PATH`.

PATH is one file, or a folder with several under the names that the publisher gives them. Browsers put (1) and the like
behind a name, so a name need only begin as the publisher's does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..errors import UserError, listing, shown
from .web import Raw, Refused, Wanted, Web, fault_of


class NoFile(UserError):
    """A path without the file that a source needs."""


class Own(Web):
    """Gives files that lie under `path` in the place of answers; nothing is fetched, and nothing is written."""

    def __init__(self, path: Path, *, progress: Callable[[str], None] = lambda text: None) -> None:
        super().__init__(path.parent, progress=progress)
        if not path.exists():
            raise NoFile(f"There is no file or folder {shown(str(path), 120)}.")
        self.path = path

    def has(self, wanted: Wanted) -> bool:
        return self._found(wanted) is not None

    def get(self, wanted: Wanted) -> Raw:
        file = self._found(wanted)
        if file is None:
            where = f"The folder {self.path.name}" if self.path.is_dir() else f"The file {self.path.name}"
            raise NoFile(f"{where} is, or holds, no file {_name(wanted)}, which {wanted.name} is read from.")
        try:
            body = file.read_bytes()
        except OSError as error:
            raise Refused(f"The file {file.name} cannot be read: {error.strerror or error}.") from None
        if fault := fault_of(body[:512], wanted.form):
            raise Refused(f"The file {file.name} is {fault}.")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return Raw(file.name, wanted.whole, file, hashlib.sha256(body).hexdigest(), len(body), now)

    def _found(self, wanted: Wanted) -> Path | None:
        """The only file whose name begins as that of the publisher; a single file that was named is taken as it is."""
        stem, _, suffix = _name(wanted).rpartition(".")
        if not self.path.is_dir():
            named = self.path.name.casefold()
            return self.path if wanted.only or named.startswith(stem.casefold()) else None
        begun = [file for file in sorted(self.path.iterdir()) if file.name.casefold().startswith(stem.casefold())]
        files = [file for file in begun if file.suffix.lower() == f".{suffix}".lower()]
        if len(files) > 1:
            both = listing(file.name for file in files)
            raise NoFile(f"The folder {self.path.name} holds {both}: leave one of them.")
        return files[0] if files else None


def _name(wanted: Wanted) -> str:
    return unquote(urlsplit(wanted.address).path).rpartition("/")[2]
