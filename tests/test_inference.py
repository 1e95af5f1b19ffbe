"""What holds for any series: named reasons, invariance, bounds of p, the same numbers from the same seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import inference
from analysis.inference import Effect, Reason, Rules, Stretch, Untested, robust
from analysis.inference.effects import _made
from analysis.inference.noise import RHOS, ar1, estimate
from real_months import INSIDE, OPENING, noisy

RULES = Rules(draws=200, power_simulations=100, resamples=200)
NAN = float("nan")


def made(
    n: int = 36, episodes: tuple[tuple[int, int], ...] = ((20, 22),), *, seed: int = 1, opens: bool = False
) -> Stretch:
    y = ar1(0.5, n, 1, np.random.default_rng(seed))[:, 0]
    return Stretch(y, inference.design(np.arange(n) % 12 + 1), episodes, opens)


def reason(result: object) -> Reason:
    assert isinstance(result, Untested)
    return result.reason


# ------------------------------------------------------------------------------------------------- reasons


def without(stretch: Stretch, *spans: tuple[int, int]) -> Stretch:
    y = stretch.y.copy()
    for first, last in spans:
        y[first : last + 1] = NAN
    return replace(stretch, y=y)


@pytest.mark.parametrize(
    ("stretches", "rules", "expected"),
    [
        ([], RULES, Reason.EMPTY_CLASS),
        ([made(episodes=())], RULES, Reason.EMPTY_CLASS),
        ([made()], replace(RULES, least_episodes=2), Reason.ONE_EVENT),
        ([without(made(), (20, 22))], RULES, Reason.BEYOND_DATA),
        ([without(made(), (20, 21))], RULES, Reason.BEYOND_DATA),
        ([made(14, ((10, 12),))], RULES, Reason.FEW_MONTHS),
        ([made(15, ((12, 14),), opens=True)], replace(RULES, least_months=13), Reason.FEW_MONTHS),
        ([replace(made(), y=np.full(36, 2.5))], RULES, Reason.CONSTANT),
        ([replace(made(), y=made().x @ [1.0, 2.0, 3.0, 4.0])], RULES, Reason.CONSTANT),
        ([made(15, ((12, 14),), opens=True)], RULES, Reason.NO_PLACEMENT),
        ([replace(made(), pool=np.zeros(36, dtype=bool))], RULES, Reason.NO_PLACEMENT),
    ],
)
def test_where_a_number_would_mean_nothing_there_is_a_reason(
    stretches: list[Stretch], rules: Rules, expected: Reason
) -> None:
    assert reason(inference.effect(stretches, rules)) is expected
    assert reason(inference.testable(stretches, rules)) is expected
    zeros = [np.zeros((len(s.y), 1)) for s in stretches]
    if expected is not Reason.CONSTANT:
        assert reason(inference.many(stretches, zeros, rules)) is expected


def test_a_season_that_the_baseline_never_saw_is_not_identified() -> None:
    """Month effects, and a window that holds the only Februaries."""
    n = 24
    x = inference.design(np.arange(n) % 12 + 1, trend=False, season="dummies")
    y = ar1(0.5, n, 1, np.random.default_rng(1))[:, 0]
    y[[1, 13]] = NAN, y[13]
    assert reason(inference.effect([Stretch(y, x, ((12, 14),))], RULES)) is Reason.NOT_IDENTIFIED


def test_an_event_that_opens_a_regime_has_no_shift() -> None:
    result = inference.effect([made(36, ((33, 35),), opens=True)], RULES)
    assert isinstance(result, Effect) and reason(result.shift) is Reason.OPENS_REGIME
    assert result.calibrated is not None and result.placebo.p >= result.calibrated.p


def test_reasons_of_the_other_functions() -> None:
    few, flat, wave = np.arange(5.0), np.ones(40), np.sin(np.arange(40.0))
    assert reason(inference.lagged(few, few, [0])[0]) is Reason.FEW_PAIRS
    assert reason(inference.lagged(flat, wave, [0])[0]) is Reason.CONSTANT
    assert reason(inference.lagged(wave, flat, [0])[0]) is Reason.CONSTANT
    assert reason(inference.lagged(wave, wave, [50])[0]) is Reason.FEW_PAIRS
    assert reason(inference.find_breaks(few)) is Reason.FEW_MONTHS
    assert reason(inference.find_breaks(flat)) is Reason.CONSTANT
    assert reason(inference.find_breaks(wave, wave)) is Reason.CONSTANT
    assert reason(inference.mean_interval(few)) is Reason.FEW_MONTHS
    assert reason(inference.mean_interval(flat)) is Reason.CONSTANT


def test_reasons_read_as_words() -> None:
    found = inference.effect([made(14, ((10, 12),))], RULES)
    assert str(found) == "too few months for a baseline (11 of 12)"
    assert all(str(r)[0].islower() and not str(r).endswith(".") for r in Reason)


def test_an_episode_without_figures_is_left_out_and_the_counts_show_it() -> None:
    both = without(made(48, ((10, 12), (30, 32))), (31, 32))
    result = inference.effect([both], RULES)
    assert isinstance(result, Effect)
    assert (result.episodes, result.window_months, result.baseline_months) == (1, 3, 42)
    # The one month that the left-out window has is an event's month: it serves no baseline.
    y = both.y.copy()
    y[30] = 99.0
    assert inference.effect([replace(both, y=y)], RULES).raw == result.raw  # type: ignore[union-attr]


def test_a_stretch_with_too_short_a_baseline_is_left_out() -> None:
    long, short = made(seed=2), made(12, ((9, 11),))
    alone, together = inference.effect([long], RULES), inference.effect([long, short], RULES)
    assert isinstance(alone, Effect) and isinstance(together, Effect)
    assert together.episodes == 1 and together.raw == pytest.approx(alone.raw)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"episodes": ((3, 2),)}, "apart, in order"),
        ({"episodes": ((3, 5), (5, 6))}, "apart, in order"),
        ({"episodes": ((34, 36),)}, "within 36 months"),
        ({"episodes": ((-1, 2),)}, "apart, in order"),
        ({"x": np.ones((35, 1))}, "x \\(n, k\\)"),
        ({"x": np.full((36, 1), NAN)}, "must be finite"),
        ({"y": np.full(36, -np.inf)}, "missing month is NaN"),
        ({"pool": np.ones(3, dtype=bool)}, "one entry a month"),
    ],
)
def test_a_stretch_that_contradicts_itself_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(made(), **change)  # type: ignore[arg-type]


def test_a_design_holds_what_was_asked_for() -> None:
    months = np.arange(24) % 12 + 1
    assert inference.design(months).shape == (24, 4)
    assert inference.design(months, season="dummies").shape == (24, 13)
    assert inference.design(months, trend=False, season="none").tolist() == [[1.0]] * 24
    control = np.linspace(0, 1, 24)
    assert inference.design(months, season="none", controls=control, lunar=months == 2).shape == (24, 4)
    assert inference.design(months, season="none", controls=np.ones(24)).shape == (24, 2), "it does not vary"
    trend = inference.design(months, season="none")[:, 1]
    assert trend[12] - trend[0] == pytest.approx(1.0), "per year"
    for bad in ({"month_of_year": [0, 1]}, {"month_of_year": months, "season": "weekly"}):
        with pytest.raises(ValueError):
            inference.design(**bad)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------------- properties


@given(
    seed=st.integers(0, 10_000), level=st.floats(-50, 50), slope=st.floats(-2, 2), scale=st.floats(0.01, 100),
    name=st.sampled_from([*INSIDE, *OPENING]),
)  # fmt: skip
def test_level_and_trend_do_not_matter_and_the_unit_scales(
    seed: int, level: float, slope: float, scale: float, name: str
) -> None:
    stretches = noisy((INSIDE | OPENING)[name], 0.5, np.random.default_rng(seed))
    moved = [replace(s, y=scale * s.y + level + slope * s.x[:, 1] + s.x[:, 2]) for s in stretches]
    one, other = inference.effect(stretches, RULES), inference.effect(moved, RULES)
    assert isinstance(one, Effect) and isinstance(other, Effect)
    assert other.effect == pytest.approx(scale * one.effect, rel=1e-6, abs=1e-8 * scale)
    # Rounding may turn the order of two equal placements, never more.
    assert other.placebo.p == pytest.approx(one.placebo.p, abs=2.5 / (1 + one.placebo.placements))


@given(seed=st.integers(0, 10_000), size=st.floats(-5, 5), name=st.sampled_from([*INSIDE, *OPENING]))
def test_p_lies_between_the_smallest_attainable_and_one(seed: int, size: float, name: str) -> None:
    stretches = noisy((INSIDE | OPENING)[name], 0.5, np.random.default_rng(seed))
    result = inference.effect([replace(s, y=s.y + size * s.window) for s in stretches], RULES)
    assert isinstance(result, Effect)
    for comparison in (result.placebo, result.shift, result.calibrated):
        if isinstance(comparison, inference.Null | inference.Calibrated):
            assert comparison.smallest_p <= comparison.p <= 1.0
    assert result.low < result.effect < result.high
    assert result.effect == pytest.approx(result.raw - result.placebo_mean)
    assert len(result.placebo.values) == result.placebo.placements
    assert result.placebo.smallest_p == pytest.approx(1 / (1 + result.placebo.placements))


@given(seed=st.integers(0, 10_000), size=st.floats(0.1, 20), name=st.sampled_from(["three episodes", *OPENING]))
def test_an_effect_planted_comes_out_and_a_larger_one_has_no_larger_p(seed: int, size: float, name: str) -> None:
    stretches = noisy((INSIDE | OPENING)[name], 0.5, np.random.default_rng(seed))
    results = [
        inference.effect([replace(s, y=s.y + factor * s.window) for s in stretches], RULES)
        for factor in (0.0, size, 100.0)
    ]
    raw = [r.raw for r in results if isinstance(r, Effect)]
    assert raw[1] - raw[0] == pytest.approx(size) and raw[2] - raw[0] == pytest.approx(100.0)
    huge = results[2]
    assert isinstance(huge, Effect) and isinstance(results[1], Effect)
    assert huge.placebo.p <= 0.05
    if huge.calibrated is not None:
        # The placebos of an opening event do not see it: its p can only fall from the size that dominates on.
        assert results[1].calibrated is not None and huge.calibrated.p <= results[1].calibrated.p


@given(st.lists(st.one_of(st.floats(0, 1), st.just(NAN)), min_size=1, max_size=20), st.randoms())
def test_adjusted_p_keep_the_order_and_never_shrink(p: list[float], random: object) -> None:
    for adjust in (inference.holm, inference.benjamini_hochberg):
        adjusted = adjust(p)
        known = np.isfinite(p)
        assert np.isnan(adjusted[~known]).all()
        assert (adjusted[known] >= np.asarray(p)[known] - 1e-15).all() and (adjusted[known] <= 1).all()
        order = np.argsort(np.asarray(p)[known], kind="stable")
        assert (np.diff(adjusted[known][order]) >= -1e-15).all()


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others() -> None:
    stretches = noisy(INSIDE["three regimes"], 0.5, np.random.default_rng(1))
    rules = replace(RULES, draws=300)
    first = inference.effect(stretches, rules)
    inference.effect(noisy(INSIDE["three episodes"], 0.5, np.random.default_rng(2)), rules)
    _made.cache_clear()  # the placements are drawn again
    again, other = inference.effect(stretches, rules), inference.effect(stretches, replace(rules, seed=2))
    assert isinstance(first, Effect) and isinstance(again, Effect) and isinstance(other, Effect)
    assert (first.placebo.values == again.placebo.values).all()
    assert (first.low, first.high, first.placebo.p) == (again.low, again.high, again.placebo.p)
    assert first.raw == other.raw and (first.placebo.values != other.placebo.values).any()
    assert inference.testable(stretches, rules) == inference.testable(stretches, rules)
    y = stretches[0].y
    assert inference.find_breaks(y, draws=99) == inference.find_breaks(y, draws=99)
    assert inference.mean_interval(y) == inference.mean_interval(y)


def test_all_placements_are_listed_where_they_are_fewer_than_the_draws() -> None:
    """Three months in thirty-six: 34 dates, one of them the event's; moved round as a whole, 35 others."""
    result = inference.effect([made()], RULES)
    assert isinstance(result, Effect) and isinstance(result.shift, inference.Null)
    assert result.placebo.exact and result.placebo.placements == 33
    assert result.shift.exact and result.shift.placements == 35
    sampled = inference.effect([made(120, ((20, 22), (50, 52), (80, 82)))], RULES)
    assert isinstance(sampled, Effect) and not sampled.placebo.exact and sampled.placebo.placements <= 200


def test_percent() -> None:
    assert inference.percent(np.log(0.14)) == pytest.approx(-86.0)
    assert inference.percent(0.0) == 0.0


def test_months_that_stand_alone_say_nothing_about_persistence() -> None:
    residuals = np.full(40, NAN)
    residuals[::2] = ar1(0.0, 20, 1, np.random.default_rng(1))[:, 0]
    rho, sd = estimate(residuals, np.ones((40, 1)))
    assert rho == RHOS[1] and 0.5 < sd < 1.5
    assert estimate(residuals, np.ones((40, 1)), caution=1.0)[0] == pytest.approx(RHOS[1] + 1 / np.sqrt(20))


def test_placements_at_which_a_robust_fit_runs_away_are_left_out() -> None:
    """The only trade outside the window lies in one month: without it the Poisson fit has nothing to hold on to."""
    n = 30
    y = np.full(n, -700.0)
    y[5], y[20:22] = 0.0, 0.0
    rules = replace(RULES, statistic="poisson", least_months=5)
    result = inference.effect([Stretch(y, np.ones((n, 1)), ((20, 21),))], rules)
    assert isinstance(result, Effect) and np.isfinite(result.placebo.values).all()
    assert result.placebo.placements <= n - 2 and result.placebo.smallest_p <= result.placebo.p <= 1


@pytest.mark.parametrize("twin", ["median", "poisson"])
def test_a_robust_fit_rests_on_no_other_placement(twin: robust.Twin) -> None:
    """Placements are fitted side by side, and those that have settled wait for nobody."""
    rng = np.random.default_rng(4)
    (stretch,) = noisy(INSIDE["three months, middle"], 0.5, rng)
    masks = np.array([np.isin(np.arange(36), range(start, start + 3)) for start in range(0, 33, 3)])
    odd = replace(stretch, y=np.where(np.arange(36) == 7, stretch.y - 6, stretch.y))
    arguments = odd.y, odd.x, odd.fit_months
    together = robust.means(*arguments, masks, twin)
    alone = [robust.means(*arguments, mask[None], twin)[0] for mask in masks]
    assert np.isfinite(together).all() and len(set(together)) == len(masks)
    assert together == pytest.approx(alone, abs=1e-8)


@pytest.mark.parametrize("statistic", ["mean", "median", "poisson"])
@pytest.mark.parametrize("name", [*INSIDE, *OPENING])
def test_an_estimate_is_the_effect_without_its_tests(name: str, statistic: str) -> None:
    stretches = noisy({**INSIDE, **OPENING}[name], 0.5, np.random.default_rng(2))
    rules = Rules(draws=60, resamples=200, statistic=statistic)
    whole, bare = inference.effect(stretches, rules), inference.estimate(stretches, rules)
    assert isinstance(whole, Effect) and isinstance(bare, inference.Estimate)
    assert (bare.effect, bare.low, bare.high) == pytest.approx((whole.effect, whole.low, whole.high), abs=1e-12)


def test_an_estimate_has_the_reasons_of_an_effect() -> None:
    for stretches in ([], [without(INSIDE["three months, middle"][0], (14, 16))]):
        assert reason(inference.estimate(stretches)) == reason(inference.effect(stretches))


def test_a_small_alpha_is_met_with_enough_placements() -> None:
    """A family of fifty tests: the smallest detectable effect is larger, and exists where the smallest p allows it."""
    stretches = noisy(INSIDE["three regimes"], 0.5, np.random.default_rng(1))
    usual = inference.testable(stretches, Rules(draws=5_000))
    strict = inference.testable(stretches, Rules(draws=5_000, alpha=0.001))
    assert isinstance(usual, inference.Testable) and isinstance(strict, inference.Testable)
    assert usual.detectable is not None and strict.detectable is not None
    assert strict.detectable > usual.detectable
