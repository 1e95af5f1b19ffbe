"""What the commands print: a report that was made, a fact, its rows and sources."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .formatting import fact_text
from .render import manifests

if TYPE_CHECKING:
    from .explain import Explanation, Input
    from .facts import Fact
    from .render.manifests import Built, Swept


def what_was_made(built: Built) -> Iterator[str]:
    state = f"made in {built.seconds:.1f} s" if built.made else "up to date"
    yield f"{built.edition}: {state}"
    for name in built.documents:
        yield f"  {_near(built.output / name)}"
    yield f"  {_near(built.output / manifests.FACTS)} ({built.facts} facts)"
    for folder in ("tables", "figures"):
        if count := sum(name.startswith(f"{folder}/") for name in built.files):
            yield f"  {_near(built.output / folder)}{os.sep} ({count} files)"
    for name in (manifests.WORKBOOK, manifests.ROWS):
        if name in built.files:
            yield f"  {_near(built.output / name)}"
    yield f"  {_near(built.output / manifests.MANIFEST)}"


def what_was_swept(swept: Swept) -> Iterator[str]:
    """A line an edition, unless nothing was done, then how many and where."""
    made = sum(built.made for built in swept.built)
    if made or swept.failed:
        states = {built.output.name: f"{built.seconds:.1f} s" if built.made else "up to date" for built in swept.built}
        states |= dict.fromkeys(swept.failed, "failed")
        width = max(map(len, states))
        yield from (f"{name:<{width}}  {state:>10}" for name, state in sorted(states.items()))
    yield (
        f"{len(swept.built) + len(swept.failed)} editions: {made} made, {len(swept.built) - made} up to date, "
        f"{len(swept.failed)} failed"
    )
    for name in swept.files:
        yield f"  {_near(swept.folder / name)}"


def fact_lines(fact: Fact) -> Iterator[str]:
    yield f"  {fact.label}, {fact.period}: {fact_text(fact)}"
    if fact.value is not None:
        yield f"  Value: {fact.value!r} {fact.unit.replace('_', ' ')}"
    if fact.low is not None and fact.high is not None:
        yield f"  Interval: {fact_text(fact, 'low')} to {fact_text(fact, 'high')} ({fact.low!r} to {fact.high!r})"
    yield f"  Status: {fact.status}"
    yield f"  Formula: {fact.formula}"


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    """A fact, the rows and the sources it rests on, and its caveats."""
    if explanation.fact:
        yield explanation.fact.id
        yield from fact_lines(explanation.fact)
        yield ""
    yield "Rows" if explanation.inputs else "Rows: none; the fact counts cells"
    yield from _row_lines(explanation.inputs)
    yield "\nSources" if explanation.sources else "\nSources: those of the cells counted"
    for source in explanation.sources:
        yield f"  {source.source_id}: {source.publisher}. {source.description}."
        yield f"    {source.address}"
        dates = f"published {source.published}" if source.published else "no date of publication"
        yield f"    {dates}, accessed {source.accessed}; terms: {source.terms}"
    if explanation.caveats:
        yield "\nWhat to keep in mind"
        yield from (f"  {caveat}" for caveat in explanation.caveats)


def _row_lines(rows: Iterable[Input]) -> Iterator[str]:
    """A line or two for each row; the months of a year that a mean is made of stand in one line."""
    for (table, year, whole_year), group in itertools.groupby(rows, key=_year_of_months):
        months = list(group)
        if whole_year and len(months) > 1:
            known = [month.value for month in months if month.value is not None]
            yield (
                f"  {table} {year}: mean of {len(known)} months {sum(known) / len(known):.6g} "
                f"{months[0].unit.replace('_', ' ')}; {months[0].compiler}; grade {months[0].quality}; "
                f"from {'; '.join(months[0].sources)}"
            )
            continue
        for row in months:
            value = "no figure" if row.value is None else f"{row.value:,.10g} {row.unit.replace('_', ' ')}"
            yield f"  {row.row}: {value}".replace("  : ", ": ")
            facts = [
                row.compiler, row.status, row.method, row.quality and f"grade {row.quality}",
                row.vintage and f"vintage {row.vintage}", row.published and f"published {row.published}",
                row.note, f"from {'; '.join(row.sources)}",
            ]  # fmt: skip
            yield "    " + "; ".join(filter(None, facts))


def _year_of_months(row: Input) -> tuple[str, str, bool]:
    table, _, key = row.row.partition("#")
    return table, row.period[:4], not row.measure and key == row.period and "-" in key


def _near(path: Path) -> str:
    """`path` relative to the working folder where it lies below it."""
    try:
        return str(path.relative_to(Path.cwd().resolve()))
    except (ValueError, OSError):
        return str(path)
