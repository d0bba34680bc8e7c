"""The sweep of both lines with 13 weeks replayed, against NumPy comparing the same columns with the same lines.

The reference makes one pass: each column of scores (13 weeks, 2 axes) is compared with each of the 41 lines, and the
answers are dropped. Ours also keeps dead-band and confirmation for every customer and line, and counts customers and
revenue per zone and line. Both start from columns of numbers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.timing import Comparison, alternate
from contracts.rules import Lines, SensitivityRules, Thresholds
from contracts.words import Axis
from scoring.arrays import Numbers
from scoring.place.sensitivity import Tracks, tracks
from scoring.place.sensitivity.planes import replay
from scoring.place.sensitivity.sweep import counts_per_zone

WEEKS = 14
"""One to begin from, and thirteen that are replayed."""

_THRESHOLDS = Thresholds(lines=Lines(loyalty=50, retention=62), dead_band=2.0, confirmation_weeks=2, coverage_floor=0.5)


def compare(*, customers: int, rounds: int) -> Comparison:
    """Scores that wander about both lines; every customer is placed in every week."""
    book, revenue = _book(customers)
    shifts = SensitivityRules().shifts
    lines = {axis: [float(book.lines[axis][0]) + shift for shift in shifts] for axis in Axis}
    ours, reference = alternate(
        lambda _: lambda: _sweep(book, shifts, revenue),
        lambda _: lambda: _compare(book, lines),
        rounds=rounds,
    )
    return Comparison(
        title="threshold sensitivity",
        ours_name="replay and count, one thread",
        reference_name="NumPy: column >= line",
        ours=ours,
        reference=reference,
        note=f"{customers:,} customers x 2 axes x {len(shifts)} steps x {len(book.weeks)} weeks",
    )


def _sweep(book: Tracks, shifts: tuple[float, ...], revenue: Numbers) -> list[tuple[Numbers, Numbers]]:
    return [counts_per_zone(replay(book, axis, shifts), len(shifts), book.is_placed, revenue) for axis in Axis]


def _compare(book: Tracks, lines: dict[Axis, list[float]]) -> None:
    for axis in Axis:
        for column in book.scores[axis]:
            for line in lines[axis]:
                column >= line  # noqa: B015


def _book(customers: int) -> tuple[Tracks, Numbers]:
    rng = np.random.default_rng(1)
    ids = [f"C{number:07d}" for number in range(customers)]
    level = {axis: rng.normal(center, 14, customers) for axis, center in zip(Axis, (60, 68), strict=True)}
    noise = {axis: rng.normal(0, 4, customers) for axis in Axis}
    weeks = []
    for week in range(WEEKS):
        columns: dict[str, object] = {"customer_id": ids, "week": f"2026-W{week + 20}", "state": "placed"}
        for axis in Axis:
            noise[axis] = 0.8 * noise[axis] + rng.normal(0, 2.4, customers)
            columns[axis.value] = (level[axis] + noise[axis]).clip(0, 100).round(6)
        weeks.append(pd.DataFrame(columns))
    facts = pd.DataFrame({"customer_id": ids, "tier": None})
    before = weeks[0].assign(zone="very_loyal", pending_zone=None, pending_weeks=0)
    history = pd.concat(weeks[1:], ignore_index=True)
    return tracks(history, facts, _THRESHOLDS, before=before), rng.gamma(2.0, 50_000.0, customers)
