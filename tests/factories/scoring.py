"""Small canonical tables and result frames for tests of scoring: name what matters, the rest is filled in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa

from contracts.frames import Frame, Kind, conform
from contracts.results import CASES, CONTRIBUTIONS, CUSTOMER_FACTS, EVENTS, PLACEMENTS, SCORES, TRANSITIONS
from contracts.rules import Filter, Lines, SignalRule, Thresholds
from contracts.tables import TABLES
from contracts.words import Axis

AS_OF = datetime(2026, 11, 23, tzinfo=UTC)
"""Monday 00:00 UTC, so that days and instants agree; closes 2026-W47."""

WEEK = "2026-W47"


def ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def table(name: str, rows: Iterable[dict[str, Any]]) -> pa.Table:
    """A canonical table; keys are numbered, the event is the table's own time, and that is when it became known."""
    contract = TABLES[name]
    filled = []
    for number, row in enumerate(rows):
        base: dict[str, Any] = dict.fromkeys(contract.schema.names)
        base |= {key: f"{key}-{number:04d}" for key in contract.key if key != "customer_id"}
        base |= (
            {"customer_id": "A", "source": "test", "row_key": f"{name}-{number:04d}"} if contract.per_customer else {}
        )
        base |= row
        moment = base[contract.time] if contract.time else None
        base["event_at"] = row.get("event_at", _aware(moment))
        base["known_at"] = row.get("known_at", base["event_at"])
        for column in contract.columns:
            value = base[column.name]
            if column.kind is Kind.DAY and isinstance(value, datetime):
                base[column.name] = value.replace(tzinfo=None)
        filled.append({key: base[key] for key in contract.schema.names})
    return pa.Table.from_pylist(filled, schema=contract.schema)


def _aware(moment: Any) -> datetime | None:
    return moment.replace(tzinfo=moment.tzinfo or UTC) if isinstance(moment, datetime) else None


def customers(*ids: str, **facts: Any) -> pa.Table:
    return table("customers", [{"customer_id": i, "name": f"Customer {i}", **facts} for i in ids or ("A",)])


def rule(**changes: Any) -> SignalRule:
    base: dict[str, Any] = {
        "id": "signal",
        "name": "Signal",
        "table": "tickets",
        "aggregate": "count",
        "bad": 10.0,
        "good": 0.0,
        "weight": 1.0,
        "axis": "loyalty",
        "tier": "operational",
        "unit": "tickets",
    }
    return SignalRule.model_validate(base | changes)


def where(column: str, op: Any, value: Any = None) -> Filter:
    return Filter(column=column, op=op, value=value)


def thresholds(**changes: Any) -> Thresholds:
    base: dict[str, Any] = {
        "lines": Lines(loyalty=50, retention=60),
        "dead_band": 2.0,
        "confirmation_weeks": 2,
        "coverage_floor": 0.5,
    }
    return Thresholds.model_validate(base | changes)


def frame(contract: Frame, rows: Iterable[dict[str, Any]], **defaults: Any) -> pd.DataFrame:
    filled = [dict.fromkeys(contract.names) | defaults | row for row in rows]
    return conform(pd.DataFrame(filled, columns=contract.names, dtype=object), contract)


def facts(*rows: dict[str, Any]) -> pd.DataFrame:
    filled = [{"name": f"Customer {row['customer_id']}", "status": "active", **row} for row in rows]
    return frame(CUSTOMER_FACTS, filled)


def scores(values: dict[str, tuple[float | None, float | None]], coverage: float = 1.0) -> pd.DataFrame:
    """SCORES of customers given as (loyalty, retention)."""
    rows = [
        {
            "customer_id": customer,
            "axis": axis.value,
            "score": value,
            "coverage": coverage if value is not None else 0.0,
        }
        for customer, pair in values.items()
        for axis, value in zip(Axis, pair, strict=True)
    ]
    return frame(SCORES, rows, standard_error=1.0, signal_count=3)


def placements(*rows: dict[str, Any]) -> pd.DataFrame:
    defaults = {
        "week": WEEK,
        "state": "placed",
        "status": "active",
        "loyalty": 70.0,
        "retention": 80.0,
        "loyalty_se": 1.0,
        "retention_se": 1.0,
        "loyalty_coverage": 1.0,
        "retention_coverage": 1.0,
        "is_borderline": False,
        "pending_weeks": 0,
        "loyalty_line": 50.0,
        "retention_line": 60.0,
    }
    return frame(PLACEMENTS, rows, **defaults)


def contributions(*rows: dict[str, Any]) -> pd.DataFrame:
    return frame(CONTRIBUTIONS, rows, axis="loyalty", n=1.0, reference_score=50.0, contribution=0.0)


def transitions(*rows: dict[str, Any]) -> pd.DataFrame:
    defaults = {"week": WEEK, "kind": "moved", "cause": "customer", "is_borderline": False, "weeks_apart": 1}
    return frame(TRANSITIONS, rows, **defaults)


def events(*rows: dict[str, Any]) -> pd.DataFrame:
    defaults = {"is_hard": True, "happened_at": ago(1), "table": "tickets", "row_key": "1", "headline": "An outage"}
    return frame(EVENTS, rows, **defaults)


def cases(*rows: dict[str, Any]) -> pd.DataFrame:
    defaults = {
        "title": "x",
        "status": "open",
        "is_open": True,
        "opened_at": ago(3),
        "escalation_step": 0,
        "row_version": 1,
    }
    return frame(CASES, rows, **defaults)


def people(*rows: dict[str, Any]) -> pd.DataFrame:
    names = [column.name for column in TABLES["people"].columns]
    filled = [{"name": row["person_id"], "level": "individual", "business_unit": "sales", **row} for row in rows]
    return pd.DataFrame(filled, columns=names)


def assignments(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["customer_id", "person_id", "role"])
