"""Control charts: CUSUM of counts, EWMA of means, and how long a chart runs until it alarms.

CUSUM of counts, Lucas, Technometrics 27, 1985: S = max(0, S + x - k), k = (l1 - l0) / ln(l1 / l0), alarm at S >= h.
EWMA, Roberts 1959; NIST/SEMATECH e-Handbook 6.3.2.4: z = l x + (1 - l) z, var(z) = s^2 l/(2-l) (1 - (1-l)^(2t)).
Average run length by the Markov chain of Brook and Evans, Biometrika 59, 1972.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.stats import poisson

from scoring.arrays import Numbers, Places

_STATES = 120


def reference(mean: Numbers, times: float) -> Numbers:
    """Lucas' k for a rise from `mean` to `times` as much."""
    return mean * (times - 1.0) / math.log(times)


def cusum(x: Numbers, k: Numbers) -> tuple[Numbers, Places]:
    """The sum S after the newest week, and over how many weeks it has been above zero.

    Args:
        x: customers x weeks, oldest first.
        k: the same shape.
    """
    total, weeks = np.zeros(len(x)), np.zeros(len(x), dtype=np.intp)
    for week in range(x.shape[1]):
        total = np.maximum(0.0, total + x[:, week] - k[:, week])
        weeks = np.where(total > 0, weeks + 1, 0)
    return total, weeks


def ewma(x: Numbers, start: Numbers, smoothing: float) -> tuple[Numbers, Places]:
    """Level z after each week (weeks without a value leave it as it was), and how many values went into the last.

    Args:
        x: customers x weeks, oldest first, NaN where nothing was measured.
        start: one per customer, the mean that is usual.
    """
    z, path = start.astype(float), np.empty_like(x, dtype=float)
    for week in range(x.shape[1]):
        value = x[:, week]
        z = np.where(np.isnan(value), z, smoothing * value + (1.0 - smoothing) * z)
        path[:, week] = z
    return path, (~np.isnan(x)).sum(axis=1)


def ewma_variance(smoothing: float, values: Numbers | float) -> Numbers:
    """Variance of z after so many values, in units of the variance of one; infinitely many give the steady state."""
    left = np.power(1.0 - smoothing, 2.0 * np.asarray(values, dtype=float))
    found: Numbers = smoothing / (2.0 - smoothing) * (1.0 - left)
    return found


def run_length(cdf: Callable[[Numbers], Numbers], h: float, *, states: int = _STATES) -> float:
    """Weeks until S = max(0, S + increment) first reaches h, on average, from S = 0.

    Args:
        cdf: distribution of one increment x - k.
        h: the alarm line.
        states: of the chain; the error falls with their square.
    """
    width = 2.0 * h / (2 * states - 1)
    steps = np.arange(states)
    # state 0 is S = 0, state i stands for S about i * width
    below = cdf(np.asarray((steps[None, :] - steps[:, None] + 0.5) * width, dtype=np.float64))
    moves = np.diff(below, axis=1, prepend=0.0)
    lengths = np.linalg.solve(np.eye(states) - moves, np.ones(states))
    return float(lengths[0])


def alarm_line(mean: float, times: float, weeks: float) -> float:
    """The lowest h, in steps of a quarter event, that a steady account of this weekly mean reaches once in `weeks`."""
    k = float(reference(np.array([mean]), times)[0])

    def runs(h: float) -> float:
        return run_length(lambda step: poisson.cdf(np.floor(step + k + 1e-9), mean), h)

    low, high = 1, 2
    while runs(high / 4) < weeks:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if runs(middle / 4) < weeks else (low, middle)
    return high / 4
