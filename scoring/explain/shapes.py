"""Is the link straight, bent, or does it begin at a knot? Chosen by BIC on rows freed of what is held fixed.

    linear  b x;   quadratic  b x + c x^2;   hinge  b x + c max(0, x - k)

BIC = n ln(RSS / n) + m ln n (Schwarz 1978), m = 1, 2 and 3: the knot is a parameter too. The knot's interval is the
percentile bootstrap over accounts. A knot is a line to propose to the experts, not a law.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from scoring.arrays import Numbers, Places
from scoring.explain.panels import Panel
from scoring.explain.slopes import freed

Shape = Literal["linear", "quadratic", "hinge"]
_MOST_KNOTS = 17
_RIDGE = 1e-10


@dataclass(frozen=True, slots=True)
class Bend:
    """The chosen shape, and for a hinge its knot with the 95 % interval and the slopes before and after it."""

    shape: Shape
    bic: dict[Shape, float]
    knot: float = math.nan
    low: float = math.nan
    high: float = math.nan
    before: float = math.nan
    after: float = math.nan


def bend(panel: Panel, *, within: bool, resamples: int, seed: int) -> Bend:
    """The shape of a panel's link.

    Args:
        panel: rows of one link.
        within: compare each unit with itself only.
        resamples: bootstrap draws of accounts for the knot.
        seed: of those draws.
    """
    knots = _candidates(panel.x)
    centre, scale = float(panel.x.mean()), float(panel.x.std()) or 1.0
    z = (panel.x - centre) / scale
    hinges = np.maximum(0.0, panel.x[:, None] - knots) / scale
    free = freed(panel, np.column_stack([z, z**2, hinges, panel.y]), within=within)
    moments = _by_cluster(free.columns, free.cluster, free.clusters)
    whole = moments.sum(axis=0)[None]
    n = len(panel)
    found: dict[Shape, float] = {
        "linear": _bic(_rss(whole, [0])[0], n, 1),
        "quadratic": _bic(_rss(whole, [0, 1])[0], n, 2),
    }
    place = int(_best_knot(whole, len(knots))[0]) if len(knots) else 0
    if len(knots):
        found["hinge"] = _bic(_rss(whole, [0, 2 + place])[0], n, 3)
    shape = min(found, key=lambda name: found[name])
    if shape != "hinge":
        return Bend(shape, found)
    draws = np.random.Generator(np.random.PCG64(seed)).multinomial(
        free.clusters, np.full(free.clusters, 1 / free.clusters), size=resamples
    )
    again = knots[_best_knot(np.tensordot(draws.astype(float), moments, axes=1), len(knots))]
    low, high = np.percentile(again, [2.5, 97.5])
    before, added = _fit(whole, [0, 2 + place])[0] / scale
    return Bend("hinge", found, float(knots[place]), float(low), float(high), float(before), float(before + added))


def _candidates(x: Numbers) -> Numbers:
    """Knots that are tried: values between the 10 % and 90 % quantile, for whole numbers each of them."""
    low, high = np.quantile(x, [0.1, 0.9])
    inside = np.unique(x[(x > low) & (x < high)])
    if len(inside) > _MOST_KNOTS:
        inside = np.unique(np.quantile(x, np.linspace(0.1, 0.9, _MOST_KNOTS)))
    return inside


def _by_cluster(columns: Numbers, cluster: Places, clusters: int) -> Numbers:
    """Cross products of the columns, per cluster: any resample of clusters is a weighted sum of them."""
    order = np.argsort(cluster, kind="stable")
    ordered = columns[order]
    bounds = np.searchsorted(cluster[order], np.arange(clusters + 1)).tolist()
    return np.stack([ordered[a:b].T @ ordered[a:b] for a, b in pairwise(bounds)])


def _fit(moments: Numbers, used: list[int]) -> Numbers:
    left = moments[:, used][:, :, used]
    ridge = _RIDGE * np.trace(left, axis1=1, axis2=2)[:, None, None] * np.eye(len(used))
    solved: Numbers = np.linalg.solve(left + ridge + 1e-300 * np.eye(len(used)), moments[:, used, -1:])[..., 0]
    return solved


def _rss(moments: Numbers, used: list[int]) -> Numbers:
    explained = (_fit(moments, used) * moments[:, used, -1]).sum(axis=1)
    left: Numbers = np.maximum(moments[:, -1, -1] - explained, 1e-12)
    return left


def _best_knot(moments: Numbers, knots: int) -> Places:
    best: Places = np.argmin(np.stack([_rss(moments, [0, 2 + k]) for k in range(knots)]), axis=0)
    return best


def _bic(rss: float, n: int, parameters: int) -> float:
    return n * math.log(rss / n) + parameters * math.log(n)
