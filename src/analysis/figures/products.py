"""What is traded: goods by year as circles, and coal by month through the bans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture

from .. import style
from ..captions import caveats, join, recency
from ..display import Display, FigureDisplay, Prose, Sentence, say
from ..events.products import MIXED, banned_from
from ..facts import Fact
from ..formatting import MONTHS, number
from ..report import Report
from ..trade.product_facts import fact_id, figures_of
from ..trade.products import BOUGHT, SOLD, Figure, by_year
from .once import once

PANELS = (
    ("dprk_exports", SOLD, "What North Korea sells", style.COLOURS["imports"]),
    ("dprk_imports", BOUGHT, "What North Korea buys", style.COLOURS["exports"]),
)
SOURCE = "kotra"
# Area of a circle, in points squared, for a million dollars; the same in every row.
AREA = {False: 0.36, True: 0.15}
LEAST_AREA, INSIDE = 7.0, {False: 230.0, True: 1000.0}
# What stands where customs recorded nothing, unlike a month without a figure.
NONE = "0"
SPAN = (date(2016, 1, 1), date(2017, 12, 31))
FROM_SHARE, ESTIMATED = "○ published share × total", "□ with an estimate of crude oil"
TICK = "┃ banned or capped from this day"
Goods = dict[str, dict[int, Figure]]


# ------------------------------------------------------------------------------------------ goods by year


@once
def traded(report: Report) -> Display:
    """Values by good and year in one source, all partners; an empty place is a year without a figure."""
    found = figures_of(report)
    panels = [(goods, title, colour, measure) for measure, wanted, title, colour in PANELS
              if (goods := by_year(found, wanted, measure, SOURCE))]  # fmt: skip
    if not panels:
        return nothing(report)
    years = sorted({year for goods, *_ in panels for row in goods.values() for year in row})

    def paint(picture: Picture, narrow: bool) -> None:
        rows = [len(goods) for goods, *_ in panels]
        drawn = picture.subplots(len(panels), 1, sharex=True, height_ratios=rows, squeeze=False)[:, 0]
        for axes, (goods, title, colour, measure) in zip(drawn, panels, strict=True):
            _circles(axes, goods, colour, narrow)
            _ban_ticks(axes, report, goods, measure, (years[0], years[-1]))
            axes.set_title(f"{title}, million US dollars", color=colour, loc="left", pad=8)
            _year_ticks(axes, years[0], years[-1], narrow)
        looks = {figure.status for goods, *_ in panels for row in goods.values() for figure in row.values()}
        keys = [key for status, key in (("derived", FROM_SHARE), ("estimated", ESTIMATED)) if status in looks]
        note = ["Source: KOTRA as quoted in the press; all partners but South Korea.",
                "No circle: no figure was found, which is not zero."]  # fmt: skip
        style.footer(picture, narrow, [*keys, TICK, *note])

    rows = sum(len(goods) for goods, *_ in panels)
    wide, narrow = style.draw(paint, height=1.4 + 0.38 * rows, narrow_height=1.6 + 0.36 * rows)
    return FigureDisplay(
        id="products_traded", title=traded_title(report), svg=wide, narrow=narrow,
        alt=join(say("Circles by good and year, their area the value. No circle means that no figure was found."),
                 *(_row_words(report, name, row) for goods, *_ in panels for name, row in goods.items())),
        caption=say(
            "North Korea's trade with all countries but South Korea, of which China has most. Coal stands alone where "
            "KOTRA does not give all mineral fuels; clothing stands for textiles where both are known."
        ),
        records=tuple(
            {"flow": measure, "good": name, "year": year, "usd_million": figure.value, "low": figure.low,
             "high": figure.high, "status": figure.status, "product": figure.product, "as_named": figure.term,
             "rows": " ".join(figure.rows)}
            for goods, _, _, measure in panels for name, row in goods.items() for year, figure in row.items()
        ),
        notes=(*caveats(report, "products-named", "products-kotra", bases=["products"]), recency(report, years[-1])),
    )  # fmt: skip


def traded_title(report: Report) -> Sentence:
    """The good that brought in most in its best year, and the one with the largest share in the last year."""
    goods = by_year(figures_of(report), SOLD, "dprk_exports", SOURCE)
    shares = [(name, share) for name, row in goods.items() for figure in row.values()
              if (share := report.find(fact_id("share", figure)))]  # fmt: skip
    if not shares:
        return say("What North Korea sells and buys, by good and year")
    best = max((figure for row in goods.values() for figure in row.values()), key=lambda figure: figure.value)
    first = next(((name, share) for name, share in shares if share.id == fact_id("share", best)), shares[0])
    last = max(shares, key=lambda pair: (pair[1].period, pair[1].value or 0))
    if first == last:
        return say("{name} made up {share} of North Korea's exports in {share:period}", name=first[0], share=first[1])
    return say(
        "{name} made up {share} of North Korea's exports in {share:period}, {later} {last} in {last:period}",
        name=first[0], share=first[1], later=last[0].lower(), last=last[1],
    )  # fmt: skip


def _circles(axes: Axes, goods: Goods, colour: str, narrow: bool) -> None:
    for position, row in enumerate(goods.values()):
        largest, last = max(row.values(), key=lambda figure: figure.value), list(row.values())[-1]
        for year, figure in row.items():
            filled = figure.status == "reported"
            axes.plot(
                [year], [position], markersize=_area(figure, narrow) ** 0.5, zorder=3, markeredgewidth=1.0,
                marker="s" if figure.status == "estimated" else "o", markerfacecolor=colour if filled else "white",
                markeredgecolor="white" if filled else colour,
            )  # fmt: skip
            near = abs(largest.year - last.year) <= 2
            if not narrow or figure is largest or (figure is last and not near):
                _label(axes, (year, position), figure, narrow, filled)
    axes.set_yticks(range(len(goods)), list(goods))
    axes.tick_params(axis="y", labelcolor=style.INK)
    axes.set_ylim(len(goods) - 0.35, -0.75)
    axes.spines["left"].set_visible(False)


def _label(axes: Axes, place: tuple[int, int], figure: Figure, narrow: bool, filled: bool) -> None:
    """The value, inside a circle that has room for it, else above."""
    inside = _area(figure, narrow) > INSIDE[narrow]
    rise = 0.0 if inside else 1.2 + _area(figure, narrow) ** 0.5 / 2
    axes.annotate(
        number(figure.value, 0), place, xytext=(0, rise), textcoords="offset points", ha="center",
        va="center_baseline" if inside else "bottom", fontsize=6.5, color="white" if inside and filled else style.INK,
        zorder=4, clip_on=False,
    )  # fmt: skip


def _area(figure: Figure, narrow: bool) -> float:
    return max(LEAST_AREA, AREA[narrow] * figure.value)


def _ban_ticks(axes: Axes, report: Report, goods: Goods, measure: str, span: tuple[int, int]) -> None:
    """A short upright stroke in the row of a good on the day from which it was banned or capped."""
    for position, row in enumerate(goods.values()):
        day = banned_from(report.catalogue, list(row.values())[-1].product, measure)
        if day in ("", MIXED) or not span[0] <= int(day[:4]) <= span[1]:
            continue
        stands = date.fromisoformat(day)
        x = stands.year - 0.5 + stands.timetuple().tm_yday / 366
        axes.plot([x, x], [position - 0.3, position + 0.3], color=style.INK, linewidth=1.6, zorder=5,
                  solid_capstyle="butt")  # fmt: skip


def _year_ticks(axes: Axes, first: int, last: int, narrow: bool) -> None:
    style.year_axis(axes, first, last, narrow)
    axes.tick_params(axis="x", labelbottom=True)


def _row_words(report: Report, name: str, row: dict[int, Figure]) -> Sentence:
    facts = [fact for figure in row.values() if (fact := report.find(fact_id("value", figure)))]
    most, last = max(facts, key=lambda fact: fact.value or 0), facts[-1]
    if most is last:
        return say("{name}: at most {most}, in {most:period}.", name=name, most=most)
    return say("{name}: at most {most}, in {most:period}; last figure {last}, in {last:period}.", name=name, most=most,
               last=last)  # fmt: skip


# ------------------------------------------------------------------------------------------- coal by month


@once
def coal_months(report: Report) -> Display:
    """China's imports of coal by month through the bans; months without a figure stay open."""
    p = report.parameters
    first, last = (day.year * 12 + day.month - 1 for day in SPAN)
    months = [m for m in range(first, last + 1) if p.start_year <= m // 12 <= p.end_year]
    facts = {m: fact for m in months if (fact := report.find(f"products.quantity.coal.imports.customs.{_key(m)}"))}
    if not facts:
        return nothing(report)
    stops = [(name, day) for name, day in coal_stops(report) if months[0] <= _of(day) <= months[-1]]

    def paint(picture: Picture, narrow: bool) -> None:
        axes = picture.add_subplot()
        values = {m: (fact.value or 0.0) / 1e6 for m, fact in facts.items()}
        axes.bar([m + 0.5 for m in values], list(values.values()), width=0.78, color=style.COLOURS["imports"], zorder=2)
        top = max([*values.values(), 1.0]) * 1.42
        for m in months:
            if m not in values:
                axes.axvspan(m + 0.06, m + 0.94, color=style.SHADES["closure"], zorder=0, linewidth=0)
            elif values[m] == 0:
                axes.text(m + 0.5, top * 0.012, NONE, ha="center", va="bottom", fontsize=8.5, fontweight="bold",
                          color=style.COLOURS["imports"], zorder=4)  # fmt: skip
            elif not narrow:
                text = number(values[m], _decimals(facts[m]))
                axes.text(m + 0.5, values[m] + top * 0.01, text, ha="center", va="bottom", fontsize=7.5, zorder=4)
        axes.set_xlim(months[0], months[-1] + 1)
        axes.set_ylim(0, top)
        ticks = [m for m in months if m % (6 if narrow else 3) == 0]
        axes.set_xticks(ticks, [_tick(m) for m in ticks], ha="left")
        axes.yaxis.set_major_formatter(lambda value, _: number(value, 1))
        _named_lines(axes, stops, narrow)
        axes.set_title("China's imports of coal from North Korea, million tonnes a month", color=style.MUTED,
                       fontweight="normal", fontsize=8 if narrow else 9)  # fmt: skip
        style.footer(picture, narrow, ["Grey: no figure found for the month.",
                                       f"{NONE}: customs recorded none.",
                                       "Source: Chinese customs as quoted in the press."])  # fmt: skip

    wide, narrow = style.draw(paint)
    return FigureDisplay(
        id="coal_months", title=coal_title(report, facts), svg=wide, narrow=narrow,
        alt=join(say("Bars by month, months without a figure shaded."), *(_month_words(m, f) for m, f in facts.items()),
                 say("Lines mark the measures: {names}.", names="; ".join(name for name, _ in stops) or "none")),
        caption=say("Tonnes by month as customs records them; a month without a figure may have had trade."),
        records=tuple(
            {"month": _key(m), "tonnes": facts[m].value if m in facts else None,
             "status": facts[m].status if m in facts else "no figure found",
             "rows": " ".join(facts[m].rows) if m in facts else ""}
            for m in months
        ),
        notes=(*caveats(report, "products-named", bases=["products"]), recency(report, _name(max(facts)))),
    )  # fmt: skip


def coal_title(report: Report, facts: dict[int, Fact]) -> Sentence:
    """Which months had none, and what the months before had."""
    none = [month for month, fact in facts.items() if fact.value == 0]
    before = report.find("events.products.month.coal.imports.before")
    if not none:
        return say("How much coal China bought from North Korea, month by month")
    runs = " and ".join(_run(run) for run in _runs(none))
    if before is None:
        return say("Chinese customs recorded no North Korean coal in {runs}", runs=runs)
    return say("Chinese customs recorded no North Korean coal in {runs}; before, it was {before} a month",
               runs=runs, before=before)  # fmt: skip


def coal_stops(report: Report) -> list[tuple[str, date]]:
    """The measures on coal in words, with the day from which each held."""
    limits = report.catalogue.frame("events/measures")
    limits = limits[(limits["item"] == "coal") & (limits["flow"] == "imports")]
    limits = limits.drop_duplicates(["resolution", "instrument"])
    words = {"cap": "UN cap", "ban": "UN ban"}
    named = [
        (f"{words[row['instrument']]} ({row['resolution'].replace('res-', 'Res. ')})",
         date.fromisoformat(row["effective_date"]))
        for row in limits.to_dict("records") if row["instrument"] in words
    ]  # fmt: skip
    stop = report.catalogue.frame("events").set_index("event_id").loc["coal-stop", "date"]
    return sorted([*named, ("China stops coal", date.fromisoformat(str(stop)))], key=lambda pair: pair[1])


def _named_lines(axes: Axes, stops: Sequence[tuple[str, date]], narrow: bool) -> None:
    """Each measure by its name on its line; names stand left of the first line, and right of the others."""
    for position, (name, day) in enumerate(stops):
        x = _of(day) + (day.day - 1) / 31
        axes.axvline(x, color=style.INK, linewidth=0.9, linestyle=(0, (3, 2)), zorder=1)
        side = "right" if position == 0 and len(stops) > 1 else "left"
        dated = f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"
        words = name.replace(" (", "\n(") if narrow else f"{name},\n{dated}"
        axes.annotate(words, (x, 0.985), xycoords=axes.get_xaxis_transform(), textcoords="offset points",
                      xytext=(-3 if side == "right" else 3, 0), ha=side, va="top", fontsize=7 if narrow else 8,
                      color=style.INK, zorder=5,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85})  # fmt: skip


def _decimals(fact: Fact) -> int:
    """Decimals of million tonnes that the source bears."""
    return 1 if fact.low is not None and fact.high is not None and fact.high - fact.low > 20_000 else 2


def _runs(months: Iterable[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for month in months:
        if runs and month == runs[-1][-1] + 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    return runs


def _run(run: list[int]) -> str:
    first, last = run[0], run[-1]
    if first == last:
        return _name(first)
    return f"{MONTHS[first % 12] if first // 12 == last // 12 else _name(first)}–{_name(last)}"


def _month_words(month: int, fact: Fact) -> Sentence:
    return say("{month}: {fact}.", month=_name(month), fact=fact)


def _of(day: date) -> int:
    return day.year * 12 + day.month - 1


def _key(month: int) -> str:
    return f"{month // 12}-{month % 12 + 1:02}"


def _name(month: int) -> str:
    return f"{MONTHS[month % 12]} {month // 12}"


def _tick(month: int) -> str:
    name = MONTHS[month % 12][:3]
    return f"{name}\n{month // 12}" if month % 12 == 0 else name


def nothing(report: Report) -> Prose:
    p = report.parameters
    return Prose((say("No figure by product is known from {first} to {last}.", first=p.start_year, last=p.end_year),),
                 "note")  # fmt: skip
