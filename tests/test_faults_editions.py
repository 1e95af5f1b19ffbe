"""The list of editions: every value arrives as it is written, and a slip is one sentence with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.catalogue import Catalogue
from analysis.cli import main
from analysis.errors import BadParameter, UnknownParameter
from analysis.parameters import editions
from conftest import Project

HEAD = "editions:\n  default:\n    description: All years.\n  mine:\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "editions.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.fault("19.6 a slip in editions.yml is one sentence with file, line, key and what is allowed")
@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEAD + "    parameters:\n      start_year: 2000\n      start_year: 2010\n", 7,
         "parameters of the edition mine has start_year a second time, after line 6: keep one of them"),
        (HEAD + "  mine:\n", 5, "editions has mine a second time, after line 4"),
        (HEAD + "    description: a\n    description: b\n", 6, "the edition mine has description a second time"),
        (HEAD + "    grid: {basis: [a], basis: [b]}\n", 5, "grid of the edition mine has basis a second time"),
        (HEAD + "editions:\n  other:\n", 5, "the file has editions a second time, after line 1"),
        (HEAD + "\tparameters:\n", 5, "indented with a tab: YAML takes spaces alone"),
        ("", 1, "the file is empty: it begins with `editions:`"),
        ("# nothing yet\n", 1, "the file is empty"),
        ("- a\n", 1, "it begins with `editions:`"),
        ("edition:\n  a:\n", 1, "there is no key 'edition': did you mean editions?"),
        (HEAD + "    parameter:\n      start_year: 2000\n", 5,
         "there is no key of the edition mine 'parameter': did you mean parameters? allowed are description, "),
        (HEAD + "    description: [a]\n", 5, "the description of the edition mine is a list: allowed is one line of"),
        (HEAD + "    parameters: 3\n", 5, "parameters of the edition mine needs lines `name: value`"),
        (HEAD + "    parameters:\n      start_year: {a: 1}\n", 6, "start_year of the edition mine is a set of names"),
        (HEAD + "    grid:\n      basis: kotra\n", 6, "the grid of the edition mine needs a list of values for basis"),
        (HEAD + "    parameters: !!python/object:os.system {}\n", 5, "needs lines `name: value`"),
        (HEAD + "    description: a: b\n", 5, "a colon where none can be: put text that holds one into quotes"),
        (HEAD + "    description: 'a\n", 6, "a quote or a bracket is not closed"),
        (HEAD + "    grid: [\n", 6, "a value is missing, or a bracket is not closed"),
        (HEAD + "<<<<<<< HEAD\n=======\n>>>>>>> theirs\n", 5, "a merge conflict: keep one of its two sides"),
        (HEAD + "    <<: *other\n", 5, "it refers by * to what no & names"),
        ("editions: &a\n  b:\n    parameters: &c\n      <<: *c\n", 4, "no set of names and values"),
    ],
)  # fmt: skip
def test_a_slip_is_named_with_its_line(
    project: Project, capsys: pytest.CaptureFixture[str], text: str, line: int, words: str
) -> None:
    path = written(project.root / "reports", text)
    assert main(["editions"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"Error: The list of editions cannot be read: {path}, line {line}: "), said
    assert words in said and said.count("\n") == 1


@pytest.mark.fault("19.6 a value of editions.yml arrives as it is written")
@pytest.mark.parametrize("value", ["no", "12:30:45", "007", "3.10", "1_000", "0x1F", "yes", "1e3", "2016-06-30", "~x"])
def test_a_title_arrives_as_it_is_written(tmp_path: Path, catalogue: Catalogue, value: str) -> None:
    path = written(tmp_path, HEAD + f"    description: {value}\n    parameters:\n      title: {value}\n")
    mine = editions(path)["mine"]
    assert mine.description == value and mine.with_settings({}, catalogue).title == value


def test_numbers_days_and_none_mean_what_they_did(tmp_path: Path, catalogue: Catalogue) -> None:
    text = HEAD + "    parameters: {start_year: 2005, as_of: 2016-06-30, alpha: 0.10, title: null, basis: 'kotra'}\n"
    made = editions(written(tmp_path, text))["mine"].with_settings({"end_year": "2012"}, catalogue)
    assert (made.start_year, str(made.as_of), made.alpha, made.title) == (2005, "2016-06-30", 0.1, None)
    assert (made.basis, made.end_year) == ("kotra", 2012)


def test_a_number_is_a_name_and_what_is_merged_in_gives_way(tmp_path: Path) -> None:
    text = "editions:\n  2017:\n    parameters: &base {start_year: 2000, basis: kotra}\n  mine:\n    parameters:\n"
    found = editions(written(tmp_path, "\ufeff" + text + "      <<: *base\n      start_year: 2010\n"))
    assert list(found) == ["2017", "mine"]
    assert found["mine"].parameters == {"start_year": "2010", "basis": "kotra"}


@pytest.mark.fault("19.6 a bad parameter of an edition is told with its line, and stops no other edition")
def test_a_bad_parameter_names_its_line(tmp_path: Path, catalogue: Catalogue) -> None:
    path = written(tmp_path, HEAD + "    parameters:\n      star_year: 2000\n  other:\n    parameters:\n"
                   "      start_year: 1700\n")  # fmt: skip
    found = editions(path)
    found["default"].with_settings({}, catalogue)
    with pytest.raises(UnknownParameter, match="line 6, edition mine: there is no parameter 'star_year': did you mean"):
        found["mine"].with_settings({}, catalogue)
    with pytest.raises(BadParameter, match=r"editions\.yml, line 9, edition other: start_year cannot be '1700'"):
        found["other"].with_settings({}, catalogue)
    with pytest.raises(BadParameter, match=r"^start_year cannot be '1701'"):
        found["other"].with_settings({"start_year": "1701"}, catalogue)
