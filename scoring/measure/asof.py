"""What was known at an instant: rows that had happened, and values that had been settled, before `as_of`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from contracts.frames import ARROW, Column, Kind, Table
from contracts.tables import TABLES

_Chunks = Any  # pyarrow's compute functions are typed per value type, which says nothing here


def limit_of(kind: Kind, as_of: datetime) -> datetime:
    """`as_of` as a column of this kind is compared with it.

    A day has no zone, so it meets the wall clock that `as_of` carries: pass `as_of` in the workspace's zone to
    be exact west of Greenwich.
    """
    return as_of.replace(tzinfo=None) if kind is Kind.DAY else as_of


def as_of_view(
    tables: Mapping[str, pa.Table], as_of: datetime, *, by: Literal["event_at", "known_at"] = "event_at"
) -> dict[str, pa.Table]:
    """The canonical tables as they stood just before `as_of`.

    Args:
        tables: canonical tables by name, with provenance columns.
        as_of: aware instant, exclusive.
        by: `event_at` drops rows that had not happened; `known_at` also drops rows that had not arrived, which is
            what training and back-tests must use. Rows without a date stay: a list of people has no instant.

    Returns:
        Tables of the same schema. A column with `known_from` is null (or `until_then`) where that instant is null
        or not before `as_of`; values in `from_start` stay, because they were true from the row's first day.
    """
    return {name: _view(TABLES[name], table, as_of, by) for name, table in tables.items()}


def _view(contract: Table, table: pa.Table, as_of: datetime, by: str) -> pa.Table:
    keep = _before(table["event_at"], Kind.INSTANT, as_of, if_null=True)
    if by == "known_at":
        keep = pc.and_(keep, _before(table["known_at"], Kind.INSTANT, as_of, if_null=True))
    if not pc.all(keep).as_py():
        table = table.filter(keep)
    if not table.num_rows:
        return table
    settled = {
        name: _before(table[name], contract.by_name[name].kind, as_of, if_null=False)
        for name in {column.known_from for column in contract.columns if column.known_from}
    }
    for column in contract.columns:
        if column.known_from:
            index = table.schema.get_field_index(column.name)
            blanked = _settled_only(table[column.name], settled[column.known_from], column)
            table = table.set_column(index, table.schema.field(index), blanked)
    return table


def _before(values: _Chunks, kind: Kind, as_of: datetime, *, if_null: bool) -> _Chunks:
    limit: Any = pa.scalar(limit_of(kind, as_of), type=ARROW[kind])
    return pc.fill_null(pc.less(values, limit), if_null)


def _settled_only(values: _Chunks, is_settled: _Chunks, column: Column) -> _Chunks:
    if column.from_start:
        early = pc.is_in(values, value_set=pa.array(column.from_start, type=values.type))
        is_settled = pc.or_(is_settled, early)
    return pc.if_else(is_settled, values, pa.scalar(column.until_then, type=values.type))
