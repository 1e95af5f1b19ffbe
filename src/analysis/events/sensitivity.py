"""The specification curve: every effect again, with one departure from the plan at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .plan import Specification

if TYPE_CHECKING:
    from .study import Key, Study


@dataclass(frozen=True)
class Point:
    """One effect under one specification, in log points; None and a reason where it gives none."""

    key: Key
    spec: Specification
    effect: float | None
    low: float | None
    high: float | None
    reason: str


Row = list[Any]  # class, flow, window, specification, effect, low, high, reason: a `Point` as plain values


def points(study: Study, rows: Iterable[Row]) -> list[Point]:
    """The points that `rows` are."""
    return [Point((c, f, w), study.plan.specifications[spec_id], *rest) for c, f, w, spec_id, *rest in rows]


def curve(study: Study) -> list[Row]:
    """Every cell that has an effect under the plan, under every specification that has its figures."""
    rows: list[Row] = []
    for key in study.keys:
        planned = study.cells[key].found
        if planned is None:
            continue
        for spec_id in study.specifications:
            found, reason = (planned, "") if spec_id == "main" else study.estimate(key, spec_id)
            if found is None:
                rows.append([*key, spec_id, None, None, None, reason])
                continue
            rows.append([*key, spec_id, found.effect, found.low, found.high, ""])
    return rows


def changes(points: list[Point]) -> dict[str, int]:
    """For each specification: of how many effects it turns the sign."""
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
    """Smallest and largest effect of each cell over all specifications."""
    result: dict[Key, tuple[float, float]] = {}
    for point in points:
        if point.effect is not None:
            low, high = result.get(point.key, (point.effect, point.effect))
            result[point.key] = (min(low, point.effect), max(high, point.effect))
    return result
