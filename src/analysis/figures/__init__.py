"""Charts: each function takes a report and gives a `FigureDisplay`, or a note where nothing can be drawn.

One module a topic. A chart states its finding in the title, names its lines at their ends, marks the
turning points, leaves gaps open, and shows derived, estimated and unfit values unlike reported ones.
"""

from .balance import balance
from .bases import bases, growth_range
from .caps import refined_cap
from .claims import arrivals, verdicts
from .coverage import calendar
from .dependence import asymmetry, crops, deficits, food, fuel, matrix, partners, trade_flow, trade_shares
from .event_questions import event_questions
from .events import (
    event_breaks,
    event_correlations,
    event_matrix,
    event_panel,
    event_specifications,
    event_timeline,
)
from .growth import growth
from .levels import index_scale, levels, real, story
from .periods import month_growth, months, quarters
from .products import coal_months, traded

__all__ = [
    "arrivals", "asymmetry", "balance", "bases", "calendar", "coal_months", "crops", "deficits", "event_breaks",
    "event_correlations", "event_matrix", "event_panel", "event_questions", "event_specifications",
    "event_timeline", "food", "fuel", "growth", "growth_range", "index_scale", "levels", "matrix", "month_growth",
    "months", "partners", "quarters", "real", "refined_cap", "story", "trade_flow", "trade_shares", "traded",
    "verdicts",
]  # fmt: skip
