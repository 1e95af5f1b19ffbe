"""Chart of the refined oil that China and Russia notified to the United Nations, against the yearly cap."""

from __future__ import annotations

from matplotlib.figure import Figure

from .. import style
from ..captions import caveats, join, recency
from ..dependence import notified
from ..display import Display, FigureDisplay, Sentence, say
from ..report import Report
from .dependence import nothing
from .once import once

SELLERS = {"China": (style.COLOURS["exports"], "China"), "Russia": (style.COLOURS["imports"], "Russia"),
           "both": ("#9a9a9a", "China and Russia together, as published")}  # fmt: skip


@once
def refined_cap(report: Report) -> Display:
    """Notified deliveries of refined oil by year and supplier, with the cap as a line; incomplete years hatched."""
    p = report.parameters
    years = notified.by_year(report.catalogue, range(p.start_year, p.end_year + 1), p.as_of)
    if not years:
        return nothing(report, "Refined oil against the cap")
    parts = {year: _parts(one) for year, one in years.items()}
    cap = max(one.cap.value or 0 for one in years.values())

    def paint(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        for name, (colour, label) in SELLERS.items():
            floor = {year: sum(v for k, v in found.items() if _before(k, name)) for year, found in parts.items()}
            for whole in (True, False):
                chosen = [y for y, one in years.items() if one.whole == whole and parts[y].get(name)]
                axes.bar(chosen, [parts[y][name] for y in chosen], 0.7,
                         bottom=[floor[y] for y in chosen], color=colour, linewidth=0,
                         alpha=1 if whole else 0.45, label=label if whole else None)  # fmt: skip
        for year, one in years.items():
            share = one.of_cap.percent
            if share is not None and one.total.value is not None:
                text = f"{share:.0f}%" if one.whole else f"≥ {share:.0f}%"
                axes.text(year, sum(parts[year].values()) + cap * 0.015, text, ha="center",
                          va="bottom", fontsize=7.5)  # fmt: skip
        axes.axhline(cap, color=style.INK, linewidth=1.2)
        axes.text(min(years) - 0.45, cap * 1.012, "yearly cap of the Security Council", fontsize=7.5,
                  va="bottom", ha="left")  # fmt: skip
        style.money_axis(axes)
        axes.set_ylim(0, cap * 1.15)
        axes.set_xticks(list(years), [str(year) for year in years])
        axes.set_xlim(min(years) - 0.6, max(years) + 0.6)
        axes.set_title("Barrels a year, as notified to the United Nations", color=style.MUTED,
                       fontweight="normal")  # fmt: skip
        style.key_lines(axes, narrow)
        style.footer(figure, narrow, ("Pale: months or a supplier are missing, so the share is a lower bound",))

    wide, narrow = style.draw(paint, height=3.4, narrow_height=4.0)
    return FigureDisplay(
        id="dependence_refined_cap", title=title(report), svg=wide, narrow=narrow,
        alt=join(say("Bars of notified refined oil by year under a line for the cap."), *_words(report)),
        caption=say("Refined oil that China and Russia notified to the committee of the Security Council on the DPRK, "
                    "read on news pages; a figure published in tonnes is turned into barrels. Sources: press reports "
                    "on the committee's table, and the resolution that sets the cap."),
        records=tuple(
            {"year": year, **{f"{name.lower()}_barrels": amount.value for name, amount in one.by_supplier.items()},
             **{f"{name.lower()}_months": one.months[name] for name in one.by_supplier},
             "total_barrels": one.total.value, "cap_barrels": one.cap.value, "percent_of_cap": one.of_cap.percent,
             "complete": "yes" if one.whole else "no"}
            for year, one in years.items()
        ),
        notes=(*caveats(report, "un-notified-only", bases=("un_notified",)), recency(report, max(years))),
    )  # fmt: skip


def title(report: Report) -> Sentence:
    """The last complete year, and the last of all if it is another."""
    facts = report.facts.family("dependence.refined_cap")
    if not facts:
        return say("Refined oil notified to the United Nations against the yearly cap")
    return say("In {f:period} notified deliveries of refined oil were {f} of the UN cap", f=facts[-1])


def _parts(one: notified.Notified) -> dict[str, float]:
    """What a bar is made of: the suppliers where both are known, else the total."""
    values = {name: amount.value for name, amount in one.by_supplier.items()}
    apart = abs(sum(value or 0 for value in values.values()) - (one.total.value or 0)) > 1
    if one.whole and (None in values.values() or apart):
        return {"both": one.total.value or 0.0}
    return {name: value for name, value in values.items() if value is not None}


def _before(name: str, other: str) -> bool:
    return list(SELLERS).index(name) < list(SELLERS).index(other)


def _words(report: Report) -> list[Sentence]:
    return [say("{f} in {f:period}.", f=fact) for fact in report.facts.family("dependence.refined_cap")] + [
        say("At least {f} in {f:period}.", f=fact) for fact in report.facts.family("dependence.refined_cap_at_least")]
