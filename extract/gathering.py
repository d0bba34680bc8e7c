"""Admits source after source into the tables of one week, in the order in which they need each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

from config.sources import Source, Target
from contracts.exchange import PulledExport
from contracts.ids import bucket_of
from contracts.tables import TABLES
from contracts.words import ExportKind, Reason
from extract.admission import INTERNAL, RECORD, SOURCE_KEY, Numbers, Refusal, Terms, offer
from extract.arrow import pc
from extract.changes import without_shared
from extract.crosswalk import Crosswalk
from extract.mapping import Lookups
from extract.other_customers import CustomerNames
from extract.records import Records
from extract.redaction import Names, Redactor, redact
from extract.snapshot import SnapshotManifest
from extract.state import merge
from extract.verdict import Verdict

# Customers before all that belongs to one; names before the free text they may stand in.
_FIRST = ("customers", "contacts", "people")


@dataclass
class Ledger:
    """What is counted and kept of one source while its tables are admitted. `stand_in`: an earlier export that
    serves look-ups of others while this source's own rows are carried. `known`: files that an earlier run used, whose
    rows are carried too.
    """

    source: Source
    verdict: Verdict
    records: Records | None
    stand_in: Records | None = None
    refusals: list[Refusal] = field(default_factory=list)
    used: list[Numbers] = field(default_factory=list)
    unmatched: dict[str, pa.Table] = field(default_factory=dict)
    redacted: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    woken: int = 0
    waiting_before: int = 0
    carried: int = 0
    early: int = 0
    known: tuple[PulledExport, ...] = ()

    @property
    def exports(self) -> tuple[PulledExport, ...]:
        """Every file that this run's rows stem from."""
        used = [e for records in (self.records, self.stand_in) if records for e in records.exports]
        return tuple(dict.fromkeys((*self.known, *used)))


class Gathering:
    """The tables of one week as they fill. `waiting` keeps rows of append and changes sources without a customer.

    Where `carries` says so, what cannot have changed is not made again: a table of which no source was read is
    `untouched`, of the others only customers in `touched` have other rows. That holds while customers, contacts and
    people are those of before, for their names are what free text is masked by.
    """

    def __init__(
        self,
        ledgers: Sequence[Ledger],
        *,
        pairs: pd.DataFrame,
        lookups: Lookups,
        before: SnapshotManifest | None,
        as_of: datetime,
        zone: ZoneInfo,
        region: str | None = None,
        ordinary_words: Collection[str] = (),
        carries: bool = False,
    ) -> None:
        master = next((ledger.source for ledger in ledgers if ledger.source.master), None)
        self.ledgers = ledgers
        self.crosswalk = Crosswalk(pairs, master_system=master.key_system if master else None, as_of=as_of, zone=zone)
        self.tables: dict[str, pa.Table] = {name: table.empty() for name, table in TABLES.items()}
        self.waiting: dict[str, pa.Table] = {}
        self.untouched: set[str] = set()
        self.touched: dict[str, set[str]] = {}
        self._is_same_ground = (
            carries
            and before is not None
            and all(ledger.verdict.uses_previous for name in _FIRST for ledger in self._feeding(name))
        )
        self._before = before
        self._as_of = as_of
        self._zone = zone
        self._names = Names()
        self._customers = CustomerNames(frozenset(word.casefold() for word in ordinary_words))
        self._region = region
        self._lookups = lookups

    def gather(self) -> None:
        """Admits every target of every source."""
        for name in [*_FIRST, *(table for table in TABLES if table not in _FIRST)]:
            feeding = self._feeding(name)
            if self._is_same_ground and feeding and all(ledger.verdict.uses_previous for ledger in feeding):
                self._leave(feeding, name)
            else:
                for ledger in feeding:
                    self._admit(ledger, name)
            self._learn(name)

    def _feeding(self, name: str) -> list[Ledger]:
        return [ledger for ledger in self.ledgers if any(target.table == name for target in ledger.source.map)]

    def _leave(self, feeding: Sequence[Ledger], name: str) -> None:
        """A table of which nothing was read stands as it is; only what others need to know of it is read."""
        assert self._before is not None
        self.untouched.add(name)
        if name in _FIRST:
            self.tables[name] = self._before.whole(name)
        rows = Counter(self._before.sources_of(name))
        for ledger in feeding:
            ledger.carried += rows[ledger.source.name]
            self._keep_waiting(ledger.source, name)

    def _learn(self, name: str) -> None:
        table = self.tables[name]
        if name == "customers":
            self.crosswalk.add_customers(table)
            self._customers.add(zip(table["customer_id"].to_pylist(), table["name"].to_pylist(), strict=True))
        elif name == "contacts":
            self.crosswalk.add_contacts(table)
            self._names.add_contacts(zip(table["customer_id"].to_pylist(), table["name"].to_pylist(), strict=True))
        elif name == "people":
            self._names.add_people(table["name"].to_pylist())

    def _admit(self, ledger: Ledger, name: str) -> None:
        is_whole = ledger.verdict.uses_previous or not self._adds_few(ledger, name)
        earlier = self._earlier(ledger.source, name) if is_whole else None
        if ledger.verdict.uses_previous:
            if earlier is not None:
                ledger.carried += earlier.num_rows
                self._add(ledger, name, self._without_strangers(ledger, name, _numbered(earlier)), earlier)
            self._keep_waiting(ledger.source, name)
            return
        if ledger.records is None or not ledger.records.exports:
            if self._is_same_ground and earlier is not None and TABLES[name].per_customer:
                self.touched.setdefault(name, set()).update(earlier["customer_id"].to_pylist())
            return
        terms = self._terms(ledger, ledger.records)
        parts = [
            self._offered(ledger, place, target, terms)
            for place, target in enumerate(ledger.source.map)
            if target.table == name
        ]
        targets = [target for target in ledger.source.map if target.table == name]
        if not is_whole:
            earlier = self._concerned(ledger.source, name, pa.concat_tables(parts))
        merged = merge(pa.concat_tables(parts), earlier, source=ledger.source, targets=targets, as_of=self._as_of)
        ledger.refusals += [replace(refusal, table=name) for refusal in merged.refusals]
        ledger.repeated += merged.repeated
        self._add(
            ledger,
            name,
            self._without_strangers(ledger, name, self._without_removed(ledger, merged.rows, targets, terms)),
            earlier,
        )

    def _keep_waiting(self, source: Source, name: str) -> None:
        """Rows of a carried source that still wait for a customer wait on, for its next export."""
        for place, target in enumerate(source.map):
            key = f"{source.name}/{place}/{target.table}"
            slept = self._before.waiting_rows(key) if self._before and target.table == name else None
            if slept is not None:
                self.waiting[key] = slept

    def _offered(self, ledger: Ledger, place: int, target: Target, terms: Terms) -> pa.Table:
        assert ledger.records is not None
        offered = offer(target, ledger.records.table, terms)
        ledger.refusals += offered.refusals
        ledger.used += [np.asarray(offered.taken)]
        key = f"{ledger.source.name}/{place}/{target.table}"
        rows, waiting = self._woken(ledger, key, offered.rows, offered.waiting)
        if waiting.num_rows:
            ledger.refusals.append(_unmatched(target.table, waiting, self._key_column(target)))
            ledger.unmatched[key] = waiting
            if ledger.source.kind is not ExportKind.FULL:
                masked = redact(target.table, waiting, Redactor(self._names, self._region, self._customers))
                self.waiting[key] = _numbered(masked.drop_columns([RECORD, SOURCE_KEY]), masked[SOURCE_KEY])
        return rows

    def _key_column(self, target: Target) -> str | None:
        cell = target.columns["customer_id"]
        return cell.column or cell.match or "customer_id"

    def _terms(self, ledger: Ledger, records: Records) -> Terms:
        source = ledger.source

        def resolve(keys: pa.Array, rows: pa.Table) -> pa.Array:
            is_master = source.master and not self.crosswalk.knows_customers
            return self.crosswalk.resolve(keys, rows, source, is_master=is_master)

        delivered = max((export.data_at for export in records.exports), default=self._as_of)
        return Terms(source, self._zone, self._as_of, delivered, self._lookups, resolve)

    def _adds_few(self, ledger: Ledger, name: str) -> bool:
        """Whether new rows meet only those in the buckets of their customers and keys: the rest need not be read."""
        adds = ledger.source.kind is not ExportKind.FULL and len(self._feeding(name)) == 1
        delivers = ledger.records is not None and ledger.records.exports and not ledger.records.removed.num_rows
        return bool(self._is_same_ground and adds and delivers and TABLES[name].per_customer)

    def _concerned(self, source: Source, name: str, rows: pa.Table) -> pa.Table:
        """The earlier rows of the buckets in which one of these rows, or one with its key, stands."""
        assert self._before is not None
        wanted = {bucket_of(customer, self._before.buckets) for customer in rows["customer_id"].unique().to_pylist()}
        buckets = {str(bucket) for bucket in wanted} | self._before.buckets_with(name, rows["row_key"].combine_chunks())
        found = [self._before.table(name, bucket) for bucket in sorted(buckets)]
        whole = pa.concat_tables([TABLES[name].empty(), *found])
        return whole.filter(pc.equal(whole["source"], source.name)) if whole.num_rows else whole

    def _earlier(self, source: Source, table: str) -> pa.Table | None:
        if self._before is None:
            return None
        whole = self._before.whole(table)
        return whole.filter(pc.equal(whole["source"], source.name)) if whole.num_rows else whole

    def _woken(self, ledger: Ledger, key: str, rows: pa.Table, waiting: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Adds rows that waited for a customer since an earlier run: to `rows` if somebody is known now."""
        slept = None if self._before is None else self._before.waiting_rows(key)
        if slept is None or ledger.source.kind is ExportKind.FULL:
            return rows, waiting
        again = pa.chunked_array([*rows["row_key"].chunks, *waiting["row_key"].chunks], pa.string()).combine_chunks()
        slept = slept.select(rows.schema.names).cast(rows.schema)
        slept = slept.filter(pc.invert(pc.is_in(slept["row_key"], value_set=again)))
        ledger.waiting_before += slept.num_rows
        no_text = pa.table({name: pa.nulls(slept.num_rows, pa.string()) for name in sorted(ledger.source.reads)})
        keys = slept[SOURCE_KEY].combine_chunks()
        ids = self.crosswalk.resolve(keys, no_text, ledger.source, is_master=False)
        slept = slept.set_column(slept.schema.get_field_index("customer_id"), rows.schema.field("customer_id"), ids)
        ledger.woken += len(ids) - ids.null_count
        known = slept.filter(pc.is_valid(slept["customer_id"]))
        unknown = slept.filter(pc.is_null(slept["customer_id"]))
        return pa.concat_tables([rows, known]), pa.concat_tables([waiting, unknown])

    def _without_removed(self, ledger: Ledger, rows: pa.Table, targets: list[Target], terms: Terms) -> pa.Table:
        assert ledger.records is not None
        if not ledger.records.removed.num_rows:
            return rows
        for target in targets:
            gone = offer(target, ledger.records.removed, terms).rows["row_key"].combine_chunks()
            rows = rows.filter(pc.invert(pc.is_in(rows["row_key"], value_set=gone)))
        return rows

    def _without_strangers(self, ledger: Ledger, name: str, rows: pa.Table) -> pa.Table:
        """Refuses keys that an earlier source holds, people whom nobody knows, and customers who are gone."""
        here = self.tables[name]
        if here.num_rows:
            taken = pc.is_in(rows["row_key"], value_set=here["row_key"].combine_chunks())
            rows = _refused(
                ledger, name, rows, taken, Reason.DUPLICATE_KEY, "another source already gave this key", "row_key"
            )
        if name == "assignments" and self.tables["people"].num_rows:
            people = self.tables["people"]["person_id"].combine_chunks()
            unknown = pc.invert(pc.is_in(rows["person_id"], value_set=people))
            rows = _refused(
                ledger, name, rows, unknown, Reason.ORPHAN, "this person is not in the people table", "person_id"
            )
        if TABLES[name].per_customer and name != "customers":
            known = self.tables["customers"]["customer_id"].combine_chunks()
            lost = pc.invert(pc.is_in(rows["customer_id"], value_set=known))
            rows = _refused(ledger, name, rows, lost, Reason.ORPHAN, "its customer is no longer there", "customer_id")
            ledger.early += self._before_start(rows)
        return rows

    def _before_start(self, rows: pa.Table) -> int:
        """How many rows are dated before their customer was one: admitted, but told."""
        customers = self.tables["customers"]
        places = pc.index_in(rows["customer_id"], value_set=customers["customer_id"].combine_chunks())
        since = customers["event_at"].combine_chunks().take(places.combine_chunks())
        is_early = pc.less(rows["event_at"].combine_chunks(), since)
        return int(pc.sum(pc.fill_null(is_early, False)).as_py() or 0)

    def _add(self, ledger: Ledger, name: str, rows: pa.Table, earlier: pa.Table | None) -> None:
        redactor = Redactor(self._names, self._region, self._customers)
        rows = rows.drop_columns(list(INTERNAL))
        parts = [self.tables[name]]
        if self._is_same_ground and earlier is not None and TABLES[name].per_customer:
            # what stood before is masked already, by the same names
            rows, gone = without_shared(rows, earlier)
            parts.append(without_shared(earlier, gone)[0])
            self.touched.setdefault(name, set()).update(*(t["customer_id"].to_pylist() for t in (rows, gone)))
        masked = redact(name, rows, redactor)
        ledger.redacted.update(redactor.counts)
        self.tables[name] = pa.concat_tables([*parts, masked.cast(TABLES[name].schema)])


def _numbered(rows: pa.Table, source_keys: pa.ChunkedArray | None = None) -> pa.Table:
    """Rows that stem from no record of this run."""
    keys = pa.nulls(rows.num_rows, pa.string()) if source_keys is None else source_keys
    return rows.append_column(RECORD, pa.array(np.full(rows.num_rows, -1, dtype="int64"))).append_column(
        SOURCE_KEY, keys
    )


def _unmatched(table: str, rows: pa.Table, column: str | None) -> Refusal:
    keys = rows[SOURCE_KEY].combine_chunks()
    message = "no customer is known for this key; approve one in crosswalk.csv"
    return Refusal(table, np.asarray(rows[RECORD]), Reason.UNMATCHED_KEY, message, column, keys, keys)


def _refused(
    ledger: Ledger, table: str, rows: pa.Table, mask: pa.ChunkedArray, reason: Reason, message: str, column: str
) -> pa.Table:
    if not pc.any(mask, min_count=0).as_py():
        return rows
    bad = rows.filter(mask)
    values = bad[column].combine_chunks()
    ledger.refusals.append(Refusal(table, np.asarray(bad[RECORD]), reason, message, column, values))
    return rows.filter(pc.invert(mask))
