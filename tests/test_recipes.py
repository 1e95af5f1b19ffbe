"""The recipes of CONTRIBUTING.md, carried out as they are written, in a copy of the project.

A step is a block of code with a line before it that says what to do: make a file, add to the end of one, put lines
below a line, or run a shell. A recipe that is changed changes its test; one that no longer works fails it.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.catalogue import Catalogue
from conftest import ROOT, know

pytestmark = pytest.mark.slow

STEP = re.compile(r"((?:[^\n]+\n)+)\n```(\w+)\n(.*?)```\n", re.S)
NEW, END = re.compile(r"New file `([^`]+)`:$"), re.compile(r"At the end of `([^`]+)`")
BELOW = re.compile(r"In ((?:`[^`]+`(?: and )?)+), below the line that starts with `([^`]+)`:$")
COPIED = ("data", "docs", "notebooks", "src", "reports/editions.yml", "pyproject.toml")


def recipes() -> dict[str, str]:
    """The text of each recipe by its heading."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    part = re.search(r"^## Recipes\n(.*?)^## ", text, flags=re.S | re.M)
    assert part
    return dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^### |\Z)", part[1], flags=re.S | re.M))


class Copy:
    """A copy of the project, in which the package of the copy is imported."""

    def __init__(self, root: Path) -> None:
        self.root = root
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", ".ipynb_checkpoints")
        for name in COPIED:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, root / name, ignore=ignored)
            else:
                shutil.copy(ROOT / name, root / name)
        know(root)

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        own = {"PATH": path, "PYTHONPATH": str(self.root / "src"), "ANALYSIS_ROOT": str(self.root)}
        return subprocess.run(
            ["sh", "-eu", "-c", script], cwd=self.root, env={**os.environ, **own}, capture_output=True, text=True
        )

    def follow(self, recipe: str) -> str:
        """Carry out each step; what the shell said."""
        said, steps = "", STEP.findall(recipe)
        assert len(steps) == recipe.count("```") // 2, "every block is a step"
        for words, language, block in steps:
            told = " ".join(words.split())
            if found := NEW.search(told):
                assert not (self.root / found[1]).exists()
                (self.root / found[1]).write_text(block, encoding="utf-8")
            elif found := BELOW.search(told):
                self._insert(re.findall(r"`([^`]+)`", found[1]), found[2], block)
            elif found := END.search(told):
                file = self.root / found[1]
                file.write_text(file.read_text(encoding="utf-8") + block, encoding="utf-8")
            else:
                assert language == "sh", f"a step that nobody can follow: {told}"
                done = self.shell(block)
                assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
                said += done.stdout
        return said

    def _insert(self, patterns: list[str], start: str, block: str) -> None:
        for pattern in patterns:
            files = sorted(self.root.glob(pattern))
            assert files, pattern
            for file in files:
                lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
                places = [number for number, line in enumerate(lines) if line.lstrip().startswith(start)]
                assert len(places) == 1, f"{start!r} stands {len(places)} times in {file.name}"
                lines.insert(places[0] + 1, block)
                file.write_text("".join(lines), encoding="utf-8")

    def page(self, name: str) -> str:
        return (self.root / "reports" / name / "index.html").read_text(encoding="utf-8")

    def rows(self, path: str) -> list[dict[str, str]]:
        with (self.root / "reports" / path).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def a_notebook(copy: Copy, said: str) -> None:
    page = copy.page("default-06_example")
    assert "A topic of your own" in page and '<figure id="trade_levels"' in page and 'id="trade_annual"' in page
    assert "docs/template" not in said and "template" not in {p.stem for p in (copy.root / "notebooks").glob("*")}


def a_source(copy: Copy, said: str) -> None:
    sources = Catalogue(copy.root / "data").sources
    row = sources.loc["example-org-2026-0001"]
    assert row["publisher"] == "Example publisher" and row["terms"] == "single-figures-quoted"
    assert f"from {len(sources)} sources" in copy.page("default-05_data_and_methods")


def a_table(copy: Copy, said: str) -> None:
    page = copy.page("default-06_example")
    assert "The words of the example" in page and "One row that shows how a table is added" in page
    assert [row["term"] for row in copy.rows("default-06_example/tables/example.csv")] == ["example"]
    package = json.loads((copy.root / "data" / "datapackage.json").read_text(encoding="utf-8"))
    sealed = next(r for r in package["resources"] if r["name"] == "trade/example")
    assert sealed["hash"].startswith("sha256:")


def a_parameter(copy: Copy, said: str) -> None:
    assert "example_year" in said
    page = copy.page("default-00_summary")
    changed = page.partition('<div class="changed">')[2].partition("</div>\n</div>")[0]
    assert "<code>example_year</code> = 2015" in changed
    refused = copy.shell("python -m analysis render --only 00_summary --set example_year=1900")
    assert refused.returncode == 2
    assert "example_year cannot be '1900': it is a whole year from 1984 to 2025." in refused.stderr
    by_hand = "import analysis; print(analysis.start({'example_year': 2014}).parameters.example_year)"
    assert copy.shell(f'python -c "{by_hand}"').stdout == "2014\n"


def an_event_class(copy: Copy, said: str) -> None:
    rows = copy.rows("default-01_trade_growth/tables/trade_phases.csv")
    assert [row["opened_by"] for row in rows if row["phase"] == "example"] == ["example-event"]
    assert "Example phase" in copy.page("default-01_trade_growth")


def an_edition(copy: Copy, said: str) -> None:
    assert "example" in said and "What this edition is for." in said
    page = copy.page("example-00_summary")
    assert "Edition: example" in page and "<code>basis</code> = kotra" in page


APPEARS: dict[str, Callable[[Copy, str], None]] = {
    "Add a notebook": a_notebook, "Add a source": a_source, "Add a table": a_table, "Add a parameter": a_parameter,
    "Add an event class": an_event_class, "Add an edition": an_edition,
}  # fmt: skip


def test_every_recipe_is_followed_by_a_test() -> None:
    assert set(recipes()) == set(APPEARS)


@pytest.mark.parametrize("name", APPEARS)
def test_following_a_recipe_makes_what_it_says(name: str, tmp_path: Path) -> None:
    copy = Copy(tmp_path / "project")
    APPEARS[name](copy, copy.follow(recipes()[name]))


def test_the_template_is_no_part_of_a_report() -> None:
    assert (ROOT / "docs" / "template.ipynb").is_file()
    assert not list((ROOT / "notebooks").rglob("*template*"))
