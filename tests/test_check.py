"""`check`: how data, environment, notebooks and reports stand, each fault found and each with what to do."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

from analysis import check, cli
from analysis.catalogue import load, seal
from analysis.check import NOTE, OK, PROBLEM, Finding
from analysis.errors import BuildError
from analysis.facts import FactBook
from analysis.lock import installed
from analysis.parameters import parse_settings, resolve
from analysis.render import build, inputs, manifests, outputs, swap
from conftest import ROOT, Project, contents


@pytest.fixture
def well(project: Project) -> Project:
    """A project in which all is well: two notebooks, the lock, and the default edition made and current."""
    project.notebook("x = None")
    project.notebook("y = None", name="01_other")
    shutil.copy(ROOT / "requirements.lock", project.root)
    made("default")
    return project


def made(name: str, edition: str = "default", only: str | None = None, **settings: Any) -> Path:
    """A report in reports/`name` with the manifest that a build would write, made without a kernel."""
    plan = build.plan(edition, settings, ["html"], only=only)
    folder = Path(plan.output).parent / name
    plan = replace(plan, output=folder)
    (folder / "tables").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>", encoding="utf-8")
    outputs.write_facts(folder, edition, plan.parameters, FactBook())
    manifests.write_manifest(folder, manifests.Manifest(
        edition=edition, parameters=plan.parameters.plain(), input_digest="", inputs=build.fingerprint(plan),
        formats=plan.formats, files=manifests.hashes(folder), versions=inputs.versions(), data={},
        notebooks=tuple({"name": path.stem, "seconds": 1.0} for path in plan.notebooks),
        started="2026-11-24T10:00:00+00:00", finished="2026-11-24T10:01:00+00:00",
    ))  # fmt: skip
    return folder


def stands(name: str, area: str = "Reports") -> Finding:
    """The one finding of a report."""
    load.cache_clear()
    (found,) = [f for f in check.check() if (f.area, f.name) == (area, name)]
    return found


def test_all_is_well_and_says_so_in_one_screen(well: Project, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(well.root)
    times = {path: path.stat().st_mtime_ns for path in well.root.rglob("*")}
    assert cli.main(["check"]) == 0
    text = capsys.readouterr().out
    assert text.endswith("All is well.\n") and len(text.splitlines()) < 24
    for word in ("Data", "Environment", "Notebooks", "Reports", "default: current", "since-2017: absent"):
        assert word in text
    assert contents(well.root) == before, "nothing is changed"
    assert {path: path.stat().st_mtime_ns for path in well.root.rglob("*")} == times
    assert cli.main(["check", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["well"] is True and {f["area"] for f in body["findings"]} == {
        "Data", "Environment", "Notebooks", "Reports"
    }


def test_the_numbers_said_of_the_data_are_theirs(well: Project) -> None:
    (finding,) = [f for f in check.check() if f.area == "Data"]
    catalogue = load()
    rows = sum(len(catalogue.frame(name)) for name in catalogue.tables)
    for number in (len(catalogue.tables), f"{rows:,}", len(catalogue.sources), catalogue.version):
        assert str(number) in finding.said


# ------------------------------------------------------------------------------------------------ reports


def test_an_edition_that_is_not_made_is_a_note_with_its_command(well: Project) -> None:
    absent = stands("since-2017")
    assert (absent.state, absent.said) == (NOTE, "absent")
    assert absent.todo == "python -m analysis render since-2017"


def change_notebook(project: Project) -> None:
    project.notebook("x = None", "z = None")


def change_data(project: Project) -> None:
    with (project.root / "data/caveats.csv").open("a", encoding="utf-8") as file:
        file.write("another,customs,*,,,Another caveat,audit-2026\n")
    seal(project.root / "data")


def change_edition(project: Project) -> None:
    path = project.root / "reports/editions.yml"
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    body["editions"]["default"]["parameters"] = {"basis": "kotra"}
    path.write_text(yaml.safe_dump(body), encoding="utf-8")


def add_notebook(project: Project) -> None:
    project.notebook("w = None", name="02_third")


@pytest.mark.parametrize(("change", "named"), [
    (change_notebook, "notebook 00_small"), (change_data, "data"), (change_edition, "parameters"),
    (add_notebook, "notebook 02_third"),
])  # fmt: skip
def test_a_stale_report_names_what_changed_and_nothing_else(
    well: Project, change: Callable[[Project], None], named: str
) -> None:
    assert stands("default").state == OK
    change(well)
    stale = stands("default")
    assert (stale.state, stale.said) == (PROBLEM, f"stale: changed since: {named}")
    assert stale.todo == "python -m analysis render default"


def test_another_library_makes_a_report_stale(well: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "versions", lambda: {"python": "3.99"})
    assert stands("default").said == "stale: changed since: libraries"


def test_a_damaged_report_names_its_files(well: Project) -> None:
    folder = well.root / "reports" / "default"
    (folder / "index.html").write_text("changed", encoding="utf-8")
    assert (stands("default").state, stands("default").said) == (
        PROBLEM, "damaged: index.html is missing or altered"
    )  # fmt: skip
    (folder / "facts.json").unlink()
    both = stands("default")
    assert "facts.json" in both.said and "index.html" in both.said and both.said.endswith("are missing or altered")
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    assert "notes.txt, which no build made" in stands("default").said
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    broken = stands("default")
    assert broken.state == PROBLEM and "manifest.json cannot be read" in broken.said and "Remove" in broken.todo


def test_a_folder_of_other_settings_is_judged_by_them_and_its_command_makes_it_again(well: Project) -> None:
    folder = made("my kotra", basis="kotra", as_of="2016-06-30", title="It's another, for $5")
    assert stands("my kotra").state == OK
    change_notebook(well)
    stale = stands("my kotra")
    assert stale.state == PROBLEM and "notebook 00_small" in stale.said
    words = shlex.split(stale.todo)
    options = cli.parser().parse_args(words[3:])
    assert words[:3] == ["python", "-m", "analysis"] and options.edition == ["default"]
    assert options.output == "reports/my kotra" and options.format == "html"
    manifest = manifests.read_manifest(folder)
    assert manifest and resolve(parse_settings(options.set)).plain() == manifest.parameters
    assert len(options.set) == 3, "what is the default is not said"


def test_a_report_of_one_notebook_stands_on_that_one(well: Project) -> None:
    made("default-00_small", only="00_small")
    well.notebook("y = None", "z = None", name="01_other")
    assert stands("default-00_small").state == OK and stands("default").state == PROBLEM
    change_notebook(well)
    stale = stands("default-00_small")
    assert stale.state == PROBLEM and "--only 00_small" in stale.todo
    (well.root / "notebooks/00_small.ipynb").unlink()
    assert stands("default-00_small").state == PROBLEM


def test_what_interrupted_and_failed_builds_left_is_found(well: Project) -> None:
    reports = well.root / "reports"
    output = reports / "default"
    (reports / ".default.analysis-new").mkdir()
    (reports / "since-2017.failed").mkdir()
    (reports / ".elsewhere.analysis-journal").write_text("{}", encoding="utf-8")
    load.cache_clear()
    found = {f.name: f for f in check.check() if f.state == PROBLEM}
    assert set(found) == {"default", "since-2017", "elsewhere"}
    assert "interrupted" in found["default"].said and found["default"].todo.endswith("render default")
    assert ".elsewhere.analysis-journal" in found["elsewhere"].todo
    assert "half-run" in found["since-2017"].said
    with swap.lock(output):
        assert "default" not in swap.remains(reports), "a build that is running has not been interrupted"
    assert swap.remains(reports)["default"] == [".default.analysis-new"]
    assert swap.remains(reports / "nowhere") == {}


def test_a_broken_list_of_editions_does_not_hide_the_rest(well: Project) -> None:
    (well.root / "reports/editions.yml").write_text("editions: [", encoding="utf-8")
    load.cache_clear()
    found = [f for f in check.check() if f.state == PROBLEM]
    assert any("list of editions" in f.said for f in found) and any(f.area == "Data" for f in check.check())


# --------------------------------------------------------------------------------------------------- data


def test_every_altered_and_missing_table_is_named(well: Project, capsys: pytest.CaptureFixture[str]) -> None:
    data = well.root / "data"
    (data / "events.csv").write_bytes((data / "events.csv").read_bytes().replace(b"2", b"3", 1))
    (data / "macro/us_cpi.csv").unlink()
    load.cache_clear()
    found = {f.name: f for f in check.check() if f.area == "Data"}
    assert set(found) == {"events", "macro/us_cpi"} and {f.state for f in found.values()} == {PROBLEM}
    assert all("seal" in f.todo for f in found.values())
    assert stands("default").said.startswith("whole; whether it is current cannot be said")
    assert cli.main(["check"]) == 1
    assert "2 things need doing." in capsys.readouterr().out


@pytest.mark.parametrize("text", ["{", "{}", '{"resources": [{}]}', '{"resources": 5}', "[]"])
def test_a_broken_data_package_is_one_problem(well: Project, text: str) -> None:
    (well.root / "data/datapackage.json").write_text(text, encoding="utf-8")
    load.cache_clear()
    (finding,) = [f for f in check.check() if f.area == "Data"]
    assert finding.state == PROBLEM and "datapackage.json" in finding.said + finding.todo


# -------------------------------------------------------------------------------------------- environment

LOCK = """\
here==1.0 \\
    --hash=sha256:aa \\
    # via something
here-too==2.0.0 \\
    --hash=sha256:bb
gone==3.0 ; python_full_version >= '3.0' \\
    --hash=sha256:cc
not-for-us==4.0 ; sys_platform == 'a system that is not' \\
    --hash=sha256:dd
other==5.0 \\
    --hash=sha256:ee
    # via the build backend
"""


@pytest.fixture
def some_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"here": "1.0", "here-too": "2.0", "other": "5.1", "not-for-us": "9"}
    monkeypatch.setattr("analysis.lock._version", versions.get)


def test_the_lock_is_compared_with_what_is_installed(well: Project, some_installed: None) -> None:
    (well.root / "requirements.lock").write_text(LOCK, encoding="utf-8")
    found = installed(well.root / "requirements.lock")
    assert [(p.name, p.agrees) for p in found] == [
        ("here", True), ("here-too", True), ("gone", False), ("other", False),
    ]  # fmt: skip
    (finding,) = [f for f in check.check() if f.area == "Environment"]
    assert finding.state == PROBLEM and "of 4 packages" in finding.said
    assert "1 missing (gone)" in finding.said and "1 in another version (other 5.1 instead of 5.0)" in finding.said


@pytest.mark.parametrize("text", ["name>=1.0\n", "no requirement at all\n", None])
def test_a_lock_that_is_none_is_one_sentence(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "requirements.lock").write_text(text, encoding="utf-8")
    with pytest.raises(BuildError, match=r"^The lock requirements\.lock .*\.$"):
        installed(tmp_path / "requirements.lock")


def test_the_own_environment_is_read_with_its_markers() -> None:
    found = {p.name: p for p in installed(ROOT / "requirements.lock")}
    assert len(found) > 50 and found["numpy"].installed and found["numpy"].wanted
    assert "pywinpty" not in found or found["pywinpty"].installed, "what is for another system does not count"


# ---------------------------------------------------------------------------------------------- notebooks


@pytest.mark.parametrize(("old", "new", "words"), [
    ("start_year = 1984", "start_year = 1990", "sets start_year to something else"),
    ("start_year = 1984", "star_year = 1984", "lacks start_year"),
    ('paper = "a4"', 'paper = "a4"\nflavour = 1', "sets flavour, which is no parameter"),
    ("start_year = 1984", "start_year = 5", "is refused: start_year cannot be 5"),
    ("start_year = 1984", "start_year = int(1984)", "does more than assign"),
    ("start_year = 1984", "start_year = (", "does more than assign"),
])  # fmt: skip
def test_a_parameters_cell_that_is_not_the_defaults_is_named(well: Project, old: str, new: str, words: str) -> None:
    path = well.root / "notebooks/00_small.ipynb"
    notebook = nbformat.read(path, as_version=4)
    assert old in notebook.cells[1].source
    notebook.cells[1].source = notebook.cells[1].source.replace(old, new)
    nbformat.write(notebook, path)
    (finding,) = [f for f in check.check() if f.area == "Notebooks"]
    assert (finding.name, finding.state) == ("00_small", PROBLEM) and words in finding.said.replace("'", "")


def test_stored_outputs_and_broken_notebooks_are_named(well: Project) -> None:
    path = well.root / "notebooks/00_small.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="said")]
    nbformat.write(notebook, path)
    (finding,) = [f for f in check.check() if f.area == "Notebooks"]
    assert "1 cell is stored with outputs" in finding.said and "--clear-output" in finding.todo
    path.write_text("{", encoding="utf-8")
    (finding,) = [f for f in check.check() if f.area == "Notebooks"]
    assert finding.name == "00_small" and finding.said.startswith("cannot be read: line 1 is no JSON")
    shutil.rmtree(well.root / "notebooks")
    assert next(f for f in check.check() if f.area == "Notebooks").said == "there are none"
