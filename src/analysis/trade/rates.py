"""Growth rates of a yearly series: which two figures each rate divides, and the range around it.

A rate takes both years from one record (a compiler, or several that publish the same) wherever one is known:

1. the two cells of the series, where one record gave both;
2. else two rows of one record: those that stand on one page, so that they are of one vintage, before others; then in
   the order of trade/compilers; then the finer;
3. else, for the total, the sums of the two flows of one record;
4. else the two cells as they are, and the formula names their compilers.

Where the figure of the year before was derived from growth published a year later, that growth is the rate. Growth that
a compiler published stands beside ours and widens the range, unless the compiler's own values contradict it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from . import MEASURES, series

GRADES = ("A", "B")
CONTRADICTED = "D"
COMTRADE = "comtrade"
COLUMNS = (
    "value", "log", "error", "low", "high", "now", "before", "status", "formula", "rows", "sources", "compilers",
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One figure of a year that growth may rest on."""

    value: float
    error: float
    record: str
    rows: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Published:
    """A growth rate of one period as a compiler published it, in per cent."""

    period: str
    measure: str
    basis: str
    compiler: str
    value: float
    error: float
    quality: str
    rows: tuple[str, ...]
    sources: tuple[str, ...]


def yearly(
    cells: pd.DataFrame, figures: dict[tuple[int, str], list[Figure]] | None = None,
    records: dict[str, str] | None = None, published: Iterable[Published] = (),
) -> pd.DataFrame:
    """The rates of a series by (year, measure), in per cent; no row where a year or the one before is not fit.

    `figures` are the rows that pairs may be made of, in order of preference (see `usable_figures`); `records` names
    the record of each compiler. `error` is the half width that rounding leaves; `low` and `high` take in what was
    published.
    """
    known = list(published)
    made: dict[tuple[int, str], dict[str, Any]] = {}
    for year, measure in cells.index:
        if (year - 1, measure) in cells.index:
            now, before = cells.loc[(year, measure)], cells.loc[(year - 1, measure)]
            if now["fit"] and before["fit"] and before["value"] > 0:
                beside = [p for p in known if (p.period, p.measure) == (str(year), measure)]
                made[year, measure] = _rate(year, measure, now, before, figures or {}, records or {}, beside)
    index = pd.MultiIndex.from_arrays([[year for year, _ in made], [m for _, m in made]], names=["year", "measure"])
    return pd.DataFrame(list(made.values()), index=index, columns=list(COLUMNS))


def wide(rates: pd.DataFrame, column: str = "value") -> pd.DataFrame:
    """Years by measure of one column."""
    return rates[column].astype(float).unstack("measure").reindex(columns=list(MEASURES))


def contributions(rates: pd.DataFrame) -> pd.DataFrame:
    """Percentage points that each flow adds to the growth of the total, from the figures that the rates divide.

    Columns exports, imports and unassigned: totals stay as published, so the two flows need not add up.
    """
    now, before, growth = wide(rates, "now"), wide(rates, "before"), wide(rates)
    frame = pd.DataFrame({
        flow: (now[flow] - before[flow]) / before["total"] * 100 for flow in ("exports", "imports")
    })
    frame["unassigned"] = growth["total"] - frame["exports"] - frame["imports"]
    return frame


def with_published(
    value: float, error: float, beside: Iterable[Published]
) -> tuple[float, float, list[Published], str]:
    """The range of a rate, the published ones that widen it, and what to add to its formula.

    A published rate widens the range where the rounding of the two does not explain the difference; one that the values
    of its own compiler contradict does not.
    """
    usable = [p for p in beside if p.quality != CONTRADICTED]
    wider = [p for p in usable if abs(p.value - value) > p.error + error]
    low, high = min([value - error, *(p.value for p in wider)]), max([value + error, *(p.value for p in wider)])
    whose = " and ".join(dict.fromkeys(p.compiler for p in wider))
    return low, high, wider, f"; low and high take in growth as published by {whose}" if wider else ""


def usable_figures(
    table: pd.DataFrame, choices: pd.DataFrame, records: dict[str, str], basis: str
) -> dict[tuple[int, str], list[Figure]]:
    """(year, measure) -> the rows of the yearly table that growth on `basis` may be made of, in order of preference.

    Those of the records that the series of the basis takes cells from, of grade A or B, precise, that no cell rejects;
    a row with an estimate in it counts on its own basis alone. The order is that of trade/compilers, then the finer.
    Of UN Comtrade other bases take the first vintage: what is fetched later must not move them.
    """
    chosen = choices[(choices["basis"] == basis) & (choices["fitness"] == "fit")]
    named = {id for column in ("row_a", "row_b") for id in chosen[column] if id}
    rejected = set(choices.loc[choices["fitness"] != "fit", "row_a"])
    allowed = {records[c] for c in table.loc[table["row_id"].isin(named), "compiler"]}
    order = {compiler: place for place, compiler in enumerate(records)}
    found: dict[tuple[int, str], list[tuple[int, Figure]]] = {}
    first = table.sort_values("published", kind="stable").drop_duplicates(["compiler", "year", "measure"])["row_id"]
    later = set() if basis == COMTRADE else set(table.loc[table["basis"] == COMTRADE, "row_id"]) - set(first)
    for row in table[table["measure"].isin(MEASURES) & table["value"].notna()].to_dict("records"):
        value, error, compiler = float(row["value"]), float(row["precision"]), str(row["compiler"])
        if (
            records[compiler] in allowed and row["quality"] in GRADES and row["row_id"] not in rejected | later
            and series.precise(value, error) and (row["status"] != "estimated" or row["basis"] == basis)
        ):  # fmt: skip
            figure = Figure(value, error, records[compiler], (f"{series.TABLE}#{row['row_id']}",),
                            tuple(str(row["source_id"]).split(";")))  # fmt: skip
            found.setdefault((int(row["year"]), str(row["measure"])), []).append((order[compiler], figure))
    return {key: [f for _, f in sorted(rows, key=lambda item: (item[0], item[1].error))] for key, rows in found.items()}


def _rate(
    year: int, measure: str, now: pd.Series, before: pd.Series, figures: dict[tuple[int, str], list[Figure]],
    records: dict[str, str], beside: list[Published],
) -> dict[str, Any]:
    if before["method"] == "undo_growth" and before["rows"][0] in now["rows"]:
        return _published_rate(year, now, before, beside)
    a, b = _figure(now, records), _figure(before, records)
    pair, formula = (a, b), f"{year} / {year - 1} - 1"
    if not (a.record and a.record == b.record):
        one = _pair(figures, year, measure)
        if one is None:
            formula += f"; no compiler is known for both years: {now['compiler']} over {before['compiler']}"
        elif (one[0].value, one[1].value) != (a.value, b.value):
            pair = one
            formula += f"; both years as {one[0].record} published them"
    first, second = pair
    value = (first.value / second.value - 1) * 100
    error = 100 * (first.error / second.value + first.value * second.error / second.value**2)
    return _record(
        value, error, first.value, second.value, "derived", formula, _join([first.rows, second.rows]),
        _join([first.sources, second.sources]), _join([(first.record,), (second.record,)]), beside,
    )  # fmt: skip


def _published_rate(year: int, now: pd.Series, before: pd.Series, beside: list[Published]) -> dict[str, Any]:
    """The rate from which the year before was derived: dividing the two would only return it, less exactly."""
    growth_row = before["rows"][1]
    (own,) = [p for p in beside if growth_row in p.rows]
    return _record(
        own.value, own.error, now["value"], before["value"], "reported",
        f"as published; the figure of {year - 1} is derived from it", own.rows, own.sources, (own.compiler,), beside,
    )  # fmt: skip


def _record(
    value: float, error: float, now: float, before: float, status: str, formula: str, rows: tuple[str, ...],
    sources: tuple[str, ...], compilers: tuple[str, ...], beside: list[Published],
) -> dict[str, Any]:
    other = [p for p in beside if p.rows[0] not in rows]
    low, high, wider, note = with_published(value, error, other)
    return {
        "value": value, "log": 100 * float(np.log1p(value / 100)) if value > -100 else math.nan, "error": error,
        "low": low, "high": high, "now": now, "before": before, "status": status, "formula": formula + note,
        "rows": _join([rows, *(p.rows for p in wider)]),
        "sources": _join([sources, *(p.sources for p in wider)]), "compilers": compilers,
    }  # fmt: skip


def _figure(cell: pd.Series, records: dict[str, str]) -> Figure:
    """A cell as a figure; its record is empty where it was made of two."""
    whose = {records.get(name, name) for name in str(cell["compiler"]).split(" and ")}
    record = whose.pop() if len(whose) == 1 else ""
    return Figure(float(cell["value"]), float(cell["precision"]), record, tuple(cell["rows"]), tuple(cell["sources"]))


def _pair(figures: dict[tuple[int, str], list[Figure]], year: int, measure: str) -> tuple[Figure, Figure] | None:
    """The figures of two years by the first record that has both, or the sums of its two flows."""
    pairs = list(_pairs(figures.get((year, measure), []), figures.get((year - 1, measure), [])).values())
    if not pairs and measure == "total":
        sold, bought = (
            _pairs(figures.get((year, f), []), figures.get((year - 1, f), [])) for f in ("exports", "imports")
        )
        pairs = [
            (_sum(sold[record][0], bought[record][0]), _sum(sold[record][1], bought[record][1]))
            for record in sold if record in bought
        ]  # fmt: skip
    return min(pairs, key=lambda pair: not _one_page(*pair), default=None)


def _one_page(a: Figure, b: Figure) -> bool:
    return bool(set(a.sources) & set(b.sources))


def _pairs(now: list[Figure], before: list[Figure]) -> dict[str, tuple[Figure, Figure]]:
    """By record, in order of preference, its best pair: rows of one page, else its finest rows."""
    best: dict[str, tuple[Figure, Figure]] = {}
    for a in now:
        for b in before:
            if a.record != b.record:
                continue
            if a.record not in best or (_one_page(a, b) and not _one_page(*best[a.record])):
                best[a.record] = (a, b)
    return best


def _sum(a: Figure, b: Figure) -> Figure:
    rows, sources = _join([a.rows, b.rows]), _join([a.sources, b.sources])
    return Figure(a.value + b.value, a.error + b.error, a.record, rows, sources)


def _join(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))
