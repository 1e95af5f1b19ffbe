"""Sentences of the report. Every number in them is a fact; a missing fact is named as a gap, never left out.

One module a notebook. No numeral is typed here: a test refuses digits in the strings of this package.
"""

from . import (
    claims,
    data,
    dependence,
    event_products,
    events,
    food,
    fuel,
    half_years,
    products,
    summary,
    trade,
)
from .headings import heading

__all__ = [
    "claims", "data", "dependence", "event_products", "events", "food", "fuel", "half_years", "heading", "products",
    "summary", "trade",
]  # fmt: skip
