"""From scores to probabilities: a sigmoid for few cases, a monotone staircase for many, fitted inside training time.

Source: Platt 1999 with his targets (n+ + 1) / (n+ + 2) and 1 / (n- + 2); Zadrozny and Elkan 2002 and Ayer et al.
1955 (pool adjacent violators) for the staircase; scikit-learn's guide for the border of about 1,000 cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scoring.arrays import Flags, Numbers
from scoring.predict.glm import fit, probability_of

Kind = Literal["none", "sigmoid", "isotonic"]

MANY_CASES = 1000
_MANY_EVENTS = 100
"""A staircase of a thousand cases with thirty events would be thirty steps of chance."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """`at` and `to`: slope and intercept of a sigmoid over log-odds, or the corners of a staircase over log-odds."""

    kind: Kind = "none"
    at: tuple[float, ...] = ()
    to: tuple[float, ...] = ()

    def apply(self, log_odds: Numbers) -> Numbers:
        """Probabilities; never exactly 0 or 1."""
        if self.kind == "none":
            return probability_of(log_odds)
        if self.kind == "sigmoid":
            return probability_of(self.at[0] * log_odds + self.to[0])
        found: Numbers = np.interp(log_odds, self.at, self.to)
        return found


def calibrate(left: Flags, log_odds: Numbers) -> Calibration:
    """The calibration that the number of cases allows, on log-odds that were made without these rows' outcomes."""
    events = min(int(left.sum()), int((~left).sum()))
    if left.size >= MANY_CASES and events >= _MANY_EVENTS:
        return _staircase(left, log_odds)
    return _sigmoid(left, log_odds)


def _sigmoid(left: Flags, log_odds: Numbers) -> Calibration:
    gone, stayed = int(left.sum()), int((~left).sum())
    if not gone or not stayed or float(np.ptp(log_odds)) < 1e-9:
        return Calibration()
    # Platt's targets as weights: each row counts as (1 - e) of its own kind and e of the other
    low, high = 1.0 / (stayed + 2), 1.0 / (gone + 2)
    x = np.concatenate([log_odds, log_odds])[:, None]
    kinds = np.concatenate([left, ~left])
    other = np.where(left, high, low)
    found = fit(x, kinds, penalty=1e-6, weight=np.concatenate([1 - other, other]))
    if found.coefficients[0] <= 0:
        # a model that ranks backwards is not turned round by its calibration
        return Calibration("sigmoid", (0.0,), (float(np.log(gone / stayed)),))
    return Calibration("sigmoid", (float(found.coefficients[0]),), (found.intercept,))


def _staircase(left: Flags, log_odds: Numbers) -> Calibration:
    order = np.argsort(log_odds, kind="stable")
    x, level = log_odds[order], pooled(left[order].astype(float), log_odds[order])
    edge = np.flatnonzero(np.diff(level) != 0)
    keep = np.unique(np.concatenate([[0], edge, edge + 1, [x.size - 1]]))
    # a stair that nobody left, or all did, is still no certainty
    least = 1.0 / (2.0 * left.size)
    return Calibration(
        "isotonic",
        tuple(float(v) for v in x[keep]),
        tuple(float(v) for v in np.clip(level[keep], least, 1 - least)),
    )


def pooled(outcome: Numbers, x: Numbers) -> Numbers:
    """Isotonic regression by pool adjacent violators: the closest values that never fall as `x` rises.

    Args:
        outcome: one number per case, in ascending order of `x`.
        x: equal values share one level.
    """
    _, same, count = np.unique(x, return_inverse=True, return_counts=True)
    means = np.bincount(same, weights=outcome) / count
    level: list[float] = []
    weight: list[int] = []
    width: list[int] = []
    for value, n in zip(means.tolist(), count.tolist(), strict=True):
        level.append(value)
        weight.append(n)
        width.append(1)
        while len(level) > 1 and level[-2] >= level[-1]:
            value, n, wide = level.pop(), weight.pop(), width.pop()  # noqa: PLW2901 - pools merge into the newest
            level[-1] = (level[-1] * weight[-1] + value * n) / (weight[-1] + n)
            weight[-1] += n
            width[-1] += wide
    fitted: Numbers = np.repeat(level, width)[same]
    return fitted
