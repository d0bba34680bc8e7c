"""Counts rows per customer in windows of seven days, and what they are held against. One bucket at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.frames import Kind, conform
from contracts.results import COUNTS
from contracts.rules import CountedRules, DriftRule, SpikeRule
from contracts.rules.counted import WEEKS
from contracts.tables import TABLES
from contracts.words import CustomerStatus
from scoring.arrays import Numbers
from scoring.errors import RuleRefused
from scoring.measure.asof import limit_of
from scoring.measure.conditions import DAY_MICROS, Parameters, column_sql, condition, micros
from scoring.measure.engine import engine, register

N_COLUMNS = [f"n{ago:02d}" for ago in range(WEEKS)]
V_COLUMNS = [f"v{ago:02d}" for ago in range(WEEKS)]
_WEEK = 7 * DAY_MICROS
_TIMES = (Kind.DAY, Kind.INSTANT)


def weekly_counts(
    tables: Mapping[str, pa.Table], rules: CountedRules, facts: pd.DataFrame, *, as_of: datetime
) -> pd.DataFrame:
    """COUNTS frame of these customers, sorted by key.

    Args:
        tables: as-of view of the canonical tables.
        rules: what is counted.
        facts: CUSTOMER_FACTS frame; customers that have left are not counted, and no week before `since_on` is.
        as_of: aware instant, exclusive; the newest window ends there.

    Raises:
        RuleRefused: if a time column is none, or a filter does not fit its table.
    """
    present = facts.loc[facts["status"] != CustomerStatus.LEFT.value].set_index("customer_id")
    parts = []
    with engine() as connection:
        for rule in rules.rules:
            rows = _rows(connection, tables, rule, as_of)
            rows = rows.loc[rows["customer_id"].isin(present.index)]
            customers = sorted(rows["customer_id"].unique())
            if customers:
                values = _values(rows, customers) if _is_mean(rule) else None
                if values is None:
                    values = _exposure(tables if rule.per_install_base else {}, present.loc[customers], as_of)
                parts.append(_frame(rule.id, customers, _spread(rows, customers, "n", 0.0), values))
    whole = pd.concat(parts, ignore_index=True) if parts else COUNTS.empty()
    return conform(whole.sort_values(["customer_id", "rule_id"], ignore_index=True), COUNTS)


def _is_mean(rule: SpikeRule | DriftRule) -> bool:
    return isinstance(rule, DriftRule) and rule.method == "ewma"


def _rows(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table], rule: SpikeRule | DriftRule, as_of: datetime
) -> pd.DataFrame:
    table, parameters = TABLES[rule.table], Parameters()
    kind = table.by_name[rule.time_column].kind
    if kind not in _TIMES:
        dated = [column.name for column in table.columns if column.kind in _TIMES]
        raise RuleRefused.of(rule.id, "time_column", f"'{rule.time_column}' is neither an instant nor a day", dated)
    measured = rule.column if isinstance(rule, DriftRule) else None
    needed = {"customer_id", rule.time_column, *table.key, *(f.column for f in rule.filter)}
    register(connection, tables, rule.table, needed | ({measured} if measured else set()))
    now = micros(limit_of(kind, as_of))
    clock = column_sql(rule.time_column)
    where = condition(rule.filter, table, parameters, as_of=as_of, rule_id=rule.id)
    begins, ends = parameters.add(now - WEEKS * _WEEK), parameters.add(now)
    value = f"avg(CAST({column_sql(measured)} AS DOUBLE))" if measured else "NULL"
    known = f" AND {column_sql(measured)} IS NOT NULL" if measured else ""
    query = (
        f"SELECT customer_id, CAST(({ends} - 1 - {clock}) // {_WEEK} AS INTEGER) AS ago, count(*) AS n, "
        f"round({value}, 9) AS v FROM {column_sql(rule.table)} "
        f"WHERE {clock} >= {begins} AND {clock} < {ends} AND {where}{known} GROUP BY ALL"
    )
    found: Any = connection.sql(query, params=parameters.values).to_arrow_table()
    frame: pd.DataFrame = found.to_pandas()
    return frame


def _spread(rows: pd.DataFrame, customers: list[str], name: str, empty: float) -> Numbers:
    grid = np.full((len(customers), WEEKS), empty)
    place = pd.Index(customers).get_indexer(pd.Index(rows["customer_id"]))
    grid[place, rows["ago"].to_numpy(int)] = rows[name].to_numpy(float)
    return grid


def _values(rows: pd.DataFrame, customers: list[str]) -> Numbers:
    return _spread(rows, customers, "v", np.nan)


def _exposure(tables: Mapping[str, pa.Table], present: pd.DataFrame, as_of: datetime) -> Numbers:
    """Systems installed at the end of each week, at least the fewest the customer ever had; 1 without a list of them.

    Weeks before the customer was ours count nothing.
    """
    today = limit_of(Kind.DAY, as_of)
    ends = np.array([today - timedelta(weeks=ago) for ago in range(WEEKS)], dtype="datetime64[us]")
    installed = _installed(tables, present.index, ends)
    some = np.where(installed > 0, installed, np.inf).min(axis=1)
    floor = np.where(np.isfinite(some), some, 1.0)
    exposure = np.maximum(installed, floor[:, None])
    since = present["since_on"].to_numpy("datetime64[us]")[:, None]
    is_ours = np.isnat(since) | (since < ends[None, :])
    return np.where(is_ours, exposure, 0.0)


def _installed(tables: Mapping[str, pa.Table], customers: pd.Index, ends: np.ndarray[Any, Any]) -> Numbers:
    total = np.zeros((len(customers), WEEKS))
    table = tables.get("install_base")
    if table is None or not table.num_rows:
        return total
    assets = table.select(["customer_id", "quantity", "installed_on", "removed_on"]).to_pandas()
    place = customers.get_indexer(pd.Index(assets["customer_id"]))
    assets, place = assets.loc[place >= 0], place[place >= 0]
    quantity = assets["quantity"].fillna(1.0).to_numpy(float)
    begins = assets["installed_on"].to_numpy("datetime64[us]")
    removed = assets["removed_on"].to_numpy("datetime64[us]")
    for ago, end in enumerate(ends):
        there = (np.isnat(begins) | (begins < end)) & (np.isnat(removed) | (removed >= end))
        total[:, ago] = np.bincount(place[there], quantity[there], minlength=len(customers))
    return total


def _frame(rule_id: str, customers: list[str], counts: Numbers, values: Numbers) -> pd.DataFrame:
    keys = pd.DataFrame({"customer_id": customers, "rule_id": rule_id})
    grids = pd.DataFrame(np.hstack([counts, values]), columns=[*N_COLUMNS, *V_COLUMNS])
    return pd.concat([keys, grids], axis=1)
