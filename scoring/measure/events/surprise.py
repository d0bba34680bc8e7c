"""How surprising a count is, when what is usual is itself only known from a record of some weeks.

Under "nothing has changed" the newest count x, given the total n of newest and record, is binomial: the unknown rate
drops out, so that a short record makes a weak claim and not a false one. Where counts come in clusters (variance/mean
= 1 + c) the same conditional law is beta-binomial with shapes mean_newest / c and mean_record / c, which is the exact
one for a negative binomial of that variance. A long record gives the plain Poisson and negative binomial tails.

Source: Przyborowski and Wilenski, Biometrika 31, 1940 (conditional test of two Poisson counts); Johnson, Kemp and Kotz,
Univariate Discrete Distributions, 6.2.2 (negative hypergeometric); Clopper and Pearson 1934 for the ratio's interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.stats import betabinom, binom, false_discovery_control

from scoring.arrays import Numbers


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times the usual rate, with its 95 % interval; the upper end is infinite with an empty record."""

    value: float
    low: float
    high: float


def tail(x: Numbers, n: Numbers, share: Numbers, excess: Numbers) -> Numbers:
    """P(X >= x | n): one-sided, exact, elementwise.

    Args:
        x: counts in the newest windows.
        n: counts in newest windows and record together.
        share: of the exposure that the newest windows have, between 0 and 1.
        excess: c = variance/mean - 1 of the counts; 0 is Poisson.
    """
    x, n, share, excess = np.broadcast_arrays(x, n, share, excess)
    found = np.ones(x.shape)
    some = (x > 0) & (share > 0)
    known = some & (share < 1)
    plain = known & (excess <= 0)
    found[plain] = binom.sf(x[plain] - 1, n[plain], share[plain])
    clustered = known & (excess > 0)
    c, total = excess[clustered], n[clustered]
    found[clustered] = betabinom.sf(
        x[clustered] - 1, total, share[clustered] * total / c, (1 - share[clustered]) * total / c
    )
    return np.clip(found, 0.0, 1.0)


def rate_ratio(x: float, y: float, share: float) -> Ratio:
    """Rate of x events against y, when x's windows have `share` of the exposure of both."""
    odds = share / (1 - share)
    low = 0.0 if x == 0 else float(special.betaincinv(x, y + 1, 0.025))
    high = 1.0 if y == 0 else float(special.betaincinv(x + 1, y, 0.975))
    value = x / y / odds if y else np.inf
    return Ratio(value, low / (1 - low) / odds, high / (1 - high) / odds if high < 1 else np.inf)


def adjusted(p: Numbers, family: int) -> Numbers:
    """Benjamini-Hochberg q of each p among `family` tests; the others count as p = 1."""
    if not p.size:
        return p
    whole = np.concatenate([p, np.ones(max(0, family - p.size))])
    found: Numbers = false_discovery_control(whole, method="bh")[: p.size]
    return found
