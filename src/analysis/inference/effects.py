"""The effect of a class of events on one flow, with everything that must stand beside it.

`testable` looks at no figure inside a window; `effect` prints the result; `estimate` is the same effect and interval
without a test, for one specification among many. All rest on the same placements.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from . import noise, robust
from .bootstrap import block_index, block_length
from .calibrated import Reference, ratios, reference
from .errors import Baseline, Placements, placements
from .noise import correlation_matrix
from .placebo import Joint, Null, join, less_others, null, p_values
from .placements import enough, placebo_masks, shift_masks
from .power import detectable, noise_effects, planted
from .reasons import Reason, Untested
from .stretch import Bools, Floats, Stretch

POWER_PLACEMENTS = 200  # of each comparison in the simulation of power, more where a small alpha needs them
CONSTANT = 1e-10  # residuals of this size, relative to the series, are rounding


@dataclass(frozen=True)
class Rules:
    """What is declared in advance.

    `draws`: placebo placements at most; `alpha` and `power`: of the smallest detectable effect; `level`: of intervals;
    `least_share`: of a window's months that need a figure; `least_months`: of a baseline; `least_episodes`: of a class;
    `power_simulations`, `resamples`: series of noise for power, and for intervals;
    `power_beside`: whether `testable` gives the detectable effect of the comparisons beside the main one too;
    `statistic`: the mean, or a robust twin of it (see `robust`), of which the interval stays that of the mean.
    """

    draws: int = 10_000
    seed: int = 1
    alpha: float = 0.05
    power: float = 0.8
    level: float = 0.95
    least_share: float = 0.5
    least_months: int = 12
    least_episodes: int = 1
    power_beside: bool = True
    power_simulations: int = 200
    resamples: int = 1_000
    statistic: Literal["mean", "median", "poisson"] = "mean"


@dataclass(frozen=True)
class Calibrated:
    """The p of an event that opens a regime, from noise over the same months (see `calibrated`)."""

    p: float
    smallest_p: float


@dataclass(frozen=True, eq=False)
class Effect:
    """An effect in log points: `raw`, the mean abnormal trade over the windows, and `effect`, minus its placebos' mean.

    `low` and `high`: block-bootstrap interval of the effect; `block`: the longest block in months; `widening`: how far
    its draws were widened (see `_interval`); `placebo` and `shift`: the two comparisons; `calibrated`: a third for an
    event that opens a regime, else None, and the p of `placebo` is then at least as large; `episodes`, `window_months`
    and `baseline_months` say how many were used.
    """

    effect: float
    raw: float
    placebo_mean: float
    low: float
    high: float
    block: int
    widening: float
    placebo: Null
    shift: Null | Untested
    calibrated: Calibrated | None
    episodes: int
    window_months: int
    baseline_months: int


@dataclass(frozen=True)
class Estimate:
    """`effect`, `low` and `high` of an `Effect`, without its tests."""

    effect: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Many:
    """p of s series (s,) by each comparison; None where there is no such comparison."""

    placebo: Floats
    shift: Floats | None
    calibrated: Floats | None


@dataclass(frozen=True)
class Testable:
    """What a test of this class could show, before its result: counts, smallest attainable p, detectable effects.

    `detectable` and its kin: log points found with the chance `Rules.power` at `Rules.alpha`, by each comparison; None
    where no effect of any size could be. `rho` and `sd`: of the baseline's noise, one entry a stretch.
    """

    episodes: int
    window_months: int
    baseline_months: int
    placements: int
    smallest_p: float
    detectable: float | None
    shift_smallest_p: float | None
    shift_detectable: float | None
    calibrated_smallest_p: float | None
    calibrated_detectable: float | None
    rho: tuple[float, ...]
    sd: tuple[float, ...]


def effect(stretches: Sequence[Stretch], rules: Rules | None = None) -> Effect | Untested:
    """The effect of the episodes of all `stretches` together, or the reason why there is none.

    Reasons: EMPTY_CLASS, ONE_EVENT, BEYOND_DATA, FEW_MONTHS, NOT_IDENTIFIED, CONSTANT, NO_PLACEMENT. An episode
    without enough figures is left out, and so is a stretch whose baseline is too short; the counts show it.
    """
    rules = rules or Rules()
    found = _measured(stretches, rules, beside=True)
    if isinstance(found, Untested):
        return found
    made, used, residuals, joint, effects = found
    p, by_noise = _p(replace(made, placebo=joint), effects)
    placebo = replace(null(joint, effects), p=float(p[0]))
    low, high, block, widening = _interval(made.placebo, used, residuals, rules)
    raw = float(effects[0, 0])
    calibrated = None
    if made.reference is not None and by_noise is not None:
        calibrated = Calibrated(float(by_noise[0]), made.reference.smallest_p)
    shift: Null | Untested = (
        made.shift if isinstance(made.shift, Untested) else null(*_effects(made.shift, used, rules))
    )
    return Effect(
        effect=raw - placebo.mean, raw=raw, placebo_mean=placebo.mean,
        low=raw - placebo.mean + low, high=raw - placebo.mean + high, block=block, widening=widening,
        placebo=placebo, shift=shift, calibrated=calibrated,
        episodes=sum(len(s.episodes) for s in used), **_months(made.placebo),
    )  # fmt: skip


def estimate(stretches: Sequence[Stretch], rules: Rules | None = None) -> Estimate | Untested:
    """What `effect` gives as effect and interval; no p is computed. Reasons as for `effect`."""
    rules = rules or Rules()
    found = _measured(stretches, rules, beside=False)
    if isinstance(found, Untested):
        return found
    made, used, residuals, _, effects = found
    centre = float(less_others(effects)[0, 0])
    low, high, *_ = _interval(made.placebo, used, residuals, rules)
    return Estimate(centre, centre + low, centre + high)


def testable(stretches: Sequence[Stretch], rules: Rules | None = None) -> Testable | Untested:
    """What `effect` could show of the same stretches; figures inside the windows are not looked at."""
    rules = rules or Rules()
    ready = _with_residuals(stretches, rules)
    if isinstance(ready, Untested):
        return ready
    made, used, residuals = ready
    rho, sd = zip(*(noise.estimate(r, s.x) for r, s in zip(residuals, used, strict=True)), strict=True)

    def smallest_effect(joint: Joint, test: Callable[[Joint, Floats], Floats]) -> float | None:
        rng = np.random.default_rng(rules.seed)
        unmoved = noise_effects(joint, used, rho, sd, rules.power_simulations, rng)
        return detectable(joint, test, unmoved, planted(joint, used), rules.alpha, rules.power)

    enough_rows = max(POWER_PLACEMENTS, math.ceil(4 / rules.alpha))
    few = made.placebo.first(enough_rows)
    shift = None if isinstance(made.shift, Untested) else made.shift.first(enough_rows)
    # Power asks only whether p is at most alpha: one critical ratio answers that for all simulated series.
    strict = None if made.reference is None else reference(few).critical(rules.alpha)

    def by_noise(joint: Joint, effects: Floats) -> Floats:
        return np.where(ratios(joint, effects) >= (np.inf if strict is None else strict), 0.0, 1.0)

    def both(joint: Joint, effects: Floats) -> Floats:
        return np.maximum(p_values(joint, effects), by_noise(joint, effects))

    return Testable(
        episodes=sum(len(s.episodes) for s in used), **_months(made.placebo),
        placements=made.placebo.placements, smallest_p=made.placebo.smallest_p,
        detectable=smallest_effect(few, p_values if strict is None else both)
        if rules.power_beside or strict is None else None,
        shift_smallest_p=None if isinstance(made.shift, Untested) else made.shift.smallest_p,
        shift_detectable=smallest_effect(shift, p_values) if shift and rules.power_beside else None,
        calibrated_smallest_p=made.reference.smallest_p if made.reference else None,
        calibrated_detectable=smallest_effect(few, by_noise) if strict is not None else None,
        rho=rho, sd=sd,
    )  # fmt: skip


def many(stretches: Sequence[Stretch], series: Sequence[Floats], rules: Rules | None = None) -> Many | Untested:
    """The p that `effect` would print for each of s series over the same months: for tests of size and power.

    `series`: for each stretch (n, s); what stands at months where the stretch has no figure is not read. All stretches
    must be usable, else ValueError.
    """
    rules = rules or Rules()
    ready = placed(stretches, rules)
    if isinstance(ready, Untested):
        return ready
    made, used = ready
    if len(used) != len(series):
        raise ValueError(f"{len(used)} stretches can be used, {len(series)} were given")
    p, by_noise = _p(made, made.placebo.effects(series))
    shift = None if isinstance(made.shift, Untested) else p_values(made.shift, made.shift.effects(series))
    return Many(p, shift, by_noise)


def percent(log_points: float) -> float:
    """An effect in per cent."""
    return 100 * math.expm1(log_points)


# ------------------------------------------------------------------------------------------- placements, once


@dataclass(frozen=True, eq=False)
class Placed:
    """Placements of the stretches that can be used: `indices` of these among those with figures in a window.

    `shift` and `reference` are the comparisons beside the placebo dates, where they were asked for.
    """

    indices: tuple[int, ...]
    placebo: Joint
    shift: Joint | Untested
    reference: Reference | None


@dataclass(frozen=True)
class _Shape:
    """What the placements of a stretch depend on: everything but its figures. Equal shapes share their placements."""

    finite: bytes
    x: bytes
    episodes: tuple[tuple[int, int], ...]
    opens: bool
    pool: bytes | None

    @classmethod
    def of(cls, stretch: Stretch) -> _Shape:
        pool = None if stretch.pool is None else np.asarray(stretch.pool, dtype=bool).tobytes()
        return cls(stretch.finite.tobytes(), stretch.x.tobytes(), stretch.episodes, stretch.opens, pool)

    def stretch(self) -> Stretch:
        finite = np.frombuffer(self.finite, dtype=bool)
        x = np.frombuffer(self.x, dtype=float).reshape(len(finite), -1)
        pool = None if self.pool is None else np.frombuffer(self.pool, dtype=bool)
        return Stretch(np.where(finite, 0.0, np.nan), x, self.episodes, self.opens, pool)


def placed(stretches: Sequence[Stretch], rules: Rules, beside: bool = True) -> tuple[Placed, list[Stretch]] | Untested:
    """The placements, made once for equal months and rules, and the stretches that they belong to.

    Of each stretch those episodes alone are kept that have enough figures. Without `beside` the placebo dates alone are
    placed. Reasons as for `effect`, but CONSTANT.
    """
    if not any(stretch.episodes for stretch in stretches):
        return Untested(Reason.EMPTY_CLASS)
    usable = [kept for stretch in stretches if (kept := _with_data(stretch, rules.least_share)).episodes]
    if not usable:
        return Untested(Reason.BEYOND_DATA)
    # What does not change the placements must not split the cache.
    key = replace(
        rules, alpha=0.05, power=0.8, level=0.95, statistic="mean", resamples=0, power_simulations=0, power_beside=True
    )
    made = _made(tuple(map(_Shape.of, usable)), key, beside)
    return made if isinstance(made, Untested) else (made, [usable[index] for index in made.indices])


def _with_data(stretch: Stretch, least_share: float) -> Stretch:
    """The stretch with the episodes that have enough figures; the figures of the others serve no baseline either."""
    kept = enough(stretch, least_share)
    if kept == stretch.episodes:
        return stretch
    y = np.where(stretch.window, np.nan, stretch.y)
    for first, last in kept:
        y[first : last + 1] = stretch.y[first : last + 1]
    return replace(stretch, y=y, episodes=kept)


@lru_cache(maxsize=16)
def _made(shapes: tuple[_Shape, ...], rules: Rules, beside: bool) -> Placed | Untested:
    rng = np.random.default_rng(rules.seed)
    usable, reasons = [], []
    for index, shape in enumerate(shapes):
        stretch = shape.stretch()
        baseline = Baseline.of(stretch)
        observed = placements(stretch, stretch.window[None], rules.least_months, baseline)
        if len(observed.months):
            usable.append((index, stretch, baseline))
            continue
        outside = int((stretch.fit_months & ~stretch.window).sum())
        few = outside < max(rules.least_months, stretch.x.shape[1])
        reasons.append(
            Untested(Reason.FEW_MONTHS, f"{outside} of {max(rules.least_months, stretch.x.shape[1])}")
            if few
            else Untested(Reason.NOT_IDENTIFIED)
        )
    if not usable:
        return reasons[0]
    stretches, baselines = [stretch for _, stretch, _ in usable], [baseline for *_, baseline in usable]
    if sum(len(stretch.episodes) for stretch in stretches) < rules.least_episodes:
        return Untested(Reason.ONE_EVENT)
    listed = [placebo_masks(stretch, rules.least_share, rules.draws, rng) for stretch in stretches]
    parts = [_with_observed(s, masks, rules, b) for s, (masks, _), b in zip(stretches, listed, baselines, strict=True)]
    placebo = join(parts, all(exact for _, exact in listed), rules.draws, rng)
    if placebo.placements == 0:
        return Untested(Reason.NO_PLACEMENT)
    indices, opens = tuple(i for i, *_ in usable), any(stretch.opens for stretch in stretches)
    if not beside:
        return Placed(indices, placebo, Untested(Reason.NO_PLACEMENT), None)
    return Placed(indices, placebo, _shift(stretches, baselines, rules, rng), reference(placebo) if opens else None)


def _shift(
    stretches: Sequence[Stretch], baselines: Sequence[Baseline], rules: Rules, rng: np.random.Generator
) -> Joint | Untested:
    if any(stretch.opens for stretch in stretches):
        return Untested(Reason.OPENS_REGIME)
    parts = [
        _with_observed(s, shift_masks(s, rules.least_share), rules, b)
        for s, b in zip(stretches, baselines, strict=True)
    ]
    joint = join(parts, True, rules.draws, rng)
    return joint if joint.placements else Untested(Reason.NO_PLACEMENT)


def _with_observed(stretch: Stretch, masks: Bools, rules: Rules, baseline: Baseline) -> Placements:
    return placements(stretch, np.vstack([stretch.window[None], masks]), rules.least_months, baseline)


# --------------------------------------------------------------------------------------------- the figures


def _with_residuals(
    stretches: Sequence[Stretch], rules: Rules, beside: bool = True
) -> tuple[Placed, list[Stretch], list[Floats]] | Untested:
    """`placed`, with the residuals of each baseline; CONSTANT where one of them leaves no noise."""
    ready = placed(stretches, rules, beside)
    if isinstance(ready, Untested):
        return ready
    made, used = ready
    residuals = [_residuals(stretch) for stretch in used]
    return Untested(Reason.CONSTANT) if _constant(used, residuals) else (made, used, residuals)


def _measured(
    stretches: Sequence[Stretch], rules: Rules, beside: bool
) -> tuple[Placed, list[Stretch], list[Floats], Joint, Floats] | Untested:
    """Placements, usable stretches, residuals of their baselines, and effects (p, 1) of the placements in `Joint`."""
    ready = _with_residuals(stretches, rules, beside)
    if isinstance(ready, Untested):
        return ready
    made, used, residuals = ready
    joint, effects = _effects(made.placebo, used, rules)
    if not np.isfinite(effects[0, 0]):
        return Untested(Reason.NOT_IDENTIFIED)
    if joint.placements == 0:
        return Untested(Reason.NO_PLACEMENT)
    return made, used, residuals, joint, effects


def _p(made: Placed, effects: Floats) -> tuple[Floats, Floats | None]:
    """p by placebo dates and, where an event opens a regime, the calibrated p, for effects (p, s) of s series."""
    p = p_values(made.placebo, effects)
    if made.reference is None:
        return p, None
    calibrated = made.reference.p_values(made.placebo, effects)
    return np.maximum(p, calibrated), calibrated


def _effects(joint: Joint, stretches: Sequence[Stretch], rules: Rules) -> tuple[Joint, Floats]:
    """Effects (p, 1) by the statistic that was asked for, and the placements at which a robust fit settled."""
    if rules.statistic == "mean":
        return joint, joint.effects([s.y[:, None] for s in stretches])
    effects = joint.combine([
        robust.means(s.y, s.x, s.fit_months, part.masks, rules.statistic)[:, None]
        for s, part in zip(stretches, joint.parts, strict=True)
    ])
    settled = np.flatnonzero(np.isfinite(effects[:, 0]))
    if len(settled) == len(effects) or not len(settled) or settled[0] != 0:
        return joint, effects
    return joint.keep(settled), effects[settled]


def _residuals(stretch: Stretch) -> Floats:
    """(n,) OLS residuals of the baseline, NaN at all other months."""
    used = stretch.fit_months & ~stretch.window
    coefficients = np.linalg.lstsq(stretch.x[used], stretch.y[used], rcond=None)[0]
    return np.where(used, stretch.y - stretch.x @ coefficients, np.nan)


def _constant(stretches: Sequence[Stretch], residuals: Sequence[Floats]) -> bool:
    """Whether some baseline leaves nothing over: then there is no noise to compare an effect with."""
    return any(
        np.nanmax(np.abs(r)) <= CONSTANT * max(1.0, float(np.nanmax(np.abs(s.y))))
        for s, r in zip(stretches, residuals, strict=True)
    )


def _interval(
    joint: Joint, stretches: Sequence[Stretch], residuals: Sequence[Floats], rules: Rules
) -> tuple[float, float, int, float]:
    """(low, high) distance from the effect, longest block, widening: block bootstrap of the baseline's residuals.

    Residuals are drawn in circular blocks for all months with a figure, and the same fit and forecast is made of
    them, so the uncertainty of the baseline is in it. Months without a figure are closed up. Residuals are
    enlarged for the degrees of freedom. Blocks are at least as long as the longest window, where three such fit in.
    On two or three years blocks lose persistence: 95 per cent intervals then cover as little as 55. So the draws are
    widened, never narrowed, to the variance that AR(1) noise with a cautious rho (`noise.estimate`) gives the effect.
    """
    rng = np.random.default_rng(rules.seed)
    total, variance, months, longest = np.zeros(rules.resamples), 0.0, 0, 0
    for part, stretch, values in zip(joint.parts, stretches, residuals, strict=True):
        known = values[np.isfinite(values)]
        free = len(known) - stretch.x.shape[1]
        known = (known - known.mean()) * math.sqrt(len(known) / max(free, 1))
        block = block_length(known, least=max(stretch.lengths))
        drawn = known[block_index(len(known), len(part.known), block, rules.resamples, rng)]
        weights = part.months[0] * part.weights[0]
        total += drawn @ weights
        rho, sd = noise.estimate(values, stretch.x, caution=1.0)
        variance += float(sd**2 * (weights @ correlation_matrix(rho, part.known) @ weights))
        months += int(part.months[0])
        longest = max(longest, block)
    widening = max(1.0, math.sqrt(variance) / max(float(total.std()), np.finfo(float).tiny))
    spread = -(total - total.mean()) * widening / months
    low, high = np.quantile(spread, [(1 - rules.level) / 2, (1 + rules.level) / 2])
    return float(low), float(high), longest, widening


def _months(joint: Joint) -> dict[str, int]:
    return {
        "window_months": int(sum(part.months[0] for part in joint.parts)),
        "baseline_months": int(sum(part.baseline[0] for part in joint.parts)),
    }
