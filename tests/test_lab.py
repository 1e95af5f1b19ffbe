"""JupyterLab as an analyst uses it: a real server, a real kernel, and Lab's own page in Chromium.

The server listens on loopback alone, asks for a token, and keeps its settings in a folder of the test.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import chromium
from analysis.display import NODE_TYPE, WIDGET_TYPE
from chromium import Browser
from conftest import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TOKEN = "of-this-test"
SECONDS = 120
FACT = re.compile(r'<data class="fact"[^>]*? value="([^"]+)"[^>]*>([^<]*)</data>')
# Whether the notebook is open with a kernel that answers, within half a minute.
OPEN = """Promise.race([(async () => {
  const until = async test => { while (!test()) await new Promise(next => setTimeout(next, 50)); };
  await until(() => window.jupyterapp);
  await jupyterapp.restored;
  const shown = () => jupyterapp.shell.currentWidget;
  await until(() => shown()?.content?.model && shown()?.sessionContext);
  await shown().context.ready;
  await shown().sessionContext.ready;
  await shown().sessionContext.session.kernel.info;
  window.notebook = shown().content;
  window.command = name => jupyterapp.commands.execute(name).then(() => true);
  return true;
})(), new Promise(next => setTimeout(() => next(false), 30000))])"""
TRIES = 4


@dataclass
class Server:
    """A running server; `folder` is what it shows, `address` ends in a slash."""

    address: str
    folder: Path

    def get(self, path: str, token: str = TOKEN) -> tuple[int, str, bytes]:
        """Status, media type and body of what the server answers."""
        request = urllib.request.Request(self.address + path, headers={"Authorization": f"token {token}"})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return answer.status, answer.headers.get_content_type(), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get_content_type(), error.read()

    def end_kernels(self) -> None:
        """Shut down every kernel, and with them the sessions that wait for one."""
        for kernel in json.loads(self.get("api/kernels")[2]):
            address, head = f"{self.address}api/kernels/{kernel['id']}", {"Authorization": f"token {TOKEN}"}
            request = urllib.request.Request(address, headers=head, method="DELETE")
            urllib.request.urlopen(request, timeout=SECONDS).read()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium of these tests alone: in a tab that other tests have printed and read, Lab waits for its kernel."""
    made = chromium.start(tmp_path_factory.mktemp("browser-of-lab"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab as `make lab` starts it, but for the folder, the port and the token."""
    home = tmp_path_factory.mktemp("lab")
    folder = Path(shutil.copytree(ROOT / "notebooks", home / "notebooks"))
    places = {name: str(home / name.lower()) for name in
              ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "HOME")}  # fmt: skip
    for place in places.values():
        Path(place).mkdir()
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser", "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0", f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={TOKEN}",
        "--LabApp.extension_manager=readonly", *(["--allow-root"] if os.getuid() == 0 else []),
    ]  # fmt: skip
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    log = home / "log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=written, stderr=written, cwd=home,
            env={**os.environ, **places, "PATH": path, "JUPYTER_PREFER_ENV_PATH": "1"},
        )  # fmt: skip
    try:
        yield Server(_address(process, Path(places["JUPYTER_RUNTIME_DIR"]), log), folder)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """Where the server says it listens, once it answers."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                address = str(json.loads(file.read_text(encoding="utf-8"))["url"])
                urllib.request.urlopen(address + "api", timeout=5).read()
                return address
            except (OSError, ValueError):
                pass
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start: {log.read_text(encoding='utf-8')[-2000:]}")


class Lab:
    """One notebook, opened in Lab."""

    def __init__(self, browser: Browser, server: Server, name: str) -> None:
        self.browser, self.path = browser, name
        # On a busy machine Lab can miss the first word of a kernel, and then waits for it for ever.
        for _ in range(TRIES):
            browser.open(f"{server.address}lab/tree/{name}?token={TOKEN}&reset", 1440, pictures=False)
            if browser.run(OPEN):
                return
            browser.open("about:blank", 1440, pictures=False)
            server.end_kernels()
        pytest.fail(f"Lab did not open {name} with a kernel in {TRIES} tries")

    def set(self, before: str, after: str) -> None:
        """Change the parameters cell as a person does: click into it and type."""
        index = self.browser.run("notebook.widgets.findIndex(w => w.model.getMetadata('tags')?.includes('parameters'))")
        cell = f"notebook.widgets[{index}]"
        source = self.browser.run(f"{cell}.model.sharedModel.getSource()")
        assert before in source
        self.browser.run(f"notebook.scrollToCell({cell}).then(() => true)")
        self.browser.click(f"{cell}.node.querySelector('.cm-line')")
        assert self.browser.until(f"{cell}.editor.hasFocus()")
        self.browser.write(source.replace(before, after))
        assert self.browser.run(f"{cell}.model.sharedModel.getSource()") == source.replace(before, after)

    def command(self, name: str) -> None:
        """Run a command of Lab's menus, until it is done."""
        assert self.browser.run(f"command({name!r})")

    def outputs(self) -> list[list[dict[str, Any]]]:
        """The outputs of each code cell."""
        found = self.browser.run(
            "JSON.stringify([...notebook.model.cells].filter(c => c.type === 'code').map(c => c.outputs.toJSON()))"
        )
        return list(json.loads(found))

    def facts(self) -> dict[str, float | None]:
        """Every fact that the outputs name, with its value."""
        bundles = [output["data"] for outputs in self.outputs() for output in outputs if "data" in output]
        return {id: value for data in bundles for id, value in data.get(NODE_TYPE, {}).get("facts", {}).items()}

    def words(self) -> dict[str, set[str]]:
        """What stands in the sentences for each fact."""
        found: dict[str, set[str]] = {}
        for outputs in self.outputs():
            for output in outputs:
                for id, text in FACT.findall("".join(output.get("data", {}).get("text/html", ""))):
                    found.setdefault(id, set()).add(html.unescape(text))
        return found

    def close(self) -> None:
        """End the kernel and leave the page, which would else ask whether to save."""
        self.browser.run("jupyterapp.shell.currentWidget.sessionContext.shutdown().then(() => true)")
        self.browser.open("about:blank", 1440, pictures=False)


@pytest.fixture
def lab(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The summary, in a copy of the test's own."""
    name = f"{request.node.name}.ipynb"
    shutil.copy(ROOT / "notebooks" / "00_summary.ipynb", server.folder / name)
    opened = Lab(browser, server, name)
    yield opened
    opened.close()


def by_command(*settings: str) -> dict[str, float | None]:
    """Every fact, as `python -m analysis fact` gives it with these settings."""
    words = [word for setting in settings for word in ("--set", setting)]
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "fact", ".", "--list", "--json", *words],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {fact["id"]: fact["value"] for fact in json.loads(done.stdout)}


def test_a_changed_parameter_gives_the_numbers_of_the_batch(lab: Lab) -> None:
    lab.set("start_year = 1984", "start_year = 2005")
    lab.set('basis = "customs"', 'basis = "kotra"')
    lab.command("notebook:run-all-cells")
    shown, batch = lab.facts(), by_command("start_year=2005", "basis=kotra")
    assert len(shown) > 15 and "trade.total.kotra.2014" in shown
    assert {id: value for id, value in shown.items() if batch[id] != value} == {}
    # The parameters make a difference: by default the summary shows the peak by customs.
    assert "trade.total.customs.2013" not in shown and "trade.total.customs.2013" in batch
    # What a person sees on the screen is what the outputs hold.
    id, texts = next(iter(lab.words().items()))
    lab.browser.run("notebook.scrollToItem(0).then(() => true)")
    place = f"[...document.querySelectorAll('.jp-OutputArea data.fact')].find(e => e.value === {id!r})"
    for position in range(lab.browser.run("notebook.widgets.length")):
        lab.browser.run(f"notebook.scrollToItem({position}).then(() => true)")
        if lab.browser.until(place, 0.5):
            break
    assert lab.browser.run(f"{place}.textContent") in texts


def test_a_mistyped_name_gives_one_sentence_and_no_traceback(lab: Lab) -> None:
    lab.set("start_year", "star_year")
    lab.command("notebook:run-all-cells")
    said = [output for outputs in lab.outputs() for output in outputs]
    assert len(said) == 1 and said[0]["output_type"] == "error"
    assert said[0]["traceback"] == [said[0]["evalue"]]
    assert said[0]["evalue"].startswith("There is no parameter 'star_year': did you mean start_year?")
    assert "\n" not in said[0]["evalue"]
    place = "document.querySelector('.jp-OutputArea-output')"
    assert lab.browser.until(place)
    assert lab.browser.run(f"{place}.textContent.trim()") == said[0]["evalue"]


def test_the_panel_draws_the_notebook_again_in_place(lab: Lab) -> None:
    lab.command("notebook:run-all-cells")
    lab.browser.run("notebook.scrollToItem(2).then(() => true)")
    year = "document.querySelector('.widget-readout')"
    assert lab.browser.until(year), "ipywidgets shows its controls"
    lab.browser.click(year)
    lab.browser.write("2005")
    lab.browser.press("Enter", 13)
    button = "[...document.querySelectorAll('.jupyter-button')].find(e => e.textContent.includes('Run with'))"
    lab.browser.click(button)
    status = "document.querySelector('[role=status]')"
    assert lab.browser.until(f"{status}?.textContent.startsWith('Drawn')")
    assert lab.browser.run(f"{status}.textContent") == (
        "Drawn. To keep this, write in the parameters cell: start_year = 2005."
    )
    batch, shown = by_command("start_year=2005"), lab.facts()
    assert len(shown) > 15 and {id: value for id, value in shown.items() if batch[id] != value} == {}
    assert any("<code>start_year</code> = 2005" in text for text in texts_of(lab))
    year_after = "[...document.querySelectorAll('.widget-readout')][1]"
    lab.browser.click(year_after)
    lab.browser.write("1990")
    lab.browser.press("Enter", 13)
    lab.browser.click(button)
    assert lab.browser.until(f"{status}.textContent.includes('must not lie before')")
    assert lab.browser.run(f"{status}.textContent") == (
        "end_year cannot be '1990': it must not lie before start_year, which is 2005."
    )
    assert lab.facts() == shown, "a bad combination changes nothing"


def texts_of(lab: Lab) -> list[str]:
    return ["".join(o["data"].get("text/html", "")) for outputs in lab.outputs() for o in outputs if "data" in o]


def test_the_export_menu_gives_our_html_and_pdf(lab: Lab, server: Server) -> None:
    lab.set("start_year = 1984", "start_year = 2005")
    lab.command("notebook:run-all-cells")
    assert any(WIDGET_TYPE in o["data"] for outputs in lab.outputs() for o in outputs), "the panel is saved too"
    lab.command("docmanager:save")
    menu = ".filter(e => e.getBoundingClientRect().width)"
    lab.browser.click("[...document.querySelectorAll('.lm-MenuBar-item')].find(e => e.textContent.trim() === 'File')")
    items = f"[...document.querySelectorAll('.lm-Menu-item')]{menu}"
    item = f"{items}.find(e => e.textContent.includes('Export Notebook As'))"
    assert lab.browser.until(item)
    lab.browser.click(item)
    offered = f"{items}.map(e => e.textContent)"
    assert lab.browser.until(f"{offered}.includes('Report_html') && {offered}.includes('Report_pdf')")
    for _ in range(2):
        lab.browser.press("Escape", 27)
    code, kind, page = server.get(f"nbconvert/report_html/{lab.path}?download=true")
    text = page.decode("utf-8")
    assert (code, kind) == (200, "text/html") and '<main id="main"' in text and "VBox" not in text
    assert {id: {html.unescape(t) for i, t in FACT.findall(text) if i == id} for id in lab.words()} == lab.words()
    code, kind, paper = server.get(f"nbconvert/report_pdf/{lab.path}?download=true")
    assert (code, kind) == (200, "application/pdf") and paper.startswith(b"%PDF")
    _, _, page = server.get(f"nbconvert/report_html/{lab.path}", token="wrong")
    assert b'<main id="main"' not in page, "whoever has no token gets the page to log in"
