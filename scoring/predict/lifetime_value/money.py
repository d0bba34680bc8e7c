"""A year's contribution of each customer: revenue times margin less cost to serve; revenue where no margin is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.frames import to_frame
from contracts.tables import TABLES
from contracts.words import CustomerStatus

MARGIN, REVENUE = "margin", "revenue"

_YEAR_DAYS = 365

Tables = Mapping[str, pa.Table]


def yearly_amounts(
    facts: pd.DataFrame,
    tables: Tables,
    rates: Mapping[str, float],
    today: pd.Timestamp,
    *,
    cost_per_ticket: float,
) -> pd.DataFrame:
    """What each customer brings in a year, in the reporting currency.

    Args:
        facts: CUSTOMER_FACTS frame.
        tables: as-of view; `customers` (margin_share), `invoices`, and `tickets` if they cost anything.
        rates: reporting currency per unit of each currency.
        today: the day of the valuation, exclusive.
        cost_per_ticket: taken off the margin for each ticket of the last year.

    Returns:
        Frame customer_id, amount, basis, why_missing in the order of `facts`. Revenue is the customer's yearly figure,
        else the invoices of the last year. The margin share is that of the last year's invoices that bear one, else
        the customer's own.
    """
    ids = facts["customer_id"]
    billed = invoices(tables, rates)
    billed = billed.loc[(billed["day"] >= today - pd.Timedelta(days=_YEAR_DAYS)) & (billed["day"] < today)]
    revenue = facts["revenue_amount"].astype(float)
    nothing_said = revenue.isna() & facts["original_amount"].isna()
    revenue = revenue.where(~nothing_said, ids.map(billed.groupby("customer_id")["amount"].sum(min_count=1)))
    share = margin_shares(ids, tables, billed)
    margin = revenue * share - cost_per_ticket * _tickets(ids, tables, today, is_needed=cost_per_ticket > 0)
    has_margin = margin.notna()
    amount = margin.where(has_margin, revenue)
    return pd.DataFrame({
        "customer_id": ids.to_numpy(),
        "amount": amount.to_numpy(float),
        "basis": np.where(has_margin, MARGIN, REVENUE),
        "why_missing": [
            _why(*row)
            for row in zip(facts["status"], amount, facts["original_amount"], facts["original_currency"], strict=True)
        ],
    })  # fmt: skip


def invoices(tables: Tables, rates: Mapping[str, float]) -> pd.DataFrame:
    """Frame customer_id, day, amount, margin in the reporting currency; amounts without a rate are null."""
    rows = to_frame(tables.get("invoices", TABLES["invoices"].empty()).select(
        ["customer_id", "issued_on", "amount", "margin_amount", "currency"]
    ))  # fmt: skip
    rate = rows["currency"].map(dict(rates)).astype(float)
    return pd.DataFrame({
        "customer_id": rows["customer_id"],
        "day": rows["issued_on"],
        "amount": rows["amount"].astype("Float64").astype(float) * rate,
        "margin": rows["margin_amount"].astype("Float64").astype(float) * rate,
    })  # fmt: skip


def margin_shares(ids: pd.Series, tables: Tables, billed: pd.DataFrame) -> pd.Series:
    """Contribution margin of each customer as a share of revenue; null where nobody says."""
    both = billed.dropna(subset=["amount", "margin"])
    sums = both.groupby("customer_id")[["amount", "margin"]].sum()
    sums = sums.loc[sums["amount"] > 0]
    own = to_frame(tables.get("customers", TABLES["customers"].empty()).select(["customer_id", "margin_share"]))
    stated = ids.map(own.set_index("customer_id")["margin_share"]).astype(float)
    of_invoices = ids.map(sums["margin"] / sums["amount"]).astype(float)
    return of_invoices.where(of_invoices.notna(), stated)


def _tickets(ids: pd.Series, tables: Tables, today: pd.Timestamp, *, is_needed: bool) -> pd.Series:
    if not is_needed:
        return pd.Series(0.0, index=ids.index)
    rows = to_frame(tables.get("tickets", TABLES["tickets"].empty()).select(["customer_id", "opened_at"]))
    opened = rows["opened_at"].dt.tz_convert("UTC").dt.tz_localize(None)
    recent = rows.loc[(opened >= today - pd.Timedelta(days=_YEAR_DAYS)) & (opened < today), "customer_id"]
    return ids.map(recent.value_counts()).fillna(0.0).astype(float)


def _why(status: str, amount: float, original: float | None, currency: str | None) -> str | None:
    if status == CustomerStatus.LEFT:
        return "The customer has left."
    if status == CustomerStatus.PROSPECT:
        return "Not a customer yet."
    if not np.isnan(amount):
        return None
    if pd.notna(original):
        return f"No exchange rate is known for {currency}." if pd.notna(currency) else "The revenue has no currency."
    return "No revenue is known."
