"""Charts of dependence: shares by definition, partners, asymmetry, deficits, and the matrix of a claim."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from .. import quoted, style
from ..captions import caveats, caveats_of, deficit_sum, join, recency, turning_marks, year_spans
from ..dependence import matrix as rules
from ..dependence import partners as who
from ..dependence import said
from ..dependence.amounts import Share
from ..dependence.shares import leading
from ..dependence.whatif import good_years
from ..display import Display, FigureDisplay, Prose, Reference, Sentence, Words, say
from ..errors import listing
from ..facts import Fact
from ..report import Report
from ..trade.phases import closed_years
from .once import once

Lines = Mapping[str, Mapping[int, Share]]
# Shade, marker and its colour of each mark; told apart in grey and by shape.
LOOKS = {
    "inside": ("#1b1b1b", "o", "white"), "near": ("#8a8a8a", "o", "white"), "above": ("#dedede", "^", "#1b1b1b"),
    "below": ("#dedede", "v", "#1b1b1b"), "cannot tell": ("#f4f4f4", "d", "#1b1b1b"), "no data": ("white", "", ""),
}  # fmt: skip
# A share that equals one of a row above is no second finding, and a check is none at all: neither looks like one.
SAME, STRIPES = ("white", "_", "#8a8a8a"), "//////"


def nothing(report: Report, what: str) -> Prose:
    p = report.parameters
    return Prose((say("{what} cannot be shown: no definition asked for has a figure from {a} to {b}.", what=what,
                      a=p.start_year, b=p.end_year),), "note")  # fmt: skip


def known(lines: Lines) -> dict[str, dict[int, float]]:
    """The values of each definition by year, gaps left out; definitions without any value too."""
    found = {
        definition: {year: share.percent for year, share in years.items() if share.percent is not None}
        for definition, years in lines.items()
    }
    return {definition: years for definition, years in found.items() if years}


def share_lines(axes: Axes, report: Report, lines: Lines, lead: str) -> None:
    """One line for each definition, broken at gaps, the leading one thick; a band where an interval is wide."""
    every = range(report.parameters.start_year, report.parameters.end_year + 1)
    for (colour, dashes, marker), (definition, years) in zip(style.LINES, lines.items(), strict=False):
        values = [_percent(years.get(y)) for y in every]
        axes.plot(list(every), values, color=colour, linestyle=dashes, marker=marker,
                  linewidth=2.4 if definition == lead else 1.3, markersize=4.4 if definition == lead else 3.4,
                  label=report.definitions[definition]["label"], zorder=3 if definition == lead else 2)  # fmt: skip
        spans = [(y, s.low, s.high) for y, s in years.items()
                 if s.low is not None and s.high is not None and s.high - s.low > 2]  # fmt: skip
        for year, low, high in spans:
            axes.plot([year, year], [low, high], color=colour, linewidth=3.2, alpha=0.28, solid_capstyle="butt",
                      zorder=1)  # fmt: skip


def lines_figure(report: Report, id: str, lines: Lines, lead: str, *, title: Sentence, caption: Sentence,
                 notes: Iterable[Sentence], heading: str, band: rules.Claim | None = None,
                 to_hundred: bool = True) -> Display:  # fmt: skip
    """Definitions as labelled lines by year, with the band of a quoted figure; a note where nothing is known.

    `to_hundred`: the scale reaches a hundred per cent, whatever the shares are.
    """
    shown = {d: lines[d] for d in known(lines)}
    if not shown:
        return nothing(report, heading)
    p = report.parameters
    marks = turning_marks(report)
    last = max(max(years) for years in known(shown).values())

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        share_lines(axes, report, shown, lead)
        if band is not None:
            axes.axhspan(*band.band, color="#f0e2b6", zorder=0, linewidth=0)
            axes.axhline((band.low + band.high) / 2, color=style.INK, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
            axes.text(p.start_year - 0.4, band.high + band.precision, "quoted", fontsize=7.5, va="bottom", ha="left",
                      color=style.MUTED)  # fmt: skip
        highest = max(max(v, shown[d][y].high or v) for d, years in known(shown).items() for y, v in years.items())
        axes.set_ylim(0, max(104.0 if to_hundred else 0.0, highest * 1.04))
        style.share_axis(axes)
        style.year_axis(axes, p.start_year, p.end_year, narrow)
        style.turning_lines(axes, marks)
        axes.set_title(heading, color=style.MUTED, fontweight="normal", pad=16)
        style.key_lines(axes, narrow)
        style.footer(figure, narrow, (), marks)

    rows = len(shown)
    wide, narrow = style.draw(paint, height=3.5 + 0.16 * math.ceil(rows / 2), narrow_height=4.0 + 0.19 * rows)
    return FigureDisplay(
        id=id, title=title, svg=wide, narrow=narrow, alt=lines_alt(report, shown), caption=caption,
        records=tuple(
            {"year": year, **{f"{d}_percent": lines[d][year].percent for d in shown}}
            for year in range(p.start_year, p.end_year + 1) if any(lines[d][year].percent is not None for d in shown)
        ),
        notes=(*notes, recency(report, last)),
    )  # fmt: skip


def lines_alt(report: Report, lines: Lines) -> Sentence:
    """First, highest and last value of each line."""
    parts = [say("Line chart of shares by year, one line for each definition.")]
    for definition, years in known(lines).items():
        steps = dict.fromkeys([min(years), max(years, key=lambda y: years[y]), max(years)])
        refs: dict[str, Reference] = {f"f{n}": report.fact(f"dependence.{definition}.{y}") for n, y in enumerate(steps)}
        told = ", ".join(f"{{f{n}}} in {{f{n}:period}}" for n in range(len(steps)))
        parts.append(say("{name}: " + told + ".", name=Words(report.definitions[definition]["label"]), **refs))
    return join(*parts)


@once
def trade_shares(report: Report) -> Display:
    """China's share of the DPRK's trade under each definition of it, with the quoted figure."""
    lead = leading(report.parameters, "trade")
    lines = {d: report.shares[d] for d in report.shown("trade") if d.startswith("trade_share.")}
    claim = next(c for c in rules.claims(report.catalogue) if c.topic == "trade")
    return lines_figure(
        report, "dependence_trade", lines, lead, title=_trade_title(report, lead), band=claim,
        heading="China's share of the DPRK's trade",
        caption=say("Each line is one definition: exports plus imports of the DPRK with China over those with all "
                    "partners, from one compiler. The band is the quoted figure with its rounding. The leading "
                    "definition is thick."),
        notes=caveats(report, "no-inter-korean", "inter-korean-gaps", "crude-estimate", "crude-size", "two-koreas",
                      bases=records_of(lines)),
    )  # fmt: skip


def records_of(definitions: Iterable[str]) -> set[str]:
    """The records that caveats are declared for: the second part of each id."""
    return {definition.partition(".")[2] for definition in definitions}


@once
def trade_flow(report: Report, flow: str = "imports") -> Display:
    """The same for one flow alone: `imports` or `exports` of the DPRK."""
    stem = {"imports": "import_share", "exports": "export_share"}[flow]
    crude = flow == "imports" and report.parameters.crude_estimate == "without"
    south = report.parameters.inter_korean == "with"
    lead = f"{stem}." + ("with_inter_korean" if south else "kotra_without_crude" if crude else "kotra")
    lines = {d: report.shares[d] for d in report.shown("trade")
             if d.startswith(f"{stem}.") and d != "import_share.customs_over_wits"}  # fmt: skip
    fact = last_fact(report, f"{stem}.kotra")
    title = say("China's share of the DPRK's {flow}", flow=flow)
    if fact:
        verb = {"imports": "sent", "exports": "took"}[flow]
        title = say("In {f:period} China {verb} {f} of the DPRK's {flow}", f=fact, verb=verb, flow=flow)
    return lines_figure(
        report, f"dependence_{flow}", lines, lead, title=title,
        heading=f"China's share of the DPRK's {flow}",
        caption=say("Seen from the DPRK. KOTRA's two flows are known for some years only. The records of partners "
                    "stand beside them to show how far they lie apart. The leading definition is thick."),
        notes=caveats(report, "no-inter-korean", "inter-korean-gaps", "crude-size", "two-koreas",
                      bases=records_of(lines)),
    )  # fmt: skip


def last_fact(report: Report, definition: str) -> Fact | None:
    """The fact of the last year in which a definition has a value."""
    years = [y for y, s in report.shares[definition].items() if s.percent is not None]
    return report.find(f"dependence.{definition}.{max(years)}") if years else None


def _spread_of(report: Report, definition: str) -> tuple[Fact, Fact] | None:
    """The facts of the lowest and the highest share under a definition, in years that stand for a normal one."""
    closed = closed_years(report.turning_points, report.parameters.end_year)
    known = {year: report.shares[definition][year].percent or 0.0
             for year in good_years(report.shares, definition, closed)}  # fmt: skip
    if not known:
        return None
    low, high = (report.fact(f"dependence.{definition}.{pick(known, key=lambda y: known[y])}") for pick in (min, max))
    return low, high


@once
def food(report: Report) -> Display:
    """China's share of the DPRK's grain under each definition."""
    stems = ("cereal_imports.", "cereal_supply.", "food_imports.")
    lines = {d: report.shares[d] for d in report.shown("food") if d.startswith(stems)}
    by_value = any(d.startswith("food_imports.") for d in known(lines))
    lead = leading(report.parameters, "food")
    claim = next(c for c in rules.claims(report.catalogue) if c.topic == "food")
    # Not the last years: the records of grain end in years of a closed border, with one crop or one seller.
    imports = _spread_of(report, "cereal_imports.quantity")
    supply = _spread_of(report, "cereal_supply.production_plus_imports")
    title = say("China's share of the DPRK's grain")
    if imports and supply:
        span = "{l} ({l:period})" if imports[0].id == imports[1].id else "{l} ({l:period}) to {h} ({h:period})"
        title = say("China supplied " + span + " of recorded grain imports and at most {s} ({s:period}) of the grain "
                    "supply, in years of an open border", l=imports[0], h=imports[1], s=supply[1])  # fmt: skip
    caption = say("Maize, rice and wheat by weight, rice {rice}. Imports are what exporters recorded; with food aid, "
                  "FAO's balance; supply is the harvest and the imports. The band is the quoted figure with its "
                  "rounding.", rice=report.parameters.rice)  # fmt: skip
    heading = "China's share of grain, by weight"
    if by_value:
        heading += "; of all food by value (BACI)"
        caption = join(caption, say("BACI's line is of all food, and by value."))
    return lines_figure(
        report, "dependence_food", lines, lead, title=title, band=claim, heading=heading, caption=caption,
        notes=food_caveats(report, lines),
    )  # fmt: skip


@once
def crops(report: Report) -> Display:
    """The same crop by crop, soybeans beside the grains."""
    lines = {d: report.shares[d] for d in report.shown("food") if d.endswith("_imports.quantity") and
             not d.startswith("cereal")}  # fmt: skip
    title = say("China's share of the DPRK's imports of each crop")
    main = [d for d in ("maize_imports.quantity", "rice_imports.quantity", "soybean_imports.quantity") if d in lines]
    both = [y for y in range(report.parameters.start_year, report.parameters.end_year + 1)
            if all(lines[d][y].percent is not None for d in main)]  # fmt: skip
    if len(main) == 3 and both:
        m, r, s = (report.fact(f"dependence.{d}.{both[-1]}") for d in main)
        title = say("In {m:period} China sent {m} of imported maize, {r} of rice and {s} of soybeans", m=m, r=r, s=s)
    return lines_figure(
        report, "dependence_crops", lines, next(iter(lines), ""), title=title,
        heading="China's share of recorded imports, by weight",
        caption=say("What each exporter recorded, by weight. A year without any record of a crop is a gap."),
        notes=food_caveats(report, lines),
    )  # fmt: skip


@once
def fuel(report: Report) -> Display:
    """China's share of the DPRK's fuel under each definition, down to all energy used."""
    lines = {d: report.shares[d] for d in report.shown("fuel")}
    lead = leading(report.parameters, "fuel")
    claim = next(c for c in rules.claims(report.catalogue) if c.claim_id == "fuel-70-80")
    use, energy = last_fact(report, "oil_use.approximated"), last_fact(report, "energy_use.chinese_oil")
    title = say("China's share of the DPRK's fuel")
    if use and energy and use.period == energy.period:
        title = say("In {a:period} Chinese crude oil was {a} of oil used and {b:low} to {b:high} of all energy "
                    "used", a=use, b=energy)  # fmt: skip
    return lines_figure(
        report, "dependence_fuel", lines, lead, title=title, band=claim, heading="China's share of fuel",
        caption=say("Recorded fuel has no crude oil from China. Oil used is worked back from carbon, so it is an "
                    "approximation. The pale bars are what rival rows leave open."),
        notes=food_caveats(report, lines),
    )  # fmt: skip


def food_caveats(report: Report, lines: Lines) -> tuple[Sentence, ...]:
    """The caveats that `explain` would show with any of the facts drawn, each once."""
    p = report.parameters
    texts: dict[str, None] = {}
    for definition, years in known(lines).items():
        for year in years:
            if p.start_year <= year <= p.end_year:
                texts |= dict.fromkeys(caveats_of(report.catalogue, report.fact(f"dependence.{definition}.{year}")))
    return tuple(say("{text}", text=text) for text in texts)


@once
def partners(report: Report) -> Display:
    """Effective number of partners, and trade with everybody but China, with and without doubtful partners."""
    p = report.parameters
    names = {"oec": "all partners of the record (OEC)", "oec_without_doubtful": "the same, doubtful partners out"}
    number = {r: _by_year(report, f"dependence.effective_partners.{r}") for r in (*names, "kotra_most")}
    other = {r: _by_year(report, f"dependence.other_partners.{r}") for r in (*names, "kotra")}
    if not any(number.values()):
        return nothing(report, "Other partners")
    lead = "oec" if p.doubtful_partners == "keep" else "oec_without_doubtful"
    every = list(range(p.start_year, p.end_year + 1))
    looks = {"oec": style.LINES[2], "oec_without_doubtful": style.LINES[1], "kotra": style.LINES[0]}

    def paint(figure: Figure, narrow: bool) -> None:
        top, bottom = figure.subplots(2, 1, sharex=True)
        for axes, facts in ((top, number), (bottom, other)):
            for record in names:
                colour, dashes, marker = looks[record]
                axes.plot(every, [_value(facts[record].get(y)) for y in every], color=colour, linestyle=dashes,
                          marker=marker, markersize=3.4, linewidth=2.4 if record == lead else 1.3,
                          label=names[record])  # fmt: skip
        colour, dashes, marker = looks["kotra"]
        for fact in number["kotra_most"].values():
            assert fact.low is not None and fact.high is not None
            top.plot([int(fact.period)] * 2, [fact.low, fact.high], color=colour, linewidth=3.4, alpha=0.45,
                     solid_capstyle="butt", zorder=1)  # fmt: skip
        bottom.plot(every, [_value(other["kotra"].get(y)) for y in every], color=colour, linestyle=dashes,
                    marker=marker, markersize=3.4, label="KOTRA (upper chart: lowest to highest possible)")  # fmt: skip
        top.set_title("Effective number of partners", color=style.MUTED, fontweight="normal")
        bottom.set_title("Trade with all but China, million US dollars a year", color=style.MUTED, fontweight="normal")
        style.money_axis(bottom)
        for axes in (top, bottom):
            axes.set_ylim(bottom=0)
        style.year_axis(bottom, p.start_year, p.end_year, narrow)
        style.key_lines(bottom, narrow)

    wide, narrow = style.draw(paint, height=4.6, narrow_height=5.2)
    years = sorted({y for facts in (*number.values(), *other.values()) for y in facts})
    return FigureDisplay(
        id="dependence_partners", title=_partners_title(report), svg=wide, narrow=narrow,
        alt=_partners_alt(report, number, other),
        caption=say(
            "The effective number is one over the sum of squared partner shares: how many partners of equal size "
            "would be as concentrated. A partner is doubtful in a year when it has more than {large}% of the record, "
            "more than {later} times its own mean in the last {n} years of the record, and more than {kotra} times "
            "the largest figure KOTRA prints for it.", large=f"{100 * who.LARGE:.0f}", later=f"{who.TIMES_LATER:.0f}",
            n=who.LAST_YEARS, kotra=f"{who.TIMES_KOTRA:.0f}",
        ),
        records=tuple(
            {"year": y,
             **{f"effective_partners_{r}": _none(number[r].get(y)) for r in number},
             "effective_partners_kotra_least": number["kotra_most"][y].low if y in number["kotra_most"] else None,
             **{f"other_partners_{r}_usd_million": _none(other[r].get(y)) for r in other}}
            for y in years
        ),
        notes=(*caveats(report, "two-koreas", "no-inter-korean", bases=("oec", "kotra")), recency(report, years[-1])),
    )  # fmt: skip


@once
def asymmetry(report: Report) -> Display:
    """China's share of the DPRK's trade above, the DPRK's share of China's trade below, each on its own scale."""
    p, lead = report.parameters, leading(report.parameters, "trade")
    up, down = (report.shares[d] for d in (lead, "asymmetry.dprk_in_china_trade"))
    if not known({"up": up}) or not known({"down": down}):
        return nothing(report, "The two shares")
    every = list(range(p.start_year, p.end_year + 1))

    def paint(figure: Figure, narrow: bool) -> None:
        top, bottom = figure.subplots(2, 1, sharex=True)
        for axes, share, look, title in (
            (top, up, style.LINES[0], "China's share of the DPRK's trade"),
            (bottom, down, style.LINES[1], "The DPRK's share of China's trade (scale enlarged)"),
        ):
            axes.plot(every, [_percent(share[y]) for y in every],
                      color=look[0], linestyle=look[1], marker=look[2])  # fmt: skip
            axes.set_title(title, color=style.MUTED, fontweight="normal")
            axes.set_ylim(bottom=0)
        style.share_axis(top)
        bottom.yaxis.set_major_formatter(lambda value, _: f"{value:.1f}%")
        style.year_axis(bottom, p.start_year, p.end_year, narrow)

    wide, narrow = style.draw(paint, height=3.6, narrow_height=4.0)
    both = [y for y in every if up[y].percent is not None and down[y].percent is not None]
    year = both[-1] if both else max(known({"d": down})["d"])
    big = report.find(f"dependence.{lead}.{year}")
    small = report.fact(f"dependence.asymmetry.dprk_in_china_trade.{year}")
    title = say("In {s:period} the DPRK was {s} of China's trade", s=small)
    if both and big:
        title = say("In {s:period} China was {b} of the DPRK's trade, the DPRK {s} of China's", s=small, b=big)
    return FigureDisplay(
        id="dependence_asymmetry", title=title, svg=wide, narrow=narrow,
        alt=lines_alt(report, {lead: up, "asymmetry.dprk_in_china_trade": down}),
        caption=say("Above: {lead}. Below: trade of China with the DPRK by Chinese customs over China's trade with the "
                    "world as it reported it to the United Nations.", lead=report.definitions[lead]["label"]),
        records=tuple({"year": y, "china_in_dprk_trade_percent": up[y].percent,
                       "dprk_in_china_trade_percent": down[y].percent}
                      for y in every if up[y].percent is not None or down[y].percent is not None),
        notes=(*caveats(report, "china-world", "no-inter-korean", bases=("dprk_in_china_trade", *records_of([lead]))),
               recency(report, max(known({"u": up})["u"]))),
    )  # fmt: skip


@once
def deficits(report: Report) -> Display:
    """The DPRK's deficit with China by year: customs, and with KOTRA's estimate of crude oil where it is known."""
    p = report.parameters
    facts = {r: _by_year(report, f"dependence.deficit.{r}") for r in ("customs", "customs_with_crude", "kotra")}
    if not any(facts.values()):
        return nothing(report, "The deficit")
    every = list(range(p.start_year, p.end_year + 1))
    ratio = {r: _by_year(report, f"dependence.deficit_to_exports.{r}") for r in ("customs", "customs_with_crude")}
    lead = "customs_with_crude" if p.crude_estimate == "with" else "customs"

    def paint(figure: Figure, narrow: bool) -> None:
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        oil = {y: _value(facts["customs_with_crude"].get(y)) - _value(facts["customs"].get(y)) for y in every}
        top.bar(every, [_value(facts["customs"].get(y)) for y in every], 0.72, color=style.COLOURS["exports"],
                label="upper chart: Chinese customs", linewidth=0)  # fmt: skip
        extra = [y for y in every if oil[y] > 0]
        if extra:
            top.bar(extra, [oil[y] for y in extra], 0.72, bottom=[_value(facts["customs"][y]) for y in extra],
                    color="#cfe3f0", edgecolor=style.COLOURS["exports"], hatch="////", linewidth=0.6,
                    label="upper chart: crude oil as KOTRA estimates it, where known")  # fmt: skip
        if any(y in facts["kotra"] for y in every):
            top.plot(every, [_value(facts["kotra"].get(y)) for y in every], color=style.COLOURS["kotra"], marker="s",
                     linestyle="none", markersize=3.4, label="upper chart: KOTRA's own two flows")  # fmt: skip
        style.money_axis(top)
        top.set_title(style.heading("Deficit of the DPRK with China, million US dollars a year", narrow),
                      color=style.MUTED, fontweight="normal")  # fmt: skip
        # No look of the lower chart is one of the upper: what stands in one need not stand in the other.
        names = {"customs": "lower chart: Chinese customs", "customs_with_crude": "lower chart: customs and crude oil"}
        for record, (colour, dashes, marker) in zip(ratio, (style.LINES[1], style.LINES[3]), strict=True):
            if ratio[record]:
                bottom.plot(every, [_value(ratio[record].get(y)) for y in every], color=colour, linestyle=dashes,
                            marker=marker, linewidth=2.2 if record == lead else 1.2, label=names[record])  # fmt: skip
        bottom.set_yscale("log")
        bottom.yaxis.set_minor_locator(NullLocator())
        bottom.set_yticks([25, 50, 100, 200, 500, 1000])
        style.share_axis(bottom)
        bottom.set_title(style.heading("Deficit as a share of the DPRK's exports to China, log scale", narrow),
                         color=style.MUTED, fontweight="normal")  # fmt: skip
        style.year_axis(bottom, p.start_year, p.end_year, narrow)
        (bars, names_of_bars), (lines, names_of_lines) = (a.get_legend_handles_labels() for a in (top, bottom))
        bottom.legend([*bars, *lines], [*names_of_bars, *names_of_lines], loc="upper left", bbox_to_anchor=(0, -0.22),
                      ncols=1 if narrow else 2, frameon=False, fontsize=7.5, borderaxespad=0)  # fmt: skip

    wide, narrow = style.draw(paint, height=4.3, narrow_height=5.0)
    years = sorted({y for f in facts.values() for y in f})
    high = max(facts["customs"].values(), key=lambda f: f.value or 0, default=None)
    most = max(ratio["customs"].values(), key=lambda f: f.value or 0, default=None)
    told = [say("Bars of the yearly deficit and a line of it as a share of exports.")]
    if high and most:
        told.append(say("By customs the deficit is highest in {high:period}, {high}; it was {most} of the DPRK's "
                        "exports to China in {most:period}.", high=high, most=most))  # fmt: skip
    return FigureDisplay(
        id="dependence_deficit", title=_deficit_title(report, lead), svg=wide, narrow=narrow, alt=join(*told),
        caption=say("China's exports to the DPRK less its imports from there. Oil is added where KOTRA's estimate for "
                    "the year was printed; an unhatched bar after its first year means that it was not."),
        records=tuple(
            {"year": y, **{f"deficit_{r}_usd_million": _none(facts[r].get(y)) for r in facts},
             **{f"deficit_to_exports_{r}_percent": _none(ratio[r].get(y)) for r in ratio}} for y in years
        ),
        notes=(*caveats(report, "crude-size", "crude-unreported", "fob-cif", "outside",
                        bases=("customs", "customs_with_crude")), recency(report, years[-1])),
    )  # fmt: skip


@once
def matrix(report: Report, claim_id: str = "trade-70") -> Display:
    """Definition by year for one claim: where each share lies against the quoted figure."""
    p = report.parameters
    claim = next(c for c in rules.claims(report.catalogue) if c.claim_id == claim_id)
    shown = set(report.shown())
    cells = {d: years for d, years in rules.matrix(report.catalogue, report.shares, claim).items() if d in shown}
    cells = {d: years for d, years in cells.items() if set(years.values()) != {"no data"}}
    if not cells:
        return nothing(report, claim.label)
    every = list(range(p.start_year, p.end_year + 1))
    same = repeats(report.shares, cells)
    checks = {d for d in cells if report.definitions[d]["use"] != "headline"}
    labels = {d: report.definitions[d]["label"] + ("" if report.definitions[d]["use"] == "headline" else " (check)")
              for d in cells}  # fmt: skip

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        axes.grid(False)
        for row, (definition, years) in enumerate(cells.items()):
            for year, name in years.items():
                shade, marker, colour = SAME if (definition, year) in same else LOOKS[name]
                striped = definition in checks and shade != "white"
                colour = style.INK if striped else colour
                axes.add_patch(Rectangle((year - 0.46, row - 0.28), 0.92, 0.56,
                                         facecolor="white" if striped else shade, hatch=STRIPES if striped else None,
                                         edgecolor=style.RULE if shade == "white" else shade,
                                         linewidth=0.5))  # fmt: skip
                if marker:
                    axes.plot([year], [row], marker=marker, color=colour, markersize=2.2 if narrow else 3.4,
                              markerfacecolor="none" if name in ("near", "cannot tell") else colour,
                              markeredgewidth=0.8, linestyle="none")  # fmt: skip
            axes.text(every[0] - 0.46, row - 0.33, labels[definition], fontsize=7.5, va="bottom", ha="left")
        for date in said.dates(report.catalogue, claim_id):
            first, last = max(date.first_year, every[0]), min(date.last_year, every[-1])
            if first <= last:
                axes.add_patch(Rectangle((first - 0.5, -0.32), last - first + 1, len(cells) - 0.36, fill=False,
                                         edgecolor=style.INK, linewidth=1.1))  # fmt: skip
        axes.set_ylim(len(cells) - 0.6, -0.85)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        style.year_axis(axes, every[0], every[-1], narrow)
        style.footer(figure, narrow, ("● black: inside the quoted band", "○ grey: near it", "◇ cannot tell",
                                      "▲ above", "▼ below",
                                      *(["– the same figure as in a row above"] if same else []),
                                      *(["striped: for comparison only"] if checks else []),
                                      "empty: no data"))  # fmt: skip

    wide, narrow = style.draw(paint, height=0.9 + 0.42 * len(cells), narrow_height=1.2 + 0.44 * len(cells))
    low, high = claim.band
    return FigureDisplay(
        id=f"dependence_matrix_{claim_id.replace('-', '_')}", title=quoted.title(report, claim), svg=wide,
        narrow=narrow, alt=_matrix_alt(report, claim, cells),
        caption=say("{claim}. Inside: from {low}% to {high}%, which is the quoted figure with its rounding. Near: "
                    "within {near} points of that. A share that is a bound, or of which a row is in doubt, is below or "
                    "above only if nothing that it may be reaches the band. The years of the quotation and of the text "
                    "that repeats it are framed. A check is drawn for comparison only. Said by: {who}.",
                    claim=claim.label, low=f"{low:g}", high=f"{high:g}", near=f"{rules.NEAR:g}",
                    who=claim.said_by),
        records=tuple(
            {"year": year, "definition": d, "part": report.definitions[d]["part"],
             "whole": report.definitions[d]["whole"], "percent": report.shares[d][year].percent, "mark": name,
             "counted": "no" if d in checks else "with " + same[d, year] if (d, year) in same else "yes",
             "reason": report.shares[d][year].reason}
            for d, years in cells.items() for year, name in years.items()
        ),
        notes=(recency(report, max(max(y) for y in known({d: report.shares[d] for d in cells}).values())),),
    )  # fmt: skip


# ------------------------------------------------------------------------------------ titles and alt texts


def repeats(shares: Lines, cells: Iterable[str]) -> dict[tuple[str, int], str]:
    """The shares that equal one of a row above in the same year, with the definition of that row."""
    first: dict[tuple[int, float], str] = {}
    repeated: dict[tuple[str, int], str] = {}
    for definition in cells:
        for year, share in shares[definition].items():
            if share.percent is None:
                continue
            above = first.setdefault((year, round(share.percent, 6)), definition)
            if above != definition:
                repeated[definition, year] = above
    return repeated


def _matrix_alt(report: Report, claim: rules.Claim, cells: Mapping[str, Mapping[int, str]]) -> Sentence:
    parts = [say("Grid of definitions by years.")]
    for definition, years in cells.items():
        told = [
            f"{name} {listing(year_spans(y for y, n in years.items() if n == name), limit=20)}"
            for name in rules.MARKS[:-1] if name in years.values()
        ]  # fmt: skip
        parts.append(say("{name}: {told}.", name=report.definitions[definition]["label"], told="; ".join(told)))
    return join(*parts)


def _trade_title(report: Report, lead: str) -> Sentence:
    last, south = last_fact(report, lead), last_fact(report, "trade_share.with_inter_korean")
    beside = report.find(f"dependence.{lead}.{south.period}") if south else None
    if south is None or beside is None or beside.value is None or beside.id == south.id:
        return say("China's share of the DPRK's trade was {last} in {last:period}", last=last) if last else say(
            "China's share of the DPRK's trade")  # fmt: skip
    year = _widest(report)
    if year is None:
        return say("China's share of the DPRK's trade was {b} in {b:period}", b=beside)
    out, within = (report.fact(f"dependence.trade_share.{n}.{year}") for n in ("kotra", "with_inter_korean"))
    return say("In {o:period} China had {o} of the DPRK's trade without inter-Korean trade and {w} with it", o=out,
               w=within)  # fmt: skip


def _widest(report: Report) -> int | None:
    """The year in which counting inter-Korean trade changes the share most."""
    out, within = (report.shares[f"trade_share.{n}"] for n in ("kotra", "with_inter_korean"))
    apart = {y: _percent(out[y]) - _percent(within[y]) for y in out}
    apart = {y: points for y, points in apart.items() if not math.isnan(points)}
    return max(apart, key=lambda y: apart[y]) if apart else None


def _partners_title(report: Report) -> Sentence:
    found = _by_year(report, "dependence.doubtful_partners.oec")
    all_, kept = (_by_year(report, f"dependence.effective_partners.{r}") for r in ("oec", "oec_without_doubtful"))
    if found and all_:
        year = max(found, key=lambda y: (found[y].value or 0, y))
        if found[year].value:
            return say("In {n:period}, {n} doubtful partners raise the effective number from {kept} to {all}",
                       n=found[year], kept=kept[year], all=all_[year])  # fmt: skip
    most = _by_year(report, "dependence.effective_partners.kotra_most")
    if most:
        return say("In {m:period} the DPRK had at most {m} effective partners", m=most[max(most)])
    return say("Other partners of the DPRK")


def _partners_alt(report: Report, number: Mapping[str, Mapping[int, Fact]],
                  other: Mapping[str, Mapping[int, Fact]]) -> Sentence:  # fmt: skip
    parts = [say("Lines of the effective number of partners and of trade with all partners but China.")]
    names = {"oec": "All partners of the record", "oec_without_doubtful": "Doubtful partners left out",
             "kotra_most": "KOTRA, at most", "kotra": "KOTRA"}  # fmt: skip
    for facts, what in ((number, "partners"), (other, "others")):
        for record, years in facts.items():
            if years:
                high, last = max(years.values(), key=lambda f: f.value or 0), years[max(years)]
                parts.append(say("{name}, {what}: highest {h} in {h:period}, last {l} in {l:period}.",
                                 name=names[record], what=what, h=high, l=last))  # fmt: skip
    return join(*parts)


def _deficit_title(report: Report, lead: str) -> Sentence:
    """The deficit to its last year; crude oil is known for a part of the years only, see the notes of the table."""
    total = deficit_sum(report, "customs", last=True) or deficit_sum(report, lead, last=True)
    if total is None:
        return say("The DPRK's deficit with China")
    return say("The DPRK bought {t} more from China than it sold there {t:when}", t=total)


def _by_year(report: Report, prefix: str) -> dict[int, Fact]:
    return {int(f.period): f for f in report.facts.family(prefix) if f.period.isdigit() and f.value is not None}


def _value(fact: Fact | None) -> float:
    return math.nan if fact is None or fact.value is None else fact.value


def _percent(share: Share | None) -> float:
    return math.nan if share is None or share.percent is None else share.percent


def _none(fact: Fact | None) -> float | None:
    return None if fact is None else fact.value


