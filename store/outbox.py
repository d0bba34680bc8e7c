"""The outbox: messages recorded in the transaction that makes them true, sent later, told once.

UNIQUE(kind, subject_key, person_id, channel, revision) is the guarantee. The content's hash is not
in the key, else one changed byte of a re-run would mail everybody twice: the same key with the same
content is a no-op, with other content it is refused. Bytes are frozen; a retry sends the same ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, undefer

from contracts.exchange import Message, Parcel, Receipt
from contracts.words import MessageKind, OutboxState
from store.errors import ContentChanged, StoreError
from store.outbox_desk import (
    OutboxRecord,
    SendLogLine,
    already_told,
    counts,
    hold,
    recorded,
    release,
    resend,
    rows,
    send_log,
    write_log,
)
from store.outbox_doubt import Doubt, bounced, doubt_unsent, in_doubt, note, settle, unnoted
from store.outbox_joins import Joinable, absorb, joinable
from store.outbox_rows import clean, end_lease, key_of, locked, parcel_of
from store.retries import LONGEST_PAUSE, next_try
from store.tables import OutboxRow, SendLogRow

__all__ = [
    "Doubt",
    "Enqueued",
    "Joinable",
    "OutboxRecord",
    "SendLogLine",
    "absorb",
    "already_told",
    "bounced",
    "claim_due",
    "counts",
    "doubt_unsent",
    "enqueue",
    "hand_back",
    "hold",
    "holds_lease",
    "in_doubt",
    "joinable",
    "last_logged",
    "note",
    "record",
    "recorded",
    "release",
    "renew_lease",
    "resend",
    "rows",
    "send_log",
    "settle",
    "supersede",
    "unnoted",
    "waiting",
]

# What is claimed first: alerts before case mails before packs.
_URGENCY = {
    MessageKind.ALERT_CRITICAL: 0,
    MessageKind.ALERT_EVENT: 0,
    MessageKind.WITHDRAWAL: 0,
    MessageKind.PACK: 2,
}
_REPLACEABLE = (OutboxState.PENDING, OutboxState.HELD)


@dataclass(frozen=True, slots=True)
class Enqueued:
    outbox_id: int
    is_new: bool


def enqueue(
    session: Session,
    message: Message,
    *,
    eml: bytes,
    sender: str,
    message_id: str,
    not_before: datetime | None,
    state: OutboxState,
    content_sha256: str,
    now: datetime,
    scope_digest: str | None = None,
    policy_digest: str | None = None,
    why: str | None = None,
) -> Enqueued:
    """Record a message in state `pending` or `held`, in the caller's transaction.

    A higher revision supersedes lower ones that have not left yet.

    Raises: ContentChanged when this key and revision was recorded with other content.
    """
    values = {
        "kind": message.kind.value,
        "subject_key": message.subject_key,
        "person_id": message.person_id,
        "channel": message.channel,
        "revision": message.revision,
        "message_id": message_id,
        "sender": sender,
        "recipient": message.to_address,
        "recipient_name": message.to_name,
        "subject": message.subject,
        "audience_id": message.audience_id,
        "customer_ids": list(message.customer_ids),
        "scope_digest": scope_digest,
        "policy_digest": policy_digest,
        "content_sha256": content_sha256,
        "eml": eml,
        "state": state,
        "why": why,
        "joins": message.joins,
        "urgency": _URGENCY.get(message.kind, 1),
        "not_before": not_before,
        "next_at": not_before if not_before is not None and not_before > now else now,
        "attempts": 0,
        "created_at": now,
    }
    dialect = session.get_bind().dialect.name
    added = sqlite.insert(OutboxRow) if dialect == "sqlite" else postgresql.insert(OutboxRow)
    outbox_id = session.scalar(added.values(values).on_conflict_do_nothing().returning(OutboxRow.outbox_id))
    if outbox_id is not None:
        _supersede_earlier(session, message, now)
        return Enqueued(outbox_id, is_new=True)
    standing = session.scalars(
        select(OutboxRow).where(*_same_fact(message), OutboxRow.revision == message.revision)
    ).first()
    if standing is None:
        raise StoreError(f"message id {message_id} belongs to another message than {message.key}; ids must be unique")
    if standing.content_sha256 != content_sha256:
        raise ContentChanged(message.key, message.revision, state=standing.state.value)
    return Enqueued(standing.outbox_id, is_new=False)


def claim_due(
    session: Session,
    *,
    now: datetime,
    owner: str,
    limit: int,
    lease_seconds: float,
    kinds: Collection[MessageKind] | None = None,
) -> list[Parcel]:
    """Take up to `limit` pending messages that are due, alerts first; nobody else gets them while the lease lasts.

    A message whose sender died is not due: it may have left. `in_doubt` lists those. One whose next try
    lies further ahead than any pause was timed by a clock that has gone back since: it is due.
    """
    statement = (
        select(OutboxRow)
        .options(undefer(OutboxRow.eml))
        .where(OutboxRow.state == OutboxState.PENDING, _is_due(now))
        .order_by(OutboxRow.urgency, OutboxRow.next_at, OutboxRow.outbox_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if kinds is not None:
        statement = statement.where(OutboxRow.kind.in_([kind.value for kind in kinds]))
    parcels = []
    for row in session.scalars(statement):
        row.state = OutboxState.SENDING
        row.lease_owner = owner
        row.lease_until = now + timedelta(seconds=lease_seconds)
        row.attempts += 1
        row.first_tried_at = row.first_tried_at or now
        parcels.append(parcel_of(row))
    session.flush()
    return parcels


def holds_lease(session: Session, outbox_id: int, owner: str) -> bool:
    """Whether this sender still has the message: to be asked before its bytes are sent."""
    statement = select(OutboxRow.state, OutboxRow.lease_owner).where(OutboxRow.outbox_id == outbox_id)
    found = session.execute(statement).first()
    return found is not None and found.state is OutboxState.SENDING and found.lease_owner == owner


def renew_lease(session: Session, outbox_id: int, owner: str, *, now: datetime, lease_seconds: float) -> bool:
    """Move the lease's end; False when the message is no longer this sender's. To be asked right before the dot:
    from here on nobody doubts the message until its answer can no longer come.
    """
    row = locked(session, outbox_id)
    if row.state is not OutboxState.SENDING or row.lease_owner != owner:
        return False
    row.lease_until = now + timedelta(seconds=lease_seconds)
    return True


def hand_back(session: Session, outbox_ids: Iterable[int], owner: str, *, now: datetime) -> int:
    """Return messages that were claimed and not tried (the batch stopped); returns how many."""
    returned = 0
    for outbox_id in sorted(outbox_ids):
        row = locked(session, outbox_id)
        if row.state is OutboxState.SENDING and row.lease_owner == owner:
            row.state = OutboxState.PENDING
            row.attempts -= 1
            row.next_at = now
            end_lease(row)
            returned += 1
    return returned


def record(session: Session, receipt: Receipt, *, now: datetime, owner: str | None = None) -> OutboxState:
    """What became of an attempt; returns the message's state after it.

    Sent is the end. In doubt waits for `settle`. A permanent refusal fails, a temporary one is tried
    after 1, 5, 15, 60 minutes, then hourly, and fails after 48 hours. With `owner`, a receipt of a
    sender who lost the lease is logged, and counts only if the message did leave.
    """
    row = locked(session, receipt.outbox_id)
    text = clean(receipt.text)
    write_log(session, row.outbox_id, at=receipt.at, host=receipt.host, step=receipt.step, code=receipt.code,
              text=text, who=owner or row.lease_owner)  # fmt: skip
    is_fenced = owner is not None and (row.state is not OutboxState.SENDING or row.lease_owner != owner)
    if row.state is OutboxState.SENT or (is_fenced and not receipt.is_sent):
        return row.state
    row.last_code, row.last_text = receipt.code, text
    end_lease(row)
    if receipt.is_sent:
        row.state, row.sent_at, row.why = OutboxState.SENT, receipt.at, None
    elif receipt.is_in_doubt:
        row.state, row.why = OutboxState.UNKNOWN, f"in doubt after {receipt.step}"
        row.doubt_since, row.noted_at = receipt.at, None
    elif receipt.is_permanent:
        row.state, row.why = OutboxState.FAILED, f"refused at {receipt.step}: {receipt.code}"
        row.noted_at = None
    else:
        _try_again(row, now)
    return row.state


def supersede(session: Session, outbox_id: int, *, by: int, why: str, now: datetime) -> None:
    """Another message, recorded in the same transaction, says it in this one's stead."""
    row = locked(session, outbox_id)
    row.state, row.why = OutboxState.SUPERSEDED, why
    end_lease(row)
    write_log(session, outbox_id, at=now, host="", step="superseded", code=0, text=f"message {by}: {why}", who=None)


def waiting(session: Session, *, now: datetime) -> int:
    """How many messages should have left by now and have not: due, being sent, tried in vain or in doubt."""
    statement = select(func.count()).where(
        or_(
            OutboxRow.state.in_((OutboxState.SENDING, OutboxState.UNKNOWN)),
            and_(OutboxRow.state == OutboxState.PENDING, or_(OutboxRow.attempts > 0, _is_due(now))),
        )
    )
    return session.scalar(statement) or 0


def last_logged(session: Session) -> int:
    """The number of the newest line of the send log: it only grows, unless the database was put back."""
    return session.scalar(select(func.max(SendLogRow.log_id))) or 0


def _is_due(now: datetime) -> ColumnElement[bool]:
    is_from_a_wrong_clock = and_(OutboxRow.attempts > 0, OutboxRow.next_at > now + LONGEST_PAUSE)
    return or_(OutboxRow.next_at <= now, is_from_a_wrong_clock)


def _try_again(row: OutboxRow, now: datetime) -> None:
    moment = next_try(
        f"{key_of(row)}|{row.revision}", attempts=row.attempts, first_tried_at=row.first_tried_at or now, now=now
    )
    if moment is None:
        row.state, row.why, row.noted_at = OutboxState.FAILED, "given up after 48 hours", None
    else:
        row.state, row.next_at, row.why = OutboxState.PENDING, moment, f"attempt {row.attempts} failed"


def _supersede_earlier(session: Session, message: Message, now: datetime) -> None:
    if message.revision == 0:
        return
    earlier = select(OutboxRow).where(
        *_same_fact(message), OutboxRow.revision < message.revision, OutboxRow.state.in_(_REPLACEABLE)
    )
    for row in session.scalars(earlier.with_for_update()):
        row.state, row.why = OutboxState.SUPERSEDED, f"revision {message.revision} replaces it"
        write_log(session, row.outbox_id, at=now, host="", step="superseded", code=0, text="", who=None)


def _same_fact(message: Message) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxRow.kind == message.kind.value,
        OutboxRow.subject_key == message.subject_key,
        OutboxRow.person_id == message.person_id,
        OutboxRow.channel == message.channel,
    )
