"""What is usual in the whole book: the weeks that any source covers, the season, the spread of counts and means."""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import COUNT_NORMS
from contracts.rules import CountedRules, DriftRule, SpikeRule
from contracts.words import CustomerStatus
from scoring.arrays import Flags, Numbers
from scoring.measure.events.counting import N_COLUMNS, V_COLUMNS

_DIGITS = 10
"""Significant digits kept, so that the number of partitions cannot show."""


def count_norms(counts: pd.DataFrame, facts: pd.DataFrame, rules: CountedRules) -> pd.DataFrame:
    """COUNT_NORMS frame, one row per rule, from all partitions together.

    Args:
        counts: COUNTS frame of the whole book.
        facts: CUSTOMER_FACTS frame; those who have not left are judged, with and without a row.
        rules: windows and rules.

    The season is the book's count per week and exposure over the last `season_weeks` before the newest week, against
    the baseline: same-length windows on both sides. The newest week does not take part, so that a week in which
    everybody has trouble is not explained away.
    """
    present = int((facts["status"] != CustomerStatus.LEFT.value).sum())
    rows = [_norm(rule, counts.loc[counts["rule_id"] == rule.id], rules, present) for rule in rules.rules]
    return conform(pd.DataFrame(rows, columns=COUNT_NORMS.names), COUNT_NORMS)


def _norm(rule: SpikeRule | DriftRule, mine: pd.DataFrame, rules: CountedRules, present: int) -> dict[str, object]:
    mine = mine.sort_values("customer_id")
    n, v = mine[N_COLUMNS].to_numpy(float), mine[V_COLUMNS].to_numpy(float)
    covered = n.sum(axis=0) > 0
    is_mean = isinstance(rule, DriftRule) and rule.method == "ewma"
    return {
        "rule_id": rule.id,
        "customers": present,
        "covered": "".join("1" if week else "0" for week in covered),
        "season": 1.0 if is_mean else _tidy(_season(n, v, covered, rules)),
        "dispersion": 1.0 if is_mean else _tidy(_pooled_dispersion(n, v, covered, rules)),
        "spread": _tidy(_pooled_spread(v, rules)) if is_mean and len(mine) else None,
    }


def _season(n: Numbers, v: Numbers, covered: Flags, rules: CountedRules) -> float:
    rate = np.divide(n.sum(axis=0), v.sum(axis=0), out=np.zeros(n.shape[1]), where=covered & (v.sum(axis=0) > 0))
    late = _covered_mean(rate, covered, 1, 1 + rules.season_weeks)
    usual = _covered_mean(rate, covered, 1, 1 + rules.baseline_weeks)
    return late / usual if late > 0 and usual > 0 else 1.0


def _covered_mean(rate: Numbers, covered: Flags, first: int, last: int) -> float:
    weeks = covered[first:last]
    return float(rate[first:last][weeks].mean()) if weeks.any() else 0.0


def dispersion(n: Numbers, exposure: Numbers) -> Numbers:
    """Variance over mean of each row's counts (Pearson's chi-square by its degrees of freedom); 1 without a count.

    Args:
        n: customers x weeks.
        exposure: the same shape; a week of no exposure does not take part.
    """
    total, weeks = exposure.sum(axis=1), (exposure > 0).sum(axis=1)
    rate = np.divide(n.sum(axis=1), total, out=np.zeros(len(n)), where=total > 0)
    mean = rate[:, None] * exposure
    squares = np.divide((n - mean) ** 2, mean, out=np.zeros_like(mean), where=mean > 0).sum(axis=1)
    return np.where((weeks > 1) & (rate > 0), squares / np.maximum(weeks - 1, 1), 1.0)


def _pooled_dispersion(n: Numbers, v: Numbers, covered: Flags, rules: CountedRules) -> float:
    weeks = slice(1, 1 + rules.baseline_weeks)
    exposure = v[:, weeks] * covered[weeks]
    counts = n[:, weeks] * (exposure > 0)
    freedom = np.maximum((exposure > 0).sum(axis=1) - 1, 0) * (counts.sum(axis=1) > 0)
    if not freedom.sum():
        return 1.0
    return float((dispersion(counts, exposure) * freedom).sum() / freedom.sum())


def _pooled_spread(v: Numbers, rules: CountedRules) -> float:
    usual = v[:, rules.watched_weeks : rules.watched_weeks + rules.baseline_weeks]
    known = (~np.isnan(usual)).sum(axis=1)
    mean = np.divide(np.nansum(usual, axis=1), known, out=np.zeros(len(usual)), where=known > 0)
    squares = np.nansum((usual - mean[:, None]) ** 2, axis=1)
    freedom = np.maximum(known - 1, 0).sum()
    return float(np.sqrt(squares.sum() / freedom)) if freedom else 0.0


def _tidy(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
