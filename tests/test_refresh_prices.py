"""The World Bank's prices of commodities: a page with one link, and a workbook of the form that others find in it.

The form is that of https://pypi.org/project/worldbank-commodities/ and of public notes that quote the workbook.
Tested against these only, never against a live page or workbook. The figures are of no month.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from analysis import Report, cli, prose
from analysis.catalogue import load, newest
from analysis.parameters import resolve
from analysis.refresh import package, prices, refresh
from analysis.refresh.prices import BARREL, SERIES, TONNE
from analysis.refresh.taking import Taken
from analysis.refresh.web import Raw, Refused, Web
from conftest import Project, contents
from publisher import Answer, Asked, Publisher, publishing

TODAY = date(2026, 12, 1)
PATH = "/en/doc/0123456789abcdef-0050012026/related/CMO-Historical-Data-Monthly.xlsx"
NAMES = (None, "Crude oil, average", "Crude oil, Brent", "Crude oil, Dubai", "Crude oil, WTI", "Coal, Australian",
         "Coal, South African **", "Natural gas, US", "Soybeans", "Soybean oil", "Maize", "Rice, Thai 5% ",
         "Wheat, US SRW", "Wheat, US HRW", "DAP", "Urea ")  # fmt: skip
UNITS = (None, *["($/bbl)"] * 4, "($/mt)", "($/mt)", "($/mmbtu)", *["($/mt)"] * 8)
ABOVE = (
    ("World Bank Commodity Price Data (The Pink Sheet)",), ("monthly prices in nominal US dollars, 1960 to present",),
    ("(monthly series are available only in nominal US dollars)",), ("Updated on December 01, 2026",),
)  # fmt: skip
Rows = list[tuple[Any, ...]]


def label(number: int) -> str:
    return f"{1960 + number // 12}M{number % 12 + 1:02d}"


def months(count: int = 15) -> Rows:
    """Rows of months; coal and DAP begin later, as in the workbook, with the dots that it has there."""
    rows: Rows = []
    for n in range(count):
        dots = n < 3
        rows.append((
            label(n), 1.63000011444 + n, 1.5 + n, 1.75 + n, 1.7 + n, "…" if dots else 40.25 + n,
            ".." if dots else 30.5 + n, 0.14, 90.0 + n, "#VALUE!", 45 + n, 104.5 + n, 60.0, 61.75 + n,
            "..." if dots else 66.5 + n, 42.25 + n,
        ))  # fmt: skip
    return rows


def packed(rows: Rows, sheet: str = "Monthly Prices") -> bytes:
    """A workbook with these rows, behind a sheet that somebody left in it."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(("Mismatch details", "Crude oil, Brent"))
    made = book.create_sheet(sheet)
    for row in rows:
        made.append(row)
    book.save(file)
    return file.getvalue()


def whole(data: Rows | None = None) -> Rows:
    return [*ABOVE, NAMES, UNITS, *(months() if data is None else data)]


def page(*links: str) -> Answer:
    made = "".join(f'<a class="x" href="{one}">Monthly prices</a>' for one in links)
    return Answer(f'<!DOCTYPE html><html><a href="/Annual.xlsx">Annual prices</a><a>none</a>{made}</html>'.encode())


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    with publishing() as server:
        monkeypatch.setattr(prices, "PAGE", f"{server.address}/en/research/commodity-markets")
        monkeypatch.setattr(prices, "HOST", "127.0.0.1")
        server.answers = answering(packed(whole()))
        yield server


def answering(body: bytes, *links: str) -> Callable[[Asked], Answer]:
    found = {"/en/research/commodity-markets": page(*(links or (PATH,))), PATH: Answer(body)}
    return lambda asked: found.get(asked.path, Answer(status=404))


@pytest.fixture
def fetching(project: Project, publisher: Publisher, tmp_path: Path) -> Callable[..., Taken]:
    web = Web(tmp_path / "kept", pause=0, sleep=lambda seconds: None)

    def fetch(years: str | None = None, today: date = TODAY, **more: Any) -> Taken:
        return refresh.refresh("worldbank-prices", years, web=web, today=today, **more)  # type: ignore[return-value]

    return fetch


def read(tmp_path: Path, body: bytes, today: date = TODAY) -> prices.Workbook:
    path = tmp_path / "prices.xlsx"
    path.write_bytes(body)
    return prices.workbook(path, "The file prices.xlsx", today)


# ------------------------------------------------------------------------------------------------ the workbook


def test_prices_are_those_of_their_columns(tmp_path: Path) -> None:
    book = read(tmp_path, packed(whole()))
    assert book.updated == "December 01, 2026"
    first = {name: value for (month, name), value in book.prices.items() if month == "1960-01"}
    assert first == {
        "crude_oil_average": 1.63, "crude_oil_brent": 1.5, "crude_oil_dubai": 1.75, "rice_thai_5": 104.5, "maize": 45,
        "wheat_us_hrw": 61.75, "soybeans": 90, "urea": 42.25,
    }  # fmt: skip
    later = {name: value for (month, name), value in book.prices.items() if month == "1961-03"}
    assert len(later) == len(SERIES) == 11 and (later["coal_australia"], later["dap"]) == (54.25, 80.5)
    assert later["coal_south_africa"] == 44.5
    assert len(book.prices) == 15 * 11 - 3 * 3, "dots are no figures"


@pytest.mark.parametrize(
    "rows",
    [
        [*ABOVE, ("another title",), NAMES, UNITS, *months()], [NAMES, UNITS, *months()],
        [*ABOVE, NAMES, UNITS, (None, "CRUDE_PETRO", "CRUDE_BRENT"), *months()],
        [*whole(), (None,) * 16, (None, None)],
        [(row[0], *reversed(row[1:])) for row in whole()],
    ],
    ids=["more titles", "no titles", "a row of codes", "empty rows at the end", "another order"],
)  # fmt: skip
def test_rows_and_columns_are_found_by_what_they_hold(tmp_path: Path, rows: Rows) -> None:
    assert read(tmp_path, packed(rows)).prices == read(tmp_path, packed(whole())).prices


def test_a_size_that_a_sheet_gives_itself_cuts_nothing(tmp_path: Path) -> None:
    body, out = packed(whole()), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:C9"', text))
    assert out.getvalue() != body
    assert read(tmp_path, out.getvalue()).prices == read(tmp_path, body).prices


PLACE = {one.name: [prices._name(name) for name in NAMES].index(one.printed) for one in SERIES}


def put(row: int, column: int, value: Any) -> Rows:
    """The workbook's rows with another cell; row 4 has the names, 5 the units, 6 and more the months."""
    rows = whole()
    rows[row] = tuple(value if n == column else cell for n, cell in enumerate(rows[row]))
    return rows


FAULTS: dict[str, tuple[Rows, str]] = {
    **{f"{one.name} is not there": (put(4, PLACE[one.name], "Barley"), f"does not have the column {one.printed} once")
       for one in SERIES},
    **{f"{one.name} has two columns": (put(4, PLACE["urea"] if one.name != "urea" else 9, f" {one.printed}*"),
                                       "does not have the column") for one in SERIES},
    **{f"{one.name} in {unit!r}": (put(5, PLACE[one.name], unit), f"gives {one.printed} in .*, not in ")
       for one in SERIES for unit in ("($/kg)", "(€/mt)", "", None, "($/bbl)" if one.unit == TONNE else "($/mt)", 5)},
    **{f"a price {value!r}": (put(9, PLACE["maize"], value), r"row 10, Maize, has .*, which is no price and no sign")
       for value in ("45.5", "n/a", "#VALUE!", None, "", True, 0, -1.5, date(2026, 1, 1), "….")},
    **{f"a month {value!r}": (put(9, 0, value), "row 10, has .* where the month 1960M04 is due")
       for value in ("1960M03", "1960M05", "1961M04", "1960-04", "1960M4", "1960M4 ", 196004, None, "Note", 1960.04)},
    "a first month later": (whole(months()[1:]), "row 7, has '1960M02' where the month 1960M01 is due"),
    "an empty row within": ([*whole(months()[:5]), (None,) * 16, *months()[5:]], "row 13, has '1960M06' where"),
    "a note at the end": ([*whole(), ("Source: somebody",)], "has 'Source: somebody' where the month 1961M04 is due"),
    "a row that is cut off": ([*whole(months()[:-1]), months()[-1][:9]], "row 21, .* has 'None', which is no price"),
    "no months": (whole([]), "no month stands below the names"),
    "names too far down": ([*[("title",)] * 20, NAMES, UNITS, *months()], "does not have the column Coal, Australian"),
    "nothing": ([], "does not have the column Coal, Australian once"),
    "names alone": ([*ABOVE, NAMES], "gives Coal, Australian in ''"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_workbook_that_is_not_as_described_is_refused(tmp_path: Path, fault: str) -> None:
    rows, said = FAULTS[fault]
    with pytest.raises(Refused, match=said) as error:
        read(tmp_path, packed(rows))
    assert "\n" not in str(error.value) and re.fullmatch(r"The file prices\.xlsx.*\.", str(error.value))


def test_a_month_that_is_not_over_is_refused(tmp_path: Path) -> None:
    assert max(read(tmp_path, packed(whole()), date(1961, 4, 1)).prices)[0] == "1961-03"
    with pytest.raises(Refused, match="row 21, has the month 1961-03, which is not over"):
        read(tmp_path, packed(whole()), date(1961, 3, 31))


def zipped(name: str = "a.txt", text: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (packed(whole())[:-300], "is no workbook that can be read"), (packed(whole())[:2000], "is no workbook"),
        (b"<!DOCTYPE html><html>Sign in</html>", "is no workbook"), (b"", "is no workbook"),
        (zipped(), "is no workbook"),
        (zipped("[Content_Types].xml", "<Types"), "is no workbook"), (b"month,Maize\n1960M01,45\n", "is no workbook"),
        (packed(whole(), "Monthly Indices"), "lacks the sheet Monthly Prices"),
    ],
)  # fmt: skip
def test_what_is_no_such_workbook_is_refused(tmp_path: Path, body: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read(tmp_path, body)


# ---------------------------------------------------------------------------------------------------- the page


def linked(tmp_path: Path, answer: Answer) -> str:
    path = tmp_path / "page.html"
    path.write_bytes(answer.body)
    return prices.link(Raw("Example", "", path, "", 0, ""))


@pytest.mark.parametrize(
    ("links", "address"),
    [
        ([f"https://thedocs.worldbank.org{PATH}"], f"https://thedocs.worldbank.org{PATH}"),
        ([f"https://thedocs.worldbank.org{PATH}"] * 2, f"https://thedocs.worldbank.org{PATH}"),
        ([f" https://thedocs.worldbank.org{PATH}#top"], f"https://thedocs.worldbank.org{PATH}"),
        ([PATH], f"https://www.worldbank.org{PATH}"), ([f"{PATH}?a=1&amp;b=2"], f"https://www.worldbank.org{PATH}?a=1&b=2"),
    ],
)  # fmt: skip
def test_the_page_names_the_workbook(tmp_path: Path, links: list[str], address: str) -> None:
    assert linked(tmp_path, page(*links)) == address


@pytest.mark.parametrize(
    ("links", "said"),
    [
        ([], "no file"), (["/related/CMO-Historical-Data-Annual.xlsx"], "no file"),
        ([f"https://example.org{PATH}"], "no file"), ([f"https://worldbank.org.example{PATH}"], "no file"),
        ([f"https://notworldbank.org{PATH}"], "no file"), ([f"http://thedocs.worldbank.org{PATH}"], "no file"),
        (["https://[::1/CMO-Historical-Data-Monthly.xlsx"], "no file"), ([f"{PATH}.pdf"], "no file"),
        ([PATH, f"/other{PATH}"], "2 different files"), ([f"{PATH}?v=1", f"{PATH}?v=2"], "2 different files"),
    ],
)  # fmt: skip
def test_a_page_without_one_such_link_is_refused(tmp_path: Path, links: list[str], said: str) -> None:
    with pytest.raises(Refused, match=f"^The page of Example links {said} CMO-Historical-Data-Monthly.xlsx of .*\\.$"):
        linked(tmp_path, page(*links))


# ------------------------------------------------------------------------------------------------ taking it in


def rows() -> list[dict[str, str]]:
    return package.table(load(), prices.TABLE)


def test_prices_are_taken_in_as_vintages(
    project: Project, publisher: Publisher, fetching: Callable[..., Taken], tmp_path: Path
) -> None:
    held = contents(project.root / "data")
    assert "a price of coal; China's" in prose.events.missing(Report(resolve({}, load()), load())).sentences[0].text
    done = fetching()
    assert [len(found.new) for _, found in done.found] == [45, 111] and contents(project.root / "data") == held
    lines = list(done.lines())
    assert lines[0] == "macro/commodity_prices, World Bank Commodity Price Data (The Pink Sheet):"
    assert lines[1] == "  45 new; the last 22 of them:" and sum("$/bbl" in line for line in lines) == 22
    assert re.fullmatch(r"    1961-03 crude_oil_dubai +15\.750 \$/bbl", lines[23])
    assert fetching(apply=True).version == "2026.12.01"
    catalogue = load()
    catalogue.verify()
    stand = {(row["month"], row["series"]): row for row in rows()}
    assert len(stand) == len(rows()) == 156
    assert stand["1960-01", "crude_oil_average"] == {
        "row_id": "1960-01-crude_oil_average", "month": "1960-01", "series": "crude_oil_average", "value": "1.63",
        "unit": "$/bbl", "status": "reported", "quality": "B", "precision": "0.005", "vintage": "December 01, 2026",
        "published": "2026-12-01", "source_id": "world-bank-prices-2026-12-01",
    }  # fmt: skip
    assert {row["unit"] for row in rows()} == {BARREL, TONNE} and stand["1961-03", "urea"]["unit"] == TONNE
    origin = catalogue.sources.loc["world-bank-prices-2026-12-01"]
    assert origin["terms"] == "publisher-interface" and origin["address"].endswith(PATH)
    assert {file.suffix for file in (tmp_path / "kept").iterdir()} == {".zip", ".html", ".jsonl"}
    assert list(fetching(apply=True).lines())[-1] == "Nothing to take in."

    # The next release: one decimal, a month more, and one price that moved; a price that became dots stays.
    later = [tuple(round(c, 1) if isinstance(c, float) else c for c in row) for row in months(16)]
    later[14] = (*later[14][:10], 75, *later[14][11:])
    later[13] = (*later[13][:15], "…")
    publisher.answers = answering(packed(whole(later)))
    done = fetching(today=date(2027, 1, 5), apply=True)
    tonnes = done.found[1][1]
    assert [(one.key, one.new) for one in tonnes.changed] == [(("1961-03", "maize"), 75)]
    assert list(tonnes.gone) == [("1961-02", "urea")] and len(tonnes.new) == 8 and not done.found[0][1].changed
    maize = [row for row in rows() if (row["month"], row["series"]) == ("1961-03", "maize")]
    assert [(row["row_id"], row["value"]) for row in maize] == [("1961-03-maize", "59"), ("1961-03-maize-2", "75")]
    read_today = newest(prices.TABLE, rows(), lambda row: date.fromisoformat(row["published"]))
    assert len(read_today) == len(rows()) - 1 and maize[1] in read_today and maize[0] not in read_today
    assert list(fetching(today=date(2027, 1, 6), apply=True).lines())[-1] == "Nothing to take in."
    report = Report(resolve({}, load()), load())
    told = [sentence.text for sentence in prose.events.missing(report).sentences]
    assert "price of coal" not in told[0] and told[1].startswith("Monthly prices of coal and other commodities were")


def test_years_may_be_named(project: Project, fetching: Callable[..., Taken]) -> None:
    fetching("1961", apply=True)
    assert {row["month"][:4] for row in rows()} == {"1961"}
    fetching("1960", apply=True)
    assert len(rows()) == 156


def test_a_workbook_of_the_users_own_gives_the_same_rows(
    project: Project, publisher: Publisher, fetching: Callable[..., Taken], tmp_path: Path
) -> None:
    fetching(apply=True)
    fetched = rows()
    own = tmp_path / "mine.xlsx"
    own.write_bytes(packed(whole()))
    asked = len(publisher.asked)
    done = fetching(path=str(own), apply=True)
    lines = list(done.lines())
    assert lines[-1] == "Nothing to take in." and not any("kept in" in line for line in lines)
    own.write_bytes(packed(whole(months(16))))
    assert fetching(path=str(own), apply=True).version == "2026.12.01-2"
    assert len(rows()) == len(fetched) + 11 and len(publisher.asked) == asked, "nobody is asked"


def test_figures_that_cannot_be_right_change_nothing(
    project: Project, publisher: Publisher, fetching: Callable[..., Taken]
) -> None:
    fetching(apply=True)
    held = contents(project.root / "data")
    thousand = [tuple(c * 1000 if isinstance(c, int | float) else c for c in row) for row in months()]
    dots = [(row[0], *["…"] * 15) for row in months()]
    for body, said in (
        (packed(whole(thousand)), "its unit seems to be another"),
        (packed(whole(months(14))), "ends with 1961-02, and 1961-03 stands here: it is an older release, or cut off"),
        (packed(whole(dots)), "ends with no price, and 1961-03 stands here"),
        (packed(whole())[:-300], "The answer of World Bank, monthly prices is no workbook that can be read"),
        (b"<html>Sign in</html>", "is no zip archive, but a web page"), (b"", "is empty"),
    ):
        publisher.answers = answering(body)
        with pytest.raises(Refused, match=said):
            fetching(apply=True)
        assert contents(project.root / "data") == held
    for links, said in ((("/a",), "links no file"), ((PATH, f"/b{PATH}"), "links 2 different files")):
        publisher.answers = answering(packed(whole()), *links)
        with pytest.raises(Refused, match=said):
            fetching(apply=True)
    publisher.answers = lambda asked: Answer(b'{"message": "no"}')
    with pytest.raises(Refused, match="The answer of World Bank, commodity markets is no web page"):
        fetching(apply=True)
    publisher.answers = lambda asked: Answer(status=403)
    with pytest.raises(Refused, match="answered 403"):
        fetching(apply=True)
    assert contents(project.root / "data") == held


def test_a_first_workbook_without_a_price_is_refused(
    project: Project, publisher: Publisher, fetching: Callable[..., Taken]
) -> None:
    publisher.answers = answering(packed(whole([(row[0], *["…"] * 15) for row in months()])))
    with pytest.raises(Refused, match="has nothing of what macro/commodity_prices holds"):
        fetching(apply=True)


# ------------------------------------------------------------------------------------------------- the command


def test_the_command_reads_a_file(project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "mine.xlsx"
    own.write_bytes(packed(whole()))
    assert cli.main(["refresh", "worldbank-prices", str(own)]) == 0
    assert capsys.readouterr().out.endswith("Nothing was changed: --apply takes these figures in.\n")
    own.write_bytes(b"<html>")
    assert cli.main(["refresh", "worldbank-prices", str(own)]) == 1
    assert capsys.readouterr().err == "Error: The file mine.xlsx is no workbook that can be read.\n"
    assert cli.main(["refresh", "worldbank-prices", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("Error: There is no file ")
    assert cli.main(["refresh", "worldbank-prices", str(own), "--pair", "CHN-PRK"]) == 2
    assert "--pair is for baci alone" in capsys.readouterr().err
    assert cli.main(["refresh", "worldbank-prices", "--years", "1959"]) == 2
