"""The list of missile tests: launches are counted by the day in Korea; a workbook of another form is refused.

The workbook has the sheet, the columns and the kinds of cell of the file on
https://www.nti.org/analysis/articles/cns-north-korea-missile-test-database/, as public code that reads it has them.
Tested against that only, never against a file of today.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from analysis.catalogue import load
from analysis.events.catalogue import events_of
from analysis.refresh import cns, package, refresh
from analysis.refresh.cns import Day
from analysis.refresh.own import NoFile
from analysis.refresh.taking import Taken
from analysis.refresh.web import Raw, Refused, Web
from conftest import Project, contents
from publisher import Answer, Publisher, publishing

TODAY = date(2026, 12, 1)
Cells = dict[str, Any]
COLUMNS = (
    "F1", "Date", "Date Entered/Updated", "Launch Time (UTC)", "Missile Name", "Missile Type",
    "Launch Agency/Authority", "Facility Name", "Facility Location", "Other Name", "Facility Latitude",
    "Facility Longitude", "Landing Location", "Apogee", "Distance Travelled", "Confirmation Status", "Test Outcome",
    "Additional Information", "Source(s)",
)  # fmt: skip


def launch(day: Any, hour: Any = None, kind: Any = "SRBM", **other: Any) -> Cells:
    return {**dict.fromkeys(COLUMNS), "Date": day, "Launch Time (UTC)": hour, "Missile Type": kind, **other}


def workbook(
    launches: list[Cells], sheet: str = "Missile Tests", shown: str | None = None, empty: int = 0
) -> bytes:  # fmt: skip
    """`shown` is the format of every date, `empty` the number of empty rows above the names of the columns."""
    book, packed = openpyxl.Workbook(), io.BytesIO()
    page = book.active
    page.title = sheet
    for _ in range(empty):
        page.append([""] * len(COLUMNS))
    page.append(list(launches[0]))
    for one in launches:
        page.append(list(one.values()))
        if shown and "Date" in one:
            page.cell(page.max_row, list(one).index("Date") + 1).number_format = shown
    page.append([None] * len(COLUMNS))
    book.create_sheet("Data Summary")
    book.save(packed)
    return packed.getvalue()


def with_sheet(body: bytes, xml: bytes) -> bytes:
    """The workbook with other words in place of its first sheet."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(name, xml if name == "xl/worksheets/sheet1.xml" else old.read(name))
    return packed.getvalue()


def stand() -> list[dict[str, str]]:
    return [row for row in package.table(load(), cns.TABLE) if row["date"] >= "2025"]


def standing() -> list[Cells]:
    """The launches that stand here of these two years, each day's first long-range ones, then others."""
    return [
        launch(datetime.fromisoformat(row["date"]), kind="ICBM" if number < int(row["long_range"]) else "SRBM")
        for row in stand() for number in range(int(row["launches"]))
    ]  # fmt: skip


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    with publishing() as server:
        monkeypatch.setattr(cns, "ADDRESS", f"{server.address}/list.xlsx")
        yield server


@pytest.fixture
def fetching(project: Project, publisher: Publisher, tmp_path: Path) -> Callable[..., Taken]:
    web = Web(tmp_path / "kept", pause=0, sleep=lambda seconds: None)

    def fetch(launches: list[Cells], **more: Any) -> Taken:
        publisher.answers = lambda asked: Answer(workbook(launches))
        return refresh.refresh("cns", "2025-2026", web=web, today=TODAY, **more)

    return fetch


def read(tmp_path: Path, body: bytes) -> dict[str, Day]:
    path = tmp_path / "list.zip"
    path.write_bytes(body)
    return cns.launch_days(Raw("Example", "", path, "", 0, ""), TODAY)


# ----------------------------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("hour", "day"),
    [
        (None, "2022-12-30"), ("Unknown", "2022-12-30"), ("", "2022-12-30"), ("N/A", "2022-12-30"),
        (time(23, 14), "2022-12-31"), (time(14, 59, 59), "2022-12-30"), (time(15), "2022-12-31"),
        (datetime(1900, 1, 1, 23, 14), "2022-12-31"), ("11:14:00 PM", "2022-12-31"), ("23:14", "2022-12-31"),
        ("2:59:59 PM", "2022-12-30"),
    ],
)  # fmt: skip
def test_the_day_is_that_of_korea_where_the_hour_is_known(tmp_path: Path, hour: Any, day: str) -> None:
    assert read(tmp_path, workbook([launch(datetime(2022, 12, 30), hour)])) == {day: Day(1, 0, 0)}


@pytest.mark.parametrize(("day", "shown"), [(datetime(1990, 5, 1), "mmm\\-yy"), ("May-90", None)])
def test_a_date_without_a_day_is_a_month(tmp_path: Path, day: Any, shown: str | None) -> None:
    assert read(tmp_path, workbook([launch(day)], shown=shown)) == {"1990-05": Day(1, 0, 0)}


def test_launches_are_counted_by_day_and_range(tmp_path: Path) -> None:
    kinds = ["SRBM", "ICBM", "Unknown", "SLV", "MRBM", "IRBM", "SLBM", "HGV"]
    found = read(tmp_path, workbook([*(launch(datetime(2022, 5, 4), kind=kind) for kind in kinds),
                                     launch(datetime(2021, 1, 2))]))  # fmt: skip
    assert found == {"2021-01-02": Day(1, 0, 0), "2022-05-04": Day(8, 3, 1)} and list(found) == sorted(found)


@pytest.mark.fault("19.12 rows left empty above the names of the columns are passed over")
@pytest.mark.parametrize("empty", [1, 3])
def test_rows_may_be_empty_above_the_names_of_the_columns(tmp_path: Path, empty: int) -> None:
    launches = [launch(datetime(2019, 5, 4), time(0, 6)), launch(datetime(2019, 5, 9), kind="Rocket")]
    assert read(tmp_path, workbook(launches[:1], empty=empty)) == {"2019-05-04": Day(1, 0, 0)}
    with pytest.raises(Refused, match=f"row {empty + 3}, has the Missile Type 'Rocket'"):
        read(tmp_path, workbook(launches, empty=empty))


@pytest.mark.fault("19.12 names are read whatever their blanks and capitals")
def test_names_of_columns_and_sheet_are_read_whatever_their_blanks_and_capitals(tmp_path: Path) -> None:
    one = {f" {name.upper()} ": value for name, value in launch(datetime(2019, 5, 4)).items()}
    assert read(tmp_path, workbook([one], sheet="Missile tests ")) == {"2019-05-04": Day(1, 0, 0)}


USED = ("Date", "Launch Time (UTC)", "Missile Type")
FAULTS: dict[str, Callable[[Cells], Cells]] = {
    **{f"without {name}": lambda row, n=name: {k: v for k, v in row.items() if k != n} for name in USED},
    **{
        f"{name} renamed": lambda row, n=name: {(f"{k} of another" if k == n else k): v for k, v in row.items()}
        for name in USED
    },
    **{
        f"{name} is {value!r}": lambda row, n=name, v=value: {**row, n: v}
        for name, values in {
            "Date": [None, 44925, "30/12/22", "Xyz-90", datetime(1969, 4, 9), datetime(2027, 1, 1), True],
            "Launch Time (UTC)": [23.5, "morning", 2314, True], "Missile Type": [None, "srbm", 5, "Rocket"],
        }.items() for value in values
    },
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_row_that_is_not_as_described_is_refused(tmp_path: Path, fault: str) -> None:
    sound = launch(datetime(2022, 12, 30), time(1), **{"Missile Name": "Example"})
    assert len(read(tmp_path, workbook([sound]))) == 1
    with pytest.raises(Refused, match=r"^The answer of Example(, row 2,| has another shape:) .*\.$") as error:
        read(tmp_path, workbook([FAULTS[fault](sound)]))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda body: body[: len(body) // 2], "no workbook"), (lambda body: b"PK", "no workbook"),
        (lambda body: workbook(standing(), sheet="Sheet1"), "lacks the sheet Missile Tests"),
        (lambda body: body.replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheet9.xml"), "lacks the sheet"),
        (lambda body: with_sheet(body, b"<worksheet><sheetData><row"), "no workbook"),
        (lambda body: with_sheet(body, b"<html>Not here</html>"), "lacks the column Date"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_such_workbook_is_refused(
    tmp_path: Path, change: Callable[[bytes], bytes], said: str
) -> None:
    with pytest.raises(Refused, match=re.escape(said)):
        read(tmp_path, change(workbook(standing())))


# ----------------------------------------------------------------------------------------------------- taking it in


@pytest.mark.fault("19.15 a workbook of the user's own is read in the place of the publisher's")
def test_a_workbook_of_the_users_own_is_read(project: Project, publisher: Publisher, tmp_path: Path) -> None:
    file = tmp_path / "missiles (1).xlsx"
    file.write_bytes(workbook([*standing(), launch(datetime(2026, 11, 4), time(1))], empty=1))
    done = refresh.refresh("cns", "2025-2026", path=str(file), today=TODAY)
    assert list(done.found[0][1].new) == [("2026-11-04", "launches"), ("2026-11-04", "long_range")]
    assert not publisher.asked and not any("kept in" in line for line in done.lines())
    file.write_bytes(b"<html>Not here</html>")
    with pytest.raises(Refused, match=r"The file missiles \(1\)\.xlsx is no zip archive, but a web page"):
        refresh.refresh("cns", path=str(file), today=TODAY)
    with pytest.raises(NoFile, match="There is no file or folder"):
        refresh.refresh("cns", path=str(tmp_path / "nowhere"), today=TODAY)


def test_what_stands_is_unchanged(project: Project, fetching: Callable[..., Taken]) -> None:
    held = contents(project.root / "data")
    done = fetching(standing(), apply=True)
    text = [line.strip() for line in done.lines()]
    assert text[1:2] == [f"{2 * len(stand())} unchanged"] and text[-1] == "Nothing to take in."
    assert contents(project.root / "data") == held


def test_a_type_that_is_no_longer_known_leaves_the_long_range_launches(
    project: Project, fetching: Callable[..., Taken]
) -> None:
    hidden = [{**one, "Missile Type": "Unknown"} if one["Missile Type"] == "ICBM" else one for one in standing()]
    assert hidden != standing() and not fetching(hidden).found[0][1].any
    shorter = [{**one, "Missile Type": "SRBM"} if one["Missile Type"] == "ICBM" else one for one in standing()]
    changed = fetching(shorter).found[0][1].changed
    assert changed and all(one.key[1] == "long_range" and one.new == 0 for one in changed)


def test_applied_days_are_used_from_the_day_of_the_fetch_on(project: Project, fetching: Callable[..., Taken]) -> None:
    last = stand()[-1]
    launches = [
        *standing(), launch(datetime.fromisoformat(last["date"])),
        launch(datetime(2026, 11, 3), time(22), "ICBM"), launch(datetime(2026, 11, 4), time(1)),
    ]  # fmt: skip
    text = [" ".join(line.split()) for line in fetching(launches).lines()]
    n = int(last["launches"])
    assert text[1:6] == [
        "2 new:", "2026-11-04 launches 2.000 launches", "2026-11-04 long_range 1.000 launches", "1 changed:",
        f"{last['date']} launches {n}.000 -> {n + 1}.000 launches, times {(n + 1) / n:.4f}",
    ]  # fmt: skip
    assert fetching(launches, apply=True).version == "2026.12.01"
    rows = load().frame(cns.TABLE).set_index("event_id")
    new, again = rows.loc["launch-2026-11-04"], rows.loc[f"{last['event_id']}-2"]
    assert (new["launches"], new["long_range"], new["provisional"], new["cross_checked"]) == (2, 1, "yes", "no")
    assert (new["quality"], new["published"], new["source_id"]) == ("C", "2026-12-01", "cns-missiles-2026-12-01")
    # Who else supports the day supports it still.
    assert (again["launches"], again["cross_checked"], again["quality"]) == (n + 1, "yes", "A")
    assert again["source_id"] == "cns-missiles-2026-12-01;csis-dates"
    assert rows.loc[last["event_id"], "launches"] == n, "what stood stands"

    def events(kind: str, as_of: date | None) -> list[str]:
        return [event.event_id for event in events_of(load(), kind, as_of) if event.date >= last["date"]]

    assert events("launches_all", None) == [f"{last['event_id']}-2", "launch-2026-11-04"]
    assert events("launches_all", TODAY) == events("launches_all", None)
    assert events("launches_all", date(2026, 11, 30)) == [last["event_id"]], "the vintage of before"
    assert events("launches_long", None) == ["launch-2026-11-04"] and not events("launches_long", date(2026, 11, 30))
    assert not fetching(launches, apply=True).found[0][1].any


@pytest.mark.parametrize("fault", ["another list", "nothing", "a page", "many times as many"])
def test_lists_that_cannot_be_right_change_nothing(
    project: Project, publisher: Publisher, fetching: Callable[..., Taken], fault: str
) -> None:
    launches = standing()
    if fault == "another list":
        launches = launches[-5:]
    if fault == "nothing":
        launches = [launch(datetime(2020, 3, 2))]
    if fault == "many times as many":
        launches *= 4
    held = contents(project.root / "data")
    with pytest.raises(Refused, match=r"lacks more than half|seems to be another|but a web page"):
        if fault == "a page":
            publisher.answers = lambda asked: Answer(b"<html>Not here</html>")
            web = Web(project.root / "kept", pause=0, sleep=lambda seconds: None)
            refresh.refresh("cns", "2025-2026", web=web, today=TODAY, apply=True)
        fetching(launches, apply=True)
    assert contents(project.root / "data") == held
