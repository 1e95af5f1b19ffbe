"""Builds: what a report holds, when it is made again, and that no fault replaces a good one."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbconvert.exporters
import nbformat
import pytest
from pypdf import PdfReader

from analysis import Report, tables
from analysis.catalogue import load, seal
from analysis.cli import main
from analysis.display import NODE_TYPE
from analysis.errors import BuildError, NotebookFailed, UserError
from analysis.facts import significant
from analysis.parameters import resolve
from analysis.render import build, execute, inputs, manifests, outputs, scratch, swap
from analysis.render.html import ReportHTMLExporter
from analysis.render.pdf import ReportPDFExporter
from conftest import FEW, ROOT, WORDS_OF_FEW, Guard, Project, alive, contents, guard, showing, until

CLOCKS = ("started", "finished", "notebooks")


def manifest_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))


def helpers(output: Path) -> list[str]:
    """What a build left beside its output."""
    return sorted(p.name for p in output.parent.iterdir() if p.name.startswith(f".{output.name}."))


def small(project: Project, report: Report, *cells: str) -> Path:
    """A notebook that shows one real table, then runs `cells`; the facts of the default edition are known."""
    project.know()
    return project.notebook(showing(tables.parameters(report).node()), *cells)


def html(**settings: Any) -> manifests.Built:
    """The default edition of the present project in HTML, which is quicker than both."""
    return build.build(formats=["html"], settings=settings)


def said(**options: Any) -> tuple[manifests.Built, str]:
    """What a build made, and what it said."""
    lines: list[str] = []
    made = build.build(progress=lines.append, **options)
    return made, "".join(lines)


# --------------------------------------------------------------------------------- what a report holds


@pytest.mark.slow
def test_a_report_holds_what_it_promises(built: manifests.Built, report: Report) -> None:
    files = set(contents(built.output)) - {"tables", "figures"}
    assert {"report.pdf", "index.html", "facts.json", "manifest.json"} <= files
    assert files == set(built.files) and built.documents == ("index.html", "report.pdf")
    assert (built.output / "report.pdf").read_bytes().startswith(b"%PDF-")
    page = (built.output / "index.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    stems = {Path(name).stem for name in files if name.startswith("figures/")}
    assert {"trade_levels", "summary_story", "months_calendar"} <= stems
    assert all(f"tables/{stem}.csv" in files for stem in stems), "every figure has its data"
    linked = set(re.findall(r'href="(tables/[^"]+)"', page))
    assert linked == {name for name in files if name.startswith("tables/")}
    for name in linked:
        rows = list(csv.reader((built.output / name).read_text(encoding="utf-8").splitlines()))
        assert len(rows) > 1 and len({len(row) for row in rows}) == 1, name
    facts = json.loads((built.output / "facts.json").read_text(encoding="utf-8"))
    assert facts == {"edition": "default", "parameters": resolve({}).plain(), "facts": report.facts.as_json()}
    assert built.facts == len(facts["facts"]) == len(report.facts)


@pytest.mark.slow
def test_the_manifest_is_true(built: manifests.Built) -> None:
    body = manifest_of(built.output)
    held = contents(built.output)
    files = {name: value for name, value in held.items() if value != "folder" and name != "manifest.json"}
    assert body["files"] == files
    package = json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))
    assert body["data"] == {"version": package["version"], "date": package["created"][:10]}
    assert body["parameters"] == resolve({}).plain() and body["edition"] == "default"
    assert body["formats"] == ["html", "pdf"]
    assert [n["name"] for n in body["notebooks"]] == sorted(p.stem for p in (ROOT / "notebooks").glob("*.ipynb"))
    assert body["started"] < body["finished"]
    assert not [name for name, number in body["versions"].items() if number == "absent"]


@pytest.mark.slow
def test_no_file_but_the_manifest_knows_clock_machine_or_folder(built: manifests.Built) -> None:
    body = manifest_of(built.output)
    for name in body["files"]:
        content = (built.output / name).read_bytes()
        for word in (body["started"], body["started"][:16], str(built.output), str(ROOT), str(Path.home()) + "/"):
            assert word.encode() not in content, (name, word)


@pytest.mark.slow
@pytest.mark.usefixtures("no_kernel")
def test_a_second_build_is_up_to_date_and_starts_no_kernel(built: manifests.Built) -> None:
    def times() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in built.output.rglob("*")}

    touched = times()
    again, text = said(output=built.output)
    assert not again.made and text == "default: up to date\n" and again.seconds < 10
    assert (again.files, again.documents, again.facts) == (built.files, built.documents, built.facts)
    assert times() == touched and helpers(built.output) == []


@pytest.mark.slow
def test_force_makes_the_same_bytes_again_wherever_and_whenever(built: manifests.Built, tmp_path: Path) -> None:
    """From another process: folder, time zone, language, order of sets, mask of modes, place for temporary files."""
    output = Path(shutil.copytree(built.output, tmp_path / "another folder é" / "again"))
    temporary, home = tmp_path / "tmp", tmp_path / "home"
    temporary.mkdir()
    (home / ".config" / "matplotlib").mkdir(parents=True)
    (home / ".config" / "matplotlib" / "matplotlibrc").write_text("font.size: 20\nsvg.hashsalt: other\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "render", "--force", "--output", str(output)], cwd=tmp_path, text=True,
        capture_output=True, umask=0o077, env={
            **os.environ, "TMPDIR": str(temporary), "TEMP": str(temporary), "HOME": str(home), "TZ": "Asia/Pyongyang",
            "LC_ALL": "C.UTF-8", "LANGUAGE": "ko", "PYTHONHASHSEED": "7", "COLUMNS": "40", "SOURCE_DATE_EPOCH": "1",
        },
    )  # fmt: skip
    assert done.returncode == 0 and "--force" in done.stdout, done.stderr
    old, new = contents(built.output), contents(output)
    old.pop("manifest.json"), new.pop("manifest.json")
    kinds = {Path(name).suffix for name in old}
    assert {".html", ".pdf", ".csv", ".svg", ".json"} <= kinds, "every kind of file is compared"
    assert new == old
    before, after = manifest_of(built.output), manifest_of(output)
    assert before["finished"] <= after["started"] and before["notebooks"] != after["notebooks"], "it was really made"
    for body in (before, after):
        for name in CLOCKS:
            body.pop(name)
    assert before == after
    assert list(temporary.iterdir()) == [], "no temporary file stays"


@pytest.mark.slow
def test_times_and_identifiers_of_a_run_reach_no_file(
    project: Project, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(project, report, "print('told')")
    traces: set[str] = set()
    clean = execute._without_traces

    def noted(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
        """The times and identifiers that papermill and the client wrote, before they are taken away."""
        found = [notebook.metadata["papermill"]["start_time"], notebook.metadata["papermill"]["end_time"]]
        for cell in notebook.cells:
            found += [cell["id"], cell.metadata.get("papermill", {}).get("start_time")]
            found += list(cell.metadata.get("execution", {}).values())
        # The ids of cells that are under version control are no traces; nor is one that could be a number.
        traces.update(str(t)[:16] for t in found if t and len(str(t)) >= 8 and not str(t).isdigit())
        return clean(notebook)

    monkeypatch.setattr(execute, "_without_traces", noted)
    made = build.build()
    assert len(traces) > 3 and any(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}.*)?", trace) for trace in traces)
    files = {name: (made.output / name).read_bytes() for name in made.files if name != "manifest.json"}
    pdf = PdfReader(made.output / "report.pdf")
    files["words on paper"] = "".join(page.extract_text() for page in pdf.pages).encode()
    files["words about the paper"] = str(pdf.metadata).encode()
    for name, content in files.items():
        for trace in traces:
            assert trace.encode() not in content, (name, trace)
    # The exporters leave out what the run added, also where it was not taken away.
    monkeypatch.setattr(execute, "_without_traces", lambda notebook: notebook)
    again = build.build(force=True)
    for name in files:
        if not name.startswith("words"):
            assert (again.output / name).read_bytes() == files[name], name


FACTS = """
import ctypes, json, pathlib, sys, warnings
import numpy
from analysis import Report
library = next(iter(pathlib.Path(numpy.__file__).parents[1].glob("numpy.libs/*openblas*")), None)
name = None
if library is not None:
    for symbol in ("scipy_openblas_get_corename64_", "openblas_get_corename64_", "openblas_get_corename"):
        if hasattr(loaded := ctypes.CDLL(str(library)), symbol):
            function = getattr(loaded, symbol)
            function.restype = ctypes.c_char_p
            name = function().decode()
            break
features = numpy._core._multiarray_umath.__cpu_features__
wide = sorted(f for f in numpy._core._multiarray_umath.__cpu_dispatch__ if features.get(f))
print(json.dumps({"core": name, "wide": wide, "facts": Report().facts.as_json()}))
"""


@pytest.fixture(scope="module")
def here() -> dict[str, Any]:
    return facts_with({})


def facts_with(environment: dict[str, str]) -> dict[str, Any]:
    """The facts as a process with these variables computes them, with the kernel of its arithmetic."""
    done = subprocess.run(
        [sys.executable, "-c", FACTS], env={**os.environ, "PYTHONWARNINGS": "ignore", **environment}, text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def agree(left: Any, right: Any) -> None:
    """The same words and gaps, and numbers that agree to nine significant digits."""
    if isinstance(left, dict):
        assert left.keys() == right.keys()
        for key, value in left.items():
            agree(value, right[key])
    elif isinstance(left, list):
        assert len(left) == len(right)
        for one, other in zip(left, right, strict=True):
            agree(one, other)
    elif isinstance(left, float):
        assert significant(left, 9) == significant(right, 9) or math.isclose(left, right, rel_tol=1e-9), (left, right)
    else:
        assert left == right


@pytest.mark.slow
def test_facts_agree_to_nine_digits_between_kernels_of_openblas(here: dict[str, Any]) -> None:
    if here["core"] is None:
        pytest.skip("This numpy has no OpenBLAS of its own whose kernel could be asked for.")
    cores = {here["core"]: here}
    for wanted in ("Haswell", "Nehalem", "Sandybridge", "ARMV8", "NEOVERSEN1"):
        if len(cores) < 2 or wanted == "Haswell":
            made = facts_with({"OPENBLAS_CORETYPE": wanted})
            cores[made["core"]] = made
    if len(cores) < 2:
        pytest.skip(f"OpenBLAS has no other kernel for this processor than {here['core']}.")
    for made in cores.values():
        agree(made["facts"], here["facts"])


@pytest.mark.slow
def test_facts_agree_to_nine_digits_without_the_wide_instructions(here: dict[str, Any]) -> None:
    if not here["wide"]:
        pytest.skip("On this processor numpy uses no instructions that could be switched off.")
    made = facts_with({"NPY_DISABLE_CPU_FEATURES": " ".join(here["wide"])})
    assert made["wide"] == [], "they are really switched off"
    agree(made["facts"], here["facts"])


# ------------------------------------------------------------------------------ when it is made again


def test_the_fingerprint_changes_with_its_part_and_with_nothing_else(
    project: Project, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small(project, report)
    package = shutil.copytree(inputs.PACKAGE, tmp_path / "package", ignore=shutil.ignore_patterns("__pycache__"))

    def parts(**settings: Any) -> dict[str, str]:
        load.cache_clear()
        return build.fingerprint(build.plan("default", settings), package)

    def changed(**settings: Any) -> set[str]:
        """The parts that differ from those at the last call; a second look differs in nothing."""
        nonlocal last
        before, last = last, parts(**settings)
        assert parts(**settings) == last
        return {name for name in {*before, *last} if before.get(name) != last.get(name)}

    last = parts()
    assert set(last) == {"edition", "parameters", "notebook 00_small", "package", "data", "libraries"}
    for settings in ({"start_year": 2000}, {"basis": "kotra"}, {"title": "Another"}, {"as_of": "2020-01-01"}, {}):
        assert changed(**settings) == {"parameters"}, settings

    for name in ("render/templates/page.css", "render/templates/page.html.j2", "render/templates/report.typ",
                 "render/fonts/Inter-Regular.otf", "trade/growth.py", "__init__.py"):  # fmt: skip
        with (package / name).open("ab") as file:
            file.write(b"\n")
        assert changed() == {"package"}, name
    (package / "new.py").write_text("")
    assert changed() == {"package"}
    (package / "new.py").unlink()
    assert changed() == {"package"}
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "new.pyc").write_bytes(b"x")
    assert changed() == set()

    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].source += "\n"
    nbformat.write(notebook, path)
    assert changed() == {"notebook 00_small"}
    notebook.cells[2].metadata["tags"] = ["x"]
    nbformat.write(notebook, path)
    assert changed() == {"notebook 00_small"}
    # Having been run, or written by another Jupyter, changes nothing.
    notebook.cells[2].execution_count = 7
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="x")]
    notebook.cells[2]["id"] = "other"
    notebook.metadata["kernelspec"] = {"name": "x", "display_name": "x"}
    nbformat.write(notebook, path)
    assert changed() == set()
    project.notebook("1", name="01_more")
    assert changed() == {"notebook 01_more"}

    table = project.root / "data" / "macro" / "us_cpi.csv"
    table.write_text("\n".join(table.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")
    assert seal() == ["macro/us_cpi"]
    assert changed() == {"data"}

    editions = project.root / "reports" / "editions.yml"
    editions.write_text(editions.read_text(encoding="utf-8").replace("All years", "Every year"), encoding="utf-8")
    assert changed() == {"edition"}

    real = inputs.version
    monkeypatch.setattr(inputs, "version", lambda name: "0.0" if name == "typst" else real(name))
    assert changed() == {"libraries"}


@pytest.mark.slow
def test_a_report_is_made_again_when_and_only_when_something_changed(project: Project, report: Report) -> None:
    path = small(project, report)
    first, text = said(formats=["html"])
    assert first.made and "no report yet" in text and first.output == project.output
    second, text = said(formats=["html"])
    assert not second.made and "up to date" in text

    third, text = said(formats=["html"], settings={"title": "Another"})
    assert third.made and "changed since the last report: parameters" in text
    assert json.loads((project.output / "facts.json").read_text("utf-8"))["parameters"]["title"] == "Another"

    small(project, report, "print('one cell more')")
    fourth, text = said(formats=["html"], settings={"title": "Another"})
    assert fourth.made and "changed since the last report: notebook 00_small" in text
    assert "one cell more" in (project.output / "index.html").read_text("utf-8")

    # A file of the report that was changed or lost is no report.
    (project.output / "index.html").write_text("by hand", encoding="utf-8")
    fifth, text = said(formats=["html"], settings={"title": "Another"})
    assert fifth.made and "not as it was made: index.html" in text
    assert (project.root / "reports" / "default.kept" / "index.html").read_text("utf-8") == "by hand"
    (project.output / "facts.json").unlink()
    sixth, text = said(formats=["html"], settings={"title": "Another"})
    assert sixth.made and "missing: facts.json" in text
    path.unlink()
    with pytest.raises(BuildError, match=r"There are no notebooks in .*"):
        html()
    assert manifests.whole(project.output, manifests.read_manifest(project.output), ["html"])  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_format_not_asked_for_stays_only_if_the_same_inputs_made_it(project: Project, report: Report) -> None:
    small(project, report)
    build.build(formats=["html"])
    page = (project.output / "index.html").read_bytes()
    both = build.build(formats=["pdf"])
    assert both.documents == ("index.html", "report.pdf") and manifest_of(both.output)["formats"] == ["html", "pdf"]
    assert (project.output / "index.html").read_bytes() == page
    assert not build.build(formats=["html"]).made and not build.build(formats=["pdf"]).made and not build.build().made
    # A document that somebody changed is not carried over.
    (project.output / "report.pdf").write_bytes(b"%PDF-1.7 by hand")
    assert build.build(formats=["html"]).documents == ("index.html",)
    build.build(formats=["pdf"])
    other = html(title="Another")
    assert other.documents == ("index.html",) and not (project.output / "report.pdf").exists()
    assert manifest_of(other.output)["formats"] == ["html"]


# ----------------------------------------------------------------------------- what is refused at once


@pytest.mark.usefixtures("no_kernel")
def test_files_that_no_build_made_are_not_lost(project: Project, report: Report, tmp_path: Path) -> None:
    small(project, report)
    output = tmp_path / "mine"
    (output / "tables").mkdir(parents=True)
    (output / "tables" / "thesis.csv").write_text("years of work", encoding="utf-8")
    held = contents(tmp_path)
    with pytest.raises(build.BadOutput, match=r"it holds tables/thesis\.csv, which no build made"):
        build.plan("default", output=output)
    (output / "manifest.json").write_text('{"made_by": "somebody else", "files": {"tables/thesis.csv": ""}}', "utf-8")
    with pytest.raises(build.BadOutput, match="which no build made"):
        build.plan("default", output=output)
    (output / "manifest.json").unlink()
    assert contents(tmp_path) == held


@pytest.mark.slow
def test_a_foreign_file_put_into_a_report_stops_the_next_build(built: manifests.Built, tmp_path: Path) -> None:
    output = Path(shutil.copytree(built.output, tmp_path / "copy"))
    (output / ".DS_Store").write_bytes(b"left by a desktop")
    assert not build.build(output=output).made
    (output / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(build.BadOutput, match=r"notes\.txt"):
        build.build(output=output, force=True)
    # The same when it appears between plan and run.
    (output / "notes.txt").rename(tmp_path / "notes.txt")
    plan = build.plan("default", output=output)
    (tmp_path / "notes.txt").rename(output / "notes.txt")
    with pytest.raises(build.BadOutput, match=r"notes\.txt"):
        build.run(plan, force=True)
    assert (output / "notes.txt").read_text("utf-8") == "mine"


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("place", ["", "data", "data/x", "notebooks", "src", ".git/x", "..", "/", "~", "reports"])
def test_a_report_never_goes_where_something_else_lives(project: Project, report: Report, place: str) -> None:
    small(project, report)
    held = contents(project.root)
    output = Path(place).expanduser() if place in ("/", "~") else project.root / place
    with pytest.raises(UserError) as caught:
        build.plan("default", output=output)
    assert caught.value.exit_code == 2 and "The output cannot be" in str(caught.value)
    assert contents(project.root) == held


def test_an_output_that_cannot_be_a_folder_is_one_sentence(project: Project, report: Report, tmp_path: Path) -> None:
    small(project, report)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("file", "file/x", "loop", "a\0b", "x" * 300):
        with pytest.raises(UserError) as caught:
            build.build(output=tmp_path / name)
        assert re.search("The output cannot be|The report cannot be written to", str(caught.value)), str(caught.value)
        assert "\n" not in str(caught.value) and "\0" not in str(caught.value)
    assert (tmp_path / "file").read_text("utf-8") == "x"


@pytest.mark.usefixtures("no_kernel")
def test_altered_and_missing_data_are_refused_by_name(
    project: Project, report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    small(project, report)
    data = project.root / "data"
    originals = {path: path.read_bytes() for path in sorted(data.rglob("*.csv")) if path.name != "row_counts.csv"}
    assert len(originals) >= 12
    # The catalogue refuses every table so (test_data_package); here it is the command, on some of them.
    for path, content in list(originals.items())[::6]:
        name = path.relative_to(data).with_suffix("").as_posix()
        for problem in ("altered", "missing"):
            path.write_bytes(content + b"\n") if problem == "altered" else path.unlink()
            load.cache_clear()
            assert main(["render"]) == 2
            shown = capsys.readouterr()
            assert shown.out == "" and shown.err.startswith(f"Error: The table {name} "), shown.err
            assert ("is missing" in shown.err) == (problem == "missing") and shown.err.count("\n") == 1
            path.write_bytes(content)
    (data / "datapackage.json").unlink()
    load.cache_clear()
    assert main(["render"]) == 2
    assert "datapackage.json is missing" in capsys.readouterr().err
    assert not project.output.exists() and helpers(project.output) == []


# ------------------------------------------------------------------------------ odd places, no network

LOOPBACK_UP = (
    "import fcntl, socket, struct; s = socket.socket(); "
    "fcntl.ioctl(s, 0x8914, struct.pack('16sh14x', b'lo', 0x49)); "
)
RENDER = "import sys; from analysis.cli import main; sys.exit(main(sys.argv[1:]))"
PROBE = "import socket; s = socket.socket(); s.settimeout(3); s.connect(('192.0.2.1', 9))"


def cut_off() -> list[str]:
    """The words before a command that take its network away but for the loopback; empty where that cannot be."""
    unshare = shutil.which("unshare")
    if not unshare or not sys.platform.startswith("linux"):
        return []
    trial = [unshare, "-rn", sys.executable, "-c", LOOPBACK_UP]
    return trial[:2] if subprocess.run(trial, capture_output=True).returncode == 0 else []


@dataclass(frozen=True)
class Odd:
    """A finished process, the output folder, whether the network was really away, and who tried to reach it."""

    done: subprocess.CompletedProcess[str]
    output: Path
    away: bool
    guard: Guard


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Odd:
    """The real notebooks with odd parameters, from data that may only be read, without network, into an odd folder."""
    watch = guard(tmp_path_factory.mktemp("guard") / "guard")
    root = tmp_path_factory.mktemp("odd") / "a project é"
    for name in ("data", "notebooks"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns(".*"))
    (root / "reports").mkdir()
    shutil.copy(ROOT / "reports" / "editions.yml", root / "reports")
    data = [root / "data", *(root / "data").rglob("*")]
    for path in data:
        path.chmod(0o555 if path.is_dir() else 0o444)
    output = root / "my reports" / "výstup 平壤 {start_year} 100%"
    dead = "http://127.0.0.1:9"
    names = [f"{word}_proxy" for word in ("http", "https", "all", "ftp")]
    proxies = dict.fromkeys(names + [name.upper() for name in names], dead)
    away = cut_off()
    program = (LOOPBACK_UP if away else "") + RENDER
    settings = ["start_year=2014", "end_year=2014", "basis=kotra", "paper=us-letter", "index_year=1984",
                "base_year=1984", "worst_quality=A", "as_of=2015-12-31",
                "title=<b>Odd & \"quoted\"</b> {x} #typst $"]  # fmt: skip
    words = [word for setting in settings for word in ("--set", setting)]
    done = subprocess.run(
        [*away, sys.executable, "-c", program, "render", *words, "--output", str(output)], cwd=root, text=True,
        capture_output=True, env={**os.environ, **proxies, **watch.environment, "ANALYSIS_ROOT": str(root)},
    )  # fmt: skip
    for path in data:
        path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IWUSR)
    return Odd(done, output, bool(away), watch)


@pytest.mark.slow
def test_all_notebooks_run_with_odd_parameters_into_an_odd_folder(odd: Odd) -> None:
    done, output = odd.done, odd.output
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" and str(output.relative_to(output.parents[1])) in done.stdout
    assert {"index.html", "report.pdf", "facts.json"} <= set(contents(output))
    assert manifests.whole(output, manifests.read_manifest(output), ["html", "pdf"])  # type: ignore[arg-type]
    page = (output / "index.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;Odd &amp; " in page and "<b>Odd" not in page
    assert sorted(p.name for p in output.parent.iterdir()) == [output.name]
    # US Letter is 612 by 792 points.
    assert re.search(rb"/MediaBox\s*\[\s*0\s+0\s+612\s+792\s*\]", (output / "report.pdf").read_bytes())


@pytest.mark.slow
def test_a_build_only_reads_the_data(odd: Odd) -> None:
    root = odd.output.parents[1]
    for name in ("data", "notebooks"):
        ours = {k: v for k, v in contents(ROOT / name).items() if ".ipynb_checkpoints" not in k}
        assert contents(root / name) == ours


@pytest.mark.slow
def test_a_build_needs_no_network(odd: Odd) -> None:
    if not odd.away:
        pytest.skip("This machine does not let us make a network namespace, so the network could not be taken away.")
    probe = subprocess.run([*cut_off(), sys.executable, "-c", LOOPBACK_UP + PROBE], capture_output=True, text=True)
    assert "unreachable" in probe.stderr.lower(), "the network is really away"
    assert odd.done.returncode == 0, odd.done.stderr


@pytest.mark.slow
def test_a_build_asks_nobody_for_anything(odd: Odd) -> None:
    assert odd.done.returncode == 0, odd.done.stderr
    log = odd.guard.log()
    # The command at least; kernels that are forks are watched as what they were forked from.
    assert set(log) == {"watched"}


REQUESTS = {
    "a page": ("import urllib.request; urllib.request.urlopen('http://www.example.org/')", "www.example.org"),
    "a name": ("import socket; socket.gethostbyname('www.example.org')", "www.example.org"),
    "an address": ("import socket; socket.create_connection(('192.0.2.1', 80), 1)", "192.0.2.1"),
    "an address of the new kind": ("import socket; socket.create_connection(('2001:db8::1', 80), 1)", "2001:db8::1"),
    "a letter": ("import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 9))", "192.0.2.1"),
    "an asynchronous one": (
        "import asyncio; asyncio.run(asyncio.open_connection('www.example.org', 80))", "www.example.org",
    ),
}  # fmt: skip


@pytest.mark.parametrize("request_", REQUESTS)
def test_the_guard_sees_every_request(request_: str, tmp_path: Path) -> None:
    code, host = REQUESTS[request_]
    watch = guard(tmp_path / "guard")
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **watch.environment}, capture_output=True)
    assert done.returncode == 1 and b"ConnectionRefusedError" in done.stderr
    assert [line for line in watch.log() if line.endswith(host)]
    ours = "import socket; a = socket.create_server(('127.0.0.1', 0)); socket.create_connection(a.getsockname())"
    subprocess.run([sys.executable, "-c", ours], env={**os.environ, **watch.environment}, check=True)


@pytest.mark.slow
def test_a_request_in_a_notebook_stops_the_build_that_is_watched(
    project: Project, report: Report, tmp_path: Path
) -> None:
    project.few_facts()
    small(project, report, REQUESTS["a page"][0])
    watch = guard(tmp_path / "guard")
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "render", "--format", "html", *WORDS_OF_FEW], text=True,
        capture_output=True, env=project.environment(**watch.environment),
    )  # fmt: skip
    assert done.returncode == 1 and "notebook 00_small, cell 4" in done.stderr and "www.example.org" in done.stderr
    assert [line for line in watch.log() if line != "watched"]
    assert not project.output.exists()


# ---------------------------------------------------------------------------------- faults of a build


class Standing:
    """A small project whose report stands, made from a sound notebook; `check` says it still does."""

    def __init__(self, project: Project, report: Report) -> None:
        self.project = project
        small(project, report)
        html()
        self.held = contents(project.output)

    def check(self) -> None:
        assert contents(self.project.output) == self.held, "the report of before is untouched"
        assert helpers(self.project.output) == [], "nothing half-made is left"

    def refuses(self, *because: str, formats: tuple[str, ...] = ("html",)) -> str:
        with pytest.raises(BuildError) as caught:
            build.build(formats=formats, force=True)
        text = str(caught.value)
        assert "\n" not in text and all(word in text for word in because), text
        self.check()
        return text


@pytest.fixture
def standing(project: Project, report: Report) -> Standing:
    return Standing(project, report)


@pytest.mark.slow
def test_there_is_no_other_path_than_the_exporters(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kw: object) -> None:
        raise ValueError("broken\nby a test.")

    for format, exporter in (("html", ReportHTMLExporter), ("pdf", ReportPDFExporter)):
        with monkeypatch.context() as patch:
            patch.setattr(exporter, "from_notebook_node", broken)
            standing.refuses(f"Edition default cannot be exported to {format}: ValueError: broken by a test.",
                             formats=(format,))  # fmt: skip
    # The exporters are found by their entry points alone.
    real = nbconvert.exporters.base.entry_points

    def without_ours(**kw: Any) -> list[Any]:
        return [point for point in real(**kw) if not point.name.startswith("report_")]

    with monkeypatch.context() as patch:
        patch.setattr(nbconvert.exporters.base, "entry_points", without_ours)
        standing.refuses("cannot be exported to html", "report_html")
    assert html().made is False


@pytest.mark.slow
def test_a_failing_cell_of_a_real_notebook_names_everything_and_leaves_the_report(
    project: Project, built: manifests.Built, capfd: pytest.CaptureFixture[str]
) -> None:
    names = ["00_summary.ipynb", "04_claims.ipynb"]
    for name in names:
        shutil.copy(ROOT / "notebooks" / name, project.root / "notebooks")
    shutil.copytree(built.output, project.output)
    path = project.root / "notebooks" / "00_summary.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(5, nbformat.v4.new_code_cell("raise RuntimeError('the river froze')"))
    nbformat.write(notebook, path)
    project.know()
    held = contents(project.output)
    code = main(["render", "--set", "cut_share=50", "--format", "html"])
    shown = capfd.readouterr()
    copy = project.output.with_name("default.failed") / "00_summary.ipynb"
    assert code == 1 and re.search(rf"\[\d/{len(names)}\] 00_summary  failed", shown.out)
    assert "Traceback" not in shown.err
    assert shown.err.startswith(
        "Error: Edition default, notebook 00_summary, cell 6 (raise RuntimeError('the river froze')): "
        "RuntimeError: the river froze (parameters: reporter=CHN, partner=PRK, start_year=1984, "
    ) and "cut_share=50, " in shown.err and shown.err.endswith(f"the half-run copy is {copy}).\n")
    assert contents(project.output) == held and helpers(project.output) == []
    run = nbformat.read(copy, as_version=4)
    assert any(NODE_TYPE in output.get("data", {}) for cell in run.cells for output in cell.get("outputs", []))


@pytest.mark.slow
def test_a_cured_notebook_clears_the_half_run_copy_away(standing: Standing, report: Report) -> None:
    copy = standing.project.output.with_name("default.failed")
    sound = (standing.project.root / "notebooks" / "00_small.ipynb").read_bytes()
    standing.project.notebook("1 / 0")
    standing.refuses("cell 3 (1 / 0): ZeroDivisionError")
    assert {path.name for path in copy.iterdir()} == {"00_small.ipynb", ".00_small.ipynb.sha256"}, "and its hash"
    (standing.project.root / "notebooks" / "00_small.ipynb").write_bytes(sound)
    assert html().made is False and not copy.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "reason"),
    [("import os; os._exit(1)", "the kernel died"), ("import sys; print('x', file=sys.stderr)", "stderr: x")],
)
def test_a_kernel_that_dies_or_complains_leaves_the_report(standing: Standing, cell: str, reason: str) -> None:
    standing.project.notebook(cell)
    standing.refuses("notebook 00_small, cell 3", reason)
    with pytest.raises(NotebookFailed):
        html()


@pytest.mark.slow
def test_a_notebook_that_shows_other_facts_than_the_package_is_refused(standing: Standing, report: Report) -> None:
    id = "trade.total.customs.2014"
    value = report.fact(id).value
    assert value
    node = tables.parameters(report).node()
    for facts, words in (
        ({id: value * 1.0001}, (f"The notebook 00_small shows the fact {id} as", f"the package computes {value}.")),
        ({id: None}, (f"shows the fact {id} as None",)),
        ({"trade.total.customs.1883": 1.0}, ("shows the fact trade.total.customs.1883, which this edition does not",)),
    ):
        standing.project.notebook(showing({**node, "facts": facts}))
        standing.refuses(*words)
    standing.project.notebook(showing({**node, "facts": {id: value}}))
    assert html().made


@pytest.mark.slow
def test_tables_that_would_write_over_each_other_or_elsewhere_are_refused(standing: Standing, report: Report) -> None:
    node = tables.parameters(report).node()
    other = {**node, "data": {"columns": ["a"], "rows": [[1]]}}
    standing.project.notebook(showing(node), showing(other))
    standing.refuses(f"Two different tables or figures have the id {node['id']!r}")
    for id in ("../x", "a/b", "", "Upper"):
        standing.project.notebook(showing({**node, "id": id}))
        standing.refuses("needs an id of lower-case letters")


@pytest.mark.slow
def test_a_change_during_the_build_is_refused(standing: Standing) -> None:
    standing.project.notebook("with open('00_small.ipynb', 'a') as f: f.write(' ')", "1")
    # Blanks after the JSON change nothing that is run.
    assert html().made
    standing.held = contents(standing.project.output)
    standing.project.notebook(
        "from pathlib import Path; p = Path('00_small.ipynb'); p.write_text(p.read_text().replace('# Small', '# Big'))"
    )
    standing.refuses("Changed while the report was being made: notebook 00_small; start the build again.")


@pytest.mark.slow
def test_a_full_disk_leaves_the_report(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if self.name == "facts.json":
            raise OSError(28, "No space left on device")
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    standing.refuses("The report cannot be written to", "No space left on device")


@pytest.mark.slow
def test_one_edition_that_fails_does_not_stop_the_others(
    project: Project, report: Report, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    small(project, report, "assert start_year != 1984, 'the first edition'")
    code = main(["render", "default", "since-2017", "default", "--format", "html", "--output", str(tmp_path / "all")])
    shown = capfd.readouterr()
    assert code == 1 and "the first edition" in shown.err
    assert shown.err.startswith("Error: ") and shown.err.count("\n") == 1
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["default.failed", "since-2017"]
    assert "since-2017: made in" in shown.out


# ----------------------------------------------------------------------------------------- interrupts


def started(project: Project, *words: str) -> subprocess.Popen[str]:
    # A session of its own: what a terminal would do to its foreground group, `os.killpg` does here.
    (project.root / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "analysis", "render", "--format", "html", "--force", *WORDS_OF_FEW, *words], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        env=project.environment(PYTHONUNBUFFERED="1", TMPDIR=str(project.root / "tmp")),
    )  # fmt: skip


def in_cell(project: Project, process: subprocess.Popen[str]) -> None:
    until(lambda: (project.root / "notebooks" / "pid").exists(), process)


def in_start(project: Project, process: subprocess.Popen[str]) -> None:
    until(lambda: (project.output.parent / ".default.analysis-lock").exists(), process)


def in_kernel_start(project: Project, process: subprocess.Popen[str]) -> None:
    # The first thing about a kernel is a folder for its sockets.
    until(lambda: any((project.root / "tmp").glob(f"{scratch.PREFIX}*/k*")), process)


def in_writing(project: Project, process: subprocess.Popen[str]) -> None:
    (project.root / "notebooks" / "go").touch()
    until(lambda: (project.output.parent / ".default.analysis-new").exists(), process)


MOMENTS = (in_start, in_kernel_start, in_cell, in_writing)
# An interrupt and a kill come at each moment; the others, which Python turns into the same exception, at two.
ENDS = {
    "interrupt": (signal.SIGINT, os.kill, 130, (in_cell,)),
    "interrupt-from-terminal": (signal.SIGINT, os.killpg, 130, MOMENTS),
    "termination": (signal.SIGTERM, os.kill, 143, (in_kernel_start, in_cell)),
    "closed-terminal": (signal.SIGHUP, os.killpg, 129, (in_start, in_cell)),
    "kill": (signal.SIGKILL, os.kill, -9, MOMENTS),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Signals are those of POSIX systems.")
@pytest.mark.parametrize("end", ENDS)
def test_a_build_that_is_stopped_at_any_moment_leaves_the_report_whole(
    project: Project, report: Report, end: str
) -> None:
    project.few_facts()
    # The notebook waits for a file while an environment variable says so: the same inputs, time to be stopped.
    small(
        project, report,
        "import os, time\nif os.environ.get('SLOW'):\n    open('pid', 'w').write(str(os.getpid()))\n"
        "    while not os.path.exists('go'):\n        time.sleep(0.02)\n    os.remove('go')",
    )  # fmt: skip
    html(**FEW)
    held, number = contents(project.output), ENDS[end][0]
    pid_file = project.root / "notebooks" / "pid"
    for moment in ENDS[end][3]:
        pid_file.unlink(missing_ok=True)
        (project.root / "notebooks" / "go").unlink(missing_ok=True)
        os.environ["SLOW"] = "1"
        try:
            process = started(project)
        finally:
            del os.environ["SLOW"]
        try:
            moment(project, process)
            if moment is in_cell:
                with pytest.raises(BuildError, match="Another build of"):
                    html(**FEW)
            ENDS[end][1](process.pid, number)
            _, err = process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        where = f"{end} {moment.__name__}: {process.returncode} {err}"
        late = moment is in_writing and process.returncode == 0  # it was whole before the signal came
        assert process.returncode == ENDS[end][2] or late, where
        assert "Traceback" not in err, where
        if number == signal.SIGINT and not late:
            assert err == "Stopped; every report is as its last whole build left it.\n", where
        if pid_file.exists() and (pid := pid_file.read_text("utf-8")):
            for _ in range(200):
                if not alive(int(pid)):
                    break
                time.sleep(0.1)
            assert not alive(int(pid)), f"{where}: the kernel goes on"
        if number != signal.SIGKILL and not late:
            assert contents(project.output) == held and helpers(project.output) == [], where
        # The next start finds the old report or the new one; both are of the same inputs, so of the same bytes.
        after = html(**FEW)
        assert helpers(project.output) == [], where
        now = contents(project.output)
        assert set(now) == set(held) and {n for n in now if now[n] != held[n]} <= {"manifest.json"}, where
        assert not after.made, where
        held = now


# ------------------------------------------------------------------------------------ the parts of it


def test_a_csv_has_no_number_that_is_none_and_no_minus_before_zero() -> None:
    rows = [[None, float("nan")], [-0.0, 'say "x"'], [0.1 + 0.2, 7]]
    text = outputs.csv_text({"columns": ["a", "b, c"], "rows": rows})
    assert text == 'a,"b, c"\n,\n0.0,"say ""x"""\n0.3,7\n'


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"made_by": "analysis"}', '{"made_by": "other"}', "\xff"])
def test_a_manifest_that_is_not_ours_or_broken_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_bytes(text.encode("latin-1"))
    assert manifests.read_manifest(tmp_path) is None


@pytest.mark.slow
def test_a_manifest_is_read_back_as_it_was_written(built: manifests.Built, tmp_path: Path) -> None:
    manifest = manifests.read_manifest(built.output)
    assert manifest
    manifests.write_manifest(tmp_path, manifest)
    assert (tmp_path / "manifest.json").read_bytes() == (built.output / "manifest.json").read_bytes()
    assert manifests.whole(built.output, manifest, ["html", "pdf"])
    wrong = {**manifest.files, "index.html": hashlib.sha256(b"x").hexdigest()}
    assert not manifests.whole(built.output, replace(manifest, files=wrong), ["html"])


def test_a_build_alone_needs_no_lock_left_by_a_dead_one(project: Project, report: Report) -> None:
    small(project, report)
    plan = build.plan("default", formats=["html"])
    with swap.lock(plan.output), pytest.raises(BuildError, match="Another build"):
        build.run(plan)
    assert not project.output.exists() and helpers(project.output) == []
