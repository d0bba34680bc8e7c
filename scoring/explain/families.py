"""Many tests at once, and intervals of correlations.

Benjamini, Hochberg, J. R. Stat. Soc. B 57, 1995: of the links called proven, on average at most this share is luck.
Fisher 1915: z = atanh(r), standard error 1/sqrt(n - 3). For ranks: sqrt((1 + r^2/2)/(n - 3)), Bonett and Wright,
Psychometrika 65, 2000.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from scoring.arrays import Numbers
from scoring.predict.discrimination import Interval


def adjusted(p_values: Numbers) -> Numbers:
    """Benjamini-Hochberg q of each p; NaN (not tested) stays NaN and does not count."""
    # statsmodels takes a second to import, and most runs link nothing
    from statsmodels.stats.multitest import multipletests

    tested = ~np.isnan(p_values)
    q = np.full(p_values.shape, np.nan)
    if tested.any():
        q[tested] = multipletests(p_values[tested], method="fdr_bh")[1]
    return q


def pearson(x: Numbers, y: Numbers, n: int) -> Interval | None:
    """Correlation with Fisher's 95 % interval for `n` independent pairs; None without variation or below 4 pairs."""
    return _with_interval(x, y, n, is_rank=False)


def spearman(x: Numbers, y: Numbers, n: int) -> Interval | None:
    """Correlation of ranks with the interval of Bonett and Wright."""
    return _with_interval(rankdata(x), rankdata(y), n, is_rank=True)


def fisher(r: float, n: float, *, is_rank: bool = False) -> Interval:
    """95 % interval of a correlation of n > 3 independent pairs; r = 1 or -1 has no width."""
    if abs(r) >= 1.0:
        return Interval(r, r, r)
    half = float(ndtri(0.975)) * math.sqrt((1.0 + r * r / 2.0 if is_rank else 1.0) / (n - 3))
    return Interval(r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half))


def _with_interval(x: Numbers, y: Numbers, n: int, *, is_rank: bool) -> Interval | None:
    a, b = x - x.mean(), y - y.mean()
    size = math.sqrt(float(a @ a) * float(b @ b))
    if n < 4 or size <= 0.0:
        return None
    return fisher(min(1.0, max(-1.0, float(a @ b) / size)), n, is_rank=is_rank)
