"""Tables of dependence: shares with their amounts, partners, deficits, the matrix in words, and the what-if."""

from __future__ import annotations

from typing import Any

from ..captions import caveats, year_spans
from ..dependence import matrix as rules
from ..dependence import partners as who
from ..dependence.amounts import Amount, less
from ..dependence.shares import leading, twin_not_asked_for
from ..display import Column, FactText, TableDisplay, say
from ..errors import listing
from ..facts import Fact
from ..formatting import GAP, WORDS_OF_UNIT, number, percent
from ..report import Report
from ..showing import in_notebooks
from .annual import shown

WAYS = ("kotra", "kotra_without_crude", "with_inter_korean", "with_inter_korean_without_crude")
UNIT_LABELS = {"usd_million": "million US dollars", **WORDS_OF_UNIT}


def cell(amount: Amount, fact: Fact | None = None) -> str:
    """An amount as read, with the fact that it is where there is one; a gap is a dash."""
    if amount.value is None:
        return GAP
    text = number(amount.value, min(amount.decimals, 0))
    return FactText(text, fact) if fact else text


@in_notebooks
def trade_shares(report: Report) -> TableDisplay:
    """Amounts and shares of trade by year, and KOTRA's own printed share with the difference."""
    p, shares = report.parameters, report.shares
    lead = leading(p, "trade")
    rows, records = [], []
    for year in range(p.start_year, p.end_year + 1):
        plain, south = shares["trade_share.kotra"][year], shares["trade_share.with_inter_korean"][year]
        printed = report.find(f"dependence.printed_share.kotra.{year}") or report.find(
            f"dependence.printed_share.kotra-2.{year}")  # fmt: skip
        if plain.percent is None and printed is None:
            continue
        # A misprint stands in the data with grade D; the second print is then the right one.
        if printed and "misprint" in printed.formula:
            printed = report.find(f"dependence.printed_share.kotra-2.{year}")
        apart = None if plain.percent is None or not printed else plain.percent - (printed.value or 0)
        found = {d: report.find(f"dependence.trade_share.{d}.{year}") for d in WAYS}
        crude = p.crude_estimate == "without"
        rows.append({
            "year": str(year), "part": cell(plain.part, report.find(f"dependence.amount.china_trade_kotra.{year}")),
            "whole": cell(plain.whole, report.find(f"dependence.amount.dprk_trade_kotra.{year}")),
            "south": cell(less(south.whole, plain.whole)),
            "plain": shown(found["kotra_without_crude" if crude else "kotra"], sign=False),
            "printed": shown(printed, sign=False),
            "apart": GAP if apart is None else number(apart, 1, sign=True),
            "with": shown(found["with_inter_korean_without_crude" if crude else "with_inter_korean"], sign=False),
        })  # fmt: skip
        records.append({
            "year": year, "china_usd_million": plain.part.value, "all_usd_million": plain.whole.value,
            "all_with_inter_korean_usd_million": south.whole.value,
            **{f"{d}_percent": f.value if f else None for d, f in found.items()},
            "printed_percent": printed.value if printed else None, "computed_less_printed_points": apart,
        })  # fmt: skip
    oil = "less crude" if p.crude_estimate == "without" else ""
    return TableDisplay(
        id="dependence_trade_table", title=say("China's share of the DPRK's trade, its amounts, and the printed share"),
        columns=(
            Column("year", "Year"), Column("part", "With China", True), Column("whole", "With all but the South", True),
            Column("south", "With the South", True), Column("plain", f"Share {oil}".strip(), True),
            Column("printed", "KOTRA's print", True), Column("apart", "Apart, points", True),
            Column("with", f"Share with the South {oil}".strip(), True),
        ),
        rows=tuple(rows), records=tuple(records),
        notes=(
            say("Amounts in million US dollars as KOTRA and Seoul print them. Apart is the computed share less the "
                "printed one; the printed share is never an input. Leading: {lead}.",
                lead=report.definitions[lead]["label"]),
            *caveats(report, "no-inter-korean", "inter-korean-gaps", "crude-estimate", "crude-size",
                     bases=("kotra", "with_inter_korean", "kotra_without_crude")),
        ),
    )  # fmt: skip


@in_notebooks
def partners(report: Report) -> TableDisplay:
    """By year: the partners that the rule finds doubtful, and what is left beside KOTRA's own rest."""
    p = report.parameters
    trade = who.by_partner(report.catalogue, "oec", p.as_of)
    found = who.doubtful(trade, who.kotra_largest(report.catalogue, p.as_of))
    names = report.catalogue.frame("trade/partner_names").set_index("partner")["name"]
    rows, records = [], []
    for year in trade.index:
        if not p.start_year <= year <= p.end_year:
            continue
        out = sorted((partner for y, partner in found if y == year), key=lambda x: -trade.loc[year, x])
        ranked = trade.loc[year].dropna().sort_values(ascending=False).index
        largest = [x for x in ranked if x not in (who.CHINA, who.REST, *out)]
        facts = {
            r: report.find(f"dependence.other_partners.{r}.{year}") for r in ("oec", "oec_without_doubtful", "kotra")
        }
        rows.append({
            "year": str(year), "kept": f"{_amount(facts['oec_without_doubtful'])} of {_amount(facts['oec'])}",
            "kotra": _amount(facts["kotra"]),
            "doubtful": "; ".join(f"{names.get(x, x)} {number(trade.loc[year, x])}" for x in out) or "none",
            "others": "; ".join(f"{names.get(x, x)} {number(trade.loc[year, x])}" for x in largest[:3]),
        })  # fmt: skip
        records += [
            {"year": int(year), "partner": x, "name": names.get(x, x), "usd_million": trade.loc[year, x],
             "doubtful": "yes" if x in out else "no"}
            for x in (*out, *largest[:10])
        ]  # fmt: skip
    return TableDisplay(
        id="dependence_partners_table", title=say("Trade with all but China, and the partners found doubtful"),
        columns=(
            Column("year", "Year"), Column("kept", "Without doubtful, of all in OEC"),
            Column("kotra", "KOTRA", True), Column("doubtful", "Found doubtful"),
            Column("others", "Largest of the others"),
        ),
        rows=tuple(rows), records=tuple(records), long=len(rows) > 60,
        notes=(
            say("Million US dollars, both flows. The nearer what is left comes to KOTRA's figure, the more of the "
                "confusion of the two Koreas the rule has found. What remains above it may be more of the same."),
            *caveats(report, "two-koreas", bases=("oec",)),
        ),
    )  # fmt: skip


@in_notebooks
def deficits(report: Report) -> TableDisplay:
    """The DPRK's deficit with China by year on each record, and over the DPRK's exports."""
    p = report.parameters
    rows, records = [], []
    for year in range(p.start_year, p.end_year + 1):
        facts = {
            f"{kind}_{record}": report.find(f"dependence.{kind}.{record}.{year}")
            for kind in ("deficit", "deficit_to_exports") for record in ("customs", "customs_with_crude", "kotra")
        }  # fmt: skip
        if not any(facts.values()):
            continue
        rows.append({
            "year": str(year), "customs": _amount(facts["deficit_customs"]),
            "crude": _amount(facts["deficit_customs_with_crude"]), "kotra": _amount(facts["deficit_kotra"]),
            "share": shown(facts["deficit_to_exports_customs"], sign=False),
            "share_crude": shown(facts["deficit_to_exports_customs_with_crude"], sign=False),
        })  # fmt: skip
        records.append({"year": year, **{name: f.value if f else None for name, f in facts.items()}})
    totals = [
        f for r in ("customs", "customs_with_crude", "kotra")
        for f in report.facts.family(f"dependence.cumulated_deficit.{r}")
    ]  # fmt: skip
    return TableDisplay(
        id="dependence_deficit_table", title=say("The DPRK's deficit with China, million US dollars"),
        columns=(
            Column("year", "Year"), Column("customs", "Customs", True), Column("crude", "Customs with crude", True),
            Column("kotra", "KOTRA", True), Column("share", "Over exports", True),
            Column("share_crude", "Over exports, with crude", True),
        ),
        rows=tuple(rows), records=tuple(records),
        notes=(
            *(say("Added up over {f:period}: {f} ({label}).", f=f, label=f.label.rpartition(", ")[2] if
                  not f.id.split(".")[2].startswith("customs_") else "customs with crude") for f in totals),
            *caveats(report, "crude-size", "crude-unreported", "fob-cif", bases=("customs", "customs_with_crude")),
        ),
    )  # fmt: skip


@in_notebooks
def matrix(report: Report) -> TableDisplay:
    """For each claim and definition, the years in which the share lies where against the quoted figure."""
    shown_ids = set(report.shown())
    rows, records = [], []
    for claim in rules.claims(report.catalogue):
        for definition, years in rules.matrix(report.catalogue, report.shares, claim).items():
            row = report.definitions[definition]
            if definition not in shown_ids:
                continue
            told = {m: [y for y, name in years.items() if name == m] for m in rules.MARKS}
            rows.append({
                "claim": claim.short, "definition": row["label"] + ("" if row["use"] == "headline" else " (check)"),
                **{m.replace(" ", "_"): listing(year_spans(told[m]), limit=20) or "never" for m in rules.MARKS[:-1]},
                "share": _range(report, definition),
            })  # fmt: skip
            records.append({
                "claim": claim.claim_id, "definition": definition, "part": row["part"], "whole": row["whole"],
                "use": row["use"],
                **{m.replace(" ", "_"): " ".join(map(str, told[m])) for m in rules.MARKS},
            })  # fmt: skip
    return TableDisplay(
        id="dependence_matrix_table", title=say("Which definition, in which year, makes which claim true"),
        columns=(
            Column("claim", "Claim"), Column("definition", "Share"), Column("inside", "Inside the quoted band"),
            Column("near", "Near it"), Column("cannot_tell", "Cannot be told"), Column("above", "Above"),
            Column("below", "Below"), Column("share", "Lowest to highest"),
        ),
        rows=tuple(rows), records=tuple(records),
        notes=(say("Years not named have no data; the file beside this table lists them. Part and whole of each share "
                   "stand in the table of definitions."),),
    )  # fmt: skip


def _range(report: Report, definition: str) -> str:
    values = [s.percent for s in report.shares[definition].values() if s.percent is not None]
    if not values:
        return "no data"
    decimals = 0 if max(values) >= 10 else 1
    return f"{percent(min(values), decimals, False)} to {percent(max(values), decimals, False)}"


@in_notebooks
def definitions(report: Report) -> TableDisplay:
    """Every definition with its part, its whole, and the years in which it has a value."""
    rows, records = [], []
    for definition in report.shown():
        row = report.definitions[definition]
        years = [y for y, s in report.shares[definition].items() if s.percent is not None]
        rows.append({
            "label": row["label"], "part": row["part"], "whole": row["whole"],
            "years": listing(year_spans(years), limit=20) or "none", "use": row["use"],
        })  # fmt: skip
        records.append({"definition": definition, **{k: row[k] for k in ("label", "part", "whole", "use", "quoted")},
                        "years": " ".join(map(str, years))})  # fmt: skip
    return TableDisplay(
        id="dependence_definitions", title=say("Every share: what is divided by what, and for which years"),
        columns=(
            Column("label", "Share"), Column("part", "Part"), Column("whole", "Whole"),
            Column("years", "Years with a value"), Column("use", "Use"),
        ),
        rows=tuple(rows), records=tuple(records),
    )  # fmt: skip


@in_notebooks
def shares(report: Report) -> TableDisplay:
    """Every share of every year with both amounts and, for a gap, the reason."""
    rows: list[dict[str, Any]] = []
    for definition in report.shown():
        for year, share in report.shares[definition].items():
            rows.append({
                "definition": definition, "year": year, "percent": share.percent, "low": share.low, "high": share.high,
                "part": share.part.value, "whole": share.whole.value, "unit": share.whole.unit, "reason": share.reason,
            })  # fmt: skip
    known = [r for r in rows if r["percent"] is not None]
    return TableDisplay(
        id="dependence_shares", title=say("Every share with its two amounts"),
        columns=(
            Column("definition", "Share"), Column("year", "Year", True), Column("part", "Part", True),
            Column("whole", "Whole", True), Column("unit", "Unit"), Column("percent", "Per cent", True),
        ),
        rows=tuple(
            {"definition": report.definitions[r["definition"]]["label"], "year": str(r["year"]),
             "part": number(r["part"]), "whole": number(r["whole"]), "unit": UNIT_LABELS.get(r["unit"], r["unit"]),
             "percent": FactText(percent(r["percent"], 1 if r["percent"] >= 1 else 2, False),
                                 report.fact(f"dependence.{r['definition']}.{r['year']}"))}
            for r in known
        ),
        records=tuple(rows), long=True,
        notes=(say("The file beside this table also holds each gap with its reason."),),
    )  # fmt: skip


@in_notebooks
def exposure(report: Report) -> TableDisplay:
    """What a stop of China's deliveries would take out of a few totals, in the last good year of each."""
    cut = report.parameters.cut_share
    asked, other = set(report.shown()), twin_not_asked_for(report.parameters)
    rows, records = [], []
    for chosen in report.catalogue.frame("dependence/what_if").to_dict("records"):
        definition = str(chosen["definition_id"])
        if definition not in asked or definition == other:
            continue
        for fact in report.facts.family(f"dependence.exposure.{definition}"):
            span = "" if fact.low is None or fact.high is None or fact.high - fact.low < 1 else (
                f" ({percent(fact.low, 0, False)} to {percent(fact.high, 0, False)})")  # fmt: skip
            rows.append({
                "whole": chosen["label"], "part": report.definitions[definition]["part"], "year": fact.period,
                "gone": FactText(shown(fact, sign=False) + span, fact),
            })  # fmt: skip
            records.append({"definition": definition, "year": int(fact.period), "cut_percent": cut,
                            "gone_percent": fact.value, "low": fact.low, "high": fact.high})  # fmt: skip
    return TableDisplay(
        id="dependence_exposure",
        title=say("What would be gone if China stopped {cut} of its deliveries and nobody replaced them",
                  cut=percent(cut, 0, sign=False)),
        columns=(Column("whole", "Out of"), Column("gone", "Gone", True), Column("year", "Year"),
                 Column("part", "What China delivers")),
        rows=tuple(rows), records=tuple(records),
        notes=(say("Arithmetic on the last good year of each: the border was open all year, and a record of grain "
                   "holds more than one crop. It is no forecast: it says nothing about whether China would stop, what "
                   "is stored, or who would step in."),),
    )  # fmt: skip


@in_notebooks
def replaced(report: Report) -> TableDisplay:
    """What past interruptions show: how China's part and all others moved, and how much others made up."""
    episodes = report.catalogue.frame("dependence/episodes").to_dict("records")
    other = twin_not_asked_for(report.parameters)
    rows, records = [], []
    for episode in episodes:
        span = f"{episode['from_year']}-{episode['to_year']}"
        for definition in report.shown():
            row = report.definitions[definition]
            china = report.find(f"dependence.china_change.{definition}.{span}")
            # Of a share with and without crude oil the table shows the one that the edition asks for.
            if china is None or definition == other:
                continue
            others = report.find(f"dependence.others_change.{definition}.{span}")
            made = report.find(f"dependence.replaced.{definition}.{span}")
            rows.append({
                "episode": f"{episode['label']}, {span.replace('-', ' to ')}", "whole": row["whole"],
                "china": shown(china), "others": shown(others),
                "made": shown(made) if made else "China's did not fall",
            })  # fmt: skip
            records.append({
                "episode": episode["episode_id"], "definition": definition, "from": int(episode["from_year"]),
                "to": int(episode["to_year"]), "china_change_percent": china.value,
                "others_change_percent": others.value if others else None,
                "replaced_percent": made.value if made else None,
            })  # fmt: skip
    return TableDisplay(
        id="dependence_replaced", title=say("What the past shows: how much of a fall others made up"),
        columns=(
            Column("episode", "Years"), Column("whole", "Whole"), Column("china", "China's part", True),
            Column("others", "All others", True), Column("made", "Made up by others", True),
        ),
        rows=tuple(rows), records=tuple(records),
        notes=(say("Made up by others: the rise of all others over the fall of China's part. Below zero the others "
                   "fell too. Yearly figures do not show an interruption of days, and they mix what was refused with "
                   "what was not bought."),),
    )  # fmt: skip


def _amount(fact: Fact | None) -> str:
    if fact is None or fact.value is None:
        return GAP
    return FactText(number(fact.value, min(fact.decimals, 0)), fact)
