"""Statistics that keep their promises on short, broken, autocorrelated series: arrays in, small frozen results out.

No module here reads a file or draws. Each function gives a named reason (`Untested`) where a number would mean nothing.
"""

from .bootstrap import Interval, mean_interval, optimal_block_length
from .breaks import Break, Breaks, Step, find_breaks, partition
from .correlate import Correlation, Twin, lagged, twin
from .design import design
from .effects import Calibrated, Effect, Estimate, Many, Rules, Testable, effect, estimate, many, percent, testable
from .multiple import benjamini_hochberg, holm, smallest_after_holm
from .placebo import Null
from .reasons import Reason, Untested
from .stretch import Stretch

__all__ = [
    "Break", "Breaks", "Calibrated", "Correlation", "Effect", "Estimate", "Interval", "Many", "Null", "Reason", "Rules",
    "Step", "Stretch", "Testable", "Twin", "Untested", "benjamini_hochberg", "design", "effect", "estimate",
    "find_breaks", "holm", "lagged", "many", "mean_interval", "optimal_block_length", "partition", "percent",
    "smallest_after_holm", "testable", "twin",
]  # fmt: skip
