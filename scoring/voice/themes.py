"""Which aspects are spoken of more, or less, than before: a conditional test per aspect, corrected over all of them.

Counted are customer-weeks: who writes ten times in a week counts once, or one angry account would be a trend.
Given the total of an aspect over both periods, its number in the recent one is hypergeometric if nothing changed
(Fisher 1934); the p-values of a scope are corrected by Benjamini, Hochberg (1995). The interval of the change is
Newcombe's hybrid score interval (1998, method 10).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from contracts.frames import conform
from contracts.results import THEMES
from contracts.rules import ThemeRules

_Z95 = 1.959963984540054
_TEAM_TABLE = "account_feedback"


def themes(
    comments: pd.DataFrame, aspects: pd.DataFrame, rules: ThemeRules, *, as_of: datetime, scope: str
) -> pd.DataFrame:
    """THEMES of one scope.

    Args:
        comments: COMMENTS of the scope's customers.
        aspects: COMMENT_ASPECTS of the same.
        rules: lengths of the periods, levels, smallest cell.
        as_of: aware instant, exclusive end of the recent period.
        scope: name of the scope, for the rows.

    What our own team says counts nowhere here. An aspect of fewer customers than the smallest cell shows no figures.
    """
    recent = as_of - timedelta(weeks=rules.recent_weeks)
    since = recent - timedelta(weeks=rules.baseline_weeks)
    said = _in_period(comments, since, recent, as_of)
    about = _in_period(aspects, since, recent, as_of)
    of_now, of_before = (
        len(said[said["is_now"] == now].drop_duplicates(["customer_id", "week"])) for now in (True, False)
    )
    rows = []
    for aspect, every in about.groupby("aspect", sort=True):
        row: dict[str, object] = {"scope": scope, "aspect": aspect, "of_now": of_now, "of_before": of_before}
        for now, suffix in ((True, ""), (False, "_before")):
            part = every[every["is_now"] == now]
            few = 0 < part["customer_id"].nunique() < rules.smallest_cell
            n = len(part.drop_duplicates(["customer_id", "week"]))
            row["n_now" if now else "n_before"] = None if few else n
            if not few and n:
                row[f"sentiment_score{suffix}"] = part["sentiment_score"].mean()
        row |= _compared(row["n_now"], row["n_before"], of_now, of_before, rules)
        rows.append(row)
    if not rows:
        return THEMES.empty()
    made = pd.DataFrame(rows)
    tested = made["p"].notna()
    made["q"] = np.nan
    made.loc[tested, "q"] = false_discovery(made.loc[tested, "p"].to_numpy(dtype=np.float64))
    moved = tested & (made["q"] <= rules.false_discovery_rate) & (made["change"].abs() >= rules.least_change_share)
    made["verdict"] = np.where(
        ~tested, "too_few", np.where(~moved, "steady", np.where(made["change"] > 0, "rose", "fell"))
    )
    return conform(made, THEMES)


def false_discovery(p: np.ndarray) -> np.ndarray:
    """Benjamini-Hochberg q of each p: the least rate of false findings at which it would be one."""
    order = np.argsort(p, kind="stable")
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return q


def _in_period(frame: pd.DataFrame, since: datetime, recent: datetime, as_of: datetime) -> pd.DataFrame:
    kept = frame[(frame["table"] != _TEAM_TABLE) & frame["said_at"].between(since, as_of, inclusive="left")]
    week = (pd.Timestamp(as_of) - kept["said_at"]).dt.total_seconds() // (7 * 86400)
    return kept.assign(is_now=kept["said_at"] >= recent, week=week)


def _compared(now: object, before: object, of_now: int, of_before: int, rules: ThemeRules) -> dict[str, object]:
    """Shares, change, interval and p; nothing where a cell or a period is too small."""
    if not isinstance(now, int) or not isinstance(before, int) or min(of_now, of_before) < rules.minimum_comments:
        return {"p": np.nan, "change": np.nan}
    share, share_before = now / of_now, before / of_before
    low, high = _wilson(now, of_now)
    low_before, high_before = _wilson(before, of_before)
    change = share - share_before
    return {
        "share": share,
        "share_before": share_before,
        "change": change,
        "low": change - np.hypot(share - low, high_before - share_before),
        "high": change + np.hypot(high - share, share_before - low_before),
        "p": float(fisher_exact([[now, of_now - now], [before, of_before - before]]).pvalue),
    }


def _wilson(count: int, n: int) -> tuple[float, float]:
    share = count / n
    middle = (share + _Z95**2 / (2 * n)) / (1 + _Z95**2 / n)
    reach = _Z95 / (1 + _Z95**2 / n) * np.sqrt(share * (1 - share) / n + _Z95**2 / (4 * n**2))
    return middle - reach, middle + reach
