"""The real command, killed at many moments: a whole report stands, the next build recovers, no process stays."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analysis import Report, tables
from analysis.render import build, execute, manifests, scratch, swap
from conftest import FEW, WORDS_OF_FEW, Project, alive, contents, showing, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Signals are those of POSIX systems."),
]
KILLS, SEED, ONLY = 15, 2397, "00_small"
# Of five kills, so many come at any moment, in the writing of the new report, and in the swap itself.
AT_ANY, IN_WRITING, IN_SWAP = 3, 1, 1
SUBREAPER = 36


@contextlib.contextmanager
def adopting() -> Iterator[None]:
    """This process takes in the orphans below it, as systemd does in a user's session; on Linux alone."""
    if not sys.platform.startswith("linux"):
        yield
        return
    system = ctypes.CDLL(None)
    assert system.prctl(SUBREAPER, 1, 0, 0, 0) == 0
    try:
        yield
    finally:
        system.prctl(SUBREAPER, 0, 0, 0, 0)


class Killing:
    """A project whose report is made again and again with another title by a command that is killed."""

    def __init__(self, project: Project, report: Report, tmp_path: Path) -> None:
        self.output = project.root / "a folder é" / "out"
        self.temporary = tmp_path / "tmp"
        self.temporary.mkdir()
        project.few_facts()
        project.notebook("raise RuntimeError('not asked for')", name="01_other")
        # No charts, no import of the package: the build is all machinery.
        project.notebook(showing(tables.parameters(report).node()), "print(title)", name=ONLY)
        self.mark = f"KILLED={tmp_path}"
        self.environment = project.environment(KILLED=str(tmp_path), TMPDIR=str(self.temporary))

    def start(self, title: str, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "analysis", "render", "--only", ONLY, "--format", "html", "--set", f"title={title}",
             "--output", str(self.output), *WORDS_OF_FEW, *words],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def finish(self, title: str) -> manifests.Built:
        """The next build, in this process."""
        return build.build(only=ONLY, formats=["html"], settings={"title": title, **FEW}, output=self.output)

    def processes(self) -> list[int]:
        """The processes that a killed command left, by the mark in their environment; dead ones are taken away."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self.mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        return found

    def scratch(self) -> set[str]:
        return {path.name for path in self.temporary.iterdir() if path.name.startswith(scratch.PREFIX)}

    def beside(self, role: str) -> Path:
        return self.output.with_name(f".{self.output.name}.analysis-{role}")


def title_of(folder: Path) -> str | None:
    """The title of the report in `folder`, which must be whole, with nothing besides; None where there is no folder."""
    if not folder.exists():
        return None
    manifest = manifests.read_manifest(folder)
    assert manifest and manifests.whole(folder, manifest, ["html"]), contents(folder)
    title = str(manifest.parameters["title"])
    assert f"<code>{title}</code>" in (folder / "index.html").read_text("utf-8")
    assert json.loads((folder / "facts.json").read_text("utf-8"))["parameters"]["title"] == title
    return title


@pytest.fixture
def killing(project: Project, report: Report, tmp_path: Path) -> Iterator[Killing]:
    made = Killing(project, report, tmp_path)
    with adopting():
        yield made
        for pid in made.processes():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def waited(happened: Callable[[], object], process: subprocess.Popen[bytes], pause: float = 0.005) -> bool:
    """Whether it happened before the process ended."""
    while not happened():
        if process.poll() is not None:
            return False
        time.sleep(pause)
    return True


def test_kills_at_any_moment_leave_a_whole_report_and_no_process(
    killing: Killing, monkeypatch: pytest.MonkeyPatch, count: Callable[[str], None]
) -> None:
    dice = random.Random(SEED)
    begun = time.monotonic()
    first = killing.start("Title 0")
    assert waited(killing.beside("new").exists, first)
    written_from = time.monotonic()
    assert first.wait() == 0
    whole, writing = time.monotonic() - begun, time.monotonic() - written_from
    standing = "Title 0"
    assert title_of(killing.output) == standing
    found: Counter[str] = Counter()
    moments = ["any"] * AT_ANY + ["writing"] * IN_WRITING + ["swap"] * IN_SWAP
    attempt, left_behind = 0, set[str]()
    while found.total() < KILLS:
        attempt += 1
        assert attempt < 3 * KILLS, "the build is over before most kills come"
        wanted = f"Title {attempt}"
        process = killing.start(wanted)
        moment = moments[attempt % len(moments)]
        if moment == "any":
            time.sleep(dice.uniform(0, 0.95 * whole))
        elif moment == "writing" and waited(killing.beside("new").exists, process):
            time.sleep(dice.uniform(0, writing))
        elif moment == "swap" and waited(killing.beside("journal").exists, process, 0.0001):
            time.sleep(dice.uniform(0, 0.0005))
        process.kill()
        killed = process.wait() == -signal.SIGKILL
        left_behind |= killing.scratch()
        # What stands before anybody has put anything right.
        now = title_of(killing.output)
        if now is None:
            assert killing.beside("journal").exists(), "only in the swap may the place be empty"
            assert title_of(killing.beside("old")) == standing and title_of(killing.beside("new")) == wanted
        assert now in (None, standing, wanted)
        if killed:
            found["neither" if now is None else "new" if now == wanted else "old"] += 1
        # The next build finds it whole, or makes it so without running a notebook.
        standing = wanted if now is None else now
        with monkeypatch.context() as patch:
            patch.setattr(execute, "execute", None)
            assert killing.finish(standing).made is False
        assert title_of(killing.output) == standing
        assert [p for p in killing.output.parent.iterdir() if p != killing.output] == []
        for _ in range(100):
            if not (left := killing.processes()):
                break
            time.sleep(0.1)
        assert not left, "a kernel outlives the build that was killed"
    assert found["old"] and found["new"], found
    assert left_behind, "killed builds leave temporary files"
    # The next one that runs a notebook takes them away.
    last = killing.start("Last")
    assert last.wait() == 0 and title_of(killing.output) == "Last"
    assert not killing.scratch()
    count(
        f"{KILLS} kills of the build command ({attempt} builds): after {found['old']} the old report stood, after "
        f"{found['new']} the new one; {found['neither']} came between, and the next build put the new one in place."
    )


@pytest.mark.parametrize("kernels", ["forked", "plain"])
def test_a_kernel_that_is_only_starting_ends_with_its_build(killing: Killing, kernels: str) -> None:
    if not Path("/proc/self/environ").exists():
        pytest.skip("This system does not show the processes of others in /proc.")
    process = killing.start("Title", "--kernels", kernels)
    # The first thing about a kernel is a folder for its sockets.
    assert waited(lambda: any(killing.temporary.glob(f"{scratch.PREFIX}*/k*")), process)
    time.sleep(0.1)
    process.kill()
    process.wait()
    for _ in range(100):
        if not (left := killing.processes()):
            break
        time.sleep(0.1)
    assert not left


def test_forked_kernels_end_with_their_server_and_the_build_says_so(project: Project) -> None:
    project.few_facts()
    note = "open('pid', 'w').write(f'{os.getppid()} {os.getpid()}')"
    project.notebook(f"import os, time\n{note}\ntime.sleep(60)", name=ONLY)
    process = subprocess.Popen(
        [sys.executable, "-m", "analysis", "render", "--only", ONLY, "--format", "html", *WORDS_OF_FEW],
        env=project.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    place = project.root / "notebooks" / "pid"
    assert waited(lambda: place.exists() and len(place.read_text("utf-8").split()) == 2, process)
    server, kernel = map(int, place.read_text("utf-8").split())
    if server == process.pid:
        process.kill()
        pytest.skip("This system has no forked kernels.")
    os.kill(server, signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1 and "cell 3 (import os, time): the kernel died" in said
    # Its notice that the server has ended comes to it from the system, some time after it has come to the build.
    until(lambda: not alive(kernel))


# ------------------------------------------------------------------------------------------ two at once


def test_two_builds_at_once_one_wins_and_the_other_says_so(project: Project, report: Report) -> None:
    wait = "import os, time\nopen('ready', 'w').close()\nwhile not os.path.exists('go'):\n    time.sleep(0.02)"
    project.few_facts()
    project.notebook(showing(tables.parameters(report).node()), wait, "print(title)")
    command = [sys.executable, "-m", "analysis", "render", "--format", "html", *WORDS_OF_FEW, "--set"]
    pair = [
        subprocess.Popen([*command, f"title=Build {n}"], env=project.environment(), text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
        for n in (1, 2)
    ]  # fmt: skip
    notebooks = project.root / "notebooks"
    try:
        # One of them ends while the other is in its notebook; only then may that one go on.
        for _ in range(1200):
            ended = [process for process in pair if process.poll() is not None]
            if ended and (notebooks / "ready").exists():
                break
            time.sleep(0.05)
        assert len(ended) == 1, [process.communicate(timeout=1) for process in ended]
        (loser,) = ended
        (winner,) = (process for process in pair if process is not loser)
        (notebooks / "go").touch()
        said, won = loser.communicate(), winner.communicate(timeout=60)
    finally:
        for process in pair:
            process.kill()
            process.wait()
    assert winner.returncode == 0, won
    assert loser.returncode == 1 and said == (
        "", f"Error: Another build of {project.output} is running: wait for it to end, or choose another --output.\n"
    )  # fmt: skip
    assert title_of(project.output) == f"Build {pair.index(winner) + 1}"
    assert sorted(path.name for path in project.output.parent.iterdir()) == ["default", "editions.yml"]


# ------------------------------------------------------------------------------------------- the scratch


def test_scratch_folders_of_dead_builds_go_and_those_of_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    with scratch.folder() as living:
        dead = tmp_path / f"{scratch.PREFIX}dead"
        (dead / "kernels").mkdir(parents=True)
        dead.with_name(dead.name + scratch.LOCK).touch()
        foreign = tmp_path / f"{scratch.PREFIX}foreign"
        foreign.mkdir()
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "thesis").touch()
        link = tmp_path / f"{scratch.PREFIX}link"
        link.symlink_to(elsewhere)
        link.with_name(link.name + scratch.LOCK).touch()
        with scratch.folder() as second:
            assert second != living and living.is_dir() and second.is_dir()
            assert not dead.exists() and foreign.is_dir(), "without a lock it is nobody's we know"
            assert (elsewhere / "thesis").exists(), "a link leads nowhere"
        assert not second.exists() and living.is_dir()
    assert not living.exists() and not living.with_name(living.name + scratch.LOCK).exists()


def test_the_swap_is_where_the_kills_look_for_it(tmp_path: Path) -> None:
    output = tmp_path / "out"
    assert swap.new_folder(output) == tmp_path / ".out.analysis-new"
    assert swap._beside(output, "journal") == tmp_path / ".out.analysis-journal"
