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
from conftest import acquainted

ROOT = Path(__file__).parents[1]
READ = [
    *sorted((ROOT / "src/analysis/prose").glob("*.py")), *sorted((ROOT / "src/analysis/figures").glob("*.py")),
    *sorted((ROOT / "src/analysis/tables").glob("*.py")), ROOT / "src/analysis/captions.py",
]  # fmt: skip
# A digit that is no part of a name, a format, a colour or a fact id.
NUMERAL = re.compile(r"(?<![\w#:.,{+\-])\d")
# A number in words. One and two are left to grammar: "two years of one basis" counts nothing that could change.
IN_WORDS = re.compile(
    r"\b(three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|"
    r"eighty|ninety|hundred|thousand|million|billion|dozen|half|halves|halved|thirds?|quarters? of|twice|thrice|"
    r"doubled?|doubling|tripled?|(two|three|ten)-?fold)s?\b", re.IGNORECASE,
)  # fmt: skip
# What may stand all the same: the unit, the definition of a rounding error, and the places of facts.
ALLOWED = re.compile(r"\{[^}]*\}|\bmillion US dollars|\bmillion tonnes|\bhalf a unit\b", re.IGNORECASE)
FUNCTIONS = [
    getattr(module, name)
    for module in (
        prose.summary, prose.trade, prose.data, prose.events, prose.food, prose.fuel, prose.half_years, prose.products,
        prose.event_products,
    )
    for name, function in vars(module).items()
    if getattr(function, "__module__", "") == module.__name__ and not name.startswith("_") and callable(function)
]
SETS = [
    {}, {"basis": "kotra"}, {"basis": "mirror"}, {"basis": "comtrade"}, {"start_year": 2017, "end_year": 2017},
    {"start_year": 1984, "end_year": 1988}, {"start_year": 1985, "end_year": 1987},
    {"start_year": 2024, "base_year": 2024, "index_year": 2025}, {"as_of": "2005-06-30"},
    {"as_of": "2015-06-30", "basis": "kotra"}, {"worst_quality": "A"}, {"basis": "mirror", "start_year": 2016},
    {"start_year": 1990, "end_year": 1999, "base_year": 1990, "index_year": 1992},
    {"event_classes": "nuclear_tests,closure_2020", "flow": "imports", "windows": "m0_m2,m0_m11"},
    {"regimes": "reopening", "frequency": "year", "lags": 0, "alpha": 0.2},
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
        and " " in node.value and holds_number(node.value)
    ]  # fmt: skip


def holds_number(text: str) -> bool:
    """Whether a number is typed into `text`, in digits or in words."""
    return bool(NUMERAL.search(text) or IN_WORDS.search(ALLOWED.sub(" ", text)))


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_no_numeral_is_typed_in_prose_captions_or_alt_texts(path: Path) -> None:
    assert typed_numerals(path.read_text(encoding="utf-8")) == []


def test_the_lint_finds_a_typed_numeral() -> None:
    assert typed_numerals('def f():\n    "Doc 1."\n    return say("Trade fell 51% in 2018.")\n')
    assert not typed_numerals('say("Trade fell {x:abs} in {y:period}", id="trade.total")')


@pytest.mark.parametrize(
    "planted",
    ["fell 51%", "in 2018", "half of it", "seventy per cent", "two thirds", "doubled", "five million", "tenfold",
     "Fourteen years", "a quarter of all trade"],
)  # fmt: skip
def test_the_lint_finds_a_number_in_digits_or_in_words(planted: str) -> None:
    assert typed_numerals(f'say("Trade {planted} there.")')
    assert holds_number(f"Trade {planted} there.")


@pytest.mark.parametrize(
    "fine",
    ["Total, million US dollars a year", "Coal, million tonnes a month", "half a unit of the last digit",
     "{ten} of {million} years", "a quarter is printed", "two years of one basis"],
)  # fmt: skip
def test_the_lint_lets_units_and_grammar_be(fine: str) -> None:
    assert not typed_numerals(f'say("{fine}.")')


def test_caveats_hold_no_typed_numeral() -> None:
    with (ROOT / "data/caveats.csv").open(encoding="utf-8", newline="") as file:
        texts = {row["caveat_id"]: row["text"] for row in csv.DictReader(file)}
    assert [id for id, text in texts.items() if re.search(r"\d", text) or holds_number(text)] == []


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / "notebooks").glob("*.ipynb")), ROOT / "docs/template.ipynb"], ids=lambda path: path.stem
)
def test_notebook_markdown_holds_no_numeral(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    assert [text for text in texts if re.search(r"\d", text) or holds_number(text)] == []


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
    if str(settings) not in REPORTS:
        REPORTS[str(settings)] = acquainted(Report(resolve(settings)))
    return REPORTS[str(settings)]


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
