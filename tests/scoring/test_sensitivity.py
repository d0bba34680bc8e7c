"""Moving the lines: counts, money and named flips."""

from __future__ import annotations

import pandas as pd
import pytest

from contracts.weeks import Week
from scoring.place.placement import place
from scoring.place.sensitivity import STEPS, sweep
from tests.factories.scoring import facts, scores, thresholds

BOOK = facts(*({"customer_id": c, "revenue_amount": float(r)} for c, r in (("A", 10), ("B", 20), ("C", 40), ("D", 80))))
PLACED = place(
    scores({"A": (50, 90), "B": (47.5, 90), "C": (80, 59), "D": (5, 5)}), BOOK, None, thresholds(), week=Week(2026, 47)
)
FOUND = sweep(PLACED, BOOK, thresholds())


@pytest.mark.parametrize(
    ("axis", "shift", "zone", "customers", "revenue"),
    [
        ("loyalty", 0, "very_loyal", 1, 10),
        ("loyalty", 1, "very_loyal", 0, 0),
        ("loyalty", -3, "very_loyal", 2, 30),
        ("retention", -1, "very_loyal", 2, 50),
        ("retention", 0, "critical", 1, 80),
    ],
)
def test_counts(axis: str, shift: int, zone: str, customers: int, revenue: float) -> None:
    row = FOUND.counts.query("axis == @axis and shift == @shift and zone == @zone").iloc[0]
    assert (row.customers, row.revenue_amount) == (customers, revenue)


def test_flips_agree_with_the_counts() -> None:
    flips = FOUND.flips.set_index(["customer_id", "axis"])
    assert flips["shift"].to_dict() == {("A", "loyalty"): 1, ("B", "loyalty"): -3, ("C", "retention"): -1}
    assert flips.to_zone.to_dict() == {
        ("A", "loyalty"): "neutral",
        ("B", "loyalty"): "very_loyal",
        ("C", "retention"): "very_loyal",
    }


def test_every_shift_counts_every_customer_once() -> None:
    totals = FOUND.counts.groupby(["axis", "shift"])[["customers", "revenue_amount"]].sum()
    assert (len(totals), set(totals.customers), set(totals.revenue_amount)) == (2 * len(STEPS), {4}, {150.0})


def test_on_the_fence() -> None:
    assert FOUND.fence_share == {"loyalty": 0.25, "retention": 0.25}


def test_nobody_placed() -> None:
    empty = sweep(PLACED.iloc[:0], BOOK, thresholds())
    assert isinstance(empty.flips, pd.DataFrame)
    assert empty.flips.empty
