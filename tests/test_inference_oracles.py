"""Each statistic against an independent way: the F distribution, plain draws, numpy, scipy, statsmodels, ruptures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import ruptures
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis import inference
from analysis.inference import Comparison, Contrast, contrast
from analysis.inference.breaks import _largest_f
from analysis.inference.noise import RHOS, ar1, ar1_at, correlation_matrix, estimate
from real_months import SHAPES, length


def series(n: int, rho: float = 0.5, seed: int = 1) -> np.ndarray:
    return ar1(rho, n, 1, np.random.default_rng(seed))[:, 0]


# ------------------------------------------------------------------------------------------ window and baseline


@pytest.fixture
def guarding(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Contrast]:
    """Makes a contrast of its own, whose p is the largest over the given persistences alone."""

    def make(comparisons: tuple[Comparison, ...], *rhos: float) -> Contrast:
        monkeypatch.setattr(contrast, "RHOS", rhos)
        return replace(Contrast.of(comparisons))

    return make


RATIOS = np.array([0.003, 0.1, 0.5, 1.0, 2.5, 8.0, 30.0])


@pytest.mark.parametrize("baseline", [2, 3, 12, 24])
@pytest.mark.parametrize("window", [1, 6])
@pytest.mark.parametrize("several", [1, 3])
def test_p_is_that_of_the_f_distribution_where_months_are_independent(
    baseline: int, window: int, several: int, guarding: Callable[..., Contrast]
) -> None:
    """A mean difference over a pooled standard deviation is a t, whose square is an F."""
    made = guarding(
        tuple(
            Comparison(
                tuple(range(50 * k + baseline, 50 * k + baseline + window)), tuple(range(50 * k, 50 * k + baseline))
            )
            for k in range(several)
        ),
        0.0,
    )
    t = RATIOS / np.sqrt((1 / window + 1 / baseline) / several)
    assert made.p_values(RATIOS) == pytest.approx(stats.f.sf(t**2, 1, several * (baseline - 1)), abs=2e-6)


@pytest.mark.parametrize(("name", "rho"), [("one", 0.5), ("gaps", 0.8), ("several", 0.8), ("same months", 0.8)])
def test_p_is_that_of_a_million_draws_where_comparisons_share_months(
    name: str, rho: float, guarding: Callable[..., Contrast]
) -> None:
    """Drawn and compared month by month, by nothing of the package; three ratios from likely to rare."""
    comparisons, draws = SHAPES[name], 1_000_000
    months = sorted({month for c in comparisons for month in (*c.window, *c.baseline)})
    apart = np.abs(np.subtract.outer(months, months))
    normal = np.random.default_rng(5).standard_normal((len(months), draws), dtype=np.float32)
    drawn = np.linalg.cholesky(rho**apart).astype(np.float32) @ normal
    at = dict(zip(months, drawn, strict=True))
    effect, square = np.zeros(draws), np.zeros(draws)
    for c in comparisons:
        effect += sum(at[m] for m in c.window) / len(c.window) - sum(at[m] for m in c.baseline) / len(c.baseline)
        once = sorted(set(c.baseline))
        mean = sum(at[m] for m in once) / len(once)
        square += sum((at[m] - mean) ** 2 for m in once) / (len(once) - 1)
    found = np.abs(effect / len(comparisons)) / np.sqrt(square / len(comparisons))
    ratios = np.quantile(found, [0.5, 0.95, 0.999])
    share = [(found >= ratio).mean() for ratio in ratios]
    p = guarding(comparisons, rho).p_values(ratios)
    assert p == pytest.approx(share, abs=5 * np.sqrt(0.25 / draws)) and p[2] == pytest.approx(0.001, rel=0.15)


@pytest.mark.parametrize("name", SHAPES)
def test_the_p_that_is_printed_is_the_largest_over_the_persistences(
    name: str, guarding: Callable[..., Contrast]
) -> None:
    every = [guarding(SHAPES[name], rho).p_values(RATIOS) for rho in (0.0, 0.5, 0.8)]
    assert guarding(SHAPES[name], *RHOS).p_values(RATIOS) == pytest.approx(np.max(every, axis=0), abs=1e-12)
    assert every[2][4] > every[1][4] > every[0][4], "what wanders is more often far from its past"


@pytest.mark.parametrize("alpha", [0.001, 0.05 / 7, 0.05, 0.3, 0.9])
@pytest.mark.parametrize("name", SHAPES)
def test_the_critical_ratio_is_where_p_reaches_alpha(name: str, alpha: float) -> None:
    made = Contrast.of(SHAPES[name])
    critical = made.critical(alpha)
    below, at = made.p_values(critical * np.array([1 - 1e-4, 1.0]))
    assert at <= alpha < below and at == pytest.approx(alpha, rel=1e-3)


def test_p_falls_as_the_ratio_grows() -> None:
    for comparisons in SHAPES.values():
        p = Contrast.of(comparisons).p_values(np.exp(np.linspace(-6, 8, 200)))
        assert (np.diff(p) <= 1e-7).all() and p[0] > 0.98 and p[-1] < 1e-6


def test_a_small_case_by_hand() -> None:
    """Baseline 1 3 2 4 and window 7 5: an effect of 3.5, a variance of 5/3, and for independent months a t of 3 df."""
    values = np.array([1.0, 3.0, 2.0, 4.0, np.nan, 7.0, 5.0])
    comparison = (Comparison((5, 6), (0, 1, 2, 3)),)
    made = inference.compare(values, comparison)
    assert isinstance(made, inference.Effect)
    assert (made.effect, made.spread) == pytest.approx((3.5, np.sqrt(5 / 3)))
    ratio = 3.5 / np.sqrt(5 / 3)
    assert made.p == pytest.approx(Contrast.of(comparison).p_values(np.array([ratio]))[0])
    independent = 2 * stats.t.sf(ratio / np.sqrt(1 / 2 + 1 / 4), 3)
    assert made.p > independent == pytest.approx(0.0519, abs=1e-3)
    # The same with persistence 0.8, by the variance of the difference and of the spread, and 400,000 plain draws.
    months = np.array([0, 1, 2, 3, 5, 6])
    drawn = np.linalg.cholesky(0.8 ** np.abs(np.subtract.outer(months, months))) @ np.random.default_rng(
        7
    ).standard_normal((6, 400_000))
    share = np.abs(drawn[4:].mean(axis=0) - drawn[:4].mean(axis=0)) >= ratio * drawn[:4].std(axis=0, ddof=1)
    assert made.p == pytest.approx(share.mean(), abs=5 * np.sqrt(0.25 / 400_000))


def test_a_month_that_serves_two_window_months_counts_twice_in_the_mean_and_once_in_the_spread() -> None:
    values = np.array([1.0, 5.0, 0.0, 0.0, 0.0])
    made = inference.compare(values, (Comparison((2, 3, 4), (0, 1, 1)),))
    assert isinstance(made, inference.Effect)
    assert made.effect == pytest.approx(-11 / 3) and made.spread == pytest.approx(np.std([1, 5], ddof=1))


@pytest.mark.parametrize("name", SHAPES)
def test_the_detectable_effect_is_found_with_its_chance_in_noise_of_its_kind(name: str) -> None:
    comparisons = SHAPES[name]
    values = 0.4 * series(length(comparisons), 0.3, 8)
    made = inference.precision(values, comparisons, 0.05, 0.8, 1)
    assert isinstance(made, inference.Precision)
    own = Contrast.of(comparisons)
    noise = made.sd * ar1_at(made.rho, own.months, 20_000, np.random.default_rng(99))
    for size in (made.detectable, -made.detectable):
        ratios = np.abs(own.effects(noise) + size) / own.spreads(noise)
        found = (ratios >= own.critical(0.05)).mean()
        assert found == pytest.approx(0.8, abs=5 * np.sqrt(0.16 / 4_000))


# ------------------------------------------------------------------------------------------------- noise


def test_the_noise_that_is_drawn_has_the_correlation_asked_for() -> None:
    noise = ar1(0.8, 30, 20_000, np.random.default_rng(1))
    places = np.array([3, 8, 9])
    assert np.corrcoef(noise[places]) == pytest.approx(correlation_matrix(0.8, places), abs=0.03)
    assert noise.std(axis=1) == pytest.approx(np.ones(30), abs=0.03)
    some = ar1_at(0.8, places, 20_000, np.random.default_rng(1))
    assert np.corrcoef(some[places]) == pytest.approx(correlation_matrix(0.8, places), abs=0.03)
    assert some.shape == (10, 20_000) and some[places].std(axis=1) == pytest.approx(np.ones(3), abs=0.03)
    assert not np.delete(some, places, axis=0).any()


@pytest.mark.parametrize("rho", [0.3, 0.6])
def test_rho_and_sd_are_estimated_without_the_bias_of_short_series(rho: float) -> None:
    """Twenty-four months with a gap round their mean."""
    base = np.r_[0:10, 14:28]
    noise = 2 * ar1(rho, 30, 400, np.random.default_rng(5))
    residuals = np.full(noise.shape, np.nan)
    residuals[base] = noise[base] - noise[base].mean(axis=0)
    found = np.array([estimate(residuals[:, i], np.ones((30, 1))) for i in range(noise.shape[1])])
    plain = np.mean([np.corrcoef(r[1:][m], r[:-1][m])[0, 1] for r in residuals.T
                     for m in [np.isfinite(r[1:]) & np.isfinite(r[:-1])]])  # fmt: skip
    assert abs(np.median(found[:, 0]) - rho) < abs(plain - rho) / 2
    assert np.sqrt((found[:, 1] ** 2).mean()) == pytest.approx(2.0, rel=0.2)


# ----------------------------------------------------------------------------------- correlations, many tests


def test_correlations_are_those_of_scipy() -> None:
    x, y = np.round(series(60, 0.5, 1), 1), np.round(series(60, 0.5, 2), 1)  # rounded, so that there are ties
    x[5:9], y[20:30] = np.nan, np.nan
    for result in inference.lagged(x, y):
        assert isinstance(result, inference.Correlation)
        lag = result.lag
        a, b = (x[:-lag], y[lag:]) if lag > 0 else (x[-lag:], y[: len(y) + lag]) if lag < 0 else (x, y)
        both = np.isfinite(a) & np.isfinite(b)
        assert result.pairs == both.sum()
        assert result.pearson == pytest.approx(stats.pearsonr(a[both], b[both]).statistic, abs=1e-12)
        assert result.spearman == pytest.approx(stats.spearmanr(a[both], b[both]).statistic, abs=1e-12)


def test_the_p_of_a_correlation_counts_the_shifts() -> None:
    x, y = series(30, 0.5, 3), series(30, 0.5, 4)
    result = inference.lagged(x, y, [0])[0]
    assert isinstance(result, inference.Correlation)
    every = np.array([stats.pearsonr(np.roll(x, shift), y).statistic for shift in range(30)])
    assert result.p_pearson == pytest.approx((np.abs(every) >= abs(every[0]) - 1e-12).mean())
    ranked = np.array([stats.spearmanr(np.roll(x, shift), y).statistic for shift in range(30)])
    assert result.p_spearman == pytest.approx((np.abs(ranked) >= abs(ranked[0]) - 1e-12).mean())
    assert result.smallest_p == pytest.approx(1 / 30)


def test_a_lag_means_that_the_second_series_follows() -> None:
    x = series(60)
    follows = np.concatenate([[np.nan, np.nan], x[:-2]])
    found = {r.lag: r for r in inference.lagged(x, follows) if isinstance(r, inference.Correlation)}
    assert found[2].pearson == pytest.approx(1.0) and abs(found[-2].pearson) < 0.9
    assert found[2].p_pearson == found[2].smallest_p


def test_levels_come_with_the_differences_of_the_same_series() -> None:
    x, y = series(40).cumsum(), series(40, seed=2).cumsum()
    made = inference.twin(x, y, [0, 1])
    assert made.levels == inference.lagged(x, y, [0, 1])
    assert made.differences == inference.lagged(np.diff(x), np.diff(y), [0, 1])


@settings(max_examples=10)  # statsmodels collects garbage at each call
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_are_those_of_statsmodels(p: list[float]) -> None:
    assert inference.holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_a_cell_that_was_not_tested_is_not_counted() -> None:
    with_gap = np.array([0.01, np.nan, 0.04])
    assert inference.holm(with_gap) == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)
    with pytest.raises(ValueError, match="between 0 and 1"):
        inference.holm([1.2])


# ---------------------------------------------------------------------------------------------------- breaks


@pytest.mark.parametrize("breaks", [1, 2, 3])
def test_dates_of_breaks_are_those_of_ruptures(breaks: int) -> None:
    for seed in range(8):
        z = series(60, 0.5, seed)
        z[20:] += seed / 3
        theirs = ruptures.Dynp(model="l2", jump=1, min_size=5).fit(z.reshape(-1, 1)).predict(n_bkps=breaks)
        assert inference.partition(z, breaks, 5) == tuple(theirs[:-1])


def test_the_break_that_ruptures_misses_with_its_default_step() -> None:
    z = np.r_[np.zeros(13), np.ones(12)]
    assert inference.partition(z, 1, 3) == (13,)
    with pytest.raises(ValueError, match="too few"):
        inference.partition(z, 8, 3)


def test_the_largest_f_is_that_of_a_regression_on_a_step() -> None:
    z = series(40)
    expected = max(
        float(sm.OLS(z, sm.add_constant((np.arange(40) >= place).astype(float))).fit().fvalue) for place in range(6, 35)
    )
    assert _largest_f(z[:, None], (0, 40), 6)[0] == pytest.approx(expected, rel=1e-9)


def test_a_plain_step_is_dated_on_the_calendar_with_its_size() -> None:
    y = 0.1 * series(80, 0.0)
    y[50:] -= 2.0
    y[10:20] = np.nan
    found = inference.find_breaks(y, draws=199)
    assert isinstance(found, inference.Breaks)
    assert [(b.position, b.low, b.high) for b in found.breaks] == [(50, 50, 50)]
    assert found.breaks[0].shift == pytest.approx(-2.0, abs=0.1)
    assert [s.p <= 0.05 for s in found.steps] == [True, False] and found.months == 70


def test_a_step_names_its_candidate_and_its_p_at_the_persistence_that_it_leaves() -> None:
    """Two plain steps and a gap: each candidate is the best partition, its persistence that round its own levels."""
    y = 0.3 * series(90, 0.2, 3)
    y[30:] += 1.4
    y[60:] += 1.4
    y[40:44] = np.nan
    index = np.flatnonzero(np.isfinite(y))
    found = inference.find_breaks(y, draws=499)
    assert isinstance(found, inference.Breaks)
    z = y[index] - y[index].mean()
    for count, step in enumerate(found.steps, start=1):
        assert step.positions == tuple(index[place] for place in inference.partition(z, count, 6))
        assert step.breaks == count - 1 and 0 <= step.rho <= 0.95
        assert step.smallest_p <= step.p_at_rho <= 1 and step.smallest_p <= step.p
    assert found.steps[1].positions == (30, 60) and found.steps[1].rho < 0.5
    # The persistence is what statsmodels finds round the three levels, but for the bias of short series.
    levels = np.searchsorted(found.steps[1].positions, index, side="right")
    rest = z - np.array([z[levels == level].mean() for level in range(3)])[levels]
    plain = sm.OLS(rest[1:], rest[:-1]).fit().params[0]
    assert plain - 0.05 <= found.steps[1].rho <= plain + 0.2


def test_a_break_that_holds_at_its_own_persistence_need_not_hold_at_a_higher_one() -> None:
    y = series(60, 0.2, 2)
    y[30:] += 1.6
    found = inference.find_breaks(y, most=1, draws=999)
    assert isinstance(found, inference.Breaks)
    (step,) = found.steps
    assert step.rho < 0.6 and step.p_at_rho <= 0.01 and step.p > 5 * step.p_at_rho
