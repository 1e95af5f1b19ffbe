"""The workbook and the pictures of a report: the tables as they are, text as text, the same bytes every time."""

from __future__ import annotations

import csv
import io
import re
import struct
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from analysis import Report
from analysis.display import html_of
from analysis.errors import BuildError
from analysis.render import manifests, outputs
from analysis.render.pictures import PIXELS_PER_INCH, png
from analysis.render.workbook import CONTENTS, SOURCES, workbook

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
Cells = list[list[Any]]


def table(id: str = "small", rows: Any = (), columns: Any = ("year", "text"), **more: Any) -> dict[str, Any]:
    node = {"kind": "table", "id": id, "title": [{"text": f"Title of {id}"}], "notes": [[{"text": "A note."}]],
            "data": {"columns": list(columns), "rows": [list(row) for row in rows]}}  # fmt: skip
    return {**node, **more}


def made(report: Report, *nodes: dict[str, Any]) -> bytes:
    return workbook(nodes, report.facts, report.catalogue, "default", report.parameters)


def sheets(content: bytes) -> dict[str, Cells]:
    """The cells of every sheet by its name, read by nothing of ours: numbers as float, text as str, gaps as None."""
    file = zipfile.ZipFile(io.BytesIO(content))
    texts = ["".join(t.text or "" for t in item.iter(f"{MAIN}t"))
             for item in ElementTree.fromstring(file.read("xl/sharedStrings.xml"))]  # fmt: skip
    targets = {r.get("Id"): r.get("Target") for r in ElementTree.fromstring(file.read("xl/_rels/workbook.xml.rels"))}
    found = {}
    for sheet in ElementTree.fromstring(file.read("xl/workbook.xml")).iter(f"{MAIN}sheet"):
        rows: Cells = []
        for row in ElementTree.fromstring(file.read(f"xl/{targets[sheet.get(LINK)]}")).iter(f"{MAIN}row"):
            while len(rows) < int(row.get("r", "0")):
                rows.append([])
            for cell in row:
                letters = re.match(r"[A-Z]+", cell.get("r", ""))
                assert letters and cell.find(f"{MAIN}f") is None, "no cell is a formula"
                column = 0
                for letter in letters[0]:
                    column = column * 26 + ord(letter) - 64
                rows[-1] += [None] * (column - len(rows[-1]))
                value = cell.findtext(f"{MAIN}v")
                if value is not None:
                    kinds = {"s": lambda v: texts[int(v)], "b": lambda v: v == "1", "n": float}
                    rows[-1][column - 1] = kinds[cell.get("t", "n")](value)
        found[str(sheet.get("name"))] = rows
    return found


def body(cells: Cells) -> Cells:
    """The rows of data below the head."""
    width = len(cells[2])
    rows = cells[3:]
    end = next((n for n, row in enumerate(rows) if not row), len(rows))
    return [row + [None] * (width - len(row)) for row in rows[:end]]


def test_a_sheet_holds_title_head_numbers_gaps_and_notes(report: Report) -> None:
    content = made(report, table(rows=[(2013, "peak"), (2014, None), (0.1 + 0.2, "x"), (-0.0, "y"), (True, "z")]))
    cells = sheets(content)["small"]
    assert cells[0][0] == "Title of small" and cells[1][:2] == [CONTENTS, "Notes below"]
    assert cells[2] == ["year", "text"]
    assert body(cells) == [[2013.0, "peak"], [2014.0, None], [0.3, "x"], [0.0, "y"], [True, "z"]]
    assert [row[0] for row in cells[9:]] == ["Notes", "A note."]
    assert isinstance(body(cells)[0][0], float) and isinstance(body(cells)[4][0], bool)


@pytest.mark.parametrize("text", [
    "=1+1", "=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "{=A1}", "http://", "mailto:a@b.c", "0201", "1e5",
    " spaces ", "<b>&amp;", "line\nbreak", "\x01\x1f", "_x0041_", "עברית", "中国", "'", "",
])  # fmt: skip
def test_text_stays_text(report: Report, text: str) -> None:
    cells = sheets(made(report, table(rows=[("first", text)])))["small"]
    shown = body(cells)[0][1]
    # The format writes control characters, and what looks like them, as codes that a reader undoes.
    plain = re.sub(r"_x([0-9A-F]{4})_", lambda m: chr(int(m[1], 16)), shown) if shown else shown
    assert plain == (text or None)


def test_an_address_is_a_link_and_still_its_text(report: Report) -> None:
    content = made(report, table(rows=[("a", "https://example.org/a?b=1&c=2")]))
    assert body(sheets(content)["small"])[0][1] == "https://example.org/a?b=1&c=2"
    relations = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/_rels/sheet2.xml.rels").decode()
    assert 'Target="https://example.org/a?b=1&amp;c=2"' in relations


def test_the_first_sheet_lists_all_and_the_last_has_the_sources_with_their_facts(report: Report) -> None:
    chart = table("chart", [(1, "a")], kind="figure", caption=[{"text": "A caption."}])
    found = sheets(made(report, table("one", [(1, "a"), (2, "b")]), chart, chart))
    assert list(found) == [CONTENTS, "one", "chart", SOURCES]
    listed = body(found[CONTENTS])
    assert [row[0] for row in listed] == ["one", "chart", SOURCES]
    assert listed[0][1:] == ["Title of one", "table", 2.0, "tables/one.csv"]
    assert listed[1][1:3] == ["Data of the chart: Title of chart", "figure"]
    assert [row[0] for row in found["chart"] if row][-3:] == ["Notes", "A caption.", "A note."]
    sources = body(found[SOURCES])
    assert [row[0] for row in sources] == list(report.catalogue.sources.index)
    counted = {row[0]: row[1] for row in sources}
    for source in ("bls-cpi", sources[0][0]):
        assert counted[source] == sum(source in fact.sources for fact in report.facts.values())
    assert counted["bls-cpi"] > 100


def test_names_of_sheets_are_short_and_of_their_own(report: Report) -> None:
    long = "a" * 40
    ids = [long, long + "b", "history", "contents", "sources", "x"]
    names = list(sheets(made(report, *(table(id, [(1, "a")]) for id in ids))))
    assert len({name.lower() for name in names}) == len(ids) + 2
    assert all(len(name) <= 31 for name in names) and "history" not in [name.lower() for name in names]
    assert names[-2] == "x" and names[1] == "a" * 31


def test_the_head_stays_in_sight_and_columns_are_wide_enough(report: Report) -> None:
    content = made(report, table(rows=[(1, "w" * 30), (2, "w" * 500)]))
    sheet = ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet2.xml"))
    pane = next(sheet.iter(f"{MAIN}pane"))
    assert pane.get("state") == "frozen" and pane.get("topLeftCell") == "B4"
    widths = [float(column.get("width", 0)) for column in sheet.iter(f"{MAIN}col")]
    assert widths[0] < 12 and 55 < widths[1] < 65
    assert next(sheet.iter(f"{MAIN}autoFilter")).get("ref") == "A3:B5"


def test_a_table_without_rows_has_a_sheet(report: Report) -> None:
    cells = sheets(made(report, table(rows=[], columns=[])))["small"]
    assert cells[0] == ["Title of small"]


def test_a_text_too_long_for_a_cell_is_refused_by_name(report: Report) -> None:
    made(report, table(rows=[(1, "w" * 32_767)]))
    with pytest.raises(BuildError, match=r"small, column text, has a text of 32,768 letters"):
        made(report, table(rows=[(1, "w" * 32_768)]))


def test_the_same_tables_give_the_same_bytes_and_no_clock(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [table("one", [(1, "a")]), table("two", [(0.5, "https://example.org")])]
    first = made(report, *nodes)
    monkeypatch.setattr("time.time", lambda: 4e9)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert made(report, *nodes) == first
    file = zipfile.ZipFile(io.BytesIO(first))
    assert {item.date_time for item in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    dates = set(re.findall(r"\d{4}-\d\d-\d\d", file.read("docProps/core.xml").decode()))
    assert dates == {report.catalogue.data_date.isoformat()}


# --------------------------------------------------------------------------------------------- in a report


@pytest.mark.slow
def test_the_workbook_of_a_report_holds_every_table_of_it(built: manifests.Built) -> None:
    assert {"tables.xlsx", "rows.csv"} <= set(built.files)
    found = sheets((built.output / "tables.xlsx").read_bytes())
    files = sorted((built.output / "tables").glob("*.csv"))
    assert set(found) == {CONTENTS, SOURCES, *(path.stem for path in files)}
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            columns, *rows = csv.reader(file)
        assert found[path.stem][2] == columns
        cells = body(found[path.stem])
        assert len(cells) == len(rows), path.name
        for row, known in zip(cells, rows, strict=True):
            for value, text in zip(row, known, strict=True):
                same = (text == "" and value is None) or text in (value, str(value))
                assert same or float(text) == value, (path.name, text)


@pytest.mark.slow
def test_rows_csv_has_every_row_that_a_fact_names_as_it_stands_in_its_table(
    built: manifests.Built, report: Report
) -> None:
    with (built.output / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["named"] for row in rows} == {name for fact in report.facts.values() for name in fact.rows}
    with (report.catalogue.root / "trade/china_dprk_annual.csv").open(encoding="utf-8", newline="") as file:
        table_rows = {f"trade/china_dprk_annual#{row['row_id']}": row for row in csv.DictReader(file)}
    checked = 0
    for row in rows:
        for name, cell in table_rows.get(row["named"], {}).items():
            assert row[name] == cell or float(row[name]) == float(cell), (row["named"], name)
            checked += 1
    assert checked > 1000
    months = [row for row in rows if row["named"] == "macro/us_cpi#2015"]
    assert [row["month"] for row in months] == [f"2015-{month:02}" for month in range(1, 13)]


@pytest.mark.slow
def test_every_chart_has_its_picture_linked_beside_its_data(built: manifests.Built) -> None:
    page = (built.output / "index.html").read_text(encoding="utf-8")
    drawings = sorted((built.output / "figures").glob("*.svg"))
    assert len(drawings) > 5
    for drawing in drawings:
        content = drawing.with_suffix(".png").read_bytes()
        assert content == png(drawing.read_text(encoding="utf-8")), "the same drawing gives the same bytes"
        for kind in ("svg", "png"):
            assert f'href="figures/{drawing.stem}.{kind}"' in page
    assert 'href="tables.xlsx"' in page
    assert {name for name in built.files if name.endswith(".png")} == {f"figures/{p.stem}.png" for p in drawings}


def test_a_picture_has_the_size_and_the_colour_of_its_drawing() -> None:
    svg = ('<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt" viewBox="0 0 72 36">'
           '<rect width="72" height="36" fill="#0000ff"/></svg>')  # fmt: skip
    content = png(svg)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", content[16:24]) == (PIXELS_PER_INCH, PIXELS_PER_INCH / 2)
    import matplotlib.image

    pixels = matplotlib.image.imread(io.BytesIO(content))
    assert list(pixels[40, 90][:3]) == [0.0, 0.0, 1.0]


def test_a_drawing_that_is_none_is_one_sentence() -> None:
    with pytest.raises(BuildError, match=r"^A chart cannot be made a picture: .*\.$"):
        png("no drawing")


def test_only_a_built_report_links_files_beside_the_page() -> None:
    node = table(rows=[(1, "a")], long=False, columns=["year", "text"])
    node |= {"columns": [{"label": "Year", "numeric": True}], "rows": [["1"]]}
    assert "tables.xlsx" in html_of(node, data_links=True) and "tables.xlsx" not in html_of(node)


def test_the_files_of_a_small_report_are_written_once(tmp_path: Path) -> None:
    figure = table("chart", [(1, "a")], kind="figure", caption=[], narrow="",
                   svg='<svg xmlns="http://www.w3.org/2000/svg" width="10pt" height="10pt"/>')  # fmt: skip
    outputs.write_data(tmp_path, [figure, figure, table("one", [(1, "a")])])
    assert manifests.files_in(tmp_path) == [
        "figures/chart.png", "figures/chart.svg", "tables/chart.csv", "tables/one.csv",
    ]  # fmt: skip
