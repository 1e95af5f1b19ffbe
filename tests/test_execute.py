"""Running one notebook: typed parameters, a kernel that no set-up of a user reaches, faults that name the cell."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import nbformat
import pytest

from analysis.errors import NotebookFailed
from analysis.parameters import resolve
from analysis.render import execute
from conftest import Project, alive, contents, until

pytestmark = pytest.mark.slow


def run(project: Project, path: Path, **parameters: object) -> nbformat.NotebookNode:
    scratch = project.root / "scratch"
    scratch.mkdir(exist_ok=True)
    return execute.execute(path, resolve(parameters), scratch, edition="trial", keep=project.root / "failed")


def printed(notebook: nbformat.NotebookNode) -> str:
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def failure(project: Project, path: Path) -> NotebookFailed:
    with pytest.raises(NotebookFailed) as caught:
        run(project, path, start_year=2005, basis="kotra")
    text = str(caught.value)
    assert "\n" not in text and caught.value.exit_code == 1
    assert text.startswith(f"Edition trial, notebook {path.stem}, ")
    assert "start_year=2005" in text and "basis=kotra" in text and str(project.root / "failed" / path.name) in text
    return caught.value


def kept(project: Project, path: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(project.root / "failed" / path.name, as_version=4)
    nbformat.validate(notebook)
    return notebook


def test_a_notebook_gets_its_parameters_with_their_types_in_a_kernel_of_its_own(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Everything by which a user's own set-up could reach the kernel says so on stdout, or breaks it.
    home = tmp_path / "home"
    startup = home / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "a.py").write_text("print('a startup file of the user')", encoding="utf-8")
    (home / "start.py").write_text("print('PYTHONSTARTUP')", encoding="utf-8")
    own = home / ".local" / "share" / "jupyter" / "kernels" / "python3"
    own.mkdir(parents=True)
    (own / "kernel.json").write_text(json.dumps({"argv": ["false"], "display_name": "x", "language": "python"}))
    home.chmod(0o555)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PYTHONSTARTUP", str(home / "start.py"))
    monkeypatch.setenv("JUPYTER_PATH", str(own.parents[1]))
    monkeypatch.setenv("MPLBACKEND", "no_such_backend")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    title = "A {title} with 'quotes', \"more\", \\n, é and 平壤"
    path = project.notebook(
        "import json, os, sys",
        "print(json.dumps([start_year, basis, as_of, title]))",
        "print(json.dumps([os.getpid(), os.getcwd(), sys.executable, os.environ.get('MPLBACKEND')]))",
        "report_of_the_project = os.environ['ANALYSIS_ROOT']",
        "import analysis",
        "print(json.dumps(str(analysis.start(globals()).parameters)))",
    )
    held, variables = contents(project.root / "notebooks"), dict(os.environ)
    made = run(project, path, start_year="2005", basis="kotra", as_of="2020-06-30", title=title)
    given, machine, parameters = (json.loads(line) for line in printed(made).splitlines())
    assert given == [2005, "kotra", "2020-06-30", title]
    assert "datetime.date(2020, 6, 30)" in parameters and "start_year=2005" in parameters
    pid, folder, program, backend = machine
    assert Path(folder) == path.parent and program == os.sys.executable  # type: ignore[attr-defined]
    assert backend in (None, "module://matplotlib_inline.backend_inline")
    until(lambda: not alive(pid), seconds=10)  # or the kernel outlives its notebook
    assert dict(os.environ) == variables, "the variables of the caller are as they were"
    assert contents(project.root / "notebooks") == held, "the notebook itself is not touched"
    assert not (project.root / "failed").exists()
    # Nothing that differs from run to run is left in the result.
    text = nbformat.writes(made)
    assert "papermill" not in made.metadata and "start_time" not in text and str(project.root / "scratch") not in text
    assert [c.source for c in made.cells if "injected-parameters" in c.metadata.get("tags", [])]


def test_without_a_day_as_of_is_none_and_a_path_may_hold_braces(project: Project) -> None:
    path = project.notebook("print(as_of is None, end_year)", name="a {start_year} b é")
    assert printed(run(project, path)) == "True 2025\n"


def test_a_raising_cell_is_named_as_its_author_counts(project: Project) -> None:
    path = project.notebook("a = 1", "b = 2\nif start_year == 2005:\n    raise ValueError('no such\\nthing.')", "c = 3")
    text = str(failure(project, path))
    # Heading, parameters, a = 1, then the cell: the injected one does not count.
    assert "cell 4 (b = 2): ValueError: no such thing (parameters:" in text
    copy = kept(project, path)
    ran = [cell for cell in copy.cells if cell.cell_type == "code" and cell.source == "a = 1"]
    late = [cell for cell in copy.cells if cell.cell_type == "code" and cell.source == "c = 3"]
    assert ran[0].execution_count and not late[0].execution_count
    assert any(o.output_type == "error" and o.ename == "ValueError" for c in copy.cells for o in c.get("outputs", []))
    assert "start_year = 2005" in "".join(cell.source for cell in copy.cells)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("import sys; print('hm\\nhm', file=sys.stderr)", "unexpected output on stderr: hm hm"),
        ("import warnings; warnings.warn('take care')", "unexpected output on stderr"),
        ("import os; os.write(2, b'from below')", "unexpected output on stderr: from below"),
        ("import logging; logging.getLogger('x').warning('logged')", "unexpected output on stderr: logged"),
        ("import os; os._exit(3)", "the kernel died"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("assert False", "AssertionError"),
        ("this is no python", "SyntaxError"),
        ("import analysis; analysis.start({'star_year': 1})", "did you mean start_year?"),
    ],
)  # fmt: skip
def test_what_a_cell_must_not_do(
    project: Project, monkeypatch: pytest.MonkeyPatch, cell: str, reason: str
) -> None:
    # ipykernel leaves out the watch over the descriptor itself where it sees pytest.
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    path = project.notebook("a = 1", cell, "c = 3")
    text = str(failure(project, path))
    assert f"cell 4 ({cell[:30]}" in text and reason in text, text
    assert "\x1b" not in text
    assert len(kept(project, path).cells) >= 5


def test_the_kernel_of_a_failed_notebook_ends(project: Project) -> None:
    path = project.notebook("import os; open('pid', 'w').write(str(os.getpid()))", "1 / 0")
    assert "ZeroDivisionError: division by zero" in str(failure(project, path))
    until(lambda: not alive(int((path.parent / "pid").read_text("utf-8"))), seconds=10)


def test_a_kernel_that_cannot_start_is_one_sentence(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute.sys, "executable", str(project.root / "no-such-python"))
    path = project.notebook("a = 1")
    text = str(failure(project, path))
    assert "before the first cell" in text and "no-such-python" in text
    assert kept(project, path).cells


def test_an_interrupt_ends_the_kernel_and_is_passed_on(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    import _thread
    import threading

    path = project.notebook("import os; open('pid', 'w').write(str(os.getpid()))", "import time; time.sleep(60)")

    def interrupt() -> None:
        for _ in range(600):
            if (path.parent / "pid").exists() and (path.parent / "pid").read_text("utf-8"):
                time.sleep(0.3)
                _thread.interrupt_main()
                return
            time.sleep(0.05)

    thread = threading.Thread(target=interrupt)
    thread.start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(project, path)
    thread.join()
    assert time.monotonic() - begun < 30
    until(lambda: not alive(int((path.parent / "pid").read_text("utf-8"))), seconds=10)
    assert "ANALYSIS_ROOT" in os.environ and "IPYTHONDIR" not in os.environ


def test_two_runs_give_the_same_notebook(project: Project) -> None:
    path = project.notebook("print({'a', 'b', 'c'}, hash('x'))", "import analysis\nanalysis.start(globals())")
    first, second = run(project, path), run(project, path)
    for notebook in (first, second):
        # The injected cell gets an identifier of its own; merging gives all cells new ones.
        for cell in notebook.cells:
            del cell["id"]
    assert first == second
