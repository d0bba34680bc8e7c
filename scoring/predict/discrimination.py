"""How well a number tells those who left from those who stayed.

Source: DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988, for the variance of an AUC, by the midranks of
Sun and Xu, IEEE Signal Processing Letters 21, 2014; Davis and Goadrich, ICML 2006, for average precision;
Wilson, JASA 22, 1927, for shares.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from scoring.arrays import Flags, Numbers
from scoring.measure.intervals import Z95, wilson


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Flagging:
    """What a list of flagged customers was worth: shares with Wilson's interval, lift over the base rate."""

    flagged: int
    precision: Interval
    recall: Interval
    lift: float


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
    half = Z95 * math.sqrt(float(of_gone.var(ddof=1)) / m + float(of_stayed.var(ddof=1)) / n)
    return Interval(value, max(0.0, value - half), min(1.0, value + half))


def average_precision(left: Flags, risk: Numbers) -> float:
    """Mean precision over the steps of recall, highest risk first; equal risks enter together."""
    order = np.argsort(-risk, kind="stable")
    ranked, hits = risk[order], np.cumsum(left[order])
    last = np.flatnonzero(np.append(np.diff(ranked) != 0, True))
    precision, recall = hits[last] / (last + 1), hits[last] / hits[-1]
    return math.fsum(precision * np.diff(np.concatenate([[0.0], recall])))


def flagging(left: Flags, is_flagged: Flags) -> Flagging | None:
    """Precision, recall and lift of a list; None when nobody is on it or nobody left."""
    flagged, gone, hits = int(is_flagged.sum()), int(left.sum()), int((left & is_flagged).sum())
    if not flagged or not gone:
        return None
    precision, recall = hits / flagged, hits / gone
    return Flagging(
        flagged,
        Interval(precision, *wilson(hits, flagged)),
        Interval(recall, *wilson(hits, gone)),
        precision / (gone / left.size),
    )


def riskiest(risk: Numbers, share: float) -> Flags:
    """The `share` of customers with the highest risk, at least one; equal risks by their order."""
    count = max(1, round(share * risk.size))
    flags = np.zeros(risk.size, dtype=bool)
    flags[np.argsort(-risk, kind="stable")[:count]] = True
    return flags
