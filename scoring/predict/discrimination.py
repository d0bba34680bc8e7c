"""How well a number tells those who left from those who stayed, and how well a probability does.

Source: DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988, for the variance of an AUC, by the midranks of
Sun and Xu, IEEE Signal Processing Letters 21, 2014; Brier, Monthly Weather Review 78, 1950.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from scoring.arrays import Flags, Numbers

_Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


def auc(left: Flags, risk: Numbers) -> Interval | None:
    """The chance that one who left had a higher risk than one who stayed (ties half), with DeLong's interval.

    Args:
        left: one flag per customer; customers must be independent, so each stands here once.
        risk: any number that grows with the risk; no missing values.

    Returns:
        None unless there are two of each kind, the least for a variance. At AUC 0 or 1 the interval has no width.
    """
    gone, stayed = risk[left], risk[~left]
    m, n = gone.size, stayed.size
    if min(m, n) < 2:
        return None
    ranks = rankdata(np.concatenate([gone, stayed]))
    # per customer: the share of the other kind that it ranks right
    of_gone = (ranks[:m] - rankdata(gone)) / n
    of_stayed = 1.0 - (ranks[m:] - rankdata(stayed)) / m
    value = math.fsum(of_gone) / m
    half = _Z_95 * math.sqrt(float(of_gone.var(ddof=1)) / m + float(of_stayed.var(ddof=1)) / n)
    return Interval(value, max(0.0, value - half), min(1.0, value + half))


def brier(left: Flags, probability: Numbers | float) -> float:
    """Mean squared distance of the probability from what happened; smaller is better."""
    return math.fsum((probability - left.astype(float)) ** 2) / left.size
