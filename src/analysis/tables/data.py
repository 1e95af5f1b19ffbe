"""Tables about the data themselves: what each table is, its sources, caveats, corrections, the parameters."""

from __future__ import annotations

import re

from ..display import Column, TableDisplay, say
from ..formatting import day_text
from ..parameters import ReportParameters, allowed
from ..report import UNSET, Report
from ..showing import in_notebooks
from ..trade import phases


@in_notebooks
def inventory(report: Report) -> TableDisplay:
    """What each table of the data package is, how reliable, what is missing."""
    rows, records = [], []
    for name, table in report.catalogue.tables.items():
        frame = report.catalogue.frame(name)
        record = {
            "table": name, "title": table.title, "rows": len(frame), "unit": table.unit,
            "description": table.description, "reliability": table.reliability, "missing": table.missing,
            "sha256": table.hash.removeprefix("sha256:"),
        }  # fmt: skip
        records.append(record)
        rows.append({
            "table": name, "what": f"{table.title}. {table.description}", "rows": f"{len(frame):,}",
            "reliability": table.reliability, "missing": table.missing,
        })  # fmt: skip
    return TableDisplay(
        id="data_inventory", title=say("The tables of the data package"),
        columns=(
            Column("table", "Table"), Column("what", "What it is"), Column("rows", "Rows", True),
            Column("reliability", "How reliable"), Column("missing", "What is missing"),
        ),
        rows=tuple(rows), records=tuple(records),
    )  # fmt: skip


@in_notebooks
def sources(report: Report) -> TableDisplay:
    """Every source that stands behind a fact of this edition, with publisher, address, date of access and terms."""
    used = {source for id in report.facts for source in report.facts[id].sources}
    frame = report.catalogue.sources.reset_index()
    records = tuple(frame[frame["source_id"].isin(used)].to_dict("records"))
    return TableDisplay(
        id="data_sources", title=say("The sources behind the facts of this edition"),
        columns=(
            Column("source_id", "Source"), Column("publisher", "Publisher"), Column("compiler", "Compiler"),
            Column("published", "Published"), Column("accessed", "Read"), Column("terms", "Terms"),
            Column("address", "Address"),
        ),
        rows=tuple({k: str(v) for k, v in record.items()} for record in records),
        records=tuple({str(k): v for k, v in record.items()} for record in records), long=True,
    )  # fmt: skip


@in_notebooks
def made(report: Report) -> TableDisplay:
    """How each number was made: every kind of fact with its formula, how many there are, and an example to explain."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for id in report.facts:
        fact = report.facts[id]
        topic, measure = fact.plain_id.split(".")[:2]
        # Formulas that name years or facts are one formula with another place.
        kinds.setdefault((f"{topic}.{measure}" if topic != "claims" else topic, _general(fact.formula)), []).append(id)
    records = tuple(
        {"kind": kind, "formula": formula, "facts": len(ids), "example": ids[0]}
        for (kind, formula), ids in sorted(kinds.items())
    )  # fmt: skip
    return TableDisplay(
        id="data_made", title=say("How each number was made: every kind of fact, with its formula"),
        columns=(Column("kind", "Kind of fact"), Column("formula", "Formula"), Column("facts", "Facts", True),
                 Column("example", "An example to explain")),
        rows=tuple({k: str(v) for k, v in record.items()} for record in records), records=records, long=True,
    )  # fmt: skip


def _general(formula: str) -> str:
    """A formula without the years, months and fact ids that tell its facts apart."""
    text = re.sub(r"(with nearest|on) [a-z_]+\..*?, (?=as )", lambda m: f"{m[1]} the facts named, ", formula)
    return re.sub(r"\b\d{4}(-\d{2}|-?Q\d)?(-\d{4})?\b", "YEAR", text)


@in_notebooks
def glossary(report: Report) -> TableDisplay:
    """The words that the report uses in a meaning of its own."""
    records = report.catalogue.frame("glossary").to_dict("records")
    rows = tuple({"term": row["term"], "meaning": row["meaning"]} for row in records)
    return TableDisplay(
        id="data_glossary", title=say("Words of the report"), rows=rows, records=rows,
        columns=(Column("term", "Word"), Column("meaning", "What it means here")),
    )  # fmt: skip


@in_notebooks
def caveats(report: Report) -> TableDisplay:
    """The closed list of caveats, each with what it applies to."""
    frame = report.catalogue.frame("caveats")
    rows = tuple(
        {"id": id, "text": report.catalogue.caveat(id), "applies": applies.replace(" ", ", ")}
        for id, applies in zip(frame["caveat_id"], frame["applies_to"], strict=True)
    )
    return TableDisplay(
        id="data_caveats", title=say("What every figure leaves out or bends"),
        columns=(Column("id", "Caveat"), Column("text", "What it says"), Column("applies", "Applies to")),
        rows=rows, records=rows,
    )  # fmt: skip


@in_notebooks
def corrections(report: Report) -> TableDisplay:
    """Every correction of a source: what was printed, what is right, who printed it."""
    records = report.catalogue.frame("corrections").to_dict("records")
    return TableDisplay(
        id="data_corrections", title=say("Corrections of sources, declared"),
        columns=(
            Column("row_id", "Row"), Column("as_printed", "As printed", True), Column("correct", "Right", True),
            Column("treatment", "Treatment"), Column("why", "Why"),
            Column("who_printed_the_right_one", "Who has it right"),
        ),
        rows=tuple({str(k): str(v) for k, v in record.items()} for record in records),
        records=tuple({str(k): v for k, v in record.items()} for record in records),
    )  # fmt: skip


@in_notebooks
def fitness(report: Report) -> TableDisplay:
    """For each stretch of months the finest period that the audit lets be read."""
    p = report.parameters
    frame = report.catalogue.frame("trade/fitness")
    years = frame["first_month"].str[:4].astype(int)
    frame = frame[(years >= p.start_year) & (years <= p.end_year)]
    rows = tuple(
        {"months": f"{r['first_month']} to {r['last_month']}", "flow": "all flows" if r["measure"] == "all" else
         r["measure"], "finest": r["finest"], "care": r["care"]}
        for r in frame.to_dict("records")
    )  # fmt: skip
    return TableDisplay(
        id="data_fitness", title=say("The finest period that may be read"),
        columns=(Column("months", "Months"), Column("flow", "Flow"), Column("finest", "Finest period"),
                 Column("care", "Mind")),
        rows=rows, records=rows, long=True,
        notes=(say("Judged by an audit that compared figures of different publishers for the same month."),),
    )  # fmt: skip


@in_notebooks
def turning_points(report: Report) -> TableDisplay:
    """The dated turning points; the first of each kind opens a phase."""
    points = report.turning_points
    opening = set(phases.openers(points))
    rows = tuple(
        {"day": day_text(p.day), "title": p.title, "kind": p.kind, "opens": "yes" if p in opening else "no"}
        for p in points
    )
    records = tuple(
        {"event_id": p.event_id, "date": p.day.isoformat(), "kind": p.kind, "title": p.title,
         "opens_phase": "yes" if p in opening else "no", "sources": " ".join(p.sources)}
        for p in points
    )  # fmt: skip
    return TableDisplay(
        id="data_turning_points", title=say("Dated turning points"),
        columns=(Column("day", "Day"), Column("title", "What happened"), Column("kind", "Kind"),
                 Column("opens", "Opens a phase")),
        rows=rows, records=records,
    )  # fmt: skip


@in_notebooks
def parameters(report: Report) -> TableDisplay:
    """Every parameter: its value here, what it may be, what it means."""
    plain = report.parameters.plain()
    fields = ReportParameters.model_fields
    rows = tuple(
        {"name": name, "value": UNSET[name] if plain[name] is None else str(plain[name]),
         "meaning": str(fields[name].description), "allowed": allowed(name, report.catalogue)}
        for name in report.parameter_names
    )  # fmt: skip
    return TableDisplay(
        id="parameters", title=say("The parameters of this edition"),
        columns=(Column("name", "Parameter"), Column("value", "Here"), Column("meaning", "Meaning"),
                 Column("allowed", "Allowed")),
        rows=rows, records=rows,
    )  # fmt: skip
