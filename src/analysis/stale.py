"""Which tables are older than their publisher's usual release, and what to do about it.

`RELEASES` says when the figure of a period is usually out. These are rules of thumb, each with the reason in words:
they say when to look, not that a publisher is late. A table is stale when it lacks a period that should be out, and
`refresh` has not asked for it since: its log says so, or, where the log is gone, the days on which it took rows in.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from .catalogue import Catalogue, known_from
from .check import NOTE, OK, PROBLEM, PROGRAM, Finding
from .formatting import day_text
from .project import project_root
from .refresh.web import kept

AREA = "Freshness"
FETCHED = "publisher-interface"  # the terms of rows that refresh took in
PERIODS = ("month", "last_month", "period", "year", "date")  # columns that say of when a figure is


@dataclass(frozen=True)
class Release:
    """A table, or its rows in which the columns `of` have these values, and how its publisher brings it up to date.

    `days`: after the end of a period, within which its figure is usually out; of a list (`every` is look), after which
    it is worth a look again. `joined`: months of the year that come out with the month after them. `source`: what
    `refresh` calls it; `marks`: what the address of a fetch of it holds. Without a refresh, `page` is where to look.
    """

    publisher: str
    table: str
    every: Literal["year", "month", "look"]
    days: int
    why: str
    page: str
    of: Mapping[str, str] = field(default_factory=dict)
    joined: tuple[int, ...] = ()
    source: str = ""
    marks: tuple[str, ...] = ()
    optional: bool = False


CUSTOMS_PAGE, COMTRADE_PAGE = "http://stats.customs.gov.cn", "https://uncomtrade.org/docs/data-availability"
NO_DAY = "no fixed day; the United Nations asks for a year from February on, and says so on that page"
RELEASES = (
    Release(
        "Chinese customs, months", "trade/china_dprk_monthly", "month", 21,
        "by country about the 18th to the 20th of the next month, January with February: so the pages behind the table",
        CUSTOMS_PAGE, joined=(1,),
    ),
    Release(
        "Chinese customs, years", "trade/china_dprk_annual", "year", 31,
        "with December, in the second half of January: so the pages behind the table", CUSTOMS_PAGE,
        of={"basis": "customs"},
    ),
    Release(
        "KOTRA", "trade/dprk_total_annual", "year", 212,
        "since 2017 in the second half of July of the next year: so the pages behind the table",
        "https://www.kotra.or.kr", of={"compiler": "kotra", "basis": "kotra"},
    ),
    Release(
        "UN Comtrade, years", "trade/china_dprk_annual", "year", 273, NO_DAY, COMTRADE_PAGE,
        of={"basis": "comtrade", "compiler": "un_comtrade"}, source="comtrade",
        marks=("/C/A/HS", "partnerCode=408", "cmdCode=TOTAL"),
    ),
    Release(
        "UN Comtrade, months", "trade/comtrade_monthly", "month", 92,
        "no fixed day; most countries that give months do so within three, says the United Nations", COMTRADE_PAGE,
        source="comtrade-monthly", marks=("/C/M/HS", "partnerCode=408&"), optional=True,
    ),
    Release(
        "UN Comtrade, chapters", "trade/comtrade_chapters", "year", 273, NO_DAY, COMTRADE_PAGE,
        source="comtrade-chapters", marks=("/C/A/HS", "cmdCode=AG2"), optional=True,
    ),
    Release(
        "UN Comtrade, partners for comparison", "macro/control_partners_monthly", "month", 92,
        "no fixed day; most countries that give months do so within three, says the United Nations", COMTRADE_PAGE,
        source="comtrade-controls", marks=("/C/M/HS", "partnerCode=496"), optional=True,
    ),
    Release(
        "US Bureau of Labor Statistics, consumer prices", "macro/us_cpi", "month", 20,
        "about the middle of the next month, by its calendar", "https://www.bls.gov/schedule/news_release/cpi.htm",
    ),
    Release(
        "US Federal Reserve, exchange rates", "macro/monthly_controls", "month", 7,
        "release G.5, at the start of the next month", "https://www.federalreserve.gov/releases/g5/current/",
        of={"series": "cny_per_usd"},
    ),
    Release(
        "OECD, China's total trade by month", "macro/monthly_controls", "month", 92,
        "every month, some two months late", "https://data-explorer.oecd.org", of={"series": "china_exports"},
    ),
    Release(
        "FAOSTAT, trade matrix", "food/cereal_exports_to_dprk", "year", 365, "once a year, about a year late",
        "https://www.fao.org/faostat/en/#data/TM", source="faostat", marks=("/Trade_DetailedTradeMatrix_",),
    ),
    Release(
        "FAOSTAT, production", "food/cereal_production", "year", 365, "once a year, about a year late",
        "https://www.fao.org/faostat/en/#data/QCL", source="faostat", marks=("/Production_Crops_Livestock_",),
    ),
    Release(
        "FAOSTAT, food balances", "food/cereal_balance_imports", "year", 600, "once a year, more than a year late",
        "https://www.fao.org/faostat/en/#data/FBS", source="faostat", marks=("/FoodBalanceSheets_",),
    ),
    Release(
        "CEPII, BACI", "energy/fuel_trade", "year", 425, "in January or February, up to the year before last",
        "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37", of={"compiler": "baci"},
    ),
    Release(
        "CEPII, BACI by product", "trade/baci", "year", 425, "in January or February, up to the year before last",
        "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37", source="baci PATH", optional=True,
    ),
    Release(
        "CDIAC, carbon", "energy/energy_use", "year", 730, "once a year, about two years late",
        "https://energy.appstate.edu/research/work-areas/cdiac-appstate", of={"item": "carbon_liquid"},
    ),
    Release(
        "US Energy Information Administration", "energy/energy_use", "year", 600, "once a year, more than a year late",
        "https://www.eia.gov/international/data/world", of={"item": "primary_energy"}, source="owid",
        marks=("/owid-energy-data",),
    ),
    Release(
        "World Bank, deflator and people", "macro/world_bank", "year", 365,
        "several times a year; the figure of a year within the next", "https://databank.worldbank.org/source/2",
        source="worldbank", marks=("api.worldbank.org",), optional=True,
    ),
    Release(
        "World Bank, commodity prices", "macro/commodity_prices", "month", 10,
        "in the first week of the next month: so the days that its workbooks give themselves",
        "https://www.worldbank.org/en/research/commodity-markets", source="worldbank-prices",
        marks=("/CMO-Historical-Data-Monthly.xlsx",), optional=True,
    ),
    Release(
        "James Martin Center, missile tests", "events/launch_days", "look", 120, "a few times a year, on no fixed day",
        "https://www.nti.org/analysis/articles/cns-north-korea-missile-test-database/", source="cns",
    ),
    Release(
        "Voting in the General Assembly", "politics/agreement", "year", 365, "once a year, after the session",
        "https://dataverse.harvard.edu/dataset.xhtml?persistentId=doi:10.7910/DVN/LEJUQZ",
    ),
    Release(
        "SIPRI, arms transfers", "politics/arms", "look", 365, "each March",
        "https://www.sipri.org/databases/armstransfers",
    ),
    Release(
        "South Korean Ministry of Unification, arrivals", "people/arrivals", "year", 45,
        "in January or February of the next year", "https://www.unikorea.go.kr/eng_unikorea/",
    ),
)


def stale(catalogue: Catalogue, today: date, fetched: Path | None = None) -> list[Finding]:
    """How recent each table is that has a rhythm; `fetched` is the folder with the log of what was asked for."""
    log = list(_log(fetched or project_root() / ".cache" / "refresh"))
    return [_finding(catalogue, release, today, log) for release in RELEASES]


@dataclass(frozen=True)
class _Asked:
    """One fetch: its day, its address, and the periods that it asked for; none for a file that holds all of them."""

    day: date
    address: str
    periods: frozenset[str]


def _log(folder: Path) -> Iterator[_Asked]:
    for one in kept(folder):
        named = parse_qs(urlsplit(one["address"]).query).get("period", [])
        periods = frozenset(",".join(named).split(",")) if named else frozenset()
        yield _Asked(date.fromisoformat(one["fetched"][:10]), one["address"], periods)


def _finding(catalogue: Catalogue, release: Release, today: date, log: list[_Asked]) -> Finding:
    command = f"{PROGRAM} refresh {release.source}" if release.source else ""
    if release.optional and not catalogue.has(release.table):
        return Finding(AREA, release.publisher, NOTE, "not fetched so far", command)
    rows = catalogue.frame(release.table)
    for column, value in release.of.items():
        rows = rows[rows[column] == value]
    if "value" in rows:
        rows = rows[rows["value"].notna()]
    todo = command or f"Look at {release.page}"
    if release.every == "look":
        read = _read(catalogue, rows)
        said = f"last read {day_text(read)}; brought up to date {release.why}"
        late = read + timedelta(release.days) <= today
        return Finding(AREA, release.publisher, PROBLEM if late else OK, said, todo if late else "")
    column = next(name for name in PERIODS if name in rows)
    newest = str(rows[column].max()) if len(rows) else ""
    missing = _newest_due(release, today)
    if newest[: len(missing)] >= missing:
        return Finding(AREA, release.publisher, OK, f"up to {newest}")
    due, looked = _due(release, missing), _looked(catalogue, release, rows, missing, log)
    if looked is not None and looked >= due:
        said = f"up to {newest or 'nothing'}; the publisher had no more on {day_text(looked)}"
        return Finding(AREA, release.publisher, OK, said)
    said = f"up to {newest or 'nothing'}, but {missing} is usually out by {day_text(due)} ({release.why})"
    return Finding(AREA, release.publisher, PROBLEM, said, todo)


def _looked(
    catalogue: Catalogue, release: Release, rows: pd.DataFrame, missing: str, log: list[_Asked]
) -> date | None:
    """When `refresh` last asked for the period `missing`; without a log, when it last took a row in."""
    own = [one for one in log if release.marks and all(mark in one.address for mark in release.marks)]
    if own:
        asked = missing.replace("-", "")
        return max((one.day for one in own if asked in one.periods or not one.periods), default=None)
    if "published" not in rows:
        return None
    terms = catalogue.sources["terms"]
    fetched = rows[[str(id) in terms and terms[str(id)] == FETCHED for id in rows["source_id"]]]
    return max((date.fromisoformat(day) for day in fetched["published"]), default=None)


def _read(catalogue: Catalogue, rows: pd.DataFrame) -> date:
    """The day of the newest page behind the rows: its own, or the one on which it was read where it has none."""
    sources = sorted({id for cell in rows["source_id"] for id in str(cell).split(";")})
    pages = catalogue.sources.loc[sources]
    days = [*filter(None, pages["published"])] or list(pages["accessed"])
    return max(known_from(str(day), 0) for day in days)


def _newest_due(release: Release, today: date) -> str:
    """The newest period whose figure is usually out by `today`: 2025, or 2025-09."""
    year, month = today.year, today.month
    while True:
        name = str(year) if release.every == "year" else f"{year}-{month:02d}"
        if _due(release, name) <= today:
            return name
        if release.every == "year" or month == 1:
            year, month = year - 1, 12
        else:
            month -= 1


def _due(release: Release, period: str) -> date:
    """The day by which the figure of a period is usually out."""
    year, month = int(period[:4]), int(period[5:] or 12)
    if release.every == "month" and month in release.joined:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return date(year, month, calendar.monthrange(year, month)[1]) + timedelta(release.days)
