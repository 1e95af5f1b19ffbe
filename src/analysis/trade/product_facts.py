"""The facts of trade by product. Ids follow `products.<kind>.<product>.<flow>.<source>.<period>`.

Kinds: `value`, `quantity`, `unit_value` (dollars a tonne), `share` (of all goods of the flow in the same source and
year) and `growth` (as the source publishes it).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts import Fact
from . import products
from .products import FLOWS, PERCENT, SOURCES, TOTAL, VALUE, Figure, Figures
from .yearly import decimals_of, join

if TYPE_CHECKING:
    from ..report import Report

# The unit in which a quantity is told, and the source of all goods where the table of products has none.
TONNES, TOTALS = "tonnes", {"gacc": "customs"}


def product_facts(report: Report) -> Iterator[Fact]:
    """All facts of the topic for the years asked for."""
    found = figures_of(report)
    names = {product: row["label"] for product, row in products.names(report.catalogue).items()}
    for figure in found.values():
        kind = figure.measure.partition("_")[0]
        if kind == "growth":
            yield _fact("growth", figure, names, f"Growth of {_what(figure, names, 'growth_')} as published")
        elif kind == "share":
            yield _fact("share", figure, names, f"Share of all goods: {_what(figure, names, 'share_')}")
        elif figure.unit == VALUE:
            yield _fact("value", figure, names, f"Value of {_what(figure, names)}")
            yield from _share(report, found, figure, names)
        else:
            yield _fact("quantity", figure, names, f"Quantity of {_what(figure, names)}")
            yield from _unit_value(found, figure, names)


def figures_of(report: Report) -> Figures:
    """The figures by product of a report, values worked out from published shares among them; none for other pairs."""
    p = report.parameters
    if not report.catalogue.has(products.TABLE):
        return {}
    rows = products.known(report.catalogue, p.start_year, p.end_year, p.as_of)
    return products.with_values_from_shares(products.figures(rows))


def fact_id(kind: str, figure: Figure) -> str:
    flow = figure.measure.removeprefix("share_").removeprefix("growth_")
    return f"products.{kind}.{figure.product}.{flow}.{SOURCES[figure.compiler][0]}.{figure.period.lower()}"


def _fact(kind: str, figure: Figure, names: dict[str, str], label: str) -> Fact:
    exact = figure.low == figure.high
    return Fact(
        id=fact_id(kind, figure), label=label, value=figure.value, unit=figure.unit, period=figure.period,
        status=figure.status, formula=figure.formula, rows=figure.rows, sources=figure.sources,
        low=None if exact else figure.low, high=None if exact else figure.high,
        decimals=0 if figure.unit == TONNES else decimals_of(figure.precision) if figure.precision else 0,
    )  # fmt: skip


def _what(figure: Figure, names: dict[str, str], prefix: str = "") -> str:
    flow, source = FLOWS[figure.measure.removeprefix(prefix)], SOURCES[figure.compiler][1]
    name = names[figure.product]
    return f"{name[0].lower()}{name[1:]} in {flow}, {source}"


def _share(report: Report, found: Figures, figure: Figure, names: dict[str, str]) -> Iterator[Fact]:
    """The share of all goods of the flow, from the same source and year; a published share comes first."""
    published = (figure.product, f"share_{figure.measure}", figure.compiler, figure.period, PERCENT)
    if figure.product == TOTAL or published in found or not figure.period.isdigit():
        return
    total = _total(report, found, figure)
    if total is None:
        return
    value, low, high, rows, sources = total
    yield Fact(
        id=fact_id("share", figure), label=f"Share of all goods: {_what(figure, names)}", unit=PERCENT,
        value=figure.value / value * 100, low=figure.low / high * 100, high=figure.high / low * 100,
        period=figure.period, status="derived", formula="value of the product / all goods of the flow, same source",
        rows=join((figure.rows, rows)), sources=join((figure.sources, sources)), decimals=1,
    )  # fmt: skip


def _total(
    report: Report, found: Figures, figure: Figure
) -> tuple[float, float, float, tuple[str, ...], tuple[str, ...]] | None:
    """All goods of the flow in the source and year of `figure`: value, interval, rows and sources."""
    own = found.get((TOTAL, figure.measure, figure.compiler, figure.period, VALUE))
    if own is not None:
        return own.value, own.low, own.high, own.rows, own.sources
    basis = TOTALS.get(figure.compiler)
    if basis is None:
        return None
    cells = report.cells(basis)
    key = (figure.year, figure.measure)
    if key not in cells.index or not cells.loc[key, "fit"]:
        return None
    cell = cells.loc[key]
    value, error = float(cell["value"]), float(cell["precision"])
    return value, value - error, value + error, tuple(cell["rows"]), tuple(cell["sources"])


def _unit_value(found: Figures, figure: Figure, names: dict[str, str]) -> Iterator[Fact]:
    """Dollars a tonne, where a source gives value and quantity of a product for one period."""
    value = found.get((*figure.key[:4], VALUE))
    if figure.unit != TONNES or value is None or value.formula != figure.formula or figure.low <= 0:
        return
    yield Fact(
        id=fact_id("unit_value", figure), label=f"Value of a tonne: {_what(figure, names)}", unit="usd_per_tonne",
        value=value.value * 1e6 / figure.value, low=value.low * 1e6 / figure.high, high=value.high * 1e6 / figure.low,
        period=figure.period, status="derived", formula="value x 1,000,000 / tonnes", decimals=0,
        rows=join((value.rows, figure.rows)), sources=join((value.sources, figure.sources)),
    )  # fmt: skip
