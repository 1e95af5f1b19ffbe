"""Fixtures that several test modules share, and one profile for property tests."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import settings

import chromium
from analysis import Report
from analysis.catalogue import Catalogue, load, seal
from analysis.display import NODE_TYPE
from analysis.errors import BuildError
from analysis.parameters import edition, resolve
from analysis.project import project_root
from analysis.render import build, cache, manifests, parts
from analysis.report import storing

ROOT = Path(__file__).parents[1]
COUNTED = "counted"
KNOWN = Path()  # set when a run begins
# Few years, known early: an edition of few facts, for tests of what a build does and not of what it says. It takes
# `Project.few_facts` besides.
FEW: dict[str, Any] = {"end_year": 1988, "as_of": "2002-06-30"}
WORDS_OF_FEW = [word for name, value in FEW.items() for word in ("--set", f"{name}={value}")]

# The same examples in every run: a red test here is a red test everywhere.
settings.register_profile("suite", deadline=None, max_examples=60, derandomize=True, database=None)
settings.load_profile("suite")

# A shell in the background, or nohup, makes the tests deaf to an interrupt or a closed terminal, and with them what
# they start. A handler of Python's own is not inherited, so their children hear again.
for _name in ("SIGINT", "SIGHUP"):
    if (_number := getattr(signal, _name, None)) is not None and signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _name == "SIGINT" else lambda *_: None)


# Files that take longest, the longest first: begun last, one of them would run alone while the other workers wait.
LONGEST = (
    "build", "reading", "displays", "cli", "refresh_baci", "recipes", "compare", "notebooks", "parts", "browser",
    "claims", "report", "kills", "inference_size", "cluster", "pdf_exporter", "crew", "pairs", "forks", "disk",
    "published", "editions", "lab", "sweep", "events_study", "hostile", "once",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; within a file the order stays."""
    place = {f"test_{name}": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What tests counted, for `make test` to show whether they pass or not; the workers of xdist report it too."""
    reports = [report for group in terminalreporter.stats.values() for report in group]
    lines = [
        str(text) for report in reports if getattr(report, "when", "") == "call"
        for name, text in report.user_properties if name == COUNTED
    ]  # fmt: skip
    if lines:
        terminalreporter.section("counted")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Takes a sentence that `make test` shows at its end."""
    return lambda line: request.node.user_properties.append((COUNTED, line))


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The project's own data package."""
    return load()


@pytest.fixture(scope="session", autouse=True)
def _known(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One place for facts that tests of one run share, whatever worker computed them; see `acquainted`."""
    global KNOWN
    KNOWN = common(tmp_path_factory) / "known.sqlite"


def common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The temporary folder that workers which run tests side by side have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def acquainted(made: Report) -> Report:
    """The report, its facts computed here or, of the same data and code, in another test of this run."""
    with storing(parts.topics(made.catalogue, cache.Cache(KNOWN))):
        len(made.facts)
    return made


@pytest.fixture(scope="session")
def report(catalogue: Catalogue) -> Report:
    """The report of the default parameters, its facts computed once for all tests."""
    return acquainted(Report(resolve({}, catalogue), catalogue))


@functools.cache
def _facts_of(*names: str) -> bytes:
    """A cache that holds the facts of these editions, as a build leaves it."""
    catalogue = Catalogue(ROOT / "data")
    with tempfile.TemporaryDirectory() as folder:
        kept = cache.Cache(Path(folder) / "parts.sqlite")
        for name in names:
            made = acquainted(Report(resolve(edition(name).parameters, catalogue), catalogue))
            with storing(parts.topics(catalogue, kept)):
                len(Report(made.parameters, catalogue).facts)
        return kept.path.read_bytes()


def know(root: Path, *names: str) -> None:
    """Have the facts of these editions, or of the default one, in the cache of the project in `root`."""
    (root / ".cache").mkdir(exist_ok=True)
    (root / ".cache" / "parts.sqlite").write_bytes(_facts_of(*names or ["default"]))


@pytest.fixture
def copied_data(tmp_path: Path) -> Path:
    """A copy of data/ that a test may change; the path of its folder."""
    return Path(shutil.copytree(project_root() / "data", tmp_path / "data"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> manifests.Built:
    """The default edition, rendered once for all tests, HTML and PDF. `built.output` is the folder: read only.

    Workers that run tests side by side share it: one makes it, the others wait until it is up to date. It is made by a
    process of its own, which can fork its kernels as this one cannot.
    """
    output = common(tmp_path_factory) / "built" / "default"
    words = [sys.executable, "-m", "analysis", "render", "default", "--output", str(output)]
    subprocess.run(words, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # a failure comes below
    while True:
        try:
            return build.build("default", output=output)
        except BuildError as error:
            if not str(error).startswith("Another build of"):
                raise
            time.sleep(0.5)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Browser]:
    """A tab of a headless Chromium; without one the test is skipped, or fails where one is required."""
    made = chromium.start(tmp_path_factory.mktemp("browser"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def page(built: manifests.Built) -> Path:
    """The page of the default edition."""
    return built.output / "index.html"


class Project:
    """A project folder of a test's own: the real data and editions, and the notebooks that the test writes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.output = root / "reports" / "default"
        for name in ("notebooks", "reports"):
            (root / name).mkdir(parents=True)
        shutil.copytree(ROOT / "data", root / "data")
        shutil.copy(ROOT / "reports" / "editions.yml", root / "reports")

    def notebook(self, *cells: str, name: str = "00_small") -> Path:
        """Write a notebook: a heading, the parameters cell of the real summary, then `cells`."""
        summary = nbformat.read(ROOT / "notebooks" / "00_summary.ipynb", as_version=4)
        parameters = next(c for c in summary.cells if "parameters" in c.metadata.get("tags", []))
        heading = nbformat.v4.new_markdown_cell("# Small")
        made = [heading, parameters, *map(nbformat.v4.new_code_cell, cells)]
        path = self.root / "notebooks" / f"{name}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=made), path)
        return path

    def know(self, *names: str) -> None:
        """Have the facts of these editions, or of the default one, known, so that a test need not wait for them."""
        know(self.root, *names)

    def few_facts(self) -> None:
        """Take the claims out of the data: they are judged on all years, whatever years are asked for."""
        path = self.root / "data" / "claims.csv"
        path.write_text(path.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
        seal(self.root / "data")
        load.cache_clear()

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a process that works on this project."""
        return {**os.environ, "ANALYSIS_ROOT": str(self.root), **more}


def showing(node: dict[str, Any]) -> str:
    """The source of a cell that shows `node` without importing the package, which takes a second."""
    text = json.dumps(json.dumps(node))
    return f"import json\nfrom IPython.display import display\ndisplay({{{NODE_TYPE!r}: json.loads({text})}}, raw=True)"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A `Project` that the package takes for its own while the test runs."""
    made = Project(tmp_path / "project")
    monkeypatch.setenv("ANALYSIS_ROOT", str(made.root))
    load.cache_clear()
    yield made
    load.cache_clear()


# Python runs this in every process that finds it on its path, kernels too. An audit hook sees what the socket module
# does, whoever calls it and from whatever thread; it cannot be taken off again.
GUARD = """
import os, sys

def _note(text):
    with open(os.environ["GUARD_LOG"], "a", encoding="utf-8") as file:
        file.write(f"{os.getpid()} {text}\\n")

def _watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[-1]
        host = str(address[0]) if isinstance(address, tuple) else "unix"
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = str(arguments[0])
    else:
        return
    if host not in ("unix", "None", "", "localhost", "::1", "0.0.0.0") and not host.startswith("127."):
        _note(f"{event} {host}")
        raise ConnectionRefusedError(f"{event}: this process may not ask {host} for anything")

sys.addaudithook(_watch)
_note("watched")
"""


@dataclass(frozen=True)
class Guard:
    """Processes with this environment can ask nobody on a network for anything, and each try is written down."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self.folder), "GUARD_LOG": str(self.folder / "log")}

    def log(self) -> list[str]:
        """A line for each process, `watched`, and for each try."""
        return [line.partition(" ")[2] for line in (self.folder / "log").read_text("utf-8").splitlines()]


def guard(folder: Path) -> Guard:
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    return Guard(folder)


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts a kernel in this test fails it."""
    import papermill

    def explode(*args: object, **kw: object) -> None:
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(papermill, "execute_notebook", explode)


def until(
    happened: Callable[[], object], process: subprocess.Popen[Any] | None = None, seconds: float = 60
) -> None:
    """Wait for something; fails when `process`, which is to do it, has ended before, or after so many `seconds`."""
    for _ in range(int(seconds * 20)):
        if happened():
            return
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError(f"it did not happen within {seconds} seconds")


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return not Path("/proc/self").exists()


def contents(folder: Path) -> dict[str, str]:
    """Hash of every file below `folder` by its path, and `folder` for an empty folder: what a folder holds."""
    held = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        held[name] = "folder" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
    return held
