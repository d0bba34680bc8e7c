"""The book of a run on disk: frames as Parquet, so that a worker can load one audience's part of it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from contracts.book import Book, WeekFacts
from contracts.frames import to_frame
from contracts.ids import canonical_json
from contracts.tables import TABLES

# A book up to this size is read once per process and cut by scope in memory.
_HELD_WHOLE = 20_000

# Canonical tables that pages and workbooks show.
SHOWN = (
    "customers",
    "contacts",
    "install_base",
    "agreements",
    "tickets",
    "projects",
    "deals",
    "invoices",
    "surveys",
    "account_feedback",
    "transcripts",
    "outcomes",
)


def save_book(folder: Path, facts: WeekFacts, frames: dict[str, pd.DataFrame], buckets: list[Path]) -> None:
    """Write the facts and result frames; canonical rows stay in their buckets and are only pointed at."""
    folder.mkdir(parents=True, exist_ok=True)
    body = {**asdict(facts), "as_of": facts.as_of.isoformat(), "customers": len(frames["placements"])}
    (folder / "facts.json").write_bytes(canonical_json(body))
    places = [os.path.relpath(bucket / "tables", folder) for bucket in buckets]
    (folder / "buckets.json").write_bytes(canonical_json(places))
    for name, frame in frames.items():
        save_frame(folder, name, frame)


def save_frame(folder: Path, name: str, frame: pd.DataFrame) -> None:
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / f"{name}.parquet", compression="zstd")


def add_frames(folder: Path, frames: dict[str, pd.DataFrame]) -> None:
    """Put frames into a book that is there already, in place of those of the same names."""
    for name, frame in frames.items():
        save_frame(folder, name, frame)
    # a book that this process has read is out of date now, which `_whole` sees by this time
    os.utime(folder / "facts.json")


def load_book(folder: Path, customers: Collection[str] | None = None) -> Book:
    """The book, or the part of it about `customers`. Scoping is still `scoped`'s work: this only saves memory."""
    body = json.loads((folder / "facts.json").read_bytes())
    if customers is None or body["customers"] <= _HELD_WHOLE:
        return _whole(folder, (folder / "facts.json").stat().st_mtime_ns)
    return _read(folder, pa.array(sorted(customers), pa.string()))


@lru_cache(maxsize=1)
def _whole(folder: Path, _written: int) -> Book:
    return _read(folder, None)


def _read(folder: Path, customers: pa.StringArray | None) -> Book:
    frames = {path.stem: to_frame(_part(path, customers)) for path in sorted(folder.glob("*.parquet"))}
    buckets = [folder / name for name in json.loads((folder / "buckets.json").read_bytes())]
    for name in SHOWN:
        parts = [_part(bucket / f"{name}.parquet", customers) for bucket in buckets]
        whole = pa.concat_tables(parts) if parts else TABLES[name].empty()
        frames[name] = to_frame(whole.sort_by([(key, "ascending") for key in TABLES[name].key]))
    if (said := frames.pop("team_feedback", None)) is not None:
        frames["account_feedback"] = with_feedback(frames["account_feedback"], said)
    return Book(facts=load_facts(folder), frames=frames)


def with_feedback(shown: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """The canonical account_feedback with what teams said through workbooks (TEAM_FEEDBACK frame); a row that a
    source exports back to us stands once.
    """
    new = said[~said["feedback_id"].isin(shown["feedback_id"])]
    if new.empty:
        return shown
    new = new.assign(source="workbook", event_at=new["given_at"], known_at=new["given_at"])
    known = TABLES["account_feedback"].schema
    schema = pa.schema([known.field(name) for name in shown.columns])
    frames = (shown, pd.DataFrame({name: new.get(name) for name in shown.columns}))
    whole = pa.concat_tables([pa.Table.from_pandas(frame, schema=schema, preserve_index=False) for frame in frames])
    return to_frame(whole.sort_by("feedback_id"))


def load_frame(folder: Path, name: str) -> pd.DataFrame:
    """One frame of the book that is no canonical table of buckets, unscoped."""
    return to_frame(pq.read_table(folder / f"{name}.parquet"))


def load_columns(folder: Path, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """Some columns of one frame of the book, unscoped: of a large book far cheaper than the book."""
    if name in SHOWN:
        buckets = [folder / place for place in json.loads((folder / "buckets.json").read_bytes())]
        paths = [bucket / f"{name}.parquet" for bucket in buckets]
    else:
        paths = [folder / f"{name}.parquet"]
    parts = [pq.read_table(path, columns=list(columns)) for path in paths if path.exists()]
    whole = pa.concat_tables(parts) if parts else pa.table({column: pa.array([], pa.string()) for column in columns})
    return to_frame(whole)


def load_facts(folder: Path) -> WeekFacts:
    """The facts of the book without its frames."""
    body = json.loads((folder / "facts.json").read_bytes())
    del body["customers"]
    body["as_of"] = datetime.fromisoformat(body["as_of"])
    body["axis_notes"] = tuple(body["axis_notes"])
    body["trust_notes"] = tuple(body["trust_notes"])
    body["value_notes"] = tuple(body["value_notes"])
    body["expert_notes"] = tuple(body["expert_notes"])
    body["case_statuses"] = tuple(body["case_statuses"])
    return WeekFacts(**body)


def _part(path: Path, customers: pa.StringArray | None) -> pa.Table:
    if customers is None or "customer_id" not in pq.read_schema(path).names:
        return pq.read_table(path)
    return pq.read_table(path, filters=pc.field("customer_id").isin(customers))
