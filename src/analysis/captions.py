"""Words that stand under charts and tables: caveats, recency, keys, and what a line shows.

Every number comes from a fact or from the data package; nothing here is typed by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase

import pandas as pd

from . import style
from .catalogue import Catalogue
from .display import Sentence, Words, say
from .facts import Fact
from .formatting import MONTHS, day_text
from .report import Report
from .trade import phases, spliced

MARKS = {"derived": "*", "estimated": "†", "unfit": "‡"}


def basis_label(report: Report, basis: str | None = None, long: bool = False) -> str:
    rows = report.catalogue.frame("trade/bases").set_index("basis")
    return str(rows.loc[basis or report.parameters.basis, "long_label" if long else "label"])


def caveats(report: Report, *ids: str, bases: Iterable[str] = ()) -> tuple[Sentence, ...]:
    """The caveats `ids` that touch the bases shown and the years asked for, in the order given."""
    shown = set(bases) or {report.parameters.basis}
    rows = report.catalogue.frame("caveats").set_index("caveat_id")
    chosen = [
        id
        for id in report.caveats_among(ids)
        if shown & set(rows.loc[id, "applies_to"].split())
        and (rows.isna().loc[id, "from_year"] or rows.loc[id, "from_year"] <= report.parameters.end_year)
    ]
    return tuple(say("{text}", text=report.catalogue.caveat(id)) for id in chosen)


def caveats_of(catalogue: Catalogue, fact: Fact) -> tuple[str, ...]:
    """The caveats that touch `fact`: those of its record, its kind and its years, as data/caveats.csv declares them."""
    kind, record = [*fact.plain_id.split("."), "", ""][1:3]
    if fact.plain_id.startswith(("events.", "products.")):
        record = fact.plain_id.partition(".")[0]
    bases = set(catalogue.bases) if record == "all_bases" else set(record.split("_to_"))
    if record == "events" and any(row.startswith(f"{spliced.TABLE}#") for row in fact.rows):
        bases.add("events_comtrade")
    years = [int(year) for year in re.findall(r"\d{4}", fact.period)]
    return tuple(
        catalogue.caveat(row["caveat_id"])
        for row in catalogue.frame("caveats").to_dict("records")
        if bases & set(row["applies_to"].split())
        and _named(kind, row["facts"].split())
        and (pd.isna(row["from_year"]) or row["from_year"] <= max(years))
        and (pd.isna(row["to_year"]) or row["to_year"] >= min(years))
    )


def _named(kind: str, patterns: list[str]) -> bool:
    barred = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    return any(fnmatchcase(kind, p) for p in patterns) and not any(fnmatchcase(kind, p) for p in barred)


def recency(report: Report, last: object) -> Sentence:
    """How recent the data of a chart are: the last period with a figure, and the data package."""
    if last is None or last == "":
        return say("No figure in the years asked for. Data package of {day}.", day=day_text(report.catalogue.data_date))
    return say(
        "Latest figure: {last}. Data package of {day}.", last=str(last), day=day_text(report.catalogue.data_date)
    )


def year_spans(years: Iterable[int]) -> list[str]:
    """Years as `2011`, `2014` and, where three or more follow each other, `2018–2024`."""
    spans: list[list[int]] = []
    for year in sorted(years):
        if spans and year == spans[-1][-1] + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    return [
        word
        for span in spans
        for word in ([f"{span[0]}–{span[-1]}"] if len(span) > 2 else [str(year) for year in span])
    ]


def marks_note() -> Sentence:
    """What the signs in tables mean."""
    return say(
        "{d} derived by arithmetic on printed figures. {e} contains an estimate. {u} unfit for growth. "
        "A dash is a gap: no figure is known.",
        d=MARKS["derived"], e=MARKS["estimated"], u=MARKS["unfit"],
    )  # fmt: skip


def turning_marks(report: Report) -> list[tuple[float, str]]:
    """Position on a yearly axis and name of the events that open the phases, inside the years asked for.

    A calendar year stands at its number, so it reaches from half a year before to half a year after.
    """
    p = report.parameters
    return [(x - 0.5, label) for x, label in turning_moments(report, p.start_year, p.end_year)]


def turning_moments(report: Report, first: int, last: int) -> list[tuple[float, str]]:
    """The same on an axis of months (`style.month_axis`) from the year `first` to the year `last`."""
    p = report.parameters
    return [
        (style.moment(point.day.year, point.day.month, point.day.day), f"{point.label}, {_month(point.day)}")
        for point in phases.openers(report.turning_points)
        if max(first, p.start_year) <= point.day.year <= min(last, p.end_year)
    ]


def _month(day: date) -> str:
    return f"{MONTHS[day.month - 1][:3]} {day.year}"


def level_words(report: Report, measure: str, basis: str | None = None) -> Sentence:
    """What the yearly line of one flow does: first value, peak, trough after it, last value."""
    basis = basis or report.parameters.basis
    name = report.parameters.pair.flows[measure]
    levels = usable_levels(report, measure, basis)
    if not levels:
        return say("{name}: no usable figure.", name=name)
    first, last = levels[0], levels[-1]
    peak = max(levels, key=lambda fact: fact.value or 0)
    trough = min((f for f in levels if f.period >= peak.period), key=lambda fact: fact.value or 0)
    steps = [f for f in (first, peak, trough, last) if f.value is not None]
    words: list[str] = []
    refs: dict[str, Fact] = {}
    before = 0.0
    for position, fact in enumerate(sorted(set(steps), key=lambda f: f.period)):
        verb = "" if position == 0 else ("rises to " if (fact.value or 0) > before else "falls to ")
        words.append(f"{verb}{{f{position}}} in {{f{position}:period}}")
        refs[f"f{position}"] = fact
        before = fact.value or 0
    return say("{name}: " + ", ".join(words) + ".", name=Words(name), **refs)


def deficit_sum(report: Report, record: str, last: bool = False) -> Fact | None:
    """The DPRK's deficit with China added up by one record: over its longest run of years, or its `last`."""
    def reach(fact: Fact) -> tuple[int, int]:
        first, end = (int(year) for year in fact.period.split("-"))
        return (end, end - first) if last else (end - first, end)

    return max(report.facts.family(f"dependence.cumulated_deficit.{record}"), key=reach, default=None)


def usable_levels(report: Report, measure: str, basis: str) -> list[Fact]:
    """The yearly level facts of a flow that are fit for growth, in order of year."""
    fit = report.cells(basis)["fit"]
    return [
        fact
        for fact in report.facts.family(f"trade.{measure}.{basis}")
        if fact.period.isdigit() and fit[int(fact.period), measure]
    ]


def join(*sentences: Sentence) -> Sentence:
    """Several sentences as one, with a space between them."""
    template, refs = [], {}
    for number, sentence in enumerate(sentences):
        text = sentence.template
        for name, reference in sentence.refs.items():
            text = text.replace(f"{{{name}}}", f"{{s{number}_{name}}}").replace(f"{{{name}:", f"{{s{number}_{name}:")
            refs[f"s{number}_{name}"] = reference
        template.append(text)
    return say(" ".join(template), **refs)
