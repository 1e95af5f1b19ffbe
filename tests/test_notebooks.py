"""Notebooks: thin, clean, and the same by hand from the root as from the build, which runs them in their own folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from analysis.display import NODE_TYPE, WIDGET_TYPE
from analysis.parameters import PARAMETER_NAMES, resolve
from analysis.render import build, cache, manifests, notebooks, outputs, parts

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_the_notebooks_are_there() -> None:
    assert {"00_summary", "01_trade_growth", "05_data_and_methods"} <= {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("path", [*NOTEBOOKS, ROOT / "docs" / "template.ipynb"], ids=lambda path: path.stem)
def test_a_notebook_is_thin_clean_and_starts_alike(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count is None and not cell.outputs for cell in code), "sources only"
    assert notebook.cells[0].cell_type == "markdown" and notebook.cells[0].source.startswith("# ")
    assert code[0].metadata["tags"] == ["parameters"]
    namespace: dict[str, object] = {}
    exec(code[0].source, namespace)
    given = {name: value for name, value in namespace.items() if name != "__builtins__"}
    assert set(given) == set(PARAMETER_NAMES)
    assert resolve(given) == resolve({}), "the notebook's own parameters are the defaults"
    assert code[1].source.endswith("\nreport = analysis.start(globals())\nanalysis.panel(report)")
    assert all(len(cell.source.splitlines()) <= 3 for cell in code[2:])


def run(path: Path, folder: Path, home: Path) -> list[object]:
    """The nodes that a notebook shows when it runs as JupyterLab would run it in `folder`."""
    notebook = nbformat.read(path, as_version=4)
    home.mkdir(exist_ok=True)
    client = NotebookClient(notebook, kernel_name="python3", timeout=300, resources={"metadata": {"path": str(folder)}})
    previous = {name: os.environ.get(name) for name in ("HOME", "JUPYTER_PREFER_ENV_PATH", "IPYTHONDIR")}
    os.environ.update(HOME=str(home), JUPYTER_PREFER_ENV_PATH="1", IPYTHONDIR=str(home / "ipython"))
    try:
        client.execute()
    finally:
        for name, value in previous.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "stream"], "nothing is printed"
    return [output.data[NODE_TYPE] for output in outputs if WIDGET_TYPE not in output.data]


# Each takes a kernel of its own, which computes all that it shows. The summary rests on all facts, a build takes much
# of the event study from what it keeps, and trade growth stands for the others.
@pytest.mark.slow
@pytest.mark.parametrize("name", ["00_summary", "01_trade_growth", "03_event_correlations"])
def test_a_notebook_run_by_hand_from_the_root_shows_what_the_build_shows(
    name: str, tmp_path: Path, built: manifests.Built
) -> None:
    plan = build.plan("default", output=built.output)
    part = notebooks.described(plan)[name]
    made = parts.fetch(part, plan.catalogue, cache.default())
    assert made is not None, "the build keeps its runs"
    own = run(ROOT / "notebooks" / f"{name}.ipynb", ROOT, tmp_path / "home")
    assert own == outputs.nodes_of(made.notebook)
    assert [node for node in own if node["kind"] in ("figure", "table", "cards")]  # type: ignore[index]


@pytest.mark.slow
def test_a_mistyped_name_by_hand_gives_one_sentence(tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "00_summary.ipynb", as_version=4)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.source = cell.source.replace("start_year", "star_year")
    client = NotebookClient(notebook, kernel_name="python3", timeout=120, allow_errors=True,
                            resources={"metadata": {"path": str(tmp_path)}})  # fmt: skip
    client.execute()
    start = [cell for cell in notebook.cells if cell.cell_type == "code"][1]
    error = next(output for output in start.outputs if output.output_type == "error")
    assert len(error.traceback) == 1 and "\n" not in error.traceback[0]
    assert "star_year" in error.traceback[0] and "start_year" in error.traceback[0]


def test_a_notebook_can_be_copied_elsewhere(tmp_path: Path) -> None:
    # A copy in another folder imports the installed package and finds the project's own data.
    copy = Path(shutil.copy(ROOT / "docs" / "template.ipynb", tmp_path))
    assert run(copy, tmp_path, tmp_path / "home")
