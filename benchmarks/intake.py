"""Ratio 1: read, validate and snapshot a file of tickets, against DuckDB reading the same file as text."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from pydantic import TypeAdapter

from benchmarks.timing import Comparison, Work, alternate
from config.crosswalk import CROSSWALK_COLUMNS
from config.settings import Workspace
from config.sources import Source
from contracts.weeks import Week
from extract.intake import Intake, take_in

_WEEK = Week(2026, 47)
_ZONE = ZoneInfo("Europe/Rome")
_TICKETS_A_CUSTOMER = 50
_ROWS_A_CHUNK = 500_000
_TWO_YEARS = 104 * 7 * 86_400
_SOURCES = """
[[source]]
name = "accounts"
location = "accounts.csv"
format = "csv"
kind = "full"
key = ["Account"]
master = true
required = true
map = [{ table = "customers", columns = { customer_id = "Account", name = "Name", since_on = "Since" } }]

[[source]]
name = "tickets"
location = "tickets.csv"
format = "csv"
kind = "full"
key = ["Ticket"]
dates = ["%Y-%m-%d %H:%M:%S"]
time_zone = "UTC"

[[source.map]]
table = "tickets"
[source.map.columns]
customer_id = "Account"
ticket_id = "Ticket"
opened_at = "Opened"
resolved_at = "Resolved"
severity = { from = "Priority", values = { Critical = "1", High = "2", Medium = "3", Low = "4" }, otherwise = "refuse" }
category = "Category"
state = "State"
csat_score = "Score"
"""


@dataclass(frozen=True, slots=True)
class _Inbox:
    folder: Path
    tickets: int
    customers: int

    @property
    def file(self) -> Path:
        return self.folder / "tickets.csv"


def compare(folder: Path, *, tickets: int, rounds: int) -> Comparison:
    """Make the file, then take it in and read it, in turn. A take-in that loses a row is an error, not a figure."""
    inbox = _Inbox(folder / "inbox", tickets, max(tickets // _TICKETS_A_CUSTOMER, 1))
    _write(inbox)
    sources = TypeAdapter(list[Source]).validate_python(tomllib.loads(_SOURCES)["source"])

    def ours(turn: int) -> Work:
        root = folder / f"workspace-{turn}"
        return lambda: _take_in(sources, inbox, root)

    ours_spent, reference_spent = alternate(ours, lambda _: lambda: _read_as_text(inbox), rounds=rounds)
    size = inbox.file.stat().st_size / 1e6
    return Comparison(
        title="read, validate, snapshot",
        ours_name="take_in",
        reference_name="DuckDB, same file as text",
        ours=ours_spent,
        reference=reference_spent,
        note=f"{tickets:,} tickets, {size:,.0f} MB of CSV, {inbox.customers:,} customers",
    )


def _take_in(sources: list[Source], inbox: _Inbox, root: Path) -> Intake:
    intake = take_in(
        sources,
        workspace=Workspace(root),
        zone=_ZONE,
        as_of=_WEEK.ends_at(_ZONE),
        week=_WEEK,
        crosswalk=pd.DataFrame(columns=list(CROSSWALK_COLUMNS)),
        previous=None,
        workers=2,
        currency="EUR",
        inbox=inbox.folder,
    )
    admitted = int(intake.sources["admitted"].sum())
    if admitted != inbox.tickets + inbox.customers or intake.held:
        raise AssertionError(f"{admitted} rows admitted of {inbox.tickets + inbox.customers}; {intake.held}")
    shutil.rmtree(root)
    return intake


def _read_as_text(inbox: _Inbox) -> None:
    """Every column of every row into a table in memory: a bare count would not have to read the values."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE TABLE tickets AS SELECT * FROM read_csv(?, all_varchar = true)", [str(inbox.file)])
        rows = connection.sql("SELECT count(*) FROM tickets").fetchall()[0][0]
    if rows != inbox.tickets:
        raise AssertionError(f"{rows} rows read of {inbox.tickets}")


def _write(inbox: _Inbox) -> None:
    rng = np.random.default_rng(7)
    inbox.folder.mkdir(parents=True)
    ids = pc.binary_join_element_wise("AC-", pa.array(np.arange(inbox.customers) + 100_000).cast(pa.string()), "")
    named = pc.binary_join_element_wise("Customer ", ids, "")
    since = pa.array(np.full(inbox.customers, "2020-01-01", dtype=object), pa.string())
    csv.write_csv(pa.table({"Account": ids, "Name": named, "Since": since}), inbox.folder / "accounts.csv")
    writer = None
    for start in range(0, inbox.tickets, _ROWS_A_CHUNK):
        rows = _tickets(rng, ids, start, min(_ROWS_A_CHUNK, inbox.tickets - start))
        writer = writer or csv.CSVWriter(
            inbox.file, rows.schema, write_options=csv.WriteOptions(quoting_style="needed")
        )
        writer.write_table(rows)
    if writer is not None:
        writer.close()


def _tickets(rng: np.random.Generator, accounts: pa.Array, start: int, size: int) -> pa.Table:
    end = int(_WEEK.ends_at(_ZONE).astimezone(UTC).timestamp())
    opened = end - rng.integers(8 * 86_400, _TWO_YEARS, size)
    resolved = opened + rng.integers(3_600, 7 * 86_400, size)
    score = np.where(rng.random(size) < 0.3, rng.integers(1, 6, size), 0)
    return pa.table(
        {
            "Ticket": pc.binary_join_element_wise("T-", pa.array(np.arange(start, start + size)).cast(pa.string()), ""),
            "Account": accounts.take(pa.array(rng.integers(0, len(accounts), size))),
            "Opened": _written(opened),
            "Resolved": _written(resolved),
            "Priority": _choice(rng, ["Critical", "High", "Medium", "Low"], size),
            "Category": _choice(rng, ["hardware", "software", "performance", "licence", "how-to"], size),
            "State": _choice(rng, ["closed"], size),
            "Score": pc.if_else(pa.array(score > 0), pa.array(score).cast(pa.string()), ""),
        }
    )


def _written(seconds: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
    return pc.strftime(pa.array(seconds, pa.timestamp("s")), "%Y-%m-%d %H:%M:%S")


def _choice(rng: np.random.Generator, words: list[str], size: int) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(rng.integers(0, len(words), size)))
