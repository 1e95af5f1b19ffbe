"""Kernels forked from a warm server: the same notebook as from a plain one, and nothing of one kernel in another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from analysis.render import forks, provision
from conftest import WORDS_OF_FEW, Project, contents

# A process of its own for each test: pytest's has threads, and cannot be forked.
RUN = """
import json, sys
from pathlib import Path
from analysis.parameters import resolve
from analysis.render import execute, scratch
given = json.loads(sys.argv[1])
with scratch.folder() as folder, execute.session(folder, given["kernels"]) as session:
    for path in given["notebooks"]:
        made = session.execute(Path(path), resolve({}), edition="trial", keep=folder / "failed").notebook
        texts = [o.get("text", "") for c in made.cells if c.cell_type == "code" for o in c.outputs]
        print(json.dumps([session.forked, "".join(texts)]))
"""
slow = pytest.mark.slow
needs_forks = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Kernels are forked on Linux alone.")


def run(project: Project, kernels: str, *notebooks: Path) -> list[str]:
    """What the cells of the notebooks printed, run one after the other in one session."""
    given = json.dumps({"kernels": kernels, "notebooks": list(map(str, notebooks))})
    done = subprocess.run(
        [sys.executable, "-c", RUN, given], env=project.environment(), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(forked is (kernels == "forked") for forked, _ in lines)
    return [text for _, text in lines]


POLLUTE = """
import builtins, os, random, sys, threading, warnings
import matplotlib, numpy
import analysis
from analysis import formatting, style
builtins.polluted = sys.polluted = True
os.environ["POLLUTED"] = "1"
os.chdir("/")
sys.path.insert(0, "/polluted")
matplotlib.rcParams["font.size"] = 99
style.INK = "pink"
formatting.number = None
analysis.report._HELD.clear()
random.seed(1)
numpy.random.seed(1)
numpy.seterr(all="raise")
threading.Thread(target=threading.Event().wait, daemon=True).start()
print(random.random(), numpy.random.random())
warnings.simplefilter("error")
"""
LOOK = """
import builtins, os, random, sys, threading, warnings
import matplotlib, numpy
import analysis
from analysis import formatting, style
print([hasattr(builtins, "polluted"), hasattr(sys, "polluted"), "POLLUTED" in os.environ, os.getcwd() == "/",
       "/polluted" in sys.path, matplotlib.rcParams["font.size"], style.INK, formatting.number is None,
       numpy.geterr()["divide"], warnings.filters[0][0]])
print(random.random(), numpy.random.random())
"""


@slow
@needs_forks
def test_nothing_of_one_kernel_is_seen_by_the_next(project: Project) -> None:
    look, pollute = project.notebook(LOOK, name="01_look"), project.notebook(POLLUTE, name="02_pollute")
    before, polluted, after = run(project, "forked", look, pollute, look)
    clean = before.splitlines()[0]
    assert clean == after.splitlines()[0] and "pink" not in clean and "99" not in clean
    # What is drawn at random differs from kernel to kernel, though all come of one process.
    assert len({text.splitlines()[-1] for text in (before, polluted, after)}) == 3
    assert clean == run(project, "plain", look)[0].splitlines()[0], "as in a kernel of its own"


MACHINE = """
import json, os, signal, sys, threading
print(json.dumps([os.getcwd(), sys.path, sys.argv[0].rpartition("/")[2], sorted(os.environ),
                  __name__, sys.flags.hash_randomization >= 0, os.getpgrp() == os.getpid(),
                  str(signal.getsignal(signal.SIGTERM)), sys.unraisablehook is sys.__unraisablehook__]))
"""


@slow
@needs_forks
def test_a_forked_kernel_stands_where_a_plain_one_would(project: Project) -> None:
    path = project.notebook(MACHINE)
    ways = []
    for kernels in ("forked", "plain"):
        folder, modules, program, names, *rest = json.loads(run(project, kernels, path)[0])
        ways.append((folder, modules, [n for n in names if not n.startswith("JPY_")], rest))
        assert program.startswith("ipykernel") or kernels == "plain"
    assert ways[0] == ways[1]


@slow
@needs_forks
def test_settings_of_the_user_that_the_build_has_loaded_reach_no_kernel(project: Project, tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("font.size: 33\naxes.facecolor: pink\n", encoding="utf-8")
    names = "('font.size', 'axes.facecolor')"
    path = project.notebook(f"import matplotlib\nprint([matplotlib.rcParams[name] for name in {names}])")
    program = "import matplotlib, sys\nprint(matplotlib.rcParams['font.size'], file=sys.stderr)" + RUN
    given = json.dumps({"kernels": "forked", "notebooks": [str(path)]})
    done = subprocess.run(
        [sys.executable, "-c", program, given], capture_output=True, text=True, timeout=120,
        env=project.environment(MPLCONFIGDIR=str(tmp_path)),
    )  # fmt: skip
    assert done.stderr == "33.0\n" and json.loads(done.stdout) == [True, "[10.0, 'white']\n"]


@slow
@needs_forks
def test_a_report_is_the_same_from_forked_and_from_plain_kernels(project: Project) -> None:
    cells = ("import analysis\nfrom analysis import figures, prose, tables\nreport = analysis.start(globals())",
             "figures.levels(report)", "tables.parameters(report)", "1 / 3", "print('printed')")  # fmt: skip
    project.few_facts()
    for name in ("00_one", "01_two", "02_three"):
        project.notebook(f"name = {name!r}\nname", *cells, name=name)
    made = []
    for words in (["--kernels", "forked", "--jobs", "2"], ["--kernels", "plain", "--jobs", "1"]):
        folder = project.root / "reports" / words[1]
        subprocess.run(
            [sys.executable, "-m", "analysis", "render", "--output", str(folder), *WORDS_OF_FEW, *words],
            env=project.environment(), check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        held = contents(folder)
        del held["manifest.json"]
        made.append(held)
    assert made[0] == made[1] and "report.pdf" in made[0]


@slow
def test_where_there_is_no_forking_kernels_are_plain(project: Project) -> None:
    # A thread is running, so that a fork could wait for ever for a lock that it holds.
    program = RUN.replace("given = ", "import threading; threading.Thread(target=threading.Event().wait, daemon=True)"
                          ".start(); given = ")  # fmt: skip
    path = project.notebook("print('ran')")
    given = json.dumps({"kernels": "forked", "notebooks": [str(path)]})
    done = subprocess.run([sys.executable, "-c", program, given], env=project.environment(), capture_output=True,
                          text=True, timeout=120)  # fmt: skip
    assert json.loads(done.stdout) == [False, "ran\n"] and not done.stderr


def test_no_process_with_a_thread_is_forked() -> None:
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    try:
        assert forks.possible() is False
    finally:
        go.set()
        thread.join()


@needs_forks
def test_a_server_that_is_gone_is_an_error_and_its_kernels_count_as_killed() -> None:
    code = """
import os, signal, sys, time
from pathlib import Path
from analysis.render import forks, provision
forks.PRELOADED = ()
server = forks.start(os.environ, Path("."))
os.kill(server.pid, signal.SIGKILL)
time.sleep(0.2)
try:
    server.kernel([], os.environ, ".")
except OSError as error:
    print(error)
print(forks.Forked(server, 1).poll())
server.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "-9", done.stderr
    assert len(done.stdout.splitlines()) == 2


@slow
def test_the_first_notebook_that_fails_stops_the_others(project: Project) -> None:
    project.few_facts()
    project.notebook("import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)", name="00_slow")
    project.notebook(
        "import os, time\nwhile not (os.path.exists('pid') and open('pid').read()):\n    time.sleep(0.05)",
        "raise ValueError('no such thing')", name="01_bad",
    )
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "render", "--jobs", "2", *WORDS_OF_FEW], env=project.environment(),
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1 and time.monotonic() - begun < 50
    assert "notebook 01_bad, cell 4 (raise ValueError('no such thing')): ValueError: no such thing" in done.stderr
    assert "[1/2] 01_bad  failed" in done.stdout and "Traceback" not in done.stderr
    pid = int((project.root / "notebooks" / "pid").read_text("utf-8"))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    kept = (path.name for path in (project.root / "reports" / "default.failed").iterdir())
    assert [name for name in kept if not name.startswith(".")] == ["01_bad.ipynb"]


def test_jupyter_client_knows_the_provisioner() -> None:
    from jupyter_client.provisioning import KernelProvisionerFactory

    factory = KernelProvisionerFactory.instance()
    assert provision.NAME in factory.get_provisioner_entries()


DRAW = (
    "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.title('Hello')\nplt.show()",
    "import pandas as pd\nax = pd.DataFrame({'a': [1, 2], 'b': [2, 1]}).plot()",
    "fig, ax = plt.subplots()\nax.bar([1, 2], [3, 4])\nfig",
    "import matplotlib\nprint(matplotlib.get_backend(), matplotlib.rcParams['figure.dpi'])",
)
SHOWN = RUN.replace(
    'o.get("text", "")', 'json.dumps({k: o[k] for k in ("text", "data") if k in o}, sort_keys=True)'
)  # fmt: skip


@slow
@needs_forks
@pytest.mark.fault("19.1 charts by pyplot and DataFrame.plot are the same from forked and from plain kernels")
@pytest.mark.parametrize("loaded", ["", "matplotlib_inline.backend_inline", "matplotlib.pyplot"])
def test_charts_of_pyplot_are_shown_whatever_the_build_has_loaded(project: Project, loaded: str) -> None:
    path = project.notebook(*DRAW)
    made = []
    for kernels in ("forked", "plain"):
        given = json.dumps({"kernels": kernels, "notebooks": [str(path)]})
        done = subprocess.run(
            [sys.executable, "-c", (f"import {loaded}\n" if loaded else "") + SHOWN, given], capture_output=True,
            text=True, timeout=120, env=project.environment(MPLBACKEND="svg"),
        )  # fmt: skip
        assert done.returncode == 0 and not done.stderr, done.stderr
        forked, text = json.loads(done.stdout)
        assert forked is (kernels == "forked")
        made.append(text)
    assert made[0] == made[1]
    assert made[0].count('"image/png"') == 4 and "backend_inline" in made[0]
