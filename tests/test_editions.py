"""Editions as of a day: nothing in them was published later, and older vintages come back."""

from __future__ import annotations

from datetime import date

import pytest

from analysis import Report
from analysis.catalogue import Catalogue, known_from
from analysis.claims.dates import span
from analysis.explain import explain
from analysis.parameters import edition, editions, resolve


def report_of(name: str, catalogue: Catalogue) -> Report:
    return Report(resolve(edition(name).parameters, catalogue), catalogue)


def test_the_editions_that_are_promised_exist_and_are_valid(catalogue: Catalogue) -> None:
    assert {"default", "essays-2013", "essays-2016", "since-2017"} <= set(editions())
    for name in editions():
        assert report_of(name, catalogue).facts.under("trade")
    assert report_of("essays-2013", catalogue).parameters.as_of == date(2013, 5, 15)
    assert report_of("essays-2016", catalogue).parameters.as_of == date(2016, 6, 30)


DATED = (
    "politics/dates", "politics/votes", "events/catalogue", "events/launch_days", "events/security_council",
)  # fmt: skip


@pytest.mark.parametrize("name", ["essays-2013", "essays-2016"])
def test_nothing_in_an_edition_was_published_after_its_day(name: str, catalogue: Catalogue) -> None:
    report = report_of(name, catalogue)
    day, looked, seen = report.parameters.as_of, 0, set[str]()
    assert day is not None
    for id in report.facts:
        if id.startswith("claims.all_data."):  # what today's data say, shown beside and named so
            continue
        if seen.issuperset(report.fact(id).rows):
            continue
        seen.update(report.fact(id).rows)
        for row in explain(report, id).inputs:
            if row.row.startswith(("macro/us_cpi", "claims#")):  # not filtered, see docs/DATA.md; the essay's own words
                continue
            if not row.period:  # a factor or a quoted claim: no figure of a year
                continue
            if row.row.startswith(DATED) and not row.published:
                assert span(row.period)[0] <= day, (id, row.row)  # a dated fact is known from its own day
                continue
            year = int(row.period[:4])
            if row.row.startswith("events/political"):  # roll calls: a year is known when it is over
                assert date(year, 12, 31) <= day, (id, row.row)
                continue
            printed = [row.published] if row.published else [
                str(catalogue.sources.loc[source, "published"]) for source in row.sources
            ]  # fmt: skip
            assert max(known_from(text, year) for text in printed) <= day, (id, row.row)
            looked += 1
    assert looked > 500
    assert all(point.day <= day for point in report.turning_points)


def test_an_older_vintage_comes_back(catalogue: Catalogue) -> None:
    then, now = report_of("essays-2013", catalogue), report_of("default", catalogue)
    assert then.fact("trade.total.customs.2012").value == 5932
    assert now.fact("trade.total.customs.2012").value == 5931
    assert then.find("trade.total.customs.2013") is None and now.find("trade.total.customs.2013")


def test_as_of_keeps_the_years_that_end_year_cuts(catalogue: Catalogue) -> None:
    known = Report(resolve({"as_of": "2013-05-15"}, catalogue), catalogue)
    assert 2025 in known.cells().index.get_level_values("year") and known.find("trade.total.customs.2013") is None
    cut = Report(resolve({"end_year": 2012}, catalogue), catalogue)
    assert 2013 not in cut.cells().index.get_level_values("year")
    assert cut.fact("trade.total.customs.2012").value == 5931, "a cut of years changes no vintage"


def test_a_turning_point_of_later_is_not_told(catalogue: Catalogue) -> None:
    report = report_of("essays-2016", catalogue)
    assert report.turning_points == [] and report.facts.family("trade.phase_change.customs")[0].id.endswith("whole")
    assert "As known on 30 June 2016." in report.masthead.subtitle
