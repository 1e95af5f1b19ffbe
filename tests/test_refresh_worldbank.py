"""The World Bank: an answer of the form that its pages describe becomes rows; any other is refused.

The form is that of https://datahelpdesk.worldbank.org/knowledgebase/articles/898581-api-basic-call-structures. Tested
against it only, never against a live answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analysis.catalogue import load
from analysis.dependence.readings import known
from analysis.refresh import refresh, worldbank
from analysis.refresh.taking import Taken
from analysis.refresh.web import Raw, Refused, Web
from conftest import Project, contents
from publisher import Answer, Asked, Publisher, as_json, publishing

TODAY = date(2026, 12, 1)
DEFLATOR, PEOPLE = worldbank.SERIES
# Figures of no country: the tests are of the reading.
VALUES = {DEFLATOR: {2016: 98.2, 2017: 100.0, 2018: 102.3, 2019: None}, PEOPLE: {2017: 25_000_000, 2018: 25_100_000}}


def record(series: worldbank.Series, year: int, value: Any, **other: Any) -> dict[str, Any]:
    return {
        "indicator": {"id": series.indicator, "value": "A name"}, "country": {"id": "XX", "value": "A country"},
        "countryiso3code": series.country, "date": str(year), "value": value, "unit": "", "obs_status": "",
        "decimal": 0, **other,
    }  # fmt: skip


def whole(records: list[Any], **other: Any) -> list[Any]:
    return [
        {"page": 1, "pages": 1, "per_page": 1000, "total": len(records), "sourceid": "2", "lastupdated": "2026-10-07",
         **other}, records,
    ]  # fmt: skip


def answering(values: dict[worldbank.Series, dict[int, Any]]) -> Callable[[Asked], Answer]:
    def answer(asked: Asked) -> Answer:
        assert asked.parameters == {"format": "json", "per_page": "1000"}
        for series, years in values.items():
            if asked.path == f"/country/{series.country}/indicator/{series.indicator}":
                return as_json(whole([record(series, *one) for one in sorted(years.items(), reverse=True)]))
        return Answer(status=404)

    return answer


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    with publishing() as server:
        monkeypatch.setattr(worldbank, "ADDRESS", server.address)
        server.answers = answering(VALUES)
        yield server


@pytest.fixture
def fetching(project: Project, publisher: Publisher, tmp_path: Path) -> Callable[..., Taken]:
    web = Web(tmp_path / "kept", pause=0, sleep=lambda seconds: None)

    def fetch(years: str | None = None, today: date = TODAY, **more: Any) -> Taken:
        return refresh.refresh("worldbank", years, web=web, today=today, **more)  # type: ignore[return-value]

    return fetch


def read(tmp_path: Path, body: Any) -> dict[int, float]:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    return worldbank.figures(Raw("Example", "", path, "", 0, ""), DEFLATOR)


USED = ("indicator", "countryiso3code", "date", "value", "unit")
OTHER = {
    "indicator": [None, "FP.CPI.TOTL", {"id": "FP.CPI.TOTL"}, {}, []], "countryiso3code": [None, "PRK", "", 840],
    "date": [None, 2018, "2018Q1", "18", ""], "value": ["100", True, -1.0, 0, [1], {}],
    "unit": [None, "thousands", 1],
}  # fmt: skip
FAULTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    **{f"without {name}": lambda r, n=name: {k: v for k, v in r.items() if k != n} for name in USED},
    **{f"{name} renamed": lambda r, n=name: {(k.upper() if k == n else k): v for k, v in r.items()} for name in USED},
    **{f"{name} is {value!r}": lambda r, n=name, v=value: {**r, n: v} for name in USED for value in OTHER[name]},
    "no record": lambda r: "2018",
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_record_that_is_not_as_documented_is_refused(tmp_path: Path, fault: str) -> None:
    sound = record(DEFLATOR, 2018, 102.3)
    assert read(tmp_path, whole([record(DEFLATOR, 2017, None), sound])) == {2018: 102.3}
    with pytest.raises(Refused, match=r"^The answer of Example, record 2, (has|lacks|is) .*\.$") as error:
        read(tmp_path, whole([record(DEFLATOR, 2017, None), FAULTS[fault](sound)]))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "has another shape"), ([], "has another shape"), ([{}, {}], "has another shape"),
        ([{"page": 1}, None], "has another shape"),
        ([{"message": [{"id": "120", "key": "Invalid value"}]}], "answered with an error: "),
        (whole([record(DEFLATOR, 2018, 1.0)], total=2), "is cut off: 1 records"),
        (whole([record(DEFLATOR, 2018, 1.0)], pages=2), "is cut off"), (whole([], page=0), "is cut off"),
        (whole([record(DEFLATOR, 2018, 1.0)], sourceid="57"), "is not of the World Development Indicators"),
        (whole([record(DEFLATOR, 2018, 1.0)] * 2), "gives 2018 a second time"),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_as_documented_is_refused(tmp_path: Path, body: Any, said: str) -> None:
    with pytest.raises(Refused, match=re.escape(said)):
        read(tmp_path, body)


def standing(as_of: date | None = None) -> dict[tuple[int, str], tuple[float, str]]:
    rows = known(load(), worldbank.TABLE, as_of).rows
    return {(int(row["year"]), row["series"]): (row["value"], row["note"]) for row in rows}


def test_figures_are_taken_in_and_a_new_base_takes_all_years(
    project: Project, publisher: Publisher, fetching: Callable[..., Taken]
) -> None:
    held = contents(project.root / "data")
    assert len(fetching().found[0][1].new) == 3 and contents(project.root / "data") == held and not standing()
    assert fetching(apply=True).version == "2026.12.01"
    first = {
        (2016, "gdp_deflator"): (98.2, "2017 = 100"), (2017, "gdp_deflator"): (100, "2017 = 100"),
        (2018, "gdp_deflator"): (102.3, "2017 = 100"), (2017, "population"): (25_000_000, ""),
        (2018, "population"): (25_100_000, ""),
    }  # fmt: skip
    assert standing() == first
    assert list(fetching(apply=True).lines())[-1] == "Nothing to take in."
    publisher.answers = answering({**VALUES, DEFLATOR: {2016: 96.0, 2017: 97.75, 2018: 100.0}})
    with pytest.raises(Refused, match="on another base, 2018 = 100: ask for all years"):
        fetching("2018", apply=True)
    assert standing() == first
    assert fetching(today=date(2027, 1, 5), apply=True).version == "2027.01.05"
    assert {note for (_, series), (_, note) in standing().items() if series == "gdp_deflator"} == {"2018 = 100"}
    assert standing(date(2027, 1, 4)) == first, "the vintage of before"


def test_a_deflator_without_a_base_and_people_in_thousands_are_refused(
    project: Project, publisher: Publisher, fetching: Callable[..., Taken]
) -> None:
    fetching(apply=True)
    held = contents(project.root / "data")
    for values, said in (
        ({**VALUES, DEFLATOR: {2016: 98.2, 2018: 102.3}}, "does not show its base: 0 years"),
        ({**VALUES, PEOPLE: {2017: 25_000.0, 2018: 25_100.0}}, "its unit seems to be another"),
        ({**VALUES, PEOPLE: {2017: None}}, "has nothing of what"),
    ):
        publisher.answers = answering(values)
        with pytest.raises(Refused, match=said):
            fetching(apply=True)
        assert contents(project.root / "data") == held
