"""Customers without contracts: histories, values from a book with known parameters, and refusals."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from scoring.predict.lifetime_value import bg_nbd, gamma_gamma
from scoring.predict.lifetime_value.book import value_customers
from scoring.predict.lifetime_value.non_contractual import fit, purchase_histories, value_purchases
from tests.factories.lifetime_value import EUR, TODAY, ids, rules
from tests.factories.scoring import AS_OF, WEEK, facts, table

TRUE = (0.6, 6.0, 0.8, 3.0)  # r, alpha (weeks), a, b
SPENDING = (6.0, 4.0, 150.0)  # p, q, v


def drawn_purchases(rng: np.random.Generator, size: int, weeks: float = 104.0) -> pd.DataFrame:
    r, alpha, a, b = TRUE
    p, q, v = SPENDING
    rows = []
    for customer in ids(size):
        rate, drop, mean = rng.gamma(r, 1 / alpha), rng.beta(a, b), rng.gamma(q, 1 / v)
        age = rng.uniform(weeks / 2, weeks)
        at = 0.0
        while at < age:
            day = TODAY - timedelta(days=int((age - at) * 7) + 1)
            rows.append((customer, day, rng.gamma(p, 1 / mean)))
            if at > 0 and rng.random() < drop:
                break
            at += rng.exponential(1 / rate)
    return pd.DataFrame(rows, columns=["customer_id", "day", "amount"])


@pytest.fixture(scope="module")
def paid() -> pd.DataFrame:
    return drawn_purchases(np.random.default_rng(3), 1500)


def invoice_table(paid: pd.DataFrame):
    rows = [
        {"customer_id": r.customer_id, "issued_on": r.day, "amount": Decimal(f"{r.amount:.2f}"), "currency": "EUR"}
        for r in paid.itertuples()
    ]
    return table("invoices", rows)


def valued(paid: pd.DataFrame, **changes: object):
    customers = facts(*({"customer_id": customer} for customer in sorted(set(paid["customer_id"]) | {"never"})))
    return value_customers(
        customers, {"invoices": invoice_table(paid)}, rules(**changes), EUR, as_of=AS_OF, week=WEEK
    )  # fmt: skip


def test_a_history_counts_days_and_begins_with_the_first():
    days = [TODAY - timedelta(days=d) for d in (70, 70, 35, 7)]
    paid = pd.DataFrame({"customer_id": "A", "day": days, "amount": [10.0, 20.0, 40.0, 60.0]})
    history = purchase_histories(paid, TODAY).iloc[0]
    assert dict(history) == {"customer_id": "A", "repeats": 2.0, "last": 9.0, "observed": 10.0, "mean": 50.0}


def test_parameters_of_a_drawn_book_are_found_again(paid):
    histories = purchase_histories(paid, TODAY)
    size = len(histories)
    columns = [histories[name].to_numpy(float) for name in ("repeats", "last", "observed")]
    model = bg_nbd.fit(bg_nbd.Purchases(*columns, np.ones(size)))
    deviations = (model.logarithms - np.log(TRUE)) / np.sqrt(np.diag(model.covariance))
    assert np.abs(deviations).max() < 3.5
    spending = gamma_gamma.fit(columns[0], histories["mean"].to_numpy(float))
    deviations = (spending.logarithms - np.log(SPENDING)) / np.sqrt(np.diag(spending.covariance))
    assert np.abs(deviations).max() < 3.5


def test_values_of_purchases(paid):
    found = valued(paid)
    frame = found.frame.set_index("customer_id")
    assert frame.loc["never", "why_missing"] == "No purchase is known."
    bought = frame.drop(index="never")
    assert (bought["low"] <= bought["value_amount"]).all()
    assert (bought["value_amount"] <= bought["high"]).all()
    assert set(bought["basis"]) == {"revenue"}
    assert (bought["sensitivity_amount"] == 0).all()
    # the total is about what the generating process spends, discounted: alive customers x rate x amount
    assert found.notes[0].startswith("Purchases are foretold from 1,500 histories")


def test_values_rank_and_add_up_like_the_years_to_come():
    """The next year of purchases, drawn with the rest, against its expectation."""
    rng = np.random.default_rng(8)
    whole = drawn_purchases(rng, 1200, weeks=208.0)
    before = TODAY - timedelta(days=364)
    known, later = whole.loc[whole["day"] < before], whole.loc[whole["day"] >= before]
    histories = purchase_histories(known, before)
    columns = [histories[name].to_numpy(float) for name in ("repeats", "last", "observed")]
    model = bg_nbd.fit(bg_nbd.Purchases(*columns, np.ones(len(histories))))
    expected = bg_nbd.expected_purchases(np.exp(model.logarithms), 52.0, *columns)
    actual = later.groupby("customer_id").size().reindex(histories["customer_id"]).fillna(0)
    assert expected.sum() == pytest.approx(actual.sum(), rel=0.15)
    top = np.argsort(-expected)[:120]
    assert actual.iloc[top].mean() > 3 * actual.mean()


@pytest.mark.parametrize("kind", ["faithful", "once more", "one pace"])
def test_books_that_fit_no_model_still_have_finite_values(kind):
    """Nobody drops out, everybody drops out after the first repeat, all buy each week: parameters run to their bounds."""
    rng = np.random.default_rng(4)
    size = 400
    observed = rng.integers(20, 700, size) / 7
    repeats = {"faithful": rng.poisson(observed / 5), "once more": np.ones(size), "one pace": np.floor(observed)}[kind]
    repeats = repeats.astype(float)
    last = {"faithful": observed * repeats / (repeats + 1), "once more": np.full(size, 1.0), "one pace": repeats}[kind]
    book = pd.DataFrame(
        {"customer_id": ids(size), "repeats": repeats, "last": np.minimum(last, observed), "observed": observed}
    )
    book = book.assign(mean=rng.gamma(5, 10, size), share=1.0, basis="revenue")
    valuation = value_purchases(book, *fit(book), rules(), rng)
    assert np.isfinite(valuation.values()).all()
    assert (valuation.values() >= 0).all()
    assert np.isfinite(valuation.rows[["low", "high"]]).all(axis=None)


def test_money_scales(paid):
    before, tenfold = valued(paid).frame, valued(paid.assign(amount=10 * paid["amount"])).frame
    # invoices and values are in cents
    assert np.allclose(tenfold["value_amount"], 10 * before["value_amount"], rtol=1e-3, atol=0.2, equal_nan=True)


def test_too_few_who_bought_again(paid):
    once = paid.groupby("customer_id").head(1)
    found = valued(once)
    assert found.valuation is None
    assert found.notes == ("Buying is not known: 0 customers bought again, at least 10 are needed.",)


def test_won_deals_stand_in_for_invoices(paid):
    rows = [
        {
            "customer_id": r.customer_id,
            "status": "won",
            "closed_at": r.day.tz_localize("UTC"),
            "created_at": r.day.tz_localize("UTC"),
            "amount": Decimal(f"{r.amount:.2f}"),
            "currency": "EUR",
        }
        for r in paid.itertuples()
    ]
    customers = facts(*({"customer_id": customer} for customer in sorted(set(paid["customer_id"]))))
    found = value_customers(customers, {"deals": table("deals", rows)}, rules(), EUR, as_of=AS_OF, week=WEEK).frame
    expected = valued(paid).frame.query("customer_id != 'never'")
    assert np.allclose(found["value_amount"], expected["value_amount"])
