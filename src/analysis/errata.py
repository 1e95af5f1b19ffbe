"""How a comparison is shown: lines for a terminal, CSV, JSON, and a page in the look of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from .causes import UNKNOWN, Difference, Side
from .compare import KINDS, POINTS, Change, Comparison
from .display import Column, Prose, TableDisplay, say
from .errors import listing
from .facts import COMPARED, Fact
from .formatting import GAP, day_text, dollars, fact_text, number, percent, rounded_half_up
from .render.document import composed
from .render.html import page
from .render.outputs import csv_text

CHANGED, APPEARED, WENT, SUPPORT = KINDS
MOST_CHANGES, MOST_FAMILIES, MOST_INPUTS = 15, 8, 12
# A table with more rows than this stands behind a control on the page.
OPEN_ROWS = 40
WORDS = {
    CHANGED: "changed", APPEARED: "appeared", WENT: "went",
    SUPPORT: "kept their value with other rows, another status, interval or formula",
}  # fmt: skip


# ------------------------------------------------------------------------------------------ a terminal


def lines(comparison: Comparison, everything: bool = False) -> Iterator[str]:
    """The comparison as text: the summary first, then the largest changes; with `everything`, all of them."""
    old, new = comparison.old, comparison.new
    yield f"old: {_side_text(old)}"
    yield f"new: {_side_text(new)}"
    yield ""
    yield f"{comparison.agreeing:,} facts agree. " + _counts(comparison)
    yield from _input_lines(comparison, everything)
    reasons = _why(comparison.changes)
    if reasons:
        yield ""
        yield "Why"
        for text, count in reasons:
            yield f"  {count:>6,} facts: {text}"
    changed = comparison.of(CHANGED)
    if changed:
        yield ""
        shown = changed if everything else changed[:MOST_CHANGES]
        yield "Changed, the largest first, counts last" + _part(len(shown), len(changed))
        for change in shown:
            yield f"  {change.fact.id}: {_value(change.old)} → {_value(change.new)} ({difference_text(change)})"
            yield f"    {change.fact.label}, {_period(change)}" + _own(change, reasons)
    for kind in (APPEARED, WENT, SUPPORT):
        if found := comparison.of(kind):
            yield ""
            yield from _family_lines(kind, found, reasons, everything)
    if not everything and len(comparison.changes) > MOST_CHANGES:
        yield ""
        yield "All of them: --all, --csv FILE or --html FILE."


def _side_text(side: Side) -> str:
    made = f"built {side.built[:10]}" if side.built else "not built, computed now"
    edition = "" if side.name == side.edition else f"edition {side.edition}, "
    return f"{side.name} ({edition}{made}; {_data_text(side)}; {len(side.facts):,} facts)"


def _data_text(side: Side) -> str:
    try:
        return f"data {side.data['version']} of {day_text(date.fromisoformat(side.data['date']))}"
    except (KeyError, TypeError, ValueError):
        return f"data {UNKNOWN}"


def _counts(comparison: Comparison) -> str:
    counts = {kind: len(comparison.of(kind)) for kind in KINDS}
    said = [f"{counts[kind]:,} {WORDS[kind]}" for kind in KINDS if counts[kind]]
    return f"{listing(said)}." if said else "None differs."


def _input_lines(comparison: Comparison, everything: bool) -> Iterator[str]:
    if not comparison.inputs:
        yield "The same parameters, data, code and libraries."
        return
    same = [k for k in ("parameters", "data", "code", "libraries") if k not in {d.kind for d in comparison.inputs}]
    yield "What they were made from differs" + (f"; {listing(same)} are the same." if same else ".")
    shown = comparison.inputs if everything else comparison.inputs[:MOST_INPUTS]
    for difference in shown:
        yield f"  {difference.kind}: {input_text(difference)}"
    if len(shown) < len(comparison.inputs):
        yield f"  and {len(comparison.inputs) - len(shown)} more"


def input_text(difference: Difference) -> str:
    """One input that differs, in words."""
    if difference.name == UNKNOWN:
        return "one of the two reports does not record it"
    if difference.kind in ("data", "code"):
        noun = "table" if difference.kind == "data" else "module"
        how = "is new" if not difference.old else "is gone" if not difference.new else "is another"
        return f"the {noun} {difference.name} {how}" + ("" if difference.matters else " (no fact rests on it)")
    text = f"{difference.name} {difference.old or 'absent'} → {difference.new or 'absent'}"
    return text + ("" if difference.matters else " (no fact rests on it)")


def _why(changes: Iterable[Change]) -> list[tuple[str, int]]:
    """Reasons by how often they hold, without the rows that only one fact has."""
    return Counter(_reason(change) for change in changes).most_common()


def _reason(change: Change) -> str:
    cause = change.cause
    details = {k: v for k, v in cause.details.items() if k != "data"}
    if "data" in cause.sure:
        altered = any(row.how == "altered" for row in cause.rows)
        details["data"] = ("a row behind the fact is altered",) if altered else cause.details.get("data", ())
    return type(cause)(cause.sure, cause.perhaps, details, cause.rows).text


def _own(change: Change, reasons: Sequence[tuple[str, int]]) -> str:
    """Why this fact differs, where not all have the same reason."""
    told = len(reasons) < 2 and "data" not in change.cause.sure
    return "" if told else f"; why: {change.cause.text}"


def _part(shown: int, all: int) -> str:
    return f" ({shown:,} of {all:,})" if shown < all else f" ({all:,})"


def _family_lines(
    kind: str, changes: Sequence[Change], reasons: Sequence[tuple[str, int]], everything: bool
) -> Iterator[str]:
    """Facts that came or went, by family: a family has as many members as years."""
    title = {APPEARED: "Appeared", WENT: "Went", SUPPORT: "Equal in value, supported otherwise"}[kind]
    if everything:
        yield f"{title} ({len(changes):,})"
        for change in changes:
            yield f"  {change.fact.id}: {_value(change.fact)}" + _own(change, reasons)
        return
    families: dict[str, list[str]] = {}
    for change in changes:
        family, _, last = change.fact.id.rpartition(".")
        families.setdefault(family, []).append(last)
    most = sorted(families.items(), key=lambda item: (-len(item[1]), item[0]))
    yield f"{title} ({len(changes):,} in {len(families):,} families)"
    for family, members in most[:MOST_FAMILIES]:
        yield f"  {len(members):>6,}  {family}: {_span(members)}"
    if len(most) > MOST_FAMILIES:
        yield f"          and {len(most) - MOST_FAMILIES} more families"


def _span(members: Sequence[str]) -> str:
    ordered = sorted(members)
    return listing(ordered) if len(ordered) <= 3 else f"{ordered[0]} to {ordered[-1]}"


# --------------------------------------------------------------------------------------------- values


def _value(fact: Fact | None) -> str:
    return GAP if fact is None else fact_text(fact)


def difference_text(change: Change) -> str:
    """new - old in the unit of the fact, and in per cent where that says something."""
    if change.difference is None or change.old is None or change.new is None:
        return "no difference can be formed"
    unit, size = change.new.unit, abs(change.difference)
    decimals = max(change.old.decimals, change.new.decimals)
    if unit in POINTS:
        decimals = 0 if size >= 100 else max(decimals, 0)
    small = not rounded_half_up(size, decimals)  # no digit that the sources can bear
    if unit == "usd_million":
        text = dollars(10.0**-decimals if small else change.difference, decimals)
    else:
        text = number(10.0**-decimals if small else change.difference, max(decimals, 0), sign=not small)
    text = f"under {text}" if small else f"+{text}" if change.difference > 0 and text[0] != "+" else text
    text += f" {POINTS[unit]}" if unit in POINTS else ""
    return text if change.percent is None or small else f"{text}, {percent(change.percent)}"


def _period(change: Change) -> str:
    """The period of a fact, both where it is not the same."""
    periods = dict.fromkeys(fact.period for fact in (change.old, change.new) if fact)
    return " → ".join(periods)


# ------------------------------------------------------------------------------------------------ data


def records(comparison: Comparison) -> list[dict[str, Any]]:
    """Every fact that differs as a record of plain values; what the CSV holds."""
    return [_record(change) for change in comparison.changes]


def _record(change: Change) -> dict[str, Any]:
    old, new, cause = change.old, change.new, change.cause
    return {
        "kind": change.kind, "fact": change.fact.id, "label": change.fact.label, "period": _period(change),
        "unit": change.fact.unit, "old": old.value if old else None, "new": new.value if new else None,
        "difference": change.difference, "percent": change.percent,
        "old_low": old.low if old else None, "old_high": old.high if old else None,
        "new_low": new.low if new else None, "new_high": new.high if new else None,
        "old_status": old.status if old else None, "new_status": new.status if new else None,
        "why": cause.text, "sure": " ".join(cause.sure), "perhaps": " ".join(cause.perhaps),
        **{
            f"rows_{how}": "; ".join(row.row + (f": {row.old} → {row.new}" if how == "altered" else "")
                                     for row in cause.rows if row.how == how)
            for how in ("altered", "gained", "lost")
        },
    }  # fmt: skip


def as_csv(comparison: Comparison) -> str:
    """Every fact that differs as CSV."""
    found = records(comparison)
    columns = list(_record_columns())
    return csv_text({"columns": columns, "rows": [[record[name] for name in columns] for record in found]})


def _record_columns() -> tuple[str, ...]:
    return (
        "kind", "fact", "label", "period", "unit", "old", "new", "difference", "percent", "old_low", "old_high",
        "new_low", "new_high", "old_status", "new_status", "why", "sure", "perhaps", "rows_altered", "rows_gained",
        "rows_lost",
    )  # fmt: skip


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The whole comparison as plain values."""
    return {
        **{
            word: {"name": side.name, "edition": side.edition, "built": side.built or None, "data": dict(side.data),
                   "parameters": dict(side.parameters), "facts": len(side.facts)}
            for word, side in (("old", comparison.old), ("new", comparison.new))
        },
        "agreeing": comparison.agreeing,
        "counts": {kind: len(comparison.of(kind)) for kind in KINDS},
        "inputs": [asdict(difference) for difference in comparison.inputs],
        "facts": [
            {"id": c.fact.id, "kind": c.kind, "old": c.old.as_json() if c.old else None,
             "new": c.new.as_json() if c.new else None, "difference": c.difference, "percent": c.percent,
             "why": {"text": c.cause.text, "sure": list(c.cause.sure), "perhaps": list(c.cause.perhaps),
                     "rows": [asdict(row) for row in c.cause.rows]}}
            for c in comparison.changes
        ],
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ page


def as_html(comparison: Comparison) -> str:
    """The comparison as a page: one file, in the look of the report."""
    old, new = comparison.old, comparison.new
    reasons = tuple(
        say("{n} facts: {why}.", n=f"{count:,}", why=text) for text, count in _why(comparison.changes)
    )  # fmt: skip
    nodes = [
        _heading("In short"),
        Prose((
            say("{n} facts agree to {digits} digits. {counts}", n=f"{comparison.agreeing:,}", digits=COMPARED,
                counts=_counts(comparison)),
        )).node(),
        Prose((say("Old: {side}.", side=_side_text(old)), say("New: {side}.", side=_side_text(new))), "list").node(),
        *([Prose((say("Why they differ:"),)).node(), Prose(reasons, "list").node()] if reasons else []),
        _heading("What were they made from?"),
        _inputs(comparison) if comparison.inputs else
        Prose((say("The same parameters, data, code and libraries."),)).node(),
    ]  # fmt: skip
    titles = {CHANGED: "Which facts changed?", APPEARED: "Which facts appeared?", WENT: "Which facts went?",
              SUPPORT: "Which facts stand on something else?"}  # fmt: skip
    for kind, title in titles.items():
        nodes.append(_heading(title))
        found = comparison.of(kind)
        nodes.append(_table(kind, found) if found else Prose((say("None."),)).node())
    return page(composed(
        f"What changed from {old.name} to {new.name}",
        f"Both on {_data_text(new)}." if old.data == new.data else f"From {_data_text(old)} to {_data_text(new)}.",
        "comparison of two reports", nodes,
    ))  # fmt: skip


def _heading(text: str) -> dict[str, Any]:
    return {"kind": "heading", "level": 1, "spans": [{"text": text}]}


def _inputs(comparison: Comparison) -> dict[str, Any]:
    rows = tuple({"kind": d.kind, "what": input_text(d)} for d in comparison.inputs)
    return TableDisplay(
        id="inputs", title=say("Inputs in which the two differ"),
        columns=(Column("kind", "Kind"), Column("what", "What")), rows=rows, records=rows, long=len(rows) > OPEN_ROWS,
    ).node()  # fmt: skip


def _table(kind: str, changes: Sequence[Change]) -> dict[str, Any]:
    rows = tuple(
        {"fact": f"{c.fact.label}, {_period(c)} ({c.fact.id})", "value": _value(c.fact),
         "values": f"{_value(c.old)} → {_value(c.new)}", "difference": difference_text(c) if kind == CHANGED else "",
         "why": "; ".join(filter(None, [c.cause.text, _rows_text(c)]))}
        for c in changes
    )  # fmt: skip
    values = [Column("values", "Old → new"), Column("difference", "Difference")]
    titles = {CHANGED: "The largest changes first, counts last", APPEARED: "Only in the new one",
              WENT: "Only in the old one",
              SUPPORT: "Equal values with other rows, another status, interval or formula"}  # fmt: skip
    return TableDisplay(
        id=kind.replace(" ", "-"), title=say(titles[kind]),
        columns=(Column("fact", "Fact"), *(values if kind == CHANGED else [Column("value", "Value")]),
                 Column("why", "Why")),
        rows=rows, records=(), long=len(rows) > OPEN_ROWS,
    ).node()  # fmt: skip


def _rows_text(change: Change, limit: int = 4) -> str:
    texts = [
        f"{row.row}: {row.old} → {row.new}" if row.how == "altered" else
        f"{row.how} {row.row}" + (f" ({row.new or row.old})" if row.new or row.old else "")
        for row in change.cause.rows
    ]  # fmt: skip
    return "; ".join(texts[:limit]) + (f"; and {len(texts) - limit} more" if len(texts) > limit else "")
