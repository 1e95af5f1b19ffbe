"""A part of a report is made again when, and only when, something that it was made from has changed."""

from __future__ import annotations

import csv
import json
import multiprocessing
import random
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import nbformat
import pytest

import analysis
from analysis import cli, inference
from analysis.catalogue import load, seal
from analysis.events.study import Study
from analysis.parameters import resolve
from analysis.reading import recorded
from analysis.render import build, cache, chapters, inputs, locks, manifests, modules, notebooks, parts
from analysis.report import storing
from conftest import FEW, ROOT, Project, contents, until

START = "import analysis\nfrom analysis import figures, prose, tables\n\nreport = analysis.start(globals())\nreport"
CELLS = {"00_trade": "figures.levels(report)", "01_food": "figures.food(report)", "02_words": "tables.glossary(report)"}


@dataclass
class Work:
    """A project of three notebooks and a copy of the package that a test may change."""

    project: Project
    package: Path

    def build(self, folder: str = "default", **options: object) -> tuple[manifests.Built, list[str]]:
        """What was made, and the names of the notebooks that were run for it."""
        load.cache_clear()
        notebooks._REPORTS.clear()
        said: list[str] = []
        made = build.build(
            settings={**FEW, **options}, formats=["html"], output=self.project.root / "reports" / folder,
            progress=said.append, how=build.How(kernels="plain"),
        )  # fmt: skip
        ran = [line.split()[1] for line in said if line.startswith("[") and not line.endswith("unchanged\n")]
        return made, sorted(ran)

    def same_as_new(self, tmp_path: Path, **options: object) -> bool:
        """Whether the report that stands is, byte for byte, what a build without any cache makes."""
        held = tmp_path / "held"
        place = self.project.root / ".cache"
        place.rename(held)
        made, ran = self.build("new", **options)
        assert ran == sorted(CELLS), "without a cache all are run"
        shutil.rmtree(place)
        held.rename(place)
        both = [contents(made.output), contents(self.project.output)]
        for held_files in both:
            del held_files["manifest.json"]
        shutil.rmtree(made.output)
        return both[0] == both[1]


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("parts") / "project"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_ROOT", str(root))
        load.cache_clear()
        project = Project(root)
        project.few_facts()
        for name, cell in CELLS.items():
            project.notebook(START, cell, name=name)
        Work(project, inputs.PACKAGE).build()
    load.cache_clear()
    return root


@pytest.fixture
def work(made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """A copy of a project whose report stands and whose runs are in its cache."""
    root = tmp_path / "project"
    shutil.copytree(made_once, root)
    monkeypatch.setenv("ANALYSIS_ROOT", str(root))
    load.cache_clear()
    project = Project.__new__(Project)
    project.root, project.output = root, root / "reports" / "default"
    yield Work(project, inputs.PACKAGE)
    load.cache_clear()


def edit(path: Path, change: Callable[[nbformat.NotebookNode], None]) -> None:
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


def markdown(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(notebook: nbformat.NotebookNode) -> None:
        notebook.cells[0].source = "# Smaller"
        notebook.cells.insert(2, nbformat.v4.new_markdown_cell("And more of it."))

    edit(work.project.root / "notebooks" / "00_trade.ipynb", change)


def code(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(notebook: nbformat.NotebookNode) -> None:
        notebook.cells[-1].source = "figures.bases(report)"

    edit(work.project.root / "notebooks" / "00_trade.ipynb", change)


def byte_of(name: str) -> Callable[[Work, pytest.MonkeyPatch], None]:
    """Another letter somewhere in a sentence of a table."""

    def change(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
        path = work.project.root / "data" / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        column = next(rows[0].index(text) for text in ("meaning", "why", "label", "name") if text in rows[0])
        row = random.Random(7).choice([row for row in rows[1:] if row[column]])
        middle = len(row[column]) // 2
        letter = "x" if row[column][middle] != "x" else "y"
        row[column] = row[column][:middle] + letter + row[column][middle + 1 :]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        assert seal(work.project.root / "data") == [name]

    return change


def module(name: str) -> Callable[[Work, pytest.MonkeyPatch], None]:
    """Another hash of one file of the package, as if it had been changed: the file itself is that of all tests."""

    def change(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
        files = dict(inputs.tree(inputs.PACKAGE))
        assert name in files
        monkeypatch.setattr(inputs, "tree", lambda folder: list({**files, name: "0" * 64}.items()))

    return change


def created(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    path = work.project.root / "data" / "datapackage.json"
    body = json.loads(path.read_text("utf-8"))
    body["created"] = "2026-01-31"
    path.write_text(json.dumps(body), encoding="utf-8")


def library(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    found = inputs.versions()
    monkeypatch.setattr(inputs, "versions", lambda: {**found, "matplotlib": "0"})


def python(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    found = inputs.versions()
    monkeypatch.setattr(inputs, "versions", lambda: {**found, "python": "3.99"})


ALL = sorted(CELLS)
CHANGES: dict[str, tuple[Callable[[Work, pytest.MonkeyPatch], None], list[str]]] = {
    "markdown": (markdown, []),
    "code": (code, ["00_trade"]),
    "a table that one reads": (byte_of("glossary"), ["02_words"]),
    "a table that none reads": (byte_of("corrections"), []),
    "a table of food": (byte_of("dependence/definitions"), ["01_food"]),
    "a table of trade": (byte_of("trade/compilers"), ["00_trade", "01_food"]),
    "the day of the data": (created, ALL),
    "a module that one uses": (module("figures/dependence.py"), ["01_food"]),
    "a module that all use": (module("display.py"), ALL),
    "a module that computes": (module("dependence/food.py"), ALL),
    "a module that no kernel sees": (module("render/document.py"), []),
    "the template": (module("render/templates/page.html.j2"), []),
    "a font": (module("render/fonts/Inter-Regular.otf"), ALL),
    "a library": (library, ALL),
    "Python": (python, ALL),
}  # fmt: skip
# Those that change a file of the project, in an order in which none hides what an earlier one left undone.
FILES_CHANGED = ("a table that one reads", "a table of food", "a table of trade", "code", "markdown",
                 "the day of the data")  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_to_be_run_again_and_nothing_else(
    work: Work, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    make, wanted = CHANGES[change]
    make(work, monkeypatch)
    load.cache_clear()
    why = build.reasons(build.plan("default", FEW, ["html"]))
    assert sorted(name for name, cause in why.items() if cause) == wanted, why
    assert all(cause.startswith("changed: ") for cause in why.values() if cause), why
    if change not in FILES_CHANGED:  # and back: what is known from before is known still
        monkeypatch.undo()
        monkeypatch.setenv("ANALYSIS_ROOT", str(work.project.root))
        load.cache_clear()
        assert not any(build.reasons(build.plan("default", FEW, ["html"])).values())


@pytest.mark.slow
def test_what_was_run_again_is_what_a_build_without_a_cache_makes(
    work: Work, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for change in FILES_CHANGED:
        make, wanted = CHANGES[change]
        make(work, monkeypatch)
        made, ran = work.build()
        assert made.made and ran == wanted, change
        if change == FILES_CHANGED[-1]:  # the last one runs all of them
            assert work.same_as_new(tmp_path), change


@pytest.mark.slow
def test_other_parameters_run_all_and_the_old_ones_none(work: Work, tmp_path: Path) -> None:
    assert work.build(cut_share=50)[1] == ALL
    assert work.same_as_new(tmp_path, cut_share=50)
    made, ran = work.build()
    assert made.made and ran == []


@pytest.mark.slow
def test_the_dry_run_says_it_part_by_part(
    work: Work, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["render", "--dry-run", "--format", "html", *(w for n, v in FEW.items() for w in ("--set", f"{n}={v}"))]
    assert cli.main(words) == 0
    assert capsys.readouterr().out == "default: up to date\n"
    byte_of("dependence/definitions")(work, monkeypatch)
    load.cache_clear()
    held = contents(work.project.root / "reports")
    assert cli.main(words) == 0
    assert capsys.readouterr().out.splitlines() == [
        "default: would be made, changed since the last report: data",
        "  00_trade: unchanged",
        "  01_food: would be run, changed: the table dependence/definitions",
        "  02_words: unchanged",
    ]
    assert contents(work.project.root / "reports") == held


@pytest.mark.slow
def test_a_notebook_that_cannot_be_followed_is_run_each_time(work: Work) -> None:
    path = work.project.root / "notebooks" / "02_words.ipynb"
    edit(path, lambda notebook: notebook.cells.append(nbformat.v4.new_code_cell("len(open('note').read())")))
    (path.parent / "note").write_text("one", encoding="utf-8")
    assert work.build()[1] == ["02_words"]
    assert "cannot be followed" in build.reasons(build.plan("default", FEW, ["html"]))["02_words"]
    (path.parent / "note").write_text("three", encoding="utf-8")
    edit(path, lambda notebook: notebook.cells.append(nbformat.v4.new_markdown_cell("And?")))
    made, ran = work.build()
    assert ran == ["02_words"] and re.search(r">\s*5\s*<", (made.output / "index.html").read_text("utf-8"))


@pytest.mark.slow
def test_force_takes_nothing_from_the_cache(work: Work) -> None:
    load.cache_clear()
    said: list[str] = []
    build.build(settings=FEW, formats=["html"], force=True, progress=said.append, how=build.How(kernels="plain"))
    assert not any("unchanged" in line for line in said)


def mangle(path: Path, how: str) -> None:
    """Damage every body of the cache, or the file itself."""
    if how in ("cut", "foreign", "empty", "begun"):
        whole = path.read_bytes()
        path.write_bytes({
            "cut": whole[: len(whole) // 2], "foreign": b"not a database at all" * 99, "empty": b"",
            "begun": whole[:99],
        }[how])  # fmt: skip
        return
    connection = sqlite3.connect(path)
    with connection:
        if how == "version":
            connection.execute("PRAGMA user_version = 99")
        elif how == "bytes":
            for key, body in connection.execute("SELECT key, body FROM entries").fetchall():
                middle = len(body) // 2
                changed = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
                connection.execute("UPDATE entries SET body = ? WHERE key = ?", (changed, key))
        elif how == "swapped":
            bodies = connection.execute("SELECT key, body, digest FROM entries ORDER BY key").fetchall()
            for (key, *_), (_, body, digest) in zip(bodies, bodies[1:] + bodies[:1], strict=True):
                connection.execute("UPDATE entries SET body = ?, digest = ? WHERE key = ?", (body, digest, key))
        elif how == "columns":
            connection.execute("DROP TABLE entries")
            connection.execute("CREATE TABLE entries (key TEXT)")
    connection.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "how", ["cut", "foreign", "empty", "begun", "version", "bytes", "swapped", "columns", "folder"]
)
def test_a_damaged_or_foreign_cache_counts_as_none(work: Work, how: str) -> None:
    path = work.project.root / ".cache" / "parts.sqlite"
    if how == "folder":
        path.unlink()
        path.mkdir()
    else:
        mangle(path, how)
    load.cache_clear()
    plan = build.plan("default", FEW, ["html"])
    assert set(build.reasons(plan).values()) == {"its last run is not kept"}
    if how in ("bytes", "folder"):
        markdown(work, pytest.MonkeyPatch())
        made, ran = work.build()
        assert made.made and ran == ALL
        assert how == "folder" or not any(build.reasons(plan).values()), "it is a cache again"


# ------------------------------------------------------------------------------------------ the cache itself


def test_entries_come_back_as_they_were_and_the_last_one_counts(tmp_path: Path) -> None:
    kept = cache.Cache(tmp_path / "a" / "b.sqlite")
    assert kept.get("k") is None
    bodies = [b"", b"one", bytes(range(256)) * 999]
    for body in bodies:
        kept.put("k", body)
        kept.put(f"k{len(body)}", body)
    assert kept.get("k") == bodies[-1]
    assert [cache.Cache(kept.path).get(f"k{len(body)}") for body in bodies] == bodies


def test_a_place_that_cannot_be_written_holds_nothing_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    kept = cache.Cache(tmp_path / "file" / "parts.sqlite")
    kept.put("k", b"x")
    kept.prune()
    assert kept.get("k") is None and (tmp_path / "file").read_text() == "in the way"


def test_what_is_old_or_too_much_goes_first_what_was_unused_longest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = cache.Cache(tmp_path / "b.sqlite")
    clock = [1e9]
    monkeypatch.setattr(cache.time, "time", lambda: clock[0])
    for number in range(6):
        clock[0] += 1
        kept.put(f"k{number}", random.Random(number).randbytes(1000))
    clock[0] += 1
    assert kept.get("k0")
    monkeypatch.setattr(cache, "MOST_BYTES", 3500)
    kept.prune()
    assert [number for number in range(6) if kept.get(f"k{number}")] == [0, 4, 5]
    clock[0] += 86_400 * (cache.DAYS_UNUSED + 1)
    kept.put("new", b"x")
    kept.prune()
    assert kept.get("new") and not kept.get("k0")


# --------------------------------------------------------------------------------------- what a notebook uses


FILES = [file for file, _ in inputs.tree(inputs.PACKAGE)]
HEAD = "import analysis\nfrom analysis import figures, prose, tables\nreport = analysis.start(globals())\n"


def test_a_notebook_uses_the_modules_that_its_cells_name_and_what_these_import() -> None:
    cells = [HEAD, "figures.matrix(report, 'food-70')", "prose.events.question(report)"]
    used = modules.used(cells, FILES, inputs.PACKAGE)
    assert used is not None
    for name in ("__init__.py", "report.py", "catalogue.py", "trade/facts.py", "inference/contrast.py", "reading.py",
                 "figures/__init__.py", "figures/dependence.py", "prose/events.py", "style.py", "display.py",
                 "claims/rules.py", "render/fonts/Inter-Regular.otf"):  # fmt: skip
        assert name in used, name
    for name in ("figures/claims.py", "prose/trade.py", "tables/data.py", "cli.py", "check.py", "compare.py"):
        assert name not in used, name
    assert not [name for name in used if name.startswith("render/") and name.endswith(".py")]
    # What another pair shows is no concern of the documented one, and the whole of it one of the other.
    shown = ("pairs/displays.py", "pairs/figures.py", "prose/trade.py")
    assert not set(shown) & set(used)
    of_another = modules.used(cells, FILES, inputs.PACKAGE, another_pair=True)
    assert of_another is not None and {*shown, *used} <= set(of_another)


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_notebook_of_the_report_can_be_followed(path: Path) -> None:
    cells = [source for kind, source, _ in chapters.cells(path) if kind == "code"]
    used = modules.used(cells, FILES, inputs.PACKAGE)
    assert used is not None and 40 < len(used) < len(FILES)


@pytest.mark.parametrize(
    "cell",
    ["import numpy", "import analysis.report", "from analysis.report import Report", "from . import x", "open('x')",
     "from analysis import catalogue", "analysis.report", "figures", "f = figures", "getattr(figures, 'levels')",
     "figures.no_such(report)", "this is no python", "exec('1')", "import os", "analysis.__dict__", "__import__('os')",
     "get_ipython().system('ls')", "print(analysis)", "eval('1')"],
)  # fmt: skip
def test_code_that_may_rest_on_anything_is_not_followed(cell: str) -> None:
    assert modules.used([HEAD], FILES, inputs.PACKAGE) is not None
    assert modules.used([HEAD, cell], FILES, inputs.PACKAGE) is None


def test_nothing_in_the_package_is_imported_by_a_name_that_is_made_up() -> None:
    for file in FILES:
        # The face names its modules in a table; the server of kernels loads what they would load themselves.
        if file.endswith(".py") and file not in ("__init__.py", "render/forks.py"):
            text = (inputs.PACKAGE / file).read_text("utf-8")
            assert "import_module" not in text and "__import__(" not in text.replace('"__import__"', ""), file
    assert {*modules.FACE} == {*analysis._HOMES}
    assert {name: f"{home}.py" for name, home in analysis._HOMES.items()} == modules.FACE


# ------------------------------------------------------------------------------------------ facts of topics


def test_facts_come_back_from_the_cache_as_they_were(tmp_path: Path) -> None:
    report = analysis.Report(resolve(FEW))
    facts = tuple(report.facts.under("trade"))
    kept = parts.topics(report.catalogue, cache.Cache(tmp_path / "c.sqlite"))
    asked = {"start_year": 1984}
    assert kept.get("trade", asked) is None
    kept.put("trade", asked, facts, {"trade/bases", "events"})
    assert kept.get("trade", asked) == (facts, {"trade/bases", "events"})
    assert kept.get("trade", {"start_year": 1985}) is None and kept.get("events", asked) is None


def test_what_was_computed_once_still_counts_as_read_by_the_next() -> None:
    report = analysis.Report(resolve({**FEW, "cut_share": 51}))
    names = []
    for _ in range(2):
        with recorded() as read:
            report.fact("trade.exports.customs.1988")
        names.append(frozenset(read))
    assert names[0] == names[1] and "trade/series_cells" in names[0] and "glossary" not in names[0]
    with recorded() as outer, recorded() as inner:
        report.catalogue.frame("glossary")
    assert outer == inner == {"glossary"}
    with recorded() as read:
        assert report.catalogue.has("glossary") and report.catalogue.version
    assert read == {"//names", "//version"}
    digests = report.catalogue.contents(["glossary", "no/such", "//version"])
    assert digests["glossary"].startswith("sha256:") and digests["no/such"] == "" and digests["//version"]


def test_the_event_study_comes_back_from_the_cache_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolve({"event_classes": "nuclear_tests,bans_2017", "windows": "m0_m11"})
    first, second = analysis.Report(asked), analysis.Report(asked)

    def told(study: Study) -> list[str]:
        return [repr(value) for value in (study.cells, study.pairs, study.points)]

    with storing(parts.topics(first.catalogue, cache.Cache(tmp_path / "c.sqlite"))):
        before = told(first.event_study)
        monkeypatch.setattr(inference, "lagged", None)  # the correlations take longest, and are kept
        with recorded() as read:
            assert told(second.event_study) == before
    assert {"events/specifications", "events/political", "trade/china_dprk_monthly"} <= read
    cells = second.event_study.cells.values()
    assert any(cell.effect for cell in cells) and any(cell.control for cell in cells)
    assert any(cell.reason for cell in cells) and any(pair.found for pair in second.event_study.pairs)
    specs = second.event_study.plan.specifications
    assert all(point.spec is specs[point.spec.spec_id] for point in second.event_study.points)


def test_of_two_that_want_the_same_facts_one_computes_them(tmp_path: Path) -> None:
    """Two processes meet at the lock: the second finds what the first has made."""
    place = tmp_path / "c.sqlite"

    def one(go: Synchronized[int], computed: Synchronized[int]) -> None:
        catalogue = load()
        report = analysis.Report(resolve({"start_year": 2001}), catalogue)

        def make() -> list[Any]:
            with computed.get_lock():
                computed.value += 1
            time.sleep(0.3)  # the other comes meanwhile
            return [[1.5]]

        with go.get_lock():
            go.value += 1
        until(lambda: go.value == 2)
        with storing(parts.topics(catalogue, cache.Cache(place))):
            assert report.rows("trade", "made", make) == [[1.5]]

    context = multiprocessing.get_context("fork")
    go, computed = context.Value("i", 0), context.Value("i", 0)
    both = [context.Process(target=one, args=(go, computed)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0] and computed.value == 1
    assert not list(tmp_path.glob("*.lock"))


def test_who_is_stuck_keeps_nobody_from_computing(tmp_path: Path) -> None:
    handle = locks.take(tmp_path / "a.lock")
    assert handle is not None
    begun = time.monotonic()
    with locks.turn(tmp_path / "a.lock", 0.2):
        assert time.monotonic() - begun >= 0.2
    assert locks.is_held(tmp_path / "a.lock"), "the other's lock stays"
    locks.release(tmp_path / "a.lock", handle)
    (tmp_path / "file").write_text("no folder")
    with locks.turn(tmp_path / "file" / "b.lock", 5):
        pass
