"""Times editions against the command-line tools: one, one again, one with a changed table, and a sweep of many.

Run it with `make bench-sweep`. It works on a copy of the project in a temporary folder, each timed build with an empty
cache unless it says otherwise. Times are wall time, medians of --repeat runs; a ratio compares times of one run.

The floor is the same cells, charts and both exports in one warm process, without Jupyter. The tools are `papermill` and
`jupyter nbconvert` for each notebook, and papermill's own functions in one process.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import platform
import re
import shutil
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from timing import ROOT, Failed, by_tools, print_table, run, say, wall

GRID = ("start_year=1999,2005,2010", "basis=customs,kotra", "base_year=2010,2015", "cut_share=50,100")
PARTS = ("kernels", "one", "tools", "api", "floor", "sweep", "curve", "pdf")
# The cells of a notebook without Jupyter: what each shows is asked of it as IPython would.
FLOOR = """
import ast, json, sys, time
from pathlib import Path
import nbformat
from nbconvert.exporters import get_exporter
from analysis.render.document import merge
import analysis
sys.modules.setdefault("rfc3987_syntax", None)

def run(path, parameters):
    notebook, names = nbformat.read(path, 4), {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        last = ast.Expression(tree.body.pop().value) if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), names)
        if "parameters" in cell.metadata.get("tags", []):
            names.update(parameters)
        shown = eval(compile(last, path.name, "eval"), names) if last else None
        cell.execution_count = 1
        if hasattr(shown, "_repr_mimebundle_"):
            cell.outputs = [nbformat.v4.new_output("execute_result", shown._repr_mimebundle_(), execution_count=1)]
    return notebook

def edition(parameters):
    done = [(path.stem, run(path, parameters)) for path in sorted(Path("notebooks").glob("*.ipynb"))]
    merged = merge(done, {"edition": "bench", "edition_description": ""})
    return [get_exporter(f"report_{format}")().from_notebook_node(merged)[0] for format in ("html", "pdf")]

for position, parameters in enumerate(json.loads(sys.argv[1])):
    begun = time.perf_counter()
    page, paper = edition(parameters)
    assert len(page) > 1e6 and paper[:4] == b"%PDF"
    if position:  # the first one warms up
        print(time.perf_counter() - begun, flush=True)
"""
# Papermill's functions and nbconvert's HTML, notebook after notebook in one process.
API = """
import json, sys, tempfile, time
from pathlib import Path
import papermill
from nbconvert.exporters import HTMLExporter
folder = Path(tempfile.mkdtemp())
begun = time.perf_counter()
for path in sorted(Path("notebooks").glob("*.ipynb")):
    made = papermill.execute_notebook(str(path), str(folder / path.name), json.loads(sys.argv[1]), cwd="notebooks",
                                      kernel_name="python3", progress_bar=False)
    (folder / path.stem).with_suffix(".html").write_text(HTMLExporter().from_notebook_node(made)[0])
print(time.perf_counter() - begun)
"""
# A session of notebooks, and in it one after the other the same small one. The third way is the other of papermill's
# extension points: an engine that forks this process and runs the cells in IPython, without a kernel.
KERNELS = """
import json, os, sys, tempfile, time
from pathlib import Path
import nbformat
import papermill
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from papermill.engines import Engine, papermill_engines
from analysis.parameters import resolve
from analysis.render import execute, forks, scratch
sys.modules.setdefault("rfc3987_syntax", None)

def in_ipython(cells):
    shell = InteractiveShell.instance()
    for number, cell in enumerate(cells, start=1):
        with capture_output():
            done = shell.run_cell(cell.source, store_history=True)
        done.raise_error()
        if done.result is not None:
            data, _ = shell.display_formatter.format(done.result)
            cell.outputs = [nbformat.v4.new_output("execute_result", data, execution_count=number)]
        cell.execution_count = number
    return json.dumps(cells).encode()

class InFork(Engine):
    @classmethod
    def execute_managed_notebook(cls, manager, kernel_name, **options):
        reader, writer = os.pipe()
        if not os.fork():
            with open(writer, "wb") as file:
                file.write(in_ipython(manager.nb.cells))
            os._exit(0)
        os.close(writer)
        with open(reader, "rb") as file:
            manager.nb.cells = nbformat.from_dict(json.loads(file.read()))
        os.wait()

papermill_engines.register("in-fork", InFork)
summary = nbformat.read(next(Path("notebooks").glob("00_*.ipynb")), 4)
cells = [cell for cell in summary.cells if "parameters" in cell.metadata.get("tags", [])]
start = nbformat.v4.new_code_cell("import analysis; report = analysis.start(globals()); report")
way, count = sys.argv[1], int(sys.argv[2])
with scratch.folder() as folder, execute.session(folder, "plain" if way == "engine" else way) as session:
    path = Path(folder) / "small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[*cells, start]), path)
    if way == "engine":
        forks.preload(Path("notebooks"))
    for number in range(count + 1):
        begun = time.perf_counter()
        if way == "engine":
            made = papermill.execute_notebook(str(path), None, resolve({}).plain(), engine_name="in-fork",
                                              kernel_name="python3", language="python", progress_bar=False)
        else:
            made = session.execute(path, resolve({}), edition="bench", keep=Path(folder)).notebook
        took = time.perf_counter() - begun
        assert "masthead" in json.dumps(made.cells[-1].outputs), made.cells[-1]
        if number:
            print(took)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Time what was asked for, print the tables, and return the exit code."""
    options = parser().parse_args(arguments)
    wanted = options.parts or [part for part in PARTS if part != "curve"]
    if unknown := set(wanted) - set(PARTS):
        print(f"Error: There is no part {sorted(unknown)[0]!r}: allowed are {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    say(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors, "
         f"median of {options.repeat}.")  # fmt: skip
    try:
        with project() as root:
            times = Times(root, options.repeat, options.editions)
            for part in PARTS:
                if part in wanted:
                    getattr(times, part)()
    except Failed as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of this program."""
    made = argparse.ArgumentParser(prog="tools/bench_sweep.py", description=(__doc__ or "").partition("\n")[0])
    made.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all but curve)")
    made.add_argument("--repeat", type=int, default=3, metavar="N", help="runs of each; their median counts (3)")
    made.add_argument("--editions", type=int, default=24, metavar="N", help="editions of the largest sweep (24)")
    return made


@contextlib.contextmanager
def project() -> Iterator[Path]:
    """A copy of what a build reads, with a cache and reports of its own."""
    with tempfile.TemporaryDirectory(prefix="analysis-bench-") as folder:
        root = Path(folder)
        for name in ("data", "notebooks"):
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns(".*"))
        (root / "reports").mkdir()
        shutil.copy(ROOT / "reports" / "editions.yml", root / "reports")
        yield root


class Times:
    """The parts of the benchmark; each prints what it measured, and keeps what others divide by."""

    def __init__(self, root: Path, repeat: int, editions: int) -> None:
        self.root, self.repeat, self.editions = root, repeat, editions
        self.tool = self.floor_each = 0.0

    # ---------------------------------------------------------------------------------------- what is timed

    def kernels(self) -> None:
        """What Jupyter costs a notebook that does nothing but start the report: both kernels, and no kernel."""
        rows = []
        for kind in ("plain", "forked", "engine"):
            printed = run([sys.executable, "-c", KERNELS, kind, str(max(3, self.repeat))], self.root)
            rows.append((kind, f"{statistics.median(map(float, printed.split())):.2f}"))
        say("\nA notebook of one cell, `analysis.start`, from the start of its kernel to its end, in a session.")
        say("Engine: papermill's other extension point, IPython in a fork without a kernel.")
        print_table(("kernel", "seconds"), rows)

    def one(self) -> None:
        """One edition cold, again without a change, and again with one changed table."""
        cold, again, table, paper = [], [], [], []
        words = ["--output", str(self.root / "reports" / "one")]
        python = _median(lambda: run([sys.executable, "-c", ""], self.root), 5)
        for number in range(self.repeat):
            self._forget()
            cold.append(wall(lambda: self._render(*words)))
            again.append(_median(lambda: self._render(*words), 5))
            self._change_a_table(number)
            table.append(wall(lambda: self._render(*words)))
            paper.append(wall(lambda: self._render(*words, "--format", "pdf", "--force")))
        self.cold, self.paper = statistics.median(cold), statistics.median(paper)
        say("\nOne edition, HTML and PDF, seconds.")
        print_table(("what", "seconds", "ratio to cold"), [
            ("cold", _s(cold), ""), ("without a change", f"{statistics.median(again):.3f}", _r(again, cold)),
            ("without a change, beyond starting Python", f"{statistics.median(again) - python:.3f}", ""),
            ("with one changed table", _s(table), _r(table, cold)),
        ])  # fmt: skip

    def tools(self) -> None:
        """The same notebooks by the two commands a user would run without this package."""
        parameters = self._parameters()
        times = []
        for _ in range(self.repeat):
            with tempfile.TemporaryDirectory() as folder:
                times.append(wall(lambda: self._by_commands(parameters, Path(folder))))
                same = self._nodes_of_tools(Path(folder)) == self._nodes_of_ours()
        self.tool = statistics.median(times)
        if not same:
            raise Failed("papermill's notebooks and ours do not show the same.")
        say("\n`papermill`, then `jupyter nbconvert --to html` for each notebook. Node by node, both show the same.")
        rows = [("command lines", _s(times), "")]
        if hasattr(self, "cold"):
            rows.append(("ours, cold, with the PDF", f"{self.cold:.1f}", f"{self.cold / self.tool:.2f}"))
        print_table(("one edition", "seconds", "ratio"), rows)

    def api(self) -> None:
        """papermill's functions in one process."""
        text = json.dumps(self._parameters())
        times = [float(run([sys.executable, "-c", API, text], self.root).split()[-1]) for _ in range(self.repeat)]
        say("\nPapermill's functions and nbconvert's HTML in one process, without its start.")
        rows = [("papermill in one process", _s(times), "")]
        if hasattr(self, "cold"):
            rows.append(("ours, cold, with the PDF", f"{self.cold:.1f}", f"{self.cold / statistics.median(times):.2f}"))
        print_table(("one edition", "seconds", "ratio"), rows)

    def floor(self) -> None:
        """The same without Jupyter, in a warm process."""
        grid = [{**self._parameters(), "start_year": year} for year in (1998, *range(1999, 1999 + self.repeat))]
        printed = run([sys.executable, "-c", FLOOR, json.dumps(grid)], self.root)
        times = [float(line) for line in printed.split()]
        self.floor_each = statistics.median(times)
        say("\nThe floor: cells, charts and both exports in one warm process, without Jupyter.")
        print_table(("one edition", "seconds"), [("floor", _s(times))])

    def sweep(self) -> None:
        """A sweep from an empty cache, and again without a change."""
        self._sweep(GRID, 24, "sweep")

    def curve(self) -> None:
        """Seconds an edition by the length of a sweep: one sweep, and when each of its editions was there."""
        place = self.root / "reports" / "curve"
        terms = ["milled", "paddy"] if self.editions > 100 else ["milled"]
        shares = range(1, math.ceil(self.editions / len(terms)) + 1)
        words = ["--grid", f"cut_share={','.join(map(str, shares))}", "--grid", f"rice={','.join(terms)}"]
        self._forget()
        began = datetime.now(UTC)
        self._render("--output", str(place), *words)
        manifests = [json.loads(path.read_text(encoding="utf-8")) for path in place.glob("*/manifest.json")]
        there = sorted(datetime.fromisoformat(body["finished"]) for body in manifests)
        counts = [count for count in (1, 2, 4, 8, 16, 32, 64, 100, 150) if count < len(there)] + [len(there)]
        rows = []
        for before, count in zip([0, *counts], counts, strict=False):
            since = there[before - 1] if before else began
            each = (there[count - 1] - since).total_seconds() / (count - before)
            took = (there[count - 1] - began).total_seconds()
            rows.append((str(count), f"{took:.0f}", f"{took / count:.1f}", f"{each:.1f}"))
        say("\nCost of an edition by the length of a sweep, from an empty cache, side by side as the machine allows.")
        print_table(("editions", "seconds", "seconds an edition", "of those since the line above"), rows)
        shutil.rmtree(place)

    def pdf(self) -> None:
        """The PDF alone against nbconvert's other ways, where there is what they need."""
        ways = {"webpdf": shutil.which("chromium") or shutil.which("google-chrome"), "pdf": shutil.which("xelatex")}
        if not any(ways.values()):
            say("\nPDF: neither Chromium nor LaTeX is here to compare with.")
            return
        with tempfile.TemporaryDirectory() as folder:
            self._by_commands(self._parameters(), Path(folder))
            notebooks = sorted(Path(folder).glob("*.ipynb"))
            rows = []
            for way, program in {"report_pdf": sys.executable, **ways}.items():
                if program is None:
                    rows.append((way, "not here", ""))
                    continue
                command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", way]
                try:
                    took = [wall(lambda: run([*command, *map(str, notebooks)], self.root))  # noqa: B023
                            for _ in range(self.repeat)]  # fmt: skip
                    rows.append((way, _s(took), ""))
                except Failed as error:
                    rows.append((way, "failed", str(error)[:60]))
        say("\nPDF of executed notebooks by nbconvert: our exporter and its own.")
        print_table(("exporter", "seconds", ""), rows)

    # ------------------------------------------------------------------------------------------------ how

    def _sweep(self, grid: Sequence[str], count: int, name: str) -> None:
        place = self.root / "reports" / name
        words = ["--output", str(place), *(word for values in grid for word in ("--grid", values))]
        self._forget()
        with _watched_memory() as most:
            took = wall(lambda: self._render(*words))
        again = wall(lambda: self._render(*words))
        each = took / count
        rows = [("seconds", f"{took:.1f}", ""), ("seconds an edition", f"{each:.2f}", ""),
                ("again, without a change", f"{again:.2f}", "")]  # fmt: skip
        if self.tool:
            rows.append(("throughput, times that of the command lines", f"{self.tool / each:.1f}", "to reach: 10"))
        if self.floor_each:
            rows.append(("seconds an edition, times the floor", f"{each / self.floor_each:.2f}", "to reach: 2.5"))
        rows += [(f"peak memory of {what}, MB", f"{size:.0f}", "") for what, size in sorted(most.items())]
        say(f"\nA sweep of {count} editions from an empty cache, HTML and PDF.")
        print_table(("sweep", "", ""), rows)
        shutil.rmtree(place)

    def _render(self, *words: str) -> str:
        return run([sys.executable, "-m", "analysis", "render", *words], self.root)

    def _forget(self) -> None:
        for path in (self.root / ".cache", *(p for p in (self.root / "reports").iterdir() if p.is_dir())):
            shutil.rmtree(path, ignore_errors=True)

    def _change_a_table(self, number: int) -> None:
        path = self.root / "data" / "dependence" / "definitions.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        lines[1] = re.sub(r"(,[^,\"]+?)x*,", rf"\1{'x' * (number + 1)},", lines[1], count=1)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        run([sys.executable, "-m", "analysis", "seal"], self.root)

    def _parameters(self) -> dict[str, Any]:
        from analysis.parameters import resolve

        return resolve({}).plain()

    def _by_commands(self, parameters: dict[str, Any], folder: Path) -> None:
        given = folder / "parameters.yml"
        given.write_text(json.dumps(parameters), encoding="utf-8")
        for path in sorted((self.root / "notebooks").glob("*.ipynb")):
            by_tools(path, given, folder, self.root)

    def _nodes_of_tools(self, folder: Path) -> list[Any]:
        import nbformat

        from analysis.render.outputs import nodes_of

        return [nodes_of(nbformat.read(path, 4)) for path in sorted(folder.glob("*.ipynb"))]

    def _nodes_of_ours(self) -> list[Any]:
        """What our build of the same parameters shows: the runs that its cache holds."""
        self._render("--output", str(self.root / "reports" / "one"))
        code = """
import json
from analysis.render import build, cache, notebooks, outputs, parts
plan = build.plan("default")
found = [parts.fetch(part, plan.catalogue, cache.default()) for part in notebooks.described(plan).values()]
print(json.dumps([outputs.nodes_of(run.notebook) for run in found]))
"""
        found: list[Any] = json.loads(run([sys.executable, "-c", code], self.root))
        return found


@contextlib.contextmanager
def _watched_memory() -> Iterator[dict[str, float]]:
    """Peak memory in MB of the processes of a build, by depth below the command; what several share is split up."""
    most: dict[str, float] = {}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(1.0):
            for depth, size in _processes(os.getpid()):
                name = ("the command", "an edition", "its server", "a kernel")[min(depth, 3)]
                most[name] = max(most.get(name, 0.0), size)

    thread = threading.Thread(target=watch, daemon=True)
    if Path("/proc/self/smaps_rollup").exists():
        thread.start()
    try:
        yield most
    finally:
        over.set()
        if thread.is_alive():
            thread.join()


def _processes(top: int) -> list[tuple[int, float]]:
    """Depth and megabytes of every process below the process `top`."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found = []
    for pid in parents:
        chain = [pid]
        while chain[-1] in parents and chain[-1] != top:
            chain.append(parents[chain[-1]])
        if chain[-1] == top and len(chain) > 1:
            with contextlib.suppress(OSError, StopIteration):
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                size = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
                found.append((len(chain) - 2, size / 1024))
    return found


def _median(action: Callable[[], object], count: int) -> float:
    return statistics.median(wall(action) for _ in range(count))


def _s(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.1f}"


def _r(times: Sequence[float], base: Sequence[float]) -> str:
    return f"{statistics.median(times) / statistics.median(base):.3f}"


if __name__ == "__main__":
    raise SystemExit(main())
