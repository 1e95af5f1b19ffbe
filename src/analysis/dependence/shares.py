"""All shares of all topics, by definition and year."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..catalogue import Catalogue
from ..errors import DataError
from . import baci, food, fuel, trade
from .amounts import Amount, Share

if TYPE_CHECKING:
    from ..parameters import ReportParameters

TOPICS = (trade, food, fuel, baci)


def all_shares(catalogue: Catalogue, parameters: ReportParameters) -> dict[str, dict[int, Share]]:
    """Every definition of data/dependence/definitions.csv, in its order, with a share for every year asked for.

    DataError where the table names a definition that nothing computes, or the other way round.
    """
    made: dict[str, dict[int, Share]] = {}
    for topic in TOPICS:
        made |= topic.shares(catalogue, parameters)
    declared = catalogue.definitions
    if odd := sorted(set(made) ^ set(declared)):
        raise DataError(f"The table dependence/definitions and the package disagree about the definition {odd[0]}.")
    return {definition: made[definition] for definition in declared}


def rows_of(shares: dict[str, dict[int, Share]]) -> list[list[Any]]:
    """The shares as plain rows: definition, year, part, whole, per cent with its interval, reason."""
    return [
        [definition, year, list(asdict(s.part).values()), list(asdict(s.whole).values()), s.percent, s.low, s.high,
         s.reason]
        for definition, years in shares.items() for year, s in years.items()
    ]  # fmt: skip


def shares_of(rows: list[list[Any]]) -> dict[str, dict[int, Share]]:
    """The shares that `rows_of` made `rows` of."""
    made: dict[str, dict[int, Share]] = {}
    for definition, year, part, whole, *rest in rows:
        made.setdefault(definition, {})[year] = Share(_amount(part), _amount(whole), *rest)
    return made


def _amount(values: list[Any]) -> Amount:
    value, unit, status, rows, sources, *rest = values
    return Amount(value, unit, status, tuple(rows), tuple(sources), *rest)


def twin_not_asked_for(parameters: ReportParameters) -> str:
    """Of China's share of imports with and without crude oil, the one that the edition does not ask for."""
    return "import_share.kotra" + ("_without_crude" if parameters.crude_estimate == "with" else "")


def leading(parameters: ReportParameters, topic: str) -> str:
    """The definition that carries the text of a topic (trade, food or fuel), as the parameters choose it."""
    crude = parameters.crude_estimate == "with"
    if topic == "trade":
        name = "kotra" if parameters.inter_korean == "without" else "with_inter_korean"
        return f"trade_share.{name}" + ("" if crude else "_without_crude")
    if topic == "food":
        return "cereal_imports." + ("with_aid" if parameters.food_aid == "with" else "quantity")
    return "fuel_imports." + ("kotra_crude_only" if crude else "hs27_recorded")
