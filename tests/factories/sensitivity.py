"""A book of some weeks for tests of moved lines, and the slow way to move them: placing everybody again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import HISTORY, SCORES
from contracts.rules import Lines, Thresholds
from contracts.weeks import Week
from contracts.words import Axis
from scoring.place.placement import place
from tests.factories.scoring import facts

FIRST = Week(2026, 30)


@dataclass(frozen=True, slots=True)
class Weeks:
    """SCORES and CUSTOMER_FACTS frames of consecutive weeks."""

    weeks: list[Week]
    scores: list[pd.DataFrame]
    facts: list[pd.DataFrame]


def random_weeks(seed: int, *, customers: int, weeks: int) -> Weeks:
    """Scores that wander about both lines in quarter points, so that they often meet an edge exactly; customers who
    come, leave, return, are prospects for a while, or lack evidence; three tiers.
    """
    rng = np.random.default_rng(seed)
    ids = [f"C{number:03d}" for number in range(customers)]
    tiers = rng.choice(["gold", "silver", None], customers)
    level = {axis: rng.normal(58, 9, customers) for axis in Axis}
    revenue = rng.integers(1, 900, customers) * 1000.0
    scored, known = [], []
    for _ in range(weeks):
        rows = []
        for axis in Axis:
            level[axis] = level[axis] * 0.97 + 58 * 0.03 + rng.normal(0, 3, customers)
            value = (level[axis] * 4).round() / 4
            thin = rng.random(customers) < 0.04
            rows += [
                (c, axis.value, v if not t else None, 2.0, 0.2 if t else 1.0, 5)
                for c, v, t in zip(ids, value.clip(0, 100), thin, strict=True)
            ]
        names = ["customer_id", "axis", "score", "standard_error", "coverage", "signal_count"]
        scored.append(conform(pd.DataFrame(rows, columns=names), SCORES))
        status = rng.choice(["active", "left", "prospect", "notice"], customers, p=[0.93, 0.02, 0.02, 0.03])
        here = rng.random(customers) < 0.97
        known.append(
            facts(
                *(
                    {"customer_id": c, "tier": t, "status": s, "revenue_amount": r}
                    for c, t, s, r, h in zip(ids, tiers, status, revenue, here, strict=True)
                    if h
                )
            )
        )
    return Weeks([FIRST.shift(step) for step in range(weeks)], scored, known)


def later(book: Weeks, first: int) -> Weeks:
    return Weeks(book.weeks[first:], book.scores[first:], book.facts[first:])


def placed_weeks(book: Weeks, thresholds: Thresholds, before: pd.DataFrame | None) -> list[pd.DataFrame]:
    """PLACEMENTS frame of each week, by `place` itself."""
    found, previous = [], before
    for week, scores, known in zip(book.weeks, book.scores, book.facts, strict=True):
        previous = place(scores, known, previous, thresholds, week=week)
        found.append(previous)
    return found


def moved(thresholds: Thresholds, loyalty: float, retention: float) -> Thresholds:
    """All lines moved, those of tiers too."""

    def by(lines: Lines) -> Lines:
        return Lines(loyalty=lines.loyalty + loyalty, retention=lines.retention + retention)

    tiers = {name: by(lines) for name, lines in thresholds.tier.items()}
    return thresholds.model_copy(update={"lines": by(thresholds.lines), "tier": tiers})


def history_of(placements: list[pd.DataFrame]) -> pd.DataFrame:
    columns = [name for name in HISTORY.names if name != "is_reconstructed"]
    return conform(
        pd.concat([p[columns] for p in placements], ignore_index=True).assign(is_reconstructed=False), HISTORY
    )
