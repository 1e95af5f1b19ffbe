"""The panel: its controls are the parameters with their limits, and its button does what a run by hand would do."""

from __future__ import annotations

import html
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert.exporters import get_exporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import analysis
from analysis.display import NODE_TYPE, WIDGET_TYPE
from analysis.parameters import LISTS, PARAMETER_NAMES, bounds, choices, resolve
from analysis.steering import BATCH, Panel
from conftest import ROOT

widgets = pytest.importorskip("ipywidgets", reason="ipywidgets is not installed; the report works without it")


class Session:
    """An IPython session in this process: `run` runs a cell, `outputs` is what it showed, by display name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from IPython.core.interactiveshell import InteractiveShell

        monkeypatch.delenv(BATCH, raising=False)
        InteractiveShell.clear_instance()
        self.shell = InteractiveShell.instance()
        self.outputs: dict[str, dict[str, Any]] = {}
        self.updates: list[str] = []
        monkeypatch.setattr(self.shell.display_pub, "publish", self._publish)

    def _publish(self, data: dict[str, Any], metadata: object = None, *, transient: Any = None, update: bool = False,
                 **more: object) -> None:  # fmt: skip
        name = (transient or {}).get("display_id", f"unnamed-{len(self.outputs)}")
        if update:
            assert name in self.outputs, "only what was shown is replaced"
            self.updates.append(name)
        self.outputs[name] = data

    def run(self, cell: str) -> None:
        done = self.shell.run_cell(cell, store_history=True)
        done.raise_error()

    def nodes(self) -> list[dict[str, Any]]:
        return [data[NODE_TYPE] for data in self.outputs.values() if NODE_TYPE in data]


START = """import analysis
from analysis import figures, tables
report = analysis.start(globals())
shown = analysis.panel(report)
shown"""


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Any:
    made = Session(monkeypatch)
    yield made
    type(made.shell).clear_instance()


def started(session: Session, *cells: str) -> Panel:
    for cell in ("start_year = 2005", START, *cells):
        session.run(cell)
    found = session.shell.user_ns["shown"]
    assert isinstance(found, Panel)
    return found


def test_each_parameter_has_a_control_with_its_limits(session: Session) -> None:
    panel = started(session)
    assert tuple(panel.fields) == PARAMETER_NAMES
    assert resolve(panel.values()) == resolve({"start_year": 2005})
    ranges = lists = 0
    for name, field in panel.fields.items():
        if span := bounds(name, panel.report.catalogue):
            assert (field.min, field.max) == span
            ranges += 1
        elif name not in LISTS and (names := choices(name, panel.report.catalogue)):
            assert tuple(field.options) == names
            lists += 1
    assert ranges >= 4 and lists >= 3
    hints = [row.children[1].value for row in panel.widget.children[: len(panel.fields)]]
    assert "from 1984 to 2025" in hints[2] and "customs, kotra, comtrade and mirror" in hints[4]


def test_the_button_draws_the_cells_again_in_their_places(session: Session) -> None:
    panel = started(session, "figures.levels(report)", "1 + 1", "tables.phases(report)")
    before = list(session.outputs)
    panel.fields["start_year"].value = 2015
    panel.fields["basis"].value = "kotra"
    panel.widget.children[-2].children[0].click()
    assert list(session.outputs) == before and len(session.updates) == 3
    by_hand = analysis.Report(resolve({"start_year": 2015, "basis": "kotra"}))
    assert session.nodes() == [
        by_hand.masthead.node(), analysis.figures.levels(by_hand).node(), analysis.tables.phases(by_hand).node(),
    ]  # fmt: skip
    assert session.shell.user_ns["report"].parameters == by_hand.parameters
    assert "start_year = 2015 and basis = &#x27;kotra&#x27;" in panel.message.value
    panel.reset()
    assert session.shell.user_ns["report"].parameters == resolve({"start_year": 2005})
    assert panel.values()["start_year"] == 2005


def test_a_bad_combination_is_one_sentence_and_changes_nothing(session: Session) -> None:
    panel = started(session, "figures.levels(report)")
    before = session.nodes()
    panel.fields["end_year"].value = 2000
    panel.apply()
    said = html.unescape(panel.message.value)
    assert ">end_year cannot be '2000': it must not lie before start_year, which is 2005.<" in said
    assert session.nodes() == before and session.updates == []
    assert session.shell.user_ns["report"].parameters == resolve({"start_year": 2005})
    panel.fields["title"].value = "<b>"
    panel.fields["as_of"].value = "<script>"
    panel.apply()
    assert "<script>" not in panel.message.value and "&lt;script&gt;" in panel.message.value


def test_a_cell_that_is_run_twice_is_drawn_once(session: Session) -> None:
    panel = started(session, "tables.phases(report)", "tables.phases(report)")
    panel.apply()
    assert len(session.updates) == 2, "the masthead and the table"
    assert session.updates[-1] == list(session.outputs)[-1]


def test_a_cell_of_the_readers_own_that_fails_is_named_without_a_traceback(session: Session) -> None:
    shows = "from IPython.display import display\ndisplay(tables.phases(report))\n"
    panel = started(session, shows + "1 / (2015 - report.parameters.start_year)")
    panel.fields["start_year"].value = 2015
    panel.apply()
    assert "could not be run again: ZeroDivisionError" in panel.message.value and "Traceback" not in panel.message.value


def test_without_ipywidgets_and_in_a_batch_there_is_the_masthead(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = analysis.Report()
    assert isinstance(analysis.panel(report), Panel)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "ipywidgets", None)
        assert analysis.panel(report) is report
    monkeypatch.setenv(BATCH, "1")
    assert analysis.panel(report) is report


def test_the_package_imports_and_starts_without_ipywidgets(tmp_path: Path) -> None:
    code = ("import sys; sys.modules['ipywidgets'] = None; import analysis; "
            "report = analysis.start({'start_year': 2005}); print(analysis.panel(report) is report)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ})
    assert done.stdout == "True\n" and done.stderr == ""


@pytest.mark.slow
def test_a_notebook_saved_with_the_panel_is_exported_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BATCH, raising=False)
    source = nbformat.read(ROOT / "notebooks" / "01_trade_growth.ipynb", as_version=4)
    source.cells = source.cells[:8]  # with a chart and a table
    pages = []
    for batch in (False, True):
        if batch:
            monkeypatch.setenv(BATCH, "1")
        notebook = nbformat.from_dict(source)
        NotebookClient(notebook, kernel_name="python3", timeout=300,
                       resources={"metadata": {"path": str(ROOT / "notebooks")}}).execute()  # fmt: skip
        shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
        assert bool([o for o in shown if WIDGET_TYPE in o.get("data", {})]) is not batch
        assert not [o for o in shown if o.output_type == "stream"]
        pages.append([get_exporter(name)().from_notebook_node(notebook)[0] for name in ("report_html", "report_pdf")])
    assert pages[0] == pages[1]
    assert "VBox" not in pages[0][0] and "Run with these" not in pages[0][0]


def test_a_control_is_nothing_to_an_exporter() -> None:
    output = new_output("display_data", data={WIDGET_TYPE: {"model_id": "x"}, "text/plain": "VBox(children=())"})
    cells = [new_markdown_cell("# Title\n\nText."), new_code_cell("x", execution_count=1, outputs=[output])]
    page = get_exporter("report_html")().from_notebook_node(new_notebook(cells=cells))[0]
    assert "Text." in page and "VBox" not in page
