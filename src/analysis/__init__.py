"""The shared package of the China-DPRK report.

A notebook starts with `report = analysis.start(globals())`; the rest of its cells call `figures`,
`tables` and `prose` with that report.
"""

import os
from importlib.metadata import PackageNotFoundError, version

# The matrices here are small: more threads take longer, and sum in another order on another machine. It must be set
# before numpy is loaded, and a choice of the user's own stands.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

try:
    __version__ = version("analysis")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"

from .report import Report, start

__all__ = ["Report", "__version__", "start"]
