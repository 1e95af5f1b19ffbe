"""Who else trades with the DPRK, how concentrated that is, and which partners of a record are doubtful.

The Herfindahl-Hirschman index (HHI) is the sum of squared partner shares, from one over the number of partners
to one; its inverse is the effective number of partners. KOTRA's list of partners is not open, so KOTRA gives
bounds: the lowest index if the rest were spread over very many partners, the highest if one partner held it.

Many countries booked trade with South Korea under the North. The rule that finds such partners is declared here
and names no country. In a record and a year a partner other than China is doubtful when its trade
(a) is more than LARGE of all trade in that record and year, (b) is more than TIMES_LATER times its own mean in the
last two years of the record, by which the confusion had ended, and (c) is more than TIMES_KOTRA times the largest
figure that KOTRA prints for that partner in any year, which is zero for a partner that KOTRA never names.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from ..catalogue import Catalogue
from .amounts import Amount, Share, gap, share
from .records import absent, known

if TYPE_CHECKING:
    from ..parameters import ReportParameters

TABLE, CHINA, REST, KOTRA = "trade/partners", "CHN", "rest", "kotra"
LARGE, TIMES_LATER, TIMES_KOTRA = 0.02, 3.0, 2.0
LAST_YEARS = 2


def shares(catalogue: Catalogue, parameters: ReportParameters) -> dict[str, dict[int, Share]]:
    """China's share in the records of partners, with all of them and without the doubtful ones."""
    made: dict[str, dict[int, Share]] = {}
    for name, compiler in (("trade_share.oec", "oec"), ("import_share.comtrade", "un_comtrade")):
        trade = by_partner(catalogue, compiler, parameters.as_of)
        out = doubtful(trade, kotra_largest(catalogue, parameters.as_of))
        for suffix, without in (("", frozenset[tuple[int, str]]()), ("_without_doubtful", out)):
            made[name + suffix] = {
                year: _share(catalogue, trade, compiler, year, without)
                for year in range(parameters.start_year, parameters.end_year + 1)
            }  # fmt: skip
    return made


def by_partner(catalogue: Catalogue, compiler: str, as_of: date | None = None) -> pd.DataFrame:
    """Years by partner of all trade in one record, million US dollars; both flows added where it has both."""
    frame = known(catalogue, TABLE, as_of)
    frame = frame[frame["compiler"] == compiler]
    return frame.groupby(["year", "partner"])["value"].sum().unstack("partner")


def kotra_largest(catalogue: Catalogue, as_of: date | None = None) -> dict[str, float]:
    """The largest figure that KOTRA prints for each partner it names, in any year and flow."""
    frame = known(catalogue, TABLE, as_of)
    frame = frame[frame["compiler"] == KOTRA]
    return {str(partner): float(value) for partner, value in frame.groupby("partner")["value"].max().items()}


def doubtful(trade: pd.DataFrame, printed: Mapping[str, float]) -> frozenset[tuple[int, str]]:
    """The (year, partner) pairs of a record that the rule of this module finds doubtful."""
    if trade.empty:
        return frozenset()
    filled = trade.fillna(0.0)
    total, later = filled.sum(axis=1), filled.tail(LAST_YEARS).mean()
    return frozenset(
        (int(str(year)), str(partner))
        for year, row in filled.iterrows()
        for partner, value in row.items()
        if partner not in (CHINA, REST)
        and value > LARGE * total[year]
        and value > TIMES_LATER * later[partner]
        and value > TIMES_KOTRA * printed.get(str(partner), 0.0)
    )


def hhi(values: Mapping[str, float]) -> float:
    """Sum of squared shares. Partners under REST are very many: they count in the whole, not in the squares."""
    total = sum(values.values())
    return sum((value / total) ** 2 for name, value in values.items() if name != REST)


def effective(index: float) -> float:
    """How many partners of equal size would give the same index."""
    return 1 / index


def bounds(one: float) -> tuple[float, float]:
    """Lowest and highest index that the share of one partner (0 to 1) allows, whoever the others are."""
    return one**2, one**2 + (1 - one) ** 2


def kept(trade: pd.DataFrame, year: int, without: frozenset[tuple[int, str]]) -> dict[str, float]:
    """The partners of a year and their trade, those in `without` left out."""
    row = trade.loc[year].dropna()
    return {str(p): float(v) for p, v in row.items() if (year, str(p)) not in without}


def _share(catalogue: Catalogue, trade: pd.DataFrame, compiler: str, year: int,
           without: frozenset[tuple[int, str]]) -> Share:  # fmt: skip
    name = {"oec": "OEC", "un_comtrade": "UN Comtrade"}[compiler]
    if year not in trade.index:
        missing = gap(absent(catalogue, TABLE, f"{name} has no partners for this year"), "usd_million")
        return share(missing, missing)
    values = kept(trade, year, without)
    rows = (f"{TABLE}#{year}-{compiler}",)
    china = (f"{TABLE}#{year}-{compiler}-{CHINA}",)
    sources = tuple(catalogue.frame(TABLE).query("compiler == @compiler")["source_id"].unique())
    if CHINA not in values:
        part = gap(f"{name} has no row of China for this year", "usd_million")
    else:
        both = "both flows, where the record has both"
        part = Amount(values[CHINA], "usd_million", "mirror", china, sources, how=both)
    how = "sum of the partners" + (" that are not doubtful" if without else "")
    return share(part, Amount(sum(values.values()), "usd_million", "mirror", rows, sources, how=how))
