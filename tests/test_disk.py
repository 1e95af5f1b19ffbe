"""A disk that is full, too small or write-protected: one sentence, and the report of before stands."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis import Report, tables
from conftest import Project, contents, showing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Limits and mounts are those of POSIX systems."),
]

# Builds again and again in one process, on what the first argument says: a size for files, or a small disk of its own.
PROGRAM = """
import contextlib, io, json, os, subprocess, sys
from pathlib import Path

from analysis.cli import main
from conftest import contents

how, folder = sys.argv[1], Path(sys.argv[2])
output = folder / "report"


def render(*words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["render", "--format", "html", "--output", str(output), *words])
    return {"code": code, "err": err.getvalue(), "held": contents(output) if output.exists() else None,
            "beside": sorted(p.name for p in folder.iterdir() if p not in (output, folder / "filler"))}


def mount(*words):
    subprocess.run(["mount", *words], check=True)


said = {}
if how == "limit":
    import resource
    said["before"] = render()
    for size in (1, 30_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        said[str(size)] = render("--force")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    said["after"] = render("--force")
else:
    mount("-t", "tmpfs", "-o", "size=40m", "none", str(folder))
    said["before"] = render()
    if how == "full":
        for room in (0, 200_000):
            filler = os.open(folder / "filler", os.O_WRONLY | os.O_CREAT)
            with contextlib.suppress(OSError):
                while True:
                    os.write(filler, bytes(4096))
            os.ftruncate(filler, os.fstat(filler).st_size - room)
            os.close(filler)
            said[str(room)] = render("--force")
            (folder / "filler").unlink()
    else:
        mount("-o", "remount,ro", str(folder))
        said["read-only"] = render("--force")
        mount("-o", "remount,rw", str(folder))
    said["after"] = render("--force")
print(json.dumps(said))
"""


@functools.cache
def may_mount() -> list[str]:
    """The words before a command that let it mount what others do not see; empty where this machine does not."""
    unshare = shutil.which("unshare")
    for words in ([unshare, "-rm"], [unshare, "-m"]):
        trial = [*words, "sh", "-c", "mount -t tmpfs -o size=1m none /tmp"]
        if unshare and sys.platform.startswith("linux") and subprocess.run(trial, capture_output=True).returncode == 0:
            return [str(word) for word in words]
    return []


def builds(project: Project, report: Report, how: str, folder: Path, *before: str) -> dict[str, Any]:
    """How the builds of PROGRAM ended, by name."""
    project.know()
    project.notebook(showing(tables.parameters(report).node()))
    folder.mkdir()
    done = subprocess.run(
        [*before, sys.executable, "-c", PROGRAM, how, str(folder)], text=True, capture_output=True,
        env=project.environment(PYTHONPATH=str(Path(__file__).parent)), timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def check(said: dict[str, Any], output: Path, *reasons: str) -> None:
    before, after = said.pop("before"), said.pop("after")
    assert before["code"] == after["code"] == 0 and before["beside"] == after["beside"] == []
    assert {**before["held"], "manifest.json": ""} == {**after["held"], "manifest.json": ""}, "the next build is whole"
    assert said
    for name, ended in said.items():
        assert ended["code"] == 1, (name, ended["err"])
        sentence = ended["err"]
        assert sentence.startswith("Error: ") and sentence.count("\n") == 1 and "Traceback" not in sentence
        assert any(reason in sentence for reason in reasons), sentence
        assert ended["held"] == before["held"], (name, "the report of before stands")
        # Nothing but the half-run copy of a notebook, which the sentence names, and only if it could be written.
        assert set(ended["beside"]) <= {f"{output.name}.failed"}, name


def test_a_file_that_may_not_grow_leaves_the_report(project: Project, report: Report, tmp_path: Path) -> None:
    said = builds(project, report, "limit", tmp_path / "limited")
    check(said, tmp_path / "limited" / "report", "File too large")


def test_a_full_disk_leaves_the_report(project: Project, report: Report, tmp_path: Path) -> None:
    if not may_mount():
        pytest.skip("This machine does not let us mount a small disk.")
    said = builds(project, report, "full", tmp_path / "disk", *may_mount())
    check(said, tmp_path / "disk" / "report", "No space left on device")
    assert any("The report cannot be written to" in str(ended["err"]) for ended in said.values())


def test_a_write_protected_disk_leaves_the_report(project: Project, report: Report, tmp_path: Path) -> None:
    if not may_mount():
        pytest.skip("This machine does not let us mount a small disk.")
    said = builds(project, report, "read-only", tmp_path / "disk", *may_mount())
    check(said, tmp_path / "disk" / "report", "Read-only file system")


@pytest.mark.usefixtures("no_kernel")
def test_a_folder_that_may_not_be_written_is_one_sentence(
    project: Project, report: Report, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from analysis.cli import main

    project.notebook(showing(tables.parameters(report).node()))
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    # Modes do not bind the superuser, who cannot make a folder in /proc either.
    if os.access(closed, os.W_OK):
        closed = Path("/proc")
        if not (closed / "self").exists():
            pytest.skip("Modes do not bind this user, and there is no /proc.")
    assert main(["render", "--output", str(closed / "report")]) in (1, 2)
    said = capfd.readouterr()
    assert said.err.count("\n") == 1 and str(closed / "report") in said.err and "Traceback" not in said.err
    assert "cannot be" in said.err and said.out == ""
    assert contents(tmp_path / "closed") == {}


def test_no_room_for_temporary_files_is_named_as_such(
    project: Project, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    from analysis.cli import main
    from analysis.render import scratch

    project.notebook(showing(tables.parameters(report).node()))
    with monkeypatch.context() as patch:
        patch.setattr(scratch.tempfile, "tempdir", str(tmp_path / "nowhere"))
        assert main(["render", "--format", "html"]) == 1
    said = capfd.readouterr()
    assert said.err == "Error: No temporary files can be written: No such file or directory.\n"
    assert not project.output.exists()
