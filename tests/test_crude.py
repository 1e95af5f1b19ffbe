"""Crude oil within a year: published months as facts, a zero told from a silence."""

from __future__ import annotations

import pytest

from analysis import Report, tables
from analysis.catalogue import Catalogue
from analysis.explain import explain
from analysis.parameters import resolve


@pytest.mark.parametrize(
    ("id", "value"),
    [("crude_month.china.2006-09", 0), ("crude_month.china.2006-10", 58_685), ("crude_month.china.2006-11", 47_008),
     ("crude_month.china.2012-02", 0), ("crude_month.china.2013-02", 0), ("crude_month.china.2013-03", 106_000),
     ("crude_month.china.2013-06", 0), ("crude_month.china.2013-07", 0), ("crude_value.china.2008", 410.43),
     ("crude_value.china.2010", 326), ("crude_change.china.2013-01_2013-03", 6.7),
     ("crude_change.china.2013-01_2013-06", -14.2), ("crude_quantity.china.2013-01_2013-06", 250_000)],
)  # fmt: skip
def test_published_figures_are_facts(id: str, value: float, report: Report) -> None:
    fact = report.fact(f"dependence.{id}")
    assert fact.value == value and fact.status == "reported" and fact.sources
    assert explain(report, fact.id).inputs


@pytest.mark.parametrize("month", ["2009-08", "2009-09", "2009-10", "2009-11"])
def test_a_month_without_a_figure_is_no_zero(month: str, report: Report) -> None:
    fact = report.fact(f"dependence.crude_month.china.{month}")
    assert fact.value is None and fact.status == "unreported"
    shown = {row["period"]: row["quantity"] for row in tables.crude(report).rows}
    assert shown["August 2009"] == "not published" and shown["February 2013"] == "none"


def test_the_month_of_the_third_test_is_one_without_oil_in_other_years_too(report: Report) -> None:
    note = tables.crude(report).notes[-1].text
    assert note.startswith("In February of 2007, 2011, 2012 and 2013 none was recorded")


def test_months_of_a_quarter_fit_in_it(report: Report) -> None:
    quarter = report.fact("dependence.crude_quantity.china.2013-01_2013-03").value or 0
    march = report.fact("dependence.crude_month.china.2013-03").value or 0
    assert 30_000 < quarter - march < 60_000, "January, which Reuters puts at a usual month's thirty to fifty thousand"


def test_an_edition_has_the_months_of_its_years_that_had_been_published(catalogue: Catalogue) -> None:
    early = Report(resolve({"as_of": "2013-03-31", "end_year": 2013, "base_year": 2012}, catalogue), catalogue)
    assert early.find("dependence.crude_month.china.2013-02") and not early.find("dependence.crude_month.china.2013-03")
    late = Report(resolve({"start_year": 2010}, catalogue), catalogue)
    assert not late.find("dependence.crude_month.china.2006-09") and late.find("dependence.crude_value.china.2010")
