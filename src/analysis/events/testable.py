"""What can be tested, before any result: events with data, baseline, smallest p, smallest effect, and neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import inference
from ..inference import Testable, Untested
from ..inference.noise import RHOS
from .effects import Design, rules
from .months import Choices
from .plan import plan

if TYPE_CHECKING:
    from ..report import Report

GUARDED = RHOS[-1]
ALONE, NEVER, YES, NO = "only unadjusted", "could not have rejected", "testable", "cannot be tested"


@dataclass(frozen=True)
class Possible:
    """Whether a cell can be tested. `overlap` names the class that shares most window months, and which part."""

    design: Design
    found: Testable | None
    reason: str
    overlap: tuple[str, float] | None

    @property
    def smallest_p(self) -> float | None:
        """The smallest p that the test of the plan can give: calibrated where an episode opens a regime."""
        if self.found is None:
            return None
        return self.found.smallest_p if self.found.calibrated_smallest_p is None else self.found.calibrated_smallest_p

    @property
    def detectable(self) -> float | None:
        """The effect in log points that the same test finds with the declared power; None where none of any size."""
        if self.found is None:
            return None
        opens = self.found.calibrated_smallest_p is not None
        return self.found.calibrated_detectable if opens else self.found.detectable

    @property
    def rho(self) -> float | None:
        """The largest persistence estimated for a baseline of the cell."""
        return None if self.found is None else max(self.found.rho)

    @property
    def persistent(self) -> bool:
        """Whether a baseline is more persistent than the noise for which the p values hold: they are then too small."""
        return self.rho is not None and self.rho > GUARDED

    def separable(self, limit: float) -> bool:
        return self.overlap is None or self.overlap[1] < limit

    def verdict(self, alpha: float, family: int) -> str:
        """Cannot be tested; could not have rejected at all; only before adjustment; or testable."""
        if self.found is None or self.smallest_p is None:
            return NO
        if self.smallest_p > alpha:
            return NEVER
        return ALONE if self.smallest_p * family > alpha else YES


def found(report: Report, made: Design, chosen: Choices) -> tuple[Testable | None, str]:
    """What a design could show, or None and why. No value inside a window is read."""
    if not made.stretches:
        return None, made.reason
    could = inference.testable(made.stretches, rules(report, chosen))
    return (None, reason_words(could)) if isinstance(could, Untested) else (could, "")


def reason_words(untested: Untested) -> str:
    """Why a statistic gives no number, in words."""
    return str(untested)


def overlaps(designs: dict[str, Design]) -> dict[str, tuple[str, float] | None]:
    """For each class of one flow and window: the other class that shares the largest part of its window months.

    A class that is part of another, or has it as a part, shares its months by definition and is not counted.
    """
    ids = {name: {event.event_id for event in made.events} for name, made in designs.items()}
    result: dict[str, tuple[str, float] | None] = {}
    for name, made in designs.items():
        shares = [
            (len(made.window_months & other.window_months) / len(made.window_months), other_name)
            for other_name, other in designs.items()
            if other_name != name
            and made.window_months
            and other.window_months
            and not (ids[name] <= ids[other_name] or ids[other_name] <= ids[name])
        ]
        best = max(shares, default=(0.0, ""))
        result[name] = (best[1], best[0]) if best[0] > 0 else None
    return result


def limit(report: Report) -> float:
    """The part of shared window months from which a class is not separable."""
    return plan(report.catalogue).number("not_separable")
