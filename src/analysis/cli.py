"""The command line: `python -m analysis`. Thin: it parses, calls the package, and prints.

Every mistake becomes one sentence on stderr, `Error: ...`, and an exit code: 2 for a mistake in what was
asked, 1 for a build that failed, 130 for Ctrl-C. What takes long to import is imported where it is used.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from . import __version__, endings, places
from .errors import BuildError, UserError, listing, nearest, shown

PROGRAM = "python -m analysis"
FORMATS = ("html", "pdf", "all")
KERNELS = ("forked", "plain")
MOST_JOBS = 256
MOST_SECONDS = 604_800
WIDTH = 100


class Misuse(UserError):
    """A command line that cannot be understood."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    endings.give_streams()
    _print_safely()
    with endings.heard_once(), endings.printing():
        return _ended(given, "--debug" in given)


def _ended(given: Sequence[str], debug: bool) -> int:
    """Run one command; however it ends, the exit code."""
    try:
        places.check_copy()
        with places.some_home():
            code = _run(given)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        endings.forget_stdout()  # whoever read our output has enough
        return 141
    except KeyboardInterrupt:
        # Where the interrupt passes an `exec` of text, as a dataclass being made is, Python keeps a mark that it stands
        # unhandled, and `python -m` then dies of the signal instead of ending with our code; a new `exec` clears it.
        exec("")
        _say("Stopped; every report is as its last whole build left it.")
        return 130
    except UserError as error:
        if debug:
            traceback.print_exc()
        _say(f"Error: {error}")
        return error.exit_code
    except Exception as error:
        if debug:
            traceback.print_exc()
        text = " ".join(str(error).split()).rstrip(".")
        hint = "" if debug else " Add --debug for the traceback."
        _say(f"Error: an unexpected {type(error).__name__}: {shown(text, 300)}.{hint}")
        return 1


def _run(given: Sequence[str]) -> int:
    words = parser()
    _check_command(given)
    options, unknown = words.parse_known_args(given)
    if unknown:
        _refuse(unknown[0], words, options.command)
    if options.version:
        return _version()
    if options.command is None:
        words.print_help()
        return 0
    command: Callable[[argparse.Namespace], int] = COMMANDS[options.command][0]
    return command(options)


# ---------------------------------------------------------------------------------------- commands


def _render(options: argparse.Namespace) -> int:
    from .printed import what_was_made, what_was_swept
    from .render import inputs, quick

    formats = _formats(options.format)
    _check_how(options)  # also where the report stands and nothing is run
    names = list(dict.fromkeys(options.edition)) or ["default"]
    asked = quick.Asked(
        tuple(names), tuple(options.set), tuple(options.grid), formats, options.output, options.only,
        options.max_editions,
    )  # fmt: skip
    sources = inputs.sources()
    if not (options.force or options.dry_run) and (standing := quick.up_to_date(asked, sources)):
        for built in standing[0]:
            _progress(f"{built.edition}: up to date\n")
        for line in (*map(what_was_made, standing[0]), *map(what_was_swept, standing[1])):
            print("\n".join(line))
        return 0
    # Left alone, jsonschema compiles a grammar of web addresses when papermill imports it: a second of work for a
    # format that no notebook has. It does without where the module cannot be imported.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    from .parameters import edition, parse_settings
    from .render import build, crew, notebooks, sweep

    settings = parse_settings(options.set)
    folder = None if options.output is None else Path(options.output)
    if folder is not None and not options.output.strip():
        raise Misuse("--output needs the name of a folder.")
    grid = sweep.parse_grid(options.grid)
    how = _how(options)
    # All editions are checked before the first kernel starts.
    plans: list[build.Plan] = []
    sweeps = []
    for name in names:
        place = folder / name if folder and len(names) > 1 else folder
        own = {**sweep.declared_grid(name, edition(name).grid), **grid}
        if own:
            most = options.max_editions
            sweeps.append(sweep.planned(name, settings, own, formats, place, options.only, most, options.grid, sources))
        else:
            plans.append(build.plan(name, settings, formats, place, options.only, sources))
    every = [*plans, *(plan for planned in sweeps for _, plan in planned.plans)]
    for name, why in (every[0].left_out if every else {}).items():
        _progress(f"notebooks/{name} is left out: {why}\n")
    if options.dry_run:
        swept_plans = ((one.name, plan) for planned in sweeps for one, plan in planned.plans)
        for label, plan in (*((plan.edition.name, plan) for plan in plans), *swept_plans):
            why = build.reason(plan)
            print(f"{label}: would be made, {why}" if why else f"{label}: up to date")
            causes = build.reasons(plan) if why else {}
            if set(causes.values()) == {notebooks.NEW}:
                continue  # it goes without saying
            for notebook, cause in causes.items():
                print(f"  {notebook}: would be run, {cause}" if cause else f"  {notebook}: unchanged")
        return 0
    if len(plans) + len(sweeps) == 1 and plans and not how.scheduler:
        built = build.run(plans[0], options.force, _progress, how)
        print("\n".join(what_was_made(built)))
        return 0
    outcomes = crew.run([(plan.edition.name, plan) for plan in plans], options.force, _progress, how)
    swept = [sweep.run(planned, options.force, _progress, how) for planned in sweeps]
    for outcome in outcomes:
        if outcome.built:
            print("\n".join(what_was_made(outcome.built)))
    for made in swept:
        print("\n".join(what_was_swept(made)))
    failures = [outcome.failed for outcome in outcomes if outcome.failed]
    failures += [text for made in swept for text in made.failed.values()]
    for text in failures:
        _say(f"Error: {text}")
    return BuildError.exit_code if failures else 0


def _editions(options: argparse.Namespace) -> int:
    from .parameters import editions

    for edition in editions().values():
        print(edition.name)
        if edition.description:
            print(f"  {edition.description}")
        settings = ", ".join(f"{name}={value}" for name, value in edition.parameters.items())
        print(f"  Settings: {settings or 'none, all parameters have their defaults'}")
        if edition.grid:
            values = ", ".join(f"{name}={value}" for name, value in edition.grid.items())
            print(f"  Grid: {values}")
    return 0


def _parameters(options: argparse.Namespace) -> int:
    from .catalogue import load
    from .parameters import LISTS, ReportParameters, allowed, choices

    catalogue = load()
    lines = []
    for name, field in ReportParameters.model_fields.items():
        kind = "one of a list" if choices(name, catalogue) else _type_name(field.annotation)
        kind = "list" if name in LISTS else kind
        lines += [
            name, f"  {field.description}", f"  Type: {kind}; {allowed(name, catalogue)}.",
            f"  Default: {'none' if field.default is None else field.default}",
        ]  # fmt: skip
    print("\n".join(lines))
    return 0


@contextlib.contextmanager
def _knowing() -> Iterator[None]:
    """Facts that a build or an earlier command computed from the same data are not computed again."""
    from .catalogue import load
    from .render import cache, parts
    from .report import storing

    store = None
    kept = cache.default()
    kept.wait(lambda text: _say(text.rstrip()))
    with contextlib.suppress(UserError):  # two reports can be compared without the data
        store = parts.topics(load(), kept)
    with storing(store):
        yield


@_knowing()
def _fact(options: argparse.Namespace) -> int:
    from .formatting import fact_text
    from .printed import fact_lines

    report = _report(options)
    words = [part for word in options.words for part in word.split()]
    found = report.facts.search(words)
    # A whole id is that fact; the beginning of ids lists them; anything else with a dot is a mistyped id.
    exact = len(options.words) == 1 and (options.words[0] in report.facts or (_is_id(options.words[0]) and not found))
    if not options.list and exact:
        fact = report.fact(options.words[0])
        if options.json:
            _print_json({**fact.as_json(), "shown": fact_text(fact)})
        else:
            print(f"{fact.id}\n" + "\n".join(fact_lines(fact)))
            print(f"  Rows and sources: {PROGRAM} explain {fact.id}")
        return 0
    if not found:
        raise Misuse(f"No fact of this edition holds {listing([shown(word) for word in words])}: try fewer words.")
    if options.json:
        _print_json([fact.as_json() for fact in found])
        return 0
    for fact in found:
        print(f"{fact.id:<52} {fact_text(fact):>22}  {fact.label}")
    return 0


@_knowing()
def _explain(options: argparse.Namespace) -> int:
    from .explain import explain, explain_row
    from .printed import explanation_lines

    report = _report(options)
    by_row = "#" in options.fact
    explanation = explain_row(report.catalogue, options.fact) if by_row else explain(report, options.fact)
    if options.json:
        _print_json(explanation.as_json())
    else:
        print("\n".join(explanation_lines(explanation)))
    return 0


@_knowing()
def _compare(options: argparse.Namespace) -> int:
    from . import errata
    from .compare import compare

    comparison = compare(options.old, options.new)
    for path, made in ((options.csv, errata.as_csv), (options.html, errata.as_html)):
        if path is not None:
            _write(path, made(comparison))
    if options.json:
        _print_json(errata.as_json(comparison))
    else:
        print("\n".join(errata.lines(comparison, options.all)))
    return int(options.exit_code and comparison.differs)


def _check(options: argparse.Namespace) -> int:
    from . import check

    if options.stale:
        from . import stale
        from .catalogue import load

        findings = stale.stale(load(), date.today())
    else:
        findings = check.check()
    if options.json:
        _print_json(check.as_json(findings))
    else:
        print("\n".join(check.lines(findings)))
    return int(check.needs_doing(findings))


def _refresh(options: argparse.Namespace) -> int:
    from .refresh.refresh import refresh

    if options.path is not None and options.file is not None:
        raise Misuse("The path is given twice, by itself and with --file: one of the two is enough.")
    done = refresh(
        options.source, options.years, apply=options.apply, progress=_progress, path=options.path or options.file,
        pair=options.pair,
        again=options.replace, remove=options.remove,
    )  # fmt: skip
    print("\n".join(done.lines()))
    return 0


def _seal(options: argparse.Namespace) -> int:
    from .catalogue import Catalogue, seal

    try:
        changed = seal()
    except OSError as error:
        raise Misuse(f"The data package cannot be sealed: {error.filename}: {error.strerror}.") from None
    Catalogue().verify()
    for name in changed:
        print(f"changed: {name}")
    print(f"{len(changed)} changed tables; every table agrees with the data package.")
    return 0


def _version() -> int:
    from .catalogue import load

    text = f"analysis {__version__}"
    with contextlib.suppress(UserError):
        catalogue = load()
        text += f", data package {catalogue.version} of {catalogue.data_date.isoformat()}"
    print(text)
    return 0


# --------------------------------------------------------------------------------- what is printed


def _print_json(body: Any) -> None:
    print(json.dumps(body, ensure_ascii=False, indent=2))


def _progress(text: str) -> None:
    print(text, end="", flush=True)


def _say(sentence: str) -> None:
    try:
        sys.stdout.flush()
    except (OSError, endings.Unprintable):
        endings.forget_stdout()
    with contextlib.suppress(OSError):
        print(sentence, file=sys.stderr, flush=True)


def _print_safely() -> None:
    """A terminal that cannot show a letter shows a question mark; nothing fails for it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _write(name: str, text: str) -> None:
    """Write a file that was asked for, whole or not at all."""
    path = Path(name)
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_bytes(text.encode("utf-8"))
        draft.replace(path)
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError, ValueError):
            draft.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or error
        raise Misuse(f"The file {shown(name, 200)!r} cannot be written: {reason}.") from None


# ----------------------------------------------------------------------------------- what is asked


def _report(options: argparse.Namespace) -> Any:
    from .catalogue import load
    from .parameters import edition, parse_settings
    from .report import report_of

    chosen, catalogue = edition(options.edition), load()
    return report_of(chosen.with_settings(parse_settings(options.set), catalogue), catalogue)


def _check_how(options: argparse.Namespace) -> None:
    """Raise Misuse where kernels, time limit or number of jobs cannot be what was asked for."""
    if options.kernels not in KERNELS:
        close = nearest(options.kernels, KERNELS)
        hint = f"did you mean {close}? " if close else ""
        raise Misuse(f"There are no {shown(options.kernels)!r} kernels: {hint}allowed are {listing(KERNELS)}.")
    if not 0 <= options.timeout <= MOST_SECONDS:
        raise Misuse(f"--timeout cannot be {options.timeout:g}: allowed are 1 to {MOST_SECONDS}, and 0 for no limit.")
    if options.jobs is not None and not 1 <= options.jobs <= MOST_JOBS:
        raise Misuse(f"--jobs cannot be {options.jobs}: allowed are 1 to {MOST_JOBS}.")


def _how(options: argparse.Namespace) -> Any:
    from .render import build

    timeout = options.timeout or None
    if options.jobs is None:
        return build.How(kernels=options.kernels, scheduler=options.scheduler, timeout=timeout)
    return build.How(options.jobs, options.kernels, options.scheduler, timeout)


def _formats(given: str) -> tuple[str, ...]:
    if given not in FORMATS:
        close = nearest(given, FORMATS)
        hint = f"did you mean {close}? " if close else ""
        raise Misuse(f"There is no format {shown(given)!r}: {hint}allowed are {listing(FORMATS)}.")
    return ("html", "pdf") if given == "all" else (given,)


def _is_id(word: str) -> bool:
    return "." in word and not any(letter.isspace() for letter in word)


def _type_name(annotation: Any) -> str:
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation).removesuffix(" | None")
    if text == "int":
        return "whole number"
    if text in ("str", "float"):
        return "text" if text == "str" else "number"
    return "day" if "date" in str(text) else "one of a list"


def _check_command(given: Sequence[str]) -> None:
    """Refuse a mistyped command before argparse does, whose sentence names no nearest match."""
    command = next((word for word in given if not word.startswith("-")), None)
    flags = list(itertools.takewhile(lambda word: word.startswith("-"), given))
    for flag in flags:
        if flag not in GLOBAL_FLAGS:
            _refuse_flag(flag, GLOBAL_FLAGS, "")
    if command is not None and command not in COMMANDS:
        close = nearest(command, COMMANDS)
        hint = f"did you mean {close}? " if close else ""
        raise Misuse(f"There is no command {shown(command)!r}: {hint}allowed are {listing(COMMANDS)}.")


def _refuse(word: str, parser: argparse.ArgumentParser, command: str | None) -> NoReturn:
    """One sentence for an argument that no command takes."""
    if word.startswith("-"):
        _refuse_flag(word, _flags_of(parser, command), command or "")
    raise Misuse(f"{command} takes no further argument {shown(word)!r}; see `{PROGRAM} {command} --help`.")


def _refuse_flag(word: str, flags: Iterable[str], command: str) -> NoReturn:
    flag = word.partition("=")[0]
    close = nearest(flag, flags)
    hint = f"did you mean {close}? " if close else ""
    of = f" of {command}" if command else ""
    raise Misuse(f"There is no option {shown(flag)!r}{of}: {hint}allowed are {listing(flags)}.")


def _flags_of(parser: argparse.ArgumentParser, command: str | None) -> list[str]:
    for action in parser._actions:
        if command and isinstance(action, argparse._SubParsersAction):
            parser = action.choices[command]
    flags = (flag for action in parser._actions for flag in action.option_strings)
    return [flag for flag in flags if flag.startswith("--")]


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one sentence, raised as Misuse."""

    def error(self, message: str) -> NoReturn:
        text = message[0].upper() + message[1:]
        raise Misuse(f"{text.rstrip('.')}; see `{self.prog} --help`.")


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = _Parser(
        prog=PROGRAM, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="The China-DPRK report: render it, and look up every number in it.",
        epilog=_examples("render", "render since-2017 --set basis=kotra --output 'my report'",
                         "fact growth 2014 kotra", "explain trade.growth.kotra.2014"),
    )  # fmt: skip
    _add_global_flags(top, default=False)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=_Parser)
    for name, (_, summary, add, examples) in COMMANDS.items():
        command = commands.add_parser(
            name, help=summary, description=summary, epilog=_examples(*examples), allow_abbrev=False,
            formatter_class=_Help,
        )  # fmt: skip
        add(command)
        # SUPPRESS: a flag given before the command must not be reset by the command's own default.
        _add_global_flags(command, default=argparse.SUPPRESS)
    return top


class _Help(argparse.RawDescriptionHelpFormatter):
    """Cuts no name in two at its hyphen."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)


GLOBAL_FLAGS = ("--help", "-h", "--version", "--debug")


def _add_global_flags(parser: argparse.ArgumentParser, default: Any) -> None:
    parser.add_argument(
        "--version", action="store_true", default=default, help="print the versions of the program and its data"
    )
    parser.add_argument("--debug", action="store_true", default=default, help="print the traceback of an error")


def _examples(*lines: str) -> str:
    return "examples:\n" + "\n".join(f"  {PROGRAM} {line}" for line in lines)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE",
        help=f"set a parameter on top of the edition's own; may be repeated; `{PROGRAM} parameters` lists them",
    )  # fmt: skip


def _add_render(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("edition", nargs="*", metavar="EDITION", help="editions to render (default: default)")
    _add_settings(parser)
    parser.add_argument("--format", default="all", metavar="FORMAT", help="html, pdf or all (default: all)")
    parser.add_argument(
        "--output", metavar="DIR",
        help="folder of the report (default: reports/EDITION); with several editions, DIR/EDITION for each",
    )  # fmt: skip
    parser.add_argument(
        "--only", metavar="NOTEBOOK", help="render this notebook alone (default folder: reports/EDITION-NOTEBOOK)"
    )
    parser.add_argument(
        "--grid", action="append", default=[], metavar="NAME=VALUE,VALUE",
        help="render every combination of these values, each into a folder of its own; may be repeated; "
        "semicolons between values that hold commas",
    )  # fmt: skip
    parser.add_argument(
        "--max-editions", type=int, default=500, metavar="N", help="refuse a grid of more editions (default: 500)"
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N",
        help="notebooks or editions made side by side (default: as many as there are processors and room in memory)",
    )  # fmt: skip
    parser.add_argument(
        "--kernels", default="forked", metavar="KIND",
        help="forked: warm copies of the build, where the system can fork; plain: new ones; same report either way "
        "(default: forked)",
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="make the editions on an existing Dask cluster, such as tcp://HOST:8786"
    )
    parser.add_argument(
        "--timeout", type=float, default=3600, metavar="SECONDS",
        help="longest time that a cell may take, 0 for any (default: 3600)",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="say what would be made and why, and make nothing")
    parser.add_argument("--force", action="store_true", help="make the report again even when it is up to date")


def _add_nothing(parser: argparse.ArgumentParser) -> None:
    pass


def _add_edition(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--edition", default="default", help="edition whose parameters are used (default: default)")
    _add_settings(parser)


def _add_fact(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="ID | WORD", help="an id, or words that the facts listed must hold")
    parser.add_argument("--list", action="store_true", help="list the facts that hold the words, even for a whole id")
    _add_edition(parser)


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "fact", metavar="FACT | ROW",
        help="id of a fact, which `fact WORD` finds; or a row, TABLE#KEY, as the CSV of charts and tables names it",
    )  # fmt: skip
    _add_edition(parser)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    what = "a folder with a report, or an edition: as built in reports/, else computed now"
    parser.add_argument("old", metavar="OLD", help=what)
    parser.add_argument("new", metavar="NEW", help="the same for what it is compared with")
    parser.add_argument("--all", action="store_true", help="list every fact that differs, not the largest alone")
    parser.add_argument("--csv", metavar="FILE", help="write every fact that differs as CSV")
    parser.add_argument("--html", metavar="FILE", help="write the comparison as one page")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--exit-code", action="store_true", help="end with 1 when a fact changed, appeared or went, else with 0"
    )


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stale", action="store_true", help="say instead which tables are older than their publisher's usual release"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _add_refresh(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="SOURCE",
        help="whose figures: comtrade (UN Comtrade, China's trade by year), comtrade-monthly (by month, from 2010), "
             "comtrade-chapters (by year and HS chapter), comtrade-controls (by month, with partners for comparison), "
             "faostat (FAO, grain), owid (Our World in Data, energy), cns (the James Martin Center, missile tests), "
             "worldbank (World Development Indicators), worldbank-prices (prices of commodities by month), "
             "baci (files of CEPII's BACI under PATH)",
    )  # fmt: skip
    parser.add_argument(
        "path", metavar="PATH", nargs="?",
        help="for baci: a folder of its files, a zip, or one file; for worldbank-prices: a workbook that you have",
    )  # fmt: skip
    parser.add_argument(
        "--file", metavar="PATH",
        help="read a file, or a folder of files, that you downloaded from the publisher instead of fetching it",
    )
    parser.add_argument("--pair", metavar="AAA-BBB", help="for baci: two ISO 3166 codes (default: CHN-PRK)")
    parser.add_argument(
        "--replace", action="store_true",
        help="for baci: put these years in the place of what stands of the same version, of every pair taken in",
    )
    parser.add_argument(
        "--remove", metavar="VERSION", help="for baci, without PATH: take a version such as 202401b out again"
    )
    parser.add_argument("--years", metavar="FIRST-LAST", help="a year or a span (default: all that the source has)")
    parser.add_argument("--apply", action="store_true", help="take in what is new and changed, as a new data package")


Command = tuple[
    Callable[[argparse.Namespace], int], str, Callable[[argparse.ArgumentParser], None], tuple[str, ...]
]
COMMANDS: dict[str, Command] = {
    "render": (
        _render, "Make the report of one or more editions: HTML, PDF, facts, tables and figures.", _add_render,
        ("render", "render --set start_year=2010 --set basis=kotra --output ten-years", "render default since-2017",
         "render --format html --only 01_trade_growth",
         "render --grid basis=customs,kotra --grid cut_share=50,100 --format html",
         "render --dry-run default since-2017"),
    ),
    "editions": (_editions, "List the editions and their settings.", _add_nothing, ("editions",)),
    "parameters": (
        _parameters, "List every parameter: meaning, type, range from the data, default.", _add_nothing,
        ("parameters",),
    ),
    "fact": (
        _fact, "Print one fact, or list the facts that hold some words.", _add_fact,
        ("fact trade.growth.customs.2014", "fact growth 2014 kotra", "fact trade.growth.customs.2014 --json",
         "fact cagr --set start_year=2000"),
    ),
    "explain": (
        _explain, "Say where a number comes from: value, formula, rows, sources.", _add_explain,
        ("explain trade.growth.kotra.2014", "explain trade.growth.kotra.2014 --json",
         "explain 'trade/china_dprk_monthly#2017-03-exports'"),
    ),
    "compare": (
        _compare, "Say which facts differ between two reports or editions, by how much, and why.", _add_compare,
        ("compare default since-2017", "compare default since-2017 --all",
         "compare default since-2017 --csv errata.csv --html errata.html"),
    ),
    "check": (
        _check, "Say how things stand: data, environment, notebooks, reports; ends with 1 when something needs doing.",
        _add_check, ("check", "check --json", "check --stale"),
    ),
    "refresh": (
        _refresh, "Fetch newer figures from their publisher, say what would change, and take them in if asked to.",
        _add_refresh, ("refresh comtrade --years 2017-2019", "refresh comtrade --years 2019 --apply",
                       "refresh comtrade-monthly --years 2019 --apply", "refresh baci BACI_HS92_V202401b.zip --apply"),
    ),
    "seal": (
        _seal, "After a meant change of data/: record the hashes and row counts of the tables.", _add_nothing,
        ("seal",),
    ),
}  # fmt: skip
