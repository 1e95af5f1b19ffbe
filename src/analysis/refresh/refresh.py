"""The command `refresh`: fetch, say what would change, and take it in when asked to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from ..catalogue import Catalogue, load
from ..errors import UserError, listing, nearest, shown
from ..parameters import resolve
from . import bulk, changes, cns, comtrade, comtrade_tables, faostat, owid, package, prices, worldbank, yearly
from .changes import Changes, Figure, Key
from .own import Own
from .package import Row
from .taking import Taken
from .web import Refused, Web

BULK, PRICES = "baci", "worldbank-prices"
FIRST_YEAR = 1992  # China reports to UN Comtrade from this year on


class BadRefresh(UserError):
    """A source or a span of years that cannot be asked for."""


@dataclass(frozen=True)
class Refreshed:
    """What a fetch found, and the version of the data package that has it now, or None where nothing was written."""

    publisher: str
    changes: Changes
    version: str | None
    folder: str

    def lines(self) -> Iterator[str]:
        """The difference report, and what became of it."""
        yield from changes.lines(self.changes, "million dollars")
        if self.folder:
            yield f"What came is kept in {self.folder}."
        yield changes.outcome(self.version, self.changes.any)


def refresh(
    source: str, years: str | None = None, *, apply: bool = False, web: Web | None = None,
    progress: Callable[[str], None] = lambda text: None, today: date | None = None, path: str | None = None,
    pair: str | None = None, again: bool = False, remove: str | None = None,
) -> Refreshed | Taken | bulk.Taken | bulk.TakenOut:  # fmt: skip
    """Fetch `source`; with `apply` take in what is new and changed. Raises BadRefresh and Refused, nothing changed.

    `pair` is of BACI alone, which is read from files (`bulk.take`). `path` names these, or what the user has in
    the place of what would be fetched (`own.Own`).
    """
    allowed = [*SOURCES, BULK]
    if source not in allowed:
        close = nearest(source, allowed)
        hint = f"did you mean {close}? " if close else ""
        raise BadRefresh(f"There is no source {shown(source)!r}: {hint}allowed are {listing(allowed)}.")
    if source == BULK and remove is not None:
        if path is not None or years is not None or pair is not None or again:
            raise BadRefresh("--remove takes a whole version of BACI out: it goes without a path and other options.")
        return bulk.take_out(remove, apply=apply, today=today)
    if source == BULK:
        if path is None:
            raise BadRefresh("BACI is read from files: name the folder, the zip or the file after baci.")
        return bulk.take(Path(path), years, pair=pair, apply=apply, progress=progress, today=today, again=again)
    if again or remove is not None:
        raise BadRefresh(
            f"--replace and --remove are for {BULK} alone: what {source} gives joins what stands, as a new vintage."
        )
    if pair is not None:
        raise BadRefresh(f"{source} is fetched whole: --pair is for {BULK} alone.")
    if path is not None and source not in OF_FILES:
        raise BadRefresh(f"{source} cannot be read from files: these can, {listing(OF_FILES)}.")
    file = None if path is None else Path(path)
    if file is not None and source == PRICES and not file.is_file():
        raise BadRefresh(f"There is no file {shown(str(file))}.")
    if said := package.recover():
        progress(f"{said}\n")
    now = today or datetime.now(UTC).date()
    span = _span(years, now, FIRST_YEARS.get(source, FIRST_YEAR))
    if file is not None and source == PRICES:
        return prices.taken_from(file, load(), span, apply, now)
    place = web or (Own(file, progress=progress) if file else Web(progress=progress))
    return SOURCES[source](load(), span, place, apply, now)


def _comtrade(catalogue: Catalogue, years: range, web: Web, apply: bool, today: date) -> Refreshed:
    """China's exports and imports by year, on the basis `comtrade`."""
    fetched: dict[Key, Figure] = {}
    with web.resuming("comtrade"):
        for year, measure, dollars, _ in comtrade.annual(web, list(years)):
            fetched[str(year), measure] = Figure(dollars / yearly.MILLION, yearly.HALF_A_DOLLAR)
    if not fetched:
        span = f"{years.start} to {years.stop - 1}"
        raise Refused(f"{comtrade.PUBLISHER} has nothing of China's trade with the DPRK from {span}.")
    old = yearly.standing(catalogue, years)
    changes.refuse_exchanged(old, fetched, {"exports": "imports", "imports": "exports"}, comtrade.PUBLISHER)
    for stands in (yearly.standing(catalogue, years, "customs"), old):
        changes.refuse_vanished(stands, fetched, comtrade.PUBLISHER)
    found = changes.compare(old, fetched, comtrade.PUBLISHER)
    version = None
    if apply and found.any:
        source = _source(catalogue, today)
        printed = yearly.Print(
            yearly.BASIS, "un_comtrade", "reported", "A", today.isoformat(), source["source_id"]
        )  # fmt: skip
        tables = yearly.vintages(catalogue, found, fetched, printed)
        sources = [row for row in package.table(catalogue, "sources") if row["source_id"] != source["source_id"]]
        version = package.replace(catalogue, {**tables, "sources": [*sources, source]}, today, _sound)
    return Refreshed(comtrade.PUBLISHER, found, version, _kept(web))


def _comtrade_table(name: str) -> Callable[[Catalogue, range, Web, bool, date], Refreshed]:
    """The fetch of one of the tables beside the yearly series."""

    def take(catalogue: Catalogue, years: range, web: Web, apply: bool, today: date) -> Refreshed:
        found, version = comtrade_tables.take(name, catalogue, years, web, apply, today, _sound)
        return Refreshed(comtrade.PUBLISHER, found, version, _kept(web))

    return take


def _kept(web: Web) -> str:
    """Where what came is kept; empty where it is the user's own."""
    return "" if isinstance(web, Own) else str(web.folder)


def _source(catalogue: Catalogue, today: date) -> Row:
    """The row of `sources.csv` for a fetch: each day has one of its own, for that is when its figures appeared here."""
    return {
        "source_id": f"un-comtrade-{today.isoformat()}", "publisher": "United Nations, UN Comtrade",
        "compiler": "UN Comtrade (reported by China)", "kind": "database",
        "description": "China's goods trade with the DPRK by year, fetched from the publisher's interface",
        "address": f"{comtrade.ADDRESS}/", "published": today.isoformat(), "accessed": today.isoformat(),
        "terms": "publisher-interface",
    }  # fmt: skip


def _sound(catalogue: Catalogue) -> None:
    """Raises where the new data package cannot carry a report."""
    from ..report import Report

    report = Report(resolve({"basis": yearly.BASIS}, catalogue), catalogue)
    report.facts.under("trade")
    if report.event_months.empty:
        raise Refused("The new data would leave no month to read.")


def _span(text: str | None, today: date, earliest: int) -> range:
    """`2019` or `2015-2019` as a range of years; all of them from the `earliest` without a text."""
    if text is None:
        return range(earliest, today.year + 1)
    found = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", text.strip())
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not earliest <= first <= last <= today.year:
        raise BadRefresh(
            f"--years cannot be {shown(text)!r}: allowed are a year or a span such as 2015-2019, "
            f"from {earliest} to {today.year}."
        )
    return range(first, last + 1)


SOURCES: dict[str, Callable[[Catalogue, range, Web, bool, date], Refreshed | Taken]] = {
    "comtrade": _comtrade,
    **{name: _comtrade_table(name) for name in comtrade_tables.SOURCES},
    "faostat": faostat.taken,
    "owid": owid.taken,
    "cns": cns.taken,
    "worldbank": worldbank.taken,
    PRICES: prices.taken,
}
OF_FILES = (BULK, "comtrade", *comtrade_tables.SOURCES, "faostat", "owid", "cns", "worldbank", PRICES)
FIRST_YEARS = {
    **dict.fromkeys(("comtrade-monthly", "comtrade-controls"), comtrade_tables.FIRST_MONTHLY_YEAR),
    PRICES: prices.FIRST_YEAR,
}
