"""Every position of each line held against who left since: precision, recall, lift, cost, and the cheapest line.

A customer counts as flagged when the replayed state of that week is Critical: with dead-band and confirmation, as a
reader would have seen it. Precision and recall with Wilson 1927 intervals; lift = precision / base rate. Expected cost
= missed * lost unseen + false_alarm * flagged for nothing + case * flagged (Drummond and Holte 2006). The cheapest line
is drawn again by bootstrap over customers (Efron and Tibshirani 1993).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import SWEPT_OUTCOMES
from contracts.rules import SensitivityRules
from contracts.rules.sensitivity import Costs
from contracts.words import Axis
from scoring.arrays import Flags, Numbers
from scoring.measure.intervals import wilson
from scoring.place.sensitivity.lookup import Words
from scoring.place.sensitivity.planes import replay
from scoring.place.sensitivity.sweep import critical_words
from scoring.place.sensitivity.tallies import per_line
from scoring.place.sensitivity.tracks import Tracks


@dataclass(frozen=True, slots=True)
class Cheapest:
    """Of one axis: the position of least cost with the middle 95 % of its bootstrap, and what it saves against today.

    `youden`: the position of the largest TPR - FPR.
    """

    line: float
    low: float
    high: float
    saving: float
    saving_low: float
    saving_high: float
    youden: float


@dataclass(frozen=True, slots=True)
class BackTest:
    """SWEPT_OUTCOMES frame, and the cheapest position of each axis; `lost` in all. No position without a loss."""

    outcomes: pd.DataFrame
    cheapest: dict[Axis, Cheapest]
    customers: int
    lost: int


def back_test(book: Tracks, lost: pd.DataFrame, rules: SensitivityRules, *, seed: int) -> BackTest:
    """What each position would have found.

    Args:
        book: weeks up to a past one whose horizon is over; the placed customers of its last week take part.
        lost: frame of customer_id, is_churned, days: who of those still active then left within the horizon, and how
            many days after that week; others do not take part. See `scoring.predict.windows.labels_at`.
        rules: positions, costs, resamples.
        seed: of the bootstrap.
    """
    known = lost.set_index("customer_id").reindex(book.customers)
    rows = np.flatnonzero(book.is_placed & known["is_churned"].notna().to_numpy(bool))
    gone = known["is_churned"].iloc[rows].astype(bool).to_numpy(bool)
    days = known["days"].to_numpy(np.float64, na_value=np.nan)[rows]
    parts, cheapest = [], {}
    for axis in Axis:
        planes = replay(book, axis, rules.shifts)
        flagged = critical_words(planes, book.thresholds)[rows]
        lines = [getattr(book.thresholds.lines, axis.value) + shift for shift in rules.shifts]
        table = _table(flagged, gone, days, rules.costs, len(lines))
        parts.append(table.assign(axis=axis.value, shift=rules.shifts, line=lines))
        if gone.any():
            rng = np.random.default_rng([seed, list(Axis).index(axis)])
            cheapest[axis] = _cheapest(flagged, gone, table, lines, rules, rng)
    outcomes = conform(pd.concat(parts, ignore_index=True), SWEPT_OUTCOMES)
    return BackTest(outcomes, cheapest, int(rows.size), int(gone.sum()))


def _table(flagged: Words, gone: Flags, days: Numbers, costs: Costs, lines: int) -> pd.DataFrame:
    ones = np.ones(flagged.size)
    marked, hits = per_line(flagged, lines, ones), per_line(flagged, lines, gone.astype(float))
    size, lost = flagged.size, int(gone.sum())
    rows = []
    for line in range(lines):
        told, hit = int(marked[line]), int(hits[line])
        row: dict[str, object] = {"customers": size, "flagged": told, "lost": lost, "hits": hit}
        row |= _with_interval("precision", hit, told, 1.0)
        row |= _with_interval("recall", hit, lost, 1.0)
        row |= _with_interval("lift", hit, told, lost / size if size else 0.0)
        seen = ((flagged >> np.uint64(line)) & np.uint64(1)).astype(bool) & gone
        row["lead_days"] = float(np.median(days[seen])) if seen.any() else None
        row["cost_amount"] = round(
            costs.missed * (lost - hit) + costs.false_alarm * (told - hit) + costs.case * told, 2
        )
        stayed = size - lost
        row["youden"] = hit / lost - (told - hit) / stayed if lost and stayed else None
        rows.append(row)
    return pd.DataFrame(rows)


def _with_interval(name: str, hits: int, n: int, unit: float) -> dict[str, object]:
    """A share with its Wilson interval, in units of `unit`; nothing without a case."""
    if not n or not unit:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    low, high = wilson(hits, n)
    return {name: hits / n / unit, f"{name}_low": low / unit, f"{name}_high": high / unit}


def _cheapest(
    flagged: Words,
    gone: Flags,
    table: pd.DataFrame,
    lines: list[float],
    rules: SensitivityRules,
    rng: np.random.Generator,
) -> Cheapest:
    """Customers of the same word and fate cost the same at every position: drawing them again is one multinomial."""
    size = len(lines)
    kept = flagged & np.uint64((1 << size) - 1)
    kinds, count = np.unique(np.column_stack([kept, gone.astype(np.uint64)]), axis=0, return_counts=True)
    is_flagged = ((kinds[:, :1] >> np.arange(size, dtype=np.uint64)) & np.uint64(1)).astype(bool)
    has_left = kinds[:, 1:].astype(bool)
    costs = rules.costs
    each = np.where(
        is_flagged, costs.case + np.where(has_left, 0.0, costs.false_alarm), np.where(has_left, costs.missed, 0.0)
    )
    drawn = rng.multinomial(int(count.sum()), count / count.sum(), size=rules.resamples) @ each
    today = size // 2
    total = table["cost_amount"].to_numpy(float)
    best = _least(total, today)
    found = np.array(lines)[[_least(row, today) for row in drawn]]
    saving = drawn[:, today] - drawn[:, best]
    youden = table["youden"].astype(float).to_numpy(float)
    return Cheapest(
        line=lines[best],
        low=float(np.percentile(found, 2.5)),
        high=float(np.percentile(found, 97.5)),
        saving=float(total[today] - total[best]),
        saving_low=float(np.percentile(saving, 2.5)),
        saving_high=float(np.percentile(saving, 97.5)),
        youden=lines[int(np.nanargmax(youden))] if not np.isnan(youden).all() else lines[today],
    )


def _least(cost: np.ndarray[Any, Any], today: int) -> int:
    """The position of least cost; among equals the one nearest to today's."""
    least = np.flatnonzero(cost <= cost.min() + 1e-9)
    return int(least[np.argmin(np.abs(least - today))])
