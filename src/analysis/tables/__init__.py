"""Tables: each function takes a report and gives a `TableDisplay`: text as read, and data for the CSV."""

from .annual import annual, cells, growth, phases
from .bases import bases, vintages
from .caps import refined_cap
from .claims import claim_evidence, claim_rules, ledger, quoted
from .crude import crude
from .data import caveats, corrections, fitness, glossary, inventory, made, parameters, sources, turning_points
from .dependence import deficits, definitions, exposure, matrix, partners, replaced, shares, trade_shares
from .events import (
    event_answers,
    event_breaks_table,
    event_catalogue,
    event_classes,
    event_correlations_table,
    event_quarters,
    event_testable,
    event_years,
)
from .food import crops
from .fuel import fuels
from .periods import months, quarters
from .products import event_products, trade_products

__all__ = [
    "annual", "bases", "caveats", "cells", "claim_evidence", "claim_rules", "corrections", "crops", "crude",
    "deficits", "definitions", "event_answers", "event_breaks_table", "event_catalogue", "event_classes",
    "event_correlations_table", "event_products", "event_quarters", "event_testable", "event_years", "exposure",
    "fitness", "fuels", "glossary", "growth", "inventory", "ledger", "made", "matrix", "months", "parameters",
    "partners", "phases", "quarters", "quoted", "refined_cap", "replaced", "shares", "sources", "trade_products",
    "trade_shares", "turning_points", "vintages",
]  # fmt: skip
