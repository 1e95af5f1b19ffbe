"""The facts of dependence: `dependence.<definition>.<year>`, its two amounts, and what follows from them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..facts import Fact
from ..trade.phases import closed_years
from ..trade.yearly import decimals_of
from . import asymmetry, crude, food, fuel, matrix, partners, said, whatif
from .amounts import Amount, Share
from .records import known

if TYPE_CHECKING:
    from ..report import Report

QUOTED = "dependence/quoted_shares"


def dependence_facts(report: Report) -> Iterator[Fact]:
    """All facts of the topic for the parameters of `report`, but for what a cut would take away."""
    rows = report.definitions
    yield from _amounts(report, rows)
    for definition, row in rows.items():
        for year, share in report.shares[definition].items():
            yield share_fact(definition, row, year, share)
    yield from _printed(report)
    yield from _partners(report)
    yield from _deficits(report)
    yield from _claims(report)
    yield from _replacement(report, rows)
    yield from food.extra_facts(report.catalogue, report.parameters)
    yield from fuel.extra_facts(report.catalogue, report.parameters)
    yield from crude.crude_facts(report.catalogue, report.parameters)


def share_fact(definition: str, row: Mapping[str, Any], year: int, share: Share) -> Fact:
    """One share as a fact: its formula names the two amounts, and for a gap the reason."""
    formula = f"dependence.amount.{row['part_id']}.{year} / dependence.amount.{row['whole_id']}.{year}"
    made: dict[str, Any] = {
        "id": f"dependence.{definition}.{year}", "label": f"{row['part']}, as a share of: {row['whole']}",
        "unit": "percent", "period": str(year),
        "rows": _join([share.part.rows, share.whole.rows]), "sources": _join([share.part.sources, share.whole.sources]),
    }  # fmt: skip
    if share.percent is None:
        return Fact(value=None, status="unreported", formula=f"{formula}; a gap: {share.reason}", **made)
    if share.above_whole:
        formula += "; the part exceeds the whole, so the two records do not belong together"
    estimated = "estimated" in (share.part.status, share.whole.status)
    return Fact(
        value=share.percent, status="estimated" if estimated else "derived", formula=formula, low=share.low,
        high=share.high, decimals=_decimals(share), **made,
    )  # fmt: skip


def _decimals(share: Share) -> int:
    """Two significant digits, as readers expect of a share, and fewer where its range bears no more."""
    size = share.percent or 0.0
    digits = 2 if size < 1 else 1 if size < 10 else 0
    wide = share.low is not None and share.high is not None and share.high - share.low >= 1.0
    return 0 if wide else digits


def _amounts(report: Report, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[Fact]:
    """The amounts above and below the line, each once."""
    for definition, row in rows.items():
        for year, share in report.shares[definition].items():
            for name, words, amount in (
                (row["part_id"], row["part"], share.part), (row["whole_id"], row["whole"], share.whole),
            ):  # fmt: skip
                yield amount_fact(f"dependence.amount.{name}.{year}", str(words), year, amount)


def amount_fact(id: str, label: str, year: int, amount: Amount) -> Fact:
    formula = amount.how or ("as printed" if len(amount.rows) == 1 else "arithmetic on the rows named")
    if amount.status == "estimated":
        formula += "; an estimate is in it"
    return Fact(
        id=id, label=label, value=amount.value, unit=amount.unit, period=str(year),
        status=amount.status if amount.value is not None else "unreported",
        formula=formula if amount.value is not None else f"a gap: {amount.reason}",
        rows=amount.rows, sources=amount.sources, low=amount.low, high=amount.high, decimals=amount.decimals,
    )  # fmt: skip


def _printed(report: Report) -> Iterator[Fact]:
    """Shares as others printed them: they stand beside ours and are never their input."""
    p = report.parameters
    frame = known(report.catalogue, QUOTED, p.as_of)
    for row in frame.to_dict("records"):
        if not p.start_year <= row["year"] <= p.end_year:
            continue
        name = row["row_id"].partition("-share-")[2]
        yield Fact(
            id=f"dependence.printed_share.{name}.{row['year']}", value=row["value"], unit="percent",
            label=f"China's share as printed; the whole: {row['whole']}", period=str(row["year"]), status="reported",
            formula="as printed" + (f"; {row['note']}" if row["note"] else ""), rows=(f"{QUOTED}#{row['row_id']}",),
            sources=tuple(row["source_id"].split(";")), low=row["value"] - row["precision"],
            high=row["value"] + row["precision"], decimals=1 if row["precision"] < 0.5 else 0,
        )  # fmt: skip


def _partners(report: Report) -> Iterator[Fact]:
    """Concentration with and without doubtful partners, and the bounds that KOTRA's own shares leave."""
    p, catalogue = report.parameters, report.catalogue
    trade_by = partners.by_partner(catalogue, "oec", p.as_of)
    out = partners.doubtful(trade_by, partners.kotra_largest(catalogue, p.as_of))
    for year in range(p.start_year, p.end_year + 1):
        for name, without in (("oec", frozenset[tuple[int, str]]()), ("oec_without_doubtful", out)):
            if year not in trade_by.index:
                continue
            values = partners.kept(trade_by, year, without)
            index = partners.hhi(values)
            words = "OEC, doubtful partners left out" if without else "OEC, all partners"
            shared: dict[str, Any] = {
                "period": str(year), "status": "derived", "rows": (f"{partners.TABLE}#{year}-oec",),
                "sources": ("oec-partner-table",),
            }  # fmt: skip
            yield Fact(id=f"dependence.hhi.{name}.{year}", label=f"Concentration of DPRK trade (HHI), {words}",
                       value=index, unit="index", formula="sum of squared partner shares", decimals=2,
                       **shared)  # fmt: skip
            yield Fact(id=f"dependence.effective_partners.{name}.{year}", unit="ratio", decimals=1,
                       label=f"Effective number of trade partners of the DPRK, {words}",
                       value=partners.effective(index), formula="one over the HHI", **shared)  # fmt: skip
            others = sum(v for k, v in values.items() if k != partners.CHINA)
            yield Fact(id=f"dependence.other_partners.{name}.{year}", value=others, unit="usd_million", decimals=0,
                       label=f"DPRK trade with all partners but China, {words}",
                       formula="sum of the partners", **shared)  # fmt: skip
        if year in trade_by.index:
            found = [partner for y, partner in out if y == year]
            yield Fact(
                id=f"dependence.doubtful_partners.oec.{year}", value=len(found), unit="count", period=str(year),
                label="Partners that the rule finds doubtful, OEC", status="derived", formula="count by the rule",
                rows=(f"{partners.TABLE}#{year}-oec",), sources=("oec-partner-table",),
            )  # fmt: skip
        share = report.shares["trade_share.kotra"][year]
        if share.percent is None:
            continue
        low, high = partners.bounds(share.percent / 100)
        shared = {
            "period": str(year), "status": "derived", "rows": _join([share.part.rows, share.whole.rows]),
            "sources": _join([share.part.sources, share.whole.sources]),
        }  # fmt: skip
        yield Fact(
            id=f"dependence.hhi.kotra_least.{year}", value=low, unit="index", low=low, high=high, decimals=2,
            label="Concentration of DPRK trade (HHI), KOTRA: at least", **shared,
            formula=f"square of dependence.trade_share.kotra.{year}; high adds the square of the rest",
        )  # fmt: skip
        yield Fact(
            id=f"dependence.effective_partners.kotra_most.{year}", value=1 / low, unit="ratio", low=1 / high,
            high=1 / low, label="Effective number of trade partners of the DPRK, KOTRA: at most", **shared,
            decimals=1 if 1 / low >= 2 else 2,
            formula=f"one over dependence.hhi.kotra_least.{year}; low is one over its high",
        )  # fmt: skip
        rest = whatif.others(share)
        yield amount_fact(f"dependence.other_partners.kotra.{year}",
                          "DPRK trade with all partners but China, KOTRA", year, rest)  # fmt: skip


DEFICIT_WORDS = {
    "customs": "Chinese customs", "customs_with_crude": "Chinese customs, KOTRA's crude oil estimate added",
    "kotra": "KOTRA",
}  # fmt: skip


def _deficits(report: Report) -> Iterator[Fact]:
    for record, years in asymmetry.deficits(report.catalogue, report.parameters).items():
        words = DEFICIT_WORDS[record]
        for year, deficit in years.items():
            amount, paid = deficit.value, deficit.dprk_exports
            if amount.value is None:
                continue
            low, high = amount.span
            # As a balance of the topic trade, which is the same figure seen from China.
            shown = dataclasses.replace(amount, decimals=decimals_of((high - low) / 2))
            yield amount_fact(f"dependence.deficit.{record}.{year}", f"The DPRK's deficit with China, {words}", year,
                              shown)  # fmt: skip
            if paid.value:
                yield Fact(
                    id=f"dependence.deficit_to_exports.{record}.{year}", value=100 * amount.value / paid.value,
                    label=f"The DPRK's deficit with China as a share of its exports to China, {words}", unit="percent",
                    period=str(year), status="derived", rows=amount.rows, sources=amount.sources, decimals=0,
                    formula=f"dependence.deficit.{record}.{year} / China's imports from the DPRK",
                )  # fmt: skip
        runs = [asymmetry.longest(years)]
        runs += [run for run in [asymmetry.latest(years)] if len(run) > 1 and run[0].year != runs[0][0].year]
        if record == "customs":
            # The same years as the series with oil, so that the two sums can be set against each other.
            other = asymmetry.longest(asymmetry.deficits(report.catalogue, report.parameters)["customs_with_crude"])
            runs += [[years[d.year] for d in other]] if other and len(other) < len(runs[0]) else []
        for run in runs:
            if not run or any(d.value.value is None for d in run):
                continue
            first, last = run[0].year, run[-1].year
            spans = [d.value.span for d in run]
            yield Fact(
                id=f"dependence.cumulated_deficit.{record}.{first}-{last}", unit="usd_million",
                label=f"The DPRK's cumulated deficit with China, {words}", period=f"{first}-{last}", status="derived",
                value=sum(d.value.value for d in run if d.value.value is not None), low=sum(s[0] for s in spans),
                high=sum(s[1] for s in spans), rows=_join(d.value.rows for d in run), decimals=-1,
                sources=_join(d.value.sources for d in run),
                formula=f"sum of the yearly deficits from {first} to {last}, an unbroken run of years",
            )  # fmt: skip


def _claims(report: Report) -> Iterator[Fact]:
    """Each quoted share, and what it comes to at the dates at which it was said."""
    for claim in matrix.claims(report.catalogue):
        yield Fact(
            id=f"dependence.claim.{claim.claim_id}.quoted", value=(claim.low + claim.high) / 2, unit="percent",
            label=claim.label, period="quoted", status="reported", formula="as quoted; low and high are its ends",
            low=claim.low, high=claim.high, rows=(f"dependence/quoted_claims#{claim.claim_id}",),
        )  # fmt: skip
    yield from said.answer_facts(report.catalogue, report.shares, report.definitions)


# The what-if is about what China delivers; a share worked back from carbon cannot say who replaced what.
NOT_DELIVERED, WORKED_BACK = ("trade_share", "export_share", "asymmetry"), ("oil_use", "energy_use")


def exposure_facts(report: Report) -> Iterator[Fact]:
    """What would be gone if China stopped a part of its deliveries and nobody replaced it, in the last good year."""
    cut = report.parameters.cut_share
    closed = closed_years(report.turning_points, report.parameters.end_year)
    for definition, row in _delivered(report.definitions):
        shares = report.shares[definition]
        last = whatif.good_year(report.shares, definition, closed)
        if last is not None and (gone := whatif.exposure(shares[last], cut)):
            yield Fact(
                id=f"dependence.exposure.{definition}.{last}", value=gone.percent, low=gone.low, high=gone.high,
                unit="percent", period=str(last), status="derived", decimals=_decimals(shares[last]),
                label=f"Gone if China stopped {cut} per cent of its part and nobody replaced it: {row['whole']}",
                formula=f"{cut} per cent of dependence.{definition}.{last}, the last year with an open border and, for "
                "grain, more than one crop on record",
                rows=_join([shares[last].part.rows, shares[last].whole.rows]),
                sources=_join([shares[last].part.sources, shares[last].whole.sources]),
            )  # fmt: skip


def _delivered(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The headline definitions whose part is what China delivers."""
    for definition, row in rows.items():
        if row["use"] == "headline" and definition.partition(".")[0] not in NOT_DELIVERED:
            yield definition, row


def _replacement(report: Report, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[Fact]:
    episodes = report.catalogue.frame("dependence/episodes").to_dict("records")
    for definition, row in _delivered(rows):
        shares, kind = report.shares[definition], definition.partition(".")[0]
        for episode in episodes if kind not in WORKED_BACK else ():
            before, after = int(episode["from_year"]), int(episode["to_year"])
            moved = whatif.replacement(shares, before, after)
            if moved is None or any(whatif.single_crop(report.shares, definition, y) for y in (before, after)):
                continue
            amounts = [moved.before.part, moved.before.whole, moved.after.part, moved.after.whole]
            shared: dict[str, Any] = {
                "unit": "percent", "period": f"{before}-{after}", "status": "derived", "decimals": 0,
                "rows": _join(a.rows for a in amounts), "sources": _join(a.sources for a in amounts),
            }  # fmt: skip
            yield Fact(
                id=f"dependence.china_change.{definition}.{before}-{after}", value=moved.china_change,
                label=f"Change of: {row['part']}",
                formula=f"dependence.amount.{row['part_id']}: {after} / {before} - 1", **shared,
            )  # fmt: skip
            if moved.others_change is not None:
                yield Fact(
                    id=f"dependence.others_change.{definition}.{before}-{after}", value=moved.others_change,
                    label=f"Change of all but China's part: {row['whole']}",
                    formula=f"whole less part: {after} / {before} - 1", **shared,
                )  # fmt: skip
            if moved.replaced is not None:
                yield Fact(
                    id=f"dependence.replaced.{definition}.{before}-{after}", value=moved.replaced,
                    label=f"Part of China's fall that others made up: {row['whole']}",
                    formula="rise of the others / fall of China's part; below zero, the others fell too", **shared,
                )  # fmt: skip


def _join(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(itertools.chain.from_iterable(groups)))
