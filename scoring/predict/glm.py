"""Binary regression with an L2 penalty, by Fisher scoring: logit link, or complementary log-log for hazards.

    minimise  -sum log-likelihood + penalty / 2 * |coefficients|^2      the intercept bears no penalty

scikit-learn's C is 1 / penalty. No clock, no random state: the same rows give the same numbers.

Source: Le Cessie and van Houwelingen, Applied Statistics 41, 1992; McCullagh and Nelder, Generalized Linear Models,
1989, for the complementary log-log link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scoring.arrays import Flags, Numbers, Places

Link = Literal["logit", "cloglog"]

_STEPS = 100
_TOLERANCE = 1e-10
_WIDEST = 30.0
"""Linear predictors are cut here before exponentials: further out probabilities are 0 or 1 to the last bit."""


@dataclass(frozen=True, slots=True)
class Fitted:
    intercept: float
    coefficients: Numbers


def logit(probability: Numbers) -> Numbers:
    odds: Numbers = np.log(probability) - np.log1p(-probability)
    return odds


def probability_of(linear: Numbers, link: Link = "logit") -> Numbers:
    """The inverse of the link."""
    eta = np.clip(linear, -_WIDEST, _WIDEST)
    chance: Numbers = 1.0 / (1.0 + np.exp(-eta)) if link == "logit" else -np.expm1(-np.exp(eta))
    return chance


def fit(x: Numbers, left: Flags, *, penalty: float, link: Link = "logit", weight: Numbers | None = None) -> Fitted:
    """The penalised maximum-likelihood fit.

    Args:
        x: rows by features, standardised, without missing values.
        left: the outcome of each row; both kinds must occur.
        penalty: larger draws coefficients further toward 0.
        link: `logit`, or `cloglog` for discrete hazards.
        weight: how often each row counts; none: once.
    """
    design = np.hstack([np.ones((len(x), 1)), x])
    y = left.astype(float)
    often = np.ones(len(x)) if weight is None else weight
    ridge = np.full(design.shape[1], penalty)
    ridge[0] = 0.0
    beta = np.zeros(design.shape[1])
    share = float((often * y).sum() / often.sum())
    beta[0] = np.log(share / (1 - share)) if link == "logit" else np.log(-np.log1p(-share))
    loss = _loss(design @ beta, y, often, link) + 0.5 * float(ridge @ beta**2)
    for _ in range(_STEPS):
        gradient, information = _derivatives(design, design @ beta, y, often, link)
        step = np.linalg.solve(information + np.diag(ridge + 1e-12), gradient - ridge * beta)
        size = 1.0
        while True:
            candidate = beta + size * step
            reached = _loss(design @ candidate, y, often, link) + 0.5 * float(ridge @ candidate**2)
            if reached <= loss or size < 1e-6:
                break
            size /= 2
        is_done = abs(loss - reached) <= _TOLERANCE * (abs(loss) + 1.0) and float(np.abs(size * step).max()) < 1e-7
        beta, loss = candidate, min(loss, reached)
        if is_done or size < 1e-6:
            break
    return Fitted(float(beta[0]), beta[1:])


def covariance(x: Numbers, left: Flags, fitted: Fitted, *, penalty: float, groups: Places) -> Numbers:
    """Covariance of the intercept and coefficients of a logit fit, robust to rows that belong together.

        A^-1 (sum over groups of g g') A^-1      A: penalised information; g: summed score of a group's rows

    Args:
        x: as in `fit`.
        left: as in `fit`.
        fitted: what `fit` found.
        penalty: as in `fit`.
        groups: 0, 1, ... for each row; rows of one group are not taken for independent.

    Source: Liang and Zeger, Biometrika 73, 1986. The penalty's bias is not part of it.
    """
    design = np.hstack([np.ones((len(x), 1)), x])
    p = probability_of(fitted.intercept + x @ fitted.coefficients)
    ridge = np.full(design.shape[1], penalty)
    ridge[0] = 0.0
    bread = np.linalg.inv(design.T @ (design * (p * (1 - p))[:, None]) + np.diag(ridge + 1e-12))
    pulls = design * (left - p)[:, None]
    summed = np.zeros((int(groups.max()) + 1, design.shape[1]))
    np.add.at(summed, groups, pulls)
    spread: Numbers = bread @ (summed.T @ summed) @ bread
    return spread


def _loss(linear: Numbers, y: Numbers, often: Numbers, link: Link) -> float:
    eta = np.clip(linear, -_WIDEST, _WIDEST)
    if link == "logit":
        return float((often * (np.logaddexp(0.0, eta) - y * eta)).sum())
    rate = np.exp(eta)
    happened = np.log(-np.expm1(-np.maximum(rate, 1e-300)))
    return float((often * np.where(y > 0, -happened, rate)).sum())


def _derivatives(design: Numbers, linear: Numbers, y: Numbers, often: Numbers, link: Link) -> tuple[Numbers, Numbers]:
    """Gradient of the log-likelihood and expected information."""
    p = np.clip(probability_of(linear, link), 1e-12, 1 - 1e-12)
    slope = (p if link == "logit" else np.exp(np.clip(linear, -_WIDEST, _WIDEST))) * (1 - p)
    pull = often * slope / (p * (1 - p))
    information = design.T @ (design * (pull * slope)[:, None])
    return design.T @ (pull * (y - p)), information
