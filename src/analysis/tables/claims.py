"""Tables of the claims: the ledger of each essay, the claims chosen for their weight, and the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..claims.ledger import KINDS
from ..claims.rules import PRINCIPLES
from ..claims.verdicts import Judged
from ..display import Column, FactText, FigureText, TableDisplay, say
from ..formatting import day_text
from ..prose.claim_sentences import instead, shows
from ..prose.claims import told
from ..report import Report
from ..showing import in_notebooks


@in_notebooks
def ledger(report: Report, essay: str = "E1") -> TableDisplay:
    """Every claim of one essay with its verdict, what the data show and what to say instead, in the essay's order."""
    return _table(report, f"claims_{essay.lower()}", "The claims of this essay, and what to say instead",
                  [judged for judged in report.judged if judged.claim.essay == essay])  # fmt: skip


@in_notebooks
def quoted(report: Report, id: str = "claims_quoted", brief: bool = False) -> TableDisplay:
    """The claims chosen for their weight; `brief` leaves out what the data show."""
    return _table(report, id, "Claims chosen for their weight",
                  [judged for judged in report.judged if judged.claim.headline], brief)  # fmt: skip


def _table(report: Report, id: str, title: str, chosen: Iterable[Judged], brief: bool = False) -> TableDisplay:
    p = report.parameters
    rows, records = [], []
    for judged in chosen:
        claim = judged.claim
        verdict = report.fact(claim.fact_id)
        later = report.find(f"claims.all_data.{claim.claim_id.lower()}")
        rows.append({
            "claim": claim.statement, "verdict": FactText(verdict.word, verdict), "instead": instead(judged).text,
            "shows": shows(judged).text or told(report, judged).text,
            "charts": FigureText(claim.figures) if claim.figures else "",
            "today": FactText(later.word, later) if later else "the same", "strength": str(judged.strength or "none"),
        })  # fmt: skip
        records.append({
            "claim_id": claim.claim_id, "essay": claim.essay, "place": claim.place, "kind": KINDS[claim.kind],
            "statement": claim.statement, "quoted": claim.quoted, "quoted_high": claim.quoted_high,
            "quoted_unit": claim.quoted_unit, "period": claim.period, "verdict": judged.verdict,
            "verdict_with_all_data": later.word if later else judged.verdict, "rule": claim.rule,
            "what_the_data_show": shows(judged).text, "what_to_say_instead": instead(judged).text,
            "near": claim.near, "rough": claim.rough, "tolerance_unit": claim.tolerance_unit,
            "by_source": told(report, judged).text, "independent_sources": judged.strength,
            "facts": " ".join(fact.id for fact in judged.facts), "nearest": " ".join(f.id for f in judged.nearest),
            "figures": " ".join(claim.figures), "looked_for": claim.looked_for,
            "revised": claim.revised,
        })  # fmt: skip
    columns = [Column("claim", "Claim"), Column("verdict", "Verdict" if p.as_of is None else day_text(p.as_of))]
    if p.as_of is not None:
        columns.append(Column("today", "Today"))
    if not brief:
        columns.append(Column("shows", "What the data show"))
    columns.append(Column("instead", "What to say instead"))
    if not brief:
        columns.append(Column("charts", "Charts"))
    columns.append(Column("strength", "Sources"))
    return TableDisplay(
        id=id, title=say("{title}", title=title), columns=tuple(columns), rows=tuple(rows), records=tuple(records),
        notes=(say("Sources: how many independent ones stand behind the figures. python -m analysis explain {id} lists "
                   "facts, rows and pages.", id=rows_id(records)),) if records and not brief else (),
    )  # fmt: skip


@in_notebooks
def claim_evidence(report: Report) -> TableDisplay:
    """Every figure behind each verdict, source by source or part by part."""
    rows, records = [], []
    for judged in report.judged:
        verdict, said = report.fact(judged.claim.fact_id), told(report, judged).text
        rows.append({"claim": judged.claim.statement, "verdict": FactText(verdict.word, verdict), "said": said})
        records.append({"claim_id": judged.claim.claim_id, "verdict": judged.verdict, "by_source": said})
    return TableDisplay(
        id="claims_evidence", title=say("The figures behind each verdict, by source or by part of the claim"),
        columns=(Column("claim", "Claim"), Column("verdict", "Verdict"), Column("said", "Figures")),
        rows=tuple(rows), records=tuple(records), long=True,
    )  # fmt: skip


def rows_id(records: Sequence[Mapping[str, Any]]) -> str:
    """The fact id of the first verdict, as an example."""
    return f"claims.{str(records[0]['claim_id']).lower()}"


@in_notebooks
def claim_rules(report: Report) -> TableDisplay:
    """What holds for every claim; then the closed list of rules, what each asks, and what gives which verdict."""
    frame = report.catalogue.frame("claim_rules")
    named = report.catalogue.frame("claims")["rule"]
    uses = {**named.value_counts(), **dict.fromkeys(PRINCIPLES, len(named))}
    return TableDisplay(
        id="claims_rules", title=say("The rules by which claims are judged"),
        columns=(Column("rule", "Rule"), Column("asks", "What it asks"), Column("verdicts", "What gives which verdict"),
                 Column("uses", "Claims", True)),
        rows=tuple({"rule": row["rule"].replace("_", " "), "asks": row["asks"].replace("`", ""),
                    "verdicts": row["verdicts"].replace("`", ""), "uses": str(uses.get(row["rule"], 0))}
                   for row in frame.to_dict("records")),
        records=tuple({str(k): v for k, v in row.items()} | {"claims": int(uses.get(row["rule"], 0))}
                      for row in frame.to_dict("records")),
    )  # fmt: skip
