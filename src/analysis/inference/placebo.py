"""Placebo dates and circular shifts: p-values of an effect from the same computation at dates where nothing happened.

The observed effect and every placebo pass through `p_values`, one function; the observed placement is in row 0.
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
    of the others, in the unit of the series; `mean`: the mean of the placebos before that.
    """

    p: float
    smallest_p: float
    placements: int
    exact: bool
    values: Floats
    mean: float


@dataclass(frozen=True, eq=False)
class Joint:
    """Placements of all stretches together: `rows` (p, stretches), row numbers into each stretch's placements.

    `scale` (w, p): standard deviation of each joint effect under unit noise of each working correlation.
    """

    parts: tuple[Placements, ...]
    rows: Ints
    exact: bool
    scale: Floats

    @property
    def placements(self) -> int:
        """Joint placements, the observed one apart."""
        return len(self.rows) - 1

    @property
    def smallest_p(self) -> float:
        """The smallest p that this comparison can give, whatever the figures."""
        return 1 / len(self.rows)

    def effects(self, series: Sequence[Floats]) -> Floats:
        """(p, s) mean forecast error over all window months, for s series at once; row 0 is the observed one.

        `series`: for each stretch (n, s); what stands at months without a figure is not read.
        """
        pairs = zip(self.parts, series, strict=True)
        return self.combine([part.weights @ values[part.known] for part, values in pairs])

    def combine(self, means: Sequence[Floats]) -> Floats:
        """(p, s) mean over window months of each stretch's means (its placements, s)."""
        total: Floats = np.zeros((len(self.rows), means[0].shape[1]))
        months = np.zeros((len(self.rows), 1))
        for part, row, mean in zip(self.parts, self.rows.T, means, strict=True):
            total += (mean * part.months[:, None])[row]
            months += part.months[row, None]
        return np.asarray(total / months)

    def first(self, rows: int) -> Joint:
        """The same with at most `rows` placements besides the observed one, spread evenly over those there are."""
        if self.placements <= rows:
            return self
        return self.keep(np.concatenate([[0], np.linspace(1, self.placements, rows).astype(np.int64)]))

    def keep(self, chosen: Ints) -> Joint:
        """The same with these rows alone; the first of them has to be the observed one."""
        needed = [np.unique(row, return_inverse=True) for row in self.rows[chosen].T]
        return Joint(
            tuple(part.rows(row) for part, (row, _) in zip(self.parts, needed, strict=True)),
            np.column_stack([place for _, place in needed]), False, self.scale[:, chosen],
        )  # fmt: skip


def join(parts: Sequence[Placements], exact: bool, draws: int, rng: np.random.Generator) -> Joint:
    """All combinations of one placement in each stretch if there are at most `draws` besides the observed one.

    Else `draws` of them, drawn with equal chances. Row 0 of each part, and of the result, is the observed placement.
    `exact` says whether each part holds all its placements.
    """
    sizes = [len(part.months) for part in parts]
    if math.prod(sizes) <= draws + 1:
        rows = np.indices(sizes).reshape(len(sizes), -1).T
    else:
        exact = False
        drawn = [rng.permutation(size - 1)[:draws] + 1 for size in sizes] if len(sizes) == 1 else [
            rng.integers(size, size=draws) for size in sizes
        ]  # fmt: skip
        rows = np.vstack([np.zeros((1, len(sizes)), dtype=np.int64), np.column_stack(drawn)])
    months = np.zeros(len(rows))
    variance = np.zeros((parts[0].variance.shape[1], len(rows)))
    for part, row in zip(parts, rows.T, strict=True):
        months += part.months[row]
        variance += (part.months[:, None] ** 2 * part.variance)[row].T
    return Joint(tuple(parts), np.ascontiguousarray(rows), exact, np.sqrt(variance) / months)


def less_others(effects: Floats) -> Floats:
    """(p, s) each of the p effects minus the mean of the p - 1 others."""
    p = len(effects)
    return np.asarray((effects - effects.mean(axis=0)) * (p / (p - 1)))


def rank_p(statistics: Floats) -> Floats:
    """(s,) share of rows of (p, s) at least as far from zero as row 0, which counts itself: (1 + #) / (1 + n)."""
    size = np.abs(statistics)
    return np.asarray((size >= size[0] * (1 - TIE)).mean(axis=0))


def p_values(joint: Joint, effects: Floats) -> Floats:
    """(s,) p of s series at once from their effects (p, s). This is what every printed p comes from.

    The statistic is the effect minus the mean of the others, over its scale. The p is the larger of those that the
    working correlations give.
    """
    centred = less_others(effects)
    return np.asarray(np.max([rank_p(centred / scale[:, None]) for scale in joint.scale], axis=0))


def null(joint: Joint, effects: Floats) -> Null:
    """The comparison for one series, from its effects (p, 1)."""
    others = less_others(effects)[:, 0]
    return Null(
        p=float(p_values(joint, effects)[0]),
        smallest_p=joint.smallest_p,
        placements=joint.placements,
        exact=joint.exact,
        values=others[1:],
        mean=float(effects[0, 0] - others[0]),
    )
