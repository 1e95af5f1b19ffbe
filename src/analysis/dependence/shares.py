"""All shares of all topics, by definition and year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..catalogue import Catalogue
from ..errors import DataError
from . import food, fuel, trade
from .amounts import Share

if TYPE_CHECKING:
    from ..parameters import ReportParameters

TOPICS = (trade, food, fuel)


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
