"""Canonical tables straight from the demo company, as admission would make them, for tests of the later rooms."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from contracts.frames import Column, Kind
from contracts.tables import TABLES
from extract.demo.company import DemoCompany
from extract.demo.constituency import build_constituency
from extract.demo.known import known_facts
from extract.demo.timeline import NEVER, micros

_KNOWN_AT = {"tickets": "updated_at"}


def canonical(company: DemoCompany, as_of: datetime) -> dict[str, pa.Table]:
    """Every canonical table of the company at an instant; tables it does not have come back empty.

    Rows are sorted by key; `row_hash` is the key itself, since nothing here compares rows.
    """
    moment = micros(as_of)
    parts = [known_facts(company.block(n), company.facts(n), moment) for n in company.blocks]
    frames = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}
    here = set(frames["customers"].customer_id)
    frames["people"] = company.people
    frames["assignments"] = company.assignments[company.assignments.customer_id.isin(here)]
    frames["constituency_measures"] = build_constituency(company, moment)
    return {name: _table(name, frames[name]) if name in frames else TABLES[name].empty() for name in TABLES}


def _table(name: str, frame: pd.DataFrame) -> pa.Table:
    table = TABLES[name]
    frame = frame.sort_values(list(table.key), kind="stable", ignore_index=True)
    columns = {column.name: _values(frame, column) for column in table.columns}
    first, *others = (frame[name].astype(str) for name in table.key)
    keys = pa.array(first.str.cat(others, sep="|") if others else first, pa.string())
    event = _instants(frame[table.time]) if table.time else pa.nulls(len(frame), pa.timestamp("us"))
    known = _instants(frame[_KNOWN_AT[name]]) if name in _KNOWN_AT else event
    utc = pa.timestamp("us", tz="UTC")
    columns |= {
        "source": pa.array(["demo"] * len(frame), pa.string()),
        "row_key": keys,
        "row_hash": keys,
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
        amounts = pa.Array.from_pandas(values).cast(pa.float64())
        return pc.round(amounts, 2).cast(pa.decimal128(18, 2), safe=False)
    if column.kind is Kind.TEXT:
        return pa.array(values.astype(object), pa.string(), from_pandas=True)
    target = {Kind.INTEGER: pa.int64(), Kind.BOOLEAN: pa.bool_()}.get(column.kind, pa.float64())
    return pa.Array.from_pandas(values).cast(target)


def _instants(values: pd.Series) -> pa.Array:
    raw = values.to_numpy()
    if raw.dtype.kind == "M":
        return pa.array(raw.astype("datetime64[us]"), pa.timestamp("us"), from_pandas=True)
    numbers = raw.astype(np.int64)
    return pa.array(numbers, pa.int64(), mask=numbers == NEVER).cast(pa.timestamp("us"))
