"""What is known about each customer beside its scores: master facts, status, money in one currency, next renewal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pyarrow as pa

from contracts.frames import Kind, conform, to_frame
from contracts.results import CUSTOMER_FACTS
from contracts.rules import Money
from contracts.tables import TABLES
from contracts.words import CustomerStatus
from scoring.measure.asof import limit_of

_FAR = pd.Timestamp("2262-01-01")

RateList = dict[str, list[tuple[date, Decimal]]]


def customer_facts(tables: Mapping[str, pa.Table], money: Money, as_of: datetime) -> pd.DataFrame:
    """CUSTOMER_FACTS frame, one row per customer, sorted by id.

    Args:
        tables: as-of view; `customers`, and if there `agreements` and `exchange_rates`.
        money: reporting currency and its dated rates; the newest rate not after `as_of` applies. Rates of a source
            (`exchange_rates`) come before those of the policy on the same day.
        as_of: aware instant, exclusive.

    Revenue is the customer's own yearly figure, else the sum of its running agreements. Without a rate the amount in
    the reporting currency is null: listed in its own currency, never summed.
    """
    today = pd.Timestamp(limit_of(Kind.DAY, as_of))
    rates = rates_at(tables.get("exchange_rates"), money, as_of)
    customers = _frame(tables, "customers").sort_values("customer_id", ignore_index=True)
    running = _running(_frame(tables, "agreements"), today)
    own = customers["annual_revenue_amount"].notna()
    summed = _by_currency(running)
    summed = summed.reindex(customers["customer_id"]).reset_index(drop=True)
    amount = customers["annual_revenue_amount"].astype("Float64").astype(float).where(own, summed["amount"])
    currency = customers["currency"].where(own, summed["currency"])
    renewal = _next_renewal(running, today, rates).reindex(customers["customer_id"]).reset_index(drop=True)
    facts = customers.assign(
        status=_status(customers, running),
        is_key_account=customers["is_key_account"].astype("boolean"),
        original_amount=amount,
        original_currency=currency.where(amount.notna(), None),
        revenue_amount=_converted(amount, currency, rates),
        renewal_on=renewal["renewal_on"],
        renewal_amount=renewal["renewal_amount"],
    )
    return conform(facts[CUSTOMER_FACTS.names], CUSTOMER_FACTS)


def rates_at(table: pa.Table | None, money: Money, as_of: datetime) -> dict[str, float]:
    """Reporting currency per unit of each currency: the newest rate not after `as_of`."""
    last = limit_of(Kind.DAY, as_of).date()
    dated: dict[str, dict[date, float]] = {
        currency: {day: float(rate) for day, rate in rates.items()} for currency, rates in money.rates.items()
    }
    if table is not None:
        for row in table.select(["currency", "rate_on", "rate"]).to_pylist():
            dated.setdefault(row["currency"], {})[row["rate_on"].date()] = row["rate"]
    newest = {c: [rates[day] for day in sorted(rates) if day <= last] for c, rates in dated.items()}
    return {currency: rates[-1] for currency, rates in newest.items() if rates} | {money.currency: 1.0}


def _frame(tables: Mapping[str, pa.Table], name: str) -> pd.DataFrame:
    return to_frame(tables.get(name, TABLES[name].empty()))


def _running(agreements: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """Agreements in force: begun, not ended, and not past a fixed end."""
    begun = agreements["start_on"].fillna(pd.Timestamp.min) <= today
    not_over = agreements["end_on"].fillna(_FAR) >= today.normalize()
    alive = agreements["ended_on"].isna() & begun & not_over
    return agreements.loc[alive].sort_values(["customer_id", "agreement_id"])


def _status(customers: pd.DataFrame, running: pd.DataFrame) -> pd.Series:
    """The source's status, `active` when it gives none; a running agreement under notice makes `notice`."""
    status = customers["status"].fillna(CustomerStatus.ACTIVE.value)
    under_notice = set(running.loc[running["notice_on"].notna(), "customer_id"])
    is_noticed = customers["customer_id"].isin(under_notice) & (status == CustomerStatus.ACTIVE.value)
    return status.mask(is_noticed, CustomerStatus.NOTICE.value)


def _by_currency(running: pd.DataFrame) -> pd.DataFrame:
    """Sum of running agreements per customer; null when they are in several currencies."""
    paid = running.loc[running["annual_amount"].notna()]
    paid = paid.assign(annual_amount=paid["annual_amount"].astype(float), currency=paid["currency"].fillna(""))
    sums = paid.groupby("customer_id").agg(
        amount=("annual_amount", "sum"), currency=("currency", "first"), currencies=("currency", "nunique")
    )
    return sums.loc[sums["currencies"] == 1]


def _converted(amount: pd.Series, currency: pd.Series, rates: Mapping[str, float]) -> pd.Series:
    rate = currency.map(dict(rates)).astype(float)
    return (amount.astype("Float64").astype(float) * rate).round(2)


def _next_renewal(running: pd.DataFrame, today: pd.Timestamp, rates: Mapping[str, float]) -> pd.DataFrame:
    """The nearest date ahead on which a running agreement is up for renewal, and what it is worth in all."""
    due = running["renewal_on"].fillna(running["end_on"])
    ahead = running.assign(
        renewal_on=due, renewal_amount=_converted(running["annual_amount"], running["currency"], rates)
    )
    ahead = ahead.loc[(due >= today.normalize()).fillna(value=False)]
    nearest = ahead["renewal_on"] == ahead.groupby("customer_id")["renewal_on"].transform("min")
    due_next = ahead.loc[nearest].groupby("customer_id")
    total = due_next["renewal_amount"].sum()
    is_whole = due_next["renewal_amount"].count() == due_next.size()
    return pd.DataFrame({"renewal_on": due_next["renewal_on"].min(), "renewal_amount": total.where(is_whole)})
