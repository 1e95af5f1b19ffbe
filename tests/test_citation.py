"""CITATION.cff is valid by the required parts of its schema, and says what the project says of itself."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from analysis.parameters import DEFAULT_TITLE
from analysis.render.document import AUTHORS
from conftest import ROOT

# Of the Citation File Format 1.2.0: the fields it requires, and those it knows.
REQUIRED = {"authors", "cff-version", "message", "title"}
KNOWN = REQUIRED | {
    "abstract", "commit", "contact", "date-released", "doi", "identifiers", "keywords", "license", "license-url",
    "preferred-citation", "references", "repository", "repository-artifact", "repository-code", "type", "url",
    "version",
}  # fmt: skip
ENTITY = {
    "name", "address", "alias", "city", "country", "date-end", "date-start", "email", "fax", "location", "orcid",
    "post-code", "region", "tel", "website",
}  # fmt: skip


def faults(body: Any) -> list[str]:
    """What the schema would say against a citation file."""
    if not isinstance(body, dict):
        return ["no mapping"]
    found = [f"lacks {name}" for name in sorted(REQUIRED - set(body))]
    found += [f"knows no {name}" for name in sorted(set(body) - KNOWN)]
    if body.get("cff-version") != "1.2.0":
        found.append("cff-version")
    found += [name for name in ("message", "title", "abstract") if not str(body.get(name, "x")).strip()]
    if body.get("type", "software") not in ("software", "dataset"):
        found.append("type")
    authors = body.get("authors")
    if not isinstance(authors, list) or not authors:
        found.append("authors")
    elif any(not isinstance(a, dict) or not a.get("name") or set(a) - ENTITY for a in authors):
        found.append("an author is no entity")
    words = body.get("keywords", ["x"])
    if not isinstance(words, list) or not words or len(set(words)) < len(words):
        found.append("keywords")
    return found


@pytest.fixture
def body() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8")))


def test_the_citation_file_is_valid(body: dict[str, Any]) -> None:
    assert faults(body) == []


@pytest.mark.parametrize("harm", [
    lambda b: b.pop("authors"), lambda b: b.pop("message"), lambda b: b.update(author="x"),
    lambda b: b.update(authors=[]), lambda b: b.update(authors=[{"family": "x"}]), lambda b: b.update(title=" "),
    lambda b: b.update({"cff-version": 1.2}), lambda b: b.update(type="report"),
    lambda b: b.update(keywords=["a", "a"]),
])  # fmt: skip
def test_a_fault_would_be_found(body: dict[str, Any], harm: Callable[[dict[str, Any]], object]) -> None:
    harm(body)
    assert faults(body) != []


def test_it_says_what_the_project_says(body: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (body["version"], body["license"]) == (project["version"], project["license"])
    assert [author["name"] for author in body["authors"]] == [AUTHORS] and body["title"] == DEFAULT_TITLE
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert not re.search(r"doi|10\.\d{4}|://|@|orcid", text, re.IGNORECASE), "no identifier or address is invented"
    assert AUTHORS in (ROOT / "LICENSE").read_text(encoding="utf-8")
