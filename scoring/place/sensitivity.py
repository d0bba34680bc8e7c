"""What would another line do? Each threshold is moved while the other stays; who flips is named.

Raw zones are swept, without dead-band and confirmation: the question is where the line stands, not how fast people
are moved across it. Source: sensitivity part of the OECD/JRC handbook, 2008; docs/methods/scoring.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.rules import Thresholds
from contracts.words import Axis, PlacementState, Zone
from scoring.arrays import Numbers
from scoring.place.placement import zone_names

STEPS = tuple(range(-10, 11))
"""Points by which a line is moved."""

_WIDTH = 1.96


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What a sweep found.

    counts: axis, shift, line, zone, customers, revenue_amount.
    flips: customer_id, axis, shift (the smallest that flips the customer), from_zone, to_zone, score, distance,
    revenue_amount.
    fence_share: per axis the share of customers whose score is within 1.96 standard errors of its line.
    """

    counts: pd.DataFrame
    flips: pd.DataFrame
    fence_share: dict[str, float]


def sweep(placements: pd.DataFrame, facts: pd.DataFrame, thresholds: Thresholds) -> Sensitivity:
    """Counts and revenue per zone as each line moves by up to 10 points, and every flip.

    Args:
        placements: PLACEMENTS frame; only placed customers take part. Lines per tier move together.
        facts: CUSTOMER_FACTS frame, for revenue.
        thresholds: corners, and the default lines that are printed.
    """
    placed = placements.loc[placements["state"] == PlacementState.PLACED.value].sort_values("customer_id")
    placed = placed.reset_index(drop=True)
    revenue = facts.set_index("customer_id")["revenue_amount"].reindex(placed["customer_id"]).to_numpy(float)
    counts = pd.DataFrame(_counts(placed, revenue, thresholds))
    flips = pd.concat([_flips(axis, placed, revenue, thresholds) for axis in Axis], ignore_index=True)
    return Sensitivity(counts, flips, {axis.value: _fence(axis, placed) for axis in Axis})


def _zones_at(axis: Axis, shift: float, placed: pd.DataFrame, thresholds: Thresholds) -> pd.Series:
    sides = {
        a: placed[a.value].to_numpy(float) >= placed[f"{a.value}_line"].to_numpy(float) + (shift if a is axis else 0.0)
        for a in Axis
    }
    return pd.Series(zone_names(sides[Axis.LOYALTY], sides[Axis.RETENTION], thresholds.corners), dtype=object)


def _counts(placed: pd.DataFrame, revenue: Numbers, thresholds: Thresholds) -> Iterator[dict[str, object]]:
    for axis in Axis:
        line = getattr(thresholds.lines, axis.value)
        for shift in STEPS:
            zones = _zones_at(axis, shift, placed, thresholds)
            for zone in Zone:
                mine = (zones == zone.value).to_numpy()
                yield {
                    "axis": axis.value,
                    "shift": shift,
                    "line": line + shift,
                    "zone": zone.value,
                    "customers": int(mine.sum()),
                    "revenue_amount": float(np.nansum(revenue[mine])),
                }


def _flips(axis: Axis, placed: pd.DataFrame, revenue: Numbers, thresholds: Thresholds) -> pd.DataFrame:
    score = placed[axis.value].to_numpy(float)
    distance = score - placed[f"{axis.value}_line"].to_numpy(float)
    # A score on or above its line falls below when the line passes it; one below rises when the line comes down to it.
    shift = np.where(distance >= 0, np.floor(distance) + 1, -np.ceil(-distance))
    within = np.abs(shift) <= max(STEPS)
    sides = {a: placed[a.value].to_numpy(float) >= placed[f"{a.value}_line"].to_numpy(float) for a in Axis}
    sides[axis] = distance < 0
    moved = zone_names(sides[Axis.LOYALTY], sides[Axis.RETENTION], thresholds.corners)
    frame = pd.DataFrame(
        {
            "customer_id": placed["customer_id"],
            "axis": axis.value,
            "shift": shift.astype(int),
            "from_zone": placed["raw_zone"],
            "to_zone": moved,
            "score": score,
            "distance": distance,
            "revenue_amount": revenue,
        }
    )
    order = ["revenue_amount", "customer_id"]
    named: pd.DataFrame = frame.loc[within].sort_values(order, ascending=[False, True], ignore_index=True)
    return named


def _fence(axis: Axis, placed: pd.DataFrame) -> float:
    if placed.empty:
        return 0.0
    distance = (placed[axis.value] - placed[f"{axis.value}_line"]).abs()
    return float((distance < _WIDTH * placed[f"{axis.value}_se"]).mean())
