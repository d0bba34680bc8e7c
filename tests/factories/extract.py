"""A workspace with an inbox, for tests of extract: put exports in, take them in, look at what came out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from config.settings import Workspace
from config.sources import read_crosswalk, read_sources
from contracts.weeks import Week
from extract.intake import Intake, take_in
from extract.snapshot import read_manifest

ROME = ZoneInfo("Europe/Rome")
WEEK = Week.parse("2026-W47")
HEADER = "id,name,amount,margin,since,key,country"
GOOD = "A1,Acme,100.00,0.25,2025-02-01,true,IT"

ACCOUNTS = """
[[source]]
name = "crm"
location = "accounts*"
format = "csv"
master = true
owner = "crm-admin@example.com"
# the lines of a test come here
{extra}

[[source.map]]
table = "customers"
[source.map.columns]
customer_id = "id"
name = "name"
annual_revenue_amount = "amount"
margin_share = "margin"
since_on = "since"
is_key_account = "key"
country = "country"
"""

TICKETS = """
[[source]]
name = "desk"
location = "tickets*.csv"
format = "csv"
{extra}

[[source.map]]
table = "tickets"
[source.map.columns]
customer_id = "account"
ticket_id = "ticket"
opened_at = "opened"
resolved_at = "resolved"
severity = {{ from = "priority", values = {{ urgent = "1", high = "2", normal = "3", low = "4" }} }}
description = "text"
"""


@dataclass
class Desk:
    """One workspace. `sources` is the text of its sources.toml."""

    root: Path
    sources: str
    crosswalk: str | None = None
    zone: ZoneInfo = field(default=ROME)

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root)

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def take(self, *, week: Week = WEEK, previous: Intake | None = None, workers: int = 1, **more: Any) -> Intake:
        self.inbox.mkdir(parents=True, exist_ok=True)
        folder = self.workspace.config
        folder.mkdir(exist_ok=True)
        (folder / "sources.toml").write_text(self.sources)
        if self.crosswalk is not None:
            (folder / "crosswalk.csv").write_text(self.crosswalk)
        return take_in(
            read_sources(folder),
            workspace=self.workspace,
            zone=self.zone,
            as_of=more.pop("as_of", week.ends_at(self.zone)),
            week=week,
            crosswalk=read_crosswalk(folder / "crosswalk.csv"),
            previous=previous.manifest if previous else None,
            workers=workers,
            currency="EUR",
            **more,
        )


def accounts(root: Path, extra: str = "", *, sources: str = ACCOUNTS) -> Desk:
    """A workspace with the one source `crm`; `extra` are further lines of its [[source]]."""
    return Desk(root, sources.format(extra=extra))


def with_tickets(root: Path, *, crm: str = "", desk: str = "", crosswalk: str | None = None) -> Desk:
    """A workspace with customers and the source `desk` of tickets."""
    return Desk(root, ACCOUNTS.format(extra=crm) + TICKETS.format(extra=desk), crosswalk)


def lines(*rows: str, header: str = HEADER, end: str = "\n") -> str:
    return end.join([header, *rows, ""])


def table(intake: Intake, name: str) -> pa.Table:
    return read_manifest(intake.manifest).whole(name)


def rows_of(intake: Intake, name: str) -> list[dict[str, Any]]:
    """The admitted rows of a table, in the order of their keys."""
    found: list[dict[str, Any]] = table(intake, name).sort_by("row_key").to_pylist()
    return found


def source_of(intake: Intake, name: str) -> dict[str, Any]:
    """The SOURCES row of one source."""
    frame = intake.sources
    row: pd.Series = frame.loc[frame["source"] == name].iloc[0]
    return dict(row)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def balanced(intake: Intake) -> bool:
    """rows in = admitted + quarantined, for every source."""
    frame = intake.sources
    return bool((frame["rows_in"] == frame["admitted"] + frame["quarantined"]).all() and (frame["admitted"] >= 0).all())
