"""What is up to date is told from hashes alone; whatever else is the case is left to the build."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis import cli
from analysis.catalogue import load
from analysis.render import build, inputs, manifests, quick
from conftest import FEW, WORDS_OF_FEW, Project, contents, showing

pytestmark = pytest.mark.slow
HEADING = showing({"kind": "heading", "level": 2, "spans": [{"text": "Small"}], "facts": {}})
WORDS = (*WORDS_OF_FEW, "--format", "html")
HEAVY = ("pandas", "numpy", "papermill", "nbconvert", "nbformat", "jupyter_client", "matplotlib", "pydantic", "yaml",
         "IPython", "typst", "jinja2")  # fmt: skip
LOADED = """
import json, sys
from analysis.cli import main
code = main({})
print(json.dumps([code, list(sys.modules)]))
"""


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a report and a sweep of two editions."""
    root = tmp_path_factory.mktemp("quick") / "project"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_ROOT", str(root))
        load.cache_clear()
        made = Project(root)
        made.few_facts()
        made.notebook(HEADING)
        assert cli.main(["render", *WORDS]) == 0
        assert cli.main(["render", *WORDS, "--grid", "cut_share=50,100"]) == 0
    return made


@pytest.fixture
def standing(once: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """The same, for a test that puts right what it changes."""
    monkeypatch.setenv("ANALYSIS_ROOT", str(once.root))
    load.cache_clear()
    yield once
    load.cache_clear()


def asked(**changes: object) -> quick.Asked:
    settings = tuple(f"{name}={value}" for name, value in FEW.items())
    return replace(quick.Asked(("default",), settings, formats=("html",)), **changes)  # type: ignore[arg-type]


def up_to_date(asked: quick.Asked) -> tuple[list[manifests.Built], list[manifests.Swept]] | None:
    return quick.up_to_date(asked, inputs.sources())


@pytest.mark.parametrize("grid", [[], ["--grid", "cut_share=50,100"]], ids=["report", "sweep"])
def test_a_run_without_change_loads_nothing_large_and_starts_nothing(standing: Project, grid: list[str]) -> None:
    held = contents(standing.root / "reports")
    program = LOADED.format(["render", *WORDS, *grid])
    done = subprocess.run([sys.executable, "-c", program], env=standing.environment(), capture_output=True, text=True)
    *said, last = done.stdout.splitlines()
    code, modules = json.loads(last)
    assert code == 0 and not done.stderr
    assert [name for name in HEAVY if name in modules] == []
    assert contents(standing.root / "reports") == held
    wanted = "2 editions: 0 made, 2 up to date, 0 failed" if grid else "default: up to date"
    assert wanted in said and any(line.endswith("index.html") for line in said)


def test_the_quick_answer_is_that_of_the_build(standing: Project, capsys: pytest.CaptureFixture[str]) -> None:
    found = up_to_date(asked())
    assert found is not None
    ((report,), sweeps) = found
    slow = build.build(settings=FEW, formats=["html"])
    assert not sweeps and replace(slow, seconds=0) == replace(report, seconds=0)
    assert cli.main(["render", *WORDS]) == 0
    said = capsys.readouterr().out
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quick, "up_to_date", lambda asked, sources: None)
        assert cli.main(["render", *WORDS]) == 0
    assert capsys.readouterr().out == said


CHANGES = {
    "a table": "data/trade/bases.csv", "the package of data": "data/datapackage.json",
    "a notebook": "notebooks/00_small.ipynb", "the editions": "reports/editions.yml",
    "the page": "reports/default/index.html", "a table of the report": "reports/default/rows.csv",
    "the page of the sweep": "reports/default-grid/index.html",
    "the facts of the sweep": "reports/default-grid/facts.csv",
    "the record of the sweep": "reports/default-grid/sweep.json",
    "an edition of the sweep": "reports/default-grid/cut-share-50/facts.json",
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_one_changed_byte_anywhere_is_left_to_the_build(standing: Project, name: str) -> None:
    sweep, path = asked(grid=("cut_share=50,100",)), standing.root / CHANGES[name]
    assert up_to_date(asked()) and up_to_date(sweep)
    before = path.read_bytes()
    position = len(before) // 2
    try:
        path.write_bytes(before[:position] + bytes([before[position] ^ 1]) + before[position + 1 :])
        if "sweep" not in name:
            assert up_to_date(asked()) is None
        if "default/" not in CHANGES[name]:
            assert up_to_date(sweep) is None
        path.unlink()
        assert up_to_date(asked()) is None or up_to_date(sweep) is None
    finally:
        path.write_bytes(before)
    assert up_to_date(asked()) and up_to_date(sweep)


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": ()}, {"settings": (*asked().settings, "cut_share=99")}, {"only": "00_small"},
        {"formats": ("html", "pdf")}, {"editions": ("since-2017",)}, {"editions": ("default", "since-2017")},
        {"editions": ("no-such",)}, {"grid": ("cut_share=50",)}, {"grid": ("nonsense",)}, {"output": "elsewhere"},
        {"output": "\0"}, {"output": "a" * 5000}, {"grid": ("cut_share=50,100",), "most": 7},
    ],
    ids=str,
)  # fmt: skip
def test_another_request_is_left_to_the_build(standing: Project, changes: dict[str, object]) -> None:
    assert up_to_date(asked(**changes)) is None


@pytest.mark.parametrize("what", ["package", "libraries", "program"])
def test_another_program_is_left_to_the_build(standing: Project, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    if what == "package":
        monkeypatch.setattr(inputs, "tree", lambda folder: [("cli.py", "0")])
    elif what == "libraries":
        monkeypatch.setattr(inputs, "versions", lambda: {"python": "3.99"})
    else:
        monkeypatch.setattr(inputs, "__version__", "9")
    assert up_to_date(asked()) is None


@pytest.mark.parametrize(
    "name", [".default.analysis-journal", ".default.analysis-lock", "default.failed/00_small.ipynb"]
)
def test_what_a_build_left_or_has_begun_is_left_to_the_build(standing: Project, name: str) -> None:
    path = standing.root / "reports" / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    try:
        assert up_to_date(asked()) is None
    finally:
        path.unlink()
        if path.parent.suffix == ".failed":
            path.parent.rmdir()
    assert up_to_date(asked())


def test_other_words_for_the_same_report_are_known_the_next_time(standing: Project) -> None:
    words = (*asked().settings, "cut_share=100", "start_year=1984")
    same = asked(settings=words)
    assert up_to_date(same) is None
    manifest = standing.output / "manifest.json"
    before = manifest.read_bytes()
    try:
        assert cli.main(["render", *WORDS, "--set", "cut_share=100", "--set", "start_year=1984"]) == 0
        assert up_to_date(same) and up_to_date(asked()) is None
        old, new = json.loads(before), json.loads(manifest.read_bytes())
        assert old.pop("request") != new.pop("request") and old == new, "nothing else is touched"
    finally:
        manifest.write_bytes(before)


def test_a_folder_may_be_named_with_the_marks_of_a_pattern(standing: Project, tmp_path: Path) -> None:
    folder = tmp_path / "a [b] *c"
    build.build(settings=FEW, formats=["html"], output=folder)
    assert (found := up_to_date(asked(output=str(folder)))) and found[0][0].output == folder
    folder.with_name(f".{folder.name}.analysis-journal").touch()
    assert up_to_date(asked(output=str(folder))) is None


@pytest.mark.parametrize("kept", [0, 100, -2])
def test_a_manifest_cut_short_is_left_to_the_build(standing: Project, kept: int) -> None:
    path = standing.output / "manifest.json"
    before = path.read_bytes()
    try:
        path.write_bytes(before[:kept])
        assert up_to_date(asked()) is None
    finally:
        path.write_bytes(before)


def test_a_manifest_without_a_request_is_still_a_manifest(standing: Project) -> None:
    path = standing.output / "manifest.json"
    before = path.read_bytes()
    body = json.loads(before)
    del body["request"]
    try:
        path.write_text(json.dumps(body), encoding="utf-8")
        old = manifests.read_manifest(standing.output)
        assert old is not None and old.request == "" and up_to_date(asked()) is None
    finally:
        path.write_bytes(before)


def test_what_is_no_letter_is_refused_as_any_bad_value(
    standing: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["render", "--set", "start_year=\ud800"]) == 2
    assert capsys.readouterr().err.startswith("Error: start_year cannot be ")
