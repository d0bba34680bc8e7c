"""How much of an answer's variance each driver accounts for, from one covariance matrix or from a thousand at once.

A covariance has the drivers first and the answer last. All functions take a stack of them (resamples x m x m), because
the intervals come from resamples and a loop over a thousand regressions would be most of the work.

LMG (Lindeman, Merenda, Gold 1980; Shapley 1953): the gain in R2 from adding driver j, averaged over all orders,

    phi_j = sum over S without j of |S|! (p-1-|S|)! / p! * (R2(S + j) - R2(S))

Sources: Groemping, J. Stat. Software 17(1), 2006 (lmg, first, last, betasq, pratt); Johnson, Multivariate Behavioral
Research 35, 2000 (relative weights).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.arrays import Numbers

MOST_EXACT = 12
"""So many drivers or groups: 4096 subsets. Beyond that, group."""
_SINGULAR = 1e-10


@dataclass(frozen=True, slots=True)
class Reference:
    """Other figures of importance of the same regression, one array (stack x drivers) each."""

    first: Numbers
    last: Numbers
    betasq: Numbers
    pratt: Numbers


def correlations(covariance: Numbers) -> Numbers:
    """The same stack on the scale of correlations; a variable without variance correlates with nothing."""
    deviation = np.sqrt(np.maximum(np.diagonal(covariance, axis1=-2, axis2=-1), 0.0))
    inverse = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    scaled: Numbers = covariance * inverse[..., :, None] * inverse[..., None, :]
    return scaled


def lmg(covariance: Numbers, groups: Sequence[Sequence[int]] | None = None) -> Numbers:
    """LMG of each driver, or of each group of drivers that enters the regression together.

    Args:
        covariance: stack x (p + 1) x (p + 1), the answer last.
        groups: places of the drivers of each group; without it, each driver is its own.

    Returns:
        Stack x groups; non-negative, and each row sums to R2 of the regression on all of them.

    Raises:
        ValueError: for more than 12 drivers or groups.
    """
    places = [[j] for j in range(covariance.shape[-1] - 1)] if groups is None else [list(group) for group in groups]
    size = len(places)
    if size > MOST_EXACT:
        raise ValueError(f"{size} drivers are more than {MOST_EXACT}: put them into at most {MOST_EXACT} themes")
    order = [j for group in places for j in group] + [covariance.shape[-1] - 1]
    explained = _explained(correlations(covariance)[:, order][:, :, order], [len(group) for group in places])
    subsets = np.arange(1 << size)
    counts = np.array([subset.bit_count() for subset in subsets.tolist()])
    weight = np.array([math.factorial(k) * math.factorial(size - 1 - k) / math.factorial(size) for k in range(size)])
    shares = np.empty((len(covariance), size))
    for j in range(size):
        without = subsets[(subsets >> j) & 1 == 0]
        gain = explained[:, without | (1 << j)] - explained[:, without]
        shares[:, j] = gain @ weight[counts[without]]
    return shares


def _explained(matrix: Numbers, sizes: Sequence[int]) -> Numbers:
    """R2 of every subset of groups: stack x 2^groups. Each group is decided in turn: left out, or swept in, after
    which the rest is what remains of it given the group.
    """
    found = np.zeros((len(matrix), 1 << len(sizes)))

    def decide(rest: Numbers, group: int, subset: int) -> None:
        if group == len(sizes):
            found[:, subset] = np.clip(1.0 - rest[:, -1, -1], 0.0, 1.0)
            return
        decide(rest[:, sizes[group] :, sizes[group] :], group + 1, subset)
        swept = rest
        for _ in range(sizes[group]):
            swept = _given_first(swept)
        decide(swept, group + 1, subset | (1 << group))

    decide(matrix, 0, 0)
    return found


def _given_first(matrix: Numbers) -> Numbers:
    """What is left of the other variables' covariance when the first is held fixed."""
    pivot = matrix[:, 0, 0]
    # a driver that is a sum of others adds nothing, whatever order it comes in
    inverse = np.divide(1.0, pivot, out=np.zeros_like(pivot), where=pivot > _SINGULAR)
    column = matrix[:, 1:, 0]
    left: Numbers = matrix[:, 1:, 1:] - column[:, :, None] * column[:, None, :] * inverse[:, None, None]
    return left


def johnson(covariance: Numbers) -> Numbers:
    """Relative weights: R_xx = V D V', L = V sqrt(D) V', beta = L^-1 r_xy, weight = (L o L)(beta o beta).

    Returns: stack x drivers; non-negative, each row sums to R2.
    """
    r = correlations(covariance)
    values, vectors = np.linalg.eigh(r[:, :-1, :-1])
    root = np.sqrt(np.maximum(values, 0.0))
    inverse = np.divide(1.0, root, out=np.zeros_like(root), where=root > math.sqrt(_SINGULAR))
    turned = np.swapaxes(vectors, -1, -2)
    loading = (vectors * root[:, None, :]) @ turned
    beta = (vectors * inverse[:, None, :]) @ (turned @ r[:, :-1, -1:])
    weights: Numbers = (loading**2 @ beta**2)[..., 0]
    return weights


def slopes(covariance: Numbers) -> Numbers:
    """Regression coefficients of the answer on all drivers, in the units of the covariance: stack x drivers."""
    deviation = np.sqrt(np.maximum(np.diagonal(covariance, axis1=-2, axis2=-1), 0.0))
    r = correlations(covariance)
    beta = (np.linalg.pinv(r[:, :-1, :-1], hermitian=True) @ r[:, :-1, -1:])[..., 0]
    inverse = np.divide(1.0, deviation[:, :-1], out=np.zeros_like(beta), where=deviation[:, :-1] > 0)
    scaled: Numbers = beta * deviation[:, -1:] * inverse
    return scaled


def reference(covariance: Numbers) -> Reference:
    """first: R2 of the driver alone; last: what it adds to all others; betasq: squared standardised coefficient;
    pratt: coefficient times correlation (sums to R2 and may be negative). For comparison, not for ranking.
    """
    r = correlations(covariance)
    inverse = np.linalg.pinv(r[:, :-1, :-1], hermitian=True)
    with_answer = r[:, :-1, -1]
    beta = (inverse @ with_answer[..., None])[..., 0]
    alone = np.diagonal(inverse, axis1=-2, axis2=-1)
    last = np.divide(beta**2, alone, out=np.zeros_like(beta), where=alone > 0)
    return Reference(with_answer**2, last, beta**2, beta * with_answer)
