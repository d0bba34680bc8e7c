"""Many books: intervals of lifetime value and of a KPI's worth hold what they promise, and noise is seldom proven."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from contracts.rules import Targets
from scoring.predict.lifetime_value.book import value_customers
from scoring.predict.lifetime_value.kpi import Evidence, value_kpis
from scoring.predict.lifetime_value.sbg import survival
from scoring.predict.lifetime_value.segments import value_segments
from tests.factories.lifetime_value import EUR, TODAY, drawn_book, ids, rules, signals
from tests.factories.scoring import AS_OF, WEEK, facts, rule

SEEDS = 200
A, B = 0.7, 4.0
NEW = {"customer_id": "one", "revenue_amount": 1000.0, "since_on": TODAY}
CHAINS = [
    {"signal": "first_contact", "through": ["satisfied"], "step": 0.05},
    {"signal": "noise", "through": ["satisfied"], "step": 0.5},
]
SIGNALS = [rule(id=name) for name in ("first_contact", "satisfied", "noise")]


def share_within(covered: list[bool]) -> float:
    return sum(covered) / len(covered)


def test_a_new_customers_value():
    years = np.arange(5.0)
    true = 1000 * float(survival(np.array(A), np.array(B), years) @ 1.1**-years)
    covered = []
    for seed in range(SEEDS):
        book = pd.concat([drawn_book(np.random.default_rng(seed), 500, a=A, b=B), facts(NEW)], ignore_index=True)
        frame = value_customers(book, {}, rules(), EUR, as_of=AS_OF, week=WEEK).frame.set_index("customer_id")
        covered.append(frame.loc["one", "low"] <= true <= frame.loc["one", "high"])
    assert 0.90 <= share_within(covered) <= 0.99


def test_the_sum_of_a_book():
    """All customers new today, so that the true sum is known: independent errors would cover it almost never."""
    years = np.arange(5.0)
    true = 100 * 1000 * float(survival(np.array(A), np.array(B), years) @ 1.1**-years)
    fresh = facts(*(NEW | {"customer_id": f"new{number}", "region": "new"} for number in range(100)))
    covered = []
    for seed in range(SEEDS):
        book = pd.concat(
            [drawn_book(np.random.default_rng(seed), 500, a=A, b=B, region="old"), fresh], ignore_index=True
        )
        valued = value_customers(book, {}, rules(), EUR, as_of=AS_OF, week=WEEK)
        row = value_segments(valued, book, ["region"]).set_index("segment").loc["new"]
        covered.append(row["low"] <= true <= row["high"])
    assert 0.90 <= share_within(covered) <= 0.99


def test_the_worth_of_a_kpi_and_of_noise():
    book = value_customers(drawn_book(np.random.default_rng(1), 800), {}, rules(), EUR, as_of=AS_OF, week=WEEK)
    everybody = np.ones((1, len(book.valuation.rows)))
    shifted, unshifted = (book.valuation.sums(everybody, np.array([step]))[0, 0] for step in (0.05 * 0.5 * 5.0, 0.0))
    covered, proven = [], []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        first_contact = rng.normal(0.6, 0.1, 800)
        satisfied = 0.8 + 0.5 * (first_contact - 0.6) + rng.normal(0, 0.08, 800)
        left = rng.random(800) > expit(1.8 + 5 * (satisfied - 0.8))
        seen = signals({"first_contact": first_contact, "satisfied": satisfied, "noise": rng.normal(size=800)})
        evidence = Evidence(seen, seen, pd.DataFrame({"customer_id": ids(800), "is_churned": left}))
        values, _ = value_kpis(
            book.valuation, evidence, rules(link=CHAINS), Targets(), SIGNALS, week=WEEK, currency="EUR"
        )  # fmt: skip
        rows = values.set_index("signal_id")
        covered.append(rows.loc["first_contact", "low"] <= shifted - unshifted <= rows.loc["first_contact", "high"])
        proven.append(rows.loc["noise", "verdict"] == "proven")
    assert 0.90 <= share_within(covered) <= 0.99
    assert share_within(proven) <= 0.08
