"""The tables of UN Comtrade beside the yearly series: months, HS chapters, and months of partners for comparison.

Each is a table of vintages. Before a figure is believed it is held against what stands: months against those of Chinese
customs, the chapters of a year against its total, partners against all of China's trade, and each against what was
fetched before.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from ..catalogue import Catalogue
from ..events import controls
from ..trade import periods as customs
from ..trade import spliced
from . import changes, comtrade, package, yearly
from .changes import Changes, Figure, Key
from .comtrade import Ask, Found
from .package import Row
from .vintages import Vintages
from .web import Refused, Web

FIRST_MONTHLY_YEAR = 2010  # China's months at UN Comtrade begin with it
OPPOSITE = {"exports": "imports", "imports": "exports"}
MEASURE = ("measure", "string", "exports = China to the partner; imports = China from the partner")
MONTH = ("month", "string", "Month, year and number")
PART_OF_ALL = (0.001, 0.5)  # of China's trade: twenty small partners are a few per cent of it
AS_FETCHED = "As fetched from the publisher's interface; China revises its months without notice."


@dataclass(frozen=True)
class Source:
    """One fetch of UN Comtrade: what is asked, the table it fills, and how its figures are held against others."""

    name: str
    what: str
    vintages: Vintages
    periods: Callable[[range, date], list[str]]
    ask: Callable[[Catalogue], Ask]
    key: Callable[[Catalogue, Found], Key]
    against: Callable[[Catalogue, Mapping[Key, Figure], range], tuple[dict[Key, Figure], dict[Key, Figure]]]


def take(
    name: str, catalogue: Catalogue, years: range, web: Web, apply: bool, today: date,
    sound: Callable[[Catalogue], object],
) -> tuple[Changes, str | None]:  # fmt: skip
    """Fetch the source `name`; what would change, and the version that has it where it was taken in, else None."""
    source = SOURCES[name]
    periods = source.periods(years, today)
    fetched: dict[Key, Figure] = {}
    with web.resuming(name):
        for one in comtrade.fetch(web, periods, source.ask(catalogue)):
            fetched[source.key(catalogue, one)] = Figure(one.dollars / yearly.MILLION, yearly.HALF_A_DOLLAR)
    if not fetched:
        raise Refused(f"{comtrade.PUBLISHER} has nothing of {source.what} from {years.start} to {years.stop - 1}.")
    old = source.vintages.standing(catalogue, periods)
    for before, now in (source.against(catalogue, fetched, years), (old, fetched)):
        changes.refuse_exchanged(before, now, OPPOSITE, comtrade.PUBLISHER)
        changes.refuse_vanished(before, now, comtrade.PUBLISHER)
        found = changes.compare(before, now, comtrade.PUBLISHER)  # the last is what would change
    if not (apply and found.any):
        return found, None
    row = _source(source, today)
    tables = {
        source.vintages.name: source.vintages.added(catalogue, found, fetched, row["source_id"], today),
        "sources": [
            *(r for r in package.table(catalogue, "sources") if r["source_id"] != row["source_id"]), row
        ],
    }  # fmt: skip
    return found, package.replace(catalogue, tables, today, sound, [source.vintages.made.resource])


def control_partners(catalogue: Catalogue) -> dict[int, str]:
    """The declared partners for comparison: their code at the United Nations, and their ISO code."""
    rows = catalogue.frame("events/control_partners").to_dict("records")
    return {int(row["un_code"]): str(row["partner"]) for row in rows}


def _source(source: Source, today: date) -> Row:
    return {
        "source_id": f"un-{source.name}-{today.isoformat()}", "publisher": "United Nations, UN Comtrade",
        "compiler": "UN Comtrade (reported by China)", "kind": "database",
        "description": f"{source.what[:1].upper()}{source.what[1:]}, fetched from the publisher's interface",
        "address": f"{comtrade.ADDRESS}/", "published": today.isoformat(), "accessed": today.isoformat(),
        "terms": "publisher-interface",
    }  # fmt: skip


def _years(years: range, today: date) -> list[str]:
    return [str(year) for year in years]


def _months(years: range, today: date) -> list[str]:
    """The months of the years that have ended."""
    every = (f"{year}-{month:02d}" for year in years for month in range(1, 13))
    return [month for month in every if month < f"{today:%Y-%m}"]


def _customs_months(
    catalogue: Catalogue, fetched: Mapping[Key, Figure], years: range
) -> tuple[dict[Key, Figure], dict[Key, Figure]]:
    """The months of Chinese customs that may be read by month, and those fetched."""
    frame = customs.months(catalogue, years.start, years.stop - 1, "B")
    frame = frame[(frame["finest"] == "month") & frame["value"].notna()]
    found: dict[Key, Figure] = {
        (str(month), str(measure)): Figure(float(row["value"]), float(row["precision"]))
        for (month, measure), row in frame.iterrows()
    }
    return found, dict(fetched)


def _sums_of_chapters(
    catalogue: Catalogue, fetched: Mapping[Key, Figure], years: range
) -> tuple[dict[Key, Figure], dict[Key, Figure]]:
    """The totals that stand for the years, and the sums of the chapters fetched."""
    sums: dict[Key, Figure] = {}
    for (year, _, measure), figure in fetched.items():
        before = sums.get((year, measure), Figure(0.0, 0.0))
        sums[year, measure] = Figure(before.value + figure.value, before.precision + figure.precision)
    return yearly.standing(catalogue, years), sums


def _parts_of_all_trade(
    catalogue: Catalogue, fetched: Mapping[Key, Figure], years: range
) -> tuple[dict[Key, Figure], dict[Key, Figure]]:
    """Nothing to compare; raises Refused where the partners together are no sensible part of all of China's trade."""
    table = catalogue.frame("macro/monthly_controls")
    whole = {(row["series"], row["period"]): float(row["value"]) for row in table.to_dict("records")}
    for measure in OPPOSITE:
        sums: dict[str, float] = {}
        for (_, month, flow), figure in fetched.items():
            if flow == measure and (f"china_{measure}", month) in whole:
                sums[month] = sums.get(month, 0.0) + figure.value
        parts = [sums[month] / whole[f"china_{measure}", month] for month in sums]
        if parts and not PART_OF_ALL[0] <= statistics.median(parts) <= PART_OF_ALL[1]:
            raise Refused(
                f"{comtrade.PUBLISHER} gives partners that together are {statistics.median(parts):.2g} times China's "
                f"{measure}: unit or coverage seems to be another."
            )
    return {}, {}


MONTHS = Source(
    "comtrade-monthly", "China's trade with the DPRK by month",
    Vintages(
        spliced.TABLE, "China-DPRK trade by month, UN Comtrade",
        "China's exports to and imports from the DPRK by month as China reports them to the United Nations; a row for "
        "each vintage that was fetched.",
        AS_FETCHED, "Months before 2010, and those that China has not reported.", (MONTH, MEASURE),
    ),
    _months, lambda catalogue: Ask("M"), lambda catalogue, one: (one.period, one.measure), _customs_months,
)  # fmt: skip
CHAPTERS = Source(
    "comtrade-chapters", "China's trade with the DPRK by year and HS chapter",
    Vintages(
        "trade/comtrade_chapters", "China-DPRK trade by HS chapter, UN Comtrade",
        "China's exports to and imports from the DPRK by year and chapter of the Harmonized System, as China reports "
        "them to the United Nations; a row for each vintage that was fetched.",
        AS_FETCHED, "A chapter without a row was not reported.",
        (("year", "integer", "Year"), ("chapter", "string", "Chapter of the Harmonized System, two digits"), MEASURE),
    ),
    _years, lambda catalogue: Ask("A", goods="AG2"), lambda catalogue, one: (one.period, one.goods, one.measure),
    _sums_of_chapters,
)  # fmt: skip
CONTROLS = Source(
    "comtrade-controls", "China's trade with partners for comparison by month",
    Vintages(
        controls.TABLE, "China's trade with partners for comparison, UN Comtrade",
        "China's exports to and imports from each partner of events/control_partners by month, as China reports them "
        "to the United Nations; a row for each vintage that was fetched.",
        AS_FETCHED, "Months before 2010, and those that China has not reported.",
        (("partner", "string", "ISO 3166 alpha-3 code"), MONTH, MEASURE),
    ),
    _months, lambda catalogue: Ask("M", tuple(control_partners(catalogue))),
    lambda catalogue, one: (control_partners(catalogue)[one.partner], one.period, one.measure), _parts_of_all_trade,
)  # fmt: skip
SOURCES = {source.name: source for source in (MONTHS, CHAPTERS, CONTROLS)}
