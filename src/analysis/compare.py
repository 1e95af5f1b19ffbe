"""Which facts differ between two reports or editions: what appeared, went and changed, by how much, and why.

A side is a report as a build left it, or the facts of an edition computed from the present data without a kernel.
Two values agree when they are equal to nine significant digits. `causes` says why a fact differs; `errata` says how
a comparison is shown.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .catalogue import load
from .causes import Again, Cause, Difference, Pair, Side, differences, why
from .errors import UserError, listing, nearest, shown
from .facts import Fact, same, significant
from .parameters import Edition, ReportParameters, editions, resolve
from .project import project_root
from .render import build, inputs, manifests, outputs
from .report import data_of, report_of

# Differences of these are said in points, not in per cent: a per cent of a per cent misleads.
POINTS = {"percent": "points", "percentage_points": "points", "log_points": "log points"}
KINDS = ("changed", "appeared", "went", "supported otherwise")


class NoReport(UserError):
    """What was named is neither a readable report nor an edition."""


@dataclass(frozen=True)
class Change:
    """One fact that differs. `old` is None when it appeared, `new` when it went.

    `kind` is one of KINDS; the last means an equal value with another interval, status, formula or other rows.
    `difference` is new - old in the unit of the fact, `percent` the same in per cent of the old value (None for
    facts in per cent or points). `size` puts changes of different units in order.
    """

    kind: str
    old: Fact | None
    new: Fact | None
    difference: float | None
    percent: float | None
    size: float
    cause: Cause

    @property
    def fact(self) -> Fact:
        """The fact as it is now, or as it was when it went."""
        fact = self.new or self.old
        assert fact is not None
        return fact


@dataclass(frozen=True)
class Comparison:
    """Two sides, the inputs in which they differ, and every fact that differs, the largest changes first."""

    old: Side
    new: Side
    inputs: tuple[Difference, ...]
    changes: tuple[Change, ...]
    agreeing: int

    def of(self, kind: str) -> list[Change]:
        return [change for change in self.changes if change.kind == kind]

    @property
    def differs(self) -> bool:
        """Whether a fact changed, appeared or went; other support for an equal value is no difference."""
        return any(change.kind != KINDS[3] for change in self.changes)


def compare(old_name: str, new_name: str) -> Comparison:
    """Compare two folders of reports or names of editions; raises NoReport and what the package raises."""
    # Both names first: a slip in the second is no reason to compute the first.
    old, new = located(old_name), located(new_name)
    return between(side(old_name, old), side(new_name, new))


def between(old: Side, new: Side) -> Comparison:
    """Compare two sides."""
    inputs = differences(old, new)
    again = _recomputing()
    changes, agreeing = [], 0
    for id in sorted({*old.facts, *new.facts}):
        before, after = old.facts.get(id), new.facts.get(id)
        kind = _kind(before, after)
        if kind is None:
            agreeing += 1
            continue
        cause = why(Pair(before, after, old, new), inputs, again)
        changes.append(_change(kind, before, after, cause))
    # Counts of cells say how much is known; they come after what the cells say.
    changes.sort(key=lambda c: (KINDS.index(c.kind), c.fact.unit == "count", -c.size, c.fact.id))
    return Comparison(old, new, inputs, tuple(changes), agreeing)


# ------------------------------------------------------------------------------------------ two facts


def _kind(old: Fact | None, new: Fact | None) -> str | None:
    """One of KINDS, or None for facts that agree in all but words."""
    if old is None or new is None:
        return KINDS[1] if old is None else KINDS[2]
    if not same(old.value, new.value) or (old.unit, old.period, old.word) != (new.unit, new.period, new.word):
        return KINDS[0]
    if not same(old.low, new.low) or not same(old.high, new.high) or _support(old) != _support(new):
        return KINDS[3]
    return None


def _support(fact: Fact) -> tuple[Any, ...]:
    return fact.status, fact.formula, fact.rows, fact.sources


def _change(kind: str, old: Fact | None, new: Fact | None, cause: Cause) -> Change:
    if old is None or new is None or old.value is None or new.value is None or old.unit != new.unit:
        return Change(kind, old, new, None, None, 1.0, cause)
    difference = significant(new.value - old.value)
    if kind != KINDS[0]:
        return Change(kind, old, new, difference, None, 0.0, cause)
    percent = None if old.unit in POINTS or old.value == 0 else significant(difference / abs(old.value) * 100)
    larger = max(abs(old.value), abs(new.value))
    # A growth rate of 5 per cent that becomes 15 moves its quantity as much as ten per cent move a level.
    whole = 100 + larger if old.unit in POINTS else larger
    return Change(kind, old, new, difference, percent, abs(difference) / whole if whole else 0.0, cause)


# ---------------------------------------------------------------------------------------------- sides


def side(name: str, place: Path | Edition | None = None) -> Side:
    """The report in the folder `name`, or the edition `name`: as built in reports/, else computed now."""
    place = place or located(name)
    return read(place, name) if isinstance(place, Path) else compute(place)


def located(name: str) -> Path | Edition:
    """The folder that holds a report, or the edition that has none yet; NoReport where `name` is neither."""
    known = _editions()
    if name in known:
        folder = project_root() / "reports" / name
        return folder if (folder / manifests.MANIFEST).exists() else known[name]
    folder = Path(name)
    try:
        if folder.is_dir():
            _manifest(folder, name)
            return folder
        reason = "it is a file, not a folder" if folder.exists() else "it is neither a folder nor an edition"
    except (OSError, ValueError):
        reason = "it is neither a folder nor an edition"
    close = nearest(name, known)
    hint = f"did you mean {close}? editions are" if close else "editions are"
    raise NoReport(f"There is no report {shown(name, 120)!r}: {reason}; {hint} {listing(known)}.")


def read(folder: Path, name: str) -> Side:
    """The side that stands in `folder`; NoReport when there is no report, or a damaged one."""
    manifest = _manifest(folder, name)
    try:
        body = json.loads(_checked(folder, manifests.FACTS, manifest))
        facts = {entry["id"]: Fact.from_json(entry) for entry in body["facts"]}
        parameters = dict(body["parameters"])
        rows = parse_rows(_checked(folder, manifests.ROWS, manifest)) if manifests.ROWS in manifest.files else {}
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise NoReport(f"The report {shown(name, 120)!r} is damaged: {shown(reason, 120)}; render it again.") from None
    return Side(
        name=name, edition=manifest.edition, parameters=parameters, facts=facts, rows=rows, tables=manifest.tables,
        code=manifest.code, libraries=inputs.computing(manifest.versions), data=manifest.data,
        built=manifest.finished,
    )  # fmt: skip


def _manifest(folder: Path, name: str) -> manifests.Manifest:
    manifest = manifests.read_manifest(folder)
    if manifest is None:
        there = (folder / manifests.MANIFEST).exists()
        what = "its manifest.json cannot be read" if there else "it has no manifest.json"
        raise NoReport(f"The folder {shown(name, 120)!r} holds no report of ours: {what}.")
    return manifest


def compute(edition: Edition) -> Side:
    """The side of an edition that is not built: its facts, computed now and without a kernel."""
    whole = load()
    parameters = resolve(edition.parameters, whole)
    report, catalogue = report_of(parameters, whole), data_of(parameters, whole)
    book = report.facts
    return Side(
        name=edition.name, edition=edition.name, parameters=parameters.plain(), facts=dict(book),
        rows=parse_rows(outputs.rows_csv(outputs.rows_of(catalogue, book))), tables=build.table_hashes(catalogue),
        code=inputs.code_hashes(), libraries=inputs.computing(inputs.versions()),
        data={"version": catalogue.version, "date": catalogue.data_date.isoformat()}, built="", computed=report,
    )  # fmt: skip


def parse_rows(text: str) -> dict[str, tuple[dict[str, str], ...]]:
    """rows.csv by the name that facts give a row; ValueError or KeyError when it is none."""
    found: dict[str, list[dict[str, str]]] = {}
    for record in csv.DictReader(io.StringIO(text), strict=True):
        found.setdefault(record.pop("named"), []).append(record)
    return {name: tuple(records) for name, records in found.items()}


def _checked(folder: Path, name: str, manifest: manifests.Manifest) -> str:
    """The text of a file of a report; ValueError when it is not the one its build wrote."""
    content = (folder / name).read_bytes()
    if manifests.digest(content) != manifest.files.get(name):
        raise ValueError(f"{name} is not the file its build wrote")
    return content.decode("utf-8")


def _editions() -> Mapping[str, Edition]:
    try:
        return editions()
    except UserError:  # folders can be compared without a list of editions
        return {}


def _recomputing() -> Again:
    """A function that gives the facts that a side would have with other parameters, None where that is not known.

    It is known for a side whose data, code and libraries are the present ones. Facts of equal parameters are
    computed once.
    """
    now: list[Mapping[str, str]] = []
    known: dict[str, tuple[ReportParameters, Mapping[str, str]]] = {}  # parameters, checked, and the tables they see
    facts: dict[str, Mapping[str, Fact]] = {}
    tables_of: dict[int, Mapping[str, str]] = {}
    reports = []  # held, so that those which agree in the parameters of a topic share its facts

    # It is asked tens of thousands of times, for few parameters.
    def again(side: Side, parameters: Mapping[str, Any]) -> Mapping[str, Fact] | None:
        try:
            if not now:
                now.extend([inputs.code_hashes(), inputs.computing(inputs.versions())])
            if [side.code, side.libraries] != now:
                return None
            key = json.dumps(dict(parameters), sort_keys=True)
            if key not in known:
                whole = load()
                wanted = resolve(parameters, whole)
                data = data_of(wanted, whole)
                if id(data) not in tables_of:
                    tables_of[id(data)] = build.table_hashes(data)
                known[key] = wanted, tables_of[id(data)]
            wanted, tables = known[key]
            if side.tables != tables:
                return None
            if key not in facts:
                reports.append(report_of(wanted, load()))
                facts[key] = dict(reports[-1].facts)
            return facts[key]
        except (UserError, OSError):
            return None

    return again
