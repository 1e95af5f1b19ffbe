"""The sentences of events: what can be tested, whether controls are found, what moved, what could not be seen."""

from __future__ import annotations

from ..captions import basis_label, join
from ..display import Finding, Findings, Prose, Reference, Sentence, Words, say
from ..errors import listing
from ..events.controls import TABLE
from ..events.months import fetched
from ..events.study import Cell
from ..events.testable import GUARDED, NEVER, NO
from ..facts import Fact
from ..figures.events import NAMES, class_label, control_note, count, when, window_name
from ..formatting import percent as percent_text
from ..formatting import sentence_case
from ..report import Report
from ..showing import in_notebooks
from ..tables.events import PERSISTENT, effect_text, p_text, seen
from .certainty import certainty

PRICES = "macro/commodity_prices"  # prices by month, where somebody fetched them
POLITICAL = ("nuclear_tests", "launches_long", "launches_all", "summits", "visits", "incidents")


@in_notebooks
def question(report: Report) -> Prose:
    """What is asked, and by which rule."""
    study = report.event_study
    declared = study.plan
    return Prose(
        (
            say(
                "Essays on the relationship say that policy hardly changed with the nuclear tests, or that sanctions "
                "bite, or that they do not. Here each saying becomes a comparison, where the data allow one, that "
                "could have come out otherwise."
            ),
            say(
                "Classes of events, windows, regimes, baseline and tests were written down before the first result; "
                "they are tables of the data package. A month of grade {bad}, or one that the audit does not let be "
                "read singly, carries no test.",
                bad="C or D",
            ),
            *(
                [say("Where customs has no month that may be read, the month is the one of UN Comtrade; this, too, was "
                     "decided before any such month was seen.")]
                if fetched(report)
                else []
            ),
            say(
                "One rule was changed after the first result. The p of an episode that opens a regime had been drawn "
                "and is now integrated; for China's exports at the closure of the border the draws had put the "
                "adjusted p on either side of the usual level. docs/DATA.md in the project has the figures."
            ),
            say(
                "An event inside a regime is compared with other dates of that regime. One that opens a regime is "
                "compared with the regime before. A baseline needs {n} months at least.",
                n=declared.settings["min_baseline_months"],
            ),
            *control_note(report),
        ),
        "list",
    )


@in_notebooks
def what_can_be_tested(report: Report) -> Prose:
    """How many cells can be tested, which classes cannot at all, and which are tangled with another."""
    study = report.event_study
    told = [
        say(
            "Of {all} cells {yes} can be tested and {alone} only if they were the one test made; in {never} the test "
            "could not have rejected whatever the figures, and {no} cannot be tested at all.",
            all=count(report, "all"),
            yes=count(report, "testable"),
            alone=count(report, "alone"),
            never=count(report, "powerless"),
            no=count(report, "untestable"),
        )
    ]
    for flow in study.flows:
        none = [c for c in study.classes if all(study.verdict((c, flow, w)) in (NO, NEVER) for w in study.windows)]
        told.append(
            say(
                "{flow}: no window can be tested for {names}.",
                flow=Words(sentence_case(NAMES[flow])),
                names=_classes(report, none),
            )
            if none
            else say("{flow}: every class can be tested in some window.", flow=sentence_case(NAMES[flow]))
        )
    told.append(
        say(
            "{n} cells that have an effect share at least {part} of their months with another class: what they show "
            "cannot be laid to one of the two.",
            n=count(report, "inseparable"),
            part=percent_text(100 * study.plan.number("not_separable"), 0, sign=False),
        )
    )
    told.append(
        say(
            "In {n} cells the months are more persistent than the noise for which the p values hold ({rho} from one "
            "month to the next); a small p there says less than it seems to.",
            n=count(report, "persistent"),
            rho=f"{GUARDED:g}",
        )
    )
    early = [e for e in ("nuclear_tests",) if e in study.classes]
    if early:
        told.append(say("The nuclear tests before months can be read are described by quarters and years only."))
    return Prose(tuple(told), "list")


@in_notebooks
def controls(report: Report) -> Prose:
    """Whether the method finds what it must find."""
    study = report.event_study
    told, every = [], list[Cell]()
    for class_id in study.classes:
        kind = study.plan.classes[class_id]
        if not kind.control:
            continue
        cells = [
            study.cells[class_id, flow, w]
            for flow in study.flows
            for w in study.windows
            if study.plan.windows[w].first >= 0
        ]
        tested = [c for c in cells if c.p is not None]
        if not tested:
            told.append(
                say(
                    "{name}: no window can be tested, so the control is missing.", name=Words(sentence_case(kind.label))
                )
            )
            continue
        told.append(_control(report, kind.label, tested))
        every += tested
    if every:
        told.insert(0, _controls_in_all(report, every))
    if not told:
        return Prose((say("No positive control is among the classes asked for."),), "note")
    return Prose(tuple(told), "list")


def _sorted_out(report: Report, tested: list[Cell]) -> tuple[list[Cell], list[Cell], list[Cell]]:
    """Control cells whose fall is found after adjustment, before it only, and not at all."""
    alpha = report.parameters.alpha
    found = [c for c in tested if _found(report, c) and c.found and c.found.effect < 0]
    plain = [c for c in tested if c not in found and c.p is not None and c.p <= alpha]
    return found, plain, [c for c in tested if c not in found and c not in plain]


def _controls_in_all(report: Report, tested: list[Cell]) -> Sentence:
    found, plain, missed = _sorted_out(report, tested)
    return say(
        "Of {n} control windows that can be tested {f} are found after adjustment, {p} before it only, and {m} are "
        "missed."
        + (" So where this part finds no effect, that is weak evidence that there was none." if missed else ""),
        n=len(tested),
        f=len(found),
        p=len(plain),
        m=len(missed),
    )


def _control(report: Report, label: str, tested: list[Cell]) -> Sentence:
    found, plain, missed = _sorted_out(report, tested)
    parts = [
        say(
            "{name}: windows that can be tested {n}; the fall shows after adjustment in {f}, before adjustment only "
            "in {p}, and is missed in {m}.",
            name=Words(sentence_case(label)),
            n=len(tested),
            f=len(found),
            p=len(plain),
            m=len(missed),
        )
    ]
    for cell in found[:2] + plain[:2] + missed[:2]:
        parts.append(_cell_sentence(report, cell))
    return join(*parts)


def _cell_sentence(report: Report, cell: Cell) -> Sentence:
    """One effect with its interval, its p and, where it is not told apart from nothing, what could have been seen."""
    fact = report.fact(f"events.effect.{'.'.join(cell.key)}")
    text = "{flow}, months {window}: {effect} ({effect:low} to {effect:high}), p {p}, adjusted {adjusted}"
    refs: dict[str, Reference | str] = {
        "flow": Words(sentence_case(NAMES[cell.key[1]])),
        "window": window_name(report, cell.key[2]),
        "effect": fact,
        "p": p_text(cell.p),
        "adjusted": p_text(cell.holm),
    }
    if not _found(report, cell):
        could = seen(cell.possible.detectable, report.event_study.verdict(cell.key))
        text += "; it could have seen {seen}" if could != "nothing" else "; no effect of any size would have been found"
        refs["seen"] = could
    if cell.possible.persistent:
        text += "; {persistent}"
        refs["persistent"] = PERSISTENT
    return say(text + ".", **refs)


def _found(report: Report, cell: Cell) -> bool:
    return cell.holm is not None and cell.holm <= report.parameters.alpha


@in_notebooks
def results(report: Report) -> Prose:
    """Class by class: what stands out, or that nothing does and what could have been seen."""
    study = report.event_study
    told = [sentence for class_id in study.classes if (sentence := _class_sentence(report, class_id)) is not None]
    return Prose(tuple(told) or (say("No class asked for has an effect that can be computed."),), "list")


def _class_sentence(report: Report, class_id: str) -> Sentence | None:
    study, alpha = report.event_study, report.parameters.alpha
    kind = study.plan.classes[class_id]
    if kind.control:
        return None
    cells = [c for c in study.cells.values() if c.key[0] == class_id and c.p is not None]
    name = Words(sentence_case(kind.label))
    if not cells:
        return say("{name}: nothing can be tested.", name=name)
    found = [c for c in cells if _found(report, c)]
    plain = [c for c in cells if c not in found and c.p is not None and c.p <= alpha]
    if found:
        return join(
            say("{name}: effects that stand out after adjustment, {n} of {m}.", name=name, n=len(found), m=len(cells)),
            *(_cell_sentence(report, c) for c in found[:2]),
        )
    if plain:
        best = min(plain, key=lambda c: c.p or 1)
        return join(
            say(
                "{name}: effects that stand out before adjustment, {n} of {m}; after it none.",
                name=name,
                n=len(plain),
                m=len(cells),
            ),
            _cell_sentence(report, best),
        )
    able = [
        c
        for c in cells
        if study.verdict(c.key) not in (NO, NEVER) and seen(c.possible.detectable, study.verdict(c.key)) != "nothing"
    ]
    if not able:
        return say("{name}: none of {m} effects stands out, and none could have.", name=name, m=len(cells))
    sharp = min(able, key=lambda c: c.possible.detectable or 0)
    return join(
        say(
            "{name}: no effect found in {m} comparisons; the sharpest could have seen {seen}.",
            name=name,
            m=len(cells),
            seen=seen(sharp.possible.detectable, study.verdict(sharp.key)),
        ),
        _cell_sentence(report, sharp),
    )


@in_notebooks
def correlations(report: Report) -> Prose:
    """What moves together, and what only seems to."""
    study = report.event_study
    pairs = [pair for pair in study.pairs if pair.found is not None]
    if not pairs:
        return Prose((say("No series has enough periods in common with the growth of trade."),), "note")
    alpha = report.parameters.alpha
    plain = [p for p in pairs if p.found and p.found.p_pearson <= alpha]
    kept = [p for p in pairs if study.pair_holm[p.series.series_id, p.flow, p.lag] <= alpha]
    levels = [p for p in pairs if p.levels is not None and abs(p.levels) > abs(p.found.pearson if p.found else 0)]
    told = [
        say(
            "{n} of {m} correlations of changes have a p of {alpha} or less; chance alone would give about "
            "{by_chance}. {kept} survive adjustment.",
            n=len(plain),
            m=len(pairs),
            alpha=f"{alpha:g}",
            by_chance=round(alpha * len(pairs)),
            kept=len(kept),
        ),
        say(
            "In {n} of {m} pairs the undifferenced correlation is the larger one: both sides drift, and drifting "
            "series correlate without a link.",
            n=len(levels),
            m=len(pairs),
        ),
    ]
    missing = list(dict.fromkeys(p.series.label for p in study.pairs if p.found is None))
    if missing:
        told.append(say("Too few pairs, in some flow or at some lag, for {names}.", names=listing(missing)))
    return Prose((*told, *_second_record(report)), "list")


def _second_record(report: Report) -> list[Sentence]:
    """In how many pairs the second record agrees with the leading one in sign; nothing without such a record."""
    study = report.event_study
    if not study.beside:
        return []
    record = Words(basis_label(report, study.beside[0].basis))
    leading = {pair.place: pair.found for pair in study.pairs if pair.found is not None}
    both = [(leading[p.place].pearson, p.found.pearson) for p in study.beside if p.found and p.place in leading]
    if not both:
        return [say("{record}, the second record, has too few years for any of these correlations.", record=record)]
    return [
        say(
            "A check on a second record, {record}: in {n} of {m} yearly pairs that both records allow, the two agree "
            "in sign. It enters no adjustment and no finding.",
            record=record,
            n=sum((a > 0) == (b > 0) for a, b in both),
            m=len(both),
        )
    ]


@in_notebooks
def breaks(report: Report) -> Prose:
    """What the months show without being told of any event."""
    study = report.event_study
    told = []
    for flow, found in study.breaks.items():
        name = Words(sentence_case(NAMES[flow]))
        if found.reason:
            told.append(say("{flow}: no break can be looked for, {why}.", flow=name, why=found.reason))
            continue
        if not found.shifts:
            told.append(say("{flow}: no break is found; the search may lack the power to see one.", flow=name))
            continue
        close = [s for s in found.shifts if s.near and s.first <= s.month + s.distance <= s.last]
        told.append(
            say(
                "{flow}: breaks found {n}, in {months}. Of these {close} have a measure, a closure or a reopening of "
                "the calendar among the dates that fit as well, which a wide span holds by chance.",
                flow=name,
                n=report.fact(f"events.breaks.{flow}"),
                months=listing([when(s.month) for s in found.shifts]),
                close=len(close),
            )
        )
    return Prose(tuple(told) or (say("No flow is asked for."),), "list")


@in_notebooks
def deteriorating(report: Report) -> Prose:
    """The readings of the panel, one by one."""
    told = []
    china = report.facts.family("events.votes.china")
    if len(china) > 1:
        told.append(
            say(
                "In the General Assembly China and the DPRK voted alike in {a} of common roll calls in {a:period} "
                "and {b} in {b:period}.",
                a=china[0],
                b=china[-1],
            )
        )
        vietnam, russia = (report.facts.family(f"events.votes.{who}") for who in ("vietnam", "russia"))
        if len(vietnam) > 1 and len(russia) > 1:
            in_china, *elsewhere = ((pair[-1].value or 0) < (pair[0].value or 0) for pair in (china, vietnam, russia))
            told.append(
                say(
                    "Over the same years agreement with Vietnam went from {v0} to {v1}, with Russia from {r0} to {r1}"
                    + (": China's is not the only one that fell." if in_china and any(elsewhere) else "."),
                    v0=vietnam[0],
                    v1=vietnam[-1],
                    r0=russia[0],
                    r1=russia[-1],
                )
            )
    votes = {
        name: next(iter(report.facts.family(f"events.council.{name}")), None) for name in ("for", "abstain", "veto")
    }
    if (voted := votes["for"]) and (veto := votes["veto"]) and (abstained := votes["abstain"]):
        told.append(
            say(
                "In the Security Council China voted for {n} texts on the DPRK {n:when}, abstained on {a} and vetoed "
                "{v}.",
                n=voted,
                a=abstained,
                v=veto,
            )
        )
    if not told:
        told.append(say("In the years asked for no decade of votes and no vote of the Council is on record."))
    return Prose(tuple(told), "list")


@in_notebooks
def missing(report: Report) -> Prose:
    """What the design would need and does not have."""
    others = report.catalogue.has(TABLE)
    return Prose(
        (
            say(
                "Missing: {partners}"
                + ("" if report.catalogue.has(PRICES) else "a price of coal; ")
                + "China's total trade by month after the series used here ends; scores of events for all years.",
                partners=Words(
                    ""
                    if others
                    else "months of other partners, which would show whether a month was odd for the DPRK alone; "
                ),
            ),
            *(
                [say("Months of other partners were fetched; by default one departure from the plan alone uses them.")]
                if others and report.parameters.controls != "partners"
                else []
            ),
            *(
                [say("Monthly prices of coal and other commodities were fetched; no comparison here uses them so far.")]
                if report.catalogue.has(PRICES)
                else []
            ),
            say("Crude oil leaves the record of exports before most events, so exports say nothing about oil."),
        ),
        "list",
    )


def findings(report: Report) -> Findings:
    """The findings of this part."""
    return Findings(_chief(report))


def _chief(report: Report) -> tuple[Finding, ...]:
    """What the summary takes: what was found, and what could not be tested."""
    study = report.event_study
    if not study.keys:
        return ()
    survive = count(report, "below_alpha_adjusted")
    political = [c for c in study.cells.values() if c.key[0] in POLITICAL and c.p is not None]
    stands = [c for c in political if _found(report, c)]
    first = _tests_headline(report, political, stands)
    detail = say(
        "Effects that survive adjustment, over all classes, windows and flows: {survive}. {rest}",
        survive=survive,
        rest=_survivors(report),
    )
    second = Finding(
        say(
            "Most of what is said about events and trade cannot be tested: of {all} combinations of class, flow and "
            "window {no} have too few usable months and {never} could not have shown anything.",
            all=count(report, "all"),
            no=count(report, "untestable"),
            never=count(report, "powerless"),
        ),
        join(
            say(
                "Of the others {n} share at least {part} of their months with another class of events.",
                part=percent_text(100 * study.plan.number("not_separable"), 0, sign=False),
                n=count(report, "inseparable"),
            ),
            _controls_short(report),
        ),
        "high",
    )
    rested = [report.fact(f"events.effect.{'.'.join(c.key)}") for c in political]
    return (Finding(first, detail, certainty(report, *rested) if rested else "low"), second)


def _tests_headline(report: Report, political: list[Cell], stands: list[Cell]) -> Sentence:
    study = report.event_study
    tests = [
        c
        for c in political
        if c.key[0] == "nuclear_tests" and seen(c.possible.detectable, study.verdict(c.key)) not in ("nothing", "–")
    ]
    if stands:
        names = listing(list(dict.fromkeys(study.plan.classes[c.key[0]].label for c in stands)))
        return say(
            "Trade stood out around {names}; around other tests, launches, visits and incidents it did not.",
            names=names,
        )
    if not political:
        return say("Whether trade moved with tests, launches, visits or incidents cannot be tested on these months.")
    if not tests:
        return say(
            "No effect of tests, launches, visits or incidents on monthly trade survives in {n} comparisons.",
            n=len(political),
        )
    sharp = min(tests, key=lambda c: c.possible.detectable or 0)
    return say(
        "No effect of tests, launches, visits or incidents on monthly trade survives in {n} comparisons. That is weak "
        "evidence: for nuclear tests the sharpest rests on {k} of {all} tests and would find, {power} of the time, "
        "only an effect as large as {seen}.",
        n=len(political),
        k=len(sharp.possible.design.events),
        all=sharp.possible.design.dated,
        power=percent_text(100 * study.plan.number("power"), 0, sign=False),
        seen=seen(sharp.possible.detectable, study.verdict(sharp.key)),
    )


def _survivors(report: Report) -> str:
    study = report.event_study
    found = [c for c in study.cells.values() if _found(report, c)]
    if not found:
        return ""
    return (
        f"That is {listing([_name(report, c) for c in found])}."
        if len(found) == 1
        else (f"These are {listing([_name(report, c) for c in found])}.")
    )


def _name(report: Report, cell: Cell) -> str:
    fact: Fact = report.fact(f"events.effect.{'.'.join(cell.key)}")
    label = report.event_study.plan.classes[cell.key[0]].label
    return f"{label}, {NAMES[cell.key[1]]}, months {window_name(report, cell.key[2])}: {effect_text(fact)}" + (
        f" ({PERSISTENT})" if cell.possible.persistent else ""
    )


def _controls_short(report: Report) -> Sentence:
    """Whether the positive controls are found, in one sentence."""
    study, parts = report.event_study, []
    for class_id in study.classes:
        kind = study.plan.classes[class_id]
        tested = [
            c
            for c in study.cells.values()
            if kind.control and c.key[0] == class_id and c.p is not None and study.plan.windows[c.key[2]].first >= 0
        ]
        if not tested:
            continue
        best = min((c.holm for c in tested if c.holm is not None), default=1.0)
        plain = min((c.p for c in tested if c.p is not None), default=1.0)
        alpha = report.parameters.alpha
        word = "found" if best <= alpha else ("found only before adjustment" if plain <= alpha else "missed")
        parts.append(f"the {kind.label} {'is' if kind.label.startswith('closure') else 'are'} {word}")
    return say("Of the positive controls {told}.", told=listing(parts)) if parts else say("No control can be tested.")


def _classes(report: Report, ids: list[str]) -> str:
    return listing([class_label(report, c) for c in ids], 20)
