"""Parent accounts: three rules by hand, circles, and that totals count each account once."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.frames import check
from contracts.results import FAMILIES, ROLLUPS
from contracts.rules.segments import RollUp
from scoring.place.parents import RolledUp, roll_up
from tests.factories.scoring import facts, placements, thresholds

LINKS = {"P": None, "A": "P", "B": "P", "C": "B", "X": None}
SCORES = {
    "P": (80.0, 90.0, "very_loyal"),
    "A": (55.0, 70.0, "very_loyal"),
    "B": (30.0, 65.0, "neutral"),
    "C": (45.0, 50.0, "critical"),
    "X": (10.0, 10.0, "critical"),
}
REVENUE = {"P": 100.0, "A": 200.0, "B": 300.0, "C": 400.0, "X": 50.0}


def rolled(
    rule: RollUp, *, links: dict[str, str | None] | None = None, states: dict[str, str] | None = None
) -> RolledUp:
    links = LINKS if links is None else links
    rows = []
    for customer in links:
        loyalty, retention, zone = SCORES.get(customer, (60.0, 70.0, "very_loyal"))
        state = (states or {}).get(customer, "placed")
        rows.append(
            {
                "customer_id": customer,
                "state": state,
                "loyalty": loyalty,
                "retention": retention,
                "zone": zone if state == "placed" else None,
            }
        )
    known = facts(
        *({"customer_id": c, "parent_id": p, "revenue_amount": REVENUE.get(c, 10.0)} for c, p in links.items())
    )
    found = roll_up(placements(*rows), known, rule, thresholds())
    check(found.rollups, ROLLUPS)
    check(found.families, FAMILIES)
    return found


@pytest.mark.parametrize(
    ("rule", "scores", "zone"),
    [
        ("worst_child", (45.0, 50.0), "critical"),
        # (100*80 + 200*55 + 300*30 + 400*45) / 1000, and of retention
        ("revenue_weighted", (46.0, 62.5), "neutral"),
        ("parent_only", (80.0, 90.0), "very_loyal"),
    ],
)
def test_by_hand(rule: RollUp, scores: tuple[float, float], zone: str) -> None:
    top = rolled(rule).rollups.set_index("customer_id").loc["P"]
    assert (top.rolled_loyalty, top.rolled_retention) == pytest.approx(scores)
    assert (top.rolled_zone, top.rule) == (zone, rule)
    assert (top.loyalty, top.retention, top.zone) == (80.0, 90.0, "very_loyal")
    assert (top.children, top.placed_members, top.revenue_amount, top.family_revenue_amount) == (3, 4, 100.0, 1000.0)


def test_every_account_with_accounts_below_has_a_row() -> None:
    found = rolled("worst_child")
    assert found.rollups.set_index("customer_id").is_top.to_dict() == {"B": False, "P": True}
    assert found.families.to_numpy().tolist() == [["C", "B", 1], ["A", "P", 1], ["B", "P", 1], ["C", "P", 2]]


def test_a_neutral_child_is_worse_than_a_very_loyal_one_just_above_its_lines() -> None:
    found = rolled("worst_child", links={"P": None, "A": "P", "B": "P"}).rollups.iloc[0]
    assert (found.rolled_loyalty, found.rolled_retention) == (30.0, 65.0)


def test_members_without_evidence_do_not_speak() -> None:
    found = rolled("worst_child", states={"C": "insufficient", "B": "insufficient", "P": "insufficient"}).rollups
    top = found.set_index("customer_id").loc["P"]
    assert (top.rolled_loyalty, top.placed_members, pd.isna(top.loyalty)) == (55.0, 1, True)
    none = rolled("parent_only", states={"P": "insufficient"}).rollups.set_index("customer_id").loc["P"]
    assert none[["rolled_loyalty", "rolled_retention", "rolled_zone"]].isna().all()


def test_circles_and_strangers_are_said_and_ignored() -> None:
    found = rolled("worst_child", links={"P": "Q", "Q": "P", "A": "P", "S": "nobody", "T": "T"})
    assert found.rollups.customer_id.tolist() == ["P"]
    assert found.rollups.children.tolist() == [1]
    assert found.notes == (
        "Parent accounts that are not in the book are ignored: those of S.",
        "Parent accounts in a circle are ignored: P, Q, T. Mend parent_id in the source.",
    )


@given(st.lists(st.integers(-1, 9), min_size=10, max_size=10))
def test_totals_count_each_account_once(parents: list[int]) -> None:
    """Whatever the links, top families and single accounts together are the book."""
    links = {f"N{n}": f"N{p}" if p >= 0 else None for n, p in enumerate(parents)}
    found = rolled("worst_child", links=links)
    tops = found.rollups[found.rollups.is_top]
    alone = set(links) - set(found.families.customer_id) - set(found.families.ancestor_id)
    assert tops.family_revenue_amount.sum() + 10.0 * len(alone) == pytest.approx(10.0 * len(links))
    assert tops.children.sum() + len(tops) + len(alone) == len(links)


def test_order_does_not_matter() -> None:
    plain, back = rolled("revenue_weighted"), rolled("revenue_weighted", links=dict(reversed(LINKS.items())))
    pd.testing.assert_frame_equal(plain.rollups, back.rollups)


def test_a_better_member_never_lowers_the_roll_up(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {
        rule: rolled(rule).rollups.set_index("customer_id").loc["P"]
        for rule in ("worst_child", "revenue_weighted", "parent_only")
    }
    monkeypatch.setitem(SCORES, "C", (49.0, 58.0, "critical"))
    for rule, old in before.items():
        new = rolled(rule).rollups.set_index("customer_id").loc["P"]
        assert new.rolled_loyalty >= old.rolled_loyalty
        assert new.rolled_retention >= old.rolled_retention


def test_the_unit_of_money_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = ["rolled_loyalty", "rolled_retention", "rolled_zone"]
    plain = rolled("revenue_weighted").rollups[scores]
    for customer, amount in list(REVENUE.items()):
        monkeypatch.setitem(REVENUE, customer, amount * 1000.0)
    pd.testing.assert_frame_equal(plain, rolled("revenue_weighted").rollups[scores])
