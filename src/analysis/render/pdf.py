"""The PDF exporter: a tagged PDF/UA-1 file, set by Typst from one fixed template.

An nbconvert exporter, entry point `report_pdf`. The document tree reaches the template as JSON, so no text is
ever read as markup. The fonts are ours and matplotlib's: the same bytes on every machine with the same libraries.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib
import typst
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from ..display import PAPER_ROWS, Node, plain_of
from ..errors import BuildError, shown
from .document import Document, Unshowable, copied, document, parameter

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
LETTERS = TEMPLATE.with_name("letters.typ")
FONTS = (Path(__file__).parent / "fonts", Path(matplotlib.get_data_path()) / "fonts" / "ttf")
NO_GLYPH = re.compile(r"the text `*\"?(?P<text>.+?)\"?`* could not be displayed")
# Of a table on paper, in letters: the page, the space between columns, the longest text that stays on one line
# in any case, and the length from which on a column wants no more.
LETTERS_A_LINE, PADDING, UNBROKEN, WIDEST = 98, 2, 15, 60
SHORT_ROWS, SHORT_LETTERS = 14, 1800
BOLD = 1.1  # heads and the first column are bold, and wider by about this
# Where a line may end: at a space, after a slash, between the words of a name.
BREAKS = re.compile(r" |(?<=[/_])|(?<=[A-Za-z]-)(?=[A-Za-z])")


class ReportPDFExporter(Exporter):  # type: ignore[misc]
    """Turns an executed notebook, or several merged into one, into a PDF."""

    export_from_notebook = "Report (PDF)"
    output_mimetype = "application/pdf"

    @default("file_extension")  # type: ignore[untyped-decorator]
    def _pdf_extension(self) -> str:
        return ".pdf"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """The file and the resources. Raises NotRun or Unshowable, see `document`."""
        checked, used = copied(self, nb, resources, **kw)
        return pdf(document(checked, used["metadata"]["name"] or "Notebook")), used


def pdf(doc: Document) -> bytes:
    """The whole file of a document; Unshowable for a letter that our fonts lack or a picture that is broken."""
    day = datetime.fromisoformat(doc["day"]) if doc["day"] else datetime(2000, 1, 1)
    try:
        made = typst.compile(
            TEMPLATE, format="pdf", font_paths=list(FONTS), ignore_system_fonts=True, pdf_standards=["ua-1"],
            sys_inputs={"document": json.dumps(payload(doc), ensure_ascii=False)},
            timestamp=day.replace(tzinfo=UTC),
        )  # fmt: skip
    except typst.TypstError as error:
        raise _explained(error, doc) from error
    if not isinstance(made, bytes):
        raise BuildError("The PDF was not made: Typst gave no file.")
    return made


def payload(doc: Document) -> dict[str, Any]:
    """What the template sets: the document without data rows and phone charts, with widths and lines composed."""
    kicker = f"Edition: {doc['edition']}" if doc["data_links"] else str(doc["edition"]).capitalize()
    dated = f"Data of {doc['data_date']}" if doc["data_date"] else ""
    package = f"data package {doc['data_version']}, software {doc['version']}" if dated else ""
    nodes = [_for_paper(node) for node in doc["nodes"]]
    for node in nodes[:1]:
        node["first"] = True
    return {
        **{key: value for key, value in doc.items() if key != "nodes"},
        "paper": parameter(doc, "paper") or "a4",
        "edition_line": " · ".join(filter(None, [kicker, dated])),
        "data_line": ", ".join(filter(None, [dated, package])), "nodes": nodes,
    }  # fmt: skip


def _for_paper(node: Node) -> Node:
    kept = {key: value for key, value in node.items() if key not in ("data", "facts", "cell_facts", "narrow", "svg")}
    if node["kind"] == "heading":
        kept["first"] = False
    elif node["kind"] == "table":
        kept["widths"] = _widths(node)
        # A short table keeps together with its notes; a long one runs on, under its repeated heading.
        letters = sum(len(text) for row in node["rows"] for text in row)
        kept["short"] = len(node["rows"]) <= SHORT_ROWS and letters <= SHORT_LETTERS
        kept["rows_in_words"] = f"{len(node['rows']):,}"
        # Longer ones are for a machine to read: the page names the file.
        kept["long"] = node["long"] and len(node["rows"]) > PAPER_ROWS
        if kept["long"]:
            kept["rows"] = []
    elif node["kind"] == "figure":
        kept |= {"format": "svg", "content": node["svg"]}
    elif node["kind"] == "image" and node["format"] == "png":
        kept["bytes"] = list(base64.b64decode(kept.pop("content")))
    return kept


def _widths(node: Node) -> list[float]:
    """The share of the page that each column gets, in letters, as browsers share it.

    A column needs its longest word and wants its longest text; what is left goes by what is wanted beyond need.
    """
    needs, wants = [], []
    for position, column in enumerate(node["columns"]):
        texts = [row[position] for row in node["rows"]]
        # Not split(): a no-break space does not end a word.
        need = max(
            _length(word) * bold
            for text, bold in [(column["label"], BOLD), *((text, BOLD if position == 0 else 1) for text in texts)]
            for word in BREAKS.split(text)
        )
        want = max(map(_length, texts), default=0)
        need = max(need, want if want <= UNBROKEN else 0)
        needs.append(need + PADDING)
        # A column of whole paragraphs may be twice as wide as one of sentences.
        widest = 2 * WIDEST if want > 4 * WIDEST else WIDEST
        wants.append(min(max(need, want), max(need, widest)) + PADDING)
    left, wanted = LETTERS_A_LINE - sum(needs), sum(wants) - sum(needs)
    share = min(1.0, max(0.0, left / wanted)) if wanted else 0.0
    return [round(need + (want - need) * share, 2) for need, want in zip(needs, wants, strict=True)]


def _length(text: str) -> float:
    """Letters of `text`; a digit, all of one width in a table, and a capital take the room of more than one."""
    return sum(1.2 if letter.isdigit() or letter.isupper() else 1 for letter in text)


def lacking(text: str) -> str:
    """The first letter of `text` that the fonts of the report lack, or an empty string."""
    try:
        typst.compile(
            LETTERS, format="pdf", font_paths=list(FONTS), ignore_system_fonts=True, pdf_standards=["ua-1"],
            sys_inputs={"text": text},
        )  # fmt: skip
    except typst.TypstError as error:
        if found := NO_GLYPH.search(error.message):
            return found["text"]
    return ""


def _explained(error: typst.TypstError, doc: Document) -> BuildError | Unshowable:
    """One sentence for what Typst refused."""
    if found := NO_GLYPH.search(error.message):
        said = found["text"]
        return Unshowable(
            f"The PDF cannot show {shown(said)!r}{_place(said, doc)}: the fonts of the report lack a letter of it; "
            "romanise it."
        )
    words = " ".join([error.message, *error.hints])
    return BuildError(f"The PDF cannot be set: {shown(' '.join(words.split()).rstrip('.'), 400)}.")


def _place(text: str, doc: Document) -> str:
    """Where in the document `text` stands first, as ` in the table data_sources`."""
    for name in ("title", "subtitle", "edition_description"):
        if text in doc[name]:
            return " in the " + {"edition_description": "description of the edition"}.get(name, name)
    for node in doc["nodes"]:
        if any(text in part for part in _strings(_for_paper(node))):
            name = node.get("id") or shown(" ".join(plain_of(node).split()))
            return f" in the {node['kind']} {name}"
    return ""


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)
