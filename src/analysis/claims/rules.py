"""The closed list of rules. Each takes a claim and the facts of its readings and gives a verdict and what agreed.

A rule knows no claim by name and no number: quoted figures and tolerances come from the claim's row. What each outcome
means is said in words in data/claim_rules.csv.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from ..errors import DataError
from ..facts import Fact
from .dates import apart, span
from .ledger import Claim, Reading

SUPPORTED, ROUGHLY, PARTLY, OVERSTATED, UNDERSTATED, CONTRADICTED, NO_RECORD, NOT_TESTABLE = (
    "supported", "roughly supported", "partly supported", "overstated", "understated", "contradicted",
    "no public record", "cannot be tested",
)  # fmt: skip
VERDICTS = (SUPPORTED, ROUGHLY, PARTLY, OVERSTATED, UNDERSTATED, CONTRADICTED, NO_RECORD, NOT_TESTABLE)
UNDECIDED = (NO_RECORD, NOT_TESTABLE)
# What holds for every claim, whatever its rule; said in words in data/claim_rules.csv.
PRINCIPLES = ("judged_at_its_date", "named_source", "shortest_period")
# What a reading expects of a share that only says "at least".
LOWER_BOUND = "lower_bound"
# A quoted unit in the unit of the facts; the mile is defined by the kilometre.
CONVERTED = {"miles": 1.609344}


@dataclass(frozen=True)
class Bound:
    """A reading with its facts in the order of its ids; None where this edition has no such fact or no value."""

    reading: Reading
    facts: tuple[Fact | None, ...]

    @property
    def known(self) -> list[Fact]:
        return [fact for fact in self.facts if fact is not None]

    @property
    def values(self) -> list[float]:
        return [fact.value for fact in self.known if fact.value is not None]

    @property
    def whole(self) -> bool:
        return bool(self.facts) and None not in self.facts


@dataclass(frozen=True)
class Outcome:
    """A verdict, and for each reading whether it agrees with the claim (None: it cannot say)."""

    verdict: str
    agree: tuple[bool | None, ...]


Rule = Callable[[Claim, Sequence[Bound]], Outcome]


def has_content(fact: Fact | None) -> bool:
    """Whether a fact can be held against a claim: it has a number or a word."""
    return fact is not None and (fact.value is not None or bool(fact.word))


# ------------------------------------------------------------------------------- quoted figures


def value_within(claim: Claim, bound: Sequence[Bound]) -> Outcome:
    return _by_basis([_place(claim, basis) for basis in bound])


def _quoted(claim: Claim) -> tuple[float, float]:
    if claim.quoted is None:
        raise DataError(f"The claim {claim.claim_id} quotes no figure, but its rule {claim.rule} needs one.")
    factor = CONVERTED.get(claim.quoted_unit, 1.0)
    high = claim.quoted if claim.quoted_high is None else claim.quoted_high
    return claim.quoted * factor, high * factor


def _place(claim: Claim, basis: Bound) -> tuple[str, int] | None:
    """Where a source lies: near, rough or far, and the side on which the quoted figure errs (1: it is too large).

    None where it cannot say: without values, where doubtful rows leave it on either side, or as a lower bound below.
    """
    wanted = [float(word) for word in basis.reading.expects if word != LOWER_BOUND]
    if wanted:
        if not basis.whole:
            return None
        places = [_distance(claim, (w, w), (v, v)) for w, v in zip(wanted, basis.values, strict=True)]
        return max(places, key=lambda place: ("near", "rough", "far").index(place[0]))
    if not basis.values:
        return None
    quoted, values = _quoted(claim), (min(basis.values), max(basis.values))
    place = _distance(claim, quoted, values)
    if place[0] == "near":
        return place
    if LOWER_BOUND in basis.reading.expects and values[1] < quoted[0]:
        return None
    ends = (min(_end(f, "low") for f in basis.known), max(_end(f, "high") for f in basis.known))
    return None if _distance(claim, quoted, ends)[0] == "near" else place


def _distance(claim: Claim, quoted: tuple[float, float], ours: tuple[float, float]) -> tuple[str, int]:
    gap = max(quoted[0] - ours[1], ours[0] - quoted[1], 0.0)
    end = quoted[0] if quoted[0] > ours[1] else quoted[1]
    if claim.tolerance_unit == "percent":
        gap = 100 * gap / abs(end) if end else math.inf * gap if gap else 0.0
    side = 0 if gap == 0 else 1 if abs(end) > abs(ours[1] if end > ours[1] else ours[0]) else -1
    return ("near" if gap <= claim.near else "rough" if gap <= claim.rough else "far"), side


def _by_basis(places: Sequence[tuple[str, int] | None]) -> Outcome:
    agree = tuple(None if place is None else place[0] == "near" for place in places)
    known = [place for place in places if place is not None]
    if not known:
        return Outcome(NO_RECORD, agree)
    if any(agree):
        return Outcome(_some(agree), agree)
    if all(word == "rough" for word, _ in known):
        return Outcome(ROUGHLY, agree)
    return Outcome(_side([side for _, side in known]), agree)


def _side(sides: Sequence[int]) -> str:
    """The verdict for a figure that fits nowhere: by the side on which more than half of what is known lies."""
    for verdict, side in ((OVERSTATED, 1), (UNDERSTATED, -1)):
        if 2 * sides.count(side) > len(sides):
            return verdict
    return CONTRADICTED


def _some(agree: Sequence[bool | None]) -> str:
    """The verdict by how many readings agree; one that cannot say does not."""
    if all(flag is None for flag in agree):
        return NO_RECORD
    if all(agree):
        return SUPPORTED
    return PARTLY if any(agree) else CONTRADICTED


def range_contains(claim: Claim, bound: Sequence[Bound]) -> Outcome:
    low, high = _quoted(claim)
    known = [fact for reading in bound for fact in reading.known]
    if not known:
        return Outcome(NO_RECORD, (None,) * len(bound))
    inside, sides = 0, []
    for fact in known:
        ends = (_end(fact, "low") * (1 - claim.near / 100), _end(fact, "high") * (1 + claim.near / 100))
        if ends[0] <= high and low <= ends[1]:
            inside += 1
        else:
            sides.append(1 if ends[1] < low else -1)
    if inside == len(known):
        verdict = SUPPORTED
    elif 2 * inside >= len(known):
        verdict = ROUGHLY
    else:
        verdict = _side(sides)
    return Outcome(verdict, (verdict == SUPPORTED,) * len(bound))


def _end(fact: Fact, name: str) -> float:
    number = getattr(fact, name)
    return float(fact.value or 0) if number is None else float(number)


# ------------------------------------------------------------------------------- dates and names


def all_match(claim: Claim, bound: Sequence[Bound]) -> Outcome:
    parts = [
        _matches(claim, fact, word)
        for reading in bound
        for fact, word in zip(reading.facts, _each(reading.reading), strict=True)
    ]  # fmt: skip
    if "no" in parts:
        return Outcome(CONTRADICTED, (False,) * len(bound))
    if None in parts:
        return Outcome(NO_RECORD, (None,) * len(bound))
    return Outcome(SUPPORTED if set(parts) == {"yes"} else ROUGHLY, (True,) * len(bound))


def _each(reading: Reading) -> tuple[str, ...]:
    return reading.expects * len(reading.ids) if len(reading.expects) == 1 else reading.expects


def _matches(claim: Claim, fact: Fact | None, wanted: str) -> str | None:
    """yes, rough or no for one date, name or number; None where nothing is known."""
    if fact is None:
        return None
    if fact.unit == "word":
        return "yes" if fact.word == wanted else "no"
    if fact.unit == "day":
        days = apart((_date(_end(fact, "low")), _date(_end(fact, "high"))), span(wanted))
        return "yes" if days <= claim.near else "rough" if days <= claim.rough else "no"
    return "yes" if fact.value == float(wanted) else "no"


def _date(ordinal: float) -> date:
    return date.fromordinal(int(ordinal))


# -------------------------------------------------------------------------- ranks, counts, trends


def rank_first(claim: Claim, bound: Sequence[Bound]) -> Outcome:
    agree = tuple(_is_first(reading) for reading in bound)
    return Outcome(_some(agree), agree)


def _is_first(reading: Bound) -> bool | None:
    """Whether each amount of the first half exceeds its rival in the second; pairs with a gap are left out."""
    half = len(reading.facts) // 2
    pairs = zip(reading.facts[:half], reading.facts[half:], strict=True)
    known = [(a.value, b.value) for a, b in pairs if a and b]
    return all((a or 0) > (b or 0) for a, b in known) if known else None


def count_at_least(claim: Claim, bound: Sequence[Bound]) -> Outcome:
    values = [value for reading in bound for value in reading.values]
    if not values:
        return Outcome(NO_RECORD, (None,) * len(bound))
    count = max(values)
    verdict = (
        SUPPORTED if count > claim.near else ROUGHLY if count >= claim.rough
        else OVERSTATED if count > 0 else CONTRADICTED
    )  # fmt: skip
    return Outcome(verdict, (verdict == SUPPORTED,) * len(bound))


def all_years_rising(claim: Claim, bound: Sequence[Bound]) -> Outcome:
    falls = [sum(value <= 0 for value in basis.values) if basis.values else None for basis in bound]
    agree = tuple(None if count is None else count == 0 for count in falls)
    known = [(count, len(basis.values)) for count, basis in zip(falls, bound, strict=True) if count is not None]
    if not known or any(agree):
        return Outcome(_some(agree), agree)
    if min(count for count, _ in known) <= claim.rough:
        return Outcome(ROUGHLY, agree)
    return Outcome(OVERSTATED if any(2 * count < years for count, years in known) else CONTRADICTED, agree)


# ------------------------------------------------------------------------- readings, predictions


def readings_agree(claim: Claim, bound: Sequence[Bound]) -> Outcome:
    agree = tuple(_agrees(claim, reading) for reading in bound)
    return Outcome(_some(agree), agree)


def _agrees(claim: Claim, reading: Bound) -> bool | None:
    if not reading.known:
        return None
    wanted = reading.reading.expects
    if len(wanted) == 1 and wanted[0] in SHOWS:
        return SHOWS[wanted[0]](claim, reading)
    parts = [_shows_word(claim, f, w) for f, w in zip(reading.facts, _each(reading.reading), strict=True)]
    return None if None in parts else all(parts)


def _shows_word(claim: Claim, fact: Fact | None, wanted: str) -> bool | None:
    if fact is None:
        return None
    if fact.unit in ("word", "day"):
        return _matches(claim, fact, wanted) == "yes"
    return _distance(claim, (float(wanted),) * 2, (float(fact.value or 0),) * 2)[0] == "near"


def change(reading: Bound) -> float | None:
    """Change in per cent from the first known value to the last; None without two."""
    if len(reading.values) < 2 or reading.values[0] == 0:
        return None
    return 100 * (reading.values[-1] / reading.values[0] - 1)


def _moves(sign: int) -> Callable[[Claim, Bound], bool | None]:
    def moves(claim: Claim, reading: Bound) -> bool | None:
        moved = change(reading)
        return None if moved is None else sign * moved > claim.near

    return moves


def _every(test: Callable[[Claim, float], bool]) -> Callable[[Claim, Bound], bool | None]:
    return lambda claim, reading: all(test(claim, value) for value in reading.values) if reading.values else None


def _first(claim: Claim, reading: Bound) -> bool | None:
    return _is_first(reading)


def _later(claim: Claim, reading: Bound) -> bool | None:
    if not reading.whole:
        return None
    before, after = (_end(fact, "low") for fact in reading.known)
    return after > before


SHOWS: dict[str, Callable[[Claim, Bound], bool | None]] = {
    "up": _moves(1), "down": _moves(-1), "positive": _every(lambda claim, value: value > 0),
    "negative": _every(lambda claim, value: value < 0), "zero": _every(lambda claim, value: value == 0),
    "above": _every(lambda claim, value: value > claim.near),
    "no_fall": _every(lambda claim, value: value > -claim.near),
    "first": _first, "later": _later,
}  # fmt: skip


def cause(claim: Claim, bound: Sequence[Bound]) -> Outcome:
    """No record holds a cause; data can only show whether what it should have brought about is there."""
    agree = tuple(_agrees(claim, reading) for reading in bound)
    seen = [flag for flag in agree if flag is not None]
    return Outcome(CONTRADICTED if seen and not any(seen) else NOT_TESTABLE, agree)


def register_records(claim: Claim, bound: Sequence[Bound]) -> Outcome:
    """What a register that holds a part of the matter has recorded; where it is silent, that refutes nothing."""
    verdicts = [_recorded(claim, reading) for reading in bound]
    agree = tuple(None if verdict == NO_RECORD else verdict == SUPPORTED for verdict in verdicts)
    said = [verdict for verdict in verdicts if verdict != NO_RECORD]
    return Outcome(said[0] if len(set(said)) == 1 else PARTLY if said else NO_RECORD, agree)


def _recorded(claim: Claim, reading: Bound) -> str:
    """The amount against its rival, or, where it has none, against the tolerances."""
    if not reading.values or not reading.values[0]:
        return NO_RECORD
    amount, *rivals = reading.values
    if rivals:
        return SUPPORTED if amount > max(rivals) else OVERSTATED
    return SUPPORTED if amount > claim.near else ROUGHLY if amount >= claim.rough else OVERSTATED


def prediction_holds(claim: Claim, bound: Sequence[Bound]) -> Outcome:
    agree = tuple(
        None if not reading.whole or (moved := change(reading)) is None else moved > claim.near for reading in bound
    )  # fmt: skip
    if None in agree:
        return Outcome(NO_RECORD, agree)
    held = sum(flag is True for flag in agree)
    return Outcome(SUPPORTED if held == len(agree) else ROUGHLY if 2 * held >= len(agree) else CONTRADICTED, agree)


def no_public_record(claim: Claim, bound: Sequence[Bound]) -> Outcome:
    return Outcome(NO_RECORD, (None,) * len(bound))


def cannot_be_tested(claim: Claim, bound: Sequence[Bound]) -> Outcome:
    return Outcome(NOT_TESTABLE, (None,) * len(bound))


RULES: dict[str, Rule] = {
    "value_within": value_within, "share_by_definition": value_within, "range_contains": range_contains,
    "all_match": all_match, "rank_first": rank_first, "all_years_rising": all_years_rising,
    "readings_agree": readings_agree, "cause": cause, "count_at_least": count_at_least,
    "register_records": register_records, "prediction_holds": prediction_holds,
    "no_public_record": no_public_record, "cannot_be_tested": cannot_be_tested,
}  # fmt: skip


def rule(claim: Claim) -> Rule:
    """The rule that the claim names; DataError for one outside the list."""
    if claim.rule not in RULES:
        raise DataError(f"The claim {claim.claim_id} names the rule {claim.rule!r}; allowed are {', '.join(RULES)}.")
    return RULES[claim.rule]


def words(readings: Iterable[Reading]) -> set[str]:
    """The expectations of readings that are neither numbers nor dates: `up`, `for`, a name."""
    return {word for reading in readings for word in reading.expects if not word[:1].isdigit()}
