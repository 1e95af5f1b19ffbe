"""The event study on hand-made months: episodes, dates that count, planted effects, and gaps with their reasons."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from analysis import Report
from analysis.catalogue import Catalogue
from analysis.errors import BadParameter
from analysis.events import catalogue as events
from analysis.events import correlations, effects, stored, testable
from analysis.events.catalogue import Episode, Event, merge
from analysis.events.months import Choices, Months, months
from analysis.events.plan import EventClass, Regime, Window, month_name, ordinal, plan
from analysis.events.study import Study
from analysis.events.testable import Possible
from analysis.inference import Effect, Untested
from analysis.parameters import resolve

KIND = EventClass("made", "made events", "events/catalogue", "rule", "effective_date", False, "")
BEFORE = Regime("before", ordinal("2014-01"), ordinal("2016-12"), "before", frozenset())
AFTER = Regime("after", ordinal("2017-01"), ordinal("2019-12"), "after", frozenset({"ban"}))
M0_M2, LEAD = Window("m0_m2", 0, 2, ""), Window("lead_3_1", -3, -1, "")


def event(id: str, date: str, effective: str = "") -> Event:
    return Event(id, date, effective or date, id, f"events/catalogue#{id}", ("audit-2026",))


def spans(found: list[Episode]) -> list[tuple[str, str]]:
    return [(month_name(e.first), month_name(e.last)) for e in found]


# ---------------------------------------------------------------------------------------- episodes and dates


def test_windows_that_share_a_month_are_one_episode_and_neighbours_are_two() -> None:
    made = (event("a", "2015-01-10"), event("b", "2015-03-01"), event("c", "2015-06-30"), event("d", "2015-09-01"))
    found = events.episodes(made, KIND, M0_M2, (BEFORE,))["before"]
    assert spans(found) == [("2015-01", "2015-05"), ("2015-06", "2015-08"), ("2015-09", "2015-11")]
    assert [len(e.events) for e in found] == [2, 1, 1] and found[0].nominal == 5


def test_merging_does_not_hang_on_the_order() -> None:
    pieces = [Episode(first, first + 2, 3, (event(str(first), "2015-01"),), False) for first in (0, 2, 7, 9, 14)]
    for order in itertools.permutations(pieces):
        assert [(e.first, e.last) for e in merge(list(order))] == [(0, 4), (7, 11), (14, 16)]


def test_a_window_is_cut_at_the_end_of_its_regime_and_keeps_its_nominal_length() -> None:
    found = events.episodes((event("late", "2016-12-20"),), KIND, M0_M2, (BEFORE, AFTER))
    assert spans(found["before"]) == [("2016-12", "2016-12")] and found["before"][0].nominal == 3
    assert "after" not in found


def test_the_effective_date_counts_where_the_class_says_so() -> None:
    cap = event("cap", "2015-11-30", "2016-01-01")
    assert spans(events.episodes((cap,), KIND, M0_M2, (BEFORE,))["before"]) == [("2016-01", "2016-03")]
    adopted = events.episodes((cap,), replace(KIND, counts_from="date"), M0_M2, (BEFORE,))["before"]
    assert spans(adopted) == [("2015-11", "2016-01")]
    assert spans(events.episodes((cap,), KIND, M0_M2, (BEFORE,), counts_from="date")["before"]) == spans(adopted)


def test_late_days_move_only_when_asked_and_a_year_alone_never_counts() -> None:
    assert event("x", "2015-05-21").month("date") == ordinal("2015-05")
    assert event("x", "2015-05-21").month("date", late=True) == ordinal("2015-06")
    assert event("x", "2015-05-20").month("date", late=True) == ordinal("2015-05")
    assert event("x", "2015-05").month("date", late=True) == ordinal("2015-05")
    assert event("x", "2015").month("date") is None


def test_an_event_that_makes_a_regime_opens_it_and_its_lead_lies_before() -> None:
    ban = event("ban", "2017-02-18", "2017-02-19")
    found = events.episodes((ban,), KIND, LEAD, (BEFORE, AFTER))
    assert list(found) == ["after"] and found["after"][0].opens
    assert spans(found["after"]) == [("2016-11", "2017-01")]
    inside = events.episodes((event("other", "2017-02-18"),), KIND, LEAD, (BEFORE, AFTER))["after"]
    assert spans(inside) == [("2017-01", "2017-01")] and not inside[0].opens, "cut where its regime begins"


# ------------------------------------------------------------------------------------------ planted effects


def made_months(planted: float, places: list[int], noise: float = 0.05, seed: int = 3) -> Months:
    """Months of 2004 to 2025 with trend and season and `planted` log points in the months `places`."""
    start, n = ordinal("2004-01"), 22 * 12
    t = np.arange(n)
    log = 5 + 0.004 * t + 0.2 * np.cos(2 * np.pi * (t + 1) / 12) + np.random.default_rng(seed).normal(0, noise, n)
    for place in places:
        log[place - start] += planted
    return Months(start, np.exp(log), None)


@pytest.mark.parametrize("planted", [-0.7, 0.5])
def test_a_planted_effect_is_recovered_inside_a_regime(report: Report, planted: float) -> None:
    chosen = Choices()
    blank = effects.design(report, "nuclear_tests", "imports", "m0_m2", chosen, made_months(0, []))
    data = made_months(planted, sorted(blank.window_months))
    design = effects.design(report, "nuclear_tests", "imports", "m0_m2", chosen, data)
    found = effects.effect(report, design, chosen)
    assert isinstance(found, Effect)
    assert abs(found.effect - planted) < 0.08 and found.low < planted < found.high
    assert found.placebo.p <= 0.01 and found.calibrated is None


def test_a_planted_effect_is_recovered_where_an_episode_opens_a_regime(report: Report) -> None:
    chosen = Choices()
    blank = effects.design(report, "bans_2017", "imports", "m0_m2", chosen, made_months(0, []))
    assert all(stretch.opens for stretch in blank.stretches)
    assert max(blank.baseline) == ordinal("2016-12"), "the baseline ends with the regime before"
    data = made_months(-0.7, sorted(blank.window_months))
    found = effects.effect(report, effects.design(report, "bans_2017", "imports", "m0_m2", chosen, data), chosen)
    assert isinstance(found, Effect) and found.calibrated is not None
    assert abs(found.effect + 0.7) < 0.15 and found.calibrated.p <= 0.01


def test_what_can_be_tested_reads_no_value_inside_a_window(report: Report) -> None:
    chosen = Choices()
    made = [effects.design(report, "nuclear_tests", "imports", "m0_m5", chosen, made_months(0, []))]
    places = sorted(made[0].window_months)
    made.append(effects.design(report, "nuclear_tests", "imports", "m0_m5", chosen, made_months(-3, places)))
    told = [Possible(design, *testable.found(report, design, chosen), None) for design in made]
    assert told[0].detectable == told[1].detectable and told[0].smallest_p == told[1].smallest_p


@pytest.mark.parametrize("class_id", ["nuclear_tests", "bans_2017"])
def test_a_result_that_was_kept_as_json_has_every_digit(report: Report, class_id: str) -> None:
    made = effects.design(report, class_id, "imports", "m0_m2", Choices(), months(report, "imports", Choices()))
    could, _ = testable.found(report, made, Choices())
    found = effects.effect(report, made, Choices())
    assert could is not None and isinstance(found, Effect)

    def kept(result: object) -> dict[str, object]:
        body: dict[str, object] = json.loads(json.dumps(stored.plain(result)))  # type: ignore[arg-type]
        return body

    assert stored.testable(kept(could)) == could
    again = stored.effect(kept(found))
    assert again is not None and stored.plain(again) == stored.plain(found) and again.calibrated == found.calibrated
    assert type(again.shift) is type(found.shift) and again.placebo.p == found.placebo.p
    assert (again.effect, again.low, again.high, again.block) == (found.effect, found.low, found.high, found.block)


def test_the_raw_effect_is_the_mean_forecast_error_of_least_squares(report: Report) -> None:
    # Another route: numpy alone, from the printed months, for one cell inside a regime and one that opens a regime.
    for key in (("nuclear_tests", "exports", "m0_m5"), ("bans_2017", "imports", "m0_m2")):
        found, _ = report.event_study.effect(key)
        assert found is not None
        errors: list[float] = []
        for kind in ("inside", "opens"):
            errors += by_hand(report, key, kind == "opens")
        assert found.raw == pytest.approx(np.mean(errors), abs=1e-9)


def baseline(numbers: list[int]) -> np.ndarray:
    """Constant, trend, and one sine and cosine a year, for months as ordinals."""
    angle = [2 * np.pi * (m % 12 + 1) / 12 for m in numbers]
    return np.array([[1, m, np.cos(a), np.sin(a)] for m, a in zip(numbers, angle, strict=True)])


def by_hand(report: Report, key: tuple[str, str, str], opens: bool) -> list[float]:
    """Forecast errors of all windows of a cell, from the table of months and numpy's least squares."""
    class_id, flow, window_id = key
    cells = report.months.xs(flow, level="measure")
    log = {
        ordinal(str(m)): np.log(c["value"])
        for m, c in cells.iterrows()
        if c["finest"] == "month" and c["quality"] in ("A", "B") and c["value"] >= 1
    }
    declared = plan(report.catalogue)
    window, kind = declared.windows[window_id], declared.classes[class_id]
    zeros = {e.event_id: e.month(kind.counts_from) for e in events.events_of(report.catalogue, class_id)}
    regimes, errors = declared.regimes(flow), []
    # A window ends with its regime, so the months after that bound stay in the next baseline.
    dated = {id: z for id, z in zeros.items() if z is not None and z >= regimes[0].first}
    end = {id: next(r.last for r in regimes if r.first <= z <= r.last) for id, z in dated.items()}
    own = {z + k for id, z in dated.items() for k in range(window.first, window.last + 1) if z + k <= end[id]}
    for before, regime in zip([None, *regimes], regimes, strict=False):
        inside = {
            id: z
            for id, z in zeros.items()
            if z is not None and regime.first <= z <= regime.last and (id in regime.opened_by) == opens
        }
        base = before if opens else regime
        if not inside or base is None:
            continue
        each = [
            [z + k for k in range(window.first, window.last + 1) if z + k <= regime.last and z + k in log]
            for z in inside.values()
        ]
        windows = sorted({m for months_ in each if len(months_) >= 0.5 * window.months for m in months_})
        if not windows:
            continue
        fit = [m for m in log if base.first <= m <= base.last and m not in own]
        if len(fit) < 12:
            continue
        beta = np.linalg.lstsq(baseline(fit), np.array([log[m] for m in fit]), rcond=None)[0]
        errors += list(np.array([log[m] for m in windows]) - baseline(windows) @ beta)
    return errors


# --------------------------------------------------------------------------------------------- real months


def test_no_month_of_grade_c_or_d_and_no_unfit_month_carries_a_test(report: Report) -> None:
    for key in report.event_study.keys:
        made = report.event_study.design(key)
        cells = report.months.xs(key[1], level="measure")
        fit = {ordinal(str(m)) for m, c in cells.iterrows() if c["finest"] == "month" and c["quality"] in ("A", "B")}
        assert set(made.baseline) <= fit
        assert not set(made.baseline) & made.window_months, "a baseline month lies in no window of its class"
        used = sum(int(np.isfinite(stretch.y).sum()) for stretch in made.stretches)
        windows = sum(len(set(range(e.first, e.last + 1)) & fit) for e in made.episodes)
        assert used <= windows + sum(len(set(made.baseline)) for _ in made.stretches)


def test_each_flow_is_read_from_its_own_rows(report: Report) -> None:
    for flow in ("exports", "imports", "total"):
        data = months(report, flow, Choices())
        value = data.values[ordinal("2017-08") - data.start]
        assert value == report.fact(f"trade.month_{flow}.customs.2017-08").value
    fact = report.fact("events.effect.bans_2017.imports.m0_m2")
    assert {row.rpartition("-")[2] for row in fact.rows if row.startswith("trade/")} == {"imports"}
    assert fact.value is not None and fact.value < 0, "what the bans forbade is what China buys"


def test_months_below_the_floor_enter_only_the_closures(report: Report) -> None:
    data = Months(0, np.array([0.5, 2.0]), None)
    assert np.isnan(data.logs(1.0)[0]) and np.isfinite(data.logs(0.0)[0])
    tiny = {
        report.event_study.months("exports").start + int(i)
        for i in np.flatnonzero(report.event_study.months("exports").values < 1)
    }
    assert tiny, "the closed border has such months"
    for key in report.event_study.keys:
        if key[1] == "exports":
            assert not tiny & set(report.event_study.design(key).baseline)


# ------------------------------------------------------------------------------------------------- gaps


def test_a_class_without_events_is_a_gap_with_its_reason(report: Report) -> None:
    made = effects.design(
        Report(resolve({"as_of": "2002-06-30"})), "nuclear_tests", "imports", "m0_m2", Choices(), made_months(0, [])
    )
    assert made.stretches == () and made.reason == "the class has no event"


def test_a_window_beyond_the_data_is_a_gap_with_its_reason(report: Report) -> None:
    data = made_months(0, [])
    empty = Months(data.start, np.where(np.arange(len(data.values)) < 120, data.values, np.nan), None)
    made = effects.design(report, "closure_2020", "imports", "m0_m11", Choices(), empty)
    assert made.stretches == () and "fit for reading" in made.reason


def test_a_constant_series_gives_a_reason_and_no_number(report: Report) -> None:
    data = made_months(0, [])
    flat = Months(data.start, np.full(len(data.values), 7.0), None)
    made = effects.design(report, "nuclear_tests", "imports", "m0_m2", Choices(), flat)
    found = effects.effect(report, made, Choices())
    assert isinstance(found, Untested)
    assert Possible(made, *testable.found(report, made, Choices()), None).verdict(0.05, 1) == testable.NO


def test_too_short_a_baseline_is_a_gap_with_its_reason(report: Report) -> None:
    fact = report.fact("events.testable.bans_2017.exports.m0_m2")
    assert fact.value is None and "baseline" in fact.formula
    assert report.fact("events.effect.bans_2017.exports.m0_m2").value is None


def test_a_test_that_cannot_reject_says_so(report: Report) -> None:
    cells = report.event_study.possible
    weak = [key for key, p in cells.items() if p.smallest_p is not None and p.smallest_p > 0.05]
    assert weak and all(report.event_study.verdict(key) == testable.NEVER for key in weak)
    alone = [
        k
        for k, p in cells.items()
        if p.smallest_p and p.smallest_p <= 0.05 < p.smallest_p * report.event_study.family[k[1]]
    ]
    assert alone and all(report.event_study.verdict(key) == testable.ALONE for key in alone)


# ------------------------------------------------------------------------------------- plan, facts, families


def test_every_cell_of_the_plan_has_its_two_facts(report: Report, catalogue: Catalogue) -> None:
    declared = plan(catalogue)
    for class_id, flow, window in itertools.product(
        declared.classes, ("exports", "imports", "total"), declared.windows
    ):
        able = report.fact(f"events.testable.{class_id}.{flow}.{window}")
        effect = report.fact(f"events.effect.{class_id}.{flow}.{window}")
        for fact in (able, effect):
            assert (fact.value is None) == fact.formula.startswith("a gap: ")
        if effect.value is None:
            continue
        stats = dict(effect.stats or {})
        assert {"n", "p_placebo", "smallest_attainable_p", "baseline_months", "family_size", "p_adjusted"} <= set(stats)
        assert effect.low is not None and effect.high is not None and effect.low <= effect.value <= effect.high
        assert stats["smallest_attainable_p"] <= stats["p_placebo"] <= stats["p_adjusted"] <= 1
        assert stats["baseline_months"] >= declared.number("min_baseline_months")


def test_adjusted_p_agree_with_statsmodels(report: Report) -> None:
    cells = report.event_study.cells
    for flow in report.event_study.flows:
        family = [c for c in cells.values() if c.key[1] == flow and c.p is not None]
        assert len(family) == report.event_study.family[flow]
        expected = multipletests([c.p for c in family], method="holm")[1]
        assert [c.holm for c in family] == pytest.approx(list(expected))
    every = [c for c in cells.values() if c.p is not None]
    assert [c.fdr for c in every] == pytest.approx(list(multipletests([c.p for c in every], method="fdr_bh")[1]))


def test_the_explanation_of_an_effect_shows_events_months_and_sources(report: Report) -> None:
    from analysis.explain import explain

    told = explain(report, "events.effect.closures.exports.m0_m11")
    tables = {row.row.partition("#")[0] for row in told.inputs}
    assert tables == {"events/catalogue", "trade/china_dprk_monthly"} and told.sources and told.caveats


@pytest.mark.parametrize(
    "settings",
    [
        {"event_classes": "nuclear_tests,summits"},
        {"windows": "m0_m2"},
        {"flow": "imports"},
        {"regimes": "sanctions"},
        {"baseline": "season"},
        {"controls": "china_trade"},
        {"alpha": 0.1},
        {"lags": 1},
        {"frequency": "year"},
        {"seed": 5},
        {"placebo_draws": 700},
    ],
    ids=str,
)
def test_every_parameter_has_an_effect(settings: dict[str, object], report: Report) -> None:
    few = {"event_classes": "nuclear_tests,launches_long,closures", **settings}
    told = [
        fingerprint(Report(resolve(s)))
        for s in ({"event_classes": few["event_classes"]} if "event_classes" not in settings else {}, few)
    ]
    assert told[0] != told[1]


def fingerprint(report: Report) -> list[object]:
    return [(f.id, f.value, f.low, tuple((f.stats or {}).items())) for f in report.facts.under("events")]


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("event_classes", "nuclear_test", "nuclear_tests"),
        ("windows", "m0_m3", "m0_m"),
        ("regimes", "sanction", "sanctions"),
        ("flow", "export", "exports"),
        ("baseline", "trends", "trend"),
        ("controls", "china", "china_trade"),
        ("alpha", 0.5, "0.001 to 0.2"),
        ("alpha", "x", "0.001 to 0.2"),
        ("placebo_draws", 10, "500 to 100000"),
        ("seed", -1, "from 0"),
        ("lags", 7, "0 to 6"),
        ("frequency", "week", "month"),
        ("lags", 1.5, "0 to 6"),
    ],
)
def test_a_bad_parameter_gives_one_sentence(name: str, value: object, hint: str) -> None:
    with pytest.raises(BadParameter) as error:
        resolve({name: value})
    assert name in str(error.value) and hint in str(error.value) and "\n" not in str(error.value)


# ---------------------------------------------------------------------------------------------- correlations


def test_a_planted_lag_is_found_at_that_lag_and_with_that_sign() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=120)
    y = np.full(120, np.nan)
    y[2:] = -x[:-2]
    found = [correlations._pearson(x, y, lag, 12) for lag in range(-3, 4)]
    assert found[5] == pytest.approx(-1) and max(abs(v or 0) for i, v in enumerate(found) if i != 5) < 0.5


def test_differences_leave_gaps_open() -> None:
    changed = correlations._change(np.array([1.0, np.nan, 4.0, 9.0]), 1)
    assert np.isnan(changed[:3]).all() and changed[3] == 5


def test_no_correlation_of_levels_stands_without_its_differenced_twin(report: Report) -> None:
    for fact in report.facts.under("events.correlation"):
        if fact.stats and "levels_pearson" in fact.stats:
            assert fact.value is not None and {"p_shift", "p_adjusted", "n"} <= set(fact.stats)


def test_a_short_edition_names_its_gaps() -> None:
    made = Study(Report(resolve({"start_year": 2010, "end_year": 2012})))
    assert made.keys and not any(cell.found for cell in made.cells.values() if cell.key[0] == "closure_2020")
    assert all(p.reason or p.found is not None for p in made.possible.values())


def test_months_more_persistent_than_the_p_allows_for_are_named(report: Report) -> None:
    from analysis.tables.events import PERSISTENT, verdict_words

    cells = report.event_study.cells.values()
    strong = [c for c in cells if c.possible.persistent and c.p is not None and c.p <= report.parameters.alpha]
    assert strong and all(PERSISTENT in verdict_words(report, c) for c in strong)
    weak = [c for c in cells if c.possible.rho is not None and c.possible.rho <= testable.GUARDED]
    assert weak and not any(PERSISTENT in verdict_words(report, c) for c in weak)
