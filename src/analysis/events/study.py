"""The event study of one edition, each part computed when it is first asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .. import inference
from ..reading import recorded, remembered
from . import breaks, correlations
from . import catalogue as events
from .breaks import Found
from .cells import UNTESTABLE, Cell, estimate, judged, overlaps
from .correlations import Pair
from .design import Design, Rules, Usable, design
from .months import Array, Choices, Months, choices, months, specifications
from .plan import FLOWS, Key, Plan, Question, Specification, plan
from .sensitivity import Point

if TYPE_CHECKING:
    from ..report import Report

Place = tuple[str, str, int]  # series, flow, lag
PERSISTENCE = (0.5, 0.8, 0.95)  # of the noise in which the size of the test is simulated


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

    @property
    def keys(self) -> list[Key]:
        """Every cell, in the order of the plan."""
        return [(c, flow, w) for flow in self.flows for c in self.classes for w in self.windows]

    @property
    def questions(self) -> list[Question]:
        """The declared questions that the parameters let through, in the order of the plan."""
        cells = set(self.keys)
        return [question for key, question in self.plan.questions.items() if key in cells]

    def months(self, flow: str, spec_id: str = "main") -> Months:
        if (flow, spec_id) not in self._months:
            with recorded(self.read):
                self._months[flow, spec_id] = months(self.report, flow, self.choices(spec_id))
        return self._months[flow, spec_id]

    @remembered
    def specifications(self) -> dict[str, Specification]:
        """The specifications that can be computed, see `months.specifications`."""
        return specifications(self.report)

    def choices(self, spec_id: str = "main") -> Choices:
        return choices(self.report, spec_id)

    def logs(self, key: Key, spec_id: str = "main") -> tuple[int, Array, Array]:
        """The ordinal of the first month, and the logs of the months of a window and of a baseline.

        Months of the closed border would swamp every mean: they count only inside the windows of the closures.
        """
        data = self.months(key[1], spec_id)
        floored = data.logs(self.plan.number("floor_usd_million"))
        return data.start, data.logs(0.0) if key[0] in self.plan.words("floor_exempt") else floored, floored

    def design(self, key: Key, spec_id: str = "main") -> Design:
        """The months that a cell compares. Looks at which months have figures, not at what they say."""
        class_id, flow, window_id = key
        chosen, p = self.choices(spec_id), self.report.parameters
        with recorded(self.read):
            start, windows, baselines = self.logs(key, spec_id)
            dated = len(events.events_of(self.report.catalogue, class_id, p.as_of))
            counts = self.plan.classes[class_id].counts_from
            if chosen.dating == "other":
                counts = "date" if counts == "effective_date" else "effective_date"
            episodes = events.episodes_of(
                self.report.catalogue, class_id, flow, window_id, p.as_of, counts, chosen.late
            )
        return design(
            key,
            episodes,
            self.plan.regimes(flow),
            Usable.of(start, baselines, windows),
            [shift.month for shift in self.breaks[flow].shifts],
            dated,
            self._rules(chosen),
            p.listed("regimes"),
        )

    @property
    def baseline_words(self) -> str:
        """The months that a window is compared with, in words."""
        twelve, more = self.plan.settings["baseline_months"], self.plan.settings["baseline_two_years"]
        return {
            "level": f"the {twelve} usable months before",
            "same_months": "the same months of the year before",
            "two_years": f"up to {more} usable months before",
        }[self.report.parameters.baseline]

    def _rules(self, chosen: Choices) -> Rules:
        declared = self.plan
        twelve = int(declared.number("baseline_months"))
        return Rules(
            least=twelve,
            most=int(declared.number("baseline_two_years")) if chosen.baseline == "two_years" else twelve,
            oldest=int(declared.number("baseline_reach")),
            share=declared.number("window_data"),
            kind=chosen.baseline,
        )

    @remembered
    def cells(self) -> dict[Key, Cell]:
        """Every cell, the tested questions among them with their p adjusted for the number of these questions."""
        made = {key: self.design(key) for key in self.keys}
        shared = {
            (c, flow, w): other
            for flow in self.flows
            for w in self.windows
            for c, other in overlaps({c: made[c, flow, w] for c in self.classes}).items()
        }
        cells = {key: self._cell(made[key], shared[key]) for key in self.keys}
        return cells | self._answers({q.key: replace(cells[q.key], question=q) for q in self.questions})

    def _cell(self, made: Design, overlap: tuple[str, float] | None) -> Cell:
        start, windows, baselines = self.logs(made.key)
        p, declared = self.report.parameters, self.plan
        effect, precision, reason, verdict = judged(
            made,
            windows,
            baselines,
            start,
            alpha=p.alpha,
            power=declared.number("power"),
            seed=p.seed,
            readable=declared.number("readable_effect"),
            largest=declared.number("largest_effect"),
        )
        return Cell(made, effect, precision, (reason and self.months(made.key[1]).reason) or reason, verdict, overlap)

    def _answers(self, asked: dict[Key, Cell]) -> dict[Key, Cell]:
        """The cells of the questions, with what adjustment makes of p and of the smallest detectable effect."""
        tested = [key for key, cell in asked.items() if cell.p is not None and not self.plan.classes[key[0]].control]
        adjusted = inference.holm(np.array([asked[key].p for key in tested]))
        result = {key: replace(cell, control=self.plan.classes[key[0]].control) for key, cell in asked.items()}
        for key, p in zip(tested, adjusted, strict=True):
            result[key] = replace(
                result[key],
                p_adjusted=float(p),
                family=len(tested),
                detectable_adjusted=self._detectable(key, self.report.parameters.alpha / len(tested)),
            )
        return result

    def _detectable(self, key: Key, alpha: float) -> float | None:
        """The smallest change that the first step of Holm's adjustment would find with the declared power."""
        made = self.design(key)
        start, _, baselines = self.logs(key)
        precise = inference.precision(
            baselines, made.positions(start), alpha, self.plan.number("power"), self.report.parameters.seed
        )
        return None if isinstance(precise, inference.Untested) else precise.detectable

    @property
    def answered(self) -> list[Cell]:
        """The cells of the declared questions that have an effect, in the order of the plan."""
        return [self.cells[q.key] for q in self.questions if self.cells[q.key].effect is not None]

    @remembered
    def size(self) -> dict[float, float]:
        """For each persistence of the noise: the largest share of false alarms among the answered questions."""
        p = self.report.parameters
        return {
            rho: max(
                inference.simulated_size(cell.design.positions(self.months(cell.key[1]).start), rho, p.alpha, p.seed)
                for cell in self.answered
            )
            for rho in (PERSISTENCE if self.answered else ())
        }

    def separable(self, key: Key) -> bool:
        """Whether most window months of a cell belong to its class alone."""
        overlap = self.cells[key].overlap
        return overlap is None or overlap[1] < self.plan.number("not_separable")

    @remembered
    def points(self) -> list[Point]:
        """The specification curve: every cell with an effect, with one departure from the plan at a time."""
        return [
            self._point(key, spec)
            for key in self.keys
            if self.cells[key].verdict != UNTESTABLE
            for spec in self.specifications.values()
        ]

    def _point(self, key: Key, spec: Specification) -> Point:
        made = self.design(key, spec.spec_id)
        start, windows, baselines = self.logs(key, spec.spec_id)
        effect = estimate(made, start, windows, baselines, self.choices(spec.spec_id).statistic)
        return Point(key, spec, effect, "" if effect is not None else made.reason)

    def point(self, key: Key, spec_id: str) -> Point | None:
        """The effect of a cell under one specification, where both are there."""
        spec = self.specifications.get(spec_id)
        return None if spec is None or self.cells[key].verdict == UNTESTABLE else self._point(key, spec)

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
