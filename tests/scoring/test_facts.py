"""Customer facts: money at dated rates or not at all, status, the next renewal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from contracts.frames import check
from contracts.results import CUSTOMER_FACTS
from contracts.rules import Money
from scoring.measure.facts import customer_facts
from tests.factories.scoring import AS_OF, ago, customers, table

EURO = Money(
    currency="EUR",
    rates={"USD": {date(2026, 1, 1): Decimal("0.9"), date(2026, 6, 1): Decimal("0.8"), date(2027, 1, 1): Decimal(1)}},
)


def fact(
    agreements: list[dict[str, Any]] | None = None, rates: list[dict[str, Any]] | None = None, **customer: Any
) -> pd.Series:
    tables = {
        "customers": customers("A", **customer),
        "agreements": table("agreements", agreements or []),
        "exchange_rates": table("exchange_rates", rates or []),
    }
    found = customer_facts(tables, EURO, AS_OF)
    check(found, CUSTOMER_FACTS)
    return found.iloc[0]


@pytest.mark.parametrize(("currency", "revenue"), [("EUR", 1000.0), ("USD", 800.0), ("TND", None), (None, None)])
def test_revenue_at_the_newest_rate_that_was_known(currency: str | None, revenue: float | None) -> None:
    found = fact(annual_revenue_amount=1000, currency=currency)
    assert found.original_amount == 1000
    assert (None if pd.isna(found.revenue_amount) else found.revenue_amount) == revenue


def test_a_sources_rate_comes_before_the_policys() -> None:
    newer = [{"currency": "USD", "rate_on": ago(3), "rate": 0.5}, {"currency": "TND", "rate_on": ago(3), "rate": 0.25}]
    assert fact(rates=newer, annual_revenue_amount=1000, currency="USD").revenue_amount == 500
    assert fact(rates=newer, annual_revenue_amount=1000, currency="TND").revenue_amount == 250


def agreement(start: float, end: float, amount: float = 100, **more: Any) -> dict[str, Any]:
    return {"start_on": ago(start), "end_on": ago(end), "annual_amount": amount, "currency": "EUR"} | more


def test_without_its_own_revenue_running_agreements_are_summed() -> None:
    running = [
        agreement(100, -100, 70),
        agreement(50, -20, 30),
        agreement(500, 100, 999),
        agreement(90, -9, 5, ended_on=ago(4)),
    ]
    assert fact(running).revenue_amount == 100
    mixed = [agreement(100, -100), agreement(100, -100, currency="USD")]
    assert pd.isna(fact(mixed).revenue_amount), "two currencies are not added up"


def test_the_next_renewal_and_what_it_is_worth() -> None:
    running = [agreement(100, -40, 70, renewal_on=ago(-30)), agreement(90, -30, 30), agreement(80, -200, 500)]
    found = fact(running)
    assert (found.renewal_on, found.renewal_amount) == (pd.Timestamp("2026-12-23"), 100)
    assert pd.isna(fact([agreement(90, -30, currency="TND")]).renewal_amount)


@pytest.mark.parametrize(
    ("status", "notice", "seen"),
    [(None, False, "active"), ("active", True, "notice"), ("left", True, "left"), ("prospect", False, "prospect")],
)
def test_status(status: str | None, notice: bool, seen: str) -> None:
    running = [agreement(100, -100, notice_on=ago(9) if notice else None)]
    assert fact(running, status=status).status == seen
