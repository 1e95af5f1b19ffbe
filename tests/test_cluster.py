"""Editions on a cluster: a real scheduler and workers on this machine, one of which is killed midway."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.catalogue import load, seal
from analysis.errors import BuildError
from analysis.render import build, cluster, manifests, swap
from conftest import FEW, WORDS_OF_FEW, Project, alive, contents, showing, until

pytestmark = pytest.mark.slow
pytest.importorskip("distributed", reason="The extra cluster is not installed.")
HEADING = showing({"kind": "heading", "level": 2, "spans": [{"text": "Small"}], "facts": {}})
# An edition that says where it runs, and waits to be let go or to be killed with its worker.
WAITS = """
import os, time
from pathlib import Path
place = Path("seen")
place.mkdir(exist_ok=True)
if str(title).startswith("slow"):
    (place / f"{title} {os.getpid()}").touch()
    while not Path("go").exists():
        time.sleep(0.02)
if str(title).startswith("bad"):
    raise ValueError("the river froze")
"""


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.start("dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file))
        until(self.file.exists)
        self.address = str(json.loads(self.file.read_text("utf-8"))["address"])

    def start(self, program: str, *words: str, root: Path | None = None) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **({"ANALYSIS_ROOT": str(root)} if root else {})}
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{program}", *words], env=environment, cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def worker(self, root: Path, name: str) -> subprocess.Popen[bytes]:
        from distributed import Client

        process = self.start("dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--name",
                             name, "--local-directory", str(self.folder), root=root)  # fmt: skip
        with Client(self.address, set_as_default=False) as client:
            until(lambda: name in [w["name"] for w in client.scheduler_info(n_workers=-1)["workers"].values()])
        return process

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "dask"
    folder.mkdir()
    made = Cluster(folder)
    yield made
    made.end()


def render(project: Project, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "analysis", "render", "--format", "html", *WORDS_OF_FEW, *words], text=True,
        env=project.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def whole(folder: Path) -> bool:
    manifest = manifests.read_manifest(folder)
    return manifest is not None and manifests.whole(folder, manifest, ["html"])


def test_a_sweep_is_whole_though_a_worker_is_killed_midway(project: Project, dask: Cluster) -> None:
    project.few_facts()
    project.notebook(WAITS, HEADING)
    workers = [dask.worker(project.root, f"w{number}") for number in range(2)]
    place = project.root / "reports" / "sweep"
    words = ["--grid", "title=slow one;bad;slow two;good", "--output", str(place)]
    process = render(project, *words, "--scheduler", dask.address)
    seen = project.root / "notebooks" / "seen"
    until(lambda: seen.is_dir() and len(list(seen.iterdir())) == 2, process, seconds=180)
    kernels = [int(path.name.split()[-1]) for path in seen.iterdir()]
    workers[0].kill()
    until(lambda: sum(map(alive, kernels)) < 2 or not sys.platform.startswith("linux"))
    (project.root / "notebooks" / "go").touch()
    out, said = process.communicate(timeout=180)
    assert process.returncode == 1 and said.count("\n") == 1
    assert said.startswith("Error: Edition default, notebook 00_small, cell 3 (import os, time): ValueError: the river")
    assert "4 editions: 3 made, 0 up to date, 1 failed" in out and "title-slow-one: made\n" in out
    for name in ("title-slow-one", "title-slow-two", "title-good"):
        assert whole(place / name)
    assert not (place / "title-bad").exists() and not swap.remains(place)
    # The same bytes as from this machine alone, and known as up to date.
    here = project.root / "reports" / "here"
    build.build(settings={**FEW, "title": "good"}, formats=["html"], output=here)
    held = [contents(folder) for folder in (place / "title-good", here)]
    for files in held:
        del files["manifest.json"]
    assert held[0] == held[1]
    again = render(project, "--grid", "title=slow one;slow two;good", "--output", str(place))
    out, said = again.communicate(timeout=120)
    assert again.returncode == 0 and "3 editions: 0 made, 3 up to date, 0 failed" in out, said


def test_an_interrupt_ends_what_the_workers_make(project: Project, dask: Cluster) -> None:
    project.few_facts()
    project.notebook(WAITS, HEADING)
    dask.worker(project.root, "w")
    process = render(project, "--set", "title=slow", "--scheduler", dask.address)
    seen = project.root / "notebooks" / "seen"
    until(lambda: seen.is_dir() and list(seen.iterdir()), process, seconds=180)
    kernel = int(next(seen.iterdir()).name.split()[-1])
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and said.count("\n") <= 1
    until(lambda: not alive(kernel))
    # The worker itself takes the next order.
    (project.root / "notebooks" / "go").touch()
    again = render(project, "--set", "title=good", "--scheduler", dask.address)
    _, said = again.communicate(timeout=120)
    assert again.returncode == 0, said


def test_a_worker_with_other_data_is_refused_by_name(project: Project, dask: Cluster, tmp_path: Path) -> None:
    project.few_facts()
    project.notebook(HEADING)
    other = tmp_path / "other"
    shutil.copytree(project.root, other)
    path = other / "data" / "glossary.csv"
    path.write_text(path.read_text("utf-8").replace("Goods", "All goods", 1), encoding="utf-8")
    seal(other / "data")
    dask.worker(project.root, "like")
    dask.worker(other, "unlike")
    process = render(project, "--scheduler", dask.address)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 2 and not out
    assert "is not like this machine: data/datapackage.json is " in said and "and 1 more differ." in said
    assert said.startswith("Error: The worker tcp://") and said.count("\n") == 1
    assert not project.output.exists()


def test_a_scheduler_without_workers_and_one_that_is_not_there(
    project: Project, dask: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.few_facts()
    project.notebook(HEADING)
    plan = build.plan("default", FEW, ["html"])
    with pytest.raises(cluster.NoCluster, match="has no workers"):
        cluster.run([("default", plan)], dask.address, False, lambda text: None)
    monkeypatch.setattr(cluster, "SECONDS_TO_ANSWER", 1)
    for address, reason in (("tcp://127.0.0.1:1", "it does not answer"), ("no such thing", "cannot be used")):
        with pytest.raises(cluster.NoCluster, match=reason) as caught:
            cluster.run([("default", plan)], address, False, lambda text: None)
        assert "\n" not in str(caught.value) and caught.value.exit_code == 2
    load.cache_clear()


def test_a_full_disk_leaves_the_report_of_before(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.few_facts()
    project.notebook(HEADING)
    build.build(settings=FEW, formats=["html"])
    held = contents(project.output)
    plan = build.plan("default", FEW, ["html"])

    def full(self: object, folder: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    packed = shutil.make_archive(str(project.root / "packed"), "zip", project.output)
    body = Path(packed).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(cluster.zipfile.ZipFile, "extractall", full)
        with pytest.raises(BuildError, match="No space left on device"):
            cluster._put(plan, body)
    assert contents(project.output) == held
    for damaged in (body[: len(body) // 2], b"", b"no archive"):
        with pytest.raises(BuildError, match="did not arrive whole"):
            cluster._put(plan, damaged)
    other = build.plan("default", {**FEW, "cut_share": 50}, ["html"])
    with pytest.raises(BuildError, match="is of something else"):
        cluster._put(other, body)
    assert contents(project.output) == held and not swap.remains(project.output.parent)
    assert cluster._put(plan, body).made and whole(project.output)


def test_without_the_extra_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(cluster.NoCluster, match=r"pip install 'analysis\[cluster\]'"):
        cluster.run([], "tcp://127.0.0.1:1", False, lambda text: None)
