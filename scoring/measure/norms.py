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
from scoring.arrays import Flags, Numbers, Places
from scoring.measure.anchors import anchored
from scoring.measure.compile import MEAN_LIKE, are_means
from scoring.measure.grid import Grid, grid

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
        if not self.of:
            return [], np.full(len(customers), -1, dtype=np.intp)
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
    found = [_Tally.of(book, rules, None)]
    found += [_Tally.of(book, rules, place == which) for which in range(len(names))]
    rows: list[dict[Any, Any]] = []
    for at, rule in enumerate(rules):
        if not found[0].customers[at]:
            rows += old.get(rule.id) or [{"signal_id": rule.id, "segment": WHOLE_BOOK, "customers": 0}]
            continue
        reference = _tidy(found[0].points[at] / found[0].customers[at])
        rows.append(found[0].row(at, rule, WHOLE_BOOK) | {"reference_score": reference})
        if rule.aggregate in MEAN_LIKE:
            named = zip(names, found[1:], strict=True)
            rows += [tally.row(at, rule, name) for name, tally in named if tally.customers[at] >= segments.fewest]
    return conform(pd.DataFrame(rows, columns=NORMS.names), NORMS)


@dataclass(frozen=True, slots=True)
class _Tally:
    """Sums over the customers that show a signal, one number per rule; the last five of means alone, else 0."""

    customers: Numbers
    value: Numbers
    points: Numbers
    n: Numbers
    n_squared: Numbers
    freedom: Numbers
    within: Numbers
    spread: Numbers

    @classmethod
    def of(cls, book: Grid, rules: Sequence[SignalRule], members: Flags | None) -> _Tally:
        """Over everybody, or over the customers of one segment; block by block, always in the order of ids."""
        ids = [rule.id for rule in rules]
        bad, good = (np.array([getattr(rule, end) for rule in rules], dtype=float) for end in ("bad", "good"))
        means = np.flatnonzero(are_means(rules))
        sums = np.zeros((3, len(rules)))
        weighed = np.zeros((6, means.size))
        middle: Numbers | None = None
        for rows, block in book.blocks(ids):
            value = block.value if members is None else np.where(members[rows, None], block.value, np.nan)
            seen = ~np.isnan(value)
            points = anchored(value, bad=bad, good=good)
            known = np.where(seen, value, 0.0)
            sums += [np.count_nonzero(seen, axis=0), known.sum(axis=0), np.where(seen, points, 0.0).sum(axis=0)]
            if middle is None:  # near the mean, so that squares around it lose no digits
                middle = known[:, means].sum(axis=0) / np.maximum(np.count_nonzero(seen[:, means], axis=0), 1)
            counted, variance = seen[:, means], block.variance[:, means]
            n = np.where(counted, block.n[:, means], 0.0)
            away = np.where(counted, value[:, means] - middle, 0.0)
            freedom = np.where(~np.isnan(variance) & (n > 1), n - 1, 0.0)
            within = np.where(freedom > 0, freedom * variance, 0.0)
            weighed += [part.sum(axis=0) for part in (n, n * n, n * away, n * away * away, freedom, within)]
        total, squares, moment, square_moment, free, inside = weighed
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = square_moment - moment**2 / total
        wide = np.zeros((5, len(rules)))
        wide[:, means] = total, squares, free, inside, spread
        return cls(*sums, *wide)

    def row(self, at: int, rule: SignalRule, segment: str) -> dict[str, object]:
        """The columns of one rule, without its reference score."""
        customers = int(self.customers[at])
        row: dict[str, object] = {
            "signal_id": rule.id,
            "segment": segment,
            "mean": _tidy(self.value[at] / customers),
            "customers": customers,
        }
        if customers >= _FEWEST_CUSTOMERS and self.freedom[at] > 0:
            within = float(self.within[at] / self.freedom[at])
            # weighted by n, so that customers of one fact do not drown the rest in noise
            left = self.spread[at] - (customers - 1) * within
            between = max(0.0, float(left / (self.n[at] - self.n_squared[at] / self.n[at])))
            row |= {"within_variance": _tidy(within), "between_variance": _tidy(between)}
        return row


def _tidy(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
