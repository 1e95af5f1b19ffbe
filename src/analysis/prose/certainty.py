"""How sure a finding is, by one declared rule.

High: every graded row behind it has grade A or B and none is derived. Medium: all have grade A or B, some are
derived or estimated. Low: a row of grade C or D stands behind it, or none does. Price indices carry no grade of a
figure and are left out.
"""

from __future__ import annotations

from ..explain import resolve_row
from ..facts import Fact
from ..formatting import WORDS_OF_UNIT
from ..report import Report

GOOD = ("A", "B")
AMOUNTS = ("usd_million", *WORDS_OF_UNIT)
RULE = (
    "High: every figure behind the finding is printed and graded A or B. Medium: some are derived or contain an "
    "estimate. Low: a rough figure stands behind it."
)


def certainty(report: Report, *facts: Fact | None) -> str:
    """`high`, `medium` or `low` for a finding that rests on `facts`."""
    keys = {key for fact in facts if fact for key in fact.rows if not key.startswith("macro/")}
    rows = [row for key in sorted(keys) for row in resolve_row(report.catalogue, key) if row.quality]
    if not rows or not {row.quality for row in rows} <= set(GOOD):
        return "low"
    made = any(fact.status in ("derived", "estimated") and fact.unit in AMOUNTS for fact in facts if fact)
    printed = {row.status for row in rows} <= {"reported", "mirror"}
    return "high" if printed and not made else "medium"
