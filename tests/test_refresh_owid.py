"""Our World in Data: energy and carbon dioxide of the DPRK are read as the codebooks describe them, or refused.

Files and codebooks have the columns that the READMEs and codebooks of https://github.com/owid/energy-data and
https://github.com/owid/co2-data describe. Tested against these descriptions only, never against a live file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from analysis import Report
from analysis.catalogue import load
from analysis.dependence import fuel
from analysis.parameters import resolve
from analysis.refresh import owid, package, refresh
from analysis.refresh.own import NoFile
from analysis.refresh.taking import Taken
from analysis.refresh.web import Raw, Refused, Web
from conftest import Project, contents
from publisher import Answer, Asked, Publisher, publishing

TODAY = date(2026, 12, 1)
ENERGY, CARBON = owid.SERIES
Cells = dict[str, str]
BOOK = {
    ENERGY: {
        "column": "primary_energy_consumption", "title": "Primary energy consumption", "description": "Measured in "
        "terawatt-hours.", "unit": "terawatt-hours", "source": "U.S. Energy Information Administration (2025) "
        "[https://www.eia.gov/]; Energy Institute - Statistical Review of World Energy (2025)",
    },
    CARBON: {
        "column": "oil_co2", "title": "Annual CO₂ emissions from oil", "description": "Fossil emissions.",
        "unit": "million tonnes", "source": "Global Carbon Budget (2025)",
    },
}  # fmt: skip


def line(series: owid.Series, year: int, text: str, country: str = "North Korea", code: str = "PRK") -> Cells:
    return {"country": country, "year": str(year), "iso_code": code, "population": "1", series.column: text}


def lines(series: owid.Series, **changed: str) -> list[Cells]:
    """Other countries, and the DPRK: primary energy as it stands, in the unit of the file; carbon of no record."""
    others = [line(series, 2019, "1.5", "Norway", "NOR"), line(series, 2019, "2.5", "Asia", "")]
    if series is CARBON:
        return [*others, *(line(series, year, text) for year, text in ((2017, "3.111"), (2018, "2.995"), (2019, "")))]
    rows = [row for row in package.table(load(), "energy/energy_use") if row["item"] == "primary_energy"]
    return [
        *others,
        *(line(series, int(row["year"]), changed.get(f"y{row['year']}", f"{11.63 * float(row['value']):.3f}"))
          for row in rows), line(series, 2020, changed.get("y2020", "")),
    ]  # fmt: skip


def text_of(rows: list[Cells]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def answering(**changed: Any) -> Callable[[Asked], Answer]:
    """The four files; `energy`, `carbon`, `energy_book` and `carbon_book` are lines in place of the usual ones."""
    files = {}
    for name, series in (("energy", ENERGY), ("carbon", CARBON)):
        files[urlsplit(series.data).path] = text_of(changed.get(name) or lines(series))
        files[urlsplit(series.codebook).path] = text_of(changed.get(f"{name}_book") or [BOOK[series]])
    return lambda asked: Answer(files.get(asked.path, b""), 200 if asked.path in files else 404)


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    with publishing() as server:
        monkeypatch.setattr(owid, "ADDRESS", f"{server.address}/data")
        monkeypatch.setattr(owid, "CODEBOOKS", f"{server.address}/repositories")
        server.answers = answering()
        yield server


@pytest.fixture
def fetching(project: Project, publisher: Publisher, tmp_path: Path) -> Callable[..., Taken]:
    web = Web(tmp_path / "kept", pause=0, sleep=lambda seconds: None)
    return lambda **more: refresh.refresh("owid", "2017-2020", web=web, today=TODAY, **more)


# ----------------------------------------------------------------------------------------------------------- reading


def read(tmp_path: Path, series: owid.Series, rows: list[Cells]) -> list[tuple[int, str]]:
    path = tmp_path / "file.csv"
    path.write_bytes(text_of(rows))
    return list(owid.figures(Raw("Example", "", path, "", 0, ""), series))


def test_only_the_dprk_is_read_and_a_year_without_a_figure_gives_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, CARBON, lines(CARBON)) == [(2017, "3.111"), (2018, "2.995")]


USED = ("country", "year", "iso_code", "oil_co2")
FAULTS: dict[str, Callable[[Cells], Cells]] = {
    **{f"without {name}": lambda row, n=name: {k: v for k, v in row.items() if k != n} for name in USED},
    **{
        f"{name} renamed": lambda row, n=name: {(k.upper() if k == n else k): v for k, v in row.items()}
        for name in USED
    },
    **{
        f"{name} is {value!r}": lambda row, n=name, v=value: {**row, n: v}
        for name, values in {
            "country": ["", "South Korea"], "iso_code": ["", "KOR"], "year": ["", "2017.0", "17", "x", "3017"],
            "oil_co2": ["n/a", "-1", "1e3", "1,000", "nan"],
        }.items() for value in values
    },
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_row_that_is_not_as_documented_is_refused(tmp_path: Path, fault: str) -> None:
    sound = line(CARBON, 2017, "3.111")
    assert read(tmp_path, CARBON, [sound]) == [(2017, "3.111")]
    with pytest.raises(Refused, match=r"^The answer of Example(, line 2,| has another shape:) .*\.$") as error:
        read(tmp_path, CARBON, [FAULTS[fault](sound)])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "lacks the column country"), (text_of([line(CARBON, 2017, "1", "Norway", "NOR")]), "has no row of North"),
        (text_of([line(CARBON, 2017, "1")] * 2), "which is none or came before"),
        (text_of([line(CARBON, 2017, "1")]) + b"North Korea,2018", "has 2 cells, not 5"),
        (text_of([line(CARBON, 2017, "1")]) + b'"North Korea,2018', "is no CSV"),
        (text_of([line(CARBON, 2017, "1")]) + b"\xff\xfe", "is no CSV"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_as_documented_is_refused(tmp_path: Path, body: bytes, said: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(body)
    with pytest.raises(Refused, match=re.escape(said)):
        list(owid.figures(Raw("Example", "", path, "", 0, ""), CARBON))


def codebook(tmp_path: Path, series: owid.Series, unit: str) -> None:
    path = tmp_path / "book.csv"
    path.write_bytes(text_of([{**BOOK[series], "unit": unit}]))
    owid._check_codebook(Raw("Example", "", path, "", 0, ""), series)


@pytest.mark.fault("19.12 a unit is read by what it means")
@pytest.mark.parametrize(
    ("series", "unit"),
    [(ENERGY, "terawatt-hours"), (ENERGY, "terawatt-hours (TWh)"), (ENERGY, "TWh"), (ENERGY, " Terawatt-hours  (TWh) "),
     (CARBON, "million tonnes"), (CARBON, "million tonnes (Mt)"), (CARBON, "million  tonnes")],
)  # fmt: skip
def test_a_unit_may_be_written_as_releases_have_written_it(tmp_path: Path, series: owid.Series, unit: str) -> None:
    codebook(tmp_path, series, unit)


@pytest.mark.fault("19.12 another unit is refused however it is written")
@pytest.mark.parametrize(
    ("series", "unit"),
    [(ENERGY, "gigawatt-hours (GWh)"), (ENERGY, "terawatt-hours (GWh)"), (ENERGY, "terawatt-hours per person"),
     (ENERGY, "()"), (CARBON, "tonnes (t)"), (CARBON, "million tonnes (t)"),
     (CARBON, "million tonnes of carbon")],
)  # fmt: skip
def test_a_unit_that_is_another_is_refused(tmp_path: Path, series: owid.Series, unit: str) -> None:
    with pytest.raises(Refused, match="has the unit"):
        codebook(tmp_path, series, unit)


@pytest.mark.fault("19.12 codebooks lie in the repositories, not beside the data")
def test_codebooks_are_asked_for_where_they_lie() -> None:
    assert ENERGY.data == "https://owid-public.owid.io/data/energy/owid-energy-data.csv"
    raw = "https://raw.githubusercontent.com/owid"
    assert [one.codebook for one in owid.SERIES] == [
        f"{raw}/energy-data/master/owid-energy-codebook.csv", f"{raw}/co2-data/master/owid-co2-codebook.csv",
    ]  # fmt: skip


# ----------------------------------------------------------------------------------------------------- taking it in


@pytest.mark.parametrize("name", ["energy", "carbon"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit": "kilotonnes"}, "has the unit 'kilotonnes', not"), ({"unit": ""}, "has the unit '', not"),
        ({"source": "Somebody else"}, "does not name the"), ({"column": "another"}, "has no row of"),
        (None, "lacks the column unit"),
    ],
)  # fmt: skip
def test_a_codebook_with_another_unit_or_maker_changes_nothing(
    project: Project, publisher: Publisher, fetching: Callable[..., Taken], name: str, change: Cells | None, said: str
) -> None:
    book = BOOK[ENERGY if name == "energy" else CARBON]
    wrong = {k: v for k, v in book.items() if k != "unit"} if change is None else {**book, **change}
    publisher.answers = answering(**{f"{name}_book": [wrong]})
    held = contents(project.root / "data")
    with pytest.raises(Refused, match=re.escape(said)):
        fetching(apply=True)
    assert contents(project.root / "data") == held


@pytest.mark.fault("19.15 files of the user's own are read in the place of the publisher's")
def test_files_of_the_users_own_are_read(project: Project, publisher: Publisher, tmp_path: Path) -> None:
    for series in owid.SERIES:
        (tmp_path / f"owid-{series.topic}-data (2).csv").write_bytes(text_of(lines(series)))
        (tmp_path / f"owid-{series.topic}-codebook.csv").write_bytes(text_of([BOOK[series]]))
    done = refresh.refresh("owid", "2017-2020", path=str(tmp_path), today=TODAY)
    assert isinstance(done, Taken) and done.found[0][1].same == 3 and not publisher.asked
    (tmp_path / "owid-co2-codebook.csv").unlink()
    with pytest.raises(NoFile, match=r"holds, no file owid-co2-codebook\.csv, which Our World in Data"):
        refresh.refresh("owid", "2017-2020", path=str(tmp_path), today=TODAY)


def test_figures_in_another_unit_change_nothing(
    project: Project, publisher: Publisher, fetching: Callable[..., Taken]
) -> None:
    publisher.answers = answering(energy=[
        {**row, ENERGY.column: row[ENERGY.column] and f"{float(row[ENERGY.column]) / 1000:.6f}"}
        for row in lines(ENERGY)
    ])  # fmt: skip
    held = contents(project.root / "data")
    with pytest.raises(Refused, match="its unit seems to be another"):
        fetching(apply=True)
    assert contents(project.root / "data") == held


def test_applied_figures_are_used_from_the_day_of_the_fetch_on(
    project: Project, publisher: Publisher, fetching: Callable[..., Taken]
) -> None:
    publisher.answers = answering(energy=lines(ENERGY, y2018="116.3", y2020="101.181"))
    held = contents(project.root / "data")
    text = [" ".join(line.split()) for line in fetching().lines()]
    assert contents(project.root / "data") == held
    assert text[:6] == [
        "energy/energy_use, US Energy Information Administration, through Our World in Data:",
        "1 new:", "2020 primary_energy 8.700 mtoe", "1 changed:",
        "2018 primary_energy 8.355 -> 10.000 mtoe, times 1.1970", "2 unchanged",
    ]  # fmt: skip
    assert text[7:10] == ["2 new:", "2017 co2_oil 3.111 mt_co2", "2018 co2_oil 2.995 mt_co2"]
    assert fetching(apply=True).version == "2026.12.01"
    rows = load().frame(fuel.ENERGY).set_index("row_id")
    fetched = rows[rows["published"] == "2026-12-01"]
    assert list(fetched.index) == ["2017-co2_oil", "2018-primary_energy-2", "2018-co2_oil", "2020-primary_energy"]
    assert list(fetched["value"]) == [3.111, 10, 2.995, 8.7] and set(fetched["status"]) == {"estimated"}
    assert rows.loc["2018-primary_energy", "value"] == 8.354552969856373, "what stood stands"

    def wholes(as_of: date | None) -> list[float | None]:
        # The total of the agency alone: where carbon has the year, it leads and the agency widens the range.
        made = fuel._request(load(), as_of, "estimate", "keep")
        return [fuel.energy_by_compiler(made, year)["eia"].value for year in (2017, 2018, 2020)]

    assert wholes(None) == [8.025701505089172, 10, 8.7] == wholes(TODAY)
    assert wholes(date(2026, 11, 30)) == [8.025701505089172, 8.354552969856373, None]

    def said(**settings: Any) -> float | None:
        fact = Report(resolve(settings, load()), load()).find("dependence.energy_by_compiler.eia.2018")
        return fact and fact.value

    # The same oil over more energy; what carbon says of the oil is untouched by another carbon beside it.
    assert said() == pytest.approx(said(as_of="2026-11-30") * 8.354552969856373 / 10, rel=1e-9)
    again = fetching(apply=True)
    assert again.version is None and list(again.lines())[-1] == "Nothing to take in."
