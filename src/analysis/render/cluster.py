"""Editions on an existing Dask cluster: the same plans, made by workers, the reports gathered into the same folders.

A worker makes an edition as this machine would, by the command of the package that is installed there, from the data
that lie there. So both are compared first, and a worker with others is refused: a report must not depend on where it
was made. What a lost worker was making is made by another; that is Dask's own doing.
"""

from __future__ import annotations

import ctypes
import io
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import BuildError, UserError, shown
from ..project import project_root
from . import build, halfrun, inputs, manifests, swap, workers
from .crew import Outcome
from .forks import PARENT_DEATH
from .manifests import Built

SECONDS_TO_ANSWER = 15
SECONDS_BETWEEN = 1.0  # two looks of a worker at whether its order still stands
EXTRA = "the extra cluster is not installed: pip install 'analysis[cluster]'"


class NoCluster(UserError):
    """A scheduler that cannot be used, or a worker that is not like this machine."""


@dataclass(frozen=True)
class Order:
    """What a worker is asked for: the words of the command that makes one edition."""

    edition: str
    words: tuple[str, ...]


def run(
    plans: Sequence[tuple[str, build.Plan]], scheduler: str, force: bool, progress: build.Progress
) -> list[Outcome]:
    """Make the report of every plan on the cluster; one that fails stops no other. NoCluster if it cannot be used."""
    client = _client(scheduler)
    try:
        _check(client, scheduler)
        outcomes: dict[int, Outcome] = {}
        orders: dict[Any, int] = {}
        for position, (label, plan) in enumerate(plans):
            if not force and not build.reason(plan):
                progress(f"{label}: up to date\n")
                outcomes[position] = Outcome(build.run(plan))
                continue
            # Not pure: Dask must not take an order of before for this one.
            orders[client.submit(_make, _order(plan), pure=False)] = position
        _gather(client, orders, plans, outcomes, progress)
    finally:
        client.close()
    return [outcomes[position] for position in range(len(plans))]


def _client(scheduler: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise NoCluster(f"The cluster cannot be used: {EXTRA}.") from None
    try:
        return Client(scheduler, timeout=SECONDS_TO_ANSWER)
    except (OSError, TimeoutError, ValueError) as error:
        reason = "it does not answer" if isinstance(error, OSError | TimeoutError) else str(error).rstrip(".")
        raise NoCluster(
            f"The scheduler {shown(scheduler)} cannot be used: {shown(reason, 200)}; it is named like tcp://HOST:8786."
        ) from None


def _check(client: Any, scheduler: str) -> None:
    """Raise NoCluster unless every worker has the code, the data and the libraries of this machine."""
    if not client.scheduler_info(n_workers=-1)["workers"]:
        raise NoCluster(f"The scheduler {shown(scheduler)} has no workers.")
    ours = standing()
    found = client.run(standing, on_error="return")
    for worker, theirs in sorted(found.items()):
        if isinstance(theirs, BaseException):
            raise NoCluster(f"The worker {worker} cannot make reports: {shown(str(theirs), 200)}.")
        if odd := [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]:
            there, here = (shown(side.get(odd[0], "absent")[:40]) for side in (theirs, ours))
            more = f", and {len(odd) - 1} more differ" if odd[1:] else ""
            raise NoCluster(
                f"The worker {worker} is not like this machine: {odd[0]} is {there} there and {here} here{more}."
            )


def standing() -> dict[str, str]:
    """Everything that a report made here could depend on, by name: versions, and digests of files."""
    root = project_root()
    files = {f"the package's {name}": digest[:12] for name, digest in inputs.tree(inputs.PACKAGE)}
    for path in inputs.project_files():
        files[path.relative_to(root).as_posix()] = inputs.file_hash(path)[:12] if path.is_file() else "absent"
    return {**inputs.versions(), **files}


def _order(plan: build.Plan) -> Order:
    old = manifests.read_manifest(plan.output)
    formats = {*plan.formats, *(old.formats if old else ())}
    words = ["--format", "all" if len(formats) > 1 else plan.formats[0]]
    for name, value in plan.parameters.plain().items():
        words += ["--set", f"{name}={'' if value is None else value}"]
    if not plan.whole:
        words += ["--only", plan.notebooks[0].stem]
    return Order(plan.edition.name, tuple(words))


# ---------------------------------------------------------------------------------------------- on a worker


def _make(order: Order) -> tuple[bytes, str]:
    """The report as a ZIP file, or the sentence that says why there is none."""
    from distributed import get_worker

    jobs = max(1, workers.affordable() // get_worker().state.nthreads)
    with tempfile.TemporaryDirectory(prefix="analysis-worker-") as folder:
        output = Path(folder) / "report"
        command = [sys.executable, "-m", "analysis", "render", order.edition, *order.words, "--jobs", str(jobs),
                   "--output", str(output)]  # fmt: skip
        code, errors = _run(command, folder)
        if code:
            said = errors.strip().splitlines() or [f"the command ended with code {code}"]
            return b"", said[-1].removeprefix("Error: ")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name in [*manifests.files_in(output)]:
                archive.write(output / name, name)
        return packed.getvalue(), ""


def _run(command: Sequence[str], folder: str) -> tuple[int, str]:
    """Exit code and errors of a command, which is ended when nobody wants what it makes any more."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=folder,
        preexec_fn=_ending_with(),
    )  # fmt: skip
    with process:
        while True:
            try:
                _, errors = process.communicate(timeout=SECONDS_BETWEEN)
                return process.returncode, errors
            except subprocess.TimeoutExpired:
                task = worker.state.tasks.get(key)
                # Dask never stops a thread: an order that was taken back goes on unless it looks itself.
                if task is None or task.state in ("cancelled", "released"):
                    process.terminate()


def _ending_with() -> Callable[[], object] | None:
    """What makes a child end with this process, whatever ends that; on Linux alone."""
    if not sys.platform.startswith("linux"):
        return None
    system = ctypes.CDLL(None)  # loaded before the fork, in which nothing may be
    return lambda: system.prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0)


# ------------------------------------------------------------------------------------------------- gathering


def _gather(
    client: Any, orders: Mapping[Any, int], plans: Sequence[tuple[str, build.Plan]], outcomes: dict[int, Outcome],
    progress: build.Progress,
) -> None:  # fmt: skip
    from distributed import as_completed

    try:
        for future in as_completed(orders):
            position = orders[future]
            label, plan = plans[position]
            try:
                packed, failed = future.result()
                outcomes[position] = Outcome(None, failed) if failed else Outcome(_put(plan, packed, progress))
            except UserError as error:
                outcomes[position] = Outcome(None, str(error))
            except Exception as error:  # Dask's own: every worker that had it was lost
                outcomes[position] = Outcome(None, f"Edition {label} was not made: {shown(str(error), 300)}.")
            progress(f"{label}: {'made' if outcomes[position].built else 'failed'}\n")
            future.release()
    except BaseException:
        client.cancel(list(orders))
        raise


def _put(plan: build.Plan, packed: bytes, progress: build.Progress = lambda text: None) -> Built:
    """Put a report that a worker made in the place of the old one, whole or not at all."""
    try:
        plan.output.parent.mkdir(parents=True, exist_ok=True)
        with swap.lock(plan.output):
            said = [swap.recover(plan.output)]
            folder = swap.new_folder(plan.output)
            try:
                folder.mkdir()
                with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                    archive.extractall(folder)
                manifest = manifests.read_manifest(folder)
                if manifest is None or not manifests.whole(folder, manifest, plan.formats):
                    raise BuildError(f"The report of {plan.output.name} that a worker made did not arrive whole.")
                if manifest.parameters != plan.parameters.plain() or manifest.inputs != build.fingerprint(plan):
                    raise BuildError(f"The report of {plan.output.name} that a worker made is of something else.")
                manifest = replace(manifest, request=plan.request)
                manifests.write_manifest(folder, manifest)
                said.append(swap.swap(plan.output))
            except BaseException:
                swap.recover(plan.output)
                raise
        progress("".join(f"{plan.output.name}: {sentence}\n" for sentence in said if sentence))
        halfrun.clear(plan.failed, [path.name for path in plan.notebooks])
        return Built.of(plan.edition.name, plan.output, manifest, True, 0.0)
    except OSError as error:
        raise BuildError(f"The report cannot be written to {plan.output}: {error.strerror or error}.") from error
    except zipfile.BadZipFile as error:
        raise BuildError(f"The report of {plan.output.name} that a worker made did not arrive whole.") from error
