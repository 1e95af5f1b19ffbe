"""The command line: what each command prints, and that a mistake costs one sentence and nothing else."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import test_refresh_comtrade
import test_refresh_monthly
from analysis import Report, cli, tables
from analysis.catalogue import load
from analysis.errors import UserError
from analysis.explain import explain
from analysis.facts import Fact
from analysis.parameters import PARAMETER_NAMES, ReportParameters, resolve
from analysis.reading import note, recorded
from analysis.refresh import comtrade
from analysis.topics import TOPICS
from conftest import ROOT, Project, contents, showing
from publisher import publishing

FACT = "trade.growth.customs.2014"
POSIX_SIGNALS = pytest.mark.skipif(sys.platform == "win32", reason="Signals are those of POSIX systems.")


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    code: int | str | None
    out: str
    err: str


Say = Callable[..., Said]


@pytest.fixture(autouse=True, scope="module")
def facts_once() -> Iterator[None]:
    """The facts of the same parameters and data are computed once for all command lines: half a second each."""
    trade, known = TOPICS["trade"], dict[tuple[ReportParameters, str], tuple[list[Fact], set[str]]]()

    def remembered(report: Report) -> list[Fact]:
        key = report.parameters, json.dumps(report.catalogue.contents(["//descriptions", "//created", "//version"]))
        if key not in known:
            with recorded() as names:
                known[key] = list(trade.make(report)), names
        note(known[key][1])
        return known[key][0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TOPICS, "trade", replace(trade, make=remembered))
        yield


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Say:
    """Runs a command line in this process; `capfd` also sees what a kernel would print."""

    def run(*words: str) -> Said:
        capfd.readouterr()
        try:
            code: int | str | None = cli.main(words)
        except SystemExit as end:  # how argparse ends after --help
            code = end.code
        shown = capfd.readouterr()
        return Said(code, shown.out, shown.err)

    return run


def is_one_sentence(said: Said, code: int = 2) -> None:
    assert said.code == code and said.out == "", said
    assert said.err.startswith("Error: ") and said.err.endswith((".\n", "?\n")), said.err
    assert said.err.count("\n") == 1 and not re.search(r"\. [A-Z]", said.err), said.err
    assert "Traceback" not in said.err


def blocks(text: str) -> dict[str, list[str]]:
    """Unindented lines, each with the indented lines below it."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("  "):
            found[list(found)[-1]].append(line[2:])
        else:
            assert line not in found
            found[line] = []
    return found


def small(project: Project, report: Report, *cells: str, name: str = "00_small") -> Path:
    project.know()
    return project.notebook(showing(tables.parameters(report).node()), *cells, name=name)


def parameters_in(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "facts.json").read_text("utf-8"))["parameters"])


# ------------------------------------------------------------------------------------------ bad input

BAD = {
    "mistyped parameter": (["render", "--set", "star_year=2005"], ["'star_year'", "did you mean start_year?"]),
    "no number": (["render", "--set", "start_year=x"], ["start_year cannot be 'x'", "from 1984 to 2025"]),
    "late year": (["render", "--set", "start_year=2030"], ["start_year cannot be '?2030", "from 1984 to 2025"]),
    "end before start": (
        ["render", "--set", "start_year=2010", "--set", "end_year=2009"],
        ["end_year cannot be '?2009", "start_year, which is 2010"],
    ),
    "end before the edition's start": (
        ["render", "since-2017", "--set", "end_year=2010"], ["end_year cannot be", "which is 2016"],
    ),
    "mistyped basis": (["render", "--set", "basis=kotre"], ["basis cannot be 'kotre'", "did you mean kotra?"]),
    "unknown basis": (["render", "--set", "basis=xyzzy"], ["customs, kotra, comtrade and mirror"]),
    "empty value": (["render", "--set", "start_year="], ["start_year cannot be ''", "from 1984 to 2025"]),
    "value without name": (["render", "--set", "=2005"], ["no parameter ''", "start_year"]),
    "name without value": (["render", "--set", "start_year"], ["start_year cannot be ''", "--set name=value"]),
    "no setting": (["render", "--set"], ["--set", "--help"]),
    "mistyped edition": (["render", "defalt"], ["no edition 'defalt'", "did you mean default?"]),
    "second edition mistyped": (["render", "default", "since2017"], ["did you mean since-2017?"]),
    "edition outside": (["render", "../default"], ["no edition '../default'"]),
    "mistyped notebook": (["render", "--only", "00_smal"], ["no notebook '00_smal'", "did you mean 00_small?"]),
    "notebook outside": (["render", "--only", "../00_small"], ["no notebook '../00_small'"]),
    "mistyped format": (["render", "--format", "htm"], ["no format 'htm'", "did you mean html?"]),
    "unknown format": (["render", "--format", "docx"], ["no format 'docx'", "allowed are html, pdf and all"]),
    "no folder": (["render", "--output", " "], ["--output needs the name of a folder"]),
    "mistyped command": (["rendr"], ["no command 'rendr'", "did you mean render?"]),
    "unknown command": (
        ["xyzzy"],
        ["no command 'xyzzy'", "render, editions, parameters, fact, explain, compare, check, refresh and seal"],
    ),
    "mistyped option": (["render", "--froce"], ["no option '--froce' of render", "did you mean --force?"]),
    "option cut short": (["render", "--forc"], ["no option '--forc' of render", "did you mean --force?"]),
    "unknown option": (["parameters", "--xyzzy=1"], ["no option '--xyzzy' of parameters", "--debug"]),
    "unknown first option": (["--xyzzy", "render"], ["no option '--xyzzy'", "--version and --debug"]),
    "one word too many": (["editions", "since-2017"], ["editions takes no further argument 'since-2017'"]),
    "no fact to explain": (["explain"], ["FACT", "explain --help"]),
    "two facts to explain": (["explain", FACT, FACT], ["explain takes no further argument"]),
    "letters that hide": (["render", "a\nb\x1b[31m"], ["no edition 'a\N{REPLACEMENT CHARACTER}b"]),
    "setting of a fact": (["fact", FACT, "--set", "star_year=1"], ["did you mean start_year?"]),
    "edition of a fact": (["explain", FACT, "--edition", "defalt"], ["did you mean default?"]),
}  # fmt: skip


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("case", BAD)
def test_bad_input_costs_one_sentence_and_nothing_else(
    project: Project, report: Report, say: Say, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    small(project, report)
    monkeypatch.chdir(project.root)
    held = contents(project.root)
    words, parts = BAD[case]
    said = say(*words)
    is_one_sentence(said)
    for part in parts:
        assert re.search(re.escape(part).replace("'\\?", "'?"), said.err), (part, said.err)
    assert contents(project.root) == held


@pytest.mark.parametrize("command", ["fact", "explain"])
def test_an_unknown_fact_gets_the_nearest(say: Say, command: str) -> None:
    said = say(command, "trade.growth.custom.2014")
    is_one_sentence(said)
    assert "no fact 'trade.growth.custom.2014'" in said.err and FACT in said.err.partition("nearest are ")[2]


def test_a_fact_like_none_gets_the_way_to_search(say: Say) -> None:
    said = say("explain", "q.x")
    is_one_sentence(said)
    assert "`python -m analysis fact WORD`" in said.err
    said = say("fact", "growth", "xyzzy")
    is_one_sentence(said)
    assert "holds growth and xyzzy" in said.err


# ------------------------------------------------------------------------- tracebacks and odd endings


def patched(monkeypatch: pytest.MonkeyPatch, command: Callable[[argparse.Namespace], int]) -> None:
    """Have the command `editions` do something else."""
    monkeypatch.setitem(cli.COMMANDS, "editions", (command, *cli.COMMANDS["editions"][1:]))


@pytest.mark.parametrize("words", [["--debug", "render", "defalt"], ["render", "defalt", "--debug"]])
def test_debug_shows_the_traceback_of_a_users_mistake(
    project: Project, report: Report, say: Say, words: list[str]
) -> None:
    small(project, report)
    said = say(*words)
    *traceback, sentence = said.err.splitlines()
    assert said.code == 2 and said.out == ""
    assert traceback[0] == "Traceback (most recent call last):" and "UnknownEdition" in traceback[-1]
    assert sentence == say("render", "defalt").err.rstrip("\n") and sentence.startswith("Error: There is no edition")


def test_an_unexpected_error_is_one_sentence_that_names_debug(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(options: argparse.Namespace) -> int:
        raise ZeroDivisionError("no\nluck.\x1b[31m")

    patched(monkeypatch, broken)
    said = say("editions")
    assert said.code == 1 and said.out == "" and said.err.count("\n") == 1
    assert "an unexpected ZeroDivisionError: no luck." in said.err and "\x1b" not in said.err
    assert said.err.endswith("Add --debug for the traceback.\n")
    said = say("editions", "--debug")
    assert said.code == 1 and said.err.startswith("Traceback (most recent call last):")
    assert "in broken" in said.err and "Add --debug" not in said.err


def test_ctrl_c_says_that_the_reports_are_whole(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(options: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    patched(monkeypatch, interrupted)
    assert say("editions") == Said(130, "", "Stopped; every report is as its last whole build left it.\n")


ENDING = """
import signal, sys, time
from analysis import cli

number, nap = int(sys.argv[1]), float(sys.argv[2])

class Lost:
    def __del__(self):
        signal.raise_signal(number)

def command(options):
    global begun
    begun = time.monotonic()
    Lost()
    while time.monotonic() - begun < 40:
        time.sleep(nap)
    return 0

cli.COMMANDS["editions"] = (command, *cli.COMMANDS["editions"][1:])
ending = "returned"
try:
    code = cli.main(["editions"])
except SystemExit as end:
    ending, code = "SystemExit", end.code
print(ending, code, "at once" if time.monotonic() - begun < 20 else "late")
"""


WAITS = {"in short waits": "0.05", "in one long wait": "40"}


@pytest.fixture(scope="module")
def endings() -> dict[tuple[str, str], tuple[str, str]]:
    """What a process says and complains of when its first request to end is lost; all run side by side."""
    processes = {}
    for name in ("SIGTERM", "SIGINT"):
        for waiting, nap in WAITS.items():
            # Processes of their own: where this fails, the signal must not end the tests.
            command = [sys.executable, "-c", ENDING, str(int(getattr(signal, name))), nap]
            processes[name, waiting] = subprocess.Popen(
                command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
    return {key: process.communicate(timeout=60) for key, process in processes.items()}


@POSIX_SIGNALS
@pytest.mark.parametrize("waiting", WAITS)
@pytest.mark.parametrize(("name", "ending"), [("SIGTERM", "SystemExit 143"), ("SIGINT", "returned 130")])
def test_an_end_that_came_where_no_exception_gets_out_is_asked_for_again(
    endings: dict[tuple[str, str], tuple[str, str]], name: str, ending: str, waiting: str
) -> None:
    out, err = endings[name, waiting]
    assert out == f"{ending} at once\n", (out, err)
    assert "Traceback" not in err and "ignored" not in err


@POSIX_SIGNALS
def test_an_interrupt_that_passes_an_exec_of_text_ends_with_our_exit_code(tmp_path: Path) -> None:
    # To a shell both are 130; a program that started ours would see a process killed by its signal.
    program = (
        "from analysis import cli\n\ndef command(options):\n    exec('raise KeyboardInterrupt')\n\n"
        "cli.COMMANDS['editions'] = (command, *cli.COMMANDS['editions'][1:])\n"
        "raise SystemExit(cli.main(['editions']))\n"
    )
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    ended = subprocess.run([sys.executable, "-m", "program"], cwd=tmp_path, capture_output=True, text=True)
    said = "Stopped; every report is as its last whole build left it.\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", said)


def closed_after_a_line(environment: dict[str, str], *words: str) -> tuple[str, int, str]:
    """The first line, the exit code and stderr of a command whose reader goes away after one line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "analysis", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment,
    )  # fmt: skip
    assert process.stdout and process.stderr
    first = process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    return first, process.wait(timeout=60), err


@POSIX_SIGNALS
def test_a_reader_who_has_enough_ends_a_listing_quietly() -> None:
    first, code, err = closed_after_a_line(dict(os.environ), "fact", "trade")
    assert re.match(r"[a-z]+\.[a-z0-9_.-]+ ", first) and (code, err) == (141, "")


@POSIX_SIGNALS
@pytest.mark.slow
def test_a_reader_who_has_enough_of_a_build_leaves_nothing_half_made(project: Project, report: Report) -> None:
    small(project, report, "import time; time.sleep(60)")
    def held() -> dict[str, str]:
        return {name: value for name, value in contents(project.root).items() if not name.startswith(".cache")}

    before = held()
    first, code, err = closed_after_a_line(project.environment(PYTHONUNBUFFERED="1"), "render", "--format", "html")
    assert first == "default: no report yet\n" and (code, err) == (141, "")
    assert held() == before


def test_a_terminal_without_our_letters_gets_question_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert cli.main(["fact", FACT]) == 0
    assert b", 2014: ?2.8%\n" in raw.getvalue()


# ----------------------------------------------------------------------------------- help and version

COMMANDS = sorted(cli.COMMANDS)


def examples_of(text: str) -> list[str]:
    """The lines below `examples:` of a help text, each without the program's name."""
    lines = text.partition("\nexamples:\n")[2].splitlines()
    assert lines and all(line.startswith("  python -m analysis ") for line in lines), text
    return [line.removeprefix("  python -m analysis ") for line in lines]


def all_examples() -> list[str]:
    parser = cli.parser()
    commands = next(action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    texts = [parser.format_help(), *(command.format_help() for command in commands.values())]
    return sorted({example for text in texts for example in examples_of(text)})


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_says_what_it_does_and_gives_examples(say: Say, command: str) -> None:
    said = say(command, "--help")
    assert said.code == 0 and said.err == "" and said.out.startswith(f"usage: python -m analysis {command} ")
    flat = " ".join(said.out.split())
    assert cli.COMMANDS[command][1] in flat
    assert all(example.split()[0] == command for example in examples_of(said.out))
    # No option stands there without a word on what it is for.
    for action in cli_actions(command):
        assert action.help and " ".join(action.help.split()) in flat, action
    assert say(command, "-h") == said


def cli_actions(command: str) -> list[argparse.Action]:
    parser = cli.parser()
    commands = next(action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return list(commands[command]._actions)


def test_the_help_lists_every_command_and_is_what_no_command_gives(say: Say) -> None:
    said = say("--help")
    assert said.code == 0 and said.err == ""
    flat = " ".join(said.out.split())
    for name, (_, summary, _, _) in cli.COMMANDS.items():
        assert f" {name} {summary}" in flat
    assert say() == said


@pytest.mark.slow
@pytest.mark.parametrize("example", all_examples())
def test_an_example_of_the_help_runs(
    project: Project, report: Report, say: Say, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    small(project, report, name="01_trade_growth")
    project.know("default", "since-2017")
    monkeypatch.chdir(project.root)
    if example.startswith("refresh baci"):
        import test_refresh_baci  # without DuckDB this example alone is skipped

        test_refresh_baci.packed(test_refresh_baci.lay(project.root / "baci"), Path(example.split()[2]))
    with publishing() as publisher:
        monkeypatch.setattr(comtrade, "ADDRESS", publisher.address)
        by_month = test_refresh_monthly.answering(lambda: {("2019-01", "exports"): 168.25})
        publisher.answers = lambda asked: (by_month if "/C/M/" in asked.path else test_refresh_comtrade.answer)(asked)
        said = say(*shlex.split(example))
    # A project without a lock has something to do; that is what `check` is for.
    assert said.code == int(example.startswith("check")) and said.err == "" and said.out.strip(), said
    if example.startswith("render") and "--dry-run" not in example:
        made = re.findall(r"^  (\S.*(?:manifest|sweep)\.json)$", said.out, flags=re.M)
        assert made and all(Path(name).is_file() for name in made), said.out


def test_the_version_names_program_and_data(say: Say) -> None:
    number = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    package = json.loads((ROOT / "data" / "datapackage.json").read_text("utf-8"))
    whole = f"analysis {number}, data package {package['version']} of {package['created'][:10]}\n"
    for words in (["--version"], ["render", "--version"], ["--version", "fact"]):
        assert say(*words) == Said(0, whole, "")


def test_the_version_without_data_is_that_of_the_program(project: Project, say: Say) -> None:
    (project.root / "data" / "datapackage.json").unlink()
    said = say("--version")
    assert said.code == 0 and re.fullmatch(r"analysis \S+\n", said.out)


# ------------------------------------------------------------------------------ editions, parameters


def test_editions_are_listed_with_their_settings(say: Say) -> None:
    declared = yaml.safe_load((ROOT / "reports" / "editions.yml").read_text("utf-8"))["editions"]
    said = say("editions")
    assert said.code == 0 and said.err == ""
    listed = blocks(said.out)
    assert list(listed) == list(declared)
    for name, body in declared.items():
        settings = ", ".join(f"{key}={value}" for key, value in body.get("parameters", {}).items())
        assert listed[name] == [
            body["description"], f"Settings: {settings or 'none, all parameters have their defaults'}",
        ]  # fmt: skip


def test_a_broken_list_of_editions_is_one_sentence(project: Project, say: Say) -> None:
    (project.root / "reports" / "editions.yml").write_text("editions: [", encoding="utf-8")
    is_one_sentence(say("editions"), code=2)


def test_parameters_are_listed_with_meaning_type_range_and_default(say: Say) -> None:
    said = say("parameters")
    assert said.code == 0 and said.err == ""
    listed, defaults = blocks(said.out), resolve({}).plain()
    assert tuple(listed) == PARAMETER_NAMES
    for name, (meaning, kind, default) in listed.items():
        assert meaning == ReportParameters.model_fields[name].description
        assert kind.startswith("Type: ") and kind.endswith(".") and len(kind.partition("; ")[2]) > 15
        assert default == f"Default: {'none' if defaults[name] is None else defaults[name]}"
    types = {name: lines[1].removeprefix("Type: ").partition(";")[0] for name, lines in listed.items()}
    assert types == {
        **dict.fromkeys(("start_year", "end_year", "base_year", "index_year", "cut_share", "seed", "lags"),
                        "whole number"),
        **dict.fromkeys(("basis", "worst_quality", "paper", "inter_korean", "crude_estimate", "food_aid", "rice",
                         "doubtful_partners", "baseline", "controls"), "one of a list"),
        **dict.fromkeys(("definitions", "event_classes", "windows", "regimes", "flow", "frequency"), "list"),
        "alpha": "number", "as_of": "day", "title": "text", "reporter": "text", "partner": "text",
    }  # fmt: skip


def test_the_ranges_listed_are_those_of_the_data_and_those_that_hold(say: Say) -> None:
    listed = blocks(say("parameters").out)
    with (ROOT / "data" / "trade" / "series_cells.csv").open(encoding="utf-8") as file:
        years = [int(row["year"]) for row in csv.DictReader(file)]
    with (ROOT / "data" / "trade" / "bases.csv").open(encoding="utf-8") as file:
        known = {row["basis"] for row in csv.DictReader(file)}
    for name, lines in listed.items():
        if found := re.search(r"from (\d{4}) to (\d{4})\.", lines[1]):
            first, last = int(found[1]), int(found[2])
            if name != "base_year":
                assert (first, last) == (min(years), max(years))
            for year in (first, last):
                assert getattr(resolve({name: year, "start_year": first} | {name: year}), name) == year
            for year in (first - 1, last + 1):
                with pytest.raises(UserError):
                    resolve({name: year})
        elif "allowed are " in lines[1]:
            choices = re.split(", | and ", lines[1].partition("allowed are ")[2].partition(";")[0].rstrip("."))
            assert all(getattr(resolve({name: choice}), name) == choice for choice in choices)
            assert name != "basis" or set(choices) == known
    assert sum("from 1984 to 2025" in lines[1] for lines in listed.values()) >= 3


def test_parameters_without_their_data_are_not_listed_by_half(project: Project, say: Say) -> None:
    (project.root / "data" / "macro" / "us_cpi.csv").unlink()
    said = say("parameters")
    is_one_sentence(said)
    assert "macro/us_cpi is missing" in said.err


# ----------------------------------------------------------------------------------------------- fact


def test_a_fact_is_printed_with_what_it_takes_to_check_it(say: Say, report: Report) -> None:
    fact = report.fact(FACT)
    said = say("fact", FACT)
    assert said.code == 0 and said.err == ""
    assert said.out.splitlines() == [
        FACT,
        "  Growth of China-DPRK trade, Chinese customs, 2014: \N{MINUS SIGN}2.8%",
        f"  Value: {fact.value!r} percent",
        f"  Interval: \N{MINUS SIGN}2.8% to \N{MINUS SIGN}2.4% ({fact.low!r} to {fact.high!r})",
        "  Status: derived",
        "  Formula: 2014 / 2013 - 1; no compiler is known for both years: gacc_via_kotra over kita; "
        "low and high take in growth as published by gacc_via_kotra",
        f"  Rows and sources: python -m analysis explain {FACT}",
    ]


def test_a_fact_as_json_is_that_of_facts_json(say: Say, report: Report) -> None:
    said = say("fact", FACT, "--json")
    assert said.code == 0 and said.err == ""
    assert json.loads(said.out) == {**report.fact(FACT).as_json(), "shown": "\N{MINUS SIGN}2.8%"}


def test_a_fact_follows_edition_and_settings(say: Say, report: Report) -> None:
    def value(id: str, *words: str) -> float:
        return float(json.loads(say("fact", id, "--json", *words).out)["value"])

    index = Report(resolve({})).catalogue.frame("macro/us_cpi").dropna(subset=["value"])
    mean = index.groupby(index["month"].str[:4].astype(int))["value"].mean()
    id = "trade.real.customs.2018"
    default = report.fact(id).value
    assert default
    assert value(id, "--set", "base_year=2000") == pytest.approx(default * mean[2000] / mean[2015], rel=1e-9)
    # The edition since 2017 counts in dollars of 2016; a setting goes on top of it.
    assert value(id, "--edition", "since-2017") == pytest.approx(default * mean[2016] / mean[2015], rel=1e-9)
    on_top = value(id, "--edition", "since-2017", "--set", "base_year=2000", "--set", "base_year=2024")
    assert on_top == pytest.approx(default * mean[2024] / mean[2015], rel=1e-9)
    is_one_sentence(say("fact", "trade.growth.customs.1997", "--edition", "since-2017"))


def test_a_search_gives_the_facts_that_hold_every_word(say: Say, report: Report) -> None:
    def wanted(*words: str) -> list[str]:
        texts = {id: f"{id} {fact.label} {fact.period}".lower() for id, fact in report.facts.items()}
        return sorted(id for id, text in texts.items() if all(word in text for word in words))

    def found(*words: str) -> list[str]:
        said = say("fact", *words)
        assert said.code == 0 and said.err == ""
        return [line.split()[0] for line in said.out.splitlines()]

    assert found("growth", "2014", "kotra") == wanted("growth", "2014", "kotra") != []
    # Letters' size, order and quotes make no difference; labels count, not ids alone.
    assert found("2014 KOTRA", "Growth") == wanted("growth", "2014", "kotra")
    assert found("compound", "constant") == wanted("compound", "constant") != []
    assert found() == sorted(report.facts)
    assert found("--list", "trade.total.customs.2018") == ["trade.total.customs.2018"]
    assert found("trade.total.customs.2018", "2018") == ["trade.total.customs.2018"]


def test_what_is_known_is_not_computed_again_but_of_other_data_it_is(
    project: Project, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.know()
    asked = ("fact", "trade.total.customs.2018")
    computed = []
    trade = TOPICS["trade"]
    watched = replace(trade, make=lambda report: computed.append(1) or trade.make(report))
    monkeypatch.setitem(TOPICS, "trade", watched)
    first = say(*asked)
    assert first.code == 0 and not computed
    assert say("explain", asked[1]).code == 0 and not computed
    path = project.root / "data" / "trade" / "china_dprk_annual.csv"
    before = path.read_text("utf-8")
    path.write_text(re.sub(r"(,2018,total,\d+)", r"\g<1>9", before), encoding="utf-8")
    assert say("seal").code == 0
    load.cache_clear()
    other = say(*asked)
    assert other.code == 0 and other.out != first.out and computed
    computed.clear()
    assert say(*asked) == other and not computed, "the command itself leaves what it computed"


def test_a_line_of_a_search_has_id_value_and_label(say: Say) -> None:
    said = say("fact", "--list", "trade.exports.kotra", "--set", "start_year=2014", "--set", "end_year=2015")
    assert [line.split(maxsplit=1) for line in said.out.splitlines()] == [
        ["trade.exports.kotra.2014", "$4.02 billion  China's exports to the DPRK, KOTRA"],
        ["trade.exports.kotra.2015", "$3.23 billion  China's exports to the DPRK, KOTRA"],
    ]


def test_a_search_as_json_gives_the_facts_themselves(say: Say, report: Report) -> None:
    said = say("fact", "cagr", "customs", "--json")
    assert said.code == 0 and said.err == ""
    assert json.loads(said.out) == [fact.as_json() for fact in report.facts.search(["cagr", "customs"])] != []


# ------------------------------------------------------------------------------------ explain and seal


def test_explain_prints_value_formula_rows_and_sources(say: Say, report: Report) -> None:
    said = say("explain", FACT)
    assert said.code == 0 and said.err == ""
    head, rows, sources, caveats = said.out.split("\n\n")
    assert caveats.splitlines()[1:] == [f"  {text}" for text in explain(report, FACT).caveats] != []
    assert head.splitlines() == say("fact", FACT).out.splitlines()[:-1]
    fact = report.fact(FACT)
    shown = re.findall(r"^  (trade/\S+): ", rows, flags=re.M)
    assert set(shown) == set(fact.rows) and len(fact.rows) == 4, "two figures, and two published rates beside them"
    assert "6,363.63 usd million" in rows and "6,544.7 usd million" in rows
    assert re.findall(r"^  (\S+): ", sources, flags=re.M) == list(fact.sources)
    for id in fact.sources:
        row = report.catalogue.sources.loc[id]
        for column in ("publisher", "address", "published", "accessed", "terms"):
            assert (row[column] or column == "published") and row[column] in sources


def test_explain_as_json_holds_the_same(say: Say, report: Report) -> None:
    from analysis.explain import explain

    said = say("explain", "trade.growth.kotra.2014", "--json")
    assert said.code == 0 and said.err == ""
    assert json.loads(said.out) == json.loads(json.dumps(explain(report, "trade.growth.kotra.2014").as_json()))


def test_explain_puts_the_months_of_a_year_into_one_line(say: Say, report: Report) -> None:
    said = say("explain", "trade.real.customs.2018")
    index = report.catalogue.frame("macro/us_cpi")
    for year in ("2015", "2018"):
        mean = index[index["month"].str[:4] == year]["value"].mean()
        assert said.out.count(f"macro/us_cpi {year}: mean of 12 months {mean:.6g} ") == 1
    assert "macro/us_cpi#" not in said.out


def test_seal_names_what_changed_and_makes_the_data_whole(project: Project, say: Say) -> None:
    assert say("seal") == Said(0, "0 changed tables; every table agrees with the data package.\n", "")
    table = project.root / "data" / "macro" / "us_cpi.csv"
    table.write_text("\n".join(table.read_text("utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")
    load.cache_clear()
    said = say("fact", FACT)
    is_one_sentence(said)
    assert "macro/us_cpi" in said.err and "`python -m analysis seal`" in said.err
    load.cache_clear()
    said = say("seal")
    assert said.code == 0 and said.out.startswith("changed: macro/us_cpi\n1 changed tables; ")
    load.cache_clear()
    assert say("fact", FACT).code == 0


# --------------------------------------------------------------------------------------------- render


@pytest.mark.slow
def test_render_takes_edition_settings_format_folder_and_says_what_it_made(
    project: Project, report: Report, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(project, report)
    monkeypatch.chdir(project.root)
    output = "my reports/výstup"
    words = ["render", "since-2017", "--set", "start_year=2016", "--set", "start_year=2018", "--output", output]
    said = say(*words, "--format", "html")
    assert said.code == 0 and said.err == "", said
    folder = project.root / output
    assert parameters_in(folder) == resolve({"start_year": 2018, "index_year": 2016, "base_year": 2016}).plain()
    facts = len(json.loads((folder / "facts.json").read_text("utf-8"))["facts"])
    lines = said.out.splitlines()
    assert lines[0] == "since-2017: no report yet" and re.fullmatch(r"facts  \d+\.\d s", lines[1])
    assert re.fullmatch(r"\[1/1\] 00_small  \d+\.\d s", lines[2])
    made = next(i for i, line in enumerate(lines) if re.fullmatch(r"since-2017: made in \d+\.\d s", line))
    assert lines[made + 1 :] == [
        f"  {output}/index.html", f"  {output}/facts.json ({facts} facts)", f"  {output}/tables{os.sep} (1 files)",
        f"  {output}/tables.xlsx", f"  {output}/rows.csv", f"  {output}/manifest.json",
    ]  # fmt: skip
    assert {path.name for path in folder.iterdir()} == {
        "index.html", "facts.json", "tables", "tables.xlsx", "rows.csv", "manifest.json",
    }  # fmt: skip
    # PDF joins the page that the same inputs made; `all` then has nothing to do.
    said = say(*words, "--format", "pdf")
    assert said.code == 0 and f"  {output}/index.html\n  {output}/report.pdf\n" in said.out
    said = say(*words)
    assert said.code == 0 and "since-2017: up to date\n  my reports" in said.out and "[1/1]" not in said.out
    assert [path.name for path in (project.root / "reports").iterdir()] == ["editions.yml"]


@pytest.mark.slow
def test_render_only_runs_one_notebook_into_a_folder_named_after_it(
    project: Project, report: Report, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(project, report)
    small(project, report, "raise RuntimeError('not asked for')", name="01_other")
    monkeypatch.chdir(project.root / "notebooks")
    said = say("render", "--only", "00_small.ipynb", "--format", "html")
    assert said.code == 0 and said.err == "", said
    folder = project.root / "reports" / "default-00_small"
    # It lies outside the working folder, so its whole path is printed.
    assert f"  {folder}/index.html\n" in said.out and (folder / "index.html").is_file()
    assert [n["name"] for n in json.loads((folder / "manifest.json").read_text("utf-8"))["notebooks"]] == ["00_small"]
    assert not project.output.exists()
    again = ["render", "--only", "00_small", "--format", "html"]
    assert say(*again).out.startswith("default: up to date\n")
    assert say(*again, "--force").out.startswith("default: made again, as --force asks\nfacts")


def test_a_failed_build_ends_with_one_sentence_and_code_one(project: Project, say: Say) -> None:
    said = say("render")
    is_one_sentence(said, code=1)
    assert "There are no notebooks in" in said.err
