"""Editions side by side: each whole or not at all, one that fails stops no other, an interrupt ends them all."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analysis import cli
from analysis.render import build, manifests, swap, workers
from conftest import WORDS_OF_FEW, Project, showing, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Editions are forked on Linux alone."),
]
# A notebook that says it runs, and waits as long as its edition is told to.
SHOWS = showing({"kind": "heading", "level": 2, "spans": [{"text": "Small"}], "facts": {}})
WAITS = """
import os, time
open(f"pid-{title}", "w").write(str(os.getpid()))
while str(title).startswith("slow") and not os.path.exists("go"):
    time.sleep(0.02)
if str(title).startswith("bad"):
    raise ValueError("the river froze")
"""


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(project: Project) -> Iterator[Start]:
    """Starts the command over some titles; what is left of it ends with the test."""
    project.few_facts()
    project.notebook(WAITS, SHOWS)
    started = []

    def run(*words: str) -> subprocess.Popen[str]:
        started.append(_render(project, *words))
        return started[-1]

    yield run
    (project.root / "notebooks" / "go").touch()
    for process in started:
        process.kill()
        process.communicate()


def _render(project: Project, titles: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "analysis", "render", "--format", "html", "--grid", f"title={titles}", "--output",
         str(project.root / "reports" / "sweep"), *WORDS_OF_FEW, *words],
        env=project.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def pid(project: Project, title: str) -> int:
    """The process of the kernel of an edition; 0 before it runs."""
    path = project.root / "notebooks" / f"pid-{title}"
    return int(path.read_text("utf-8") or 0) if path.exists() else 0


def whole(folder: Path) -> bool:
    manifest = manifests.read_manifest(folder)
    return manifest is not None and manifests.whole(folder, manifest, ["html"])


def nothing_runs(project: Project) -> bool:
    """Whether no process of the command is left, by the project that its environment names."""
    mark = f"ANALYSIS_ROOT={project.root}".encode()
    for _ in range(100):
        left = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                held = (folder / "environ").read_bytes().split(b"\0")
                state = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()[0]
            except OSError:
                continue
            if mark in held and state != "Z" and int(folder.name) != os.getpid():
                left.append(folder.name)
        if not left:
            return True
        time.sleep(0.1)
    return False


def test_editions_are_made_side_by_side_and_one_that_fails_stops_no_other(project: Project, start: Start) -> None:
    process = start("slow one;bad;slow two;good", "--jobs", "3")
    # Both slow ones run at the same time, and beside them what is done goes on.
    until(lambda: pid(project, "slow one") and pid(project, "slow two"), process)
    (project.root / "notebooks" / "go").touch()
    out, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert said.startswith("Error: Edition default, notebook 00_small, cell 3 (import os, time): ValueError: the river")
    assert said.count("\n") == 1
    assert "4 editions: 3 made, 0 up to date, 1 failed" in out
    table = out.partition("4 editions:")[0].splitlines()[-4:]
    assert [line.split()[0] for line in table] == ["title-bad", "title-good", "title-slow-one", "title-slow-two"]
    assert table[0].endswith("  failed") and all(re.search(r"  \d+\.\d s$", line) for line in table[1:])
    place = project.root / "reports" / "sweep"
    for name in ("title-slow-one", "title-slow-two", "title-good"):
        assert whole(place / name) and f"{name}: [1/1] 00_small  " in out and f"{name}: no report yet\n" in out
    assert not (place / "title-bad").exists() and "title-bad: [1/1] 00_small  failed\n" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda n: n.name)
def test_an_end_leaves_finished_editions_and_nothing_half(
    project: Project, start: Start, number: signal.Signals
) -> None:
    process = start("good;slow one;slow two", "--jobs", "2")
    place = project.root / "reports" / "sweep"
    until(lambda: whole(place / "title-good") and pid(project, "slow one") and pid(project, "slow two"), process)
    os.kill(process.pid, number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == {"SIGINT": 130, "SIGKILL": -9}[number.name], said
    assert nothing_runs(project)
    assert whole(place / "title-good")
    for name in ("title-slow-one", "title-slow-two"):
        assert not (place / name).exists()
        assert number == signal.SIGKILL or not swap.remains(place)
    if number == signal.SIGINT:
        assert said == "Stopped; every report is as its last whole build left it.\n"
    # The next command goes on where it was stopped.
    (project.root / "notebooks" / "go").touch()
    again = start("good;slow one;slow two")
    out, said = again.communicate(timeout=120)
    assert again.returncode == 0 and "3 editions: 2 made, 1 up to date, 0 failed" in out, said


def test_an_edition_whose_process_is_killed_is_named(project: Project, start: Start) -> None:
    process = start("slow one;good", "--jobs", "2")
    until(lambda: pid(project, "slow one"), process)
    kernel = pid(project, "slow one")
    server = int(Path(f"/proc/{kernel}/stat").read_text("utf-8").rpartition(")")[2].split()[1])
    worker = int(Path(f"/proc/{server}/stat").read_text("utf-8").rpartition(")")[2].split()[1])
    assert worker != process.pid
    os.kill(worker, signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said == "Error: Edition title-slow-one: the process that made it was killed by SIGKILL.\n"
    assert whole(project.root / "reports" / "sweep" / "title-good") and nothing_runs(project)


def test_several_editions_by_name_are_made_the_same_way(project: Project) -> None:
    project.few_facts()
    project.notebook(WAITS, SHOWS)
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "render", "default", "essays-2016", "--format", "html", *WORDS_OF_FEW],
        env=project.environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0 and not done.stderr
    assert "default: [1/1]" in done.stdout and "essays-2016: [1/1]" in done.stdout
    assert whole(project.output) and whole(project.root / "reports" / "essays-2016")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--jobs", "0"], "--jobs cannot be 0: allowed are 1 to 256."),
        (["--jobs", "many"], "Argument --jobs: invalid int value: 'many'"),
        (["--kernels", "forkd"], "There are no 'forkd' kernels: did you mean forked? allowed are forked and plain."),
    ],
)
def test_bad_words_are_one_sentence(words: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", *words]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"Error: {text}") and said.err.count("\n") == 1 and not said.out


def test_as_many_workers_as_memory_and_processors_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_processors", lambda: 6)
    for megabytes, wanted in ((None, 6), (100_000, 6), (4_300, 3), (100, 1)):
        monkeypatch.setattr(workers, "_megabytes_free", lambda: megabytes)  # noqa: B023 - called at once
        assert workers.affordable() == build.How().jobs == wanted
        assert workers.room() is (megabytes is None or megabytes > workers.MEGABYTES_EACH)
    monkeypatch.undo()
    free = workers._available()
    assert free is None or 10 < free < 10_000_000
