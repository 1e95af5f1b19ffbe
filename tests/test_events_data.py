"""The tables of events: what they hold, what they must not hold, and that plan, parameters and tables agree."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from analysis import Report
from analysis.catalogue import Catalogue
from analysis.events import catalogue as events
from analysis.events.months import SPECIFICATIONS, Choices
from analysis.events.plan import FLOWS, ordinal, plan
from analysis.inference.noise import RHOS
from analysis.parameters import PARAMETER_NAMES, resolve
from analysis.project import project_root
from analysis.trade.phases import openers, turning_points

DATA = project_root() / "data" / "events"


def rows(name: str, folder: Path = DATA) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_launch_days_are_counted_by_the_day_in_korea() -> None:
    # Counts of the audit, by Korean time; by the day of the list itself three of them would differ.
    counts = Counter(row["date"][:4] for row in rows("launch_days") if row["date_precision"] == "day")
    assert {year: counts[year] for year in ("2016", "2019", "2022", "2023", "2025")} == {
        "2016": 15,
        "2019": 15,
        "2022": 33,
        "2023": 20,
        "2025": 6,
    }
    assert sum(int(row["launches"]) for row in rows("launch_days")) == 339, "every launch of the list, once"
    assert sum(int(row["long_range"]) > 0 for row in rows("launch_days")) == 40


def test_the_classes_hold_what_their_rules_say(catalogue: Catalogue) -> None:
    sizes = {name: len(events.events_of(catalogue, name)) for name in plan(catalogue).classes}
    assert sizes["nuclear_tests"] == 6 and sizes["resolutions"] == 11 and sizes["bans_2017"] == 3
    for part, whole in (
        ("summits", "visits"),
        ("bans_2017", "chinese_measures"),
        ("closure_2020", "closures"),
        ("launches_long", "launches_all"),
    ):
        ids = [{e.event_id for e in events.events_of(catalogue, name)} for name in (part, whole)]
        assert ids[0] < ids[1]


def test_every_class_of_an_event_is_declared(catalogue: Catalogue) -> None:
    named = {name for row in rows("catalogue") for name in row["classes"].split(";")}
    assert named | {"launches_long", "launches_all"} == set(plan(catalogue).classes)


def test_nothing_takes_effect_before_it_is_announced() -> None:
    for row in rows("catalogue"):
        assert row["effective_date"] >= row["date"][: len(row["effective_date"])], row
        size = {"day": 10, "month": 7, "year": 4}[row["date_precision"]]
        assert len(row["date"]) == size, row
    for row in rows("measures"):
        assert row["effective_date"] >= row["adopted"], row


def test_no_score_and_no_unverified_day_came_in() -> None:
    for name in ("catalogue", "launch_days", "measures", "security_council", "political"):
        assert not {"severity", "severity_1_5", "description"} & set(rows(name)[0]), name
    assert all(row["cross_checked"] in ("yes", "partial", "no") for row in rows("catalogue"))


def test_a_ban_on_what_the_dprk_sells_touches_chinese_imports() -> None:
    flow = {(row["resolution"], row["item"]): row["flow"] for row in rows("measures")}
    assert flow["res-2371", "coal"] == flow["res-2375", "textiles"] == "imports"
    assert flow["res-2397", "crude oil"] == flow["res-2270", "aviation fuel"] == "exports"


def test_agreement_in_the_general_assembly_is_that_of_the_roll_calls() -> None:
    table = rows("political")
    for first, last, expected in ((1991, 2000, 92.0), (2001, 2010, 90.4), (2011, 2019, 78.9)):
        part = [r for r in table if r["series"] == "votes_china" and first <= int(r["period"]) <= last]
        same = sum(round(float(r["value"]) * int(r["whole"]) / 100) for r in part)
        assert round(100 * same / sum(int(r["whole"]) for r in part), 1) == expected


def test_regimes_follow_each_other_without_gap_or_overlap(catalogue: Catalogue) -> None:
    known = {row["event_id"] for row in rows("catalogue")}
    for flow in FLOWS:
        regimes = plan(catalogue).regimes(flow)
        assert [r.last + 1 for r in regimes[:-1]] == [r.first for r in regimes[1:]]
        assert all(regime.opened_by <= known for regime in regimes)
    assert [r.regime_id for r in plan(catalogue).regimes("imports")] == ["before", "sanctions", "closure", "reopening"]
    crude = [r.last for r in plan(catalogue).regimes("exports") if r.regime_id == "with_crude"]
    assert crude == [ordinal("2013-12")], "no window of exports looks across the end of recorded crude oil"


def test_the_border_reopens_in_the_study_when_it_does_in_the_phases_of_trade(catalogue: Catalogue) -> None:
    opened = {point.kind: point.day for point in openers(turning_points(catalogue.frame("events")))}
    for flow in FLOWS:
        regimes = {r.regime_id: r for r in plan(catalogue).regimes(flow)}
        assert regimes["reopening"].first == ordinal(opened["reopening"].isoformat()) == ordinal("2022-01")
        assert regimes["closure"].last == ordinal("2021-12")
        assert regimes["closure"].first // 12 == opened["closure"].year
        assert regimes["sanctions"].first // 12 == opened["sanctions"].year


def test_at_most_eight_questions_are_asked_each_of_one_window_and_the_known_falls_are_among_them(
    catalogue: Catalogue,
) -> None:
    declared, asked = plan(catalogue), rows("questions")
    assert 1 <= len(asked) <= 8 and len(declared.questions) == len(asked)
    assert len({(row["class_id"], row["flow"]) for row in asked}) == len(asked), "no question has a second window"
    for (class_id, flow, window_id), question in declared.questions.items():
        assert class_id in declared.classes and flow in FLOWS and window_id in declared.windows
        assert question.expects in ("fall", "rise") and question.asks.endswith("?") and question.label
    controls = {key[:2] for key in declared.questions if declared.classes[key[0]].control}
    assert controls == {("bans_2017", "imports"), ("closure_2020", "imports"), ("closure_2020", "exports")}
    assert all(declared.questions[key].expects == "fall" for key in declared.questions if key[:2] in controls)
    assert len(declared.questions) > len(controls), "something is asked of which the answer was not known"


def test_a_rule_of_the_plan_that_is_computed_is_one_that_is_declared(catalogue: Catalogue) -> None:
    """Guarded persistence, sizes of baselines and the bounds of what is printed, in the plan and in the code."""
    declared = plan(catalogue)
    assert "the largest over persistence 0, 0.5 and 0.8" in declared.settings["test"] and RHOS == (0.0, 0.5, 0.8)
    assert declared.number("baseline_months") == 12 and declared.number("baseline_reach") == 36
    assert declared.number("window_data") == 0.5 and declared.number("power") == 0.8
    assert 1 < declared.number("readable_effect") < declared.number("largest_effect")


def test_the_parameters_default_to_the_plan(catalogue: Catalogue) -> None:
    settings, p = plan(catalogue).settings, resolve({}, catalogue)
    assert p.baseline == settings["baseline"] == Choices().baseline
    assert p.controls == settings["controls"] == Choices().controls
    assert (p.alpha, p.seed, p.lags) == (
        float(settings["alpha"]),
        int(settings["seed"]),
        int(settings["correlation_lags"]),
    )
    assert {p.event_classes, p.windows, p.regimes, p.flow, p.frequency} == {"all"}
    assert {"event_classes", "windows", "regimes", "flow", "lags", "frequency"} <= set(PARAMETER_NAMES)


def test_every_specification_is_declared_and_departs_once(catalogue: Catalogue) -> None:
    assert set(SPECIFICATIONS) == set(plan(catalogue).specifications)
    assert all(len(change) == (name != "main") for name, change in SPECIFICATIONS.items())


@pytest.mark.parametrize(
    "key",
    [
        "events/catalogue#e140",
        "events/launch_days#launch-2017-11-29",
        "events/security_council#res-2371",
        "events/political#votes_china-2011",
    ],
)
def test_a_row_of_events_can_be_explained(key: str, report: Report) -> None:
    from analysis.explain import explain_row

    told = explain_row(report.catalogue, key)
    assert told.inputs[0].row == key and told.inputs[0].period and told.sources
