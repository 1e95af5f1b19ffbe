"""Amounts and shares: a part over a whole, each with its interval, its rows and, for a gap, its reason.

An amount without a value is a named gap, never zero. A share that lies above 100 per cent is kept and
flagged: part and whole then come from records that do not belong together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Amount:
    """A quantity of one year. `value` is None for a gap, and `reason` then says why in words.

    `low` and `high` are the interval that rounding, or named rows that may or may not belong, leave; without
    them the value stands alone. `rows` are `table#row` keys, `sources` ids of data/sources.csv. `how` is the
    arithmetic in words or in names of rows; empty for a figure as printed, or where the rows say it all.
    """

    value: float | None
    unit: str
    status: str
    rows: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    reason: str = ""
    decimals: int = 0
    how: str = ""

    def __post_init__(self) -> None:
        if self.value is None and not self.reason:
            raise ValueError("an amount without a value needs a reason")
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"not an amount: {self.value}")

    @property
    def span(self) -> tuple[float, float]:
        """The interval, which is the value itself where none is stated; ValueError for a gap."""
        if self.value is None:
            raise ValueError(f"a gap has no interval: {self.reason}")
        return (self.value if self.low is None else self.low, self.value if self.high is None else self.high)


def gap(reason: str, unit: str, rows: Iterable[str] = (), sources: Iterable[str] = ()) -> Amount:
    """An amount that is not known, with the reason; `rows` are those that say so."""
    return Amount(None, unit, "unreported", tuple(rows), tuple(sources), reason=reason)


@dataclass(frozen=True)
class Share:
    """`part` over `whole` in per cent. `percent` is None for a gap, and `reason` then says why."""

    part: Amount
    whole: Amount
    percent: float | None
    low: float | None
    high: float | None
    reason: str

    @property
    def above_whole(self) -> bool:
        """The part is larger than the whole: the two do not belong together."""
        return self.percent is not None and self.percent > 100


def add(amounts: Iterable[Amount]) -> Amount:
    """The sum; a gap among `amounts` makes the sum a gap with the same reason. ValueError for two units."""
    items = list(amounts)
    units = {item.unit for item in items}
    if len(units) != 1:
        raise ValueError(f"cannot add amounts in {sorted(units)}")
    rows = tuple(dict.fromkeys(row for item in items for row in item.rows))
    sources = tuple(dict.fromkeys(source for item in items for source in item.sources))
    for item in items:
        if item.value is None:
            return gap(item.reason, item.unit, rows, sources)
    spans = [item.span for item in items]
    status = items[0].status if len(items) == 1 else "estimated" if any(
        item.status == "estimated" for item in items) else "derived"  # fmt: skip
    return Amount(
        sum(item.value for item in items if item.value is not None), items[0].unit, status, rows, sources,
        low=sum(low for low, _ in spans), high=sum(high for _, high in spans),
        decimals=min(item.decimals for item in items), how=_formula(items, " + "),
    )  # fmt: skip


def _formula(items: Iterable[Amount], sign: str) -> str:
    """The arithmetic in names of rows, as facts name them; empty where it would be too long."""
    names: list[str] = []
    for item in items:
        if not item.rows or item.value == 0:
            continue
        name = item.how if len(item.rows) > 1 else item.rows[0]
        names.append(f"({name})" if " " in name and sign == " - " and names else name)
    return sign.join(names) if all(names) and len(names) <= 4 else ""


def less(whole: Amount, part: Amount) -> Amount:
    """`whole` less `part`, worst case of both intervals; a gap in either is a gap. ValueError for two units."""
    if whole.unit != part.unit:
        raise ValueError(f"cannot take {part.unit} from {whole.unit}")
    rows = tuple(dict.fromkeys((*whole.rows, *part.rows)))
    sources = tuple(dict.fromkeys((*whole.sources, *part.sources)))
    for item in (whole, part):
        if item.value is None:
            return gap(item.reason, item.unit, rows, sources)
    assert whole.value is not None and part.value is not None
    (whole_low, whole_high), (part_low, part_high) = whole.span, part.span
    return Amount(
        whole.value - part.value, whole.unit, "derived", rows, sources, low=whole_low - part_high,
        high=whole_high - part_low, decimals=min(whole.decimals, part.decimals), how=_formula((whole, part), " - "),
    )  # fmt: skip


def share(part: Amount, whole: Amount) -> Share:
    """`part` as per cent of `whole`, with the worst case of both intervals. ValueError for two units.

    A gap in either, or a whole of zero, gives a gap with its reason.
    """
    if part.unit != whole.unit:
        raise ValueError(f"a share needs one unit, not {part.unit} over {whole.unit}")
    for amount in (part, whole):
        if amount.value is None:
            return Share(part, whole, None, None, None, amount.reason)
    assert part.value is not None and whole.value is not None
    if whole.value <= 0:
        return Share(part, whole, None, None, None, "the whole is zero in the record")
    (part_low, part_high), (whole_low, whole_high) = part.span, whole.span
    low = 100 * part_low / whole_high
    high = 100 * part_high / whole_low if whole_low > 0 else None
    return Share(part, whole, 100 * part.value / whole.value, low, high, "")
