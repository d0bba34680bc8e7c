"""SQL sources: the whole query in one repeatable-read transaction, kept as text in a Parquet file."""

from __future__ import annotations

import io
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from config.sources import Source
from contracts.exchange import PulledExport
from contracts.ids import sha256
from contracts.words import Reason
from extract.pull import Pulled, RefusedFile, keep_copy

_ROWS = 50_000


def pull_query(source: Source, *, inbox: Path, raw: Path, as_of: datetime) -> Pulled:
    """The result of the source's query as an export. A database that cannot answer is a refused file, not a crash."""
    assert source.sql is not None
    url = source.sql.url or os.environ.get(source.sql.url_env or "")
    if not url:
        return _refused(source, f"the environment variable {source.sql.url_env} is not set")
    engine = create_engine(url.replace("{inbox}", str(inbox)), hide_parameters=True)
    try:
        content = _result(engine, source.sql.query)
    except SQLAlchemyError as exc:
        # The text of a database error may hold row values; its class and first line are enough to mend it.
        return _refused(source, f"{type(exc).__name__}: {str(exc).splitlines()[0][:160]}")
    finally:
        engine.dispose()
    path, digest, size = keep_copy(io.BytesIO(content), raw / source.name, source)
    assert digest == sha256(content)
    return Pulled((PulledExport(source.name, path, "query", digest, size, as_of),))


def _refused(source: Source, message: str) -> Pulled:
    return Pulled(refused=(RefusedFile(f"query of {source.name}", Reason.FILE_UNREADABLE, message),))


def _result(engine: Engine, query: str) -> bytes:
    buffer = io.BytesIO()
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with engine.connect() as connection, connection.begin():
        result = connection.execution_options(stream_results=True).execute(text(query))
        names = list(result.keys())
        schema = pa.schema([(name, pa.string()) for name in names])
        with pq.ParquetWriter(buffer, schema, compression="zstd") as writer:
            while rows := result.fetchmany(_ROWS):
                columns = [pa.array([_written(row[i]) for row in rows], pa.string()) for i in range(len(names))]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    return buffer.getvalue()


def _written(value: Any) -> str | None:
    """A database value as text, the same way for every driver."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)
