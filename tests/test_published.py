"""The editions under version control say what a fresh build would say, and hold no clock."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

import publish
from analysis import Report, prose
from analysis.catalogue import Catalogue
from analysis.facts import significant
from analysis.parameters import edition, resolve
from conftest import ROOT

FOLDER = ROOT / "reports" / "published"
NAMES = ["default", "essays-2016"]
CLOCK = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")


def report_of(name: str, catalogue: Catalogue) -> Report:
    return Report(resolve(edition(name).parameters, catalogue), catalogue)


def differences(published: dict[str, Any], report: Report) -> list[str]:
    """Ids of facts that are not the same to nine digits, in text and in numbers, in `published` and in `report`."""
    old = {fact["id"]: fact for fact in published["facts"]}
    new = {fact["id"]: fact for fact in report.facts.as_json()}

    def same(a: Any, b: Any) -> bool:
        if isinstance(a, float) and isinstance(b, float):
            return significant(a, 9) == significant(b, 9)
        return bool(a == b)

    return sorted(
        id for id in old.keys() | new.keys()
        if id not in old or id not in new or not all(same(old[id].get(key), new[id].get(key)) for key in new[id])
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_published_facts_are_those_of_a_fresh_build(name: str, catalogue: Catalogue) -> None:
    published = json.loads((FOLDER / name / "facts.json").read_text(encoding="utf-8"))
    report = report_of(name, catalogue)
    assert published["edition"] == name and published["parameters"] == report.parameters.plain()
    assert differences(published, report) == [], "run make publish"


def test_a_difference_is_found(catalogue: Catalogue) -> None:
    published = json.loads((FOLDER / "default" / "facts.json").read_text(encoding="utf-8"))
    report = report_of("default", catalogue)
    fact = next(f for f in published["facts"] if f["id"] == "trade.total.customs.2013")
    fact["value"] *= 1 + 1e-10
    assert differences(published, report) == []
    fact["value"] *= 1 + 1e-7
    published["facts"] = [f for f in published["facts"] if f["id"] != "trade.total.customs.2012"]
    assert differences(published, report) == ["trade.total.customs.2012", "trade.total.customs.2013"]


@pytest.mark.parametrize("name", NAMES)
def test_published_documents_are_of_these_facts_and_hold_no_clock(name: str, catalogue: Catalogue) -> None:
    folder, report = FOLDER / name, report_of(name, catalogue)
    page = (folder / "index.html").read_text(encoding="utf-8")
    sheets = PdfReader(folder / "report.pdf").pages[:4]  # the findings stand on the first ones
    text = re.sub(r"\s", "", "".join(sheet.extract_text() for sheet in sheets))
    plain = html.unescape(re.sub(r"<[^>]*>", "", page))
    for finding in prose.summary.findings(report).findings:
        assert finding.headline.text in plain
        assert re.sub(r"\s", "", finding.headline.text) in text.replace("\u2060", "")
    assert catalogue.version in page and catalogue.version in text
    for path in (folder / "index.html", folder / "facts.json", *folder.glob("tables/*.csv")):
        assert not CLOCK.search(path.read_text(encoding="utf-8")), path.name
    assert not (folder / "manifest.json").exists()


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_a_published_page_links_is_there(name: str) -> None:
    page = (FOLDER / name / "index.html").read_text(encoding="utf-8")
    linked = set(re.findall(r'href="(tables[^"]*)"', page))
    assert len(linked) > 20
    assert [link for link in linked if not (FOLDER / name / link).is_file()] == []


def test_what_is_published_is_what_the_tool_publishes() -> None:
    assert list(publish.EDITIONS) == NAMES == sorted(path.name for path in FOLDER.iterdir())
    assert (FOLDER / "default" / publish.PICTURE).is_file()


def test_a_build_does_not_write_into_the_published_editions() -> None:
    from analysis.render.build import BadOutput, plan

    with pytest.raises(BadOutput, match="reports/published"):
        plan("default", output=Path(FOLDER / "default"))
