"""What came back: files and mails that still wait for their receipt, and what a reply is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.words import MessageKind
from store.locks import take_turns
from store.tables import CaseEventRow, CaseRow, OutboxRow, ReturnedFileRow


@dataclass(frozen=True, slots=True)
class ReturnedFile:
    """A file or mail that was applied or refused, with what became of it."""

    sha256: str
    name: str
    came_by: str
    person_id: str | None
    audience_id: str | None
    week: str | None
    summary: Mapping[str, Any]


def without_receipt(session: Session) -> list[ReturnedFile]:
    """Those whose receipt is not in the outbox yet, in the order in which they came."""
    written = select(OutboxRow.subject_key).where(OutboxRow.kind == MessageKind.RETURN_RECEIPT.value)
    statement = (
        select(ReturnedFileRow)
        .where(ReturnedFileRow.summary.is_not(None), ReturnedFileRow.sha256.not_in(written))
        .order_by(ReturnedFileRow.received_at, ReturnedFileRow.sha256)
    )
    return [
        ReturnedFile(row.sha256, row.name, row.came_by, row.person_id, row.audience_id, row.week, row.summary or {})
        for row in session.scalars(statement)
    ]


def came_before(session: Session, sha256: str) -> bool:
    """Whether this file, or mail, was recorded already."""
    return session.get(ReturnedFileRow, sha256) is not None


def packs_returned(session: Session) -> set[tuple[str, str]]:
    """Audience and week of every pack of which something came back."""
    statement = select(ReturnedFileRow.audience_id, ReturnedFileRow.week)
    return {(row.audience_id, row.week) for row in session.execute(statement) if row.audience_id and row.week}


def mark_return(
    session: Session,
    sha256: str,
    *,
    name: str,
    came_by: str,
    now: datetime,
    person_id: str | None = None,
    audience_id: str | None = None,
    week: str | None = None,
    summary: Mapping[str, Any] | None = None,
) -> bool:
    """Note that this file came back, in the transaction that applies it; False when it came before."""
    take_turns(session, "return", sha256)
    if session.get(ReturnedFileRow, sha256) is not None:
        return False
    session.add(
        ReturnedFileRow(
            sha256=sha256,
            name=name,
            came_by=came_by,
            received_at=now,
            person_id=person_id,
            audience_id=audience_id,
            week=week,
            summary=dict(summary) if summary is not None else None,
        )
    )
    session.flush()
    return True


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail of ours, as a reply to it needs it."""

    kind: MessageKind
    subject_key: str
    person_id: str
    recipient: str


def mails_of(session: Session, message_ids: Sequence[str]) -> list[SentMail]:
    """Our mails with these Message-IDs, the newest first."""
    statement = select(OutboxRow).where(OutboxRow.message_id.in_(message_ids)).order_by(OutboxRow.outbox_id.desc())
    return [
        SentMail(MessageKind(row.kind), row.subject_key, row.person_id, row.recipient)
        for row in session.scalars(statement)
    ]


def case_of_evidence(session: Session, key: str) -> str | None:
    """The case that this fact opened or was attached to, the newest one."""
    opened = (
        select(CaseRow.case_id).where(CaseRow.reason_key == key).order_by(CaseRow.opened_at.desc(), CaseRow.case_id)
    )
    attached = select(CaseEventRow.case_id).where(CaseEventRow.evidence_key == key).order_by(CaseEventRow.number.desc())
    return session.scalar(opened.limit(1)) or session.scalar(attached.limit(1))


def case_of_receipt(session: Session, sha256: str) -> str | None:
    """The one case that a returned file or mail was about; None for a whole workbook, and for no file."""
    row = session.get(ReturnedFileRow, sha256)
    case_id = (row.summary or {}).get("case_id") if row else None
    return str(case_id) if case_id else None
