"""The notebooks of one edition: those that are known already are taken, the others run, side by side."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import listing
from ..facts import FactBook
from ..report import Report, report_of, storing
from . import cache, execute, inputs, locks, manifests, outputs, parts, scratch

if TYPE_CHECKING:
    from .build import How, Plan

NEW = "it was not run before"
SECONDS_LONG = 60  # after which a cell that still runs is named
SECONDS_DEAF = 0.2  # the longest time in which a build does not hear that it shall stop


def run_all(
    plan: Plan, stamps: Mapping[str, str], how: How, force: bool, progress: Callable[[str], None]
) -> tuple[dict[str, parts.Run], FactBook]:  # fmt: skip
    """The runs of all notebooks of `plan` by name, in its order, and the facts that the build computed itself.

    With `force` nothing is taken from the cache. Raises NotebookFailed for the first that fails, and BuildError where
    one shows a fact as another than the package computes.
    """
    kept = cache.default()
    kept.wait(progress)
    known = parts.topics(plan.catalogue, kept)
    described = described_by_path(plan)
    runs: dict[Path, parts.Run] = {}
    with storing(None if force else known):
        for path, part in described.items():
            if not force and (run := parts.fetch(part, plan.catalogue, kept)):
                runs[path] = run
        todo = [path for path in _longest_first(plan, kept) if path not in runs]
        books: list[FactBook] = []
        for position, path in enumerate(runs, start=1):
            progress(f"[{position}/{len(described)}] {path.stem}  unchanged\n")
        if todo:
            from .. import style

            compute = functools.partial(_facts, plan, stamps, progress)
            with (
                style.keeping(None if force else parts.drawings(kept)),
                scratch.folder() as temporary,
                execute.session(temporary, how.kernels, lambda: books.append(compute()), how.timeout) as session,
            ):
                _run(plan, todo, described, books[0], session, how.jobs, kept, runs, progress)
        else:
            books.append(_facts(plan, stamps, progress))
    for path, run in runs.items():
        if path not in todo:
            outputs.check_facts(path.stem, outputs.nodes_of(run.notebook), books[0])
    kept.prune()
    return {path.stem: runs[path] for path in plan.notebooks}, books[0]


def described(plan: Plan) -> dict[str, parts.Part]:
    """What each notebook of a plan is made from, by name."""
    return {path.stem: part for path, part in described_by_path(plan).items()}


def described_by_path(plan: Plan) -> dict[Path, parts.Part]:
    files, versions = dict(inputs.tree(inputs.PACKAGE)), inputs.versions()
    return {path: parts.describe(path, plan.parameters, files, versions) for path in plan.notebooks}


def reason(part: parts.Part, plan: Plan, old: manifests.Manifest | None) -> str:
    """Why a notebook would be run; empty where the cache has it."""
    if not part.followed:
        return "its code may rest on what cannot be followed"
    if parts.fetch(part, plan.catalogue, cache.default()):
        return ""
    last = [run.get("made_from", {}) for run in old.notebooks if run["name"] == part.path.stem] if old else []
    if not last:
        return NEW
    changed = parts.changed(last[0], part, plan.catalogue)
    return f"changed: {listing(changed)}" if changed else "its last run is not kept"


# Reports of the last builds of this process, by what their facts are computed from: formats and notebooks share them,
# and editions that agree in the parameters of a topic share its facts.
_REPORTS: dict[str, Report] = {}


def _facts(plan: Plan, stamps: Mapping[str, str], progress: Callable[[str], None]) -> FactBook:
    """All facts of the edition, computed or taken from the cache."""
    begun = time.perf_counter()
    key = inputs.digest([stamps[name] for name in ("parameters", "package", "data", "libraries")])
    if key not in _REPORTS:
        report = report_of(plan.parameters, plan.catalogue)
        len(report.facts)  # loads every topic
        while len(_REPORTS) > 3:
            _REPORTS.pop(next(iter(_REPORTS)))
        _REPORTS[key] = report
    progress(f"facts  {time.perf_counter() - begun:.1f} s\n")
    return _REPORTS[key].facts


def _run(
    plan: Plan, order: Sequence[Path], described: Mapping[Path, parts.Part], book: FactBook, session: execute.Session,
    jobs: int, kept: cache.Cache, runs: dict[Path, parts.Run], progress: Callable[[str], None],
) -> None:  # fmt: skip
    """Run the notebooks in `order` into `runs`, `jobs` at a time, saying when each is done. A failure stops all."""
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

    def run(path: Path) -> parts.Run:
        begun = time.perf_counter()
        ran = session.execute(path, plan.parameters, edition=plan.edition.name, keep=plan.failed)
        outputs.check_facts(path.stem, outputs.nodes_of(ran.notebook), book)
        seconds = time.perf_counter() - begun
        return parts.keep(described[path], ran.notebook, seconds, ran.read, plan.catalogue, kept)

    left, said = list(order), dict[tuple[str, str], float]()
    with ThreadPoolExecutor(max_workers=jobs) as pool, contextlib.ExitStack() as held:
        waiting: dict[Future[parts.Run], tuple[Path, contextlib.ExitStack]] = {}
        try:
            while left or waiting:
                while left and len(waiting) < jobs:
                    own = held.enter_context(contextlib.ExitStack())
                    path = _take_one(left, own, kept)
                    waiting[pool.submit(run, path)] = path, own
                # A wait without end would not hear Ctrl-C where another thread is given the signal.
                done, _ = wait(waiting, SECONDS_DEAF, FIRST_COMPLETED)
                _say_what_takes_long(session, said, progress)
                for future in sorted(done, key=lambda future: order.index(waiting[future][0])):
                    path, own = waiting.pop(future)
                    own.close()
                    label = f"[{len(runs) + 1}/{len(described)}] {path.stem}"
                    try:
                        runs[path] = future.result()
                    except BaseException:
                        progress(f"{label}  failed\n")
                        raise
                    progress(f"{label}  {runs[path].seconds:.1f} s\n")
        except BaseException:
            # Before the pool waits for its threads: what they wait for has to end first.
            pool.shutdown(wait=False, cancel_futures=True)
            session.stop()
            raise


def _say_what_takes_long(
    session: execute.Session, said: dict[tuple[str, str], float], progress: Callable[[str], None]
) -> None:
    """Say which cell has been running for long: after a minute, and each time when that time has doubled.

    `said` holds the seconds at which it was last said.
    """
    for name, (cell, seconds) in session.running().items():
        if seconds >= max(SECONDS_LONG, 2 * said.get((name, cell), 0.0)):
            said[name, cell] = seconds
            progress(f"{name}, {cell}: running for {seconds:.0f} s\n")


def _take_one(left: list[Path], own: contextlib.ExitStack, kept: cache.Cache) -> Path:
    """The next notebook, taken from `left`: the first that no other build runs now, of whose charts it makes use later.

    That it is run is told to the others until `own` is closed.
    """
    for path in left:
        if own.enter_context(locks.tried(kept.path.with_name(f"running-{path.stem}.lock"))):
            left.remove(path)
            return path
    return left.pop(0)


def _longest_first(plan: Plan, kept: cache.Cache) -> list[Path]:
    """The notebooks in the order that ends soonest: by what each took when it last ran, with whatever parameters.

    Of the others the last ones come first, for they rest on more than those before them.
    """
    took = {path: parts.seconds_of(path.stem, kept) for path in plan.notebooks}
    known = [seconds for seconds in took.values() if seconds is not None]
    unknown = max(known, default=0.0)
    last_first = plan.notebooks[::-1]
    return sorted(last_first, key=lambda path: -(unknown if (found := took[path]) is None else found))
