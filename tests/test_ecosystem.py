"""What stands around the package: dependencies, lock, Makefile, set-up, licence, and what may be in a checkout.

The set-up is run for real against programs that only write down how they were called, so these tests need
no network and say something about our own script, not about pip.
"""

from __future__ import annotations

import csv
import hashlib
import importlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Name on conda-forge: name on PyPI, where they differ.
CONDA_NAMES = {"matplotlib-base": "matplotlib", "arch-py": "arch", "python-duckdb": "duckdb"}
LARGEST_FILE = 1_000_000


def direct_requirements() -> list[Requirement]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    names = [*project["dependencies"], *extras["panel"], *extras["cluster"], *extras["refresh"], *extras["dev"]]
    return [Requirement(text) for text in names]


# ----------------------------------------------------------------------------------------- dependencies


def test_conda_environment_names_the_same_packages_with_the_same_bounds() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    pip = [name for entry in environment["dependencies"] if isinstance(entry, dict) for name in entry["pip"]]
    assert "-e ." in pip, "conda users need the package itself"
    declared = {}
    for requirement in map(Requirement, [*conda, *(name for name in pip if name != "-e .")]):
        name = canonicalize_name(requirement.name)
        declared[CONDA_NAMES.get(name, name)] = str(requirement.specifier)
    assert declared.pop("pip") == ""
    assert declared.pop("python") == PROJECT["project"]["requires-python"]
    wanted = {canonicalize_name(r.name): str(r.specifier) for r in direct_requirements()}
    assert declared == wanted


def locked() -> dict[str, list[tuple[str, list[str]]]]:
    """Name to (version, hashes) of every entry of the lock; a name may stand there once per Python version."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        requirement = Requirement(line.split("--hash=")[0])
        version = re.fullmatch(r"==([^,*]+)", str(requirement.specifier))
        assert version, f"{requirement.name} is not pinned"
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})(?!\S)", line)
        found.setdefault(canonicalize_name(requirement.name), []).append((version[1], hashes))
    return found


def test_every_locked_package_has_hashes() -> None:
    lock = locked()
    assert len(lock) > 50
    assert [name for name, entries in lock.items() if not all(hashes for _, hashes in entries)] == []


def test_lock_holds_every_direct_dependency_and_the_build_backend_within_bounds() -> None:
    lock = locked()
    for requirement in [*direct_requirements(), *map(Requirement, PROJECT["build-system"]["requires"])]:
        entries = lock.get(canonicalize_name(requirement.name), [])
        assert entries, f"{requirement.name} is not in requirements.lock"
        for version, _ in entries:
            assert Version(version) in requirement.specifier, f"{requirement.name} {version} is out of bounds"


def test_lock_names_no_place_to_fetch_from() -> None:
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        assert "://" not in line and " @ " not in line, line
        assert not re.match(r"\s*(-i|-f|--[a-z-]*(url|links|index))\b", line), line


# ------------------------------------------------------------------------------------- what is tracked


def tracked() -> list[Path]:
    """Files under version control, as far as they are still there."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not installed, so the tracked files cannot be listed.")
    listing = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listing.returncode:
        pytest.skip("This is not a git checkout, so the tracked files cannot be listed.")
    return [ROOT / name for name in listing.stdout.decode("utf-8").split("\0") if name and (ROOT / name).is_file()]


def tracked_lines() -> Iterator[tuple[str, str]]:
    """`path:line number` and text of every line of every tracked text file."""
    for path in tracked():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8").splitlines(), start=1):
            yield f"{path.relative_to(ROOT)}:{number}", line


# Written with brackets so that the patterns do not match themselves. A path inside a web address is preceded
# by a letter and is left alone.
MACHINE_PATH = re.compile(r"(?<![\w.\-/:~%*$}])/(?:[w]ork|[t]mp|[h]ome|[r]oot|[o]pt|[m]nt|[U]sers|[v]ar/folders)/\w")
INDEX_ADDRESS = re.compile(
    r"[p]ypi\.org/simple|[p]ythonhosted\.org|(?<![\w-])--(?:[e]xtra-)?[i]ndex-url|(?<![\w-])--[f]ind-links"
    r"|[P]IP_(?:EXTRA_)?INDEX|[U]V_(?:DEFAULT_)?INDEX"
)


def test_patterns_find_what_they_are_for() -> None:
    for path in ("/wo" + "rk/main/x", "open('/tm" + "p/x')", "cd /ho" + "me/someone"):
        assert MACHINE_PATH.search(path)
    for fine in ("https://example.org/home/news", "src/work/x", "the /tables/ folder"):
        assert not MACHINE_PATH.search(fine)
    for address in ("https://py" + "pi.org/simple", "pip install --inde" + "x-url x", "--find-li" + "nks=x"):
        assert INDEX_ADDRESS.search(address)
    assert not INDEX_ADDRESS.search("uv pip compile --no-emit-index-url --no-emit-find-links")


def test_no_tracked_file_names_a_place_on_one_machine() -> None:
    assert [f"{place} {line.strip()[:80]}" for place, line in tracked_lines() if MACHINE_PATH.search(line)] == []


def test_no_tracked_file_names_a_package_index() -> None:
    assert [f"{place} {line.strip()[:80]}" for place, line in tracked_lines() if INDEX_ADDRESS.search(line)] == []


def test_no_tracked_file_is_large() -> None:
    """The published editions are kept whole, for a reader who comes to the repository."""
    large = [path.relative_to(ROOT).as_posix() for path in tracked() if path.stat().st_size > LARGEST_FILE]
    assert [name for name in large if not name.startswith("reports/published/")] == []


def test_tables_have_unix_line_ends() -> None:
    """Their hashes are taken over bytes, so a line end that git might change would break them."""
    tables = sorted((ROOT / "data").rglob("*.csv"))
    assert tables
    assert [str(path) for path in tables if b"\r" in path.read_bytes()] == []


# ------------------------------------------------------------------------------- licence, entry points


def test_licence_files_exist_and_are_named() -> None:
    project = PROJECT["project"]
    assert project["license"] == "MIT"
    assert "LICENSE" in project["license-files"]
    for name in [*project["license-files"], project["readme"]]:
        assert (ROOT / name).stat().st_size > 0, name
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


@pytest.mark.parametrize(
    ("name", "target"), sorted(PROJECT["project"]["entry-points"]["nbconvert.exporters"].items())
)  # fmt: skip
def test_entry_point_is_an_exporter(name: str, target: str) -> None:
    from nbconvert.exporters import Exporter, get_exporter

    module, _, attribute = target.partition(":")
    exporter = getattr(importlib.import_module(module), attribute)
    assert issubclass(exporter, Exporter)
    assert get_exporter(name) is exporter, "the installed package does not register this exporter"
    assert re.fullmatch(r"\w+", name), "JupyterLab's export menu cannot reach a name with a hyphen"


def test_every_code_of_terms_is_explained() -> None:
    with (ROOT / "data" / "sources.csv").open(encoding="utf-8", newline="") as file:
        codes = {row["terms"] for row in csv.DictReader(file)}
    text = (ROOT / "docs" / "DATA.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([a-z-]+)` \|", text.split("## Rights")[1], flags=re.M))
    # What a user fetches comes with a code of its own, which no table under version control has.
    assert explained == codes | {"publisher-interface"}


# --------------------------------------------------------------------------------------------- Makefile


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("make") is None:
        pytest.skip("make is not installed.")
    # The caller may be make itself: its own variables must not reach this one.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k not in ("PYTHON", "ARGS")}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env={**inherited, **environment}, capture_output=True, text=True
    )


def test_help_lists_every_target() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M)
    assert phony
    targets = set(phony[1].split()) - {"venv"}
    assert targets == {"report", "test", "lab", "bench", "bench-build", "bench-baci", "bench-sweep", "publish", "clean",
                       "help"}
    listed = make(ROOT, "help")
    assert listed.returncode == 0
    assert set(re.findall(r"^make ([\w-]+) +\S", listed.stdout, flags=re.M)) == targets


# ----------------------------------------------------------------------------------------------- set-up

# A Python that writes down its arguments. RECORD, HAS_ENSUREPIP, HAS_VIRTUALENV, OLD and PIP_DOES come from the
# environment; what it makes with `-m venv` is a copy of itself.
STUB_PYTHON = r"""#!/bin/sh
say() { printf '%s\n' "$NAME $*" >>"$RECORD"; }
NAME=${0##*/}
case "$0" in *.venv/bin/python) NAME=venv-python ;; esac
case "$*" in
    *version_info*) [ "${OLD:-no}" = no ] || exit 1; printf '%s\n' "$0" ;;
    *platform*) printf '3.11.99\n' ;;
    *"import ensurepip"*) case " ${HAS_ENSUREPIP:-} " in *" $NAME "*) ;; *) exit 1 ;; esac ;;
    *"import virtualenv"*) [ "${HAS_VIRTUALENV:-no}" = yes ] ;;
    "-m venv "* | "-m virtualenv "*) say "$@"; for last; do :; done
        mkdir -p "$last/bin"; cp "$0" "$last/bin/python" ;;
    "-m pip --version") ;;
    "-m pip install "*) say "$@"; echo "Collecting something"; echo "pip says why" >&2
        case "${PIP_DOES:-work}" in fail) exit 1 ;; hang) exec sleep 60 ;; esac ;;
    "-m "* | tools/*) say "$@" ;;
esac
"""
STUB_TOOL = r"""#!/bin/sh
printf '%s\n' "${0##*/} $*" >>"$RECORD"
[ "${TOOLS:-work}" = work ] || exit 1
for last; do :; done
mkdir -p "$last/bin"
cp "$STUB" "$last/bin/python"
"""
REAL_TOOLS = (
    "sh", "awk", "cat", "cksum", "cp", "date", "dirname", "find", "grep", "id", "mkdir", "mv", "rm", "sleep", "tail",
)  # fmt: skip


class Checkout:
    """A folder with a set-up script, a lock and stub programs; `run` gives the exit code and what was called."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "ein Prüfstück"
        self.bin = folder / "bin"
        self.record = folder / "calls"
        (self.root / "tools").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(ROOT / "tools" / "setup_venv.sh", self.root / "tools")
        shutil.copy(ROOT / "Makefile", self.root)
        (self.root / "requirements.lock").write_text("one\n", encoding="utf-8")
        (self.root / "pyproject.toml").write_text("one\n", encoding="utf-8")
        for tool in REAL_TOOLS:
            if found := shutil.which(tool):
                (self.bin / tool).symlink_to(found)
        self.stub = self.program(folder / "stub", STUB_PYTHON)

    def program(self, path: Path, text: str) -> Path:
        path.write_text(text, encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def add(self, *names: str) -> None:
        for name in names:
            self.program(self.bin / name, STUB_PYTHON if name.startswith("python") else STUB_TOOL)

    def environment(self, given: dict[str, str]) -> dict[str, str]:
        return {"PATH": str(self.bin), "RECORD": str(self.record), "STUB": str(self.stub), **given}

    def run(self, **given: str) -> subprocess.CompletedProcess[str]:
        self.record.write_text("", encoding="utf-8")
        shell = shutil.which("sh")
        assert shell
        return subprocess.run(
            [shell, "tools/setup_venv.sh"], cwd=self.root, env=self.environment(given), capture_output=True, text=True
        )

    @property
    def calls(self) -> list[str]:
        return self.record.read_text(encoding="utf-8").splitlines()

    @property
    def venv(self) -> Path:
        return self.root / ".venv"


INSTALLS = [
    "venv-python -m pip install --no-deps --require-hashes -r requirements.lock",
    "venv-python -m pip install --no-deps --no-build-isolation -e .",
]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_set_up_installs_the_lock_with_hashes_then_the_package(checkout: Checkout) -> None:
    checkout.add("python3")
    done = checkout.run(HAS_ENSUREPIP="python3")
    assert done.returncode == 0, done.stderr
    assert checkout.calls == ["python3 -m venv .venv", *INSTALLS]
    assert len(done.stdout.splitlines()) == 3 and done.stderr == ""
    again = checkout.run(HAS_ENSUREPIP="python3")
    assert (again.returncode, again.stdout, checkout.calls) == (0, "", [])


def test_set_up_is_redone_when_the_lock_the_place_or_the_python_changes(checkout: Checkout) -> None:
    checkout.add("python3", "python3.12")
    whole = ["python3 -m venv .venv", *INSTALLS]
    checkout.run(HAS_ENSUREPIP="python3")
    (checkout.root / "requirements.lock").touch()
    checkout.run(HAS_ENSUREPIP="python3")
    assert checkout.calls == [], "a new date alone is no change"
    (checkout.root / "requirements.lock").write_text("two\n", encoding="utf-8")
    checkout.run(HAS_ENSUREPIP="python3")
    assert checkout.calls == whole
    (checkout.root / "pyproject.toml").write_text("two\n", encoding="utf-8")
    checkout.run(HAS_ENSUREPIP="python3")
    assert checkout.calls == INSTALLS[1:], "the lock is as it was, so its packages stay"
    checkout.root = checkout.root.rename(checkout.root.with_name("moved"))
    checkout.run(HAS_ENSUREPIP="python3")
    assert checkout.calls == whole
    checkout.run(HAS_ENSUREPIP="python3 python3.12", PYTHON="python3.12")
    assert checkout.calls == ["python3.12 -m venv .venv", *INSTALLS]
    checkout.run(HAS_ENSUREPIP="python3 python3.12")
    assert checkout.calls == [], "the environment that is there is kept when none is asked for"


@pytest.mark.parametrize(
    ("programs", "given", "call"),
    [
        (["uv", "virtualenv"], {}, "uv venv --quiet --seed --python {bin}/python3 .venv"),
        (["virtualenv"], {"HAS_VIRTUALENV": "yes"}, "python3 -m virtualenv --quiet .venv"),
        (["virtualenv"], {}, "virtualenv --quiet --python {bin}/python3 .venv"),
    ],
)
def test_without_ensurepip_set_up_takes_uv_then_virtualenv(
    checkout: Checkout, programs: list[str], given: dict[str, str], call: str
) -> None:
    checkout.add("python3", *programs)
    done = checkout.run(**given)
    assert done.returncode == 0, done.stderr
    assert checkout.calls == [call.format(bin=checkout.bin), *INSTALLS]


def test_without_ensurepip_another_python_that_has_it_is_better(checkout: Checkout) -> None:
    checkout.add("python3", "python3.12", "uv")
    assert checkout.run(HAS_ENSUREPIP="python3.12").returncode == 0
    assert checkout.calls == ["python3.12 -m venv .venv", *INSTALLS]


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a failed set-up."""
    assert done.returncode != 0
    assert len(done.stderr.splitlines()) == 1 and done.stderr.endswith(".\n"), done.stderr
    return done.stderr


def test_where_nothing_makes_environments_one_sentence_says_what_to_install(checkout: Checkout) -> None:
    checkout.add("python3")
    text = sentence(checkout.run())
    assert all(name in text for name in ("python3-venv", "uv", "virtualenv"))
    assert checkout.calls == [] and not checkout.venv.exists()


def test_a_tool_that_fails_leaves_no_half_made_environment(checkout: Checkout) -> None:
    checkout.add("python3", "uv", "virtualenv")
    sentence(checkout.run(TOOLS="broken"))
    assert [call.split()[0] for call in checkout.calls] == ["uv", "virtualenv"]
    assert not checkout.venv.exists()


def test_without_a_python_one_sentence_and_the_old_environment_stays(checkout: Checkout) -> None:
    assert "3.11" in sentence(checkout.run())
    assert not checkout.venv.exists()
    checkout.add("python3")
    assert "3.11" in sentence(checkout.run(OLD="yes"))
    checkout.venv.mkdir()
    assert "elsewhere" in sentence(checkout.run(HAS_ENSUREPIP="python3", PYTHON="elsewhere/python"))
    assert checkout.venv.exists()


def test_a_failed_installation_shows_why_and_is_redone(checkout: Checkout) -> None:
    checkout.add("python3")
    failed = checkout.run(HAS_ENSUREPIP="python3", PIP_DOES="fail")
    assert failed.returncode == 1
    assert "pip says why" in failed.stderr
    assert not checkout.venv.exists()
    assert checkout.run(HAS_ENSUREPIP="python3").returncode == 0
    assert checkout.calls == ["python3 -m venv .venv", *INSTALLS]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_installation_is_redone(checkout: Checkout, how: signal.Signals) -> None:
    checkout.add("python3")
    checkout.record.write_text("", encoding="utf-8")
    shell = shutil.which("sh")
    assert shell
    given = checkout.environment({"HAS_ENSUREPIP": "python3", "PIP_DOES": "hang"})
    process = subprocess.Popen(
        [shell, "tools/setup_venv.sh"], cwd=checkout.root, env=given, stdout=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 20
    while INSTALLS[0] not in checkout.calls:
        assert time.monotonic() < deadline, "the installation did not start"
        time.sleep(0.05)
    os.killpg(process.pid, how)
    assert process.wait(timeout=20) != 0
    if how == signal.SIGTERM:
        assert not checkout.venv.exists()
    assert checkout.run(HAS_ENSUREPIP="python3").returncode == 0
    assert checkout.calls == ["python3 -m venv .venv", *INSTALLS]


@pytest.mark.parametrize(
    ("target", "calls"),
    [
        ([], ["-m analysis render default"]),
        (["report", "ARGS=--force"], ["-m analysis render default --force"]),
        (["test"], ["-m ruff check --quiet src tests tools", "-m mypy --no-error-summary",
                    "-m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder"]),
        (["bench"], ["tools/bench.py", "tools/bench_sweep.py"]),
        (["bench-build", "ARGS=--repeat 1"], ["tools/bench.py --repeat 1"]),
    ],
)
def test_each_target_sets_up_and_runs_its_program(checkout: Checkout, target: list[str], calls: list[str]) -> None:
    checkout.add("python3")
    checkout.record.write_text("", encoding="utf-8")
    given = checkout.environment({"HAS_ENSUREPIP": "python3"})
    found = shutil.which("make")
    if found is None:
        pytest.skip("make is not installed.")
    done = subprocess.run([found, *target], cwd=checkout.root, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    expected = ["python3 -m venv .venv", *INSTALLS, *(f"venv-python {call}" for call in calls)]
    assert [call.strip() for call in checkout.calls] == expected


def test_lab_opens_on_the_notebooks(checkout: Checkout) -> None:
    checkout.add("python3")
    checkout.record.write_text("", encoding="utf-8")
    found = shutil.which("make")
    if found is None:
        pytest.skip("make is not installed.")
    given = checkout.environment({"HAS_ENSUREPIP": "python3"})
    done = subprocess.run([found, "lab"], cwd=checkout.root, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert checkout.calls[-1].startswith("venv-python -m jupyterlab ") and "notebooks" in checkout.calls[-1]


@pytest.mark.fault("19.8 make clean removes what builds made and nothing else")
def test_clean_removes_what_can_be_made_again_and_nothing_else(checkout: Checkout) -> None:
    shutil.copy(ROOT / "tools" / "clean.py", checkout.root / "tools")
    made = ("default/index.html", "default/tables/a.csv", "mended/index.html", "grid/x-1/index.html", "grid/index.html")
    own = ("editions.yml", "thesis/chapter.txt", "default.kept/index.html", "default.failed/own.ipynb",
           "mended/notes.txt")  # fmt: skip
    for name in (*made, *own):
        (checkout.root / "reports" / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout.root / "reports" / name).write_text(name, encoding="utf-8")

    def files(*names: str, folder: str) -> dict[str, str]:
        return {name: hashlib.sha256(f"{folder}/{name}".encode()).hexdigest() for name in names}

    for folder, names in (
        ("default", ("index.html", "tables/a.csv")), ("mended", ("index.html",)), ("grid/x-1", ("index.html",)),
    ):  # fmt: skip
        body = {"made_by": "analysis", "files": files(*names, folder=folder)}
        (checkout.root / "reports" / folder / "manifest.json").write_text(json.dumps(body), encoding="utf-8")
    body = {"made_by": "analysis sweep", "files": files("index.html", folder="grid"), "editions": [{"name": "x-1"}]}
    (checkout.root / "reports" / "grid" / "sweep.json").write_text(json.dumps(body), encoding="utf-8")
    (checkout.root / "reports" / "mended" / "index.html").write_text("changed by hand", encoding="utf-8")
    for name in (".pytest_cache", "src/analysis/__pycache__", "build/mine", "notebooks/.ipynb_checkpoints", "tests",
                 ".venv", "reports/thesis/empty"):  # fmt: skip
        (checkout.root / name).mkdir(parents=True)
    (checkout.bin / "python3").symlink_to(sys.executable)
    given = checkout.environment({"PYTHON": sys.executable})
    done = subprocess.run(
        [str(shutil.which("make")), "clean"], cwd=checkout.root, env=given, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    left = {path.relative_to(checkout.root).as_posix() for path in checkout.root.rglob("*")}
    kept = {f"reports/{name}" for name in (*own, "mended/index.html", "thesis/empty")}
    assert kept | {".venv", "build/mine", "notebooks/.ipynb_checkpoints"} <= left
    assert not left & {"reports/default", "reports/grid", ".pytest_cache", "src/analysis/__pycache__"}
    assert "Kept, since no build made it so: reports/default.failed, reports/default.kept, " in done.stdout


# --------------------------------------------------------------------------------------------------- CI


def test_ci_script_is_a_program_that_demands_a_browser() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!") and "\nset -eu\n" in text
    assert "export REQUIRE_BROWSER=1" in text
    lines = [line.strip() for line in text.splitlines()]
    assert lines.index("export REQUIRE_BROWSER=1") < lines.index("make test") < lines.index("make report")
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed.")
    assert subprocess.run([bash, "-n", str(script)]).returncode == 0
