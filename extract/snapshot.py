"""Snapshots: a week is a manifest over content-addressed Parquet files, one per table and hash bucket.

Equal rows give equal bytes and therefore the same file, so weeks share what did not change. Nothing is ever
written over; a manifest exists only when all its files do.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from contracts.exchange import PulledExport
from contracts.ids import bucket_of, canonical_json, sha256
from contracts.tables import TABLES
from contracts.weeks import Week
from extract.arrow import pc
from extract.errors import SnapshotBroken

SHARED = "shared"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A Parquet file of the snapshot, named by its content."""

    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the next run must know of a source: how much it delivered, and when its content was dated."""

    state: str
    rows_in: int
    data_at: str | None
    taken_at: str


@dataclass(frozen=True)
class SnapshotManifest:
    """One week. `tables`: table -> bucket (or `shared`) -> file; `waiting`: rows whose customer nobody knows yet."""

    week: str
    as_of: str
    buckets: int
    tables: Mapping[str, Mapping[str, StoredFile]]
    waiting: Mapping[str, StoredFile]
    sources: Mapping[str, SourceState]
    exports: tuple[PulledExport, ...]
    path: Path = field(compare=False, repr=False)

    @cached_property
    def digest(self) -> str:
        return sha256(self.path.read_bytes())

    @property
    def objects(self) -> Path:
        return self.path.parent / "objects"

    def table(self, name: str, bucket: str) -> pa.Table:
        """One table of one bucket; empty if the week has no such rows.

        Raises: SnapshotBroken if the file is gone.
        """
        stored = self.tables.get(name, {}).get(bucket)
        return TABLES[name].empty() if stored is None else _read(self.objects, stored).cast(TABLES[name].schema)

    def whole(self, name: str) -> pa.Table:
        """One table over all buckets, in bucket order."""
        return pa.concat_tables(
            [TABLES[name].empty(), *(self.table(name, bucket) for bucket in self.tables.get(name, {}))]
        )

    def sources_of(self, name: str) -> dict[str, int]:
        """How many rows of a table came from each source; reads that one column."""
        counts: dict[str, int] = {}
        for stored in self.tables.get(name, {}).values():
            column = _read(self.objects, stored, columns=["source"])["source"]
            for found in pc.value_counts(column).to_pylist():
                counts[found["values"]] = counts.get(found["values"], 0) + found["counts"]
        return counts

    def buckets_with(self, name: str, row_keys: pa.Array) -> set[str]:
        """The buckets of a table in which one of these keys stands; reads that one column."""
        return {
            bucket
            for bucket, stored in self.tables.get(name, {}).items()
            if pc.any(
                pc.is_in(_read(self.objects, stored, columns=["row_key"])["row_key"], value_set=row_keys), min_count=0
            ).as_py()
        }

    def waiting_rows(self, name: str) -> pa.Table | None:
        stored = self.waiting.get(name)
        return None if stored is None else _read(self.objects, stored)


def read_manifest(path: Path) -> SnapshotManifest:
    """Raises: SnapshotBroken if the file is absent or no manifest."""
    try:
        body = json.loads(path.read_bytes())
    except (OSError, ValueError) as exc:
        raise SnapshotBroken(f"{path}: the snapshot's manifest cannot be read ({exc})") from exc
    raw = path.parent.parent / "raw"
    exports = tuple(
        PulledExport(
            source=e["source"],
            path=raw / e["source"] / e["sha256"],
            name=e["name"],
            sha256=e["sha256"],
            size=e["size"],
            data_at=datetime.fromisoformat(e["data_at"]),
        )
        for e in body["exports"]
    )
    tables = {name: {bucket: StoredFile(**f) for bucket, f in files.items()} for name, files in body["tables"].items()}
    return SnapshotManifest(
        week=body["week"],
        as_of=body["as_of"],
        buckets=body["buckets"],
        tables=tables,
        waiting={name: StoredFile(**f) for name, f in body["waiting"].items()},
        sources={name: SourceState(**state) for name, state in body["sources"].items()},
        exports=exports,
        path=path,
    )


def read_bucket(manifest: Path, bucket: int, tables: Collection[str] | None = None) -> dict[str, pa.Table]:
    """The per-customer tables of one bucket, sorted by key; a table without rows comes empty under its contract.

    Args:
        manifest: path of the manifest.
        bucket: number of the bucket, from 0.
        tables: only these; default all per-customer tables.

    Raises: SnapshotBroken.
    """
    snapshot = read_manifest(manifest)
    wanted = [name for name, table in TABLES.items() if table.per_customer and (tables is None or name in tables)]
    return {name: snapshot.table(name, str(bucket)) for name in wanted}


def read_shared(manifest: Path) -> dict[str, pa.Table]:
    """The tables that belong to no customer: people, rates, calendars, measures of employees and partners."""
    snapshot = read_manifest(manifest)
    return {name: snapshot.table(name, SHARED) for name, table in TABLES.items() if not table.per_customer}


def write_tables(
    folder: Path, tables: Mapping[str, pa.Table], buckets: int, *, only: Mapping[str, Collection[str]] | None = None
) -> dict[str, dict[str, StoredFile]]:
    """Writes each table, sorted by its key, as one file per bucket (or one shared file).

    Args:
        folder: var/snapshots.
        tables: canonical tables with provenance, keys unique.
        buckets: a power of two.
        only: tables of which only the buckets of these customers are written; the caller knows the others' files.
    """
    stored: dict[str, dict[str, StoredFile]] = {}
    for name in sorted(tables):
        contract, table = TABLES[name], tables[name].select(TABLES[name].schema.names)
        if only is not None and name in only:
            table = _in_buckets_of(only[name], table, buckets)
        if not table.num_rows:
            continue
        table = table.take(
            pc.sort_indices(table, sort_keys=[(column, "ascending") for column in (*contract.key, "row_key")])
        )
        parts = _by_bucket(table, buckets) if contract.per_customer else {SHARED: table}
        stored[name] = {bucket: store(folder, part) for bucket, part in parts.items()}
    return stored


def _in_buckets_of(customers: Collection[str], table: pa.Table, buckets: int) -> pa.Table:
    wanted = {bucket_of(customer, buckets) for customer in customers}
    return table.filter(pa.array(np.isin(_bucket_of_rows(table, buckets), sorted(wanted))))


def _bucket_of_rows(table: pa.Table, buckets: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    encoded = pa.chunked_array(table["customer_id"].chunks, pa.string()).combine_chunks().dictionary_encode()
    of_customer = np.array([bucket_of(customer, buckets) for customer in encoded.dictionary.to_pylist()], dtype="int64")
    return of_customer[np.asarray(encoded.indices)] if len(of_customer) else of_customer


def _by_bucket(table: pa.Table, buckets: int) -> dict[str, pa.Table]:
    if buckets == 1:
        return {"0": table}
    of_row = _bucket_of_rows(table, buckets)
    # A stable sort by bucket keeps the order by key inside each.
    order = np.argsort(of_row, kind="stable")
    ends = np.searchsorted(of_row[order], np.arange(buckets + 1))
    return {
        str(bucket): table.take(pa.array(order[ends[bucket] : ends[bucket + 1]]))
        for bucket in range(buckets)
        if ends[bucket] < ends[bucket + 1]
    }


def store(folder: Path, table: pa.Table) -> StoredFile:
    """Writes a table under the hash of its bytes, unless that file is there already."""
    sink = pa.BufferOutputStream()
    # Metadata such as pandas' would make equal rows unequal files.
    pq.write_table(table.replace_schema_metadata(None).combine_chunks(), sink, compression="zstd", compression_level=3)
    content = sink.getvalue().to_pybytes()
    digest = sha256(content)
    objects = folder / "objects"
    path = objects / f"{digest}.parquet"
    if not path.exists():
        objects.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_whole(path, content)
    return StoredFile(digest, table.num_rows)


def write_manifest(folder: Path, week: Week, body: dict[str, Any]) -> SnapshotManifest:
    """Writes the manifest as `<week>-<digest12>.json`; equal content is the same file."""
    content = canonical_json(body)
    path = folder / f"{week}-{sha256(content)[:12]}.json"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        _write_whole(path, content)
    return read_manifest(path)


def _write_whole(path: Path, content: bytes) -> None:
    part = path.with_name(f".stage-{os.getpid()}-{path.name}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _read(objects: Path, stored: StoredFile, *, columns: list[str] | None = None) -> pa.Table:
    path = objects / f"{stored.sha256}.parquet"
    try:
        return pq.read_table(path, columns=columns)
    except (OSError, pa.ArrowInvalid) as exc:
        raise SnapshotBroken(f"{path.name}: a file of the snapshot is missing or damaged ({exc})") from exc
