"""Each rule for claims on small cases worked by hand: a few made-up facts, and the verdict a reader would give."""

from __future__ import annotations

import csv
import dataclasses
from datetime import date

import pytest

from analysis.claims import rules
from analysis.claims.dates import span
from analysis.claims.ledger import KINDS, PREDICTION, Claim, Reading, _dates
from analysis.claims.rules import Bound
from analysis.claims.verdicts import in_time
from analysis.facts import Fact
from analysis.project import project_root

PLAIN = Claim(
    claim_id="E1-x", essay="E1", short="", place="", kind="N", headline=False, statement="", quoted=None,
    quoted_high=None, quoted_unit="", period="", rule="", readings=(), near=0.0, rough=0.0, tolerance_unit="",
    figures=(), looked_for="", nearest=(), remark="", revised="",
)  # fmt: skip


def fact(value: float | None, low: float | None = None, high: float | None = None, period: str = "2015",
         word: str = "", unit: str = "percent") -> Fact:  # fmt: skip
    return Fact(id="a.b", label="", value=value, unit=unit, period=period, status="reported", formula="", low=low,
                high=high, word=word)  # fmt: skip


def day(text: str) -> Fact:
    first, last = (one.toordinal() for one in span(text))
    return fact(first, first, last, text, unit="day")


def reading(*facts: Fact | None, expects: tuple[str, ...] = ()) -> Bound:
    return Bound(Reading("", ("a.b",) * len(facts), expects), facts)


def verdict(rule: str, *bound: Bound, **claim: object) -> str:
    return rules.RULES[rule](dataclasses.replace(PLAIN, rule=rule, **claim), bound).verdict  # type: ignore[arg-type]


def test_the_list_of_verdicts_is_the_declared_one() -> None:
    assert rules.VERDICTS == (
        "supported", "roughly supported", "partly supported", "overstated", "understated", "contradicted",
        "no public record", "cannot be tested",
    )  # fmt: skip
    assert rules.UNDECIDED == ("no public record", "cannot be tested")


def test_every_rule_of_the_code_is_said_in_words_in_its_order() -> None:
    with (project_root() / "data/claim_rules.csv").open(encoding="utf-8", newline="") as file:
        assert [row["rule"] for row in csv.DictReader(file)] == [*rules.PRINCIPLES, *rules.RULES]


# -------------------------------------------------------------------------- what holds for every claim


@pytest.mark.parametrize(
    ("period", "before"),
    [("2012", True), ("2013", False), ("2013-02-12", True), ("2013-05-16", False), ("2013-05", False),
     ("2006-2013", False), ("2006-2013-05-15", True), ("2005-2012", True), ("undated", True)],
)  # fmt: skip
def test_only_what_was_over_when_the_essay_was_written_counts(period: str, before: bool) -> None:
    assert in_time(fact(1, period=period), date(2013, 5, 15)) is before


def test_a_quoted_share_is_read_at_the_date_of_the_quotation_and_of_the_essay() -> None:
    both = list(_dates("share_by_definition", ((2005, 2006), (2011, 2012))))
    assert both == [((2005, 2006), ", at the quotation"), ((2011, 2012), ", at the essay")]
    assert list(_dates("share_by_definition", ((2014, 2015),))) == [((2014, 2015), "")]
    assert list(_dates("value_within", ((2005,), (2012,)))) == [((2005, 2012), "")]


def test_predictions_are_a_kind_of_their_own() -> None:
    assert KINDS[PREDICTION] == "prediction" and {"C", "A"} <= set(KINDS)


# ---------------------------------------------------------------------------------- quoted figures

SEVENTY = {"quoted": 70.0, "near": 2.5, "rough": 10.0, "tolerance_unit": "points"}


@pytest.mark.parametrize(
    ("ours", "wanted"),
    [((70, 72), "supported"), ((70, 64), "partly supported"), ((70, 9), "partly supported"),
     ((64, 76), "roughly supported"), ((9, 20), "overstated"), ((90, 95), "understated"), ((9, 95), "contradicted"),
     ((None, None), "no public record"), ((70, None), "partly supported")],
)  # fmt: skip
def test_a_figure_against_two_sources(ours: tuple[float | None, float | None], wanted: str) -> None:
    bound = [reading(None if value is None else fact(value)) for value in ours]
    assert verdict("value_within", *bound, **SEVENTY) == verdict("share_by_definition", *bound, **SEVENTY) == wanted


def test_a_lower_bound_is_never_below_the_quoted_figure() -> None:
    low, high = (reading(fact(value), expects=("lower_bound",)) for value in (60, 90))
    assert verdict("share_by_definition", low, **SEVENTY) == "no public record"
    assert verdict("share_by_definition", high, **SEVENTY) == "understated"
    assert verdict("share_by_definition", reading(fact(60)), **SEVENTY) == "roughly supported"


def test_a_share_that_doubtful_rows_leave_on_either_side_cannot_say() -> None:
    assert verdict("share_by_definition", reading(fact(39, 39, 86)), **SEVENTY) == "no public record"
    assert verdict("share_by_definition", reading(fact(39, 39, 50)), **SEVENTY) == "overstated"


@pytest.mark.parametrize(
    ("estimates", "wanted"),
    [((300, 280), "supported"), ((300, 50), "roughly supported"), ((300, 50, 30), "overstated"),
     ((900, 800, 300), "understated")],
)  # fmt: skip
def test_a_figure_against_estimates(estimates: tuple[float, ...], wanted: str) -> None:
    assert verdict("range_contains", reading(*map(fact, estimates)), quoted=300.0, near=10.0) == wanted


# ------------------------------------------------------------------------------- dates, ranks, trends


@pytest.mark.parametrize(
    ("days", "wanted"),
    [(("2015-09-25", "2015-10-15"), "supported"), (("2015-08-20", "2015-10-15"), "roughly supported"),
     (("2015-09-25", "2014-10-15"), "contradicted")],
)  # fmt: skip
def test_dates_match(days: tuple[str, str], wanted: str) -> None:
    bound = reading(*map(day, days), expects=("2015-09", "2015-10"))
    assert verdict("all_match", bound, rough=31.0) == wanted


def test_ranks() -> None:
    first, second = reading(fact(9), fact(5)), reading(fact(4), fact(5))
    assert verdict("rank_first", first, first) == "supported"
    assert verdict("rank_first", first, second) == "partly supported"
    assert verdict("rank_first", second) == "contradicted"


@pytest.mark.parametrize(
    ("growth", "wanted"),
    [((1, 2, 3), "supported"), ((1, -2, 3), "overstated"), ((-1, -2, 3), "contradicted")],
)  # fmt: skip
def test_years_that_rise(growth: tuple[float, ...], wanted: str) -> None:
    assert verdict("all_years_rising", reading(*map(fact, growth))) == wanted
    if wanted == "overstated":
        assert verdict("all_years_rising", reading(*map(fact, growth)), rough=1.0) == "roughly supported"


def test_counts() -> None:
    for count, wanted in ((11, "supported"), (10, "roughly supported"), (3, "overstated"), (0, "contradicted")):
        assert verdict("count_at_least", reading(fact(count)), near=10.0, rough=9.0) == wanted


# ------------------------------------------------------------------------------- parts, causes, registers

UP, DOWN = reading(fact(1), fact(2), expects=("up",)), reading(fact(2), fact(1), expects=("up",))
NOTHING = reading()


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [((UP, UP), "supported"), ((UP, DOWN), "partly supported"), ((UP, NOTHING), "partly supported"),
     ((UP, UP, DOWN), "partly supported"), ((DOWN, DOWN), "contradicted"), ((NOTHING,), "no public record")],
)  # fmt: skip
def test_parts_of_a_claim(parts: tuple[Bound, ...], wanted: str) -> None:
    assert verdict("readings_agree", *parts) == wanted


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [((UP, UP), "cannot be tested"), ((UP, DOWN), "cannot be tested"), ((NOTHING,), "cannot be tested"),
     ((DOWN, DOWN), "contradicted"), ((DOWN, NOTHING), "contradicted")],
)  # fmt: skip
def test_no_movement_proves_a_cause_but_its_absence_refutes_it(parts: tuple[Bound, ...], wanted: str) -> None:
    assert verdict("cause", *parts) == wanted


def test_a_silent_register_refutes_nothing() -> None:
    against = [verdict("register_records", reading(fact(ours), fact(20))) for ours in (0, 5, 30)]
    assert against == ["no public record", "overstated", "supported"]
    alone = [verdict("register_records", reading(fact(count)), near=2.0, rough=2.0) for count in (0, 1, 2, 3)]
    assert alone == ["no public record", "overstated", "roughly supported", "supported"]


def test_predictions() -> None:
    kept, gone = reading(fact(10), fact(8)), reading(fact(10), fact(1))
    wanted = {
        (kept, kept): "supported", (kept, gone): "roughly supported", (kept, gone, gone): "contradicted",
        (kept, reading(fact(10), None)): "no public record",
    }  # fmt: skip
    for bound, outcome in wanted.items():
        assert verdict("prediction_holds", *bound, near=-50.0, kind="P") == outcome


def test_what_nobody_records_and_what_nobody_can() -> None:
    assert verdict("no_public_record") == "no public record" and verdict("cannot_be_tested") == "cannot be tested"
