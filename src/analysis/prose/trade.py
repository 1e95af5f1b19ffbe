"""The sentences of trade growth."""

from __future__ import annotations

from ..captions import basis_label, caveats, join, usable_levels
from ..countries import possessive, upper_first
from ..display import Finding, Findings, Prose, Sentence, say
from ..errors import listing
from ..facts import Fact
from ..figures.bases import sign_years
from ..formatting import MONTHS
from ..report import Report
from ..showing import in_notebooks
from ..tables.annual import published_growth, range_shows
from ..trade import MEASURES, periods, phases, prices
from .certainty import RULE, certainty

# Above this a rise is told as a multiple.
LARGE = 300.0


def findings(report: Report) -> Findings:
    """The findings of the topic, the most important first."""
    made = (level(report), fall(report), long_run(report), owed(report), records(report))
    return Findings(tuple(finding for finding in made if finding))


@in_notebooks
def certainty_rule(report: Report) -> Prose:
    return Prose((say("{rule}", rule=RULE),), "note")


# ---------------------------------------------------------------------------------- the findings


def level(report: Report) -> Finding | None:
    """Peak, last value and the distance between them."""
    basis = report.parameters.basis
    totals = usable_levels(report, "total", basis)
    if not totals:
        return None
    peak, last = max(totals, key=_value), totals[-1]
    distance = report.find(f"trade.from_peak.{basis}.{last.period}")
    if peak is last or distance is None:
        headline = say("By {record} trade was highest in {last:period}, the last usable year: {last}.",
                       record=basis_label(report), last=last)  # fmt: skip
    else:
        headline = say(
            "By {record} trade peaked at {peak} in {peak:period}. In {last:period} it was {last}, {distance:abs} lower"
            + (", crude oil no longer on the record." if _oil_between(report, peak, last) else "."),
            record=basis_label(report), peak=peak, last=last, distance=distance,
        )  # fmt: skip
    return Finding(headline, _split(report, last.period), certainty(report, peak, last))


def _oil_between(report: Report, peak: Fact, last: Fact) -> bool:
    """Whether crude oil left the leading record between the two years."""
    rows = report.catalogue.frame("caveats").set_index("caveat_id")
    if "crude-unreported" not in rows.index:  # nothing to another pair
        return False
    caveat = rows.loc["crude-unreported"]
    silent = int(caveat["from_year"])
    return report.parameters.basis in caveat["applies_to"].split() and int(peak.period) < silent <= int(last.period)


def fall(report: Report) -> Finding | None:
    """What happened in the phases of sanctions, closure and reopening."""
    basis = report.parameters.basis
    opened = phases.openers(phases.turning_points(report.catalogue.frame("events")))
    found = {point.kind: report.find(f"trade.phase_change.{basis}.{point.kind}") for point in opened}
    known = [(key, fact) for key, fact in found.items() if fact]
    if not known:
        return None
    told = "; it ".join(f"{_moved(key, fact)} {phases.KINDS[key].during} ({{{key}:period}})" for key, fact in known)
    headline = say(f"Trade {told}.", **dict(known))
    flows = [report.find(f"trade.phase_change_{flow}.{basis}.{known[0][0]}") for flow in ("imports", "exports")]
    detail = say("Growth within a phase runs from the year before it to its last usable year.")
    if flows[0] and flows[1]:
        name = phases.KINDS[known[0][0]].noun
        detail = join(
            say(f"Over the years of {{name}} China's purchases {_moved('bought', flows[0])}, its sales "
                f"{_moved('sold', flows[1])}.", name=name, bought=flows[0], sold=flows[1]),
            say("These are the years of the events, not proof of their effect."),
        )  # fmt: skip
    return Finding(headline, detail, certainty(report, *(fact for _, fact in known)))


def long_run(report: Report) -> Finding | None:
    """Compound growth between the first and last usable years, in current and constant dollars."""
    p = report.parameters
    nominal = next(iter(report.facts.family(f"trade.cagr.{p.basis}")), None)
    if nominal is None:
        return None
    real = next(iter(report.facts.family(f"trade.cagr_real.{p.basis}")), None)
    moved = "grew" if _value(nominal) >= 0 else "fell"
    headline = say(f"Trade {moved} {{nominal:abs}} a year on average {{nominal:when}}.", nominal=nominal)
    if real:
        detail = say(
            "In constant dollars it was {real} a year ({real:period}). An average between two end years says nothing "
            "about the years between them; the peak and the troughs are in the chart.", real=real,
        )  # fmt: skip
    else:
        detail = say("No rate in constant dollars: the price index does not reach the end years.")
    return Finding(headline, detail, certainty(report, nominal))


def owed(report: Report) -> Finding | None:
    """The cumulated balance, and how far the partner pays by goods."""
    basis, pair = report.parameters.basis, report.parameters.pair
    first, owner, second = upper_first(pair.first), upper_first(possessive(pair.first)), pair.second
    total = next(iter(report.facts.family(f"trade.cumulated_balance.{basis}")), None)
    cover = report.facts.family(f"trade.cover_ratio.{basis}")
    if total is None or not cover:
        return None
    best, last = max(cover, key=_value), cover[-1]
    if _value(total) >= 0:
        told = "{first} sold {second} {total} more than it bought there {total:when}."
    else:
        told = "{first} bought {total:abs} more from {second} than it sold there {total:when}."
    headline = say(told, total=total, first=first, second=second)
    told = "{owner} purchases paid for {last:plain} of its sales in {last:period}, "
    told += "the best year. " if last is best else "against {best:plain} in {best:period}, the best year. "
    detail = say(told + "How the rest was paid is not in the trade record.", last=last, best=best, owner=owner)
    return Finding(headline, detail, certainty(report, total))


def records(report: Report) -> Finding | None:
    """How much the answer depends on whose record is read."""
    ranges = report.facts.family("trade.growth_range.all_bases")
    if not ranges:
        return None
    years = sign_years(report)
    widest = max(ranges, key=_value)
    if years:
        first, second = _opposed(report, years[0])
        headline = join(
            say("In {years} even the sign of growth depends on the record.", years=listing(years)),
            say("For {first:period} {one} shows {first}, {other} {second}.", first=first, second=second,
                one=basis_label(report, _basis(first)), other=basis_label(report, _basis(second))),
        )  # fmt: skip
    else:
        headline = say("The record that is read does not change the sign of growth in any year shown.")
    detail = join(
        say("The widest range is {widest:low} to {widest:high}, in {widest:period}.", widest=widest),
        *caveats(report, "crude-estimate", bases=report.catalogue.bases),
    )
    return Finding(headline, detail, certainty(report, *ranges))


# ------------------------------------------------------------------------------------ paragraphs


@in_notebooks
def composition(report: Report) -> Prose:
    """Which way the trade goes."""
    totals = usable_levels(report, "total", report.parameters.basis)
    if not totals:
        return _gap(report, "yearly total")
    years = dict.fromkeys([max(totals, key=_value).period, totals[-1].period])
    return Prose(tuple(_split(report, year) for year in years))


@in_notebooks
def missing_years(report: Report) -> Prose:
    """Which years have no usable total, and what that forbids."""
    return years_without_total(report)


def years_without_total(report: Report) -> Prose:
    """The same, for the summary."""
    frame = report.cells()
    total = frame.xs("total", level="measure")
    unfit = [str(y) for y in total.index[total["value"].notna() & ~total["fit"]]]
    absent = [str(y) for y in total.index[total["value"].isna()]]
    sentences = []
    if absent:
        sentences.append(say("No total is known for {years}.", years=listing(absent, limit=20)))
    if unfit:
        sentences.append(say("The total of {years} is known only approximately. It is drawn as a cross and enters no "
                             "growth rate, no average and no peak.", years=listing(unfit, limit=20)))  # fmt: skip
    for year in unfit:
        theirs = report.find(f"trade.printed_growth.gacc.{int(year) + 1}")
        ours = report.find(f"trade.growth.{report.parameters.basis}.{int(year) + 1}")
        if ours is None and theirs is not None and report.parameters.basis == "customs":
            sentences.append(say(
                "For {theirs:period} we state no growth, because the figure for the year before is too approximate; "
                "Chinese customs published {theirs}.", theirs=theirs,
            ))  # fmt: skip
    if not sentences:
        sentences.append(say("Every year asked for has a usable total."))
    return Prose((join(*sentences),))


@in_notebooks
def extremes(report: Report) -> Prose:
    """The years of strongest growth and deepest fall, and what rounding leaves open."""
    rates = report.facts.family(f"trade.growth.{report.parameters.basis}")
    if not rates:
        return _gap(report, "growth rate")
    high, low = max(rates, key=_value), min(rates, key=_value)
    rises = sum(_value(rate) > 0 for rate in rates)
    return Prose((
        say("Of {n} years with a growth rate {up} show a rise.", n=len(rates), up=rises),
        say("The strongest was {high:period} with {high}, the weakest {low:period} with {low}.", high=high, low=low),
        *(_latest(rate) for rate in rates[-2:]),
        *_as_published(report),
    ))  # fmt: skip


def _latest(rate: Fact) -> Sentence:
    """Growth of one year, with the range that rounding and published rates leave."""
    ends = " (range {rate:low} to {rate:high})" if range_shows(rate) else ""
    return say(f"In {{rate:period}} trade {_moved('rate', rate)}{ends}.", rate=rate)


def _as_published(report: Report) -> list[Sentence]:
    """The year in which growth as a compiler published it differs most from ours, on the main source."""
    known = [
        (abs(_value(theirs) - _value(ours)), ours, theirs)
        for ours in report.facts.family(f"trade.growth.{report.parameters.basis}")
        for theirs in published_growth(report, int(ours.period))
        if set(theirs.rows) <= set(ours.rows)
    ]
    if not known:
        return []
    _, ours, theirs = max(known, key=lambda found: found[0])
    return [say(
        "Growth as its compiler published it differs from ours most for {ours:period}: {theirs} published, {ours} from "
        "two years of one compiler. The table shows both, and the range takes in both.", ours=ours, theirs=theirs,
    )]  # fmt: skip


@in_notebooks
def dollars_rule(report: Report) -> Prose:
    """How constant dollars are made, and what happens to the month that was never published."""
    p, missing = report.parameters, prices.missing_months(report.catalogue)
    parts = [say(
        "Constant dollars are dollars of {base}: each value times the US consumer price index of {base}, divided by "
        "that of its own year. A year's index is the mean of the months that were published, at least {least} of "
        "them.",
        base=p.base_year, least=prices.MONTHS_NEEDED,
    )]  # fmt: skip
    if missing:
        names = listing(f"{MONTHS[int(month[5:]) - 1]} {month[:4]}" for month in missing)
        parts.append(say("Never published: {months}.", months=names))
    return Prose((join(*parts),))


@in_notebooks
def why_bases_differ(report: Report) -> Prose:
    """What each basis covers and leaves out."""
    rows = report.catalogue.frame("trade/bases").to_dict("records")
    return Prose(tuple(
        say("{label}. {covers}. Left out: {out}.", label=row["long_label"], covers=row["covers"],
            out=row["leaves_out"][0].lower() + row["leaves_out"][1:])
        for row in rows
    ), "list")  # fmt: skip


@in_notebooks
def splice(report: Report) -> Prose:
    """How many cells of the series are printed by customs, derived, from elsewhere, unfit."""
    basis, p = report.parameters.basis, report.parameters
    counts = {
        name: report.find(f"trade.cells_{name}.{basis}.{p.start_year}-{p.end_year}")
        for name in ("all", "customs", "derived", "elsewhere", "unfit")
    }
    known = {f"n_{name}": fact for name, fact in counts.items() if fact}
    text = (
        "Of the {n_all} cells of the series {n_customs} are printed by customs or read from it, {n_derived} are "
        "derived by arithmetic on printed figures, {n_elsewhere} are printed elsewhere and {n_unfit} are unfit for "
        "growth."
    )
    notes = caveats(report, "spliced", "vintages", "totals-as-printed")
    return Prose((join(say(text, **known), *notes),))


@in_notebooks
def months_rule(report: Report) -> Prose:
    """How many months are known and which may be compared."""
    p = report.parameters
    counts = {m: report.find(f"trade.months_known_{m}.customs.{p.start_year}-{p.end_year}") for m in MEASURES}
    usable = periods.month_growth(report.months).notna().sum()
    known: dict[str, Fact | str] = {m: fact or "none" for m, fact in counts.items()}
    return Prose((
        say("Exports are known for {exports} months, imports for {imports}, the total for {total}. No publisher prints "
            "them all; most were read one by one on news pages that quote customs.", **known),
        say("A month is set against the same month a year before only where both may be read by month and have grade A "
            "or B: {e} months of exports, {i} of imports.", e=int(usable["exports"]), i=int(usable["imports"])),
    ))  # fmt: skip


@in_notebooks
def left_out(report: Report) -> Prose:
    """What no figure of this part contains."""
    ids = ("outside", "crude-unreported", "crude-estimate", "fob-cif", "news-read", "small-numbers")
    return Prose(caveats(report, *ids), "list")


@in_notebooks
def splice_reasons(report: Report) -> Prose:
    """The order in which prints are preferred, from the most to the least preferred."""
    return Prose((
        say("Chinese customs as printed comes first; then the Korea International Trade Association, which copies "
            "customs; then KOTRA's reprint from the years before it added crude oil, where its parts add up; then UN "
            "Comtrade."),
        say("Where none of them prints a flow it is derived: the total less the other flow, or the figure of the next "
            "year with its printed growth undone."),
        say("Two records are never joined inside a growth rate unless the table of cells says so by name."),
    ), "list")  # fmt: skip


def _split(report: Report, year: str) -> Sentence:
    basis = report.parameters.basis
    exports, imports = (report.find(f"trade.{m}.{basis}.{year}") for m in ("exports", "imports"))
    if exports is None or imports is None:
        return say("How the total of {year} splits into exports and imports is not known on this basis.", year=year)
    cover = report.find(f"trade.cover_ratio.{basis}.{year}")
    pair = report.parameters.pair
    sentence = say("In {exports:period} {first} sold {exports} to {second} and bought {imports} there.",
                   exports=exports, imports=imports, first=pair.first, second=pair.second)  # fmt: skip
    return join(sentence, say("Purchases paid for {cover:plain} of sales.", cover=cover)) if cover else sentence


def _opposed(report: Report, year: str) -> tuple[Fact, Fact]:
    """Growth of `year` on the leading basis, or the lowest, and the rate of another basis furthest from it."""
    rates = [report.find(f"trade.growth.{basis}.{year}") for basis in report.catalogue.bases]
    known = sorted((rate for rate in rates if rate), key=_value)
    ours = report.find(f"trade.growth.{report.parameters.basis}.{year}") or known[0]
    return ours, max(known, key=lambda rate: abs(_value(rate) - _value(ours)))


def _basis(fact: Fact) -> str:
    return fact.id.split(".")[2]


def _moved(name: str, fact: Fact) -> str:
    """`fell {name:abs}`, `rose {name:abs}`, or a multiple where a percentage would be too large to read."""
    if _value(fact) < 0:
        return f"fell {{{name}:abs}}"
    return f"rose to {{{name}:fold}} its size" if _value(fact) > LARGE else f"rose {{{name}:abs}}"


def _value(fact: Fact) -> float:
    return fact.value if fact.value is not None else float("nan")


def _gap(report: Report, what: str) -> Prose:
    p = report.parameters
    return Prose((say("No {what} is usable on the basis {basis} from {a} to {b}.", what=what,
                      basis=basis_label(report), a=p.start_year, b=p.end_year),), "note")  # fmt: skip

