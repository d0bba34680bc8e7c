"""Of which customers anything differs between two snapshots."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from contracts.tables import TABLES
from extract.arrow import pc
from extract.snapshot import SnapshotManifest

_IDENTITY = ["customer_id", "row_key", "row_hash"]


def changed_customers(now: SnapshotManifest, before: SnapshotManifest | None) -> frozenset[str]:
    """Customers with a row that is new, gone, or has other content; all customers if there is no previous snapshot."""
    if before is None:
        return frozenset(now.whole("customers")["customer_id"].to_pylist())
    changed: set[str] = set()
    for name, table in TABLES.items():
        if not table.per_customer:
            continue
        for rows, earlier in _differing(name, now, before):
            for only in without_shared(rows, earlier):
                changed.update(pc.unique(only["customer_id"]).to_pylist())
    return frozenset(changed)


def without_shared(rows: pa.Table, others: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Of two tables the rows that the other one does not have, by customer, key and content."""
    mine, theirs = _identities(rows), _identities(others)
    return (
        rows.filter(pc.invert(pc.is_in(mine, value_set=theirs))),
        others.filter(pc.invert(pc.is_in(theirs, value_set=mine))),
    )


def _identities(rows: pa.Table) -> pa.Array:
    found = pc.binary_join_element_wise(*(rows[column] for column in _IDENTITY), "|")
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _differing(name: str, now: SnapshotManifest, before: SnapshotManifest) -> list[tuple[pa.Table, pa.Table]]:
    if before.buckets != now.buckets:
        return [(now.whole(name), before.whole(name))]
    files: Mapping[str, object] = now.tables.get(name, {})
    others: Mapping[str, object] = before.tables.get(name, {})
    buckets = sorted({*files, *others})
    return [(now.table(name, b), before.table(name, b)) for b in buckets if files.get(b) != others.get(b)]
