"""Compares two weeks of placements: who entered, left, moved, or lost the evidence for a zone."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import TRANSITIONS
from contracts.weeks import Week
from contracts.words import PlacementState
from scoring.arrays import Words

Cause = Literal["customer", "policy", "mapping", "restated", "baseline"]

_PLACED, _THIN, _LEFT = PlacementState.PLACED.value, PlacementState.INSUFFICIENT.value, PlacementState.LEFT.value


def compare(
    previous: pd.DataFrame | None,
    current: pd.DataFrame,
    facts: pd.DataFrame,
    *,
    cause: Cause = "customer",
    since_rules: int | None = None,
) -> pd.DataFrame:
    """TRANSITIONS frame, one row per customer whose place changed, sorted by id.

    Args:
        previous: PLACEMENTS frame of the last good week; None or empty makes every row a baseline.
        current: PLACEMENTS frame of this week.
        facts: CUSTOMER_FACTS frame, for the revenue shown beside each row.
        cause: what made the difference, when it was not the customers themselves.
        since_rules: how many runs ago the rules changed, if they did: a move that they began, and that was only
            confirmed now, is theirs.

    Kinds: `moved` (zone to zone, also across weeks without evidence: then from the zone that waited),
    `first_placed` (no zone was known before), `became_insufficient`, `left` (ended, or no longer in the book),
    `returned` (a zone after having left). A customer that only moved inside its zone has no row.
    """
    is_first = previous is None or previous.empty
    before = current.iloc[:0] if previous is None else previous
    both = before.merge(current, on="customer_id", how="outer", suffixes=("_before", ""), indicator=True)
    both = both.sort_values("customer_id", ignore_index=True)
    week = str(current["week"].iloc[0]) if len(current) else str(both["week_before"].iloc[0]) if len(both) else ""
    waited = both["pending_zone_before"].where(both["state_before"] == _THIN)
    from_zone = both["zone_before"].where(both["zone_before"].notna(), waited)
    kind = _kinds(both, from_zone)
    rows = pd.DataFrame(
        {
            "customer_id": both["customer_id"],
            "week": week,
            "from_zone": from_zone,
            "to_zone": both["zone"],
            "episode_id": both["episode_id"].where(both["episode_id"].notna(), both["episode_id_before"]),
            "kind": kind,
            "cause": "baseline" if is_first else _causes(both, cause, since_rules),
            "is_borderline": both["is_borderline"].astype("boolean").fillna(value=False),
            "loyalty_before": both["loyalty_before"],
            "loyalty_after": both["loyalty"],
            "retention_before": both["retention_before"],
            "retention_after": both["retention"],
            "weeks_apart": [_apart(old, week) for old in both["week_before"]],
            "revenue_amount": both["customer_id"].map(facts.set_index("customer_id")["revenue_amount"]),
        }
    )
    return conform(rows.loc[kind != ""].reset_index(drop=True), TRANSITIONS)


def _kinds(both: pd.DataFrame, from_zone: pd.Series) -> Words:
    before, now = both["state_before"].fillna("").to_numpy(object), both["state"].fillna("").to_numpy(object)
    old, new = from_zone.fillna("").to_numpy(object), both["zone"].fillna("").to_numpy(object)
    is_placed = now == _PLACED
    chosen = np.select(
        [
            is_placed & (before == _LEFT),
            is_placed & (old == ""),
            is_placed & (old != new),
            (now == _THIN) & (before == _PLACED),
            ((now == _LEFT) | (now == "")) & (before != "") & (before != _LEFT),
        ],
        ["returned", "first_placed", "moved", "became_insufficient", "left"],
        default="",
    )
    return np.asarray(chosen)


def _causes(both: pd.DataFrame, cause: Cause, since_rules: int | None) -> Words:
    """A move that waited for confirmation since the run in which the rules changed is made by the rules."""
    causes = np.full(len(both), cause, dtype=object)
    if cause == "customer" and since_rules is not None:
        waited = (both["pending_zone_before"] == both["zone"]) & (both["state_before"] == _PLACED)
        began = both["pending_weeks_before"] == since_rules
        causes[(waited & began).fillna(value=False).to_numpy(bool)] = "policy"
    return causes


def _apart(old: object, week: str) -> int:
    return 0 if not isinstance(old, str) or not week else Week.parse(week).weeks_since(Week.parse(old))
