"""Which months a cell of the event study compares: the windows of its events, and the months before each of them.

A baseline is the twelve usable months before the window, all within three years and in one regime: the regime of
the event, or the regime before for an event that opened its own. It contains no window of the same class and does not
reach across a break that the report's own search finds. Only which months have figures is read here, never what they
say.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..inference import Comparison
from .catalogue import Episode, Event
from .months import Array
from .plan import Key, Regime


@dataclass(frozen=True)
class Rules:
    """What the plan declares of baselines and windows, in months; `share` of a window's months need a figure."""

    least: int
    most: int
    oldest: int
    share: float
    kind: str = "level"  # or same_months, see `months.Choices`


@dataclass(frozen=True)
class Usable:
    """Which months of a flow have a figure: `start` is the ordinal of the first, `baseline` and `window` (n,) say which
    months may serve as one or the other."""

    start: int
    baseline: np.ndarray
    window: np.ndarray

    @classmethod
    def of(cls, start: int, baseline: Array, window: Array) -> Usable:
        return cls(start, np.isfinite(baseline), np.isfinite(window))

    def months(self, first: int, last: int, which: np.ndarray) -> list[int]:
        """The ordinals from `first` to `last` that `which` allows."""
        return [
            m
            for m in range(max(first, self.start), min(last, self.start + len(which) - 1) + 1)
            if which[m - self.start]
        ]


@dataclass(frozen=True)
class Design:
    """What one cell compares: `episodes[i]` is judged by `comparisons[i]`, whose months are ordinals. `dated` events
    belong to the class; `reason` says why there is no comparison."""

    key: Key
    episodes: tuple[Episode, ...]
    comparisons: tuple[Comparison, ...]
    dated: int
    reason: str

    @property
    def events(self) -> tuple[Event, ...]:
        """The events in episodes that are compared, each once."""
        return tuple({e.event_id: e for episode in self.episodes for e in episode.events}.values())

    @property
    def window_months(self) -> frozenset[int]:
        return frozenset(month for c in self.comparisons for month in c.window)

    @property
    def baseline_months(self) -> frozenset[int]:
        return frozenset(month for c in self.comparisons for month in c.baseline)

    def positions(self, start: int) -> tuple[Comparison, ...]:
        """The comparisons as positions in a series whose first month is the ordinal `start`."""
        return tuple(
            Comparison(tuple(m - start for m in c.window), tuple(m - start for m in c.baseline))
            for c in self.comparisons
        )


def design(
    key: Key,
    by_regime: dict[str, list[Episode]],
    regimes: Sequence[Regime],
    usable: Usable,
    breaks: Collection[int],
    dated: int,
    rules: Rules,
    asked: Collection[str] = (),
) -> Design:
    """The comparisons of a cell from its episodes in each regime; `breaks` are the first months of new levels.

    Only episodes of the regimes `asked` for are compared, all where none is named; no window at all lies in a baseline.
    """
    empty = Design(key, (), (), dated, "")
    if not any(episodes for name, episodes in by_regime.items() if not asked or name in asked):
        return replace(empty, reason="no event lies in a period with monthly figures" if dated else "it has no event")
    every = [episode for episodes in by_regime.values() for episode in episodes]
    in_windows = {month for episode in every for month in episode.months}
    compared: list[tuple[Episode, Comparison]] = []
    reasons: list[str] = []
    for position, regime in enumerate(regimes):
        if asked and regime.regime_id not in asked:
            continue
        for episode in by_regime.get(regime.regime_id, []):
            window = usable.months(episode.first, episode.last, usable.window)
            if len(window) < rules.share * episode.nominal or not window:
                reasons.append("too few months of the windows have a usable figure")
                continue
            base = (regimes[position - 1] if position else None) if episode.opens else regime
            baseline = _before(episode, base, usable, breaks, in_windows, rules)
            comparison = _compared(window, baseline, rules)
            if comparison is None:
                reasons.append("too few usable months stand before the windows, in the same period, for a baseline")
                continue
            compared.append((episode, comparison))
    if not compared:
        # Of reasons equally frequent the first: a set would have another first one in every process.
        return replace(empty, reason=max(dict.fromkeys(reasons), key=reasons.count))
    return replace(
        empty, episodes=tuple(episode for episode, _ in compared), comparisons=tuple(pair for _, pair in compared)
    )


def _before(
    episode: Episode, base: Regime | None, usable: Usable, breaks: Collection[int], in_windows: set[int], rules: Rules
) -> list[int]:
    """The months before an episode that may serve as its baseline, in order of time."""
    if base is None:
        return []
    last = min(episode.first - 1, base.last)
    # The month of a break is the first of the new level.
    known = [b for b in breaks if b <= min(episode.first, base.last)]
    first = max([base.first, last - rules.oldest + 1, *known])
    return [m for m in usable.months(first, last, usable.baseline) if m not in in_windows]


def _compared(window: list[int], baseline: list[int], rules: Rules) -> Comparison | None:
    if len(baseline) < rules.least:
        return None
    if rules.kind != "same_months":
        return Comparison(tuple(window), tuple(baseline[-rules.most :]))
    pairs = [(month, earlier) for month in window if (earlier := _same_month(month, baseline)) is not None]
    if len({earlier for _, earlier in pairs}) < 2:
        return None
    return Comparison(tuple(month for month, _ in pairs), tuple(earlier for _, earlier in pairs))


def _same_month(month: int, baseline: list[int]) -> int | None:
    """The latest month of a baseline that is the same month of the year."""
    return max((earlier for earlier in baseline if earlier % 12 == month % 12), default=None)
