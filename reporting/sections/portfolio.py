"""The portfolio in zones: counts, transition matrix and the grid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from contracts.book import WeekFacts
from contracts.words import PlacementState, Zone
from reporting import formats
from reporting.ground import (
    ABSENT,
    GOOD_TO_BAD,
    INSUFFICIENT,
    LEFT,
    Ground,
    change_of,
    direction_of,
    mark_of,
    zone_mark,
)
from reporting.models.pack import Cell, Change, Corner, Grid, Mark, Matrix, MatrixRow, Point, ZoneLine
from reporting.reading import equal, numbers, total, values

# --- zones ----------------------------------------------------------------------------------------


def zone_lines(ground: Ground) -> tuple[ZoneLine, ...]:
    """Good to bad, then `Insufficient evidence`: a fifth row in every count."""
    accounts = ground.accounts
    now = _codes(accounts["state"], accounts["zone"])
    before = _codes(accounts["before_state"], accounts["before_zone"])
    lines = []
    for mark in (*(zone_mark(zone) for zone in GOOD_TO_BAD), INSUFFICIENT):
        here = now == mark.code
        count = int(here.sum())
        earlier = float((before == mark.code).sum()) if ground.book.facts.previous_week else None
        change = change_of(earlier, float(count), noise=0.0, up_is_worse=mark.zone is Zone.CRITICAL)
        if mark.zone in (Zone.SOMEWHAT_LOYAL, Zone.NEUTRAL, None) and change.direction in ("better", "worse"):
            change = Change(change.before, change.delta, formats.signed(change.delta), "same")
        share = formats.percent(count / len(accounts)) if len(accounts) else "–"
        lines.append(ZoneLine(mark, count, ground.amount(total(accounts.loc[here, "revenue_amount"])), share, change))
    return tuple(lines)


def _codes(states: pd.Series[Any], zones: pd.Series[Any]) -> np.ndarray[Any, Any]:
    pairs = zip(values(states), values(zones), strict=True)
    return np.array([mark_of(state, zone).code for state, zone in pairs], dtype=object)


def matrix(ground: Ground) -> Matrix | None:
    """Last week's zones against this week's; None when there is no week to compare with."""
    facts = ground.book.facts
    if facts.previous_week is None:
        return None
    columns = ["customer_id", "state", "zone"]
    return crossed(
        ground,
        ground.frame("previous_placements")[columns],
        ground.frame("placements")[columns],
        then=facts.previous_week,
    )


def crossed(ground: Ground, before: pd.DataFrame, now: pd.DataFrame, *, then: str, absent: str = "") -> Matrix:
    """Zones of one week against those of a later one; both frames have customer_id, state and zone.

    `absent`: what the row of those who were not there says, where it is not last week.
    """
    money = ground.frame("customer_facts")[["customer_id", "revenue_amount"]]
    both = now.merge(before, on="customer_id", how="outer", suffixes=("", "_before"), sort=True).merge(
        money, on="customer_id", how="left"
    )
    after_codes = _codes(both["state"], both["zone"])
    before_codes = _codes(both["state_before"], both["zone_before"])
    after_codes[after_codes == "x"] = "l"
    inside = ~((before_codes == "l") & (after_codes == "l"))
    inside &= ~((before_codes == "x") & (after_codes == "l"))
    revenue = numbers(both["revenue_amount"])
    fixed = [zone_mark(zone) for zone in GOOD_TO_BAD]
    columns = [*fixed, *(m for m in (INSUFFICIENT, LEFT) if (after_codes[inside] == m.code).any())]
    lines = [*fixed, *(m for m in (INSUFFICIENT, LEFT, ABSENT) if (before_codes[inside] == m.code).any())]

    def cell(chosen: np.ndarray[Any, Any], kind: Any) -> Cell:
        count = int(chosen.sum())
        amount = ground.amount(total(revenue[chosen]) if count else 0.0)
        return Cell(count, amount, kind, formats.number(count) if count else "–")

    rows = []
    for mark in lines:
        said = replace(mark, label=absent) if absent and mark == ABSENT else mark
        row = inside & (before_codes == mark.code)
        cells = tuple(cell(row & (after_codes == column.code), _kind(mark, column)) for column in columns)
        rows.append(MatrixRow(said, cells, cell(row, "total")))
    totals = tuple(cell(inside & (after_codes == column.code), "total") for column in columns)
    changed = int((inside & (before_codes != after_codes)).sum())
    finding = formats.capital(f"{formats.counted(changed, 'account')} stand elsewhere than in {then}")
    finding = finding.replace(" account stand ", " account stands ")
    return Matrix(tuple(columns), tuple(rows), totals, cell(inside, "total"), finding)


def _kind(before: Mark, after: Mark) -> str:
    if before.code == after.code:
        return "stayed"
    direction = direction_of(before.zone, after.zone)
    return direction if direction in ("better", "worse") else "other"


# --- grid -----------------------------------------------------------------------------------------


def grid(ground: Ground, zones: tuple[ZoneLine, ...], *, title: str, finding: str) -> Grid:
    """Every placed customer as a point; movers carry where they stood last week."""
    placed = ground.accounts.loc[equal(ground.accounts["state"], PlacementState.PLACED)]
    points = []
    columns = ("customer_id", "name", "loyalty", "retention", "revenue_amount", "state", "zone", "direction")
    earlier = ("before_loyalty", "before_retention", "before_zone")
    lists = [values(placed[column]) for column in (*columns, *earlier)]
    for rank, row in enumerate(zip(*lists, strict=True), start=1):
        customer, name, loyalty, retention, revenue, state, zone, direction, was_x, was_y, was_zone = row
        if loyalty is None or retention is None:
            continue
        moved = direction in ("better", "worse")
        mark = mark_of(state, zone)
        note = ""
        if moved:
            arrow = f"{zone_mark(was_zone).letter}→{mark.letter}"
            note = f"{ground.amount(revenue).text} · {arrow}" if ground.shows_money and revenue is not None else arrow
        point = Point(
            customer, name, loyalty, retention, revenue, mark,
            was_x if moved else None, was_y if moved else None,
            formats.clipped(name, 24) if moved else "", note, rank,
        )  # fmt: skip
        points.append(point)
    facts = ground.book.facts
    return Grid(
        title,
        finding,
        facts.loyalty_line,
        facts.retention_line,
        facts.dead_band,
        _corners(zones, ground),
        tuple(points),
        retention_title(facts),
        facts.retention_band,
    )


def retention_title(facts: WeekFacts) -> str:
    """What the retention axis is: a score of the experts, or a probability with its horizon."""
    return f"Retention, 0–100: {facts.retention_label}" if facts.retention_label else "Retention, 0–100"


def _corners(zones: tuple[ZoneLine, ...], ground: Ground) -> tuple[Corner, ...]:
    """Which zone stands in which corner is configuration; the placements show it, the shipped default fills gaps."""
    default = {
        Zone.VERY_LOYAL: (True, True),
        Zone.SOMEWHAT_LOYAL: (True, False),
        Zone.NEUTRAL: (False, True),
        Zone.CRITICAL: (False, False),
    }
    seen: dict[Zone, tuple[bool, bool]] = {}
    accounts = ground.accounts
    for zone in Zone:
        here = accounts.loc[equal(accounts["raw_zone"], zone)]
        if len(here):
            high = (
                here["loyalty"] >= numbers(here["loyalty_line"]),
                here["retention"] >= numbers(here["retention_line"]),
            )
            seen[zone] = (bool(high[0].mean() >= 0.5), bool(high[1].mean() >= 0.5))
    if len(set(seen.values())) < len(seen) or any(default[zone] in seen.values() and zone not in seen for zone in Zone):
        seen = {zone: seen.get(zone, default[zone]) for zone in Zone} if len(seen) == len(Zone) else default
    corners = []
    for line in zones:
        if line.mark.zone is None:
            continue
        is_loyal, is_retained = seen.get(line.mark.zone, default[line.mark.zone])
        amount = f" · {line.revenue.text}" if ground.shows_money and line.revenue.value is not None else ""
        corners.append(Corner(line.mark, is_loyal, is_retained, f"{formats.figures(line.count, 'account')}{amount}"))
    return tuple(corners)
