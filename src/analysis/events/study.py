"""The event study of one edition: every cell, each computed when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .. import inference
from ..inference import Effect, Estimate, Testable, Untested
from ..reading import recorded, remembered
from . import breaks, correlations, effects, sensitivity, stored, testable
from .breaks import Found
from .correlations import Pair
from .effects import Design
from .months import Choices, Months, choices, specifications
from .plan import FLOWS, Plan, Specification, plan
from .sensitivity import Point
from .testable import Possible

if TYPE_CHECKING:
    from ..report import Report

T = TypeVar("T", Effect, Estimate)
Key = tuple[str, str, str]  # class, flow, window
Place = tuple[str, str, int]  # series, flow, lag


@dataclass(frozen=True)
class Cell:
    """One tested cell. `found` is None, or says why there is no number, where there is none."""

    key: Key
    possible: Possible
    found: Effect | None
    reason: str
    family: int
    holm: float | None
    fdr: float | None

    @property
    def p(self) -> float | None:
        return _p(self.found)

    @property
    def p_shift(self) -> float | None:
        return None if self.found is None or isinstance(self.found.shift, Untested) else self.found.shift.p


@dataclass(frozen=True)
class _Numbers:
    """What could be seen of a cell, and its effect; each None with a reason where there is none."""

    could: Testable | None
    could_reason: str
    found: Effect | None
    reason: str


def _p(found: Effect | None) -> float | None:
    """The p of the plan: placebo dates, calibrated on noise where an episode opens a regime."""
    if found is None:
        return None
    return found.placebo.p if found.calibrated is None else found.calibrated.p


class Study:
    """Classes, windows and flows that the parameters let through, and everything computed from them."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.plan: Plan = plan(report.catalogue)
        p = report.parameters
        self.classes = p.listed("event_classes") or tuple(self.plan.classes)
        self.windows = p.listed("windows") or tuple(self.plan.windows)
        self.flows = tuple(flow for flow in FLOWS if flow in (p.listed("flow") or FLOWS))
        # The tables that everything below was computed from; whoever uses the study rests on all of them.
        self.read: set[str] = set()
        self._months: dict[tuple[str, str], Months] = {}
        self._designs: dict[tuple[str, Key], Design] = {}
        self._effects: dict[tuple[str, Key], tuple[Effect | None, str]] = {}

    @property
    def keys(self) -> list[Key]:
        """Every cell, in the order of the plan."""
        return [(c, flow, w) for flow in self.flows for c in self.classes for w in self.windows]

    def months(self, flow: str, spec_id: str = "main") -> Months:
        if (flow, spec_id) not in self._months:
            with recorded(self.read):
                self._months[flow, spec_id] = effects.outcome(self.report, flow, self.choices(spec_id))
        return self._months[flow, spec_id]

    @remembered
    def specifications(self) -> dict[str, Specification]:
        """The specifications that can be computed, see `months.specifications`."""
        return specifications(self.report)

    def choices(self, spec_id: str = "main") -> Choices:
        return choices(self.report, spec_id)

    def design(self, key: Key, spec_id: str = "main") -> Design:
        if (spec_id, key) not in self._designs:
            with recorded(self.read):
                made = effects.design(self.report, *key, self.choices(spec_id), self.months(key[1], spec_id))
            self._designs[spec_id, key] = made
        return self._designs[spec_id, key]

    def estimate(self, key: Key, spec_id: str) -> tuple[Estimate | None, str]:
        """The effect of a cell under a specification, or None and why, from few draws and without a test."""
        made = self.design(key, spec_id)
        return _named(effects.estimate(self.report, made, self.choices(spec_id)), made)

    def effect(self, key: Key, spec_id: str = "main") -> tuple[Effect | None, str]:
        """The effect of a cell under a specification, or None and why."""
        if (spec_id, key) not in self._effects:
            made = self.design(key, spec_id)
            with recorded(self.read):
                self._effects[spec_id, key] = _named(effects.effect(self.report, made, self.choices(spec_id)), made)
        return self._effects[spec_id, key]

    @remembered
    def possible(self) -> dict[Key, Possible]:
        """What can be tested, cell by cell. Nothing here has read a value inside a window."""
        result: dict[Key, Possible] = {}
        for flow in self.flows:
            for window in self.windows:
                made = {c: self.design((c, flow, window)) for c in self.classes}
                shared = testable.overlaps(made)
                for c in self.classes:
                    numbers = self._numbers[c, flow, window]
                    result[c, flow, window] = Possible(made[c], numbers.could, numbers.could_reason, shared[c])
        return result

    @remembered
    def _numbers(self) -> dict[Key, _Numbers]:
        """What the statistics say of every cell, computed or taken from the store."""
        with recorded(self.read):
            rows = self.report.rows("events", "effects", self._computed)
        return {
            (c, f, w): _Numbers(stored.testable(could), could_reason, stored.effect(found), reason)
            for c, f, w, could, could_reason, found, reason in rows
        }

    def _computed(self) -> list[list[Any]]:
        """`_numbers` as plain rows. What is possible comes first, and sees no effect."""
        rows = []
        for key in self.keys:
            could, could_reason = testable.found(self.report, self.design(key), self.choices())
            found, reason = self.effect(key)  # while its placements are at hand
            rows.append([*key, stored.plain(could), could_reason, stored.plain(found), reason])
        return rows

    @remembered
    def family(self) -> dict[str, int]:
        """Tests made in each flow: the cells that have a p value."""
        return {
            flow: sum(p.smallest_p is not None for key, p in self.possible.items() if key[1] == flow)
            for flow in self.flows
        }

    def verdict(self, key: Key) -> str:
        return self.possible[key].verdict(self.report.parameters.alpha, self.family[key[1]])

    def separable(self, key: Key) -> bool:
        return self.possible[key].separable(testable.limit(self.report))

    @remembered
    def cells(self) -> dict[Key, Cell]:
        """Every cell with its effect and its p values, adjusted within a flow and across all."""
        numbers = self._numbers
        raw = {key: _p(numbers[key].found) for key in self.keys}
        holm: dict[Key, float | None] = {}
        for flow in self.flows:
            of_flow = [key for key in self.keys if key[1] == flow]
            holm |= _adjusted([raw[key] for key in of_flow], of_flow, inference.holm)
        fdr = _adjusted([raw[key] for key in self.keys], self.keys, inference.benjamini_hochberg)
        return {
            key: Cell(key, self.possible[key], numbers[key].found, numbers[key].reason, self.family[key[1]], holm[key],
                      fdr[key])
            for key in self.keys
        }  # fmt: skip

    @remembered
    def pairs(self) -> list[Pair]:
        """Every correlation, in the order of the plan."""
        rows = self.report.rows("events", "correlations", lambda: correlations.rows(self.report, self.flows))
        return correlations.pairs(self.report, rows)

    @remembered
    def beside(self) -> list[Pair]:
        """The yearly correlations on the second record, in the order of the plan; none without such a record."""
        basis = correlations.beside(self.report)
        if basis is None:
            return []
        rows = self.report.rows(
            "events", f"correlations, {basis}", lambda: correlations.rows(self.report, self.flows, basis)
        )
        return correlations.pairs(self.report, rows, basis)

    @remembered
    def pair_family(self) -> dict[tuple[str, str], int]:
        """Correlations tested, by flow and frequency."""
        return _family(self.pairs)

    @remembered
    def pair_holm(self) -> dict[Place, float]:
        """Adjusted p of each correlation within its flow and frequency; NaN where none was made."""
        return _holm(self.pairs)

    @remembered
    def beside_family(self) -> dict[tuple[str, str], int]:
        """Correlations on the second record, by flow and frequency."""
        return _family(self.beside)

    @remembered
    def beside_holm(self) -> dict[Place, float]:
        """Adjusted p of each correlation on the second record, among its own alone."""
        return _holm(self.beside)

    @remembered
    def breaks(self) -> dict[str, Found]:
        """Breaks found without being told, by flow."""
        return {flow: breaks.find(self.report, flow) for flow in self.flows}

    @remembered
    def points(self) -> list[Point]:
        """The specification curve; the slowest part, computed only where it is shown."""
        return sensitivity.points(self, self.report.rows("events", "specification curve", self._curve))

    def _curve(self) -> list[sensitivity.Row]:
        with recorded(self.read):
            return sensitivity.curve(self)


def _grouped(pairs: list[Pair]) -> dict[tuple[str, str], list[Pair]]:
    """The families of tests: pairs by flow and frequency."""
    made: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        made.setdefault((pair.flow, pair.series.frequency), []).append(pair)
    return made


def _family(pairs: list[Pair]) -> dict[tuple[str, str], int]:
    return {key: sum(pair.found is not None for pair in found) for key, found in _grouped(pairs).items()}


def _holm(pairs: list[Pair]) -> dict[Place, float]:
    result: dict[Place, float] = {}
    for found in _grouped(pairs).values():
        raw = [np.nan if pair.found is None else pair.found.p_pearson for pair in found]
        for pair, p in zip(found, inference.holm(np.array(raw)), strict=True):
            result[pair.place] = float(p)
    return result


def _named(found: T | Untested | None, made: Design) -> tuple[T | None, str]:
    """An effect, or None and the reason."""
    if found is None:
        return None, made.reason
    return (None, testable.reason_words(found)) if isinstance(found, Untested) else (found, "")


def _adjusted(raw: list[float | None], keys: list[Key], rule: object) -> dict[Key, float | None]:
    values = np.array([np.nan if p is None else p for p in raw])
    adjusted = rule(values)  # type: ignore[operator]
    return {key: None if np.isnan(value) else float(value) for key, value in zip(keys, adjusted, strict=True)}
