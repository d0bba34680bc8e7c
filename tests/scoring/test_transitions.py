"""What changed between two weeks, and why."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from contracts.frames import check
from contracts.results import TRANSITIONS
from scoring.place.transitions import compare
from tests.factories.scoring import facts, placements

BOOK = facts({"customer_id": "A", "revenue_amount": 5000.0})


def week(name: str, **row: Any) -> pd.DataFrame:
    return placements({"customer_id": "A", "week": name, **row})


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        pytest.param({"zone": "neutral"}, {"zone": "critical"}, "moved", id="moved"),
        pytest.param({"zone": "neutral"}, {"zone": "neutral"}, None, id="stayed"),
        pytest.param({"state": "insufficient"}, {"zone": "critical"}, "first_placed", id="evidence came"),
        pytest.param({"zone": "neutral"}, {"state": "insufficient"}, "became_insufficient", id="evidence went"),
        pytest.param({"state": "insufficient"}, {"state": "insufficient"}, None, id="still no evidence"),
        pytest.param({"zone": "neutral"}, {"state": "left"}, "left", id="left"),
        pytest.param({"state": "insufficient"}, {"state": "left"}, "left", id="left without evidence"),
        pytest.param({"state": "left"}, {"state": "left"}, None, id="still gone"),
        pytest.param({"state": "left"}, {"zone": "neutral"}, "returned", id="returned"),
        pytest.param(
            {"state": "insufficient", "pending_zone": "neutral"}, {"zone": "critical"}, "moved", id="moved over a gap"
        ),
        pytest.param(
            {"state": "insufficient", "pending_zone": "neutral"}, {"zone": "neutral"}, None, id="stayed over a gap"
        ),
    ],
)
def test_kinds(before: dict[str, Any], now: dict[str, Any], kind: str | None) -> None:
    found = compare(week("2026-W45", **before), week("2026-W47", **now), BOOK)
    check(found, TRANSITIONS)
    assert found.kind.tolist() == ([kind] if kind else [])
    if kind:
        row = found.iloc[0]
        assert (row.week, row.weeks_apart, row.cause, row.revenue_amount) == ("2026-W47", 2, "customer", 5000.0)


def test_one_who_is_no_longer_in_the_book_has_left() -> None:
    found = compare(week("2026-W46", zone="neutral"), placements(), BOOK)
    assert (found.kind.tolist(), found.from_zone.tolist()) == (["left"], ["neutral"])


def test_the_first_week_is_a_baseline() -> None:
    current = week("2026-W47", zone="critical")
    for previous in (None, placements()):
        found = compare(previous, current, BOOK)
        assert (found.kind.tolist(), found.cause.tolist()) == (["first_placed"], ["baseline"])


def test_a_policy_is_named_as_the_cause() -> None:
    found = compare(week("2026-W46", zone="neutral"), week("2026-W47", zone="very_loyal"), BOOK, cause="policy")
    assert found.cause.tolist() == ["policy"]


def test_nobody_to_compare() -> None:
    assert compare(None, placements(), BOOK).empty
