"""The shared package of the China-DPRK report.

A notebook starts with `report = analysis.start(globals())`; the rest of its cells call `figures`,
`tables` and `prose` with that report.
"""

import importlib
import os
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

# The matrices here are small: more threads take longer, and sum in another order on another machine. It must be set
# before numpy is loaded, and a choice of the user's own stands.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

try:
    __version__ = version("analysis")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"

if TYPE_CHECKING:
    from .report import Report, start
    from .steering import panel

__all__ = ["Report", "__version__", "panel", "start"]
_HOMES = {"Report": "report", "panel": "steering", "start": "report"}


def __getattr__(name: str) -> Any:
    """A name of the public face, loaded when it is first asked for: not every command needs pandas."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
