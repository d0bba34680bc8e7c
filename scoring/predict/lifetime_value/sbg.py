"""Shifted beta-geometric retention: customers differ in how readily they leave, so retention rises with tenure.

    r_t = (b + t - 1) / (a + b + t - 1)     chance to make renewal t
    S(t) = B(a, b + t) / B(a, b)            chance to make the first t renewals
    P(T = t) = B(a + 1, b + t - 1) / B(a, b)

Source: Fader and Hardie, How to Project Customer Retention, J. Interactive Marketing 21(1), 2007; the expected residual
lifetime: Fader and Hardie, Customer-Base Valuation in a Contractual Setting, Marketing Science 29(1), 2010.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, expit, hyp2f1, logit, psi

from scoring.arrays import Flags, Numbers
from scoring.predict.lifetime_value.estimates import covariance_at

_USUAL_SIZE = 3.0
_SIZE_SPREAD = 1.5
"""Weak prior on log(a + b), used with any other prior: between customers nearly alike and lovers beside leavers."""


@dataclass(frozen=True, slots=True)
class Spells:
    """Customers with one history each, counted: `entered` renewals were made before observation began, `ended` is the
    renewal at which they left, or the last one made by those who are still here. Observed from `entered` on only.
    """

    entered: Numbers
    ended: Numbers
    has_left: Flags
    count: Numbers

    @property
    def events(self) -> int:
        return int(self.count[self.has_left].sum())

    @property
    def renewals(self) -> float:
        """Renewals that were due under observation, made or not."""
        return float((self.count * (self.ended - self.entered)).sum())


@dataclass(frozen=True, slots=True)
class ShiftedBetaGeometric:
    """Parameters with the covariance of (logit of a / (a + b), log of a + b)."""

    a: float
    b: float
    log_likelihood: float
    covariance: Numbers

    @property
    def centre(self) -> Numbers:
        return np.array([logit(self.a / (self.a + self.b)), np.log(self.a + self.b)])


@dataclass(frozen=True, slots=True)
class Prior:
    """The experts' share of first renewals that are made, with the weight of so many renewals."""

    retention: float
    renewals: float


def fit(spells: Spells, prior: Prior | None = None, *, is_penalised: bool = True) -> ShiftedBetaGeometric:
    """The parameters by maximum likelihood, or the mode under priors.

    Args:
        spells: observed histories; those that entered late count from there on (left truncation).
        prior: what experts say of the first renewal; None: the spells alone say.
        is_penalised: holds a + b within reason by a weak prior; False: pure maximum likelihood.
    """
    shares = spells.count[spells.has_left].sum() / max(spells.renewals, 1.0)
    if prior is not None:
        total = spells.renewals + prior.renewals
        shares = (shares * spells.renewals + (1 - prior.retention) * prior.renewals) / total
    start = np.array([logit(np.clip(shares, 1e-3, 1 - 1e-3)), np.log(_USUAL_SIZE)])

    def cost(at: Numbers) -> tuple[float, Numbers]:
        value, slope = _log_likelihood(at, spells)
        if prior is not None:
            churn = expit(at[0])
            value += prior.renewals * ((1 - prior.retention) * np.log(churn) + prior.retention * np.log1p(-churn))
            slope[0] += prior.renewals * (1 - prior.retention - churn)
        if is_penalised:
            away = (at[1] - np.log(_USUAL_SIZE)) / _SIZE_SPREAD
            value -= 0.5 * away**2
            slope[1] -= away / _SIZE_SPREAD
        return -value, -slope

    found = minimize(
        cost, start, jac=True, method="L-BFGS-B", bounds=[(-12, 12), (-6, 12)], options={"ftol": 1e-15, "gtol": 1e-9}
    )
    mean, size = float(expit(found.x[0])), float(np.exp(found.x[1]))
    return ShiftedBetaGeometric(
        a=mean * size,
        b=(1 - mean) * size,
        log_likelihood=_log_likelihood(found.x, spells)[0],
        covariance=covariance_at(lambda at: cost(at)[1], found.x),
    )


def draws(model: ShiftedBetaGeometric, count: int, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """A and b: the estimate first, then `count` draws from the normal approximation."""
    root = np.linalg.cholesky(model.covariance)
    points = model.centre[:, None] + root @ rng.standard_normal((2, count))
    points = np.column_stack([model.centre, points])
    mean, size = expit(points[0]), np.exp(np.clip(points[1], -6, 12))
    return mean * size, (1 - mean) * size


def retention(a: Numbers, b: Numbers, renewal: Numbers) -> Numbers:
    """r_t, t from 1."""
    share: Numbers = (b + renewal - 1) / (a + b + renewal - 1)
    return share


def survival(a: Numbers, b: Numbers, renewals: Numbers) -> Numbers:
    """S(t), t from 0."""
    share: Numbers = np.exp(betaln(a, b + renewals) - betaln(a, b))
    return share


def expected_residual_lifetime(a: float, b: float, *, made: int, discount: float) -> float:
    """Discounted periods still to come, without end, just before renewal `made` + 1: DERL. `discount` is per period."""
    n = made + 1
    return float((b + n - 1) / (a + b + n - 1) * hyp2f1(1, b + n, a + b + n, 1 / (1 + discount)))


def _log_likelihood(at: Numbers, spells: Spells) -> tuple[float, Numbers]:
    mean, size = float(expit(at[0])), float(np.exp(at[1]))
    a, b = mean * size, (1 - mean) * size
    left = spells.has_left.astype(float)
    # B(a + 1, b + t - 1) for those who left, B(a, b + n) for those who stay, over S(entered)
    first, second = a + left, b + spells.ended - left
    terms = betaln(first, second) - betaln(a, b + spells.entered)
    by_a = psi(first) - psi(first + second) - psi(a) + psi(a + b + spells.entered)
    by_b = psi(second) - psi(first + second) - psi(b + spells.entered) + psi(a + b + spells.entered)
    slope_a, slope_b = float(spells.count @ by_a), float(spells.count @ by_b)
    turn = mean * (1 - mean) * size
    slope = np.array([(slope_a - slope_b) * turn, slope_a * a + slope_b * b])
    return float(spells.count @ terms), slope
