"""Fixtures that several test modules share, and one profile for property tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from analysis import Report
from analysis.catalogue import Catalogue, load, project_root
from analysis.parameters import resolve

# The same examples in every run: a red test here is a red test everywhere.
settings.register_profile("suite", deadline=None, max_examples=60, derandomize=True, database=None)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The project's own data package."""
    return load()


@pytest.fixture(scope="session")
def report(catalogue: Catalogue) -> Report:
    """The report of the default parameters, its facts computed once for all tests."""
    return Report(resolve({}, catalogue), catalogue)


@pytest.fixture
def copied_data(tmp_path: Path) -> Path:
    """A copy of data/ that a test may change; the path of its folder."""
    return Path(shutil.copytree(project_root() / "data", tmp_path / "data"))
