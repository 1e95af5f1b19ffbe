"""Refined oil notified to the United Nations: spans of months made into years, and set against the yearly caps.

Pages give spans that overlap, in barrels or in tonnes. A supplier's year is the run of spans that begins in January
and leaves nothing out; barrels go before tonnes, which are turned into barrels where nothing else is known. A total
that a page gives goes before the sum of the suppliers, and the sum widens its interval. A year of which months are
missing is a lower bound. What a supplier did not notify is a gap with its reason, never zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ..catalogue import Catalogue, Row
from ..facts import Fact
from .amounts import Amount, Share, add, gap, share
from .readings import Records, converted, factor, known, widened

TABLE, MEASURES = "energy/refined_products_un", "events/measures"
BARRELS, TONNES = "barrels", "tonnes"
SUPPLIERS = ("China", "Russia")
# Decimals of barrels worked out from tonnes.
ROUNDED = -3
VINTAGES = ("", "first", "revised", "rounded")


@dataclass(frozen=True)
class Notified:
    """What is known of one year, in barrels; `months` says how many from January on each supplier's figure covers,
    `later` what a supplier is known not to have notified after them."""

    year: int
    by_supplier: dict[str, Amount]
    months: dict[str, int]
    later: dict[str, str]
    total: Amount
    whole: bool
    cap: Amount

    @property
    def of_cap(self) -> Share:
        return share(self.total, self.cap)


def run(rows: Sequence[Row], year: int) -> list[Row]:
    """Spans that follow each other from January of `year` without a hole, each as long as there is one.

    Of two spans alike the first vintage is taken. Spans without a figure, or that leave the year, do not count.
    """
    usable = [row for row in rows if str(row["last_month"])[:4] == str(year) and row["value"] == row["value"]]
    usable.sort(key=lambda row: VINTAGES.index(str(row["vintage"])))
    chosen: list[Row] = []
    month = 1
    while starting := [row for row in usable if _month(row, "first_month") == month]:
        longest = max(starting, key=lambda row: _month(row, "last_month"))
        chosen.append(longest)
        month = _month(longest, "last_month") + 1
    return chosen


def months_of(rows: Sequence[Row]) -> int:
    """How many months from January on a run covers."""
    return _month(rows[-1], "last_month") if rows else 0


def _month(row: Row, column: str) -> int:
    return int(str(row[column])[5:])


def caps(catalogue: Catalogue, item: str, unit: str, as_of: date | None = None) -> list[tuple[date, date, Amount]]:
    """The yearly caps on `item` as day adopted, day in force and amount, in order of adoption."""
    if not catalogue.has(MEASURES):
        return []
    found = []
    for row in catalogue.frame(MEASURES).to_dict("records"):
        adopted = date.fromisoformat(str(row["adopted"]))
        chosen = (row["item"], row["instrument"], row["cap_unit"]) == (item, "cap", f"{unit}_per_year")
        if chosen and row["flow"] == "exports" and (as_of is None or adopted <= as_of):
            amount = Amount(float(row["cap"]), unit, str(row["status"]), (f"{MEASURES}#{row['row_id']}",),
                            tuple(str(row["source_id"]).split(";")))  # fmt: skip
            found.append((adopted, date.fromisoformat(str(row["effective_date"])), amount))
    return sorted(found, key=lambda cap: cap[0])


def cap_of(found: Sequence[tuple[date, date, Amount]], year: int) -> Amount | None:
    """The cap that held all `year`: of those in force on its first day the one adopted last."""
    return next((amount for _, force, amount in reversed(found) if force <= date(year, 1, 1)), None)


def by_year(catalogue: Catalogue, years: range, as_of: date | None = None) -> dict[int, Notified]:
    """Each of `years` that has a cap and of which the table says anything."""
    table, found = known(catalogue, TABLE, as_of), caps(catalogue, "refined petroleum", BARRELS, as_of)
    return {
        year: _of_year(catalogue, table, year, cap)
        for year in years if table.pick(year=year) and (cap := cap_of(found, year)) is not None
    }  # fmt: skip


def _of_year(catalogue: Catalogue, table: Records, year: int, cap: Amount) -> Notified:
    printed = run(table.pick(year=year, supplier="all", unit=BARRELS), year)
    suppliers = {name: _supplier(catalogue, table, year, name) for name in SUPPLIERS}
    amounts = {name: amount for name, (amount, _) in suppliers.items()}
    months = {name: count for name, (_, count) in suppliers.items()}
    parts = [amount for amount in amounts.values() if amount.value is not None]
    known_sum = add(parts) if parts else gap("no notified delivery was found", BARRELS)
    both = len(parts) == len(SUPPLIERS) and all(count == 12 for count in months.values())
    if months_of(printed) == 12:
        total = table.amount(printed, BARRELS, "")
        total, whole = widened(total, known_sum) if both else total, True
    else:
        total, whole = known_sum, both
    later = {name: _silent_note(table.pick(year=year, supplier=name)) for name in SUPPLIERS}
    return Notified(year, amounts, months, later, total, whole, cap)


def _supplier(catalogue: Catalogue, table: Records, year: int, supplier: str) -> tuple[Amount, int]:
    """Barrels of one supplier with the months that they cover; of tonnes only if they make up the year."""
    rows = table.pick(year=year, supplier=supplier)
    barrels, tonnes = (run([row for row in rows if row["unit"] == unit], year) for unit in (BARRELS, TONNES))
    if months_of(barrels) < 12 and months_of(tonnes) == 12:
        weight = table.amount(tonnes, TONNES, "")
        usual, heavy = (factor(catalogue, name) for name in ("barrels_of_tonne", "barrels_of_tonne_heavy"))
        made = widened(converted(weight, usual, BARRELS), converted(weight, heavy, BARRELS))
        return replace(made, decimals=ROUNDED, how="tonnes times the barrels in a tonne of refined oil"), 12
    if barrels:
        return table.amount(barrels, BARRELS, ""), months_of(barrels)
    if note := _silent_note(rows):
        return gap(note, BARRELS, table.keys(rows)), 0
    return gap(f"what {supplier} alone notified was not found", BARRELS), 0


def _silent_note(rows: Sequence[Row]) -> str:
    """What the table says of a span in which a supplier notified nothing; empty if there is none."""
    return next((str(row["note"]) for row in rows if row["status"] == "unreported"), "")


def cap_facts(catalogue: Catalogue, years: range, as_of: date | None, crude: dict[int, Amount]) -> Iterator[Fact]:
    """Notified deliveries by supplier, their share of the cap, and estimated crude oil as a share of its own cap."""
    oil, cap_on = "Refined oil that {} notified to the United Nations", "Yearly cap of the Security Council on {} oil"
    for year, notified in by_year(catalogue, years, as_of).items():
        for supplier, amount in notified.by_supplier.items():
            count = notified.months[supplier]
            part = "" if count in (0, 12) else f", months from January that are known: {count}"
            yield _amount(f"dependence.refined_notified.{supplier.lower()}.{year}", oil.format(supplier) + part, year,
                          amount)  # fmt: skip
        least = "" if notified.whole else ", at least: months or a supplier are missing"
        kind = "refined_cap" if notified.whole else "refined_cap_at_least"
        total, cap = f"dependence.refined_notified.both.{year}", f"dependence.amount.refined_cap.{year}"
        yield _amount(total, oil.format("China and Russia") + least, year, notified.total)
        yield _amount(cap, cap_on.format("refined"), year, notified.cap)
        label = "Refined oil notified to the United Nations as a share of the yearly cap"
        yield _share(f"dependence.{kind}.{year}", label + least, year, notified.of_cap, f"{total} / {cap}")
    found = caps(catalogue, "crude oil", TONNES, as_of)
    for year, amount in crude.items():
        limit = cap_of(found, year)
        if limit is None or year not in years:
            continue
        yield _amount(f"dependence.amount.crude_cap.{year}", cap_on.format("crude"), year, limit)
        label = "Crude oil from China, KOTRA's estimate, as a share of the yearly cap"
        yield _share(f"dependence.crude_cap.{year}", label, year, share(amount, limit),
                     f"KOTRA's estimate / dependence.amount.crude_cap.{year}")  # fmt: skip


def _amount(id: str, label: str, year: int, amount: Amount) -> Fact:
    return _fact(id, label, year, amount.unit, amount.value, (amount.low, amount.high), amount.status,
                 "as printed" if len(amount.rows) == 1 else amount.how or "arithmetic on the rows named", amount.reason,
                 rows=amount.rows, sources=amount.sources, decimals=amount.decimals)  # fmt: skip


def _share(id: str, label: str, year: int, made: Share, formula: str) -> Fact:
    status = "estimated" if made.part.status == "estimated" else "derived"
    return _fact(id, label, year, "percent", made.percent, (made.low, made.high), status, formula, made.reason,
                 rows=tuple(dict.fromkeys((*made.part.rows, *made.whole.rows))),
                 sources=tuple(dict.fromkeys((*made.part.sources, *made.whole.sources))))  # fmt: skip


def _fact(
    id: str, label: str, year: int, unit: str, value: float | None, span: tuple[float | None, float | None],
    status: str, formula: str, reason: str, **origin: Any,
) -> Fact:  # fmt: skip
    low, high = span
    return Fact(
        id=id, label=label, value=value, unit=unit, period=str(year), low=low, high=high,
        status=status if value is not None else "unreported",
        formula=formula if value is not None else f"a gap: {reason}", **origin,
    )  # fmt: skip
