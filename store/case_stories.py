"""What the ledger holds: cases as they stand or stood, their teams, and their events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts.casework import Seat, seats_of_team
from contracts.results import CASES, SEGMENT_CASES
from store.bulk import frame_of, read_frame, table_of
from store.fold import fold, from_json
from store.tables import CaseEventRow, CaseRow


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One line of a case's story. `refused` holds the values of an edit that met a newer one."""

    number: int
    case_id: str
    kind: str
    at: datetime
    who: str
    why: str | None
    source: str
    source_sha256: str | None
    row_version: int
    base_version: int | None
    before: dict[str, Any]
    after: dict[str, Any]
    refused: dict[str, Any]


def cases(session: Session, *, upto: int | None = None) -> pd.DataFrame:
    """All cases about customers as a CASES frame: as they stand, or exactly as they stood after event `upto`."""
    if upto is None:
        return read_frame(session, table_of(CaseRow), CASES, CaseRow.segment.is_(None))
    statement = select(CaseEventRow).where(CaseEventRow.number <= upto).order_by(CaseEventRow.number)
    states = [state for state in fold(session.scalars(statement)).values() if state.get("segment") is None]
    return frame_of([[state[name] for name in CASES.names] for state in states], CASES)


def segment_cases(session: Session) -> pd.DataFrame:
    """All cases about segments, as they stand: SEGMENT_CASES frame."""
    return read_frame(session, table_of(CaseRow), SEGMENT_CASES, CaseRow.segment.is_not(None))


def teams(session: Session, *, is_open: bool = True) -> dict[str, list[Seat]]:
    """The seats of every case that is open (or closed), by case id."""
    statement = select(CaseRow.case_id, CaseRow.team).where(CaseRow.is_open.is_(is_open))
    return {case_id: seats_of_team(team) for case_id, team in session.execute(statement)}


def last_event_number(session: Session) -> int:
    """The number of the newest event; 0 when there is none."""
    return session.scalar(select(func.max(CaseEventRow.number))) or 0


def case_history(session: Session, case_id: str | None = None, *, after: int = 0) -> list[CaseEvent]:
    """The events of a case, or of all, oldest first; `after` leaves out those up to that number."""
    statement = select(CaseEventRow).where(CaseEventRow.number > after).order_by(CaseEventRow.number)
    if case_id is not None:
        statement = statement.where(CaseEventRow.case_id == case_id)
    return [
        CaseEvent(
            row.number,
            row.case_id,
            row.kind,
            row.at,
            row.who,
            row.why,
            row.source,
            row.source_sha256,
            row.row_version,
            row.base_version,
            from_json(row.before or {}),
            from_json(row.after or {}),
            from_json(row.refused or {}),
        )
        for row in session.scalars(statement)
    ]
