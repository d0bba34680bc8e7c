"""Admission: mapped columns meet their contract. A row is admitted to a table whole or is quarantined from it.

How rows are counted. The unit is the record: one row of an export. A record is quarantined when at least one of
the tables it feeds refused it (the other tables keep their part of it); otherwise it is admitted. Records that
are not known yet at `as_of`, or that no table asks for (`where`), are in neither count and are told apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from config.sources import Source, Target
from contracts.frames import ARROW, Column, Kind, Table
from contracts.tables import TABLES
from contracts.words import Reason
from extract.arrow import pc
from extract.conversion import Mask, convert
from extract.filters import fits
from extract.instants import Instants
from extract.mapping import Lookups, digests, evaluate, latest

RECORD = "__record"
SOURCE_KEY = "__source_key"
INTERNAL = (RECORD, SOURCE_KEY)
Numbers = npt.NDArray[np.int64]

# Tables of what has happened: a date after the run is a fault there, while a contract may well begin next year.
_FACTS = frozenset({
    "tickets", "ticket_history", "usage", "deals", "deal_history", "invoices", "surveys", "account_feedback",
    "transcripts", "outcomes", "constituency_measures",
})  # fmt: skip
_TOLERANCE = timedelta(days=1)
_BATCH = 1_000_000
_INSTANT = ARROW[Kind.INSTANT]
# One plain address; lists, quoted local parts and non-ASCII local parts are not mailed, so they are not admitted.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_EMAIL = rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})+$"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Records refused for one reason in one column."""

    table: str
    records: Numbers
    reason: Reason
    message: str
    column: str | None = None
    values: pa.Array | None = None
    source_keys: pa.Array | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """What one map makes of the records of a source, before duplicates, kinds and other sources are looked at.

    `rows` has the table's columns, provenance and INTERNAL columns; `waiting` the same with an empty customer_id.
    `taken` numbers the records that this table asked for and that were known at as_of.
    """

    table: Table
    rows: pa.Table
    waiting: pa.Table
    refusals: tuple[Refusal, ...]
    taken: Numbers


@dataclass(frozen=True, slots=True)
class Terms:
    """What admission needs to know beside the map itself."""

    source: Source
    zone: ZoneInfo
    as_of: datetime
    delivered_at: datetime
    lookups: Lookups
    resolve: Callable[[pa.Array, pa.Table], pa.Array]


def offer(target: Target, records: pa.Table, terms: Terms) -> Offered:
    """Maps, converts and checks the records for one table.

    Args:
        target: the map.
        records: cleaned text columns with RECORD and, where the source has a change stamp, `__known_at`.
        terms: zone, as_of, look-ups and the resolver of customer keys.
    """
    table = TABLES[target.table]
    if target.where:
        records = records.filter(pa.array(fits(records, target.where)))
    records, refusals = _known(target, records, terms)
    asked = np.asarray(records[RECORD])
    if target.latest_per and records.num_rows:
        records = records.filter(pa.array(latest(records, target, source=terms.source, zone=terms.zone)))
    parts = [_offer_batch(target, table, batch, terms) for batch in _batches(records)]
    rows = pa.concat_tables([part[0] for part in parts])
    waiting = pa.concat_tables([part[1] for part in parts])
    refusals += [refusal for part in parts for refusal in part[2]]
    late = np.concatenate([part[3] for part in parts])
    return Offered(
        table,
        _distinct(rows) if target.distinct else rows,
        waiting,
        tuple(refusals),
        np.setdiff1d(asked, late) if len(late) else asked,
    )


def _batches(records: pa.Table) -> list[pa.Table]:
    """Slices small enough for one Arrow string array each; one empty slice if there are no records."""
    starts = range(0, max(records.num_rows, 1), _BATCH)
    return [records.slice(start, _BATCH).combine_chunks() for start in starts]


def _known(target: Target, records: pa.Table, terms: Terms) -> tuple[pa.Table, list[Refusal]]:
    """The records known before as_of, with `__known_at`; a stamp that is no time refuses its record."""
    if target.known_at is None:
        if "__known_at" not in records.column_names:
            records = records.append_column("__known_at", pa.nulls(records.num_rows, _INSTANT))
        return records, []
    column = Column("known_at", Kind.INSTANT)
    records = records.combine_chunks()
    mapped = evaluate(target.known_at, column, records, source=terms.source, zone=terms.zone, lookups=terms.lookups)
    converted = convert(mapped.values, column, mapped.reading)
    later = np.asarray(pc.fill_null(pc.greater_equal(converted.values, pa.scalar(terms.as_of, _INSTANT)), False))
    bad = np.zeros(records.num_rows, dtype=bool)
    refusals: list[Refusal] = []
    for fault in (*mapped.faults, *converted.faults):
        values = mapped.told.filter(pa.array(fault.mask))
        numbers = np.asarray(records[RECORD])[fault.mask]
        refusals.append(Refusal(target.table, numbers, fault.reason, fault.message, target.known_at.column, values))
        bad |= fault.mask
    if "__known_at" in records.column_names:
        records = records.drop_columns(["__known_at"])
    records = records.append_column("__known_at", converted.values)
    return records.filter(pa.array(~(later | bad))), refusals


def _offer_batch(
    target: Target, table: Table, records: pa.Table, terms: Terms
) -> tuple[pa.Table, pa.Table, list[Refusal], Numbers]:
    numbers = np.asarray(records[RECORD]).astype("int64")
    refused: Mask = np.zeros(records.num_rows, dtype=bool)
    refusals: list[Refusal] = []

    def refuse(mask: Mask, reason: Reason, message: str, column: str | None, values: pa.Array | None) -> None:
        new = mask & ~refused
        if new.any():
            told = None if values is None else values.filter(pa.array(new)).cast(pa.string())
            refusals.append(Refusal(table.name, numbers[new], reason, message, column, told))
            refused[new] = True

    texts: dict[str, pa.Array] = {}
    typed: dict[str, pa.Array] = {}
    for column in table.columns:
        cell = target.columns.get(column.name)
        if cell is None:
            typed[column.name] = pa.nulls(records.num_rows, ARROW[column.kind])
            continue
        mapped = evaluate(cell, column, records, source=terms.source, zone=terms.zone, lookups=terms.lookups)
        converted = convert(mapped.values, column, mapped.reading)
        said = cell.column or column.name
        for fault in (*mapped.faults, *converted.faults):
            refuse(fault.mask, fault.reason, f"{column.name}: {fault.message}", said, mapped.told)
        if column.required:
            absent = np.asarray(pc.is_null(mapped.values))
            refuse(absent, Reason.MISSING_VALUE, f"{column.name} is empty and every row needs it", said, None)
        if column.name == "email":
            bad = np.asarray(
                pc.and_(pc.is_valid(converted.values), pc.invert(pc.match_substring_regex(converted.values, _EMAIL)))
            )
            refuse(bad, Reason.BAD_EMAIL, "not one plain mail address", said, converted.values)
        texts[column.name], typed[column.name] = mapped.values, converted.values
    typed = _derived(table, typed, mapped_already=set(texts))
    event_at = _event_at(table, typed, terms.zone)
    not_yet = _too_late(table, event_at, terms, refuse) & ~refused
    keys = typed.get("customer_id") if table.per_customer else None
    matched = np.ones(records.num_rows, dtype=bool)
    if keys is not None:
        typed["customer_id"] = terms.resolve(keys, records)
        matched = np.asarray(pc.is_valid(typed["customer_id"]))
    good = ~refused & ~not_yet
    content = {name: values for name, values in texts.items() if name != "customer_id"}
    columns = typed | {
        "source": pa.array(np.full(records.num_rows, terms.source.name, dtype=object), pa.string()),
        "row_key": row_keys(table, typed),
        "row_hash": digests(content) if content else pa.array(np.full(records.num_rows, "", dtype=object), pa.string()),
        "event_at": event_at,
        "known_at": records["__known_at"].combine_chunks(),
    }
    schema = pa.schema([*table.schema, (RECORD, pa.int64()), (SOURCE_KEY, pa.string())])
    columns |= {
        RECORD: pa.array(numbers),
        SOURCE_KEY: keys if keys is not None else pa.nulls(len(numbers), pa.string()),
    }
    rows = pa.table([columns[name] for name in schema.names], schema=schema)
    return rows.filter(pa.array(good & matched)), rows.filter(pa.array(good & ~matched)), refusals, numbers[not_yet]


def _derived(table: Table, typed: dict[str, pa.Array], *, mapped_already: set[str]) -> dict[str, pa.Array]:
    """Durations of tickets from their instants, unless the source gives them itself."""
    durations = {"first_response_minutes": ("first_response_at", 6e7), "resolve_hours": ("resolved_at", 3.6e9)}
    for name, (end, micros) in durations.items() if table.name == "tickets" else ():
        if name not in mapped_already:
            lasted = pc.subtract(typed[end].cast(pa.int64()), typed["opened_at"].cast(pa.int64()))
            typed[name] = pc.divide(lasted.cast(pa.float64()), micros)
    return typed


def _event_at(table: Table, typed: dict[str, pa.Array], zone: ZoneInfo) -> pa.Array:
    """When the row happened: the table's time column; a day begins at midnight of the workspace."""
    if table.time is None:
        return pa.nulls(len(next(iter(typed.values()))), _INSTANT)
    values = typed[table.time]
    if table.by_name[table.time].kind is Kind.DAY:
        return Instants(values, pa.nulls(len(values), pa.timestamp("us"))).in_utc(zone).cast(_INSTANT)
    return values


def _too_late(table: Table, event_at: pa.Array, terms: Terms, refuse: Callable[..., None]) -> Mask:
    """Rows of a later week than this run's; dates after the delivery itself are faults."""
    if table.name not in _FACTS:
        return np.zeros(len(event_at), dtype=bool)
    later = np.asarray(pc.fill_null(pc.greater_equal(event_at, pa.scalar(terms.as_of, _INSTANT)), False))
    if not later.any():
        return later
    limit = max(terms.as_of, terms.delivered_at) + _TOLERANCE
    impossible = np.asarray(pc.fill_null(pc.greater(event_at, pa.scalar(limit, _INSTANT)), False))
    refuse(impossible, Reason.IN_THE_FUTURE, f"{table.time} lies after the export itself", table.time, event_at)
    late: Mask = later & ~impossible
    return late


def row_keys(table: Table, typed: dict[str, pa.Array]) -> pa.Array:
    """The table's key as one text; customer_id is part of it only beside other columns of the key."""
    parts = [pc.replace_substring(typed[name].cast(pa.string()), "|", "\\|") for name in table.key]
    parts = [pc.fill_null(part, "") for part in parts]
    return pc.binary_join_element_wise(*parts, "|") if len(parts) > 1 else parts[0]


def _distinct(rows: pa.Table) -> pa.Table:
    """The first of rows with equal key and content."""
    order = pa.array(np.arange(rows.num_rows))
    grouped = rows.select(["row_key", "row_hash"]).append_column("__n", order).group_by(["row_key", "row_hash"])
    first = np.sort(np.asarray(grouped.aggregate([("__n", "min")])["__n_min"]))
    return rows.take(pa.array(first))
