"""Growth within the phases between turning points, on small tables computed by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from analysis import Report, tables
from analysis.parameters import resolve
from analysis.trade.phases import Phase, TurningPoint, openers, phase_growth, phases, turning_points

NAN = float("nan")


def point(day: str, kind: str) -> TurningPoint:
    return TurningPoint(f"{kind}-{day}", date.fromisoformat(day), kind, kind, kind, ("source",))


POINTS = [
    point("2017-02-19", "sanctions"), point("2017-08-05", "sanctions"), point("2020-01-22", "closure"),
    point("2022-01-16", "reopening"), point("2023-08-26", "reopening"),
]  # fmt: skip


def test_the_first_event_of_each_kind_opens_a_phase() -> None:
    assert [p.event_id for p in openers(POINTS)] == [
        "sanctions-2017-02-19", "closure-2020-01-22", "reopening-2022-01-16",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1984, 2025, [("before", 1984, 2016), ("sanctions", 2017, 2019), ("closure", 2020, 2021),
                      ("reopening", 2022, 2025)]),
        (2018, 2020, [("sanctions", 2018, 2019), ("closure", 2020, 2020)]),
        (2000, 2010, [("before", 2000, 2010)]),
        (2024, 2024, [("reopening", 2024, 2024)]),
    ],
)  # fmt: skip
def test_phases_are_cut_to_the_years_asked_for(start: int, end: int, expected: list[tuple[str, int, int]]) -> None:
    assert [(p.key, p.first_year, p.last_year) for p in phases(POINTS, start, end)] == expected


def test_growth_runs_from_the_year_before_the_event() -> None:
    wide = pd.DataFrame({"total": [100.0, 80.0, 25.0]}, index=[2016, 2017, 2018])
    rate = phase_growth(wide, Phase("sanctions", "Sanctions", 2017, 2018, POINTS[0]))["total"]
    assert (rate.first_year, rate.last_year, rate.first, rate.last) == (2016, 2018, 100.0, 25.0)
    assert rate.percent == pytest.approx(-50.0)


def test_the_parts_are_measured_over_the_years_of_the_total() -> None:
    # Exports reach further back than the total, imports end sooner.
    wide = pd.DataFrame(
        {"exports": [10.0, 20.0, 30.0, 40.0], "imports": [NAN, 5.0, 6.0, NAN], "total": [NAN, 25.0, 36.0, 45.0]},
        index=[1984, 1985, 1986, 1987],
    )
    found = phase_growth(wide, Phase("before", "Before", 1984, 1987, None))
    assert {m: (r.first_year, r.last_year) for m, r in found.items()} == {
        "exports": (1985, 1987), "total": (1985, 1987),
    }  # fmt: skip
    assert found["exports"].last / found["exports"].first == 2


def test_without_a_total_each_flow_has_its_own_years() -> None:
    wide = pd.DataFrame(
        {"exports": [10.0, NAN, 30.0], "imports": [NAN, 5.0, 6.0], "total": [NAN, NAN, NAN]}, index=[1984, 1985, 1986]
    )
    found = phase_growth(wide, Phase("before", "Before", 1984, 1986, None))
    assert {m: (r.first_year, r.last_year) for m, r in found.items()} == {
        "exports": (1984, 1986), "imports": (1985, 1986),
    }  # fmt: skip


def test_no_growth_where_the_year_before_the_event_is_unfit() -> None:
    wide = pd.DataFrame({"total": [NAN, 80.0, 25.0]}, index=[2016, 2017, 2018])
    assert phase_growth(wide, Phase("sanctions", "Sanctions", 2017, 2018, POINTS[0])) == {}


@pytest.mark.parametrize("basis", ["customs", "kotra", "comtrade", "mirror"])
def test_a_line_of_the_table_compares_the_same_years(basis: str) -> None:
    table = tables.phases(Report(resolve({"basis": basis})))
    for record in table.records:
        years = {record[f"compared_{m}"] for m in ("exports", "imports", "total")} - {""}
        assert len(years) <= 1 or record["compared_total"] == "", record


def test_the_phases_of_the_report_from_the_cells_it_prints(report: Report) -> None:
    """Customs totals of 2016, 2019, 2021 and 2025 as KITA and customs printed them, in million dollars."""
    totals = {year: report.fact(f"trade.total.customs.{year}").value for year in (2016, 2019, 2021, 2025)}
    for key, first, last in (("sanctions", 2016, 2019), ("closure", 2019, 2021), ("reopening", 2021, 2025)):
        fact = report.fact(f"trade.phase_change.customs.{key}")
        before, after = totals[first], totals[last]
        assert before and after and fact.value == pytest.approx((after / before - 1) * 100)
        assert fact.period == f"{first}-{last}"


def test_the_events_of_the_data_open_all_three_phases(report: Report) -> None:
    points = turning_points(report.catalogue.frame("events"))
    assert [p.day.year for p in openers(points)] == [2017, 2020, 2022]
    assert [p.day for p in points] == sorted(p.day for p in points)
