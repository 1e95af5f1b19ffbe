"""What the quarters and half-years around the early nuclear tests show: a sentence for each test."""

from __future__ import annotations

from datetime import date

from ..display import Prose, Reference, Sentence, Words, say
from ..events import quarters as described
from ..events.catalogue import Event
from ..formatting import day_text
from ..report import Report
from ..showing import in_notebooks
from ..tables.annual import range_shows

WHAT = {"exports": "China's exports to North Korea", "total": "trade"}


@in_notebooks
def after_the_tests(report: Report) -> Prose:
    """Growth in the quarter and half-year of each early test, and in the next, where a figure is known."""
    p, periods = report.parameters, described.around(report)
    sentences = [
        _sentence(event, [period for period in periods if period.event == event])
        for event in described.tests(report)
        if p.start_year <= int(event.date[:4]) <= p.end_year
    ]
    if not sentences:
        return Prose((say("No early nuclear test lies in the years asked for."),), "note")
    rule = say(
        "Each of these periods holds months before the test or long after it: they describe what trade did, and do not "
        "show what the test did. A range spans rounding and growth as compilers published it."
    )
    return Prose((*sentences, rule), "list")


def _sentence(event: Event, periods: list[described.Around]) -> Sentence:
    near = [p for p in periods if p.step in (0, 1)]
    day = day_text(date.fromisoformat(event.date))
    for flow, what in WHAT.items():
        known = [(p.words, fact) for p in near if (fact := p.growth[flow])]
        if known:
            refs: dict[str, Reference] = {"day": Words(day), "what": Words(what)}
            parts = []
            for place, (words, fact) in enumerate(known):
                refs |= {f"w{place}": Words(words), f"g{place}": fact}
                moved = "rose" if (fact.value or 0) > 0 else "fell"
                ends = f" ({{g{place}:low}} to {{g{place}:high}})" if range_shows(fact) else ""
                parts.append(f"{moved} {{g{place}:abs}} in {{w{place}}}{ends}")
            told = " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)
            return say(f"Around the nuclear test of {{day}}, {{what}} {told}, compared with a year before.", **refs)
    return say("Around the nuclear test of {day}, no growth is known for a quarter or a longer part of the year.",
               day=day)  # fmt: skip
