"""What no build made is never lost: files put into a report meanwhile, edits by hand, half-run copies, links."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.render import build, halfrun, manifests, swap, sweep
from analysis.render.quick import PAGE, RECORD, SWEEP, TABLE
from conftest import Project
from test_swap import NEW, OLD, read, write


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A report, and beside it the new one that is to take its place."""
    place = tmp_path / "report"
    write(place, OLD)
    write(swap.new_folder(place), NEW)
    return place


@pytest.mark.fault("19.8 the swap keeps what was put into the report while the build ran")
def test_the_swap_keeps_what_was_put_in_meanwhile(output: Path) -> None:
    write(output, {"notes.txt": "mine", "drafts/a.txt": "mine too"})
    assert swap.swap(output) == (
        f"Kept in {output}.kept: drafts/a.txt and notes.txt, changed or put there since the report was made."
    )
    assert read(output) == NEW
    assert read(Path(f"{output}.kept")) == {"notes.txt": "mine", "drafts/a.txt": "mine too"}
    assert sorted(path.name for path in output.parent.iterdir()) == ["report", "report.kept"]


@pytest.mark.fault("19.8 hand edits of a report are kept aside, the second beside the first")
def test_the_swap_keeps_edits_by_hand(output: Path) -> None:
    write(output, {"index.html": "corrected by hand"})
    assert "report.kept: index.html" in str(swap.swap(output))
    write(output, {"index.html": "corrected again"})
    write(swap.new_folder(output), OLD)
    assert "report.kept-2: index.html" in str(swap.swap(output))
    assert read(Path(f"{output}.kept")) == {"index.html": "corrected by hand"}
    assert read(Path(f"{output}.kept-2")) == {"index.html": "corrected again"} and read(output) == OLD


@pytest.mark.fault("19.8 a linked or an empty folder inside a report, and checkpoints, outlive the swap")
def test_the_swap_keeps_links_empty_folders_and_checkpoints(output: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", {"x.txt": "x"})
    (output / "linked").symlink_to(tmp_path / "elsewhere")
    (output / "empty" / "inside").mkdir(parents=True)
    write(output / ".ipynb_checkpoints", {"a-checkpoint.csv": "an earlier state"})
    assert "report.kept: linked," in str(swap.swap(output))
    assert (tmp_path / "report.kept" / "linked" / "x.txt").read_text("utf-8") == "x"
    assert (output / "empty" / "inside").is_dir()
    assert read(output) == {**NEW, ".ipynb_checkpoints/a-checkpoint.csv": "an earlier state"}


@pytest.mark.fault("19.8 a folder that held only checkpoints still holds them under the first report")
def test_a_new_folder_with_checkpoints_alone_is_not_emptied(output: Path) -> None:
    write(output.parent / "other" / ".ipynb_checkpoints", {"a.txt": "a"})
    write(swap.new_folder(output.parent / "other"), NEW)
    assert swap.swap(output.parent / "other") is None
    assert read(output.parent / "other") == {**NEW, ".ipynb_checkpoints/a.txt": "a"}


@pytest.mark.fault("19.8 a recovery keeps what the interrupted swap had not yet kept")
def test_a_recovery_keeps_it_too(output: Path) -> None:
    write(output, {"notes.txt": "mine"})
    output.replace(output.with_name(".report.analysis-old"))
    swap.new_folder(output).replace(output)
    assert "Kept in" in str(swap.recover(output))
    assert read(output) == NEW and read(Path(f"{output}.kept")) == {"notes.txt": "mine"}
    assert swap.recover(output) is None


@pytest.mark.fault("19.8 a link to a folder inside a report is a file that no build made")
def test_a_linked_folder_stops_a_build_like_a_foreign_file(output: Path, tmp_path: Path) -> None:
    (output / "linked").symlink_to(tmp_path)
    assert "linked" in manifests.files_in(output)
    manifest = manifests.read_manifest(output)
    assert manifest and not manifests.whole(output, manifest, [])


@pytest.mark.slow
@pytest.mark.fault("19.8 an edited page is kept, and the reason of the build says that it was changed")
def test_a_build_says_what_was_changed_by_hand_and_keeps_it(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.few_facts()
    project.notebook("1")
    said: list[str] = []
    few = {"end_year": 1988, "as_of": "2002-06-30"}
    assert build.build(settings=few, formats=["html"], progress=said.append).made
    page = project.output / "index.html"
    page.write_text("corrected by hand", encoding="utf-8")
    (project.output / "rows.csv").unlink()
    said.clear()
    plan = build.plan("default", few, ["html"])
    assert build.reason(plan) == "not as it was made: index.html"
    assert build.run(plan, progress=said.append).made
    kept = project.output.with_name("default.kept") / "index.html"
    assert kept.read_text("utf-8") == "corrected by hand" and "by hand" not in page.read_text("utf-8")
    assert "default: not as it was made: index.html\n" in said and any(s.startswith("Kept in ") for s in said)
    (project.output / "rows.csv").unlink()
    assert build.reason(plan) == "missing: rows.csv"


@pytest.mark.fault("19.8 a half-run copy that was worked on is neither removed nor written over")
def test_a_changed_half_run_copy_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "default.failed"
    halfrun.keep(folder, "a.ipynb", "half run")
    halfrun.keep(folder, "b.ipynb", "half run")
    (folder / "a.ipynb").write_text("worked on", encoding="utf-8")
    assert halfrun.clear(folder, ["a.ipynb", "b.ipynb"]) == ["a.ipynb"]
    assert (folder / "a.ipynb").read_text("utf-8") == "worked on" and not (folder / "b.ipynb").exists()
    halfrun.keep(folder, "a.ipynb", "half run again")
    assert (folder / "a-changed.ipynb").read_text("utf-8") == "worked on"
    (folder / "a-changed.ipynb").unlink()
    assert halfrun.clear(folder, ["a.ipynb"]) == [] and not folder.exists()


@pytest.mark.fault("19.8 the page over a sweep that was edited by hand is kept")
def test_the_page_over_a_sweep_is_kept_if_changed(tmp_path: Path) -> None:
    write(tmp_path, {PAGE: "made", TABLE: "made"})
    files = {name: manifests.digest(b"made") for name in (PAGE, TABLE)}
    (tmp_path / RECORD).write_text(json.dumps({"made_by": SWEEP, "files": files}), encoding="utf-8")
    assert sweep._changed(tmp_path) == []
    write(tmp_path, {PAGE: "corrected"})
    assert sweep._changed(tmp_path) == [PAGE]
