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

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.exchange import episode_of
from contracts.frames import check
from contracts.results import PLACEMENTS
from contracts.rules import Corners, Thresholds
from contracts.weeks import Week
from contracts.words import Axis, CustomerStatus, PlacementState, Zone
from scoring.arrays import Flags, Numbers, Places, Words, framed

_CARRIED = ["state", "zone", "pending_zone", "pending_weeks", "episode_id", "episode_since"]
_NO_ZONE = ""


def place(
    scores: pd.DataFrame,
    facts: pd.DataFrame,
    previous: pd.DataFrame | None,
    thresholds: Thresholds,
    *,
    week: Week,
    is_new_axis: bool = False,
) -> pd.DataFrame:
    """PLACEMENTS frame, one row per customer of `facts`, sorted by id.

    Args:
        scores: SCORES frame.
        facts: CUSTOMER_FACTS frame; its `status` decides who has left, its `tier` which lines apply.
        previous: PLACEMENTS frame of the last good week; None in the first.
        thresholds: lines, dead-band, confirmation weeks, coverage floor, corners.
        week: the week the scores are of.
        is_new_axis: an axis is another one than in the last good week, so that the side a customer had says nothing:
            the zone is what the scores say, at once, and no confirmation is left over for the week after.

    A customer without enough evidence has no zone; the zone it last had waits in `pending_zone`, and the last
    `episode_id` is kept, so that evidence that comes back does not look like a new stay.
    """
    book = facts.sort_values("customer_id", ignore_index=True)
    status = book["status"].to_numpy(object)
    placed: dict[str, Any] = {"customer_id": book["customer_id"], "status": book["status"]}
    placed["week"] = np.full(len(book), str(week), dtype=object)
    placed |= _scores_of(book["customer_id"], scores)
    placed["loyalty_line"], placed["retention_line"] = _lines(book["tier"], thresholds)
    why = _why(placed, status, thresholds.coverage_floor)
    has_left = status == CustomerStatus.LEFT.value
    why[has_left] = None
    state = np.full(len(book), PlacementState.PLACED.value, dtype=object)
    state[why != None] = PlacementState.INSUFFICIENT.value  # noqa: E711 - element by element
    state[has_left] = PlacementState.LEFT.value
    placed |= {"why_insufficient": why, "state": state}
    before = _before(book["customer_id"], previous)
    placed |= _zones(placed, before, thresholds, is_new_axis=is_new_axis)
    placed |= _episodes(placed, before, str(week))
    for name in ("zone", "raw_zone", "pending_zone"):
        placed[name][placed[name] == _NO_ZONE] = None
    made = framed({name: pa.array(values, from_pandas=True) for name, values in placed.items()}, PLACEMENTS)
    check(made, PLACEMENTS)
    return made


def _lines(tiers: pd.Series, thresholds: Thresholds) -> tuple[Numbers, Numbers]:
    """The loyalty and retention line of each customer."""
    places, different = pd.factorize(tiers)
    lines = [thresholds.lines_for(str(tier)) for tier in different] + [thresholds.lines_for(None)]  # place -1: no tier
    loyalty, retention = (np.array([getattr(line, axis.value) for line in lines], dtype=float) for axis in Axis)
    return loyalty[places], retention[places]


def _places(known: pd.Series, wanted: pd.Series) -> Places:
    """The place of each wanted customer among the known ones; -1 for one that is not among them."""
    if len(known) == len(wanted) and (known.array == wanted.array).all():  # as in any week without arrivals
        return np.arange(len(wanted))
    found: Places = pd.Index(known).get_indexer(pd.Index(wanted))
    return found


def _scores_of(customers: pd.Series, scores: pd.DataFrame) -> dict[str, Numbers]:
    """Score, standard error and coverage of each customer on each axis; coverage 0 for one that was not scored."""
    columns: dict[str, Numbers] = {}
    for axis in Axis:
        mine = scores.loc[scores["axis"] == axis.value]
        at = _places(mine["customer_id"], customers)
        found = mine[["score", "standard_error", "coverage"]].to_numpy(float)
        score, error, coverage = np.vstack([found, np.full(3, np.nan)])[at].T  # place -1: not scored
        columns |= {axis.value: score, f"{axis.value}_se": error, f"{axis.value}_coverage": np.nan_to_num(coverage)}
    return columns


def _why(placed: Mapping[str, Any], status: Words, floor: float) -> Words:
    """Why a customer cannot be placed, in words; None when it can."""
    why: Words = np.full(status.size, None, dtype=object)
    for axis in Axis:
        coverage = placed[f"{axis.value}_coverage"]
        for row in np.flatnonzero((coverage < floor) | np.isnan(placed[axis.value])):
            text = f"{axis.value}: {coverage[row]:.0%} of the weight is observed, {floor:.0%} is needed"
            why[row] = f"{why[row]}; {text}" if why[row] else text
    why[status == CustomerStatus.PROSPECT.value] = "not a customer yet"
    return why


def _before(customers: pd.Series, previous: pd.DataFrame | None) -> dict[str, Any]:
    """The carried columns of the last good week, aligned, None for a customer it did not know (pending_weeks: 0);
    without evidence the zone is the one that waits.
    """
    if previous is None or previous.empty:
        nothing = {name: np.full(len(customers), None, dtype=object) for name in _CARRIED}
        return nothing | {"pending_weeks": np.zeros(len(customers), dtype=int)}
    at = _places(previous["customer_id"], customers)
    old: dict[str, Any] = {}
    for name in _CARRIED:
        values: Words = np.full(len(previous) + 1, None, dtype=object)
        known = previous[name].notna().to_numpy()
        values[:-1][known] = previous[name].to_numpy(object)[known]
        old[name] = values[at]  # place -1: the None at the end
    old["pending_weeks"] = np.append(previous["pending_weeks"].to_numpy(int), 0)[at]
    waits = old["state"] == PlacementState.INSUFFICIENT.value
    old["zone"] = np.where(waits, old["pending_zone"], old["zone"])
    old["pending_zone"][waits], old["pending_weeks"][waits] = None, 0
    has_left = old["state"] == PlacementState.LEFT.value
    old["zone"][has_left] = old["pending_zone"][has_left] = None
    return old


def zone_names(is_loyal: Flags, is_retained: Flags, corners: Corners) -> Words:
    """The zone of each pair of sides."""
    return np.where(
        is_loyal,
        np.where(is_retained, corners.high_loyalty_high_retention.value, corners.high_loyalty_low_retention.value),
        np.where(is_retained, corners.low_loyalty_high_retention.value, corners.low_loyalty_low_retention.value),
    ).astype(object)


def _zones(
    placed: Mapping[str, Any], before: Mapping[str, Any], thresholds: Thresholds, *, is_new_axis: bool
) -> dict[str, Any]:
    corners = thresholds.corners
    is_placed = placed["state"] == PlacementState.PLACED.value
    old = np.where(before["zone"] == None, _NO_ZONE, before["zone"])  # noqa: E711 - element by element
    sides, inside, raw_sides = {}, np.zeros(old.size, dtype=bool), {}
    for axis, high in ((Axis.LOYALTY, _loyal_zones(corners)), (Axis.RETENTION, _retained_zones(corners))):
        value, line, band = placed[axis.value], placed[f"{axis.value}_line"], thresholds.band(axis)
        raw_sides[axis] = value >= line
        was_high = (old == high[0].value) | (old == high[1].value)
        sides[axis] = np.where(was_high, value >= line - band, value >= line + band)
        inside |= (value >= line - band) & (value < line + band)
    raw = zone_names(raw_sides[Axis.LOYALTY], raw_sides[Axis.RETENTION], corners)
    is_new = (old == _NO_ZONE) | is_new_axis
    candidate = np.where(is_new, raw, zone_names(sides[Axis.LOYALTY], sides[Axis.RETENTION], corners))
    seen = np.where(before["pending_zone"] == candidate, before["pending_weeks"], 0) + 1
    at_once = is_new | (candidate == Zone.CRITICAL.value) | (seen >= thresholds.confirmation_weeks)
    waits = (candidate != old) & ~at_once
    is_thin = placed["state"] == PlacementState.INSUFFICIENT.value
    is_scored = ~np.isnan(placed["loyalty"]) & ~np.isnan(placed["retention"])
    return {
        "raw_zone": np.where(is_scored, raw, _NO_ZONE),
        "zone": np.where(is_placed, np.where(waits, old, candidate), _NO_ZONE),
        "pending_zone": np.where(is_placed & waits, candidate, np.where(is_thin, old, _NO_ZONE)),
        "pending_weeks": np.where(is_placed & waits, seen, 0),
        "is_borderline": is_placed & inside,
    }


def _loyal_zones(corners: Corners) -> tuple[Zone, Zone]:
    return corners.high_loyalty_high_retention, corners.high_loyalty_low_retention


def _retained_zones(corners: Corners) -> tuple[Zone, Zone]:
    return corners.high_loyalty_high_retention, corners.low_loyalty_high_retention


def _episodes(placed: Mapping[str, Any], before: Mapping[str, Any], week: str) -> dict[str, Words]:
    """A stay keeps its id; a new one chains on the last, so that both clocks derive the same id."""
    zone, ids, since = placed["zone"], before["episode_id"].copy(), before["episode_since"].copy()
    begins = (zone != _NO_ZONE) & ((zone != before["zone"]) | (ids == None))  # noqa: E711 - element by element
    customers = placed["customer_id"].to_numpy(object)
    for row in np.flatnonzero(begins):
        ids[row] = episode_of(str(customers[row]), str(zone[row]), ids[row] or None)
        since[row] = week
    return {"episode_id": ids, "episode_since": since}
