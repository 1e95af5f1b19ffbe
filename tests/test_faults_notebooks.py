"""Notebooks as they come: litter beside them, leftovers of papermill, old formats, conflicts, cells without end."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from analysis.cli import main
from analysis.errors import BuildError, NotebookFailed
from analysis.render import build, chapters, execute, notebooks
from conftest import FEW, WORDS_OF_FEW, Project

LITTER = ("._00_small", ".~00_small", "00_small-Copy1", "00_small copy", "00_small - Copy (2)", "00_small (1)",
          "Untitled", "Untitled1", "empty")  # fmt: skip


def with_litter(project: Project) -> Path:
    path = project.notebook("1")
    for name in LITTER:
        content = b"" if name == "empty" else b"\x00\x05" if name.startswith("._") else path.read_bytes()
        (path.parent / f"{name}.ipynb").write_bytes(content)
    return path


@pytest.mark.fault("19.7 litter in notebooks/ neither doubles a chapter nor stops a build, and is named")
def test_litter_is_no_chapter(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    path = with_litter(project)
    plan = build.plan("default")
    assert plan.notebooks == (path,) and plan.whole
    assert set(plan.left_out) == {f"{name}.ipynb" for name in LITTER if not name.startswith(".")}
    assert main(["render", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "notebooks/00_small-Copy1.ipynb is left out: it is a copy of 00_small\n" in said
    assert "notebooks/empty.ipynb is left out: it is empty\n" in said and "._00" not in said


@pytest.mark.fault("19.7 a copy is run when it is asked for by name, or when it stands alone")
def test_a_copy_can_be_meant(project: Project) -> None:
    path = with_litter(project)
    copy = path.with_stem("00_small-Copy1")
    assert build.plan("default", only="00_small-Copy1").notebooks == (copy,)
    path.unlink()
    assert copy in build.plan("default").notebooks


@pytest.mark.fault("19.7 a broken notebook does not stop --only of another")
def test_only_looks_at_no_other_notebook(project: Project) -> None:
    path = project.notebook("1")
    (path.parent / "50_broken.ipynb").write_text("{", encoding="utf-8")
    assert build.plan("default", only="00_small").notebooks == (path,)
    with pytest.raises(BuildError, match="The notebook 50_broken cannot be read: line 1 is no JSON"):
        build.plan("default")


CONFLICT = '<<<<<<< HEAD\n{"cells": []}\n=======\n{"cells": [1]}\n>>>>>>> theirs\n'


@pytest.mark.fault("19.11 a notebook that cannot be read says what it is and what to do")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CONFLICT, ("a merge conflict stands in line 1", "git checkout --ours")),
        ('{"nbformat": 3, "worksheets": []}', ("it is in format 3 of Jupyter", "jupyter nbconvert --to notebook")),
        ('{"nbformat": 5, "cells": []}', ("it is in format 5 of Jupyter",)),
        (" \n", ("the file is empty",)),
        ('{"nbformat": 4,\n oops', ("line 2 is no JSON",)),
        ("[1]", ("it is JSON, but no notebook",)),
        ('{"nbformat": 4}', ("it has no list of cells",)),
        ('{"nbformat": 4, "cells": [{}]}', ("a cell without type or source",)),
        ('{"nbformat": 4, "cells": [3]}', ("a cell without type or source",)),
        ('{"nbformat": 4, "cells": []}', ("no cell with the tag parameters", "move the file out")),
    ],
)  # fmt: skip
def test_what_is_no_notebook_says_so(project: Project, text: str, words: tuple[str, ...]) -> None:
    (project.root / "notebooks" / "10_odd.ipynb").write_text(text, encoding="utf-8")
    with pytest.raises(BuildError) as caught:
        build.plan("default")
    said = str(caught.value)
    assert caught.value.exit_code == 2 and "\n" not in said
    assert said.startswith("The notebook 10_odd ") and all(word in said for word in words), said


def leave_papermills_cells(path: Path) -> None:
    """Make the notebook one that papermill has run and that failed."""
    notebook = nbformat.read(path, as_version=4)
    left = nbformat.v4.new_code_cell("start_year = 1990", metadata={"tags": ["injected-parameters"]})
    marked = nbformat.v4.new_markdown_cell("An Exception", metadata={"tags": ["papermill-error-cell-tag"]})
    notebook.cells[2:2] = [left, nbformat.from_dict({**left, "id": "another"})]
    notebook.cells.insert(0, marked)
    nbformat.write(notebook, path)


@pytest.mark.slow
@pytest.mark.fault("19.9 cells that papermill left in a notebook are not run, shown or counted in its cache")
def test_a_half_run_copy_can_be_taken_back(project: Project) -> None:
    project.few_facts()
    path = project.notebook("print(start_year)")
    before = chapters.cells(path)
    leave_papermills_cells(path)
    assert chapters.cells(path) == before
    for force in (False, False, True):  # the second takes the run from the cache
        build.build(settings=FEW, formats=["html"], force=force, output=project.root / f"out-{force}")
        page = (project.root / f"out-{force}" / "index.html").read_text("utf-8")
        assert "1984" in page and "An Exception" not in page and "1990" not in page
        (project.root / f"out-{force}" / "facts.json").unlink()
    leave_papermills_cells(project.notebook("1 / 0"))
    with pytest.raises(NotebookFailed, match=r"cell 6 \(1 / 0\): ZeroDivisionError"):
        build.build(settings=FEW, formats=["html"])


@pytest.mark.slow
@pytest.mark.parametrize("kernels", ["forked", "plain"])
@pytest.mark.fault("19.9 a cell without end is named while it runs and ends at the limit")
def test_an_endless_cell_ends_at_its_limit(
    project: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], kernels: str
) -> None:
    project.few_facts()
    project.notebook("import time\nwhile True: time.sleep(0.1)")
    monkeypatch.setattr(notebooks, "SECONDS_LONG", 1)
    words = ["render", "--format", "html", "--kernels", kernels, "--timeout", "3", *WORDS_OF_FEW]
    assert main(words) == 1
    said = capfd.readouterr()
    assert "00_small, cell 3 (import time): running for 1 s\n" in said.out
    assert "00_small, cell 3 (import time): running for 2 s\n" in said.out
    assert "cell 3 (import time): the cell was still running after 3 seconds" in said.err and "--timeout" in said.err


@pytest.mark.fault("19.9 a time limit that cannot be is refused")
@pytest.mark.parametrize("limit", ["-1", "inf", "nan", "x"])
def test_a_limit_that_cannot_be(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", f"--timeout={limit}"]) == 2
    assert "timeout" in capsys.readouterr().err


@pytest.mark.fault("19.11 a warning says how to allow it")
def test_a_warning_says_how_to_allow_it() -> None:
    said = execute._of_stderr("/scratch/ipykernel_123/456.py:2: UserWarning: careful\n  warnings.warn('careful')\n")
    assert said.startswith("unexpected output on stderr: UserWarning: careful warnings.warn('careful'); mend what")
    assert "simplefilter('ignore')" in said
    assert "stdout" in execute._of_stderr("hm")


