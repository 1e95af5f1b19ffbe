"""The topics of facts: what their ids begin with, what computes them, and the parameters that they hang on.

A fact is computed from the parameters of its topic alone: it cannot see the others. Editions that differ in others
share it, so what hangs on one more parameter than the rest of its subject is a topic of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .claims.evidence import evidence_facts
from .dependence.facts import dependence_facts, exposure_facts
from .events.facts import event_facts
from .events.products import product_event_facts
from .facts import Fact
from .trade.facts import real_facts, trade_facts
from .trade.product_facts import product_facts

if TYPE_CHECKING:
    from .report import Report

SPAN = frozenset({"reporter", "partner", "start_year", "end_year", "as_of"})
SHARES = SPAN | {"crude_estimate", "rice", "doubtful_partners"}
STUDY = SPAN | {
    "basis", "worst_quality", "event_classes", "windows", "regimes", "flow", "baseline", "controls", "alpha",
    "seed", "lags", "frequency",
}  # fmt: skip


@dataclass(frozen=True)
class Topic:
    """`ids`: the first parts of its facts' ids, joined by dots; where two topics fit, the longer has the fact."""

    parameters: frozenset[str]
    ids: tuple[str, ...]
    make: Callable[[Report], Iterable[Fact]]


REAL = ("trade.real", "trade.real_exports", "trade.real_imports",
        "trade.cagr_real", "trade.cagr_real_exports", "trade.cagr_real_imports")  # fmt: skip
TOPICS = {
    "trade": Topic(SPAN | {"worst_quality"}, ("trade",), trade_facts),
    "real": Topic(SPAN | {"base_year"}, REAL, real_facts),
    "products": Topic(SPAN, ("products",), product_facts),
    "dependence": Topic(SHARES, ("dependence",), dependence_facts),
    "exposure": Topic(SHARES | {"cut_share"}, ("dependence.exposure",), exposure_facts),
    "event_products": Topic(SPAN, ("events.products",), product_event_facts),
    "events": Topic(STUDY, ("events",), event_facts),
    # What claims rest on besides: figures of their own, and shares.
    "evidence": Topic(SHARES, ("evidence",), evidence_facts),
}
