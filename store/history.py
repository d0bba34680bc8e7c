"""What each week measured, scored and placed, as Parquet: <folder>/<week>/r<revision>/<name>.parquet.

The same frame gives the same bytes: rows sorted by the contract's key, the contract's types, no
pandas metadata, no file times, fixed compression and row groups. Files appear whole or not at all.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from contracts.frames import Frame, from_frame, to_frame
from contracts.ids import sha256
from contracts.results import HISTORY, RESULTS
from contracts.weeks import Week
from store.errors import NotInStore

# "history_row" is one week's own rows of HISTORY, from which trends over many weeks are gathered.
_CONTRACTS: dict[str, Frame] = {**RESULTS, "history_row": HISTORY}
_ROWS_PER_GROUP = 65_536
_ZSTD_LEVEL = 3
_REVISION = re.compile(r"^r(\d+)$")

WeekOrRevision = Week | str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class HistoryFile:
    path: Path
    sha256: str
    rows: int


def write_week(
    folder: Path, week: Week | str, revision: int, frames: Mapping[str, pd.DataFrame]
) -> dict[str, HistoryFile]:
    """Write the result frames of one week and revision; frames are known by their contract's name.

    A file that exists is replaced, so that a run that died before publishing can be run again;
    which revision may still be written is for the caller to know (`runs.published`).

    Raises: ContractBroken when a frame does not keep its contract.
    """
    written = {}
    for name in sorted(frames):
        table = _sorted(from_frame(frames[name], _contract(name)), _contract(name))
        content = _to_bytes(table)
        path = history_path(folder, week, revision, name)
        _replace_whole(path, content)
        written[name] = HistoryFile(path, sha256(content), table.num_rows)
    return written


def history_path(folder: Path, week: Week | str, revision: int, name: str) -> Path:
    return folder / str(week) / f"r{revision}" / f"{name}.parquet"


def read_week(folder: Path, week: Week | str, name: str, revision: int | None = None) -> pd.DataFrame:
    """One frame of one week, in its newest revision unless another is asked for.

    Raises: NotInStore when there is no such file.
    """
    return to_frame(_open(folder, (str(week), _revision(folder, week, revision)), name))


def read_many(
    folder: Path,
    weeks: Iterable[WeekOrRevision],
    name: str,
    customer_ids: Collection[str] | None = None,
    *,
    columns: Collection[str] | None = None,
) -> pd.DataFrame:
    """One frame over many weeks (names, or name with revision), in the order given, all rows or some customers'.

    A frame whose contract has no `week` gets that column in front.

    Raises: NotInStore when a week is missing.
    """
    contract = _contract(name)
    pinned = [w if isinstance(w, tuple) else (str(w), _revision(folder, w, None)) for w in weeks]
    chosen = None if customer_ids is None else ds.field("customer_id").isin(pa.array(sorted(customer_ids), pa.string()))
    names = contract.names if columns is None else [c for c in contract.names if c in {*columns, "week"}]
    schema = pa.schema([contract.schema.field(column) for column in names])
    tables = [_with_week(_open(folder, week, name, names, chosen), week[0]) for week in pinned]
    if not tables:
        return to_frame(_with_week(schema.empty_table(), ""))
    return to_frame(pa.concat_tables(tables))


def revisions(folder: Path, week: Week | str) -> list[int]:
    """The revisions of a week that have files, oldest first."""
    place = folder / str(week)
    if not place.is_dir():
        return []
    return sorted(int(match[1]) for entry in place.iterdir() if (match := _REVISION.match(entry.name)))


def _contract(name: str) -> Frame:
    if name not in _CONTRACTS:
        raise NotInStore(f"history keeps {', '.join(sorted(_CONTRACTS))}; there is no frame '{name}'")
    return _CONTRACTS[name]


def _revision(folder: Path, week: Week | str, revision: int | None) -> int:
    if revision is not None:
        return revision
    found = revisions(folder, week)
    if not found:
        raise NotInStore(f"{folder}: no history of {week}; `cem backfill --from {week} --to {week}` makes it")
    return found[-1]


def _open(
    folder: Path,
    week: tuple[str, int],
    name: str,
    columns: list[str] | None = None,
    chosen: pc.Expression | None = None,
) -> pa.Table:
    path = history_path(folder, week[0], week[1], name)
    if not path.exists():
        raise NotInStore(f"{path}: no '{name}' of {week[0]} revision {week[1]} in the history")
    return pq.read_table(path, columns=columns or _contract(name).names, filters=chosen, partitioning=None)


def _with_week(table: pa.Table, week: str) -> pa.Table:
    if "week" in table.column_names:
        return table
    return table.add_column(0, pa.field("week", pa.string()), pa.array([week] * table.num_rows, pa.string()))


def _sorted(table: pa.Table, contract: Frame) -> pa.Table:
    # Without a key the order is part of what the frame says (quarantine: as the rows stood in the file).
    return table.sort_by([(name, "ascending") for name in contract.key]) if contract.key else table


def _to_bytes(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(
        table.replace_schema_metadata(None).combine_chunks(),
        buffer,
        version="2.6",
        data_page_version="2.0",
        compression="zstd",
        compression_level=_ZSTD_LEVEL,
        row_group_size=_ROWS_PER_GROUP,
        use_dictionary=True,
        write_statistics=True,
    )
    return buffer.getvalue()


def _replace_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)
    # the rename itself is durable only when the folder is
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
