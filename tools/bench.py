"""Times the notebooks against the command-line tools, and a whole build made new and up to date.

Run it with `make bench-build`. Everything is written into temporary folders, which are removed; reports/ is not
touched. Each time is wall time, the best of several runs; a ratio compares times of one run of this program.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbconvert.exporters import get_exporter

from analysis.errors import UnknownNotebook, UserError
from analysis.parameters import ReportParameters, edition, resolve
from analysis.render import execute, manifests
from timing import ROOT, Failed, by_tools, print_table, run, say, wall


@dataclass(frozen=True)
class NotebookTimes:
    """Seconds for one notebook: our pipeline, our command, and papermill followed by nbconvert."""

    name: str
    pipeline: float
    command: float
    tools: float


@dataclass(frozen=True)
class BuildTimes:
    """Seconds for a whole build: made new, again when up to date, and its parts as the build measured them."""

    new: float
    again: float
    parts: dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Time what the command line asks for, print the tables and return the exit code."""
    options = parser().parse_args(arguments)
    try:
        parameters = resolve(edition(options.edition).parameters)
        notebooks = _notebooks(options.only)
        say(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors, "
             f"edition {options.edition}, best of {options.repeat}.")  # fmt: skip
        # The build comes first: nothing has been read or compiled for it yet.
        if not options.only:
            _print_build(time_build(options.edition, options.repeat))
        with tempfile.TemporaryDirectory(prefix="analysis-bench-") as folder:
            scratch = Path(folder)
            with execute.session(scratch):
                pass  # makes the font cache; the tools find theirs ready too, from the second run on
            times = [time_notebook(path, options.edition, parameters, scratch, options.repeat) for path in notebooks]
        _print_notebooks(times)
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    except Failed as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of this program."""
    made = argparse.ArgumentParser(prog="tools/bench.py", description=(__doc__ or "").partition("\n")[0])
    made.add_argument("--repeat", type=_count, default=2, metavar="N", help="runs of each; the best of them counts (2)")
    made.add_argument("--edition", default="default", help="edition whose parameters are used (default)")
    made.add_argument("--only", metavar="NOTEBOOK", help="time this notebook alone, and no whole build")
    return made


def time_build(edition_name: str, repeat: int) -> BuildTimes:
    """A whole build by our command, each time into a folder of its own, and once more over the same folder."""
    best: BuildTimes | None = None
    for _ in range(repeat):
        with tempfile.TemporaryDirectory(prefix="analysis-bench-") as folder:
            output = Path(folder) / "report"
            command = [sys.executable, "-m", "analysis", "render", edition_name, "--output", str(output)]
            printed: list[str] = []
            new = wall(lambda: printed.append(run(command)))  # noqa: B023 - called before the next turn
            again = wall(lambda: printed.append(run(command)))  # noqa: B023
            if "up to date" not in printed[1]:
                raise Failed(f"The second build of {edition_name} was not up to date.")
            made = BuildTimes(new, again, _parts(output, printed[0]))
        if best is None or made.new < best.new:
            best = made
    assert best is not None
    return best


def time_notebook(
    path: Path, edition_name: str, parameters: ReportParameters, scratch: Path, repeat: int
) -> NotebookTimes:
    """One notebook with the same parameters by each of the three ways, in turn, `repeat` times."""
    ways: list[Callable[[Path], None]] = [
        lambda folder: _by_pipeline(path, edition_name, parameters, scratch, folder),
        lambda folder: _by_command(path, edition_name, folder),
        lambda folder: _by_tools(path, parameters, folder),
    ]
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(repeat):
        # In turn, so that a busy moment of the machine does not fall on one way alone.
        for way, times in zip(ways, seconds, strict=True):
            with tempfile.TemporaryDirectory(prefix="analysis-bench-") as folder:
                times.append(wall(lambda: way(Path(folder))))  # noqa: B023 - called before the next turn
    pipeline, command, tools = map(min, seconds)
    return NotebookTimes(path.stem, pipeline, command, tools)


# ---------------------------------------------------------------------------------------- the three ways


def _by_pipeline(path: Path, edition_name: str, parameters: ReportParameters, scratch: Path, folder: Path) -> None:
    """What a build does for one notebook, within this process: run it, and export it to HTML."""
    notebook = execute.execute(path, parameters, scratch, edition=edition_name, keep=folder / "failed")
    content, _ = get_exporter("report_html")().from_notebook_node(notebook)
    (folder / "page.html").write_text(content, encoding="utf-8")


def _by_command(path: Path, edition_name: str, folder: Path) -> None:
    """Our whole command for one notebook: it starts Python, checks everything, and writes facts and tables too."""
    run([
        sys.executable, "-m", "analysis", "render", edition_name, "--only", path.stem, "--format", "html",
        "--output", str(folder / "report"),
    ])  # fmt: skip


def _by_tools(path: Path, parameters: ReportParameters, folder: Path) -> None:
    given = folder / "parameters.yml"
    given.write_text(json.dumps(parameters.plain()), encoding="utf-8")  # JSON is YAML, with every type kept
    by_tools(path, given, folder)


# ------------------------------------------------------------------------------------- what is asked, printed


def _notebooks(only: str | None) -> list[Path]:
    paths = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
    if only is None:
        return list(paths.values())
    if only not in paths:
        raise UnknownNotebook(only, paths)
    return [paths[only]]


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def _parts(output: Path, printed: str) -> dict[str, float]:
    """Seconds of execution from the manifest, and of each document as the build printed them."""
    manifest = manifests.read_manifest(output)
    if manifest is None:
        raise Failed(f"The build left no manifest in {output}.")
    parts = {"notebooks": sum(float(notebook["seconds"]) for notebook in manifest.notebooks)}
    for name in manifest.documents:
        if found := re.search(rf"^{re.escape(name)}  (\d+\.\d+) s$", printed, flags=re.M):
            parts[name] = float(found[1])
    return parts


def _print_build(times: BuildTimes) -> None:
    rows = [("made new", f"{times.new:.2f}", ""), ("again, up to date", f"{times.again:.2f}",
             f"{times.again / times.new:.2f}")]  # fmt: skip
    rows += [(f"of it: {name}", f"{took:.2f}", f"{took / times.new:.2f}") for name, took in times.parts.items()]
    say("\nWhole build by `python -m analysis render`, seconds; the ratio is to the build made new.")
    print_table(("build", "seconds", "ratio"), rows)


def _print_notebooks(times: Sequence[NotebookTimes]) -> None:
    say("\nOne notebook to HTML, seconds. Pipeline: execution and export within a running process, as in a build.\n"
         "Command: `python -m analysis render --only`. Tools: `papermill`, then `jupyter nbconvert --to html`.\n"
         "A ratio below 1 means that ours takes less time than the tools.")  # fmt: skip
    whole = NotebookTimes(
        "all", sum(t.pipeline for t in times), sum(t.command for t in times), sum(t.tools for t in times)
    )
    rows = [
        (t.name, f"{t.pipeline:.2f}", f"{t.command:.2f}", f"{t.tools:.2f}", f"{t.pipeline / t.tools:.2f}",
         f"{t.command / t.tools:.2f}")
        for t in ([*times, whole] if len(times) > 1 else times)
    ]  # fmt: skip
    print_table(("notebook", "pipeline", "command", "tools", "pipeline/tools", "command/tools"), rows)


if __name__ == "__main__":
    raise SystemExit(main())
