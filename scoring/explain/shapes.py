"""Is the link straight, bent, or does it begin at a knot? Chosen by BIC on rows freed of what is held fixed.

    linear  b x;   quadratic  b x + c x^2;   hinge  b x + c max(0, x - k), with b = 0 or b + c = 0 where that is enough

BIC = n ln(RSS / n) + m ln n (Schwarz 1978), m = 1, 2, and 3 or 2: the knot is a parameter too. The knot's
interval is the percentile bootstrap over accounts. A knot is a line to propose to the experts, not a law.
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
    z = ((panel.x - centre) / scale)[:, None]
    beyond = np.maximum(0.0, panel.x[:, None] - knots) / scale
    columns = np.hstack([z, z**2, beyond, z - beyond, panel.y[:, None]])
    free = freed(panel, columns, within=within)
    moments = _by_cluster(free.columns, free.cluster, free.clusters)
    whole = moments.sum(axis=0)[None]
    n = len(panel)
    found: dict[Shape, float] = {
        "linear": _bic(_rss(whole, [0])[0], n, 1),
        "quadratic": _bic(_rss(whole, [0, 1])[0], n, 2),
    }
    forms = _forms(len(knots)) if len(knots) else []
    scored = [
        (_bic(float(rss[at]), n, len(form[0]) + 1), form, at) for form in forms for rss, at in [_best(whole, form)]
    ]
    if scored:
        found["hinge"] = min(bic for bic, _, _ in scored)
    shape = min(found, key=lambda name: found[name])
    if shape != "hinge":
        return Bend(shape, found)
    _, form, at = min(scored, key=lambda one: one[0])
    draws = np.random.Generator(np.random.PCG64(seed)).multinomial(
        free.clusters, np.full(free.clusters, 1 / free.clusters), size=resamples
    )
    low, high = np.percentile(
        knots[_best_of_each(np.tensordot(draws.astype(float), moments, axes=1), form)], [2.5, 97.5]
    )
    before, after = _sides(_fit(whole, form[at])[0] / scale, form[at], len(knots))
    return Bend("hinge", found, float(knots[at]), float(low), float(high), before, after)


_Form = list[list[int]]
"""The columns of one kind of hinge, for each knot."""


def _forms(knots: int) -> list[_Form]:
    """Both slopes free; nothing before the knot; nothing beyond it."""
    places = range(2, 2 + knots)
    return [[[0, k] for k in places], [[k] for k in places], [[k + knots] for k in places]]


def _best(moments: Numbers, form: _Form) -> tuple[Numbers, int]:
    rss = np.array([_rss(moments, used)[0] for used in form])
    return rss, int(rss.argmin())


def _best_of_each(moments: Numbers, form: _Form) -> Places:
    best: Places = np.argmin(np.stack([_rss(moments, used) for used in form]), axis=0)
    return best


def _sides(fitted: Numbers, used: list[int], knots: int) -> tuple[float, float]:
    """Slope before and beyond the knot."""
    if len(used) == 2:
        return float(fitted[0]), float(fitted[0] + fitted[1])
    return (0.0, float(fitted[0])) if used[0] < 2 + knots else (float(fitted[0]), 0.0)


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


def _bic(rss: float, n: int, parameters: int) -> float:
    return n * math.log(rss / n) + parameters * math.log(n)
