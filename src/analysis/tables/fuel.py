"""China's share of the DPRK's fuel by year, from the narrowest whole to all energy used."""

from __future__ import annotations

from ..captions import caveats
from ..display import TableDisplay, say
from ..report import Report
from ..showing import in_notebooks
from .food import by_year

WHOLES = {
    "fuel_imports.hs27_recorded": "Recorded fuel", "fuel_imports.kotra_crude_only": "Crude of all fuel",
    "fuel_imports.hs27_with_crude": "Fuel with crude", "crude.quantity": "Crude oil",
    "refined_products.un_notified": "Refined, UN", "oil_use.approximated": "Crude of oil use",
    "oil_use.with_products": "Of oil use", "energy_use.chinese_oil": "Of all energy",
}  # fmt: skip


BACI = {"fuel_imports.baci": "Fuel, value (BACI)"}


@in_notebooks
def fuels(report: Report) -> TableDisplay:
    """China's share by year under every definition of fuel."""
    more = {d: name for d, name in BACI.items() if d in report.definitions}
    return by_year(
        report, "dependence_fuels_table", say("China's share of the DPRK's fuel under every whole"),
        {**WHOLES, **more},
        (
            say("Recorded fuel: value of mineral fuels, without crude oil from China. Crude of all fuel: KOTRA's "
                "estimate of crude oil over its fuel imports, a lower bound. Oil use is worked back from carbon. A "
                "dash is a gap, and the data give its reason."),
            *caveats(report, "crude-quantity-unreported", "two-valuations", "un-notified-only", "oil-use-approximated",
                     "energy-totals", bases=(d.partition(".")[2] for d in WHOLES)),
        ),
    )  # fmt: skip
