"""The table of crops: China's share of what exporters recorded, crop by crop and year by year."""

from __future__ import annotations

from ..captions import caveats
from ..display import Column, TableDisplay, say
from ..formatting import GAP
from ..report import Report
from .annual import shown

COLUMNS = {
    "cereal_imports.quantity": "All grain", "maize_imports.quantity": "Maize", "rice_imports.quantity": "Rice",
    "wheat_imports.quantity": "Wheat", "soybean_imports.quantity": "Soybeans",
    "cereal_imports.with_flour": "With flour", "cereal_imports.with_aid": "With aid",
    "cereal_supply.production_plus_imports": "Of supply",
}  # fmt: skip


def crops(report: Report) -> TableDisplay:
    """China's share by year: of each crop, of grain in all, with flour, of imports with aid, and of supply."""
    p = report.parameters
    rows, records = [], []
    facts: dict[str, float | None] = {}
    for year in range(p.start_year, p.end_year + 1):
        found = {d: report.find(f"dependence.{d}.{year}") for d in COLUMNS}
        shares = {d: report.shares[d][year] for d in COLUMNS}
        if all(share.percent is None for share in shares.values()):
            continue
        facts |= {f.id: f.value for f in found.values() if f}
        grain = shares["cereal_imports.quantity"]
        rows.append({
            "year": str(year),
            **{d: shown(f, sign=False) if f and f.value is not None else GAP for d, f in found.items()},
        })  # fmt: skip
        records.append({
            "year": year, "china_grain_tonnes": grain.part.value, "exporters_grain_tonnes": grain.whole.value,
            **{f"{d}_percent": share.percent for d, share in shares.items()},
            **{f"{d}_low": share.low for d, share in shares.items()},
            **{f"{d}_high": share.high for d, share in shares.items()},
        })  # fmt: skip
    return TableDisplay(
        id="dependence_crops_table", title=say("China's share of the DPRK's food by crop and by whole, by weight"),
        columns=(Column("year", "Year"), *(Column(d, label, True) for d, label in COLUMNS.items())),
        rows=tuple(rows), records=tuple(records), facts=facts,
        notes=(
            say("Crops: what China recorded as sent, over what all exporters recorded. The data hold the ends of each "
                "interval, which span doubtful shipments kept and dropped. A dash is a gap."),
            *caveats(report, "flour-missing", "south-korean-aid", "korea-mix-up", "imputed-balances",
                     "closed-border-grain", bases=("quantity", "with_flour", "with_aid", "production_plus_imports")),
        ),
    )  # fmt: skip
