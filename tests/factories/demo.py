"""Canonical tables straight from the demo company, as admission would make them, for tests of the later rooms."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.frames import Column, Kind
from contracts.ids import key_digest
from contracts.tables import TABLES
from extract.demo.company import DemoCompany
from extract.demo.known import known_facts
from extract.demo.timeline import NEVER, micros

_KNOWN_AT = {"tickets": "updated_at"}


def canonical(company: DemoCompany, as_of: datetime) -> dict[str, pa.Table]:
    """Every canonical table of the company at an instant; tables it does not have come back empty.

    Rows are sorted by key; `row_hash` is a digest of the key alone, since nothing here compares rows.
    """
    moment = micros(as_of)
    parts = [known_facts(company.block(n), company.facts(n), moment) for n in company.blocks]
    frames = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}
    here = set(frames["customers"].customer_id)
    frames["people"] = company.people
    frames["assignments"] = company.assignments[company.assignments.customer_id.isin(here)]
    return {name: _table(name, frames[name]) if name in frames else TABLES[name].empty() for name in TABLES}


def _table(name: str, frame: pd.DataFrame) -> pa.Table:
    table = TABLES[name]
    frame = frame.sort_values(list(table.key), kind="stable", ignore_index=True)
    columns = {column.name: _values(frame, column) for column in table.columns}
    keys = frame[list(table.key)].astype(str).agg("|".join, axis=1) if len(frame) else pd.Series([], dtype=object)
    event = _instants(frame[table.time]) if table.time else pa.nulls(len(frame), pa.timestamp("us"))
    known = _instants(frame[_KNOWN_AT[name]]) if name in _KNOWN_AT else event
    utc = pa.timestamp("us", tz="UTC")
    columns |= {
        "source": pa.array(["demo"] * len(frame), pa.string()),
        "row_key": pa.array(keys.tolist(), pa.string()),
        "row_hash": pa.array([key_digest(name, key) for key in keys], pa.string()),
        "event_at": event.cast(utc),
        "known_at": known.cast(utc),
    }
    return pa.table(columns, schema=table.schema)


def _values(frame: pd.DataFrame, column: Column) -> pa.Array:
    size = len(frame)
    if column.name not in frame:
        return pa.nulls(size)
    values = frame[column.name]
    if column.kind is Kind.INSTANT:
        return _instants(values).cast(pa.timestamp("us", tz="UTC"))
    if column.kind is Kind.DAY:
        return _instants(pd.to_datetime(values)) if values.dtype == object else _instants(values)
    if column.kind is Kind.MONEY:
        return pa.array([None if pd.isna(v) else Decimal(f"{v:.2f}") for v in values], pa.decimal128(18, 2))
    if column.kind is Kind.TEXT:
        return pa.array([None if pd.isna(v) else str(v) for v in values], pa.string())
    target = {Kind.INTEGER: pa.int64(), Kind.BOOLEAN: pa.bool_()}.get(column.kind, pa.float64())
    return pa.Array.from_pandas(values).cast(target)


def _instants(values: pd.Series) -> pa.Array:
    raw = values.to_numpy()
    if raw.dtype.kind == "M":
        return pa.array(raw.astype("datetime64[us]"), pa.timestamp("us"), from_pandas=True)
    numbers = raw.astype(np.int64)
    return pa.array(numbers, pa.int64(), mask=numbers == NEVER).cast(pa.timestamp("us"))
