"""Growth rates as compilers published them, of years, half-years and quarters.

They stand in trade/published_growth, and in the yearly table where they came with the values of a year.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..catalogue import Catalogue, known_from
from ..facts import Fact
from . import series
from .rates import CONTRADICTED, Published

TABLE = "trade/published_growth"


def published(catalogue: Catalogue, as_of: date | None = None) -> list[Published]:
    """All rates known by `as_of`, in order of period."""
    yearly = series.known_rows(catalogue, as_of)
    yearly = yearly[yearly["measure"].str.startswith("growth_")]
    rows = [
        (series.TABLE, {**row, "period": str(row["year"]), "measure": row["measure"].removeprefix("growth_")})
        for row in yearly.to_dict("records")
    ]
    if catalogue.has(TABLE):
        rows += [
            (TABLE, row)
            for row in catalogue.frame(TABLE).to_dict("records")
            if as_of is None or known_from(row["published"], int(row["period"][:4])) <= as_of
        ]
    made = [
        Published(
            str(row["period"]), str(row["measure"]), str(row["basis"]), str(row["compiler"]), float(row["value"]),
            float(row["precision"]), str(row["quality"]), (f"{table}#{row['row_id']}",),
            tuple(str(row["source_id"]).split(";")),
        )
        for table, row in rows
    ]  # fmt: skip
    return sorted(made, key=lambda rate: (rate.period, rate.measure, rate.compiler, rate.rows))


def facts(rates: list[Published], labels: dict[str, str], start_year: int, end_year: int) -> Iterator[Fact]:
    """`trade.printed_growth_<flow>.<compiler>.<period>`; a second rate of one compiler and period ends in `-b`."""
    seen: set[str] = set()
    for rate in rates:
        if not start_year <= int(rate.period[:4]) <= end_year:
            continue
        suffix = "" if rate.measure == "total" else f"_{rate.measure}"
        id = f"trade.printed_growth{suffix}.{rate.compiler}.{rate.period.lower()}"
        id += "-b" if id in seen else ""
        seen.add(id)
        odd = "; contradicted by the values of the same compiler" if rate.quality == CONTRADICTED else ""
        yield Fact(
            id=id, value=rate.value, unit="percent", period=rate.period, status="reported",
            label=f"Growth of {labels[rate.measure]} as the compiler published it", formula=f"as published{odd}",
            rows=rate.rows, sources=rate.sources, low=rate.value - rate.error, high=rate.value + rate.error,
            decimals=1 if rate.error < 0.5 else 0,
        )  # fmt: skip
