"""Two scores 0-100 per customer from its signals, with additive contributions, coverage and standard error.

    score  = sum(w_k * s_k) / W          over the signals observed, W = sum of their weights
    s_k    = anchored(shrunk value)      piecewise linear between the rule's fixed anchors
    shrunk = v * x + (1 - v) * mean      v = n / (n + m), m = within / between variance of the book
    coverage = W / sum of all weights

For shares m is the prior strength of the beta-binomial model (x + a) / (n + a + b) with a + b = m: the same formula.
Counts, dates and latest values are facts, not samples: they are neither shrunk nor add to the standard error.

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

SCORE_DECIMALS = 6
_WIDEST_SD = 50.0
"""No number between 0 and 100 has a larger standard deviation than this."""


@dataclass(frozen=True, slots=True)
class Scored:
    """SCORES frame, one row per customer and axis, and CONTRIBUTIONS frame, observed signals only."""

    scores: pd.DataFrame
    contributions: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Measured:
    """Customers by rules: what was measured, NaN where nothing was."""

    customers: list[str]
    value: Numbers
    n: Numbers
    variance: Numbers


def score(signals: pd.DataFrame, norms: pd.DataFrame, rules: Sequence[SignalRule], thresholds: Thresholds) -> Scored:
    """Scores every customer of `signals` on both axes.

    Args:
        signals: SIGNALS frame.
        norms: NORMS frame of the whole book; frozen per week, so that a score depends on no other partition.
        rules: the policy's signals; those without weight are measured but not scored.
        thresholds: for `prior_strength`, the least number of facts' worth of the book's mean mixed into a mean.

    Returns:
        Scores rounded to 6 decimals; an axis without any observed signal has a null score and coverage 0.
    """
    weighted = [rule for rule in rules if rule.weight > 0]
    measured = _grid(signals, weighted)
    by_axis = [_axis(axis, measured, weighted, norms, thresholds) for axis in Axis]
    order = ["customer_id", "axis"]
    scores = pd.concat([one.scores for one in by_axis]).sort_values(order, ignore_index=True)
    contributions = pd.concat([one.contributions for one in by_axis], ignore_index=True)
    return Scored(scores, contributions)


def _grid(signals: pd.DataFrame, rules: Sequence[SignalRule]) -> _Measured:
    place = {rule.id: number for number, rule in enumerate(rules)}
    codes, customers = pd.factorize(signals["customer_id"], sort=True)
    column = signals["signal_id"].map(place)
    wanted = column.notna().to_numpy() & signals["is_observed"].to_numpy(bool)
    rows, columns = codes[wanted], column[wanted].to_numpy(int)

    def spread(name: str) -> Numbers:
        grid = np.full((len(customers), len(rules)), np.nan)
        grid[rows, columns] = signals[name].to_numpy(float, na_value=np.nan)[wanted]
        return grid

    return _Measured([str(c) for c in customers], spread("value"), spread("n"), spread("variance"))


def _axis(
    axis: Axis, measured: _Measured, rules: Sequence[SignalRule], norms: pd.DataFrame, thresholds: Thresholds
) -> Scored:
    mine = [number for number, rule in enumerate(rules) if rule.axis is axis]
    chosen = [rules[number] for number in mine]
    value, n = measured.value[:, mine], measured.n[:, mine]
    book = norms.set_index("signal_id").reindex([rule.id for rule in chosen])
    shrunk, sampling = _shrunk(chosen, value, n, measured.variance[:, mine], book, thresholds.prior_strength)
    bad = np.array([rule.bad for rule in chosen])
    good = np.array([rule.good for rule in chosen])
    weight = np.array([rule.weight for rule in chosen])
    signal_score = anchored(shrunk, bad=bad, good=good)
    observed = ~np.isnan(value)
    total = np.where(observed, weight, 0.0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(observed, weight, 0.0) / total[:, None]
    points = np.nansum(share * np.nan_to_num(signal_score), axis=1)
    spread = np.minimum(np.sqrt(sampling) * np.abs(100.0 / (good - bad)), _WIDEST_SD)
    error = np.sqrt(np.nansum((share * np.nan_to_num(spread)) ** 2, axis=1))
    some = total > 0
    scores = {
        "customer_id": measured.customers,
        "axis": [axis.value] * len(measured.customers),
        "score": numbers(np.where(some, points, np.nan), decimals=SCORE_DECIMALS),
        "standard_error": numbers(np.where(some, error, np.nan), decimals=SCORE_DECIMALS),
        "coverage": np.round(total / (weight.sum() or 1.0), SCORE_DECIMALS),
        "signal_count": observed.sum(axis=1),
    }
    parts = _contributions(axis, measured.customers, chosen, (value, n, signal_score, share), book)
    return Scored(framed(scores, SCORES), parts)


def _shrunk(
    rules: Sequence[SignalRule],
    value: Numbers,
    n: Numbers,
    variance: Numbers,
    book: pd.DataFrame,
    prior_strength: float,
) -> tuple[Numbers, Numbers]:
    """Values drawn toward the book's mean, and the sampling variance that is left.

    With the book's variances the latter is the posterior variance between * (1 - v); without them it is the
    customer's own variance / n, unknown (0) for a single fact.
    """
    mean = book["mean"].to_numpy(float)
    between = book["between_variance"].to_numpy(float)
    within = book["within_variance"].to_numpy(float)
    is_mean = np.array([rule.aggregate in MEAN_LIKE for rule in rules])
    with np.errstate(invalid="ignore", divide="ignore"):
        strength = np.where(np.isnan(within), 0.0, np.where(within > 0, within / between, 0.0))
        strength = np.where(is_mean, np.maximum(strength, prior_strength), 0.0)
        strength = np.where(np.isnan(mean), 0.0, strength)
        own = np.where(np.isinf(strength), 0.0, n / (n + strength))
        own = np.where(strength == 0, 1.0, own)
        sampling = np.where(np.isnan(between), np.nan_to_num(variance / n), between * (1.0 - own))
    return own * value + (1.0 - own) * np.nan_to_num(mean), np.where(is_mean, sampling, 0.0)


def _contributions(
    axis: Axis,
    customers: list[str],
    rules: Sequence[SignalRule],
    grids: tuple[Numbers, Numbers, Numbers, Numbers],
    book: pd.DataFrame,
) -> pd.DataFrame:
    value, n, signal_score, share = grids
    row, column = np.nonzero(~np.isnan(value))
    reference = np.nan_to_num(book["reference_score"].to_numpy(float), nan=50.0)
    signal, weight = signal_score[row, column], share[row, column]
    columns = {
        "customer_id": texts(customers, row),
        "axis": texts([axis.value], np.zeros(row.size, dtype=np.intp)),
        "signal_id": texts([rule.id for rule in rules], column),
        "value": value[row, column],
        "n": n[row, column],
        "signal_score": signal,
        "weight_share": weight,
        "reference_score": reference[column],
        "contribution": weight * (signal - reference[column]),
    }
    return framed(columns, CONTRIBUTIONS)
