"""No digit in prose is typed: each comes from a fact or from the data. And prose holds for any parameters."""

from __future__ import annotations

import ast
import csv
import re
from pathlib import Path

import nbformat
import pytest

from analysis import Report, prose
from analysis.display import Display, Finding, Prose, Sentence, plain_of, say
from analysis.formatting import fact_text
from analysis.parameters import resolve
from analysis.prose.certainty import certainty

ROOT = Path(__file__).parents[1]
READ = [
    *sorted((ROOT / "src/analysis/prose").glob("*.py")), *sorted((ROOT / "src/analysis/figures").glob("*.py")),
    *sorted((ROOT / "src/analysis/tables").glob("*.py")), ROOT / "src/analysis/captions.py",
]  # fmt: skip
# A digit that is no part of a name, a format, a colour or a fact id.
NUMERAL = re.compile(r"(?<![\w#:.,{+\-])\d")
FUNCTIONS = [
    getattr(module, name)
    for module in (prose.summary, prose.trade, prose.data, prose.food, prose.fuel)
    for name, function in vars(module).items()
    if getattr(function, "__module__", "") == module.__name__ and not name.startswith("_") and callable(function)
]
SETS = [
    {}, {"basis": "kotra"}, {"basis": "mirror"}, {"basis": "comtrade"}, {"start_year": 2017, "end_year": 2017},
    {"start_year": 1984, "end_year": 1988}, {"start_year": 1985, "end_year": 1987},
    {"start_year": 2024, "base_year": 2024, "index_year": 2025}, {"as_of": "2005-06-30"},
    {"as_of": "2015-06-30", "basis": "kotra"}, {"worst_quality": "A"}, {"basis": "mirror", "start_year": 2016},
    {"start_year": 1990, "end_year": 1999, "base_year": 1990, "index_year": 1992},
]  # fmt: skip


def typed_numerals(source: str) -> list[str]:
    """Strings of a module, docstrings apart, that hold a numeral among words."""
    tree = ast.parse(source)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and node.body
        and isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
    }  # fmt: skip
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
        and " " in node.value and NUMERAL.search(node.value)
    ]  # fmt: skip


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_no_numeral_is_typed_in_prose_captions_or_alt_texts(path: Path) -> None:
    assert typed_numerals(path.read_text(encoding="utf-8")) == []


def test_the_lint_finds_a_typed_numeral() -> None:
    assert typed_numerals('def f():\n    "Doc 1."\n    return say("Trade fell 51% in 2018.")\n')
    assert not typed_numerals('say("Trade fell {x:abs} in {y:period}", id="trade.total")')


def test_caveats_hold_no_typed_numeral() -> None:
    with (ROOT / "data/caveats.csv").open(encoding="utf-8", newline="") as file:
        assert [row["caveat_id"] for row in csv.DictReader(file) if re.search(r"\d", row["text"])] == []


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook_markdown_holds_no_numeral(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    assert [c.source for c in cells if c.cell_type == "markdown" and re.search(r"\d", c.source)] == []


@pytest.mark.parametrize("settings", SETS, ids=str)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f"{f.__module__.rpartition('.')[2]}.{f.__name__}")
def test_prose_holds_for_any_parameters(function: object, settings: dict[str, object]) -> None:
    report = report_of(settings)
    shown = function(report)  # type: ignore[operator]
    if shown is None or isinstance(shown, Finding):
        return
    assert isinstance(shown, Display)
    text = plain_of(shown.node())
    if not isinstance(shown, prose.trade.Findings):
        assert text.strip(), "a gap is named, never left empty"
    assert not re.search(r"nan|None|\{|\}|<NA>", text)
    for id, value in shown.node()["facts"].items():
        assert report.fact(id).value == value


REPORTS: dict[str, Report] = {}


def report_of(settings: dict[str, object]) -> Report:
    return REPORTS.setdefault(str(settings), Report(resolve(settings)))


def test_sentences_carry_the_ids_of_their_facts() -> None:
    fact = report_of({}).fact("trade.growth.customs.2018")
    sentence = say("It fell {g:abs} in {g:period}, says {who}.", g=fact, who="customs")
    assert sentence.text == f"It fell {fact_text(fact, 'abs')} in 2018, says customs."
    assert [s.get("fact") for s in sentence.spans() if "fact" in s] == [fact.id, fact.id]


def test_text_from_data_is_never_markup() -> None:
    html = Prose((Sentence("<b>{x}</b>", say("{x}", x="<script>").refs),))._repr_mimebundle_()["text/html"]
    assert "<b>" not in html and "<script>" not in html


def test_certainty_follows_the_declared_rule() -> None:
    report = report_of({})
    assert certainty(report, report.fact("trade.total.customs.2013")) == "high"
    assert certainty(report, report.fact("trade.exports.customs.2021")) == "medium"
    assert certainty(report, report.fact("trade.exports.customs.1989")) == "low"
    assert certainty(report, None) == "low"


def test_a_huge_rise_is_told_as_a_multiple() -> None:
    text = plain_of(prose.trade.findings(report_of({})).node())
    change = report_of({}).fact("trade.phase_change.customs.reopening")
    assert change.value is not None and change.value > prose.trade.LARGE
    assert f"{fact_text(change, 'fold')} its size" in text
