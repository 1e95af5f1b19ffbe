"""A window of months against the months before it: effect, p, interval and power from one test.

The effect is the mean of the window months less the mean of its baseline months, in the unit of the series (log points
for logs); several windows count alike. It is divided by the spread of the baseline months round their means. Without an
effect, that ratio is a ratio of quadratic forms in Gaussian AR(1) noise over the same calendar months, so its
distribution is integrated and rests on no draw. The p is the largest over `noise.RHOS`, because the persistence of a
dozen months cannot be known. The interval holds the effects that the same test does not reject, so p and interval
cannot contradict each other.

Sources: Andrews (2003, Econometrica 71) for a test at the end of a sample; Dufour (2006, Journal of Econometrics 133)
for the largest p over what is not known; Gil-Pelaez (1951, Biometrika 38) for the integral.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from .arrays import Floats, Ints
from .noise import RHOS, ar1_at, correlation_matrix, estimate
from .reasons import Reason, Untested

LOG_FREQUENCIES = np.arange(-22.0, 16.0, 0.2)  # where the integrand is evaluated
SERIES_AT_ONCE = 100
LOG_RATIOS = (-7.0, 14.0)  # a critical ratio is sought between these
HALVINGS = 24
DRAWS = 4_000  # of the noise behind a detectable effect and a simulated size
CONSTANT = 1e-10  # a spread of this size, relative to the series, is rounding


@dataclass(frozen=True)
class Comparison:
    """The months of one window and of its baseline, as positions in a monthly series. A month of the baseline may stand
    more than once, where several months of the window are compared with it."""

    window: tuple[int, ...]
    baseline: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.window or len(set(self.baseline)) < 2 or set(self.window) & set(self.baseline):
            raise ValueError("a comparison needs window months and two or more other months as a baseline")


@dataclass(frozen=True, eq=False)
class Contrast:
    """What comparisons do to a series: `weights` (m,) at the positions `months` (m,) give the effect, and the sum of
    squares of `residuals` (r, m) times the series gives the squared spread."""

    months: Ints
    weights: Floats
    residuals: Floats

    @classmethod
    def of(cls, comparisons: Sequence[Comparison]) -> Contrast:
        """The contrast of one or more comparisons, each with the same weight. ValueError where there is none."""
        return _contrast(tuple(comparisons))

    @classmethod
    def _of(cls, comparisons: tuple[Comparison, ...]) -> Contrast:
        if not comparisons:
            raise ValueError("a contrast needs a comparison")
        months = np.unique([month for c in comparisons for month in (*c.window, *c.baseline)])
        place = {int(month): position for position, month in enumerate(months)}
        weights, residuals = np.zeros(len(months)), []
        for c in comparisons:
            window, baseline = [place[month] for month in c.window], [place[month] for month in c.baseline]
            np.add.at(weights, window, 1 / len(window))
            np.add.at(weights, baseline, -1 / len(baseline))
            once = np.unique(baseline)
            centred = np.zeros((len(once), len(months)))
            centred[:, once] = np.eye(len(once)) - 1 / len(once)
            residuals.append(centred / np.sqrt((len(once) - 1) * len(comparisons)))
        return cls(months, weights / len(comparisons), np.vstack(residuals))

    def effects(self, series: Floats) -> Floats:
        """(s,) effects in s series (n, s)."""
        return np.asarray(self.weights @ series[self.months])

    def spreads(self, series: Floats) -> Floats:
        """(s,) spreads of the baselines of s series (n, s): root mean variance over the comparisons."""
        return np.asarray(np.sqrt(((self.residuals @ series[self.months]) ** 2).sum(axis=0)))

    @cached_property
    def _forms(self) -> list[tuple[Floats, Floats]]:
        """For each of RHOS the effect (m,) and the squared spread (m,) as forms in independent normal variables."""
        forms = []
        for rho in RHOS:
            root = np.linalg.cholesky(correlation_matrix(rho, self.months))
            shaped = self.residuals @ root
            values, vectors = np.linalg.eigh(shaped.T @ shaped)
            forms.append((vectors.T @ (root.T @ self.weights), np.maximum(values, 0.0)))
        return forms

    def p_values(self, ratios: Floats) -> Floats:
        """(s,) chance of a ratio of effect to spread at least as far from zero, the largest over RHOS."""
        chances = [
            np.concatenate(
                [_chance(ratios[i : i + SERIES_AT_ONCE], effect, spread) for i in range(0, len(ratios), SERIES_AT_ONCE)]
            )
            for effect, spread in self._forms
        ]
        return np.asarray(np.max(chances, axis=0))

    def critical(self, alpha: float) -> float:
        """The ratio from which p is at most `alpha`."""
        return _critical(self, alpha)


# The same months are asked for their effect, their power and their false alarms, and by several classes of events.
@lru_cache(maxsize=512)
def _contrast(comparisons: tuple[Comparison, ...]) -> Contrast:
    return Contrast._of(comparisons)


@lru_cache(maxsize=512)
def _critical(contrast: Contrast, alpha: float) -> float:
    """p falls as the ratio grows, so halving finds where it reaches `alpha`."""
    low, high = LOG_RATIOS
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if float(contrast.p_values(np.array([np.exp(middle)]))[0]) > alpha:
            low = middle
        else:
            high = middle
    return float(np.exp(high))


@dataclass(frozen=True)
class Effect:
    """An effect with its interval at `1 - alpha`, its p, and the spread of the baseline, in the unit of the series."""

    effect: float
    low: float
    high: float
    p: float
    spread: float


@dataclass(frozen=True)
class Precision:
    """What a test can detect, from the baseline alone: persistence and standard deviation of its months, and the
    smallest effect found with the chance that was asked for."""

    rho: float
    sd: float
    detectable: float


def compare(values: npt.ArrayLike, comparisons: Sequence[Comparison], alpha: float = 0.05) -> Effect | Untested:
    """The effect of `comparisons` in a series (n,). Reason: CONSTANT. ValueError for a gap among their months."""
    series = np.asarray(values, dtype=float)[:, None]
    contrast = Contrast.of(comparisons)
    if not np.isfinite(series[contrast.months]).all():
        raise ValueError("every month that is compared needs a value")
    effect, spread = float(contrast.effects(series)[0]), float(contrast.spreads(series)[0])
    if spread <= CONSTANT * max(1.0, float(np.abs(series[contrast.months]).max())):
        return Untested(Reason.CONSTANT)
    half = contrast.critical(alpha) * spread
    p = float(contrast.p_values(np.array([abs(effect) / spread]))[0])
    return Effect(effect, effect - half, effect + half, p, spread)


def precision(
    values: npt.ArrayLike, comparisons: Sequence[Comparison], alpha: float, power: float, seed: int
) -> Precision | Untested:
    """What `compare` could detect at `alpha` with the chance `power`. No month of a window is read.

    Noise like that of the baselines is drawn over the same months; the effect is the one that brings the share `power`
    of the draws past the critical ratio. Reason: CONSTANT.
    """
    series = np.asarray(values, dtype=float)
    estimates = [_noise_of(series, c.baseline) for c in comparisons]
    sd = float(np.sqrt(np.mean([own**2 for _, own in estimates])))
    if sd <= CONSTANT * max(1.0, float(np.abs(series[list(comparisons[0].baseline)]).max())):
        return Untested(Reason.CONSTANT)
    rho = float(np.mean([own for own, _ in estimates]))
    contrast = Contrast.of(comparisons)
    noise = _drawn(contrast, rho, seed)
    missing = contrast.critical(alpha) * contrast.spreads(noise) - contrast.effects(noise)
    return Precision(rho, sd, sd * float(np.quantile(missing, power)))


def simulated_size(comparisons: Sequence[Comparison], rho: float, alpha: float, seed: int) -> float:
    """Share of series of AR(1) noise without any effect in which `compare` gives a p of at most `alpha`.

    Its intervals cover the true effect in all the others: they are made by the same test.
    """
    contrast = Contrast.of(comparisons)
    noise = _drawn(contrast, rho, seed)
    return float((np.abs(contrast.effects(noise)) >= contrast.critical(alpha) * contrast.spreads(noise)).mean())


def _drawn(contrast: Contrast, rho: float, seed: int) -> Floats:
    """(n, DRAWS) AR(1) noise of unit variance at the months of a contrast, zero elsewhere."""
    return ar1_at(rho, contrast.months, DRAWS, np.random.default_rng(seed))


def _noise_of(series: Floats, baseline: tuple[int, ...]) -> tuple[float, float]:
    """(rho, sd) of the noise of one baseline."""
    months = np.unique(baseline)
    residuals = np.full(int(months.max()) + 1, np.nan)
    residuals[months] = series[months] - series[months].mean()
    return estimate(residuals, np.ones((len(residuals), 1)))


def _chance(ratios: Floats, effect: Floats, spread: Floats) -> Floats:
    """(s,) chance that (effect'z)^2 exceeds ratio^2 sum(spread z^2), for independent standard normal z.

    The determinant behind the characteristic function of a rank-one change of a diagonal form needs no eigenvalues.
    Its last factor has a negative imaginary part at every frequency, so the principal logarithm is the right one.
    """
    size = effect @ effect + ratios**2 * spread.sum()
    frequency = (np.exp(LOG_FREQUENCIES)[None, :] / size[:, None])[..., None]  # scaled to the size of the form
    diagonal = 1 + 2j * frequency * (ratios[:, None, None] ** 2 * spread)
    last = 1 - 2j * frequency[..., 0] * (effect**2 / diagonal).sum(axis=2)
    characteristic = np.exp(-0.5 * (np.log(diagonal).sum(axis=2) + np.log(last)))
    area = characteristic.imag.sum(axis=1) * (LOG_FREQUENCIES[1] - LOG_FREQUENCIES[0])
    return np.asarray(np.clip(0.5 + area / np.pi, 0.0, 1.0))
