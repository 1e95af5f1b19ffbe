"""The sentences on what is traded."""

from __future__ import annotations

from ..captions import join
from ..display import Prose, Sentence, say
from ..facts import Fact
from ..figures.products import nothing
from ..report import Report
from ..showing import in_notebooks
from ..trade.product_facts import fact_id, figures_of
from ..trade.products import BOUGHT, SOLD, VALUE, Figure, by_year


@in_notebooks
def traded(report: Report) -> Prose:
    """What North Korea sells and buys, before and after the bans, and what stays unknown."""
    told = [sentence for sentence in (_coal(report), _sold(report), _bought(report)) if sentence]
    return Prose(tuple(told)) if told else nothing(report)


def _coal(report: Report) -> Sentence | None:
    """The year in which customs gives coal the largest value, with its share and weight, and the last year."""
    values = _years(report, "value", "imports", "customs", ("coal", "anthracite"))
    if not values:
        return None
    most = max(values, key=lambda fact: fact.value or 0)
    last = values[-1]
    share = report.find(most.id.replace(".value.", ".share."))
    weight = report.find(most.id.replace(".value.", ".quantity."))
    good = "anthracite, a hard coal," if ".anthracite." in most.id else "coal"
    refs: dict[str, Fact | str] = {"most": most, "good": good}
    told = "China's largest purchases of North Korean coal in the figures found were those of {most:period}: "
    if weight:
        told, refs["weight"] = told + "{weight} of {good} for {most}", weight
    else:
        told += "{good} for {most}"
    if share:
        told, refs["share"] = told + ", {share} of all that it bought from North Korea", share
    sentence = say(told + ".", **refs)
    if last is most:
        return sentence
    fall = say("In {last:period} China bought coal for {last}.", last=last)
    return join(sentence, fall)


def _sold(report: Report) -> Sentence | None:
    """The largest good in the last year with shares, and what it replaced."""
    shares = _shares(report, SOLD, "dprk_exports")
    if not shares:
        return None
    last_year = max(fact.period for _, fact in shares)
    name, last = max((pair for pair in shares if pair[1].period == last_year), key=lambda pair: pair[1].value or 0)
    before = [pair for pair in shares if pair[1].period == "2016"]
    now = say("By KOTRA, {name} made up {last} of what North Korea sold abroad in {last:period}.", last=last,
              name=name.lower())  # fmt: skip
    if len(before) < 2 or last_year <= "2016":
        return now
    (one, first), (other, second) = sorted(before, key=lambda pair: -(pair[1].value or 0))[:2]
    return say(
        "By KOTRA, {one} made up {first} and {other} {second} of what North Korea sold abroad in {first:period}, the "
        "last year before the bans. In {last:period} {name} made up {last}.",
        first=first, second=second, one=one.lower(), other=other.lower(), name=name.lower(), last=last,
    )  # fmt: skip


def _bought(report: Report) -> Sentence | None:
    """Fuel in the last year, and the largest other goods in the last year in which KOTRA's figures were found."""
    goods = by_year(figures_of(report), BOUGHT, "dprk_imports", "kotra")
    known = [(name, fact) for name, row in goods.items() if (fact := _fact(report, list(row.values())[-1]))]
    if not known:
        return None
    last = dict(known)
    fuel = next(iter(BOUGHT))
    others = sorted((pair for pair in known if pair[0] != fuel), key=lambda pair: -(pair[1].value or 0))[:3]
    parts = []
    if fuel in last:
        parts.append(say("North Korea's imports of crude oil and fuels were {fuel} in {fuel:period}.", fuel=last[fuel]))
    if others:
        listed = ", ".join(f"{name.lower()} {{v{n}}} ({{v{n}:period}})" for n, (name, _) in enumerate(others))
        parts.append(say(f"Of other goods the latest figures found are {listed}.",
                         **{f"v{n}": fact for n, (_, fact) in enumerate(others)}))  # fmt: skip
    return join(*parts)


def _fact(report: Report, figure: Figure) -> Fact | None:
    return report.find(fact_id("value", figure))


def _years(report: Report, kind: str, flow: str, source: str, products: tuple[str, ...]) -> list[Fact]:
    """The yearly facts of products, in order of year."""
    facts = [fact for product in products for fact in report.facts.family(f"products.{kind}.{product}.{flow}.{source}")]
    return sorted((fact for fact in facts if fact.period.isdigit()), key=lambda fact: fact.period)


def _shares(report: Report, goods: dict[str, tuple[str, ...]], measure: str) -> list[tuple[str, Fact]]:
    """Shares of all goods by name of the good, of every year with one."""
    rows = by_year(figures_of(report), goods, measure, "kotra")
    return [
        (name, share)
        for name, row in rows.items() for figure in row.values()
        if figure.unit == VALUE and (share := report.find(fact_id("share", figure)))
    ]  # fmt: skip
