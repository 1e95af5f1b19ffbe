"""The months of trade that are really fit for a test, as stretches without figures: the ground of the size tests."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.catalogue import load
from analysis.inference import Stretch, design
from analysis.inference.noise import ar1
from analysis.trade import periods

Window = tuple[str, str]


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


def stretch(first: str, last: str, windows: list[Window], flow: str = "exports", opens: bool = False) -> Stretch:
    """The months from `first` to `last` with the windows; the figures are zero, or NaN where there is none."""
    fit = fit_months(flow)[first:last]
    place = {month: position for position, month in enumerate(fit.index)}
    months = [int(month[5:]) for month in fit.index]
    episodes = tuple((place[start], place[end]) for start, end in windows)
    return Stretch(np.where(fit, 0.0, np.nan), design(months), episodes, opens)


def noisy(stretches: list[Stretch], rho: float, rng: np.random.Generator, sd: float = 1.0) -> list[Stretch]:
    """The same stretches with one series of AR(1) noise each."""
    return [replace(s, y=s.y + sd * ar1(rho, len(s.y), 1, rng)[:, 0]) for s in stretches]


# Windows of the lengths that the report declares, at dates inside regimes and at their edges, and events that open one.
INSIDE = {
    "three months, middle": [stretch("2017-01", "2019-12", [("2018-03", "2018-05")])],
    "three months, end": [stretch("2017-01", "2019-12", [("2019-10", "2019-12")])],
    "three months, beginning": [stretch("2017-01", "2019-12", [("2017-01", "2017-03")])],
    "six months, imports": [stretch("2020-02", "2022-12", [("2021-03", "2021-08")], "imports")],
    "three episodes": [
        stretch("2017-01", "2019-12", [("2017-07", "2017-09"), ("2018-03", "2018-05"), ("2019-05", "2019-07")])
    ],
    "twelve months": [stretch("2017-01", "2019-12", [("2017-09", "2018-08")], "total")],
    "lead and reopening, imports": [stretch("2022-01", "2025-12", [("2023-05", "2023-07")], "imports")],
    "three regimes": [
        stretch("2004-01", "2016-12", [("2010-03", "2010-05"), ("2013-02", "2013-04"), ("2016-09", "2016-11")]),
        stretch("2017-01", "2019-12", [("2018-03", "2018-05"), ("2019-05", "2019-07")]),
        stretch("2020-02", "2022-12", [("2021-07", "2021-09")]),
    ],
}
OPENING = {
    "2017, three months": [stretch("2010-01", "2017-03", [("2017-01", "2017-03")], opens=True)],
    "2017, twelve months": [stretch("2010-01", "2017-12", [("2017-01", "2017-12")], "imports", opens=True)],
    "2020, three months": [stretch("2017-01", "2020-07", [("2020-05", "2020-07")], opens=True)],
    "2020, twelve months": [stretch("2017-01", "2021-01", [("2020-02", "2021-01")], opens=True)],
}
