"""Parameters: checked before anything runs; one sentence with the nearest match or the bounds."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis.catalogue import Catalogue, load
from analysis.cli import main
from analysis.errors import BadParameter, BuildError, UnknownEdition, UnknownParameter, UserError
from analysis.parameters import (
    DEFAULT_TITLE,
    LISTS,
    PARAMETER_NAMES,
    ReportParameters,
    allowed,
    choices,
    edition,
    editions,
    parse_settings,
    resolve,
)
from analysis.render import build, inputs, manifests
from analysis.render.pdf import lacking


def refusal(values: dict[str, Any]) -> str:
    with pytest.raises(UserError) as caught:
        resolve(values)
    assert caught.value.exit_code == 2
    text = str(caught.value)
    assert "\n" not in text and text.endswith((".", "?"))
    return text


def test_the_defaults_are_the_years_of_the_data(catalogue: Catalogue) -> None:
    parameters = resolve({})
    assert (parameters.start_year, parameters.end_year) == catalogue.years == (1984, 2025)
    assert parameters.basis == "customs" and parameters.as_of is None
    assert set(PARAMETER_NAMES) == set(parameters.plain())


def test_a_mistyped_name_gets_the_nearest_one() -> None:
    text = refusal({"star_year": 2005})
    assert "'star_year'" in text and "did you mean start_year?" in text
    with pytest.raises(UnknownParameter):
        resolve({"star_year": 2005})


@pytest.mark.parametrize("name", ["start_year", "end_year", "index_year"])
@pytest.mark.parametrize("value", [2030, 1983, "2026", -1, "x", "", None, True, False, 2005.5, "2005.5", [2005], {}])
def test_a_year_outside_the_data_or_no_year_is_told_the_bounds(name: str, value: object) -> None:
    text = refusal({name: value})
    assert text.startswith(f"{name} cannot be ") and "from 1984 to 2025" in text


@pytest.mark.parametrize("value", [2026, 1983, True, 1999.5])
def test_the_base_year_is_bounded_by_the_price_index(value: object, catalogue: Catalogue) -> None:
    first, last = catalogue.price_years
    assert f"from {first} to {last}" in refusal({"base_year": value})


def test_the_end_must_not_lie_before_the_start() -> None:
    assert "it must not lie before start_year, which is 2010" in refusal({"start_year": 2010, "end_year": 2009})
    assert resolve({"start_year": 2010, "end_year": 2010}).end_year == 2010


@pytest.mark.parametrize(
    ("name", "value", "near"),
    [("basis", "custom", "customs"), ("basis", "KOTRAA", "kotra"), ("basis", "comtrad", "comtrade"),
     ("paper", "A4", "a4"), ("paper", "letter", "us-letter"), ("worst_quality", "b", "B")],
)  # fmt: skip
def test_a_choice_that_does_not_exist_gets_the_nearest_and_the_list(name: str, value: str, near: str) -> None:
    text = refusal({name: value})
    assert f"did you mean {near}?" in text and "allowed are " in text


def test_a_choice_like_none_of_the_list_gets_the_list_alone() -> None:
    text = refusal({"basis": "xyzzy"})
    assert "did you mean" not in text and "customs, kotra, comtrade and mirror" in text


@pytest.mark.parametrize(
    "value",
    ["2001-12-30", date(1999, 1, 1), "2016-02-30", "2016", 2016, "June 2016", True, 2016.5, "0",
     # A count of seconds since 1970 is no day, written as a number or as a word.
     1467244800, "1467244800"],
)  # fmt: skip
def test_as_of_is_a_day_from_the_first_on_that_has_data(value: object) -> None:
    assert "from 2001-12-31 on" in refusal({"as_of": value})


@pytest.mark.parametrize("value", ["2001-12-31", date(2001, 12, 31)])
def test_as_of_takes_the_first_day_itself(value: object) -> None:
    assert resolve({"as_of": value}).as_of == date(2001, 12, 31)


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_as_of_means_all(value: object) -> None:
    assert resolve({"as_of": value}).as_of is None


def test_without_a_title_it_is_made_of_the_names() -> None:
    for given_ in ({}, {"title": ""}, {"title": None}):
        parameters = resolve(given_)
        assert parameters.title is None and parameters.heading == DEFAULT_TITLE
    assert resolve({"title": "Own"}).heading == "Own"


@pytest.mark.parametrize("title", ["two\nlines", "tab\there", "bell\a", "   ", "x" * 121, "\u202e", "\ud800"])
def test_a_title_is_one_printable_line(title: object) -> None:
    assert "it is one line of 1 to 120 printable characters" in refusal({"title": title})


@pytest.mark.parametrize("title", ["x", "x" * 120, "북중 무역: <b>1</b> & #let"])
def test_a_title_may_hold_any_letters(title: str) -> None:
    assert resolve({"title": title}).title == title


def test_parameters_are_frozen_and_closed() -> None:
    with pytest.raises(ValidationError):
        resolve({}).start_year = 1990  # type: ignore[misc]
    with pytest.raises(ValidationError):
        ReportParameters(star_year=1990)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"start_year": "2005", "basis": "kotra", "as_of": "2016-06-30"},
        {"title": "Ünïcode – 貿易", "worst_quality": "A", "base_year": 2024.0},
    ],
)
def test_plain_parameters_make_the_same_round_trip(values: dict[str, Any]) -> None:
    parameters = resolve(values)
    plain = parameters.plain()
    assert all(value is None or isinstance(value, str | int | float) for value in plain.values())
    assert resolve(plain) == parameters
    assert resolve(json.loads(json.dumps(plain))) == parameters


def test_every_parameter_has_a_meaning_and_a_range_in_words(catalogue: Catalogue) -> None:
    for name, field in ReportParameters.model_fields.items():
        assert field.description and field.description.endswith(".")
        assert len(allowed(name, catalogue)) > 10


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=20)
    | st.binary(max_size=9) | st.dates() | st.datetimes() | st.decimals() | st.integers(1980, 2030)
    | st.integers(1980, 2030).map(str) | st.sampled_from(["customs", "kotra", "A", "a4"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip
NAMES = st.sampled_from(PARAMETER_NAMES) | st.text(max_size=12)


@given(st.dictionaries(NAMES, JUNK, max_size=4))
@example({"title": "\ud800"})
@example({"start_year": float("inf")})
@example({"as_of": float("nan")})
def test_any_junk_gives_parameters_or_one_sentence(values: dict[str, Any]) -> None:
    try:
        parameters = resolve(values)
    except UserError as error:
        assert error.exit_code == 2 and "\n" not in str(error)
        return
    assert isinstance(parameters, ReportParameters)
    assert 1984 <= parameters.start_year <= parameters.end_year <= 2025
    assert resolve(parameters.plain()) == parameters


# --------------------------------------------------------------------------------------- command line

HOSTILE = st.sampled_from([
    "<script>alert(1)</script>", '#read("/etc/passwd")', '#import "x"', "{{ 7*7 }}", "{start_year}", "%s%n", "\0",
    "\n", "\x1b[31m", "\u202egnp.exe", "\ud800", "x" * 100_000, "북한", "\U0001f600", "\u05d0\u05d1", "=1+1",
    "../../etc/passwd", "'", '"', "--help", "-1", "1e3", "NaN", "inf", "0x7d0", "２０１５", "2015-13-01", "9" * 22,
    "None", "null", "[]",
])  # fmt: skip
VALUES = {
    **dict.fromkeys(("start_year", "end_year", "index_year", "base_year"), st.integers(1980, 2030).map(str)),
    "basis": st.sampled_from(["customs", "kotra", "comtrade", "mirror", "custom", ""]),
    "worst_quality": st.sampled_from(["A", "B", "C", "D", "E", "a"]),
    "paper": st.sampled_from(["a4", "us-letter", "A3"]), "title": st.text(max_size=140),
    "as_of": st.dates().map(str) | st.dates(date(1995, 1, 1), date(2030, 1, 1)).map(str) | st.just(""),
    **{name: st.integers(-1, 200_000).map(str) for name in ("cut_share", "seed", "lags")},
    "alpha": st.floats(0, 0.3).map(str) | st.floats().map(str),
    **{name: st.lists(st.sampled_from((*choices(name, load()), "xyzzy")), max_size=3).map(",".join) for name in LISTS},
}  # fmt: skip
for _name in set(PARAMETER_NAMES) - set(VALUES):
    VALUES[_name] = st.sampled_from((*choices(_name, load()), "xyzzy", ""))
# Mostly the right name and a likely value, now and then anything at all.
WORDS = st.sampled_from(PARAMETER_NAMES).flatmap(lambda name: VALUES[name].map(lambda value: f"{name}={value}"))
STRANGE = st.tuples(NAMES | HOSTILE, HOSTILE | st.text(max_size=30)).map("=".join)
SETTINGS = st.lists(WORDS | WORDS | WORDS | STRANGE | st.text(max_size=12), max_size=4)


def test_two_thousand_sets_give_parameters_or_one_sentence_and_bad_ones_start_no_kernel(
    monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue, count: Callable[[str], None]
) -> None:
    """The whole way of the command line up to the first kernel; nothing beyond it can be started here."""
    seen = Counter[str]()
    plans: list[build.Plan] = []

    def run(plan: build.Plan, *rest: object) -> manifests.Built:
        plans.append(plan)
        raise BuildError("Here the build would begin.")

    def no_process(*args: object, **kw: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(inputs, "sources", lambda: "hashed once")
    monkeypatch.setattr(build, "run", run)
    monkeypatch.setattr(subprocess, "Popen", no_process)
    monkeypatch.setattr(Catalogue, "verify", lambda self: None)  # read once before, and copied at each reading

    @settings(max_examples=2000)
    @given(SETTINGS, st.sampled_from(["all", "html"]), st.booleans())
    def attempt(given_: list[str], format: str, joined: bool) -> None:
        plans.clear()
        words = [w for s in given_ for w in ([f"--set={s}"] if joined or s.startswith("-") else ["--set", s])]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["render", "--format", format, *words])
        sentence = err.getvalue()
        assert out.getvalue() == "" and sentence.startswith("Error: ") and sentence.count("\n") == 1
        assert sentence.endswith((".\n", "?\n")) and len(sentence) < 500, sentence
        assert "Traceback" not in sentence and "unexpected" not in sentence, sentence
        if plans:
            assert (code, sentence) == (1, "Error: Here the build would begin.\n")
            (plan,) = plans
            parameters = plan.parameters
            assert isinstance(parameters, ReportParameters) and resolve(parameters.plain()) == parameters
            assert 1984 <= parameters.start_year <= parameters.end_year <= 2025 and parameters.heading.isprintable()
            if format == "all":
                assert not lacking(parameters.heading)
        else:
            assert code == 2
        seen["good" if plans else "bad"] += 1

    attempt()
    assert seen.total() >= 2000 and min(seen["good"], seen["bad"]) > 200, seen
    count(f"{seen.total()} generated parameter sets: {seen['good']} sound, {seen['bad']} refused in one sentence each.")


def test_settings_are_read_as_name_and_value() -> None:
    given_ = parse_settings(["start_year=2005", "title=a=b", "as_of="])
    assert given_ == {"start_year": "2005", "title": "a=b", "as_of": ""}
    assert resolve(given_).start_year == 2005


@pytest.mark.parametrize("setting", ["star_year=2005", "start_year", "=2005", ""])
def test_a_setting_that_says_nothing_is_refused(setting: str) -> None:
    with pytest.raises((UnknownParameter, BadParameter)):
        parse_settings([setting])


# ------------------------------------------------------------------------------------------ editions


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "editions.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def test_the_declared_editions_resolve() -> None:
    declared = editions()
    assert "default" in declared and declared["default"].parameters == {}
    for each in declared.values():
        assert each.description
        resolve(each.parameters)


def test_an_edition_gives_its_parameters(tmp_path: Path) -> None:
    path = written(tmp_path, "editions:\n  b:\n    parameters: {start_year: 2005, as_of: 2016-06-30}\n  a:\n")
    assert list(editions(path)) == ["b", "a"], "in the order of the file"
    assert resolve(edition("b", path).parameters).as_of == date(2016, 6, 30)
    assert resolve(edition("a", path).parameters) == resolve({})


def test_an_unknown_edition_gets_the_nearest(tmp_path: Path) -> None:
    path = written(tmp_path, "editions:\n  since-2017:\n  default:\n")
    with pytest.raises(UnknownEdition, match="did you mean since-2017"):
        edition("since2017", path)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "5", "text", "other: {}", "editions:", "editions: [a, b]", "editions: {a: 5}", "editions: {a: [1]}",
     "editions: {a: text}", "editions: {a: {parameters: 3}}", "editions: {a: {paramters: {}}}",
     "editions: {a: {name: b}}", "editions: {a: {1: 2}}",
     "editions: {My Edition: {}}", "editions: {'../up': {}}", "editions: {'': {}}", "editions: {-a: {}}", "editions: {",
     "editions:\n\ta: {}", "editions: {a: !!python/object:os.system {}}", "a: &a [*a]", "\x00",
     # A file in another encoding is the user's slip as well.
     b"editions: {a: {description: M\xe4rz}}"],
)  # fmt: skip
def test_a_broken_list_of_editions_is_one_sentence(text: str | bytes, tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        editions(written(tmp_path, text))
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_a_missing_list_of_editions_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"nowhere\.yml is missing"):
        editions(tmp_path / "nowhere.yml")
