"""Executed notebooks as one document: a tree of plain data, which both exporters set.

Markdown and outputs become nodes (see display.py); the code of cells is not shown. Nothing in the tree is
markup: a text is shown letter by letter. The title is the only heading of level 1, parts have level 2, and
no level is skipped below it.
"""

from __future__ import annotations

import base64
import binascii
import copy
import html
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from mistune import create_markdown
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_notebook

from ..countries import DOCUMENTED, Pair
from ..display import NODE_TYPE, WIDGET_TYPE, Node, anchor
from ..errors import BuildError, shown
from ..formatting import day_text

Document = dict[str, Any]
Spans = list[Node]
KINDS = (
    "absent", "heading", "paragraph", "findings", "list", "note", "code", "cards", "masthead", "table", "figure",
    "image",
)  # fmt: skip
AUTHORS = Pair(*DOCUMENTED).authors  # of a page over several editions
NO_ALT = "A chart without description"
# Names that the page itself uses as places to link to.
OWN_ANCHORS = ("top", "main")
SAFE_LINK = re.compile(r"(https?://|mailto:)\S+", re.IGNORECASE)
TERMINAL_CODE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])")


class NotRun(BuildError):
    """A notebook, or a cell of it, that has not been run, so that the document would lack something."""


class Unshowable(BuildError):
    """Something in a notebook that a report cannot show, or must not."""


def copied(exporter: Any, notebook: NotebookNode, resources: dict[str, Any] | None, **kw: Any) -> tuple[Any, Any]:
    """What nbconvert's own `from_notebook_node` gives: a copy that a preprocessor may have changed, and the resources.

    Without preprocessors it would copy twice, each time object by object, which takes longer than all else in a page.
    """
    from nbconvert.exporters import Exporter

    if exporter._preprocessors:
        return Exporter.from_notebook_node(exporter, notebook, resources, **kw)  # type: ignore[no-any-return]
    return from_dict(json.loads(json.dumps(notebook))), exporter._init_resources(resources)


def merge(notebooks: Sequence[tuple[str, NotebookNode]], metadata: Mapping[str, Any]) -> NotebookNode:
    """All cells of the named, executed notebooks in one, each marked with its part.

    `metadata` (edition, edition_description, and cite where the composed citation is not wanted) goes into the
    metadata of the result under `analysis`, with the names of the parts.
    """
    merged = new_notebook(metadata={"analysis": {**metadata, "parts": [name for name, _ in notebooks]}})
    for number, (name, notebook) in enumerate(notebooks):
        for key in ("kernelspec", "language_info"):
            if key in notebook.metadata:
                merged.metadata.setdefault(key, copy.deepcopy(notebook.metadata[key]))
        for position, cell in enumerate(notebook.cells):
            taken = copy.deepcopy(cell)
            taken["id"] = f"part-{number:02}-cell-{position:03}"
            taken.metadata["analysis_part"] = name
            merged.cells.append(taken)
    return merged


def document(notebook: NotebookNode, name: str = "Notebook") -> Document:
    """The document of an executed notebook: title, edition, parameters, citation, contents, nodes.

    `name` becomes the title where the notebook has neither a masthead nor a heading. Raises NotRun for a cell
    that was not run, and Unshowable for an error, for text on stderr and for what has no form on paper.
    """
    report = notebook.metadata.get("analysis")
    nodes = list(_present([copy.deepcopy(node) for node in _nodes(notebook)]))
    heads = [node for node in nodes if node["kind"] == "masthead"]
    nodes = [node for node in nodes if node["kind"] != "masthead"]
    head = heads[0] if heads else None
    title = head["title"] if head else _take_title(nodes) or name
    _set_levels(nodes)
    _set_anchors(nodes)
    _set_fact_anchors(nodes)
    _set_numbers(nodes)
    _resolve_links(nodes)
    info = report or {}
    edition = str(info.get("edition", "")) or "single notebook"
    contents = _contents(nodes)
    return {
        "title": title, "subtitle": head["subtitle"] if head else "",
        "author": head.get("author", AUTHORS) if head else "",
        "edition": edition, "edition_description": str(info.get("edition_description") or info.get("description", "")),
        "day": head["data_date"] if head else None,
        "data_date": day_text(date.fromisoformat(head["data_date"])) if head else "",
        "data_version": head["data_version"] if head else "", "version": head["version"] if head else "",
        "changed": [p for p in head["parameters"] if not p["default"]] if head else [],
        "unchanged": [p for p in head["parameters"] if p["default"]] if head else [],
        "cite": str(info.get("cite", "")) or (_citation(head, edition) if head else ""),
        "data_links": report is not None, "contents": contents, "nodes": nodes,
    }  # fmt: skip


def composed(
    title: str, subtitle: str, kind: str, nodes: Iterable[Node], beside: Collection[str] = ()
) -> Document:
    """A document that no notebook made, such as a comparison; `kind` stands in the line above the title.

    `beside` are files next to the page, to which it may link. Headings among `nodes` have level 1 for a part and 2
    for a section.
    """
    own = [copy.deepcopy(node) for node in nodes]
    _set_levels(own)
    _set_anchors(own)
    _resolve_links(own, beside)
    return {
        "title": title, "subtitle": subtitle, "author": AUTHORS, "edition": kind, "edition_description": "",
        "day": None, "data_date": "", "data_version": "", "version": "", "changed": [], "unchanged": [], "cite": "",
        "data_links": False, "contents": _contents(own), "nodes": own,
    }  # fmt: skip


def parameter(doc: Document, name: str) -> Any:
    """The value of a parameter on the masthead, or None where there is none."""
    return next((p["value"] for p in [*doc["changed"], *doc["unchanged"]] if p["name"] == name), None)


def words_of(spans: Iterable[Node]) -> str:
    """The text of runs, without their looks."""
    return "".join(span["text"] for span in spans)


def _citation(head: Node, edition: str) -> str:
    return (
        f"{head['title']}. Edition: {edition}. Data of {day_text(date.fromisoformat(head['data_date']))} "
        f"(data package {head['data_version']}, software {head['version']})."
    )


# ------------------------------------------------------------------------------------------- cells


def _nodes(notebook: NotebookNode) -> Iterator[Node]:
    """The nodes of all cells in order, a part that has no heading of its own given one."""
    _refuse_unrun(notebook)
    part = None
    for position, cell in enumerate(notebook.cells, start=1):
        place = f"cell {position}"
        if cell.cell_type == "markdown":
            made = list(_markdown_nodes(cell.source, place))
        elif cell.cell_type == "code":
            lines = cell.source.strip().splitlines()
            made = list(_output_nodes(cell.outputs, f"{place} ({shown(lines[0])})" if lines else place))
        else:
            continue
        visible = [node for node in made if node["kind"] != "masthead"]
        if visible and (now := cell.metadata.get("analysis_part")) != part:
            part = now
            if (visible[0]["kind"], visible[0].get("level")) != ("heading", 1):
                words = re.sub(r"^\d+_", "", str(part)).replace("_", " ").strip() or str(part)
                yield {"kind": "heading", "level": 1, "spans": [{"text": words[0].upper() + words[1:]}]}
        yield from made


def _present(nodes: Sequence[Node]) -> Iterator[Node]:
    """The nodes without what is absent, and without headings under which nothing else stands."""
    for position, node in enumerate(nodes):
        if node["kind"] == "absent":
            continue
        if node["kind"] == "heading":
            end = next((n for n in range(position + 1, len(nodes)) if nodes[n]["kind"] == "heading"
                        and nodes[n]["level"] <= node["level"]), len(nodes))  # fmt: skip
            kinds = {inner["kind"] for inner in nodes[position + 1 : end]}
            if "absent" in kinds and kinds <= {"absent", "heading"}:
                continue
        yield node


def _refuse_unrun(notebook: NotebookNode) -> None:
    code = [
        (position, cell)
        for position, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code" and cell.source.strip()
    ]
    waiting = [(p, cell) for p, cell in code if cell.get("execution_count") is None and not cell.outputs]
    if code and not any(cell.outputs for _, cell in code):
        raise NotRun("The notebook has no outputs: run all its cells, save it, then export it.")
    if waiting:
        position, cell = waiting[0]
        line = shown(cell.source.strip().splitlines()[0])
        raise NotRun(f"In the notebook cell {position} ({line}) was not run: run all cells, save, then export.")


def _output_nodes(outputs: Iterable[NotebookNode], place: str) -> Iterator[Node]:
    printed = ""
    for number, output in enumerate(outputs, start=1):
        if output.output_type == "error":
            raise Unshowable(f"In {place} an error stopped the notebook: {shown(_one_line(output.evalue), 200)}.")
        if output.output_type == "stream":
            if output.name == "stderr":
                said = shown(_one_line(output.text), 200)
                raise Unshowable(f"In {place} there is unexpected output on stderr: {said}.")
            printed += output.text
            continue
        if printed:
            yield from _code(printed)
            printed = ""
        yield from _bundle_nodes(output.data, output.metadata, f"{anchor(place.split(' (')[0])}-{number}", place)
    yield from _code(printed)


def _bundle_nodes(data: Mapping[str, Any], metadata: Mapping[str, Any], id: str, place: str) -> Iterator[Node]:
    """An output under several media types: our own node first, then a picture, then plain text."""
    if WIDGET_TYPE in data:
        return  # a control, such as the panel: there is nothing to set on paper
    if NODE_TYPE in data:
        node = data[NODE_TYPE]
        if not isinstance(node, dict) or node.get("kind") not in KINDS:
            raise Unshowable(f"In {place} there is a node of an unknown kind; run the notebook again.")
        yield node
        return
    for media_type, format in (("image/svg+xml", "svg"), ("image/png", "png")):
        if media_type in data:
            yield _image(data[media_type], format, metadata, id, place)
            return
    if "text/plain" in data:
        yield from _code(data["text/plain"])
    elif data:
        raise Unshowable(f"In {place} there is only {', '.join(sorted(data))}, which has no form on paper.")


def _image(content: str, format: str, metadata: Mapping[str, Any], id: str, place: str) -> Node:
    own = metadata.get({"svg": "image/svg+xml", "png": "image/png"}[format])
    alt = metadata.get("alt") or (own.get("alt") if isinstance(own, Mapping) else None)
    if format == "png":
        try:
            content = base64.b64encode(base64.b64decode(content)).decode("ascii")
        except binascii.Error:
            raise Unshowable(f"In {place} there is a picture that cannot be read.") from None
    notes = [] if alt else [[{"text": "This chart has no description: give one with the output metadata alt."}]]
    return {"kind": "image", "id": id, "format": format, "content": content, "alt": str(alt or NO_ALT), "notes": notes}


def _code(text: str) -> Iterator[Node]:
    """Text as a terminal would show it in the end: no colour codes, overwritten lines gone."""
    plain = TERMINAL_CODE.sub("", text).replace("\r\n", "\n")
    lines = [line.rstrip("\r").rpartition("\r")[2].expandtabs(8).rstrip() for line in plain.split("\n")]
    kept = "\n".join(map(_letters, lines)).strip("\n")
    if kept:
        yield {"kind": "code", "text": kept}


def _letters(text: str) -> str:
    """`text` without control characters; a lone surrogate, which no file can hold, becomes a question mark."""
    kept = "".join(c for c in text if c in "\n\r\t" or (ord(c) >= 32 and not 127 <= ord(c) < 160))
    return kept.encode("utf-8", "replace").decode("utf-8")


def _one_line(text: str) -> str:
    return " ".join(TERMINAL_CODE.sub("", text).split()).rstrip(".")


# ---------------------------------------------------------------------------------------- Markdown


# The table plugin is there to recognise tables, which are refused.
_markdown = create_markdown(renderer="ast", plugins=["table"])


def _markdown_nodes(source: str, place: str) -> Iterator[Node]:
    for token in _markdown(_letters(source)):
        yield from _block(token, place)


def _block(token: Mapping[str, Any], place: str) -> Iterator[Node]:
    kind = token["type"]
    if kind == "heading":
        spans = _spans(token["children"], place)
        if words_of(spans).strip():
            yield {"kind": "heading", "level": token["attrs"]["level"], "spans": spans}
    elif kind in ("paragraph", "block_text"):
        if spans := _spans(token["children"], place):
            yield {"kind": "paragraph", "items": [spans], "facts": {}}
    elif kind == "list":
        items = [_flat(item["children"], place) for item in token["children"]]
        ordered, start = token["attrs"]["ordered"], token["attrs"].get("start", 1)
        yield {"kind": "list", "ordered": ordered, "start": start, "items": items, "facts": {}}
    elif kind == "block_quote":
        items = [item for child in token["children"] for item in _quoted(child, place)]
        yield {"kind": "note", "items": items, "facts": {}}
    elif kind == "block_code":
        yield from _code(token["raw"])
    elif kind == "block_html":
        yield {"kind": "paragraph", "items": [[{"text": token["raw"].strip()}]], "facts": {}}
    elif kind == "table":
        raise Unshowable(f"In {place} there is a table in Markdown: show it with a TableDisplay, which has its data.")
    elif kind not in ("blank_line", "thematic_break"):
        raise Unshowable(f"In {place} there is Markdown of the kind {kind}, which a report cannot show.")


def _quoted(token: Mapping[str, Any], place: str) -> Iterator[Spans]:
    """The paragraphs of a note; each item of a list in it is one."""
    if token["type"] == "list":
        yield from (_flat(item["children"], place) for item in token["children"])
    elif token["type"] == "block_quote":
        for child in token["children"]:
            yield from _quoted(child, place)
    elif spans := _flat([token], place):
        yield spans


def _flat(tokens: Iterable[Mapping[str, Any]], place: str) -> Spans:
    """Blocks on one line: paragraphs after each other, the items of an inner list after a colon."""
    spans: Spans = []
    for token in tokens:
        if token["type"] == "list":
            items = [_flat(item["children"], place) for item in token["children"]]
            lead = "" if not spans else " " if words_of(spans).rstrip().endswith((":", ".", ";")) else ": "
            for position, item in enumerate(items):
                spans += [{"text": "; " if position else lead}, *item]
        elif token["type"] == "block_quote":
            spans += _after(spans, _flat(token["children"], place))
        else:
            for node in _block(token, place):
                spans += _after(spans, _runs(node))
    return [span for span in spans if span["text"]]


def _runs(node: Node) -> Spans:
    if node["kind"] == "code":
        return [{"text": " ".join(node["text"].split()), "code": True}]
    return node["spans"] if node["kind"] == "heading" else [span for item in node["items"] for span in item]


def _after(before: Spans, spans: Spans) -> Spans:
    return [{"text": " "}, *spans] if before else spans


def _spans(tokens: Iterable[Mapping[str, Any]], place: str, **looks: Any) -> Spans:
    """Inline Markdown as runs of text, each with its looks: strong, em, code, href."""
    spans: Spans = []
    for token in tokens:
        kind = token["type"]
        if kind == "text":
            spans.append({"text": _letters(html.unescape(token["raw"])), **looks})
        elif kind == "inline_html":
            spans.append({"text": token["raw"], **looks})
        elif kind == "codespan":
            spans.append({"text": token["raw"], **looks, "code": True})
        elif kind in ("softbreak", "linebreak"):
            spans.append({"text": " ", **looks})
        elif kind == "image":
            raise Unshowable(
                f"In {place} there is a picture in Markdown ({shown(token['attrs']['url'])}): "
                "show it as a figure, which has a description and its data."
            )
        elif kind in ("strong", "emphasis"):
            look = {"strong": "strong", "emphasis": "em"}[kind]
            spans += _spans(token["children"], place, **{**looks, look: True})
        elif kind == "link":
            spans += _spans(token["children"], place, **{**looks, "href": token["attrs"]["url"]})
        else:
            raise Unshowable(f"In {place} there is Markdown of the kind {kind}, which a report cannot show.")
    return [span for span in spans if span["text"]]


# --------------------------------------------------------------------------------- title and places


def _take_title(nodes: list[Node]) -> str:
    """Take the first heading out of `nodes` if it has level 1, for the title."""
    for position, node in enumerate(nodes):
        if node["kind"] == "heading":
            return words_of(nodes.pop(position)["spans"]) if node["level"] == 1 else ""
    return ""


def _set_levels(nodes: Iterable[Node]) -> None:
    """Levels below that of the title, without gaps: # then ### gives 2 then 3."""
    above: list[int] = []
    for node in nodes:
        if node["kind"] == "heading":
            while above and above[-1] >= node["level"]:
                above.pop()
            above.append(node["level"])
            node["level"] = min(len(above) + 1, 6)


def _set_anchors(nodes: Iterable[Node]) -> None:
    """Unique places to link to: the second of a kind gets -2."""
    used = set(OWN_ANCHORS)
    for node in nodes:
        if node["kind"] not in ("heading", "table", "figure", "image"):
            continue
        wanted = anchor(words_of(node["spans"])) if node["kind"] == "heading" else node["id"]
        count = 1
        while (names := _names(node, wanted if count == 1 else f"{wanted}-{count}")) & used:
            count += 1
        used |= names
        node["anchor"] = min(names, key=len)


def _set_numbers(nodes: Iterable[Node]) -> None:
    """Charts numbered through; a cell that names charts gets their numbers and links where the document has them."""
    nodes = list(nodes)
    numbers: dict[str, tuple[str, str]] = {}
    figures = (node for node in nodes if node["kind"] == "figure")
    for number, node in enumerate(figures, start=1):
        node["number"] = number
        numbers.setdefault(node["id"], (f"Figure {number}", node["anchor"]))
    for table in (node for node in nodes if node["kind"] == "table"):
        for row, places in zip(table["rows"], table.get("cell_facts", []), strict=False):
            for position, place in enumerate(places):
                if place and "figures" in place and all(id in numbers for id in place["figures"]):
                    place["links"] = [numbers[id] for id in place["figures"]]
                    row[position] = ", ".join(name for name, _ in place["links"])


def _set_fact_anchors(nodes: Iterable[Node]) -> None:
    """Each fact can be linked to by its id, at the first place where the document shows it.

    An id has a dot, which no other place to link to has.
    """
    seen: set[str] = set()
    for node in nodes:
        for place in _fact_places(node):
            if place["fact"] not in seen:
                seen.add(place["fact"])
                place["anchor"] = place["fact"]


def _fact_places(node: Node) -> Iterator[Node]:
    """The runs and cells of a node that show a fact, in the order in which the page has them."""
    items = [
        spans
        for item in node.get("items", [])
        for spans in ([item["headline"], item["detail"]] if isinstance(item, dict) else [item])
    ]
    cells = [[cell for cell in row if cell] for row in node.get("cell_facts", [])]
    # A long table stands behind a control that has the title too, so the title is there twice.
    title = [] if node.get("long") else node.get("title", [])
    for spans in [title, node.get("caption", []), *items, *cells, *node.get("notes", [])]:
        yield from (span for span in spans if "fact" in span)


def _names(node: Node, name: str) -> set[str]:
    """The places a node takes up; a table's title is one of its own, by which the page names the table."""
    return {name, f"{name}-title"} if node["kind"] == "table" else {name}


def _resolve_links(nodes: Iterable[Node], beside: Collection[str] = ()) -> None:
    """Keep links to the web, to mail, to places in this document and to files beside it; of others keep the text."""
    nodes = list(nodes)
    places = {node["anchor"] for node in nodes if "anchor" in node}
    for node in nodes:
        for spans in [node.get("spans", []), *(item for item in node.get("items", []) if isinstance(item, list))]:
            for span in spans:
                if "href" not in span:
                    continue
                href = str(span.pop("href"))
                if SAFE_LINK.fullmatch(href) or href in beside:
                    span["href"] = href
                elif href.startswith("#") and (place := _place(href[1:], places)):
                    span["href"] = f"#{place}"


def _place(name: str, places: set[str]) -> str | None:
    """The place meant by a link as JupyterLab writes it, `#What-happened?`."""
    return next((candidate for candidate in (name, anchor(name)) if candidate in places), None)


def _contents(nodes: Iterable[Node]) -> list[Node]:
    """The headings of parts, each with those of its sections."""
    parts: list[Node] = []
    for node in nodes:
        if node["kind"] != "heading" or node["level"] > 3:
            continue
        entry = {"anchor": node["anchor"], "text": words_of(node["spans"]), "sections": []}
        (parts if node["level"] == 2 else parts[-1]["sections"]).append(entry)
    return parts
