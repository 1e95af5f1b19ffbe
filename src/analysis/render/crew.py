"""Several editions side by side, each made by a fork of this process.

A fork has every library loaded. It can fork kernels of its own in turn, which a process cannot that has made a PDF, for
that leaves threads behind. What goes wrong in one edition stays there.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess

from ..errors import UserError, shown
from ..project import project_root
from . import build, execute, forks, scratch, workers
from .manifests import Built
from .notebooks import SECONDS_DEAF

SECONDS_TO_END = 30  # what an edition is given to clear up after an interrupt


@dataclass(frozen=True)
class Outcome:
    """What became of one plan: a report in place, or one sentence that says why there is none."""

    built: Built | None
    failed: str = ""


@dataclass
class _Worker:
    process: ForkProcess
    channel: Connection
    label: str
    edition: str
    outcome: Outcome | None = None


def run(
    plans: Sequence[tuple[str, build.Plan]], force: bool = False, progress: build.Progress = lambda text: None,
    how: build.How | None = None,
) -> list[Outcome]:  # fmt: skip
    """Make the report of every plan; `how.jobs` is how much runs side by side, in all. One that fails stops no other.

    `plans` come with a label each, which begins what is said of them. An interrupt ends what runs; reports that are
    finished stay, and of the others that of before.
    """
    how = how or build.How()
    if how.scheduler is not None:
        from . import cluster

        return cluster.run(plans, how.scheduler, force, progress)
    if len(plans) < 2 or not forks.possible():
        return [_alone(plan, force, progress, how) for _, plan in plans]
    side = min(how.jobs, len(plans))
    each = replace(how, jobs=max(1, how.jobs // side))
    outcomes: dict[int, Outcome] = {}
    running: dict[int, _Worker] = {}
    coming = iter(enumerate(plans))
    with _preloaded(), _ended_at_the_end(running):
        following = next(coming, None)
        while running or following:
            while following and len(running) < side and (not running or workers.room()):
                position, (label, plan) = following
                running[position] = _start(label, plan, force, each)
                following = next(coming, None)
            wait([worker.channel for worker in running.values()], SECONDS_DEAF)
            for position, worker in list(running.items()):
                if _listen(worker, progress):
                    continue
                outcomes[position] = _outcome_of(worker)
                del running[position]
    return [outcomes[position] for position in range(len(plans))]


def _alone(plan: build.Plan, force: bool, progress: build.Progress, how: build.How) -> Outcome:
    try:
        return Outcome(build.run(plan, force, progress, how))
    except UserError as error:
        return Outcome(None, str(error))


@contextmanager
def _preloaded() -> Iterator[None]:
    """Load what every edition needs, as its kernels would: without the settings of the user."""
    with scratch.folder() as temporary, execute.kernel_variables(temporary):
        with execute.making_font_cache():
            pass
        forks.preload(project_root() / "notebooks")
        yield


@contextmanager
def _ended_at_the_end(running: dict[int, _Worker]) -> Iterator[None]:
    """However the block is left, no edition goes on being made."""
    try:
        yield
    finally:
        for worker in running.values():
            with suppress(ProcessLookupError):
                if worker.process.pid:
                    os.kill(worker.process.pid, signal.SIGINT)
        for worker in running.values():
            worker.process.join(SECONDS_TO_END)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


def _start(label: str, plan: build.Plan, force: bool, how: build.How) -> _Worker:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_make, args=(theirs, plan, force, how, os.getpid()), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours, label, plan.edition.name)


def _make(channel: Connection, plan: build.Plan, force: bool, how: build.How, parent: int) -> None:
    """In the fork: make one report and say how it goes."""
    try:
        forks.become_own(parent)
        built = build.run(plan, force, lambda text: channel.send(("progress", text)), how)
        channel.send(("built", built))
    except UserError as error:
        channel.send(("failed", str(error)))
    except KeyboardInterrupt:
        os._exit(130)
    except Exception as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        reason = shown(" ".join(str(error).split()).rstrip("."), 300)
        channel.send(("failed", f"Edition {plan.edition.name}: an unexpected {type(error).__name__}: {reason}."))


def _listen(worker: _Worker, progress: build.Progress) -> bool:
    """Pass on what an edition says; False when it has no more to say."""
    try:
        while worker.channel.poll():
            kind, body = worker.channel.recv()
            if kind == "progress":
                progress(f"{worker.label}: {str(body).removeprefix(f'{worker.edition}: ')}")
            else:
                worker.outcome = Outcome(body) if kind == "built" else Outcome(None, str(body))
    except EOFError:
        return False
    return True


def _outcome_of(worker: _Worker) -> Outcome:
    worker.process.join()
    code = worker.process.exitcode or 0
    worker.channel.close()
    if worker.outcome is not None:
        return worker.outcome
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    return Outcome(None, f"Edition {worker.label}: the process that made it {how}.")
