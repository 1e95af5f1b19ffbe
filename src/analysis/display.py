"""Display objects: what a notebook cell shows, once as HTML and once as a node of the document tree.

A cell that ends in a `Display` gives its output under two media types: `text/html` for JupyterLab and
`NODE_TYPE`, a plain JSON node, which the two exporters and the build read. A node names the facts it
shows, so that the build can check them. All text is data: it is escaped here and in the Typst template.
"""

from __future__ import annotations

import base64
import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .countries import DOCUMENTED, Pair
from .facts import Fact
from .formatting import fact_text

NODE_TYPE = "application/vnd.analysis.node+json"
WIDGET_TYPE = "application/vnd.jupyter.widget-view+json"  # of ipywidgets
ANCHOR = re.compile(r"[^a-z0-9]+")
# A cell with more letters is read like a sentence and needs room; one with fewer, such as a day, stays on one line.
SENTENCE, ONE_LINE = 40, 14
# A table of more rows than this opens on demand on a screen; of one with still more paper names the file only.
SCREENFUL, PAPER_ROWS = 20, 120

Node = dict[str, Any]


def anchor(text: str) -> str:
    """A stable name for a link: lower case, hyphens."""
    return ANCHOR.sub("-", text.lower()).strip("-") or "part"


class Display:
    """Something a cell shows. Subclasses give the node; `html_of` turns any node into HTML."""

    def node(self) -> Node:
        raise NotImplementedError

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        node = self.node()
        return {"text/html": html_of(node), NODE_TYPE: node, "text/plain": plain_of(node)}


@dataclass(frozen=True)
class Shown(Display):
    """What was shown before, as its node."""

    shown: Node

    def node(self) -> Node:
        return self.shown


# ------------------------------------------------------------------------------------------- text


@dataclass(frozen=True)
class Words:
    """Text that stands in a sentence without being a fact: a label, a name, a year of a parameter."""

    text: str


Reference = Fact | Words
PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")


@dataclass(frozen=True)
class Sentence:
    """A sentence whose numbers come from facts.

    `template` holds places such as `{peak}` or `{fall:abs}`; `refs` gives a Fact or Words for each.
    """

    template: str
    refs: Mapping[str, Reference] = field(default_factory=dict)

    def spans(self) -> list[Node]:
        """Runs of text, and shown facts with their ids, in order."""
        spans: list[Node] = []
        position = 0
        for match in PLACE.finditer(self.template):
            if match.start() > position:
                spans.append({"text": self.template[position : match.start()]})
            reference = self.refs[match[1]]
            if isinstance(reference, Fact):
                spans.append({"text": fact_text(reference, match[2] or ""), "fact": reference.id})
            else:
                spans.append({"text": reference.text})
            position = match.end()
        if position < len(self.template):
            spans.append({"text": self.template[position:]})
        return spans

    @property
    def text(self) -> str:
        return "".join(span["text"] for span in self.spans())

    @property
    def facts(self) -> list[Fact]:
        return [r for r in self.refs.values() if isinstance(r, Fact)]


def say(template: str, **refs: Reference | str | int) -> Sentence:
    """A Sentence; plain strings and whole numbers among `refs` stand as Words."""
    return Sentence(template, {k: r if isinstance(r, Fact | Words) else Words(str(r)) for k, r in refs.items()})


def facts_of(sentences: Iterable[Sentence]) -> dict[str, float | None]:
    return {fact.id: fact.value for sentence in sentences for fact in sentence.facts}


@dataclass(frozen=True)
class Prose(Display):
    """Paragraphs of sentences. `kind` is paragraph, findings (a numbered list) or note."""

    sentences: tuple[Sentence, ...]
    kind: str = "paragraph"

    def node(self) -> Node:
        return {"kind": self.kind, "items": [s.spans() for s in self.sentences], "facts": facts_of(self.sentences)}


@dataclass(frozen=True)
class Finding:
    """A headline sentence, what it rests on, and how sure we are (high, medium or low)."""

    headline: Sentence
    detail: Sentence
    certainty: str


@dataclass(frozen=True)
class Findings(Display):
    findings: tuple[Finding, ...]

    def node(self) -> Node:
        return {
            "kind": "cards",
            "items": [
                {"headline": f.headline.spans(), "detail": f.detail.spans(), "certainty": f.certainty}
                for f in self.findings
            ],
            "facts": facts_of(s for f in self.findings for s in (f.headline, f.detail)),
        }


@dataclass(frozen=True)
class Masthead(Display):
    """The head of a report: title, what it covers, the parameters, and the dates of data and software.

    `parameters` are mappings with name, value (as text), default (whether it is the default) and meaning.
    """

    title: str
    subtitle: str
    parameters: tuple[Mapping[str, Any], ...]
    data_date: str
    data_version: str
    version: str
    author: str = Pair(*DOCUMENTED).authors

    def node(self) -> Node:
        return {
            "kind": "masthead", "title": self.title, "subtitle": self.subtitle, "data_date": self.data_date,
            "data_version": self.data_version, "version": self.version, "author": self.author, "facts": {},
            "parameters": [dict(parameter) for parameter in self.parameters],
        }  # fmt: skip


@dataclass(frozen=True)
class Heading(Display):
    """A heading that names what only the parameters know, such as a country. `level`: 2 as `##` in a notebook."""

    text: str
    level: int = 2

    def node(self) -> Node:
        return {
            "kind": "heading", "level": self.level, "anchor": anchor(self.text), "spans": [{"text": self.text}],
            "facts": {},
        }  # fmt: skip


@dataclass(frozen=True)
class Absent(Display):
    """In a notebook a line that says why nothing stands here. A document leaves it out, and a heading with no more."""

    why: str

    def node(self) -> Node:
        return {"kind": "absent", "items": [[{"text": self.why}]], "facts": {}}


# ----------------------------------------------------------------------------------------- tables


@dataclass(frozen=True)
class Column:
    """A column of a table: key in the rows, heading, and whether it is right-aligned numbers."""

    key: str
    label: str
    numeric: bool = False


class FactText(str):
    """The text of a cell that shows a fact: the cell is that text, and knows which fact it shows."""

    fact: Fact

    def __new__(cls, text: str, fact: Fact) -> FactText:
        made = super().__new__(cls, text)
        made.fact = fact
        return made


class FigureText(str):
    """The text of a cell that refers to charts by their ids; a document writes their numbers in its place."""

    figures: tuple[str, ...]

    def __new__(cls, figures: Iterable[str]) -> FigureText:
        ids = tuple(figures)
        made = super().__new__(cls, ", ".join(ids))
        made.figures = ids
        return made


@dataclass(frozen=True)
class TableDisplay(Display):
    """A table as read (`rows` of shown text) and as data (`records` for the CSV).

    A cell that shows a fact is a FactText. A `long` table stands behind a control in HTML; every one of more
    than SCREENFUL rows is long. The first column heads its row.
    """

    id: str
    title: Sentence
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, str], ...]
    records: tuple[Mapping[str, Any], ...]
    notes: tuple[Sentence, ...] = ()
    long: bool = False

    def node(self) -> Node:
        cells = [[row.get(c.key, "") for c in self.columns] for row in self.rows]
        shown = [cell.fact for row in cells for cell in row if isinstance(cell, FactText)]
        return {
            "kind": "table", "id": self.id, "title": self.title.spans(),
            "long": self.long or len(self.rows) > SCREENFUL,
            "columns": [{"label": c.label, "numeric": c.numeric} for c in self.columns],
            "rows": [[str(cell) for cell in row] for row in cells],
            "cell_facts": [[_refers_to(cell) for cell in row] for row in cells]
            if any(isinstance(cell, FactText | FigureText) for row in cells for cell in row) else [],
            "notes": [n.spans() for n in self.notes], "data": data_of(self.records),
            "facts": {**{fact.id: fact.value for fact in shown}, **facts_of([self.title, *self.notes])},
        }  # fmt: skip


def _refers_to(cell: str) -> Node | None:
    """The fact that a cell shows, or the charts that it names."""
    if isinstance(cell, FactText):
        return {"fact": cell.fact.id}
    return {"figures": list(cell.figures)} if isinstance(cell, FigureText) else None


def data_of(records: Sequence[Mapping[str, Any]]) -> Node:
    """Records as columns and rows, for the CSV beside a table or a figure."""
    columns = list(dict.fromkeys(key for record in records for key in record))
    return {"columns": columns, "rows": [[plain(record.get(c)) for c in columns] for record in records]}


def plain(value: Any) -> Any:
    """`value` as JSON knows it: frames give numbers of their own kinds, and NaN where a cell is empty."""
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value


# ---------------------------------------------------------------------------------------- figures


@dataclass(frozen=True)
class FigureDisplay(Display):
    """A chart with its title (the finding), alt text, caption, notes and data.

    `svg` is drawn for wide pages and paper, `narrow` for a phone.
    """

    id: str
    title: Sentence
    svg: str
    narrow: str
    alt: Sentence
    caption: Sentence
    records: tuple[Mapping[str, Any], ...]
    notes: tuple[Sentence, ...] = ()

    def node(self) -> Node:
        return {
            "kind": "figure", "id": self.id, "title": self.title.spans(), "svg": self.svg, "narrow": self.narrow,
            "alt": self.alt.text, "caption": self.caption.spans(), "notes": [n.spans() for n in self.notes],
            "data": data_of(self.records), "facts": facts_of([self.title, self.alt, self.caption, *self.notes]),
        }  # fmt: skip


# ------------------------------------------------------------------------------------------- HTML


def spans_html(spans: Iterable[Node]) -> str:
    """Runs of text as HTML; a fact carries its id."""
    parts = []
    for span in spans:
        text = html.escape(span["text"])
        if span.get("fact"):
            text = _fact_html(text, span)
        if span.get("code"):
            text = f"<code>{text}</code>"
        if span.get("em"):
            text = f"<em>{text}</em>"
        if span.get("strong"):
            text = f"<strong>{text}</strong>"
        if href := span.get("href"):
            text = f'<a href="{html.escape(href)}">{text}</a>'
        parts.append(text)
    return "".join(parts)


def _fact_html(text: str, place: Node) -> str:
    """Escaped text that shows a fact; `place` holds the fact's id and, where a page links to it, its anchor."""
    fact = html.escape(place["fact"])
    link = f' id="{html.escape(place["anchor"])}"' if "anchor" in place else ""
    return f'<data class="fact"{link} value="{fact}" title="{fact}">{text}</data>'


def data_uri(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64," + base64.b64encode(content).decode("ascii")


def html_of(node: Node, *, data_links: bool = False) -> str:
    """One node as HTML; used by notebooks and by the HTML exporter alike.

    With `data_links`, tables and figures link their files beside the page; only a built report has them.
    """
    kind = node["kind"]
    if kind == "heading":
        level = int(node["level"])
        return f'<h{level} id="{html.escape(node["anchor"])}">{spans_html(node["spans"])}</h{level}>'
    if kind == "paragraph":
        return "".join(f"<p>{spans_html(item)}</p>" for item in node["items"])
    if kind in ("findings", "list"):
        tag = "ol" if kind == "findings" or node.get("ordered") else "ul"
        start = f' start="{int(node["start"])}"' if tag == "ol" and node.get("start", 1) != 1 else ""
        return f"<{tag}{start}>" + "".join(f"<li>{spans_html(item)}</li>" for item in node["items"]) + f"</{tag}>"
    if kind == "absent":
        return "".join(f'<p class="small">{spans_html(item)}</p>' for item in node["items"])
    if kind == "note":
        return '<div class="note">' + "".join(f"<p>{spans_html(i)}</p>" for i in node["items"]) + "</div>"
    if kind == "code":
        return f'<pre tabindex="0"><code>{html.escape(node["text"])}</code></pre>'
    if kind == "cards":
        return '<ol class="cards">' + "".join(_card_html(item) for item in node["items"]) + "</ol>"
    if kind == "masthead":
        return _masthead_html(node)
    if kind == "table":
        return _table_html(node, data_links)
    if kind == "figure":
        return _figure_html(node, data_links)
    if kind == "image":
        return _image_html(node)
    raise ValueError(f"unknown node {kind!r}")


def _card_html(item: Node) -> str:
    certainty = html.escape(item["certainty"])
    return (
        f'<li><p class="headline">{spans_html(item["headline"])}</p>'
        + (f'<p>{spans_html(item["detail"])}</p>' if item["detail"] else "")
        + f'<p class="certainty {certainty}">Certainty: <strong>{certainty}</strong></p></li>'
    )


def _masthead_html(node: Node) -> str:
    """One line and a list of parameters, as a notebook shows it; the page has its own in its template."""
    changed = [f"{p['name']} = {p['value']}" for p in node["parameters"] if not p["default"]]
    line = [
        f"<strong>{html.escape(node['title'])}</strong>",
        f"data of {html.escape(node['data_date'])} (version {html.escape(node['data_version'])})",
        f"software {html.escape(node['version'])}",
        html.escape(", ".join(changed)) if changed else "all parameters at their defaults",
    ]
    listed = "".join(
        f"<dt><code>{html.escape(str(p['name']))}</code> = {html.escape(str(p['value']))}</dt>"
        f"<dd>{html.escape(str(p['meaning']))}{' (default)' if p['default'] else ''}</dd>"
        for p in node["parameters"]
    )
    return (
        f'<div class="masthead"><p>{" · ".join(line)}</p>'
        f"<details><summary>Parameters</summary><dl>{listed}</dl></details></div>"
    )


def _notes_html(notes: Iterable[Iterable[Node]]) -> str:
    return "".join(f'<p class="small">{spans_html(note)}</p>' for note in notes)


def _table_html(node: Node, data_links: bool) -> str:
    """A table; one with more words than numbers can be stacked on a phone, each cell under its row's head.

    A style sheet that stacks takes away that it is a table, so the roles say it once more.
    """
    columns, rows = node["columns"], node["rows"]
    looks = [_look_of(column, (row[i] for row in rows)) for i, column in enumerate(columns)]
    stacked = "words" in looks and 2 * looks.count("num") < len(columns)

    def role(name: str) -> str:
        return f' role="{name}"' if stacked else ""

    def words(text: str, place: Node | None) -> str:
        if place and "links" in place:
            return ", ".join(f'<a href="#{html.escape(to)}">{html.escape(name)}</a>' for name, to in place["links"])
        return _fact_html(html.escape(text), place) if place and "fact" in place else html.escape(text)

    head = "".join(
        f'<th scope="col"{role("columnheader")}{_class(look)}>{html.escape(c["label"])}</th>'
        for c, look in zip(columns, looks, strict=True)
    )
    body = "".join(
        f"<tr{role('row')}><th scope=\"row\"{role('rowheader')}{_class(looks[0])}>{words(row[0], facts[0])}</th>"
        + "".join(
            f"<td{role('cell')}{_class(look)}"
            + (f' data-label="{html.escape(c["label"])}"' if stacked else "")
            + f">{words(text, fact)}</td>"
            for c, look, text, fact in zip(columns[1:], looks[1:], row[1:], facts[1:], strict=True)
        )
        + "</tr>"
        for row, facts in zip(rows, node.get("cell_facts") or [[None] * len(columns)] * len(rows), strict=True)
    )
    title, name = spans_html(node["title"]), html.escape(_anchor_of(node))
    table = (
        f'<div class="scroll" tabindex="0" role="group" aria-labelledby="{name}-title">'
        f"<table{role('table')}{_class('stacked' if stacked else '')}>"
        f'<caption id="{name}-title"><span>{title}</span></caption>'
        f"<thead{role('rowgroup')}><tr{role('row')}>{head}</tr></thead>"
        f"<tbody{role('rowgroup')}>{body}</tbody></table></div>" + _notes_html(node["notes"])
    )
    if node["long"]:
        filed = _class("filed" if len(rows) > PAPER_ROWS else "")
        table = f"<details{filed}><summary>{title} ({len(rows):,} rows)</summary>{table}</details>"
    return f'<section class="table" id="{name}">{table}{_data_line(node) if data_links else ""}</section>'


def _look_of(column: Node, cells: Iterable[str]) -> str:
    """num for numbers; of columns with text, words for one with sentences, short for one whose cells need one line."""
    if column["numeric"]:
        return "num"
    longest = max(map(len, cells), default=0)
    return "words" if longest > SENTENCE else "short" if longest <= ONE_LINE else ""


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _figure_html(node: Node, data_links: bool) -> str:
    wide, narrow = (data_uri("image/svg+xml", node[name].encode("utf-8")) for name in ("svg", "narrow"))
    return (
        f'<figure id="{html.escape(_anchor_of(node))}">'
        f'<figcaption><p class="title">{_numbered(node)}{spans_html(node["title"])}</p>'
        f'<p class="caption">{spans_html(node["caption"])}</p></figcaption>'
        f'<picture><source media="(max-width: 600px)" srcset="{narrow}">'
        f'<img src="{wide}" alt="{html.escape(node["alt"])}"></picture>'
        f"{_notes_html(node['notes'])}{_data_line(node) if data_links else ''}</figure>"
    )


def _numbered(node: Node) -> str:
    """The number of a chart, which only a document gives it."""
    return f"Figure {int(node['number'])}. " if "number" in node else ""


def _image_html(node: Node) -> str:
    """A picture that is not ours: no title, no data."""
    media_type = {"png": "image/png", "svg": "image/svg+xml"}[node["format"]]
    content = base64.b64decode(node["content"]) if node["format"] == "png" else node["content"].encode("utf-8")
    return (
        f'<figure id="{html.escape(_anchor_of(node))}">'
        f'<img class="own" src="{data_uri(media_type, content)}" alt="{html.escape(node["alt"])}">'
        f"{_notes_html(node['notes'])}</figure>"
    )


def _anchor_of(node: Node) -> str:
    """The place to link to: its own where a document gave one, because an id may stand there twice."""
    return str(node.get("anchor", node["id"]))


def _data_line(node: Node) -> str:
    """The files of a table or figure beside the page: its data, the workbook that has them too, its picture."""
    groups = {"Data": [f"tables/{node['id']}.csv", "tables.xlsx"]}
    if node["kind"] == "figure":
        groups["Picture"] = [f"figures/{node['id']}.{kind}" for kind in ("svg", "png")]
    parts = [
        f"{word}: " + ", ".join(f'<a href="{html.escape(name)}">{html.escape(name)}</a>' for name in names)
        for word, names in groups.items()
    ]
    return f'<p class="small data">{". ".join(parts)}</p>'


def plain_of(node: Node) -> str:
    """A node as plain text, for terminals and for searching."""
    kind = node["kind"]
    if kind == "masthead":
        return f"{node['title']}\n{node['subtitle']}"
    if kind in ("code", "image"):
        return str(node["text" if kind == "code" else "alt"])
    if kind == "heading":
        return "".join(span["text"] for span in node["spans"])
    if "title" in node:
        return "".join(span["text"] for span in node["title"])
    items = node.get("items", [])
    if kind == "cards":
        items = [item["headline"] + [{"text": " "}] + item["detail"] for item in items]
    return "\n".join("".join(span["text"] for span in item) for item in items)
