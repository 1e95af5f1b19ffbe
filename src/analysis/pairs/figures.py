"""The charts that a report on another pair has of its own: shares, partners, and the two shares against each other."""

from __future__ import annotations

from matplotlib.figure import Figure

from .. import style
from ..captions import caveats, join, recency
from ..countries import possessive, upper_first
from ..dependence.amounts import Share
from ..display import Display, FigureDisplay, Sentence, say
from ..facts import Fact
from ..figures.dependence import known, lines_alt, lines_figure, nothing
from ..report import Report
from . import shares


def trade_shares(report: Report) -> Display:
    """The reporter's share of what the partner trades, imports and exports apart."""
    pair = report.parameters.pair
    ids = (shares.TRADE, shares.IMPORTS, shares.EXPORTS)
    fact = last(report, shares.TRADE) or last(report, shares.IMPORTS) or last(report, shares.EXPORTS)
    heading = f"{upper_first(possessive(pair.first))} share of what {pair.second} trades"
    title = say("{heading}", heading=heading)
    if fact:
        what = {shares.TRADE: "trade", shares.IMPORTS: "imports", shares.EXPORTS: "exports"}[fact.id.rpartition(".")[0]
                                                                    .removeprefix("dependence.")]  # fmt: skip
        title = say("In {f:period} {first} had {f} of {whose} {what}", f=fact, first=pair.first,
                    whose=possessive(pair.second), what=what)  # fmt: skip
    return _lines(report, "dependence_trade", ids, shares.TRADE, title, heading)


def food(report: Report) -> Display:
    """The reporter's share of the food that the partner buys."""
    return _goods(report, "dependence_food", shares.FOOD, "food")


def fuel(report: Report) -> Display:
    """The same of mineral fuels."""
    return _goods(report, "dependence_fuel", shares.FUEL, "mineral fuels")


def _goods(report: Report, id: str, definition: str, goods: str) -> Display:
    pair, fact = report.parameters.pair, last(report, definition)
    heading = f"{upper_first(possessive(pair.first))} share of the {goods} that {pair.second} buys"
    title = say("{heading}", heading=heading)
    if fact:
        title = say("In {f:period} {first} sold {second} {f} of the {goods} it bought", f=fact, first=pair.first,
                    second=pair.second, goods=goods)  # fmt: skip
    return _lines(report, id, (definition,), definition, title, heading)


def _lines(report: Report, id: str, ids: tuple[str, ...], lead: str, title: Sentence, heading: str) -> Display:
    return lines_figure(
        report, id, {name: report.shares[name] for name in ids}, lead, title=title, heading=heading,
        to_hundred=False,
        caption=say("By value in BACI. Part and whole are of one version. A pale bar spans the share with and without "
                    "doubtful partners."),
        notes=caveats(report),
    )  # fmt: skip


def partners(report: Report) -> Display:
    """Effective number of partners, and trade with all others."""
    p = report.parameters
    number, other = (_by_year(report, f"dependence.{kind}.baci") for kind in ("effective_partners", "other_partners"))
    if not number:
        return nothing(report, "Other partners")
    every = list(range(p.start_year, p.end_year + 1))

    def paint(figure: Figure, narrow: bool) -> None:
        top, bottom = figure.subplots(2, 1, sharex=True)
        for axes, facts, look in ((top, number, style.LINES[0]), (bottom, other, style.LINES[1])):
            axes.plot(every, [_value(facts.get(year)) for year in every], color=look[0], linestyle=look[1],
                      marker=look[2], markersize=3.4)  # fmt: skip
        top.set_title("Effective number of partners", color=style.MUTED, fontweight="normal")
        bottom.set_title(f"Trade with all but {p.pair.first}, million US dollars a year", color=style.MUTED,
                         fontweight="normal")  # fmt: skip
        style.money_axis(bottom)
        for axes in (top, bottom):
            axes.set_ylim(bottom=0)
        style.year_axis(bottom, p.start_year, p.end_year, narrow)

    wide, narrow = style.draw(paint, height=4.2, narrow_height=4.8)
    latest = number[max(number)]
    told = [
        say("{what}: {a} in {a:period}, {b} in {b:period}.", what=what, a=facts[min(facts)], b=facts[max(facts)])
        for what, facts in (("Effective number of partners", number), ("Trade with all others", other)) if facts
    ]
    return FigureDisplay(
        id="dependence_partners", svg=wide, narrow=narrow,
        title=say("In {n:period} the trade of {second} was as concentrated as with {n} equal partners", n=latest,
                  second=p.pair.second),
        alt=join(say("Two line charts by year."), *told),
        caption=say("The effective number is one over the sum of squared partner shares: how many partners of equal "
                    "size would be as concentrated."),
        records=tuple(
            {"year": year, "effective_partners": _none(number.get(year)),
             "other_partners_usd_million": _none(other.get(year))} for year in sorted({*number, *other})
        ),
        notes=(*caveats(report), recency(report, max(number))),
    )  # fmt: skip


def asymmetry(report: Report) -> Display:
    """Each side's share in the trade of the other, on scales of their own."""
    p, pair = report.parameters, report.parameters.pair
    up, down = report.shares[shares.TRADE], report.shares[shares.ASYMMETRY]
    if not known({"up": up}) or not known({"down": down}):
        return nothing(report, "The two shares")
    every = list(range(p.start_year, p.end_year + 1))

    def paint(figure: Figure, narrow: bool) -> None:
        top, bottom = figure.subplots(2, 1, sharex=True)
        for axes, share, look, a, b in (
            (top, up, style.LINES[0], pair.first, pair.second), (bottom, down, style.LINES[1], pair.second, pair.first),
        ):  # fmt: skip
            axes.plot(every, [_percent(share[year]) for year in every], color=look[0], linestyle=look[1],
                      marker=look[2])  # fmt: skip
            axes.set_title(f"{upper_first(possessive(a))} share of {possessive(b)} trade", color=style.MUTED,
                           fontweight="normal")  # fmt: skip
            axes.set_ylim(bottom=0)
            style.share_axis(axes)
        bottom.yaxis.set_major_formatter(lambda value, _: f"{value:.1f}%")
        style.year_axis(bottom, p.start_year, p.end_year, narrow)

    wide, narrow = style.draw(paint, height=3.6, narrow_height=4.0)
    both = [year for year in every if up[year].percent is not None and down[year].percent is not None]
    title = say("Each in the trade of the other")
    if both:
        title = say("In {b:period} {first} was {b} of {whose} trade, {second} {s} of {other}", first=pair.first,
                    b=report.fact(f"dependence.{shares.TRADE}.{both[-1]}"), whose=possessive(pair.second),
                    s=report.fact(f"dependence.{shares.ASYMMETRY}.{both[-1]}"), second=pair.second,
                    other=possessive(pair.first))  # fmt: skip
    return FigureDisplay(
        id="dependence_asymmetry", title=title, svg=wide, narrow=narrow,
        alt=lines_alt(report, {shares.TRADE: up, shares.ASYMMETRY: down}),
        caption=say("Exports plus imports, by value in BACI. The two charts have scales of their own."),
        records=tuple({"year": year, "reporter_in_partner_trade_percent": up[year].percent,
                       "partner_in_reporter_trade_percent": down[year].percent} for year in every),
        notes=(*caveats(report), recency(report, max(known({"u": up})["u"]))),
    )  # fmt: skip


def last(report: Report, definition: str) -> Fact | None:
    """The fact of the last year in which a definition has a value."""
    years = [year for year, share in report.shares[definition].items() if share.percent is not None]
    return report.find(f"dependence.{definition}.{max(years)}") if years else None


def _by_year(report: Report, family: str) -> dict[int, Fact]:
    return {int(fact.period): fact for fact in report.facts.family(family) if fact.value is not None}


def _value(fact: Fact | None) -> float:
    return float("nan") if fact is None or fact.value is None else fact.value


def _none(fact: Fact | None) -> float | None:
    return None if fact is None else fact.value


def _percent(share: Share) -> float:
    return float("nan") if share.percent is None else share.percent
