"""Parquet and JSON lines as text: every value written out once, so that all formats meet the same contract."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from config.sources import Source
from contracts.words import Reason
from extract.arrow import pc
from extract.errors import FileRefused
from extract.sheet import RefusedRow, Sheet, ignored, positions, text_table


def read_parquet(content: bytes, source: Source, notes: Counter[str]) -> Sheet:
    """One Parquet export as text.

    Raises: FileRefused for a damaged file, nested columns, or a wrong header.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        header = file.schema_arrow.names
        found = positions(header, source)
        table = file.read(columns=[header[place] for place in found.values()])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as exc:
        raise FileRefused(Reason.FILE_UNREADABLE, f"the Parquet file is damaged: {str(exc)[:120]}") from exc
    for name in ignored(header, found):
        notes[f"ignored column '{name[:60]}'"] += 1
    texts = {name: as_text(table[header[place]], name) for name, place in found.items()}
    return Sheet(pa.table(texts), pa.array(np.arange(2, table.num_rows + 2)), notes=notes)


def as_text(values: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """A column written out: instants as ISO with offset, wall times as ISO, numbers as they would be typed.

    Raises: FileRefused for nested and binary values.
    """
    kind = values.type
    if isinstance(kind, pa.ExtensionType):
        values, kind = values.cast(kind.storage_type), kind.storage_type
    if pa.types.is_dictionary(kind):
        values, kind = values.cast(kind.value_type), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_null(kind) or pa.types.is_large_string(kind):
        return values.cast(pa.string())
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise FileRefused(Reason.FILE_FORMAT, f"column '{name}' is {kind}; only plain values are read", column=name)
    if pa.types.is_timestamp(kind):
        written = pc.strftime(values.cast(pa.timestamp("us", kind.tz)).cast(pa.timestamp("us")), "%Y-%m-%dT%H:%M:%S")
        return pc.binary_join_element_wise(written, "+00:00", "") if kind.tz else written
    if pa.types.is_floating(kind):
        return _floats_as_text(values)
    return values.cast(pa.string())


def _floats_as_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole floats without `.0`: an id column with one blank is stored as floats by many tools."""
    numbers = values.cast(pa.float64())
    whole = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), float(2**53)))
    safe = pc.if_else(pc.fill_null(whole, False), numbers, 0.0)
    return pc.if_else(pc.fill_null(whole, False), safe.cast(pa.int64()).cast(pa.string()), numbers.cast(pa.string()))


def read_json_lines(content: bytes, source: Source, notes: Counter[str]) -> Sheet:
    """One JSON object per line, as text. A field that a line lacks is a missing value, not a fault.

    Raises: FileRefused if no line names one of the wanted fields.
    """
    objects: list[dict[str, Any]] = []
    numbers: list[int] = []
    refused: list[RefusedRow] = []
    for number, line in enumerate(content.decode("utf-8", "surrogatepass").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
        except (ValueError, RecursionError) as exc:
            refused.append(RefusedRow(number, Reason.FIELD_COUNT, f"not one JSON object: {exc}"[:200], value=line[:80]))
            continue
        if not isinstance(value, dict):
            refused.append(RefusedRow(number, Reason.FIELD_COUNT, "not a JSON object", value=line[:80]))
            continue
        objects.append(value)
        numbers.append(number)
    header = sorted({name for value in objects for name in value})
    found = positions(header, source)
    texts = {
        name: pa.array([_json_text(o.get(header[place])) for o in objects], pa.string())
        for name, place in found.items()
    }
    for name in ignored(header, found):
        notes[f"ignored column '{name[:60]}'"] += 1
    columns = text_table({name: i for i, name in enumerate(texts)}, list(texts.values()))
    return Sheet(columns, pa.array(np.array(numbers, dtype="int64")), refused=tuple(refused), notes=notes)


def _json_text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
