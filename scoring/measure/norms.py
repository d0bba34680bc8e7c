"""What the book says about each signal: the prior of shrinkage and the reference of contributions.

Source: empirical-Bayes normal-normal model, Efron and Morris 1975, with the variances by the method of moments
(one-way random effects, Searle, Casella and McCulloch 1992): within = pooled variance of one fact,
between = max(0, (sum n (value - grand mean)^2 - (k - 1) within) / (N - sum n^2 / N)), N = sum n over k customers;
for equal n that is var(values) - within / n.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import NORMS
from contracts.rules import SignalRule, Thresholds
from scoring.arrays import Numbers, Places
from scoring.measure.anchors import anchored
from scoring.measure.compile import MEAN_LIKE
from scoring.measure.grid import Measured, grid

WHOLE_BOOK = ""
"""The segment of the rows that speak for everybody."""

_FEWEST_CUSTOMERS = 10
"""Below this the spread between customers is not told from noise: no variances, hence no shrinkage from the book."""

_DIGITS = 10
"""Significant digits kept, so that the number of partitions a book was measured in cannot show."""


@dataclass(frozen=True, slots=True)
class Segments:
    """Whose mean a customer is drawn to: the segment of each customer that has one, and how many customers of it
    must show a signal before the segment speaks instead of the whole book.
    """

    of: Mapping[str, str]
    fewest: int

    def places(self, customers: Sequence[str]) -> tuple[list[str], Places]:
        """The segments, sorted, and the place of each customer's; -1 for a customer without."""
        names = sorted({*self.of.values()})
        number = {name: place for place, name in enumerate(names)}
        places = [number[self.of[c]] if c in self.of else -1 for c in customers]
        return names, np.array(places, dtype=np.intp)


NO_SEGMENTS = Segments({}, 1)


def segments_of(facts: pd.DataFrame, thresholds: Thresholds) -> Segments:
    """The segments that the policy draws means to; none unless it names `prior_segment`.

    Args:
        facts: CUSTOMER_FACTS frame; a customer without a value of that column belongs to no segment.
        thresholds: the policy's.
    """
    if thresholds.prior_segment is None:
        return NO_SEGMENTS
    known = facts.loc[facts[thresholds.prior_segment].notna(), ["customer_id", thresholds.prior_segment]]
    pairs = zip(known["customer_id"], known[thresholds.prior_segment], strict=True)
    return Segments({str(c): str(s) for c, s in pairs}, thresholds.prior_segment_customers)


def norms(
    signals: pd.DataFrame,
    rules: Sequence[SignalRule],
    *,
    previous: pd.DataFrame | None = None,
    segments: Segments = NO_SEGMENTS,
) -> pd.DataFrame:
    """NORMS frame: one row per rule for the whole book, and for means one more per segment with enough customers.

    Args:
        signals: SIGNALS frame of the whole book, all partitions together.
        rules: the rules that were measured.
        previous: NORMS frame of an earlier week; it speaks for a signal that nobody shows this week.
        segments: `segments_of` the same week.
    """
    book = grid(signals)
    names, place = segments.places(book.customers)
    old = {} if previous is None else {key: rows.to_dict("records") for key, rows in previous.groupby("signal_id")}
    wanted = {rule.id: rule for rule in rules}
    found: dict[str, list[dict[Any, Any]]] = {}
    for signal, seen, shown in book.columns():
        if signal in wanted and shown.value.size:
            found[signal] = _rows_of(wanted[signal], shown, names, place[seen], segments.fewest)
    nobody = {rule.id: [{"signal_id": rule.id, "segment": WHOLE_BOOK, "customers": 0}] for rule in rules}
    rows = [row for rule in rules for row in found.get(rule.id) or old.get(rule.id) or nobody[rule.id]]
    return conform(pd.DataFrame(rows, columns=NORMS.names), NORMS)


def _rows_of(
    rule: SignalRule, shown: Measured, names: Sequence[str], whose: Places, fewest: int
) -> list[dict[Any, Any]]:
    """The norm of the whole book and, of a mean, those of segments with at least `fewest` customers."""
    reference = _tidy(float(anchored(shown.value, bad=rule.bad, good=rule.good).mean()))
    rows = [_norm(rule, WHOLE_BOOK, shown) | {"reference_score": reference}]
    if names and rule.aggregate in MEAN_LIKE:
        counts = np.bincount(whose + 1, minlength=len(names) + 1)[1:]
        for which in np.flatnonzero(counts >= fewest):
            mine = whose == which
            of = Measured(shown.value[mine], shown.n[mine], shown.variance[mine])
            rows.append(_norm(rule, names[int(which)], of))
    return rows


def _norm(rule: SignalRule, segment: str, shown: Measured) -> dict[str, object]:
    row: dict[str, object] = {
        "signal_id": rule.id,
        "segment": segment,
        "mean": _tidy(float(shown.value.mean())),
        "customers": shown.value.size,
    }
    if rule.aggregate in MEAN_LIKE and shown.value.size >= _FEWEST_CUSTOMERS:
        within = _pooled(shown.variance, shown.n)
        if within is not None:
            between = _between(shown.value, shown.n, within)
            row |= {"within_variance": _tidy(within), "between_variance": _tidy(between)}
    return row


def _pooled(variance: Numbers, n: Numbers) -> float | None:
    known = ~np.isnan(variance) & (n > 1)
    freedom = n[known] - 1
    total = float(freedom.sum())
    return float((variance[known] * freedom).sum()) / total if total > 0 else None


def _between(value: Numbers, n: Numbers, within: float) -> float:
    """Weighted by n, so that customers of one fact do not drown the rest in noise."""
    total = float(n.sum())
    grand = float((n * value).sum()) / total
    spread = float((n * (value - grand) ** 2).sum()) - (value.size - 1) * within
    return max(0.0, spread / (total - float((n * n).sum()) / total))


def _tidy(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
