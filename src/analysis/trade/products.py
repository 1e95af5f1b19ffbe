"""Figures by product as customs and KOTRA publish them: which hold, what they cover, shares and prices of a tonne.

Exports and imports are China's with the DPRK; `dprk_exports` and `dprk_imports` are the DPRK's with all countries but
South Korea. Pages name the largest items of a year only, so a product without a figure is a gap, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from ..catalogue import Catalogue, known_from

TABLE, NAMES = "trade/products", "trade/product_names"
TOTAL = "total"
FLOWS = {
    "exports": "China's exports to the DPRK", "imports": "China's imports from the DPRK",
    "dprk_exports": "the DPRK's exports to all countries but South Korea",
    "dprk_imports": "the DPRK's imports from all countries but South Korea",
}  # fmt: skip
# What a source is called in ids of facts and in words.
SOURCES = {"gacc": ("customs", "Chinese customs"), "kotra": ("kotra", "KOTRA"), "oec": ("oec", "OEC")}
UNUSABLE = "D"
# The goods that charts and sentences speak of, by flow: name, and the products that show it, the first known first.
SOLD: dict[str, tuple[str, ...]] = {
    "Coal and other fuels": ("mineral_fuels", "solid_fuels", "coal"), "Clothing and textiles": ("clothing", "textiles"),
    "Ores": ("ores",), "Fish and seafood": ("seafood",), "Iron and steel": ("iron_and_steel",),
    "Fruit and nuts": ("fruit_and_nuts",), "Watches and parts": ("watches",),
    "Wigs and hair products": ("hair_products",),
}  # fmt: skip
BOUGHT: dict[str, tuple[str, ...]] = {
    "Crude oil and fuels": ("mineral_fuels",), "Textiles": ("textiles",), "Electrical machinery": ("electrical",),
    "Machinery": ("machinery",), "Vehicles": ("vehicles",), "Plastics": ("plastics",),
    "Edible oils and fats": ("edible_oil",), "Cereals": ("cereals",),
}  # fmt: skip
VALUE, PERCENT = "usd_million", "percent"


@dataclass(frozen=True)
class Figure:
    """One figure: the best row of a product, flow, source, period and unit; `low` to `high` holds its rivals too."""

    product: str
    measure: str
    compiler: str
    period: str
    value: float
    low: float
    high: float
    unit: str
    status: str
    quality: str
    precision: float
    term: str
    rows: tuple[str, ...]
    sources: tuple[str, ...]
    formula: str = "as published"

    @property
    def year(self) -> int:
        return int(self.period[:4])

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        return self.product, self.measure, self.compiler, self.period, self.unit


Figures = dict[tuple[str, str, str, str, str], Figure]


def known(catalogue: Catalogue, start_year: int, end_year: int, as_of: date | None) -> list[dict[str, Any]]:
    """The rows that may be used: known by `as_of`, in the years asked for, sound, and not better told elsewhere."""
    frame = catalogue.frame(TABLE)
    rows = frame[
        frame["value"].notna() & (frame["quality"] != UNUSABLE) & (frame["preferred_table"] == "")
        & frame["year"].between(start_year, end_year)
    ]  # fmt: skip
    return [
        {str(name): value for name, value in row.items()}
        for row in rows.to_dict("records")
        if as_of is None or known_from(row["published"], int(row["year"])) <= as_of
    ]


def figures(rows: Iterable[dict[str, Any]]) -> Figures:
    """One figure for each product, flow, source, period and unit.

    Of rivals the best grade holds, then the first row; the interval spans all of them with their rounding.
    """
    groups: dict[tuple[str, str, str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        period = "-".join(filter(None, (str(row["year"]), row["period"])))
        key = (row["product"], row["measure"], row["compiler"], period, row["unit"])
        groups.setdefault(key, []).append(row)
    return {key: _figure(key, rivals) for key, rivals in groups.items()}


def _figure(key: tuple[str, str, str, str, str], rivals: Sequence[dict[str, Any]]) -> Figure:
    best = min(rivals, key=lambda row: row["quality"])
    errors = [0.0 if pd.isna(row["precision"]) else float(row["precision"]) for row in rivals]
    product, measure, compiler, period, unit = key
    ordered = [best, *(row for row in rivals if row is not best)]
    return Figure(
        product=product, measure=measure, compiler=compiler, period=period, unit=unit, value=float(best["value"]),
        low=min(float(row["value"]) - error for row, error in zip(rivals, errors, strict=True)),
        high=max(float(row["value"]) + error for row, error in zip(rivals, errors, strict=True)),
        status=best["status"], quality=best["quality"], precision=errors[rivals.index(best)], term=best["term"],
        rows=tuple(f"{TABLE}#{row['row_id']}" for row in ordered),
        sources=tuple(dict.fromkeys(source for row in ordered for source in row["source_id"].split(";"))),
    )  # fmt: skip


def with_values_from_shares(found: Figures) -> Figures:
    """The same figures and, where a source publishes a product's share alone, its value: share x all goods."""
    made = dict(found)
    for figure in found.values():
        measure = figure.measure.removeprefix("share_")
        total = found.get((TOTAL, measure, figure.compiler, figure.period, VALUE))
        key = (figure.product, measure, figure.compiler, figure.period, VALUE)
        if figure.measure == measure or total is None or key in found:
            continue
        made[key] = Figure(
            product=figure.product, measure=measure, compiler=figure.compiler, period=figure.period,
            value=figure.value / 100 * total.value, low=figure.low / 100 * total.low,
            high=figure.high / 100 * total.high, unit=VALUE, quality=figure.quality,
            status="estimated" if "estimated" in (figure.status, total.status) else "derived",
            precision=(figure.high * total.high - figure.low * total.low) / 200, term=figure.term,
            rows=(*figure.rows, *total.rows),
            sources=tuple(dict.fromkeys((*figure.sources, *total.sources))),
            formula="published share / 100 x all goods of the flow",
        )  # fmt: skip
    return made


def by_year(found: Figures, goods: dict[str, tuple[str, ...]], measure: str, compiler: str
            ) -> dict[str, dict[int, Figure]]:  # fmt: skip
    """For each good the figure of each year that has one; a year without is left out."""
    made: dict[str, dict[int, Figure]] = {}
    for name, candidates in goods.items():
        for product in reversed(candidates):
            for figure in found.values():
                if figure.key[:3] == (product, measure, compiler) and figure.unit == VALUE and figure.period.isdigit():
                    made.setdefault(name, {})[figure.year] = figure
    return {name: dict(sorted(made[name].items())) for name in goods if name in made}


def names(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    """The closed list of products: label, HS code, groups, ban and limit by product."""
    return {str(row["product"]): {str(k): str(v) for k, v in row.items()}
            for row in catalogue.frame(NAMES).to_dict("records")}  # fmt: skip
