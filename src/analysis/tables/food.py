"""China's share of the DPRK's food by year: each crop beside the wholes that grain is measured against."""

from __future__ import annotations

from collections.abc import Mapping

from ..captions import caveats
from ..display import Column, Sentence, TableDisplay, say
from ..formatting import GAP
from ..report import Report
from ..showing import in_notebooks
from .annual import shown

CROPS = {
    "cereal_imports.quantity": "All grain", "maize_imports.quantity": "Maize", "rice_imports.quantity": "Rice",
    "wheat_imports.quantity": "Wheat", "soybean_imports.quantity": "Soybeans",
    "cereal_imports.with_flour": "With flour", "cereal_imports.with_aid": "With aid",
    "cereal_supply.production_plus_imports": "Of supply",
}  # fmt: skip


BY_VALUE = {"food_imports.baci": "All food, value (BACI)"}


@in_notebooks
def crops(report: Report) -> TableDisplay:
    """China's share by year: of each crop, of grain in all, with flour, of imports with aid, and of supply.

    Where BACI was taken in, of all food by value too.
    """
    more = {d: name for d, name in BY_VALUE.items() if d in report.definitions}
    return by_year(
        report, "dependence_crops_table", say("China's share of the DPRK's food by crop and by whole, by weight"),
        {**CROPS, **more},
        (
            say("Crops: what China recorded as sent, over what all exporters recorded. The data hold the ends of each "
                "interval, which span doubtful shipments kept and dropped. A dash is a gap."),
            *caveats(report, "flour-missing", "south-korean-aid", "korea-mix-up", "imputed-balances",
                     "closed-border-grain", bases=("quantity", "with_flour", "with_aid", "production_plus_imports")),
        ),
    )  # fmt: skip


def by_year(
    report: Report, id: str, title: Sentence, columns: Mapping[str, str], notes: tuple[Sentence, ...]
) -> TableDisplay:
    """One row for each year in which a definition among `columns` has a value, one column for each definition.

    The data hold both amounts of every share, its interval, and the reason of a gap.
    """
    rows, records = [], []
    for year in range(report.parameters.start_year, report.parameters.end_year + 1):
        shares = {d: report.shares[d][year] for d in columns}
        if all(share.percent is None for share in shares.values()):
            continue
        found = {d: report.fact(f"dependence.{d}.{year}") for d in columns}
        rows.append({
            "year": str(year),
            **{d: GAP if fact.value is None else shown(fact, sign=False) for d, fact in found.items()},
        })  # fmt: skip
        records += [
            {"year": year, "definition": d, "percent": share.percent, "low": share.low, "high": share.high,
             "part": share.part.value, "whole": share.whole.value, "unit": share.part.unit, "gap": share.reason}
            for d, share in shares.items()
        ]  # fmt: skip
    return TableDisplay(
        id=id, title=title, columns=(Column("year", "Year"), *(Column(d, name, True) for d, name in columns.items())),
        rows=tuple(rows), records=tuple(records), notes=notes,
    )  # fmt: skip
