"""The shares of a pair: what part of the partner's trade, food and fuel is with the reporter, and the other way round.

Part and whole are of one version of BACI. See `dependence.baci` for doubtful flows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..catalogue import Catalogue
from ..countries import Pair, possessive
from ..dependence import baci
from ..dependence.amounts import Share, add, share

if TYPE_CHECKING:
    from ..parameters import ReportParameters

TRADE, IMPORTS, EXPORTS = "trade_share.baci", "import_share.baci", "export_share.baci"
FOOD, FUEL = "food_imports.baci", "fuel_imports.baci"
ASYMMETRY = "asymmetry.partner_in_reporter_trade"


def definitions(pair: Pair) -> dict[str, dict[str, Any]]:
    """What is divided by what, in the words of the pair; the columns of data/dependence/definitions.csv."""
    a, b = pair.first, pair.second
    whose_a, whose_b = possessive(a), possessive(b)
    rows = (
        (TRADE, "trade", f"Trade of {b}", f"{whose_b} exports to and imports from {a}",
         f"{whose_b} exports to and imports from all partners", "trade"),
        (IMPORTS, "trade", f"Imports of {b}", f"{whose_b} imports from {a}", f"{whose_b} imports from all partners",
         "imports"),
        (EXPORTS, "trade", f"Exports of {b}", f"{whose_b} exports to {a}", f"{whose_b} exports to all partners",
         "exports"),
        (FOOD, "food", "Food (HS 01 to 24) by value", f"{whose_b} imports of food from {a}",
         f"{whose_b} imports of food from all partners", "food"),
        (FUEL, "fuel", "Mineral fuels (HS 27) by value", f"{whose_b} imports of fuel from {a}",
         f"{whose_b} imports of fuel from all partners", "fuel"),
        (ASYMMETRY, "asymmetry", f"Trade of {a}", f"{whose_a} exports to and imports from {b}",
         f"{whose_a} exports to and imports from all partners", "mirrored"),
    )  # fmt: skip
    return {
        id: {"definition_id": id, "topic": topic, "label": label, "part": part, "whole": whole,
             "part_id": f"part_{name}_baci", "whole_id": f"whole_{name}_baci", "use": "headline", "quoted": ""}
        for id, topic, label, part, whole, name in rows
    }  # fmt: skip


def shares(catalogue: Catalogue, parameters: ReportParameters) -> dict[str, dict[int, Share]]:
    """Every share by definition and year; a year without figures is a share without value and with a reason."""
    p, years = parameters, range(parameters.start_year, parameters.end_year + 1)
    a, b = p.reporter, p.partner
    buys, sells = baci.purchases(catalogue, b, p.as_of), baci.sales(catalogue, b, p.as_of)
    mirrored = baci.purchases(catalogue, a, p.as_of), baci.sales(catalogue, a, p.as_of)
    keep = p.doubtful_partners
    made: dict[str, dict[int, Share]] = {name: {} for name in definitions(p.pair)}
    for year in years:
        made[IMPORTS][year] = baci.bought(buys, year, "all", a, keep)
        made[EXPORTS][year] = baci.sold(sells, year, "all", a, keep)
        made[TRADE][year] = _both(made[IMPORTS][year], made[EXPORTS][year])
        made[FOOD][year] = baci.bought(buys, year, "food", a, keep)
        made[FUEL][year] = baci.bought(buys, year, "fuel", a, keep)
        made[ASYMMETRY][year] = _both(
            baci.bought(mirrored[0], year, "all", b, keep), baci.sold(mirrored[1], year, "all", b, keep)
        )
    return made


def _both(bought: Share, sold: Share) -> Share:
    """The share of both flows together; a gap where one of them is one."""
    return share(add([bought.part, sold.part]), add([bought.whole, sold.whole]))


def partners(catalogue: Catalogue, parameters: ReportParameters) -> dict[int, dict[str, float]]:
    """By year what the partner trades with each country, both flows, doubtful flows as the parameter has it."""
    p = parameters
    made: dict[int, dict[str, float]] = {}
    for side, rows in (
        ("exporter", baci.purchases(catalogue, p.partner, p.as_of)),
        ("importer", baci.sales(catalogue, p.partner, p.as_of)),
    ):
        for year in range(p.start_year, p.end_year + 1):
            for row in rows.pick(year=year, goods="all"):
                other = str(row[side])
                if other == baci.WORLD or (row["doubtful"] and p.doubtful_partners == "drop" and other != p.reporter):
                    continue
                values = made.setdefault(year, {})
                values[other] = values.get(other, 0.0) + float(row["value"])
    return made
