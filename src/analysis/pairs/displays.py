"""What each cell of the notebooks shows in a report on another pair, by the name of the display that it asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..countries import Pair
from ..display import Absent, Display
from ..report import Report
from . import figures, prose, tables

# Displays that read nothing but what a report on any pair has, and name its countries by `parameters.pair`.
SHARED = frozenset({
    "figures.balance.balance", "figures.growth.growth", "figures.levels.index_scale", "figures.levels.levels",
    "figures.levels.real", "figures.levels.story", "prose.data.disagreements", "prose.data.gaps", "prose.data.rules",
    "prose.data.words", "prose.trade.certainty_rule", "prose.trade.composition", "prose.trade.dollars_rule",
    "prose.trade.extremes", "prose.trade.missing_years", "prose.trade.why_bases_differ", "tables.annual.annual",
    "tables.annual.growth", "tables.data.caveats", "tables.data.glossary", "tables.data.inventory", "tables.data.made",
    "tables.data.parameters", "tables.data.sources", "tables.dependence.definitions", "tables.dependence.shares",
})  # fmt: skip
OWN: dict[str, Callable[..., Display]] = {
    "figures.dependence.asymmetry": figures.asymmetry, "figures.dependence.food": figures.food,
    "figures.dependence.fuel": figures.fuel, "figures.dependence.partners": figures.partners,
    "figures.dependence.trade_shares": figures.trade_shares, "prose.claims.method": prose.no_claims,
    "prose.data.mistakes": prose.mistakes, "prose.data.overview": prose.overview,
    "prose.dependence.findings": prose.dependence, "prose.dependence.left_out": prose.left_out,
    "prose.events.missing": prose.missing, "prose.events.question": prose.no_events,
    "prose.headings.heading": prose.heading, "prose.summary.findings": prose.findings,
    "prose.summary.not_known": prose.not_known,
    "prose.summary.scope": prose.scope, "prose.trade.left_out": prose.left_out,
    "tables.dependence.partners": tables.partners, "tables.dependence.trade_shares": tables.trade_shares,
}  # fmt: skip


def of(name: str, make: Callable[..., Display]) -> Callable[..., Display]:
    """The display in the place of `name`: its own, the shared one that `make` makes, or none."""
    return make if name in SHARED else OWN.get(name, absent)


def absent(report: Report, *args: Any, **kwargs: Any) -> Absent:
    """In the place of a display for which the data package has no figures of the pair."""
    pair: Pair = report.parameters.pair
    return Absent(f"Nothing stands here: it needs figures that the data package does not have of {pair.first} and "
                  f"{pair.second}.")  # fmt: skip
