"""Writes what every system would export at one instant into an inbox. Nothing in the files is from later."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from extract.demo import systems, typed_systems
from extract.demo.blemishes import with_bad_records, with_bad_rows
from extract.demo.book import Block
from extract.demo.company import DemoCompany
from extract.demo.constituency import build_constituency
from extract.demo.known import known_facts
from extract.demo.spreadsheet import open_sheet
from extract.demo.stories import Facts
from extract.demo.timeline import micros
from extract.demo.written import serials

_DATES = frozenset({"Sent", "Answered", "Changed"})
_EVER = -(1 << 62)
# from (inclusive) and to (exclusive), microseconds UTC
Span = tuple[int, int]
Outlet = Callable[[Block, Facts, Span], list[Path]]


def write_exports(company: DemoCompany, inbox: Path, *, as_of: datetime, since: datetime | None = None) -> list[Path]:
    """The exports of all systems at `as_of` (exclusive), each in its system's shape.

    Files bear the minute before `as_of` in their names. The ERP is a database and is replaced; calls are files of
    their own. Help desk, telemetry, opportunity changes and calls give only what changed in [since, as_of).

    Args:
        company: from `build_demo`.
        inbox: folder of the exports; subfolders by system are made.
        as_of: nothing from this instant on is in the files.
        since: the `as_of` of the export before; None gives everything.

    Returns: the files written, sorted.
    """
    moment = micros(as_of)
    span = (micros(since) if since is not None else _EVER, moment)
    minute = as_of.astimezone(company.line.zone) - timedelta(minutes=1)
    stamp, stamp_utc = (at.strftime("%Y-%m-%dT%H%M") for at in (minute, minute.astimezone(UTC)))
    for folder in ("crm", "helpdesk", "survey", "erp", "telemetry", "calls", "gps", "hr"):
        (inbox / folder).mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with contextlib.ExitStack() as stack:
        outlets = [open_files(stack, company, inbox, stamp) for open_files in (_delimited, _telemetry, _erp)]
        for number in company.blocks:
            block = company.block(number)
            known = known_facts(block, company.facts(number), moment)
            for outlet in outlets:
                written += outlet(block, known, span)
            written += _responses(block, known, inbox / "survey" / f"responses_{stamp_utc}_{number + 1}.xlsx", span)
            written += _calls(block, known, inbox / "calls", span)
    written.append(_whole(inbox / "hr" / f"people_{stamp}.csv", systems.staff(company.people), ","))
    asked = systems.constituencies(build_constituency(company, moment))
    written.append(_whole(inbox / "hr" / f"constituencies_{stamp}.csv", asked, ","))
    return sorted(set(written))


def write_truth(company: DemoCompany, path: Path) -> None:
    """The ground truth as JSON, readable by people."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(company.truth, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def _delimited(stack: contextlib.ExitStack, company: DemoCompany, inbox: Path, stamp: str) -> Outlet:
    writers: dict[str, pc.CSVWriter] = {}
    zone = company.line.zone.key

    def write(block: Block, known: Facts, span: Span) -> list[Path]:
        paths = []
        teams = block.assignments[block.assignments.customer_id.isin(known["customers"].customer_id)]
        for name, (export, separator, fresh) in systems.DELIMITED.items():
            begin = _EVER if fresh is None else span[0]
            part = known if fresh is None else _since(known, *fresh, begin)
            part = part | {"assignments": teams}
            rows = with_bad_rows(name, export(block, part, zone), block, begin=begin, end=span[1])
            path = inbox / f"{name}_{stamp}.csv"
            if name not in writers:
                writers[name] = stack.enter_context(_csv(path, rows.schema, separator))
            writers[name].write_table(rows)
            paths.append(path)
        return paths

    return write


def _since(known: Facts, table: str, column: str, begin: int) -> Facts:
    return known | {table: known[table][known[table][column].to_numpy() >= begin]}


def _csv(path: Path, schema: pa.Schema, separator: str) -> pc.CSVWriter:
    return pc.CSVWriter(path, schema, write_options=pc.WriteOptions(delimiter=separator, quoting_style="needed"))


def _whole(path: Path, rows: pa.Table, separator: str) -> Path:
    with _csv(path, rows.schema, separator) as writer:
        writer.write_table(rows)
    return path


def _telemetry(stack: contextlib.ExitStack, company: DemoCompany, inbox: Path, stamp: str) -> Outlet:
    path = inbox / "telemetry" / f"usage_{stamp}.parquet"
    del company
    writers: list[pq.ParquetWriter] = []

    def write(block: Block, known: Facts, span: Span) -> list[Path]:
        rows = typed_systems.telemetry(block, _since(known, "usage", "used_on", span[0]))
        if not writers:
            writers.append(stack.enter_context(pq.ParquetWriter(path, rows.schema, compression="zstd")))
        writers[0].write_table(rows)
        return [path]

    return write


def _erp(stack: contextlib.ExitStack, company: DemoCompany, inbox: Path, stamp: str) -> Outlet:
    """One database, replaced as a whole: a reader sees the old one or the new one."""
    path = inbox / "erp" / "erp.sqlite"
    part = path.with_suffix(".part")
    del company, stamp
    part.unlink(missing_ok=True)
    database = sqlite3.connect(part)
    stack.callback(lambda: part.replace(path))
    stack.callback(database.close)
    stack.callback(database.commit)

    def write(block: Block, known: Facts, span: Span) -> list[Path]:
        for name, frame in typed_systems.erp_rows(block, known).items():
            rows = with_bad_records(f"erp/{name}", frame, block, begin=_EVER, end=span[1])
            database.execute(f"CREATE TABLE IF NOT EXISTS {name} ({', '.join(map(str, rows.columns))})")
            marks = ", ".join("?" * len(rows.columns))
            database.executemany(
                f"INSERT INTO {name} VALUES ({marks})", zip(*(_plain(rows[c]) for c in rows), strict=True)
            )
        return [path]

    return write


def _responses(block: Block, known: Facts, path: Path, span: Span) -> list[Path]:
    """One workbook per block, as a sheet holds about a million rows."""
    frame = typed_systems.responses(block, _since(known, "surveys", "changed_at", span[0]))
    frame = with_bad_records("survey/responses", frame, block, begin=span[0], end=span[1])
    columns = [_plain(serials(frame[name].to_numpy()) if name in _DATES else frame[name]) for name in frame]
    with open_sheet(path, "Responses", [str(name) for name in frame], dates=_DATES) as add:
        add(columns)
    return [path]


def _plain(values: pd.Series | NDArray[Any]) -> list[Any]:
    series = pd.Series(values)
    return series.astype(object).where(series.notna(), None).tolist()


def _calls(block: Block, known: Facts, folder: Path, span: Span) -> list[Path]:
    turns = known["transcripts"]
    turns = turns[turns.started_at.to_numpy() >= span[0]]
    written = []
    for name, call in turns.groupby("transcript_id", sort=True):
        account = block.customers.erp_account.iloc[int(call.i.iloc[0])]
        started = pd.Timestamp(int(call.started_at.iloc[0]), unit="us", tz="UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
        lines = ["WEBVTT", "", f"NOTE\naccount: {account}\nstarted: {started}\nchannel: phone", ""]
        for turn in call.to_dict("records"):
            speaker = f"Agent {turn['speaker']}" if turn["speaker_role"] == "agent" else turn["speaker"]
            lines += [
                f"{_clock(turn['begin_seconds'])} --> {_clock(turn['end_seconds'])}",
                f"<v {speaker}>{turn['text']}",
                "",
            ]
        path = folder / f"{name}.vtt"
        path.write_text("\n".join(lines), encoding="utf-8")
        written.append(path)
    return written


def _clock(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{thousandths:03d}"
