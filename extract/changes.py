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
            changed.update(_one_sided(rows, earlier))
            changed.update(_one_sided(earlier, rows))
    return frozenset(changed)


def _differing(name: str, now: SnapshotManifest, before: SnapshotManifest) -> list[tuple[pa.Table, pa.Table]]:
    if before.buckets != now.buckets:
        return [(now.whole(name), before.whole(name))]
    files: Mapping[str, object] = now.tables.get(name, {})
    others: Mapping[str, object] = before.tables.get(name, {})
    buckets = sorted({*files, *others})
    return [(now.table(name, b), before.table(name, b)) for b in buckets if files.get(b) != others.get(b)]


def _one_sided(rows: pa.Table, others: pa.Table) -> list[str]:
    mine, theirs = (pc.binary_join_element_wise(*(t[c] for c in _IDENTITY), "|") for t in (rows, others))
    only = rows.filter(
        pc.invert(
            pc.is_in(
                mine,
                value_set=pa.chunked_array([theirs]).combine_chunks()
                if isinstance(theirs, pa.Array)
                else theirs.combine_chunks(),
            )
        )
    )
    found: list[str] = pc.unique(only["customer_id"]).to_pylist()
    return found
