"""What the event study really compares, for tests that draw noise over the same calendar months."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from analysis import Report
from analysis.catalogue import load
from analysis.events.cells import Cell
from analysis.inference import Comparison
from analysis.trade import periods

# Hand-made comparisons of the shapes that the study has: one window, a long baseline with gaps, several windows with
# baselines that share months, and the same months of the year before, some of them twice.
SHAPES: dict[str, tuple[Comparison, ...]] = {
    "one": (Comparison((12, 13, 14, 15, 16, 17), tuple(range(12))),),
    "gaps": (Comparison((40, 43, 44, 45), (2, 3, 7, 8, 11, 12, 20, 21, 22, 30, 31, 37)),),
    "several": (
        Comparison((14, 15, 16), tuple(range(12))),
        Comparison((26, 27), (*range(4, 12), 20, 21, 22, 23)),
        Comparison((50, 51, 52, 53, 54), tuple(range(30, 42))),
    ),
    "same months": (Comparison(tuple(range(24, 38)), (*range(8, 20), 8, 9)),),
}


@lru_cache
def _frame() -> pd.DataFrame:
    return periods.months(load(), 2004, 2025)


@lru_cache
def fit_months(flow: str) -> pd.Series:
    """Whether the figure of a month is known, of grade A or B, and called fit by the audit; index the month."""
    frame = _frame().xs(flow, level="measure")
    fit = (frame["finest"] == "month") & frame["quality"].isin(["A", "B"]) & frame["value"].notna()
    fit.index = fit.index.astype(str)
    return fit


def compared(report: Report, cell: Cell) -> tuple[Comparison, ...]:
    """The comparisons of a cell as positions in the months of its flow."""
    return cell.design.positions(report.event_study.months(cell.key[1]).start)


def length(comparisons: tuple[Comparison, ...]) -> int:
    """The shortest series that has every month of the comparisons."""
    return 1 + max(month for c in comparisons for month in (*c.window, *c.baseline))


def planted(series: np.ndarray, comparisons: tuple[Comparison, ...], size: float) -> np.ndarray:
    """A copy of a series, or of several side by side, with `size` added in the window months."""
    moved = series.copy()
    moved[sorted({month for c in comparisons for month in c.window})] += size
    return moved
