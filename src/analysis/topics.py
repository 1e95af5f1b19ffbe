"""The topics of facts: what their ids begin with, what computes them, and the parameters that they hang on.

A fact is computed from the parameters of its topic alone: it cannot see the others. Editions that differ in others
share it, so what hangs on one more parameter than the rest of its subject is a topic of its own.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .facts import Fact

if TYPE_CHECKING:
    from .report import Report

SPAN = frozenset({"start_year", "end_year", "as_of"})
SHARES = SPAN | {"crude_estimate", "rice", "doubtful_partners"}
STUDY = SPAN | {
    "basis", "worst_quality", "event_classes", "windows", "regimes", "flow", "baseline", "controls", "alpha",
    "placebo_draws", "seed", "lags", "frequency",
}  # fmt: skip


@dataclass(frozen=True)
class Topic:
    """`ids`: the first parts of its facts' ids, joined by dots; where two topics fit, the longer has the fact.

    `home` and `function`: the module and the function of a report that computes them.
    """

    parameters: frozenset[str]
    ids: tuple[str, ...]
    home: str
    function: str

    @property
    def make(self) -> Callable[[Report], Iterable[Fact]]:
        """What computes the facts, loaded when it is first asked for."""
        found: Callable[[Report], Iterable[Fact]] = getattr(
            importlib.import_module(self.home, __package__), self.function
        )
        return found


REAL = ("trade.real", "trade.real_exports", "trade.real_imports",
        "trade.cagr_real", "trade.cagr_real_exports", "trade.cagr_real_imports")  # fmt: skip
TOPICS = {
    "trade": Topic(SPAN | {"worst_quality"}, ("trade",), ".trade.facts", "trade_facts"),
    "real": Topic(SPAN | {"base_year"}, REAL, ".trade.facts", "real_facts"),
    "dependence": Topic(SHARES, ("dependence",), ".dependence.facts", "dependence_facts"),
    "exposure": Topic(SHARES | {"cut_share"}, ("dependence.exposure",), ".dependence.facts", "exposure_facts"),
    "events": Topic(STUDY, ("events",), ".events.facts", "event_facts"),
    # What claims rest on besides: figures of their own, and shares.
    "evidence": Topic(SHARES, ("evidence",), ".claims.evidence", "evidence_facts"),
}
