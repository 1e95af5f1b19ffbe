"""The timing program: it can be loaded, explains itself, and adds up. Nothing is timed here."""

from __future__ import annotations

import importlib
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from analysis.catalogue import Catalogue, load
from analysis.render import sweep


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    return importlib.import_module("bench")


def test_it_answers_help(bench: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        bench.main(["--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert all(f"--{name}" in text for name in ("repeat", "edition", "only"))


def test_it_takes_its_options(bench: ModuleType) -> None:
    assert vars(bench.parser().parse_args([])) == {"repeat": 2, "edition": "default", "only": None}
    given = bench.parser().parse_args(["--repeat", "3", "--only", "00_summary"])
    assert (given.repeat, given.only) == (3, "00_summary")


@pytest.mark.parametrize("count", ["0", "-1", "x", "1.5"])
def test_it_refuses_a_count_that_is_none(bench: ModuleType, count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        bench.main(["--repeat", count])
    assert end.value.code == 2 and "whole number from 1 on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "near"), [(["--only", "00_sumary"], "00_summary"), (["--edition", "defalt"], "default")]
)
def test_it_refuses_what_does_not_exist_before_it_times_anything(
    bench: ModuleType, words: list[str], near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and f"did you mean {near}?" in shown.err and shown.err.count("\n") == 1


def test_the_tables_divide_ours_by_the_tools(bench: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    bench._print_notebooks([bench.NotebookTimes("a", 1.0, 3.0, 4.0), bench.NotebookTimes("b", 2.0, 3.0, 2.0)])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[-3:]]
    assert rows == [
        ["a", "1.00", "3.00", "4.00", "0.25", "0.75"], ["b", "2.00", "3.00", "2.00", "1.00", "1.50"],
        ["all", "3.00", "6.00", "6.00", "0.50", "1.00"],
    ]  # fmt: skip
    bench._print_build(bench.BuildTimes(8.0, 2.0, {"notebooks": 4.0}))
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[-3:]]
    assert rows == [
        ["made", "new", "8.00"], ["again,", "up", "to", "date", "2.00", "0.25"],
        ["of", "it:", "notebooks", "4.00", "0.50"],
    ]  # fmt: skip


def test_the_parts_of_a_build_come_from_its_manifest_and_its_words(bench: ModuleType, tmp_path: Path) -> None:
    manifest = bench.manifests.Manifest(
        edition="x", parameters={}, input_digest="", inputs={}, formats=("html",), versions={}, data={},
        files={"index.html": "", "report.pdf": ""}, started="", finished="",
        notebooks=({"name": "a", "seconds": 1.25}, {"name": "b", "seconds": 2.5}),
    )  # fmt: skip
    bench.manifests.write_manifest(tmp_path, manifest)
    printed = "x: no report yet\n[1/2] a  1.2 s\nindex.html  0.3 s\nreport.pdf  1.4 s\n"
    assert bench._parts(tmp_path, printed) == {"notebooks": 3.75, "index.html": 0.3, "report.pdf": 1.4}


def test_a_command_that_fails_is_one_sentence(bench: ModuleType) -> None:
    with pytest.raises(bench.Failed, match=r"^`python -c .*` ended with code 3: no luck$"):
        bench.run([sys.executable, "-c", "import sys; print('Error: no luck', file=sys.stderr); sys.exit(3)"])
    assert bench.run([sys.executable, "-c", "print('done')"]) == "done\n"


# ------------------------------------------------------------------------------------------------- sweeps


@pytest.fixture(scope="module")
def sweeps() -> ModuleType:
    return importlib.import_module("bench_sweep")


def test_the_timing_of_sweeps_explains_itself_and_refuses_what_it_does_not_know(
    sweeps: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        sweeps.main(["--help"])
    assert end.value.code == 0 and all(part in capsys.readouterr().out for part in sweeps.PARTS[:1])
    assert sweeps.main(["one", "sweeep"]) == 2
    assert capsys.readouterr().err.startswith("Error: There is no part 'sweeep': allowed are kernels, one, tools")
    assert all(hasattr(sweeps.Times, part) for part in sweeps.PARTS)


def test_the_grid_that_is_timed_is_one_of_twenty_four_editions(sweeps: ModuleType) -> None:
    grid = sweep.parse_grid(sweeps.GRID)
    assert len(sweep.combinations({}, grid, load())) == 24


def test_the_changed_table_of_the_timing_is_sound_and_another_each_time(sweeps: ModuleType) -> None:
    with sweeps.project() as root:
        times = sweeps.Times(root, 1, 1)
        path = root / "data" / "dependence" / "definitions.csv"
        seen = {path.read_text("utf-8")}
        for number in range(3):
            times._change_a_table(number)
            seen.add(path.read_text("utf-8"))
            Catalogue(root / "data").verify()
        assert len(seen) == 4
    assert not root.exists()


def test_memory_is_that_of_the_processes_below(sweeps: ModuleType) -> None:
    if not Path("/proc/self/smaps_rollup").exists():
        pytest.skip("This system does not show the memory of processes in /proc.")
    # Below a process of the test's own: another test of this worker may have left one of its own running.
    below = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {below!r}])"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    for _ in range(1500):
        found = sweeps._processes(process.pid)
        if {depth for depth, size in found if size > 1} == {0, 1}:
            break
        time.sleep(0.02)
    process.communicate(b"\n")
    assert sorted(depth for depth, _ in found) == [0, 1] and all(1 < size < 200 for _, size in found)
