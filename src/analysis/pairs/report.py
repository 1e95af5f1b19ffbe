"""The report on another pair than the documented one: made by `report.report_of`, never by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from ..claims.verdicts import Judged
from ..countries import Pair
from ..dependence.amounts import Share
from ..display import Display
from ..facts import FactBook
from ..parameters import OF_ANY_PAIR
from ..reading import remembered
from ..report import Report
from ..trade import phases
from . import facts, flows, own, shares


class PairReport(Report):
    """A `Report` whose catalogue is the view of its pair: one record, no months, no events, no claims."""

    @staticmethod
    def _is_of(pair: Pair) -> bool:
        return not pair.documented

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return OF_ANY_PAIR

    def leading(self, topic: str) -> str:
        return {"trade": shares.TRADE, "food": shares.FOOD, "fuel": shares.FUEL}[topic]

    def display(self, name: str, make: Callable[..., Display]) -> Callable[..., Display]:
        from .displays import of  # displays take reports

        return of(name, make)

    def caveats_among(self, ids: Sequence[str]) -> list[str]:
        """Those that touch every figure of BACI, and of the ones asked for those of any pair."""
        known = list(self.catalogue.frame("caveats")["caveat_id"])
        return [id for id in dict.fromkeys([*own.WITH_EVERY_FIGURE, *ids]) if id in known]

    @remembered
    def facts(self) -> FactBook:
        return FactBook(facts.facts(self))

    @remembered
    def _series(self) -> dict[str, pd.DataFrame]:
        p = self.parameters
        return {p.basis: flows.annual(self.catalogue, p.pair, p.start_year, p.end_year, p.as_of)}

    @remembered
    def definitions(self) -> dict[str, dict[str, Any]]:
        return shares.definitions(self.parameters.pair)

    @remembered
    def shares(self) -> dict[str, dict[int, Share]]:
        return shares.shares(self.catalogue, self.parameters)

    @remembered
    def turning_points(self) -> list[phases.TurningPoint]:
        return []

    @remembered
    def judged(self) -> tuple[Judged, ...]:
        return ()

    @remembered
    def judged_today(self) -> tuple[Judged, ...]:
        return ()
