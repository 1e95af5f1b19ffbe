"""False alarms and finds: the functions that print the report's p-values, on series of which the truth is known.

Every test draws autoregressive noise for the months that the questions of the report really compare, gaps included.
Limits come from the binomial distribution of the number of alarms.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import binom

from analysis import Report, inference
from analysis.events.cells import Cell
from analysis.events.study import PERSISTENCE
from analysis.inference import Contrast, Effect, Precision, contrast
from analysis.inference.noise import ar1, ar1_at
from real_months import SHAPES, compared, fit_months, length, planted

DRAWS = 2_000
ALPHA = 0.05
# More alarms than this are seen in one of a thousand tests that keep their size.
LIMIT = binom.ppf(0.999, DRAWS, ALPHA) / DRAWS


@cache
def alarms(months: tuple[inference.Comparison, ...], rho: float) -> float:
    """Share of series without any effect that get a p of at most ALPHA, by the p that `compare` prints."""
    made = Contrast.of(months)
    noise = ar1_at(rho, made.months, DRAWS, np.random.default_rng(11))
    ratios = np.sort(np.abs(made.effects(noise)) / made.spreads(noise))
    # A p falls as its ratio grows, so only the far end need be computed; the first of it shows that none was missed.
    for share in (0.06, 0.12, 0.22, 0.35, 1.0):
        p = made.p_values(ratios[-int(share * DRAWS) :])
        if p[0] > ALPHA:
            break
    return float((p <= ALPHA).sum() / DRAWS)


def answered(report: Report) -> list[Cell]:
    cells = report.event_study.answered
    assert {c.key[0] for c in cells if c.control} == {"bans_2017", "closure_2020"} and any(not c.control for c in cells)
    return cells


@pytest.mark.parametrize("rho", [0.5, 0.8])
def test_the_questions_of_the_report_keep_their_size(rho: float, report: Report) -> None:
    shares = {cell.key: alarms(compared(report, cell), rho) for cell in answered(report)}
    assert max(shares.values()) <= LIMIT, shares
    # At the largest persistence that is guarded against, the test is not wasteful either.
    assert rho < 0.8 or min(shares.values()) >= 0.3 * ALPHA, shares


def test_nearer_to_a_wandering_series_the_test_does_not_keep_its_size(report: Report) -> None:
    """What the report says of itself: the guard ends at a persistence of 0.8."""
    assert max(alarms(compared(report, cell), 0.95) for cell in answered(report)) > 2 * LIMIT


@pytest.mark.parametrize("rho", PERSISTENCE)
def test_the_false_alarms_and_the_coverage_that_are_printed_are_those_of_the_questions(
    rho: float, report: Report
) -> None:
    cells, p = answered(report), report.parameters
    period = f"{p.start_year}-{p.end_year}"
    fact, coverage = (report.fact(f"events.{id}.rho{100 * rho:03.0f}.{period}") for id in ("false_alarms", "coverage"))
    again = max(inference.simulated_size(compared(report, cell), rho, p.alpha, p.seed) for cell in cells)
    assert fact.value == pytest.approx(100 * again) and coverage.value == pytest.approx(100 - 100 * again)
    assert fact.value is not None
    # Another seed, and the p itself in place of the critical ratio; the worst of several draws is a little above.
    own = 100 * max(alarms(compared(report, cell), rho) for cell in cells)
    assert own == pytest.approx(fact.value, abs=400 * np.sqrt(max(again * (1 - again), 0.01) / DRAWS))


@pytest.mark.parametrize("rho", [0.5, 0.8, 0.95])
def test_ranges_cover_the_truth_in_all_but_the_false_alarms(rho: float, report: Report) -> None:
    """By `compare` itself, one series after the other, round an effect that is there."""
    draws, truth = 300, -0.9
    for cell in answered(report)[:2]:
        months = compared(report, cell)
        noise = ar1_at(rho, Contrast.of(months).months, draws, np.random.default_rng(4))
        made = [inference.compare(column, months, ALPHA) for column in planted(noise, months, truth).T]
        covered = np.array([isinstance(r, Effect) and r.low <= truth <= r.high for r in made])
        blank = [inference.compare(column, months, ALPHA) for column in noise.T]
        kept = np.array([isinstance(r, Effect) and r.p > ALPHA for r in blank])
        assert (covered == kept).all()
        assert rho > 0.8 or covered.mean() >= binom.ppf(0.001, draws, 1 - ALPHA) / draws


@pytest.mark.parametrize("name", SHAPES)
def test_the_p_of_many_series_is_the_p_that_the_report_prints(name: str) -> None:
    noise = ar1(0.5, length(SHAPES[name]), 5, np.random.default_rng(3))
    made = Contrast.of(SHAPES[name])
    together = made.p_values(np.abs(made.effects(noise)) / made.spreads(noise))
    for column, p in zip(noise.T, together, strict=True):
        alone = inference.compare(column, SHAPES[name])
        assert isinstance(alone, Effect) and alone.p == pytest.approx(p, abs=1e-12)


# ------------------------------------------------------------------------------ what other methods would have done


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


@pytest.mark.parametrize(("rho", "least"), [(0.5, 0.20), (0.8, 0.35)])
def test_a_dummy_with_robust_errors_raises_false_alarms_and_ours_does_not(rho: float, least: float) -> None:
    """One window of six months after twelve: an ordinary dummy with Newey-West errors, and the test of the report."""
    months = SHAPES["one"]
    n = length(months)
    dummy = np.zeros(n)
    dummy[list(months[0].window)] = 1
    x = np.column_stack([np.ones(n), dummy])
    y = ar1(rho, n, DRAWS, np.random.default_rng(5))
    t = newey_west_t(y, x, 2)
    for column in range(3):
        fit = sm.OLS(y[:, column], x).fit(cov_type="HAC", cov_kwds={"maxlags": 2, "use_correction": True})
        assert fit.tvalues[1] == pytest.approx(t[column], rel=1e-8)
    assert (np.abs(t) > 2.12).mean() > least, "the 5 per cent of a t of 16 degrees of freedom"
    assert alarms(months, rho) <= LIMIT


# -------------------------------------------------------------------------------------------------- power


def test_the_detectable_effect_that_is_printed_is_found_in_four_of_five(report: Report) -> None:
    """Planted, up or down, in noise like that of the baseline, and judged by the p that is printed: of one test, and
    where the question is adjusted at the level of Holm's first step."""
    p, power, draws = report.parameters, report.event_study.plan.number("power"), 300
    # The quantile behind it was drawn too, which adds to what chance leaves here.
    low, high = binom.ppf([0.0002, 0.9998], draws, power) / draws
    for cell in answered(report):
        months, precise = compared(report, cell), cell.precision
        assert precise is not None and cell.detectable == precise.detectable
        sizes = [(precise.detectable, p.alpha)]
        if not cell.control:
            assert cell.detectable_adjusted is not None and cell.detectable_adjusted > precise.detectable
            sizes.append((-cell.detectable_adjusted, p.alpha / cell.family))
        made = Contrast.of(months)
        noise = precise.sd * ar1_at(precise.rho, made.months, draws, np.random.default_rng(23))
        for size, level in sizes:
            moved = planted(noise, months, size)
            found = made.p_values(np.abs(made.effects(moved)) / made.spreads(moved)) <= level
            assert low <= found.mean() <= high, (cell.key, level)


@pytest.mark.parametrize("rho", [0.3, 0.7])
@pytest.mark.parametrize("name", ["one", "several"])
def test_a_planted_effect_is_found_about_as_often_as_printed(
    name: str, rho: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each series prints its own detectable effect, from its own dozen months; planted, it is found in four of five."""
    monkeypatch.setattr(contrast, "DRAWS", 800)
    months, draws = SHAPES[name], 200
    noise = 0.3 * ar1(rho, length(months), draws, np.random.default_rng(23))
    found = 0
    for turn, column in enumerate(noise.T):
        before = inference.precision(column, months, ALPHA, 0.8, turn)
        assert isinstance(before, Precision)
        after = inference.compare(planted(column, months, before.detectable * (1 if turn % 2 else -1)), months, ALPHA)
        found += isinstance(after, Effect) and after.p <= ALPHA
    # Four of five, give or take the draws and what a dozen months can say about rho and sd.
    low, high = binom.ppf([0.005, 0.995], draws, 0.8) / draws
    assert low - 0.1 <= found / draws <= high + 0.1


def test_what_could_be_detected_does_not_look_into_the_windows(report: Report) -> None:
    study = report.event_study
    for cell in answered(report):
        _, windows, baselines = study.logs(cell.key)
        months = compared(report, cell)
        hidden = planted(baselines, months, np.nan)
        told = [inference.precision(y, months, ALPHA, 0.8, study.report.parameters.seed) for y in (baselines, hidden)]
        assert told[0] == told[1] == cell.precision
        assert not np.isnan(windows[sorted({m for c in months for m in c.window})]).any()


# ----------------------------------------------------------------------------------------- correlations, breaks


@pytest.mark.parametrize("rho", [0.5, 0.8])
def test_the_correlation_of_unrelated_series_keeps_its_size(rho: float) -> None:
    fit = fit_months("imports")["2016-04":].to_numpy()
    rng = np.random.default_rng(8)
    n, draws = len(fit), 600
    x, y = ar1(rho, n, draws, rng), ar1(rho, n, draws, rng)
    y[~fit] = np.nan
    results = [inference.lagged(x[:, i], y[:, i], [1])[0] for i in range(draws)]
    assert all(isinstance(result, inference.Correlation) for result in results)
    limit = binom.ppf(0.999, draws, ALPHA) / draws
    for which in ("p_pearson", "p_spearman"):
        assert np.mean([getattr(result, which) <= ALPHA for result in results]) <= limit


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
    noise = ar1(rho, len(fit), 150, np.random.default_rng(6))
    noise[~fit] = np.nan
    found = [inference.find_breaks(noise[:, i], most=1, draws=299) for i in range(noise.shape[1])]
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
