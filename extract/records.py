"""The records of one source in one run: pulled, read, cleaned, and cut at what was known at as_of."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

from config.sources import Cell, Source
from contracts.exchange import PulledExport
from contracts.frames import ARROW, Column, Kind
from contracts.words import ExportKind
from extract.admission import RECORD, Refusal
from extract.arrow import pc
from extract.conversion import convert
from extract.errors import FileRefused
from extract.filters import fits
from extract.instants import parse
from extract.mapping import clean, reading_of
from extract.pull import Pulled, RefusedFile
from extract.ranking import last_per
from extract.readers import read_export

_STAMP = "change stamp"


@dataclass(frozen=True)
class Records:
    """Cleaned text rows of a source. `origin[record]` tells file and row of each; `RECORD` numbers them."""

    source: Source
    exports: tuple[PulledExport, ...]
    table: pa.Table
    files: pa.Array
    rows: pa.Array
    sheets: tuple[str | None, ...]
    refused_rows: pd.DataFrame
    refused_files: tuple[RefusedFile, ...]
    refusals: tuple[Refusal, ...]
    not_yet: int
    removed: pa.Table
    superseded: int
    notes: Counter[str]
    data_at: datetime | None

    @property
    def refused_row_count(self) -> int:
        return len(self.refused_rows)


def read_records(source: Source, pulled: Pulled, *, as_of: datetime, zone: ZoneInfo) -> Records:
    """Reads what was pulled. A file that cannot be used is refused whole; the others go on."""
    parts: list[pa.Table] = []
    numbers: list[pa.Array] = []
    files: list[np.ndarray[tuple[int], np.dtype[np.int32]]] = []
    sheets: list[str | None] = []
    taken: list[PulledExport] = []
    refused_rows: list[dict[str, Any]] = []
    refused_files = list(pulled.refused)
    notes: Counter[str] = Counter()
    names = sorted(source.reads)
    for export in pulled.exports:
        try:
            sheet = read_export(export.path, export.name, source)
        except FileRefused as exc:
            refused_files.append(RefusedFile(export.name, exc.reason, str(exc)))
            continue
        notes.update(sheet.notes)
        table = pa.table([clean(_chunked(sheet.columns[name]), source.missing) for name in names], names=names)
        table, rows = _below_header(table, sheet.rows, source)
        table, rows = _without_blank_rows(table, rows, notes)
        parts.append(table)
        numbers.append(rows)
        files.append(np.full(table.num_rows, len(taken), dtype="int32"))
        sheets.append(sheet.name)
        refused_rows += [
            asdict(row) | {"file": export.name, "sheet": sheet.name, "sha256": export.sha256, "row_number": row.row}
            for row in sheet.refused
            if row.row > source.header_rows
        ]
        taken.append(export)
    table = pa.concat_tables(parts) if parts else pa.table({name: pa.array([], pa.string()) for name in names})
    table = table.append_column(RECORD, pa.array(np.arange(table.num_rows)))
    table, refusals, not_yet = _known_before(table, source, as_of=as_of, zone=zone)
    data_at = _content_at(table, source, taken, as_of=as_of, zone=zone)
    before_last = table.num_rows
    table, removed = _last_per_key(table, source)
    return Records(
        source=source,
        exports=tuple(taken),
        table=table,
        files=pa.array(np.concatenate(files)) if files else pa.array([], pa.int32()),
        rows=pa.concat_arrays([_array(part) for part in numbers]) if numbers else pa.array([], pa.int64()),
        sheets=tuple(sheets),
        refused_rows=pd.DataFrame(refused_rows).drop(columns="row", errors="ignore"),
        refused_files=tuple(refused_files),
        refusals=refusals,
        not_yet=not_yet,
        removed=removed,
        superseded=before_last - table.num_rows,
        notes=notes,
        data_at=data_at,
    )


def _chunked(values: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray:
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])


def _array(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _below_header(table: pa.Table, rows: pa.Array, source: Source) -> tuple[pa.Table, pa.Array]:
    """Without further header rows, which hold labels for people below the names of the columns."""
    if source.header_rows == 1:
        return table, rows
    is_record = pc.greater(rows, source.header_rows)
    return table.filter(is_record), rows.filter(is_record)


def _without_blank_rows(table: pa.Table, rows: pa.Array, notes: Counter[str]) -> tuple[pa.Table, pa.Array]:
    """Rows without a single value are no rows: spreadsheets write them below their last line."""
    if not table.num_columns or not table.num_rows or min(c.null_count for c in table.columns) == 0:
        return table, rows
    blank = np.logical_and.reduce([np.asarray(pc.is_null(column)) for column in table.columns])
    if not blank.any():
        return table, rows
    notes["blank rows"] += int(blank.sum())
    return table.filter(pa.array(~blank)), rows.filter(pa.array(~blank))


def _known_before(
    table: pa.Table, source: Source, *, as_of: datetime, zone: ZoneInfo
) -> tuple[pa.Table, tuple[Refusal, ...], int]:
    """The records whose change stamp lies before as_of, with `__known_at`; a stamp that is no time refuses its row."""
    if source.changed_at is None:
        return table, (), 0
    column = Column(source.changed_at, Kind.INSTANT)
    reading = reading_of(Cell(column=source.changed_at), source, zone)
    texts = table[source.changed_at].combine_chunks()
    converted = convert(texts, column, reading)
    limit = pa.scalar(as_of, ARROW[Kind.INSTANT])
    later = np.asarray(pc.fill_null(pc.greater_equal(converted.values, limit), False))
    bad = np.zeros(table.num_rows, dtype=bool)
    refusals = []
    for fault in converted.faults:
        new = fault.mask & ~bad
        bad |= new
        told = texts.filter(pa.array(new))
        message = f"{_STAMP}: {fault.message}"
        refusals.append(Refusal("", np.flatnonzero(new), fault.reason, message, source.changed_at, told))
    table = table.append_column("__known_at", converted.values)
    return table.filter(pa.array(~(later | bad))), tuple(refusals), int(later.sum())


def _last_per_key(table: pa.Table, source: Source) -> tuple[pa.Table, pa.Table]:
    """Of a `changes` source, the last record per key by stamp and then by order; and the records that delete a key."""
    if source.kind is ExportKind.CHANGES and table.num_rows:
        at = table["__known_at"] if source.changed_at is not None else None
        table = table.filter(pa.array(last_per(table, source.key, at)))
    if not source.deleted_when:
        return table, table.slice(0, 0)
    gone = fits(table, source.deleted_when)
    return table.filter(pa.array(~gone)), table.filter(pa.array(gone))


def _content_at(
    table: pa.Table, source: Source, exports: list[PulledExport], *, as_of: datetime, zone: ZoneInfo
) -> datetime | None:
    """The date of the content: the newest value of the declared column, else the newest export's."""
    if not exports:
        return None
    newest = max(export.data_at for export in exports)
    if source.data_date is None or source.data_date.column is None or not table.num_rows:
        return newest
    name = source.data_date.column
    reading = reading_of(Cell(column=name), source, zone)
    moments = parse(table[name].combine_chunks(), list(reading.formats)).in_utc(reading.zone)
    known = moments.filter(
        pc.less(moments.cast(pa.timestamp("us", "UTC")), pa.scalar(as_of, pa.timestamp("us", "UTC")))
    )
    if known.null_count == len(known):
        return newest
    latest: datetime = pc.max(known.cast(pa.timestamp("us", "UTC"))).as_py()
    return latest
