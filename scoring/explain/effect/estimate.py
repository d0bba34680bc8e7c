"""The difference of differences over matched pairs, with intervals clustered by account.

    effect = sum_i w_i (D_i - mean of D_j over the accounts comparable to i),   D = score after - score before

The pairs of one opening week g at an offset t give the group-time average ATT(g, t) of Callaway and Sant'Anna
against accounts not treated yet; here they are weighted by the number of cases in g. What is left of
differences in covariates is taken out by the slopes of D on them among the comparable accounts (Abadie and Imbens,
JBES 29, 2011). Variance: sum over accounts of squared influence, as in Callaway and Sant'Anna, Journal of
Econometrics 225, 2021, with t quantiles for the number of treated accounts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from scoring.arrays import Numbers
from scoring.explain.effect.matching import Matched

_ROWS_PER_SLOPE = 10
_RIDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Estimate:
    """An effect with its interval; `influence` by account, so that several can be tested together."""

    effect: float
    low: float
    high: float
    mean_treated: float
    mean_control: float
    treated: int
    control: int
    influence: Numbers


def estimate(
    pairs: Matched,
    treated: Numbers,
    control: Numbers,
    *,
    confidence: float,
    weight: Numbers | None = None,
    control_weight: Numbers | None = None,
) -> Estimate | None:
    """The effect on an outcome known for some of the rows; None with fewer than two accounts on a side.

    Args:
        pairs: who is compared with whom.
        treated: outcome of each treated row, NaN where unknown.
        control: outcome of each control row.
        confidence: of the interval.
        weight: how much each treated row counts; none: once.
        control_weight: how much each control row stands for beside its pairs; none: once.
    """
    good = ~np.isnan(treated[pairs.pair_treated]) & ~np.isnan(control[pairs.pair_control])
    who, whom = pairs.pair_treated[good], pairs.pair_control[good]
    size = np.bincount(pairs.pair_treated, minlength=len(treated)).astype(float)
    counts = np.ones(len(treated)) if weight is None else weight
    share = np.where(np.isnan(treated), 0.0, counts)
    if (share > 0).sum() < 2 or len(np.unique(whom)) < 2:
        return None
    share = share / share.sum()
    stands_for = np.ones(len(control)) if control_weight is None else control_weight
    other = np.bincount(whom, share[who] / size[who] * stands_for[whom], minlength=len(control))
    if not other.sum() > 0:
        return None
    other = other / other.sum()
    slopes = _slopes(pairs.x_control, control, other)
    y, z = np.nan_to_num(treated - pairs.x_treated @ slopes), np.nan_to_num(control - pairs.x_control @ slopes)
    mine, theirs = float(share @ y), float(other @ z)
    effect = mine - theirs
    accounts = int(max(pairs.treated.customer.max(), pairs.control.customer.max())) + 1
    influence: Numbers = np.bincount(pairs.treated.customer, share * (y - mine), minlength=accounts).astype(float)
    influence = influence - np.bincount(pairs.control.customer, other * (z - theirs), minlength=accounts)
    raw = float(share @ np.nan_to_num(treated))
    return _with_interval(effect, raw, int((share > 0).sum()), len(np.unique(whom)), influence, confidence)


def together(estimates: list[Estimate], *, confidence: float) -> Estimate | None:
    """The mean of effects at several offsets."""
    if not estimates:
        return None
    return _with_interval(
        float(np.mean([one.effect for one in estimates])),
        float(np.mean([one.mean_treated for one in estimates])),
        min(one.treated for one in estimates),
        max(one.control for one in estimates),
        np.stack([one.influence for one in estimates]).mean(axis=0),
        confidence,
    )


def _with_interval(
    effect: float, treated_mean: float, treated: int, control: int, influence: Numbers, confidence: float
) -> Estimate:
    error = math.sqrt(float((influence**2).sum()) * treated / (treated - 1))
    wide = float(stats.t.ppf(0.5 + confidence / 2, treated - 1)) * error
    return Estimate(
        effect, effect - wide, effect + wide, treated_mean, treated_mean - effect, treated, control, influence
    )


def same_way(estimates: list[Estimate | None]) -> float | None:
    """The p of no effect at any of these (Wald, F with as many degrees as treated accounts); None: not testable."""
    known = [one for one in estimates if one is not None]
    if len(known) < len(estimates) or not known:
        return None
    influence = np.stack([one.influence for one in known])
    units = min(one.treated for one in known)
    covariance = influence @ influence.T * units / (units - 1)
    effects = np.array([one.effect for one in known])
    if units - len(known) < 1 or np.linalg.matrix_rank(covariance) < len(known):
        return None
    statistic = float(effects @ np.linalg.solve(covariance, effects)) / len(known)
    return float(stats.f.sf(statistic * (units - len(known)) / (units - 1), len(known), units - len(known)))


def _slopes(x: Numbers, y: Numbers, weight: Numbers) -> Numbers:
    """Slopes of the outcome on the covariates among comparable accounts; 0 where there are too few to tell."""
    known = (weight > 0) & ~np.isnan(y)
    none = np.zeros(x.shape[1])
    if known.sum() < _ROWS_PER_SLOPE * x.shape[1]:
        return none
    root = np.sqrt(weight[known] / weight[known].sum())[:, None]
    centre = np.average(x[known], axis=0, weights=weight[known])
    middle = np.average(y[known], weights=weight[known])
    left = (x[known] - centre) * root
    inner = left.T @ left
    solved: Numbers = np.linalg.solve(inner + _RIDGE * np.eye(len(inner)), left.T @ ((y[known] - middle) * root[:, 0]))
    return solved
