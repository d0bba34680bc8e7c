"""From two scores to one zone: thresholds per tier, dead-band with hysteresis, confirmation weeks.

Each axis is above or below its line. A customer keeps its side until a score leaves the dead-band:

    from above to below:  score <  line - dead_band
    from below to above:  score >= line + dead_band

Inside the dead-band (line - dead_band <= score < line + dead_band) a placement is marked borderline. A move into
Critical that leaves the dead-band counts at once; every other move must be seen in `confirmation_weeks` runs in a
row. The first placement of a customer is what the scores say. The raw zone is always kept beside the confirmed one.

Source: hysteresis and confirmation against flapping, docs/methods/scoring.md.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.exchange import episode_of
from contracts.frames import conform
from contracts.results import PLACEMENTS
from contracts.rules import Corners, Thresholds
from contracts.weeks import Week
from contracts.words import Axis, CustomerStatus, PlacementState, Zone
from scoring.arrays import Flags, Numbers, Words

_CARRIED = ["state", "zone", "pending_zone", "pending_weeks", "episode_id", "episode_since"]
_NO_ZONE = ""


def place(
    scores: pd.DataFrame, facts: pd.DataFrame, previous: pd.DataFrame | None, thresholds: Thresholds, *, week: Week
) -> pd.DataFrame:
    """PLACEMENTS frame, one row per customer of `facts`, sorted by id.

    Args:
        scores: SCORES frame.
        facts: CUSTOMER_FACTS frame; its `status` decides who has left, its `tier` which lines apply.
        previous: PLACEMENTS frame of the last good week; None in the first.
        thresholds: lines, dead-band, confirmation weeks, coverage floor, corners.
        week: the week the scores are of.

    A customer without enough evidence has no zone; the zone it last had waits in `pending_zone`, and the last
    `episode_id` is kept, so that evidence that comes back does not look like a new stay.
    """
    book = facts.sort_values("customer_id", ignore_index=True)
    placed = book[["customer_id", "status"]].assign(week=str(week))
    placed = _with_scores(placed, scores)
    placed["loyalty_line"], placed["retention_line"] = _lines(book["tier"], thresholds)
    placed["why_insufficient"] = _why(placed, thresholds.coverage_floor)
    has_left = placed["status"] == CustomerStatus.LEFT.value
    lacks = placed["why_insufficient"].notna()
    placed["state"] = np.select(
        [has_left, lacks], [PlacementState.LEFT.value, PlacementState.INSUFFICIENT.value], PlacementState.PLACED.value
    )
    placed.loc[has_left, "why_insufficient"] = None
    before = _before(placed["customer_id"], previous)
    _set_zones(placed, before, thresholds)
    _set_episodes(placed, before, str(week))
    for name in ("zone", "raw_zone", "pending_zone"):
        placed[name] = placed[name].where(placed[name] != _NO_ZONE, None)
    return conform(placed, PLACEMENTS)


def _lines(tiers: pd.Series, thresholds: Thresholds) -> tuple[Numbers, Numbers]:
    """The loyalty and retention line of each customer."""
    places, different = pd.factorize(tiers)
    lines = [thresholds.lines_for(str(tier)) for tier in different] + [thresholds.lines_for(None)]  # place -1: no tier
    loyalty, retention = (np.array([getattr(line, axis.value) for line in lines], dtype=float) for axis in Axis)
    return loyalty[places], retention[places]


def _with_scores(placed: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    for axis in Axis:
        mine = scores.loc[scores["axis"] == axis.value]
        at = pd.Index(mine["customer_id"]).get_indexer(placed["customer_id"])
        found = mine[["score", "standard_error", "coverage"]].to_numpy(float)
        score, error, coverage = np.vstack([found, np.full(3, np.nan)])[at].T  # place -1: not scored
        placed[axis.value], placed[f"{axis.value}_se"] = score, error
        placed[f"{axis.value}_coverage"] = np.nan_to_num(coverage)
    return placed


def _why(placed: pd.DataFrame, floor: float) -> Words:
    """Why a customer cannot be placed, in words; None when it can."""
    why: Words = np.full(len(placed), None, dtype=object)
    for axis in Axis:
        coverage = placed[f"{axis.value}_coverage"].to_numpy(float)
        for row in np.flatnonzero((coverage < floor) | placed[axis.value].isna().to_numpy()):
            text = f"{axis.value}: {coverage[row]:.0%} of the weight is observed, {floor:.0%} is needed"
            why[row] = f"{why[row]}; {text}" if why[row] else text
    why[(placed["status"] == CustomerStatus.PROSPECT.value).to_numpy()] = "not a customer yet"
    return why


def _before(customers: pd.Series, previous: pd.DataFrame | None) -> pd.DataFrame:
    """The carried columns of the last good week, aligned; without evidence the zone is the one that waits."""
    if previous is None or previous.empty:
        return pd.DataFrame({name: [None] * len(customers) for name in _CARRIED}, dtype=object)
    old = previous.set_index("customer_id")[_CARRIED].reindex(customers).reset_index(drop=True).astype(object)
    old = old.where(old.notna(), None)
    waits = old["state"] == PlacementState.INSUFFICIENT.value
    old["zone"] = old["zone"].where(~waits, old["pending_zone"])
    old.loc[waits, ["pending_zone", "pending_weeks"]] = [None, 0]
    has_left = old["state"] == PlacementState.LEFT.value
    old.loc[has_left, ["zone", "pending_zone"]] = None
    return old


def zone_names(is_loyal: Flags, is_retained: Flags, corners: Corners) -> Words:
    """The zone of each pair of sides."""
    return np.where(
        is_loyal,
        np.where(is_retained, corners.high_loyalty_high_retention.value, corners.high_loyalty_low_retention.value),
        np.where(is_retained, corners.low_loyalty_high_retention.value, corners.low_loyalty_low_retention.value),
    ).astype(object)


def _set_zones(placed: pd.DataFrame, before: pd.DataFrame, thresholds: Thresholds) -> None:
    band, corners = thresholds.dead_band, thresholds.corners
    is_placed = (placed["state"] == PlacementState.PLACED.value).to_numpy()
    old = before["zone"].fillna(_NO_ZONE).to_numpy(object)
    sides, inside, raw_sides = {}, np.zeros(len(placed), dtype=bool), {}
    for axis, high in ((Axis.LOYALTY, _loyal_zones(corners)), (Axis.RETENTION, _retained_zones(corners))):
        value, line = placed[axis.value].to_numpy(float), placed[f"{axis.value}_line"].to_numpy(float)
        raw_sides[axis] = value >= line
        was_high = np.isin(old.astype(str), [zone.value for zone in high])
        sides[axis] = np.where(was_high, value >= line - band, value >= line + band)
        inside |= (value >= line - band) & (value < line + band)
    raw = zone_names(raw_sides[Axis.LOYALTY], raw_sides[Axis.RETENTION], corners)
    candidate = np.where(old == _NO_ZONE, raw, zone_names(sides[Axis.LOYALTY], sides[Axis.RETENTION], corners))
    is_new = old == _NO_ZONE
    same_pending = before["pending_zone"].fillna(_NO_ZONE).to_numpy(object) == candidate
    seen = np.where(same_pending, before["pending_weeks"].fillna(0).to_numpy(int), 0) + 1
    moves = candidate != old
    at_once = is_new | (candidate == Zone.CRITICAL.value) | (seen >= thresholds.confirmation_weeks)
    zone = np.where(moves & ~at_once, old, candidate)
    waits = moves & ~at_once
    placed["raw_zone"] = np.where(placed[["loyalty", "retention"]].notna().all(axis=1), raw, _NO_ZONE)
    placed["zone"] = np.where(is_placed, zone, _NO_ZONE)
    is_thin = (placed["state"] == PlacementState.INSUFFICIENT.value).to_numpy()
    placed["pending_zone"] = np.where(is_placed & waits, candidate, np.where(is_thin, old, _NO_ZONE))
    placed["pending_weeks"] = np.where(is_placed & waits, seen, 0)
    placed["is_borderline"] = is_placed & inside


def _loyal_zones(corners: Corners) -> tuple[Zone, Zone]:
    return corners.high_loyalty_high_retention, corners.high_loyalty_low_retention


def _retained_zones(corners: Corners) -> tuple[Zone, Zone]:
    return corners.high_loyalty_high_retention, corners.low_loyalty_high_retention


def _set_episodes(placed: pd.DataFrame, before: pd.DataFrame, week: str) -> None:
    """A stay keeps its id; a new one chains on the last, so that both clocks derive the same id."""
    zone = placed["zone"].to_numpy(object)
    begins = (zone != _NO_ZONE) & ((zone != before["zone"].to_numpy(object)) | before["episode_id"].isna().to_numpy())
    ids, since = before["episode_id"].to_numpy(object).copy(), before["episode_since"].to_numpy(object).copy()
    customers = placed["customer_id"].to_numpy(object)
    for row in np.flatnonzero(begins):
        ids[row] = episode_of(str(customers[row]), str(zone[row]), ids[row] or None)
        since[row] = week
    placed["episode_id"], placed["episode_since"] = ids, since
