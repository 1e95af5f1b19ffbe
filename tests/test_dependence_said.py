"""A quoted share at its dates, bounds, and the what-if of a good year: answers, where tallies stood before."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from analysis import Report, figures, prose, tables
from analysis.dependence import matrix, said, whatif
from analysis.dependence.amounts import Amount, Share, gap, share
from analysis.display import plain_of
from analysis.trade import phases

ROOT = Path(__file__).parents[1]
CLAIM = matrix.Claim("c", "food", "A claim", 70, 70, 2.5, "somebody", "not stated")
CLAIMS = ("trade-70", "food-70", "fuel-70-80", "energy-90", "food-45")


def of(percent: float, low: float | None = None, high: float | None = None) -> Share:
    whole = Amount(100, "tonnes", "reported", ("t#b",))
    return share(Amount(percent, "tonnes", "reported", ("t#a",), low=low, high=high), whole)


# ---------------------------------------------------------------------------------------------- bounds and intervals


@pytest.mark.parametrize(
    ("made", "bound", "mark"),
    [
        (of(60), "", "below"), (of(60), "lower", "cannot tell"), (of(90), "lower", "above"),
        (of(90), "upper", "cannot tell"), (of(60), "upper", "below"), (of(66), "lower", "near"),
        (of(38.7, 38.7, 86.2), "", "cannot tell"), (of(38.7, 38.7, 60), "", "below"),
        (of(95, 69, 96), "", "cannot tell"),
    ],
)  # fmt: skip
def test_a_bound_is_never_on_its_open_side_and_doubt_is_not_a_miss(made: Share, bound: str, mark: str) -> None:
    assert matrix.mark(made, CLAIM, bound) == mark


def test_the_bounds_declared_leave_no_lower_bound_below_in_any_matrix(report: Report) -> None:
    known = matrix.bounds(report.catalogue)
    assert known["cereal_imports.with_aid"] == "lower" and known["oil_use.approximated"] == "lower"
    for claim in matrix.claims(report.catalogue):
        for definition, years in matrix.matrix(report.catalogue, report.shares, claim).items():
            barred = {"lower": "below", "upper": "above"}.get(known.get(definition, ""))
            assert barred not in years.values(), f"{claim.claim_id} {definition}"


def test_every_definition_that_calls_itself_a_lower_bound_is_declared_as_one(report: Report) -> None:
    named = {d for d, row in report.definitions.items() if "lower bound" in row["label"]}
    assert named and named <= {d for d, bound in matrix.bounds(report.catalogue).items() if bound == "lower"}


# ------------------------------------------------------------------------------------------------------ at the dates


def test_a_date_means_its_year_and_the_two_before() -> None:
    with (ROOT / "data/dependence/quoted_dates.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["claim_id"] for row in rows} == set(CLAIMS)
    for row in rows:
        year = int(row["said_on"][:4])
        assert (int(row["first_year"]), int(row["last_year"])) == (year - said.YEARS_BEFORE, year)


@pytest.mark.parametrize(
    ("marks", "verdict"),
    [
        ([], "no data"), (["no data"], "no data"), (["inside", "near"], "holds"), (["near", "near"], "roughly holds"),
        (["near", "cannot tell"], "roughly holds"), (["inside", "below"], "holds in some years"),
        (["cannot tell", "below"], "cannot tell"), (["below", "above"], "does not hold"),
    ],
)  # fmt: skip
def test_the_answer_at_a_date_follows_from_its_years(marks: list[str], verdict: str) -> None:
    assert said.verdict(marks) == verdict


# The shares are those of an independent reckoning: 70, 68 and 75 per cent of grain in 2011 to 2013, 14, 62 and 39 in
# 2004 to 2006 (86 in 2006 without a doubtful row); 74 per cent of oil in 2006, 64 and 66 in 2012 and 2013.
@pytest.mark.parametrize(
    ("row", "definition", "verdict"),
    [
        ("food-70-essay-2013", "cereal_imports-quantity", "holds"),
        ("food-70-quotation-2006", "cereal_imports-quantity", "cannot tell"),
        ("food-70-quotation-2006", "cereal_imports-with_aid", "cannot tell"),
        ("food-70-essay-2013", "cereal_supply-production_plus_imports", "does not hold"),
        ("fuel-70-80-quotation-2006", "oil_use-approximated", "holds"),
        ("fuel-70-80-essay-2013", "oil_use-approximated", "roughly holds"),
        ("trade-70-essay-2016", "trade_share-kotra", "does not hold"),
        ("trade-70-essay-2016", "trade_share-with_inter_korean", "holds in some years"),
    ],
)  # fmt: skip
def test_the_quoted_shares_at_their_dates(row: str, definition: str, verdict: str, report: Report) -> None:
    assert report.fact(f"dependence.quoted_at.{row}.{definition}").word == verdict


def test_the_range_of_2006_is_what_one_doubted_row_leaves(report: Report) -> None:
    fact = report.fact("dependence.cereal_imports.quantity.2006")
    assert (round(fact.value or 0, 1), round(fact.low or 0, 1), round(fact.high or 0, 1)) == (38.7, 38.7, 86.2)
    span = report.fact("dependence.quoted_range.food-70-quotation-2006.cereal_imports-quantity")
    assert round(span.high or 0, 1) == 86.2


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_no_tally_over_all_years_stands_for_an_answer(claim_id: str, report: Report) -> None:
    shown = [plain_of(prose.dependence.findings(report).node()),
             plain_of(prose.dependence.claim(report, claim_id).node()),
             "".join(span["text"] for span in figures.matrix(report, claim_id).node()["title"])]  # fmt: skip
    for text in shown:
        assert "shares tried" not in text and " lie above" not in text and " fits " not in text
    assert not report.facts.under("dependence.cells_inside")


def test_the_chart_of_grain_names_no_year_of_a_closed_border_or_of_one_crop(report: Report) -> None:
    title = "".join(span["text"] for span in figures.food(report).node()["title"])
    assert "2022" not in title and "2020" not in title and "98% (2017)" in title


def test_both_dates_are_shown(report: Report) -> None:
    text = plain_of(prose.dependence.claim(report, "food-70").node())
    assert "2004 to 2006" in text and "2011 to 2013" in text and "neither confirmed nor ruled out" in text


# ------------------------------------------------------------------------------------------------------- the what-if


def point(day: str, kind: str) -> phases.TurningPoint:
    from datetime import date

    return phases.TurningPoint(day, date.fromisoformat(day), kind, "", "", ())


def test_the_years_of_a_closed_border_run_from_each_closure_to_the_next_reopening(report: Report) -> None:
    points = [point("2020-01-22", "closure"), point("2022-01-16", "reopening"), point("2022-04-29", "closure"),
              point("2022-09-26", "reopening")]  # fmt: skip
    assert phases.closed_years(points, 2025) == {2020, 2021, 2022}
    assert phases.closed_years(points[:1], 2025) == set(range(2020, 2026))
    assert phases.closed_years(report.turning_points, 2025) == {2020, 2021, 2022}


def test_a_good_year_has_an_open_border_and_more_than_one_crop() -> None:
    none = share(gap("none", "tonnes"), gap("none", "tonnes"))
    years = {2018: of(80), 2019: of(85), 2020: of(100)}
    shares = {"cereal_imports.quantity": years, "rice_imports.quantity": years,
              "maize_imports.quantity": {2018: of(50), 2019: none, 2020: of(50)},
              "wheat_imports.quantity": dict.fromkeys(years, none)}  # fmt: skip
    assert whatif.good_year(shares, "cereal_imports.quantity", {2020}) == 2018
    assert whatif.good_year(shares, "rice_imports.quantity", {2020}) == 2019
    assert whatif.good_year(shares, "rice_imports.quantity", {2018, 2019, 2020}) is None


def test_the_what_if_takes_five_totals_in_a_good_year(report: Report) -> None:
    rows = tables.exposure(report).records
    assert len(rows) == 5
    assert {row["definition"]: row["year"] for row in rows if row["definition"].startswith("cereal")} == {
        "cereal_imports.quantity": 2019, "cereal_supply.production_plus_imports": 2019,
    }  # fmt: skip
    for fact in report.facts.under("dependence.exposure"):
        assert fact.period not in ("2020", "2021", "2022"), fact.id
    assert report.find("dependence.exposure.maize_imports.quantity.2020") is None


def test_the_end_of_the_crude_record_is_no_interruption(report: Report) -> None:
    assert not [id for id in report.facts if ".2013-2014" in id and "replaced" in id]
    assert 2014 not in {row["to"] for row in tables.replaced(report).records}
