"""The sentences of dependence. A share always stands with its year and with what it is a share of."""

from __future__ import annotations

from .. import quoted
from ..captions import caveats, deficit_sum, join
from ..dependence import matrix as rules
from ..dependence.shares import leading, twin_not_asked_for
from ..dependence.whatif import good_year
from ..display import Finding, Findings, Prose, Sentence, say
from ..facts import Fact
from ..figures.dependence import last_fact
from ..formatting import number
from ..report import Report
from ..showing import in_notebooks
from ..trade.phases import closed_years
from .certainty import certainty


@in_notebooks
def findings(report: Report) -> Findings:
    """The findings of the topic, the most important first."""
    claims = {c.claim_id: c for c in rules.claims(report.catalogue)}
    made = (tried(report, claims["trade-70"]), tried(report, claims["food-70"]), tried(report, claims["fuel-70-80"]),
            uneven(report))  # fmt: skip
    return Findings(tuple(finding for finding in made if finding))


def chief(report: Report) -> tuple[Finding, ...]:
    """The findings that the summary takes over: trade, and food with fuel."""
    claims = {c.claim_id: c for c in rules.claims(report.catalogue)}
    made = (tried(report, claims["trade-70"]), food_and_fuel(report))
    return tuple(finding for finding in made if finding)


# ---------------------------------------------------------------------------------- the findings


def tried(report: Report, claim: rules.Claim) -> Finding | None:
    """What a claim comes to at the dates at which it was said, the last date first; None without any share."""
    dates = [answers for answers in quoted.by_date(report, claim) if quoted.known(answers)]
    if not dates:
        return None
    subject = f"That {clause(claim)}"
    headline = quoted.answer_sentence(report, subject, dates[-1])
    detail = [quoted.answer_sentence(report, "The figure", answers) for answers in reversed(dates[:-1])]
    last = latest(report, claim)
    if last:
        detail.append(say("In {last:period}, the last year with an open border for which a figure is known, it was "
                          "{last} for {name}.", name=label_of(report, last), last=last))  # fmt: skip
    shown = [fact for answers in dates for fact in quoted.facts_of(report, answers)]
    return Finding(headline, join(*detail), certainty(report, *shown, last))


def food_and_fuel(report: Report) -> Finding | None:
    """What the two other quoted shares come to: of imports much, of all that is eaten or burnt little."""
    pairs = (
        ("cereal_imports.quantity", "cereal_supply.production_plus_imports"),
        ("oil_use.approximated", "energy_use.chinese_oil"),
    )
    both = [_pairs_of(report, *pair) for pair in pairs]
    # One year for all, if there is one; else the last of each.
    common = set(both[0]) & set(both[1])
    found = [known[max(common or known)] for known in both if known]
    if not found:
        return None
    words = {
        "cereal_imports.quantity": "China was {a} of the DPRK's recorded grain imports, but {b} of its grain supply",
        "oil_use.approximated": "Chinese crude oil was {a} of the oil it used, but {b:low} to {b:high} of all energy",
    }
    if common:
        (a, b), (c, d) = found
        oil = words["oil_use.approximated"].replace("{a}", "{c}").replace("{b:", "{d:")
        headline = say("In {a:period} " + words["cereal_imports.quantity"] + "; " + oil + ".", a=a, b=b, c=c, d=d)
    else:
        headline = join(*(say("In {a:period} " + words[definition_of(a)] + ".", a=a, b=b) for a, b in found))
    detail = []
    for claim in rules.claims(report.catalogue):
        if claim.claim_id in ("food-70", "fuel-70-80") and (finding := tried(report, claim)):
            detail.append(finding.headline)
    return Finding(headline, join(*detail), certainty(report, *(f for pair in found for f in pair)))


def _pairs_of(report: Report, one: str, other: str) -> dict[int, tuple[Fact, Fact]]:
    """The facts of two definitions by year, where both have a value."""
    found = {int(fact.period): (fact, report.find(f"dependence.{other}.{fact.period}")) for fact in values(report, one)}
    return {year: (a, b) for year, (a, b) in found.items() if b and b.value is not None}


def uneven(report: Report) -> Finding | None:
    """What the two sides are to each other, in the last year in which both shares are known."""
    lead = leading(report.parameters, "trade")
    small = last_fact(report, "asymmetry.dprk_in_china_trade")
    big = report.find(f"dependence.{lead}.{small.period}") if small else None
    if small is None or big is None or big.value is None:
        return None
    return Finding(
        say("In {s:period} China was {b} of the DPRK's trade, and the DPRK {s} of China's.", s=small, b=big),
        deficit_sentence(report), certainty(report, small, big),
    )  # fmt: skip


# ------------------------------------------------------------------------------------ paragraphs


@in_notebooks
def claim(report: Report, claim_id: str = "trade-70") -> Prose:
    """What a claim comes to at each date at which it was said, and what a careful writer may say."""
    one = next(c for c in rules.claims(report.catalogue) if c.claim_id == claim_id)
    told = quoted.paragraph(report, one, "It")
    whole = "what it is a share of is not stated" if one.whole == "not stated" else f"meant is a share of {one.whole}"
    head = say("The claim: {who}; {whole}.", who=clause(one), whole=whole)
    last = latest(report, one)
    if told is None and last is None:
        return Prose((say("No definition of {what} has data from {a} to {b}.", what=one.topic,
                          a=report.parameters.start_year, b=report.parameters.end_year),), "note")  # fmt: skip
    if told is None:
        told = say("No share is known for the years that it can mean.")
    return Prose((join(head, told), *careful(report, one)))


def careful(report: Report, claim: rules.Claim) -> list[Sentence]:
    """What a careful writer says in place of the figure: a share of the last date, else the latest, with its total."""
    dates = [quoted.known(answers) for answers in quoted.by_date(report, claim) if quoted.known(answers)]
    facts = [report.fact(f"dependence.{a.definition}.{max(a.marks)}") for a in dates[-1]] if dates else []
    example = facts[0] if facts else latest(report, claim)
    if example is None:
        return []
    row = report.definitions[definition_of(example)]
    told = say("A careful writer names the year and the total, for example: {e} in {e:period}, which is {part}, over "
               "{whole}.", e=example, part=lower(row["part"]), whole=lower(row["whole"]))  # fmt: skip
    # The same year under the definition that lies farthest off shows how much hangs on the total.
    same = [fact for fact in facts if fact.period == example.period]
    other = max(same, key=lambda fact: abs((fact.value or 0) - (example.value or 0)), default=example)
    if other.id != example.id:
        told = join(told, say("In the same year it was {other} over {whole}.", other=other,
                              whole=lower(report.definitions[definition_of(other)]["whole"])))  # fmt: skip
    return [told]


@in_notebooks
def trade(report: Report) -> Prose:
    """How the share of trade moved, and what inter-Korean trade and the crude oil estimate do to it."""
    lead = leading(report.parameters, "trade")
    facts = values(report, lead)
    if not facts:
        return gap(report, "share of trade")
    first, last = facts[0], facts[-1]
    name = str(report.definitions[lead]["label"])
    if first.id == last.id:
        told = [say("{name}: China's share was {b} in {b:period}.", name=name, b=last)]
    else:
        told = [say("{name}: China's share went from {a} in {a:period} to {b} in {b:period}.", name=name, a=first,
                    b=last)]  # fmt: skip
    pairs = [(report.find(f"dependence.trade_share.kotra.{f.period}"), f)
             for f in values(report, "trade_share.with_inter_korean")]  # fmt: skip
    both = [(a, b) for a, b in pairs if a and a.value is not None]
    if both:
        a, b = max(both, key=lambda p: (p[0].value or 0) - (p[1].value or 0))
        told.append(say("Counting trade between the two Koreas matters most in {a:period}: {a} without it, {b} with "
                        "it. Whether the South is a foreign partner is a question of law, not of data.", a=a,
                        b=b))  # fmt: skip
    oil = [(report.find(f"dependence.trade_share.kotra.{f.period}"), f)
           for f in values(report, "trade_share.kotra_without_crude")]  # fmt: skip
    moved = [(a, b) for a, b in oil if a and a.value is not None and b.value != a.value]
    if moved:
        a, b = max(moved, key=lambda p: (p[0].value or 0) - (p[1].value or 0))
        told.append(say("In the years for which it was found the crude oil estimate matters little: at most {a} with "
                        "it and {b} without, in {a:period}.", a=a, b=b))  # fmt: skip
    return Prose((join(*told),))


@in_notebooks
def printed(report: Report) -> Prose:
    """How far computed shares lie from those that KOTRA published itself."""
    differences = []
    for fact in report.facts.family("dependence.printed_share.kotra"):
        ours = report.find(f"dependence.trade_share.kotra.{fact.period}")
        if ours and ours.value is not None and fact.value is not None and "misprint" not in fact.formula:
            differences.append((abs(ours.value - fact.value), fact))
    if not differences:
        return Prose((say("KOTRA published no share of its own in these years that was found."),), "note")
    largest, published = max(differences, key=lambda pair: pair[0])
    return Prose((
        say("KOTRA published a share of its own for {n} of these years. Ours differs by {points} percentage points at "
            "most, in {published:period}, when KOTRA published {published}.", n=len(differences),
            points=number(largest, 1), published=published),
    ))  # fmt: skip


@in_notebooks
def others(report: Report) -> Prose:
    """Who else trades with the DPRK, and what the confusion of the two Koreas does."""
    most = report.facts.family("dependence.effective_partners.kotra_most")
    told = []
    if most:
        told.append(say("KOTRA's list of partners is not open, but its shares bound it: in {a:period} the DPRK had at "
                        "least {a:low} and at most {a} effective partners, in {b:period} at most {b}.",
                        a=most[0], b=most[-1]))  # fmt: skip
    found = [f for f in report.facts.family("dependence.doubtful_partners.oec") if f.value]
    if found:
        year = max(found, key=lambda f: (f.value or 0, f.period)).period
        names = ("trade_share.oec", "trade_share.oec_without_doubtful", "trade_share.kotra")
        a, b, c = (report.find(f"dependence.{name}.{year}") for name in names)
        if a and b and c and c.value is not None:
            told.append(say("Records of partners give another picture, because many of them booked trade with the "
                            "South under the North. In {a:period} they put China's share at {a}, without the "
                            "partners that the rule finds doubtful at {b}; KOTRA has {c}.", a=a, b=b, c=c))  # fmt: skip
    if not told:
        return gap(report, "record of partners")
    chosen = {"keep": "kept", "drop": "dropped"}[report.parameters.doubtful_partners]
    told.append(say("In this edition the thick line has doubtful partners {chosen}.", chosen=chosen))
    return Prose((join(*told),))


@in_notebooks
def caught(report: Report) -> Prose:
    """Shares whose part exceeds the whole: kept and explained, not clipped."""
    found = [
        report.fact(f"dependence.{definition}.{year}")
        for definition, years in report.shares.items() for year, share in years.items() if share.above_whole
    ]  # fmt: skip
    if not found:
        return Prose((say("No share in these years exceeds its whole."),), "note")
    refs = {f"f{n}": fact for n, fact in enumerate(found)}
    told = ", ".join(f"{{f{n}}} in {{f{n}:period}}" for n in range(len(found)))
    return Prose((
        say("A share above the whole is a warning, not a figure: " + told + " ({name}). Part and whole then come from "
            "two records that do not belong together. It is shown as computed and not clipped.",
            name=label_of(report, found[0]), **refs),
    ))  # fmt: skip


@in_notebooks
def owed(report: Report) -> Prose:
    """The deficit, and what the crude oil adds to it."""
    return Prose((
        join(deficit_sentence(report),
             say("How a deficit is paid is not in a trade record: by services, labour, credit that is not repaid, or "
                 "not at all.")),
    ))  # fmt: skip


@in_notebooks
def exposure(report: Report) -> Prose:
    """What the what-if is, and what the past shows."""
    cut = report.parameters.cut_share
    lead = leading(report.parameters, "trade").replace("trade_share", "import_share")
    told = [say("The first table takes {cut}% of what China delivers out of each total, in the last year in which the "
                "border was open all year. That is arithmetic and no forecast.", cut=cut)]  # fmt: skip
    gone = next(iter(report.facts.family(f"dependence.exposure.{lead}")), None)
    if gone:
        told.append(say("Of the DPRK's imports {gone} would be missing on the figures of {gone:period}.", gone=gone))
    # As in the table: of the share with and without crude oil, the one that the edition asks for.
    other = twin_not_asked_for(report.parameters)
    falls = [f for f in report.facts.under("dependence.replaced") if f".{other}." not in f.id]
    poor = [f for f in falls if (f.value or 0) <= 0]
    if falls:
        told.append(say("In {n} of {m} cases in which China's part fell, the others made up none of it.",
                        n=len(poor), m=len(falls)))  # fmt: skip
    return Prose((join(*told),))


@in_notebooks
def left_out(report: Report) -> Prose:
    """What no share of this part contains."""
    ids = ("outside", "no-inter-korean", "inter-korean-gaps", "crude-estimate", "crude-size", "two-koreas",
           "china-world")  # fmt: skip
    bases = ("kotra", "with_inter_korean", "kotra_without_crude", "oec", "dprk_in_china_trade")
    return Prose(caveats(report, *ids, bases=bases), "list")


# --------------------------------------------------------------------------------------- helpers


def values(report: Report, definition: str) -> list[Fact]:
    """The facts of a definition that have a value, in order of year."""
    return [f for f in report.facts.family(f"dependence.{definition}") if f.value is not None]


def latest(report: Report, claim: rules.Claim) -> Fact | None:
    """The share of the last good year, for the definition that carries the text of a claim."""
    answering = [d for d in rules.answering(report.catalogue, claim.claim_id)
                 if report.definitions[d]["use"] == "headline"]  # fmt: skip
    lead = leading(report.parameters, claim.topic)
    for definition in dict.fromkeys([*([lead] if lead in answering else []), *answering]):
        closed = closed_years(report.turning_points, report.parameters.end_year)
        if year := good_year(report.shares, definition, closed):
            return report.fact(f"dependence.{definition}.{year}")
    return None


def definition_of(fact: Fact) -> str:
    return fact.id.removeprefix("dependence.").rpartition(".")[0]


def label_of(report: Report, fact: Fact) -> str:
    return lower(str(report.definitions[definition_of(fact)]["label"]))


def clause(claim: rules.Claim) -> str:
    """A claim as it stands after `that`."""
    return lower(claim.label)


def lower(text: str) -> str:
    """`text` with a small first letter, unless it begins with a name."""
    return text if text[:2].isupper() or text.startswith("China") else text[0].lower() + text[1:]


def deficit_sentence(report: Report) -> Sentence:
    """The deficit added up by customs to its last year, with crude oil where it is known, and by KOTRA."""
    total = deficit_sum(report, "customs", last=True)
    told = [say("No sum of deficits is known for these years.")]
    if total:
        told = [say("By Chinese customs the DPRK bought {t} more from China than it sold there {t:when}.", t=total)]
    with_oil = deficit_sum(report, "customs_with_crude")
    plain = report.find(f"dependence.cumulated_deficit.customs.{with_oil.period}") if with_oil else None
    if with_oil and plain and with_oil.value != plain.value:
        told.append(say("Crude oil, as KOTRA estimates it, raises the deficit {o:when} from {p} to {o}.", o=with_oil,
                        p=plain))  # fmt: skip
    if own := deficit_sum(report, "kotra", last=True):
        told.append(say("KOTRA's own flows, crude oil included, give {k} {k:when}.", k=own))
    ratio = report.facts.family("dependence.deficit_to_exports.customs")
    if ratio:
        most, latest = max(ratio, key=lambda f: f.value or 0), ratio[-1]
        told.append(say("The deficit was {most} of its exports to China in {most:period} and {last} in {last:period}.",
                        most=most, last=latest))  # fmt: skip
    return join(*told)


def gap(report: Report, what: str) -> Prose:
    p = report.parameters
    return Prose((say("No {what} is known from {a} to {b}.", what=what, a=p.start_year, b=p.end_year),), "note")
