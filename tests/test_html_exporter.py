"""The page: one file without script or network, built as assistive technology expects, the same bytes every time."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from nbconvert.exporters import get_exporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from analysis import Report, figures, tables
from analysis.display import Column, Display, Finding, Findings, Masthead, TableDisplay, say
from analysis.formatting import GAP
from analysis.render.build import Built
from analysis.render.document import Unshowable, merge
from analysis.render.html import ReportHTMLExporter

ROOT = Path(__file__).parents[1]
VOID = {"meta", "link", "img", "source", "br", "hr", "input", "base", "col", "wbr", "area", "embed", "track"}
# Elements whose start tag a browser takes as the end of an open paragraph.
ENDS_PARAGRAPH = {"p", "div", "ul", "ol", "dl", "table", "figure", "section", "details", "pre", "nav", "main",
                  "h1", "h2", "h3", "h4", "h5", "h6", "header", "footer", "blockquote", "figcaption"}  # fmt: skip
HOSTILE = "</title><script>alert(1)</script> \"q\" 'a' & <img src=x onerror=y> {{ 7 * 7 }} {% raw %}"


class Element:
    def __init__(self, tag: str, attributes: dict[str, str], parent: Element | None) -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.parts: list[Element | str] = []

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def all(self, *tags: str) -> Iterator[Element]:
        for part in self.parts:
            if isinstance(part, Element):
                if not tags or part.tag in tags:
                    yield part
                yield from part.all(*tags)

    def only(self, tag: str) -> Element:
        (found,) = self.all(tag)
        return found

    def inside(self, tag: str) -> bool:
        return self.parent is not None and (self.parent.tag == tag or self.parent.inside(tag))


class Strict(HTMLParser):
    """A tree of elements; whatever a browser would have to repair is an error."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("", {}, None)
        self.declared = ""
        self.feed(text)
        self.close()
        assert self.at is self.root, f"<{self.at.tag}> is not closed"

    def handle_decl(self, decl: str) -> None:
        assert not self.root.parts or not self.root.text.strip(), "the doctype comes first"
        self.declared = decl

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag}: an attribute twice"
        in_paragraph = self.at.tag == "p" or self.at.inside("p")
        assert not (in_paragraph and tag in ENDS_PARAGRAPH), f"<{tag}> inside a paragraph"
        assert not (tag == "a" and self.at.inside("a")), "a link inside a link"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.parts.append(element)
        if tag not in VOID:
            self.at = element

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.at.tag, f"</{tag}> where <{self.at.tag}> is open, line {self.getpos()[0]}"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.parts.append(data)


def parsed(text: str) -> Element:
    strict = Strict(text)
    assert strict.declared == "DOCTYPE html"
    return strict.root


def shown(*displays: Display) -> nbformat.NotebookNode:
    """A notebook as a kernel leaves it, whose cells show `displays`."""
    return new_notebook(cells=[
        new_code_cell("show()", execution_count=n, outputs=[
            new_output("execute_result", data=display._repr_mimebundle_(), execution_count=n)
        ])
        for n, display in enumerate(displays, start=1)
    ])  # fmt: skip


def export(notebook: nbformat.NotebookNode) -> str:
    text, _ = get_exporter("report_html")().from_notebook_node(notebook)
    assert isinstance(text, str)
    return text


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The summary, executed by nbconvert's own command, and its page beside it."""
    folder = tmp_path_factory.mktemp("single notebook")
    nbconvert(folder, "--to", "notebook", "--execute", str(ROOT / "notebooks" / "00_summary.ipynb"))
    nbconvert(folder, "--to", "report_html", str(folder / "00_summary.ipynb"))
    return folder


def nbconvert(folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", "IPYTHONDIR": str(folder / "ipython"),
                   "ANALYSIS_ROOT": str(ROOT)}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "nbconvert", *arguments, "--output-dir", str(folder)],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def merged_text(built: Built) -> str:
    return (built.output / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def single_text(executed: Path) -> str:
    return (executed / "00_summary.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def merged(merged_text: str) -> Element:
    return parsed(merged_text)


@pytest.fixture(scope="session")
def single(single_text: str) -> Element:
    return parsed(single_text)


@pytest.fixture(params=["merged", "single"])
def page(request: pytest.FixtureRequest) -> Element:
    element = request.getfixturevalue(request.param)
    assert isinstance(element, Element)
    return element


# ------------------------------------------------------------------------------------- ways to export


def test_the_exporter_is_found_by_its_name() -> None:
    assert get_exporter("report_html") is ReportHTMLExporter
    assert ReportHTMLExporter().file_extension == ".html"
    # JupyterLab's export menu offers exporters that have a name for it.
    assert ReportHTMLExporter.export_from_notebook and ReportHTMLExporter.output_mimetype == "text/html"


@pytest.mark.slow
def test_the_command_line_makes_the_page_that_the_library_makes(executed: Path, single_text: str) -> None:
    text, resources = get_exporter("report_html")().from_filename(str(executed / "00_summary.ipynb"))
    assert text == single_text, "another process gives the same bytes"
    assert resources["output_extension"] == ".html"
    assert {path.name for path in executed.iterdir()} - {"ipython"} == {"00_summary.ipynb", "00_summary.html"}


def test_two_exports_give_the_same_bytes(report: Report) -> None:
    notebook = shown(report.masthead, figures.levels(report), tables.annual(report), tables.sources(report))
    assert export(notebook) == export(notebook)


def test_a_notebook_that_cannot_be_shown_gives_the_sentence() -> None:
    notebook = shown()
    notebook.cells.append(new_code_cell("x", execution_count=1, outputs=[
        new_output("error", ename="E", evalue="broken", traceback=[])
    ]))  # fmt: skip
    with pytest.raises(Unshowable, match=r"In cell 1 \(x\) an error stopped the notebook: broken\."):
        export(notebook)


# ----------------------------------------------------------------------------------- one file, no script


@pytest.mark.slow
def test_nothing_is_loaded_and_nothing_runs(page: Element) -> None:
    for element in page.all():
        assert element.tag not in {"script", "iframe", "object", "embed", "form", "base", "audio", "video"}
        assert not [name for name in element.attributes if name.startswith("on")]
        for name in ("src", "srcset", "poster", "data", "action", "background"):
            assert element.attributes.get(name, "data:").startswith("data:")
        if element.tag == "link":
            assert element.attributes["href"].startswith("data:")
        if element.tag == "a":
            assert re.match(r"#|https?://|mailto:|tables/[a-z0-9_-]+\.csv$", element.attributes["href"])
    styles = "".join(style.text for style in page.all("style"))
    assert styles and not re.search(r"url\(|@import|expression\(", styles)
    (policy,) = [m for m in page.all("meta") if m.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy.attributes["content"] and "script" not in policy.attributes["content"]


@pytest.mark.slow
def test_pictures_are_whole_and_refer_to_nothing_outside(merged: Element) -> None:
    sources = [e.attributes.get("src") or e.attributes["srcset"] for e in merged.all("img", "source")]
    assert len(sources) > 10
    for source in sources:
        svg = base64.b64decode(source.removeprefix("data:image/svg+xml;base64,"), validate=True).decode("utf-8")
        for element in ET.fromstring(svg).iter():
            assert not element.tag.endswith(("}script", "}image", "}foreignObject"))
            targets = [value for name, value in element.attrib.items() if name.endswith("href")]
            assert all(target.startswith("#") for target in targets)


# ------------------------------------------------------------------------------------------- structure


@pytest.mark.slow
def test_the_page_has_language_title_and_one_main_heading(page: Element) -> None:
    assert page.only("html").attributes["lang"] == "en"
    heading = page.only("h1").text.strip()
    assert heading and page.only("title").text == heading
    assert any(m.attributes.get("charset") == "utf-8" for m in page.all("meta"))
    named = {m.attributes.get("name"): m.attributes.get("content", "") for m in page.all("meta")}
    assert "width=device-width" in named["viewport"] and named["description"].strip() and named["author"]
    assert "user-scalable" not in named["viewport"] and "maximum-scale" not in named["viewport"]


@pytest.mark.slow
def test_the_page_has_landmarks_and_a_way_to_skip_to_the_text(page: Element) -> None:
    body = page.only("body")
    first_link = next(body.all("a"))
    main = page.only("main")
    assert first_link.attributes["href"] == f"#{main.attributes['id']}" and first_link.text.startswith("Skip")
    assert main.attributes["tabindex"] == "-1", "the skip link moves the focus too"
    for tag in ("header", "footer"):
        assert page.only(tag).parent is body, "only there it is a landmark"
    assert [nav.attributes["aria-label"] for nav in page.all("nav")] == ["Contents", "Contents"]


@pytest.mark.slow
def test_headings_descend_one_level_at_a_time(page: Element) -> None:
    headings = list(page.all("h1", "h2", "h3", "h4", "h5", "h6"))
    levels = [int(heading.tag[1]) for heading in headings]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in pairwise(levels))
    assert all(heading.text.strip() for heading in headings)
    sections = [s.attributes["aria-labelledby"] for s in page.all("section") if s.attributes.get("class") == "part"
                and "aria-labelledby" in s.attributes]  # fmt: skip
    assert sections == [h.attributes["id"] for h in headings if h.tag == "h2"]


@pytest.mark.slow
def test_the_contents_list_every_part_and_section(page: Element) -> None:
    wanted = [(h.attributes["id"], h.text) for h in page.all("h2", "h3")]
    for nav in page.all("nav"):
        assert [(a.attributes["href"].removeprefix("#"), a.text) for a in nav.all("a")] == wanted


@pytest.mark.slow
def test_ids_are_unique_and_inner_references_resolve(page: Element) -> None:
    ids = [element.attributes["id"] for element in page.all() if "id" in element.attributes]
    assert len(ids) == len(set(ids)) and all(ids) and not any(" " in id for id in ids)
    for element in page.all():
        if element.tag == "a" and element.attributes["href"].startswith("#"):
            assert unquote(element.attributes["href"][1:]) in ids
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(element.attributes.get(name, "").split()) <= set(ids)


@pytest.mark.slow
def test_every_picture_has_a_description_and_a_title(page: Element) -> None:
    pictures = list(page.all("img"))
    assert pictures
    for picture in pictures:
        assert len(picture.attributes["alt"]) > 60, "it says what the picture shows"
        assert "No description" not in picture.attributes["alt"]
    for figure in page.all("figure"):
        assert figure.only("figcaption").text.strip()
        narrow = figure.only("source").attributes
        assert "max-width" in narrow["media"] and narrow["srcset"] != figure.only("img").attributes["src"]


@pytest.mark.slow
def test_every_table_has_a_caption_and_heads_for_columns_and_rows(page: Element) -> None:
    found = list(page.all("table"))
    assert found
    for table in found:
        assert table.only("caption").text.strip() and table.parts[0] is table.only("caption")
        columns = list(table.only("thead").all("th"))
        assert columns and all(th.attributes["scope"] == "col" and th.text.strip() for th in columns)
        for row in table.only("tbody").all("tr"):
            heads, cells = list(row.all("th")), list(row.all("td"))
            assert [th.attributes["scope"] for th in heads] == ["row"] and heads[0].text.strip()
            assert len(heads) + len(cells) == len(columns)
            # A table that is stacked on a phone names the column in each cell.
            labels = [td.attributes["data-label"] for td in cells if "data-label" in td.attributes]
            assert labels in ([], [th.text for th in columns[1:]])
        region = table.parent
        assert region and region.attributes["role"] == "region" and region.attributes["tabindex"] == "0"


# ----------------------------------------------------------------------------------------- facts, data


@pytest.mark.slow
def test_numbers_of_the_text_carry_the_ids_of_facts(merged: Element, single: Element, built: Built) -> None:
    facts = {fact["id"] for fact in json.loads((built.output / "facts.json").read_text(encoding="utf-8"))["facts"]}
    for page, least in ((merged, 40), (single, 15)):
        marked = [data.attributes for data in page.all("data")]
        assert len(marked) >= least
        assert {attributes["value"] for attributes in marked} <= facts
        assert all(attributes["title"] == attributes["value"] for attributes in marked)


@pytest.mark.slow
def test_every_fact_figure_and_table_of_the_page_has_one_place_to_link_to(merged: Element, built: Built) -> None:
    places = [element.attributes["id"] for element in merged.all() if "id" in element.attributes]
    assert len(places) == len(set(places))
    shown = {data.attributes["value"] for data in merged.all("data")}
    assert shown == {data.attributes["id"] for data in merged.all("data") if "id" in data.attributes}
    files = {Path(name).stem for name in built.files if name.startswith(("tables/", "figures/"))}
    assert files <= set(places)
    for data in merged.all("data"):
        assert data.attributes.get("id", data.attributes["value"]) == data.attributes["value"]


def test_a_number_in_a_table_of_trade_is_a_fact_or_has_its_rows_in_the_csv(report: Report) -> None:
    for make in (tables.annual, tables.growth, tables.phases, tables.bases, tables.cells):
        node = make(report).node()
        labels = [column["label"] for column in node["columns"]]
        numeric = [i for i, c in enumerate(node["columns"]) if c["numeric"] and labels[i] != "Precision"]
        for row, facts in zip(node["rows"], node["cell_facts"], strict=True):
            for i in numeric:
                assert (facts[i] is not None) == (row[i] != GAP), (node["id"], row)
        for id, value in node["facts"].items():
            assert report.fact(id).value == value
    for make in (tables.months, tables.quarters):
        data = make(report).node()["data"]
        for record in (dict(zip(data["columns"], row, strict=True)) for row in data["rows"]):
            for flow in ("exports", "imports", "total"):
                assert bool(record[f"{flow}_rows"]) == (record[f"{flow}_usd_million"] is not None)


def test_a_cell_shows_the_fact_that_it_names(report: Report) -> None:
    node = tables.annual(report).node()
    year = next(i for i, row in enumerate(node["rows"]) if row[0] == "2014")
    assert [cell and cell["fact"] for cell in node["cell_facts"][year]] == [None] + [
        f"trade.{name}.customs.2014" for name in ("exports", "imports", "total", "balance", "cover_ratio")
    ]


@pytest.mark.slow
def test_data_links_stand_in_a_built_report_alone_and_name_files_of_it(
    merged: Element, single: Element, built: Built
) -> None:
    linked = [a.attributes["href"] for a in merged.all("a") if a.attributes["href"].startswith("tables/")]
    assert len(linked) == len(list(merged.all("figure"))) + len(list(merged.all("table")))
    assert set(linked) == {name for name in built.files if name.startswith("tables/")}
    assert all((built.output / name).stat().st_size for name in linked)
    assert not [a for a in single.all("a") if "tables/" in a.attributes["href"]]


@pytest.mark.slow
def test_the_masthead_says_edition_parameters_date_and_how_to_cite(merged: Element, single: Element) -> None:
    head = merged.only("header").text
    for said in ("Edition: default", "Data of ", "How to cite", "start_year", "Parameters (all at their defaults)"):
        assert said in head
    assert "Single notebook" in single.only("header").text and "How to cite" in single.only("header").text


def test_parameters_that_were_set_stand_open_at_the_top(report: Report) -> None:
    set_one = {"name": "start_year", "value": "2001", "default": False, "meaning": "First year."}
    other = {"name": "basis", "value": "customs", "default": True, "meaning": "Record."}
    made = Masthead("T", "S.", (set_one, other), "2026-01-31", "1", "2")
    head = parsed(export(merge([("a", shown(made))], {"edition": "since"}))).only("header")
    (changed,) = [e for e in head.all("div") if e.attributes.get("class") == "changed"]
    assert "start_year = 2001" in changed.text and "basis" not in changed.text
    assert not changed.inside("details") and "Parameters at their defaults" in head.text


# ------------------------------------------------------------------------------------------ hostile text


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    sentence = say("{x}", x=HOSTILE)
    parameter = {"name": HOSTILE, "value": HOSTILE, "default": False, "meaning": HOSTILE}
    table = TableDisplay("t", sentence, (Column("a", HOSTILE), Column("b", HOSTILE)), ({"a": HOSTILE, "b": HOSTILE},),
                         ({"a": 1},), (sentence,))  # fmt: skip
    notebook = merge(
        [(HOSTILE, shown(
            Masthead(HOSTILE, HOSTILE, (parameter, {**parameter, "default": True}), "2026-01-31", HOSTILE, HOSTILE),
            Findings((Finding(sentence, sentence, "high"),)), table,
        ))],
        {"edition": HOSTILE, "description": HOSTILE},
    )  # fmt: skip
    notebook.cells.append(nbformat.v4.new_markdown_cell(f"## `{HOSTILE}`"))
    page = parsed(export(notebook))
    assert page.only("title").text == page.only("h1").text == HOSTILE
    assert not list(page.all("script")) and not list(page.all("img"))
    assert page.text.count(HOSTILE) >= 18
    assert not [name for element in page.all() for name in element.attributes if name.startswith("on")]
