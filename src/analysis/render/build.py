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
from ..parameters import Edition, ReportParameters, edition
from ..places import home, is_mount
from ..project import project_root
from ..report import data_of
from . import cache, chapters, execute, halfrun, inputs, manifests, notebooks, outputs, parts, quick, swap, workers
from .manifests import Built

if TYPE_CHECKING:
    from nbformat import NotebookNode

FORMATS = ("html", "pdf")
# Folders of the project in which no report may be made.
OWN_FOLDERS = (".ci", ".git", ".venv", "data", "docs", "notebooks", "reports/published", "src", "tests", "tools")


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

    @property
    def whole(self) -> bool:
        """Whether these are all the notebooks there are, and not one alone."""
        return self.notebooks == tuple(chapters.chapters(self.notebooks[0].parent).values())

    @property
    def left_out(self) -> dict[str, str]:
        """The files of notebooks/ that are no part of a whole report, and why."""
        return chapters.left_out(self.notebooks[0].parent) if self.whole else {}

    @property
    def failed(self) -> Path:
        """The folder of half-run copies of notebooks that failed."""
        return self.output.with_name(self.output.name + ".failed")


@dataclass(frozen=True)
class How:
    """How a build goes about it; the report is the same, byte for byte, whatever stands here.

    `jobs`: notebooks that run at a time; `kernels`, `timeout`: see `execute.session`; `scheduler`: that of a Dask
    cluster which makes the editions in the place of this machine, see `cluster`.
    """

    jobs: int = field(default_factory=lambda: workers.affordable())
    kernels: execute.Kernels = "forked"
    scheduler: str | None = None
    timeout: float | None = execute.SECONDS_FOR_A_CELL


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
    whole = load()
    parameters = chosen.with_settings(settings or {}, whole)
    catalogue = data_of(parameters, whole)
    if "pdf" in formats:
        _check_letters(parameters.heading)
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
            stamps = fingerprint(plan)
            digest = inputs.digest(stamps)
            if not force and old and old.input_digest == digest and manifests.whole(plan.output, old, plan.formats):
                progress(f"{plan.edition.name}: up to date\n")
                _clear_failed(plan, progress)
                if old.request != plan.request:  # other words or files for the same report: next time it is known
                    manifests.write_manifest(plan.output, replace(old, request=plan.request))
                return Built.of(plan.edition.name, plan.output, old, False, time.perf_counter() - begun)
            progress(f"{plan.edition.name}: {_why(plan, old, stamps, force)}\n")
            try:
                manifest = _make(plan, stamps, old, how, force, progress)
                kept = swap.swap(plan.output)
            except BaseException:  # an interrupt too must leave nothing half-made
                swap.recover(plan.output)
                raise
            if kept:
                progress(kept + "\n")
            _clear_failed(plan, progress)
            return Built.of(plan.edition.name, plan.output, manifest, True, time.perf_counter() - begun)
    except BrokenPipeError:  # whoever read the progress is gone; the output folder is not at fault
        raise
    except OSError as error:
        raise BuildError(f"The report cannot be written to {plan.output}: {error.strerror or error}.") from error


def reason(plan: Plan) -> str:
    """Why `run` would make the report of `plan`; empty where it is up to date. Nothing is written."""
    old, stamps = manifests.read_manifest(plan.output), fingerprint(plan)
    if old and old.input_digest == inputs.digest(stamps) and manifests.whole(plan.output, old, plan.formats):
        return ""
    return _why(plan, old, stamps, force=False)


def reasons(plan: Plan) -> dict[str, str]:
    """For each notebook, why `run` would run it; empty where it is known already. Nothing is written."""
    old = manifests.read_manifest(plan.output)
    return {name: notebooks.reason(part, plan, old) for name, part in notebooks.described(plan).items()}


def fingerprint(plan: Plan, package: Path = inputs.PACKAGE) -> dict[str, str]:
    """What the report is made from, part by part, as SHA-256; read from the disk, not from memory."""
    return {
        "edition": inputs.digest([plan.edition.name, plan.edition.description]),
        "parameters": inputs.digest(plan.parameters.plain()),
        **{f"notebook {path.stem}": inputs.digest(chapters.cells(path)) for path in plan.notebooks},
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
    """The notebooks asked for; what else lies in notebooks/ is not looked at."""
    folder = project_root() / "notebooks"
    if only is None:
        if not (whole := chapters.chapters(folder)):
            raise BuildError(f"There are no notebooks in {folder}.")
        return tuple(map(chapters.checked, whole.values()))
    paths = {path.stem: path for path in chapters.notebook_files(folder)}
    name = only.removesuffix(".ipynb")
    if name not in paths:
        raise UnknownNotebook(only, paths)
    return (chapters.checked(paths[name]),)


def _checked_output(output: Path) -> Path:
    """The absolute output folder; raises BadOutput when replacing it would destroy something else."""
    try:
        folder = output.resolve()
        root = project_root()
        if folder in (home(), *root.parents, root) or folder == Path(folder.anchor):
            raise BadOutput(f"The output cannot be {folder}: choose a folder of its own.")
        for name in OWN_FOLDERS:
            if (root / name) in (folder, *folder.parents):
                raise BadOutput(f"The output cannot be {folder}: the project keeps its own files in {name}/.")
        if folder.exists() and not folder.is_dir():
            raise BadOutput(f"The output cannot be {folder}: it is a file.")
        if folder.exists() and is_mount(folder):
            raise BadOutput(
                f"The output cannot be {folder}: something is mounted there, and a report takes the place of its whole "
                f"folder; choose one inside it, such as {folder / 'report'}."
            )
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
    plan: Plan, stamps: dict[str, str], old: manifests.Manifest | None, how: How, force: bool, progress: Progress
) -> manifests.Manifest:
    """Write the whole report into the folder beside the output and return its manifest."""
    started = _clock()
    digest = inputs.digest(stamps)
    from .workbook import workbook

    runs, book = notebooks.run_all(plan, stamps, how, force, progress)
    executed = [(name, run.notebook) for name, run in runs.items()]
    folder = swap.new_folder(plan.output)
    folder.mkdir()
    _export(plan, executed, folder, progress)
    nodes = [node for _, notebook in executed for node in outputs.nodes_of(notebook)]
    outputs.write_facts(folder, plan.edition.name, plan.parameters, book)
    outputs.write_rows(folder, plan.catalogue, book)
    outputs.write_data(folder, nodes, None if force else parts.pictures(cache.default()))
    (folder / manifests.WORKBOOK).write_bytes(
        workbook(nodes, book, plan.catalogue, plan.edition.name, plan.parameters)
    )
    formats = [*plan.formats, *_carry_over(plan, old, digest, folder)]
    if changed := inputs.changed_inputs(stamps, fingerprint(plan)):
        raise BuildError(f"Changed while the report was being made: {listing(changed)}; start the build again.")
    manifest = manifests.Manifest(
        edition=plan.edition.name, parameters=plan.parameters.plain(), input_digest=digest, inputs=stamps,
        formats=tuple(f for f in FORMATS if f in formats), files=manifests.hashes(folder), versions=inputs.versions(),
        data={"version": plan.catalogue.version, "date": plan.catalogue.data_date.isoformat()},
        notebooks=tuple(
            {"name": name, "seconds": round(run.seconds, 2), "made_from": run.made_from} for name, run in runs.items()
        ),
        started=started, finished=_clock(), tables=table_hashes(plan.catalogue), code=inputs.code_hashes(),
        request=plan.request, facts=len(book),
    )  # fmt: skip
    manifests.write_manifest(folder, manifest)
    return manifest


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
    """Copy the documents that were not asked for and that the same stamps made; return their formats."""
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


def _clear_failed(plan: Plan, progress: Progress) -> None:
    """Remove half-run copies that an earlier build kept: they no longer say how things stand."""
    if kept := halfrun.clear(plan.failed, [path.name for path in plan.notebooks]):
        progress(f"Kept in {plan.failed}, since it was changed there: {listing(kept)}.\n")


# ------------------------------------------------------------------------------------- fingerprints


def _why(plan: Plan, old: manifests.Manifest | None, stamps: dict[str, str], force: bool) -> str:
    if old is None:
        return "no report yet"
    if changed := inputs.changed_inputs(old.inputs, stamps):
        return f"changed since the last report: {listing(changed)}"
    changed, missing = manifests.altered(plan.output, old)
    if changed:
        return f"not as it was made: {listing(map(shown, changed))}"
    if force:
        return "made again, as --force asks"
    return f"missing: {listing(map(shown, missing))}" if missing else "the report is not complete"


def _clock() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
