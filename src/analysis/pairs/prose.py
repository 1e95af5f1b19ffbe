"""The sentences of a report on another pair. Every number in them is a fact, as in `prose`."""

from __future__ import annotations

from ..captions import basis_label, caveats, usable_levels
from ..countries import possessive, upper_first
from ..display import Finding, Findings, Heading, Prose, Sentence, say
from ..formatting import day_text
from ..prose import trade
from ..prose.certainty import certainty
from ..prose.headings import filled
from ..report import Report
from . import shares
from .figures import last

# Headings of the notebooks that ask what another pair has no answer to, and what stands there instead.
HEADINGS = {
    "Trade and the turning points": "Trade over the years",
    "How much depends on whose record is read?": "What does the record cover?",
    "Which definition makes the claim true?": "What do the shares say?",
    "Which share answers which claim?": "What is divided by what?",
}


def heading(report: Report, text: str, level: int = 2) -> Heading:
    """As `prose.heading`, with the question that this pair can answer."""
    return filled(report, HEADINGS.get(text, text), level)


def scope(report: Report) -> Prose:
    """What the reader holds: the two, the span, the record."""
    p = report.parameters
    return Prose((
        say("Goods trade between {first} and {second} from {a} to {b}, as {basis} records it. {known}", a=p.start_year,
            b=p.end_year, first=p.pair.first, second=p.pair.second, basis=basis_label(report),
            known=f"Only what had been published by {day_text(p.as_of)} is used." if p.as_of else
            f"Data of {day_text(report.catalogue.data_date)}."),
        say("Of this pair the data package has yearly figures of one record alone: no months, no events and no claims. "
            "What would need them is left out, and named at the end of each part."),
    ))  # fmt: skip


def findings(report: Report) -> Findings:
    """The findings of the summary."""
    made = (
        trade.level(report) or one_way(report), trade_share(report), goods(report), weight(report),
        trade.long_run(report), trade.owed(report),
    )  # fmt: skip
    return Findings(tuple(one for one in made if one))


def one_way(report: Report) -> Finding | None:
    """The level of the one flow that is recorded, where the other is recorded in no year and there is no total."""
    pair, basis = report.parameters.pair, report.parameters.basis
    flows = {measure: usable_levels(report, measure, basis) for measure in ("exports", "imports")}
    known = [measure for measure, levels in flows.items() if levels]
    if len(known) != 1:
        return None
    measure, levels = known[0], flows[known[0]]
    high = max(levels, key=lambda fact: fact.value or 0)
    told = "{flow} were {f} in {f:period}"
    told += "." if high is levels[-1] else ", after a peak of {high} in {high:period}."
    other = pair.labels["imports" if measure == "exports" else "exports"]
    return Finding(
        say(told, flow=upper_first(pair.labels[measure]), f=levels[-1], high=high),
        say("BACI records nothing of {other} in any of these years, so there is no total: no trade and unknown trade "
            "look alike.", other=other),
        certainty(report, high, levels[-1]),
    )  # fmt: skip


def dependence(report: Report) -> Findings:
    """The findings of dependence."""
    return Findings(tuple(one for one in (trade_share(report), goods(report), weight(report)) if one))


def trade_share(report: Report) -> Finding | None:
    """The reporter's share of what the partner trades, in the last year and in the year of the highest share."""
    pair, fact = report.parameters.pair, last(report, shares.TRADE)
    if fact is None:
        return share_of_flow(report)
    family = [f for f in report.facts.family(f"dependence.{shares.TRADE}") if f.value is not None]
    high = max(family, key=lambda f: f.value or 0)
    told = "In {f:period} {first} had {f} of {whose} goods trade"
    told += ", its highest share." if high is fact else "; the highest share was {high} in {high:period}."
    headline = say(told, f=fact, high=high, first=pair.first, whose=possessive(pair.second))  # fmt: skip
    bought, sold = last(report, shares.IMPORTS), last(report, shares.EXPORTS)
    detail = say("")
    if bought and sold and bought.period == sold.period:
        detail = say("{first} sold {second} {b} of its imports and took {s} of its exports.",
                     first=upper_first(pair.first), second=pair.second, b=bought, s=sold)  # fmt: skip
    return Finding(headline, detail, certainty(report, fact))


def share_of_flow(report: Report) -> Finding | None:
    """The share of the one flow that is recorded, where there is none of both together."""
    pair, bought, sold = report.parameters.pair, last(report, shares.IMPORTS), last(report, shares.EXPORTS)
    if bought:
        headline = say("In {f:period} {first} sold {second} {f} of its imports.", f=bought, first=pair.first,
                       second=pair.second)  # fmt: skip
    elif sold:
        headline = say("In {f:period} {first} took {f} of {whose} exports.", f=sold, first=pair.first,
                       whose=possessive(pair.second))  # fmt: skip
    else:
        return None
    return Finding(headline, say("The share of trade in both directions is not known."),
                   certainty(report, *filter(None, (bought or sold,))))  # fmt: skip


def goods(report: Report) -> Finding | None:
    """The same of food and fuel."""
    pair = report.parameters.pair
    food, fuel = last(report, shares.FOOD), last(report, shares.FUEL)
    if food is None and fuel is None:
        return None
    if food is None or fuel is None:
        only, what = (food, "food") if food else (fuel, "mineral fuels")
        assert only is not None
        headline = say("{first} sold {second} {f} of the {what} it bought in {f:period}, by value.",
                       first=upper_first(pair.first), second=pair.second, f=only, what=what)  # fmt: skip
    else:
        told = "{first} sold {second} {food} of the food it bought in {food:period} and {fuel} of the mineral fuels"
        told += ", by value." if food.period == fuel.period else " in {fuel:period}, by value."
        headline = say(told, first=upper_first(pair.first), second=pair.second,
                       food=food, fuel=fuel)  # fmt: skip
    return Finding(headline, say("Shares by value say nothing about weight or about what is grown and mined at home."),
                   certainty(report, food, fuel))  # fmt: skip


def weight(report: Report) -> Finding | None:
    """How much each weighs in the trade of the other."""
    pair, up, down = report.parameters.pair, last(report, shares.TRADE), last(report, shares.ASYMMETRY)
    if up is None or down is None or up.period != down.period:
        return None
    return Finding(
        say("In {up:period} {first} was {up} of {whose} trade, {second} {down} of {other}.", up=up, down=down,
            first=pair.first, whose=possessive(pair.second), second=pair.second, other=possessive(pair.first)),
        say("Both shares are of exports plus imports."), certainty(report, up, down),
    )  # fmt: skip


def left_out(report: Report) -> Prose:
    """What no figure of this pair contains."""
    return Prose(caveats(report, "one-version"), "list")


def not_known(report: Report) -> Prose:
    """What these figures cannot say."""
    return Prose((*trade.years_without_total(report).sentences, *left_out(report).sentences, *_missing()), "list")


def missing(report: Report) -> Prose:
    """What the data package lacks of this pair."""
    return Prose(_missing(), "list")


def _missing() -> tuple[Sentence, ...]:
    return (
        say("Months and quarters, and with them every test of events: the files are yearly."),
        say("A second record beside BACI, such as the customs of either side, so no range between records is shown."),
        say("Shares by weight, of what is grown at home, or of all energy used."),
    )


def no_events(report: Report) -> Prose:
    """Why nothing is tested."""
    pair = report.parameters.pair
    return Prose((
        say("Nothing is tested here. The data package has no dated events of {first} and {second}, and no months of "
            "their trade in which an effect could be seen.", first=pair.first, second=pair.second),
        say("To study events one would need a catalogue of them, made before looking at the trade, and monthly figures "
            "of the pair. Yearly figures cannot tell an event from whatever else happened in its year."),
    ))  # fmt: skip


def no_claims(report: Report) -> Prose:
    """Why nothing is judged."""
    pair = report.parameters.pair
    return Prose((say("No claims about {first} and {second} are in the data package, so none is judged.",
                      first=pair.first, second=pair.second),))  # fmt: skip


def overview(report: Report) -> Prose:
    """How large the part of the data package is that this report stands on."""
    catalogue = report.catalogue
    rows = sum(len(catalogue.frame(name)) for name in catalogue.tables)
    return Prose((
        say("This report stands on {rows} rows in {tables} tables of the data package, brought up to {day}. Each table "
            "is checked against its hash before it is read; a changed or missing one is refused.",
            tables=len(catalogue.tables), rows=f"{rows:,}", day=day_text(catalogue.data_date)),
    ))  # fmt: skip


def mistakes(report: Report) -> Prose:
    """What a reader who finds an error can do."""
    return Prose((
        say("Each number in the text is a named fact. On the page its name shows when you point at it; the file "
            "facts.json has all of them."),
        say("Say which fact it is, add what “python -m analysis explain” prints for it, and say what went wrong: a "
            "figure misread, a wrong computation, or a sentence that says something else than its number."),
    ), "list")  # fmt: skip
