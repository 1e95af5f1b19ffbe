"""The installed packages against `requirements.lock`: what is missing, and what has another version."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from .errors import BuildError

LOCK = "requirements.lock"


@dataclass(frozen=True)
class Locked:
    """One package of the lock that applies to this Python and system. `installed` is None when it is missing."""

    name: str
    wanted: str
    installed: str | None

    @property
    def agrees(self) -> bool:
        if self.installed is None:
            return False
        try:
            return Version(self.installed) == Version(self.wanted)
        except InvalidVersion:
            return self.installed == self.wanted


def installed(path: Path) -> list[Locked]:
    """Every package of the lock at `path` that applies here; BuildError when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"The lock {path.name} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        words = line.split("--hash=")[0].strip()
        if not words or words.startswith("#"):
            continue
        try:
            requirement = Requirement(words)
        except InvalidRequirement:
            raise BuildError(f"The lock {path.name} has a line that is no requirement: {words[:60]}.") from None
        pins = [pin.version for pin in requirement.specifier if pin.operator == "=="]
        if len(pins) != 1:
            raise BuildError(f"The lock {path.name} names no single version of {requirement.name}.")
        if requirement.marker is None or requirement.marker.evaluate():
            found.append(Locked(requirement.name, pins[0], _version(requirement.name)))
    return found


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
