"""Placebo dates and circular shifts: p-values of an effect from the same computation at dates where nothing happened.

The observed effect and every placebo pass through `standardised`, one function; the observed placement is in row 0.
Sources: Fisher's randomisation test; the leave-out forecast error of least squares; METHODS of this project,
which shows that these two keep their size on short autocorrelated series where dummies with robust errors do not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .errors import Placements
from .stretch import Floats, Ints

TIE = 1e-9  # relative: equal placements differ by rounding, and must count as equal


@dataclass(frozen=True, eq=False)
class Null:
    """What the effect is compared with.

    `p`: share of placements, the observed one included, whose standardised effect is at least as far from zero;
    `smallest_p`: 1 / (1 + placements), below which no p can fall; `placements`: placements compared with, the observed
    one apart; `exact`: whether these are all there are; `values` (placements,): their effects, each minus the mean
    of the others, in the unit of the series; `mean`: the mean of the placebos before that, for the observed one.
    """

    p: float
    smallest_p: float
    placements: int
    exact: bool
    values: Floats
    mean: float


@dataclass(frozen=True, eq=False)
class Joint:
    """Placements of all stretches together: `rows` (p, stretches), row numbers into each stretch's placements."""

    parts: tuple[Placements, ...]
    rows: Ints
    exact: bool

    @property
    def placements(self) -> int:
        """Joint placements, the observed one apart."""
        return len(self.rows) - 1

    @property
    def smallest_p(self) -> float:
        """The smallest p that this comparison can give, whatever the figures."""
        return 1 / len(self.rows)

    @property
    def scale(self) -> Floats:
        """(p,) standard deviation of each joint effect under unit noise of the working correlation."""
        months, variance = np.zeros(len(self.rows)), np.zeros(len(self.rows))
        for part, row in zip(self.parts, self.rows.T, strict=True):
            months += part.months[row]
            variance += (part.months**2 * part.variance)[row]
        return np.asarray(np.sqrt(variance) / months)

    def effects(self, series: Sequence[Floats]) -> Floats:
        """(p, s) mean forecast error over all window months, for s series at once; row 0 is the observed one.

        `series`: for each stretch (n, s), zero where a month has no figure.
        """
        total: Floats = np.zeros((len(self.rows), series[0].shape[1]))
        months = np.zeros(len(self.rows))
        for part, row, values in zip(self.parts, self.rows.T, series, strict=True):
            total += ((part.weights @ values) * part.months[:, None])[row]
            months += part.months[row]
        return np.asarray(total / months[:, None])


def join(parts: Sequence[Placements], exact: bool, draws: int, rng: np.random.Generator) -> Joint:
    """All combinations of one placement in each stretch if there are at most `draws` besides the observed one.

    Else `draws` of them, drawn with equal chances. Row 0 of each part, and of the result, is the observed placement.
    """
    sizes = [len(part.months) for part in parts]
    if math.prod(sizes) <= draws + 1:
        grid = np.indices(sizes).reshape(len(sizes), -1).T
        return Joint(tuple(parts), np.ascontiguousarray(grid), exact)
    if len(sizes) == 1:
        return Joint(tuple(parts), np.arange(sizes[0])[: draws + 1, None], exact and sizes[0] <= draws + 1)
    drawn = np.column_stack([rng.integers(size, size=draws) for size in sizes])
    return Joint(tuple(parts), np.vstack([np.zeros((1, len(sizes)), dtype=np.int64), drawn]), False)


def standardised(effects: Floats, scale: Floats) -> Floats:
    """(p, s) each effect minus the mean of the others, over its scale (p,): the statistic of both tests."""
    return np.asarray(less_others(effects) / scale[:, None])


def less_others(effects: Floats) -> Floats:
    """(p, s) each of the p effects minus the mean of the p - 1 others."""
    p = len(effects)
    return np.asarray((effects - effects.mean(axis=0)) * (p / (p - 1)))


def rank_p(statistics: Floats) -> Floats:
    """(s,) share of rows of (p, s) at least as far from zero as row 0, which counts itself: (1 + #) / (1 + n)."""
    size = np.abs(statistics)
    return np.asarray((size >= size[0] * (1 - TIE)).mean(axis=0))


def p_values(joint: Joint, series: Sequence[Floats]) -> Floats:
    """(s,) p of s series at once. This is what every printed p comes from."""
    return rank_p(standardised(joint.effects(series), joint.scale))


def null(joint: Joint, series: Sequence[Floats]) -> Null:
    """The comparison for one series, given as (n, 1) for each stretch."""
    effects = joint.effects(series)
    others = less_others(effects)[:, 0]
    return Null(
        p=float(p_values(joint, series)[0]),
        smallest_p=joint.smallest_p,
        placements=joint.placements,
        exact=joint.exact,
        values=others[1:],
        mean=float(effects[0, 0] - others[0]),
    )
