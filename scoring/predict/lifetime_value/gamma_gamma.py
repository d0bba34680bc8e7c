"""Gamma-Gamma: the mean amount of a purchase, drawn towards everybody's where a customer bought seldom.

    E[M | x, m] = p (v + x m) / (p x + q - 1)

x: repeat purchases; m: their mean amount. Only repeat buyers teach the parameters, and amount must not go with
frequency. Source: Fader and Hardie, The Gamma-Gamma Model of Monetary Value, note 025, 2013.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, psi

from scoring.arrays import Numbers
from scoring.predict.lifetime_value.estimates import covariance_at


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """Parameters with the covariance of their logarithms, in this order; `correlation` of frequency and amount."""

    p: float
    q: float
    v: float
    log_likelihood: float
    correlation: float
    covariance: Numbers

    @property
    def logarithms(self) -> Numbers:
        return np.log([self.p, self.q, self.v])


def fit(repeats: Numbers, mean: Numbers) -> GammaGamma:
    """The parameters by maximum likelihood from customers with x > 0 and a positive mean amount."""
    used = (repeats > 0) & (mean > 0)
    x, m = repeats[used], mean[used]
    scale = float(np.median(m))
    size = x.size

    def cost(at: Numbers) -> tuple[float, Numbers]:
        value, slope = _log_likelihood(np.exp(at), x, m / scale)
        return -value / size, -slope / size

    found = minimize(
        cost, np.zeros(3), jac=True, method="L-BFGS-B", bounds=[(-7, 9)] * 3, options={"ftol": 1e-15, "gtol": 1e-8}
    )
    p, q, v = np.exp(found.x)
    v *= scale
    varies = x.size > 1 and np.ptp(x) > 0 and np.ptp(m) > 0
    return GammaGamma(
        p=float(p),
        q=float(q),
        v=float(v),
        log_likelihood=_log_likelihood(np.array([p, q, v]), x, m)[0],
        correlation=float(np.corrcoef(x, m)[0, 1]) if varies else 0.0,
        covariance=covariance_at(lambda at: size * cost(at)[1], found.x),
    )


def expected_amount(parameters: Numbers, repeats: Numbers, mean: Numbers) -> Numbers:
    """E[M | x, m]; without repeats everybody's mean, p v / (q - 1)."""
    p, q, v = parameters
    amount: Numbers = p * (v + repeats * np.where(repeats > 0, mean, 0.0)) / (p * repeats + q - 1)
    return amount


def _log_likelihood(parameters: Numbers, x: Numbers, m: Numbers) -> tuple[float, Numbers]:
    """With its gradient by the logarithms of the parameters."""
    p, q, v = parameters
    spent = x * m
    terms = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v) - np.log(m)
    terms += p * x * np.log(spent) - (p * x + q) * np.log(spent + v)
    by_p = x * (psi(p * x + q) - psi(p * x) + np.log(spent) - np.log(spent + v))
    by_q = psi(p * x + q) - psi(q) + np.log(v) - np.log(spent + v)
    by_v = q / v - (p * x + q) / (spent + v)
    return float(terms.sum()), np.array([by_p.sum() * p, by_q.sum() * q, by_v.sum() * v])
