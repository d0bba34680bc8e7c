"""Text to the kinds of the contract. What does not fit is a fault with a reason, never a nearby value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from contracts.frames import ARROW, Column, Kind
from contracts.words import Reason
from extract import instants
from extract.arrow import pc

MAX_TEXT_CHARACTERS = 32_767
_MAX_NUMBER = 1e15
_MANY_ROWS = 1_000
_SAMPLE = 20_000
_YES = ("true", "1", "yes", "y", "t")
_NO = ("false", "0", "no", "n", "f")
_EARLIEST = np.datetime64("1900-01-01", "us")
_LATEST = np.datetime64("2100-01-01", "us")

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the text of one column is written: formats of dates, zone of wall times, marks in numbers."""

    formats: tuple[str, ...]
    zone: ZoneInfo
    decimal: str = "."
    thousands: str | None = None
    strip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """Rows of one column that do not fit, and why."""

    mask: Mask
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Converted:
    """Values of the contract's type (null where refused) and the faults, at most one per row."""

    values: pa.Array
    faults: tuple[Fault, ...] = ()


def convert(texts: pa.Array, column: Column, reading: Reading) -> Converted:
    """A column of text (null: missing) as its contract wants it; arithmetic results come in as numbers or instants."""
    if not pa.types.is_string(texts.type):
        return _checked(_typed(texts, column, reading), column)
    if len(texts) > _MANY_ROWS and 2 * len(texts.slice(0, _SAMPLE).unique()) < min(len(texts), _SAMPLE):
        encoded = texts.dictionary_encode()
        # Few distinct values are converted once each; a column of all different ones gains nothing.
        if 2 * len(encoded.dictionary) < len(texts):
            few = _from_text(encoded.dictionary, column, reading)
            places = encoded.indices.to_numpy(zero_copy_only=False)
            at = np.where(np.isnan(places), 0, places).astype("int64") if encoded.indices.null_count else places
            real = ~np.asarray(encoded.indices.is_null())
            faults = tuple(replace(fault, mask=fault.mask[at] & real) for fault in few.faults)
            return Converted(few.values.take(encoded.indices), tuple(f for f in faults if f.mask.any()))
    return _from_text(texts, column, reading)


def _from_text(texts: pa.Array, column: Column, reading: Reading) -> Converted:
    for mark in reading.strip:
        texts = pc.utf8_trim_whitespace(pc.replace_substring(texts, mark, ""))
    by_kind: dict[Kind, Callable[[pa.Array, Reading], Converted]] = {
        Kind.INTEGER: _integer,
        Kind.NUMBER: _number,
        Kind.SHARE: _number,
        Kind.MONEY: _money,
        Kind.INSTANT: _instant,
        Kind.DAY: _day,
    }
    if column.kind is Kind.TEXT:
        return _checked(_text(texts), column)
    if column.kind is Kind.BOOLEAN:
        return _checked(_boolean(texts), column)
    return _checked(by_kind[column.kind](texts, reading), column)


def _typed(values: pa.Array, column: Column, reading: Reading) -> Converted:
    """Results of arithmetic, brought to the contract's type."""
    if pa.types.is_timestamp(values.type):
        moments = instants.Instants(pa.nulls(len(values), pa.timestamp("us")), values.cast(pa.timestamp("us")))
        if column.kind is Kind.DAY:
            return Converted(moments.as_days(reading.zone))
        return Converted(moments.in_utc(reading.zone).cast(ARROW[Kind.INSTANT]))
    if column.kind is Kind.MONEY:
        return Converted(pc.round(values, 2).cast(ARROW[Kind.MONEY], safe=False))
    if column.kind is Kind.INTEGER:
        return Converted(pc.round(values, 0).cast(pa.int64()))
    return Converted(values.cast(ARROW[column.kind]))


def _fails(texts: pa.Array, values: pa.Array) -> Mask:
    return np.asarray(pc.and_(pc.is_valid(texts), pc.is_null(values)))


def _only(texts: pa.Array, pattern: str) -> pa.Array:
    fits = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    return pc.if_else(fits, texts, pa.scalar(None, pa.string()))


def _text(texts: pa.Array) -> Converted:
    long = np.asarray(pc.fill_null(pc.greater(pc.utf8_length(texts), MAX_TEXT_CHARACTERS), False))
    return Converted(texts, _faults(long, Reason.TOO_LONG, f"more than {MAX_TEXT_CHARACTERS} characters"))


def numerals(texts: pa.Array, reading: Reading) -> pa.Array:
    """Numbers as plain digits with a point; null where the text is not a number in the declared writing.

    `1e3`, `0x1F`, `NaN`, `+5`, `-0` and a thousands mark that was not declared are not numbers here.
    """
    spaced = pc.replace_substring_regex(texts, "[\u00a0\u202f\u2007]", " ") if reading.thousands == " " else texts
    point = "\\" + reading.decimal
    plain = _only(spaced, rf"^-?[0-9]+({point}[0-9]+)?$")
    if reading.thousands:
        mark = reading.thousands
        grouped = _only(spaced, rf"^-?[0-9]{{1,3}}({'[' + mark + ']'}[0-9]{{3}})+({point}[0-9]+)?$")
        plain = pc.coalesce(plain, pc.replace_substring(grouped, mark, ""))
    if reading.decimal == ",":
        plain = pc.replace_substring(plain, ",", ".")
    is_minus_zero = pc.fill_null(pc.match_substring_regex(plain, r"^-0+(\.0+)?$"), False)
    return pc.if_else(is_minus_zero, pa.scalar(None, pa.string()), plain)


def _number(texts: pa.Array, reading: Reading) -> Converted:
    digits = numerals(texts, reading)
    values = digits.cast(pa.float64())
    huge = np.asarray(pc.fill_null(pc.greater(pc.abs(values), _MAX_NUMBER), False))
    message = f"not a number written with '{reading.decimal}' as decimal mark"
    return Converted(
        values,
        _faults(_fails(texts, digits), Reason.NOT_A_NUMBER, message) + _faults(huge, Reason.OUT_OF_RANGE, "too large"),
    )


def _integer(texts: pa.Array, reading: Reading) -> Converted:
    digits = _only(numerals(texts, reading), r"^-?[0-9]{1,18}(\.0+)?$")
    values = pc.replace_substring_regex(digits, r"\.0+$", "").cast(pa.int64())
    return Converted(values, _faults(_fails(texts, digits), Reason.NOT_A_NUMBER, "not a whole number"))


def _money(texts: pa.Array, reading: Reading) -> Converted:
    digits = _only(numerals(texts, reading), r"^-?[0-9]{1,15}(\.[0-9]{1,12})?$")
    values = pc.round(digits.cast(pa.decimal128(38, 12)), 2, round_mode="half_to_even").cast(ARROW[Kind.MONEY])
    return Converted(values, _faults(_fails(texts, digits), Reason.NOT_A_NUMBER, "not an amount"))


def _boolean(texts: pa.Array) -> Converted:
    words = pc.utf8_lower(texts)
    yes = pc.is_in(words, value_set=pa.array(_YES))
    no = pc.is_in(words, value_set=pa.array(_NO))
    values = pc.if_else(pc.or_(yes, no), yes, pa.scalar(None, pa.bool_()))
    message = "not one of true, false, yes, no, 1, 0; other words go into `values`"
    return Converted(values, _faults(_fails(texts, values), Reason.NOT_ALLOWED, message))


def _instant(texts: pa.Array, reading: Reading) -> Converted:
    return _moments(texts, reading, lambda parsed: parsed.in_utc(reading.zone).cast(ARROW[Kind.INSTANT]))


def _day(texts: pa.Array, reading: Reading) -> Converted:
    return _moments(texts, reading, lambda parsed: parsed.as_days(reading.zone))


def _moments(texts: pa.Array, reading: Reading, finish: Callable[[instants.Instants], pa.Array]) -> Converted:
    parsed = instants.parse(texts, list(reading.formats))
    values = finish(parsed)
    plain = values.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
    far = ~np.isnat(plain) & ((plain < _EARLIEST) | (plain >= _LATEST))
    message = f"not a date or time written as {' or '.join(reading.formats)}"
    faults = _faults(_fails(texts, values), Reason.NOT_A_DATE, message)
    faults += _faults(far, Reason.OUT_OF_RANGE, "outside the years 1900 to 2099")
    if parsed.is_mixed:
        first = next(i for i in range(len(texts)) if values[i].is_valid)
        other = parsed.aware if parsed.wall[first].is_valid else parsed.wall
        message = "times with and without a zone in one column; the first row's form holds"
        faults += _faults(np.asarray(pc.is_valid(other)) & ~far, Reason.NOT_A_DATE, message)
    return Converted(values, faults)


def _checked(converted: Converted, column: Column) -> Converted:
    """Adds the contract's choices and limits; empties what is refused."""
    faults = list(converted.faults)
    if column.choices:
        allowed = pc.is_in(converted.values, value_set=pa.array(column.choices))
        foreign = np.asarray(pc.and_(pc.is_valid(converted.values), pc.invert(allowed)))
        faults += _faults(foreign, Reason.NOT_ALLOWED, f"must be one of {', '.join(column.choices)}")
    for limit, beyond, word in ((column.minimum, pc.less, "below"), (column.maximum, pc.greater, "above")):
        if limit is not None:
            outside = np.asarray(pc.fill_null(beyond(converted.values.cast(pa.float64()), limit), False))
            faults += _faults(outside, Reason.OUT_OF_RANGE, f"{word} {limit:g}")
    if not faults:
        return converted
    bad = pa.array(np.logical_or.reduce([fault.mask for fault in faults]))
    return Converted(pc.if_else(bad, pa.scalar(None, converted.values.type), converted.values), tuple(faults))


def _faults(mask: Mask, reason: Reason, message: str) -> tuple[Fault, ...]:
    return (Fault(mask, reason, message),) if mask.any() else ()
