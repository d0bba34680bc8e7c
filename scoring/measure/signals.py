"""Measures signals: per customer and rule a value, its number of facts, their variance, and whether it was observed.

Missing is never zero: without a fact the value is null. A count of nothing is an observed zero only where the rule
says so and its table comes from a fresh source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.frames import Kind
from contracts.results import SIGNAL_WORDS, SIGNALS
from contracts.rules import SignalRule
from contracts.tables import TABLES
from scoring.arrays import Numbers, framed, instants, numbers, texts
from scoring.measure.asof import limit_of
from scoring.measure.compile import centre, statement
from scoring.measure.conditions import DAY_MICROS, column_sql, micros
from scoring.measure.engine import engine, register

Part = Callable[[str], Numbers]

_DECIMALS = 9
"""Values are rounded here, so that the order in which floats were added cannot show in any score."""

_ZERO_OF_NOTHING = frozenset({"count", "sum", "distinct_count", "days_since_first"})
"""Aggregates that are 0 when there is nothing: no open ticket has waited for 0 days."""

_ENDS = {"install_base": "removed_on", "agreements": "ended_on", "contacts": "left_on"}
"""`per` divides by what is there now: rows of these tables that have ended do not count."""


def measure(
    tables: Mapping[str, pa.Table], rules: Sequence[SignalRule], *, as_of: datetime, fresh: frozenset[str]
) -> pd.DataFrame:
    """Every signal of every customer.

    Args:
        tables: as-of view of the canonical tables; absent tables count as empty.
        rules: what to measure. Windows are half-open: [as_of - window_days, as_of).
        as_of: aware instant, exclusive.
        fresh: tables backed by a fresh source; only there "no row" is an observed zero.

    Returns:
        SIGNALS frame, one row per customer and rule, in the order of `customers` by id and of `rules`.
    """
    with engine() as connection:
        register(connection, tables, "customers", ["customer_id"])
        customers = connection.sql("SELECT customer_id FROM customers ORDER BY customer_id").to_arrow_table()
        connection.register("everyone", customers.append_column("place", pa.array(np.arange(customers.num_rows))))
        sums: dict[str, Numbers] = {}
        for name in sorted({rule.table for rule in rules}):
            sums |= _sums_of(connection, tables, [rule for rule in rules if rule.table == name], as_of)
        counts = {per: _row_counts(connection, tables, per) for per in sorted({r.per for r in rules if r.per})}
    measured = [_finished(rule, sums, counts, as_of, is_fresh=rule.table in fresh) for rule in rules]
    return _long(customers["customer_id"], rules, measured)


def signal_words(rules: Sequence[SignalRule]) -> pd.DataFrame:
    """SIGNAL_WORDS frame: how each signal is said. `{window_days}` is filled in; `{value}` and `{n}` remain."""
    rows = {
        "signal_id": [rule.id for rule in rules],
        "name": [rule.name for rule in rules],
        "unit": [rule.unit for rule in rules],
        "axis": [rule.axis.value for rule in rules],
        "tier": [rule.tier.value for rule in rules],
        "sentence": [rule.sentence.replace("{window_days}", str(rule.window_days or "")) for rule in rules],
        "bad": [rule.bad for rule in rules],
        "good": [rule.good for rule in rules],
    }
    return framed(rows, SIGNAL_WORDS)


def _sums_of(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table], rules: Sequence[SignalRule], as_of: datetime
) -> dict[str, Numbers]:
    built = statement(rules, as_of=as_of)
    register(connection, tables, rules[0].table, built.columns)
    query = (
        f"SELECT m.* EXCLUDE (customer_id) FROM everyone e LEFT JOIN ({built.sql}) m USING (customer_id) "
        "ORDER BY e.place"
    )
    result = connection.sql(query, params=built.parameters).to_arrow_table()
    return {name: result[name].to_numpy() for name in result.column_names}


def _row_counts(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table], name: str) -> Numbers:
    register(connection, tables, name, ["customer_id", _ENDS.get(name, "customer_id")])
    alive = f"WHERE {column_sql(_ENDS[name])} IS NULL" if name in _ENDS else ""
    query = (
        f"SELECT n FROM everyone LEFT JOIN (SELECT customer_id, CAST(count(*) AS DOUBLE) AS n FROM {column_sql(name)} "
        f"{alive} GROUP BY customer_id) USING (customer_id) ORDER BY place"
    )
    counts: Numbers = connection.sql(query).to_arrow_table()["n"].to_numpy()
    return counts


def _finished(
    rule: SignalRule, sums: Mapping[str, Numbers], counts: Mapping[str, Numbers], as_of: datetime, *, is_fresh: bool
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """value, n, variance and last instant (microseconds) of one rule for all customers; NaN means none."""

    def part(name: str) -> Numbers:
        return sums[f"{rule.id}__{name}"]

    rows = np.nan_to_num(part("k"))
    n = rows
    variance = np.full(rows.size, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        if rule.aggregate.startswith("days_"):
            value = _days(rule, part("t"), as_of)
        elif rule.aggregate in ("latest", "min", "max", "distinct_count"):
            value = np.where(rows > 0, part("x"), np.nan)
            n = np.minimum(rows, 1.0) if rule.aggregate == "latest" else rows
        elif rule.aggregate == "trend":
            value, n = _relative_change(part, rows, is_zero=rule.zero_is_observed and is_fresh)
        else:
            weight = part("sw")
            n = np.nan_to_num(weight**2 / part("sww")) if rule.half_life_days else rows
            value, variance = _averaged(rule, part, weight, n)
        if rule.aggregate in _ZERO_OF_NOTHING and rule.zero_is_observed and is_fresh:
            value = np.where(rows > 0, value, 0.0)
            observed = ~np.isnan(value)
        else:
            observed = ~np.isnan(value) & (n >= rule.minimum_n)
        if rule.per:
            value = value / counts[rule.per]
            observed &= ~np.isnan(value)
    return np.where(observed, value, np.nan), n, np.where(observed, variance, np.nan), part("last")


def _averaged(rule: SignalRule, part: Part, weight: Numbers, n: Numbers) -> tuple[Numbers, Numbers]:
    """Counts and weighted means; the variance is that of one fact, unbiased by the effective number of facts."""
    if rule.aggregate == "count":
        return np.where(n > 0, weight, np.nan), np.full(n.size, np.nan)
    if rule.aggregate == "sum":
        return np.where(n > 0, part("sx"), np.nan), np.full(n.size, np.nan)
    away = part("sx") / weight
    spread = np.maximum(part("sxx") / weight - away**2, 0.0)
    variance = np.where(n > 1, spread * n / (n - 1), np.nan)
    value = part("x") if rule.aggregate == "median" else centre(rule) + away
    return value, variance


def _days(rule: SignalRule, moment: Numbers, as_of: datetime) -> Numbers:
    """Days between a moment and `as_of`; between dates they are whole days."""
    table = TABLES[rule.table]
    kind = table.by_name[rule.time_column or table.time or ""].kind
    days: Numbers = np.abs(moment - micros(limit_of(kind, as_of))) / DAY_MICROS
    return np.round(days) if kind is Kind.DAY else days


def _relative_change(part: Part, rows: Numbers, *, is_zero: bool) -> tuple[Numbers, Numbers]:
    """(this window - the one before) / |the one before|; null when there was nothing before."""
    before, rows_before = part("before"), np.nan_to_num(part("kbefore"))
    now = np.where(rows > 0, part("x"), 0.0 if is_zero else np.nan)
    value = np.where((rows_before > 0) & (before != 0), (now - before) / np.abs(before), np.nan)
    return value, rows_before if is_zero else np.minimum(rows, rows_before)


def _long(
    customers: pa.ChunkedArray[Any], rules: Sequence[SignalRule], measured: Sequence[tuple[Numbers, ...]]
) -> pd.DataFrame:
    """One row per customer and rule, customer by customer."""
    many, size = len(rules), len(customers)
    value, n, variance, last = (
        np.stack([one[part] for one in measured], axis=1).ravel() if many else np.empty(0) for part in range(4)
    )
    columns = {
        "customer_id": texts(pa.concat_arrays(customers.chunks), np.repeat(np.arange(size), many)),
        "signal_id": texts([rule.id for rule in rules], np.tile(np.arange(many), size)),
        "value": numbers(value, decimals=_DECIMALS),
        "n": numbers(n, decimals=_DECIMALS),
        "variance": numbers(variance, decimals=_DECIMALS),
        "last_at": instants(last),
        "is_observed": ~np.isnan(value),
    }
    return framed(columns, SIGNALS)
