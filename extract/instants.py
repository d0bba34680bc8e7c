"""Dates and times from text, only by the formats that a source declares; nothing is guessed.

Arrow's own strptime turns 31/02 into 3 March, so DuckDB parses; it answers null for a day that does not exist.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa

from extract.arrow import pc

ISO = "iso"
EXCEL = "excel"
EPOCH_MS = "epoch_ms"

_MICRO = pa.timestamp("us")
_NAIVE_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?$"
_OFFSET = (
    r"^(?P<wall>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?"
    r"(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})$"
)
_QUARTER = 15 * 60 * 1_000_000
_START = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock, which has no zone by its nature
_EXCEL_EPOCH = np.datetime64("1899-12-30", "us")


class Instants:
    """Parsed values: `wall` times without zone, and `aware` ones in UTC; a value is in at most one of them."""

    def __init__(self, wall: pa.Array, aware: pa.Array) -> None:
        self.wall = wall
        self.aware = aware

    @property
    def is_mixed(self) -> bool:
        return bool(self.wall.null_count < len(self.wall) and self.aware.null_count < len(self.aware))

    def in_utc(self, zone: ZoneInfo) -> pa.Array:
        """As instants in UTC; wall times are those of `zone` (the earlier one where a clock hour occurs twice)."""
        return pc.coalesce(_utc_of(self.wall, zone), self.aware)

    def as_days(self, zone: ZoneInfo) -> pa.Array:
        """As calendar days in `zone`, at midnight without zone."""
        return pc.floor_temporal(pc.coalesce(self.wall, _wall_of(self.aware, zone)), unit="day")


def parse(texts: pa.Array, formats: list[str]) -> Instants:
    """Parses by the first format that fits; null where none does.

    Args:
        texts: string array.
        formats: strptime formats, or `iso`, `excel` (day number, 1900 system), `epoch_ms`.
    """
    wall = pa.nulls(len(texts), _MICRO)
    aware = pa.nulls(len(texts), _MICRO)
    for form in formats:
        open_texts = pc.if_else(pc.and_(pc.is_null(wall), pc.is_null(aware)), texts, pa.scalar(None, pa.string()))
        if open_texts.null_count == len(open_texts):
            break
        if form == ISO:
            wall = pc.coalesce(wall, _iso(open_texts))
            rest = pc.if_else(pc.is_null(wall), open_texts, pa.scalar(None, pa.string()))
            if rest.null_count < len(rest):
                aware = pc.coalesce(aware, _with_offset(rest))
        elif form == EXCEL:
            wall = pc.coalesce(wall, _from_number(open_texts, 86_400_000_000, _EXCEL_EPOCH))
        elif form == EPOCH_MS:
            aware = pc.coalesce(aware, _from_number(open_texts, 1_000, np.datetime64(0, "us")))
        elif "%z" in form:
            aware = pc.coalesce(aware, _strptime(pc.replace_substring_regex(open_texts, r"Z$", "+00:00"), [form]))
        else:
            wall = pc.coalesce(wall, _strptime(open_texts, [form]))
    return Instants(wall, aware)


def _strptime(texts: pa.Array, formats: list[str]) -> pa.Array:
    return _computed(texts, "epoch_us(try_strptime(t, $formats))", {"formats": formats})


def _iso(texts: pa.Array) -> pa.Array:
    # The cast alone would also read offsets, words and single digits; the pattern allows only what ISO does.
    fits = pc.fill_null(pc.match_substring_regex(texts, _NAIVE_ISO), False)
    plain = pc.if_else(fits, texts, pa.scalar(None, pa.string()))
    return _computed(plain, "epoch_us(try_cast(t AS TIMESTAMP))", {})


def _computed(texts: pa.Array, expression: str, params: dict[str, object]) -> pa.Array:
    with duckdb.connect() as connection:
        connection.register("texts", pa.table({"t": texts}))
        values = connection.sql(f"SELECT {expression} AS at FROM texts", params=params).to_arrow_table()["at"]
    return values.combine_chunks().cast(pa.int64()).cast(_MICRO)


def _with_offset(texts: pa.Array) -> pa.Array:
    parts = pc.extract_regex(pc.replace_substring_regex(texts, r" ?Z$", "+00:00"), _OFFSET)
    wall = _iso(pc.struct_field(parts, "wall"))
    minutes = pc.add(
        pc.multiply(pc.struct_field(parts, "hours").cast(pa.int64()), 60),
        pc.struct_field(parts, "minutes").cast(pa.int64()),
    )
    ahead = pc.if_else(pc.equal(pc.struct_field(parts, "sign"), "-"), pc.negate(minutes), minutes)
    shifted = pc.subtract(wall.cast(pa.int64()), pc.multiply(ahead, 60_000_000))
    return shifted.cast(_MICRO)


def _from_number(texts: pa.Array, micros: int, epoch: np.datetime64) -> pa.Array:
    is_number = pc.fill_null(pc.match_substring_regex(texts, r"^\d{1,13}(\.\d{1,12})?$"), False)
    numbers = pc.if_else(is_number, texts, pa.scalar(None, pa.string())).cast(pa.float64())
    # Seconds are exact enough: a day number carries at most about 1e-10 days.
    rounded = pc.multiply(pc.round(pc.divide(pc.multiply(numbers, float(micros)), 1e3)), 1e3)
    start = int(epoch.astype("int64"))
    return pc.add(rounded.cast(pa.int64(), safe=False), start).cast(_MICRO)


def _utc_of(wall: pa.Array, zone: ZoneInfo) -> pa.Array:
    return _shifted(wall, lambda moment: -_offset(moment.replace(tzinfo=zone)), zone)


def _wall_of(aware: pa.Array, zone: ZoneInfo) -> pa.Array:
    return _shifted(aware, lambda moment: _offset(moment.replace(tzinfo=UTC).astimezone(zone)), zone)


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta(0)


def _shifted(values: pa.Array, shift: object, zone: ZoneInfo) -> pa.Array:
    """Adds what `shift` says for each quarter of an hour that occurs: zones change at no finer step since 1900."""
    if zone.key == "UTC" or values.null_count == len(values):
        return values
    assert callable(shift)
    moments = values.to_numpy(zero_copy_only=False).astype("datetime64[us]", copy=True)
    known = ~np.isnat(moments) & (moments > np.datetime64("1900-01-01")) & (moments < np.datetime64("2200-01-01"))
    quarters = moments[known].astype("int64") // _QUARTER
    if len(quarters):
        first = quarters.min()
        # One slot per quarter of an hour between the first and the last: a table, because a sort costs more.
        occurs = np.flatnonzero(np.bincount(quarters - first))
        shifts = np.zeros(occurs[-1] + 1, dtype="int64")
        for slot in occurs.tolist():
            shifts[slot] = shift(_START + timedelta(minutes=15 * int(slot + first))) // timedelta(microseconds=1)
        moments[known] += shifts[quarters - first].astype("timedelta64[us]")
    return pa.array(moments, _MICRO)
