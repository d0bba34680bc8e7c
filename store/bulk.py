"""Frames into tables and back: whole columns at once, because rows by the ORM are ten times slower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import Column, ColumnElement, Select, Table, select
from sqlalchemy.orm import Session

from contracts.frames import Frame, from_frame, to_frame
from store.tables import Model


def table_of(model: type[Model]) -> Table:
    """The Core table of a model."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def insert_frame(
    session: Session, table: Table, frame: pd.DataFrame, contract: Frame, *, constants: Mapping[str, Any] | None = None
) -> int:
    """Adds the rows of a frame, plus columns that are the same in every row; returns how many rows.

    Columns of the contract bear the same attribute names as those of the table. SQLite takes tuples
    by executemany, PostgreSQL by COPY.
    """
    arrow = from_frame(frame, contract)
    fixed = dict(constants or {})
    columns = [*(_column(table, name) for name in contract.names), *(table.c[name] for name in fixed)]
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    values = [_values(arrow.column(name), as_text=is_sqlite) for name in contract.names]
    values += [[value] * arrow.num_rows for value in fixed.values()]
    rows = list(zip(*values, strict=True))
    if not rows:
        return 0
    session.flush()
    names = ", ".join(f'"{column.name}"' for column in columns)
    if is_sqlite:
        marks = ", ".join("?" * len(columns))
        session.connection().exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)
    else:
        cursor = session.connection().connection.cursor()
        with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
        cursor.close()
    return len(rows)


def read_frame(session: Session, table: Table, contract: Frame, *where: ColumnElement[bool]) -> pd.DataFrame:
    """Rows of a table as a frame under its contract, sorted by the contract's key.

    Sorted here and not by the database: two PostgreSQL servers may order the same text differently.
    """
    statement: Select[Any] = select(*(_column(table, name) for name in contract.names)).where(*where)
    return frame_of(session.execute(statement).all(), contract)


def frame_of(rows: Sequence[Sequence[Any]], contract: Frame) -> pd.DataFrame:
    """Tuples in the order of the contract's columns as a frame, sorted by its key."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(contract.names)
    arrays = [pa.array(list(values), kind.type) for values, kind in zip(columns, contract.schema, strict=True)]
    arrow = pa.Table.from_arrays(arrays, schema=contract.schema)
    if contract.key:
        arrow = arrow.sort_by([(name, "ascending") for name in contract.key])
    return to_frame(arrow)


def _column(table: Table, name: str) -> Column[Any]:
    # EVENTS.table would be a reserved word in SQL
    return table.c["table_name"] if name == "table" else table.c[name]


def _values(column: pa.ChunkedArray[Any], *, as_text: bool) -> list[Any]:
    found: list[Any] = column.to_pylist()
    if as_text and pa.types.is_timestamp(column.type):
        return [None if moment is None else _sqlite_instant(moment) for moment in found]
    return found


def _sqlite_instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
