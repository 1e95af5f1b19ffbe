"""Running one notebook in a kernel of its own, with papermill.

The kernel is this interpreter. Its settings, caches and connection files lie in a scratch folder, so an
unwritable home, a user's IPython startup files or another kernel called python3 change nothing. Whatever
goes wrong becomes a `NotebookFailed` that names the cell.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalogue import project_root
from ..errors import NotebookFailed, shown
from ..panel import BATCH
from ..parameters import ReportParameters

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
SECONDS_TO_START = 180
SECONDS_FOR_LATE_OUTPUT = 60


def execute(
    notebook: Path, parameters: ReportParameters, scratch: Path, *, edition: str, keep: Path
) -> NotebookNode:
    """The notebook with its outputs, run top to bottom in its own folder with `parameters` injected.

    `scratch` is a folder for caches that the notebooks of a build share; `edition` is named in errors.
    Raises NotebookFailed when a cell raises, writes to stderr or is not reached, or when the kernel dies;
    the half-run copy is then in the folder `keep`. Times and paths of the run are left out of the result.
    """
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    source = nbformat.read(notebook, as_version=4)
    # The notebook that is being run, kept from its start on: a kernel may die, and writing a copy after
    # each cell, as papermill would, takes a fifth of the time of a notebook full of charts.
    running: list[NotebookNode] = []
    kernels = _kernel_class()
    where, reason = None, ""
    try:
        with _environment(scratch), _quiet_papermill():
            papermill.execute_notebook(
                _literal(notebook), None, parameters=parameters.plain(), kernel_name="python3", language="python",
                cwd=str(notebook.parent), progress_bar=False, start_timeout=SECONDS_TO_START,
                iopub_timeout=SECONDS_FOR_LATE_OUTPUT, shutdown_kernel="immediate", kernel_manager_class=kernels,
                on_notebook_start=lambda notebook: running.append(notebook),
            )  # fmt: skip
        where, reason = _fault(running[0])
    except PapermillExecutionError as error:
        # Papermill puts two cells of its own around the error into the copy, but counts without them.
        where, reason = error.cell_index, f"{error.ename}: {error.evalue}" if error.evalue else error.ename
    except Exception as error:  # the kernel did not start, died, or stopped answering
        where, reason = _last_started(running[0]) if running else None, _in_plain_words(error)
    finally:
        kernels.end_all()
    made = _without_traces(running[0] if running else source)
    if reason:
        keep.mkdir(parents=True, exist_ok=True)
        nbformat.write(made, keep / notebook.name)
        raise NotebookFailed(
            edition, notebook.stem, _cell_name(source, where), _in_words(parameters),
            shown(_one_line(reason), 400), str(keep / notebook.name),
        )  # fmt: skip
    return made


def warm(scratch: Path) -> subprocess.Popen[bytes]:
    """Start making the font cache that all kernels of a build share; wait for it before the first one.

    On a machine with many fonts matplotlib needs seconds for it, and would say so on a cell's stderr.
    """
    with _environment(scratch):
        return subprocess.Popen(
            [sys.executable, "-c", "import matplotlib.font_manager"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


@contextlib.contextmanager
def _environment(scratch: Path) -> Iterator[None]:
    """The variables that kernels inherit, and that tell Jupyter where the kernel's specification is."""
    folders = {
        name: scratch / name.lower()
        for name in ("MPLCONFIGDIR", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    specification = scratch / "jupyter" / "kernels" / "python3" / "kernel.json"
    if not specification.exists():
        specification.parent.mkdir(parents=True)
        command = [sys.executable, "-c", LAUNCH, "-f", "{connection_file}", "--log-level=ERROR"]
        body = {"argv": command, "display_name": "Python 3", "language": "python"}
        specification.write_text(json.dumps(body), encoding="utf-8")
    before = dict(os.environ)
    os.environ.update({name: str(folder) for name, folder in folders.items()})
    os.environ.update({
        "JUPYTER_PATH": str(scratch / "jupyter"), "ANALYSIS_ROOT": str(project_root()), BATCH: "1",
        "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
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
    """Papermill logs what we say ourselves in the error."""
    logger = logging.getLogger("papermill")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _kernel_class() -> Any:
    """A kernel manager class that knows the kernels it started, to end those that an interrupt left over."""
    from jupyter_client.manager import AsyncKernelManager

    class Manager(AsyncKernelManager):  # type: ignore[misc]
        started: list[Any] = []  # noqa: RUF012 - one list for each class, and each run has its own class

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.started.append(self)

        @classmethod
        def end_all(cls) -> None:
            for manager in cls.started:
                process = getattr(manager.provisioner, "process", None)
                if process is not None and process.poll() is None:
                    process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
                    process.wait()

    return Manager


def _literal(path: Path) -> str:
    """Papermill fills braces in paths with parameters; doubled, they stand for themselves."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _fault(made: NotebookNode) -> tuple[int | None, str]:
    """Position and reason of the first cell that did not do what it should, or (None, "")."""
    for position, cell in enumerate(made.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                return position, f"unexpected output on stderr: {output.text}"
            if output.output_type == "error":
                return position, f"{output.ename}: {output.evalue}"
        if cell.execution_count is None:
            return position, "the cell was not run"
    return None, ""


def _last_started(made: NotebookNode) -> int | None:
    started = [
        position for position, cell in enumerate(made.cells) if cell.metadata.get("papermill", {}).get("start_time")
    ]
    return started[-1] if started else None


def _in_plain_words(error: Exception) -> str:
    known = {"DeadKernelError": "the kernel died", "TimeoutError": "the kernel did not answer in time"}
    return known.get(type(error).__name__, f"{type(error).__name__}: {error}")


def _cell_name(source: NotebookNode, position: int | None) -> str:
    """`cell 4 (figures.levels(report))`: the number and first line of a cell of the notebook as written.

    `position` counts with the cell that papermill injects after the one tagged `parameters`.
    """
    if position is None:
        return "before the first cell"
    tagged = [i for i, cell in enumerate(source.cells) if "parameters" in cell.metadata.get("tags", [])]
    injected = tagged[0] + 1 if tagged else 0
    if position == injected:
        return "the injected parameters"
    position -= position > injected
    lines = source.cells[position].source.strip().splitlines()
    return f"cell {position + 1} ({shown(lines[0]) if lines else 'empty'})"


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
