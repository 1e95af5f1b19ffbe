"""Is the relationship getting worse? Series side by side, each with its own reading; no index is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from . import catalogue as events

if TYPE_CHECKING:
    from ..report import Report

DECADES = ((1991, 2000), (2001, 2010), (2011, 2019))
PARTNERS = {"china": "China", "russia": "Russia", "vietnam": "Vietnam", "us": "the United States"}


@dataclass(frozen=True)
class Agreement:
    """Agreement in the General Assembly over some years: identical votes of common roll calls."""

    partner: str
    first: int
    last: int
    identical: float
    common: int
    rows: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def percent(self) -> float:
        return 100 * self.identical / self.common


def votes(report: Report) -> pd.DataFrame:
    """Agreement with the DPRK by year, per cent; one column a partner, years asked for as the index."""
    table = report.catalogue.frame("events/political")
    rows = table[table["series"].str.startswith("votes_")]
    wide = rows.pivot(index="period", columns="series", values="value")
    wide.index = wide.index.astype(int)
    wide.columns = [name.removeprefix("votes_") for name in wide.columns]
    return wide.loc[[year for year in wide.index if _inside(report, year)]]


def agreements(report: Report) -> list[Agreement]:
    """Agreement by decade, every roll call weighing the same. Decades that the years asked for cut are left out."""
    table = report.catalogue.frame("events/political")
    result = []
    for partner in PARTNERS:
        rows = table[table["series"] == f"votes_{partner}"]
        years = rows["period"].astype(int)
        for first, last in DECADES:
            if not (_inside(report, first) and _inside(report, last)):
                continue
            part = rows[(years >= first) & (years <= last)]
            result.append(
                Agreement(
                    partner,
                    first,
                    last,
                    float((part["value"] * part["whole"].astype(float) / 100).round().sum()),
                    int(part["whole"].sum()),
                    tuple(f"events/political#{row}" for row in part["row_id"]),
                    tuple(dict.fromkeys(part["source_id"])),
                )
            )
    return result


def council(report: Report) -> pd.DataFrame:
    """The resolutions and drafts on the DPRK in the years asked for and known by `as_of`, with China's vote."""
    table = report.catalogue.frame("events/security_council")
    day = report.parameters.as_of
    known = table["date"].map(lambda text: day is None or text <= day.isoformat()[: len(text)])
    inside = table["date"].str[:4].astype(int).map(lambda year: _inside(report, year))
    return table[known & inside]


def visits(report: Report) -> pd.Series:
    """High-level visits that the catalogue dates, by year asked for; a selection, denser after 2009."""
    found = events.events_of(report.catalogue, "visits", report.parameters.as_of)
    years = [int(e.date[:4]) for e in found if _inside(report, int(e.date[:4]))]
    if not years:
        return pd.Series(dtype=float)
    return pd.Series(years).value_counts().reindex(range(min(years), max(years) + 1), fill_value=0)


def scores(report: Report) -> pd.Series:
    """Mean daily score of reported events of the pair by month, months with enough days."""
    table = report.catalogue.frame("events/political")
    rows = table[(table["series"] == "event_score") & (table["quality"] <= "B")]
    rows = rows[rows["period"].str[:4].astype(int).map(lambda year: _inside(report, year))]
    return pd.Series(rows["value"].to_numpy(), index=pd.PeriodIndex(rows["period"], freq="M"))


def _inside(report: Report, year: int) -> bool:
    p = report.parameters
    return p.start_year <= year <= p.end_year and (p.as_of is None or year < p.as_of.year)
