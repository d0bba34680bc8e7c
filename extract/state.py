"""What a delivery does to the rows that were there: full replaces, append adds, changes keeps the last per key.

All on admitted rows of one source and one table. A row that comes back with equal key and content keeps the
instant at which it first became known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from config.sources import Source, Target
from contracts.frames import ARROW, Kind
from contracts.words import ExportKind, Reason
from extract.admission import RECORD, SOURCE_KEY, Refusal
from extract.arrow import pc

_INSTANT = ARROW[Kind.INSTANT]


@dataclass(frozen=True, slots=True)
class Merged:
    """The rows that stand after this delivery, what it refused, and how many rows it repeated."""

    rows: pa.Table
    refusals: tuple[Refusal, ...]
    repeated: int


def merge(
    rows: pa.Table, before: pa.Table | None, *, source: Source, targets: Sequence[Target], as_of: datetime
) -> Merged:
    """Applies the source's kind.

    Args:
        rows: offered rows of this delivery.
        before: this source's rows in the previous snapshot; None in the first load of the workspace.
        source: its kind.
        targets: its maps to this table (one with `latest_per` may change rows even where the source appends).
        as_of: exclusive end of the run's week.
    """
    unique, refusals, repeated = _without_duplicates(rows, keeps_last=source.kind is ExportKind.CHANGES)
    dated = _with_known_at(unique, before, as_of=as_of)
    if before is None or not before.num_rows or source.kind is ExportKind.FULL:
        return Merged(dated, refusals, repeated)
    conflicts = _conflicts(dated, before)
    if source.kind is ExportKind.APPEND and not any(target.latest_per for target in targets):
        changed = np.asarray(conflicts)
        if changed.any():
            message = "this key came before with other content, and the source only appends"
            refusals = (*refusals, _refusal(targets[0].table, dated, changed, Reason.CHANGED_AFTER_APPEND, message))
            dated = dated.filter(pa.array(~changed))
    else:
        dated = dated.filter(pa.array(~_outdated(dated, before)))
    kept = before.filter(pc.invert(pc.is_in(before["row_key"], value_set=dated["row_key"].combine_chunks())))
    carried = kept.append_column(RECORD, pa.array(np.full(kept.num_rows, -1))).append_column(
        SOURCE_KEY, pa.nulls(kept.num_rows, pa.string())
    )
    return Merged(pa.concat_tables([carried.select(dated.schema.names).cast(dated.schema), dated]), refusals, repeated)


def _without_duplicates(rows: pa.Table, *, keeps_last: bool) -> tuple[pa.Table, tuple[Refusal, ...], int]:
    """One row per key. Equal rows become one; rows that contradict each other are all refused."""
    if not rows.num_rows:
        return rows, (), 0
    numbered = rows.select(["row_key", "row_hash"]).append_column("__n", pa.array(np.arange(rows.num_rows)))
    grouped = numbered.group_by("row_key").aggregate([("row_hash", "count_distinct"), ("__n", "min"), ("__n", "max")])
    if grouped.num_rows == rows.num_rows:
        return rows, (), 0
    if keeps_last:
        return rows.take(pa.array(np.sort(np.asarray(grouped["__n_max"])))), (), rows.num_rows - grouped.num_rows
    clear = grouped.filter(pc.equal(grouped["row_hash_count_distinct"], 1))
    contradicting = grouped.filter(pc.greater(grouped["row_hash_count_distinct"], 1))["row_key"].combine_chunks()
    bad = np.asarray(pc.is_in(rows["row_key"], value_set=contradicting))
    kept = rows.take(pa.array(np.sort(np.asarray(clear["__n_min"]))))
    repeated = rows.num_rows - kept.num_rows - int(bad.sum())
    if not bad.any():
        return kept, (), repeated
    message = "the same key stands in several rows with different content"
    return kept, (_refusal("", rows, bad, Reason.DUPLICATE_KEY, message),), repeated


def _refusal(
    table: str, rows: pa.Table, mask: np.ndarray[tuple[int], np.dtype[np.bool_]], reason: Reason, message: str
) -> Refusal:
    told = rows.filter(pa.array(mask))
    return Refusal(table, np.asarray(told[RECORD]), reason, message, None, told["row_key"].combine_chunks())


def _with_known_at(rows: pa.Table, before: pa.Table | None, *, as_of: datetime) -> pa.Table:
    """When each row became known: its stamp; else when an equal row was first seen; else this run.

    In the first load of a workspace nothing is known about arrival, so what happened counts as known when it did.
    A new row of a later run counts as known at the last moment before `as_of`, which is exclusive.
    """
    now = pa.scalar(as_of - timedelta(microseconds=1), _INSTANT)
    known = rows["known_at"]
    if before is None:
        happened = rows["event_at"]
        first = pc.if_else(pc.less(happened, pa.scalar(as_of, _INSTANT)), happened, now)
        known = pc.coalesce(known, pc.if_else(pc.is_valid(happened), first, pa.scalar(None, _INSTANT)))
    else:
        earlier = before.select(["row_key", "row_hash", "known_at"])
        places = pc.index_in(_identity(rows), value_set=_identity(earlier).combine_chunks())
        seen = earlier["known_at"].combine_chunks().take(places.combine_chunks())
        known = pc.coalesce(known, pc.if_else(pc.is_valid(places), seen, now))
    return rows.set_column(rows.schema.get_field_index("known_at"), rows.schema.field("known_at"), known)


def _identity(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(rows["row_hash"], rows["row_key"], "|")


def _conflicts(rows: pa.Table, before: pa.Table) -> pa.ChunkedArray:
    same_key = pc.is_in(rows["row_key"], value_set=before["row_key"].combine_chunks())
    same_row = pc.is_in(_identity(rows), value_set=_identity(before).combine_chunks())
    return pc.and_(same_key, pc.invert(same_row))


def _outdated(rows: pa.Table, before: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Rows whose key is already there with a later stamp: an old file delivered after a new one."""
    places = pc.index_in(rows["row_key"], value_set=before["row_key"].combine_chunks()).combine_chunks()
    standing = before["known_at"].combine_chunks().take(places)
    return np.asarray(pc.fill_null(pc.less(rows["known_at"].combine_chunks(), standing), False))
