"""Facts of the small tables that the claims are held against: dates, votes, arms, people, and what others state.

Ids are `evidence.measure.record.period`. A day is a fact whose value counts days from the first of the calendar
(`date.toordinal`), with `low` and `high` as the first and last day where only a month or a year is known; a name or a
vote is a fact without a number and with a `word`. With `as_of`, rows that had not appeared give no fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..catalogue import known_from
from ..dependence.amounts import less
from ..facts import Fact
from .dates import span

if TYPE_CHECKING:
    from ..report import Report

Row = Mapping[str, Any]
ARMS_SPANS = ((1986, 1995), (1996, 2005), (2006, 2015))
# Until the earlier essay, and until the year before the later one.
VOTE_SPANS = (("2006", "2013-05-15"), ("2006", "2015"))
DAYS_A_MONTH = 365.25 / 12


VISITS = "Legal entries of North Koreans into China, trips and not persons"


def evidence_facts(report: Report) -> Iterator[Fact]:
    """All facts of the topic, whatever years the reader asked for: a claim has its own."""
    for make in (_days, _votes, _stated, _arms, _arrivals, _by_year, _troops, _inter_korean):
        yield from make(report)


# --------------------------------------------------------------------------------------- reading


def rows_known(report: Report, table: str) -> list[Row]:
    """The rows of `politics/...` or `people/...` that had appeared by `as_of`, in the order of the table.

    A row with a day of its own is known from that day unless its page says later; a row with neither day nor year from
    the day on which its page was read.
    """
    as_of = report.parameters.as_of
    rows = report.catalogue.frame(table).to_dict("records")
    return [row for row in rows if as_of is None or _known(report, row) <= as_of]


def _known(report: Report, row: Row) -> date:
    if published := str(row.get("published") or ""):
        return known_from(published, 0)
    if "date" in row:
        return span(str(row["date"]))[1]
    if pd.isna(row["year"]):
        read = report.catalogue.sources.loc[str(row["source_id"]).split(";"), "accessed"]
        return date.fromisoformat(max(read))
    return known_from("", int(row["year"]))


def _sources(*rows: Row) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for row in rows for source in str(row["source_id"]).split(";")))


def _keys(table: str, rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(f"{table}#{row['row_id']}" for row in rows)


def _fact(table: str, id: str, label: str, rows: list[Row], **content: Any) -> Fact:
    status = str(rows[0]["status"]) if len(rows) == 1 else "derived"
    return Fact(id=id, label=label, rows=_keys(table, rows), sources=_sources(*rows), **{"status": status, **content})


# ------------------------------------------------------------------------------- dates and votes


def _day(table: str, row: Row, id: str, label: str) -> Fact:
    first, last = span(str(row["date"]))
    return _fact(table, id, label, [row], value=first.toordinal(), low=first.toordinal(), high=last.toordinal(),
                 unit="day", period=str(row["date"]), formula="date as its sources give it")  # fmt: skip


def _days(report: Report) -> Iterator[Fact]:
    table = "politics/dates"
    rows = {str(row["row_id"]): row for row in rows_known(report, table)}
    for id, row in rows.items():
        yield _day(table, row, f"evidence.day.{id}", str(row["what"]))
        if row["word"]:
            yield _fact(table, f"evidence.word.{id}", str(row["what"]), [row], value=None, unit="word",
                        word=str(row["word"]), period=str(row["date"]), formula="as its source has it")  # fmt: skip
    if {"kim-jong-un-start", "test-3"} <= set(rows):
        used = [rows["kim-jong-un-start"], rows["test-3"]]
        days = span(str(used[1]["date"]))[0] - span(str(used[0]["date"]))[0]
        yield _fact(table, "evidence.months.power-to-test-3", "From Kim Jong-un's first day to the third test", used,
                    value=days.days / DAYS_A_MONTH, unit="months", period=str(used[1]["date"]), decimals=0,
                    formula="days between the two over the mean length of a month")  # fmt: skip
    if {"fence-2006", "essay-2016"} <= set(rows):
        used = [rows["fence-2006"], rows["essay-2016"]]
        years = [int(str(row["date"])[:4]) for row in used]
        yield _fact(table, "evidence.years.fence-to-essay", "From the building of the fence to the essay", used,
                    value=years[1] - years[0], low=years[1] - years[0] - 1, high=years[1] - years[0] + 1, unit="years",
                    period="-".join(map(str, years)), formula="difference of the two years")  # fmt: skip


def _votes(report: Report) -> Iterator[Fact]:
    table = "politics/votes"
    rows = rows_known(report, table)
    for row in rows:
        label = f"China's vote: {row['text']}"
        yield _fact(table, f"evidence.vote.{row['row_id']}", label, [row], value=None, unit="word",
                    word=str(row["china"]), period=str(row["date"]), formula="as recorded or reported")  # fmt: skip
        yield _day(table, row, f"evidence.vote_day.{row['row_id']}", f"Day of the vote on {row['text']}")
    council = [row for row in rows if row["body"] == "security_council"]
    if not council:
        return
    for first, last in VOTE_SPANS:
        from_day, to_day = span(f"{first}..{last}")
        inside = [row for row in council if from_day <= span(str(row["date"]))[0] <= to_day]
        counted = {
            "sanctions_for": ("Resolutions with sanctions on the DPRK for which China voted",
                              [r for r in inside if r["subject"] == "sanctions" and r["china"] == "for"]),
            "vetoes": ("Vetoes of China on a text about the DPRK", [r for r in inside if r["china"] == "veto"]),
        }  # fmt: skip
        for name, (label, found) in counted.items():
            yield Fact(
                id=f"evidence.votes.{name}.{first}-{last}", label=label, value=len(found), unit="count",
                period=f"{first}-{last}", status="derived", formula="count of votes of the Security Council",
                rows=_keys(table, found or inside), sources=_sources(*(found or inside)),
            )  # fmt: skip
    rights = [row for row in rows if row["body"] == "general_assembly" and row["subject"] == "human_rights"]
    if rights:
        yield _fact(table, "evidence.rights_against.general_assembly.2005-2015",
                    "Recorded votes on human rights in the DPRK in which China voted against", rights,
                    value=100 * sum(row["china"] == "against" for row in rights) / len(rights), unit="percent",
                    period="2005-2015", status="derived", formula="votes against / recorded votes")  # fmt: skip


# ---------------------------------------------------------------------------------------- figures


def _stated(report: Report) -> Iterator[Fact]:
    table = "people/statements"
    for row in rows_known(report, table):
        high = None if pd.isna(row["high"]) else float(row["high"])
        about = row["counts"] or row["topic"]
        yield _fact(table, f"evidence.stated.{row['row_id']}", f"{about}, as stated by {row['said_by']}", [row],
                    value=float(row["value"]), low=float(row["value"]) if high else None, high=high,
                    unit=str(row["unit"]), period="undated" if pd.isna(row["year"]) else str(row["year"]),
                    formula=f"as stated by {row['said_by']}")  # fmt: skip


def _arms(report: Report) -> Iterator[Fact]:
    table = "politics/arms"
    rows = rows_known(report, table)
    for first, last in ARMS_SPANS if rows else ():
        inside = [row for row in rows if first <= row["year"] <= last]
        for name, label, found in (
            ("china", "Major arms from China", [r for r in inside if r["supplier"] == "China"]),
            ("others", "Major arms from all others", [r for r in inside if r["supplier"] != "China"]),
        ):
            yield Fact(
                id=f"evidence.arms_{name}.sipri.{first}-{last}", label=label, value=sum(r["value"] for r in found),
                unit="tiv_million", period=f"{first}-{last}", status="derived",
                formula="sum of recorded deliveries, trend indicator values; nothing recorded counts as none",
                rows=_keys(table, found or inside), sources=_sources(*(found or inside)),
            )  # fmt: skip


def _arrivals(report: Report) -> Iterator[Fact]:
    """Arrivals in South Korea; the later vintage where both are known, but a share is formed within one vintage."""
    table = "people/arrivals"
    rows = {(int(r["year"]), str(r["vintage"]), str(r["sex"])): r for r in rows_known(report, table)}
    for year in sorted({year for year, _, _ in rows}):
        for sex, name in (("all", "arrivals_all"), ("female", "arrivals_women")):
            row = rows.get((year, "later", sex)) or rows.get((year, "first", sex))
            if row:
                yield _fact(table, f"evidence.{name}.seoul.{year}", f"North Koreans who arrived in South Korea, {sex}",
                            [row], value=row["value"], unit="persons", period=str(year),
                            formula="as the Ministry of Unification counts them")  # fmt: skip
        for vintage in ("later", "first"):
            both = [rows.get((year, vintage, sex)) for sex in ("female", "all")]
            if both[0] and both[1]:
                used = [row for row in both if row]
                yield _fact(table, f"evidence.women_share.seoul.{year}", "Women and girls among them", used,
                            value=100 * used[0]["value"] / used[1]["value"], unit="percent", period=str(year),
                            decimals=1, formula="women and girls / all arrivals, one vintage")  # fmt: skip
                break


def _by_year(report: Report) -> Iterator[Fact]:
    for row in rows_known(report, "politics/agreement"):
        partner = str(row["partner"]).lower().replace(" ", "_")
        yield _fact("politics/agreement", f"evidence.agreement.{partner}.{row['year']}",
                    f"Votes of the General Assembly in which {row['partner']} and the DPRK voted alike", [row],
                    value=row["value"], unit="percent", period=str(row["year"]), decimals=1,
                    formula="identical votes / votes in which both took part")  # fmt: skip
    for row in rows_known(report, "politics/investment"):
        yield _fact("politics/investment", f"evidence.investment.mofcom.{row['year']}",
                    "Chinese direct investment in the DPRK, flow of the year", [row], value=row["value"],
                    unit="usd_million", period=str(row["year"]), decimals=1, formula="as the ministry counts it",
                    )  # fmt: skip
    visits: dict[int, list[Row]] = {}
    for row in rows_known(report, "people/visitors"):
        visits.setdefault(int(row["year"]), []).append(row)
    for year, rows in visits.items():
        values = [float(row["value"]) for row in rows]
        yield _fact("people/visitors", f"evidence.visitors.cnta.{year}", VISITS, rows,
                    value=values[0], low=min(values), high=max(values), unit="persons", period=str(year),
                    status="reported", formula="first print; the interval holds the other one")  # fmt: skip


def _troops(report: Report) -> Iterator[Fact]:
    for row in rows_known(report, "people/troops"):
        yield _fact(
            "people/troops", f"evidence.troops.dmdc.{row['row_id']}", "US soldiers in South Korea, active duty", [row],
            value=row["value"], unit="persons", period=str(row["row_id"]), formula="as reported",
        )  # fmt: skip


def _inter_korean(report: Report) -> Iterator[Fact]:
    """Trade with South Korea, which is what the whole with it exceeds the whole without it by."""
    plain, south = (report.shares[f"trade_share.{name}"] for name in ("kotra", "with_inter_korean"))
    for year in sorted(plain.keys() & south.keys()):
        if plain[year].whole.value is None or south[year].whole.value is None:
            continue
        amount = less(south[year].whole, plain[year].whole)
        yield Fact(
            id=f"evidence.inter_korean.seoul.{year}", label="Trade of the DPRK with South Korea", value=amount.value,
            unit="usd_million", period=str(year), status="derived", rows=amount.rows, sources=amount.sources,
            formula="DPRK trade with inter-Korean trade less DPRK trade without it", decimals=0,
        )  # fmt: skip
