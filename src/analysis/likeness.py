"""When two figures would be drawn alike: a digest of everything that a figure holds before it is drawn.

Drawing takes most of the time of a chart, and editions of a sweep share most of their charts. matplotlib's own pickling
says what a figure consists of; here it is only hashed. Equal digests mean equal state, so equal bytes. State that a
pickle cannot hold gives no digest, and then the figure is drawn.
"""

from __future__ import annotations

import copyreg
import hashlib
import io
import pickle
import sys
from types import FunctionType
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.transforms import TransformNode


def digest(figure: Figure) -> str | None:
    """SHA-256 of a figure that was painted and not yet drawn, and of the settings in force; None if it has none."""
    buffer = io.BytesIO()
    try:
        _Hashed(buffer, protocol=5).dump((figure, sorted(mpl.rcParams.items(), key=lambda item: item[0])))
    except Exception:  # whatever an artist holds that cannot be pickled
        return None
    return hashlib.sha256(buffer.getvalue()).hexdigest()


class _Hashed(pickle.Pickler):
    """A pickle that nobody loads: addresses in memory are left out, and functions stand by what they do."""

    def reducer_override(self, thing: Any) -> Any:
        if isinstance(thing, TransformNode):
            state: Any = thing.__getstate__()
            state["_parents"] = list(state["_parents"].values())  # its keys are addresses
            return copyreg.__newobj__, (type(thing),), state  # type: ignore[attr-defined]
        if isinstance(thing, FunctionType) and not _can_be_named(thing):
            code = thing.__code__
            cells = tuple(cell.cell_contents for cell in thing.__closure__ or ())
            held = (thing.__module__, thing.__qualname__, code.co_code, repr(code.co_consts), code.co_names)
            return tuple, ((*held, thing.__defaults__, thing.__kwdefaults__, cells),)
        return NotImplemented


def _can_be_named(function: FunctionType) -> bool:
    found: Any = sys.modules.get(function.__module__)
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is function
