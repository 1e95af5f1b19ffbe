"""The facts of one yearly series: levels, growth, balance, span, and the same in constant prices.

Ids follow `trade.<measure>.<basis>.<period>`. Exports and imports are those of the pair's reporter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

from ..catalogue import Catalogue
from ..countries import Pair, possessive, upper_first
from ..facts import Fact
from . import MEASURES, growth, prices, rates, series


@dataclass(frozen=True)
class Yearly:
    """The cells of one record of a pair, as `series.annual` gives them, their growth, and what the record is called."""

    cells: pd.DataFrame
    rates: pd.DataFrame
    basis: str
    label: str
    pair: Pair


def decimals_of(precision: float) -> int:
    """Decimals that a printed value can bear: 0.05 gives 1, 5 gives -1 (tens), and twice as much still does.

    Twice, because a balance or a total adds the rounding of two prints: 1,085 that may be off by 1 stays 1,085.
    """
    if not math.isfinite(precision) or precision <= 0:
        return 2
    return max(-3, min(3, -math.ceil(math.log10(2 * precision) - 0.35)))


def join(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))


def current(one: Yearly) -> Iterator[Fact]:
    """All facts of the series in current prices."""
    yield from levels(one)
    yield from growth_rates(one)
    yield from balance(one)
    yield from span(one)


def levels(one: Yearly) -> Iterator[Fact]:
    cells, basis, label, flows = one.cells, one.basis, one.label, one.pair.labels
    for (year, measure), cell in cells.iterrows():
        if not math.isfinite(cell["value"]):
            continue
        yield Fact(
            id=f"trade.{measure}.{basis}.{year}", label=f"{upper_first(flows[measure])}, {label}", value=cell["value"],
            unit="usd_million", period=str(year), status=cell["status"],
            low=cell["low"], high=cell["high"],
            formula=series.FORMULAS[cell["method"]] + ("" if cell["fit"] else "; unfit for growth"),
            rows=cell["rows"], sources=cell["sources"], decimals=decimals_of(cell["precision"]),
        )  # fmt: skip


def growth_rates(one: Yearly) -> Iterator[Fact]:
    basis, label, flows = one.basis, one.label, one.pair.labels
    for (year, measure), rate in one.rates.iterrows():
        suffix = "" if measure == "total" else f"_{measure}"
        yield Fact(
            id=f"trade.growth{suffix}.{basis}.{year}", label=f"Growth of {flows[measure]}, {label}",
            value=rate["value"], unit="percent", period=str(year), status=rate["status"], low=rate["low"],
            high=rate["high"], formula=rate["formula"], rows=rate["rows"], sources=rate["sources"],
            decimals=1 if rate["error"] < 0.5 else 0,
        )  # fmt: skip
        yield Fact(
            id=f"trade.log_growth{suffix}.{basis}.{year}", label=f"Log growth of {flows[measure]}, {label}",
            value=rate["log"], unit="log_points", period=str(year), status="derived",
            formula=f"100 ln (1 + g / 100); g: {rate['formula']}", rows=rate["rows"],
            sources=rate["sources"], decimals=1,
        )  # fmt: skip
    parts = rates.contributions(one.rates)
    for measure in ("exports", "imports"):
        for year, points in parts[measure].dropna().items():
            used = [one.rates.loc[(year, m)] for m in (measure, "total")]
            # Growth as published does not rest on the two levels; what the flow adds to the total does.
            years = (int(str(year)), int(str(year)) - 1) if used[0]["status"] == "reported" else ()
            levels = [one.cells.loc[(y, measure)] for y in years]
            yield Fact(
                id=f"trade.contribution_{measure}.{basis}.{year}",
                label=f"Contribution of {flows[measure]} to the growth of the total, {label}",
                value=points, unit="percentage_points", period=str(year), status="derived",
                formula="change of the flow / total of the year before; "
                f"flow: {used[0]['formula']}; total: {used[1]['formula']}", decimals=1,
                rows=join([*(rate["rows"] for rate in used), *(c["rows"] for c in levels)]),
                sources=join([*(rate["sources"] for rate in used), *(c["sources"] for c in levels)]),
            )  # fmt: skip


def balance(one: Yearly) -> Iterator[Fact]:
    cells, basis, label, flows = one.cells, one.basis, one.label, one.pair.labels
    owner, other = upper_first(possessive(one.pair.first)), one.pair.second
    values = series.wide(cells, sound_only=True)
    balance = values["exports"] - values["imports"]
    cover = growth.cover_ratio(values["exports"], values["imports"])
    for year, value in balance.dropna().items():
        used = [cells.loc[(year, m)] for m in ("exports", "imports")]
        rows, sources = join(c["rows"] for c in used), join(c["sources"] for c in used)
        error = sum(float(c["precision"]) for c in used)
        yield Fact(
            id=f"trade.balance.{basis}.{year}", label=f"{owner} trade balance with {other}, {label}", value=value,
            unit="usd_million", period=str(year), status="derived", low=used[0]["low"] - used[1]["high"],
            high=used[0]["high"] - used[1]["low"], formula="exports - imports", rows=rows, sources=sources,
            decimals=decimals_of(error),
        )  # fmt: skip
        yield Fact(
            id=f"trade.cover_ratio.{basis}.{year}", value=float(cover[year]), unit="percent", period=str(year),
            label=f"{upper_first(flows['imports'])} as a share of its exports to it, {label}", status="derived",
            formula="imports / exports", rows=rows, sources=sources, decimals=0,
        )  # fmt: skip
    running = growth.cumulated(balance)
    if len(running):
        first, last = int(running.index[0]), int(running.index[-1])
        used = [cells.loc[(y, m)] for y in running.index for m in ("exports", "imports")]
        yield Fact(
            id=f"trade.cumulated_balance.{basis}.{first}-{last}",
            label=f"{owner} cumulated balance with {other}, {label}", value=float(running.iloc[-1]),
            unit="usd_million", period=f"{first}-{last}", status="derived", decimals=-1,
            formula=f"sum of exports - imports from {first} to {last}, the longest unbroken run of years",
            rows=join(c["rows"] for c in used), sources=join(c["sources"] for c in used),
        )  # fmt: skip


def span(one: Yearly) -> Iterator[Fact]:
    cells, basis, label, flows = one.cells, one.basis, one.label, one.pair.labels
    fit = series.wide(cells, fit_only=True)
    for measure in MEASURES:
        suffix = "" if measure == "total" else f"_{measure}"
        values = fit[measure]
        rate = growth.cagr(values)
        if rate is None:
            continue
        ends = [cells.loc[(y, measure)] for y in (rate.first_year, rate.last_year)]
        yield Fact(
            id=f"trade.cagr{suffix}.{basis}.{rate.first_year}-{rate.last_year}", value=rate.percent, unit="percent",
            label=f"Compound annual growth rate of {flows[measure]}, {label}", status="derived", decimals=1,
            period=f"{rate.first_year}-{rate.last_year}",
            formula=f"({rate.last_year} / {rate.first_year}) ^ (1 / {rate.years}) - 1",
            rows=join(c["rows"] for c in ends), sources=join(c["sources"] for c in ends),
        )  # fmt: skip
        known = values.dropna()
        period = f"{known.index[0]}-{known.index[-1]}"
        # The trough is the lowest year after the peak; before it, growth itself would be the trough.
        peak = int(known.idxmax())
        for name, year in (("peak", peak), ("trough", int(known.loc[peak:].idxmin()))):
            cell = cells.loc[(year, measure)]
            word = "Highest" if name == "peak" else "Lowest after the peak"
            yield Fact(
                id=f"trade.{name}{suffix}.{basis}.{period}", label=f"{word} year of {flows[measure]}, {label}",
                value=cell["value"], unit="usd_million", period=str(year), status=cell["status"],
                formula=f"{word.lower()} of the usable years {period}", rows=cell["rows"], sources=cell["sources"],
                decimals=decimals_of(cell["precision"]),
            )  # fmt: skip
        below = growth.distance_from_peak(values)
        for year, percent in below.dropna().items():
            top = int(known.loc[:year].idxmax())
            used = [cells.loc[(year, measure)], cells.loc[(top, measure)]]
            yield Fact(
                id=f"trade.from_peak{suffix}.{basis}.{year}", value=percent, unit="percent", period=str(year),
                label=f"Distance of {flows[measure]} from its highest year so far, {label}", status="derived",
                formula=f"{year} / {top} - 1", rows=join(c["rows"] for c in used), decimals=0,
                sources=join(c["sources"] for c in used),
            )  # fmt: skip


def real(one: Yearly, catalogue: Catalogue, base_year: int) -> Iterator[Fact]:
    cells, basis, label, flows = one.cells, one.basis, one.label, one.pair.labels
    index = prices.yearly_index(catalogue)
    fit = series.wide(cells, fit_only=True)
    for measure in MEASURES:
        suffix = "" if measure == "total" else f"_{measure}"
        real = prices.constant(fit[measure], index, base_year)
        for year, value in real.dropna().items():
            cell = cells.loc[(year, measure)]
            yield Fact(
                id=f"trade.real{suffix}.{basis}.{year}", value=value, unit="usd_million", period=str(year),
                label=f"{upper_first(flows[measure])} in dollars of {base_year}, {label}", status="derived",
                formula=f"value x US CPI of {base_year} / US CPI of {year}", decimals=decimals_of(cell["precision"]),
                rows=join([cell["rows"], (f"macro/us_cpi#{y}" for y in (base_year, year))]),
                sources=(*cell["sources"], "bls-cpi"),
            )  # fmt: skip
        if rate := growth.cagr(real):
            ends = [cells.loc[(y, measure)] for y in (rate.first_year, rate.last_year)]
            yield Fact(
                id=f"trade.cagr_real{suffix}.{basis}.{rate.first_year}-{rate.last_year}", value=rate.percent,
                unit="percent", period=f"{rate.first_year}-{rate.last_year}", status="derived", decimals=1,
                label=f"Compound annual growth rate of {flows[measure]} in constant dollars, {label}",
                formula=f"(real {rate.last_year} / real {rate.first_year}) ^ (1 / {rate.years}) - 1",
                rows=join([*(c["rows"] for c in ends),
                            (f"macro/us_cpi#{y}" for y in (rate.first_year, rate.last_year))]),
                sources=(*join(c["sources"] for c in ends), "bls-cpi"),
            )  # fmt: skip
