"""DuckDB as a calculator over Arrow tables that are handed in: in memory, one thread, no way out.

One thread and sorted rows, because float sums depend on their order; no external access, because a rule is
configuration and configuration must not be able to read files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from contracts.tables import TABLES


@contextmanager
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty in-memory connection that is closed afterwards."""
    connection = duckdb.connect(":memory:", config={"threads": 1, "enable_external_access": "false"})
    try:
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def register(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table], name: str, columns: Collection[str]
) -> None:
    """Makes one canonical table readable by its name: only these columns, rows in key order, instants as microseconds.

    An absent table is an empty one. Microseconds keep time arithmetic in integers: exact, and free of any time zone
    setting of the engine.
    """
    table = tables.get(name, TABLES[name].empty())
    ordered = in_key_order(table, TABLES[name].key)
    wanted = [column for column in ordered.column_names if column in columns]
    connection.register(name, _with_instants_as_integers(ordered.select(wanted)))


def in_key_order(table: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """Rows sorted by key; costs next to nothing when they already are, as in a snapshot."""
    if table.num_rows < 2 or _is_sorted(table, key):
        return table
    return table.sort_by([(column, "ascending") for column in key])


def _is_sorted(table: pa.Table, key: tuple[str, ...]) -> bool:
    if len(key) != 1:
        return False
    values = table[key[0]]
    return bool(pc.all(pc.less_equal(values[:-1], values[1:])).as_py())


def _with_instants_as_integers(table: pa.Table) -> pa.Table:
    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(index, field.name, table[index].cast(pa.int64()))
    return table
