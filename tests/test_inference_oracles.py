"""Each statistic against an independent implementation: statsmodels, arch, scipy, ruptures, or plain counting."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import ruptures
import statsmodels.api as sm
from arch.bootstrap import CircularBlockBootstrap
from arch.bootstrap import optimal_block_length as arch_block_length
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis import inference
from analysis.inference import Rules, Stretch, calibrated, robust
from analysis.inference.breaks import _largest_f
from analysis.inference.errors import WORKING_RHOS, placements
from analysis.inference.noise import ar1, correlation_matrix, estimate
from analysis.inference.placements import placebo_masks, shift_masks
from real_months import INSIDE, OPENING, noisy


def series(n: int, rho: float = 0.5, seed: int = 1) -> np.ndarray:
    return ar1(rho, n, 1, np.random.default_rng(seed))[:, 0]


# ------------------------------------------------------------------------------------------- forecast errors


@pytest.mark.parametrize("name", [*INSIDE, *OPENING])
def test_forecast_errors_are_those_of_ols_without_the_window(name: str) -> None:
    """Every placement, fitted anew by statsmodels: to 1e-9."""
    for stretch in noisy((INSIDE | OPENING)[name], 0.5, np.random.default_rng(2)):
        masks, _ = placebo_masks(stretch, 0.5, 40, np.random.default_rng(3))
        masks = np.vstack([stretch.window[None], masks])
        made = placements(stretch, masks, 12)
        assert len(made.months) == len(masks)
        ours = made.weights @ stretch.y[made.known]
        for mask, error, months, baseline in zip(masks, ours, made.months, made.baseline, strict=True):
            base, window = stretch.fit_months & ~mask, mask & stretch.finite
            fit = sm.OLS(stretch.y[base], stretch.x[base]).fit()
            expected = stretch.y[window] - fit.predict(stretch.x[window])
            assert error == pytest.approx(expected.mean(), abs=1e-9)
            assert (months, baseline) == (window.sum(), base.sum())


def test_the_variance_of_a_forecast_error_is_that_of_generalised_least_squares() -> None:
    stretch = INSIDE["three months, end"][0]
    made = placements(stretch, stretch.window[None], 12)
    months = np.flatnonzero(stretch.finite)
    base, window = (stretch.fit_months & ~stretch.window)[months], stretch.window[months]
    x = stretch.x[months]
    for place, rho in enumerate(WORKING_RHOS):
        omega = correlation_matrix(rho, months)
        row = np.zeros(len(months))
        row[window] = 1 / window.sum()
        row[base] -= x[window].mean(axis=0) @ np.linalg.pinv(x[base])
        assert made.variance[0, place] == pytest.approx(row @ omega @ row, rel=1e-9)


def test_an_event_that_opens_a_regime_is_forecast_from_the_months_before_alone() -> None:
    stretch = OPENING["2020, three months"][0]
    noise = noisy([stretch], 0.5, np.random.default_rng(4))[0]
    after = np.where(np.arange(len(noise.y)) >= noise.episodes[0][0], noise.y + 7.0, noise.y)
    for y, raw in ((noise.y, 0.0), (after, 7.0)):
        base = noise.fit_months
        fit = sm.OLS(y[base], noise.x[base]).fit()
        window = noise.window & noise.finite
        result = inference.effect([Stretch(y, noise.x, noise.episodes, True)], Rules(draws=50))
        assert isinstance(result, inference.Effect)
        assert result.raw == pytest.approx((y[window] - fit.predict(noise.x[window])).mean())
        assert result.raw - raw == pytest.approx(inference.effect([noise], Rules(draws=50)).raw)  # type: ignore[union-attr]


# ---------------------------------------------------------------------------------------------- placements


def all_placements(stretch: Stretch, least_share: float) -> set[tuple[int, ...]]:
    """Every choice of starts, one by one, kept by the rule as it reads."""
    n, lengths, finite = len(stretch.y), stretch.lengths, stretch.finite
    found = set()
    for starts in itertools.product(range(n), repeat=len(lengths)):
        spans = [range(start, start + length) for start, length in zip(starts, lengths, strict=True)]
        apart = all(a[-1] < b[0] for a, b in itertools.pairwise(spans))
        if not apart or spans[-1][-1] >= n or any(span[-1] >= n for span in spans):
            continue
        if any(finite[list(s)].sum() < max(1.0, least_share * len(s)) for s in spans):
            continue
        if all(stretch.placebo_months[list(span)].all() for span in spans):
            found.add(starts)
    return found - {tuple(first for first, _ in stretch.episodes)}


@given(
    known=st.lists(st.booleans(), min_size=8, max_size=14),
    lengths=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    share=st.sampled_from([0.3, 0.5, 1.0]),
    opens=st.booleans(),
)
def test_placebo_dates_are_all_those_the_rule_allows(
    known: list[bool], lengths: list[int], share: float, opens: bool
) -> None:
    n, at, episodes = len(known), 0, []
    if opens:
        lengths = lengths[:1]
        at = n - lengths[0]
    for length in lengths:
        episodes.append((at, at + length - 1))
        at += length
    if at > n:
        return
    stretch = Stretch(np.where(known, 0.0, np.nan), np.ones((n, 1)), tuple(episodes), opens)
    expected = {
        tuple(i for start, length in zip(starts, lengths, strict=True) for i in range(start, start + length))
        for starts in all_placements(stretch, share)
    } - {tuple(np.flatnonzero(stretch.window))}
    masks, exact = placebo_masks(stretch, share, 10_000, np.random.default_rng(1))
    assert exact
    assert {tuple(np.flatnonzero(mask)) for mask in masks} == expected
    sampled, exact = placebo_masks(stretch, share, 3, np.random.default_rng(1))
    assert {tuple(np.flatnonzero(mask)) for mask in sampled} <= expected
    assert exact or len(sampled) <= 3


def test_placebo_dates_are_drawn_with_equal_chances() -> None:
    """Four windows of different lengths in thirty months: more placements than draws."""
    stretch = Stretch(np.zeros(30), np.ones((30, 1)), ((0, 1), (4, 6), (9, 9), (12, 20)))
    masks, exact = placebo_masks(stretch, 0.5, 1_000, np.random.default_rng(1))
    assert not exact and len(masks) >= 990
    assert len(np.unique(masks, axis=0)) == len(masks), "without putting back"
    # 15 free months fall into 5 places before, between and after the windows: 3 each on average, by symmetry.
    first, last = masks.argmax(axis=1), masks[:, ::-1].argmax(axis=1)
    assert [first.mean(), last.mean()] == pytest.approx([3.0, 3.0], abs=0.35)


@given(known=st.lists(st.booleans(), min_size=6, max_size=20), data=st.data())
def test_circular_shifts_are_the_rotations_with_figures(known: list[bool], data: st.DataObject) -> None:
    n = len(known)
    first = data.draw(st.integers(0, n - 2))
    last = data.draw(st.integers(first, min(first + 3, n - 1)))
    stretch = Stretch(np.where(known, 0.0, np.nan), np.ones((n, 1)), ((first, last),))
    expected = set()
    for shift in range(1, n):
        months = sorted((month + shift) % n for month in range(first, last + 1))
        if sum(known[m] for m in months) >= max(1, 0.5 * len(months)):
            expected.add(tuple(months))
    expected -= {tuple(range(first, last + 1))}
    assert {tuple(np.flatnonzero(mask)) for mask in shift_masks(stretch, 0.5)} == expected


def test_p_of_a_small_case_counted_by_hand() -> None:
    """Twelve months without season or gap, one window of one month: the rank of its leave-one-out residual."""
    y = np.array([0.1, -0.2, 0.3, 5.0, 0.0, 0.2, -0.1, -0.3, 0.4, 0.1, -0.4, 0.0])
    result = inference.effect([Stretch(y, np.ones((12, 1)), ((3, 3),))], Rules(least_months=5))
    assert isinstance(result, inference.Effect) and isinstance(result.shift, inference.Null)
    others = np.delete(y, 3)
    assert result.raw == pytest.approx(5.0 - others.mean())
    assert result.placebo.p == result.shift.p == pytest.approx(1 / 12)
    assert result.placebo.smallest_p == pytest.approx(1 / 12) and result.placebo.placements == 11
    # Leave-one-out errors of a mean are n / (n - 1) times the deviations, which add to zero.
    errors = (y - y.mean()) * 12 / 11
    assert result.placebo_mean == pytest.approx(np.delete(errors, 3).mean())
    assert result.effect == pytest.approx(errors[3] - np.delete(errors, 3).mean())
    again = inference.effect([Stretch(y, np.ones((12, 1)), ((4, 4),))], Rules(least_months=5))
    assert isinstance(again, inference.Effect)
    rank = (np.abs(y - y.mean()) >= abs(y[4] - y.mean()) - 1e-12).mean()
    assert again.placebo.p == pytest.approx(rank)


# ------------------------------------------------------------------------------ an event that opens a regime


@pytest.mark.parametrize("placebos", [1, 3, 10, 60])
@pytest.mark.parametrize("ratio", [0.3, 1.0, 2.5, 8.0])
def test_the_calibrated_p_is_that_of_the_f_distribution_where_placebos_are_independent(
    placebos: int, ratio: float
) -> None:
    """One normal variable over the root mean square of `placebos` others of equal size: an F of 1 and `placebos`."""
    event = np.r_[3.0, np.zeros(placebos)]
    sizes = np.r_[0.0, np.full(placebos, 9.0 / placebos)]
    found = calibrated._above(np.array([ratio]), event, sizes)[0]
    assert found == pytest.approx(stats.f.sf(ratio**2, 1, placebos), abs=2e-6)


def test_the_calibrated_p_is_that_of_draws_where_event_and_placebos_share_months() -> None:
    rng = np.random.default_rng(5)
    event, sizes = rng.normal(size=8), rng.exponential(size=8)
    normal = rng.standard_normal((1_000_000, 8))
    drawn = np.abs(normal @ event) / np.sqrt(normal**2 @ sizes)
    ratios = np.array([0.5, 1.0, 2.0, 3.0])
    share = (drawn[:, None] >= ratios).mean(axis=0)
    assert calibrated._above(ratios, event, sizes) == pytest.approx(share, abs=5 * np.sqrt(0.25 / len(drawn)))


@pytest.mark.parametrize("alpha", [0.001, 0.05, 0.3, 0.9])
def test_the_critical_ratio_is_where_the_chance_reaches_alpha(alpha: float) -> None:
    one = calibrated.Reference((np.r_[3.0, 0.0, 0.0],), (np.r_[0.0, 4.5, 4.5],))
    critical = one.critical(alpha)
    assert critical == pytest.approx(np.sqrt(stats.f.isf(alpha, 1, 2)), rel=1e-4)
    assert one.chance(np.array([critical]))[0] <= alpha < one.chance(np.array([critical * (1 - 1e-5)]))[0]


# ------------------------------------------------------------------------------------------ blocks and intervals


@pytest.mark.parametrize("n", [12, 25, 36, 80, 200])
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_block_length_is_that_of_arch(n: int, rho: float) -> None:
    for seed in range(5):
        x = series(n, rho, seed)
        expected = float(arch_block_length(x)["circular"].iloc[0])
        assert inference.optimal_block_length(x) == pytest.approx(expected, rel=1e-8)


def test_the_interval_of_a_mean_is_that_of_arch() -> None:
    """Two independent sets of 4,000 resamples: ends agree to a twentieth of the width."""
    x = series(80)
    ours = inference.mean_interval(x, draws=4_000, block=4)
    theirs = CircularBlockBootstrap(4, x, seed=5).conf_int(np.mean, reps=4_000, method="percentile", size=0.95)
    assert isinstance(ours, inference.Interval)
    width = ours.high - ours.low
    assert ours.mean == pytest.approx(x.mean()) and ours.months == 80
    assert [ours.low, ours.high] == pytest.approx(theirs.ravel(), abs=width / 20)


def test_missing_months_drop_out_of_the_interval_and_are_not_filled() -> None:
    x = series(80)
    x[10:30] = np.nan
    found = inference.mean_interval(x)
    assert isinstance(found, inference.Interval)
    assert found.mean == pytest.approx(np.nanmean(x)) and found.months == 60
    moved = inference.mean_interval(x + 3.0)
    assert isinstance(moved, inference.Interval)
    assert (moved.low - found.low, moved.high - found.high) == pytest.approx((3.0, 3.0))


def test_the_noise_that_is_drawn_has_the_correlation_asked_for() -> None:
    noise = ar1(0.8, 30, 20_000, np.random.default_rng(1))
    assert np.corrcoef(noise[[3, 8, 9]]) == pytest.approx(correlation_matrix(0.8, np.array([3, 8, 9])), abs=0.03)
    assert noise.std(axis=1) == pytest.approx(np.ones(30), abs=0.03)


@pytest.mark.parametrize("rho", [0.3, 0.6])
def test_rho_and_sd_are_estimated_without_the_bias_of_short_series(rho: float) -> None:
    stretch = INSIDE["three months, middle"][0]
    base = stretch.fit_months & ~stretch.window
    projection = stretch.x[base] @ np.linalg.pinv(stretch.x[base])
    noise = 2 * ar1(rho, len(stretch.y), 400, np.random.default_rng(5))
    residuals = np.full(noise.shape, np.nan)
    residuals[base] = noise[base] - projection @ noise[base]
    found = np.array([estimate(residuals[:, i], stretch.x) for i in range(noise.shape[1])])
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
    assert inference.benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])


def test_a_cell_that_was_not_tested_is_not_counted() -> None:
    with_gap = np.array([0.01, np.nan, 0.04])
    assert inference.holm(with_gap) == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)
    assert inference.benjamini_hochberg(with_gap) == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)
    assert inference.smallest_after_holm(1 / 25, 10) == pytest.approx(0.4)
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
        float(sm.OLS(z, sm.add_constant((np.arange(40) >= place).astype(float))).fit().fvalue)
        for place in range(6, 35)
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


# -------------------------------------------------------------------------------------------------- robust twins


def test_the_robust_baseline_is_the_huber_fit_of_statsmodels() -> None:
    y = series(48)
    y[7] += 9.0
    x = inference.design(np.arange(48) % 12 + 1)
    mask = np.zeros((1, 48), dtype=bool)
    mask[0, 30:33] = True
    fit = sm.RLM(y[~mask[0]], x[~mask[0]], M=sm.robust.norms.HuberT(1.345)).fit(
        scale_est=sm.robust.scale.mad, maxiter=500, tol=1e-12
    )
    theirs = np.median(y[mask[0]] - x[mask[0]] @ fit.params)
    ours = robust.means(y, x, np.ones(48, dtype=bool), mask, "median")
    assert ours[0] == pytest.approx(theirs, abs=0.02)


def test_the_poisson_baseline_is_the_glm_of_statsmodels() -> None:
    y = 0.4 * series(48) + 3
    x = inference.design(np.arange(48) % 12 + 1)
    mask = np.zeros((2, 48), dtype=bool)
    mask[0, 30:33] = mask[1, 45:] = True
    ours = robust.means(y, x, np.ones(48, dtype=bool), mask, "poisson")
    for row, found in zip(mask, ours, strict=True):
        fit = sm.GLM(np.exp(y)[~row], x[~row], family=sm.families.Poisson()).fit(tol=1e-12)
        assert found == pytest.approx(np.log(np.exp(y[row]).sum() / np.exp(x[row] @ fit.params).sum()), abs=1e-8)


def test_a_month_of_nearly_no_trade_swamps_the_mean_and_not_its_twins() -> None:
    stretches = noisy(INSIDE["three months, middle"], 0.5, np.random.default_rng(6), sd=0.1)
    y = stretches[0].y.copy()
    y[26] -= 12.0  # a closure month that is outside the window and stays in the baseline
    odd = [Stretch(y, stretches[0].x, stretches[0].episodes)]
    moved = {}
    for statistic in ("mean", "median", "poisson"):
        rules = Rules(draws=50, statistic=statistic)  # type: ignore[arg-type]
        before, after = inference.effect(stretches, rules), inference.effect(odd, rules)
        assert isinstance(before, inference.Effect) and isinstance(after, inference.Effect)
        moved[statistic] = abs(after.raw - before.raw)
    assert moved["mean"] > 3 * moved["median"] and moved["mean"] > 3 * moved["poisson"]
