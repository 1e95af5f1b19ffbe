"""`refresh baci PATH`: files of BACI read, compared with what stands, and taken in when asked to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from ..catalogue import Catalogue, load
from ..countries import code_of
from ..errors import UserError, listing, shown
from ..formatting import number
from ..parameters import resolve
from . import baci, baci_files, changes, flows, koreas, package, uses, yearly
from .baci import GROUPS, WORLD, Release, Sum, Whole
from .changes import Changes, Figure, Key
from .package import Rows
from .web import Refused

PAIR = ("CHN", "PRK")  # the pair that definitions and the basis are of
MOST_LISTED = 10
EXPORTS, IMPORTS = PAIR, PAIR[::-1]


class BadWords(UserError):
    """A pair or a span of years that cannot be asked for."""


@dataclass(frozen=True)
class Taken:
    """What the files hold beside what stands, and the version of the data package that has it now, or None."""

    release: Release
    years: tuple[int, ...]
    pair: tuple[str, str]
    changes: Changes
    doubtful: int
    version: str | None

    def lines(self) -> Iterator[str]:
        """The difference report: counts by kind of figure, the largest changes, and what became of it."""
        first, last = self.years[0], self.years[-1]
        span = str(first) if first == last else f"{first} to {last}"
        yield f"BACI {self.release.version}, {self.release.hs}, {span}, {' and '.join(self.pair)}:"
        yield from _counted("new", self.changes.new)
        yield from _counted("changed", {one.key: one.new for one in self.changes.changed})
        yield from _counted("gone, and left in the version that has them", self.changes.gone)
        yield f"{self.changes.same} unchanged"
        ranked = sorted(self.changes.changed, key=lambda one: (-round(abs(one.new - one.old), 6), one.key))
        largest = ranked[:MOST_LISTED]
        if largest:
            yield f"The largest {len(largest)} of {len(self.changes.changed)} changes:"
        for one in largest:
            yield (
                f"  {' '.join(one.key):<22} {number(one.old, 3):>14} -> {number(one.new, 3)} million dollars, "
                f"times {one.ratio:.4f}"
            )
        if koreas.twins(self.pair):
            yield f"{self.doubtful} flows in which the two Koreas are probably mixed up, kept and marked as doubtful"
        yield changes.outcome(self.version, self.changes.any)


def take(
    path: Path, years: str | None = None, *, pair: str | None = None, apply: bool = False, again: bool = False,
    progress: Callable[[str], None] = lambda text: None, today: date | None = None,
) -> Taken:  # fmt: skip
    """Read the files of BACI under `path`; with `apply` take them in.

    years: `2019` or `2015-2019` of those that lie there, default all. pair: two ISO alpha-3 codes such as `CHN-PRK`.
    again: put these years of a version in the place of what stands of them, of every pair that was taken in.
    Raises BadWords, BadFiles and Refused; nothing was changed then.
    """
    sides = _pair(pair)
    release = baci.find(path)
    asked = _years(years, release)
    if said := package.recover():
        progress(f"{said}\n")
    catalogue, now = load(), today or datetime.now(UTC).date()
    rows = flows.standing(catalogue)
    wholes: dict[int, Whole] = {}
    sums = baci.extract(release, sides, asked, twins=koreas.twins(sides), progress=progress, wholes=wholes)
    files = baci_files.standing(catalogue)
    if again:
        rows, others = flows.without(rows, release, asked)
        files = baci_files.without(files, release, asked)
        for other in sorted(others - {sides, sides[::-1]}):
            sums += baci.extract(release, other, asked, twins=koreas.twins(other), progress=progress)
    baci_files.check(files, release, wholes)
    if not any(one.exporter == WORLD and one.importer == side for side in sides for one in sums):
        raise Refused(f"BACI {release.version} has no trade of {' and '.join(sides)} in the years asked for.")
    flows.check(rows, release, sides, sums)
    found = _compared(flows.standing(catalogue), release, sides, sums, again)
    if sides in (EXPORTS, IMPORTS):
        _refuse_another_trade(catalogue, sums)
    published = release.published or now.isoformat()
    made = flows.joined(rows, release, sums, published)
    version = None
    if apply and (found.any or _version(flows.standing(catalogue), release) != _version(made, release)):
        read = baci_files.joined(files, release, wholes, flows.source_id(release))
        version = _take_in(catalogue, release, sides, sums, {flows.TABLE: made, baci_files.TABLE: read}, published, now)
    marked = {row["row_id"] for row in made if row["quality"] == "D" and row["vintage"] == release.version}
    doubtful = sum("-".join([*key, release.version]) in marked for key in flows.figures(sums))
    return Taken(release, tuple(asked), sides, found, doubtful, version)


@dataclass(frozen=True)
class TakenOut:
    """A version of BACI that is taken out again: its rows, and the version of the data package without it, or None."""

    release: str
    rows: int
    pairs: tuple[str, ...]
    version: str | None

    def lines(self) -> Iterator[str]:
        yield f"BACI {self.release}: {self.rows} rows, of {listing(self.pairs)}"
        yield (f"They are out; the data package is now {self.version}." if self.version else
               "Nothing was changed: --apply takes them out.")  # fmt: skip


def take_out(release: str, *, apply: bool = False, today: date | None = None) -> TakenOut:
    """Take a version of BACI out of the data package, and with the last one all that came with it.

    Raises BadWords for a version that does not stand.
    """
    package.recover()
    catalogue = load()
    rows = flows.standing(catalogue)
    out = [row for row in rows if row["vintage"] == release.lower()]
    if not out:
        there = sorted({row["vintage"] for row in rows})
        has = f"it has {listing(there)}" if there else "it has none"
        raise BadWords(f"The data package has no version {shown(release)!r} of BACI: {has}.")
    ends = {tuple(sorted((row["exporter"], row["importer"]))) for row in out if row["goods"] not in GROUPS}
    pairs = tuple(sorted("-".join(pair) for pair in ends if WORLD not in pair))
    if not apply:
        return TakenOut(release.lower(), len(out), pairs, None)
    ids = {row["source_id"] for row in out}
    tables = {
        flows.TABLE: [row for row in rows if row["source_id"] not in ids],
        baci_files.TABLE: [row for row in baci_files.standing(catalogue) if row["source_id"] not in ids],
        "sources": [row for row in package.table(catalogue, "sources") if row["source_id"] not in ids],
        **yearly.without(catalogue, ids),
    }  # fmt: skip
    removed = [name for name in (flows.TABLE, baci_files.TABLE) if not tables[name] and catalogue.has(name)]
    tables |= uses.withdrawn(catalogue) if flows.TABLE in removed else {}
    written = {name: table for name, table in tables.items() if name not in removed and catalogue.has(name)}
    now = today or datetime.now(UTC).date()
    return TakenOut(release.lower(), len(out), pairs, package.replace(catalogue, written, now, _sound, removed=removed))


def _compared(
    rows: Rows, release: Release, pair: tuple[str, str], sums: Collection[Sum], again: bool
) -> Changes:  # fmt: skip
    """The changes from the newest version that stands; Refused where one version gives two figures, unless `again`."""
    years = {one.year for one in sums}
    old = flows.figures(one for one in flows.newest(rows, pair) if one.year in years)
    new = flows.figures(one for one in sums if flows.belongs(one, pair))
    found = changes.differences(old, new)
    whole = {key: figure for key, figure in old.items() if set(key[1:3]) <= {*pair, WORLD} and key[3] in GROUPS}
    changes.refuse_another_unit(whole, new, baci.PUBLISHER)
    stands = {(row["year"], row["exporter"], row["importer"], row["goods"]) for row in _version(rows, release)}
    other = [one.key for one in found.changed if one.key in stands] + [key for key in found.gone if key in stands]
    if other and not again:
        raise Refused(
            f"{len(other)} figures, such as {' '.join(other[0])}, are not those that stand as BACI {release.version}: "
            "files of one version do not differ, so some of them were altered or cut off. If those that stand are the "
            "wrong ones, add --replace."
        )
    return found


def _version(rows: Rows, release: Release) -> Rows:
    return [row for row in rows if row["vintage"] == release.version]


def _refuse_another_trade(catalogue: Catalogue, sums: Collection[Sum]) -> None:
    """Refused where the pair's totals are far from those of customs: another unit, or directions exchanged."""
    totals = _totals(sums)
    years = [int(year) for year, _ in totals]
    if not years:
        return
    customs = yearly.standing(catalogue, range(min(years), max(years) + 1), "customs")
    changes.refuse_exchanged(customs, totals, {"exports": "imports", "imports": "exports"}, baci.PUBLISHER)
    changes.refuse_another_unit(customs, totals, baci.PUBLISHER)


def _totals(sums: Collection[Sum]) -> dict[Key, Figure]:
    """China's exports to the DPRK and imports from there by year, in million dollars."""
    measures = {EXPORTS: "exports", IMPORTS: "imports"}
    return {
        (str(one.year), measures[one.exporter, one.importer]): Figure(one.value, one.precision)
        for one in sums if one.goods == "all" and (one.exporter, one.importer) in measures
    }  # fmt: skip


def _take_in(
    catalogue: Catalogue, release: Release, pair: tuple[str, str], sums: Collection[Sum], made: Mapping[str, Rows],
    published: str, today: date,
) -> str:  # fmt: skip
    id = flows.source_id(release)
    sources = package.table(catalogue, "sources")
    if all(row["source_id"] != id for row in sources):
        sources = [*sources, uses.source(release, id, published, today.isoformat())]
    tables = {**made, "sources": sources}
    if pair in (EXPORTS, IMPORTS):
        tables |= uses.tables(catalogue, id)
        tables |= _series(catalogue, sums, yearly.Print(
            uses.BASIS, uses.COMPILER, "mirror", "B", published, id, f"BACI {release.version}",
            "both ends of each flow reconciled, FOB",
        ))  # fmt: skip
    return package.replace(catalogue, tables, today, _sound, [flows.RESOURCE, baci_files.MADE.resource])


def _series(catalogue: Catalogue, sums: Collection[Sum], printed: yearly.Print) -> Mapping[str, Rows]:
    """The yearly series of the basis, with the pair's totals as its newest vintage."""
    totals = _totals(sums)
    years = [int(year) for year, _ in totals]
    if not years:
        return {}
    old = yearly.standing(catalogue, range(min(years), max(years) + 1), uses.BASIS)
    return yearly.vintages(catalogue, changes.differences(old, totals), totals, printed)


def _sound(catalogue: Catalogue) -> None:
    """Raises where the new data package cannot carry a report."""
    from ..report import Report

    report = Report(resolve({}, catalogue), catalogue)
    report.facts.under("trade")
    report.facts.under("dependence")


def _counted(title: str, figures: Mapping[Key, float]) -> Iterator[str]:
    kinds = Counter(key[3] if key[3] in GROUPS else "by chapter" for key in figures)
    if kinds:
        told = ", ".join(f"{kind} {kinds[kind]}" for kind in (*GROUPS, "by chapter") if kinds[kind])
        yield f"{len(figures)} {title} ({told})"


def _pair(text: str | None) -> tuple[str, str]:
    if text is None:
        return PAIR
    ends = tuple(code_of(side.upper()) for side in text.split("-"))
    if len(ends) != 2 or ends[0] == ends[1] or not all(re.fullmatch(r"[A-Z0-9]{3}|N\d{3}", side) for side in ends):
        raise BadWords(
            f"--pair cannot be {shown(text)!r}: allowed are two different ISO 3166 codes such as CHN-PRK, or codes of "
            "the file."
        )
    return ends[0], ends[1]


def _years(text: str | None, release: Release) -> list[int]:
    every = list(release.years)
    if text is None:
        return every
    found = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", text.strip())
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, -1)
    chosen = [year for year in every if first <= year <= last]
    if not chosen:
        raise BadWords(
            f"--years cannot be {shown(text)!r}: allowed are a year or a span such as 2015-2019 with years that are "
            f"there, {every[0]} to {every[-1]}."
        )
    return chosen
