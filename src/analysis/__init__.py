"""The shared package of the China-DPRK report.

A notebook starts with `report = analysis.start(globals())`; the rest of its cells call `figures`,
`tables` and `prose` with that report.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("analysis")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"

from .panel import panel
from .report import Report, start

__all__ = ["Report", "__version__", "panel", "start"]
