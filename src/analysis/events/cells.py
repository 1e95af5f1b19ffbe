"""The cells of the event study: a class, a flow and a window, with its effect and what it could have detected."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import inference
from ..inference import Comparison, Effect, Precision, Untested
from .design import Design
from .months import Array
from .plan import Key, Question

UNTESTABLE, WEAK, TESTABLE = "cannot be tested", "only a large change", "can be tested"


@dataclass(frozen=True)
class Cell:
    """One cell. `effect` and `precision` are None where the months do not allow them, and `reason` says why.

    `question` is the declared question that the cell answers, if any; `p_adjusted` is Holm's p over the family of
    `family` tested questions, None for a positive control and for what was not asked.
    """

    design: Design
    effect: Effect | None
    precision: Precision | None
    reason: str
    verdict: str
    overlap: tuple[str, float] | None
    question: Question | None = None
    control: bool = False
    p_adjusted: float | None = None
    family: int = 0
    detectable_adjusted: float | None = None

    @property
    def key(self) -> Key:
        return self.design.key

    @property
    def p(self) -> float | None:
        return None if self.effect is None else self.effect.p

    @property
    def detectable(self) -> float | None:
        """The smallest change in log points that the test would find with the declared power, before adjustment."""
        return None if self.precision is None else self.precision.detectable

    def found(self, alpha: float) -> bool:
        """Whether the effect differs from zero: after adjustment for a tested question; by itself, and in the
        direction that is known, for a control."""
        p = self.p if self.p_adjusted is None else self.p_adjusted
        return p is not None and p <= alpha and (self.as_expected or not self.control)

    @property
    def as_expected(self) -> bool:
        """Whether the change has the sign that a yes to the question means."""
        if self.question is None or self.effect is None:
            return False
        return (self.effect.effect > 0) == (self.question.expects == "rise")


def judged(
    design: Design,
    windows: Array,
    baselines: Array,
    start: int,
    *,
    alpha: float,
    power: float,
    seed: int,
    readable: float,
    largest: float,
) -> tuple[Effect | None, Precision | None, str, str]:
    """Effect, precision, reason and verdict of a design; the logs of window and baseline months are (n,) from `start`.

    `readable` and `largest` are factors: what must be detectable for a cell to count as one that can be tested, and for
    its effect to be given at all.
    """
    if not design.comparisons:
        return None, None, design.reason, UNTESTABLE
    comparisons = design.positions(start)
    precision = inference.precision(baselines, comparisons, alpha, power, seed)
    if isinstance(precision, Untested):
        return None, None, str(precision), UNTESTABLE
    if precision.detectable > math.log(largest):
        return None, precision, "no change that is likely could be detected", UNTESTABLE
    effect = inference.compare(_spliced(comparisons, windows, baselines), comparisons, alpha)
    if isinstance(effect, Untested):
        return None, precision, str(effect), UNTESTABLE
    return effect, precision, "", TESTABLE if precision.detectable <= math.log(readable) else WEAK


def _spliced(comparisons: tuple[Comparison, ...], windows: Array, baselines: Array) -> Array:
    """The baseline's logs, with those of the windows at the months of windows."""
    series = baselines.copy()
    for comparison in comparisons:
        series[list(comparison.window)] = windows[list(comparison.window)]
    return series


def estimate(design: Design, start: int, windows: Array, baselines: Array, statistic: str) -> float | None:
    """The effect of a design in log points by `statistic` (mean, median or dollars); None without a comparison."""
    effects = []
    for c in design.positions(start):
        window, baseline = windows[list(c.window)], baselines[list(c.baseline)]
        if statistic == "dollars":
            effects.append(float(np.log(np.exp(window).mean()) - np.log(np.exp(baseline).mean())))
        else:
            middle = np.median if statistic == "median" else np.mean
            effects.append(float(middle(window) - middle(baseline)))
    return float(np.mean(effects)) if effects else None


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


def records(cell: Cell) -> dict[str, Any]:
    """What a data file says of a cell, in plain values; effects in per cent."""
    effect, precision = cell.effect, cell.precision
    return {
        "class": cell.key[0],
        "flow": cell.key[1],
        "window": cell.key[2],
        "verdict": cell.verdict,
        "effect_percent": None if effect is None else percent(effect.effect),
        "low": None if effect is None else percent(effect.low),
        "high": None if effect is None else percent(effect.high),
        "p": cell.p,
        "p_adjusted": cell.p_adjusted,
        "family": cell.family or None,
        "events": cell.design.dated,
        "events_with_data": len(cell.design.events),
        "episodes": len(cell.design.episodes),
        "window_months": len(cell.design.window_months),
        "baseline_months": len(cell.design.baseline_months),
        "persistence": None if precision is None else precision.rho,
        "detectable_fall_percent": None if precision is None else percent(-precision.detectable),
        "detectable_rise_percent": None if precision is None else percent(precision.detectable),
        "shares_months_with": cell.overlap[0] if cell.overlap else "",
        "shared_part": cell.overlap[1] if cell.overlap else None,
        "reason": cell.reason,
        "event_rows": " ".join(event.row for event in cell.design.events),
    }


def percent(log_points: float) -> float:
    """A change of logs as a change in per cent."""
    return 100 * math.expm1(log_points)
