"""One cell of the event study: a class, a flow and a window become stretches of months, and those an effect.

A stretch is what one comparison may see. Inside a regime it is the regime; for episodes that open a regime it is the
regime before, up to the end of the windows. The other windows of the class, and months that carry no test, are gaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .. import inference
from ..inference import Rules, Stretch, Untested
from . import catalogue as events
from .months import Array, Choices, Months, month_numbers, months
from .plan import Regime, plan

if TYPE_CHECKING:
    from ..report import Report


@dataclass(frozen=True)
class Design:
    """What one cell compares. `episodes` have data; `reason` says why there is no stretch."""

    class_id: str
    flow: str
    window_id: str
    stretches: tuple[Stretch, ...]
    episodes: tuple[events.Episode, ...]
    baseline: tuple[int, ...]
    dated: int
    reason: str

    @property
    def events(self) -> tuple[events.Event, ...]:
        """The events in episodes with data, each once."""
        return tuple({e.event_id: e for episode in self.episodes for e in episode.events}.values())

    @property
    def window_months(self) -> frozenset[int]:
        return frozenset(month for episode in self.episodes for month in episode.months)


def rules(report: Report, chosen: Choices, quick: bool = False) -> Rules:
    """The rules of every test, from the parameters and the plan.

    With `quick`, few draws: enough for the effect of one specification among many, whose p is not shown.
    """
    p, declared = report.parameters, plan(report.catalogue)
    few = {"resamples": 200} if quick else {}
    return Rules(
        draws=min(p.placebo_draws, 40 if chosen.statistic != "mean" else 150) if quick else p.placebo_draws,
        **few,
        seed=p.seed,
        alpha=p.alpha,
        power=declared.number("power"),
        least_share=declared.number("window_data"),
        least_months=int(declared.number("min_baseline_months")),
        statistic=chosen.statistic,
        power_beside=False,
    )


def design(report: Report, class_id: str, flow: str, window_id: str, chosen: Choices, data: Months) -> Design:
    """The stretches of a cell. Looks at which months have data, not at what they say."""
    declared = plan(report.catalogue)
    known = events.events_of(report.catalogue, class_id, report.parameters.as_of)
    counts = declared.classes[class_id].counts_from
    if chosen.dating == "other":
        counts = "date" if counts == "effective_date" else "effective_date"
    asked = report.parameters.listed("regimes")
    regimes = declared.regimes(flow)
    found = events.episodes_of(
        report.catalogue, class_id, flow, window_id, report.parameters.as_of, counts, chosen.late
    )
    found = {name: items for name, items in found.items() if not asked or name in asked}
    every = [episode for items in found.values() for episode in items]
    if not every:
        return Design(class_id, flow, window_id, (), (), (), len(known), _why_empty(len(known)))
    floored = data.logs(declared.number("floor_usd_million"))
    # Months of the closed border swamp every mean: they count only inside the windows of the closures themselves.
    own = data.logs(0.0) if class_id in declared.words("floor_exempt") else floored
    share = declared.number("window_data")
    builder = _Builder(data, floored, own, chosen)
    kept: list[events.Episode] = []
    stretches: list[Stretch] = []
    baseline: set[int] = set()
    for position, regime in enumerate(regimes):
        here = found.get(regime.regime_id, [])
        usable = [e for e in here if builder.count(e) >= share * e.nominal]
        before = regimes[position - 1] if position else None
        if before is not None and asked and before.regime_id not in asked:
            before = None
        for opens in (False, True):
            chosen_ones = [e for e in usable if e.opens == opens]
            base = before if opens else regime
            if not chosen_ones or base is None:
                continue
            stretch, used = builder.stretch(base, chosen_ones, every, opens)
            if len(used) < declared.number("min_baseline_months"):
                continue
            stretches.append(stretch)
            kept += chosen_ones
            baseline |= used
    reason = "" if stretches else data.reason or _why_none(every, builder, share)
    return Design(class_id, flow, window_id, tuple(stretches), tuple(kept), tuple(sorted(baseline)), len(known), reason)


def _why_empty(known: int) -> str:
    if known == 0:
        return "the class has no event"
    return "no event lies in a regime with monthly data"


def _why_none(every: list[events.Episode], builder: _Builder, share: float) -> str:
    if not any(builder.count(e) for e in every):
        return "no month of the windows is fit for reading"
    if not any(builder.count(e) >= share * e.nominal for e in every):
        return "too few months of the windows are fit for reading"
    return "too few months outside the windows are fit for a baseline"


@dataclass(frozen=True)
class _Builder:
    """Cuts stretches out of the months of one flow."""

    data: Months
    floored: Array
    own: Array
    chosen: Choices

    def count(self, episode: events.Episode) -> int:
        """Months of an episode that have data."""
        return int(np.isfinite(self.own[self._at(episode.first, episode.last)]).sum())

    def _at(self, first: int, last: int) -> slice:
        """The positions of the months from `first` to `last`, as far as there are such months."""
        end = len(self.own)
        return slice(min(max(first - self.data.start, 0), end), min(max(last + 1 - self.data.start, 0), end))

    def stretch(
        self, base: Regime, compared: list[events.Episode], every: list[events.Episode], opens: bool
    ) -> tuple[Stretch, set[int]]:
        """The stretch of `compared` episodes with its baseline in `base`, and the months of that baseline."""
        y = np.full(len(self.own), np.nan)
        whole = self._at(base.first, base.last)
        y[whole] = self.floored[whole]
        for episode in every:
            y[self._at(episode.first, episode.last)] = np.nan
        if opens:
            y[self._at(min(e.first for e in compared), self.data.start + len(y)).start :] = np.nan
        if self.data.control is not None:
            y = np.where(np.isfinite(self.data.control), y, np.nan)
        used = set((np.flatnonzero(np.isfinite(y)) + self.data.start).tolist())
        inside = [self._at(e.first, e.last) for e in compared]
        for span in inside:
            y[span] = self.own[span]
        finite = np.flatnonzero(np.isfinite(y))
        low = min(int(finite[0]), *(span.start for span in inside))
        high = max(int(finite[-1]), *(span.stop - 1 for span in inside))
        spans = tuple((span.start - low, span.stop - 1 - low) for span in inside)
        return Stretch(y[low : high + 1], self._design(low, high), spans, opens=opens), used

    def _design(self, low: int, high: int) -> Array:
        start, n = self.data.start + low, high - low + 1
        if self.data.control is None and not self.chosen.new_year:
            return _without_controls(start % 12, n, self.chosen.baseline)
        numbers = month_numbers(start, n)
        controls = []
        if self.data.control is not None:
            controls.append(np.nan_to_num(self.data.control[low : high + 1]))
        if self.chosen.new_year:
            controls.append((numbers <= 2).astype(float))
        return _design(numbers, self.chosen.baseline, np.column_stack(controls))


@lru_cache(maxsize=1024)
def _without_controls(start: int, n: int, baseline: str) -> Array:
    made = _design(month_numbers(start, n), baseline, None)
    made.flags.writeable = False  # many stretches share it
    return made


def _design(numbers: npt.NDArray[np.int64], baseline: str, controls: Array | None) -> Array:
    return inference.design(
        numbers,
        trend="trend" in baseline,
        season="harmonic" if "season" in baseline else "none",
        controls=controls,
    )


def effect(report: Report, made: Design, chosen: Choices) -> inference.Effect | Untested | None:
    """The effect of a design; None where there is no stretch to compare."""
    return inference.effect(made.stretches, rules(report, chosen)) if made.stretches else None


def estimate(report: Report, made: Design, chosen: Choices) -> inference.Estimate | Untested | None:
    """The effect of a design from few draws and without a test; None where there is no stretch to compare."""
    return inference.estimate(made.stretches, rules(report, chosen, quick=True)) if made.stretches else None


def outcome(report: Report, flow: str, chosen: Choices) -> Months:
    """The months of a flow under the choices of a specification."""
    return months(report, flow, chosen)
