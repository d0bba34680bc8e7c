"""What the whole book says about each signal: the prior of shrinkage and the reference of contributions.

Source: empirical-Bayes normal-normal model, Efron and Morris 1975, with the variances by the method of moments
(one-way random effects, Searle, Casella and McCulloch 1992): within = pooled variance of one fact,
between = max(0, (sum n (value - grand mean)^2 - (k - 1) within) / (N - sum n^2 / N)), N = sum n over k customers;
for equal n that is var(values) - within / n.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import NORMS
from contracts.rules import SignalRule
from scoring.arrays import Numbers
from scoring.measure.anchors import anchored
from scoring.measure.compile import MEAN_LIKE

_FEWEST_CUSTOMERS = 10
"""Below this the spread between customers is not told from noise: no variances, hence no shrinkage from the book."""

_DIGITS = 10
"""Significant digits kept, so that the number of partitions a book was measured in cannot show."""


def norms(signals: pd.DataFrame, rules: Sequence[SignalRule], *, previous: pd.DataFrame | None = None) -> pd.DataFrame:
    """NORMS frame, one row per rule.

    Args:
        signals: SIGNALS frame of the whole book, all partitions together.
        rules: the rules that were measured.
        previous: NORMS frame of an earlier week; it speaks for a signal that nobody shows this week.
    """
    groups = dict(iter(signals.loc[signals["is_observed"].astype(bool)].groupby("signal_id", sort=False)))
    old = {} if previous is None else {str(row["signal_id"]): row for row in previous.to_dict("records")}
    rows: list[dict[Any, Any]] = []
    for rule in rules:
        if rule.id in groups:
            rows.append(_norm(rule, groups[rule.id]))
        else:
            rows.append(old.get(rule.id) or {"signal_id": rule.id, "customers": 0})
    return conform(pd.DataFrame(rows, columns=NORMS.names), NORMS)


def _norm(rule: SignalRule, observed: pd.DataFrame) -> dict[str, object]:
    value = observed["value"].to_numpy(float)
    row: dict[str, object] = {
        "signal_id": rule.id,
        "mean": _tidy(_mean(value)),
        "customers": value.size,
        "reference_score": _tidy(_mean(anchored(value, bad=rule.bad, good=rule.good))),
        "between_variance": None,
        "within_variance": None,
    }
    if rule.aggregate in MEAN_LIKE and value.size >= _FEWEST_CUSTOMERS:
        n = observed["n"].to_numpy(float)
        within = _pooled(observed["variance"].to_numpy(float), n)
        if within is not None:
            row["within_variance"] = _tidy(within)
            row["between_variance"] = _tidy(_between(value, n, within))
    return row


def _pooled(variance: Numbers, n: Numbers) -> float | None:
    known = ~np.isnan(variance) & (n > 1)
    freedom = n[known] - 1
    if not known.any() or freedom.sum() <= 0:
        return None
    return math.fsum(variance[known] * freedom) / math.fsum(freedom)


def _mean(values: Numbers) -> float:
    """Exactly rounded, hence independent of the order of customers."""
    return math.fsum(values) / values.size


def _between(value: Numbers, n: Numbers, within: float) -> float:
    """Weighted by n, so that customers of one fact do not drown the rest in noise."""
    total = math.fsum(n)
    grand = math.fsum(n * value) / total
    spread = math.fsum(n * (value - grand) ** 2) - (value.size - 1) * within
    return max(0.0, spread / (total - math.fsum(n * n) / total))


def _tidy(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
