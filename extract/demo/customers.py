"""The customers: who they are, and the four keys that four systems know them by."""

from __future__ import annotations

import numpy as np
import pandas as pd

from extract.demo.names import COUNTRIES, INDUSTRIES, LONG_NAME, company_names, domain_name
from extract.demo.timeline import DAY, Timeline, dice

FEWEST = 50
PRODUCT_LINES = ("Flash arrays", "Backup appliances", "Object storage", "Cloud gateway")
UNRATED_CURRENCY = "TND"
"""A currency that money.toml has no rate for: one account is listed, never summed."""
_TIERS = ("gold", "silver", "bronze")
_QUEUE_REGION = {"EMEA South": "emea", "EMEA North": "emea", "MEA": "mea", "Americas": "americas", "APAC": "apac"}
_QUEUE_LINE = {
    "Flash arrays": "storage",
    "Object storage": "storage",
    "Backup appliances": "backup",
    "Cloud gateway": "cloud",
}


def build_customers(*, seed: int, customers: int, line: Timeline) -> pd.DataFrame:
    """CUSTOMERS columns (without status and end, which time decides) plus one key per system:
    `ticket_org` (numeric), `domain` (survey tool), `erp_account`.

    Raises: ValueError below 50 customers, where the planted stories would be the whole book.
    """
    if customers < FEWEST:
        raise ValueError(f"a demo company needs at least {FEWEST} customers (got {customers})")
    rng = dice(seed, "customers")
    shares = np.array([country.share for country in COUNTRIES])
    where = [COUNTRIES[k] for k in rng.choice(len(COUNTRIES), size=customers, p=shares / shares.sum())]
    industries = [INDUSTRIES[k] for k in rng.integers(0, len(INDUSTRIES), customers)]
    revenue = np.round(np.exp(rng.normal(12.1, 1.0, customers)), -2).clip(15_000, 9_000_000)
    rank = revenue.argsort(kind="stable").argsort(kind="stable") / customers
    luck = rng.random(customers)
    tiers = np.select([0.75 * rank + 0.25 * luck > 0.8, 0.75 * rank + 0.25 * luck > 0.42], _TIERS[:2], _TIERS[2])
    lines = rng.choice(PRODUCT_LINES, size=customers, p=[0.4, 0.25, 0.2, 0.15])
    tenure = rng.gamma(2.2, 800.0, customers).clip(250, 6000) + line.count * 7
    names = company_names(rng, where, industries)
    names[customers // 3] = LONG_NAME
    regions = [country.region for country in where]
    currencies = [country.currency for country in where]
    currencies[customers // 7] = UNRATED_CURRENCY
    width = max(4, len(str(customers)))
    ids = [f"C-{number:0{width}d}" for number in range(1, customers + 1)]
    return pd.DataFrame(
        {
            "customer_id": ids,
            "name": names,
            "tier": tiers,
            "region": regions,
            "country": [country.name for country in where],
            "industry": industries,
            "product_line": lines,
            "support_queue": [
                f"{_QUEUE_LINE[p]}-{_QUEUE_REGION[r]}" for p, r in zip(lines.tolist(), regions, strict=True)
            ],
            "parent_id": _parents(rng, ids, rank),
            "language": [country.language for country in where],
            "is_key_account": rank > 0.9,
            "annual_revenue_amount": revenue,
            "currency": currencies,
            "margin_share": rng.normal(0.34, 0.07, customers).clip(0.05, 0.6).round(3),
            "since": (line.end - (tenure * DAY).astype(np.int64)) // DAY * DAY,
            "ticket_org": rng.permutation(customers) * 7 + 40_100_003,
            "domain": [domain_name(name, number) for number, name in enumerate(names, 1)],
            "erp_account": [f"ERP{k:08d}" for k in (rng.permutation(customers) * 13 + 20_017).tolist()],
        }
    )


def _parents(rng: np.random.Generator, ids: list[str], rank: np.ndarray) -> list[str | None]:
    """About one in sixteen belongs to a larger customer; parents have no parent of their own."""
    heads = np.flatnonzero(rank > 0.93)
    chosen = (rng.random(len(ids)) < 0.065) & (rank < 0.85)
    pick = heads[rng.integers(0, len(heads), len(ids))]
    return [ids[pick[i]] if chosen[i] else None for i in range(len(ids))]
