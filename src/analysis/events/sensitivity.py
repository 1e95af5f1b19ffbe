"""The specification curve: every change again, with one departure from the plan at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .plan import Key, Specification


@dataclass(frozen=True)
class Point:
    """The change of a cell under one specification, in log points; None and a reason where it gives none."""

    key: Key
    spec: Specification
    effect: float | None
    reason: str


def sign_changes(points: list[Point]) -> dict[str, int]:
    """For each specification: of how many changes it turns the sign."""
    main = {point.key: point.effect for point in points if point.spec.spec_id == "main"}
    result: dict[str, int] = {}
    for point in points:
        before = main[point.key]
        if (
            point.effect is not None
            and before is not None
            and math.copysign(1, point.effect) != math.copysign(1, before)
        ):
            result[point.spec.spec_id] = result.get(point.spec.spec_id, 0) + 1
    return result


def ranges(points: list[Point]) -> dict[Key, tuple[float, float]]:
    """Smallest and largest change of each cell over all specifications."""
    result: dict[Key, tuple[float, float]] = {}
    for point in points:
        if point.effect is not None:
            low, high = result.get(point.key, (point.effect, point.effect))
            result[point.key] = (min(low, point.effect), max(high, point.effect))
    return result
