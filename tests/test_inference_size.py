"""False alarms and finds: the functions that print the report's p-values, on series of which the truth is known.

Every test draws autoregressive noise for the months that are really fit for a test, gaps included. Limits come from
the binomial distribution of the number of alarms.
"""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import binom

from analysis import inference
from analysis.inference import Effect, Many, Rules, Stretch
from analysis.inference.effects import placed
from analysis.inference.noise import ar1
from analysis.inference.placebo import rank_p
from real_months import INSIDE, OPENING, fit_months, noisy

DRAWS = 2_000
ALPHA = 0.05
# More alarms than this are seen in one of a thousand tests that keep their size.
LIMIT = binom.ppf(0.999, DRAWS, ALPHA) / DRAWS
RULES = Rules(draws=500)
PLANTED = ("three months, middle", "three episodes", "2020, three months", "2020, twelve months")


def drawn(stretches: list[Stretch], rho: float, draws: int = DRAWS, seed: int = 11) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [ar1(rho, len(s.y), draws, rng) for s in stretches]


def alarms(p: np.ndarray | None) -> float:
    assert p is not None
    return float((p <= ALPHA).mean())


@pytest.mark.parametrize("rho", [0.5, 0.8])
@pytest.mark.parametrize("name", INSIDE)
def test_inside_a_regime_both_tests_keep_their_size(name: str, rho: float) -> None:
    made = inference.many(INSIDE[name], drawn(INSIDE[name], rho), RULES)
    assert isinstance(made, Many) and made.calibrated is None
    assert alarms(made.placebo) <= LIMIT
    assert alarms(made.shift) <= LIMIT


@pytest.mark.parametrize("rho", [0.5, 0.8])
@pytest.mark.parametrize("name", OPENING)
def test_an_event_that_opens_a_regime_keeps_its_size(name: str, rho: float) -> None:
    made = inference.many(OPENING[name], drawn(OPENING[name], rho), RULES)
    assert isinstance(made, Many) and made.shift is None and made.calibrated is not None
    assert alarms(made.calibrated) <= LIMIT
    assert alarms(made.placebo) <= LIMIT
    assert (made.placebo >= made.calibrated).all()


def test_the_size_at_dates_drawn_by_lot_is_near_the_nominal_one() -> None:
    """Averaged over the dates of a regime without gaps, the p of circular shifts may not be wasteful either."""
    found = []
    n = 60
    x = inference.design(np.arange(n) % 12 + 1, trend=False, season="none")
    for first in range(0, n - 3, 3):
        stretch = Stretch(np.zeros(n), x, ((first, first + 2),))
        made = inference.many([stretch], drawn([stretch], 0.5, 200, first), RULES)
        assert isinstance(made, Many) and made.shift is not None
        found.append(made.shift)
    share = float((np.concatenate(found) <= ALPHA).mean())
    draws = 200 * len(found)
    attainable = np.floor(ALPHA * n) / n
    assert binom.ppf(0.001, draws, attainable * 0.7) / draws <= share <= binom.ppf(0.999, draws, attainable) / draws


@pytest.mark.parametrize("name", [*INSIDE, *OPENING])
def test_the_p_of_many_series_is_the_p_that_the_report_prints(name: str) -> None:
    stretches = (INSIDE | OPENING)[name]
    rng = np.random.default_rng(3)
    for _ in range(3):
        real = noisy(stretches, 0.5, rng)
        one = inference.effect(real, RULES)
        many = inference.many(stretches, [np.nan_to_num(s.y)[:, None] for s in real], RULES)
        assert isinstance(one, Effect) and isinstance(many, Many)
        assert one.placebo.p == many.placebo[0]
        if isinstance(one.shift, inference.Null):
            assert many.shift is not None and one.shift.p == many.shift[0]
        if one.calibrated is not None:
            assert many.calibrated is not None and one.calibrated.p == many.calibrated[0]


# ------------------------------------------------------------------------------ what other methods would have done


def test_the_mere_rank_of_an_event_that_opens_a_regime_raises_false_alarms() -> None:
    """Why there is a calibrated p: placebo dates in the months before are not like a forecast beyond their end."""
    stretches = OPENING["2020, twelve months"]
    ready = placed(stretches, RULES)
    assert not isinstance(ready, inference.Untested)
    joint = ready[0].placebo
    effects = joint.effects(drawn(stretches, 0.5))
    share = (rank_p(effects - effects.mean(axis=0)) <= ALPHA).mean()
    assert share > 2 * LIMIT


def newey_west_t(y: np.ndarray, x: np.ndarray, lags: int) -> np.ndarray:
    """(s,) t of the last column of x (n, k) for each column of y (n, s), small-sample corrected, Bartlett weights."""
    n, k = x.shape
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ y
    errors = y - x @ beta
    # Only the row of the last coefficient is needed: its influence, month by month.
    influence = (x @ inverse[-1])[:, None] * errors
    variance = (influence**2).sum(axis=0)
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * (influence[lag:] * influence[:-lag]).sum(axis=0)
    return beta[-1] / np.sqrt(variance * n / (n - k))


@pytest.mark.parametrize(("rho", "least"), [(0.5, 0.25), (0.8, 0.40)])
def test_a_dummy_with_robust_errors_raises_false_alarms_and_ours_does_not(rho: float, least: float) -> None:
    """The table in METHODS: one event of twelve months in 200, ordinary dummy, Newey-West errors."""
    n, lags = 200, 4
    dummy = np.zeros(n)
    dummy[94:106] = 1
    x = np.column_stack([np.ones(n), dummy])
    y = ar1(rho, n, DRAWS, np.random.default_rng(5))
    t = newey_west_t(y, x, lags)
    for column in range(3):
        fit = sm.OLS(y[:, column], x).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
        assert fit.tvalues[1] == pytest.approx(t[column], rel=1e-8)
    assert (np.abs(t) > 1.972).mean() > least

    stretch = Stretch(np.zeros(n), np.ones((n, 1)), ((94, 105),))
    ours = inference.many([stretch], [y], RULES)
    assert isinstance(ours, Many)
    assert alarms(ours.placebo) <= LIMIT and alarms(ours.shift) <= LIMIT


# -------------------------------------------------------------------------------------------------- power


@pytest.mark.parametrize("rho", [0.5, 0.8])
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_effect_is_found_about_as_often_as_printed(name: str, rho: float) -> None:
    """Each series prints its own detectable effect, from its own baseline; planted, it is found in four of five."""
    stretches = (INSIDE | OPENING)[name]
    rules = Rules(draws=150, simulations=500, power_simulations=200)
    rng = np.random.default_rng(23)
    found, draws = 0, 150
    for turn in range(draws):
        noise = noisy(stretches, rho, rng, sd=0.3)
        before = inference.testable(noise, rules)
        assert isinstance(before, inference.Testable)
        size = before.calibrated_detectable if name in OPENING else before.detectable
        assert size is not None
        sign = 1 if turn % 2 else -1
        after = inference.effect([plant(s, sign * size) for s in noise], rules)
        assert isinstance(after, Effect)
        p = after.calibrated.p if after.calibrated else after.placebo.p
        found += p <= ALPHA
    # Four of five, give or take the draws and what 30 months can say about rho and sd.
    low, high = binom.ppf([0.005, 0.995], draws, 0.8) / draws
    assert low - 0.08 <= found / draws <= high + 0.08


def plant(stretch: Stretch, size: float) -> Stretch:
    return Stretch(stretch.y + size * stretch.window, stretch.x, stretch.episodes, stretch.opens)


def test_the_detectable_effect_does_not_look_into_the_window() -> None:
    for name, stretches in (INSIDE | OPENING).items():
        noise = noisy(stretches, 0.5, np.random.default_rng(2))
        rng = np.random.default_rng(3)
        other = [
            Stretch(np.where(s.window, s.y + rng.normal(size=len(s.y)), s.y), s.x, s.episodes, s.opens) for s in noise
        ]
        assert inference.testable(noise, RULES) == inference.testable(other, RULES), name


def test_what_cannot_reject_says_so() -> None:
    """Twelve months in thirty-six leave 25 dates: no effect of any size passes one per cent."""
    stretches = noisy(INSIDE["twelve months"], 0.5, np.random.default_rng(1))
    before = inference.testable(stretches, Rules(alpha=0.01, draws=500))
    assert isinstance(before, inference.Testable)
    assert before.smallest_p > 0.01 and before.detectable is None
    after = inference.effect([plant(s, 50.0) for s in stretches], RULES)
    assert isinstance(after, Effect) and after.placebo.p >= before.smallest_p


# ----------------------------------------------------------------------------------- intervals, correlations, breaks


@pytest.mark.parametrize("rho", [0.5, 0.8])
@pytest.mark.parametrize("name", ["three months, middle", "twelve months", "2020, twelve months"])
def test_intervals_cover_the_truth_about_as_often_as_they_say(name: str, rho: float) -> None:
    """Blocks alone cover as little as 55 of 100; widened, at least 85 on two or three years."""
    stretches = (INSIDE | OPENING)[name]
    rng = np.random.default_rng(4)
    rules = Rules(draws=100, simulations=100, resamples=300)
    covered, draws = 0, 200
    for _ in range(draws):
        result = inference.effect(noisy(stretches, rho, rng), rules)
        assert isinstance(result, Effect)
        covered += result.low + result.placebo_mean <= 0 <= result.high + result.placebo_mean
    assert covered / draws >= binom.ppf(0.001, draws, 0.88) / draws


@pytest.mark.parametrize("rho", [0.5, 0.8])
def test_the_correlation_of_unrelated_series_keeps_its_size(rho: float) -> None:
    fit = fit_months("imports")["2016-04":].to_numpy()
    rng = np.random.default_rng(8)
    n, draws = len(fit), DRAWS
    x, y = ar1(rho, n, draws, rng), ar1(rho, n, draws, rng)
    y[~fit] = np.nan
    results = [inference.lagged(x[:, i], y[:, i], [1])[0] for i in range(draws)]
    assert all(isinstance(result, inference.Correlation) for result in results)
    for which in ("p_pearson", "p_spearman"):
        assert np.mean([getattr(result, which) <= ALPHA for result in results]) <= LIMIT


def test_levels_that_wander_correlate_by_chance_and_their_differences_do_not() -> None:
    rng = np.random.default_rng(9)
    n, draws = 100, 300
    x, y = rng.normal(size=(2, draws, n)).cumsum(axis=2)
    twins = [inference.twin(a, b, [0]) for a, b in zip(x, y, strict=True)]
    critical = 1.984 / np.sqrt(n - 2 + 1.984**2)
    naive = np.mean([abs(t.levels[0].pearson) > critical for t in twins])  # type: ignore[union-attr]
    differences = np.mean([t.differences[0].p_pearson <= ALPHA for t in twins])  # type: ignore[union-attr]
    assert naive > 0.6
    assert differences <= binom.ppf(0.999, draws, ALPHA) / draws


@pytest.mark.parametrize("rho", [0.5, 0.8])
def test_breaks_are_not_found_where_there_are_none(rho: float) -> None:
    fit = fit_months("exports")["2010-01":"2022-12"].to_numpy()
    noise = ar1(rho, len(fit), 300, np.random.default_rng(6))
    noise[~fit] = np.nan
    found = [inference.find_breaks(noise[:, i], most=1, draws=499) for i in range(noise.shape[1])]
    share = np.mean([f.steps[0].p <= ALPHA for f in found if isinstance(f, inference.Breaks)])
    assert share <= binom.ppf(0.999, noise.shape[1], ALPHA) / noise.shape[1]


def test_a_real_break_is_found_and_its_set_of_dates_holds_it() -> None:
    fit = fit_months("exports")["2010-01":"2022-12"].to_numpy()
    at, draws = 100, 60
    noise = ar1(0.5, len(fit), draws, np.random.default_rng(6))
    noise[at:] += 3.0
    noise[~fit] = np.nan
    found = [inference.find_breaks(noise[:, i], most=1, draws=199) for i in range(draws)]
    first = [f.breaks[0] for f in found if isinstance(f, inference.Breaks) and f.breaks]
    assert len(first) >= 0.9 * draws
    # A break within a gap is seen at the next month with a figure.
    seen = at + int(np.argmax(fit[at:]))
    assert np.mean([b.low <= seen <= b.high for b in first]) >= binom.ppf(0.001, draws, 0.93) / draws
    assert np.mean([b.shift for b in first]) == pytest.approx(3.0, abs=0.3)
