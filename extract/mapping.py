"""The operators of a map, each over whole columns: from the columns of an export to those of a table, still text.

The set is closed. What an export needs beyond it is a missing operator, never SQL or code in a configuration.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa

from config.source_map import WHOLE_ROW, Cell
from config.sources import Source, Target
from contracts.frames import Column, Kind
from contracts.words import Reason
from extract import instants
from extract.arrow import pc
from extract.conversion import Fault, Mask, Reading, convert
from extract.filters import fits
from extract.ranking import last_per

_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"
_UNITS = {"minutes": 60_000_000, "hours": 3_600_000_000, "days": 86_400_000_000}
_KEY_LENGTH = 20
# An engine costs more than it saves below this.
_FEW_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Mapped:
    """One target column before the contract: text, or a number or instant that arithmetic made, and its faults.
    `told` is the text that a quarantined row shows.
    """

    values: pa.Array
    told: pa.Array
    reading: Reading
    faults: tuple[Fault, ...] = ()


Lookups = Mapping[str, pa.Table]


def clean(values: pa.ChunkedArray, markers: Sequence[str]) -> pa.ChunkedArray:
    """Text trimmed of spaces of all kinds, composed (NFC), and null where it is empty or a missing marker."""
    if not pc.all(pc.string_is_ascii(values), min_count=0).as_py():
        values = pc.utf8_trim(pc.utf8_normalize(values, form="NFC"), characters=_INVISIBLE)
    values = pc.utf8_trim_whitespace(values)
    absent = pc.is_in(values, value_set=pa.array(["", *markers]))
    return pc.if_else(absent, pa.scalar(None, pa.string()), values)


def evaluate(cell: Cell, column: Column, rows: pa.Table, *, source: Source, zone: ZoneInfo, lookups: Lookups) -> Mapped:
    """One target column for some rows of a source.

    Args:
        cell: the operators.
        column: the column of the contract that it fills.
        rows: cleaned text columns of the source.
        source: for its formats, marks and zone.
        zone: the workspace's, where the source declares none.
        lookups: cleaned text of the sources that look-ups name.
    """
    reading = reading_of(cell, source, zone)
    values = _origin(cell, rows, lookups)
    if cell.missing:
        values = clean(values, cell.missing)
    if cell.when:
        values = pc.if_else(pa.array(fits(rows, cell.when)), values, pa.scalar(None, pa.string()))
    if cell.split_at is not None:
        values = clean(_part(values, cell.split_at, cell.part), [])
    told = _one(values)
    faults: tuple[Fault, ...] = ()
    if cell.values:
        values, faults = _replaced(values, cell)
    if cell.since is not None:
        values, faults = _lasted(values, cell, rows, source, zone)
    elif cell.arithmetic:
        values, more = _computed(values, cell, column, rows, reading)
        faults += more
    return Mapped(_one(values), told, reading, faults)


def reading_of(cell: Cell, source: Source, zone: ZoneInfo) -> Reading:
    """How this cell's text is written: its own declarations before those of its column, before the source's."""
    own = source.date_formats.get(cell.column or "")
    formats = cell.format or ([own] if own else source.dates)
    if source.format in {"xlsx", "parquet", "sql"} and instants.ISO not in formats:
        # Real dates of typed formats were written out as ISO by the reader, whatever their text cells look like.
        formats = [*formats, instants.ISO]
    named = cell.zone or source.time_zone
    return Reading(
        formats=tuple(formats),
        zone=ZoneInfo(named) if named else zone,
        decimal=cell.decimal or source.decimal,
        thousands=cell.thousands or source.thousands,
        strip=tuple(cell.strip),
    )


def _one(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _origin(cell: Cell, rows: pa.Table, lookups: Lookups) -> pa.Array:
    if cell.column is not None:
        return _one(rows[cell.column])
    if cell.constant is not None:
        return pa.array(np.full(rows.num_rows, cell.constant, dtype=object), pa.string())
    if cell.concat:
        return pc.binary_join_element_wise(*(_one(rows[name]) for name in cell.concat), cell.between)
    if cell.first_of:
        return pc.coalesce(*(_one(rows[name]) for name in cell.first_of))
    if cell.key_of:
        names = (
            [name for name in rows.column_names if not name.startswith("__")]
            if cell.key_of == [WHOLE_ROW]
            else cell.key_of
        )
        return pc.utf8_slice_codeunits(digests({name: _one(rows[name]) for name in sorted(names)}), 0, _KEY_LENGTH)
    own = str(cell.match)
    return _looked_up(_one(rows[own]), lookups[str(cell.lookup)], cell.on or own, str(cell.take))


def _looked_up(keys: pa.Array, other: pa.Table, on: str, take: str) -> pa.Array:
    """The value beside the equal key; null where the key is unknown or stands beside different values."""
    pairs = other.select(list(dict.fromkeys([on, take]))).filter(pc.is_valid(other[on]))
    if on == take:
        return pc.if_else(pc.is_in(keys, value_set=_one(pairs[on])), keys, pa.scalar(None, pa.string()))
    grouped = pairs.group_by(on, use_threads=False).aggregate([(take, "count_distinct"), (take, "min")])
    clear = grouped.filter(pc.equal(grouped[f"{take}_count_distinct"], 1))
    return _one(clear[f"{take}_min"]).take(pc.index_in(keys, value_set=_one(clear[on])))


def _part(values: pa.Array, mark: str, part: int) -> pa.Array:
    pieces = pc.split_pattern(values, mark)
    lengths = pc.list_value_length(pieces)
    place = pa.scalar(part - 1, pa.int32()) if part > 0 else pc.add(lengths, pa.scalar(part, pa.int32()))
    there = np.asarray(pc.fill_null(pc.and_(pc.greater(lengths, place), pc.greater_equal(place, 0)), False))
    starts = np.asarray(pieces.offsets)[:-1]
    steps = np.asarray(pc.fill_null(place, 0)) if part < 0 else part - 1
    return pc.take(pieces.values, pa.array(np.where(there, starts + steps, 0), mask=~there))


def _replaced(values: pa.Array, cell: Cell) -> tuple[pa.Array, tuple[Fault, ...]]:
    places = pc.index_in(values, value_set=pa.array(list(cell.values), pa.string()))
    found = pa.array(list(cell.values.values()), pa.string()).take(places)
    found = pc.if_else(pc.equal(found, ""), pa.scalar(None, pa.string()), found)
    unknown = pc.and_(pc.is_valid(values), pc.is_null(places))
    if cell.otherwise == "keep":
        return pc.if_else(unknown, values, found), ()
    mask: Mask = np.asarray(unknown)
    if cell.otherwise == "refuse" and mask.any():
        message = f"not in `values`, which knows {', '.join(cell.values)}"
        return found, (Fault(mask, Reason.NOT_ALLOWED, message[:300]),)
    return found, ()


def _computed(
    values: pa.Array, cell: Cell, column: Column, rows: pa.Table, reading: Reading
) -> tuple[pa.Array, tuple[Fault, ...]]:
    """Arithmetic on numbers, or a duration added to an instant. Missing operands make a missing result."""
    if column.kind in {Kind.INSTANT, Kind.DAY}:
        started = convert(values, Column(column.name, Kind.INSTANT), reading)
        ahead, faults = _operand(cell.plus if cell.plus is not None else 0, rows, reading)
        if cell.minus is not None:
            back, more = _operand(cell.minus, rows, reading)
            ahead, faults = pc.subtract(ahead, back), faults + more
        micros = pc.round(pc.multiply(ahead, float(_UNITS[cell.unit or "days"]))).cast(pa.int64())
        moved = pc.add(started.values.cast(pa.int64()), micros).cast(pa.timestamp("us", tz="UTC"))
        return moved, started.faults + faults
    started = convert(values, Column(column.name, Kind.NUMBER), reading)
    result, faults = started.values, started.faults
    steps: dict[str, Callable[..., pa.Array]] = {
        "scale": pc.multiply,
        "times": pc.multiply,
        "divided_by": pc.divide,
        "plus": pc.add,
        "minus": pc.subtract,
    }
    for name, value in cell.arithmetic.items():
        operand, more = _operand(value, rows, reading)
        if name == "divided_by":
            operand = pc.if_else(pc.equal(operand, 0.0), pa.scalar(None, pa.float64()), operand)
        result, faults = steps[name](result, operand), faults + more
    return result, faults


def _lasted(
    values: pa.Array, cell: Cell, rows: pa.Table, source: Source, zone: ZoneInfo
) -> tuple[pa.Array, tuple[Fault, ...]]:
    """How long after the instant in `since` the value lies, in the cell's unit."""
    instant = Column("since", Kind.INSTANT)
    ended = convert(values, instant, reading_of(cell, source, zone))
    began = convert(
        _one(rows[cell.since]), instant, reading_of(Cell(column=cell.since, format=cell.format), source, zone)
    )
    micros = pc.subtract(ended.values.cast(pa.int64()), began.values.cast(pa.int64())).cast(pa.float64())
    return pc.divide(micros, float(_UNITS[cell.unit or "days"])), ended.faults + began.faults


def _operand(value: str | float, rows: pa.Table, reading: Reading) -> tuple[pa.Array, tuple[Fault, ...]]:
    if not isinstance(value, str):
        return pa.array(np.full(rows.num_rows, float(value))), ()
    converted = convert(_one(rows[value]), Column(value, Kind.NUMBER), reading)
    return converted.values, converted.faults


def digests(columns: Mapping[str, pa.Array]) -> pa.Array:
    """MD5 of each row over named values; a null differs from an empty text. Not a secret, only an identity."""
    # Written out by Arrow in both ways below, so that the size of a batch never shows in a digest.
    table = pa.table({name: values.cast(pa.string()) for name, values in columns.items()})
    if table.num_rows < _FEW_ROWS:
        lines = zip(*(column.to_pylist() for column in table.columns), strict=True)
        return pa.array([_digest(line) for line in lines], pa.string())
    parts = ", ".join(
        f'coalesce(CAST("{name.replace(chr(34), chr(34) * 2)}" AS VARCHAR), chr(30))' for name in table.column_names
    )
    with duckdb.connect() as connection:
        connection.register("rows_of_export", table)
        result = connection.sql(f"SELECT md5(concat_ws(chr(31), {parts})) AS digest FROM rows_of_export")
        return result.to_arrow_table()["digest"].combine_chunks()


def _digest(line: tuple[str | None, ...]) -> str:
    text = "\x1f".join("\x1e" if value is None else value for value in line)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def latest(rows: pa.Table, target: Target, *, source: Source, zone: ZoneInfo) -> Mask:
    """Which rows are the last ones per `latest_per`, by `latest_by` and then by their order in the file."""
    if target.latest_by is None:
        return last_per(rows, target.latest_per, None)
    reading = reading_of(Cell(column=target.latest_by), source, zone)
    moments = instants.parse(_one(rows[target.latest_by]), list(reading.formats))
    return last_per(rows, target.latest_per, moments.in_utc(reading.zone))
