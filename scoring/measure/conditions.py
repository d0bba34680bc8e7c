"""Structured filters to parameterised SQL. Column names come from the contract, values only as parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from contracts.frames import Column, Kind, Table
from contracts.rules import Filter
from scoring.errors import RuleRefused
from scoring.measure.asof import limit_of

DAY_MICROS = 86_400_000_000
_RELATIVE = re.compile(r"^as_of(?:([+-])(\d+)d)?$")
_PARAMETER = re.compile(r"\$(p\d+)\b")
_TIMES = (Kind.DAY, Kind.INSTANT)
_NUMBERS = (Kind.INTEGER, Kind.NUMBER, Kind.SHARE, Kind.MONEY)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, as the engine holds instants; a moment without zone counts as it reads."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


class Parameters:
    """The values of one statement, named in the order they were asked for; equal values share a name."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self._names: dict[tuple[type, object], str] = {}

    def add(self, value: object) -> str:
        key = (type(value), value)
        if key not in self._names:
            self._names[key] = f"p{len(self._names)}"
            self.values[self._names[key]] = value
        return f"${self._names[key]}"

    def used_in(self, sql: str) -> dict[str, object]:
        """The values this statement asks for; the engine refuses any other."""
        named = set(_PARAMETER.findall(sql))
        return {name: value for name, value in self.values.items() if name in named}


def column_sql(name: str) -> str:
    return f'"{name}"'


def condition(
    filters: Sequence[Filter],
    table: Table,
    parameters: Parameters,
    *,
    as_of: datetime,
    rule_id: str,
    is_strict: bool = False,
) -> str:
    """All filters, joined by AND; `TRUE` when there is none.

    Args:
        is_strict: an unknown value makes the condition unknown (for `hit`: such a row is no evidence either way).
            Otherwise an unknown value is different from every value, so `!=` and `not in` keep the row.

    Raises:
        RuleRefused: if a column is not in the table, or a value does not fit its column.
    """
    parts = [_one(f, table, parameters, as_of, rule_id, is_strict=is_strict) for f in filters]
    return " AND ".join(parts) if parts else "TRUE"


def _one(f: Filter, table: Table, parameters: Parameters, as_of: datetime, rule_id: str, *, is_strict: bool) -> str:
    if f.column not in table.by_name:
        raise RuleRefused.of(rule_id, "filter", f"{table.name} has no column '{f.column}'", table.by_name)
    column = table.by_name[f.column]
    name = _comparable(column)
    if f.op in ("is null", "is not null"):
        return f"({name} {f.op.upper()})"
    if f.op in ("in", "not in"):
        if not isinstance(f.value, list) or not f.value:
            raise RuleRefused.of(rule_id, f.column, f"'{f.op}' needs a list of values, got {f.value!r}")
        listed = ", ".join(parameters.add(_fitting(v, column, as_of, rule_id)) for v in f.value)
        test = f"{name} {f.op.upper()} ({listed})"
        return f"({name} IS NULL OR {test})" if f.op == "not in" and not is_strict else f"({test})"
    value = parameters.add(_fitting(f.value, column, as_of, rule_id))
    if f.op == "!=":
        return f"({name} <> {value})" if is_strict else f"({name} IS DISTINCT FROM {value})"
    return f"({name} {'=' if f.op == '==' else f.op} {value})"


def _comparable(column: Column) -> str:
    name = column_sql(column.name)
    return f"CAST({name} AS DOUBLE)" if column.kind is Kind.MONEY else name


def _fitting(value: object, column: Column, as_of: datetime, rule_id: str) -> object:
    """The filter's value as its column compares it; dates are ISO or relative: `as_of+90d`."""
    if column.kind is Kind.BOOLEAN and isinstance(value, bool):
        return value
    if column.kind in _NUMBERS and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if column.kind is Kind.TEXT and isinstance(value, str):
        return value
    if column.kind in _TIMES and isinstance(value, str):
        return _moment(value, column, as_of, rule_id)
    raise RuleRefused.of(rule_id, column.name, f"{value!r} does not fit a column of kind {column.kind}")


def _moment(text: str, column: Column, as_of: datetime, rule_id: str) -> int:
    relative = _RELATIVE.match(text)
    if relative:
        days = int(relative[2] or 0) * (-1 if relative[1] == "-" else 1)
        return micros(limit_of(column.kind, as_of)) + days * DAY_MICROS
    try:
        return micros(datetime.fromisoformat(text))
    except ValueError as exc:
        raise RuleRefused.of(
            rule_id, column.name, f"'{text}' is no date", ["2026-11-23", "as_of", "as_of+90d", "as_of-30d"]
        ) from exc
