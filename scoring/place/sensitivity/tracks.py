"""The last weeks of the book as columns of numbers, ready to be replayed under other lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import pandas as pd

from contracts.rules import Thresholds
from contracts.words import Axis, PlacementState, Zone
from scoring.arrays import Flags, Numbers

Steps = np.ndarray[Any, np.dtype[np.int8]]


class Happening(IntEnum):
    """What a week does to a customer, whatever the lines: it is judged against the zone it had, it gets its first
    zone, its zone waits for evidence, or it has none (left, or not in the book).
    """

    JUDGED = 0
    FIRST = 1
    WAITS = 2
    NONE = 3


@dataclass(frozen=True, slots=True)
class Start:
    """The zone that each customer had before the first week, as sides of both axes, and the one that was pending."""

    is_loyal: Flags
    is_retained: Flags
    is_pending: Flags
    pending_is_loyal: Flags
    pending_is_retained: Flags
    pending_weeks: np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Tracks:
    """Customers of equal lines together, then in order of id; weeks oldest first.

    scores: per axis one contiguous column per week, 0 where there was none. happenings: weeks x customers.
    lines: per axis the line of each customer today. groups: customers whose lines are the same pair.
    """

    customers: pd.Index
    weeks: tuple[str, ...]
    scores: dict[Axis, Numbers]
    happenings: Steps
    start: Start
    lines: dict[Axis, Numbers]
    groups: tuple[slice, ...]
    thresholds: Thresholds

    @property
    def is_placed(self) -> Flags:
        """Who is placed in the last week."""
        found: Flags = self.happenings[-1] <= Happening.FIRST
        return found

    @property
    def is_insufficient(self) -> Flags:
        """Who lacks evidence in the last week."""
        found: Flags = self.happenings[-1] == Happening.WAITS
        return found


def tracks(
    history: pd.DataFrame,
    facts: pd.DataFrame,
    thresholds: Thresholds,
    *,
    before: pd.DataFrame | None = None,
    weeks: Sequence[str] | None = None,
) -> Tracks:
    """Columns of the weeks in `history`.

    Args:
        history: HISTORY frame (or PLACEMENTS frames of several weeks together) of customer_id, week, state, loyalty,
            retention: one row per customer and week.
        facts: CUSTOMER_FACTS frame of the last week; its customers are those that are swept, its tiers give the lines.
        thresholds: lines, dead-band, confirmation weeks, corners.
        before: PLACEMENTS frame of the good week before the first of `history`; what stood then is where every replay
            starts. None: all customers are placed anew in the first week.
        weeks: the good weeks, oldest first; none: those of `history` in order of name.

    A customer that a week does not know has no zone afterwards, as in a weekly run.
    """
    names = tuple(sorted(history["week"].unique()) if weeks is None else weeks)
    customers, lines, groups = _by_lines(facts, thresholds)
    who = customers.get_indexer(pd.Index(history["customer_id"]))
    when = pd.Index(names).get_indexer(pd.Index(history["week"]))
    kept = (who >= 0) & (when >= 0)
    who, when = who[kept], when[kept]
    shape = (len(names), len(customers))
    state = np.full(shape, "", dtype=object)
    state[when, who] = history["state"].to_numpy(object)[kept]
    scores = {}
    for axis in Axis:
        grid = np.zeros(shape)
        grid[when, who] = np.nan_to_num(history[axis.value].to_numpy(float)[kept])
        scores[axis] = grid
    old = _old_zones(before, customers)
    return Tracks(
        customers=customers,
        weeks=names,
        scores=scores,
        happenings=_happenings(state, old["zone"].notna().to_numpy(bool)),
        start=_start(old, thresholds),
        lines=lines,
        groups=groups,
        thresholds=thresholds,
    )


def _by_lines(facts: pd.DataFrame, thresholds: Thresholds) -> tuple[pd.Index, dict[Axis, Numbers], tuple[slice, ...]]:
    book = facts[["customer_id", "tier"]].assign(tier=facts["tier"].fillna("").astype(str))
    by_tier = {name: thresholds.lines_for(name or None) for name in book["tier"].unique()}
    for axis in Axis:
        book[axis.value] = book["tier"].map({name: getattr(line, axis.value) for name, line in by_tier.items()})
    pair = [axis.value for axis in Axis]
    book = book.sort_values([*pair, "customer_id"], ignore_index=True)
    lines = {axis: book[axis.value].to_numpy(float) for axis in Axis}
    starts = np.flatnonzero(~book.duplicated(pair).to_numpy(bool)).tolist() if len(book) else []
    groups = tuple(slice(a, b) for a, b in zip(starts, [*starts[1:], len(book)], strict=True))
    return pd.Index(book["customer_id"], dtype=object), lines, groups


def _old_zones(before: pd.DataFrame | None, customers: pd.Index) -> pd.DataFrame:
    """Zone and pending zone as `place` carries them: without evidence the zone is the one that waits."""
    columns = ["state", "zone", "pending_zone", "pending_weeks"]
    if before is None or before.empty:
        return pd.DataFrame(None, index=customers, columns=columns, dtype=object)
    old = before.set_index("customer_id")[columns].reindex(customers).astype(object)
    old = old.where(old.notna(), None)
    waits = old["state"] == PlacementState.INSUFFICIENT.value
    old["zone"] = old["zone"].where(~waits, old["pending_zone"])
    old.loc[waits | (old["state"] == PlacementState.LEFT.value), "pending_zone"] = None
    old.loc[old["state"] == PlacementState.LEFT.value, "zone"] = None
    return old


def _happenings(state: np.ndarray[Any, np.dtype[np.object_]], has_zone: Flags) -> Steps:
    found = np.full(state.shape, Happening.NONE, dtype=np.int8)
    has = has_zone.copy()
    for week in range(len(state)):
        placed, thin = state[week] == PlacementState.PLACED.value, state[week] == PlacementState.INSUFFICIENT.value
        found[week][placed] = np.where(has[placed], Happening.JUDGED, Happening.FIRST)
        found[week][thin] = Happening.WAITS
        has = placed | (thin & has)
    return found


def _start(old: pd.DataFrame, thresholds: Thresholds) -> Start:
    loyal, retained = zone_sides(thresholds)
    zone, pending = old["zone"].to_numpy(object), old["pending_zone"].to_numpy(object)
    return Start(
        is_loyal=np.isin(zone.astype(str), loyal),
        is_retained=np.isin(zone.astype(str), retained),
        is_pending=pd.notna(pending),
        pending_is_loyal=np.isin(pending.astype(str), loyal),
        pending_is_retained=np.isin(pending.astype(str), retained),
        pending_weeks=pd.to_numeric(old["pending_weeks"]).fillna(0).to_numpy(np.int64),
    )


def zone_sides(thresholds: Thresholds) -> tuple[list[str], list[str]]:
    """Names of the zones of high loyalty, and of those of high retention."""
    corners = thresholds.corners
    loyal = (corners.high_loyalty_high_retention, corners.high_loyalty_low_retention)
    retained = (corners.high_loyalty_high_retention, corners.low_loyalty_high_retention)
    return [zone.value for zone in loyal], [zone.value for zone in retained]


def critical_sides(thresholds: Thresholds) -> tuple[bool, bool]:
    """Whether the Critical corner is one of high loyalty, and of high retention."""
    loyal, retained = zone_sides(thresholds)
    return Zone.CRITICAL.value in loyal, Zone.CRITICAL.value in retained
