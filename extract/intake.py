"""Hop 1 to 3: pull, read, admit, snapshot. One call takes in all sources of a workspace for one week."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from config.settings import Workspace
from config.sources import Source, with_lookups
from contracts.exchange import PulledExport
from contracts.frames import conform
from contracts.ids import bucket_count
from contracts.results import QUARANTINE, SOURCES
from contracts.tables import TABLES
from contracts.weeks import Week
from contracts.words import ExportKind, Reason
from extract.admission import INTERNAL, RECORD, Refusal, Terms, offer
from extract.changes import changed_customers
from extract.crosswalk import Crosswalk
from extract.pull import pull
from extract.records import Records, quarantine_rows, read_records
from extract.redaction import Redactor, redact, told
from extract.snapshot import SnapshotManifest, StoredFile, read_manifest, store, write_manifest, write_tables
from extract.state import merge
from extract.verdict import Verdict, judge

log = logging.getLogger(__name__)

# Names must be known before free text is admitted, and customers before anything that belongs to one.
_FIRST = ("customers", "contacts", "people")


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


@dataclass
class _Ledger:
    """What is counted and kept of one source while its tables are admitted."""

    source: Source
    verdict: Verdict
    records: Records | None
    refusals: list[Refusal] = field(default_factory=list)
    touched: set[int] | None = None
    not_yet: int = 0
    repeated: int = 0
    waiting_before: int = 0
    unmatched_rows: dict[str, pa.Table] = field(default_factory=dict)
    early: int = 0
    redacted: Counter[str] = field(default_factory=Counter)
    used: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = field(default_factory=list)


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
    only: frozenset[str] | None = None,
) -> Intake:
    """Takes in every source and writes the week's snapshot.

    Args:
        sources: as `config.sources.read_sources` gives them.
        workspace: for var/raw, var/snapshots and the inbox.
        zone: of the workspace.
        as_of: exclusive end of what counts.
        week: names the snapshot.
        crosswalk: approved pairs, as `read_crosswalk` gives them.
        previous: manifest of the last good snapshot, whose append and changes rows are carried on.
        workers: threads that read exports; also the least number of buckets.
        currency: of the sums of unmatched amounts.
        inbox: where globs look instead of the workspace's inbox.
        only: names of sources to read anew; all others are carried on from `previous`.
    """
    sources = with_lookups(sources)
    as_of = as_of.astimezone(UTC)
    before = read_manifest(previous) if previous else None
    place = inbox or workspace.inbox

    def read(source: Source) -> _Ledger:
        if only is not None and source.name not in only:
            return _Ledger(source, judge(source, None, before, as_of=as_of, is_asked=False), None)
        records = read_records(source, pull(source, inbox=place, raw=workspace.raw, as_of=as_of, zone=zone), as_of=as_of, zone=zone)
        return _Ledger(source, judge(source, records, before, as_of=as_of), records)

    with ThreadPoolExecutor(max_workers=max(workers, 1)) as threads:
        ledgers = list(threads.map(read, sources))
    admitted = _Admission(ledgers, crosswalk=crosswalk, before=before, as_of=as_of, zone=zone)
    admitted.run()
    for ledger in ledgers:
        ledger.verdict = ledger.verdict.after(ledger.records, _refused_count(ledger), source=ledger.source)
    customers = admitted.tables["customers"]
    buckets = bucket_count(customers.num_rows, workers)
    snapshot = _write(admitted, ledgers, workspace, week=week, as_of=as_of, buckets=buckets)
    frame = conform(pd.DataFrame([_source_row(ledger, as_of, currency) for ledger in ledgers]), SOURCES)
    quarantine = _quarantine(ledgers)
    held = tuple(text for ledger in ledgers for text in ledger.verdict.held)
    if not customers.num_rows:
        held = (*held, "no customer was admitted; a run needs the master source")
    log.info("snapshot week=%s rows=%d quarantined=%d held=%d", week, admitted.row_count, len(quarantine), len(held))
    return Intake(
        manifest=snapshot.path,
        digest=snapshot.digest,
        sources=frame,
        quarantine=quarantine,
        held=held,
        changed_customers=changed_customers(admitted.tables, before),
        exports=snapshot.exports,
        suggestions=admitted.crosswalk.suggestions(_unmatched(ledgers)),
    )


class _Admission:
    """Admits source after source, table after table, into one set of tables."""

    def __init__(
        self,
        ledgers: list[_Ledger],
        *,
        crosswalk: pd.DataFrame,
        before: SnapshotManifest | None,
        as_of: datetime,
        zone: ZoneInfo,
    ) -> None:
        master = next((ledger.source for ledger in ledgers if ledger.source.master), None)
        self.ledgers = ledgers
        self.before = before
        self.as_of = as_of
        self.zone = zone
        self.master = master
        self.crosswalk = Crosswalk(crosswalk, master_system=master.key_system if master else None, as_of=as_of, zone=zone)
        self.redactor = Redactor()
        self.tables: dict[str, pa.Table] = {name: table.empty() for name, table in TABLES.items()}
        self.waiting: dict[str, list[pa.Table]] = {}
        self.lookups = {ledger.source.name: ledger.records.table for ledger in ledgers if ledger.records is not None}

    @property
    def row_count(self) -> int:
        return sum(table.num_rows for table in self.tables.values())

    def run(self) -> None:
        order = [*_FIRST, *(name for name in TABLES if name not in _FIRST)]
        for name in order:
            for ledger in self.ledgers:
                for place, target in enumerate(ledger.source.map):
                    if target.table == name:
                        self._admit(ledger, place)
            if name == "customers":
                self.crosswalk.add_customers(self.tables[name])
            elif name == "contacts":
                self.crosswalk.add_contacts(self.tables[name])
                self.redactor.add_contacts(_pairs(self.tables[name], "customer_id", "name"))
            elif name == "people":
                self.redactor.add_people(self.tables[name]["name"].to_pylist())

    def _admit(self, ledger: _Ledger, place: int) -> None:
        target = ledger.source.map[place]
        contract = TABLES[target.table]
        earlier = self._earlier(ledger.source, target.table)
        if ledger.records is None or ledger.verdict.uses_previous:
            if earlier is not None and ledger.verdict.uses_previous:
                self._add(ledger, target.table, earlier)
            return
        terms = self._terms(ledger)
        offered = offer(target, ledger.records.table, terms)
        rows, still_waiting = self._woken(ledger, place, offered.rows, offered.waiting)
        merged = merge(rows, earlier, source=ledger.source, target=target, as_of=self.as_of)
        merged_refusals = tuple(_of_table(refusal, target.table) for refusal in merged.refusals)
        ledger.refusals += [*offered.refusals, *merged_refusals]
        ledger.repeated += merged.repeated
        ledger.used += [np.asarray(offered.rows[RECORD]), np.asarray(still_waiting[RECORD])]
        if still_waiting.num_rows:
            ledger.refusals.append(_unmatched_refusal(target.table, still_waiting))
            ledger.unmatched_rows[f"{target.table}#{place}"] = still_waiting
            if ledger.source.kind is not ExportKind.FULL:
                self.waiting.setdefault(f"{ledger.source.name}/{target.table}/{place}", []).append(still_waiting)
        stay = merged.rows
        if ledger.records.removed_keys.num_rows:
            gone = offer(target, ledger.records.removed_keys, terms).rows["row_key"].combine_chunks()
            stay = stay.filter(pc.invert(pc.is_in(stay["row_key"], value_set=gone)))
        stay = self._without_strangers(ledger, target.table, stay)
        if contract.name != "customers" and contract.per_customer:
            ledger.early += self._before_start(stay)
        self._add(ledger, target.table, stay)

    def _terms(self, ledger: _Ledger) -> Terms:
        source, records = ledger.source, ledger.records
        assert records is not None

        def resolve(keys: pa.Array, rows: pa.Table) -> pa.Array:
            is_master = source.master and not self.tables["customers"].num_rows
            return self.crosswalk.resolve(keys, rows, source, is_master=is_master)

        delivered = max((export.data_at for export in records.exports), default=self.as_of)
        return Terms(source, self.zone, self.as_of, delivered, self.lookups, resolve)

    def _earlier(self, source: Source, table: str) -> pa.Table | None:
        if self.before is None:
            return None
        whole = self.before.whole(table)
        return whole.filter(pc.equal(whole["source"], source.name))

    def _woken(self, ledger: _Ledger, place: int, rows: pa.Table, waiting: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Adds rows that waited for a customer in earlier runs, if the crosswalk knows it now."""
        target = ledger.source.map[place]
        slept = None if self.before is None else self.before.waiting_rows(f"{ledger.source.name}/{target.table}/{place}")
        if slept is None or ledger.source.kind is ExportKind.FULL:
            return rows, waiting
        # What the source delivered again this time needs no second chance from memory.
        again = pa.concat_arrays([rows["row_key"].combine_chunks(), waiting["row_key"].combine_chunks()])
        slept = slept.filter(pc.invert(pc.is_in(slept["row_key"], value_set=again))).cast(rows.schema)
        ledger.waiting_before += slept.num_rows
        records = pa.table({name: pa.nulls(slept.num_rows, pa.string()) for name in sorted(ledger.source.reads)})
        ids = self.crosswalk.resolve(slept["__source_key"].combine_chunks(), records, ledger.source, is_master=False)
        slept = slept.set_column(slept.schema.get_field_index("customer_id"), "customer_id", ids)
        known = pc.is_valid(ids)
        return (
            pa.concat_tables([rows, slept.filter(known).cast(rows.schema)]),
            pa.concat_tables([waiting, slept.filter(pc.invert(known)).cast(waiting.schema)]),
        )

    def _without_strangers(self, ledger: _Ledger, table: str, rows: pa.Table) -> pa.Table:
        """Refuses keys that an earlier source holds, and assignments of people whom nobody knows."""
        here = self.tables[table]
        if here.num_rows:
            taken = np.asarray(pc.is_in(rows["row_key"], value_set=here["row_key"].combine_chunks()))
            rows = _refuse_rows(ledger, table, rows, taken, Reason.DUPLICATE_KEY, "another source already gives this key")
        if table == "assignments" and self.tables["people"].num_rows:
            people = self.tables["people"]["person_id"].combine_chunks()
            unknown = np.asarray(pc.invert(pc.is_in(rows["person_id"], value_set=people)))
            rows = _refuse_rows(ledger, table, rows, unknown, Reason.ORPHAN, "this person is not in the people table", "person_id")
        if TABLES[table].per_customer and table != "customers":
            known = self.tables["customers"]["customer_id"].combine_chunks()
            lost = np.asarray(pc.invert(pc.is_in(rows["customer_id"], value_set=known)))
            rows = _refuse_rows(ledger, table, rows, lost, Reason.ORPHAN, "its customer is no longer there", "customer_id")
        return rows

    def _before_start(self, rows: pa.Table) -> int:
        """How many rows are dated before their customer was one: admitted, but told."""
        customers = self.tables["customers"]
        places = pc.index_in(rows["customer_id"], value_set=customers["customer_id"].combine_chunks()).combine_chunks()
        since = customers["event_at"].combine_chunks().take(places)
        return int(pc.sum(pc.fill_null(pc.less(rows["event_at"].combine_chunks(), since), False)).as_py() or 0)

    def _add(self, ledger: _Ledger, table: str, rows: pa.Table) -> None:
        plain = rows.drop_columns([name for name in INTERNAL if name in rows.column_names])
        fresh = Redactor(region=self.redactor.region, _full=self.redactor._full, _own=self.redactor._own, _of_customer=self.redactor._of_customer)
        masked = redact(table, plain, fresh)
        ledger.redacted.update(fresh.counts)
        self.tables[table] = pa.concat_tables([self.tables[table], masked.cast(TABLES[table].schema)])
