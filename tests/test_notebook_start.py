"""`analysis.start`: a run by hand and a run by papermill build the same parameters, and a slip is one sentence."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import analysis
from analysis.errors import BadParameter, UnknownParameter, UserError
from analysis.parameters import resolve


def session(*cells: str) -> dict[str, Any]:
    """The `globals()` of an IPython session that has run `cells`, the last of which calls start."""
    namespace: dict[str, Any] = {"__name__": "__main__", "In": [""], "Out": {}, "exit": object(), "_i": "", "_dh": []}
    for cell in cells:
        namespace["In"].append(cell)
        exec(cell, namespace)
    namespace["In"].append("report = analysis.start(globals())")
    return namespace


def test_without_any_name_the_defaults_hold() -> None:
    assert analysis.start({}).parameters == resolve({})
    assert analysis.start(session()).parameters == resolve({})


def test_a_plain_namespace_gives_its_values() -> None:
    parameters = analysis.start({"__name__": "x", "_private": 5, "start_year": 2005, "basis": "kotra"}).parameters
    assert parameters == resolve({"start_year": 2005, "basis": "kotra"})


def test_other_objects_of_a_plain_namespace_are_no_parameters() -> None:
    assert analysis.start({"analysis": analysis, "helper": len, "start_year": 2005}).parameters.start_year == 2005


def test_a_session_gives_what_its_plain_cells_assign() -> None:
    given = session("import math", "start_year = 2005\nend_year = 2015  # a comment\nbasis = 'kotra'\nas_of = None")
    assert analysis.start(given).parameters == resolve({"start_year": 2005, "end_year": 2015, "basis": "kotra"})


def test_a_later_cell_wins_as_papermill_injects_it() -> None:
    given = session("start_year = 1984\nbasis = 'customs'", "# Parameters\nstart_year = 2005\n")
    assert analysis.start(given).parameters == resolve({"start_year": 2005})


def test_a_value_changed_by_hand_after_its_cell_counts() -> None:
    given = session("start_year = 1984", "start_year += 21")
    assert analysis.start(given).parameters.start_year == 2005


def test_names_of_cells_that_do_other_things_are_ignored() -> None:
    given = session(
        "start_year = 2005", "import os\nx = 5", "y = len('abc')", "def f():\n    z = 1\n    return z", "a, b = 1, 2",
        "for i in range(3):\n    last = i", "w = [n for n in range(2)]", "d = {}\nd['k'] = 1", "q = 1 + 2",
    )  # fmt: skip
    given["In"] += ["%matplotlib inline", "!ls", "this is no python", "star_year = (", "\ud800 = 1", "del_me = 1"]
    assert analysis.start(given).parameters == resolve({"start_year": 2005})


@pytest.mark.parametrize(
    "cell", ["star_year = 2005", "start_year = 2005\nbassis = 'kotra'", "x = -5", "y = [1, 2]", "z = w = 'text'"]
)
def test_a_name_that_is_no_parameter_is_refused(cell: str) -> None:
    with pytest.raises(UnknownParameter):
        analysis.start(session(cell))


@pytest.mark.parametrize("namespace", [{"star_year": 2005}, session("star_year = 2005")], ids=["plain", "session"])
def test_a_mistyped_name_shows_as_one_sentence_without_a_traceback(namespace: dict[str, Any]) -> None:
    with pytest.raises(UnknownParameter) as caught:
        analysis.start(namespace)
    # IPython asks the exception for its own rendering.
    shown = caught.value._render_traceback_()
    assert len(shown) == 1 and "\n" not in shown[0]
    assert shown == [str(caught.value)]
    assert "'star_year'" in shown[0] and "did you mean start_year?" in shown[0] and "Traceback" not in shown[0]


@pytest.mark.parametrize("namespace", [{"start_year": 2030}, session("start_year = 2030")], ids=["plain", "session"])
def test_a_value_out_of_range_shows_as_one_sentence(namespace: dict[str, Any]) -> None:
    with pytest.raises(BadParameter) as caught:
        analysis.start(namespace)
    assert "from 1984 to 2025" in caught.value._render_traceback_()[0]


def test_the_same_values_by_hand_and_in_a_batch_give_the_same_parameters() -> None:
    batch = resolve({"start_year": 2000, "basis": "kotra", "as_of": "2016-06-30"})
    injected = "\n".join(f"{name} = {value!r}" for name, value in batch.plain().items())
    assert analysis.start(session(injected)).parameters == batch
    assert analysis.start(batch.plain()).parameters == batch


# A parameter must never fall back to its default in silence: either its value counts or it is refused.


@pytest.mark.parametrize(
    "cell",
    ["start_year = 2000 + 5", "start_year: int = 2005", "import math\nstart_year = 2005",
     "this_year = len('x' * 2006)\nstart_year = this_year - 1", "start_year = int('2005')\nbasis = 'customs'"],
)  # fmt: skip
def test_a_parameter_computed_in_a_session_is_not_lost(cell: str) -> None:
    try:
        parameters = analysis.start(session(cell)).parameters
    except UserError:
        return
    assert parameters.start_year == 2005


@pytest.mark.parametrize(
    "values", [{"as_of": date(2016, 6, 30)}, {"basis": ["kotra"]}, {"start_year": [2005]}], ids=str
)
def test_a_parameter_of_another_kind_is_used_or_refused_but_not_lost(values: dict[str, Any]) -> None:
    try:
        parameters = analysis.start(values).parameters
    except UserError:
        return
    assert parameters == resolve(values)
