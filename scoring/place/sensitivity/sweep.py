"""What would another line do? Each line is moved, the last weeks are replayed, and who stands elsewhere is named.

Dead-band and confirmation are those of a weekly run, from the zones that stood before the first of these weeks; so the
position of today's lines is today's book. Source: sensitivity part of the OECD/JRC handbook, 2008.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import SWEPT_FLIPS, SWEPT_GRID, SWEPT_LINES, SWEPT_ZONES
from contracts.rules import SensitivityRules, Thresholds
from contracts.words import Axis, BusinessUnit, Zone
from scoring.arrays import Flags, Numbers
from scoring.place.sensitivity.load import Moves, load, owners_of
from scoring.place.sensitivity.lookup import Words
from scoring.place.sensitivity.planes import Planes, replay
from scoring.place.sensitivity.tallies import CODES, codes_at, differs, nearest, per_line, take, tally
from scoring.place.sensitivity.tracks import Tracks

_WIDTH = 1.96
_ALL = "all"


@dataclass(frozen=True, slots=True)
class Swept:
    """SWEPT_ZONES, SWEPT_LINES, SWEPT_FLIPS and SWEPT_GRID frames."""

    zones: pd.DataFrame
    lines: pd.DataFrame
    flips: pd.DataFrame
    grid: pd.DataFrame


def sweep(
    book: Tracks,
    placements: pd.DataFrame,
    facts: pd.DataFrame,
    rules: SensitivityRules,
    *,
    assignments: pd.DataFrame,
    people: pd.DataFrame,
    lifetime_values: pd.DataFrame | None = None,
) -> Swept:
    """Counts, money, flips, load and stability for every position of each line, and a map of both lines.

    Args:
        book: the weeks that are replayed; see `tracks`.
        placements: PLACEMENTS frame of the last week, for standard errors.
        facts: CUSTOMER_FACTS frame of the last week, for revenue and segments.
        rules: positions, segments, the unit whose owners carry the load.
        assignments: canonical `assignments`.
        people: canonical `people`.
        lifetime_values: frame of customer_id and value_amount, when there is one; flips then bear it.
    """
    by_id = facts.set_index("customer_id")
    revenue = np.nan_to_num(by_id["revenue_amount"].reindex(book.customers).to_numpy(float))
    cuts = dict(_cuts(book, by_id, rules, assignments, people))
    owner = owners_of(assignments, people, rules.capacity.unit)
    zones, lines, flips = [], [], []
    for axis in Axis:
        moves = Moves()
        planes = replay(book, axis, rules.shifts, watch=moves.see)
        zones += [_zones(book, axis, rules.shifts, planes, revenue, cut, members) for cut, members in cuts.items()]
        lines.append(_lines(book, axis, rules.shifts, planes, placements, revenue, moves, owner))
        flips.append(_flips(book, axis, rules.shifts, planes, by_id, lifetime_values))
    order = ["revenue_amount", "customer_id", "axis", "shift"]
    named = pd.concat(flips, ignore_index=True).sort_values(
        order, ascending=[False, True, True, True], ignore_index=True
    )
    return Swept(
        zones=conform(pd.concat(zones, ignore_index=True), SWEPT_ZONES),
        lines=conform(pd.concat(lines, ignore_index=True), SWEPT_LINES),
        flips=conform(named, SWEPT_FLIPS),
        grid=conform(_grid(book, rules.grid_shifts, revenue), SWEPT_GRID),
    )


def zones_of_codes(thresholds: Thresholds) -> list[str]:
    """Zone by code 2 * loyal + retained."""
    corners = thresholds.corners
    return [
        zone.value
        for zone in (
            corners.low_loyalty_low_retention,
            corners.low_loyalty_high_retention,
            corners.high_loyalty_low_retention,
            corners.high_loyalty_high_retention,
        )
    ]


def critical_words(planes: Planes, thresholds: Thresholds) -> Words:
    """Bits of the lines under which a customer is Critical."""
    code = zones_of_codes(thresholds).index(Zone.CRITICAL.value)
    loyal = planes.loyal if code & 2 else ~planes.loyal
    return loyal & (planes.retained if code & 1 else ~planes.retained)


def counts_per_zone(planes: Planes, lines: int, placed: Flags, revenue: Numbers) -> tuple[Numbers, Numbers]:
    """Customers and revenue of those placed, lines x codes."""
    if placed.all():
        return tally(planes, lines, revenue)
    rows = np.flatnonzero(placed)
    return tally(take(planes, rows), lines, revenue[rows])


def _cuts(
    book: Tracks, by_id: pd.DataFrame, rules: SensitivityRules, assignments: pd.DataFrame, people: pd.DataFrame
) -> Iterator[tuple[tuple[str, str], Flags]]:
    """Dimension and segment, and who is in it; a customer may be of several business units."""
    yield (_ALL, _ALL), np.ones(len(book.customers), dtype=bool)
    for dimension in rules.cuts:
        if dimension == "business_unit":
            for unit in BusinessUnit:
                owned = book.customers.isin(owners_of(assignments, people, unit).index)
                if owned.any():
                    yield (dimension, unit.value), owned
            continue
        value = by_id[dimension].reindex(book.customers)
        for segment in sorted(value.dropna().unique()):
            yield (dimension, str(segment)), (value == segment).fillna(value=False).to_numpy(bool)


def _zones(
    book: Tracks,
    axis: Axis,
    shifts: tuple[float, ...],
    planes: Planes,
    revenue: Numbers,
    cut: tuple[str, str],
    members: Flags,
) -> pd.DataFrame:
    count, total = counts_per_zone(planes, len(shifts), book.is_placed & members, revenue)
    thin = book.is_insufficient & members
    count = np.column_stack([count, np.full(len(shifts), thin.sum())])
    total = np.column_stack([total, np.full(len(shifts), revenue[thin].sum())])
    names = [*zones_of_codes(book.thresholds), "insufficient"]
    line = getattr(book.thresholds.lines, axis.value)
    size = CODES + 1
    return pd.DataFrame(
        {
            "dimension": cut[0],
            "segment": cut[1],
            "axis": axis.value,
            "shift": np.repeat(shifts, size),
            "line": np.repeat([line + shift for shift in shifts], size),
            "zone": names * len(shifts),
            "customers": count.ravel().astype(np.int64),
            "revenue_amount": total.ravel().round(2) + 0.0,
        }
    )


def _lines(
    book: Tracks,
    axis: Axis,
    shifts: tuple[float, ...],
    planes: Planes,
    placements: pd.DataFrame,
    revenue: Numbers,
    moves: Moves,
    owner: pd.Series,
) -> pd.DataFrame:
    lines, today = len(shifts), len(shifts) // 2
    placed = book.is_placed
    rows = np.flatnonzero(placed)
    elsewhere = differs(planes, today)[rows]
    critical = np.where(placed, critical_words(planes, book.thresholds), np.uint64(0))
    carried = load(moves, critical, owner, book.customers, lines)
    return pd.DataFrame(
        {
            "axis": axis.value,
            "shift": shifts,
            "line": [getattr(book.thresholds.lines, axis.value) + shift for shift in shifts],
            "flips": per_line(elsewhere, lines, np.ones(rows.size)).astype(np.int64),
            "flip_revenue_amount": per_line(elsewhere, lines, revenue[rows]).round(2),
            "fence_share": _fence(book, axis, shifts, placements),
            "changes_per_account_year": carried.changes_per_account_year,
            "alerts_per_week": carried.alerts_per_week,
            "owners": carried.owners,
            "alerts_per_owner_week": carried.alerts_per_owner_week,
            "busiest_owner_week": carried.busiest_owner_week,
            "critical_per_owner": carried.critical_per_owner,
            "extra_critical_per_owner": carried.critical_per_owner - carried.critical_per_owner[today],
            "extra_alerts_per_owner_week": carried.alerts_per_owner_week - carried.alerts_per_owner_week[today],
        }
    )


def _fence(book: Tracks, axis: Axis, shifts: tuple[float, ...], placements: pd.DataFrame) -> list[float]:
    """Share of placed customers with |score - line| < 1.96 standard errors."""
    placed = book.is_placed
    if not placed.any():
        return [0.0] * len(shifts)
    error = placements.set_index("customer_id")[f"{axis.value}_se"].reindex(book.customers[placed]).to_numpy(float)
    value, line = book.scores[axis][-1][placed], book.lines[axis][placed]
    return [float((np.abs(value - (line + shift)) < _WIDTH * error).mean()) for shift in shifts]


def _flips(
    book: Tracks,
    axis: Axis,
    shifts: tuple[float, ...],
    planes: Planes,
    by_id: pd.DataFrame,
    lifetime_values: pd.DataFrame | None,
) -> pd.DataFrame:
    today = len(shifts) // 2
    names = np.array(zones_of_codes(book.thresholds), dtype=object)
    now = codes_at(planes, today)
    below, above = nearest(differs(planes, today), today, len(shifts))
    parts = []
    for bit in (below, above):
        rows = np.flatnonzero((bit >= 0) & book.is_placed)
        there = take(planes, rows)
        place = bit[rows].astype(np.uint64)
        code = 2 * ((there.loyal >> place) & np.uint64(1)) + ((there.retained >> place) & np.uint64(1))
        score = book.scores[axis][-1][rows]
        parts.append(
            pd.DataFrame(
                {
                    "customer_id": book.customers[rows],
                    "axis": axis.value,
                    "shift": np.array(shifts)[bit[rows]],
                    "from_zone": names[now[rows]],
                    "to_zone": names[code.astype(np.int64)],
                    "score": score,
                    "distance": score - book.lines[axis][rows],
                }
            )
        )
    whole = pd.concat(parts, ignore_index=True)
    whole["revenue_amount"] = by_id["revenue_amount"].reindex(whole["customer_id"]).to_numpy(float)
    if lifetime_values is not None:
        value = lifetime_values.set_index("customer_id")["value_amount"].reindex(whole["customer_id"])
        whole["lifetime_value_amount"] = value.to_numpy(float)
    return whole


def _grid(book: Tracks, shifts: tuple[float, ...], revenue: Numbers) -> pd.DataFrame:
    names = [*zones_of_codes(book.thresholds), "insufficient"]
    thin, lines = book.is_insufficient, book.thresholds.lines
    parts = []
    for loyalty in shifts:
        planes = replay(book, Axis.RETENTION, shifts, other_shift=loyalty)
        count, total = counts_per_zone(planes, len(shifts), book.is_placed, revenue)
        count = np.column_stack([count, np.full(len(shifts), thin.sum())])
        total = np.column_stack([total, np.full(len(shifts), revenue[thin].sum())])
        parts.append(
            pd.DataFrame(
                {
                    "loyalty_shift": loyalty,
                    "retention_shift": np.repeat(shifts, len(names)),
                    "loyalty_line": lines.loyalty + loyalty,
                    "retention_line": np.repeat([lines.retention + shift for shift in shifts], len(names)),
                    "zone": names * len(shifts),
                    "customers": count.ravel().astype(np.int64),
                    "revenue_amount": total.ravel().round(2) + 0.0,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
