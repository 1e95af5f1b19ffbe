"""Hostile text in data and parameters: it stands as text in the page and on paper, or a sentence says where it is."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from nbconvert.exporters import get_exporter
from pypdf import PdfReader

from analysis import Report, figures, style, tables
from analysis.catalogue import Catalogue, load, seal
from analysis.cli import main
from analysis.display import Column, Display, TableDisplay, plain_of, say
from analysis.errors import UserError
from analysis.parameters import parse_settings, resolve
from analysis.render.document import Unshowable, merge
from conftest import ROOT, Project
from test_html_exporter import Element, parsed, shown

CORPUS = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "attribute": "\" onmouseover=\"alert(3)\" x='y",
    "end tags": "</title></td></table></style></script>--><!-- ]]><![CDATA[",
    "entities": "&lt;b&gt; &#60; &nbsp; &amp;amp;",
    "typst": '#read("/etc/passwd") #import "@preview/x:1.0.0" #panic() $x^2$ `raw` *b* _i_ @r <label> \\ // /* = h',
    "jinja": "{{ 7 * 7 }} {% raw %} {% include 'x' %} {# c #}",
    "format": "{start_year} {0} {x:d} %s %(x)s ${HOME} {{}}",
    "markdown": "[x](javascript:alert(4)) ![y](http://192.0.2.1/z) **b** `c` # h", "formula": "=1+1 @SUM(A1) +x -y",
    "hebrew": "שלום עולם", "arabic": "مرحبا", "mixed": "abc שלום 123 (xyz)",
    "accents": "Ångström naïve Škoda ﬁ e\u0301",
    "wide word": "W" * 300, "quotes": "' \" ’ ” `", "spaces": "a\u00a0b c",
}  # fmt: skip
LONG = "A sentence that goes on and on. " * 3125  # a hundred thousand letters


LINKED = re.compile(r"#|https?://|mailto:|data:|tables\.xlsx$|tables/[a-z0-9_-]+\.csv$|figures/[a-z0-9_-]+\.(svg|png)$")


def squeezed(text: str) -> str:
    """Without white space and invisible joiners: lines may break anywhere."""
    return re.sub(r"[\s\u00ad\u200b\u2060]", "", text)


def on_paper(text: str, paper: str) -> bool:
    """Whether `text` is on `paper`; a reader of a PDF gives a word from the right in the order in which it is set."""
    if squeezed(text) in paper:
        return True
    words = [squeezed(word) for word in text.split()]
    return any(0x590 <= ord(c) < 0x700 for c in text) and all(word in paper or word[::-1] in paper for word in words)


def harmless(page: Element) -> None:
    """Nothing runs, nothing is loaded, nothing has become an element or an attribute that the page does not use."""
    for element in page.all():
        assert element.tag not in {"script", "iframe", "object", "embed", "form", "base", "b", "i", "label"}
        for name, value in element.attributes.items():
            assert not name.startswith("on"), (element.tag, name)
            assert name not in ("src", "srcset") or value.startswith("data:"), value
            assert name != "href" or LINKED.match(value), value


# --------------------------------------------------------------------------------------- data, as rendered


class Planted:
    """A project with the real notebook on the data, each hostile text in a place that it shows."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("data", "notebooks"):
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns(".*"))
        (root / "reports").mkdir()
        shutil.copy(ROOT / "reports" / "editions.yml", root / "reports")
        texts = list(CORPUS.values())
        self.plant("caveats", "text", *texts)
        self.plant("events", "title", *texts[:5])
        self.plant("events", "label", "pay $5^2 to $\\frac{1}{ end", "<b>Border</b>")
        self.plant("corrections", "why", *texts[:4])
        self.plant("trade/fitness", "care", *texts)
        self.plant("sources", "publisher", *texts)
        self.plant("trade/bases", "label", "$x_1$ <b>&amp;</b>")
        self.plant("trade/china_dprk_annual", "note", LONG)
        package = root / "data" / "datapackage.json"
        body = json.loads(package.read_text("utf-8"))
        for resource, text in zip(body["resources"], texts, strict=False):
            resource["title"] = resource["description"] = resource["missing"] = text
        package.write_text(json.dumps(body), "utf-8")
        seal(root / "data")

    def plant(self, table: str, column: str, *texts: str) -> None:
        path = self.root / "data" / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row, text in zip(rows, texts, strict=False):
            row[column] = text
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return Planted(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def rendered(planted: Planted) -> Path:
    """The report of the notebook on the data; the title is hostile too."""
    output = planted.root / "out"
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "render", "--only", "05_data_and_methods", "--output", str(output),
         "--set", f"title={CORPUS['typst']}"],
        env={**os.environ, "ANALYSIS_ROOT": str(planted.root)}, text=True, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return output


@pytest.mark.slow
def test_hostile_data_are_text_in_the_page(rendered: Path) -> None:
    page = parsed((rendered / "index.html").read_text("utf-8"))
    harmless(page)
    text = page.text
    for name, hostile in CORPUS.items():
        assert text.count(hostile) >= 2, name
    assert page.only("title").text == page.only("h1").text == CORPUS["typst"]


@pytest.mark.slow
def test_hostile_data_are_text_on_paper(rendered: Path) -> None:
    reader = PdfReader(rendered / "report.pdf")
    paper = squeezed("".join(sheet.extract_text() for sheet in reader.pages))
    for name, hostile in CORPUS.items():
        assert on_paper(hostile, paper), name
    assert "root:x:0" not in paper, "no file is read"
    targets = [
        str(note.get_object()["/A"]["/URI"])
        for sheet in reader.pages for note in sheet.get("/Annots", []) if "/URI" in note.get_object().get("/A", {})
    ]  # fmt: skip
    assert not [target for target in targets if "javascript" in target or "192.0.2.1" in target]
    assert str(reader.metadata.title) == CORPUS["typst"]  # type: ignore[union-attr]


@pytest.mark.slow
def test_hostile_data_are_what_they_were_in_the_tables(rendered: Path) -> None:
    with (rendered / "tables" / "data_caveats.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    caveats = list(CORPUS.values())[: len(texts)]
    assert [text.split("{")[0] for text in texts][: len(caveats)] == [text.split("{")[0] for text in caveats]
    facts = (rendered / "facts.json").read_text("utf-8")
    assert json.loads(facts)["parameters"]["title"] == CORPUS["typst"]


def test_a_dollar_sign_in_a_chart_is_a_dollar_sign(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "compact", lambda svg: svg)  # names of letters and comments stay
    hostile = Report(resolve({}), Catalogue(planted.root / "data"))
    for made in (figures.levels(hostile), figures.bases(hostile)):
        svg = made.node()["svg"]
        # A letter of a formula has a font of its own, and the raised figure its own size.
        assert "DejaVuSans-Oblique" not in svg and "STIX" not in svg and "Cm" not in svg
    drawn = re.search(r"<!-- [^>]*pay \$5\^2 to .*? -->(.*?)</g>\n", figures.levels(hostile).node()["svg"], re.S)
    assert drawn and "Inter-Regular" in drawn[1] and "DejaVuSans-18" not in drawn[1]


# --------------------------------------------------------------------------------- parameters, long, missing


def exported(display: Display) -> tuple[Element, str]:
    """The page and the words on paper of a report that shows `display`."""
    notebook = merge([("part", shown(display))], {"edition": "trial"})
    page, _ = get_exporter("report_html")().from_notebook_node(notebook)
    paper, _ = get_exporter("report_pdf")().from_notebook_node(notebook)
    words = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(paper)).pages)
    return parsed(page), squeezed(words)


@pytest.mark.parametrize("name", CORPUS)
def test_a_hostile_title_is_text_or_refused(name: str) -> None:
    text = CORPUS[name]
    try:
        parameters = resolve(parse_settings([f"title={text}"]))
    except UserError as error:
        assert str(error).startswith("title cannot be ") and "\n" not in str(error) and len(str(error)) < 300
        assert name in ("wide word", "spaces")
        return
    page, paper = exported(Report(parameters).masthead)
    harmless(page)
    assert page.only("h1").text == page.only("title").text == text and on_paper(text, paper)


@pytest.mark.parametrize("text", [LONG, "x" * 20_000], ids=["a hundred thousand", "one word"])
def test_very_long_text_is_all_there(text: str) -> None:
    # A cell beside others: no column may push the rest off the page.
    columns = (Column("a", "A"), Column("b", "B"))
    table = TableDisplay("t", say("T"), columns, ({"a": "before", "b": text},), ({"a": 1},))
    page, paper = exported(table)
    assert text in page.text
    assert "before" in paper and squeezed(text) in paper


@pytest.mark.parametrize("text", ["평양", "\U0001f9ea", "中国", "𓀀"])
def test_a_letter_without_a_picture_is_refused_on_paper_with_its_place(
    text: str, copied_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copied_data / "caveats.csv"
    path.write_text(path.read_text("utf-8").replace("Crude oil leaves", f"{text} leaves"), encoding="utf-8")
    seal(copied_data)
    caveats = tables.caveats(Report(resolve({}), Catalogue(copied_data)))
    notebook = merge([("part", shown(caveats))], {"edition": "trial"})
    page, _ = get_exporter("report_html")().from_notebook_node(notebook)
    assert f"{text} leaves" in parsed(page).text
    with pytest.raises(Unshowable) as caught:
        get_exporter("report_pdf")().from_notebook_node(notebook)
    assert "in the table data_caveats: the fonts of the report lack a letter" in str(caught.value)


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("title", ["평양", "a \U0001f9ea"])
def test_a_title_that_paper_cannot_show_is_refused_before_a_notebook_is_run(
    title: str, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.know()
    project.notebook("1")
    assert main(["render", "--set", f"title={title}"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith(f"Error: title cannot be {title!r}: the fonts of the PDF lack")
    assert said.err.count("\n") == 1
    # The page can show it, so there the notebooks would be run.
    assert main(["render", "--format", "html", "--set", f"title={title}"]) == 1
    assert "a kernel was started" in capsys.readouterr().err


def test_a_letter_without_a_picture_in_a_chart_is_refused(copied_data: Path) -> None:
    path = copied_data / "events.csv"
    path.write_text(path.read_text("utf-8").replace("Coal stop", "석탄"), encoding="utf-8")
    seal(copied_data)
    # In a kernel, what is written to stderr stops the build and names the cell.
    with pytest.warns(UserWarning, match="missing from font"):
        figures.levels(Report(resolve({}), Catalogue(copied_data)))


def test_the_words_of_a_caveat_are_no_template(planted: Planted) -> None:
    load.cache_clear()
    caveats = tables.caveats(Report(resolve({}), Catalogue(planted.root / "data"))).node()
    assert CORPUS["format"] in [row[1] for row in caveats["rows"]] and plain_of(caveats)
