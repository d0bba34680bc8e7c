"""Figures of survey answers and their 95% intervals, which stay honest for few answers.

NPS: adjusted Wald (Rocks 2016, The American Statistician 70(4)): add 3 answers, 3/4 promoters, 3/4 detractors, 3/2
passives. Shares: Wilson 1927; their difference: Newcombe 1998, method 10. Means: Student's t; their difference:
normal with the standard errors of both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from scoring.arrays import Numbers, Places

Z95 = 1.959963984540054
NOTHING = math.nan
_MANY_CLUSTERS = 2_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95% interval, the standard error of one figure, and the number of answers behind it."""

    value: float
    low: float
    high: float
    error: float
    n: int


NO_ESTIMATE = Estimate(NOTHING, NOTHING, NOTHING, NOTHING, 0)


@dataclass(frozen=True, slots=True)
class Difference:
    """Now less before, its 95% interval, and the p-value of no change where the method has one."""

    change: float
    low: float
    high: float
    p_value: float = NOTHING

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def nps_of_counts(promoters: int, passives: int, detractors: int) -> Estimate:
    """NPS = 100 (p - d); the interval is the adjusted-Wald one, clipped to -100..100.

    Its centre is pulled toward 0 and may differ from the value: with 10 promoters of 10 the plain interval would
    have no width.
    """
    n = promoters + passives + detractors
    if not n:
        return NO_ESTIMATE
    centre, half = adjusted_wald(promoters, passives, detractors)
    value = 100.0 * (promoters - detractors) / n
    error = nps_standard_error(promoters, passives, detractors)
    return Estimate(value, max(-100.0, centre - half), min(100.0, centre + half), error, n)


def adjusted_wald(promoters: float, passives: float, detractors: float) -> tuple[float, float]:
    """Centre and half width of the adjusted-Wald interval of an NPS, before clipping."""
    p, a, d = promoters + 0.75, passives + 1.5, detractors + 0.75
    n = p + a + d
    return 100.0 * (p - d) / n, Z95 * nps_standard_error(p, a, d)


def nps_standard_error(promoters: float, passives: float, detractors: float) -> float:
    """100 sqrt((p + d - (p - d)^2) / n); counts or shares."""
    n = promoters + passives + detractors
    p, d = promoters / n, detractors / n
    return 100.0 * math.sqrt(max(0.0, p + d - (p - d) ** 2) / n)


def share_of_counts(successes: int, n: int) -> Estimate:
    """A share in percent with its Wilson interval."""
    if not n:
        return NO_ESTIMATE
    share = successes / n
    low, high = wilson(successes, n)
    return Estimate(100.0 * share, 100.0 * low, 100.0 * high, 100.0 * math.sqrt(share * (1 - share) / n), n)


def wilson(successes: float, n: float) -> tuple[float, float]:
    """95% score interval of a share; never leaves 0-1 and has width at 0 and 1."""
    share, z2 = successes / n, Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def mean_of(values: Numbers, *, lowest: float, highest: float) -> Estimate:
    """A mean with its t interval, clipped to the scale; one value alone has no interval."""
    if not values.size:
        return NO_ESTIMATE
    mean = float(values.mean())
    if values.size == 1:
        return Estimate(mean, NOTHING, NOTHING, NOTHING, 1)
    error = float(values.std(ddof=1)) / math.sqrt(values.size)
    half = float(special.stdtrit(values.size - 1, 0.975)) * error
    return Estimate(mean, max(lowest, mean - half), min(highest, mean + half), error, values.size)


def difference_by_errors(now: Estimate, before: Estimate) -> Difference:
    """Independent figures: z = (now - before) / sqrt(SE1^2 + SE2^2)."""
    change, error = now.value - before.value, math.hypot(now.error, before.error)
    if error == 0.0:
        return Difference(change, change, change, 1.0 if change == 0.0 else 0.0)
    p_value = 2.0 * float(special.ndtr(-abs(change) / error))
    return Difference(change, change - Z95 * error, change + Z95 * error, p_value)


def difference_by_limits(now: Estimate, before: Estimate) -> Difference:
    """Newcombe's method 10: the limits of both shares, squared and added; for any limits around two figures."""
    change = now.value - before.value
    down = math.hypot(now.value - now.low, before.high - before.value)
    up = math.hypot(now.high - now.value, before.value - before.low)
    return Difference(change, change - down, change + up)


def widened(plain: Estimate, low: float, high: float, error: float) -> Estimate:
    """The estimate with the wider of two intervals on each side, and the larger error."""
    return Estimate(plain.value, min(plain.low, low), max(plain.high, high), max(plain.error, error), plain.n)


def clustered(values: Numbers, clusters: Places, *, seed: int, rounds: int) -> tuple[float, float, float]:
    """Interval and standard error of a mean whose values come in clusters: whole clusters are drawn again.

    Answers of one account resemble each other: an account with twenty answers is not twenty accounts. Percentiles of
    `rounds` means over clusters drawn with replacement; above 2,000 clusters, where both agree, the normal interval
    of the same estimator (residuals summed by cluster).

    Args:
        values: the values.
        clusters: the cluster of each value, numbered from 0.
        seed: of the drawing.
        rounds: how often.
    """
    counts = np.bincount(clusters)
    sums = np.bincount(clusters, weights=values)
    many, mean = counts.size, float(values.mean())
    if many > _MANY_CLUSTERS:
        residual = sums - mean * counts
        error = math.sqrt(many / (many - 1) * float((residual**2).sum())) / values.size
        return mean - Z95 * error, mean + Z95 * error, error
    drawn = np.random.default_rng(seed).multinomial(many, np.full(many, 1.0 / many), size=rounds)
    means = (drawn @ sums) / (drawn @ counts)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high), float(means.std(ddof=1))
