"""A headless Chromium for tests, driven through its debugging pipe with the standard library alone.

Where there is no Chromium the tests that need it are skipped; with REQUIRE_BROWSER (or CI) set they fail instead.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 120
UNANSWERED = 1_000_000_000  # number of messages whose answer nobody waits for

# Runs in the page. `texts` gives every visible text with its box, its block and its two colours.
HELPERS = r"""
window.shown = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true});
window.named = e => `<${e.tagName.toLowerCase()} ${e.className || e.id}> ${e.textContent.trim().slice(0, 50)}`;
window.blockOf = e => { while (getComputedStyle(e).display.startsWith('inline')) e = e.parentElement; return e; };
window.colour = text => {
  const [r, g, b, a] = text.match(/[\d.]+/g).map(Number);
  const parts = [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return {opacity: a === undefined ? 1 : a, light: 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]};
};
window.behind = e => {
  for (; e; e = e.parentElement) {
    const found = colour(getComputedStyle(e).backgroundColor);
    if (found.opacity === 1) return found;
  }
  return {opacity: 1, light: 1};
};
window.texts = () => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const parent = node.parentElement;
    if (!node.data.trim() || !shown(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect(), block = blockOf(parent), own = block.getBoundingClientRect();
    // Words for screen readers alone are one pixel large; the skip link waits above the page.
    if (own.width <= 1 || own.height <= 1 || box.bottom + scrollY < 0) continue;
    const ink = colour(getComputedStyle(parent).color), paper = behind(parent);
    const [high, low] = [Math.max(ink.light, paper.light), Math.min(ink.light, paper.light)];
    found.push({parent, block, box, own, paper, ratio: (high + 0.05) / (low + 0.05)});
  }
  return found;
};
window.openAll = () => document.querySelectorAll('details').forEach(d => { d.open = true; });
window.sideways = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
"""


class Browser:
    """One tab of a headless Chromium."""

    def __init__(self, program: str, profile: Path) -> None:
        read_by_it, self._out = os.pipe()
        self._in, written_by_it = os.pipe()
        self._buffer, self._number, self._session = b"", 0, ""
        self.events: list[dict[str, Any]] = []

        def hand_over() -> None:
            # Chromium reads from 3 and writes to 4; the pipes may themselves lie there, so copy first.
            copies = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (read_by_it, written_by_it)]
            os.dup2(copies[0], 3)
            os.dup2(copies[1], 4)

        self._process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=hand_over, pass_fds=(3, 4),
        )  # fmt: skip
        os.close(read_by_it)
        os.close(written_by_it)
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Log", "Network", "Runtime"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._write(self._number, method, parameters)
        # One deadline for the answer: a page that goes on sending events is no page that answers.
        until = time.monotonic() + SECONDS
        while (answer := self._read(until)).get("id") != self._number:
            if answer.get("method") == "Page.javascriptDialogOpening":
                # A page may ask whether to leave it; nobody is there to answer.
                self._write(UNANSWERED, "Page.handleJavaScriptDialog", {"accept": True})
            if "method" in answer:
                self.events.append(answer)
        assert "error" not in answer, answer
        return dict(answer["result"])

    def _write(self, number: int, method: str, parameters: dict[str, Any]) -> None:
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        rest = json.dumps(message).encode() + b"\0"
        while rest:
            rest = rest[os.write(self._out, rest) :]

    def _read(self, until: float) -> dict[str, Any]:
        assert time.monotonic() < until, "Chromium does not answer"
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0, until - time.monotonic()))
            assert ready, "Chromium does not answer"
            received = os.read(self._in, 1 << 20)
            assert received, "Chromium ended"
            self._buffer += received
        message, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(message))

    def open(self, page: Path | str, width: int, *, height: int = 900, dark: bool = False, media: str = "screen",
             pictures: bool = True) -> None:  # fmt: skip
        """Show a file or an address in a window `width` CSS pixels wide, with `pictures` all pictures loaded."""
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        features = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
        self.send(
            "Emulation.setEmulatedMedia", media=media,
            features=[{"name": name, "value": value} for name, value in features.items()],
        )  # fmt: skip
        self.events.clear()
        self.send("Page.navigate", url=page if isinstance(page, str) else page.as_uri())
        until = time.monotonic() + SECONDS
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._read(until))
        if pictures:
            self.run("Promise.all([...document.images].map(i => i.decode())).then(() => true)")
        self.run(HELPERS + "true")

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str, code: int) -> None:
        text = {"Enter": "\r"}.get(key, "")
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, text=text)

    def click(self, element: str) -> None:
        """Press the mouse on the middle of an element, given as a JavaScript expression."""
        x, y = self.run(
            f"""(() => {{
              const e = {element};
              e.scrollIntoView({{block: 'nearest'}});
              const box = e.getBoundingClientRect();
              return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"""
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = "none" if kind == "mouseMoved" else "left"
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=1)

    def write(self, text: str) -> None:
        """Put `text` in place of all that the focused field holds."""
        key = {"key": "a", "code": "KeyA", "windowsVirtualKeyCode": 65, "modifiers": 2}
        self.send("Input.dispatchKeyEvent", type="rawKeyDown", commands=["selectAll"], **key)
        self.send("Input.dispatchKeyEvent", type="keyUp", **key)
        self.send("Input.insertText", text=text)

    def until(self, condition: str, seconds: float = SECONDS / 2) -> bool:
        """Wait until `condition` comes true in the page; whether it did."""
        return bool(self.run(
            f"""new Promise(answer => {{
              const end = performance.now() + {seconds * 1000}, holds = () => Boolean({condition});
              const look = () => holds() || performance.now() > end ? answer(holds()) : setTimeout(look, 30);
              look();
            }})"""
        ))  # fmt: skip

    def close(self) -> None:
        try:
            self._session = ""
            self.send("Browser.close")
        except (AssertionError, OSError):
            self._process.terminate()
        for end in (self._in, self._out):
            os.close(end)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def program() -> str | None:
    """The Chromium of this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def start(profile: Path) -> Browser:
    """A browser with its profile in the folder `profile`; skips or fails the test where there is none."""
    found = program()
    if found is None:
        reason = f"no Chromium on this machine: none of {', '.join(NAMES)} is on the path"
        if os.environ.get("REQUIRE_BROWSER") or os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return Browser(found, profile)
