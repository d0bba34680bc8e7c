"""What people ask for: access to a view, a new signal, a change of a report; with the decision, by whom and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.case_tables import Decision, RequestKind, RequestRow
from store.errors import CaseRefused, NotInStore

__all__ = ["Decision", "Request", "RequestKind", "ask", "decide_request", "requests"]


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `decision` is None until somebody decided."""

    request_id: int
    kind: str
    what: str
    asked_by: str
    asked_at: datetime
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


def ask(session: Session, kind: RequestKind, what: str, *, who: str, now: datetime) -> int:
    """Record a request and return its number.

    Raises: CaseRefused when it does not say what is wanted.
    """
    if not what.strip():
        raise CaseRefused("a request must say what is wanted")
    row = RequestRow(kind=kind, what=what.strip(), asked_by=who, asked_at=now)
    session.add(row)
    session.flush()
    return row.request_id


def decide_request(
    session: Session, request_id: int, decision: Decision, *, who: str, reason: str, now: datetime
) -> Request:
    """Decide a request, once.

    Raises: NotInStore; CaseRefused when it was decided before: a change of mind is a new request.
    """
    row = session.get(RequestRow, request_id, with_for_update=True)
    if row is None:
        raise NotInStore(f"there is no request {request_id}; `cem requests list` shows those there are")
    if row.decision is not None:
        raise CaseRefused(f"request {request_id} was {row.decision} by {row.decided_by}; ask again to decide anew")
    row.decision, row.decided_by, row.decided_at, row.reason = decision, who, now, reason
    session.flush()
    return _request(row)


def requests(session: Session, *, open_only: bool = False) -> list[Request]:
    """All requests, or those that nobody decided; oldest first."""
    statement = select(RequestRow).order_by(RequestRow.request_id)
    if open_only:
        statement = statement.where(RequestRow.decision.is_(None))
    return [_request(row) for row in session.scalars(statement)]


def _request(row: RequestRow) -> Request:
    decision = row.decision.value if row.decision else None
    return Request(
        row.request_id,
        row.kind.value,
        row.what,
        row.asked_by,
        row.asked_at,
        decision,
        row.decided_by,
        row.decided_at,
        row.reason,
    )
