"""Whether today's customers still look like those a model learned from.

    PSI = sum over bins (a - e) ln(a / e)     e, a: shares then and now, at least 1e-4
    without any drift PSI is about (1/n + 1/m) chi2 with bins - 1 degrees of freedom: its 95 % point is the limit

The customary limits .1 and .25 know no sample size; with 100 accounts .25 is inside the noise.

Source: Siddiqi, Credit Risk Scorecards, 2006 (PSI); Yurdakul, Statistical Properties of Population Stability Index,
2018 (its distribution).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtri

from scoring.arrays import Numbers
from scoring.predict.model import Model, ReferenceBins

BINS = 10
FLOOR = 1e-4


@dataclass(frozen=True, slots=True)
class Drift:
    feature: str
    psi: float
    limit: float
    n: int

    @property
    def is_drift(self) -> bool:
        return self.psi > self.limit


def psi(expected: Numbers, actual: Numbers) -> float:
    """Population stability index of two lists of shares over the same bins."""
    e, a = np.maximum(expected, FLOOR), np.maximum(actual, FLOOR)
    return math.fsum((a - e) * np.log(a / e))


def no_drift_limit(n: int, m: int, bins: int = BINS) -> float:
    """The PSI that 95 % of pairs of samples of one population stay below."""
    return (1.0 / n + 1.0 / m) * float(chdtri(bins - 1, 0.05))


def reference_bins(feature: str, values: Numbers) -> ReferenceBins:
    """Up to ten bins of equal count; equal values stay together, so that a count of 0, 0, 0, 1 gives two."""
    known = values[~np.isnan(values)]
    inner = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)) if known.size else np.empty(0)
    borders = inner[inner < known.max()] if known.size else inner
    return ReferenceBins(feature, tuple(float(b) for b in borders), tuple(_shares(values, borders).tolist()))


def drifts(model: Model, rows: pd.DataFrame) -> tuple[Drift, ...]:
    """PSI of each number among the model's features, then against `rows` now."""
    found = []
    for one in model.reference:
        if one.feature in model.features and len(rows):
            now = _shares(rows[one.feature].to_numpy(float, na_value=np.nan), np.asarray(one.borders))
            then = np.asarray(one.shares)
            used = int(((then > 0) | (now > 0)).sum())
            limit = no_drift_limit(model.rows, len(rows), used) if used > 1 else 0.0
            found.append(Drift(one.feature, psi(then, now) if used > 1 else 0.0, limit, len(rows)))
    return tuple(found)


def _shares(values: Numbers, borders: Numbers) -> Numbers:
    known = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(borders, known, side="left"), minlength=borders.size + 1)
    shares: Numbers = np.append(counts, values.size - known.size) / max(values.size, 1)
    return shares
