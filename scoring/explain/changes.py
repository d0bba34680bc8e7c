"""Splits the change of a score between two weeks into one part per signal; the parts sum to the change exactly.

With R the score of the week before, share and score of signal k before (w, s) and now (w', s'):

    change_k = w' (s' - R) - w (s - R)         sum over k = score' - score, because shares sum to 1 in both weeks

A signal seen for the first time counts by its distance from where the customer stood, not by its whole score; a
signal no longer seen takes its old distance with it. Source: docs/methods/scoring.md.
"""

from __future__ import annotations

import pandas as pd

_KEY = ["customer_id", "axis", "signal_id"]


def changes(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """One row per customer, axis and signal that was observed in either week.

    Args:
        now: CONTRIBUTIONS frame of this week.
        before: CONTRIBUTIONS frame of the week compared with.

    Returns:
        Frame of customer_id, axis, signal_id, value_before, value_after, change (score points); only customers and
        axes with a score in both weeks, sorted by customer and axis, largest change first. Residual < 1e-9.
    """
    wanted = [*_KEY, "value", "signal_score", "weight_share"]
    both = before[wanted].merge(now[wanted], on=_KEY, how="outer", suffixes=("_before", "_after"))
    points = (both["weight_share_before"] * both["signal_score_before"]).fillna(0.0)
    grouped = both.assign(points=points).groupby(["customer_id", "axis"])
    start = grouped["points"].transform("sum")
    scored = (grouped["weight_share_before"].transform("count") > 0) & (
        grouped["weight_share_after"].transform("count") > 0
    )
    after = (both["weight_share_after"] * (both["signal_score_after"] - start)).fillna(0.0)
    earlier = (both["weight_share_before"] * (both["signal_score_before"] - start)).fillna(0.0)
    both = both.assign(change=after - earlier, size=(after - earlier).abs()).loc[scored]
    ordered = both.sort_values(["customer_id", "axis", "size", "signal_id"], ascending=[True, True, False, True])
    return ordered[[*_KEY, "value_before", "value_after", "change"]].reset_index(drop=True)
