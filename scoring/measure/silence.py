"""Silence as an event: nobody at the customer answered, asked or called for so many days, in any of several tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from contracts.exchange import event_of
from contracts.frames import Kind
from contracts.rules import EventRule
from contracts.tables import TABLES
from scoring.errors import RuleRefused
from scoring.measure.asof import limit_of
from scoring.measure.conditions import DAY_MICROS, Parameters, column_sql, condition, micros
from scoring.measure.engine import register

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def silences(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table], rule: EventRule, as_of: datetime
) -> list[dict[str, object]]:
    """EVENTS rows of customers whose newest sign of life has just become `silent_days` old.

    The newest row counts over the rule's table (with its filter) and all tables in `also`. The event happens
    `silent_days` after it, is looked for during `newer_than_days`, and is named by that row: a new sign of life
    makes a new silence possible. A customer that never showed a sign has no silence to begin.

    Raises:
        RuleRefused: if the rule filters by customer or its headline has placeholders: there is no row to ask.
    """
    if rule.customer_filter or "{" in rule.headline:
        raise RuleRefused.of(rule.id, "headline", "silence has no row; use no placeholder and no customer_filter")
    newest: dict[str, tuple[int, str, str]] = {}
    for table, column in {rule.table: rule.time_column, **rule.also}.items():
        for customer, moment, row_key in _last_rows(connection, tables, rule, table, column, as_of):
            newest[customer] = max(newest.get(customer, (moment, table, row_key)), (moment, table, row_key))
    begins = micros(as_of) - (rule.newer_than_days + (rule.silent_days or 0)) * DAY_MICROS
    ends = micros(as_of) - (rule.silent_days or 0) * DAY_MICROS
    return [
        {
            "event_id": event_of(customer, rule.id, table, row_key),
            "customer_id": customer,
            "kind": rule.kind.value,
            "is_hard": rule.is_hard,
            "happened_at": _EPOCH + timedelta(microseconds=moment, days=rule.silent_days or 0),
            "source": None,
            "table": table,
            "row_key": row_key,
            "headline": rule.headline,
            "quote": None,
            "value": float(rule.silent_days or 0),
        }
        for customer, (moment, table, row_key) in newest.items()
        if begins <= moment < ends
    ]


def _last_rows(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, pa.Table],
    rule: EventRule,
    name: str,
    column: str,
    as_of: datetime,
) -> list[tuple[str, int, str]]:
    """Per customer the time and key of its newest row before `as_of`."""
    contract, parameters = TABLES[name], Parameters()
    kind = contract.by_name[column].kind
    if kind not in (Kind.DAY, Kind.INSTANT):
        raise RuleRefused.of(rule.id, "also", f"'{column}' of {name} is neither an instant nor a day")
    filters = rule.filter if name == rule.table else []
    needed = {"customer_id", "row_key", column, *contract.key, *(f.column for f in filters)}
    register(connection, tables, name, needed)
    where = condition(filters, contract, parameters, as_of=as_of, rule_id=rule.id)
    now = parameters.add(micros(limit_of(kind, as_of)))
    key = f"coalesce(row_key, CAST({column_sql(contract.key[0])} AS VARCHAR))"
    query = (
        f"SELECT customer_id, max({column_sql(column)}) AS moment, arg_max({key}, {column_sql(column)}) AS row_key "
        f"FROM {column_sql(name)} WHERE {column_sql(column)} < {now} AND {where} GROUP BY customer_id"
    )
    rows: list[dict[str, Any]] = connection.sql(query, params=parameters.values).to_arrow_table().to_pylist()
    return [(str(row["customer_id"]), int(row["moment"]), str(row["row_key"])) for row in rows]
