"""Sweeps: a report for every combination of a grid of parameters, and a page over all of them.

A grid names values for some parameters. Each combination is an edition in a folder of its own, named by its values;
the folder above holds `index.html`, `facts.csv` with every fact of every edition side by side, and `sweep.json`.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..catalogue import Catalogue, load
from ..errors import UnknownParameter, UserError, shown
from ..parameters import LISTS, PARAMETER_NAMES, ReportParameters, edition, resolve
from ..report import storing
from . import build, cache, crew, inputs, overview, parts, quick, swap
from .manifests import Swept
from .quick import PAGE, RECORD, SWEEP, TABLE

MOST_EDITIONS = 500
# Values of these hold commas themselves, so a grid puts semicolons between them.
WITH_COMMAS = (*LISTS, "title")
LONGEST_NAME = 80

Grid = dict[str, tuple[Any, ...]]


class BadGrid(UserError):
    """A grid that cannot be read, asks for too much, or asks for the same thing twice."""


@dataclass(frozen=True)
class Combination:
    """One edition of a sweep: the name of its folder, the values the grid gives it, and all its parameters."""

    name: str
    settings: Mapping[str, Any]
    parameters: ReportParameters


@dataclass(frozen=True)
class Planned:
    """A sweep, checked: its folder, the plan of each edition, and the digest of the request (see `quick`)."""

    folder: Path
    plans: tuple[tuple[Combination, build.Plan], ...]
    request: str


def parse_grid(words: Sequence[str]) -> Grid:
    """`["name=value,value", ...]` of the command line; between values that hold commas themselves stand semicolons.

    Raises UnknownParameter with the nearest name, and BadGrid for a word without values or a name given twice.
    """
    grid: Grid = {}
    for word in words:
        name, equals, values = word.partition("=")
        if name not in PARAMETER_NAMES:
            raise UnknownParameter(name, PARAMETER_NAMES)
        mark = ";" if name in WITH_COMMAS else ","
        found = tuple(value.strip() for value in values.split(mark)) if equals else ()
        if not found or ("" in found and name != "as_of"):
            raise BadGrid(f"The grid needs values for {name}: write --grid {name}=VALUE{mark}VALUE.")
        if name in grid:
            raise BadGrid(f"The grid names {name} twice: write all its values in one --grid.")
        grid[name] = found
    return grid


def declared_grid(name: str, grid: Mapping[str, Any]) -> Grid:
    """The `grid` of an edition in editions.yml, checked; BadGrid says what is wrong."""
    for parameter, values in grid.items():
        if parameter not in PARAMETER_NAMES:
            raise UnknownParameter(parameter, PARAMETER_NAMES)
        if not isinstance(values, list) or not values:
            raise BadGrid(f"The grid of the edition {name} needs a list of values for {parameter}.")
    return {parameter: tuple(values) for parameter, values in grid.items()}


def combinations(
    base: Mapping[str, Any], grid: Grid, catalogue: Catalogue, most: int = MOST_EDITIONS
) -> tuple[Combination, ...]:
    """Every combination of `grid` on top of `base`, in the order of the grid, each checked as any parameters are.

    Raises BadGrid for more than `most` and for two that are the same edition, BadParameter for a bad value.
    """
    count = math.prod(len(values) for values in grid.values())
    if count > most:
        raise BadGrid(f"The grid asks for {count:,} editions: allowed are {most:,}, or more with --max-editions.")
    made: dict[ReportParameters, Combination] = {}
    names: set[str] = set()
    for values in itertools.product(*grid.values()):
        settings = dict(zip(grid, values, strict=True))
        parameters = resolve({**base, **settings}, catalogue)
        if parameters in made:
            raise BadGrid(f"The grid asks twice for {_in_words(settings)}: leave one of the two out.")
        name = _folder_name(parameters, settings)
        if name in names:  # other values, the same letters: a digest tells them apart
            name = f"{name[: LONGEST_NAME - 9]}-{_digest(parameters)}"
        names.add(name)
        made[parameters] = Combination(name, settings, parameters)
    return tuple(made.values())


def planned(
    edition_name: str, settings: Mapping[str, Any], grid: Grid, formats: Sequence[str], folder: Path | None,
    only: str | None, most: int = MOST_EDITIONS, words: Sequence[str] = (), sources: str | None = None,
) -> Planned:  # fmt: skip
    """A checked plan for each edition of a sweep; no kernel is started.

    `folder` defaults to reports/NAME-grid; `words` are those of --grid, by which a request is known again; `sources`:
    what `inputs.sources` gives, where it is known already. Raises what `combinations` and `build.plan` raise.
    """
    chosen = edition(edition_name)
    place = folder or quick.default_sweep(edition_name)
    sources = sources or inputs.sources()
    chosen.with_settings({**settings, **{name: values[0] for name, values in grid.items()}}, load())  # with its place
    found = combinations({**chosen.parameters, **settings}, grid, load(), most)
    plans = tuple(
        (one, build.plan(edition_name, {**settings, **one.settings}, formats, place / one.name, only, sources))
        for one in found
    )
    _check_folder(place)
    return Planned(place.resolve(), plans, quick.request(edition_name, settings, only, sources, words, most))


def run(
    planned: Planned, force: bool = False, progress: Callable[[str], None] = lambda text: None,
    how: build.How | None = None,
) -> Swept:  # fmt: skip
    """Make every report of a sweep, then the page over them. One that fails does not stop the others."""
    outcomes = crew.run([(one.name, plan) for one, plan in planned.plans], force, progress, how)
    built = [outcome.built for outcome in outcomes if outcome.built]
    failed = {
        one.name: outcome.failed for (one, _), outcome in zip(planned.plans, outcomes, strict=True) if outcome.failed
    }
    if kept := _write(planned, failed):
        progress(kept + "\n")
    return Swept(planned.folder, tuple(built), failed, (PAGE, TABLE, RECORD))


# ----------------------------------------------------------------------------------------------- files


def _write(planned: Planned, failed: Mapping[str, str]) -> str | None:
    """Write the page, the table and the record; a sentence about those of before that were changed by hand."""
    folder, plans = planned.folder, planned.plans
    shown_plans = [(one, plan) for one, plan in plans if one.name not in failed]
    catalogue = plans[0][1].catalogue
    entries = [overview.Entry(one.name, one.settings, one.parameters, plan.formats) for one, plan in shown_plans]
    with storing(parts.topics(catalogue, cache.default())):
        page, table = overview.page_and_table(plans[0][1].edition, entries, failed, catalogue)
    record = {
        "made_by": SWEEP, "edition": plans[0][1].edition.name,
        "request": planned.request, "files": {TABLE: inputs.text_hash(table), PAGE: inputs.text_hash(page)},
        "editions": [
            {"name": one.name, "settings": _plain(one), "failed": failed.get(one.name), "request": plan.request}
            for one, plan in plans
        ],
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: swap.set_aside(folder / name, folder, name) for name in _changed(folder)}
    for name, text in (
        (RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n"), (TABLE, table), (PAGE, page),
    ):  # fmt: skip
        new = folder / f".{name}.new"
        new.write_text(text, encoding="utf-8", newline="\n")
        new.replace(folder / name)
    return swap.told(kept)


def _changed(folder: Path) -> list[str]:
    """Of the page and the table of an earlier sweep, what is not as it was made."""
    try:
        files: dict[str, str] = json.loads((folder / RECORD).read_text(encoding="utf-8"))["files"]
        there = {name: inputs.file_hash(folder / name) for name in files if (folder / name).is_file()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [name for name in (PAGE, TABLE) if (folder / name).exists()]
    return [name for name, found in there.items() if found != files[name]]


def _plain(one: Combination) -> dict[str, Any]:
    values = one.parameters.plain()
    return {name: values[name] for name in one.settings}


def _check_folder(folder: Path) -> None:
    """Raise BadOutput where the page over the editions would replace a file that no sweep made."""
    if not any((folder / name).exists() for name in (PAGE, TABLE, RECORD)):
        return
    try:
        ours = json.loads((folder / RECORD).read_text(encoding="utf-8"))["made_by"] == SWEEP
    except (OSError, ValueError, KeyError, TypeError):
        ours = False
    if not ours:
        raise build.BadOutput(f"The output cannot be {folder}: it holds a report or files that no sweep made.")


def _folder_name(parameters: ReportParameters, settings: Iterable[str]) -> str:
    plain = parameters.plain()
    words = [f"{name.replace('_', '-')}-{_slug(plain[name])}" for name in settings]
    name = "_".join(words) or "one"
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 9]}-{_digest(parameters)}"


def _slug(value: Any) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", str("none" if value is None else value).lower()).strip("-.") or "x"


def _digest(parameters: ReportParameters) -> str:
    return hashlib.sha256(json.dumps(parameters.plain(), sort_keys=True).encode()).hexdigest()[:8]


def _in_words(settings: Mapping[str, Any]) -> str:
    return shown(", ".join(f"{name}={value}" for name, value in settings.items()), 160)

