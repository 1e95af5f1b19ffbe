"""How sure a finding is, by one declared rule.

High: every yearly row behind it has grade A or B and none is derived. Medium: all have grade A or B, some are
derived or estimated. Low: a row of grade C or D stands behind it, or none does.
"""

from __future__ import annotations

from ..facts import Fact
from ..report import Report
from ..trade.series import TABLE

GOOD = ("A", "B")
RULE = (
    "High: every figure behind the finding is printed and graded A or B. Medium: some are derived or contain an "
    "estimate. Low: a rough figure stands behind it."
)


def certainty(report: Report, *facts: Fact | None) -> str:
    """`high`, `medium` or `low` for a finding that rests on `facts`."""
    rows = report.catalogue.frame(TABLE).set_index("row_id")
    named = {row.partition("#")[2] for fact in facts if fact for row in fact.rows if row.startswith(TABLE)}
    if not named or not set(rows.loc[sorted(named), "quality"]) <= set(GOOD):
        return "low"
    made = any(fact.status in ("derived", "estimated") and fact.unit == "usd_million" for fact in facts if fact)
    printed = set(rows.loc[sorted(named), "status"]) <= {"reported", "mirror"}
    return "high" if printed and not made else "medium"
