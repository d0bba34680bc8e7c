"""Books of customers whose retention, purchases and KPI effects are known because they were drawn from them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import CUSTOMER_FACTS, SIGNALS
from contracts.rules import LifetimeValueRules, Money
from scoring.predict.lifetime_value.sbg import Spells
from tests.factories.scoring import AS_OF

TODAY = pd.Timestamp(AS_OF.replace(tzinfo=None))
EUR = Money(currency="EUR")
MONTH = timedelta(days=365.25 / 12)


def rules(**changes: Any) -> LifetimeValueRules:
    """One receipt a year; a group and segments only where a test asks for them."""
    return LifetimeValueRules.model_validate({"receipt_months": 12, "draws": 200} | changes)


def ids(count: int) -> list[str]:
    return [f"c{number:06d}" for number in range(count)]


def cohort(survival: list[float], *, size: int) -> Spells:
    """A cohort followed from its first day: shares still here after 1, 2, ... renewals."""
    shares = np.array([1.0, *survival])
    lost = np.round(-np.diff(shares) * size)
    years = np.arange(1.0, len(lost) + 1)
    return Spells(
        entered=np.zeros(len(lost) + 1),
        ended=np.append(years, len(lost)),
        has_left=np.append(np.ones(len(lost), dtype=bool), [False]),
        count=np.append(lost, round(shares[-1] * size)),
    )


def drawn_book(
    rng: np.random.Generator, size: int, *, a: float = 0.7, b: float = 4.0, years: float = 10.0, **columns: Any
) -> pd.DataFrame:
    """CUSTOMER_FACTS of customers who came evenly over the years and renew each year, each by a chance of its own."""
    days = rng.uniform(1, years * 365, size)
    renewals = np.minimum(rng.geometric(np.maximum(rng.beta(a, b, size), 1e-9)), 100)
    since = TODAY - pd.to_timedelta(np.floor(days), unit="D")
    lasted = pd.to_timedelta(np.round(renewals * 365.25), unit="D")
    has_left = since + lasted < TODAY
    frame = pd.DataFrame(
        {
            "customer_id": ids(size),
            "name": "x",
            "status": np.where(has_left, "left", "active"),
            "since_on": since,
            "ended_on": pd.Series(since + lasted).where(has_left),
            "revenue_amount": 1000.0,
            **columns,
        }
    )
    return conform(frame, CUSTOMER_FACTS)


def signals(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """SIGNALS of customers c000000, c000001, ...; NaN is not observed."""
    parts = [
        pd.DataFrame(
            {
                "customer_id": ids(len(values)),
                "signal_id": name,
                "value": values,
                "n": 1.0,
                "is_observed": ~np.isnan(values),
            }
        )
        for name, values in columns.items()
    ]
    return conform(pd.concat(parts, ignore_index=True), SIGNALS)
