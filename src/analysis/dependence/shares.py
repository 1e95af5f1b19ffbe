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
