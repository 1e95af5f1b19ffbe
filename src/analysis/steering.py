"""The panel of a notebook: its parameters as controls, and a button that draws the notebook again in place.

`panel(report)` ends the start cell. Where ipywidgets is not installed, and in a batch build, it is the report
itself, which shows its masthead. What a cell shows while there is a panel gets a name by which it can be
replaced; the button runs those cells again with the new report.
"""

from __future__ import annotations

import ast
import html
import os
from collections.abc import Iterator, Mapping
from typing import Any

from .display import Display
from .errors import UserError, listing
from .parameters import LISTS, PARAMETER_NAMES, ReportParameters, allowed, bounds, choices, resolve
from .report import Report, report_of

BATCH = "ANALYSIS_BATCH"  # set in the kernels of a build
LONGEST_SLIDER = 1000  # steps; on a longer one no value can be hit
WIDE, LABEL = {"width": "26rem"}, {"description_width": "7.5rem"}


def panel(report: Report) -> Report | Panel:
    """What the start cell of a notebook shows: the masthead, and under it the controls where there can be any."""
    if os.environ.get(BATCH):
        return report
    try:
        import ipywidgets  # noqa: F401
        from IPython import get_ipython
    except ImportError:
        return report
    shell = get_ipython()
    return report if shell is None else Panel(report, shell)


class Panel:
    """The controls of one notebook. `fields` are the widgets by parameter; `apply()` is what the button does."""

    def __init__(self, report: Report, shell: Any) -> None:
        import ipywidgets as widgets

        self.report, self.shell, self.first = report, shell, report.parameters
        self.fields = {name: _field(name, report) for name in report.parameter_names}
        self.message = widgets.HTML(layout={"max_width": "44rem"})
        run = widgets.Button(description="Run with these", button_style="primary", layout={"width": "auto"})
        back = widgets.Button(description="Back to the cell's own", layout={"width": "auto"})
        run.on_click(lambda _: self.apply())
        back.on_click(lambda _: self.reset())
        hints = [widgets.HTML(_hint(name, report), layout={"max_width": "24rem"}) for name in self.fields]
        pairs = zip(self.fields.values(), hints, strict=True)
        rows = [widgets.HBox(pair, layout={"align_items": "center"}) for pair in pairs]
        self.widget = widgets.VBox([*rows, widgets.HBox([run, back]), self.message])
        # What cells have shown: for each cell its source and the names of its outputs.
        self._shown: dict[str, tuple[str, list[str]]] = {}
        self._runs: dict[str, int] = {}  # in which run of the session each cell was last run
        self._own = ""  # the cell that shows this panel
        self._replayed: Iterator[str] | None = None
        self._count = 0

    def _ipython_display_(self) -> None:
        from IPython.display import display

        formatter = self.shell.display_formatter.ipython_display_formatter
        for shown in (Display, Report):
            formatter.for_type(shown, self._show)
        self._show(self.report)
        self._own = next(reversed(self._shown))
        display(self.widget)

    def values(self) -> dict[str, Any]:
        """The parameters as the controls stand."""
        return {name: field.value for name, field in self.fields.items()}

    def reset(self) -> None:
        """Set the controls back to what the parameters cell said, and draw that."""
        self._set(self.first)
        self.apply()

    def apply(self) -> None:
        """Draw everything again with the parameters of the controls, or say in one sentence why that cannot be."""
        try:
            parameters = resolve(self.values(), self.report.catalogue)
            self._adopt(report_of(parameters, self.report.catalogue))
            for number, (cell, (source, names)) in enumerate(self._shown.items(), start=1):
                self._say(f"Drawing {number} of {len(self._shown)}")
                self._replay("" if cell == self._own else source, names)
        except UserError as error:
            self._say(str(error), wrong=True)
            return
        except Exception as error:  # a cell of the reader's own, which a traceback from a button would not explain
            self._say(f"A cell could not be run again: {type(error).__name__}: {error}", wrong=True)
            return
        self._say(self._to_keep())

    # -------------------------------------------------------------------------------------- outputs

    def _show(self, shown: Display | Report) -> None:
        """Show something so that it can be replaced; while a cell is run again, replace what it showed."""
        from IPython.display import display, update_display

        bundle = shown._repr_mimebundle_()
        if self._replayed is not None:
            if name := next(self._replayed, None):
                update_display(bundle, display_id=name, raw=True)
            return
        self._count += 1
        name = f"analysis-{id(self)}-{self._count}"
        source = self.shell.user_ns["In"][-1]
        cell, number = self._cell(source), self.shell.execution_count
        known = self._shown.get(cell)
        # A cell that is run anew has lost what it showed before.
        if known is None or self._runs.get(cell) != number:
            self._shown[cell] = (source, [name])
        else:
            known[1].append(name)
        self._runs[cell] = number
        display(bundle, display_id=name, raw=True)

    def _cell(self, source: str) -> str:
        """A name for the cell that runs: the front end's own, or else its text."""
        parent = getattr(self.shell, "parent_header", None)
        metadata = parent.get("metadata", {}) if isinstance(parent, Mapping) else {}
        return str(metadata.get("cellId") or source)

    def _adopt(self, report: Report) -> None:
        """Put the new report in the place of the old one, under every name the notebook has for it."""
        for name, value in list(self.shell.user_ns.items()):
            if value is self.report:
                self.shell.user_ns[name] = report
        self.report = report

    def _replay(self, source: str, names: list[str]) -> None:
        """Run a cell again, its outputs going to the places of those it had."""
        from IPython.display import display

        self._replayed = iter(names)
        try:
            if not source:  # the panel's own cell: its masthead alone changes
                self._show(self.report)
                return
            body = ast.parse(source).body
            last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
            rest = body if last is None else body[:-1]
            exec(compile(ast.Module(rest, []), "<cell>", "exec"), self.shell.user_ns)
            if last is not None:
                value = eval(compile(ast.Expression(last), "<cell>", "eval"), self.shell.user_ns)
                if value is not None:
                    display(value)
        finally:
            self._replayed = None

    # ---------------------------------------------------------------------------------------- words

    def _say(self, text: str, wrong: bool = False) -> None:
        look = ' style="color: #b00020"' if wrong else ""
        self.message.value = f'<p role="status"{look}>{html.escape(text)}</p>'

    def _to_keep(self) -> str:
        before, now = self.first.plain(), self.report.parameters.plain()
        changed = [f"{name} = {now[name]!r}" for name in PARAMETER_NAMES if now[name] != before[name]]
        if not changed:
            return "Drawn with the parameters of the cell above."
        return f"Drawn. To keep this, write in the parameters cell: {listing(changed)}."

    def _set(self, parameters: ReportParameters) -> None:
        for name, value in parameters.plain(list(self.fields)).items():
            self.fields[name].value = "" if value is None else value


def _field(name: str, report: Report) -> Any:
    """The control of a parameter: a slider for years and short ranges, a number for others, a list for one choice.

    What takes several of a list is a line of text, as on the command line.
    """
    import ipywidgets as widgets

    value = report.parameters.plain()[name]
    common = {"description": name, "layout": WIDE, "style": LABEL}
    if span := bounds(name, report.catalogue):
        kind = widgets.BoundedFloatText if isinstance(value, float) else (
            widgets.IntSlider if span[1] - span[0] <= LONGEST_SLIDER else widgets.BoundedIntText
        )  # fmt: skip
        step = {"step": span[0]} if isinstance(value, float) else {}
        return kind(value=value, min=span[0], max=span[1], continuous_update=False, **step, **common)
    if name not in LISTS and (names := choices(name, report.catalogue)):
        return widgets.Dropdown(value=value, options=names, **common)
    return widgets.Text(value="" if value is None else str(value), continuous_update=False, **common)


def _hint(name: str, report: Report) -> str:
    may = allowed(name, report.catalogue)
    text = f"{ReportParameters.model_fields[name].description} {may[0].upper()}{may[1:]}."
    return f'<div style="line-height: 1.35; font-size: smaller">{html.escape(text)}</div>'
