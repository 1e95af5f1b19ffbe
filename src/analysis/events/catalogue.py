"""Events of a class, and the episodes that their windows make.

A window is cut to the regime of its event. Windows of one regime that share a month are one episode. An episode
that holds an event which made the regime opens it, and is compared with the regime before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ..catalogue import Catalogue, Row, newest
from ..reading import kept
from .plan import EventClass, Regime, Window, ordinal, plan

LATE = 20  # an event after this day of the month falls mostly into the month that follows


@dataclass(frozen=True)
class Event:
    """`date` is the day of the event or of adoption, `effective` the day it takes effect; both may be a month."""

    event_id: str
    date: str
    effective: str
    title: str
    row: str
    sources: tuple[str, ...]

    def month(self, counts_from: str, late: bool = False) -> int | None:
        """The month that counts as month zero; None where only the year is known."""
        text = self.effective if counts_from == "effective_date" else self.date
        if len(text) < 7:
            return None
        return ordinal(text) + int(late and len(text) == 10 and int(text[8:]) > LATE)


@dataclass(frozen=True)
class Episode:
    """Months `first` to `last` (ordinals) of the merged windows of `events`; `nominal` months before any cut."""

    first: int
    last: int
    nominal: int
    events: tuple[Event, ...]
    opens: bool

    @property
    def months(self) -> range:
        return range(self.first, self.last + 1)


@kept(256)
def events_of(catalogue: Catalogue, class_id: str, as_of: date | None = None) -> tuple[Event, ...]:
    """The events of a class that had happened by `as_of`, in order of the date that counts."""
    kind = plan(catalogue).classes[class_id]
    rows = [row for row in catalogue.frame(kind.table).to_dict("records") if as_of is None or _known(row, as_of)]
    found = [_event(kind.table, row) for row in newest(kind.table, rows, taken_in) if _belongs(class_id, row)]
    return tuple(sorted(found, key=lambda event: (event.effective, event.event_id)))


def _known(row: Row, as_of: date) -> bool:
    """Whether an event had happened by a day, and its row was there."""
    day = str(row["date"])
    return day <= as_of.isoformat()[: len(day)] and taken_in(row) <= as_of


def taken_in(row: Row) -> date:
    """The day a row was fetched; rows that were not are older than any that was."""
    published = str(row.get("published", ""))
    return date.fromisoformat(published) if published else date.min


def _belongs(class_id: str, row: Row) -> bool:
    if "classes" in row:
        return class_id in str(row["classes"]).split(";")
    return class_id == "launches_all" or int(row["long_range"]) > 0


def _event(table: str, row: Row) -> Event:
    day = str(row["date"])
    return Event(
        str(row["event_id"]),
        day,
        str(row.get("effective_date") or day),
        str(row.get("title", "Launch day")),
        f"{table}#{row['event_id']}",
        tuple(str(row["source_id"]).split(";")),
    )


def episodes(
    events: tuple[Event, ...],
    kind: EventClass,
    window: Window,
    regimes: tuple[Regime, ...],
    *,
    counts_from: str = "",
    late: bool = False,
) -> dict[str, list[Episode]]:
    """The episodes of a class by the regime in which they lie or which they open. Events outside are left out."""
    result: dict[str, list[Episode]] = {}
    for regime in regimes:
        pieces = []
        for event in events:
            zero = event.month(counts_from or kind.counts_from, late)
            if zero is None:
                continue
            opens = event.event_id in regime.opened_by
            if not opens and (not regime.first <= zero <= regime.last or _opens_another(event, regimes)):
                continue
            first, last = zero + window.first, min(zero + window.last, regime.last)
            first = first if opens else max(first, regime.first)
            if first <= last:
                pieces.append(Episode(first, last, window.months, (event,), opens))
        if pieces:
            result[regime.regime_id] = merge(pieces)
    return result


@kept(2048)
def episodes_of(
    catalogue: Catalogue, class_id: str, flow: str, window_id: str, as_of: date | None, counts_from: str, late: bool
) -> dict[str, list[Episode]]:
    """`episodes` of a declared class and window among the regimes of a flow."""
    declared = plan(catalogue)
    known = events_of(catalogue, class_id, as_of)
    kind, window, regimes = declared.classes[class_id], declared.windows[window_id], declared.regimes(flow)
    return episodes(known, kind, window, regimes, counts_from=counts_from, late=late)


def _opens_another(event: Event, regimes: tuple[Regime, ...]) -> bool:
    return any(event.event_id in regime.opened_by for regime in regimes)


def merge(pieces: list[Episode]) -> list[Episode]:
    """Episodes that share a month, as one; in order of time."""
    merged: list[Episode] = []
    for piece in sorted(pieces, key=lambda p: (p.first, p.last)):
        if merged and piece.first <= merged[-1].last:
            before = merged.pop()
            last = max(before.last, piece.last)
            # Before any cut, the union would reach as far as the later of the two uncut ends.
            nominal = max(before.first + before.nominal, piece.first + piece.nominal) - before.first
            piece = Episode(before.first, last, nominal, before.events + piece.events, before.opens or piece.opens)
        merged.append(piece)
    return merged
