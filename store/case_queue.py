"""Cases that no owner had room for: listed until they are opened, never dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.case_tables import WaitingCaseRow
from store.locks import take_turns


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A case that waits for room. `metric` is set for a finding about a segment."""

    subject_id: str
    template_id: str
    evidence_key: str
    customer_id: str
    reason_key: str
    metric: str
    evidence: str
    owner_id: str | None
    listed_at: datetime


def list_waiting(session: Session, waiting: WaitingCase) -> bool:
    """List a case that waits; False when it is listed, or was opened, already."""
    take_turns(session, "waiting cases")
    if session.get(WaitingCaseRow, (waiting.subject_id, waiting.template_id, waiting.evidence_key)) is not None:
        return False
    fields = {name: getattr(waiting, name) for name in WaitingCase.__dataclass_fields__}
    session.add(WaitingCaseRow(**fields))
    session.flush()
    return True


def waiting_cases(session: Session) -> list[WaitingCase]:
    """The cases that still wait, the longest first."""
    statement = select(WaitingCaseRow).where(WaitingCaseRow.opened_at.is_(None))
    rows = sorted(session.scalars(statement), key=lambda row: (row.listed_at, row.subject_id, row.evidence_key))
    return [WaitingCase(**{name: getattr(row, name) for name in WaitingCase.__dataclass_fields__}) for row in rows]


def mark_opened(session: Session, subject_id: str, template_id: str, evidence_key: str, *, now: datetime) -> bool:
    """A waiting case has its place; False when none of this kind was waiting."""
    row = session.get(WaitingCaseRow, (subject_id, template_id, evidence_key))
    if row is None or row.opened_at is not None:
        return False
    row.opened_at = now
    session.flush()
    return True
