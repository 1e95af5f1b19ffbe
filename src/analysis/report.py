"""The object a notebook works with: parameters, data and facts of one edition.

`start(globals())` reads the parameters that the notebook's own cells assign, so a run by hand and a run
by papermill build the same `ReportParameters`, and a mistyped name is refused in both.
"""

from __future__ import annotations

import ast
import functools
import os
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pandas as pd

from .catalogue import Catalogue, load
from .claims.verdicts import Judged, judge_all
from .countries import Pair
from .dependence.amounts import Share
from .dependence.shares import all_shares, leading, rows_of, shares_of
from .display import Display, Masthead, Node, Shown
from .events.study import Study
from .facts import ALL_YEARS, Fact, FactBook
from .formatting import day_text
from .parameters import PARAMETER_NAMES, ReportParameters, resolve
from .reading import note, note_parameters, record_in, recorded, remembered
from .topics import TOPICS
from .trade import periods, phases, published, rates, series, spliced

T = TypeVar("T")
# What a parameter that is not set stands for.
UNSET = {"as_of": "all", "title": "of the pair's names"}
# In the kernels of a build: the folder in which each writes the names of the tables that it read.
READ = "ANALYSIS_READ"
# Reports that somebody holds, by what they are made from: a claim is judged on a report of all years, which is often
# one that is already there, and reports that agree in the parameters of a topic share its facts.
_HELD: weakref.WeakValueDictionary[tuple[ReportParameters, int], Report] = weakref.WeakValueDictionary()


class Store(Protocol):
    """Where the facts of a topic are kept between processes, with the tables of `catalogue` they were computed from."""

    @property
    def catalogue(self) -> Catalogue: ...

    def get(self, topic: str, parameters: Mapping[str, Any]) -> tuple[tuple[Fact, ...], set[str]] | None: ...

    def put(self, topic: str, parameters: Mapping[str, Any], facts: Iterable[Fact], read: Iterable[str]) -> None: ...

    def alone(self, what: str, parameters: Mapping[str, Any]) -> AbstractContextManager[None]: ...

    def get_rows(self, what: str, parameters: Mapping[str, Any]) -> tuple[list[Any], set[str]] | None: ...

    def put_rows(self, what: str, parameters: Mapping[str, Any], rows: list[Any], read: Iterable[str]) -> None: ...

    def get_shown(self, what: Sequence[Any], parameters: ReportParameters) -> tuple[Node, set[str]] | None: ...

    def put_shown(
        self, what: Sequence[Any], parameters: ReportParameters, node: Node, read: Iterable[str]
    ) -> None: ...


_store: Store | None = None


@contextmanager
def storing(store: Store | None) -> Iterator[None]:
    """Reports take the facts of their topics from `store`, and put them there, for as long as the block lasts."""
    global _store
    before, _store = _store, store
    try:
        yield
    finally:
        _store = before


class Report:
    """Parameters, catalogue and facts of one edition. Facts are computed when first asked for."""

    def __init__(self, parameters: ReportParameters | None = None, catalogue: Catalogue | None = None) -> None:
        self.catalogue = catalogue or load()
        self.parameters = parameters or resolve({}, self.catalogue)
        if not self._is_of(self.parameters.pair):
            raise ValueError("a report on another pair is made by report_of")
        self._narrowed: dict[str, Report] = {}
        self._topics: dict[str, tuple[tuple[Fact, ...], set[str]]] = {}
        _HELD[self.parameters, id(self.catalogue)] = self

    @staticmethod
    def _is_of(pair: Pair) -> bool:
        """Whether this kind of report can be one on a pair."""
        return pair.documented

    # What the notebooks of another pair see instead, see `pairs`.

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The parameters that mean something to this report."""
        return PARAMETER_NAMES

    def leading(self, topic: str) -> str:
        """The definition that carries the text of a topic (trade, food or fuel)."""
        return leading(self.parameters, topic)

    def display(self, name: str, make: Callable[..., Display]) -> Callable[..., Display]:
        """What shows the display called `name`, such as `tables.annual.growth`, which `make` makes."""
        return make

    def caveats_among(self, ids: Sequence[str]) -> list[str]:
        """Those of the caveats `ids` that a report of this kind may print."""
        return list(ids)

    @remembered
    def facts(self) -> FactBook:
        """Every fact of the edition, the verdicts on the claims included."""
        from .claims.facts import claims_facts

        return FactBook(later={
            **{topic.ids: functools.partial(self._facts_of, name) for name, topic in TOPICS.items()},
            ("claims", "all_years"): lambda: claims_facts(self),
        })  # fmt: skip

    def _facts_of(self, topic: str) -> tuple[Fact, ...]:
        """The facts of a topic, computed once for all reports that agree in its parameters."""
        return self._for(topic)._own_facts(topic)

    def _own_facts(self, topic: str) -> tuple[Fact, ...]:
        if topic not in self._topics:
            asked, store = self.parameters_of(topic), self._store()

            def compute() -> tuple[tuple[Fact, ...], set[str]]:
                with recorded() as read:
                    return tuple(TOPICS[topic].make(self)), read

            self._topics[topic] = _kept(
                store, topic, asked, compute,
                lambda s: s.get(topic, asked), lambda s, made: s.put(topic, asked, *made),
            )  # fmt: skip
        facts, names = self._topics[topic]
        note(names)
        note_parameters(TOPICS[topic].parameters)
        return facts

    def rows(self, topic: str, what: str, make: Callable[[], list[Any]]) -> list[Any]:
        """What `make` gives, plain rows that hang on the parameters of `topic` alone, or what the store holds of it."""
        asked, store = self.parameters_of(topic), self._store()

        def compute() -> tuple[list[Any], set[str]]:
            with recorded() as read:
                return make(), read

        rows, names = _kept(
            store, what, asked, compute,
            lambda s: s.get_rows(what, asked), lambda s, made: s.put_rows(what, asked, *made),
        )  # fmt: skip
        note(names)
        note_parameters(TOPICS[topic].parameters)
        return rows

    def once(self, what: Sequence[Any], make: Callable[[], Display]) -> Display:
        """What `make` shows, or what the store holds of it; `what` names it, with plain values."""
        store = self._store()
        if store is None:
            return make()
        if held := store.get_shown(what, self.parameters):
            note(held[1])
            return Shown(held[0])
        with recorded() as read:
            made = make()
            store.put_shown(what, self.parameters, made.node(), read)
        return made

    def _store(self) -> Store | None:
        """The store in use, where it is one of this report's data."""
        return _store if _store and _store.catalogue is self.catalogue else None

    def parameters_of(self, topic: str) -> dict[str, Any]:
        """The parameters of a topic, as plain values."""
        plain = self.parameters.plain(TOPICS[topic].parameters)
        return {name: plain[name] for name in sorted(plain)}

    def _for(self, topic: str) -> Report:
        """The report of the parameters of a topic alone, the others at their defaults."""
        if topic not in self._narrowed:
            others = [name for name in PARAMETER_NAMES if name not in TOPICS[topic].parameters]
            self._narrowed[topic] = self._with(**{name: ReportParameters.model_fields[name].default for name in others})
        return self._narrowed[topic]

    @property
    def event_study(self) -> Study:
        """The event study, each part computed when it is first asked for."""
        narrowed = self._for("events")
        study = self._study if narrowed is self else narrowed.event_study
        note(study.read)
        note_parameters(TOPICS["events"].parameters)
        return study

    @functools.cached_property
    def _study(self) -> Study:
        return Study(self)

    @remembered
    def judged(self) -> tuple[Judged, ...]:
        """The claims with their verdicts, by what was known at `as_of`, whatever years the reader asked for.

        A claim has years of its own, so it is judged on all years; an essay not yet written at `as_of` is left out.
        """
        as_of, (first, last) = self.parameters.as_of, self.catalogue.years
        wide = self._with(start_year=first, end_year=last)

        def find(id: str) -> Fact | None:
            fact = wide.find(id)
            # Where the years asked for leave the fact out, or make it another, it stands under a name of its own.
            return fact if fact is None or wide is self or self.find(id) == fact else fact.renamed(f"{ALL_YEARS}{id}")

        return judge_all(self.catalogue, find, as_of.year if as_of else None)

    @remembered
    def judged_today(self) -> tuple[Judged, ...]:
        """The same claims judged with all data of today."""
        if self.parameters.as_of is None:
            return self.judged
        first, last = self.catalogue.years
        return self._with(as_of=None, start_year=first, end_year=last).judged

    def _with(self, **changes: Any) -> Report:
        """The report of the same parameters but for `changes`; itself where they change nothing."""
        changed = self.parameters.model_copy(update=changes)
        if changed == self.parameters:
            return self
        return report_of(changed, self.catalogue)

    @remembered
    def shares(self) -> dict[str, dict[int, Share]]:
        """China's share by definition and year, every definition and every year asked for."""
        narrowed = self._for("dependence")
        if narrowed is not self:
            return narrowed.shares
        rows = self.rows("dependence", "shares", lambda: rows_of(all_shares(self.catalogue, self.parameters)))
        return shares_of(rows)

    @remembered
    def definitions(self) -> dict[str, dict[str, Any]]:
        """The rows of data/dependence/definitions.csv by definition_id."""
        rows = self.catalogue.frame("dependence/definitions").to_dict("records")
        return {str(row["definition_id"]): {str(k): v for k, v in row.items()} for row in rows}

    def shown(self, topic: str | None = None) -> list[str]:
        """The definitions that the parameter `definitions` lets through, of one topic or of all."""
        asked = self.parameters.definition_ids or tuple(self.definitions)
        return [id for id, row in self.definitions.items() if id in asked and topic in (None, row["topic"])]

    @remembered
    def _series(self) -> dict[str, pd.DataFrame]:
        p = self.parameters
        return {
            basis: series.span(series.annual(self.catalogue, basis, p.as_of), p.start_year, p.end_year)
            for basis in self.catalogue.bases
        }

    def cells(self, basis: str | None = None) -> pd.DataFrame:
        """The yearly cells of a basis (the leading one if none is named) in the years asked for."""
        return self._series[basis or self.parameters.basis].copy()

    @remembered
    def published_growth(self) -> list[rates.Published]:
        """Growth rates as compilers published them, known by `as_of`."""
        has = self.catalogue.has(series.TABLE)
        return published.published(self.catalogue, self.parameters.as_of) if has else []

    @remembered
    def _rates(self) -> dict[str, pd.DataFrame]:
        records, figures = {}, {}
        if self.catalogue.has(series.TABLE):
            table = series.known_rows(self.catalogue, self.parameters.as_of)
            choices = self.catalogue.frame("trade/series_cells")
            records = dict(self.catalogue.frame("trade/compilers").set_index("compiler")["record"])
            figures = {b: rates.usable_figures(table, choices, records, b) for b in self.catalogue.bases}
        return {
            basis: rates.yearly(self.cells(basis), figures.get(basis), records,
                                [rate for rate in self.published_growth if rate.basis == basis])
            for basis in self._series
        }  # fmt: skip

    def rates(self, basis: str | None = None) -> pd.DataFrame:
        """The growth rates of a basis (the leading one if none is named) in the years asked for, see `rates.yearly`."""
        return self._rates[basis or self.parameters.basis].copy()

    @remembered
    def months(self) -> pd.DataFrame:
        """The monthly customs cells in the years asked for, see `periods.months`."""
        p = self.parameters
        return periods.months(self.catalogue, p.start_year, p.end_year, p.worst_quality, p.as_of)

    @remembered
    def event_months(self) -> pd.DataFrame:
        """The months of the event study: those of customs, and of UN Comtrade where it was fetched, see `spliced`."""
        p = self.parameters
        return spliced.months(self.catalogue, p.start_year, p.end_year, p.worst_quality, p.as_of)

    @remembered
    def quarters(self) -> pd.DataFrame:
        """The quarterly customs cells in the years asked for, see `periods.quarters`."""
        p = self.parameters
        return periods.quarters(self.catalogue, p.start_year, p.end_year, p.worst_quality, p.as_of)

    @remembered
    def halves(self) -> pd.DataFrame:
        """The half-years of customs in the years asked for, see `periods.halves`."""
        p = self.parameters
        return periods.halves(self.catalogue, p.start_year, p.end_year, p.worst_quality, p.as_of)

    @remembered
    def turning_points(self) -> list[phases.TurningPoint]:
        """The dated turning points that had happened by `as_of`, in order."""
        points = phases.turning_points(self.catalogue.frame("events"))
        return [point for point in points if self.parameters.as_of is None or point.day <= self.parameters.as_of]

    def find(self, id: str) -> Fact | None:
        """The fact `id`, or None where this edition has none."""
        if id not in self.facts:
            return None
        return self.facts[id]

    def fact(self, id: str) -> Fact:
        """The fact `id`; raises UnknownFact with the nearest ids."""
        return self.facts[id]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return self.masthead._repr_mimebundle_()

    @property
    def masthead(self) -> Masthead:
        """What the head of the rendered report shows; a notebook's start cell shows it too."""
        from . import __version__

        p, defaults = self.parameters, ReportParameters.model_construct().plain()
        labels = self.catalogue.frame("trade/bases").set_index("basis")["label"]
        return Masthead(
            title=p.heading,
            subtitle=f"Goods trade {p.start_year}–{p.end_year}, leading record: {labels[p.basis]}."
            + (f" As known on {day_text(p.as_of)}." if p.as_of else ""),
            data_date=self.catalogue.data_date.isoformat(), data_version=self.catalogue.version, version=__version__,
            author=p.pair.authors,
            parameters=tuple(
                {"name": name, "value": UNSET[name] if value is None else str(value),
                 "default": value == defaults[name], "meaning": str(ReportParameters.model_fields[name].description)}
                for name, value in p.plain().items() if name in self.parameter_names
            ),
        )  # fmt: skip

    def __repr__(self) -> str:
        p = self.parameters
        return f"<Report {p.start_year}-{p.end_year}, basis {p.basis}, data of {self.catalogue.data_date}>"


def _kept(
    store: Store | None, what: str, asked: Mapping[str, Any], make: Callable[[], T], get: Callable[[Store], T | None],
    put: Callable[[Store, T], None],
) -> T:  # fmt: skip
    """What the store holds, else what `make` gives, which it then holds. Of processes side by side one computes it."""
    if store is None:
        return make()
    if (held := get(store)) is not None:
        return held
    with store.alone(what, asked):
        if (held := get(store)) is None:
            held = make()
            put(store, held)
    return held


def data_of(parameters: ReportParameters, catalogue: Catalogue) -> Catalogue:
    """The data package as a report of these parameters sees it: whole, or what is of another pair alone."""
    if parameters.pair.documented:
        return catalogue.whole
    from .pairs.view import of_pair

    return of_pair(catalogue, parameters.pair)


def report_of(parameters: ReportParameters, catalogue: Catalogue) -> Report:
    """The report of checked parameters, on whatever pair: one that somebody holds already, such as a kernel's from the
    build that it was forked from, or a new one."""
    data = data_of(parameters, catalogue)
    if held := _HELD.get((parameters, id(data))):
        return held
    if parameters.pair.documented:
        return Report(parameters, data)
    from .pairs.report import PairReport

    return PairReport(parameters, data)


def start(namespace: Mapping[str, Any]) -> Report:
    """The report for the parameters assigned in a notebook.

    `namespace` is the notebook's `globals()`. A parameter's name counts whatever sets it. Besides, every name
    that a cell of plain assignments sets is taken for a parameter, so a mistyped one raises UnknownParameter;
    outside IPython every plain value is.
    """
    catalogue = load()
    parameters = resolve(_assigned(namespace), catalogue)
    # From here on: which values the data allow was asked before the kernel was started, too.
    if place := os.environ.get(READ):
        record_in(Path(place) / str(os.getpid()))
    return report_of(parameters, catalogue)


def _assigned(namespace: Mapping[str, Any]) -> dict[str, Any]:
    names = {name for name in PARAMETER_NAMES if name in namespace}
    cells = namespace.get("In")
    if isinstance(cells, list):
        names |= {name for cell in cells for name in _names_of_plain_cell(cell) if name in namespace}
    else:
        names |= {
            name
            for name, value in namespace.items()
            if not name.startswith("_") and (value is None or isinstance(value, str | int | float | bool))
        }
    return {name: namespace[name] for name in sorted(names)}


def _names_of_plain_cell(source: str) -> set[str]:
    """Names set by a cell that does nothing but assign plain values; empty for any other cell."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return set()
    names: set[str] = set()
    for statement in body:
        if not isinstance(statement, ast.Assign) or not _is_plain(statement.value):
            return set()
        for target in statement.targets:
            if not isinstance(target, ast.Name):
                return set()
            names.add(target.id)
    return names


def _is_plain(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True
