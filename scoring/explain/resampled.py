"""Importance of drivers with its uncertainty: whole accounts are drawn again, because answers of one account are alike.

Percentile bootstrap over clusters (Davison, Hinkley 1997, 3.8); the noise floor is what LMG reports when each account
gets the answers of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.arrays import Flags, Numbers, Places
from scoring.explain.importance import johnson, lmg, reference, slopes


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers and the levels before them: `levels` (answers x drivers), `account` numbered from 0."""

    account: Places
    levels: Numbers
    answer: Numbers


@dataclass(frozen=True, slots=True)
class Importance:
    """Shares of the drivers (LMG; they sum to 1), each with its 95 % interval, and what else is known of them.

    Attributes:
        explained: R2 of all drivers together.
        floor: the 95 % point of each driver's LMG among answers dealt out at random, as a share of `explained`.
        p_top3: in how many of the resamples the driver is among the first three.
        slope: answer per unit of the driver, all others held; a group has none.
    """

    share: Numbers
    low: Numbers
    high: Numbers
    explained: float
    floor: Numbers
    p_top3: Numbers
    slope: Numbers
    slope_low: Numbers
    slope_high: Numbers
    johnson: Numbers
    first: Numbers
    last: Numbers


def complete(answers: Answers, used: Places) -> Answers:
    """Only these drivers, and only answers before which all of them are known."""
    kept: Flags = np.isnan(answers.levels[:, used]).sum(axis=1) == 0
    return Answers(answers.account[kept], answers.levels[kept][:, used], answers.answer[kept])


def importance(
    answers: Answers,
    *,
    resamples: int,
    permutations: int,
    seed: int,
    groups: Sequence[Sequence[int]] | None = None,
) -> Importance:
    """LMG shares with percentile intervals over accounts, rank probabilities and noise floor.

    Args:
        answers: complete rows.
        resamples: bootstrap draws of accounts.
        permutations: draws in which each account's answers go to another account.
        seed: of both.
        groups: places of the drivers that enter together; without it each is its own.

    Raises:
        ValueError: for more than 12 drivers or groups.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    account, size = _numbered(answers.account)
    columns = np.column_stack([answers.levels, answers.answer])
    columns = columns - columns.mean(axis=0)
    moments = _moments(columns, account, size)
    draws = rng.multinomial(size, np.full(size, 1.0 / size), size=resamples).astype(float)
    again = _covariances(np.tensordot(draws, moments, axes=1))
    whole = _covariances(moments.sum(axis=0)[None])
    parts, resampled = lmg(whole, groups)[0], lmg(again, groups)
    total = float(parts.sum())
    shares = _shares(resampled)
    places = np.argsort(np.argsort(-shares, axis=1, kind="stable"), axis=1, kind="stable")
    luck = np.quantile(lmg(_dealt_out(columns, account, size, permutations, rng), groups), 0.95, axis=0)
    slope, slope_again, other = slopes(whole)[0], slopes(again), reference(whole)
    weights = johnson(whole)[0]
    width = len(parts)
    alone = groups is None
    return Importance(
        share=_shares(parts[None])[0],
        low=np.percentile(shares, 2.5, axis=0),
        high=np.percentile(shares, 97.5, axis=0),
        explained=total,
        floor=luck / total if total > 0 else np.ones(width),
        p_top3=(places < 3).mean(axis=0),
        slope=slope if alone else np.full(width, np.nan),
        slope_low=np.percentile(slope_again, 2.5, axis=0) if alone else np.full(width, np.nan),
        slope_high=np.percentile(slope_again, 97.5, axis=0) if alone else np.full(width, np.nan),
        johnson=_shares(weights[None])[0] if groups is None else _shares(_summed(weights, groups)[None])[0],
        first=other.first[0] if alone else np.full(width, np.nan),
        last=other.last[0] if alone else np.full(width, np.nan),
    )


def _numbered(account: Places) -> tuple[Places, int]:
    names, number = np.unique(account, return_inverse=True)
    return number.astype(np.intp), len(names)


def _moments(columns: Numbers, account: Places, size: int) -> Numbers:
    """Per account: sums of products of (1, drivers, answer). Any resample of accounts is a weighted sum of them."""
    with_one = np.column_stack([np.ones(len(columns)), columns])
    products = with_one[:, :, None] * with_one[:, None, :]
    total = np.zeros((size, *products.shape[1:]))
    np.add.at(total, account, products)
    return total


def _covariances(moments: Numbers) -> Numbers:
    count = moments[:, :1, :1]
    mean = moments[:, :1, 1:] / count
    covariance: Numbers = moments[:, 1:, 1:] / count - np.swapaxes(mean, 1, 2) * mean
    return covariance


def _shares(parts: Numbers) -> Numbers:
    total = parts.sum(axis=1, keepdims=True)
    shares: Numbers = np.divide(parts, total, out=np.full_like(parts, 1.0 / parts.shape[1]), where=total > 0)
    return shares


def _summed(weights: Numbers, groups: Sequence[Sequence[int]]) -> Numbers:
    return np.array([weights[list(group)].sum() for group in groups])


def _dealt_out(columns: Numbers, account: Places, size: int, permutations: int, rng: np.random.Generator) -> Numbers:
    """Covariances when each account keeps its drivers but gets the answers of another: an account with more answers
    than the other gave takes them round again.
    """
    order = np.argsort(account, kind="stable")
    start = np.searchsorted(account[order], np.arange(size))
    count = np.bincount(account, minlength=size)
    turn = np.arange(len(account)) - start[account[order]]
    found = np.empty((permutations, columns.shape[1], columns.shape[1]))
    for draw in range(permutations):
        giver = rng.permutation(size)[account[order]]
        dealt = columns[order]
        dealt[:, -1] = columns[order[start[giver] + turn % count[giver]], -1]
        found[draw] = np.cov(dealt, rowvar=False, bias=True)
    return found
