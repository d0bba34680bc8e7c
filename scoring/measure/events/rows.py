"""Finds events: rows that hurt loyalty, or dates that come near. One source row is one event, told once.

Headlines are closed templates: `{column}` of the row, nothing else; they are filled, never evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from contracts.exchange import event_of
from contracts.frames import Column, Kind, Table, conform
from contracts.results import EVENTS
from contracts.rules import EventRule
from contracts.tables import CUSTOMERS, TABLES
from contracts.words import CustomerStatus
from scoring.errors import RuleRefused
from scoring.measure.asof import limit_of
from scoring.measure.conditions import DAY_MICROS, Parameters, column_sql, condition, micros
from scoring.measure.engine import engine, register
from scoring.measure.silence import silences

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_TIMES = (Kind.DAY, Kind.INSTANT)
_QUOTE_LENGTH = 400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def find_events(
    tables: Mapping[str, pa.Table], rules: Sequence[EventRule], facts: pd.DataFrame, *, as_of: datetime
) -> pd.DataFrame:
    """EVENTS frame, sorted by customer, instant and id.

    Args:
        tables: as-of view of the canonical tables.
        rules: what counts as an event. Without `within_days`: rows whose time is in [as_of - newer_than_days, as_of).
            With it: rows whose time is in [as_of, as_of + within_days); such an event happened on the day its date
            came within reach. `customer_filter` is asked of the row's customer. `silent_days`: see `silences`.
        facts: CUSTOMER_FACTS frame; customers that have left have no events.
        as_of: aware instant, exclusive.

    Raises:
        RuleRefused: if a filter, time column or placeholder does not fit its table.
    """
    present = facts.loc[facts["status"] != CustomerStatus.LEFT.value, "customer_id"]
    found: list[dict[str, object]] = []
    with engine() as connection:
        for rule in rules:
            read = silences if rule.silent_days else _dated
            found.extend(read(connection, tables, rule, as_of))
    frame = pd.DataFrame(found, columns=EVENTS.names)
    frame = frame.loc[frame["customer_id"].isin(set(present))]
    return conform(frame.sort_values(["customer_id", "happened_at", "event_id"], ignore_index=True), EVENTS)


def _dated(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table], rule: EventRule, as_of: datetime
) -> list[dict[str, object]]:
    return [_event(rule, row, as_of) for row in _rows(connection, tables, rule, as_of)]


def _rows(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table], rule: EventRule, as_of: datetime
) -> list[dict[str, Any]]:
    table, parameters = TABLES[rule.table], Parameters()
    shown = [*_placeholders(rule), *([rule.quote_column] if rule.quote_column else []), *_value_columns(rule)]
    needed = {
        "customer_id",
        "source",
        "row_key",
        rule.time_column,
        *table.key,
        *shown,
        *(f.column for f in rule.filter),
    }
    register(connection, tables, rule.table, needed)
    clock = column_sql(rule.time_column)
    kind = table.by_name[rule.time_column].kind
    if kind not in _TIMES:
        dated = [column.name for column in table.columns if column.kind in _TIMES]
        raise RuleRefused.of(rule.id, "time_column", f"'{rule.time_column}' is neither an instant nor a day", dated)
    now = micros(limit_of(kind, as_of))
    begins, ends = (now, now + (rule.within_days or 0) * DAY_MICROS)
    if not rule.within_days:
        begins, ends = now - rule.newer_than_days * DAY_MICROS, now
    where = condition(rule.filter, table, parameters, as_of=as_of, rule_id=rule.id)
    window = f"{clock} >= {parameters.add(begins)} AND {clock} < {parameters.add(ends)}"
    query = f"SELECT * FROM {column_sql(rule.table)} WHERE {window} AND {where}"
    if rule.customer_filter:
        fitting = _customers(connection, tables, rule, parameters, as_of)
        query += f" AND customer_id IN ({fitting})"
    rows: list[dict[str, Any]] = connection.sql(query, params=parameters.values).to_arrow_table().to_pylist()
    return rows


def _customers(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, pa.Table],
    rule: EventRule,
    parameters: Parameters,
    as_of: datetime,
) -> str:
    where = condition(rule.customer_filter, CUSTOMERS, parameters, as_of=as_of, rule_id=rule.id)
    if rule.table != CUSTOMERS.name:
        register(connection, tables, CUSTOMERS.name, {"customer_id", *(f.column for f in rule.customer_filter)})
    return f"SELECT customer_id FROM customers WHERE {where}"


def _event(rule: EventRule, row: Mapping[str, Any], as_of: datetime) -> dict[str, object]:
    table = TABLES[rule.table]
    moment = int(row[rule.time_column])
    row_key = row["row_key"] or "|".join(str(row[name]) for name in table.key)
    happened = moment - (rule.within_days or 0) * DAY_MICROS
    values = _value_columns(rule)
    quote = row[rule.quote_column] if rule.quote_column else None
    return {
        "event_id": event_of(str(row["customer_id"]), rule.id, rule.table, str(row_key)),
        "customer_id": row["customer_id"],
        "kind": rule.kind.value,
        "is_hard": rule.is_hard,
        "happened_at": min(_EPOCH + timedelta(microseconds=happened), as_of.astimezone(UTC)),
        "source": row["source"],
        "table": rule.table,
        "row_key": str(row_key),
        "headline": _headline(rule, row, table),
        "quote": str(quote)[:_QUOTE_LENGTH] if quote else None,
        "value": _days_ahead(rule, moment, as_of) if rule.within_days else _number(row, values),
    }


def _days_ahead(rule: EventRule, moment: int, as_of: datetime) -> float:
    kind = TABLES[rule.table].by_name[rule.time_column].kind
    return float(round((moment - micros(limit_of(kind, as_of))) / DAY_MICROS))


def _number(row: Mapping[str, Any], names: Sequence[str]) -> float | None:
    return float(row[names[0]]) if names and row[names[0]] is not None else None


def _value_columns(rule: EventRule) -> list[str]:
    """The number the rule is about: the first numeric column it compares."""
    columns = TABLES[rule.table].by_name
    numeric = (Kind.NUMBER, Kind.INTEGER, Kind.SHARE, Kind.MONEY)
    return [f.column for f in rule.filter if f.op in ("<", "<=", ">", ">=") and columns[f.column].kind in numeric][:1]


def _placeholders(rule: EventRule) -> list[str]:
    """Raises: RuleRefused if a placeholder is no plain column of the rule's table."""
    columns = TABLES[rule.table].by_name
    named = _PLACEHOLDER.findall(rule.headline)
    for name in named:
        if name not in columns:
            raise RuleRefused.of(rule.id, "headline", f"'{{{name}}}' is no column of {rule.table}", columns)
    return named


def _headline(rule: EventRule, row: Mapping[str, Any], table: Table) -> str:
    filled = _PLACEHOLDER.sub(lambda found: _said(row[found[1]], table.by_name[found[1]]), rule.headline)
    return " ".join(filled.split())


def _said(value: object, column: Column) -> str:
    """A value in a headline: dates as ISO days, numbers without needless digits, unknown as such."""
    if value is None:
        return "unknown"
    if column.kind in _TIMES and isinstance(value, int):
        return (_EPOCH + timedelta(microseconds=value)).date().isoformat()
    if column.kind is Kind.SHARE and isinstance(value, float):
        return f"{value:.0%}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column.kind in (Kind.NUMBER, Kind.INTEGER, Kind.MONEY):
        return f"{value:,.2f}".rstrip("0").rstrip(".") if not isinstance(value, int) else f"{value:,}"
    return str(value)
