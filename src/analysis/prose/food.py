"""What moves China's share of the DPRK's food: doubtful shipments, flour, food aid, years without a record."""

from __future__ import annotations

from ..catalogue import Row
from ..dependence import food
from ..dependence.readings import known
from ..display import Prose, Sentence, say
from ..errors import listing
from ..facts import Fact
from ..report import Report
from ..showing import in_notebooks

QUANTITY = "cereal_imports.quantity"


@in_notebooks
def movers(report: Report) -> Prose:
    """What each known weakness of the record does to the share of recorded grain imports."""
    told = [
        sentence
        for part in (_doubtful, _rivals, _flour, _aid, _unrecorded, _alone, _calories)
        for sentence in (part(report),)
        if sentence is not None
    ]
    if not told:
        p = report.parameters
        return Prose((say("No exporter's record of grain for the DPRK is known from {a} to {b}.",
                          a=p.start_year, b=p.end_year),), "note")  # fmt: skip
    south = say(
        "What South Korea gave or lent is in no exporter's record, which makes China's share of recorded imports too "
        "high in the years of that aid."
    )
    return Prose((*told, south))


def _pairs(report: Report, definition: str) -> list[tuple[Fact, Fact]]:
    """The share under `definition` and that of recorded grain imports, for each year in which both are known."""
    found = [
        (report.find(f"dependence.{definition}.{year}"), report.find(f"dependence.{QUANTITY}.{year}"))
        for year in range(report.parameters.start_year, report.parameters.end_year + 1)
    ]
    return [(a, b) for a, b in found if a and b and a.value is not None and b.value is not None]


def _doubtful(report: Report) -> Sentence | None:
    """The doubtful shipment that moves the share most."""
    p = report.parameters
    moved: list[tuple[float, Fact, Fact, Row]] = []
    for row in food.doubtful_rows(report.catalogue, p.as_of):
        name = str(row["row_id"]).partition("-")[2].replace("-", "_")
        kept, dropped = (report.find(f"dependence.food_{w}_row.{name}.{row['year']}") for w in ("with", "without"))
        if kept and dropped and kept.value is not None and dropped.value is not None:
            moved.append((dropped.value - kept.value, kept, dropped, row))
    if not moved:
        return None
    _, kept, dropped, row = max(moved, key=lambda one: one[0])
    count = f"the largest effect of {len(moved)}" if len(moved) > 1 else "the only one that the rule finds"
    return say(
        "A doubtful shipment can turn the number round: in {k:period} China was {k} of the grain that exporters "
        "recorded, and {d} without the {crop} of {exporter}, {count}.", k=kept, d=dropped, crop=str(row["crop"]),
        exporter=str(row["exporter"]), count=count,
    )  # fmt: skip


def _rivals(report: Report) -> Sentence | None:
    """Where the two sources of China's sales of a crop differ most, and in how many years they differ at all."""
    pairs = [
        (report.fact(fact.id.replace("_customs.", "_fao.")), fact)
        for fact in report.facts.under("dependence.grain_from_china_customs")
    ]
    if not pairs:
        return None
    fao, customs = max(pairs, key=lambda pair: abs((pair[1].value or 0) - (pair[0].value or 0)))
    return say(
        "FAO's record and Chinese customs, as pages quote it, mostly agree on what China sold. They differ most on the "
        "{crop} of {f:period}: {f} by FAO, {c} by customs. Where both have a figure, shares carry the range between "
        "them.", crop=fao.id.split(".")[2], f=fao, c=customs,
    )  # fmt: skip


def _flour(report: Report) -> Sentence | None:
    found = _pairs(report, "cereal_imports.with_flour")
    if not found:
        return None
    more, plain = max(found, key=lambda pair: (pair[0].value or 0) - (pair[1].value or 0))
    return say(
        "Flour is in no exporter's record of grain: with Chinese flour on both sides the share of {m:period} is {m} "
        "instead of {p}; what other countries sold of it is not known.", m=more, p=plain,
    )  # fmt: skip


def _aid(report: Report) -> Sentence | None:
    """What the whole of FAO's balance does, and where that balance ends."""
    found = _pairs(report, "cereal_imports.with_aid")
    if not found:
        return None
    least, plain = found[-1]
    low, high = (pick(found, key=lambda pair: pair[0].value or 0)[0] for pick in (min, max))
    span = say("")
    if len(found) > 2:
        span = say(" It ran from {l} in {l:period} to {h} in {h:period}.", l=low, h=high)
    balances = known(report.catalogue, food.BALANCES, report.parameters.as_of)
    last = max(balances.years(crop="rice"), default=None)
    end = say("")
    if last is not None and last < report.parameters.end_year:
        end = say(" Later balances of FAO than that of {last} are imputed or do not say how rice is counted, and are "
                  "not used.", last=last)  # fmt: skip
    head = say(
        "Measured against all cereal imports in FAO's balance, food aid included, China's grain was {a} in {a:period}, "
        "not {p}; this is a lower bound, since the whole holds flour and the part does not.", a=least, p=plain,
    )  # fmt: skip
    return Sentence(head.template + span.template + end.template, {**head.refs, **span.refs, **end.refs})


def _unrecorded(report: Report) -> Sentence | None:
    """Years inside the record in which nobody recorded grain."""
    p = report.parameters
    years = known(report.catalogue, food.EXPORTS, p.as_of).years()
    empty = [
        str(year)
        for year in range(p.start_year, p.end_year + 1)
        if years and years[0] <= year <= years[-1] and report.shares[QUANTITY][year].percent is None
    ]
    if not empty:
        return None
    return say("For {years} no grain from China is on record: a closed border and a missing report look alike, so "
               "this is a gap and not zero.", years=listing(empty))  # fmt: skip


def _alone(report: Report) -> Sentence | None:
    """Years in which the record of grain holds one crop, so that its share is that crop's."""
    whole = {crop: report.shares[f"{crop}_imports.quantity"] for crop in food.CEREALS}
    single: dict[str, list[str]] = {}
    for year in report.shares[QUANTITY]:
        crops = [crop for crop, shares in whole.items() if shares[year].whole.value is not None]
        if len(crops) == 1 and report.shares[QUANTITY][year].percent is not None:
            single.setdefault(crops[0], []).append(str(year))
    if not single:
        return None
    told = "; ".join(f"of {listing(years)} holds {crop} alone" for crop, years in single.items())
    return say("The record of grain {told}: the share is that crop's, and says nothing of the others.", told=told)


def _calories(report: Report) -> Sentence | None:
    lowest = report.facts.family("dependence.food_calories.lowest")
    if not lowest:
        return None
    low = lowest[-1]
    high = report.fact(f"dependence.food_calories.highest.{low.period}")
    return say("Shares are by weight, as no sourced factor for calories is kept; by crop those of {l:period} run "
               "from {l} to {h}, and a share in calories lies between.", l=low, h=high)  # fmt: skip
