"""Hops 1 to 3: pull, admit, snapshot. One call takes in all sources of a workspace for one week."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from config.settings import Workspace
from config.sources import Source, with_lookups
from contracts.exchange import PulledExport
from contracts.frames import conform
from contracts.ids import bucket_count, bucket_of
from contracts.results import SOURCES
from contracts.weeks import Week
from contracts.words import ExportKind, Reason
from extract.changes import changed_customers
from extract.gathering import Gathering, Ledger
from extract.lookups import lookup_tables, refuse_dependents, stand_in
from extract.pull import Pulled, pull
from extract.records import read_records
from extract.snapshot import SnapshotManifest, StoredFile, read_manifest, store, write_manifest, write_tables
from extract.trust import quarantine, records_in, refused_records, source_row, state_of, unmatched_keys
from extract.verdict import judge

log = logging.getLogger(__name__)

# Rows that fit but have no customer yet say nothing about the quality of an export.
_NOT_A_FAULT = frozenset({Reason.UNMATCHED_KEY})


@dataclass(frozen=True)
class Intake:
    """What a run took in.

    Attributes:
        manifest: path of the snapshot's manifest.
        digest: its SHA-256.
        sources: SOURCES frame.
        quarantine: QUARANTINE frame.
        held: sentences that say why the run must wait for an operator; empty if it need not.
        changed_customers: customers of whom any row differs from the previous snapshot.
        exports: every file used, as copied to var/raw.
        suggestions: candidates for unmatched customer keys, for an expert to approve.
    """

    manifest: Path
    digest: str
    sources: pd.DataFrame
    quarantine: pd.DataFrame
    held: tuple[str, ...]
    changed_customers: frozenset[str]
    exports: tuple[PulledExport, ...]
    suggestions: pd.DataFrame


def take_in(
    sources: Sequence[Source],
    *,
    workspace: Workspace,
    zone: ZoneInfo,
    as_of: datetime,
    week: Week,
    crosswalk: pd.DataFrame,
    previous: Path | None,
    workers: int,
    currency: str,
    inbox: Path | None = None,
    region: str | None = None,
    only: frozenset[str] | None = None,
    ordinary_words: Collection[str] = (),
) -> Intake:
    """Takes in every source and writes the week's snapshot.

    Args:
        sources: as `config.sources.read_sources` gives them.
        workspace: for var/raw, var/snapshots and the inbox.
        zone: of the workspace.
        as_of: exclusive end of what counts.
        week: names the snapshot.
        crosswalk: approved pairs, as `config.sources.read_crosswalk` gives them.
        previous: manifest of the last good snapshot, whose append and changes rows are carried on.
        workers: threads that read exports; also the least number of buckets.
        currency: of the sums of unmatched amounts.
        inbox: where globs look instead of the workspace's inbox.
        region: ISO 3166 code of the country whose national telephone numbers comments hold; None: no such numbers.
        only: names of sources to read anew; all others are carried on from `previous`.
        ordinary_words: names of customers that are ordinary words too.
    """
    as_of = as_of.astimezone(UTC)
    before = read_manifest(previous) if previous else None
    place = inbox or workspace.inbox

    def read(source: Source) -> Ledger:
        known = _known(source, before) if only is not None else ()
        if only is not None and source.name not in only:
            return Ledger(source, judge(source, None, before, as_of=as_of), None, known=known)
        pulled = pull(source, inbox=place, raw=workspace.raw, as_of=as_of, zone=zone)
        if only is not None:
            pulled, known = _new(source, pulled, known, before)
            if known and not (pulled.exports or pulled.refused):
                return Ledger(source, judge(source, None, before, as_of=as_of), None, known=known)
        records = read_records(source, pulled, as_of=as_of, zone=zone)
        verdict = judge(source, records, before, as_of=as_of)
        return Ledger(source, verdict, records, refusals=list(records.refusals), known=known)

    with ThreadPoolExecutor(max_workers=max(workers, 1)) as threads:
        ledgers = list(threads.map(read, with_lookups(sources)))
    stand_in(ledgers, before, as_of=as_of, zone=zone)
    lookups = lookup_tables(ledgers)
    refuse_dependents(ledgers, lookups, before, as_of=as_of)
    gathering = Gathering(
        ledgers,
        pairs=crosswalk,
        lookups=lookups,
        before=before,
        as_of=as_of,
        zone=zone,
        region=region,
        ordinary_words=ordinary_words,
        carries=only is not None,
    )
    gathering.gather()
    for ledger in ledgers:
        refused = refused_records(ledger, without=_NOT_A_FAULT)
        ledger.verdict = ledger.verdict.after(refused, records_in(ledger), source=ledger.source)
    customers = gathering.tables["customers"].num_rows
    snapshot = _written(
        gathering, ledgers, workspace, before, week=week, as_of=as_of, buckets=bucket_count(customers, workers)
    )
    refused_rows = quarantine(ledgers)
    held = tuple(text for ledger in ledgers for text in ledger.verdict.held)
    if not customers:
        held = (*held, "no customer was admitted; a run needs the customers of the master source")
    rows = sum(file.rows for files in snapshot.tables.values() for file in files.values())
    log.info("snapshot week=%s rows=%d quarantined=%d held=%d", week, rows, len(refused_rows), len(held))
    return Intake(
        manifest=snapshot.path,
        digest=snapshot.digest,
        sources=conform(pd.DataFrame([source_row(ledger, currency) for ledger in ledgers]), SOURCES),
        quarantine=refused_rows,
        held=held,
        changed_customers=changed_customers(snapshot, before),
        exports=tuple(export for ledger in ledgers for export in ledger.exports),
        suggestions=gathering.crosswalk.suggestions(unmatched_keys(ledgers)),
    )


def _known(source: Source, before: SnapshotManifest | None) -> tuple[PulledExport, ...]:
    """The files of the source that the previous snapshot's rows stem from."""
    return tuple(export for export in before.exports if export.source == source.name) if before else ()


def _new(
    source: Source, pulled: Pulled, known: tuple[PulledExport, ...], before: SnapshotManifest | None
) -> tuple[Pulled, tuple[PulledExport, ...]]:
    """What was pulled without the files whose rows are carried, and those files.

    Only of sources that add to what was there. A file that tells of time after the previous snapshot is read again,
    and so is all that others look something up in, or of which the latest row per key counts.
    """
    adds = source.kind is not ExportKind.FULL and source.sql is None and not source.also_read
    if before is None or not adds or any(target.latest_per for target in source.map):
        return pulled, ()
    whole = {(e.name, e.sha256): e for e in known if e.data_at < datetime.fromisoformat(before.as_of)}
    kept = [whole[e.name, e.sha256] for e in pulled.exports if (e.name, e.sha256) in whole]
    fresh = tuple(e for e in pulled.exports if (e.name, e.sha256) not in whole)
    return replace(pulled, exports=fresh), tuple(kept)


def _stored(
    folder: Path, gathering: Gathering, before: SnapshotManifest | None, buckets: int
) -> dict[str, dict[str, StoredFile]]:
    """The files of all tables; those of buckets in which nothing changed are the files of before."""
    tables = {name: rows for name, rows in gathering.tables.items() if name not in gathering.untouched}
    if before is None or before.buckets != buckets:
        again = {name: before.whole(name) for name in gathering.untouched} if before else {}
        return write_tables(folder, {**tables, **again}, buckets)
    made = write_tables(folder, tables, buckets, only=gathering.touched)
    kept = {name: dict(before.tables.get(name, {})) for name in gathering.untouched}
    for name, customers in gathering.touched.items():
        new = {str(bucket_of(customer, buckets)) for customer in customers}
        stands = {bucket: file for bucket, file in before.tables.get(name, {}).items() if bucket not in new}
        made[name] = {**stands, **made.get(name, {})}
    return {name: files for name, files in {**made, **kept}.items() if files}


def _written(
    gathering: Gathering,
    ledgers: list[Ledger],
    workspace: Workspace,
    before: SnapshotManifest | None,
    *,
    week: Week,
    as_of: datetime,
    buckets: int,
) -> SnapshotManifest:
    folder = workspace.snapshots
    stored = _stored(folder, gathering, before, buckets)
    waiting = {key: store(folder, rows) for key, rows in sorted(gathering.waiting.items())}
    exports = [export for ledger in ledgers for export in ledger.exports]
    body = {
        "week": str(week),
        "as_of": as_of.isoformat(),
        "buckets": buckets,
        "tables": {name: {bucket: asdict(file) for bucket, file in files.items()} for name, files in stored.items()},
        "waiting": {key: asdict(file) for key, file in waiting.items()},
        "sources": {ledger.source.name: state_of(ledger, as_of) for ledger in ledgers},
        "exports": [
            {"source": e.source, "name": e.name, "sha256": e.sha256, "size": e.size}
            | {"data_at": min(e.data_at, as_of).isoformat()}
            for e in sorted(exports, key=lambda e: (e.source, e.name, e.sha256))
        ],
    }
    return write_manifest(folder, week, body)
