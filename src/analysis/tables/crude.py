"""The table of crude oil from China within a year."""

from __future__ import annotations

from collections.abc import Iterator

from ..dependence.crude import crude_id, rows_known
from ..display import Column, FactText, Reference, Sentence, TableDisplay, say
from ..errors import listing
from ..facts import Fact
from ..formatting import GAP, MONTHS, fact_text
from ..report import Report
from ..showing import in_notebooks

MEASURES = {"quantity": "Weight", "change": "Against a year before", "value": "Value"}


@in_notebooks
def crude(report: Report) -> TableDisplay:
    """Every month and part of a year for which crude oil from China was quoted, or for which customs said nothing."""
    p = report.parameters
    periods = {str(row["period"]): row for row in rows_known(report.catalogue, p.as_of)}
    rows, records = [], []
    for period in sorted(periods, key=lambda text: (text[:4], len(text) == len("2013"), text)):
        cells = {}
        for measure in MEASURES:
            fact = report.find(crude_id(measure, period))
            cells[measure] = FactText(_shown(fact), fact) if fact else ""
            if fact:
                records.append({
                    "period": period, "measure": measure, "value": fact.value, "unit": fact.unit,
                    "status": fact.status, "sources": " ".join(fact.sources),
                })  # fmt: skip
        if any(cells.values()):
            rows.append({"period": period_words(period), **{k: cell or GAP for k, cell in cells.items()}})
    return TableDisplay(
        id="dependence_crude_periods", title=say("Crude oil from China within a year, as Chinese customs was quoted"),
        columns=(Column("period", "Period"), *(Column(key, label, True) for key, label in MEASURES.items())),
        rows=tuple(rows), records=tuple(records),
        notes=(say("None: the statistics show a zero. Not published: China gave out no figure, which is no zero. A "
                   "dash: nothing was quoted. Of the months that are not listed no figure is at hand."),
               *_usual(report)),
    )  # fmt: skip


def _usual(report: Report) -> Iterator[Sentence]:
    """The month of the year in which no crude oil was recorded most often, if that was in several years."""
    months: dict[str, list[Fact]] = {}
    for fact in report.facts.family("dependence.crude_month.china"):
        if fact.value == 0:
            months.setdefault(fact.period[5:], []).append(fact)
    name, none = max(months.items(), key=lambda month: len(month[1]), default=("", []))
    if len(none) > 1:
        refs: dict[str, Reference] = {f"f{n}": fact for n, fact in enumerate(none)}
        years = listing([f"{{{key}:year}}" for key in refs], limit=20)
        yield say(f"In {{month}} of {years} none was recorded: a month without it is no sign of a cut by itself.",
                  month=MONTHS[int(name) - 1], **refs)  # fmt: skip


def _shown(fact: Fact) -> str:
    return "not published" if fact.value is None else "none" if fact.value == 0 else fact_text(fact)


def period_words(period: str) -> str:
    """`February 2013`, `January to June 2013`, `2008`."""
    first, dots, last = period.partition("..")
    if len(first) == len("2008"):
        return first
    month = MONTHS[int(first[5:]) - 1]
    return f"{month} to {MONTHS[int(last[5:]) - 1]} {last[:4]}" if dots else f"{month} {first[:4]}"
