"""China's share of what the DPRK buys of food and of fuel, by value, in CEPII's BACI, for every year that was taken in.

Part and whole are of one version of BACI, the newest that was known. The DPRK reports nothing: the whole is what its
partners say, and the interval spans it with and without the sellers in whose record the two Koreas are probably mixed
up. `refresh.koreas` has the rule, the column `doubtful` its result. Without the table `trade/baci` there is no share.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from ..catalogue import Catalogue, known_from
from ..countries import in_sentence
from .amounts import Amount, Share, gap, share
from .readings import Records, widened

if TYPE_CHECKING:
    from ..parameters import ReportParameters

TABLE, WORLD, CHINA, DPRK = "trade/baci", "WLD", "CHN", "PRK"
GOODS = {"food_imports.baci": "food", "fuel_imports.baci": "fuel"}
UNIT = "usd_million"


def shares(catalogue: Catalogue, parameters: ReportParameters) -> dict[str, dict[int, Share]]:
    """The share under each definition of GOODS that the data package declares, for each year asked for."""
    if not catalogue.has(TABLE):
        return {}
    years = range(parameters.start_year, parameters.end_year + 1)
    rows = purchases(catalogue, DPRK, parameters.as_of)
    return {
        name: {year: bought(rows, year, goods, CHINA, parameters.doubtful_partners) for year in years}
        for name, goods in GOODS.items() if name in catalogue.definitions
    }  # fmt: skip


def purchases(catalogue: Catalogue, importer: str, as_of: date | None) -> Records:
    """What a country buys, by group of goods and chapter, in the newest version known by `as_of`."""
    return _newest(catalogue, "importer", importer, as_of)


def sales(catalogue: Catalogue, exporter: str, as_of: date | None) -> Records:
    """What a country sells, in the same way."""
    return _newest(catalogue, "exporter", exporter, as_of)


def bought(rows: Records, year: int, goods: str, seller: str, doubtful: str) -> Share:
    """The share of one seller in what a country buys; `doubtful` says whether doubtful sellers count (keep or drop)."""
    return _share(rows, year, goods, doubtful, "exporter", f"BACI has no {goods} from {{}} in this year", seller)


def sold(rows: Records, year: int, goods: str, buyer: str, doubtful: str) -> Share:
    """The share of one buyer in what a country sells, in the same way."""
    return _share(rows, year, goods, doubtful, "importer", f"BACI has no {goods} to {{}} in this year", buyer)


def _newest(catalogue: Catalogue, side: str, country: str, as_of: date | None) -> Records:
    frame = catalogue.frame(TABLE)
    frame = frame[frame[side] == country]
    if as_of is not None:
        dates = zip(frame["published"], frame["year"], strict=True)
        known = [known_from(str(published), int(year)) <= as_of for published, year in dates]
        frame = frame[pd.Series(known, index=frame.index, dtype=bool)]
    other = "exporter" if side == "importer" else "importer"
    version = frame.loc[frame[other] == WORLD, "vintage"].max()
    frame = frame[frame["vintage"] == version]
    absent = f"no version of BACI with all trade of {in_sentence(country)}, known by the day asked for, was taken in"
    absent = "" if len(frame) else absent
    return Records(TABLE, frame.to_dict("records"), absent)


def _share(rows: Records, year: int, goods: str, doubtful: str, other: str, none: str, partner: str) -> Share:
    """The part of `partner`, a value of the column `other`, in the flow with the world."""
    chosen = rows.pick(year=year, goods=goods)
    every = [row for row in chosen if row[other] == WORLD]
    if not every:
        missing = gap(rows.absent or f"BACI as taken in has no such year, or no {goods} in it", UNIT)
        return share(missing, missing)
    partners = [row for row in chosen if row[other] != WORLD]
    part = rows.amount(
        [row for row in partners if row[other] == partner], UNIT,
        f"{none.format(in_sentence(partner))}; none traded and none recorded cannot be told apart",
    )  # fmt: skip
    whole = rows.amount(every, UNIT, "")
    odd = [row for row in partners if row["doubtful"] and row[other] != partner]
    if odd:
        sound = _without(whole, rows.amount(odd, UNIT, ""))
        whole = widened(whole, sound) if doubtful == "keep" else widened(sound, whole)
    return share(part, whole)


def _without(whole: Amount, odd: Amount) -> Amount:
    """`whole` less the doubtful sellers in it: parts of one sum, so the errors of both are that of the sum."""
    assert whole.value is not None and odd.value is not None
    (low, high), value = whole.span, whole.value - odd.value
    how = f"{whole.rows[0]} less the doubtful sellers"
    return Amount(
        value, UNIT, "derived", (*whole.rows, *odd.rows), whole.sources, max(low - odd.value, 0.0), high - odd.value,
        decimals=whole.decimals, how=how,
    )  # fmt: skip
