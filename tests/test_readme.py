"""The README says what the report says, and its commands exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import readme
from analysis import Report

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(python -m analysis .*)$", README, flags=re.M)


def test_the_findings_of_the_readme_are_those_of_the_report() -> None:
    assert readme.written(README, Report()) == README, "run tools/readme.py"
    assert (ROOT / readme.PICTURE).is_file()


def test_every_file_named_in_the_readme_exists() -> None:
    names = re.findall(r"`((?:docs|data|src|reports|notebooks)/[\w./-]+|[A-Z]+(?:\.md)?)`", README)
    missing = [n for n in names if not (ROOT / n).exists() and not n.startswith("reports/default")]
    assert missing == []


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_is_understood(line: str) -> None:
    from analysis.cli import parser

    parser().parse_args(shlex.split(line)[3:])


def test_every_command_is_documented() -> None:
    from analysis.cli import parser

    commands = next(a.choices for a in parser()._actions if isinstance(a.choices, dict))
    documented = README + (ROOT / "docs" / "DATA.md").read_text(encoding="utf-8")
    assert [name for name in commands if f"python -m analysis {name}" not in documented] == []
