"""What the statistics found, as plain values that a store keeps between processes, and back. Every digit stays."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from ..inference import Calibrated, Correlation, Effect, Null, Reason, Testable, Untested

Plain = dict[str, Any]


def plain(found: Effect | Testable | Correlation | None) -> Plain | None:
    """A result as what JSON can hold; of an effect without the effects of its single placebos, which fill pages."""
    if isinstance(found, Effect):
        shift = found.shift if isinstance(found.shift, Untested) else _without_values(found.shift)
        found = replace(found, placebo=_without_values(found.placebo), shift=shift)
    return None if found is None else asdict(found)


def effect(kept: Plain | None) -> Effect | None:
    """The effect that `plain` made `kept` of, its placebos' `values` empty."""
    if kept is None:
        return None
    calibrated = None if kept["calibrated"] is None else Calibrated(**kept["calibrated"])
    return Effect(**{**kept, "placebo": _null(kept["placebo"]), "shift": _shift(kept["shift"]),
                     "calibrated": calibrated})  # fmt: skip


def testable(kept: Plain | None) -> Testable | None:
    """The result of `inference.testable` that `plain` made `kept` of."""
    return None if kept is None else Testable(**{**kept, "rho": tuple(kept["rho"]), "sd": tuple(kept["sd"])})


def correlation(kept: Plain | None) -> Correlation | None:
    """The correlation that `plain` made `kept` of."""
    return None if kept is None else Correlation(**kept)


def _without_values(null: Null) -> Any:
    # A list: an array is none of JSON's values.
    return replace(null, values=[])  # type: ignore[arg-type]


def _shift(kept: Plain) -> Null | Untested:
    return Untested(Reason(kept["reason"]), kept["detail"]) if "reason" in kept else _null(kept)


def _null(kept: Plain) -> Null:
    return Null(**{**kept, "values": np.empty(0)})
