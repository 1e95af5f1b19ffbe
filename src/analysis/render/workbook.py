"""All tables of a report in one workbook: a sheet of contents, one sheet a table, a sheet of sources.

The sheets hold the data of the CSV files, numbers as numbers. Text stays text, also where it looks like a formula.
The same tables give the same bytes: the only date in the file is that of the data.
"""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from ..catalogue import Catalogue
from ..display import Node
from ..errors import BuildError
from ..facts import FactBook, significant
from ..formatting import day_text
from ..parameters import ReportParameters
from .document import words_of

CONTENTS, SOURCES = "Contents", "Sources"
# What the format allows: letters of a sheet's name, letters of a cell; a name it keeps for itself.
LONGEST_NAME, LONGEST_TEXT, RESERVED = 31, 32_767, "history"
NARROWEST, WIDEST = 8, 60
HEAD = 2  # the row with the names of columns; title and links stand above it
WEB = re.compile(r"https?://\S{1,2000}")


def workbook(
    nodes: Iterable[Node], book: FactBook, catalogue: Catalogue, edition: str, parameters: ReportParameters
) -> bytes:
    """The file: every table and every chart's data among `nodes`, each id once, in their order.

    Raises BuildError for a text that is too long for a cell.
    """
    chosen = list({node["id"]: node for node in nodes if node["kind"] in ("table", "figure")}.values())
    names = _sheet_names([node["id"] for node in chosen])
    buffer = io.BytesIO()
    file = Workbook(buffer, {"in_memory": True})
    day = catalogue.data_date
    file.set_properties({
        "title": parameters.heading, "author": parameters.pair.authors,
        "created": datetime(day.year, day.month, day.day),
        "comments": f"Edition {edition}, data of {day_text(day)} (version {catalogue.version})",
    })  # fmt: skip
    looks = {
        "title": file.add_format({"bold": True, "font_size": 13}), "bold": file.add_format({"bold": True}),
        "head": file.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "link": file.add_format({"font_color": "#0b4f8a", "underline": 1}),
    }  # fmt: skip
    entries = [
        {"sheet": names[node["id"]], "what it holds": _title(node), "kind": node["kind"],
         "rows": len(node["data"]["rows"]), "the same as": f"tables/{node['id']}.csv"}
        for node in chosen
    ]  # fmt: skip
    used = _sources(book, catalogue)
    last = {"sheet": SOURCES, "what it holds": "Every source, and how many facts of this edition rest on it",
            "kind": "table", "rows": len(used["rows"]), "the same as": ""}  # fmt: skip
    contents = file.add_worksheet(CONTENTS)
    _fill(contents, parameters.heading, _table([*entries, last]), _about(catalogue, edition, parameters), looks)
    for row, entry in enumerate([*entries, last], start=HEAD + 1):
        contents.write_url(row, 0, f"internal:'{entry['sheet']}'!A1", looks["link"], str(entry["sheet"]))
    for node in chosen:
        _fill(file.add_worksheet(names[node["id"]]), _title(node), node["data"], _notes(node), looks, node["id"])
    _fill(file.add_worksheet(SOURCES), str(last["what it holds"]), used, [], looks)
    file.close()
    return buffer.getvalue()


def _sheet_names(ids: Sequence[str]) -> dict[str, str]:
    """A name for the sheet of each id: short enough, and no two alike whatever their capitals."""
    taken = {CONTENTS.lower(), SOURCES.lower(), RESERVED}
    names = {}
    for id in ids:
        name, count = id[:LONGEST_NAME], 1
        while name.lower() in taken:
            count += 1
            name = f"{id[: LONGEST_NAME - len(str(count)) - 1]}_{count}"
        taken.add(name.lower())
        names[id] = name
    return names


def _title(node: Node) -> str:
    words = words_of(node["title"])
    return f"Data of the chart: {words}" if node["kind"] == "figure" else words


def _notes(node: Node) -> list[str]:
    return [words_of(spans) for spans in ([node["caption"]] if "caption" in node else []) + node["notes"]]


def _about(catalogue: Catalogue, edition: str, parameters: ReportParameters) -> list[str]:
    values = ", ".join(f"{name} = {'all' if v is None else v}" for name, v in parameters.plain().items())
    return [
        f"Edition {edition}. Data of {day_text(catalogue.data_date)} (data package {catalogue.version}).",
        f"Parameters: {values}.",
        "An empty cell is a gap: no figure is known. It is not zero.",
    ]


def _sources(book: FactBook, catalogue: Catalogue) -> Node:
    """data/sources.csv with the number of facts of the edition that name each source."""
    counts = Counter(source for fact in book.values() for source in fact.sources)
    frame: pd.DataFrame = catalogue.sources.reset_index()
    frame.insert(1, "facts", [counts[id] for id in frame["source_id"]])
    return {"columns": list(frame.columns), "rows": frame.values.tolist()}


def _table(records: Sequence[Mapping[str, Any]]) -> Node:
    return {"columns": list(records[0]), "rows": [list(record.values()) for record in records]}


# ------------------------------------------------------------------------------------------ one sheet


def _fill(
    sheet: Worksheet, title: str, data: Node, notes: Sequence[str], looks: Mapping[str, Any], id: str = ""
) -> None:
    """Title, links, the names of columns, the rows, and the notes below them."""
    columns, rows = data["columns"], data["rows"]
    below = HEAD + len(rows) + 2
    sheet.write_string(0, 0, title, looks["title"])
    if id:
        sheet.write_url(1, 0, f"internal:'{CONTENTS}'!A1", looks["link"], CONTENTS)
    if notes:
        sheet.write_url(1, 1, f"internal:'{sheet.name}'!A{below + 1}", looks["link"], "Notes below")
    for column, name in enumerate(columns):
        sheet.write_string(HEAD, column, str(name), looks["head"])
        cells = [row[column] for row in rows]
        for number, value in enumerate(cells, start=HEAD + 1):
            _write(sheet, number, column, value, looks, f"{sheet.name}, column {name}")
        longest = max((len(_shown(value)) for value in [name, *cells]), default=0)
        sheet.set_column(column, column, min(max(longest + 2, NARROWEST), WIDEST))
    sheet.freeze_panes(HEAD + 1, 1)
    if rows:
        sheet.autofilter(HEAD, 0, HEAD + len(rows), len(columns) - 1)
    for number, note in enumerate(["Notes", *notes] if notes else [], start=below):
        sheet.write_string(number, 0, note, *([looks["bold"]] if number == below else []))


def _write(sheet: Worksheet, row: int, column: int, value: Any, looks: Mapping[str, Any], place: str) -> None:
    """One cell: nothing for a gap, a number as CSV has it, an address as a link, all else as text."""
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        if math.isfinite(value):
            sheet.write_number(row, column, significant(value) or 0.0 if isinstance(value, float) else value)
    elif value is not None and str(value):
        text = str(value)
        if len(text) > LONGEST_TEXT:
            raise BuildError(
                f"The table {place}, has a text of {len(text):,} letters: a workbook holds {LONGEST_TEXT:,} in a cell."
            )
        if WEB.fullmatch(text):
            sheet.write_url(row, column, text, looks["link"], text)
        else:
            sheet.write_string(row, column, text)


def _shown(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else "" if value is None else str(value)
