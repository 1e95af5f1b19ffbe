"""The data package as a report on another pair sees it: the rows of BACI that are of the two, and what goes with them.

No other table is there, so nothing of the documented pair can come into such a report. The words that belong to every
pair, caveats and the like, stand in `own`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pandas as pd

from ..catalogue import Catalogue, Table
from ..countries import Pair
from ..errors import BadParameter, listing
from ..reading import remembered
from . import own
from .flows import TABLE, WORLD

GROUPS = ("all", "food", "fuel")


class PairCatalogue(Catalogue):
    """A view of `whole` for one pair."""

    def __init__(self, whole: Catalogue, pair: Pair) -> None:
        self._whole, self.pair, self.root = whole, pair, whole.root
        self._created, self._version = whole._created, whole._version
        self._frames: dict[str, pd.DataFrame] = {}
        self._rows: dict[str, Callable[[], pd.DataFrame]] = {
            TABLE: self._flows, "trade/bases": lambda: _frame(own.BASIS),
            "trade/compilers": lambda: _frame(own.COMPILER),
            "macro/us_cpi": lambda: whole.frame("macro/us_cpi"), "caveats": self._caveats,
            "glossary": self._glossary, "sources": self._sources,
        }  # fmt: skip
        self._tables = {name: self._described(name) for name in self._rows if name in whole._tables}

    @property
    def whole(self) -> Catalogue:
        return self._whole

    def _described(self, name: str) -> Table:
        words: dict[str, Any] = own.DESCRIBED.get(name, {})
        return dataclasses.replace(self._whole._tables[name], **words)

    def _read(self, table: Table) -> pd.DataFrame:
        return self._rows[table.name]().reset_index(drop=True)

    @remembered
    def years(self) -> tuple[int, int]:
        """First and last year in which either of the two trades with anybody."""
        years = self.frame(TABLE)["year"]
        return int(years.min()), int(years.max())

    @remembered
    def definitions(self) -> tuple[str, ...]:
        return ()

    def _flows(self) -> pd.DataFrame:
        """The flows between the two, and of either with its partners and the world."""
        frame = self._whole.frame(TABLE)
        return frame[frame["exporter"].isin(self._codes) | frame["importer"].isin(self._codes)]

    @property
    def _codes(self) -> tuple[str, str]:
        return self.pair.reporter, self.pair.partner

    def _caveats(self) -> pd.DataFrame:
        frame = self._whole.frame("caveats")
        kept = frame[frame["caveat_id"].isin(own.KEPT_CAVEATS)].to_dict("records")
        rows: list[dict[str, Any]] = [{**row, "applies_to": own.BASIS["basis"]} for row in kept]
        rows += [dict(zip(frame.columns, (*row, own.CHOICES), strict=True)) for row in own.caveats(self.pair)]
        return pd.DataFrame(rows, columns=frame.columns).astype(frame.dtypes)

    def _glossary(self) -> pd.DataFrame:
        frame = self._whole.frame("glossary")
        return frame[frame["term"].isin(own.TERMS)]

    def _sources(self) -> pd.DataFrame:
        """The sources that the other tables name."""
        named = {
            source
            for name in self._tables if name != "sources" and "source_id" in self._tables[name].fields
            for cell in self.frame(name)["source_id"].unique() for source in cell.split(";")
        }  # fmt: skip
        frame = self._whole.frame("sources")
        return frame[frame["source_id"].isin(named)]


def _frame(row: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame([row], dtype="object")


def of_pair(catalogue: Catalogue, pair: Pair) -> Catalogue:
    """The view of a data package for a pair. Raises BadParameter where it holds no trade of the two."""
    whole = catalogue.whole
    if pair not in whole.views:
        held = pairs_held(whole)
        if pair not in held:
            codes = f"{pair.reporter}-{pair.partner}"
            there = [f"{one.reporter}-{one.partner}" for one in pairs_taken(whole)]
            has = f"it has BACI's trade of {listing(there, limit=6)}" if there else "it has no trade of BACI"
            raise BadParameter(
                "partner", pair.partner,
                f"the data package has no trade of {codes} ({has}); take it in with `refresh baci PATH --pair {codes}`",
            )  # fmt: skip
        whole.views[pair] = PairCatalogue(whole, pair)
    return whole.views[pair]


def pairs_taken(catalogue: Catalogue) -> list[Pair]:
    """The pairs that were asked for when files were read, once each: of these alone there are chapters."""
    if not catalogue.has(TABLE):
        return []
    frame = catalogue.frame(TABLE)
    flows = frame[~frame["goods"].isin(GROUPS) & (frame["exporter"] != WORLD) & (frame["importer"] != WORLD)]
    ends = zip(flows["exporter"], flows["importer"], strict=True)
    return [Pair(a, b) for a, b in sorted({(min(pair), max(pair)) for pair in ends})]


def pairs_held(catalogue: Catalogue) -> list[Pair]:
    """The pairs whose trade with each other the data package has, each both ways round."""
    if not catalogue.has(TABLE):
        return []
    frame = catalogue.frame(TABLE)
    flows = frame[(frame["goods"] == "all") & (frame["exporter"] != WORLD) & (frame["importer"] != WORLD)]
    ends = set(zip(flows["exporter"], flows["importer"], strict=True))
    return [Pair(a, b) for a, b in sorted(ends | {(b, a) for a, b in ends})]
