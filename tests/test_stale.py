"""`check --stale`: which tables lack what should be out by now. The days are counted by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from analysis import cli, stale
from analysis.catalogue import Catalogue
from analysis.check import NOTE, OK, PROBLEM, Finding
from analysis.refresh import refresh
from analysis.stale import RELEASES, Release

BY_NAME = {release.publisher: release for release in RELEASES}
ADDRESS = ("https://comtradeapi.un.org/public/v1/preview/C/A/HS?reporterCode=156&partnerCode=408&partner2Code=0"
           "&motCode=0&period={periods}&cmdCode=TOTAL&flowCode=X%2CM&customsCode=C00")  # fmt: skip
Told = Callable[..., Finding]


@pytest.fixture
def told(catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """The finding of one release on a day; with what was fetched, as pairs of a day and periods."""

    def told(publisher: str, day: str, *fetched: tuple[str, str], address: str = ADDRESS) -> Finding:
        lines = [
            json.dumps({"address": address.format(periods=periods), "fetched": f"{when}T10:00:00+00:00"})
            for when, periods in fetched
        ]
        (tmp_path / "fetched.jsonl").write_text("\n".join(lines), encoding="utf-8")
        monkeypatch.setattr(stale, "RELEASES", (BY_NAME[publisher],))
        (finding,) = stale.stale(catalogue, date.fromisoformat(day), tmp_path)
        return finding

    return told


@pytest.mark.parametrize(
    ("publisher", "newest", "last_good", "first_bad", "missing"),
    [
        # The newest month is December 2025. That of January comes out with that of February: 21 days after 28 February.
        ("Chinese customs, months", "2025-12", "2026-03-20", "2026-03-21", "2026-02"),
        ("Chinese customs, years", "2025", "2027-01-30", "2027-01-31", "2026"),
        # 31 December 2025 and 212 days: 31 January is day 31, so 31 July is day 212.
        ("KOTRA", "2024", "2026-07-30", "2026-07-31", "2025"),
        # 31 December 2019 and 273 days is 29 September 2020, a leap year.
        ("UN Comtrade, years", "2018", "2020-09-28", "2020-09-29", "2019"),
        ("US Bureau of Labor Statistics, consumer prices", "2026-05", "2026-07-19", "2026-07-20", "2026-06"),
        ("US Federal Reserve, exchange rates", "2025-12", "2026-02-06", "2026-02-07", "2026-01"),
    ],
)
def test_a_table_is_stale_from_the_day_on_which_the_next_figure_is_usually_out(
    told: Told, publisher: str, newest: str, last_good: str, first_bad: str, missing: str
) -> None:
    good, bad = told(publisher, last_good), told(publisher, first_bad)
    assert good == Finding("Freshness", publisher, OK, f"up to {newest}")
    assert bad.state == PROBLEM and bad.said.startswith(f"up to {newest}, but {missing} is usually out by ")
    assert BY_NAME[publisher].why in bad.said


def test_a_later_day_names_the_newest_period_that_should_be_there(told: Told) -> None:
    assert told("KOTRA", "2028-12-31").said.startswith("up to 2024, but 2027 is usually out by 30 July 2028 (")
    # On 19 January 2027 December is not due yet, and November is since 21 December.
    assert "but 2026-11 is usually out by 21 December 2026" in told("Chinese customs, months", "2027-01-19").said


def test_what_to_do_is_a_command_where_there_is_one_and_else_a_page(told: Told) -> None:
    assert told("UN Comtrade, years", "2026-12-01").todo == "python -m analysis refresh comtrade"
    assert told("KOTRA", "2026-12-01").todo == "Look at https://www.kotra.or.kr"


def test_a_publisher_that_was_asked_since_and_had_no_more_is_not_asked_again(told: Told) -> None:
    name, day = "UN Comtrade, years", "2026-12-01"  # 2025 is due on 30 September 2026
    assert told(name, day).state == PROBLEM
    found = told(name, day, ("2026-10-02", "2025"))
    assert (found.state, found.said) == (OK, "up to 2018; the publisher had no more on 2 October 2026")
    assert told(name, day, ("2026-11-02", "2014%2C2025")).state == OK
    assert told(name, day, ("2026-09-29", "2025")).state == PROBLEM, "before it was due"
    assert told(name, day, ("2026-11-02", "2019")).state == PROBLEM, "another year"
    months = ADDRESS.replace("/C/A/HS", "/C/M/HS")
    assert told(name, day, ("2026-11-02", "2025"), address=months).state == PROBLEM, "another table"
    assert told(name, "2027-10-01", ("2026-10-02", "2025")).state == PROBLEM, "2026 is due by then"


def test_a_table_that_was_never_fetched_is_a_note(told: Told) -> None:
    found = told("UN Comtrade, months", "2026-12-01")
    assert (found.state, found.said) == (NOTE, "not fetched so far")
    assert found.todo == "python -m analysis refresh comtrade-monthly"


def test_a_list_is_looked_at_again_after_its_time(told: Told) -> None:
    name = "James Martin Center, missile tests"  # read on 22 November 2026; 120 days later is 22 March 2027
    assert told(name, "2027-03-21").state == OK
    again = told(name, "2027-03-22")
    assert again.state == PROBLEM and again.said.startswith("last read 22 November 2026; ")
    assert again.todo.endswith("refresh cns")


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.publisher)
def test_a_release_names_rows_that_are_there_and_says_why(release: Release, catalogue: Catalogue) -> None:
    assert release.why and release.page.startswith("http") and release.days > 0
    # A file that the user brings leaves no fetch to look for, and what is looked at now and then has a day of its own.
    marked = release.marks or release.every == "look" or release.source.startswith(refresh.BULK)
    assert release.source == "" or (release.source.partition(" ")[0] in {*refresh.SOURCES, refresh.BULK} and marked)
    assert release.optional != catalogue.has(release.table)
    if not release.optional:
        rows = catalogue.frame(release.table)
        for column, value in release.of.items():
            rows = rows[rows[column] == value]
        assert len(rows) and any(column in rows for column in stale.PERIODS)


def test_every_refresh_has_a_release() -> None:
    assert {release.source for release in RELEASES} - {""} == {*refresh.SOURCES, f"{refresh.BULK} PATH"}


def test_the_command_prints_as_check_does_and_ends_with_1_when_something_is_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Day(date):
        @classmethod
        def today(cls) -> Day:
            return cls(2026, 7, 30)

    monkeypatch.setattr(cli, "date", Day)
    monkeypatch.setattr(stale, "RELEASES", (BY_NAME["KOTRA"],))
    assert cli.main(["check", "--stale"]) == 0
    assert capsys.readouterr().out == "Freshness    ok  KOTRA: up to 2024\n\nAll is well.\n"
    monkeypatch.setattr(stale, "RELEASES", (BY_NAME["KOTRA"], BY_NAME["SIPRI, arms transfers"]))
    assert cli.main(["check", "--stale"]) == 1
    assert capsys.readouterr().out.endswith("databases/armstransfers\n\n1 thing needs doing.\n")
    assert cli.main(["check", "--stale", "--json"]) == 1
    body = json.loads(capsys.readouterr().out)
    assert body["well"] is False and [f["state"] for f in body["findings"]] == [OK, PROBLEM]
