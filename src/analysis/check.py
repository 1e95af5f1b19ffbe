"""How things stand: data, environment, notebooks, reports. Reads only; every problem comes with what to do."""

from __future__ import annotations

import ast
import json
import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .catalogue import Catalogue
from .errors import UserError, listing, shown
from .formatting import day_text
from .lock import LOCK, installed
from .parameters import PARAMETER_NAMES, Edition, ReportParameters, edition, editions, resolve
from .project import project_root
from .render import build, chapters, inputs, manifests, swap
from .report import data_of

PROGRAM = "python -m analysis"
OK, NOTE, PROBLEM = "ok", "note", "problem"
MOST_NAMED = 4


@dataclass(frozen=True)
class Finding:
    """How one thing stands: `state` is ok, note or problem; `todo` says what to do about it, if anything."""

    area: str
    name: str
    state: str
    said: str
    todo: str = ""


def check() -> list[Finding]:
    """Everything, in the order in which it is shown. Nothing on the disk is changed."""
    found, catalogue = _data()
    return [*found, _environment(), *_notebooks(catalogue), *_reports(catalogue)]


def needs_doing(findings: Iterable[Finding]) -> bool:
    return any(finding.state == PROBLEM for finding in findings)


def as_json(findings: Iterable[Finding]) -> dict[str, Any]:
    found = list(findings)
    return {"well": not needs_doing(found), "findings": [asdict(finding) for finding in found]}


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """One line a finding, what to do below it."""
    found = list(findings)
    area = ""
    signs = {OK: "ok", NOTE: "--", PROBLEM: "!!"}
    for finding in found:
        head = "" if finding.area == area else finding.area
        area = finding.area
        name = f"{finding.name}: " if finding.name else ""
        yield f"{head:<12} {signs[finding.state]}  {name}{finding.said}"
        if finding.todo:
            yield f"{'':<16} {finding.todo}"
    problems = sum(finding.state == PROBLEM for finding in found)
    yield ""
    yield "All is well." if not problems else f"{problems} {'thing needs' if problems == 1 else 'things need'} doing."


# --------------------------------------------------------------------------------------------- data


def _data() -> tuple[list[Finding], Catalogue | None]:
    """Every table against its hash, its columns and the list of sources; the catalogue if it could be read."""
    area, mend = "Data", f"Restore the file or, if the change is meant: {PROGRAM} seal"
    try:
        catalogue = Catalogue()
    except (UserError, KeyError, TypeError, AttributeError) as error:
        said = str(error) if isinstance(error, UserError) else "The file datapackage.json lacks what it must say."
        return [Finding(area, "", PROBLEM, said, "Restore data/datapackage.json.")], None
    bad = [f for name in catalogue.tables if (f := _table(catalogue, name, mend))]
    if bad:
        return bad, None
    try:
        sources = len(catalogue.sources)
    except UserError as error:
        return [Finding(area, "", PROBLEM, str(error), f"Complete data/sources.csv, then: {PROGRAM} seal")], None
    rows = sum(len(catalogue.frame(name)) for name in catalogue.tables)
    said = (
        f"{len(catalogue.tables)} tables, {rows:,} rows: hashes agree, {sources} sources resolve; "
        f"package {catalogue.version} of {day_text(catalogue.data_date)}"
    )
    return [Finding(area, "", OK, said)], catalogue


def _table(catalogue: Catalogue, name: str, mend: str) -> Finding | None:
    try:
        catalogue.frame(name)
    except UserError as error:
        return Finding("Data", name, PROBLEM, str(error), mend)
    return None


# -------------------------------------------------------------------------------------- environment


def _environment() -> Finding:
    area, mend = "Environment", "Make it anew: rm -r .venv && sh tools/setup_venv.sh (with conda, versions differ)"
    try:
        packages = installed(project_root() / LOCK)
    except UserError as error:
        return Finding(area, "", PROBLEM, str(error), f"Restore {LOCK}.")
    missing = [p.name for p in packages if p.installed is None]
    other = [f"{p.name} {p.installed} instead of {p.wanted}" for p in packages if p.installed and not p.agrees]
    python = ".".join(map(str, sys.version_info[:3]))
    if not missing and not other:
        return Finding(area, "", OK, f"Python {python}; all {len(packages)} packages as in {LOCK}")
    said = [
        f"{len(names)} {words} ({listing(names, limit=MOST_NAMED)})"
        for names, words in ((missing, "missing"), (other, "in another version"))
        if names
    ]
    return Finding(area, "", PROBLEM, f"Python {python}; of {len(packages)} packages of {LOCK} {listing(said)}", mend)


# ---------------------------------------------------------------------------------------- notebooks


def _notebooks(catalogue: Catalogue | None) -> Iterator[Finding]:
    """Whether each notebook is stored without outputs, and its parameters cell says what ReportParameters does."""
    folder = project_root() / "notebooks"
    paths = list(chapters.chapters(folder).values())
    for name, why in chapters.left_out(folder).items():
        yield Finding("Notebooks", name, NOTE, f"left out of reports: {why}", "Rename it, or remove it.")
    bad = [f for path in paths for f in _notebook(path, catalogue)]
    yield from bad
    if not paths:
        yield Finding("Notebooks", "", PROBLEM, "there are none", "Restore the folder notebooks/.")
    elif not bad:
        yield Finding("Notebooks", "", OK, f"{len(paths)} without outputs; their parameters are the defaults")


def _notebook(path: Path, catalogue: Catalogue | None) -> Iterator[Finding]:
    area = "Notebooks"
    try:
        chapters.cells(path)
        cells = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
        outputs = sum(bool(cell.get("outputs")) for cell in cells)
        source = next(("".join(c["source"]) for c in cells if "parameters" in c["metadata"].get("tags", [])), None)
    except (UserError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        said = str(error).partition(" cannot be read: ")[2].rstrip(".")
        said = f"cannot be read: {said}" if said else "cannot be read"
        yield Finding(area, path.stem, PROBLEM, said, f"Restore notebooks/{path.name}.")
        return
    if outputs:
        said = f"{outputs} {'cell is' if outputs == 1 else 'cells are'} stored with outputs"
        todo = f"jupyter nbconvert --clear-output --inplace notebooks/{path.name}"
        yield Finding(area, path.stem, PROBLEM, said, todo)
    if source is None:
        yield Finding(area, path.stem, PROBLEM, "has no cell with the tag parameters", "Tag its first code cell.")
        return
    if wrong := _wrong_parameters(source, catalogue):
        todo = f"Take the parameters cell of another notebook; {PROGRAM} parameters lists names and defaults."
        yield Finding(area, path.stem, PROBLEM, f"its parameters cell {wrong}", todo)


def _wrong_parameters(source: str, catalogue: Catalogue | None) -> str:
    """How a parameters cell differs from the defaults of ReportParameters; empty when it does not."""
    try:
        body = ast.parse(source).body
        given = {
            target.id: ast.literal_eval(statement.value)
            for statement in body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        }
    except (SyntaxError, ValueError):
        return "does more than assign plain values"
    missing, foreign = set(PARAMETER_NAMES) - set(given), set(given) - set(PARAMETER_NAMES)
    if missing:
        return f"lacks {listing(sorted(missing))}"
    if foreign:
        return f"sets {listing(sorted(foreign))}, which is no parameter"
    if catalogue is None:
        return ""
    try:
        own, defaults = resolve(given, catalogue).plain(), resolve({}, catalogue).plain()
    except UserError as error:
        return f"is refused: {error}"
    differing = [name for name in PARAMETER_NAMES if own[name] != defaults[name]]
    return f"sets {listing(differing)} to something else than the default" if differing else ""


# ------------------------------------------------------------------------------------------ reports


def _reports(catalogue: Catalogue | None) -> Iterator[Finding]:
    """Every edition and every folder of reports/ with a manifest; what interrupted builds left."""
    folder = project_root() / "reports"
    try:
        known = editions()
    except UserError as error:
        yield Finding("Reports", "", PROBLEM, str(error), "Mend reports/editions.yml.")
        known = {}
    held = [path for path in sorted(folder.glob("*")) if (path / manifests.MANIFEST).exists()]
    for name in dict.fromkeys([*known, *(path.name for path in held)]):
        yield _report(folder / name, known, catalogue)
    for name, files in swap.remains(folder).items():
        todo = f"The next build of it clears up: {PROGRAM} render {name}" if name in known else (
            f"Build it again, or remove {listing(files)} from reports/.")  # fmt: skip
        yield Finding("Reports", name, PROBLEM, "an interrupted build left its files beside it", todo)
    for path in sorted(folder.glob("*.failed")):
        name = path.name.removesuffix(".failed")
        said = f"a failed build left its half-run notebooks in reports/{path.name}"
        yield Finding("Reports", name, PROBLEM, said, "Mend what failed and build again, or remove the folder.")


def _report(folder: Path, known: dict[str, Edition], catalogue: Catalogue | None) -> Finding:
    """How one report stands: absent, current, stale or damaged."""
    area, name = "Reports", folder.name
    if not (folder / manifests.MANIFEST).exists():
        return Finding(area, name, NOTE, "absent", f"{PROGRAM} render {name}")
    manifest = manifests.read_manifest(folder)
    if manifest is None:
        todo = f"Remove reports/{name}/ and build it again."
        return Finding(area, name, PROBLEM, "damaged: its manifest.json cannot be read", todo)
    again = _command(name, manifest, known)
    try:
        hashes = manifests.hashes(folder)
    except OSError as error:
        return Finding(area, name, PROBLEM, f"cannot be read: {error.strerror or error}", again)
    if foreign := [path for path in hashes if path not in manifest.files]:
        said = f"holds {listing(map(shown, foreign), limit=MOST_NAMED)}, which no build made"
        return Finding(area, name, PROBLEM, f"damaged: {said}", "Move it elsewhere; a build would refuse the folder.")
    if damaged := [path for path, value in manifest.files.items() if hashes.get(path) != value]:
        said = f"{listing(damaged, limit=MOST_NAMED)} {'is' if len(damaged) == 1 else 'are'} missing or altered"
        return Finding(area, name, PROBLEM, f"damaged: {said}", again)
    if catalogue is None:
        return Finding(area, name, NOTE, "whole; whether it is current cannot be said before the data are mended")
    try:
        plan = _plan(folder, manifest, known, catalogue)
        changed = inputs.changed_inputs(manifest.inputs, build.fingerprint(plan))
    except UserError as error:
        return Finding(area, name, PROBLEM, f"stale: it can no longer be made as it was: {error}", again)
    if changed:
        return Finding(area, name, PROBLEM, f"stale: changed since: {listing(changed)}", again)
    formats = " and ".join(format.upper() for format in manifest.formats)
    return Finding(area, name, OK, f"current ({formats}, built {manifest.finished[:10]})")


def _plan(
    folder: Path, manifest: manifests.Manifest, known: dict[str, Edition], catalogue: Catalogue
) -> build.Plan:
    """What a build of this folder would be: of an edition's own folder as declared, else as it was built."""
    declared = known.get(folder.name)
    chosen = declared or edition(manifest.edition)
    paths = list(chapters.chapters(project_root() / "notebooks").values())
    if only := _only(manifest, declared):
        paths = [path for path in paths if path.stem == only] or [project_root() / "notebooks" / f"{only}.ipynb"]
    parameters = resolve(declared.parameters if declared else manifest.parameters, catalogue)
    return build.Plan(chosen, parameters, tuple(paths), manifest.formats, folder, data_of(parameters, catalogue))


def _only(manifest: manifests.Manifest, declared: Edition | None) -> str | None:
    """The notebook of a report that was made with --only."""
    names = [str(notebook["name"]) for notebook in manifest.notebooks]
    return names[0] if declared is None and len(names) == 1 else None


def _command(name: str, manifest: manifests.Manifest, known: dict[str, Edition]) -> str:
    """The command that makes a report again."""
    if name in known:
        return f"{PROGRAM} render {name}"
    words = [PROGRAM, "render", manifest.edition]
    own = known[manifest.edition].parameters if manifest.edition in known else {}
    defaults = {n: f.default for n, f in ReportParameters.model_fields.items()}
    for parameter, value in manifest.parameters.items():
        if str(value) != str({**defaults, **own}.get(parameter)):
            words += ["--set", shlex.quote(f"{parameter}={'' if value is None else value}")]
    if only := _only(manifest, None):
        words += ["--only", only]
    if set(manifest.formats) != set(build.FORMATS):
        words += ["--format", *manifest.formats]
    return " ".join([*words, "--output", shlex.quote(f"reports/{name}")])

