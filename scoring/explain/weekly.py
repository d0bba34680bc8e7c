"""Measures by unit and week, so that any window before or after any cut is two look-ups.

Weeks are counted back from `as_of`: age 0 is the last seven days, age 1 the seven before them. A window that begins
before the first row of its measure is not known, which is not the same as empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.frames import Kind
from contracts.rules import Measure
from contracts.tables import TABLES
from scoring.arrays import Flags, Numbers, Places
from scoring.errors import RuleRefused
from scoring.measure.asof import limit_of
from scoring.measure.conditions import DAY_MICROS, Parameters, column_sql, condition, micros
from scoring.measure.engine import engine, register

WEEK_MICROS = 7 * DAY_MICROS
_TIMES = (Kind.INSTANT, Kind.DAY)


def fetch(
    tables: Mapping[str, pa.Table], measure: Measure, *, as_of: datetime, also: tuple[str, ...] = ()
) -> pd.DataFrame:
    """The rows a measure counts: `value`, `at` (microseconds), `age` in weeks before `as_of`, and the columns `also`.

    Args:
        tables: canonical tables as of the instant.
        measure: what is measured; `log2` is taken row by row.
        as_of: aware instant, exclusive.
        also: further columns of the measure's table.

    Raises:
        RuleRefused: if a filter does not fit its column, or the table has no such column.
    """
    contract = TABLES[measure.table]
    for name in also:
        if name not in contract.by_name:
            raise RuleRefused.of(measure.id, "unit", f"{measure.table} has no column '{name}'", contract.by_name)
    parameters = Parameters()
    value = _value(measure, parameters, as_of)
    kept = condition(measure.filter, contract, parameters, as_of=as_of, rule_id=measure.id)
    time = column_sql(measure.time)
    extra = "".join(f", {column_sql(name)}" for name in also)
    order = ", ".join(column_sql(name) for name in contract.key)
    sql = (
        f"SELECT {value} AS value, {time} AS at{extra} FROM {column_sql(measure.table)} "
        f"WHERE {kept} AND {time} IS NOT NULL ORDER BY {order}"
    )
    with engine() as connection:
        register(connection, tables, measure.table, measure.columns | {*also, *contract.key})
        rows = connection.execute(sql, parameters.used_in(sql)).df()
    now = micros(limit_of(contract.by_name[measure.time].kind, as_of))
    rows = rows.loc[rows["value"].notna() & (rows["at"] < now)].reset_index(drop=True)
    age = (now - 1 - rows["at"].to_numpy(np.int64)) // WEEK_MICROS
    return rows.assign(value=rows["value"].astype(float), age=age)


def _value(measure: Measure, parameters: Parameters, as_of: datetime) -> str:
    contract = TABLES[measure.table]
    if measure.aggregate == "count":
        return "1.0"
    if measure.aggregate == "share":
        hit = condition(measure.hit, contract, parameters, as_of=as_of, rule_id=measure.id, is_strict=True)
        return f"CASE WHEN {hit} THEN 1.0 WHEN NOT ({hit}) THEN 0.0 END"
    assert measure.column is not None
    number = f"CAST({column_sql(measure.column)} AS DOUBLE)"
    if measure.minus:
        number = f"({number} - {column_sql(measure.minus)}) / {float(DAY_MICROS)!r}"
    if measure.scale == "log2":
        return f"CASE WHEN {number} > 0 THEN log2({number}) END"
    return number


@dataclass(frozen=True, slots=True)
class Weekly:
    """Running sums over age of one measure: `sums[u, a]` is the sum over all ages below a of unit u."""

    measure: Measure
    units: pd.Index
    sums: Numbers
    counts: Numbers

    @property
    def reach(self) -> int:
        """How many weeks back the measure goes."""
        return int(self.sums.shape[1]) - 1

    def window(self, places: Places, start: Places, weeks: int) -> Numbers:
        """The measure of units over ages start .. start + weeks - 1; NaN where nothing is known.

        Args:
            places: positions in `units`.
            start: youngest age of each window.
            weeks: length.
        """
        if self.measure.scale == "growth":
            after, before = (self._sum(places, begin, weeks)[0] for begin in (start, start + weeks))
            grown = (after > 0) & (before > 0)
            ratio = np.divide(after, before, out=np.ones_like(after), where=grown)
            return np.where(grown, 100.0 * np.log(ratio), np.nan)
        total, count = self._sum(places, start, weeks)
        if self.measure.aggregate in ("mean", "share"):
            empty = 0.0 if self.measure.zero_is_observed else np.nan
            value = np.divide(total, count, out=np.full_like(total, empty), where=count > 0)
            return np.where(np.isnan(total), np.nan, value)
        known = (count > 0) | self.measure.zero_is_observed
        return np.where(known, total, np.nan)

    def _sum(self, places: Places, start: Places, weeks: int) -> tuple[Numbers, Numbers]:
        inside = (start >= 0) & (start + weeks <= self.reach)
        begin, end = np.where(inside, start, 0), np.where(inside, start + weeks, 0)
        total = self.sums[places, end] - self.sums[places, begin]
        count = self.counts[places, end] - self.counts[places, begin]
        return np.where(inside, total, np.nan), np.where(inside, np.rint(count), 0.0)


def weekly(rows: pd.DataFrame, measure: Measure, units: pd.Index, of: pd.Series) -> Weekly:
    """Rows from `fetch`, gathered by the unit that `of` names for each row; rows of no unit are left out."""
    places = np.asarray(units.get_indexer(pd.Index(of)), dtype=np.intp)
    known: Flags = places >= 0
    age = rows["age"].to_numpy(np.int64)
    reach = int(age.max()) + 1 if len(age) else 0
    shape = (len(units), reach + 1)
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, (places[known], age[known] + 1), rows["value"].to_numpy(float)[known])
    np.add.at(counts, (places[known], age[known] + 1), 1.0)
    return Weekly(measure, units, sums.cumsum(axis=1), counts.cumsum(axis=1))
