"""Tables: each function takes a report and gives a `TableDisplay`: text as read, and data for the CSV."""

from .annual import annual, cells, growth, phases
from .bases import bases, vintages
from .data import caveats, corrections, fitness, inventory, parameters, sources, turning_points
from .dependence import deficits, definitions, exposure, matrix, partners, replaced, shares, trade_shares
from .food import crops
from .fuel import fuels
from .periods import months, quarters

__all__ = [
    "annual", "bases", "caveats", "cells", "corrections", "crops", "deficits", "definitions", "exposure", "fitness",
    "fuels", "growth", "inventory", "matrix", "months", "parameters", "partners", "phases", "quarters", "replaced",
    "shares", "sources", "trade_shares", "turning_points", "vintages",
]  # fmt: skip
