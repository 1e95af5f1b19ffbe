"""The swap: whatever step fails or whenever the process dies, the old report or the new one is there, whole."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import BuildError
from analysis.render import build, locks, manifests, swap
from conftest import Project, contents


def reported(files: dict[str, str], mark: str = "") -> dict[str, str]:
    """The files of a report with a manifest that lists them."""
    listed = {name: manifests.digest(text.encode("utf-8")) for name, text in files.items()}
    body = {"made_by": manifests.MADE_BY, "edition": "x", "parameters": {}, "input_digest": mark, "inputs": {},
            "formats": [], "files": listed, "versions": {}, "data": {}, "notebooks": [{"name": "a"}], "started": "",
            "finished": ""}  # fmt: skip
    return {**files, "manifest.json": json.dumps(body)}


OLD = reported({"index.html": "old page", "tables/a.csv": "old a", "tables/b.csv": "old b"})
NEW = reported({"index.html": "new page", "tables/a.csv": "new a", "figures/c.svg": "new c"})
STATES = ("old", "none", "empty")


class Died(BaseException):
    """The process ended here: nobody catches it, so nothing is cleared up."""


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def read(folder: Path) -> dict[str, str] | None:
    if not folder.is_dir():
        return None
    return {p.relative_to(folder).as_posix(): p.read_text("utf-8") for p in folder.rglob("*") if p.is_file()}


def fresh(folder: Path, state: str) -> Path:
    """An output folder in one of the STATES, with a whole new report beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    output = folder / "a report é"
    folder.mkdir(parents=True)
    if state != "none":
        output.mkdir()
    if state == "old":
        write(output, OLD)
    write(swap.new_folder(output), NEW)
    return output


def before(state: str) -> dict[str, str] | None:
    return {"old": OLD, "none": None, "empty": {}}[state]


def helpers(output: Path) -> list[str]:
    return sorted(p.name for p in output.parent.iterdir() if p != output)


class Faults:
    """Counts the steps that change the disk, and stops at step `at`: before it, after it or halfway."""

    def __init__(self, at: int | None, when: str, error: Callable[[], BaseException]) -> None:
        self.at, self.when, self.error, self.steps = at, when, error, 0

    def wrap(self, step: Callable[..., Any], half: Callable[..., Any] | None = None) -> Callable[..., Any]:
        def stepped(*args: Any, **kw: Any) -> Any:
            number, self.steps = self.steps, self.steps + 1
            if number != self.at:
                return step(*args, **kw)
            if self.when == "after":
                step(*args, **kw)
            elif self.when == "half" and half:
                half(*args)
            raise self.error()

        return stepped


@contextmanager
def faulty(faults: Faults) -> Iterator[Faults]:
    """Path's changing methods, fsync and rmtree under `faults`."""
    real_tree = shutil.rmtree

    def half_tree(folder: Path) -> None:
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        for path in files[: max(1, len(files) // 2)]:
            path.unlink()

    def half_write(fd: int) -> None:
        os.ftruncate(fd, 1)

    with pytest.MonkeyPatch.context() as patch:
        # rmtree is one step here: the links and folders it removes are not counted one by one.
        tree = faults.wrap(real_tree, half_tree)
        patch.setattr(swap, "shutil", type("shutil", (), {"rmtree": staticmethod(tree)}))
        for name in ("replace", "unlink", "rmdir"):
            patch.setattr(Path, name, faults.wrap(getattr(Path, name)))
        patch.setattr(swap.os, "fsync", faults.wrap(os.fsync))
        yield faults


def stopped(action: Callable[[], object], at: int | None, when: str = "before") -> tuple[bool, int]:
    """Whether `action` was stopped at step `at`, and how many steps it made."""
    with faulty(Faults(at, when, Died)) as faults:
        try:
            action()
        except Died:
            return True, faults.steps
    return False, faults.steps


def steps_of(action: Callable[[], object]) -> int:
    return stopped(action, None)[1]


def assert_whole(output: Path, state: str) -> None:
    """After recovery: the report of before or the new one, and nothing beside it."""
    held = read(output)
    assert held == NEW or held == before(state), "a mixture, or nothing at all"
    assert helpers(output) == []


@pytest.mark.parametrize("state", STATES)
def test_a_swap_puts_the_new_report_in_place_and_clears_up(tmp_path: Path, state: str) -> None:
    output = fresh(tmp_path / "x", state)
    swap.swap(output)
    assert read(output) == NEW and helpers(output) == []
    assert swap.recover(output) is None and read(output) == NEW


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("when", ["before", "after", "half"])
def test_death_at_any_step_of_the_swap_leaves_one_whole_report(tmp_path: Path, state: str, when: str) -> None:
    output = fresh(tmp_path / "x", state)
    total = steps_of(lambda: swap.swap(output))
    assert total >= 6, "the steps are really seen"
    found = set()
    for at in range(total):
        output = fresh(tmp_path / "x", state)
        died, _ = stopped(lambda: swap.swap(output), at, when)  # noqa: B023
        assert died
        swap.recover(output)
        assert_whole(output, state)
        found.add(read(output) == NEW)
        assert swap.recover(output) is None, "a second recovery has nothing to do"
    assert found == {True, False}, "early deaths keep the old report, late ones finish the new"


@pytest.mark.parametrize("state", STATES)
def test_death_in_the_swap_and_again_in_the_recovery(tmp_path: Path, state: str) -> None:
    output = fresh(tmp_path / "x", state)
    total = steps_of(lambda: swap.swap(output))
    cases = 0
    for at, when, then in itertools.product(range(total), ("before", "after", "half"), ("before", "after", "half")):
        for again in itertools.count():
            output = fresh(tmp_path / "x", state)
            stopped(lambda: swap.swap(output), at, when)  # noqa: B023
            died, _ = stopped(lambda: swap.recover(output), again, then)  # noqa: B023
            swap.recover(output)
            assert_whole(output, state)
            cases += 1
            if not died:
                break
    assert cases > 3 * 3 * 2 * total


MOMENTS = st.lists(st.tuples(st.integers(0, 14), st.sampled_from(["before", "after", "half"])), max_size=5)


@given(state=st.sampled_from(STATES), builds=st.lists(MOMENTS, min_size=1, max_size=4))
def test_any_history_of_deaths_keeps_a_whole_report(
    tmp_path_factory: pytest.TempPathFactory, state: str, builds: list[list[tuple[int, str]]]
) -> None:
    output = fresh(tmp_path_factory.mktemp("history") / "x", state)
    shutil.rmtree(swap.new_folder(output))
    kept = [before(state)]
    for number, deaths in enumerate(builds):
        # Each start recovers first, as a build does; the swap comes last, and any of it may die.
        made = reported({"index.html": "new page", "tables/a.csv": "new a"}, f"build {number}")
        for at, when in deaths:
            stopped(lambda: swap.recover(output), at, when)
            assert read(output) in kept or read(output) is None or read(output) == {}
        swap.recover(output)
        assert read(output) in kept and helpers(output) == []
        kept = [read(output), made]
        write(swap.new_folder(output), made)
        stopped(lambda: swap.swap(output), deaths[0][0] if deaths else None, deaths[0][1] if deaths else "before")
    swap.recover(output)
    assert read(output) in kept and helpers(output) == []


def test_a_half_written_new_report_without_journal_is_thrown_away(tmp_path: Path) -> None:
    for state in STATES:
        output = fresh(tmp_path / state, state)
        assert "removed" in str(swap.recover(output))
        assert read(output) == before(state) and helpers(output) == []


def test_the_old_report_comes_back_where_the_journal_was_lost(tmp_path: Path) -> None:
    output = fresh(tmp_path / "x", "old")
    output.replace(output.with_name(f".{output.name}.analysis-old"))
    assert "old report is back" in str(swap.recover(output))
    assert read(output) == OLD and helpers(output) == []


def test_the_journal_is_never_half_there(tmp_path: Path) -> None:
    output = fresh(tmp_path / "x", "old")
    journal = output.with_name(f".{output.name}.analysis-journal")
    total = steps_of(lambda: swap.swap(output))
    for at in range(total):
        output = fresh(tmp_path / "x", "old")
        stopped(lambda: swap.swap(output), at)  # noqa: B023
        if journal.exists():
            assert journal.read_text(encoding="utf-8").endswith("}")


def test_helpers_are_hidden_and_on_the_file_system_of_the_output(tmp_path: Path) -> None:
    output = tmp_path / "report"
    assert swap.new_folder(output).parent == tmp_path and swap.new_folder(output).name.startswith(".")


# ------------------------------------------------------------------------- as a build meets the faults


@pytest.mark.parametrize("state", STATES)
def test_an_error_of_the_disk_at_any_step_is_one_sentence_and_one_whole_report(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    project.notebook("1")
    output = tmp_path / "reports" / "out"

    def make(plan: build.Plan, *rest: object) -> manifests.Manifest:
        write(swap.new_folder(plan.output), {**NEW, "facts.json": '{"facts": []}'})
        empty: dict[str, Any] = {}
        return manifests.Manifest("default", empty, "", empty, (), empty, empty, empty, (), "", "")

    monkeypatch.setattr(build, "_make", make)

    before_ = reported({"facts.json": '{"facts": [1]}'})

    def attempt(at: int | None) -> tuple[BuildError | None, int]:
        shutil.rmtree(tmp_path / "reports", ignore_errors=True)
        if state != "none":
            output.mkdir(parents=True)
        if state == "old":
            write(output, before_)
        # What stands there passes for a report: whose files may be replaced is another test.
        with faulty(Faults(at, "before", lambda: OSError(5, "Input/output error"))) as faults:
            try:
                build.run(plan)
            except BuildError as error:
                return error, faults.steps
        return None, faults.steps

    plan = build.plan("default", formats=["html"], output=output)
    monkeypatch.setattr(build, "_checked_output", lambda folder: folder)
    error, total = attempt(None)
    assert error is None and total >= 6
    for at in range(total):
        error, _ = attempt(at)
        held = read(output)
        if error is None:  # the step only cleared up
            assert held and held["index.html"] == "new page"
            continue
        assert "Input/output error" in str(error) and "\n" not in str(error)
        assert set(helpers(output)) <= {".out.analysis-lock"}, "cleared up at once, not only at the next start"
        whole = {**NEW, "facts.json": '{"facts": []}'}
        assert held in (whole, {"old": before_, "none": None, "empty": {}}[state])


# -------------------------------------------------------------------------------------------- the lock


def test_only_one_may_build_and_the_lock_goes_with_its_holder(tmp_path: Path) -> None:
    output = tmp_path / "report"
    with swap.lock(output):
        with pytest.raises(BuildError, match=r"Another build of .* is running"), swap.lock(output):
            raise AssertionError("two builds hold the lock")
        with swap.lock(tmp_path / "other"):
            pass
    with swap.lock(output):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    output = tmp_path / "report"
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom analysis.render import swap\n"
        "with swap.lock(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(output)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(BuildError), swap.lock(output):
            pass
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    with swap.lock(output):
        pass
    assert contents(tmp_path) == {}


def test_a_lock_file_that_the_holder_before_removed_is_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Between opening and locking, the holder before us removes the file: what we hold then is on nothing.
    output, calls = tmp_path / "report", []
    take = locks._take

    def late(handle: int) -> bool:
        if not calls:
            (tmp_path / ".report.analysis-lock").unlink()
        calls.append(handle)
        return take(handle)

    monkeypatch.setattr(locks, "_take", late)
    with swap.lock(output):
        assert len(calls) == 2
        with pytest.raises(BuildError), swap.lock(output):
            pass
