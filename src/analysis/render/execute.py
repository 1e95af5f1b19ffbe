"""Running one notebook in a kernel of its own, with papermill.

The kernel is this interpreter. Its settings, caches and connection files lie in a scratch folder, so an
unwritable home, a user's IPython startup files or another kernel called python3 change nothing. Whatever
goes wrong becomes a `NotebookFailed` that names the cell.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import NotebookFailed, shown
from ..parameters import ReportParameters
from ..project import project_root
from ..report import READ
from ..steering import BATCH
from . import chapters, forks, halfrun

if TYPE_CHECKING:
    from nbformat import NotebookNode

# Variables by which a user's own set-up would reach the kernel.
UNWANTED = ("PYTHONSTARTUP", "PYTHONWARNINGS", "MPLBACKEND", "MATPLOTLIBRC", "JUPYTER_PLATFORM_DIRS")
# The first lines of a kernel: it ends when the build that started it is gone, however that ended. ipykernel looks
# after its parent only when it is up, and takes whoever has adopted it by then for its parent.
LAUNCH = """
import os, sys, threading, time
def watch(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)
if sys.platform != "win32":
    threading.Thread(target=watch, args=[int(os.environ["JPY_PARENT_PID"])], daemon=True).start()
del sys.path[0]
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()
"""
PLAIN, FORKED = "python3", "python3-forked"
FORKED_BY = "analysis-forked"  # the entry point of `provision`, which loads jupyter_client
Kernels = Literal["forked", "plain"]
LONGEST_SOCKET = 96
READ_FOLDER = "read"
SECONDS_TO_START = 180
SECONDS_FOR_LATE_OUTPUT = 60
SECONDS_FOR_A_CELL = 3600  # far more than any cell of ours takes: a cell that runs on is stuck
IPYKERNEL = re.compile(r"\S*ipykernel_\d+[\\/]\d+\.py:\d+: ")  # the place of a warning in a kernel's own terms
WARNING = re.compile(r"\b[A-Za-z]*Warning: ")


@dataclass(frozen=True)
class Ran:
    """A notebook with its outputs, and what it read of the data package: None where it did not start a report."""

    notebook: NotebookNode
    read: frozenset[str] | None


class Session:
    """What the notebooks of one build share: the variables and settings of their kernels, and the server of warm ones.

    Its notebooks may run side by side, in threads; a cell may take `timeout` seconds, or any time where that is none.
    `kernels` is "forked", for which a fork falls back to a plain kernel
    where there is no forking, or "plain".
    """

    def __init__(
        self, scratch: Path, server: forks.Server | None, timeout: float | None = SECONDS_FOR_A_CELL
    ) -> None:
        self.scratch, self.timeout = scratch, timeout
        self.forked = server is not None
        self._managers = _kernel_class(scratch)
        self._at: dict[str, tuple[str, float]] = {}  # by notebook the cell that runs, and when it began

    def running(self) -> dict[str, tuple[str, float]]:
        """For each notebook that runs the name of its cell, and the seconds that it has been running."""
        now = time.monotonic()
        return {name: (cell, now - begun) for name, (cell, begun) in self._at.copy().items()}

    def stop(self) -> None:
        """End every kernel and start no other: the notebooks that run fail."""
        self._managers.stopped.set()
        self._managers.end_all()

    def execute(self, notebook: Path, parameters: ReportParameters, *, edition: str, keep: Path) -> Ran:
        """Run the notebook top to bottom in its own folder, with `parameters` injected.

        `edition` is named in errors. Raises NotebookFailed when a cell raises, writes to stderr or is not reached, or
        when the kernel dies; the half-run copy is then in the folder `keep`. Times and paths of the run are left out
        of the result.
        """
        import nbformat
        import papermill
        from papermill.exceptions import PapermillExecutionError

        written = nbformat.read(notebook, as_version=4)
        source = nbformat.from_dict({**written, "cells": chapters.own_cells(written.cells)})
        # The notebook that is being run, kept from its start on: a kernel may die, and writing a copy after
        # each cell, as papermill would, takes a fifth of the time of a notebook full of charts.
        running: list[NotebookNode] = []
        where, reason = None, ""

        def begin(cell: NotebookNode, cell_index: int) -> None:
            self._at[notebook.stem] = _cell_name(written, cell_index), time.monotonic()

        try:
            # The folder is told to the kernel alone: papermill's `cwd` would change that of the whole process.
            papermill.execute_notebook(
                source, None, parameters=parameters.plain(), kernel_name=FORKED if self.forked else PLAIN,
                language="python", progress_bar=False, start_timeout=SECONDS_TO_START,
                iopub_timeout=SECONDS_FOR_LATE_OUTPUT, shutdown_kernel="immediate",
                kernel_manager_class=self._managers, resources={"metadata": {"path": str(notebook.parent)}},
                on_notebook_start=lambda notebook: running.append(notebook), on_cell_execute=begin,
                execution_timeout=self.timeout,
            )  # fmt: skip
            where, reason = _fault(running[0])
        except PapermillExecutionError as error:
            # Papermill puts two cells of its own around the error into the copy, but counts without them.
            where, reason = error.cell_index, f"{error.ename}: {error.evalue}" if error.evalue else error.ename
        except Exception as error:  # the kernel did not start, died, or stopped answering
            where = _last_started(running[0]) if running else None
            reason = self._in_plain_words(error)
        finally:
            self._at.pop(notebook.stem, None)
            read = [self.scratch / READ_FOLDER / str(pid) for pid in self._managers.end_mine()]
        made = _without_traces(running[0] if running else source)
        made.metadata.get("kernelspec", {})["name"] = PLAIN  # whichever way it was started
        if reason:
            if not self._managers.stopped.is_set():  # else it is not this notebook's fault
                halfrun.keep(keep, notebook.name, nbformat.writes(made))
            raise NotebookFailed(
                edition, notebook.stem, _cell_name(written, where), _in_words(parameters),
                shown(_one_line(reason), 400), str(keep / notebook.name),
            )  # fmt: skip
        return Ran(made, _names_in(read))

    def _in_plain_words(self, error: Exception) -> str:
        name = type(error).__name__
        if name == "CellTimeoutError":
            return (
                f"the cell was still running after {self.timeout:g} seconds, the longest that a cell may take; "
                "--timeout sets another limit, 0 none"
            )
        known = {"DeadKernelError": "the kernel died", "TimeoutError": "the kernel did not answer in time"}
        return known.get(name, f"{name}: {error}")


@contextlib.contextmanager
def session(
    scratch: Path, kernels: Kernels = "plain", ready: Callable[[], object] = lambda: None,
    timeout: float | None = SECONDS_FOR_A_CELL,
) -> Iterator[Session]:  # fmt: skip
    """A session whose kernels, caches and settings lie in `scratch`; every kernel has ended when the block is left.

    `ready` is called while the font cache is being made, and before the server is forked: what it leaves in memory,
    every forked kernel finds there. Changes the variables of this process for as long as the block lasts.
    """
    with kernel_variables(scratch), _quiet_papermill():
        # Forks have matplotlib with its fonts from a process that has it.
        there = kernels == "forked" and "matplotlib.font_manager" in sys.modules and forks.possible()
        with contextlib.nullcontext() if there else making_font_cache():
            ready()
        server = forks.start(os.environ, project_root() / "notebooks") if kernels == "forked" else None
        made = Session(scratch, server, timeout)
        try:
            with _provisioning(server):
                yield made
        finally:
            made.stop()
            if server is not None:
                server.close()


def execute(
    notebook: Path, parameters: ReportParameters, scratch: Path, *, edition: str, keep: Path, kernels: Kernels = "plain"
) -> NotebookNode:
    """One notebook in a session of its own; see `Session.execute`."""
    with session(scratch, kernels) as made:
        return made.execute(notebook, parameters, edition=edition, keep=keep).notebook


@contextlib.contextmanager
def making_font_cache() -> Iterator[None]:
    """Make the font cache that all kernels of a build share, while the block runs.

    On a machine with many fonts matplotlib needs seconds for it, and would say so on a cell's stderr.
    """
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", "import matplotlib.font_manager"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:  # a kernel that cannot be started either will say why
        yield
        return
    with process:
        yield


@contextlib.contextmanager
def _provisioning(server: forks.Server | None) -> Iterator[None]:
    """The provisioner forks from `server` for as long as the block lasts."""
    if server is None:
        yield
        return
    from .provision import ForkedProvisioner

    before, ForkedProvisioner.server = ForkedProvisioner.server, server
    try:
        yield
    finally:
        ForkedProvisioner.server = before


@contextlib.contextmanager
def kernel_variables(scratch: Path) -> Iterator[None]:
    """The variables that kernels inherit, and that tell Jupyter where the kernel's specification is."""
    folders = {
        name: scratch / name.lower()
        for name in ("MPLCONFIGDIR", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    (scratch / READ_FOLDER).mkdir(exist_ok=True)
    command = [sys.executable, "-c", LAUNCH, "-f", "{connection_file}", "--log-level=ERROR"]
    for name, metadata in ((PLAIN, {}), (FORKED, {"kernel_provisioner": {"provisioner_name": FORKED_BY}})):
        specification = scratch / "jupyter" / "kernels" / name / "kernel.json"
        specification.parent.mkdir(parents=True, exist_ok=True)
        body = {"argv": command, "display_name": "Python 3", "language": "python", "metadata": metadata}
        specification.write_text(json.dumps(body), encoding="utf-8")
    before = dict(os.environ)
    os.environ.update({name: str(folder) for name, folder in folders.items()})
    os.environ.update({
        "JUPYTER_PATH": str(scratch / "jupyter"), "ANALYSIS_ROOT": str(project_root()), BATCH: "1",
        "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1", READ: str(scratch / READ_FOLDER),
    })  # fmt: skip
    for name in UNWANTED:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _quiet_papermill() -> Iterator[None]:
    """Papermill logs what we say ourselves in the error, asyncio what it had to leave when a cell ran out of time."""
    loggers = [logging.getLogger(name) for name in ("papermill", "asyncio")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        gc.collect()  # what was left is told when it is cleared away
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _kernel_class(scratch: Path) -> Any:
    """A kernel manager class that knows the kernels it started, to end those that an interrupt left over.

    Their sockets lie in `scratch`.
    """
    from jupyter_client.manager import AsyncKernelManager

    class Manager(AsyncKernelManager):  # type: ignore[misc]
        # One of each for each class, and each session has its own class.
        started: dict[int, list[Any]] = {}  # noqa: RUF012
        stopped = threading.Event()

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            place = tempfile.mkdtemp(prefix="k", dir=scratch)
            # Two kernels cannot race for a file as they can for a port; the system sets the length of its path.
            if sys.platform != "win32" and len(place) < LONGEST_SOCKET:
                self.transport, self.ip = "ipc", f"{place}/s"
            self.started.setdefault(threading.get_ident(), []).append(self)

        async def _async_start_kernel(self, **kwargs: Any) -> None:
            if self.stopped.is_set():
                raise RuntimeError("the build was stopped")
            await super()._async_start_kernel(**kwargs)
            if self.stopped.is_set():
                self.end()

        start_kernel = _async_start_kernel

        def end(self) -> None:
            process = getattr(self.provisioner, "process", None)
            if process is not None and process.poll() is None:
                process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
                process.wait()

        @classmethod
        def end_mine(cls) -> list[int]:
            """End the kernels that this thread started; their processes."""
            mine = cls.started.pop(threading.get_ident(), [])
            for manager in mine:
                manager.end()
            return [pid for manager in mine if (pid := getattr(manager.provisioner, "pid", None))]

        @classmethod
        def end_all(cls) -> None:
            for managers in list(cls.started.values()):
                for manager in list(managers):
                    manager.end()

    return Manager


def _names_in(files: list[Path]) -> frozenset[str] | None:
    there = [file for file in files if file.exists()]
    return frozenset(name for file in there for name in file.read_text("utf-8").splitlines()) if there else None


def _fault(made: NotebookNode) -> tuple[int | None, str]:
    """Position and reason of the first cell that did not do what it should, or (None, "")."""
    for position, cell in enumerate(made.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                return position, _of_stderr(output.text)
            if output.output_type == "error":
                return position, f"{output.ename}: {output.evalue}"
        if cell.execution_count is None:
            return position, "the cell was not run"
    return None, ""


def _of_stderr(text: str) -> str:
    """What a cell wrote to stderr, and what its author can do about it."""
    text = IPYKERNEL.sub("", text)
    if WARNING.search(text):
        todo = "mend what it warns of, or allow it in this cell with `import warnings; warnings.simplefilter('ignore')`"
    else:
        todo = "what readers shall see is printed to stdout"
    return f"unexpected output on stderr: {shown(_one_line(text), 250)}; {todo}"


def _last_started(made: NotebookNode) -> int | None:
    started = [
        position for position, cell in enumerate(made.cells) if cell.metadata.get("papermill", {}).get("start_time")
    ]
    return started[-1] if started else None


def _cell_name(source: NotebookNode, position: int | None) -> str:
    """`cell 4 (figures.levels(report))`: the number and first line of a cell of the notebook as written.

    `position` counts with the cell that papermill injects after the one tagged `parameters`, and without those of
    an earlier run.
    """
    if position is None:
        return "before the first cell"
    own = chapters.own_cells(source.cells)
    tagged = [i for i, cell in enumerate(own) if "parameters" in chapters.tags_of(cell)]
    injected = tagged[0] + 1 if tagged else 0
    if position == injected:
        return "the injected parameters"
    cell = own[position - (position > injected)]
    number = next(i for i, other in enumerate(source.cells, start=1) if other is cell)
    lines = cell.source.strip().splitlines()
    return f"cell {number} ({shown(lines[0]) if lines else 'empty'})"


def _in_words(parameters: ReportParameters) -> str:
    return ", ".join(f"{name}={value}" for name, value in parameters.plain().items())


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


def _without_traces(made: NotebookNode) -> NotebookNode:
    """Drop what differs from run to run: papermill's and the client's clock times and paths."""
    made.metadata.pop("papermill", None)
    for cell in made.cells:
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
    return made
