"""The HTML exporter: one file that opens without a network and holds no script.

An nbconvert exporter, entry point `report_html`: for the build, for `jupyter nbconvert --to report_html`
and for JupyterLab's export menu alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from ..display import Node, html_of
from .document import Document, copied, document


class ReportHTMLExporter(Exporter):  # type: ignore[misc]
    """Turns an executed notebook, or several merged into one, into a page."""

    export_from_notebook = "Report (HTML)"
    output_mimetype = "text/html"

    @default("file_extension")  # type: ignore[untyped-decorator]
    def _html_extension(self) -> str:
        return ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page and the resources. Raises NotRun or Unshowable, see `document`."""
        checked, used = copied(self, nb, resources, **kw)
        return page(document(checked, used["metadata"]["name"] or "Notebook")), used


def page(doc: Document) -> str:
    """The whole page of a document."""
    environment = Environment(
        loader=PackageLoader("analysis.render"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined, keep_trailing_newline=True,
    )  # fmt: skip
    css = environment.get_template("page.css").render()
    return environment.get_template("page.html.j2").render(doc=doc, css=Markup(css), parts=_parts(doc))


def _parts(doc: Document) -> list[dict[str, Any]]:
    """The nodes as HTML, cut where a part begins; `anchor` is None for what stands before the first part."""
    parts: list[dict[str, Any]] = []
    for node, text in _rendered(doc["nodes"], doc["data_links"]):
        begins = node["kind"] == "heading" and node["level"] == 2
        if begins or not parts:
            parts.append({"anchor": node["anchor"] if begins else None, "nodes": []})
        parts[-1]["nodes"].append(text)
    return parts


def _rendered(nodes: Iterable[Node], data_links: bool) -> Iterable[tuple[Node, Markup]]:
    # `html_of` escapes every text itself, so what it gives is markup.
    return ((node, Markup(html_of(node, data_links=data_links))) for node in nodes)
