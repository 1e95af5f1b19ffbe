"""What holds for any series: named reasons, invariance, a p and an interval that agree, the same numbers again."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import inference
from analysis.inference import Comparison, Contrast, Effect, Precision, Reason, Untested
from analysis.inference.noise import RHOS, ar1, estimate
from real_months import SHAPES, length, planted

NAN = float("nan")
NAMES = st.sampled_from(list(SHAPES))


def noise(name: str, seed: int, rho: float = 0.5) -> np.ndarray:
    return ar1(rho, length(SHAPES[name]), 1, np.random.default_rng(seed))[:, 0]


def compare(series: np.ndarray, comparisons: tuple[Comparison, ...], alpha: float = 0.05) -> Effect:
    result = inference.compare(series, comparisons, alpha)
    assert isinstance(result, Effect)
    return result


def reason(result: object) -> Reason:
    assert isinstance(result, Untested)
    return result.reason


# ------------------------------------------------------------------------------------------------- reasons


@pytest.mark.parametrize("level", [0.0, 2.5, -1e6])
@pytest.mark.parametrize("name", SHAPES)
def test_a_baseline_that_does_not_vary_gives_a_reason_and_no_number(name: str, level: float) -> None:
    flat = planted(np.full(length(SHAPES[name]), level), SHAPES[name], 7.0)
    assert reason(inference.compare(flat, SHAPES[name])) is Reason.CONSTANT
    assert reason(inference.precision(flat, SHAPES[name], 0.05, 0.8, 1)) is Reason.CONSTANT


def test_reasons_of_the_other_functions() -> None:
    few, flat, wave = np.arange(5.0), np.ones(40), np.sin(np.arange(40.0))
    assert reason(inference.lagged(few, few, [0])[0]) is Reason.FEW_PAIRS
    assert reason(inference.lagged(flat, wave, [0])[0]) is Reason.CONSTANT
    assert reason(inference.lagged(wave, flat, [0])[0]) is Reason.CONSTANT
    assert reason(inference.lagged(wave, wave, [50])[0]) is Reason.FEW_PAIRS
    assert reason(inference.find_breaks(few)) is Reason.FEW_MONTHS
    assert reason(inference.find_breaks(flat)) is Reason.CONSTANT
    assert reason(inference.find_breaks(wave, wave)) is Reason.CONSTANT


def test_reasons_read_as_words() -> None:
    assert str(inference.find_breaks(np.arange(5.0))) == "too few months for a baseline (5 of 12)"
    assert str(Untested(Reason.CONSTANT)) == "the series does not vary"
    assert all(str(r)[0].islower() and not str(r).endswith(".") for r in Reason)


@pytest.mark.parametrize(
    ("window", "baseline"),
    [((), (0, 1, 2)), ((5,), ()), ((5,), (0,)), ((5, 6), (0, 0)), ((5, 6), (4, 5)), ((0,), (0, 1, 2))],
)
def test_a_comparison_of_overlapping_or_too_few_months_is_refused(
    window: tuple[int, ...], baseline: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="two or more other months"):
        Comparison(window, baseline)


def test_nothing_is_compared_with_nothing() -> None:
    with pytest.raises(ValueError, match="needs a comparison"):
        Contrast.of([])


@pytest.mark.parametrize("name", SHAPES)
def test_a_gap_among_the_months_is_refused_and_one_elsewhere_is_not_read(name: str) -> None:
    series, used = noise(name, 1), Contrast.of(SHAPES[name]).months
    before = compare(series, SHAPES[name])
    elsewhere = np.full(len(series) + 3, NAN)
    elsewhere[used] = series[used]
    assert compare(elsewhere, SHAPES[name]) == before
    for month in (used[0], used[-1]):
        gap = series.copy()
        gap[month] = NAN
        with pytest.raises(ValueError, match="needs a value"):
            inference.compare(gap, SHAPES[name])


# ---------------------------------------------------------------------------------------------- properties


@given(name=NAMES, seed=st.integers(0, 10_000), level=st.floats(-50, 50), scale=st.floats(0.01, 100))
def test_the_level_does_not_matter_and_the_unit_scales(name: str, seed: int, level: float, scale: float) -> None:
    series = noise(name, seed)
    one, other = compare(series, SHAPES[name]), compare(level + scale * series, SHAPES[name])
    for field in ("effect", "low", "high", "spread"):
        assert getattr(other, field) == pytest.approx(scale * getattr(one, field), rel=1e-6, abs=1e-8)
    assert other.p == pytest.approx(one.p, abs=1e-6)
    turned = compare(-series, SHAPES[name])
    assert (turned.effect, turned.low, turned.high) == pytest.approx((-one.effect, -one.high, -one.low))
    assert turned.p == pytest.approx(one.p)


@given(
    name=NAMES, seed=st.integers(0, 10_000), rho=st.sampled_from([0.0, 0.5, 0.95]), scale=st.floats(0.01, 10),
    alpha=st.sampled_from([0.01, 0.05, 0.2]), near=st.sampled_from([-1.001, -0.999, -0.5, 0.0, 0.999, 1.001, 3.0]),
)  # fmt: skip
def test_the_interval_contains_zero_if_and_only_if_p_is_above_alpha(
    name: str, seed: int, rho: float, scale: float, alpha: float, near: float
) -> None:
    """Effects just inside and just outside the interval among them: `near` is the effect over the critical one."""
    series = scale * noise(name, seed, rho)
    blank = compare(series, SHAPES[name], alpha)
    half = (blank.high - blank.low) / 2
    made = compare(planted(series, SHAPES[name], near * half - blank.effect), SHAPES[name], alpha)
    assert made.effect == pytest.approx(near * half, abs=1e-9 * scale)
    assert made.high - made.effect == pytest.approx(made.effect - made.low) == pytest.approx(half)
    assert (made.low <= 0 <= made.high) == (made.p > alpha) == (abs(near) < 1)


@given(name=NAMES, seed=st.integers(0, 10_000), size=st.floats(0.01, 20))
def test_a_planted_effect_comes_out_exactly_and_a_larger_one_has_no_larger_p(name: str, seed: int, size: float) -> None:
    series = noise(name, seed)
    blank = compare(series, SHAPES[name])
    results = [compare(planted(series, SHAPES[name], step - blank.effect), SHAPES[name]) for step in (size, 2 * size)]
    assert [r.effect for r in results] == pytest.approx([size, 2 * size])
    assert [r.spread for r in results] == pytest.approx([blank.spread] * 2), "windows say nothing about the noise"
    assert 0 <= results[1].p <= results[0].p + 1e-7 <= 1 + 1e-7


@given(seed=st.integers(0, 10_000))
def test_several_comparisons_weigh_alike_whatever_their_number_of_months(seed: int) -> None:
    series = noise("several", seed)
    together, alone = compare(series, SHAPES["several"]), [compare(series, (c,)) for c in SHAPES["several"]]
    assert together.effect == pytest.approx(np.mean([own.effect for own in alone]))
    assert together.spread**2 == pytest.approx(np.mean([own.spread**2 for own in alone]))
    first = SHAPES["several"][0]
    moved = compare(planted(series, (first,), 3.0), SHAPES["several"])
    assert moved.effect - together.effect == pytest.approx(1.0), "a third of what one of three windows shows"


@given(st.lists(st.one_of(st.floats(0, 1), st.just(NAN)), min_size=1, max_size=20))
def test_adjusted_p_keep_the_order_and_never_shrink(p: list[float]) -> None:
    adjusted = inference.holm(p)
    known = np.isfinite(p)
    assert np.isnan(adjusted[~known]).all()
    assert (adjusted[known] >= np.asarray(p)[known] - 1e-15).all() and (adjusted[known] <= 1).all()
    order = np.argsort(np.asarray(p)[known], kind="stable")
    assert (np.diff(adjusted[known][order]) >= -1e-15).all()


# ------------------------------------------------------------------------------------------- power and seeds


def detectable(series: np.ndarray, name: str, alpha: float = 0.05, power: float = 0.8, seed: int = 1) -> Precision:
    result = inference.precision(series, SHAPES[name], alpha, power, seed)
    assert isinstance(result, Precision)
    return result


@pytest.mark.parametrize("name", SHAPES)
def test_what_could_be_detected_is_known_without_a_month_of_the_window(name: str) -> None:
    series = noise(name, 2)
    before = detectable(series, name)
    assert detectable(planted(series, SHAPES[name], NAN), name) == before
    assert detectable(planted(series, SHAPES[name], 30.0), name) == before
    assert detectable(10 * series, name).detectable == pytest.approx(10 * before.detectable)


@pytest.mark.parametrize("name", SHAPES)
def test_a_stricter_test_and_a_higher_chance_need_a_larger_effect(name: str) -> None:
    series = noise(name, 3)
    by_alpha = [detectable(series, name, alpha).detectable for alpha in (0.2, 0.05, 0.05 / 5, 0.001)]
    by_power = [detectable(series, name, power=power).detectable for power in (0.5, 0.8, 0.95)]
    assert all(a < b for a, b in pairwise(by_alpha)) and all(a < b for a, b in pairwise(by_power))


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others() -> None:
    series = noise("several", 4)
    assert compare(series, SHAPES["several"]) == compare(series, SHAPES["several"]), "no draw enters an effect"
    assert detectable(series, "several") == detectable(series, "several")
    assert detectable(series, "several").detectable != detectable(series, "several", seed=2).detectable
    sizes = [inference.simulated_size(SHAPES["several"], 0.8, 0.05, seed) for seed in (1, 1, 2)]
    assert sizes[0] == sizes[1] != sizes[2]
    assert inference.find_breaks(series, draws=99) == inference.find_breaks(series, draws=99)


def test_months_that_stand_alone_say_nothing_about_persistence() -> None:
    residuals = np.full(40, NAN)
    residuals[::2] = ar1(0.0, 20, 1, np.random.default_rng(1))[:, 0]
    rho, sd = estimate(residuals, np.ones((40, 1)))
    assert rho == RHOS[1] and 0.5 < sd < 1.5


# ------------------------------------------------------------------------------------------------- season


def test_a_season_is_one_wave_a_year() -> None:
    months = np.arange(24) % 12 + 1
    x = inference.season(months)
    assert x.shape == (24, 2) and x[:12] == pytest.approx(x[12:]) and (x**2).sum(axis=1) == pytest.approx(np.ones(24))
    assert x.sum(axis=0) == pytest.approx([0, 0]), "it leaves the level of whole years alone"
    assert x[5] == pytest.approx([-1, 0], abs=1e-12) and x[11] == pytest.approx([1, 0], abs=1e-12)
    assert inference.season([3, 3, 3]).shape == (3, 0), "a column that does not vary is left out"
    for bad in ([0, 1], [1, 13], [1.5, 2]):
        with pytest.raises(ValueError, match="between 1 and 12"):
            inference.season(bad)
