"""Why there is no number: every function of this package gives a named reason instead of one that means nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The closed list of reasons, in words that may be printed."""

    CONSTANT = "the series does not vary"
    FEW_MONTHS = "too few months for a baseline"
    FEW_PAIRS = "too few months known in both series"


@dataclass(frozen=True)
class Untested:
    """No number, and why. `detail` adds what was found and what is needed; it may be empty."""

    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else str(self.reason)
