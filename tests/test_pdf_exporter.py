"""The PDF: tagged for assistive technology, the paper asked for, the same bytes every time, text as it is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pypdf import PdfReader

from analysis.display import NODE_TYPE, PAPER_ROWS, Column, TableDisplay, say
from analysis.render.build import Built
from analysis.render.document import Unshowable, document, merge
from analysis.render.pdf import LETTERS_A_LINE, ReportPDFExporter, payload
from conftest import ROOT

HOSTILE = (
    "#panic() $x^2$ *b* _i_ @ref <label> \\ // /* - = + `raw` ~ ' \" #(1+1) [x] {y} <script>alert(1)</script> & 100%"
)


def executed(*sources: str, nodes: tuple[Any, ...] = ()) -> nbformat.NotebookNode:
    """A notebook of Markdown cells and of cells that have shown `nodes`."""
    cells = [new_markdown_cell("# Small"), *map(new_markdown_cell, sources)]
    for node in nodes:
        data = {NODE_TYPE: node, "text/plain": "a node"}
        cells.append(new_code_cell("show()", execution_count=1, outputs=[new_output("display_data", data)]))
    return new_notebook(cells=cells)


def read(notebook: nbformat.NotebookNode) -> PdfReader:
    body, _ = ReportPDFExporter().from_notebook_node(notebook)
    return PdfReader(BytesIO(body))


def words_of(reader: PdfReader) -> str:
    """All text, white space and invisible joiners taken out: lines may break anywhere."""
    return squeezed("".join(page.extract_text() for page in reader.pages))


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u00ad\u200b\u2060]", "", text)


def table(rows: int, long: bool = False, cell: str = "x") -> dict[str, Any]:
    return TableDisplay(
        id="t", title=say("A table"), columns=(Column("a", "First"), Column("b", "Second", True)),
        rows=tuple({"a": f"{cell}{n}", "b": str(n)} for n in range(rows)), records=({"a": 1},), long=long,
    ).node()  # fmt: skip


def tags(reader: PdfReader) -> Iterator[dict[str, Any]]:
    """Every element of the structure tree."""

    def below(element: Any) -> Iterator[dict[str, Any]]:
        element = element.get_object()
        if isinstance(element, list):
            for part in element:
                yield from below(part)
        elif isinstance(element, dict):
            if "/S" in element:
                yield element
            if "/K" in element:
                yield from below(element["/K"])

    yield from below(reader.trailer["/Root"]["/StructTreeRoot"]["/K"])  # type: ignore[index]


@pytest.fixture(scope="module")
def default(built: Built) -> PdfReader:
    return PdfReader(built.output / "report.pdf")


@pytest.fixture(scope="module")
def sheets(default: PdfReader) -> list[str]:
    """The text of each page, read once."""
    return [page.extract_text() for page in default.pages]


# ----------------------------------------------------------------------------------- the default edition


def test_the_file_says_that_it_is_accessible(default: PdfReader) -> None:
    root: Any = default.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"].startswith("en")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    metadata = root["/Metadata"].get_data().decode("utf-8")
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata and "what the trade figures show" in metadata


def test_tables_have_heads_and_every_figure_says_what_it_shows(default: PdfReader, built: Built) -> None:
    found = list(tags(default))
    kinds = [element["/S"] for element in found]
    for kind in ("/H1", "/H2", "/Table", "/TR", "/TH", "/TD", "/Figure", "/L", "/P", "/Caption"):
        assert kind in kinds, kind
    figures = [element for element in found if element["/S"] == "/Figure"]
    drawn = [name for name in built.files if name.startswith("figures/") and name.endswith(".svg")]
    assert len(figures) >= len(drawn) > 5
    assert all(len(element.get("/Alt", "")) > 40 for element in figures)


def test_the_bookmarks_are_the_notebooks_and_their_sections(default: PdfReader) -> None:
    outline = default.outline
    heads = [str(entry.title) for entry in outline if not isinstance(entry, list)]  # type: ignore[union-attr]
    assert heads == ["Summary", "Trade growth", "Dependence", "Events and trade", "Claims", "Data and methods"]
    sections = [entry for entry in outline if isinstance(entry, list)]
    assert len(sections) == len(heads) and all(len(entry) >= 3 for entry in sections)
    pages = [default.get_destination_page_number(entry) for entry in outline if not isinstance(entry, list)]  # type: ignore[arg-type]
    assert pages == sorted(pages) and pages[0] == 1, "the first page holds masthead and contents"


def test_every_page_is_numbered_and_dated(sheets: list[str]) -> None:
    for number, text in enumerate(sheets, start=1):
        assert f"Page {number} of {len(sheets)}" in text.replace("\u2060", "") and "Data of " in text, number


def test_fonts_are_embedded_and_are_those_of_the_house(default: PdfReader) -> None:
    seen = set()
    for page in default.pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            (descendant,) = font["/DescendantFonts"]
            described = descendant.get_object()["/FontDescriptor"]
            assert "/FontFile2" in described or "/FontFile3" in described
            seen.add(str(font["/BaseFont"]).partition("+")[2].partition("-")[0])
    assert {"Inter"} < seen <= {"Inter", "DejaVuSans", "DejaVuSansMono"}


def test_the_findings_stand_in_the_pdf_as_in_the_facts(sheets: list[str]) -> None:
    from analysis import Report, prose

    text = squeezed("".join(sheets))
    for finding in prose.summary.findings(Report()).findings:
        assert re.sub(r"[\s\u2060]", "", finding.headline.text) in text


# ------------------------------------------------------------------------------------ papers and bytes


@pytest.mark.parametrize(("paper", "size"), [("a4", (595.28, 841.89)), ("us-letter", (612, 792))])
def test_the_paper_is_the_one_asked_for(paper: str, size: tuple[float, float]) -> None:
    from analysis import Report
    from analysis.parameters import resolve

    masthead = Report(resolve({"paper": paper})).masthead.node()
    (page,) = read(executed(nodes=(masthead,))).pages
    assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(size, abs=0.01)


def test_the_same_notebook_gives_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    notebook = executed("Some *text*.", nodes=(table(5),))
    here, _ = ReportPDFExporter().from_notebook_node(notebook, {"metadata": {"name": "small"}})
    assert here == ReportPDFExporter().from_notebook_node(notebook, {"metadata": {"name": "small"}})[0]
    nbformat.write(notebook, tmp_path / "small.ipynb")
    subprocess.run(
        [sys.executable, "-m", "jupyter", "nbconvert", "--to", "report_pdf", "small.ipynb"], check=True,
        cwd=tmp_path, capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Pyongyang", "https_proxy": "http://127.0.0.1:9"},
    )  # fmt: skip
    assert (tmp_path / "small.pdf").read_bytes() == here


# ------------------------------------------------------------------------------------------ what is set


def test_hostile_text_stands_as_it_is_written() -> None:
    node = table(2, cell=HOSTILE)
    node["title"] = [{"text": HOSTILE}]
    text = words_of(read(executed(nodes=(node,))))
    assert text.count(re.sub(r"\s", "", HOSTILE)) >= 3


def test_a_very_long_word_stays_on_the_page() -> None:
    reader = read(executed("x" * 3000))
    assert words_of(reader).count("x") == 3000


@pytest.mark.parametrize("letter", ["한", "\U0001f680", "𓀀"])
def test_a_letter_that_the_fonts_lack_is_one_sentence_that_names_it(letter: str) -> None:
    with pytest.raises(Unshowable) as caught:
        read(executed(f"a {letter} b"))
    assert f"cannot show {letter!r}" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("svg", ["<svg", "", "<svg xmlns='http://www.w3.org/2000/svg'><g></svg>"])
def test_a_broken_picture_is_an_error_and_no_page_without_it(svg: str) -> None:
    output = new_output("display_data", {"image/svg+xml": svg, "text/plain": "a picture"})
    notebook = new_notebook(cells=[new_code_cell("show()", execution_count=1, outputs=[output])])
    with pytest.raises(Exception, match=r"(?i)picture|svg|image|alternative") as caught:
        read(notebook)
    assert "\n" not in str(caught.value)


def test_links_are_kept() -> None:
    (page,) = read(executed("See [the page](https://example.org/a?b=1).")).pages
    targets = [note.get_object()["/A"]["/URI"] for note in page["/Annots"]]  # type: ignore[union-attr]
    assert targets == ["https://example.org/a?b=1"]


def test_only_a_table_too_long_for_paper_names_its_file_instead() -> None:
    whole = words_of(read(executed(nodes=(table(PAPER_ROWS, long=True),))))
    assert f"x{PAPER_ROWS - 1}" in whole
    alone = executed(nodes=(table(PAPER_ROWS + 1, long=True),))
    built = merge([("small", alone)], {"edition": "small"})
    for notebook, place in ((alone, "shown in the notebook"), (built, "in the file tables/t.csv")):
        cut = words_of(read(notebook))
        assert f"x{PAPER_ROWS}" not in cut and f"{PAPER_ROWS + 1}rows,{place.replace(' ', '')}" in cut


def test_an_empty_notebook_is_a_page() -> None:
    assert len(read(new_notebook()).pages) == 1


# ------------------------------------------------------------------------------------ widths of columns


TEXTS = st.text(alphabet="ab 1–,.W", max_size=80)


@given(st.integers(1, 9).flatmap(lambda n: st.lists(st.lists(TEXTS, min_size=n, max_size=n), min_size=1, max_size=6)))
def test_each_column_gets_room_for_its_longest_word(rows: list[list[str]]) -> None:
    columns = [{"label": f"C{n}", "numeric": False} for n in range(len(rows[0]))]
    node = {"kind": "table", "id": "t", "title": [], "columns": columns, "rows": rows, "notes": [], "long": False}
    (made,) = payload({**document(executed()), "nodes": [node]})["nodes"]
    widths, needs = made["widths"], []
    for position, column in enumerate(columns):
        texts = [str(column["label"]), *(row[position] for row in rows)]
        needs.append(max(len(word) for text in texts for word in text.split(" ")))
    assert len(widths) == len(columns)
    assert all(width > need for width, need in zip(widths, needs, strict=True))
    # More than a line is given only where the longest words need it.
    assert sum(widths) <= max(LETTERS_A_LINE, sum(1.2 * max(need, 15) + 2 for need in needs)) + 0.1


@pytest.mark.slow
def test_the_exporter_works_on_one_notebook_by_command(tmp_path: Path) -> None:
    # The page is made by command in the tests of its own exporter.
    notebook = nbformat.read(ROOT / "notebooks" / "00_summary.ipynb", as_version=4)
    nbformat.write(notebook, tmp_path / "00_summary.ipynb")
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "nbconvert", "--execute", "--to", "report_pdf", "00_summary.ipynb"],
        cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "ANALYSIS_ROOT": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text = words_of(PdfReader(tmp_path / "00_summary.pdf"))
    assert "Whatthefiguresshow" in text and "Tradepeakedat$6.54billion" in text
