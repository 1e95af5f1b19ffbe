"""Building one edition: check what was asked, run the notebooks, export once, swap the result into place.

`plan` checks everything that can be checked without a kernel. `run` makes the report, or says that it is
up to date: a report is made again when, and only when, something it was made from has changed. A build
that fails or is interrupted leaves the report of before as it was.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..catalogue import Catalogue, load
from ..errors import BadParameter, BuildError, UnknownNotebook, UserError, listing, shown
from ..facts import FactBook
from ..parameters import Edition, ReportParameters, edition, resolve
from ..project import project_root
from ..report import Report
from . import execute, inputs, manifests, outputs, quick, scratch, swap, workers
from .manifests import Built

if TYPE_CHECKING:
    from nbformat import NotebookNode

FORMATS = ("html", "pdf")
# Folders of the project in which no report may be made.
OWN_FOLDERS = (".ci", ".git", ".venv", "data", "docs", "notebooks", "reports/published", "src", "tests", "tools")

SECONDS_DEAF = 0.2  # the longest time in which a build does not hear that it shall stop

Progress = Callable[[str], None]


class BadOutput(UserError):
    """An output folder that a build must not replace."""


@dataclass(frozen=True)
class Plan:
    """One edition, checked: what will be run, and where the report will stand."""

    edition: Edition
    parameters: ReportParameters
    notebooks: tuple[Path, ...]
    formats: tuple[str, ...]
    output: Path
    catalogue: Catalogue
    request: str = ""


@dataclass(frozen=True)
class How:
    """How a build goes about it; the report is the same, byte for byte, whatever stands here.

    `jobs`: notebooks that run at a time; `kernels`: see `execute.session`.
    """

    jobs: int = field(default_factory=lambda: workers.affordable())
    kernels: execute.Kernels = "forked"


def build(
    edition_name: str = "default",
    settings: Mapping[str, Any] | None = None,
    formats: Sequence[str] = FORMATS,
    output: Path | None = None,
    only: str | None = None,
    force: bool = False,
    progress: Progress = lambda text: None,
    how: How | None = None,
) -> Built:
    """Plan and run one edition. Raises UserError; see `plan` and `run`."""
    return run(plan(edition_name, settings, formats, output, only), force, progress, how)


def plan(
    edition_name: str,
    settings: Mapping[str, Any] | None = None,
    formats: Sequence[str] = FORMATS,
    output: Path | None = None,
    only: str | None = None,
    sources: str | None = None,
) -> Plan:
    """Check edition, parameters, notebook, data and output folder, in this order and without a kernel.

    `settings` go on top of the edition's own parameters. `output` defaults to a folder in reports/. `sources`: what
    `inputs.sources` gives, where it is known already.
    """
    asked = quick.request(edition_name, settings or {}, only, sources or inputs.sources())
    chosen = edition(edition_name)
    catalogue = load()
    parameters = resolve({**chosen.parameters, **(settings or {})}, catalogue)
    if "pdf" in formats:
        _check_letters(parameters.title)
    notebooks = _notebooks(only)
    folder = _checked_output(output or quick.default_output(chosen.name, only and notebooks[0].stem))
    catalogue.verify()
    return Plan(chosen, parameters, notebooks, tuple(f for f in FORMATS if f in formats), folder, catalogue, asked)


def run(
    plan: Plan, force: bool = False, progress: Progress = lambda text: None, how: How | None = None
) -> Built:
    """Make the report of `plan`, unless it is there already.

    Raises BuildError, NotebookFailed among them; the report of before then stands as it was.
    """
    begun = time.perf_counter()
    how = how or How()
    try:
        plan.output.parent.mkdir(parents=True, exist_ok=True)
        with swap.lock(plan.output):
            if said := swap.recover(plan.output):
                progress(said + "\n")
            _checked_output(plan.output)
            old = manifests.read_manifest(plan.output)
            parts = fingerprint(plan)
            digest = inputs.digest(parts)
            if not force and old and old.input_digest == digest and manifests.whole(plan.output, old, plan.formats):
                progress(f"{plan.edition.name}: up to date\n")
                _clear_failed(plan)
                if old.request != plan.request:  # other words or files for the same report: next time it is known
                    manifests.write_manifest(plan.output, replace(old, request=plan.request))
                return Built.of(plan.edition.name, plan.output, old, False, time.perf_counter() - begun)
            progress(f"{plan.edition.name}: {_why(old, parts, force)}\n")
            try:
                manifest = _make(plan, parts, old, how, progress)
                swap.swap(plan.output)
            except BaseException:  # an interrupt too must leave nothing half-made
                swap.recover(plan.output)
                raise
            _clear_failed(plan)
            return Built.of(plan.edition.name, plan.output, manifest, True, time.perf_counter() - begun)
    except BrokenPipeError:  # whoever read the progress is gone; the output folder is not at fault
        raise
    except OSError as error:
        raise BuildError(f"The report cannot be written to {plan.output}: {error.strerror or error}.") from error


def reason(plan: Plan) -> str:
    """Why `run` would make the report of `plan`; empty where it is up to date. Nothing is written."""
    old, parts = manifests.read_manifest(plan.output), fingerprint(plan)
    if old and old.input_digest == inputs.digest(parts) and manifests.whole(plan.output, old, plan.formats):
        return ""
    return _why(old, parts, force=False)


def fingerprint(plan: Plan, package: Path = inputs.PACKAGE) -> dict[str, str]:
    """What the report is made from, part by part, as SHA-256; read from the disk, not from memory."""
    return {
        "edition": inputs.digest([plan.edition.name, plan.edition.description]),
        "parameters": inputs.digest(plan.parameters.plain()),
        **{f"notebook {path.stem}": inputs.digest(inputs.cells(path)) for path in plan.notebooks},
        "package": inputs.digest([__version__, *inputs.tree(package)]),
        "data": inputs.digest([
            inputs.file_hash(plan.catalogue.root / "datapackage.json"), *table_hashes(plan.catalogue).items(),
        ]),
        "libraries": inputs.digest(inputs.versions()),
    }


def table_hashes(catalogue: Catalogue) -> dict[str, str]:
    """SHA-256 of the file of every table of the data package."""
    return {name: inputs.file_hash(table.path) for name, table in sorted(catalogue.tables.items())}


# ------------------------------------------------------------------------------------------ checks


def _check_letters(title: str) -> None:
    """Raise BadParameter for a title that the PDF could not show, before the notebooks are run for nothing."""
    if title.isascii():
        return
    from .pdf import lacking

    if letter := lacking(title):
        raise BadParameter(
            "title", title, f"the fonts of the PDF lack {shown(letter)!r}; romanise it or make HTML alone"
        )


def _notebooks(only: str | None) -> tuple[Path, ...]:
    folder = project_root() / "notebooks"
    paths = {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
    if not paths:
        raise BuildError(f"There are no notebooks in {folder}.")
    for name, path in paths.items():
        if not any("parameters" in cell[2] for cell in inputs.cells(path)):
            raise BuildError(f"The notebook {name} has no cell with the tag parameters.")
    if only is None:
        return tuple(paths.values())
    name = only.removesuffix(".ipynb")
    if name not in paths:
        raise UnknownNotebook(only, paths)
    return (paths[name],)


def _checked_output(output: Path) -> Path:
    """The absolute output folder; raises BadOutput when replacing it would destroy something else."""
    try:
        folder = output.resolve()
        root = project_root()
        if folder in (Path.home().resolve(), *root.parents, root) or folder == Path(folder.anchor):
            raise BadOutput(f"The output cannot be {folder}: choose a folder of its own.")
        for name in OWN_FOLDERS:
            if (root / name) in (folder, *folder.parents):
                raise BadOutput(f"The output cannot be {folder}: the project keeps its own files in {name}/.")
        if folder.exists() and not folder.is_dir():
            raise BadOutput(f"The output cannot be {folder}: it is a file.")
        manifest = manifests.read_manifest(folder)
        known = {manifests.MANIFEST, *manifest.files} if manifest else set()
        foreign = [path for path in manifests.files_in(folder) if path not in known]
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadOutput(f"The output cannot be {shown(str(output), 200)}: {reason}.") from None
    if foreign:
        raise BadOutput(
            f"The output cannot be {folder}: it holds {shown(foreign[0])}, which no build made; "
            "choose a new or an empty folder."
        )
    return folder


# ------------------------------------------------------------------------------------------ making


def _make(
    plan: Plan, parts: dict[str, str], old: manifests.Manifest | None, how: How, progress: Progress
) -> manifests.Manifest:
    """Write the whole report into the folder beside the output and return its manifest."""
    started = _clock()
    digest = inputs.digest(parts)
    from .workbook import workbook

    executed, seconds, book = _execute(plan, parts, old, how, progress)
    folder = swap.new_folder(plan.output)
    folder.mkdir()
    _export(plan, executed, folder, progress)
    nodes = [node for _, notebook in executed for node in outputs.nodes_of(notebook)]
    outputs.write_facts(folder, plan.edition.name, plan.parameters, book)
    outputs.write_rows(folder, plan.catalogue, book)
    outputs.write_data(folder, nodes)
    (folder / manifests.WORKBOOK).write_bytes(
        workbook(nodes, book, plan.catalogue, plan.edition.name, plan.parameters)
    )
    formats = [*plan.formats, *_carry_over(plan, old, digest, folder)]
    if changed := inputs.changed_inputs(parts, fingerprint(plan)):
        raise BuildError(f"Changed while the report was being made: {listing(changed)}; start the build again.")
    manifest = manifests.Manifest(
        edition=plan.edition.name, parameters=plan.parameters.plain(), input_digest=digest, inputs=parts,
        formats=tuple(f for f in FORMATS if f in formats), files=manifests.hashes(folder), versions=inputs.versions(),
        data={"version": plan.catalogue.version, "date": plan.catalogue.data_date.isoformat()},
        notebooks=tuple({"name": name, "seconds": round(took, 2)} for name, took in seconds.items()),
        started=started, finished=_clock(), tables=table_hashes(plan.catalogue), code=inputs.code_hashes(),
        request=plan.request,
    )  # fmt: skip
    manifests.write_manifest(folder, manifest)
    return manifest


# Reports of the last builds of this process, by what their facts are computed from: formats and notebooks share them,
# and editions that agree in the parameters of a topic share its facts.
_REPORTS: dict[str, Report] = {}


def _facts(plan: Plan, parts: Mapping[str, str]) -> FactBook:
    """All facts of the edition, computed."""
    key = inputs.digest([parts[name] for name in ("parameters", "package", "data", "libraries")])
    if key not in _REPORTS:
        report = Report(plan.parameters, plan.catalogue)
        len(report.facts)  # loads every topic
        while len(_REPORTS) > 3:
            _REPORTS.pop(next(iter(_REPORTS)))
        _REPORTS[key] = report
    return _REPORTS[key].facts


def _execute(
    plan: Plan, parts: Mapping[str, str], old: manifests.Manifest | None, how: How, progress: Progress
) -> tuple[list[tuple[str, NotebookNode]], dict[str, float], FactBook]:
    """The executed notebooks by name, the seconds each took, and the facts the build computed itself."""
    books: list[FactBook] = []
    with (
        scratch.folder() as temporary,
        execute.session(temporary, how.kernels, lambda: books.append(_facts(plan, parts))) as session,
    ):
        made, seconds = _run_notebooks(plan, _longest_first(plan, old), books[0], session, how.jobs, progress)
    return [(path.stem, made[path]) for path in plan.notebooks], {p.stem: seconds[p] for p in plan.notebooks}, books[0]


def _run_notebooks(
    plan: Plan, order: Sequence[Path], book: FactBook, session: execute.Session, jobs: int, progress: Progress
) -> tuple[dict[Path, NotebookNode], dict[Path, float]]:
    """Run the notebooks in `order`, `jobs` at a time, and say when each is done. The first that fails stops all."""
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

    def run(path: Path) -> tuple[NotebookNode, float]:
        begun = time.perf_counter()
        notebook = session.execute(path, plan.parameters, edition=plan.edition.name, keep=_failed(plan))
        outputs.check_facts(path.stem, outputs.nodes_of(notebook), book)
        return notebook, time.perf_counter() - begun

    made, seconds = dict[Path, Any](), dict[Path, float]()
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        try:
            waiting: dict[Future[tuple[NotebookNode, float]], Path] = {pool.submit(run, path): path for path in order}
            while waiting:
                # A wait without end would not hear Ctrl-C where another thread is given the signal.
                done, _ = wait(waiting, SECONDS_DEAF, FIRST_COMPLETED)
                for future in sorted(done, key=lambda future: order.index(waiting[future])):
                    path = waiting.pop(future)
                    label = f"[{len(made) + 1}/{len(order)}] {path.stem}"
                    try:
                        made[path], seconds[path] = future.result()
                    except BaseException:
                        progress(f"{label}  failed\n")
                        raise
                    progress(f"{label}  {seconds[path]:.1f} s\n")
        except BaseException:
            # Before the pool waits for its threads: what they wait for has to end first.
            pool.shutdown(wait=False, cancel_futures=True)
            session.stop()
            raise
    return made, seconds


def _longest_first(plan: Plan, old: manifests.Manifest | None) -> list[Path]:
    """The notebooks in the order that ends soonest: by what each took in the last build, or in the published one."""
    known = old or manifests.read_manifest(project_root() / "reports" / "published" / "default")
    took = {notebook["name"]: float(notebook["seconds"]) for notebook in known.notebooks} if known else {}
    return sorted(plan.notebooks, key=lambda path: (-took.get(path.stem, 0.0), -path.stat().st_size))


def _export(plan: Plan, executed: list[tuple[str, NotebookNode]], folder: Path, progress: Progress) -> None:
    """Hand the merged notebooks to the exporter of each format asked for; there is no other path."""
    from nbconvert.exporters import get_exporter

    from .document import merge

    merged = merge(executed, _metadata(plan))
    for format in plan.formats:
        begun = time.perf_counter()
        try:
            content, _ = get_exporter(f"report_{format}")().from_notebook_node(merged)
        except Exception as error:
            reason = shown(" ".join(f"{type(error).__name__}: {error}".split()).rstrip("."), 400)
            raise BuildError(f"Edition {plan.edition.name} cannot be exported to {format}: {reason}.") from error
        name = manifests.FILE_OF[format]
        (folder / name).write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        progress(f"{name}  {time.perf_counter() - begun:.1f} s\n")


def _metadata(plan: Plan) -> dict[str, str]:
    """What the masthead says of the edition; the rest of it comes from the notebooks."""
    return {"edition": plan.edition.name, "edition_description": plan.edition.description}


def _carry_over(plan: Plan, old: manifests.Manifest | None, digest: str, folder: Path) -> list[str]:
    """Copy the documents that were not asked for and that the same parts made; return their formats."""
    if old is None or old.input_digest != digest:
        return []
    kept = []
    for format in FORMATS:
        name = manifests.FILE_OF[format]
        source = plan.output / name
        if format in plan.formats or name not in old.files or not source.is_file():
            continue
        if inputs.file_hash(source) == old.files[name]:
            shutil.copyfile(source, folder / name)
            kept.append(format)
    return kept


def _failed(plan: Plan) -> Path:
    return plan.output.with_name(plan.output.name + ".failed")


def _clear_failed(plan: Plan) -> None:
    """Remove half-run copies that an earlier build kept: they no longer say how things stand."""
    folder = _failed(plan)
    if folder.is_dir():
        for path in plan.notebooks:
            (folder / path.name).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()


# ------------------------------------------------------------------------------------- fingerprints


def _why(old: manifests.Manifest | None, parts: dict[str, str], force: bool) -> str:
    if old is None:
        return "no report yet"
    if changed := inputs.changed_inputs(old.inputs, parts):
        return f"changed since the last report: {listing(changed)}"
    return "made again, as --force asks" if force else "the report is not complete"


def _clock() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
