"""What moves China's share of the DPRK's fuel: crude oil that customs leaves out, other sellers, the place of oil."""

from __future__ import annotations

from ..dependence import fuel
from ..dependence.readings import known
from ..display import Prose, Reference, Sentence, Words, say
from ..facts import Fact
from ..report import Report
from ..showing import in_notebooks


@in_notebooks
def movers(report: Report) -> Prose:
    """What each known weakness of the record does to the share of fuel, and how much of all energy oil is."""
    told = [
        sentence
        for part in (_silence, _with_crude, _sellers, _notified, _capped, _crude_capped, _energy, _balance)
        for sentence in (part(report),)
        if sentence is not None
    ]
    if not told:
        p = report.parameters
        return Prose((say("No record of the DPRK's fuel is known from {a} to {b}.", a=p.start_year, b=p.end_year),),
                     "note")  # fmt: skip
    return Prose(tuple(told))


def _latest(report: Report, stem: str) -> Fact | None:
    """The last fact of a family that has a value."""
    return next((fact for fact in reversed(report.facts.family(stem)) if fact.value is not None), None)


def _silence(report: Report) -> Sentence | None:
    """Since when crude oil is not reported, and what stands in its place."""
    p = report.parameters
    silent = fuel.silent_from(known(report.catalogue, fuel.OIL, p.as_of))
    if silent is None or silent > p.end_year:
        return None
    before = _latest_before(report, silent)
    head = say("Chinese customs has not reported crude oil since January {silent}, while deliveries went on: the "
               "weight is not reported, not zero.", silent=silent)  # fmt: skip
    if before:
        head = _joined(head, say(" The last figure of customs is {b} in {b:period}.", b=before))
    estimate = _latest(report, "dependence.amount.china_crude")
    if estimate and estimate.status == "estimated":
        head = _joined(head, say(" KOTRA puts it at about {e} in {e:period}.", e=estimate))
    return head


def _latest_before(report: Report, year: int) -> Fact | None:
    """The last recorded weight of crude oil before `year`."""
    facts = report.facts.family("dependence.amount.china_crude_recorded")
    found = [fact for fact in facts if fact.value is not None and int(fact.period) < year]
    return found[-1] if found else None


def _with_crude(report: Report) -> Sentence | None:
    crude = _latest(report, "dependence.fuel_imports.hs27_with_crude")
    plain = report.find(f"dependence.fuel_imports.hs27_recorded.{crude.period}") if crude else None
    if crude is None or plain is None or plain.value is None:
        return None
    return say(
        "Of the fuel on record China sold {p} in {p:period}; with KOTRA's estimate of crude oil on both sides it is "
        "{c}. Record and estimate are not valued alike, so that share is an order of magnitude.", p=plain, c=crude,
    )  # fmt: skip


def _sellers(report: Report) -> Sentence | None:
    """What the sellers that are no neighbours do to the share."""
    plain = _latest(report, "dependence.fuel_imports.hs27_recorded")
    if plain is None or plain.low is None or plain.high is None:
        return None
    return say("Some sellers on that record are probably partners of South Korea under the wrong name: the share of "
               "{p:period} is {p:low} with all of them and {p:high} with Russia alone beside China.",
               p=plain)  # fmt: skip


def _notified(report: Report) -> Sentence | None:
    facts = [f for f in report.facts.family("dependence.refined_products.un_notified") if f.value is not None]
    if not facts:
        return None
    last, low = facts[-1], min(facts, key=lambda f: f.value or 0)
    head = say("Of the refined oil notified to the United Nations, which China and Russia did, China supplied {f} "
               "in {f:period}", f=last)  # fmt: skip
    if low.id != last.id:
        head = _joined(head, say(" and {low} in {low:period}", low=low))
    return _joined(head, say("; deliveries that nobody notified are not in it."))


def _capped(report: Report) -> Sentence | None:
    """Notified deliveries against the cap: the last whole year, and what is known since."""
    facts = [f for f in report.facts.family("dependence.refined_cap") if f.value is not None]
    if not facts:
        return None
    last = facts[-1]
    told = say("Deliveries of refined oil that were notified came to {n} in {f:period}, {f} of the yearly cap of "
               "{cap}.", f=last, n=report.fact(f"dependence.refined_notified.both.{last.period}"),
               cap=report.fact(f"dependence.amount.refined_cap.{last.period}"))  # fmt: skip
    later = [f for f in report.facts.family("dependence.refined_cap_at_least") if f.period > last.period]
    if later:
        told = _joined(told, say(" For {l:period} months are missing: {l} of the cap at the least.", l=later[0]))
    table = known(report.catalogue, fuel.REFINED, report.parameters.as_of)
    silent = [row for row in table.pick(supplier="Russia", status="unreported")
              if int(row["year"]) <= report.parameters.end_year]  # fmt: skip
    if silent:
        told = _joined(told, say(" {note}, so what it delivers since is not known.", note=str(silent[0]["note"])))
    return told


def _crude_capped(report: Report) -> Sentence | None:
    """KOTRA's estimate of crude oil against its cap."""
    facts = [f for f in report.facts.family("dependence.crude_cap") if f.value is not None]
    if not facts:
        return None
    return say("Crude oil has a cap of its own, {cap}: by KOTRA's estimate China delivered {f} of it in {f:period}, "
               "with a range of {f:low} to {f:high}.", f=facts[-1],
               cap=report.fact(f"dependence.amount.crude_cap.{facts[-1].period}"))  # fmt: skip


def _energy(report: Report) -> Sentence | None:
    chinese = _latest(report, "dependence.energy_use.chinese_oil")
    every = report.find(f"dependence.fuel_energy.all_oil.{chinese.period}") if chinese else None
    if chinese is None or every is None or every.value is None:
        return None
    told = say("Oil is a small part of the energy that the DPRK uses: all of it together was {e} in {e:period} "
               "({e:low} to {e:high}), and crude oil from China {c} ({c:low} to {c:high}), depending on who compiles "
               "the total.", e=every, c=chinese)  # fmt: skip
    by = {name: report.find(f"dependence.energy_by_compiler.{name}.{chinese.period}") for name in fuel.COMPILERS}
    found = {name: fact for name, fact in by.items() if fact}
    if len(found) > 1:
        items = [f"{{v_{name}}} by {{n_{name}}}" for name in found]
        refs: dict[str, Reference] = {f"v_{name}": fact for name, fact in found.items()}
        refs |= {f"n_{name}": Words(fuel.COMPILERS[name]) for name in found}
        told = _joined(told, say(" The share of Chinese crude oil is " + "; ".join(items) + ".", **refs))
    return told


def _balance(report: Report) -> Sentence | None:
    """What was sold of fuels against what was bought, crude oil added where an estimate is known."""
    told = say("")
    for position, sold in enumerate(report.facts.family("dependence.fuel_trade.sold")):
        bought = report.find(f"dependence.fuel_trade.bought.{sold.period}")
        crude = report.find(f"dependence.amount.china_crude_value.{sold.period}")
        if bought is None:
            continue
        names = {f"s{position}": sold, f"b{position}": bought}
        part = f"{{s{position}}} of mineral fuels in {{s{position}:period}} and bought {{b{position}}}"
        if crude and crude.value is not None:
            names[f"c{position}"] = crude
            part += f", to which KOTRA adds {{c{position}}} of crude oil"
        lead = "; it sold " if told.template else "The DPRK sells fuel too: it sold "
        told = _joined(told, say(lead + part, **names))
    return _joined(told, say(".")) if told.template else None


def _joined(first: Sentence, second: Sentence) -> Sentence:
    return Sentence(first.template + second.template, {**first.refs, **second.refs})
