"""Statistics that keep their promises on short, broken, autocorrelated series: arrays in, small frozen results out.

No module here reads a file or draws. Each function gives a named reason (`Untested`) where a number would mean nothing.
"""

from .breaks import Break, Breaks, Step, find_breaks, partition
from .contrast import Comparison, Contrast, Effect, Precision, compare, precision, simulated_size
from .correlate import Correlation, Twin, lagged, twin
from .multiple import holm
from .reasons import Reason, Untested
from .season import season

__all__ = [
    "Break", "Breaks", "Comparison", "Contrast", "Correlation", "Effect", "Precision", "Reason", "Step", "Twin",
    "Untested", "compare", "find_breaks", "holm", "lagged", "partition", "precision", "season", "simulated_size",
    "twin",
]  # fmt: skip
