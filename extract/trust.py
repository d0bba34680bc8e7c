"""What is told about a source: the counts of the data-trust line, the quarantine, and keys without a customer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.frames import Kind, conform
from contracts.results import QUARANTINE
from contracts.tables import TABLES
from contracts.words import Reason
from extract.admission import Numbers
from extract.arrow import pc
from extract.gathering import Ledger
from extract.redaction import told

_MOST_IGNORED = 12


def refused_records(ledger: Ledger, *, without: frozenset[Reason] = frozenset()) -> int:
    """How many records at least one table refused; rows that a reader refused are records too."""
    numbers = [refusal.records for refusal in ledger.refusals if refusal.reason not in without]
    waiting = (
        0
        if Reason.UNMATCHED_KEY in without
        else sum(int((t["__record"].to_numpy() < 0).sum()) for t in ledger.unmatched.values())
    )
    return _distinct(ledger, numbers) + waiting + (ledger.records.refused_row_count if ledger.records else 0)


def _distinct(ledger: Ledger, numbers: Sequence[Numbers]) -> int:
    """How many records of this run stand in at least one of the lists; -1 is no record of this run."""
    is_named = np.zeros(len(ledger.records.files) if ledger.records else 0, dtype=bool)
    for part in numbers:
        is_named[part[part >= 0]] = True
    return int(is_named.sum())


def records_in(ledger: Ledger) -> int:
    """The records that count: known at as_of, and asked for by at least one table or refused by one."""
    if ledger.records is None:
        return 0
    return (
        _distinct(ledger, [*ledger.used, *(refusal.records for refusal in ledger.refusals)])
        + ledger.records.refused_row_count
        + ledger.waiting_before
        + ledger.records.superseded
    )


def source_row(ledger: Ledger, currency: str) -> dict[str, Any]:
    """The SOURCES row of one source."""
    verdict = ledger.verdict
    if verdict.uses_previous:
        rows_in, refused = ledger.carried, refused_carried(ledger)
    else:
        rows_in, refused = records_in(ledger), refused_records(ledger)
    unmatched = _unmatched_records(ledger)
    return {
        "source": ledger.source.name,
        "table": ", ".join(dict.fromkeys(target.table for target in ledger.source.map)),
        "state": verdict.state,
        "rows_in": rows_in,
        "admitted": rows_in - refused,
        "quarantined": refused,
        "unmatched": unmatched,
        "unmatched_amount": _unmatched_amount(ledger, currency),
        "data_at": verdict.data_at,
        "age_days": verdict.age_days,
        "limit_days": ledger.source.max_age_days,
        "message": "; ".join(_sentences(ledger, rows_in)) or None,
    }


def refused_carried(ledger: Ledger) -> int:
    return sum(len(refusal.records) for refusal in ledger.refusals)


def _unmatched_records(ledger: Ledger) -> int:
    numbers = [np.asarray(rows["__record"]) for rows in ledger.unmatched.values()]
    return _distinct(ledger, numbers) + sum(int((part < 0).sum()) for part in numbers)


def _unmatched_amount(ledger: Ledger, currency: str) -> float | None:
    """The money of unmatched rows in the reporting currency (or without one); each table's first amount counts."""
    total: float | None = None
    for key, rows in ledger.unmatched.items():
        contract = TABLES[key.rsplit("/", 1)[-1]]
        amount = next((column.name for column in contract.columns if column.kind is Kind.MONEY), None)
        if amount is None:
            continue
        amounts = rows[amount]
        if "currency" in rows.column_names:
            amounts = amounts.filter(pc.fill_null(pc.equal(rows["currency"], currency), True))
        summed = pc.sum(amounts).as_py()
        if summed is not None:
            total = (total or 0.0) + float(summed)
    return total


def _sentences(ledger: Ledger, rows_in: int) -> Iterator[str]:
    yield from ledger.verdict.notes
    yield from ledger.verdict.held
    records = ledger.records
    if records is None or ledger.verdict.uses_previous:
        return
    if records.not_yet:
        yield f"{records.not_yet} rows not yet known at as_of"
    passed = len(records.files) + records.refused_row_count + ledger.waiting_before - records.not_yet - rows_in
    if passed > 0:
        yield f"{passed} rows not yet known or asked for by no table"
    if records.superseded:
        yield f"{records.superseded} rows superseded by a later one"
    if ledger.repeated:
        yield f"{ledger.repeated} repeated rows merged"
    if ledger.woken:
        yield f"{ledger.woken} waiting rows admitted"
    if ledger.early:
        yield f"{ledger.early} rows dated before their customer's start"
    if any(ledger.redacted.values()):
        yield f"masked {told(ledger.redacted)}"
    yield from _notes(records.notes)


def _notes(notes: Counter[str]) -> Iterator[str]:
    ignored = [note for note in notes if note.startswith("ignored column")]
    yield from (f"{count} {note}" for note, count in notes.items() if note not in ignored)
    if ignored:
        names = [note.removeprefix("ignored column ") for note in ignored]
        more = f" and {len(names) - _MOST_IGNORED} more" if len(names) > _MOST_IGNORED else ""
        yield f"ignored columns: {', '.join(names[:_MOST_IGNORED])}{more}"


def quarantine(ledgers: Sequence[Ledger]) -> pd.DataFrame:
    """The QUARANTINE frame of all sources, in the order of sources, files and rows."""
    frames = [frame for ledger in ledgers for frame in _of_source(ledger) if len(frame)]
    if not frames:
        return QUARANTINE.empty()
    return conform(pd.concat(frames, ignore_index=True), QUARANTINE)


def _of_source(ledger: Ledger) -> Iterator[pd.DataFrame]:
    records = ledger.records
    if records is None:
        return
    files = [
        {"file": file.name, "reason": file.reason.value, "message": file.message} for file in records.refused_files
    ]
    yield pd.DataFrame(files).assign(source=ledger.source.name)
    rows = pd.concat(
        [records.refused_rows, *(_located(ledger, refusal) for refusal in ledger.refusals)], ignore_index=True
    )
    if len(rows):
        yield rows.sort_values(["file", "row_number"], kind="stable", na_position="last").assign(
            source=ledger.source.name
        )


def _located(ledger: Ledger, refusal: Any) -> pd.DataFrame:
    """One refusal as rows: which file and row each record stands in."""
    records = ledger.records
    assert records is not None
    count = len(refusal.records)
    is_here = (refusal.records >= 0) & bool(len(records.files))
    at = pa.array(np.where(is_here, refusal.records, 0), mask=~is_here)
    exports = np.asarray(records.files.take(at).fill_null(-1)) if len(records.files) else np.full(count, -1)
    names = np.array([*(e.name for e in records.exports), "(from an earlier run)"], dtype=object)
    hashes = np.array([*(e.sha256 for e in records.exports), None], dtype=object)
    sheets = np.array([*records.sheets, None], dtype=object)
    numbers = records.rows.take(at).to_pandas() if len(records.rows) else None
    clipped = None if refusal.values is None else pc.utf8_slice_codeunits(refusal.values.cast(pa.string()), 0, 80)
    return pd.DataFrame({
        "file": names[exports],
        "sheet": sheets[exports],
        "row_number": numbers,
        "table": refusal.table or None,
        "column": refusal.column,
        "value": None if clipped is None else clipped.to_pandas(),
        "reason": refusal.reason.value,
        "message": refusal.message,
        "sha256": hashes[exports],
        "source_key": None if refusal.source_keys is None else refusal.source_keys.to_pandas(),
    })  # fmt: skip


def unmatched_keys(ledgers: Sequence[Ledger]) -> Iterator[tuple[str, str, str, int, str | None, str | None]]:
    """(system, source_key, source, rows, name hint, mail hint) of every key nobody has approved a customer for."""
    for ledger in ledgers:
        counts: Counter[str] = Counter()
        hints: dict[str, tuple[str | None, str | None]] = {}
        for rows in ledger.unmatched.values():
            counts.update(rows["__source_key"].to_pylist())
            hints.update(_hints(ledger, rows))
        for key, count in sorted(counts.items()):
            name, email = hints.get(key, (None, None))
            yield ledger.source.key_system or "", key, ledger.source.name, count, name, email


def _hints(ledger: Ledger, rows: pa.Table) -> dict[str, tuple[str | None, str | None]]:
    source, records = ledger.source, ledger.records
    if records is None or not (source.customer_name_column or source.customer_email_column):
        return {}
    known = rows.filter(pc.greater_equal(rows["__record"], 0))
    places = pc.index_in(known["__record"], value_set=records.table["__record"].combine_chunks()).combine_chunks()
    told_of = [
        records.table[name].combine_chunks().take(places).to_pylist() if name else [None] * known.num_rows
        for name in (source.customer_name_column, source.customer_email_column)
    ]
    return dict(zip(known["__source_key"].to_pylist(), zip(*told_of, strict=True), strict=True))


def state_of(ledger: Ledger, as_of: datetime) -> dict[str, Any]:
    """What the manifest remembers of a source for the next run."""
    data_at = ledger.verdict.data_at
    return {
        "state": ledger.verdict.state,
        "rows_in": ledger.verdict.rows_in,
        "data_at": min(data_at, as_of).isoformat() if data_at else None,
        "taken_at": as_of.isoformat(),
    }
