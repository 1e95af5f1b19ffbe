"""What the timing programs share: running a command, taking its time, and printing a table."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
Row = Sequence[str]


class Failed(Exception):
    """A command that was to be timed did not succeed."""


def run(command: Sequence[str], root: Path = ROOT) -> str:
    """What `command` printed, its project being that of `root`; raises Failed with the end of its complaint."""
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=root, stdin=subprocess.DEVNULL,
        env={**os.environ, "ANALYSIS_ROOT": str(root)},
    )  # fmt: skip
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        reason = lines[-1].removeprefix("Error: ")
        raise Failed(f"`python {' '.join(command[1:4])[:60]}` ended with code {done.returncode}: {reason}")
    return done.stdout


def wall(action: Callable[[], object]) -> float:
    """Wall time of `action`."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def by_tools(notebook: Path, parameters: Path, folder: Path, root: Path = ROOT) -> Path:
    """Run and export `notebook` into `folder` by the two commands that a user without this package would give.

    `parameters` is a YAML file. Returns the notebook that was made; its page lies beside it.
    """
    made = folder / notebook.name
    run([
        sys.executable, "-m", "papermill", str(notebook), str(made), "-f", str(parameters), "--cwd",
        str(notebook.parent), "-k", "python3",
    ], root)  # fmt: skip
    run([sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", str(made)], root)
    if not made.with_suffix(".html").is_file():
        raise Failed(f"papermill and nbconvert made no page of {notebook.stem}.")
    return made


def print_table(header: Row, rows: Sequence[Row]) -> None:
    """Print columns as wide as they need: the first to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, ["-" * width for width in widths], *rows]:
        first, *others = (text.ljust(width) if n == 0 else text.rjust(width)
                          for n, (text, width) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
        say("  ".join([first, *others]).rstrip())


def say(text: str) -> None:
    """Print now, also into a file or a pipe."""
    print(text, flush=True)
