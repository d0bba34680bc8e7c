"""Values under contract: what raises them, what must not move them, who has none and why, and the interval's coverage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rules import Money
from scoring.predict.lifetime_value import sbg
from scoring.predict.lifetime_value.book import SurvivalCurves, ValuedBook, value_customers
from scoring.predict.lifetime_value.groups import group_shifts
from scoring.predict.lifetime_value.spells import spells
from tests.factories.lifetime_value import EUR, MONTH, TODAY, cohort, drawn_book, ids, rules
from tests.factories.scoring import AS_OF, WEEK, ago, facts, table

MONEY = ["value_amount", "low", "high", "sensitivity_amount"]


def book(size: int = 400, seed: int = 1, **columns: object) -> pd.DataFrame:
    return drawn_book(np.random.default_rng(seed), size, **columns)


def valued(frame: pd.DataFrame, tables=None, *, curves=None, money: Money = EUR, **changes: object) -> ValuedBook:
    return value_customers(
        frame, tables or {}, rules(**changes), money, as_of=AS_OF, week=WEEK, curves=curves
    )  # fmt: skip


def values(frame: pd.DataFrame, tables=None, **changes: object) -> pd.DataFrame:
    return valued(frame, tables, **changes).frame.set_index("customer_id")


def one_more(frame: pd.DataFrame, **columns: object) -> pd.DataFrame:
    row = {"customer_id": "one", "revenue_amount": 1000.0, "since_on": TODAY - 30 * MONTH, **columns}
    return pd.concat([frame, facts(row)], ignore_index=True)


def test_a_value_is_the_sum_of_what_is_foretold():
    frame = one_more(book(), since_on=TODAY - pd.Timedelta(days=731), renewal_on=TODAY + pd.Timedelta(days=360))
    model = sbg.fit(spells(frame, TODAY, renewal_months=12)[""])
    kept = np.cumprod(sbg.retention(np.array(model.a), np.array(model.b), np.arange(3.0, 7.0)))
    by_hand = 1000 * (1 + float(kept @ 1.1 ** -np.arange(1.0, 5.0)))  # today and four renewals within 60 months
    assert values(frame).loc["one", "value_amount"] == pytest.approx(by_hand, abs=0.01)


def test_money_scales_and_order_does_not_matter():
    frame = book()
    before = values(frame)
    threefold = values(frame.assign(revenue_amount=3 * frame["revenue_amount"]))
    assert np.allclose(threefold[MONEY], 3 * before[MONEY], atol=0.03, equal_nan=True)
    shuffled = values(frame.sample(frac=1.0, random_state=1))
    pd.testing.assert_frame_equal(shuffled, before)


@given(st.integers(0, 40), st.integers(1, 12))
def test_a_later_renewal_and_a_longer_tenure_are_worth_more(made, months):
    model = sbg.ShiftedBetaGeometric(0.7, 4.0, 0.0, np.eye(2) * 0.01)
    worth = worth_of(model, [(made, months), (made + 1, months), (made, months + 1)])
    assert worth[0] <= worth[1]
    assert worth[0] <= worth[2]


def worth_of(model: sbg.ShiftedBetaGeometric, stands: list[tuple[int, int]], **changes: object) -> np.ndarray:
    from scoring.predict.lifetime_value.contractual import Standing, value_contracts
    from scoring.predict.lifetime_value.groups import Shift

    made, months = np.array(stands, dtype=float).T
    amounts = pd.DataFrame({"customer_id": ids(len(stands)), "amount": 1000.0, "basis": "margin"})
    where = Standing(made, months, np.zeros(len(made)), np.zeros(len(made), dtype=bool))
    policy = rules(receipt_months=1, **changes)
    return value_contracts(amounts, where, model, [Shift(0.0, 0.0)], policy, np.random.default_rng(1)).values()


def test_better_retention_and_a_lower_discount_are_worth_more():
    by_churn = [
        worth_of(sbg.ShiftedBetaGeometric(a, 4.0, 0.0, np.eye(2) * 0.01), [(1, 6)])[0] for a in (0.9, 0.7, 0.5, 0.1)
    ]
    assert by_churn == sorted(by_churn)
    model = sbg.ShiftedBetaGeometric(0.7, 4.0, 0.0, np.eye(2) * 0.01)
    by_discount = [worth_of(model, [(1, 6)], annual_discount=d)[0] for d in (0.2, 0.1, 0.0)]
    assert by_discount == sorted(by_discount)
    assert worth_of(model, [(1, 6)], horizon_months=24)[0] < worth_of(model, [(1, 6)], horizon_months=60)[0]


def test_margin_makes_a_lifetime_value_and_revenue_alone_does_not():
    frame = one_more(book())
    under_contract = {"agreements": table("agreements", [{"customer_id": "one"}])}
    plain = values(frame, under_contract).loc["one"]
    assert plain["basis"] == "revenue"
    own = under_contract | {"customers": table("customers", [{"customer_id": "one", "name": "x", "margin_share": 0.4}])}
    with_margin = values(frame, own).loc["one"]
    assert (with_margin["basis"], with_margin["value_amount"]) == (
        "margin",
        pytest.approx(0.4 * plain["value_amount"], abs=0.02),
    )
    billed = [
        {"customer_id": "one", "issued_on": ago(90), "amount": "200.00", "margin_amount": "50.00", "currency": "EUR"}
    ]
    of_invoices = values(frame, own | {"invoices": invoices(billed)}).loc["one"]
    assert of_invoices["value_amount"] == pytest.approx(0.25 * plain["value_amount"], abs=0.02)
    tickets = {"tickets": table("tickets", [{"customer_id": "one", "opened_at": ago(day)} for day in (3, 300, 400)])}
    served = values(frame, own | tickets, cost_per_ticket=50.0).loc["one"]  # 400 a year less two tickets
    assert served["value_amount"] == pytest.approx(0.3 * plain["value_amount"], abs=0.02)


def invoices(rows: list[dict]):
    from decimal import Decimal

    money = ("amount", "margin_amount")
    return table("invoices", [{k: Decimal(v) if k in money else v for k, v in row.items()} for row in rows])


def test_who_has_no_value_and_why():
    frame = pd.concat(
        [
            book(),
            facts(
                {"customer_id": "gone", "status": "left", "revenue_amount": 9.0, "ended_on": TODAY - 9 * MONTH},
                {"customer_id": "hoped for", "status": "prospect", "revenue_amount": 9.0},
                {"customer_id": "yen", "original_amount": 9.0, "original_currency": "JPY"},
                {"customer_id": "silent"},
            ),
        ],
        ignore_index=True,
    )
    found = values(frame)
    assert {name: found.loc[name, "why_missing"] for name in ("gone", "hoped for", "yen", "silent")} == {
        "gone": "The customer has left.",
        "hoped for": "Not a customer yet.",
        "yen": "No exchange rate is known for JPY.",
        "silent": "No revenue is known.",
    }
    assert found.loc[["gone", "hoped for", "yen", "silent"], MONEY].isna().all(axis=None)


def test_revenue_that_nobody_states_is_that_of_the_invoices():
    billed = [{"customer_id": "one", "issued_on": ago(day), "amount": "500.00", "currency": "EUR"} for day in (30, 200)]
    stated = values(one_more(book())).loc["one", "value_amount"]
    tables = {"invoices": invoices(billed), "agreements": table("agreements", [{"customer_id": "one"}])}
    assert values(one_more(book(), revenue_amount=None), tables).loc["one", "value_amount"] == stated


def test_notice_ends_the_value_at_the_renewal():
    frame = one_more(book(), status="notice", renewal_on=TODAY + pd.Timedelta(days=90))
    found = values(frame, receipt_months=1).loc["one"]
    months = np.arange(3)
    assert found["value_amount"] == pytest.approx(float((1000 / 12 * 1.1 ** (-months / 12)).sum()), abs=0.01)
    assert found["low"] == found["high"] == found["value_amount"]


def test_retention_nobody_knows_gives_no_value_but_the_experts_may_say():
    frame = book().query("status == 'active'")
    nothing = valued(frame)
    assert nothing.valuation is None
    assert nothing.notes[0].startswith("Retention is not known: 0 customers known to have left, at least 10 are needed")
    assert set(nothing.frame["why_missing"]) == {nothing.notes[0]}
    said = valued(frame, assumed_retention=0.8).frame
    assert said["value_amount"].notna().all()
    bolder = valued(frame, assumed_retention=0.95).frame
    assert (bolder["value_amount"] > said["value_amount"]).all()


def test_few_events_are_drawn_to_the_experts_word():
    seen = cohort([0.9, 0.85], size=20)
    firsts = {weight: first(sbg.fit(seen, sbg.Prior(0.6, weight))) for weight in (0.0, 20.0, 2000.0)}
    assert firsts[0.0] > firsts[20.0] > firsts[2000.0]
    assert firsts[2000.0] == pytest.approx(0.6, abs=0.02)


def first(model: sbg.ShiftedBetaGeometric) -> float:
    return model.b / (model.a + model.b)


def test_purchases_are_refused_for_contracts():
    found = valued(book(), {"agreements": table("agreements", [{}, {}])}, mode="non_contractual")
    assert found.valuation is None
    assert "there are 2 agreements: set mode = 'contractual'" in found.notes[0]


def test_those_who_left_before_records_began_do_not_flatter_retention():
    """Ends are recorded for the last three years only; the faithful of earlier years must not count as proof."""
    truth, naive, ours = 0.7 / 4.7, [], []
    for seed in range(5):
        whole = drawn_book(np.random.default_rng(seed), 4000)
        known = whole.loc[~(whole["ended_on"] < TODAY - pd.Timedelta(days=3 * 365))].reset_index(drop=True)
        ours.append(1 - first(sbg.fit(spells(known, TODAY, renewal_months=12)[""])))
        entered = spells(known, TODAY, renewal_months=12)[""]
        naive.append(
            1 - first(sbg.fit(sbg.Spells(0 * entered.entered, entered.ended, entered.has_left, entered.count)))
        )
    assert np.mean(ours) == pytest.approx(truth, rel=0.12)
    assert np.mean(naive) < 0.75 * truth


def test_intervals_cover_the_true_value():
    """The expected value of a customer new today, by the parameters that the book was drawn from."""
    true = worth_of(sbg.ShiftedBetaGeometric(0.7, 4.0, 0.0, np.eye(2) * 1e-9), [(0, 12)])[0]
    covered = []
    for seed in range(25):
        frame = drawn_book(np.random.default_rng(1000 + seed), 500)
        found = values(one_more(frame, since_on=TODAY), receipt_months=1).loc["one"]
        covered.append(found["low"] <= true <= found["high"])
    assert np.mean(covered) >= 0.84  # 21 of 25; tests/long looks at 200


def test_a_group_that_leaves_more_is_worth_less_and_chance_alone_makes_no_groups():
    rng = np.random.default_rng(5)
    good, bad = (drawn_book(rng, 1500, a=a, tier=tier) for a, tier in ((0.3, "gold"), (1.5, "bronze")))
    mixed = pd.concat([good, bad.assign(customer_id="x" + bad["customer_id"])], ignore_index=True)
    found = values(mixed, group="tier").join(mixed.set_index("customer_id")["tier"])
    mean = found.groupby("tier")["value_amount"].mean()
    assert mean["gold"] > 1.1 * mean["bronze"]

    alike = book(3000)
    names = np.array(["p", "q", "r"])[np.arange(3000) % 3]
    histories = spells(alike, TODAY, renewal_months=12, groups=list(names))
    shifts = group_shifts(sbg.fit(histories.pop("")), histories)
    assert max(abs(shift.mean) for shift in shifts.values()) < 0.15


# --- survival curves ----------------------------------------------------------------------------


def curves(rates: dict[str, float], months: int = 12, events: int = 100) -> SurvivalCurves:
    rows = [(customer, month, rate**month) for customer, rate in rates.items() for month in range(1, months + 1)]
    return SurvivalCurves(pd.DataFrame(rows, columns=["customer_id", "month", "survival"]), events)


def test_a_curve_that_ends_goes_on_as_it_ended():
    frame = facts(*({"customer_id": c, "revenue_amount": 1200.0} for c in ("A", "B", "C")))
    found = values(frame, curves=curves({"A": 0.99, "B": 0.9}), receipt_months=1)
    for customer, rate in (("A", 0.99), ("B", 0.9)):
        by_hand = sum(100 * rate**month * 1.1 ** (-month / 12) for month in range(60))
        assert found.loc[customer, "value_amount"] == pytest.approx(by_hand, rel=2e-4)
    assert found.loc["C", "why_missing"] == "No survival curve is known."


def test_fewer_events_widen_the_interval_of_curves():
    frame = facts({"customer_id": "A", "revenue_amount": 1200.0})
    few, many = (values(frame, curves=curves({"A": 0.99}, events=n)).loc["A"] for n in (40, 4000))
    assert few["low"] < many["low"] < many["value_amount"] < many["high"] < few["high"]
    # twice as many leavers as foretold, or half: about one deviation at exp(1 / sqrt(2.08))
    shifted = sum(1200 * (1 / (1 + 1 / 99 * np.exp(1.96 / np.sqrt(40)))) ** (12 * y) * 1.1**-y for y in range(5))
    assert few["low"] == pytest.approx(shifted, rel=2e-3)


# --- hard states --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 3])
@pytest.mark.parametrize("assumed", [None, 0.9])
def test_tiny_books_and_unknown_beginnings(size, assumed):
    whole = facts(*({"customer_id": c, "revenue_amount": 10.0} for c in ids(3)))
    frame = whole.iloc[:size]
    found = valued(frame, assumed_retention=assumed, group="tier")
    assert len(found.frame) == size
    assert found.frame["value_amount"].notna().all() == (size == 0 or assumed is not None)


def test_everybody_left_at_once_and_nobody_is_left_to_value():
    gone = {"status": "left", "since_on": TODAY - 40 * MONTH, "ended_on": TODAY - 4 * MONTH, "revenue_amount": 1.0}
    frame = facts(*(gone | {"customer_id": c} for c in ids(20)))
    found = valued(frame)
    assert set(found.frame["why_missing"]) == {"The customer has left."} or found.valuation is None


def test_curves_of_nobody():
    frame = facts({"customer_id": "A", "revenue_amount": 1.0})
    nobody = SurvivalCurves(pd.DataFrame({"customer_id": [], "month": [], "survival": []}), 0)
    assert values(frame, curves=nobody).loc["A", "why_missing"] == "No survival curve is known."
