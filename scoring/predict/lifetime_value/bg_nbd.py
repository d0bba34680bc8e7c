"""BG/NBD: how often customers without a contract buy, and whether they still do. Never for contracts.

    log L_i = ln[A1 A2 (A3 + 1{x > 0} A4)]
    A1 = Gamma(r + x) alpha^r / Gamma(r)               A2 = Gamma(a + b) Gamma(b + x) / (Gamma(b) Gamma(a + b + x))
    A3 = (alpha + T)^-(r + x)                          A4 = a / (b + x - 1) (alpha + t_x)^-(r + x)

x: repeat purchases; t_x: time of the last one; T: time observed, each since the first purchase, in weeks.
Source: Fader, Hardie and Lee, Counting Your Customers the Easy Way, Marketing Science 24(2), 2005.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1, psi

from scoring.arrays import Numbers
from scoring.predict.lifetime_value.estimates import covariance_at

_NEARLY_ONE = 1e-7

_BOUNDS = [(-7.0, 7.0), (-7.0, 7.0), (-4.6, 4.6), (-4.6, 4.6)]
"""Of the logarithms. a, b of 100 already mean that customers hardly differ in how they drop out; beyond, 2F1 fails."""


@dataclass(frozen=True, slots=True)
class Purchases:
    """Customers with one history each, counted."""

    repeats: Numbers
    last: Numbers
    observed: Numbers
    count: Numbers


@dataclass(frozen=True, slots=True)
class BetaGeometricPoisson:
    """Parameters with the covariance of their logarithms, in this order."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    covariance: Numbers

    @property
    def logarithms(self) -> Numbers:
        return np.log([self.r, self.alpha, self.a, self.b])


def fit(purchases: Purchases) -> BetaGeometricPoisson:
    """The parameters by maximum likelihood; time is scaled so that the search is about numbers near 1."""
    scale = 10.0 / float(purchases.observed.max())
    scaled = Purchases(purchases.repeats, purchases.last * scale, purchases.observed * scale, purchases.count)
    size = float(purchases.count.sum())

    def cost(at: Numbers) -> tuple[float, Numbers]:
        value, slope = _log_likelihood(np.exp(at), scaled)
        return -value / size, -slope / size

    found = minimize(
        cost, np.zeros(4), jac=True, method="L-BFGS-B", bounds=_BOUNDS, options={"ftol": 1e-15, "gtol": 1e-8}
    )
    r, alpha, a, b = np.exp(found.x)
    alpha /= scale
    return BetaGeometricPoisson(
        r=float(r),
        alpha=float(alpha),
        a=float(a),
        b=float(b),
        log_likelihood=log_likelihood((r, alpha, a, b), purchases),
        covariance=covariance_at(lambda at: size * cost(at)[1], found.x),
    )


def log_likelihood(parameters: tuple[float, float, float, float], purchases: Purchases) -> float:
    return _log_likelihood(np.array(parameters), purchases)[0]


def is_alive(parameters: Numbers, repeats: Numbers, last: Numbers, observed: Numbers) -> Numbers:
    """P(alive) = 1 / (1 + 1{x > 0} a / (b + x - 1) ((alpha + T) / (alpha + t_x))^(r + x)); 1 without a repeat."""
    r, alpha, a, b = parameters
    odds = a / (b + np.maximum(repeats, 1) - 1) * ((alpha + observed) / (alpha + last)) ** (r + repeats)
    alive: Numbers = 1 / (1 + np.where(repeats > 0, odds, 0.0))
    return alive


def expected_purchases(
    parameters: Numbers, ahead: Numbers | float, repeats: Numbers, last: Numbers, observed: Numbers
) -> Numbers:
    """E[Y(t) | x, t_x, T], repeat purchases in the next `ahead` weeks; with x = T = 0 those of a new customer, E[X(t)].

    Written by Euler's transformation of 2F1, which stays within reach for customers who bought hundreds of times:
        P(alive) (a + b + x - 1) / (a - 1) [1 - (1 - z)^(a - 1) 2F1(a + b - 1 - r, a - 1; a + b + x - 1; z)],
        z = t / (alpha + T + t)
    """
    r, alpha, a, b = parameters
    a = a if abs(a - 1) > _NEARLY_ONE else 1 + _NEARLY_ONE
    z = ahead / (alpha + observed + ahead)
    whole = a + b + repeats - 1
    still = (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, whole, z)
    bought: Numbers = is_alive(parameters, repeats, last, observed) * whole / (a - 1) * (1 - still)
    return bought


def _log_likelihood(parameters: Numbers, purchases: Purchases) -> tuple[float, Numbers]:
    """With its gradient by the logarithms of the parameters."""
    r, alpha, a, b = parameters
    x, count = purchases.repeats, purchases.count
    again = x > 0
    whole, recent = alpha + purchases.observed, alpha + purchases.last
    before = b + np.maximum(x, 1) - 1
    silent = -(r + x) * np.log(whole)
    gone = np.where(again, np.log(a) - np.log(before) - (r + x) * np.log(recent), -np.inf)
    either = np.logaddexp(silent, gone)
    terms = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b) + either
    share = np.exp(gone - either)
    by_r = psi(r + x) - psi(r) + np.log(alpha) - (1 - share) * np.log(whole) - share * np.log(recent)
    by_alpha = r / alpha - (r + x) * ((1 - share) / whole + share / recent)
    total = psi(a + b) - psi(a + b + x)
    by_a = total + share / a
    by_b = total + psi(b + x) - psi(b) - share / before
    slopes = np.array([count @ by_r * r, count @ by_alpha * alpha, count @ by_a * a, count @ by_b * b])
    return float(count @ terms), slopes
