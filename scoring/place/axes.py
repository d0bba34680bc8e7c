"""Two scores 0-100 per customer from its signals, with additive contributions, coverage and standard error.

    score  = sum(w_k * s_k) / W          over the signals observed, W = sum of their weights
    s_k    = anchored(shrunk value)      piecewise linear between the rule's fixed anchors
    coverage = W / sum of all weights

How a value is shrunk: scoring.place.shrinkage. Values that are facts and no samples do not add to the standard error.

Source: OECD/JRC Handbook on Constructing Composite Indicators, 2008; Efron and Morris 1975; Kish 1965 for n.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.results import CONTRIBUTIONS, SCORES
from contracts.rules import SignalRule, Thresholds
from contracts.words import Axis
from scoring.arrays import Flags, Numbers, Places, assembled, framed, numbers, texts
from scoring.measure.anchors import anchored
from scoring.measure.grid import Grid, Measured, grid
from scoring.measure.norms import NO_SEGMENTS, WHOLE_BOOK, Segments
from scoring.place.shrinkage import Prior, Priors, are_means, shrunk

SCORE_DECIMALS = 6
_WIDEST_SD = 50.0
"""No number between 0 and 100 has a larger standard deviation than this."""

_PARTS = ("value", "n", "signal_score", "weight_share", "reference_score", "contribution")


@dataclass(frozen=True, slots=True)
class Scored:
    """SCORES frame, one row per customer and axis, and CONTRIBUTIONS frame, observed signals only."""

    scores: pd.DataFrame
    contributions: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Scale:
    """The rules of one axis as numbers, one per signal."""

    weight: Numbers
    bad: Numbers
    good: Numbers
    typical: Numbers
    is_mean: Flags
    prior_strength: float


@dataclass(frozen=True, slots=True)
class _AxisScores:
    """One axis: numbers per customer; per observed signal the places of its customer and rule, and _PARTS."""

    score: Numbers
    error: Numbers
    coverage: Numbers
    count: Places
    customer: list[Places]
    signal: list[Places]
    parts: list[tuple[Numbers, ...]]


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
    chosen = {axis: [rule for rule in rules if rule.weight > 0 and rule.axis is axis] for axis in Axis}
    found = {axis: _axis(measured, norms, own, thresholds.prior_strength, segments) for axis, own in chosen.items()}
    return Scored(_scores(measured, found), _contributions(measured, chosen, found))


def _axis(
    measured: Grid, norms: pd.DataFrame, rules: Sequence[SignalRule], prior_strength: float, segments: Segments
) -> _AxisScores:
    ids = [rule.id for rule in rules]
    scale = _scale(norms, rules, prior_strength)
    priors = Priors.of(norms, ids, segments, measured.customers)
    size = len(measured.customers)
    score, error, coverage = (np.empty(size) for _ in range(3))
    made = _AxisScores(score, error, coverage, np.empty(size, dtype=np.intp), [], [], [])
    for rows, block in measured.blocks(ids):
        _fill(made, scale, block, priors.at(rows), rows)
    return made


def _scale(norms: pd.DataFrame, rules: Sequence[SignalRule], prior_strength: float) -> _Scale:
    whole = norms.loc[norms["segment"] == WHOLE_BOOK]
    reference = dict(zip(whole["signal_id"], whole["reference_score"].to_numpy(float), strict=True))
    weight, bad, good = (np.array([getattr(r, name) for r in rules], dtype=float) for name in ("weight", "bad", "good"))
    typical = np.nan_to_num(np.array([reference.get(rule.id, np.nan) for rule in rules], dtype=float), nan=50.0)
    return _Scale(weight, bad, good, typical, are_means(rules), prior_strength)


def _fill(made: _AxisScores, scale: _Scale, block: Measured, prior: Prior, rows: slice) -> None:
    """Scores a block of customers."""
    observed = ~np.isnan(block.value)
    value, own = shrunk(block.value, block.n, prior, is_mean=scale.is_mean, prior_strength=scale.prior_strength)
    points = anchored(value, bad=scale.bad, good=scale.good)
    weight = observed * scale.weight
    total = weight.sum(axis=1)
    share = weight / np.where(total > 0, total, 1.0)[:, None]
    known = np.where(observed, points, 0.0)
    made.score[rows] = np.where(total > 0, np.einsum("ij,ij->i", share, known), np.nan)
    spread = np.sqrt(_sampling(block, prior, own)) * np.abs(100.0 / (scale.good - scale.bad))
    noise = np.where(observed & scale.is_mean, share * np.minimum(spread, _WIDEST_SD), 0.0)
    made.error[rows] = np.where(total > 0, np.sqrt(np.einsum("ij,ij->i", noise, noise)), np.nan)
    made.coverage[rows] = total / (scale.weight.sum() or 1.0)
    made.count[rows] = observed.sum(axis=1)
    at = np.flatnonzero(observed)
    customer, signal = np.divmod(at, observed.shape[1])
    made.customer.append(customer + rows.start)
    made.signal.append(signal)
    seen = [part.ravel()[at] for part in (block.value, block.n, points, share)]
    typical = scale.typical[signal]
    made.parts.append((*seen, typical, seen[3] * (seen[2] - typical)))


def _sampling(block: Measured, prior: Prior, own: Numbers) -> Numbers:
    """The variance that is left of a mean: the posterior one, between * (1 - v), where the book tells the variances;
    else the customer's own variance / n, unknown (0) for a single fact.
    """
    alone = np.nan_to_num(block.variance / block.n)
    left: Numbers = np.where(np.isnan(prior.between), alone, prior.between * (1.0 - own))
    return left


def _scores(measured: Grid, found: Mapping[Axis, _AxisScores]) -> pd.DataFrame:
    """Customer by customer, its axes in order."""
    size, axes = len(measured.customers), [axis.value for axis in found]

    def side_by_side(name: str) -> Any:
        return np.stack([getattr(made, name) for made in found.values()], axis=1).ravel()

    columns = {
        "customer_id": texts(measured.customers, np.repeat(np.arange(size), len(axes))),
        "axis": texts(axes, np.tile(np.arange(len(axes)), size)),
        "score": numbers(side_by_side("score"), decimals=SCORE_DECIMALS),
        "standard_error": numbers(side_by_side("error"), decimals=SCORE_DECIMALS),
        "coverage": np.round(side_by_side("coverage"), SCORE_DECIMALS),
        "signal_count": side_by_side("count"),
    }
    return framed(columns, SCORES)


def _contributions(
    measured: Grid, chosen: Mapping[Axis, Sequence[SignalRule]], found: Mapping[Axis, _AxisScores]
) -> pd.DataFrame:
    """One row per observed signal: axis by axis, customer by customer, in the order of the rules."""
    customers = pa.array(measured.customers, pa.string())
    words: dict[str, list[Any]] = {"customer_id": [], "axis": [], "signal_id": []}
    for axis, made in found.items():
        signals = pa.array([rule.id for rule in chosen[axis]], pa.string())
        words["customer_id"] += [texts(customers, places) for places in made.customer]
        words["axis"] += [pa.repeat(pa.scalar(axis.value), len(places)) for places in made.customer]
        words["signal_id"] += [texts(signals, places) for places in made.signal]
    columns: dict[str, Any] = {name: pa.chunked_array(parts, pa.string()) for name, parts in words.items()}
    parts = [part for made in found.values() for part in made.parts]
    columns |= {name: np.concatenate([np.empty(0), *(part[at] for part in parts)]) for at, name in enumerate(_PARTS)}
    return assembled(columns, CONTRIBUTIONS)
