"""Positions, cases and customers for tests of effects: small and literal, or drawn by the test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import CASES, CUSTOMER_FACTS, HISTORY
from contracts.weeks import Week

ROME = ZoneInfo("Europe/Rome")
FIRST = Week(2026, 2)


def history_of(loyalty: np.ndarray, *, retention: np.ndarray | None = None, gone: dict[int, int] | None = None):
    """A HISTORY frame: customers x weeks of loyalty; `gone`: place of a customer -> first week after it left."""
    size, weeks = loyalty.shape
    other = np.full(loyalty.shape, 60.0) if retention is None else retention
    rows = [
        {
            "customer_id": f"C{i:04d}",
            "week": str(FIRST.shift(w)),
            "state": "left" if gone and w >= gone.get(i, weeks) else "placed",
            "zone": "critical" if max(loyalty[i, w], other[i, w]) < 50 else "very_loyal",
            "loyalty": loyalty[i, w],
            "retention": other[i, w],
            "is_reconstructed": False,
        }
        for i in range(size)
        for w in range(weeks)
    ]
    return conform(pd.DataFrame(rows, columns=HISTORY.names), HISTORY)


def after(week: int, *, days: float = 0.4) -> datetime:
    """The Monday morning after a week, by place."""
    return FIRST.shift(week).ends_at(ROME) + timedelta(days=days)


def case_row(customer: int, week: int, playbook: str | None = "save", *, closed_days: float | None = 5, **more: object):
    """One row of CASES: opened on the morning after a week, closed some days later or not at all."""
    opened = after(week)
    base = {
        "case_id": f"CL-{customer}-{week}",
        "customer_id": f"C{customer:04d}",
        "template_id": "critical",
        "reason_key": f"r{week}",
        "title": "Became Critical",
        "status": "open" if closed_days is None else "closed",
        "is_open": closed_days is None,
        "owner_id": "P1",
        "opened_at": opened,
        "due_at": opened + timedelta(days=3),
        "closed_at": None if closed_days is None else opened + timedelta(days=closed_days),
        "escalation_step": 0,
        "row_version": 1,
        "playbook_id": playbook,
    }
    return base | more


def cases_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    return conform(pd.DataFrame(rows, columns=CASES.names), CASES)


def facts_of(size: int, **columns: object) -> pd.DataFrame:
    base = {
        "customer_id": [f"C{i:04d}" for i in range(size)],
        "name": [f"Customer {i}" for i in range(size)],
        "tier": "gold",
        "status": "active",
        "revenue_amount": 100_000.0,
    }
    return conform(pd.DataFrame(base | columns), CUSTOMER_FACTS)


NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
