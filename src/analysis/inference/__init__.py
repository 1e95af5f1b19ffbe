"""Statistics that keep their promises on short, broken, autocorrelated series: arrays in, small frozen results out.

No module here reads a file or draws. Each function gives a named reason (`Untested`) where a number would mean nothing.
"""

from .bootstrap import Interval, mean_interval, optimal_block_length
from .design import design
from .effects import Calibrated, Effect, Rules, Testable, effect, percent, testable
from .multiple import benjamini_hochberg, holm, smallest_after_holm
from .placebo import Null
from .reasons import Reason, Untested
from .stretch import Stretch

__all__ = [
    "Calibrated", "Effect", "Interval", "Null", "Reason", "Rules", "Stretch", "Testable", "Untested",
    "benjamini_hochberg", "design", "effect", "holm", "mean_interval", "optimal_block_length", "percent",
    "smallest_after_holm", "testable",
]  # fmt: skip
