"""The sentences of the summary: what the other parts find, in the order a reader needs it."""

from __future__ import annotations

from ..captions import basis_label, caveats
from ..display import Finding, Findings, Prose, say
from ..formatting import day_text
from ..report import Report
from ..showing import in_notebooks
from . import claims, dependence, events, trade


@in_notebooks
def findings(report: Report) -> Findings:
    """The findings of every part, a sentence each. Each part's own function makes them; this one chooses and orders."""
    chosen = (
        trade.level(report), trade.fall(report), *dependence.chief(report), *events.findings(report).findings,
        claims.mixed(report), claims.slips(report),
    )  # fmt: skip
    return Findings(tuple(Finding(one.headline, say(""), one.certainty) for one in chosen if one))


@in_notebooks
def scope(report: Report) -> Prose:
    """What the reader holds: span, basis, data date."""
    p = report.parameters
    return Prose((
        say("Goods trade between China and North Korea (DPRK) from {a} to {b}, as {basis} records it, with the other "
            "records beside it. {known}", a=p.start_year, b=p.end_year, basis=basis_label(report),
            known=f"Only what had been published by {day_text(p.as_of)} is used." if p.as_of else
            f"Data of {day_text(report.catalogue.data_date)}."),
    ))  # fmt: skip


@in_notebooks
def not_known(report: Report) -> Prose:
    """What these figures cannot say; what the chart above leaves out stands under it."""
    lead = trade.years_without_total(report).sentences
    return Prose((*lead, *claims.holes(report), *caveats(report, "crude-estimate", "news-read")), "list")
