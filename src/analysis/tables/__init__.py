"""Tables: each function takes a report and gives a `TableDisplay`: text as read, and data for the CSV."""

from .annual import annual, cells, growth, phases
from .bases import bases, vintages
from .data import caveats, corrections, fitness, inventory, parameters, sources, turning_points
from .periods import months, quarters

__all__ = [
    "annual", "bases", "caveats", "cells", "corrections", "fitness", "growth", "inventory", "months", "parameters",
    "phases", "quarters", "sources", "turning_points", "vintages",
]  # fmt: skip
