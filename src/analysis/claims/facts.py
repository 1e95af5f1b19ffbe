"""The verdicts as facts: `claims.<id>`, whose `word` is the verdict and which rests on the facts that decide it.

The value stays empty: our number has a unit of its own and stands in the facts that the rule read, which `formula`
names. `claims.all_data.<id>` exists where an edition knows less than today and today's verdict is another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..display import anchor
from ..facts import ALL_YEARS, Fact
from .rules import VERDICTS
from .verdicts import Judged

if TYPE_CHECKING:
    from ..report import Report


def claims_facts(report: Report) -> Iterator[Fact]:
    """Verdicts, where they differ the verdicts with all data, counts, and facts of other years behind them."""
    now = {judged.claim.claim_id: judged for judged in report.judged_today}
    for judged in report.judged:
        yield from (fact for fact in (*judged.facts, *judged.nearest) if fact.id.startswith(ALL_YEARS))
        yield _verdict(judged, judged.claim.fact_id, "as the data of this edition have it")
        later = now[judged.claim.claim_id]
        if later.verdict != judged.verdict:
            yield _verdict(later, f"claims.all_data.{judged.claim.claim_id.lower()}", "as all data of today have it")
    yield from _counts(report)


def _verdict(judged: Judged, id: str, basis: str) -> Fact:
    claim, used = judged.claim, judged.facts or judged.nearest
    ids = ", ".join(fact.id for fact in used)
    return Fact(
        id=id, label=f"Claim {claim.claim_id}: {claim.statement}", value=None, unit="verdict", word=judged.verdict,
        period=claim.period or "undated", status="derived",
        formula=f"rule {claim.rule} {'on' if judged.facts else 'with nearest'} {ids or 'nothing'}, {basis}",
        rows=tuple(dict.fromkeys([claim.row, *(row for fact in used for row in fact.rows)])),
        sources=tuple(dict.fromkeys(source for fact in used for source in fact.sources)),
    )  # fmt: skip


def _counts(report: Report) -> Iterator[Fact]:
    """Counts by verdict, for each essay and for both."""
    for essay in ("E1", "E2", "both"):
        chosen = [j for j in report.judged if essay in (j.claim.essay, "both")]
        found = Counter(judged.verdict for judged in chosen)
        for name, count in [*((verdict, found[verdict]) for verdict in VERDICTS), ("all", len(chosen)),
                            ("decided", sum(judged.decided for judged in chosen))]:  # fmt: skip
            yield Fact(
                id=f"claims.count.{essay.lower()}.{anchor(name)}", label=f"Claims: {name}", value=count, unit="count",
                period="both" if essay == "both" else essay, status="derived", formula="count of claims by verdict",
                rows=tuple(j.claim.row for j in chosen if name in (j.verdict, "all")),
            )  # fmt: skip
