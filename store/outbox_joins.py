"""Messages of one person that may leave as one mail: found when the first of them is due, replaced by the joint one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from contracts.exchange import Parcel
from contracts.words import MessageKind, OutboxState
from store.outbox_desk import write_log
from store.outbox_rows import parcel_of
from store.tables import OutboxRow


@dataclass(frozen=True, slots=True)
class Joinable:
    """Pending messages of one person under one word, oldest first; there are at least two."""

    word: str
    person_id: str
    recipient: str
    recipient_name: str
    kind: MessageKind
    audience_id: str | None
    customer_ids: tuple[str, ...]
    parcels: tuple[Parcel, ...]


def joinable(session: Session, *, now: datetime, is_closing: bool) -> list[Joinable]:
    """Groups of which one message is due; with `is_closing`, all groups, whatever their window."""
    statement = (
        select(OutboxRow)
        .options(undefer(OutboxRow.eml))
        .where(OutboxRow.state == OutboxState.PENDING, OutboxRow.joins.is_not(None), OutboxRow.attempts == 0)
        .order_by(OutboxRow.outbox_id)
    )
    groups: dict[tuple[str, str, str], list[OutboxRow]] = {}
    for row in session.scalars(statement.with_for_update(skip_locked=True)):
        groups.setdefault((row.person_id, str(row.joins), row.recipient), []).append(row)
    due = [rows for rows in groups.values() if is_closing or any(row.next_at <= now for row in rows)]
    if is_closing:
        for rows in due:
            for row in rows:
                row.next_at = min(row.next_at, now)
    return [_group(rows) for rows in due if len(rows) > 1]


def absorb(session: Session, outbox_ids: Collection[int], *, into: int, now: datetime) -> None:
    """These messages are told by another one, recorded in the same transaction."""
    statement = select(OutboxRow).where(OutboxRow.outbox_id.in_(sorted(outbox_ids)))
    for row in session.scalars(statement.with_for_update()):
        row.state, row.why = OutboxState.SUPERSEDED, f"joined in message {into}"
        write_log(session, row.outbox_id, at=now, host="", step="joined", code=0, text=f"message {into}", who=None)


def _group(rows: Sequence[OutboxRow]) -> Joinable:
    first = min(rows, key=lambda row: (row.urgency, row.outbox_id))
    customers = dict.fromkeys(customer for row in rows for customer in row.customer_ids)
    return Joinable(
        word=str(first.joins),
        person_id=first.person_id,
        recipient=first.recipient,
        recipient_name=first.recipient_name,
        kind=MessageKind(first.kind),
        audience_id=first.audience_id,
        customer_ids=tuple(customers),
        parcels=tuple(parcel_of(row) for row in rows),
    )
