"""How far the retention of a group differs from the book's, drawn towards the book where little is known.

Each group has one shift of the log-odds of renewing. The spread of true shifts is estimated by moments over the groups
(DerSimonian and Laird, Controlled Clinical Trials 7, 1986); a group's own estimate is then shrunk by it. Groups that
differ no more than chance keep the book's retention.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from scoring.arrays import Numbers
from scoring.predict.lifetime_value.sbg import ShiftedBetaGeometric, Spells

_STEPS = 25
_WEAK = 0.05
"""Precision of a prior that keeps a group without any end, or without any renewal, finite."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Of the log-odds of renewing, against the book."""

    mean: float
    deviation: float


def group_shifts(model: ShiftedBetaGeometric, groups: Mapping[str, Spells]) -> dict[str, Shift]:
    """The shift of each group.

    Args:
        model: the book's retention.
        groups: histories by group.
    """
    names = sorted(groups)
    raw = np.array([_own(model, groups[name]) for name in names]).reshape(-1, 2)
    if len(names) < 2:
        return {name: Shift(0.0, 0.0) for name in names}
    estimate, variance = raw[:, 0], raw[:, 1]
    weight = 1 / variance
    centre = float(weight @ estimate / weight.sum())
    excess = float(weight @ (estimate - centre) ** 2) - (len(names) - 1)
    between = max(0.0, excess / float(weight.sum() - (weight**2).sum() / weight.sum()))
    share = between / (between + variance)
    return {
        name: Shift(float(share[i] * estimate[i]), float(np.sqrt(share[i] * variance[i])))
        for i, name in enumerate(names)
    }


def _own(model: ShiftedBetaGeometric, spells: Spells) -> tuple[float, float]:
    """A group's own shift and its variance: logistic regression of renewals made on the book's log-odds."""
    odds, due, made = _renewals(model, spells)
    shift = 0.0
    precision = _WEAK
    for _ in range(_STEPS):
        chance = expit(odds + shift)
        slope = float((made - due * chance).sum()) - _WEAK * shift
        precision = float((due * chance * (1 - chance)).sum()) + _WEAK
        shift += float(np.clip(slope / precision, -1, 1))
    return shift, 1 / precision


def _renewals(model: ShiftedBetaGeometric, spells: Spells) -> tuple[Numbers, Numbers, Numbers]:
    """Per renewal number: the book's log-odds, how many were due, how many were made."""
    numbers = np.arange(1, int(spells.ended.max()) + 1 if spells.ended.size else 1, dtype=float)
    under_way = (spells.entered[:, None] < numbers) & (numbers <= spells.ended[:, None])
    due = spells.count @ under_way
    lost = (spells.count * spells.has_left) @ (spells.ended[:, None] == numbers)
    return np.log((model.b + numbers - 1) / model.a), due, due - lost
