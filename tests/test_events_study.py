"""The event study: episodes, the months that are compared, planted effects, the answers on real months, and gaps."""

from __future__ import annotations

import csv
import itertools
import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from analysis import Report
from analysis.catalogue import Catalogue
from analysis.errors import BadParameter
from analysis.events import catalogue as events
from analysis.events import correlations
from analysis.events.catalogue import Episode, Event, merge
from analysis.events.cells import TESTABLE, UNTESTABLE, WEAK, estimate, judged, percent
from analysis.events.design import Design, Rules, Usable, design
from analysis.events.months import Choices, Months, months
from analysis.events.plan import EventClass, Regime, Window, month_name, ordinal, plan
from analysis.events.sensitivity import ranges
from analysis.events.study import Study
from analysis.inference import Effect
from analysis.parameters import resolve
from conftest import ROOT

KIND = EventClass("made", "made events", "events/catalogue", "rule", "effective_date", False, "")
BEFORE = Regime("before", ordinal("2010-01"), ordinal("2016-12"), "before", frozenset())
AFTER = Regime("after", ordinal("2017-01"), ordinal("2019-12"), "after", frozenset({"ban"}))
M0_M2, LEAD = Window("m0_m2", 0, 2, ""), Window("lead_3_1", -3, -1, "")
RULES = Rules(least=12, most=12, oldest=36, share=0.5)
NAN = float("nan")


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


# --------------------------------------------------------------------------------- which months are compared


def usable(*missing: str, only_windows: str = "") -> Usable:
    """Months of 2010 to 2019 with a figure, but for those that are named; `only_windows` serves no baseline."""
    start = ordinal("2010-01")
    values = np.ones(120)
    values[[ordinal(month) - start for month in missing]] = NAN
    baseline = values.copy()
    if only_windows:
        baseline[ordinal(only_windows) - start] = NAN
    return Usable.of(start, baseline, values)


def compared(
    *dated: Event, known: Usable | None = None, breaks: tuple[str, ...] = (), rules: Rules = RULES,
    window: Window = M0_M2, regimes: tuple[Regime, ...] = (BEFORE, AFTER),
) -> Design:  # fmt: skip
    episodes = events.episodes(dated, KIND, window, regimes)
    key = ("made", "imports", window.window_id)
    return design(key, episodes, regimes, known or usable(), [ordinal(b) for b in breaks], len(dated), rules)


def names(ordinals: tuple[int, ...]) -> list[str]:
    return [month_name(number) for number in ordinals]


def year_before(last: str, n: int = 12) -> list[str]:
    return names(tuple(range(ordinal(last) - n + 1, ordinal(last) + 1)))


def test_the_baseline_is_the_twelve_usable_months_before_the_window() -> None:
    (whole,) = compared(event("a", "2015-05-09")).comparisons
    assert names(whole.window) == ["2015-05", "2015-06", "2015-07"]
    assert names(whole.baseline) == year_before("2015-04")
    gaps = compared(event("a", "2015-05-09"), known=usable("2015-04", "2014-11", "2014-10", only_windows="2014-02"))
    assert names(gaps.comparisons[0].baseline) == [
        m for m in year_before("2015-03", 15) if m not in ("2014-11", "2014-10", "2014-02")
    ]  # fmt: skip
    two_years = compared(event("a", "2015-05-09"), rules=replace(RULES, most=24))
    assert names(two_years.comparisons[0].baseline) == year_before("2015-04", 24)


def test_no_month_of_a_baseline_is_older_than_three_years() -> None:
    """Ten months of the last year and two of three years before make a baseline; a month more is too old."""
    last = year_before("2015-04", 10)
    for old, carried in (("2012-06", True), ("2012-05", True), ("2012-04", False)):
        others = {m for m in year_before("2015-04", 60) if m not in (*last, "2012-12", old)}
        made = compared(event("a", "2015-05-09"), known=usable(*others))
        assert bool(made.comparisons) == carried, old
        if carried:
            assert names(made.comparisons[0].baseline) == [old, "2012-12", *last]
    assert made.reason == "too few usable months stand before the windows, in the same period, for a baseline"


def test_three_years_are_counted_from_the_last_month_that_may_serve() -> None:
    """An event that opens a regime half a year in looks back from the end of the regime before."""
    others = {m for m in year_before("2016-12", 84) if m not in year_before("2014-12", 12)}
    made = compared(event("ban", "2017-06-02"), known=usable(*others))
    assert names(made.comparisons[0].baseline) == year_before("2014-12", 12)


def test_a_baseline_does_not_reach_into_another_regime() -> None:
    assert not compared(event("a", "2017-12-05")).comparisons, "eleven months"
    (made,) = compared(event("a", "2018-01-05")).comparisons
    assert names(made.baseline) == year_before("2017-12")
    assert not compared(event("a", "2010-12-05")).comparisons
    assert compared(event("a", "2011-01-05")).comparisons


def test_an_event_that_opens_a_regime_takes_the_months_of_the_regime_before() -> None:
    (made,) = compared(event("ban", "2017-03-18")).comparisons
    assert names(made.window) == ["2017-03", "2017-04", "2017-05"] and names(made.baseline) == year_before("2016-12")
    first = compared(event("ban", "2017-03-18"), regimes=(AFTER,))
    assert not first.comparisons and "too few usable months" in first.reason, "there is no regime before"
    # Whoever shares a window with it is compared with the same months.
    (both,) = compared(event("ban", "2017-03-18"), event("later", "2017-05-01")).comparisons
    assert len(both.window) == 5 and names(both.baseline) == year_before("2016-12")


@pytest.mark.parametrize(
    ("found", "baseline"),
    [
        ("2014-05", year_before("2015-04")),  # the first month of the new level serves
        ("2014-06", []),
        ("2015-04", []),
        ("2015-05", []),  # the level is new in the month of the event: what came before is another level
        ("2015-06", year_before("2015-04")),  # after the event: it may be the event's own
        ("2019-01", year_before("2015-04")),
    ],
)
def test_a_baseline_does_not_reach_across_a_break_that_was_found(found: str, baseline: list[str]) -> None:
    made = compared(event("a", "2015-05-09"), breaks=("2011-01", found))
    assert [names(c.baseline) for c in made.comparisons] == ([baseline] if baseline else [])


def test_a_break_within_the_months_of_a_regime_that_is_opened_does_not_empty_the_regime_before() -> None:
    (made,) = compared(event("ban", "2017-06-18"), breaks=("2017-03",)).comparisons
    assert names(made.baseline) == year_before("2016-12")
    assert not compared(event("ban", "2017-06-18"), breaks=("2016-06",)).comparisons


def test_no_month_of_a_baseline_lies_in_a_window_of_the_same_class() -> None:
    made = compared(event("a", "2014-08-09"), event("b", "2015-05-09"))
    assert names(made.comparisons[1].baseline) == [
        m for m in year_before("2015-04", 15) if m not in ("2014-08", "2014-09", "2014-10")
    ]  # fmt: skip
    # Not even one that has too few figures to be compared itself.
    lacking = usable("2014-08", "2014-09")
    made = compared(event("a", "2014-08-09"), event("b", "2015-05-09"), known=lacking)
    assert len(made.comparisons) == 1 and ordinal("2014-10") not in made.baseline_months
    assert [e.event_id for e in made.events] == ["b"] and made.dated == 2


def test_no_month_of_a_baseline_lies_in_a_window_of_a_regime_that_was_not_asked_for(report: Report) -> None:
    """The parameter `regimes` says which events are looked at, not which months are calm."""
    asked = Report(resolve({"regimes": "sanctions"}))
    for key in asked.event_study.keys:
        every = events.episodes_of(
            report.catalogue, key[0], key[1], key[2], None, report.event_study.plan.classes[key[0]].counts_from, False
        )
        windows = {month for episodes in every.values() for e in episodes for month in e.months}
        assert not asked.event_study.design(key).baseline_months & windows, key


@pytest.mark.parametrize(("missing", "carried"), [(1, True), (3, True), (4, False)])
def test_at_least_half_of_a_window_needs_figures(missing: int, carried: bool) -> None:
    six = Window("m0_m5", 0, 5, "")
    lacking = year_before("2015-10", 6)[:missing]
    made = compared(event("a", "2015-05-09"), known=usable(*lacking), window=six)
    assert bool(made.comparisons) == carried
    assert made.reason == ("" if carried else "too few months of the windows have a usable figure")


def test_half_of_a_window_is_half_of_it_before_it_was_cut() -> None:
    twelve = Window("m0_m11", 0, 11, "")
    assert not compared(event("a", "2016-08-09"), window=twelve).comparisons, "five months of twelve"
    assert compared(event("a", "2016-07-09"), window=twelve).comparisons


def test_each_month_is_set_against_the_same_month_of_the_last_year_that_has_it() -> None:
    rules = replace(RULES, kind="same_months")
    made = compared(event("a", "2015-05-09"), known=usable("2014-06", "2014-07", "2013-07"), rules=rules)
    (pairs,) = made.comparisons
    assert names(pairs.window) == ["2015-05", "2015-06", "2015-07"]
    assert names(pairs.baseline) == ["2014-05", "2013-06", "2012-07"]
    no_twin = compared(event("a", "2017-03-09"), event("ban", "2017-03-09"), rules=rules, breaks=("2016-01",))
    assert all(a % 12 == b % 12 for c in no_twin.comparisons for a, b in zip(c.window, c.baseline, strict=True))
    assert names(no_twin.comparisons[0].baseline) == ["2016-03", "2016-04", "2016-05"]


def test_months_of_one_calendar_month_alone_are_a_gap_and_no_crash() -> None:
    """A window of fifteen months of which only both Marches have a twin, and that twin is one month."""
    known = {f"{year}-{month:02d}" for year in (2012, 2013, 2014) for month in (3, 6, 9, 12)}
    shown = {*(f"2015-{m:02d}" for m in (1, 2, 3, 4, 5, 7, 8)), "2016-03"}
    missing = [m for m in year_before("2016-12", 84) if m not in known | shown]
    made = compared(
        event("a", "2015-01-09"), known=usable(*missing), rules=replace(RULES, kind="same_months"),
        window=Window("long", 0, 14, ""),
    )  # fmt: skip
    assert not made.comparisons and made.reason


def test_every_gap_has_the_reason_that_it_most_often_has() -> None:
    assert compared().reason == "it has no event"
    assert compared(event("a", "2009-05-09")).reason == "no event lies in a period with monthly figures"
    early = [event("a", "2010-05-09"), event("b", "2017-04-01"), event("c", "2015-05-09")]
    made = compared(*early, known=usable("2015-05", "2015-06"))
    assert made.reason == "too few usable months stand before the windows, in the same period, for a baseline"


# ------------------------------------------------------------------------------------------ planted effects


def judge(made: Design, logs: np.ndarray, **settings: float) -> Effect:
    limits = {"alpha": 0.05, "power": 0.8, "seed": 1, "readable": 2.0, "largest": 100.0, **settings}
    effect, precision, reason, verdict = judged(made, logs, logs, ordinal("2010-01"), **limits)  # type: ignore[arg-type]
    assert effect is not None and precision is not None and not reason and verdict in (TESTABLE, WEAK)
    return effect


def noisy(sd: float, seed: int = 3) -> np.ndarray:
    return np.asarray(5 + np.random.default_rng(seed).normal(0, sd, 120))


@pytest.mark.parametrize("size", [-0.7, 0.5])
@pytest.mark.parametrize("opens", ["inside", "ban"])
def test_a_planted_effect_comes_out_inside_a_regime_and_where_one_is_opened(size: float, opens: str) -> None:
    made = compared(event("a", "2015-05-09"), event("ban" if opens == "ban" else "b", "2018-05-01"))
    assert len(made.comparisons) == 2
    logs = noisy(0.05)
    before = judge(made, logs)
    logs[[m - ordinal("2010-01") for m in made.window_months]] += size
    after = judge(made, logs)
    assert after.effect - before.effect == pytest.approx(size) and abs(before.effect) < 0.05
    assert after.p <= 0.001 < 0.05 < before.p and after.low < size < after.high


def test_an_effect_of_which_no_likely_size_could_be_detected_is_a_gap() -> None:
    made, start = compared(event("a", "2015-05-09")), ordinal("2010-01")
    limits = {"alpha": 0.05, "power": 0.8, "seed": 1, "readable": 2.0, "largest": 100.0}
    verdicts = {}
    for sd in (0.05, 0.3, 5.0):
        logs = noisy(sd)
        effect, precision, reason, verdict = judged(made, logs, logs, start, **limits)  # type: ignore[arg-type]
        assert precision is not None
        verdicts[sd] = verdict
        assert (effect is None) == (precision.detectable > math.log(100)) == (verdict == UNTESTABLE) == bool(reason)
        assert (verdict == TESTABLE) == (precision.detectable <= math.log(2))
    assert verdicts == {0.05: TESTABLE, 0.3: WEAK, 5.0: UNTESTABLE}


def test_a_constant_series_gives_a_reason_and_no_number() -> None:
    flat = np.full(120, 7.0)
    limits = {"alpha": 0.05, "power": 0.8, "seed": 1, "readable": 2.0, "largest": 100.0}
    made = compared(event("a", "2015-05-09"))
    found = judged(made, flat, flat, ordinal("2010-01"), **limits)  # type: ignore[arg-type]
    assert found == (None, None, "the series does not vary", UNTESTABLE)


def test_the_statistics_of_the_curve_by_hand() -> None:
    made, start = compared(event("a", "2015-05-09")), ordinal("2010-01")
    logs = np.zeros(120)
    for month, value in (("2015-05", 1), ("2015-06", 2), ("2015-07", 9), ("2015-04", 3)):
        logs[ordinal(month) - start] = value
    assert estimate(made, start, logs, logs, "mean") == pytest.approx(12 / 3 - 3 / 12)
    assert estimate(made, start, logs, logs, "median") == pytest.approx(2.0)
    dollars = math.log(sum(math.exp(v) for v in (1, 2, 9)) / 3) - math.log((11 + math.exp(3)) / 12)
    assert estimate(made, start, logs, logs, "dollars") == pytest.approx(dollars)
    assert estimate(replace(made, comparisons=()), start, logs, logs, "mean") is None


# --------------------------------------------------------------------------------- the answers on real months


@cache
def table(name: str) -> list[dict[str, str]]:
    with (ROOT / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def usable_months(flow: str) -> dict[int, float]:
    """Log of every month of customs of grade A or B that the audit lets be read by month, straight from the tables."""
    order = ("month", "quarter", "half", "year")
    finest: dict[int, str] = {}
    for row in table("trade/fitness"):
        if row["measure"] in (flow, "all"):
            for month in range(ordinal(row["first_month"]), ordinal(row["last_month"]) + 1):
                finest[month] = min(row["finest"], finest.get(month, "year"), key=order.index)
    return {
        month: math.log(float(row["value"]))
        for row in table("trade/china_dprk_monthly")
        if row["measure"] == flow and row["quality"] in "AB" and float(row["value"]) > 0
        and finest.get(month := ordinal(row["month"])) == "month"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "window", "last"),
    [
        # From the coal stop of February 2017 to eleven months after the textile ban of September; against 2016.
        (("bans_2017", "imports", "m0_m11"), ("2017-02", "2018-08"), "2016-12"),
        (("closure_2020", "imports", "m0_m11"), ("2020-01", "2020-12"), "2019-12"),
        (("closure_2020", "exports", "m0_m11"), ("2020-01", "2020-12"), "2019-12"),
    ],
)
def test_the_known_falls_are_found_and_are_what_the_printed_months_say(
    key: tuple[str, str, str], window: tuple[str, str], last: str, report: Report
) -> None:
    """By numpy alone: means, spread, and 200,000 draws of the noise that is the worst of those guarded against."""
    log = usable_months(key[1])
    inside = [month for month in range(ordinal(window[0]), ordinal(window[1]) + 1) if month in log]
    # Months of less than a million dollars count in the windows of the closure alone.
    base = [m for m in sorted(log) if m <= ordinal(last) and log[m] >= 0][-12:]
    cell = report.event_study.cells[key]
    (comparison,) = cell.design.comparisons
    assert (list(comparison.window), list(comparison.baseline)) == (inside, base)
    w, b = np.array([log[m] for m in inside]), np.array([log[m] for m in base])
    effect, spread = w.mean() - b.mean(), b.std(ddof=1)
    every = [*base, *inside]
    root = np.linalg.cholesky(0.8 ** np.abs(np.subtract.outer(every, every)))
    drawn = root @ np.random.default_rng(1).standard_normal((len(every), 200_000))
    differs = np.abs(drawn[12:].mean(axis=0) - drawn[:12].mean(axis=0)) / drawn[:12].std(axis=0, ddof=1)
    assert cell.effect is not None and cell.control
    assert (cell.effect.effect, cell.effect.spread) == pytest.approx((effect, spread))
    assert (differs >= abs(effect) / spread).mean() <= 0.001 and cell.effect.p <= 0.001
    half = np.quantile(differs, 0.95) * spread
    assert (cell.effect.low, cell.effect.high) == pytest.approx((effect - half, effect + half), abs=0.03 * half)
    assert cell.effect.high < 0 and cell.as_expected and cell.found(report.parameters.alpha)
    fact = report.fact(f"events.change.{'.'.join(key)}")
    assert fact.value == pytest.approx(100 * (math.exp(effect) - 1)) and fact.value < -70


def test_both_controls_stay_found_on_imports_and_the_closure_on_both_flows(report: Report) -> None:
    period = f"{report.parameters.start_year}-{report.parameters.end_year}"
    counts = [report.fact(f"events.questions_{w}.controls.{period}").value for w in ("asked", "answered", "found")]
    assert counts == [3, 3, 3]


def test_holm_counts_the_tested_questions_that_have_an_effect_and_no_control(report: Report) -> None:
    study = report.event_study
    asked = [study.cells[question.key] for question in study.questions]
    assert all(c.control == study.plan.classes[c.key[0]].control for c in asked)
    tested = [c for c in asked if not c.control and c.effect is not None]
    assert len(tested) < sum(not c.control for c in asked), "one of them cannot be answered, and is not counted"
    expected = multipletests([c.p for c in tested], method="holm")[1]
    assert [c.p_adjusted for c in tested] == pytest.approx(list(expected))
    assert {c.family for c in tested} == {len(tested)}
    others = [c for c in study.cells.values() if c not in tested]
    assert len(others) > 100 and all(c.p_adjusted is None and not c.family for c in others)
    for cell in asked:
        stats = report.fact(f"events.change.{'.'.join(cell.key)}").stats or {}
        assert ("p_adjusted" in stats) == (cell in tested)


def test_an_answer_is_yes_only_with_the_sign_that_was_asked_about(report: Report) -> None:
    study = report.event_study
    summits = study.cells["summits", "exports", "m0_m5"]
    assert summits.effect is not None and summits.question is not None and summits.question.expects == "rise"
    for sign in (1, -1):
        moved = replace(summits, effect=replace(summits.effect, effect=sign * 0.5))
        assert moved.as_expected == (sign > 0)
    assert not replace(summits, question=None).as_expected
    assert not summits.found(0.05) and replace(summits, p_adjusted=0.04).found(0.05)
    control = study.cells["bans_2017", "imports", "m0_m11"]
    assert control.found(0.05) and not control.found(1e-12)


def test_no_effect_is_printed_where_only_an_unlikely_change_could_be_detected(report: Report) -> None:
    study = report.event_study
    largest, readable = (math.log(study.plan.number(item)) for item in ("largest_effect", "readable_effect"))
    for cell in study.cells.values():
        assert (cell.effect is None) == (cell.verdict == UNTESTABLE) == bool(cell.reason)
        if cell.effect is not None:
            assert cell.precision is not None and cell.precision.detectable <= largest
            assert cell.verdict == (TESTABLE if cell.precision.detectable <= readable else WEAK)
    assert {cell.verdict for cell in study.cells.values()} == {TESTABLE, WEAK, UNTESTABLE}


def test_every_comparison_keeps_the_rules_of_the_plan(report: Report) -> None:
    """Twelve months of grade A or B, before the window, within three years, in one regime, and after any break."""
    study = report.event_study
    twelve, reach = int(study.plan.number("baseline_months")), int(study.plan.number("baseline_reach"))
    for key in study.keys:
        made = study.design(key)
        fit = usable_months(key[1])
        regimes = study.plan.regimes(key[1])
        assert made.window_months | made.baseline_months <= set(fit), key
        assert not made.window_months & made.baseline_months
        for episode, c in zip(made.episodes, made.comparisons, strict=True):
            assert len(set(c.baseline)) == twelve and max(c.baseline) < min(c.window), key
            assert max(c.baseline) - min(c.baseline) < reach
            assert len(c.window) >= study.plan.number("window_data") * episode.nominal
            of = {r.regime_id for m in c.baseline for r in regimes if r.first <= m <= r.last}
            own = {r.regime_id for m in c.window for r in regimes if r.first <= m <= r.last}
            assert len(of) == 1 and (episode.opens or of == own), key
            for shift in study.breaks[key[1]].shifts:
                # The old level serves only where it ends before the event.
                assert not min(c.baseline) < shift.month <= max(c.baseline), (key, month_name(shift.month))


def test_each_flow_is_read_from_its_own_rows(report: Report) -> None:
    for flow in ("exports", "imports", "total"):
        data = months(report, flow, Choices())
        value = data.values[ordinal("2017-08") - data.start]
        assert value == report.fact(f"trade.month_{flow}.customs.2017-08").value
    fact = report.fact("events.change.bans_2017.imports.m0_m11")
    assert {row.rpartition("-")[2] for row in fact.rows if row.startswith("trade/")} == {"imports"}


def test_months_below_the_floor_enter_only_the_closures(report: Report) -> None:
    data = Months(0, np.array([0.5, 2.0]), None)
    assert np.isnan(data.logs(1.0)[0]) and np.isfinite(data.logs(0.0)[0])
    exports = report.event_study.months("exports")
    tiny = {exports.start + int(i) for i in np.flatnonzero(exports.values < 1)}
    assert tiny, "the closed border has such months"
    used = {key: tiny & report.event_study.design(key).window_months for key in report.event_study.keys}
    assert {key[0] for key, held in used.items() if held and key[1] == "exports"} == {"closures", "closure_2020"}
    for key in report.event_study.keys:
        assert key[1] != "exports" or not tiny & report.event_study.design(key).baseline_months


def test_the_curve_holds_the_effect_and_departs_from_it(report: Report) -> None:
    study = report.event_study
    main = {point.key: point.effect for point in study.points if point.spec.spec_id == "main"}
    for key, cell in study.cells.items():
        assert (key in main) == (cell.effect is not None)
        if cell.effect is not None:
            assert main[key] == pytest.approx(cell.effect.effect)
    spread = ranges(study.points)
    assert all(low <= (main[key] or 0) <= high for key, (low, high) in spread.items())
    moved = {p.spec.spec_id for p in study.points if p.effect is not None and p.effect != main[p.key]}
    # No event of a class with an effect has its two dates in different months, so the other date moves nothing so far.
    assert moved >= set(study.specifications) - {"main", "other_date"}, "each departure moves some change"
    assert all(point.reason for point in study.points if point.effect is None)


# -------------------------------------------------------------------------------------------- gaps and facts


def test_a_class_without_events_and_a_short_edition_name_their_gaps() -> None:
    early = Report(resolve({"as_of": "2002-06-30", "event_classes": "nuclear_tests", "flow": "imports"}))
    assert {cell.reason for cell in early.event_study.cells.values()} == {"it has no event"}
    study = Study(Report(resolve({"start_year": 2010, "end_year": 2012})))
    assert study.keys and not study.answered and study.size == {} and study.points == []
    for cell in study.cells.values():
        assert cell.effect is None and cell.verdict == UNTESTABLE and cell.reason
    assert all(found.reason for found in study.breaks.values())


def test_every_cell_of_the_plan_has_its_two_facts(report: Report, catalogue: Catalogue) -> None:
    declared = plan(catalogue)
    for class_id, flow, window in itertools.product(
        declared.classes, ("exports", "imports", "total"), declared.windows
    ):
        able = report.fact(f"events.testable.{class_id}.{flow}.{window}")
        change = report.fact(f"events.change.{class_id}.{flow}.{window}")
        assert (able.value is None) == (change.value is None)
        for fact in (able, change):
            assert (fact.value is None) == fact.formula.startswith("a gap: ") == (fact.status == "unreported")
        if change.value is None:
            continue
        stats = dict(change.stats or {})
        assert {"n", "p", "baseline_months", "persistence", "detectable", "detectable_fall_percent"} <= set(stats)
        assert change.low is not None and change.high is not None and change.low < change.value < change.high
        assert (change.low <= 0 <= change.high) == (stats["p"] > report.parameters.alpha)
        assert change.value == pytest.approx(percent(stats["effect_log_points"]), rel=1e-6)
        assert stats["detectable_fall_percent"] == pytest.approx(-100 * (1 - math.exp(-stats["detectable"])), rel=1e-6)
    gap = report.fact("events.change.bans_2017.exports.m0_m2")
    assert gap.value is None and "for a baseline" in gap.formula


def test_the_change_on_the_same_months_is_that_of_the_months_a_year_before(report: Report) -> None:
    key = ("closure_2020", "exports", "m0_m11")
    log = usable_months("exports")
    pairs = [
        (m, max(e for e in log if e % 12 == m % 12 and ordinal("2017-01") <= e <= ordinal("2019-12")))
        for m in range(ordinal("2020-01"), ordinal("2020-12") + 1) if m in log
    ]  # fmt: skip
    expected = np.mean([log[a] - log[b] for a, b in pairs])
    assert report.fact(f"events.same_months.{'.'.join(key)}").value == pytest.approx(percent(float(expected)))


def test_counts_of_cells_and_questions_add_up(report: Report) -> None:
    period = f"{report.parameters.start_year}-{report.parameters.end_year}"

    def count(name: str) -> float:
        value = report.fact(f"events.{name}.{period}").value
        assert value is not None
        return value

    study = report.event_study
    for flow in ("exports", "imports", "total", "all"):
        assert count(f"cells_all.{flow}") == sum(count(f"cells_{v}.{flow}") for v in ("testable", "weak", "untestable"))
    assert count("cells_all.all") == len(study.keys) == sum(count(f"cells_all.{flow}") for flow in study.flows)
    assert count("questions_asked.tested") + count("questions_asked.controls") == len(study.plan.questions)
    assert count("questions_answered.tested") + count("questions_answered.controls") == len(study.answered)
    assert count("questions_found.tested") == sum(c.found(0.05) for c in study.answered if not c.control)


def test_the_explanation_of_a_change_shows_events_months_and_sources(report: Report) -> None:
    from analysis.explain import explain

    told = explain(report, "events.change.closure_2020.exports.m0_m11")
    tables = {row.row.partition("#")[0] for row in told.inputs}
    assert tables == {"events/catalogue", "trade/china_dprk_monthly"} and told.sources and told.caveats


# ------------------------------------------------------------------------------------------------ parameters

FEW: dict[str, object] = {"event_classes": "summits,closure_2020,bans_2017", "windows": "m0_m5,m0_m11"}


def fingerprint(**settings: object) -> list[object]:
    made = Report(resolve({**FEW, **settings}))
    return [(f.id, f.value, f.low, f.high, tuple((f.stats or {}).items())) for f in made.facts.under("events")]


@pytest.fixture(scope="module")
def usual() -> list[object]:
    return fingerprint()


@pytest.mark.parametrize(
    "settings",
    [
        {"event_classes": "summits"},
        {"windows": "m0_m5"},
        {"flow": "imports"},
        {"regimes": "sanctions"},
        {"baseline": "same_months"},
        {"baseline": "two_years"},
        {"controls": "china_trade"},
        {"alpha": 0.1},
        {"lags": 1},
        {"frequency": "year"},
        {"seed": 5},
    ],
    ids=str,
)
def test_every_parameter_has_an_effect(settings: dict[str, object], usual: list[object]) -> None:
    assert fingerprint(**settings) != usual


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("event_classes", "nuclear_test", "nuclear_tests"),
        ("windows", "m0_m3", "m0_m"),
        ("regimes", "sanction", "sanctions"),
        ("flow", "export", "exports"),
        ("baseline", "levels", "level"),
        ("baseline", "trend_season", "same_months"),
        ("controls", "china", "china_trade"),
        ("alpha", 0.5, "0.001 to 0.2"),
        ("alpha", "x", "0.001 to 0.2"),
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


# ------------------------------------------------------------------------------------ correlations and breaks


def test_a_planted_lag_is_found_at_that_lag_and_with_that_sign() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=120)
    y = np.full(120, NAN)
    y[2:] = -x[:-2]
    found = [correlations._pearson(x, y, lag, 12) for lag in range(-3, 4)]
    assert found[5] == pytest.approx(-1) and max(abs(v or 0) for i, v in enumerate(found) if i != 5) < 0.5


def test_differences_leave_gaps_open() -> None:
    changed = correlations._change(np.array([1.0, NAN, 4.0, 9.0]), 1)
    assert np.isnan(changed[:3]).all() and changed[3] == 5


def test_no_correlation_of_levels_stands_without_its_differenced_twin(report: Report) -> None:
    for fact in report.facts.under("events.correlation"):
        if fact.stats and "levels_pearson" in fact.stats:
            assert fact.value is not None and {"p_shift", "p_adjusted", "n"} <= set(fact.stats)


def test_each_break_that_was_tried_prints_its_p_at_two_persistences(report: Report) -> None:
    for flow, found in report.event_study.breaks.items():
        fact = report.fact(f"events.breaks.{flow}")
        stats = dict(fact.stats or {})
        assert fact.value == len(found.shifts) and found.trials
        for step, trial in enumerate(found.trials, start=1):
            assert len(trial.months) == step
            assert (trial.p <= report.parameters.alpha) == (step <= len(found.shifts))
            told = [stats[f"{name}_{step}"] for name in ("p_bootstrap", "persistence", "p_at_persistence")]
            assert told == pytest.approx([trial.p, trial.rho, trial.p_at_rho])
        if found.shifts:
            kept = found.trials[len(found.shifts) - 1]
            assert sorted(shift.month for shift in found.shifts) == sorted(kept.months)
