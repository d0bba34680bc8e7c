"""What look-ups look into: this run's export of the named source, or the one it stood on before.

A look-up into nothing would blank columns, or send every row to the quarantine for a fault that is not its own. So
a source whose look-up source delivered nothing, now or before, is refused as a whole, by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from contracts.words import Reason
from extract.gathering import Ledger
from extract.mapping import Lookups
from extract.pull import Pulled, RefusedFile
from extract.records import Records, read_records
from extract.snapshot import SnapshotManifest
from extract.verdict import judge


def stand_in(ledgers: Sequence[Ledger], before: SnapshotManifest | None, *, as_of: datetime, zone: ZoneInfo) -> None:
    """Gives look-up sources whose rows are carried their earlier export again, as far as var/raw still has it."""
    wanted = {name for ledger in ledgers for name in _wanted(ledger)}
    for ledger in ledgers:
        if before is None or ledger.source.name not in wanted or not ledger.verdict.uses_previous:
            continue
        exports = tuple(e for e in before.exports if e.source == ledger.source.name and e.path.exists())
        if exports:
            ledger.stand_in = read_records(ledger.source, Pulled(exports), as_of=as_of, zone=zone)


def lookup_tables(ledgers: Sequence[Ledger]) -> Lookups:
    """The rows that look-ups may use, by the name of their source."""
    used = {ledger.source.name: ledger.stand_in or ledger.records for ledger in ledgers}
    return {name: records.table for name, records in used.items() if records is not None and records.exports}


def refuse_dependents(
    ledgers: Sequence[Ledger], usable: Lookups, before: SnapshotManifest | None, *, as_of: datetime
) -> None:
    """Refuses every export whose map looks into a source that is not among the usable ones."""
    for ledger in ledgers:
        missing = sorted(_wanted(ledger) - usable.keys())
        if missing:
            assert ledger.records is not None
            ledger.records = _refused(ledger.records, missing)
            ledger.refusals = []
            ledger.verdict = judge(ledger.source, ledger.records, before, as_of=as_of)


def _wanted(ledger: Ledger) -> set[str]:
    """The look-up sources that rows of this run need."""
    if ledger.verdict.uses_previous or ledger.records is None or not ledger.records.exports:
        return set()
    cells = [cell for target in ledger.source.map for cell in [*target.columns.values(), target.known_at] if cell]
    return {cell.lookup for cell in cells if cell.lookup}


def _refused(records: Records, missing: Sequence[str]) -> Records:
    """The same delivery with every file refused."""
    names = ", ".join(f"'{name}'" for name in missing)
    text = f"looks up values in source {names}, which delivered nothing that can be used; deliver it, then run again"
    refused = tuple(RefusedFile(export.name, Reason.SOURCE_MISSING, text) for export in records.exports)
    return replace(
        records,
        exports=(),
        table=records.table.slice(0, 0),
        files=pa.array([], pa.int32()),
        rows=pa.array([], pa.int64()),
        sheets=(),
        refused_rows=pd.DataFrame(),
        refused_files=(*records.refused_files, *refused),
        refusals=(),
        not_yet=0,
        removed=records.removed.slice(0, 0),
        superseded=0,
        notes=Counter(),
        data_at=None,
    )
