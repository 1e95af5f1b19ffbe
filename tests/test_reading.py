"""Whoever reads the page otherwise than with eyes and a mouse on a screen: by axe-core's rules, by keyboard, without
scripts, on paper printed from a browser. What a machine cannot see is listed in docs/ACCESSIBILITY.md.
"""

from __future__ import annotations

import ast
import base64
import importlib.resources
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from analysis.display import PAPER_ROWS, SCREENFUL
from chromium import Browser
from conftest import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE, DESK = 390, 1440
# The shade that says that a table goes on is a gradient, against which axe-core cannot measure a contrast.
PLAIN = "<style>.scroll { background: none !important }</style>"
FOCUS = """(() => {
  const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
  return {
    index: [...document.querySelectorAll('*')].indexOf(e), name: named(e), body: e === document.body,
    seen: shown(e) && box.bottom > 0 && box.top < innerHeight && box.width > 0,
    outlined: style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2,
  };
})()"""
STOPS = "[...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')].filter(shown)"
INDICES = f"(() => {{ const all = [...document.querySelectorAll('*')]; return {STOPS}.map(e => all.indexOf(e)); }})()"
KEYS = {"Tab": 9, "Enter": 13, "ArrowRight": 39, "ArrowDown": 40}


def press(browser: Browser, key: str) -> None:
    browser.press(key, KEYS[key])


# ---------------------------------------------------------------------------------------------- axe-core


CONTRAST = "runOnly: ['color-contrast']"
ALL_BUT_CONTRAST = "rules: {'color-contrast': {enabled: false}}"


def faults(browser: Browser, chosen: str = "rules: {}") -> dict[str, Any]:
    """What axe-core finds wrong with the open page: rule, impact and first place of each, and how many rules hold.

    `chosen`: one rule takes long, because it looks at the ground of every word.
    """
    axe = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    browser.run(axe + "; true")
    found = browser.run(
        f"axe.run(document, {{resultTypes: ['violations'], {chosen}}})"
        """.then(result => ({
          passed: result.passes.length,
          faults: result.violations.map(v => [v.id, v.impact, v.nodes.length, String(v.nodes[0].target)]),
        }))"""
    )
    return dict(found)


@pytest.mark.parametrize(("width", "dark"), [(PHONE, False), (DESK, True)], ids=["phone-light", "desk-dark"])
def test_axe_core_finds_nothing_wrong(browser: Browser, page: Path, width: int, dark: bool) -> None:
    browser.open(page, width, dark=dark)
    browser.run("openAll()")
    browser.run(f"document.head.insertAdjacentHTML('beforeend', '{PLAIN}')")
    if not dark:  # once every row is seen; for colours the first rows do, and test_browser measures those of all
        found = faults(browser, ALL_BUT_CONTRAST)
        assert found["faults"] == [] and found["passed"] > 30
    browser.run("document.querySelectorAll('tbody tr:nth-child(n + 9)').forEach(row => row.remove()); true")
    assert faults(browser, CONTRAST) == {"faults": [], "passed": 1}


def test_axe_core_sees_what_it_is_asked_for(browser: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<html><title>t</title><p style='color: #bbb'>pale</p><img src='data:,'></html>", encoding="utf-8")
    browser.open(bad, DESK, pictures=False)
    impacts = {rule: impact for rule, impact, *_ in faults(browser)["faults"]}
    assert impacts["image-alt"] == "critical" and impacts["color-contrast"] == impacts["html-has-lang"] == "serious"


# ---------------------------------------------------------------------------------------------- keyboard


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_tab_visits_everything_that_can_be_used_in_order_and_in_sight(
    browser: Browser, page: Path, width: int
) -> None:
    browser.open(page, width)
    wanted, visited, hidden = browser.run(INDICES), [], []
    for _ in wanted:
        press(browser, "Tab")
        focus = browser.run(FOCUS)
        visited.append(focus["index"])
        if not (focus["seen"] and focus["outlined"]):
            hidden.append(focus["name"])
    assert visited == wanted and wanted == sorted(wanted)
    assert hidden == []
    kinds = browser.run(f"{STOPS}.map(e => e.className || e.tagName)")
    assert kinds[0] == "skip" and kinds.count("scroll") >= 5 and kinds.count("SUMMARY") >= 9
    press(browser, "Tab")
    assert browser.run(FOCUS)["index"] not in wanted[1:-1], "no trap"


def test_enter_opens_the_contents_on_a_phone_and_a_link_moves_to_its_heading(browser: Browser, page: Path) -> None:
    browser.open(page, PHONE)
    browser.run("document.querySelector('details.contents summary').focus()")
    press(browser, "Enter")
    assert browser.run("document.querySelector('details.contents').open")
    press(browser, "Tab")
    place = browser.run("document.activeElement.getAttribute('href')")
    assert place == browser.run("document.querySelector('details.contents a').getAttribute('href')")
    press(browser, "Enter")
    assert browser.run("location.hash") == place
    assert 0 <= browser.run("document.querySelector(':target').getBoundingClientRect().top") < 900


def test_a_long_table_is_opened_and_scrolled_by_keyboard(browser: Browser, page: Path) -> None:
    table = "document.querySelector('#trade_growth_rates')"
    browser.open(page, PHONE)
    browser.run(f"{table}.querySelector('summary').focus()")
    press(browser, "Enter")
    assert browser.run(f"{table}.querySelector('details').open")
    press(browser, "Tab")
    assert browser.run(f"document.activeElement === {table}.querySelector('.scroll')")
    before = browser.run("scrollY")
    for key, how in (("ArrowDown", "scrollTop"), ("ArrowRight", "scrollLeft")):
        for _ in range(3):
            press(browser, key)
        assert browser.until(f"document.activeElement.{how} > 0", 5), f"{key} does not scroll the table"
    assert browser.run("scrollY") == before, "the page stays"
    browser.run(f"{table}.querySelector('summary').focus()")
    press(browser, "Enter")
    assert not browser.run(f"{table}.querySelector('details').open")


def test_long_tables_open_on_demand_and_say_how_long_they_are(browser: Browser, page: Path) -> None:
    browser.open(page, DESK)
    rows = browser.run(
        """[...document.querySelectorAll('section.table')].map(s => {
          const details = s.querySelector('details');
          return [s.id, s.querySelectorAll('tbody tr').length, details ? details.open : null,
                  details ? details.querySelector('summary').textContent : ''];
        })"""
    )
    folded = {id for id, _, is_open, _ in rows if is_open is False}
    assert {"trade_annual", "trade_growth_rates", "trade_bases_table"} <= folded
    for id, count, is_open, words in rows:
        assert is_open is (False if count > SCREENFUL else None), id
        assert not words or words.endswith(f"({count:,} rows)"), id


# ---------------------------------------------------------------------------------------- without scripts


@pytest.fixture
def scriptless(browser: Browser) -> Iterator[Browser]:
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    yield browser
    browser.send("Emulation.setScriptExecutionDisabled", value=False)


WORDS = "document.body.innerText"


def test_the_page_is_the_same_without_scripts(browser: Browser, page: Path) -> None:
    browser.open(page, DESK)
    with_scripts = browser.run(WORDS)
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(page, DESK)
        assert browser.run(WORDS) == with_scripts and len(with_scripts) > 10_000
    finally:
        browser.send("Emulation.setScriptExecutionDisabled", value=False)


def test_tables_open_and_links_lead_without_scripts(scriptless: Browser, page: Path, tmp_path: Path) -> None:
    probe = tmp_path / "probe.html"
    probe.write_text("<title>as written</title><script>document.title = 'script ran'</script>", encoding="utf-8")
    scriptless.open(probe, DESK, pictures=False)
    assert scriptless.run("document.title") == "as written", "scripts are off"
    scriptless.open(page, DESK)
    scriptless.run("document.querySelector('#trade_annual summary').focus()")
    press(scriptless, "Enter")
    assert scriptless.run("shown(document.querySelector('#trade_annual td'))")
    scriptless.run("document.querySelector('nav.beside a').focus()")
    press(scriptless, "Enter")
    assert scriptless.run("document.querySelector(':target').tagName") == "H2"


# -------------------------------------------------------------------------------------------------- paper


@dataclass
class Print:
    """What stands on paper: its words, the number of its letters, and those outside the margins with their places."""

    words: str = ""
    letters: int = 0
    outside: list[tuple[float, str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def printed(browser: Browser, page: Path) -> Print:
    """The page as Chromium prints it on A4, nothing opened by hand; read once, for that takes long."""
    browser.open(page, DESK, media="print", dark=True)
    made = browser.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)["data"]
    found = Print()
    for sheet in PdfReader(io.BytesIO(base64.b64decode(made))).pages:
        left, right = 40, float(sheet.mediabox.width) - 40

        def see(text: str, outer: list[float], inner: list[float], font: object, size: float,
                left: float = left, right: float = right) -> None:  # fmt: skip
            x = inner[4] * outer[0] + inner[5] * outer[2] + outer[4]
            if text.strip():
                found.letters += len(text)
                if not left <= x <= right:
                    found.outside.append((x, text))

        found.words += sheet.extract_text(visitor_text=see)
    return found


def pressed(text: str) -> str:
    """`text` without blanks and breaks, and without the joined letters of fonts."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def test_what_is_folded_on_the_screen_is_printed(browser: Browser, page: Path, printed: Print) -> None:
    words = pressed(printed.words)
    browser.open(page, DESK)
    texts = browser.run(
        """[...document.querySelectorAll('details:not(.contents)')].map(d => [
          d.className, d.querySelectorAll('tbody tr').length,
          [...d.querySelectorAll('td, th, dt, dd, summary ~ p')].map(e => e.textContent),
          d.querySelector('summary').textContent,
        ])"""
    )
    assert len(texts) >= 9
    for kind, rows, cells, summary in texts:
        missing = [cell for cell in cells if pressed(cell) not in words]
        if kind == "filed":
            assert rows > PAPER_ROWS and missing, f"{summary} is too long for paper"
            assert pressed(summary) in words
        else:
            assert rows <= PAPER_ROWS and missing == [], (summary, missing)


def test_no_letter_of_the_print_lies_outside_the_margins(printed: Print) -> None:
    assert printed.letters > 20_000 and printed.outside == []


# -------------------------------------------------------------------------------------------- the statement


def test_the_statement_of_accessibility_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "ACCESSIBILITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+)\.py::(test_\w+)`", text)
    assert len(named) >= 15
    for module, function in named:
        assert function in names_of_tests(ROOT / "tests" / f"{module}.py"), f"{module}::{function}"
    # A test of this module that the statement does not mention would make it say less than is true.
    missing = names_of_tests(Path(__file__)) - {function for _, function in named}
    assert all("statement" in name for name in missing), missing


def names_of_tests(path: Path) -> set[str]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_the_page_and_the_readme_point_to_the_statement(page: Path) -> None:
    assert "docs/ACCESSIBILITY.md" in page.read_text(encoding="utf-8").rpartition("<footer>")[2]
    assert "(docs/ACCESSIBILITY.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
