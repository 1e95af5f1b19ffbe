"""The facts of a report on another pair: its yearly series, shares, and how many partners it has.

Ids are those that the documented pair has, with the record `baci`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..countries import Pair, possessive
from ..dependence import baci
from ..dependence.facts import amount_fact, share_fact
from ..dependence.partners import effective, hhi
from ..facts import Fact
from ..trade import yearly
from ..trade.facts import yearly_series
from .shares import partners

if TYPE_CHECKING:
    from .report import PairReport


def facts(report: PairReport) -> Iterator[Fact]:
    """Every fact of the report."""
    for one in yearly_series(report):
        yield from yearly.current(one)
        yield from yearly.real(one, report.catalogue, report.parameters.base_year)
    for definition, row in report.definitions.items():
        for year, share in report.shares[definition].items():
            yield share_fact(definition, row, year, share)
            for name, words, amount in ((row["part_id"], row["part"], share.part),
                                        (row["whole_id"], row["whole"], share.whole)):  # fmt: skip
                yield amount_fact(f"dependence.amount.{name}.{year}", str(words), year, amount)
    yield from _concentration(report)


def _concentration(report: PairReport) -> Iterator[Fact]:
    """How concentrated the partner's trade is on few countries; see `dependence.partners` for the index."""
    pair: Pair = report.parameters.pair
    whose = possessive(pair.second)
    rows = baci.sales(report.catalogue, pair.partner, report.parameters.as_of)
    both = (*baci.purchases(report.catalogue, pair.partner, report.parameters.as_of).rows, *rows.rows)
    version = max((str(row["vintage"]) for row in both), default="")
    sources = tuple(dict.fromkeys(str(row["source_id"]) for row in both))
    # A partner that sells nothing, or buys nothing, has no row of that side.
    there = {str(row["row_id"]) for row in both}
    for year, values in partners(report.catalogue, report.parameters).items():
        others = {code: value for code, value in values.items() if code != pair.reporter}
        shared: dict[str, Any] = {
            "period": str(year), "status": "derived", "sources": sources,
            "rows": tuple(f"{baci.TABLE}#{id}" for id in (f"{year}-{pair.partner}-{baci.WORLD}-all-{version}",
                          f"{year}-{baci.WORLD}-{pair.partner}-all-{version}") if id in there),
        }  # fmt: skip
        index = hhi(values)
        yield Fact(
            id=f"dependence.hhi.baci.{year}", label=f"Concentration of {whose} trade (HHI), BACI", value=index,
            unit="index", formula="sum of squared partner shares, both flows", decimals=2, **shared,
        )  # fmt: skip
        yield Fact(
            id=f"dependence.effective_partners.baci.{year}", unit="ratio", value=effective(index), decimals=1,
            label=f"Effective number of trade partners of {pair.second}, BACI", formula="one over the HHI", **shared,
        )  # fmt: skip
        yield Fact(
            id=f"dependence.other_partners.baci.{year}", unit="usd_million", value=sum(others.values()), decimals=0,
            label=f"Trade of {pair.second} with all partners but {pair.first}, BACI", formula="sum of the partners",
            **shared,
        )  # fmt: skip
