"""Tables of what is traded: every yearly figure by product, and goods before and after the bans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ..captions import caveats
from ..display import Column, TableDisplay, say
from ..events.products import BASE_YEAR, MIXED, PHASES, banned_from, changes, months, phases_of
from ..facts import Fact
from ..formatting import GAP, day_text
from ..report import Report
from ..showing import in_notebooks
from ..trade import products
from ..trade.product_facts import fact_id, figures_of
from ..trade.products import FLOWS, SOURCES, Figure, names
from .annual import shown

OWNERS = {"exports": "China sells", "imports": "China buys", "dprk_exports": "North Korea sells, all partners",
          "dprk_imports": "North Korea buys, all partners"}  # fmt: skip
MONEY = "million US dollars"
UNITS = {"tonnes": "tonnes", "cubic_metres": "cubic metres"}


@in_notebooks
def trade_products(report: Report) -> TableDisplay:
    """Every figure of a year, with share and value of a tonne; the CSV has months and parts of years too."""
    found = figures_of(report)
    labels = {product: row["label"] for product, row in names(report.catalogue).items()} if found else {}
    kinds: dict[tuple[str, str, str, str], dict[str, Fact]] = {}
    whole: dict[tuple[str, str, str, str], Figure] = {}
    for figure in found.values():
        flow = figure.measure.removeprefix("share_").removeprefix("growth_")
        key = (figure.product, flow, figure.compiler, figure.period)
        for kind in ("value", "quantity", "share", "unit_value", "growth"):
            if fact := report.find(fact_id(kind, figure)):
                kinds.setdefault(key, {})[kind] = fact
        whole.setdefault(key, figure)
    order = list(labels)
    keys = sorted(kinds, key=lambda key: (order.index(key[0]), key[1], key[2], key[3]))
    rows = []
    for product, flow, compiler, period in keys:
        facts = kinds[product, flow, compiler, period]
        if period.isdigit() and product != products.TOTAL:
            rows.append({
                "product": labels[product], "flow": OWNERS[flow], "source": SOURCES[compiler][1], "year": period,
                **{kind: shown(facts.get(kind), sign=kind == "growth") for kind in facts},
            })  # fmt: skip
    return TableDisplay(
        id="trade_products", title=say("What is traded: every yearly figure by product"), long=True,
        columns=(
            Column("product", "Product"), Column("flow", "Flow"), Column("source", "Source"),
            Column("year", "Year", True),
            Column("value", "Million US dollars", True), Column("share", "Share of the flow", True),
            Column("quantity", "Tonnes", True), Column("unit_value", "Dollars a tonne", True),
            Column("growth", "Growth as published", True),
        ),
        rows=tuple({column: row.get(column, GAP) for column in COLUMNS} for row in rows),
        records=tuple(
            {"product": product, "as_named": whole[product, flow, compiler, period].term, "flow": FLOWS[flow],
             "source": SOURCES[compiler][1], "period": period,
             **{f"{kind}_{fact.unit}": fact.value for kind, fact in kinds[product, flow, compiler, period].items()},
             "rows": " ".join(dict.fromkeys(row for fact in kinds[product, flow, compiler, period].values()
                                            for row in fact.rows))}
            for product, flow, compiler, period in keys
        ),
        notes=(
            say("The share is that of all goods of the flow in the same source and year. A dash is a figure that was "
                "not found. Crude oil, grain, flour and fertiliser by weight stand in tables of their own."),
            *caveats(report, "products-named", "products-kotra", bases=["products"]),
        ),
    )  # fmt: skip


COLUMNS = ("product", "flow", "source", "year", "value", "share", "quantity", "unit_value", "growth")


@in_notebooks
def event_products(report: Report) -> TableDisplay:
    """Goods before and after the bans: mean months round the stop of coal, and years against the base year."""
    labels = {product: row["label"] for product, row in names(report.catalogue).items()} if figures_of(report) else {}
    rows, records = [], []
    for entry in sorted(_compared(report), key=lambda one: (one.yearly, one.banned or "none", one)):
        before, after, change, published = (report.find(id) for id in entry.ids)
        unit = UNITS.get(before.unit, MONEY) if before else GAP
        rows.append({
            "product": labels[entry.product], "flow": OWNERS[entry.measure], "banned": banned_text(entry.banned),
            "when": entry.when, "figures": entry.figures, "unit": unit, "before": shown(before, sign=False),
            "after": shown(after, sign=False), "change": shown(change), "published": shown(published),
        })  # fmt: skip
        values = {name: fact.value if fact else None
                  for name, fact in (("before", before), ("after", after), ("change_percent", change),
                                     ("published_growth_percent", published))}  # fmt: skip
        behind = [row for fact in (change, published) if fact for row in fact.rows]
        records.append({
            "product": entry.product, "flow": FLOWS[entry.measure], "source": SOURCES[entry.compiler][1],
            "banned_from": entry.banned or "never", "when": entry.when, "figures": entry.figures, "unit": unit,
            **values, "rows": " ".join(dict.fromkeys(behind)),
        })  # fmt: skip
    return TableDisplay(
        id="event_products", title=say("Goods under a ban and goods without one, before and after"),
        columns=(
            Column("product", "Product"), Column("flow", "Flow"), Column("banned", "Banned or capped from"),
            Column("when", "When"), Column("figures", "Figures for"), Column("unit", "Unit"),
            Column("before", "Before", True), Column("after", "Then", True), Column("change", "Change", True),
            Column("published", "Growth as published", True),
        ),
        rows=tuple(rows), records=tuple(records),
        notes=(
            say("Months: the mean of the known months of the year before China stopped coal, against the whole months "
                "until the ban on ores and seafood, and the whole months of the year after it. Growth as published can "
                "rest on another vintage or on a narrower good than the two values."),
            *caveats(report, "products-described", bases=["events"]),
        ),
    )  # fmt: skip


@dataclass(frozen=True, order=True)
class Compared:
    """A row of the table of bans; `ids` are the facts before, then, of the change, and of growth as published."""

    product: str
    measure: str
    compiler: str
    when: str
    figures: str
    yearly: bool
    banned: str
    ids: tuple[str, str, str, str]


def _compared(report: Report) -> Iterator[Compared]:
    """Months round the stop of coal, years against the base year, and growth of which only the rate is published."""
    found = figures_of(report)
    if not found:
        return
    means = months(found, phases_of(report.catalogue))
    known = {(part.product, part.measure): len(part.known) for part in means if part.phase == "before"}
    for part in means:
        if part.phase != "before":
            good = f"{part.product}.{part.measure}"
            stem = "events.products.month"
            yield Compared(
                part.product, part.measure, part.compiler, PHASES[part.phase],
                f"months: {known[part.product, part.measure]} before, {len(part.known)} then", False,
                banned_from(report.catalogue, part.product, part.measure),
                (f"{stem}.{good}.before", f"{stem}.{good}.{part.phase}", f"{stem}_change.{good}.{part.phase}", ""),
            )  # fmt: skip
    pairs = {}
    for change in changes(found):
        good = f"{change.product}.{change.measure}.{SOURCES[change.compiler][0]}"
        years = f"{change.first.year}-{change.last.year}"
        pairs[change.product, change.measure, change.compiler, change.last.year] = (
            fact_id("value", change.first), fact_id("value", change.last), f"events.products.change.{good}.{years}",
            f"products.growth.{good}.{change.last.year}" if change.last.year == BASE_YEAR + 1 else "",
        )  # fmt: skip
    for figure in found.values():
        measure = figure.measure.removeprefix("growth_")
        if measure != figure.measure and figure.period == str(BASE_YEAR + 1):
            key = (figure.product, measure, figure.compiler, figure.year)
            pairs.setdefault(key, ("", "", "", fact_id("growth", figure)))
    for (product, measure, compiler, year), ids in pairs.items():
        yield Compared(product, measure, compiler, f"{BASE_YEAR} to {year}", "years", True,
                       banned_from(report.catalogue, product, measure), ids)  # fmt: skip


def banned_text(day: str) -> str:
    """The day of a ban in words."""
    if day == MIXED:
        return "a part of it"
    return day_text(date.fromisoformat(day)) if day else "never"
