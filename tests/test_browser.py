"""The page as a browser shows it: on a phone, a desk and paper, light and dark, by keyboard.

Where there is no Chromium these tests are skipped, see `chromium`.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from nbconvert.exporters import get_exporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from chromium import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE, DESK = 390, 1440

LAID_OUT = "[...document.querySelectorAll('table.stacked td')].map(td => getComputedStyle(td).display)"


@pytest.fixture(scope="module")
def unruly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a foreign notebook: a long word, a long line of code, a picture wider than any screen."""
    buffer = io.BytesIO()
    Figure(figsize=(30, 2), dpi=100).savefig(buffer, format="png")
    outputs = [
        new_output("display_data", data={"image/png": base64.b64encode(buffer.getvalue()).decode()}),
        new_output("stream", name="stdout", text="x" * 500),
    ]
    word = "Donaudampfschifffahrtsgesellschaft" * 8
    notebook = new_notebook(cells=[
        new_markdown_cell(f"# {word}\n\n## {word}\n\n{word}\n\n- `{word}`\n\n> https://example.org/{word}"),
        new_code_cell("show()", execution_count=1, outputs=outputs),
    ])  # fmt: skip
    path = tmp_path_factory.mktemp("unruly") / "notebook.html"
    path.write_text(get_exporter("report_html")().from_notebook_node(notebook)[0], encoding="utf-8")
    return path


# ------------------------------------------------------------------------------------------------ width


@pytest.mark.parametrize("width", [320, PHONE, 768, DESK])
def test_the_page_never_scrolls_sideways(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width)
    assert browser.run("innerWidth") == width
    assert browser.run("sideways()") == 0
    browser.run("openAll()")
    assert browser.run("sideways()") == 0


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_foreign_notebook_does_not_scroll_sideways(browser: Browser, unruly: Path, width: int) -> None:
    browser.open(unruly, width)
    assert browser.run("sideways()") == 0
    assert browser.run("document.images[0].naturalWidth") == 3000
    assert browser.run("document.images[0].getBoundingClientRect().right <= innerWidth")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_text_stays_in_its_box(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width)
    browser.run("openAll()")
    assert browser.run("texts().length") > 2000
    outside = "t.box.left < t.own.left - 1 || t.box.right > t.own.right + 1"
    assert browser.run(f"texts().filter(t => {outside}).map(t => named(t.block))") == []


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_texts_do_not_lie_on_each_other(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width)
    # Blocks are compared with the dozen that follow: whatever lies further away is placed by the same rules.
    overlaps = browser.run(
        """(() => {
          const boxes = new Map(), bad = [];
          for (const {block, box} of texts()) {
            const old = boxes.get(block);
            boxes.set(block, old
              ? [Math.min(old[0], box.left), Math.min(old[1], box.top), Math.max(old[2], box.right),
                 Math.max(old[3], box.bottom)]
              : [box.left, box.top, box.right, box.bottom]);
          }
          const all = [...boxes];
          all.forEach(([one, a], i) => all.slice(i + 1, i + 13).forEach(([other, b]) => {
            if (one.contains(other) || other.contains(one)) return;
            const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
            const high = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
            if (wide > 2 && high > 4 && !one.closest('.scroll')) bad.push([named(one), named(other)]);
          }));
          return bad;
        })()"""
    )
    assert overlaps == []


def test_the_contents_stand_beside_the_text_on_a_desk_and_fold_on_a_phone(browser: Browser, page: Path) -> None:
    box = "document.querySelector('{}').getBoundingClientRect().{}"
    browser.open(page, DESK)
    assert browser.run("[...document.querySelectorAll('nav')].filter(shown).length") == 1
    assert browser.run(box.format("nav.beside", "right")) < browser.run(box.format("main", "left"))
    browser.run("scrollTo(0, 9000)")
    assert browser.run(box.format("nav.beside", "top")) == 0, "they stay in sight"
    browser.open(page, PHONE)
    assert browser.run("[...document.querySelectorAll('nav')].filter(shown).length") == 0
    browser.run("document.querySelector('details.contents summary').click()")
    assert browser.run("[...document.querySelectorAll('nav')].filter(shown).length") == 1
    assert browser.run(box.format("details.contents", "bottom")) <= browser.run(box.format("main", "top"))


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_links_of_the_contents_and_controls_are_large_enough_to_hit(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width)
    browser.run("document.querySelector('details.contents').open = true")
    targets = "[...document.querySelectorAll('nav a, summary, .data a, footer a')].filter(shown)"
    assert browser.run(f"{targets}.length") > 40
    small = f"{targets}.filter(e => e.getBoundingClientRect().height < 24).map(named)"
    assert browser.run(small) == []


# ------------------------------------------------------------------------------------- figures and tables


def test_a_phone_gets_the_narrow_figures(browser: Browser, page: Path) -> None:
    used = "[...document.querySelectorAll('picture')].map(p => p.querySelector('img').currentSrc === {})"
    narrow, wide = "p.querySelector('source').srcset", "p.querySelector('img').src"
    for width, wanted in ((PHONE, narrow), (DESK, wide)):
        browser.open(page, width)
        taken = browser.run(used.format(wanted))
        assert len(taken) >= 10 and all(taken)
        kept = """[...document.images].filter(i => {
          const style = getComputedStyle(i), box = i.getBoundingClientRect();
          const across = parseFloat(style.paddingLeft) * 2, down = parseFloat(style.paddingTop) * 2;
          const stretched = (box.width - across) / (box.height - down) / (i.naturalWidth / i.naturalHeight);
          return !i.naturalWidth || box.right > innerWidth || Math.abs(stretched - 1) > 0.02;
        }).length"""
        assert browser.run(kept) == 0


def test_a_table_of_sentences_is_read_row_by_row_on_a_phone(browser: Browser, page: Path) -> None:
    browser.open(page, DESK)
    assert set(browser.run(LAID_OUT)) == {"table-cell"}
    browser.open(page, PHONE)
    browser.run("openAll()")
    assert set(browser.run(LAID_OUT)) <= {"block", "none"}
    scrolled = "[...document.querySelectorAll('.scroll:has(.stacked)')].map(s => s.scrollWidth - s.clientWidth)"
    assert set(browser.run(scrolled)) == {0}
    label = "getComputedStyle(document.querySelector('table.stacked td'), '::before').content"
    assert browser.run("document.querySelector('table.stacked td').dataset.label") in browser.run(label)


def test_a_stacked_table_is_still_a_table_to_a_screen_reader(browser: Browser, page: Path) -> None:
    roles = []
    for width in (DESK, PHONE):
        browser.open(page, width)
        tree = browser.send("Accessibility.getFullAXTree")["nodes"]
        found = [node["role"]["value"] for node in tree if not node.get("ignored")]
        roles.append({role: found.count(role) for role in ("table", "columnheader", "rowheader", "row")})
    assert roles[0]["table"] > 5 and roles[0]["columnheader"] > 30
    assert roles[0] == roles[1]


# ---------------------------------------------------------------------------------------- colour and paper


@pytest.mark.parametrize(("dark", "width"), [(False, DESK), (True, PHONE)], ids=["light", "dark"])
def test_text_has_enough_contrast(browser: Browser, page: Path, dark: bool, width: int) -> None:
    browser.open(page, width, dark=dark)
    browser.run("openAll()")
    assert browser.run("behind(document.body).light < 0.05") is dark
    assert browser.run("texts().filter(t => t.ratio < 4.5).map(t => [named(t.parent), t.ratio])") == []


def test_charts_lie_on_white_in_the_dark(browser: Browser, page: Path) -> None:
    browser.open(page, DESK, dark=True)
    assert set(browser.run("[...document.querySelectorAll('figure img')].map(i => behind(i).light)")) == {1}


def test_paper_shows_no_contents_and_no_dark(browser: Browser, page: Path) -> None:
    browser.open(page, 794, dark=True, media="print")
    for hidden in ("nav", "details.contents", ".skip", "footer a"):
        assert browser.run(f"[...document.querySelectorAll('{hidden}')].filter(shown).length") == 0
    assert browser.run("behind(document.body).light") == 1
    assert browser.run("texts().filter(t => t.ratio < 4.5).map(t => named(t.parent))") == []
    assert set(browser.run(LAID_OUT)) == {"table-cell"}


@pytest.mark.parametrize("paper", [(8.27, 11.69), (8.5, 11)], ids=["a4", "letter"])
def test_nothing_is_cut_off_on_paper(browser: Browser, page: Path, paper: tuple[float, float]) -> None:
    # The width between the margins of the print style, 16 mm on each side, at 96 pixels an inch.
    width = int((paper[0] - 2 * 16 / 25.4) * 96)
    browser.open(page, width, media="print")
    assert browser.run("texts().filter(t => t.box.right > innerWidth + 1).map(t => named(t.block))") == []
    assert browser.run("[...document.images].filter(i => i.getBoundingClientRect().right > innerWidth + 1).length") == 0
    printed = base64.b64decode(
        browser.send("Page.printToPDF", paperWidth=paper[0], paperHeight=paper[1], preferCSSPageSize=False)["data"]
    )
    assert printed.startswith(b"%PDF") and printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") > 5


# ------------------------------------------------------------------------------------ keyboard and network


def test_the_first_tab_reaches_the_skip_link_and_enter_moves_to_the_text(browser: Browser, page: Path) -> None:
    browser.open(page, DESK)
    browser.press("Tab", 9)
    assert browser.run("document.activeElement.className") == "skip"
    assert browser.run("document.activeElement.getBoundingClientRect().top >= 0")
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.press("Enter", 13)
    assert browser.run("document.activeElement.id") == "main"
    assert browser.run("document.getElementById('main').getBoundingClientRect().top < innerHeight / 2")


def test_following_a_link_of_the_contents_shows_its_heading(browser: Browser, page: Path) -> None:
    browser.open(page, DESK)
    browser.run("[...document.querySelectorAll('nav.beside a')].at(-1).click()")
    top = browser.run("document.querySelector(':target').getBoundingClientRect().top")
    assert browser.run("document.querySelector(':target').tagName") == "H3"
    assert 0 <= top < 900


def test_the_browser_loads_the_file_alone_and_finds_nothing_to_complain(browser: Browser, page: Path) -> None:
    browser.open(page, DESK)
    requested = [e["params"]["request"]["url"] for e in browser.events if e["method"] == "Network.requestWillBeSent"]
    assert [url for url in requested if not url.startswith("data:")] == [page.as_uri()]
    assert [e["params"] for e in browser.events if e["method"] in ("Log.entryAdded", "Runtime.exceptionThrown")] == []
