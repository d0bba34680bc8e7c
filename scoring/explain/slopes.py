"""The slope of y on x with everything else held fixed, and its interval when rows of one account belong together.

Frisch, Waugh 1933: x and y are first freed of what is held fixed; the slope of the remainders is the adjusted slope.
Cluster-robust variance (Liang, Zeger 1986; small samples as Stata and statsmodels do):

    V = G/(G-1) (n-1)/(n-k) sum over accounts of (sum of x e)^2 / (sum of x^2)^2,  t with G - 1 degrees of freedom
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from scoring.arrays import Numbers, Places
from scoring.explain.panels import Panel

_FLAT = 1e-9


@dataclass(frozen=True, slots=True)
class Slope:
    """y per unit of x with its 95 % interval, and the two-sided p of "no slope"."""

    value: float
    low: float
    high: float
    p_value: float
    degrees: int

    def p_of(self, sign: int) -> float:
        """One-sided p of "no slope of this sign"."""
        return self.p_value / 2 if self.value * sign > 0 else 1 - self.p_value / 2


@dataclass(frozen=True, slots=True)
class Freed:
    """Columns of a panel freed of what is held fixed: `columns` (rows x columns), the cluster of each row, and how
    many parameters the freeing took.
    """

    columns: Numbers
    cluster: Places
    clusters: int
    parameters: int


def freed(panel: Panel, columns: Numbers, *, within: bool) -> Freed:
    """Columns freed of the panel's held columns and, `within`, of each unit's own mean."""
    cluster, names = pd.factorize(panel.unit, sort=True)
    held = design(panel.held, with_constant=not within)
    if within:
        columns, held = (_without_means(part, cluster, len(names)) for part in (columns, held))
    if held.shape[1]:
        columns = columns - held @ np.linalg.lstsq(held, columns, rcond=None)[0]
    parameters = int(np.linalg.matrix_rank(held)) if held.shape[1] else 0
    return Freed(columns, cluster.astype(np.intp), len(names), parameters)


def design(held: pd.DataFrame, *, with_constant: bool) -> Numbers:
    """What is held fixed as numbers: kinds by dummies, amounts centred; the first kind stands for all when there is a
    constant.
    """
    parts = [np.ones((len(held), 1))] if with_constant else []
    for name in held.columns:
        values = held[name]
        if pd.api.types.is_numeric_dtype(values):
            parts.append((values - values.mean()).to_numpy(float)[:, None])
        else:
            kinds, names = pd.factorize(values, sort=True)
            parts.append(np.eye(len(names))[kinds][:, 1:])
    return np.hstack(parts) if parts else np.empty((len(held), 0))


def _without_means(columns: Numbers, cluster: Places, clusters: int) -> Numbers:
    total = np.zeros((clusters, columns.shape[1]))
    np.add.at(total, cluster, columns)
    mean = total / np.bincount(cluster, minlength=clusters)[:, None]
    left: Numbers = columns - mean[cluster]
    return left


def slope(panel: Panel, *, within: bool) -> Slope | None:
    """The adjusted slope of a panel; None when x or y does not vary once the rest is held fixed, or all is one cluster.

    Args:
        panel: rows of one link.
        within: compare each unit with itself only.
    """
    if len(panel) < 3:
        return None
    free = freed(panel, np.column_stack([panel.x, panel.y]), within=within)
    x, y = free.columns.T
    spread = float(x @ x)
    rows, parameters = len(x), free.parameters + 1
    if free.clusters < 2 or rows <= parameters or _is_flat(x, panel.x) or _is_flat(y, panel.y):
        return None
    value = float(x @ y) / spread
    score = np.bincount(free.cluster, weights=x * (y - value * x), minlength=free.clusters)
    small = free.clusters / (free.clusters - 1) * (rows - 1) / (rows - parameters)
    error = math.sqrt(small * float(score @ score)) / spread
    degrees = free.clusters - 1
    half = float(stdtrit(degrees, 0.975)) * error
    p = 2 * float(stdtr(degrees, -abs(value) / error)) if error > 0 else 0.0
    return Slope(value, value - half, value + half, p, degrees)


def _is_flat(left: Numbers, whole: Numbers) -> bool:
    """Whether nothing but rounding is left of a column."""
    return float(left @ left) <= _FLAT**2 * float(whole @ whole)


def paired(panel: Panel, *, within: bool) -> tuple[Numbers, Numbers, int]:
    """The x and y that are correlated, and how many independent pairs they are worth.

    Between units: one pair per unit, its means. Within: all rows less their unit's mean; the means used up one row
    per unit.
    """
    cluster, names = pd.factorize(panel.unit, sort=True)
    both = np.column_stack([panel.x, panel.y])
    if within:
        left = _without_means(both, cluster.astype(np.intp), len(names))
        return left[:, 0], left[:, 1], len(both) - len(names) + 1
    means = pd.DataFrame(both).groupby(cluster).mean().to_numpy(float)
    return means[:, 0], means[:, 1], len(names)
