"""Two scores 0-100 per customer from its signals, with additive contributions, coverage and standard error.

    score  = sum(w_k * s_k) / W          over the signals observed, W = sum of their weights
    s_k    = anchored(shrunk value)      piecewise linear between the rule's fixed anchors
    coverage = W / sum of all weights

How a value is shrunk: scoring.place.shrinkage. Values that are facts and no samples do not add to the standard error.

Source: OECD/JRC Handbook on Constructing Composite Indicators, 2008; Efron and Morris 1975; Kish 1965 for n.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.results import CONTRIBUTIONS, SCORES
from contracts.rules import SignalRule, Thresholds
from contracts.words import Axis
from scoring.arrays import Numbers, framed, numbers, texts
from scoring.measure.anchors import anchored
from scoring.measure.compile import MEAN_LIKE
from scoring.measure.grid import Grid, grid
from scoring.measure.norms import NO_SEGMENTS, WHOLE_BOOK, Segments
from scoring.place.shrinkage import Prior, Priors, shrunk

SCORE_DECIMALS = 6
_WIDEST_SD = 50.0
"""No number between 0 and 100 has a larger standard deviation than this."""


@dataclass(frozen=True, slots=True)
class Scored:
    """SCORES frame, one row per customer and axis, and CONTRIBUTIONS frame, observed signals only."""

    scores: pd.DataFrame
    contributions: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Judged:
    """One axis: signal scores and their standard deviations by rule and customer, NaN where nothing was measured."""

    points: Numbers
    spread: Numbers


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
    priors = Priors(norms)
    whole = norms.loc[norms["segment"] == WHOLE_BOOK]
    reference = dict(zip(whole["signal_id"], whole["reference_score"], strict=True))
    weighted = [rule for rule in rules if rule.weight > 0]
    parts: list[Scored] = []
    for axis in Axis:
        chosen = [rule for rule in weighted if rule.axis is axis]
        measured = grid(signals, chosen)
        names, places = segments.places(measured.customers)
        found = [priors.of(rule.id, names, places) for rule in chosen]
        judged = _judged(measured, chosen, found, thresholds.prior_strength)
        typical = np.nan_to_num(np.array([reference.get(r.id, np.nan) for r in chosen], dtype=float), nan=50.0)
        parts.append(_axis(axis, measured, judged, chosen, typical))
    order = ["customer_id", "axis"]
    scores = pd.concat([part.scores for part in parts]).sort_values(order, ignore_index=True)
    return Scored(scores, pd.concat([part.contributions for part in parts], ignore_index=True))


def _judged(measured: Grid, rules: Sequence[SignalRule], priors: Sequence[Prior], prior_strength: float) -> _Judged:
    points, spread = np.empty_like(measured.value), np.zeros_like(measured.value)
    for number, (rule, prior) in enumerate(zip(rules, priors, strict=True)):
        value, own = shrunk(measured.value[number], measured.n[number], prior, rule, prior_strength)
        points[number] = anchored(value, bad=rule.bad, good=rule.good)
        if rule.aggregate in MEAN_LIKE:
            error = np.sqrt(_sampling(measured, number, prior, own))
            spread[number] = np.minimum(error * abs(100.0 / (rule.good - rule.bad)), _WIDEST_SD)
    return _Judged(points, spread)


def _sampling(measured: Grid, number: int, prior: Prior, own: Numbers | float) -> Numbers:
    """The variance that is left of a mean: the posterior one, between * (1 - v), where the book tells the variances;
    else the customer's own variance / n, unknown (0) for a single fact.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        alone = np.nan_to_num(measured.variance[number] / measured.n[number])
        left: Numbers = np.where(np.isnan(prior.between), alone, prior.between * (1.0 - own))
    return left


def _axis(axis: Axis, measured: Grid, judged: _Judged, rules: Sequence[SignalRule], typical: Numbers) -> Scored:
    weight = np.array([rule.weight for rule in rules])
    observed = ~np.isnan(measured.value)
    total = weight @ observed
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(observed, weight[:, None] / total, 0.0)
    points = (share * np.nan_to_num(judged.points)).sum(axis=0)
    error = np.sqrt(((share * np.nan_to_num(judged.spread)) ** 2).sum(axis=0))
    some = total > 0
    scores = {
        "customer_id": measured.customers,
        "axis": [axis.value] * len(measured.customers),
        "score": numbers(np.where(some, points, np.nan), decimals=SCORE_DECIMALS),
        "standard_error": numbers(np.where(some, error, np.nan), decimals=SCORE_DECIMALS),
        "coverage": np.round(total / (weight.sum() or 1.0), SCORE_DECIMALS),
        "signal_count": observed.sum(axis=0),
    }
    return Scored(framed(scores, SCORES), _contributions(axis, measured, (judged.points, share), rules, typical))


def _contributions(
    axis: Axis,
    measured: Grid,
    grids: tuple[Numbers, Numbers],
    rules: Sequence[SignalRule],
    typical: Numbers,
) -> pd.DataFrame:
    """One row per observed signal, customer by customer in the order of the rules."""
    seen = ~np.isnan(measured.value.T)
    row, column = np.nonzero(seen)
    value, n, points, share = (part.T[seen] for part in (measured.value, measured.n, *grids))
    columns = {
        "customer_id": texts(measured.customers, row),
        "axis": texts([axis.value], np.zeros(row.size, dtype=np.intp)),
        "signal_id": texts([rule.id for rule in rules], column),
        "value": value,
        "n": n,
        "signal_score": points,
        "weight_share": share,
        "reference_score": typical[column],
        "contribution": share * (points - typical[column]),
    }
    return framed(columns, CONTRIBUTIONS)
