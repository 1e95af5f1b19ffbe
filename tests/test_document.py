"""The document tree: what becomes of cells and outputs, what is refused, and that no text is lost or interpreted."""

from __future__ import annotations

import io
import json
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from mistune import HTMLRenderer, create_markdown
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis.display import NODE_TYPE, Column, FigureText, Masthead, Node, TableDisplay, html_of, plain_of, say
from analysis.errors import UserError
from analysis.render.document import Document, NotRun, Unshowable, document, merge, parameter, words_of

HOSTILE = ["<script>alert(1)</script>", "#{x} #let y = 1", "$x^2$", "a \\ b", "😀 한국 中国", "{{ 7 * 7 }}",
           "&lt;b&gt; & ;"]  # fmt: skip


def ran(source: str, *outputs: NotebookNode, count: int = 1) -> NotebookNode:
    """A code cell that was run and gave `outputs`."""
    return new_code_cell(source, execution_count=count, outputs=list(outputs))


def showing(*nodes: Node) -> NotebookNode:
    return ran("show()", *(new_output("display_data", data={NODE_TYPE: node}) for node in nodes))


def printed(text: str, name: str = "stdout") -> NotebookNode:
    return new_output("stream", name=name, text=text)


def notebook(*cells: NotebookNode | str) -> NotebookNode:
    return new_notebook(cells=[new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in cells])


def nodes(*cells: NotebookNode | str) -> list[Node]:
    return list(document(notebook(*cells))["nodes"])


def refused(kind: type[UserError], *cells: NotebookNode | str) -> str:
    """The sentence with which these cells are refused."""
    with pytest.raises(kind) as caught:
        document(notebook(*cells))
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".") and sentence[0].isupper()
    return sentence


def text_of(doc: Document) -> str:
    return "\n".join([doc["title"], *(plain_of(node) for node in doc["nodes"])])


def masthead(title: str = "The report", **parameters: str) -> Node:
    listed = tuple({"name": n, "value": v, "default": v == "d", "meaning": n} for n, v in parameters.items())
    return Masthead(title, "What it covers.", listed, "2026-01-31", "2026.01", "0.1.0").node()


def table(id: str = "some_table", **more: Any) -> Node:
    return {"kind": "table", "id": id, "title": [{"text": "A table"}], "long": False, "rows": [["2001", "1"]],
            "columns": [{"label": "Year", "numeric": False}, {"label": "Value", "numeric": True}], "notes": [],
            "data": {"columns": ["year"], "rows": [[2001]]}, "facts": {}, **more}  # fmt: skip


# --------------------------------------------------------------------------------------------- merge


def test_merging_keeps_the_order_and_marks_the_parts() -> None:
    first = notebook("# One", ran("1 + 1", printed("2")))
    second = notebook("# Two", "Text.")
    first.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    merged = merge([("01_one", first), ("02_two", second)], {"edition": "default"})
    assert [cell.source for cell in merged.cells] == ["# One", "1 + 1", "# Two", "Text."]
    assert [cell.metadata["analysis_part"] for cell in merged.cells] == ["01_one", "01_one", "02_two", "02_two"]
    assert merged.metadata["analysis"] == {"edition": "default", "parts": ["01_one", "02_two"]}
    assert merged.metadata["kernelspec"]["name"] == "python3"
    assert len({cell["id"] for cell in merged.cells}) == 4


def test_merging_leaves_the_notebooks_as_they_were() -> None:
    one = notebook("# One", ran("x", printed("text")))
    before = json.dumps(one)
    merged = merge([("one", one), ("again", one)], {})
    merged.cells[1].outputs[0].text = "changed"
    document(merged)
    assert json.dumps(one) == before and merged.cells[3].outputs[0].text == "text"


def test_each_part_has_a_heading_of_level_two_its_own_or_its_name() -> None:
    parts = [("01_first", notebook("# Own words", "Text.")), ("02_the_second_part", notebook("Text.", "## Section"))]
    doc = document(merge(parts, {}))
    headings = [(node["level"], plain_of(node)) for node in doc["nodes"] if node["kind"] == "heading"]
    assert doc["title"] == "Own words" or (2, "Own words") in headings
    assert (2, "The second part") in headings and (3, "Section") in headings


def test_a_merged_report_takes_its_head_from_the_masthead() -> None:
    parts = [(name, notebook(f"# {name}", showing(masthead(start_year="2001", basis="d")))) for name in ("a", "b")]
    doc = document(merge(parts, {"edition": "short", "description": "Since 2001."}))
    assert (doc["title"], doc["edition"], doc["edition_description"]) == ("The report", "short", "Since 2001.")
    assert [p["name"] for p in doc["changed"]] == ["start_year"] and [p["name"] for p in doc["unchanged"]] == ["basis"]
    assert parameter(doc, "start_year") == "2001" and parameter(doc, "nothing") is None
    assert doc["data_date"] == "31 January 2026" and doc["data_links"]
    assert doc["cite"] == (
        "The report. Edition: short. Data of 31 January 2026 (data package 2026.01, software 0.1.0)."
    )
    assert not [node for node in doc["nodes"] if node["kind"] == "masthead"], "shown once, at the top"
    assert [entry["text"] for entry in doc["contents"]] == ["a", "b"]


def test_the_citation_can_be_given() -> None:
    doc = document(merge([("a", notebook("# A", showing(masthead())))], {"edition": "x", "cite": "As we like."}))
    assert doc["cite"] == "As we like."


# ------------------------------------------------------------------------------------------ Markdown


def test_the_first_heading_of_a_single_notebook_is_its_title() -> None:
    doc = document(notebook("# Trade *now*", "Text."), "file name")
    assert doc["title"] == "Trade now" and [node["kind"] for node in doc["nodes"]] == ["paragraph"]
    assert document(notebook("Text."), "file name")["title"] == "file name"
    assert document(notebook("Text.\n\n## Low"), "file name")["title"] == "file name"


def test_paragraphs_carry_their_looks() -> None:
    (node,) = nodes("One **two *three*** `four <b>` [five](https://example.org/a?b=c&d) six\nseven")
    assert node["kind"] == "paragraph"
    assert node["items"] == [[
        {"text": "One "}, {"text": "two ", "strong": True}, {"text": "three", "strong": True, "em": True},
        {"text": " "}, {"text": "four <b>", "code": True}, {"text": " "}, {"text": "five", "href": "https://example.org/a?b=c&d"},
        {"text": " six"}, {"text": " "}, {"text": "seven"},
    ]]  # fmt: skip


def test_lists_keep_kind_start_and_items() -> None:
    bullets, numbers = nodes("- a\n- **b**", "3. c\n4. d")
    assert (bullets["kind"], bullets["ordered"]) == ("list", False)
    assert bullets["items"] == [[{"text": "a"}], [{"text": "b", "strong": True}]]
    assert (numbers["ordered"], numbers["start"], len(numbers["items"])) == (True, 3, 2)
    assert html_of(numbers) == '<ol start="3"><li>c</li><li>d</li></ol>'


def test_inner_lists_stand_on_the_line_of_their_item() -> None:
    (node,) = nodes("- fruit:\n  - apple\n  - pear\n- none\n\n  second paragraph")
    assert [words_of(item) for item in node["items"]] == ["fruit: apple; pear", "none second paragraph"]
    (node,) = nodes("- fruit\n  1. apple\n  2. pear")
    assert [words_of(item) for item in node["items"]] == ["fruit: apple; pear"]


def test_quotes_are_notes() -> None:
    (node,) = nodes("> One.\n>\n> Two.\n>\n> - three\n> - four\n>\n> > five")
    assert node["kind"] == "note"
    assert [words_of(item) for item in node["items"]] == ["One.", "Two.", "three", "four", "five"]


def test_code_blocks_keep_their_letters() -> None:
    fenced, indented = nodes("```python\nif x < 1:\n    y = '$#'\n```", "    indented\n")
    assert fenced == {"kind": "code", "text": "if x < 1:\n    y = '$#'"}
    assert indented["text"].strip() == "indented"


def test_html_in_markdown_is_shown_letter_by_letter() -> None:
    assert [plain_of(node) for node in nodes("a <b>c</b> d", "<div onclick=x>e</div>", "<!-- f -->")] == [
        "a <b>c</b> d", "<div onclick=x>e</div>", "<!-- f -->",
    ]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", ["{}", "# {}", "- {}", "> {}", "**{}**", "`{}`", "a {} b"])
def test_hostile_text_is_text(text: str, form: str) -> None:
    doc = document(notebook("# Title", form.format(text)))
    # Outside of code, Markdown itself reads an entity as the letter it names.
    meant = text if "`" in form else text.replace("&lt;", "<").replace("&gt;", ">")
    assert meant in text_of(doc)
    for node in doc["nodes"]:
        assert "<script" not in html_of(node) and "<b>" not in html_of(node)


def test_rules_and_empty_headings_leave_nothing() -> None:
    assert nodes("---", "#", "##  ", "***") == []


@pytest.mark.parametrize(
    ("source", "word"),
    [("| a | b |\n|---|---|\n| 1 | 2 |", "TableDisplay"), ("![alt](picture.png)", "picture.png"),
     ("- a ![alt](https://example.org/x.png)", "figure")],
)  # fmt: skip
def test_tables_and_pictures_in_markdown_are_refused(source: str, word: str) -> None:
    sentence = refused(Unshowable, "Text.", source)
    assert sentence.startswith("In cell 2 ") and word in sentence


# ---------------------------------------------------------------------------- levels, places and links


@pytest.mark.parametrize(
    ("given_levels", "shown"),
    [([1, 2, 3], [2, 3, 4]), ([1, 3, 2], [2, 3, 3]), ([3, 1, 5, 6], [2, 2, 3, 4]), ([2, 4, 6, 1], [2, 3, 4, 2]),
     ([1, 2, 3, 4, 5, 6], [2, 3, 4, 5, 6, 6])],
)  # fmt: skip
def test_no_level_of_a_heading_is_skipped(given_levels: list[int], shown: list[int]) -> None:
    # The masthead has the title, so all headings stay.
    made = nodes(showing(masthead()), *("#" * level + f" Heading {level}" for level in given_levels))
    assert [node["level"] for node in made] == shown


@given(st.lists(st.integers(1, 6), max_size=12))
def test_no_level_is_skipped_whatever_the_headings(levels: list[int]) -> None:
    made = [node["level"] for node in nodes(showing(masthead()), *("#" * level + " X" for level in levels))]
    assert all(2 <= level <= 6 for level in made)
    assert all(after - before <= 1 for before, after in pairwise([1, *made]))


def test_anchors_are_unique_and_clear_of_the_names_of_the_page() -> None:
    doc = document(notebook(
        "# T", "## Main", "## Top", "## Same", "## Same", "## Same 2", "## 한국", "## Some table title",
        showing(table("some_table"), table("some_table"), {**masthead()}),
    ))  # fmt: skip
    anchors = [node["anchor"] for node in doc["nodes"]]
    taken = anchors + [f"{node['anchor']}-title" for node in doc["nodes"] if node["kind"] == "table"]
    assert len(taken) == len(set(taken)) and not {"main", "top"} & set(taken)
    assert {"main-2", "top-2", "same", "same-2"} <= set(anchors)
    assert all(anchor and anchor == anchor.strip("-") for anchor in anchors)


def test_links_to_the_web_and_to_places_stay_and_others_lose_their_target() -> None:
    source = "[{}]({})"
    targets = {
        "https://example.org/x": "https://example.org/x", "http://example.org": "http://example.org",
        "mailto:a@example.org": "mailto:a@example.org", "#What-happened?": "#what-happened",
        "#what-happened": "#what-happened",
        "#nowhere": None, "javascript:alert(1)": None, "JaVaScRiPt:alert(1)": None, "data:text/html,x": None,
        "file:///etc/passwd": None, "other.ipynb": None, "//example.org": None, "vbscript:x": None,
    }  # fmt: skip
    made = nodes("# T", *(source.format(f"w{i}", target) for i, target in enumerate(targets)), "## What happened?")
    found = [span for node in made if node["kind"] == "paragraph" for item in node["items"] for span in item]
    assert [span["text"] for span in found] == [f"w{i}" for i in range(len(targets))]
    assert [span.get("href") for span in found] == list(targets.values())


def test_contents_list_parts_and_their_sections() -> None:
    doc = document(notebook(showing(masthead()), "# A", "## B", "### C", "# D"))
    listed = [(part["text"], [section["text"] for section in part["sections"]]) for part in doc["contents"]]
    assert listed == [("A", ["B"]), ("D", [])]
    anchors = {node["anchor"] for node in doc["nodes"]}
    assert {part["anchor"] for part in doc["contents"]} <= anchors


# ------------------------------------------------------------------------------------------- outputs


def test_a_notebook_without_outputs_is_refused() -> None:
    sentence = refused(NotRun, "# T", new_code_cell("x = 1"), new_code_cell("x"))
    assert sentence == "The notebook has no outputs: run all its cells, save it, then export it."


def test_a_cell_that_was_not_run_is_named() -> None:
    sentence = refused(NotRun, "# T", ran("x = 1", printed("1")), new_code_cell("later = 2\nmore"))
    assert "cell 3 (later = 2)" in sentence


def test_cells_without_output_and_empty_cells_are_fine() -> None:
    made = nodes(ran("x = 1"), new_code_cell(""), ran("x", printed("1"), count=2))
    assert [node["kind"] for node in made] == ["code"]


def test_a_notebook_of_text_alone_is_a_document() -> None:
    assert document(notebook("# T", "Text."))["title"] == "T"


def test_an_error_output_is_refused_in_one_sentence() -> None:
    error = new_output("error", ename="ValueError", evalue="\x1b[31mbad\nvalue\x1b[0m.", traceback=["…"])
    sentence = refused(Unshowable, "# T", ran("compute()", error))
    assert sentence == "In cell 2 (compute()) an error stopped the notebook: bad value."


def test_text_on_stderr_is_refused_in_one_sentence() -> None:
    warning = "/x/y.py:1: UserWarning: watch out\n  warnings.warn()\n"
    sentence = refused(Unshowable, ran("compute()", printed("fine"), printed(warning, "stderr")))
    assert "cell 1 (compute())" in sentence and "stderr" in sentence and "watch out" in sentence


def test_output_that_no_page_can_show_is_refused() -> None:
    data = {"application/vnd.w+json": {}, "a/b": "c"}
    sentence = refused(Unshowable, ran("w", new_output("display_data", data=data)))
    assert "a/b, application/vnd.w+json" in sentence


@pytest.mark.parametrize("node", [{"kind": "video"}, {}, "text", None])
def test_a_node_of_an_unknown_kind_is_refused(node: Any) -> None:
    assert "unknown kind" in refused(Unshowable, showing(node))


def test_a_node_goes_before_the_other_media_types_of_its_output() -> None:
    data = {NODE_TYPE: table(), "image/png": "eA==", "text/html": "<p>no</p>", "text/plain": "no"}
    (node,) = nodes(ran("t", new_output("execute_result", data=data, execution_count=1)))
    assert node["kind"] == "table" and node["anchor"] == "some_table"


def test_making_a_document_leaves_the_notebook_as_it_was() -> None:
    made = notebook("# T", "[x](#y) [z](javascript:x)", showing(table(), masthead()), "## Y")
    before = json.dumps(made)
    assert document(made) == document(made)
    assert json.dumps(made) == before


# --------------------------------------------------------------------------- notebooks that are not ours


def pictures() -> dict[str, str]:
    """A matplotlib chart as nbformat keeps it, by media type."""
    import base64

    made = {}
    for media_type, format in (("image/png", "png"), ("image/svg+xml", "svg")):
        figure, buffer = Figure(figsize=(2, 1)), io.BytesIO()
        figure.add_subplot().plot([1, 2])
        figure.savefig(buffer, format=format)
        raw = buffer.getvalue()
        made[media_type] = base64.encodebytes(raw).decode() if format == "png" else raw.decode()
    return made


def test_a_foreign_notebook_becomes_a_document() -> None:
    images, frame_data = pictures(), {"text/html": "<table></table>", "text/plain": "   a\n0  1"}
    text = {"text/plain": "<Figure size 200x100 with 1 Axes>"}
    doc = document(
        notebook(
            "# Someone's notebook",
            ran("print()", printed("\x1b[1;31mred\x1b[0m plain\n"), printed("50%\r100%\tdone\n")),
            ran("png", new_output("display_data", data={"image/png": images["image/png"], **text})),
            ran("svg", new_output("display_data", data=images | text, metadata={"alt": "A rising line"})),
            ran("frame", new_output("execute_result", data=frame_data)),
        ),
        "notebook",
    )
    assert (doc["title"], doc["author"], doc["cite"], doc["data_links"]) == ("Someone's notebook", "", "", False)
    assert doc["edition"] == "single notebook" and doc["day"] is None
    prints, png, svg, frame = doc["nodes"]
    assert prints == {"kind": "code", "text": "red plain\n100%    done"}
    assert (png["format"], svg["format"]) == ("png", "svg"), "the sharper picture is taken where there are two"
    assert svg["alt"] == "A rising line" and not svg["notes"]
    assert "no description" in words_of(png["notes"][0]) and png["alt"]
    assert "\n" not in png["content"]
    assert frame == {"kind": "code", "text": "   a\n0  1"}
    assert png["anchor"] != svg["anchor"]


def test_a_description_may_stand_with_the_media_type() -> None:
    data, metadata = {"image/png": pictures()["image/png"]}, {"image/png": {"alt": "Flat", "width": 3}}
    (node,) = nodes(ran("p", new_output("display_data", data=data, metadata=metadata)))
    assert node["alt"] == "Flat"


def test_a_broken_picture_is_refused() -> None:
    assert "cannot be read" in refused(Unshowable, ran("p", new_output("display_data", data={"image/png": "a"})))


def test_letters_that_no_file_can_hold_are_replaced() -> None:
    doc = document(notebook("# T\ud800", "a\udfff `b\ud800` \x00c\x08", ran("p", printed("d\ud800\x07"))))
    text_of(doc).encode("utf-8")
    json.dumps(doc, ensure_ascii=False).encode("utf-8")
    assert not [c for c in text_of(doc) if ord(c) < 32 and c != "\n"]


# --------------------------------------------------------------------------------------- any Markdown


class _Literal(HTMLRenderer):
    """Markdown as HTML, with raw HTML shown as text."""

    def __init__(self) -> None:
        super().__init__(escape=False)

    def inline_html(self, html: str) -> str:
        return self.codespan(html)

    def block_html(self, html: str) -> str:
        return self.codespan(html)


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


def visible_letters(source: str) -> Counter[str]:
    """Letters and digits that another renderer of Markdown, one to HTML, shows."""
    parser = _Visible()
    parser.feed(str(create_markdown(renderer=_Literal(), plugins=["table"])(source)))
    parser.close()
    return letters(parser.text)


def letters(text: str) -> Counter[str]:
    return Counter(c for c in text if c.isalnum())


MARKS = st.sampled_from([
    "# ", "## ", "###### ", "- ", "1. ", "7) ", "> ", "    ", "```", "~~~", "`", "**", "*", "_", "[", "](", ")", "![",
    "<b>", "</b>", "<", ">", "&amp;", "&", "&#65;", "\\", "\n", "\n\n", "\n  ", "---", "===", "|", "|---|", "[a]: http://b\n",
    "http://a.b", "$", "#{", "😀", "<script>", "<!--", "<?x", "\t", "  \n", "#a)",
])  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
MARKDOWN = st.lists(MARKS | TEXT, max_size=25).map("".join)


@given(MARKDOWN)
def test_any_markdown_keeps_its_letters_or_is_refused_in_a_sentence(source: str) -> None:
    try:
        doc = document(notebook(source), "")
    except UserError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
        return
    assert letters(text_of(doc)) == visible_letters(source)
    json.dumps(doc, allow_nan=False)
    for node in doc["nodes"]:
        assert html_of(node)


@given(st.text(max_size=60))
def test_any_text_at_all_gives_a_document_or_a_sentence(source: str) -> None:
    try:
        doc = document(notebook("# T", source, ran("p", printed(source))))
    except UserError as error:
        assert str(error).endswith(".")
        return
    "".join(html_of(node) for node in doc["nodes"]).encode("utf-8")


def test_charts_are_numbered_through_and_cells_refer_to_them_by_number() -> None:
    def figure(id: str) -> dict[str, Any]:
        return {"kind": "figure", "id": id, "title": [{"text": id}], "caption": [], "notes": [], "svg": "",
                "narrow": "", "alt": "", "data": {"columns": [], "rows": []}, "facts": {}}  # fmt: skip

    ledger = TableDisplay(
        id="t", title=say("Claims"), columns=(Column("a", "Claim"), Column("b", "Charts")),
        rows=({"a": "x", "b": FigureText(["two", "one"])}, {"a": "y", "b": FigureText(["elsewhere"])}, {"a": "z"}),
        records=(),
    ).node()  # fmt: skip
    doc = document(notebook(showing(figure("one"), ledger, figure("two"))))
    assert [node["number"] for node in doc["nodes"] if node["kind"] == "figure"] == [1, 2]
    (shown,) = (node for node in doc["nodes"] if node["kind"] == "table")
    assert [row[1] for row in shown["rows"]] == ["Figure 2, Figure 1", "elsewhere", ""]
    assert '<a href="#two">Figure 2</a>, <a href="#one">Figure 1</a>' in html_of(shown)
    assert "Figure 1. one" in html_of(doc["nodes"][0])
