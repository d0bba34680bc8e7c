"""What time asks of cases: acknowledging, answering late, going one level up. Each step happens once."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from contracts.casework import MANAGER, Seat, team_as_kept
from contracts.results import CASES, SEGMENT_CASES
from store.bulk import read_frame, table_of
from store.case_events import Author, append, case_row, change
from store.locks import take_turns
from store.tables import CaseEventRow, CaseRow

_UNANSWERED = "unanswered"


def acknowledge(session: Session, case_id: str, *, who: str, source: str, now: datetime) -> bool:
    """Somebody of the team has seen the case; False when that is known already."""
    take_turns(session, "ledger")
    case = case_row(session, case_id)
    if case.acknowledged_at is not None:
        return False
    change(session, case, "acknowledged", {"acknowledged_at": now}, Author(who, None, source, now))
    return True


def escalate(
    session: Session,
    case_id: str,
    *,
    step: int,
    why: str,
    source: str,
    now: datetime,
    who: str = "cem",
    raised_to: Seat | None = None,
) -> bool:
    """Raise an open case to a step of escalation, once; False when it stands there or is closed.

    `raised_to` takes a seat as case manager: whoever a case was raised to may close it.
    """
    take_turns(session, "ledger")
    case = case_row(session, case_id)
    if not case.is_open or case.escalation_step >= step:
        return False
    fields = {"escalation_step": step, **_with_seat(case, raised_to)}
    change(session, case, "escalated", fields, Author(who, why, source, now))
    return True


def raise_unanswered(
    session: Session, case_id: str, *, why: str, source: str, now: datetime, raised_to: Seat | None = None
) -> bool:
    """Nobody acknowledged by the first-response goal: the next level takes a seat, once.

    False when it was raised before, is acknowledged or closed. It stays in `unanswered` until acknowledged.
    """
    take_turns(session, "ledger")
    case = case_row(session, case_id)
    raised = select(CaseEventRow.number).where(
        CaseEventRow.case_id == case_id, CaseEventRow.evidence_key == _UNANSWERED
    )
    if not case.is_open or case.acknowledged_at is not None or session.scalar(raised) is not None:
        return False
    author = Author("cem", why, source, now)
    seat = _with_seat(case, raised_to)
    if seat:
        change(session, case, "seated", seat, author)
    append(session, case_id, _UNANSWERED, author, row_version=case.row_version, evidence_key=_UNANSWERED)
    return True


def stepped_at(session: Session) -> dict[str, datetime]:
    """When each case was escalated last."""
    last = select(CaseEventRow.case_id, func.max(CaseEventRow.number)).where(CaseEventRow.kind == "escalated")
    numbers = [number for _, number in session.execute(last.group_by(CaseEventRow.case_id))]
    found = select(CaseEventRow.case_id, CaseEventRow.at).where(CaseEventRow.number.in_(numbers))
    return {row.case_id: row.at for row in session.execute(found)}


def overdue(session: Session, now: datetime) -> pd.DataFrame:
    """Open cases about customers whose closure goal has passed: CASES frame, the longest overdue first."""
    late = (CaseRow.is_open.is_(True), CaseRow.due_at < now, CaseRow.segment.is_(None))
    found = read_frame(session, table_of(CaseRow), CASES, *late)
    return found.sort_values(["due_at", "case_id"], ignore_index=True)


def unanswered(session: Session, now: datetime) -> pd.DataFrame:
    """Open cases about customers that nobody acknowledged by their first-response goal: CASES frame."""
    found = read_frame(session, table_of(CaseRow), CASES, *_waiting(now), CaseRow.segment.is_(None))
    return found.sort_values(["first_response_due_at", "case_id"], ignore_index=True)


def unanswered_segments(session: Session, now: datetime) -> pd.DataFrame:
    """As `unanswered`, of cases about segments: SEGMENT_CASES frame."""
    found = read_frame(session, table_of(CaseRow), SEGMENT_CASES, *_waiting(now), CaseRow.segment.is_not(None))
    return found.sort_values(["first_response_due_at", "case_id"], ignore_index=True)


def _waiting(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (CaseRow.is_open.is_(True), CaseRow.acknowledged_at.is_(None), CaseRow.first_response_due_at < now)


def _with_seat(case: CaseRow, seat: Seat | None) -> dict[str, dict[str, object]]:
    """The team with this case manager in it; nothing when he sits there as one already."""
    if seat is None:
        return {}
    standing = (case.team or {}).get(seat.key)
    role = standing.get("role") if isinstance(standing, dict) else standing
    return {} if role == MANAGER else {"team": {**(case.team or {}), **team_as_kept([seat])}}
