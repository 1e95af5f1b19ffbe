"""Notified refined oil against the caps, rival figures of grain, and energy by compiler: published values."""

from __future__ import annotations

from typing import Any

import pytest

from analysis import Report, figures, prose, tables
from analysis.catalogue import Catalogue
from analysis.dependence import notified
from analysis.display import plain_of

Row = dict[str, Any]


def span(first: str, last: str, value: float, vintage: str = "") -> Row:
    return {"first_month": first, "last_month": last, "value": value, "vintage": vintage}


def test_a_year_is_the_run_of_spans_that_leaves_nothing_out() -> None:
    rows = [span("2024-01", "2024-01", 5), span("2024-01", "2024-06", 30), span("2024-02", "2024-03", 9),
            span("2024-07", "2024-12", 40), span("2024-12", "2025-04", 99)]  # fmt: skip
    assert [row["value"] for row in notified.run(rows, 2024)] == [30, 40]
    assert notified.months_of(notified.run(rows, 2024)) == 12
    assert notified.months_of(notified.run(rows[2:], 2024)) == 0, "nothing begins in January"
    assert notified.months_of(notified.run(rows[:1] + rows[3:], 2024)) == 1, "February to June are missing"


def test_of_two_vintages_the_first_stands() -> None:
    rows = [span("2024-01", "2024-01", 15_000, "rounded"), span("2024-01", "2024-01", 15_279)]
    assert notified.run(rows, 2024)[0]["value"] == 15_279


# 362,706 of 500,000 barrels in 2023; a page of 2020 calls 418,000 barrels 83 per cent of the cap.
@pytest.mark.parametrize(
    ("year", "percent", "low", "high"),
    [(2018, 80, 77, 80), (2019, 84, 84, 93), (2020, 30, 30, 30), (2021, 18, 18, 18), (2023, 73, 73, 73)],
)
def test_notified_deliveries_as_a_share_of_the_cap(
    year: int, percent: float, low: float, high: float, report: Report
) -> None:
    fact = report.fact(f"dependence.refined_cap.{year}")
    assert [round(value or 0) for value in (fact.value, fact.low, fact.high)] == [percent, low, high]
    assert "events/measures#m35-2397" in fact.rows and any("refined_products_un#" in row for row in fact.rows)


def test_the_amounts_behind_2023(report: Report) -> None:
    china, russia, both = (report.fact(f"dependence.refined_notified.{who}.2023").value for who in
                           ("china", "russia", "both"))  # fmt: skip
    assert (china, russia, both) == (256_861, 105_845, 362_706)


def test_a_year_with_months_missing_is_a_lower_bound(report: Report) -> None:
    for year, value in ((2022, 105_000), (2024, 280_928 + 15_279), (2025, 14_385 + 5_519)):
        assert report.find(f"dependence.refined_cap.{year}") is None
        assert report.fact(f"dependence.refined_cap_at_least.{year}").value == pytest.approx(value / 5000)


def test_russias_silence_is_a_named_hole(report: Report) -> None:
    gone = report.fact("dependence.refined_notified.russia.2025")
    assert gone.value is None and "Russia notified nothing after January 2024" in gone.formula
    assert report.fact("dependence.refined_notified.russia.2024").value == 15_279
    assert report.fact("dependence.refined_notified.russia.2020").value is None
    assert "Russia notified nothing after January 2024" in plain_of(prose.fuel.movers(report).node())


def test_the_cap_is_the_one_adopted_last_that_holds_all_year(catalogue: Catalogue) -> None:
    found = notified.caps(catalogue, "refined petroleum", "barrels")
    assert [cap.value for _, _, cap in found] == [2_000_000, 500_000]
    cap = notified.cap_of(found, 2018)
    assert cap is not None and cap.value == 500_000 and notified.cap_of(found, 2017) is None


def test_crude_oil_against_its_cap(report: Report) -> None:
    fact = report.fact("dependence.crude_cap.2019")
    # 500,000 tonnes, 450,000 to 550,000, of 525,000.
    assert [round(value or 0, 1) for value in (fact.value, fact.low, fact.high)] == [95.2, 85.7, 104.8]


def test_table_and_chart_say_the_same(report: Report) -> None:
    rows = {row["year"]: row for row in tables.refined_cap(report).records}
    drawn = {row["year"]: row for row in figures.refined_cap(report).records}  # type: ignore[attr-defined]
    assert list(rows) == list(drawn) == list(range(2018, 2026))
    assert all(rows[year]["percent_of_cap"] == pytest.approx(drawn[year]["percent_of_cap"]) for year in rows)
    assert rows[2024]["complete"] == "no" and "China after November" in str(rows[2024]["missing"])


# --------------------------------------------------------------------------------------------- two sources of one crop


def test_maize_of_2017_carries_both_sources(report: Report) -> None:
    fact = report.fact("dependence.amount.china_maize.2017")
    assert [round(value or 0) for value in (fact.value, fact.low, fact.high)] == [34_339, 34_339, 57_888]
    assert set(fact.rows) == {"food/cereal_exports_to_dprk#2017-maize-china",
                              "food/grain_from_china_customs#2017-maize-customs"}  # fmt: skip
    text = plain_of(prose.food.movers(report).node())
    assert "34,339 tonnes by FAO, 57,887 tonnes by customs" in text


def test_every_crop_and_year_with_a_second_figure_takes_it_into_its_range(report: Report) -> None:
    seen = 0
    for fact in report.facts.under("dependence.grain_from_china_customs"):
        *_, crop, year = fact.id.split(".")
        amount = report.fact(f"dependence.amount.china_{crop}.{year}")
        assert amount.low is not None and amount.high is not None and fact.value is not None
        assert amount.low <= fact.value <= amount.high, fact.id
        seen += 1
    assert seen >= 18


# ------------------------------------------------------------------------------------------------- energy by compiler


def test_chinese_oil_in_all_energy_is_a_range_over_compilers(report: Report) -> None:
    # 0.5 Mt of crude oil over 13.0 Mtoe by carbon (12.0 of coal, 1.0 of oil), 8.2 by the US, 19.9 by the World Bank.
    by = {name: report.fact(f"dependence.energy_by_compiler.{name}.2019").value or 0 for name in
          ("cdiac", "eia", "world_bank")}  # fmt: skip
    assert {name: round(value, 1) for name, value in by.items()} == {"cdiac": 3.8, "eia": 6.1, "world_bank": 2.5}
    fact = report.fact("dependence.energy_use.chinese_oil.2019")
    assert round(fact.value or 0, 1) == 3.8 and (fact.low or 0) < 2.5 and (fact.high or 0) > 6.1
    total = report.fact("dependence.amount.energy_used_cdiac.2019").value
    assert total == pytest.approx(12.951 / (25.8 * 0.041868) + 0.867 / 0.85, abs=0.01)


def test_oil_and_the_whole_come_from_one_compiler(report: Report) -> None:
    fact = report.fact("dependence.fuel_energy.all_oil.2019")
    oil, coal = 0.867 / 0.85, 12.951 / (25.8 * 0.041868)
    assert fact.value == pytest.approx(100 * oil / (oil + coal), abs=0.05)
