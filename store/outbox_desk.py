"""What an operator does with the outbox: look, hold, release, send again. Every act is in the send log."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from contracts.words import MessageKind, OutboxState
from store.errors import NotInStore
from store.tables import OutboxRow, SendLogRow


@dataclass(frozen=True, slots=True)
class OutboxRecord:
    """A message as it is listed: everything but its bytes."""

    outbox_id: int
    kind: MessageKind
    subject_key: str
    person_id: str
    channel: str
    revision: int
    message_id: str
    recipient: str
    recipient_name: str
    subject: str
    audience_id: str | None
    customer_ids: tuple[str, ...]
    content_sha256: str
    state: OutboxState
    why: str | None
    next_at: datetime
    attempts: int
    last_code: int | None
    last_text: str | None
    created_at: datetime
    sent_at: datetime | None
    bounced_at: datetime | None
    scope_digest: str | None = None
    policy_digest: str | None = None


@dataclass(frozen=True, slots=True)
class SendLogLine:
    """One attempt, or one decision, about a message."""

    outbox_id: int
    at: datetime
    host: str
    step: str
    code: int
    text: str
    who: str | None


def counts(session: Session) -> dict[OutboxState, int]:
    """How many messages are in each state; every state is there, also with 0."""
    found = session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state))
    return {**dict.fromkeys(OutboxState, 0), **dict(found.tuples().all())}


def rows(
    session: Session,
    *,
    states: Collection[OutboxState] | None = None,
    kinds: Collection[MessageKind] | None = None,
    person_id: str | None = None,
    subject_prefix: str | None = None,
    limit: int | None = None,
) -> list[OutboxRecord]:
    """Messages in the order they were recorded; `subject_prefix` selects a week's packs or an episode's alerts."""
    statement = (
        select(OutboxRow).where(*_chosen(states, kinds, person_id, subject_prefix)).order_by(OutboxRow.outbox_id)
    )
    return [record_of(row) for row in session.scalars(statement.limit(limit))]


def recorded(session: Session, outbox_id: int) -> OutboxRecord:
    """One message. Raises: NotInStore."""
    row = session.get(OutboxRow, outbox_id)
    if row is None:
        raise NotInStore(f"there is no message {outbox_id} in the outbox; `cem outbox list` shows those there are")
    return record_of(row)


def already_told(
    session: Session, kind: MessageKind, subject_keys: Iterable[str], *, channel: str = "mail", revision: int = 0
) -> frozenset[tuple[str, str]]:
    """Pairs (subject_key, person_id) that have a message of this kind, whatever became of it."""
    told: set[tuple[str, str]] = set()
    every = sorted(set(subject_keys))
    for start in range(0, len(every), 10_000):
        statement = select(OutboxRow.subject_key, OutboxRow.person_id).where(
            OutboxRow.kind == kind.value,
            OutboxRow.channel == channel,
            OutboxRow.revision == revision,
            OutboxRow.subject_key.in_(every[start : start + 10_000]),
        )
        told.update((row.subject_key, row.person_id) for row in session.execute(statement))
    return frozenset(told)


def send_log(session: Session, outbox_id: int | None = None) -> list[SendLogLine]:
    """The log of a message, or of all, oldest first."""
    statement = select(SendLogRow).order_by(SendLogRow.log_id)
    if outbox_id is not None:
        statement = statement.where(SendLogRow.outbox_id == outbox_id)
    return [
        SendLogLine(row.outbox_id, row.at, row.host, row.step, row.code, row.text, row.who)
        for row in session.scalars(statement)
    ]


def hold(
    session: Session,
    *,
    who: str,
    why: str,
    now: datetime,
    outbox_ids: Collection[int] | None = None,
    kinds: Collection[MessageKind] | None = None,
    subject_prefix: str | None = None,
) -> int:
    """Keep pending messages back until they are released; returns how many."""
    states = (OutboxState.PENDING,)
    return _move(session, OutboxState.HELD, _chosen(states, kinds, None, subject_prefix, outbox_ids), who, why, now)


def release(
    session: Session,
    *,
    who: str,
    why: str,
    now: datetime,
    outbox_ids: Collection[int] | None = None,
    kinds: Collection[MessageKind] | None = None,
    subject_prefix: str | None = None,
) -> int:
    """Let held messages go; one whose `not_before` lies ahead waits for it. Returns how many."""
    states = (OutboxState.HELD,)
    return _move(session, OutboxState.PENDING, _chosen(states, kinds, None, subject_prefix, outbox_ids), who, why, now)


def resend(
    session: Session,
    *,
    who: str,
    why: str,
    now: datetime,
    outbox_ids: Collection[int] | None = None,
    kinds: Collection[MessageKind] | None = None,
    subject_prefix: str | None = None,
) -> int:
    """Try failed messages again, with the same bytes and a new 48 hours; returns how many. Sent ones never."""
    states = (OutboxState.FAILED,)
    chosen = _chosen(states, kinds, None, subject_prefix, outbox_ids)
    for row in session.scalars(select(OutboxRow).where(*chosen).with_for_update()):
        row.attempts = 0
        row.first_tried_at = None
        row.noted_at = None
    session.flush()
    return _move(session, OutboxState.PENDING, chosen, who, why, now)


def write_log(
    session: Session, outbox_id: int, *, at: datetime, host: str, step: str, code: int, text: str, who: str | None
) -> None:
    """Add a line to the send log; nothing ever changes or removes one."""
    session.add(SendLogRow(outbox_id=outbox_id, at=at, host=host, step=step, code=code, text=text, who=who))


def _move(
    session: Session, state: OutboxState, chosen: list[ColumnElement[bool]], who: str, why: str, now: datetime
) -> int:
    moved = 0
    statement = select(OutboxRow).where(*chosen).order_by(OutboxRow.outbox_id).with_for_update()
    for row in session.scalars(statement):
        write_log(session, row.outbox_id, at=now, host="", step=f"{row.state} -> {state}", code=0, text=why, who=who)
        row.state, row.why = state, why
        if state is OutboxState.PENDING:
            row.next_at = max(now, row.not_before) if row.not_before is not None else now
        moved += 1
    session.flush()
    return moved


def _chosen(
    states: Collection[OutboxState] | None,
    kinds: Collection[MessageKind] | None,
    person_id: str | None,
    subject_prefix: str | None,
    outbox_ids: Collection[int] | None = None,
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if states is not None:
        conditions.append(OutboxRow.state.in_(list(states)))
    if kinds is not None:
        conditions.append(OutboxRow.kind.in_([kind.value for kind in kinds]))
    if person_id is not None:
        conditions.append(OutboxRow.person_id == person_id)
    if subject_prefix is not None:
        conditions.append(OutboxRow.subject_key.startswith(subject_prefix, autoescape=True))
    if outbox_ids is not None:
        conditions.append(OutboxRow.outbox_id.in_(sorted(outbox_ids)))
    return conditions


def record_of(row: OutboxRow) -> OutboxRecord:
    return OutboxRecord(
        row.outbox_id,
        MessageKind(row.kind),
        row.subject_key,
        row.person_id,
        row.channel,
        row.revision,
        row.message_id,
        row.recipient,
        row.recipient_name,
        row.subject,
        row.audience_id,
        tuple(row.customer_ids),
        row.content_sha256,
        row.state,
        row.why,
        row.next_at,
        row.attempts,
        row.last_code,
        row.last_text,
        row.created_at,
        row.sent_at,
        row.bounced_at,
        row.scope_digest,
        row.policy_digest,
    )
