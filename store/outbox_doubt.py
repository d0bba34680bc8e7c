"""Messages that may or may not have left, those that came back, and what the operator must hear of both."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, undefer

from contracts.exchange import Parcel
from contracts.words import MessageKind, OutboxState
from store.outbox_desk import OutboxRecord, record_of, write_log
from store.outbox_rows import clean, end_lease, locked, parcel_of
from store.tables import OutboxRow


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message in doubt; `since` is the last moment at which it can have left."""

    parcel: Parcel
    since: datetime


def in_doubt(session: Session, now: datetime, *, is_dead: Callable[[str], bool] = lambda _: False) -> list[Doubt]:
    """Messages that may or may not have left: their sender's lease expired, or the connection broke after the dot.

    They become `unknown` and nobody's; ask the acceptor for their message_id and `settle` each.
    `is_dead(owner)`, when given, may know of a sender's death before its lease ends.
    """
    sending = select(OutboxRow).where(OutboxRow.state == OutboxState.SENDING)
    for row in session.scalars(sending.with_for_update(skip_locked=True)):
        is_over = row.lease_until is not None and row.lease_until <= now
        if not is_over and not is_dead(row.lease_owner or ""):
            continue
        write_log(session, row.outbox_id, at=now, host="", step="lease expired", code=0, text="", who=row.lease_owner)
        row.state, row.why = OutboxState.UNKNOWN, f"the sender {row.lease_owner} stopped while it was sending"
        row.doubt_since = row.lease_until if is_over else now
        end_lease(row)
    session.flush()
    unknown = select(OutboxRow).options(undefer(OutboxRow.eml)).where(OutboxRow.state == OutboxState.UNKNOWN)
    rows = session.scalars(unknown.order_by(OutboxRow.urgency, OutboxRow.outbox_id))
    return [Doubt(parcel_of(row), row.doubt_since or row.created_at) for row in rows]


def settle(session: Session, outbox_id: int, *, is_sent: bool, now: datetime, who: str, why: str) -> bool:
    """Decide a message in doubt: it was seen at the acceptor, or it is sent again. False if not in doubt."""
    row = locked(session, outbox_id)
    if row.state is not OutboxState.UNKNOWN:
        return False
    step = "settled as sent" if is_sent else "settled as not sent"
    write_log(session, row.outbox_id, at=now, host="", step=step, code=0, text=clean(why), who=who)
    row.why, row.noted_at = why, None
    if is_sent:
        row.state, row.sent_at = OutboxState.SENT, now
    else:
        row.state, row.next_at = OutboxState.PENDING, now
    return True


def doubt_unsent(session: Session, *, now: datetime, who: str, why: str) -> int:
    """Put every pending message in doubt: what this database says of them is older than what happened."""
    doubted = 0
    for row in session.scalars(select(OutboxRow).where(OutboxRow.state == OutboxState.PENDING).with_for_update()):
        write_log(session, row.outbox_id, at=now, host="", step="pending -> unknown", code=0, text=why, who=who)
        row.state, row.why, row.doubt_since = OutboxState.UNKNOWN, why, now
        doubted += 1
    session.flush()
    return doubted


def bounced(session: Session, message_id: str, *, at: datetime, code: str, text: str, host: str) -> int | None:
    """Put a bounce on the receipt of the message it is about; its number, or None when it is not ours or known.

    The message stays `sent`: it did leave, and sending it again would bounce again.
    """
    row = session.scalars(select(OutboxRow).where(OutboxRow.message_id == message_id).with_for_update()).first()
    if row is None or row.bounced_at is not None:
        return None
    write_log(session, row.outbox_id, at=at, host=host, step="bounced", code=0, text=clean(f"{code} {text}"), who=None)
    row.bounced_at, row.noted_at = at, None
    row.last_text, row.why = clean(text), f"came back: {code}"
    return row.outbox_id


def unnoted(session: Session, *, doubts_before: datetime) -> list[OutboxRecord]:
    """Messages that failed, came back, or are in doubt since before that moment, and the operator was not told yet."""
    rows = session.scalars(select(OutboxRow).where(*_unnoted(doubts_before)).order_by(OutboxRow.outbox_id))
    return [record_of(row) for row in rows]


def note(session: Session, outbox_ids: Collection[int], *, now: datetime) -> None:
    """The operator is told of these by a message recorded in the same transaction."""
    for outbox_id in sorted(outbox_ids):
        locked(session, outbox_id).noted_at = now


def _unnoted(doubts_before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxRow.noted_at.is_(None),
        OutboxRow.kind != MessageKind.OPERATOR.value,
        or_(
            OutboxRow.state == OutboxState.FAILED,
            and_(OutboxRow.state == OutboxState.UNKNOWN, OutboxRow.doubt_since <= doubts_before),
            OutboxRow.bounced_at.is_not(None),
        ),
    )
