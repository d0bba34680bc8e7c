"""Two scores 0-100 per customer from its signals, with additive contributions, coverage and standard error.

    score  = sum(w_k * s_k) / W          over the signals observed, W = sum of their weights
    s_k    = anchored(shrunk value)      piecewise linear between the rule's fixed anchors
    coverage = W / sum of all weights

How a value is shrunk: scoring.place.shrinkage. Values that are facts and no samples do not add to the standard error.

Source: OECD/JRC Handbook on Constructing Composite Indicators, 2008; Efron and Morris 1975; Kish 1965 for n.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.results import CONTRIBUTIONS, SCORES
from contracts.rules import SignalRule, Thresholds
from contracts.words import Axis
from scoring.arrays import Numbers, Places, assembled, framed, numbers, texts
from scoring.measure.anchors import anchored
from scoring.measure.compile import are_means
from scoring.measure.grid import Grid, Measured, grid
from scoring.measure.norms import NO_SEGMENTS, WHOLE_BOOK, Segments
from scoring.place.shrinkage import Prior, Priors, shrunk

SCORE_DECIMALS = 6
_WIDEST_SD = 50.0
"""No number between 0 and 100 has a larger standard deviation than this."""

_PARTS = ("value", "n", "signal_score", "weight_share", "reference_score", "contribution")


@dataclass(frozen=True, slots=True)
class _Scale:
    """The rules of one axis as numbers, one per signal; `means`: which are means, of which alone there are priors."""

    axis: Axis
    signals: list[str]
    weight: Numbers
    bad: Numbers
    good: Numbers
    typical: Numbers
    means: Places
    prior_strength: float
    priors: Priors


@dataclass(frozen=True, slots=True)
class _Judged:
    """Customers on one axis: signal scores, the share of each mean that is own, shares of weight
    (0: not seen), and the weight seen.
    """

    rows: slice
    block: Measured
    prior: Prior
    points: Numbers
    own: Numbers
    share: Numbers
    total: Numbers


@dataclass(frozen=True)
class Scored:
    """SCORES frame, one row per customer and axis, and what its contributions are made of."""

    scores: pd.DataFrame
    _measured: Grid
    _scales: Sequence[_Scale]

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """CONTRIBUTIONS frame: axis by axis, customer by customer, in the order of the rules. Made when asked for."""
        customers = pa.array(self._measured.customers, pa.string())
        words: dict[str, list[Any]] = {name: [] for name in CONTRIBUTIONS.names if name not in _PARTS}
        parts: list[list[Numbers]] = [[np.empty(0)] for _ in _PARTS]
        for scale in self._scales:
            signals = pa.array(scale.signals, pa.string())
            for judged in _judge(self._measured, scale):
                at = np.flatnonzero(~np.isnan(judged.block.value))
                customer, signal = np.divmod(at, len(scale.signals))
                words["customer_id"].append(texts(customers, customer + judged.rows.start))
                words["axis"].append(pa.repeat(pa.scalar(scale.axis.value), at.size))
                words["signal_id"].append(texts(signals, signal))
                own = (judged.block.value, judged.block.n, judged.points, judged.share)
                value, n, points, share = (part.ravel()[at] for part in own)
                typical = scale.typical[signal]
                found = (value, n, points, share, typical, share * (points - typical))
                for kept, part in zip(parts, found, strict=True):
                    kept.append(part)
        columns: dict[str, Any] = {name: pa.chunked_array(chunks, pa.string()) for name, chunks in words.items()}
        columns |= {name: np.concatenate(kept) for name, kept in zip(_PARTS, parts, strict=True)}
        return assembled(columns, CONTRIBUTIONS)


def score(
    signals: pd.DataFrame,
    norms: pd.DataFrame,
    rules: Sequence[SignalRule],
    thresholds: Thresholds,
    *,
    segments: Segments = NO_SEGMENTS,
) -> Scored:
    """Scores every customer of `signals` on both axes.

    Args:
        signals: SIGNALS frame.
        norms: NORMS frame of the whole book; frozen per week, so that a score depends on no other partition.
        rules: the policy's signals; those without weight are measured but not scored.
        thresholds: for `prior_strength`, the least number of facts' worth of the book's mean mixed into a mean.
        segments: `segments_of` these customers, when the norms were taken with segments.

    Returns:
        Scores rounded to 6 decimals; an axis without any observed signal has a null score and coverage 0.
    """
    measured = grid(signals)
    scales = [
        _scale(axis, norms, [rule for rule in rules if rule.weight > 0 and rule.axis is axis], thresholds, (
            segments, measured.customers
        ))
        for axis in Axis
    ]  # fmt: skip
    return Scored(_scores(measured, scales), measured, scales)


def _scale(
    axis: Axis,
    norms: pd.DataFrame,
    rules: Sequence[SignalRule],
    thresholds: Thresholds,
    whose: tuple[Segments, Sequence[str]],
) -> _Scale:
    ids = [rule.id for rule in rules]
    whole = norms.loc[norms["segment"] == WHOLE_BOOK]
    reference = dict(zip(whole["signal_id"], whole["reference_score"].to_numpy(float), strict=True))
    weight, bad, good = (np.array([getattr(r, name) for r in rules], dtype=float) for name in ("weight", "bad", "good"))
    typical = np.nan_to_num(np.array([reference.get(name, np.nan) for name in ids], dtype=float), nan=50.0)
    means = np.flatnonzero(are_means(rules))
    priors = Priors.of(norms, [ids[at] for at in means], *whose)
    return _Scale(axis, ids, weight, bad, good, typical, means, thresholds.prior_strength, priors)


def _judge(measured: Grid, scale: _Scale) -> Iterator[_Judged]:
    """One axis, block by block."""
    for rows, block in measured.blocks(scale.signals):
        value, means = block.value, scale.means
        prior = scale.priors.at(rows)
        drawn, own = shrunk(value[:, means], block.n[:, means], prior, prior_strength=scale.prior_strength)
        points = anchored(value, bad=scale.bad, good=scale.good)
        points[:, means] = anchored(drawn, bad=scale.bad[means], good=scale.good[means])
        weight = ~np.isnan(value) * scale.weight
        total = weight.sum(axis=1)
        share = weight / np.where(total > 0, total, 1.0)[:, None]
        yield _Judged(rows, block, prior, points, own, share, total)


def _scores(measured: Grid, scales: Sequence[_Scale]) -> pd.DataFrame:
    """Customer by customer, its axes in order."""
    size, axes = len(measured.customers), [scale.axis.value for scale in scales]
    score, error, coverage = (np.full((size, len(axes)), np.nan) for _ in range(3))
    count = np.zeros((size, len(axes)), dtype=np.intp)
    for place, scale in enumerate(scales):
        for judged in _judge(measured, scale):
            rows, seen = judged.rows, judged.share > 0
            some = judged.total > 0
            known = np.where(seen, judged.points, 0.0)
            noise = np.where(seen[:, scale.means], judged.share[:, scale.means] * _spread(judged, scale), 0.0)
            score[rows, place] = np.where(some, np.einsum("ij,ij->i", judged.share, known), np.nan)
            error[rows, place] = np.where(some, np.sqrt(np.einsum("ij,ij->i", noise, noise)), np.nan)
            coverage[rows, place] = judged.total / (scale.weight.sum() or 1.0)
            count[rows, place] = np.count_nonzero(seen, axis=1)
    columns = {
        "customer_id": texts(measured.customers, np.repeat(np.arange(size), len(axes))),
        "axis": texts(axes, np.tile(np.arange(len(axes)), size)),
        "score": numbers(score.ravel(), decimals=SCORE_DECIMALS),
        "standard_error": numbers(error.ravel(), decimals=SCORE_DECIMALS),
        "coverage": np.round(coverage.ravel(), SCORE_DECIMALS),
        "signal_count": count.ravel(),
    }
    return framed(columns, SCORES)


def _spread(judged: _Judged, scale: _Scale) -> Numbers:
    """Standard deviation of the scores of means. What is left of a mean's variance: the posterior one,
    between * (1 - v), where the book tells the variances; else the customer's own variance / n, unknown (0) for a
    single fact.
    """
    means, between = scale.means, judged.prior.between
    left = between * (1.0 - judged.own)
    if np.isnan(between).any():
        with np.errstate(invalid="ignore", divide="ignore"):
            alone = np.nan_to_num(judged.block.variance[:, means] / judged.block.n[:, means])
        left = np.where(np.isnan(between), alone, left)
    slope = np.abs(100.0 / (scale.good[means] - scale.bad[means]))
    spread: Numbers = np.minimum(np.sqrt(left) * slope, _WIDEST_SD)
    return spread
