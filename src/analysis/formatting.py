"""How numbers look: one convention for signs, thousands, per cent and percentage points.

A thin space never separates thousands (it breaks in plain text); a comma does. The minus is the minus
sign. Shares and growth take a space-less per-cent sign. No more digits are shown than the source bears.
"""

from __future__ import annotations

import math
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from .facts import Fact

MINUS = "\u2212"
GAP = "–"
SHARES = (("events", "votes"), ("events", "false_alarms"), ("events", "coverage"), ("products", "share"))
# Significant digits of a computed number that binary arithmetic leaves sure.
SURE_DIGITS = 12
WORDS_OF_UNIT = {
    "tonnes": "tonnes", "kt": "thousand tonnes", "tonnes_n": "tonnes of nitrogen", "barrels": "barrels",
    "cubic_metres": "cubic metres", "usd_per_tonne": "dollars a tonne",
    "mtoe": "million tonnes of oil equivalent", "kt_c": "thousand tonnes of carbon",
    "persons": "persons", "km": "km", "years": "years", "months": "months", "tiv_million": "million TIV",
}  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def sentence_case(text: str) -> str:
    """`text` with a capital first letter; the other letters stay, so that names keep theirs."""
    return text[:1].upper() + text[1:]


def day_text(day: date) -> str:
    """`19 February 2017`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def rounded_half_up(value: float, decimals: int = 0) -> Decimal:
    """`value` rounded as readers expect: a five goes away from zero, at any number of decimals and on either side.

    What is rounded is the decimal number that the value stands for (2.675), not the binary one nearest to it; twelve
    significant digits leave out what arithmetic on binary numbers adds.
    """
    return Decimal(f"{value:.{SURE_DIGITS - 1}e}").quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def number(value: float | None, decimals: int = 0, sign: bool = False) -> str:
    """`value` with thousands separated; negative `decimals` round to tens or hundreds; a gap is a dash."""
    if value is None or not math.isfinite(value):
        return GAP
    rounded = rounded_half_up(value, decimals)
    text = f"{abs(rounded):,.{max(decimals, 0)}f}"
    if rounded < 0:
        return MINUS + text
    return ("+" if sign and rounded > 0 else "") + text


def dollars(value: float, decimals: int = 0) -> str:
    """US dollars from a value in millions: `$6.36 billion`, `$488 million`; digits as the source bears."""
    sign = MINUS if value < 0 else ""
    size = abs(value)
    if 0 < size < 0.1:
        return f"{sign}${number(size * 1000, 0 if size >= 0.001 else 1)} thousand"
    if rounded_half_up(size, min(decimals, 0)) >= 1000:
        return f"{sign}${number(size / 1000, max(0, min(2, decimals + 3)))} billion"
    return f"{sign}${number(size, min(decimals, 0 if size >= 10 else 1))} million"


def percent(value: float, decimals: int = 1, sign: bool = True) -> str:
    """`+25.5%`, with the sign unless told otherwise. Changes of 100 per cent and more take no decimals."""
    return number(value, 0 if abs(value) >= 100 else decimals, sign) + "%"


def fact_text(fact: Fact, style: str = "") -> str:
    """A fact as it stands in a sentence.

    Styles: `abs` drops the sign ("fell by 51%"), `plain` keeps only a minus, `period` gives the period,
    `when` the same in words, `low` and `high` give the ends of the interval, `times` and `fold` turn a change
    in per cent into a multiple: `×8.6`, `8.6 times`. `year` gives the first year of the
    period, `number` drops the unit.
    """
    if style == "period":
        return fact.period.replace("-", "–")
    if style == "when":
        first, to, last = fact.period.partition("-")
        return f"from {first} to {last}" if to and len(last) == 4 else f"in {fact.period}"
    if style == "year":
        return fact.period[:4]
    if fact.word:
        return fact.word
    value = {"low": fact.low, "high": fact.high}.get(style, fact.value)
    if value is None:
        return "not known"
    if style == "times":
        return "×" + _two_digits(1 + value / 100)
    if style == "fold":
        return f"{_two_digits(1 + value / 100)} times"
    if style == "number":
        return number(value, fact.decimals)
    if style == "abs":
        value = abs(value)
    if fact.unit == "usd_million":
        return dollars(value, fact.decimals)
    if fact.unit == "percent":
        return percent(value, fact.decimals, sign=style not in ("abs", "plain") and not is_share(fact))
    if fact.unit == "percentage_points":
        if style in ("low", "high"):
            return percent(value, fact.decimals)
        return f"{number(value, fact.decimals, sign=style not in ('abs', 'plain'))} percentage points"
    if fact.unit == "log_points":
        return f"{number(value, fact.decimals, sign=True)} log points"
    if fact.unit == "day":
        return span_text(fact)
    if fact.unit == "year":
        return str(rounded_half_up(value))
    if words := WORDS_OF_UNIT.get(fact.unit):
        return f"{number(value, fact.decimals)} {words}"
    return number(value, fact.decimals)


def _two_digits(value: float) -> str:
    """A multiple with two significant digits: `8.6`, `120`."""
    size = math.floor(math.log10(abs(value))) if value else 0
    return f"{float(rounded_half_up(value, 1 - size)):,g}"


def span_text(fact: Fact) -> str:
    """A fact of unit `day`: the day, or the month or the year where no more is known."""
    first, last = (date.fromordinal(int(end if end is not None else fact.value or 1)) for end in (fact.low, fact.high))
    if first == last:
        return day_text(first)
    return str(first.year) if (last - first).days > 31 else f"{MONTHS[first.month - 1]} {first.year}"


def is_share(fact: Fact) -> bool:
    """A share of a whole takes no plus; a change does."""
    topic, kind = fact.plain_id.split(".")[:2]
    if topic == "dependence":
        return not kind.endswith("_change")
    return topic == "evidence" or (topic, kind) in SHARES
