"""Sums by segment: they add up, their intervals are those of the sum, and small cells say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.predict.lifetime_value.book import value_customers
from scoring.predict.lifetime_value.segments import value_segments
from tests.factories.lifetime_value import EUR, drawn_book, rules
from tests.factories.scoring import AS_OF, WEEK, table


@pytest.fixture(scope="module")
def facts():
    names = np.array(["gold"] * 300 + ["silver"] * 290 + ["bronze"] * 7 + ["tin"] * 3)
    return drawn_book(np.random.default_rng(2), 600, years=4.0, a=0.4, tier=names)


def segments(facts, tables=None, **changes):
    valued = value_customers(facts, tables or {}, rules(**changes), EUR, as_of=AS_OF, week=WEEK)
    return valued.frame, value_segments(valued, facts, ["tier"]).set_index(["dimension", "segment", "basis"])


def test_the_book_is_the_sum_of_its_customers(facts):
    frame, found = segments(facts)
    whole = found.loc[("all", "all", "revenue")]
    assert whole["value_amount"] == pytest.approx(frame["value_amount"].sum(), abs=5)
    assert (whole["customers"], whole["missing"]) == (frame["value_amount"].notna().sum(), 0)


def test_errors_of_retention_do_not_cancel_out(facts):
    """Every customer's value hangs on the same retention: the sum is as uncertain as its parts together, not less."""
    frame, found = segments(facts)
    whole = found.loc[("all", "all", "revenue")]
    together = frame["high"].sum() - frame["low"].sum()
    independent = float(np.sqrt(((frame["high"] - frame["low"]) ** 2).sum()))
    assert whole["high"] - whole["low"] == pytest.approx(together, rel=0.25)
    assert whole["high"] - whole["low"] > 5 * independent


def test_a_small_cell_and_the_one_that_would_betray_it_are_silent(facts):
    _, found = segments(facts)
    amounts = found.loc["tier"]["value_amount"].isna()
    assert dict(amounts.droplevel("basis")) == {"bronze": True, "gold": False, "silver": False, "tin": True}
    assert found.loc[("tier", "tin", "revenue"), "why_missing"] == "Fewer than 5 customers."
    assert found.loc[("tier", "bronze", "revenue"), "why_missing"].startswith("Would betray")
    assert found.loc["tier"].loc[["tin", "bronze"], ["customers", "missing", "low", "high"]].isna().all(axis=None)


def test_margin_and_revenue_are_never_added(facts):
    own = [
        {"customer_id": customer, "name": "x", "margin_share": 0.5 if place % 2 else None}
        for place, customer in enumerate(facts["customer_id"])
    ]
    _, found = segments(facts, {"customers": table("customers", own)})
    both = found.loc[("all", "all")]
    assert set(both.index) == {"margin", "revenue"}
    assert both["customers"].sum() == (facts["status"] == "active").sum()
    assert both.loc["margin", "missing"] == both.loc["revenue", "customers"]


def test_a_book_without_values_has_no_segments(facts):
    _, found = segments(facts.query("status == 'active'").reset_index(drop=True))
    assert found.empty
