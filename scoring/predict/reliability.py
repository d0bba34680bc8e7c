"""How far probabilities are what they say: squared error, calibration, and the gain over something simpler.

    Brier               mean (p - y)^2;  skill = 1 - Brier / Brier of the reference
    log loss            mean -(y ln p + (1 - y) ln(1 - p))
    ECE                 sum over bins n_b / n * |mean p - mean y|, bins of equal count or of equal width
    in the large        share who left - mean probability
    slope               coefficient of logit(p) in a logistic regression of the outcome: below 1 is too sure

Source: Brier, Monthly Weather Review 78, 1950; Naeini, Cooper and Hauskrecht, AAAI 2015 (ECE); Cox, Biometrika 45,
1958, and Van Calster et al., BMC Medicine 17, 2019 (in the large, slope); Diebold and Mariano 1995 for paired gains.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scoring.arrays import Flags, Numbers, Places
from scoring.measure.intervals import Z95
from scoring.predict.discrimination import Interval
from scoring.predict.glm import fit, logit

_NEAREST = 1e-9
"""A probability of exactly 0 or 1 would make a single surprise infinitely bad."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Customers of similar probability."""

    n: int
    predicted: float
    observed: float


def brier(left: Flags, probability: Numbers | float) -> float:
    """Mean squared distance of the probability from what happened; smaller is better."""
    return math.fsum((probability - left.astype(float)) ** 2) / left.size


def log_loss(left: Flags, probability: Numbers) -> float:
    p = np.clip(probability, _NEAREST, 1 - _NEAREST)
    return math.fsum(-np.log(np.where(left, p, 1 - p))) / left.size


def gain(left: Flags, probability: Numbers, reference: Numbers | float) -> Interval:
    """By how much the Brier score falls against the reference, paired customer by customer, with its interval."""
    outcome = left.astype(float)
    differences = (reference - outcome) ** 2 - (probability - outcome) ** 2
    mean = math.fsum(differences) / left.size
    half = Z95 * float(differences.std(ddof=1)) / math.sqrt(left.size) if left.size > 1 else math.inf
    return Interval(mean, mean - half, mean + half)


def quantile_bins(left: Flags, probability: Numbers, count: int = 10) -> tuple[Bin, ...]:
    """Bins of equal count by ascending probability; equal probabilities stay in one bin."""
    order = np.argsort(probability, kind="stable")
    place = np.empty(left.size, dtype=np.intp)
    place[order] = np.arange(left.size) * count // max(left.size, 1)
    _, same = np.unique(probability, return_inverse=True)
    first = np.full(same.max(initial=-1) + 1, count, dtype=np.intp)
    np.minimum.at(first, same, place)
    return _bins(left, probability, first[same])


def width_bins(left: Flags, probability: Numbers, count: int = 10) -> tuple[Bin, ...]:
    """Bins of equal width between 0 and 1; a probability on a border belongs to the lower bin."""
    place = np.ceil(np.round(probability * count, 9)).astype(np.intp) - 1
    return _bins(left, probability, np.clip(place, 0, count - 1))


def _bins(left: Flags, probability: Numbers, place: Places) -> tuple[Bin, ...]:
    found = []
    for number in np.unique(place):
        mine = place == number
        n = int(mine.sum())
        found.append(Bin(n, math.fsum(probability[mine]) / n, int(left[mine].sum()) / n))
    return tuple(found)


def calibration_error(bins: tuple[Bin, ...]) -> float:
    """ECE: the mean distance of promise and outcome over bins, each weighing as many customers as it holds."""
    total = sum(bin_.n for bin_ in bins)
    return math.fsum(bin_.n * abs(bin_.predicted - bin_.observed) for bin_ in bins) / total


def in_the_large(left: Flags, probability: Numbers) -> float:
    """Share who left minus the mean probability: above 0, more left than was foretold."""
    return float(left.mean()) - math.fsum(probability) / left.size


def slope(left: Flags, probability: Numbers) -> float | None:
    """Calibration slope; None where all probabilities are equal or the outcome has one kind only."""
    x = logit(np.clip(probability, _NEAREST, 1 - _NEAREST))
    if np.ptp(x) < 1e-9 or left.all() or not left.any():
        return None
    return float(fit(x[:, None], left, penalty=1e-9).coefficients[0])
