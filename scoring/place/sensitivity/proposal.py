"""Which lines are proposed, and why: from outcomes where there are some, else from what people can work and the book.

With outcomes: the line of today stays unless the cheapest one saves money in 97.5 % of the resamples; a curve that is
flat within its error is no reason to move. Without: lines at the same share of the book on both axes, the largest share
whose Critical customers the owners can take up. Such lines say what can be worked and nothing about who will leave.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import PROPOSED_LINES
from contracts.rules import SensitivityRules, Thresholds
from contracts.words import Axis, PlacementState
from scoring.arrays import Numbers
from scoring.place.sensitivity.backtest import BackTest, Cheapest

_MOST_SHARE = 0.40
"""A zone that holds more of the book is no distinction."""

_STEPS = 200


def propose_lines(
    placements: pd.DataFrame,
    thresholds: Thresholds,
    rules: SensitivityRules,
    *,
    owners: int,
    tested: BackTest | None,
    minimum_lost: int,
) -> pd.DataFrame:
    """PROPOSED_LINES frame: one row per axis.

    Args:
        placements: PLACEMENTS frame of the last week, for the book's distribution.
        thresholds: lines of today.
        rules: capacity.
        owners: how many people carry the cases.
        tested: the back-test, None where no outcome is known.
        minimum_lost: fewer losses in the back-test do not move a line.
    """
    if tested is not None and tested.lost >= minimum_lost and tested.cheapest:
        rows = [_from_outcomes(axis, tested.cheapest[axis], tested, thresholds) for axis in Axis]
    else:
        rows = _from_capacity(placements, thresholds, rules, owners, 0 if tested is None else tested.lost, minimum_lost)
    return conform(pd.DataFrame(rows, columns=PROPOSED_LINES.names), PROPOSED_LINES)


def _from_outcomes(axis: Axis, cheapest: Cheapest, tested: BackTest, thresholds: Thresholds) -> dict[str, object]:
    current = float(getattr(thresholds.lines, axis.value))
    moves = cheapest.saving_low > 0 and cheapest.line != current
    if moves:
        why = (
            f"A {axis.value} line at {cheapest.line:g} instead of {current:g} would have cost {cheapest.saving:,.0f} "
            f"less (95% interval {cheapest.saving_low:,.0f} to {cheapest.saving_high:,.0f})"
        )
    else:
        why = (
            f"Keep the {axis.value} line at {current:g}: the cost is flat within its error; the cheapest line, "
            f"{cheapest.line:g} (95% {cheapest.low:g} to {cheapest.high:g}), saves {cheapest.saving:,.0f} "
            f"({cheapest.saving_low:,.0f} to {cheapest.saving_high:,.0f})"
        )
    return {
        "axis": axis.value,
        "current": current,
        "proposed": cheapest.line if moves else current,
        "basis": "outcomes",
        "cheapest": cheapest.line,
        "cheapest_low": cheapest.low,
        "cheapest_high": cheapest.high,
        "saving_amount": cheapest.saving,
        "saving_low_amount": cheapest.saving_low,
        "saving_high_amount": cheapest.saving_high,
        "youden_line": cheapest.youden,
        "sentence": f"{why}; {tested.lost} of {tested.customers} customers were lost.",
    }


def _from_capacity(
    placements: pd.DataFrame,
    thresholds: Thresholds,
    rules: SensitivityRules,
    owners: int,
    lost: int,
    minimum_lost: int,
) -> list[dict[str, object]]:
    placed = placements.loc[placements["state"] == PlacementState.PLACED.value]
    scores = {axis: placed[axis.value].to_numpy(float) for axis in Axis}
    capacity = rules.capacity
    room = owners * capacity.cases_per_owner_week * capacity.weeks_to_work_off
    share, lines, critical = _largest_share(scores, min(room, _MOST_SHARE * len(placed)))
    known = "no outcome is known" if not lost else f"only {lost} losses are known, {minimum_lost} are needed"
    rows: list[dict[str, object]] = []
    for axis in Axis:
        current = float(getattr(thresholds.lines, axis.value))
        proposed = lines.get(axis, current)
        if lines:
            why = (
                f"First {axis.value} line at {proposed:g}, the lowest {share:.0%} of the book on each axis: "
                f"{critical} Critical customers, which {owners} owners can take up in {capacity.weeks_to_work_off:g} "
                f"weeks at {capacity.cases_per_owner_week:g} cases each. From capacity and distribution alone, {known}"
            )
        else:
            why = f"Keep the {axis.value} line at {current:g}: nobody is placed, or nobody takes up cases, {known}"
        rows.append(
            {"axis": axis.value, "current": current, "proposed": proposed, "basis": "capacity", "sentence": f"{why}."}
        )
    return rows


def _largest_share(scores: dict[Axis, Numbers], room: float) -> tuple[float, dict[Axis, float], int]:
    """The largest share of the book, the same below both lines, whose Critical corner still fits; lines in halves."""
    found: tuple[float, dict[Axis, float], int] = (0.0, {}, 0)
    if room <= 0 or not scores[Axis.LOYALTY].size:
        return found
    for share in np.arange(1, _STEPS) / _STEPS:
        lines = {axis: float(np.round(np.quantile(values, share) * 2) / 2) for axis, values in scores.items()}
        critical = int(np.logical_and.reduce([scores[axis] < lines[axis] for axis in Axis]).sum())
        if critical > room:
            break
        found = (float(share), lines, critical)
    return found
