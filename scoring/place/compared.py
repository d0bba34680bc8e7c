"""Two sets of rules over the same weeks: who stands elsewhere, why, and what that means in cases and alerts.

Both are placed week by week by `scoring.place.placement.place`, from the same weeks before, so dead-band and
confirmation are those of weekly runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import PROPOSED_FLIPS, PROPOSED_LOAD, PROPOSED_WEEKS, PROPOSED_ZONES
from contracts.results.swept import PLACES
from contracts.rules import Thresholds
from contracts.words import Axis, PlacementState, Zone
from scoring.place.sensitivity.tracks import zone_sides

_NOBODY = ""
_POINT = 0.05
"""Scores nearer than this are the same to a reader."""


@dataclass(frozen=True, slots=True)
class Compared:
    """PROPOSED_FLIPS of the last week, PROPOSED_ZONES, PROPOSED_LOAD and PROPOSED_WEEKS."""

    flips: pd.DataFrame
    zones: pd.DataFrame
    load: pd.DataFrame
    weeks: pd.DataFrame


def compared(
    before: Sequence[pd.DataFrame],
    after: Sequence[pd.DataFrame],
    facts: pd.DataFrame,
    thresholds: tuple[Thresholds, Thresholds],
    *,
    owner: pd.Series,
    people: pd.DataFrame,
    start: pd.DataFrame | None = None,
) -> Compared:
    """What the proposed rules do.

    Args:
        before: PLACEMENTS frames of the weeks under the rules in force, oldest first.
        after: those of the same weeks under the proposed ones.
        facts: CUSTOMER_FACTS of the last week.
        thresholds: in force, proposed.
        owner: person id by customer id.
        people: canonical `people`.
        start: PLACEMENTS of the week before the first; without it the first week shows no entries.
    """
    moves = [_moves(start, before), _moves(start, after)]
    return Compared(
        flips=flips(before[-1], after[-1], facts, thresholds, owner=owner),
        zones=_zones(before[-1], after[-1], facts),
        load=_load(before, after, moves, owner, people),
        weeks=_weeks(before, after, moves),
    )


def place_of(placements: pd.DataFrame) -> pd.Series:
    """Where each row stands: its zone, else why it has none."""
    return placements["zone"].where(placements["state"] == PlacementState.PLACED.value, placements["state"])


def flips(
    before: pd.DataFrame,
    after: pd.DataFrame,
    facts: pd.DataFrame,
    thresholds: tuple[Thresholds, Thresholds],
    *,
    owner: pd.Series,
) -> pd.DataFrame:
    """PROPOSED_FLIPS frame of one week, the largest revenue first.

    Args:
        before: PLACEMENTS of the week under the rules in force.
        after: under the proposed ones.
        facts: CUSTOMER_FACTS.
        thresholds: in force, proposed.
        owner: person id by customer id.
    """
    both = _side_by_side(before, after)
    rows = both[both["place_before"] != both["place_after"]]
    book = facts.set_index("customer_id")
    made = pd.DataFrame(
        {
            "week": rows["week"],
            "customer_id": rows["customer_id"],
            "name": book["name"].reindex(rows["customer_id"]).fillna("").to_numpy(),
            "tier": book["tier"].reindex(rows["customer_id"]).to_numpy(),
            "from_place": rows["place_before"],
            "to_place": rows["place_after"],
            **{f"{axis}_{when}": rows[f"{axis}_{when}"] for axis in Axis for when in ("before", "after")},
            "owner_id": owner.reindex(rows["customer_id"]).to_numpy(),
            "revenue_amount": book["revenue_amount"].reindex(rows["customer_id"]).to_numpy(float),
            "why": [_why(row, thresholds) for row in rows.to_dict("records")],
        }
    )
    ordered = made.sort_values(["revenue_amount", "customer_id"], ascending=[False, True], ignore_index=True)
    return conform(ordered, PROPOSED_FLIPS)


def _side_by_side(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    columns = ["customer_id", "week", *Axis, *(f"{axis}_line" for axis in Axis), "pending_zone", "why_insufficient"]
    sides = [one[columns].assign(place=place_of(one)) for one in (before, after)]
    both = sides[0].merge(sides[1].drop(columns="week"), on="customer_id", suffixes=("_before", "_after"))
    return both.sort_values("customer_id", ignore_index=True)


def _why(row: dict[Any, Any], thresholds: tuple[Thresholds, Thresholds]) -> str:
    """Which score or line makes the difference, in words."""
    if row["place_after"] == PlacementState.INSUFFICIENT.value:
        return f"not enough evidence under the proposed rules: {row['why_insufficient_after']}"
    if row["place_before"] == PlacementState.INSUFFICIENT.value:
        return f"enough evidence under the proposed rules; in force: {row['why_insufficient_before']}"
    parts = []
    for axis in Axis:
        old, new = row[f"{axis}_before"], row[f"{axis}_after"]
        was, becomes = row[f"{axis}_line_before"], row[f"{axis}_line_after"]
        if abs(new - old) > _POINT:
            parts.append(f"{axis} {old:.1f} -> {new:.1f}, line {_lines(was, becomes)}{_kept(row, axis, thresholds[1])}")
        elif was != becomes:
            parts.append(f"{axis} {new:.1f}, line {_lines(was, becomes)}{_kept(row, axis, thresholds[1])}")
    old_band, new_band = (one.dead_band for one in thresholds)
    if old_band != new_band:
        parts.append(f"dead-band {old_band:g} -> {new_band:g}")
    weeks = [one.confirmation_weeks for one in thresholds]
    if weeks[0] != weeks[1]:
        parts.append(f"weeks to confirm {weeks[0]} -> {weeks[1]}")
    for when, word in (("before", "in force"), ("after", "proposed")):
        if isinstance(row[f"pending_zone_{when}"], str):
            parts.append(f"{word}: on the way to {row[f'pending_zone_{when}'].replace('_', ' ')}")
    return "; ".join(parts) or "an earlier week of the replay was placed otherwise, and the dead-band keeps it there"


def _kept(row: dict[Any, Any], axis: Axis, rules: Thresholds) -> str:
    """Where the dead-band of the proposed rules holds a customer on a side that its score alone would not give."""
    score, line, band = row[f"{axis}_after"], row[f"{axis}_line_after"], rules.band(axis)
    is_high = row["place_after"] in zone_sides(rules)[list(Axis).index(axis)]
    if is_high == (score >= line):
        return ""
    if is_high:
        return f", stays above until it falls below {line - band:g}"
    return f", was below and rises again only at {line + band:g}"


def _lines(was: float, becomes: float) -> str:
    return f"{was:g}" if was == becomes else f"{was:g} -> {becomes:g}"


def _zones(before: pd.DataFrame, after: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    revenue = facts.set_index("customer_id")["revenue_amount"]
    columns: dict[str, Any] = {"place": [*PLACES, PlacementState.LEFT.value]}
    for when, one in (("before", before), ("after", after)):
        place = place_of(one)
        amount = revenue.reindex(one["customer_id"]).fillna(0.0).to_numpy(float)
        columns[f"customers_{when}"] = [int((place == name).sum()) for name in columns["place"]]
        columns[f"revenue_{when}_amount"] = [
            round(float(amount[(place == name).to_numpy(bool)].sum()), 2) for name in columns["place"]
        ]
    return conform(pd.DataFrame(columns), PROPOSED_ZONES)


def _moves(start: pd.DataFrame | None, weeks: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One row per customer and week with another zone than the week before: week, customer_id, entered (Critical)."""
    parts = []
    last = start
    for week in weeks:
        if last is not None:
            old = last.set_index("customer_id")["zone"].reindex(week["customer_id"]).to_numpy(object)
            new = week["zone"].to_numpy(object)
            changed = pd.notna(old) & pd.notna(new) & (old != new)
            rows = week.loc[changed, ["week", "customer_id"]]
            parts.append(rows.assign(entered=new[changed] == Zone.CRITICAL.value))
        last = week
    empty = pd.DataFrame({"week": [], "customer_id": [], "entered": np.array([], dtype=bool)})
    return pd.concat(parts, ignore_index=True) if parts else empty


def _weeks(before: Sequence[pd.DataFrame], after: Sequence[pd.DataFrame], moves: list[pd.DataFrame]) -> pd.DataFrame:
    rows = []
    for old, new in zip(before, after, strict=True):
        week = str(old["week"].iloc[0])
        both = _side_by_side(old, new)
        row: dict[str, object] = {"week": week, "elsewhere": int((both["place_before"] != both["place_after"]).sum())}
        for when, one, moved in (("before", old, moves[0]), ("after", new, moves[1])):
            mine = moved[moved["week"] == week]
            row |= {
                f"critical_{when}": int((one["zone"] == Zone.CRITICAL.value).sum()),
                f"entered_{when}": int(mine["entered"].sum()),
                f"moved_{when}": len(mine),
            }
        rows.append(row)
    return conform(pd.DataFrame(rows), PROPOSED_WEEKS)


def _load(
    before: Sequence[pd.DataFrame],
    after: Sequence[pd.DataFrame],
    moves: list[pd.DataFrame],
    owner: pd.Series,
    people: pd.DataFrame,
) -> pd.DataFrame:
    owners = sorted(set(owner))
    names = people.set_index("person_id")["name"]
    table = pd.DataFrame(
        {"owner_id": owners, "name": names.reindex(owners).fillna(pd.Series(owners, owners)).to_numpy()}
    )
    weeks = len(before)
    table["weeks"] = weeks
    # a case opens once per customer while it is Critical: entries of one customer within the weeks are one case
    cases = []
    for when, last, moved in (("before", before[-1], moves[0]), ("after", after[-1], moves[1])):
        critical = owner.reindex(last.loc[last["zone"] == Zone.CRITICAL.value, "customer_id"]).dropna()
        entered = moved.loc[moved["entered"], "customer_id"]
        table[f"critical_{when}"] = critical.value_counts().reindex(owners).fillna(0).to_numpy(int)
        alerts = owner.reindex(entered).dropna().value_counts().reindex(owners).fillna(0).to_numpy(float)
        table[f"alerts_per_week_{when}"] = alerts / weeks
        mine = owner.reindex(pd.unique(entered)).dropna()
        cases.append(mine.value_counts().reindex(owners).fillna(0).to_numpy(float) / weeks)
    table["extra_cases_per_week"] = cases[1] - cases[0]
    table["extra_alerts_per_week"] = table["alerts_per_week_after"] - table["alerts_per_week_before"]
    return conform(table, PROPOSED_LOAD)
