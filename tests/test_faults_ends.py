"""Endings and places that are not as usual: streams closed or full, Ctrl-C twice, no home, a mount, a locked cache."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis import places
from analysis.render import build, cache
from conftest import WORDS_OF_FEW, Project, contents, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Signals, shells and mounts are those of POSIX.")
RENDER = ["-m", "analysis", "render", "--format", "html", *WORDS_OF_FEW]


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "PYTHON": sys.executable, **environment}
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, env=given, timeout=120)


@pytest.mark.fault("19.9 closed standard streams cost no traceback")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(closed: str) -> None:
    done = shell(f'"$PYTHON" -m analysis editions {closed}')
    assert (done.returncode, done.stderr) == (0, "")
    done = shell(f'"$PYTHON" -m analysis edition {closed}')
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert ("did you mean editions" in done.stderr) == ("2>" not in closed)


@pytest.mark.slow
@pytest.mark.fault("19.9 a build with closed stdout makes its report")
def test_a_build_with_closed_stdout_makes_its_report(project: Project) -> None:
    project.few_facts()
    project.notebook("print('said')")
    words = " ".join(RENDER)
    done = shell(f'"$PYTHON" {words} >&-', ANALYSIS_ROOT=str(project.root))
    assert (done.returncode, done.stderr) == (0, "")
    assert "said" in (project.output / "index.html").read_text("utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="There is no /dev/full.")
@pytest.mark.fault("19.9 an output that takes no more is named as such, not the report's folder")
@pytest.mark.parametrize("command", ["editions", "render --format html --only 00_small"])
def test_a_full_output_is_named(project: Project, command: str) -> None:
    project.notebook("1")
    said = "Error: What this command prints cannot be written: No space left on device.\n"
    for unbuffered in ("", "1"):
        line = f'"$PYTHON" -m analysis {command} >/dev/full'
        done = shell(line, ANALYSIS_ROOT=str(project.root), PYTHONUNBUFFERED=unbuffered)
        assert (done.returncode, done.stderr) == (1, said)
    assert not project.output.exists()
    assert shell('"$PYTHON" -m analysis editions 2>/dev/full >/dev/full').returncode == 1


@pytest.mark.slow
@pytest.mark.fault("19.9 Ctrl-C twice ends as once does")
@pytest.mark.parametrize("kernels", ["forked", "plain"])
@pytest.mark.parametrize("pause", [0.0, 0.05, 0.4])
def test_an_interrupt_twice_is_one(project: Project, kernels: str, pause: float) -> None:
    project.few_facts()
    project.notebook("import time\nopen('runs', 'w').close()\ntime.sleep(60)")
    process = subprocess.Popen(
        [sys.executable, *RENDER, "--kernels", kernels], env=project.environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    until((project.root / "notebooks" / "runs").exists, process)
    process.send_signal(signal.SIGINT)
    time.sleep(pause)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "Stopped; every report is as its last whole build left it.\n")
    assert not [name for name in contents(project.root / "reports") if "analysis-" in name]


@pytest.mark.slow
@pytest.mark.parametrize("kernels", ["forked", "plain"])
@pytest.mark.fault("19.9 without HOME and an entry of the user a report is made")
def test_a_build_needs_no_home(project: Project, tmp_path: Path, kernels: str) -> None:
    project.few_facts()
    project.notebook("print('said')")
    # As in a container whose user has a number and nothing else.
    program = "import pwd\ndef unknown(number):\n    raise KeyError(f'uid not found: {number}')\npwd.getpwuid = unknown"
    (tmp_path / "sitecustomize.py").write_text(program, encoding="utf-8")
    given = project.environment(PYTHONPATH=str(tmp_path))
    del given["HOME"]
    done = subprocess.run(
        [sys.executable, *RENDER, "--kernels", kernels], env=given, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "said" in (project.output / "index.html").read_text("utf-8")


@pytest.mark.fault("19.9 without a home the checks of the output go on")
def test_no_home_is_no_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    project.notebook("1")
    monkeypatch.setattr(places.Path, "home", homeless)
    monkeypatch.delenv("HOME", raising=False)
    assert build.plan("default").output == project.output
    with places.some_home():
        assert Path(os.environ["HOME"]).is_dir()
    assert "HOME" not in os.environ


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.fault("19.9 a mounted output folder is refused before the build")
def test_a_mounted_output_is_refused_before_the_build(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.notebook("1")
    output = tmp_path / "my out"
    output.mkdir()
    monkeypatch.setattr(build, "is_mount", lambda folder: folder == output)
    with pytest.raises(build.BadOutput, match=r"mounted there.*choose one inside it, such as .*/my out/report"):
        build.plan("default", output=output)
    assert build.plan("default", output=output / "report").output == output / "report"
    table = tmp_path / "mountinfo"
    table.write_text(f"36 35 98:0 / {str(output).replace(' ', chr(92) + '040')} rw - ext4 /dev/x rw\n", "utf-8")
    assert places.is_mount(output, table) and not places.is_mount(tmp_path, table)
    assert places.is_mount(Path("/"), table) and not places.is_mount(output, tmp_path / "none")


@pytest.mark.fault("19.9 a cache that another program holds is waited for once, and that is said")
def test_a_locked_cache_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "SECONDS_FOR_OTHERS", 1)
    monkeypatch.setattr(cache, "SECONDS_UNSAID", 0.2)
    kept = cache.Cache(tmp_path / "parts.sqlite")
    said: list[str] = []
    kept.put("a", b"1")
    kept.wait(said.append)
    assert said == []
    holder = sqlite3.connect(kept.path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    begun = time.monotonic()
    kept.wait(said.append)
    for number in range(50):
        assert kept.get("a") is None
        kept.put(str(number), b"2")
    assert time.monotonic() - begun < 10
    assert len(said) == 2 and "is held by another program: waiting up to 1 s" in said[0] and "going on" in said[1]
    holder.execute("ROLLBACK")
    holder.close()
    assert kept.get("a") == b"1", "free again, it is used again"
    # One that is locked in the midst of a build is waited for once as well.
    other = cache.Cache(kept.path)
    holder = sqlite3.connect(kept.path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    begun = time.monotonic()
    assert [other.get("a") for _ in range(20)] == [None] * 20 and time.monotonic() - begun < 5
    holder.close()


@pytest.mark.fault("19.9 a .venv copied with its checkout is refused")
def test_a_copied_environment_is_refused(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for root in (old, new):
        (root / "src" / "analysis").mkdir(parents=True)
        (root / ".venv").mkdir()
        (root / ".venv" / "ready").touch()
    places.check_copy(old / ".venv", old / "src" / "analysis")
    with pytest.raises(places.CopiedEnvironment, match=r"was made for .*old and copied.*venv\.sh` in .*new") as said:
        places.check_copy(new / ".venv", old / "src" / "analysis")
    assert said.value.exit_code == 2
    shutil.rmtree(new / "src")  # an environment of another kind, outside any checkout
    places.check_copy(new / ".venv", old / "src" / "analysis")
