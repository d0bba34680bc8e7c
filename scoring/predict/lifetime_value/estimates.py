"""What all models here share: the covariance of an estimate, the 95 % interval of draws, words for reasons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scoring.arrays import Numbers

Z_95 = 1.959963984540054

_STEP = 1e-4
_LEAST_PRECISION = 0.1
"""A parameter that the rows say nothing of keeps a deviation of about 3, not an endless one."""


def covariance_at(slope: Callable[[Numbers], Numbers], at: Numbers) -> Numbers:
    """Inverse of the observed information: `slope` is the gradient of the negative log-likelihood."""
    columns = []
    for place in range(at.size):
        step = np.zeros(at.size)
        step[place] = _STEP
        columns.append((slope(at + step) - slope(at - step)) / (2 * _STEP))
    information = np.array(columns)
    values, vectors = np.linalg.eigh((information + information.T) / 2)
    covariance: Numbers = (vectors / np.maximum(values, _LEAST_PRECISION)) @ vectors.T
    return covariance


def interval(draws: Numbers) -> tuple[Numbers, Numbers]:
    """2.5 and 97.5 % points over the last axis."""
    low, high = np.quantile(draws, [0.025, 0.975], axis=-1)
    return low, high


def shifted_retention(odds: Numbers | float, shift: Numbers | float) -> Numbers:
    """logit^-1(logit p + shift), from the odds p / (1 - p)."""
    moved: Numbers = np.asarray(odds) * np.exp(shift)
    return moved / (1 + moved)


def customers(count: int) -> str:
    return "1 customer" if count == 1 else f"{count:,} customers"
