"""Alerts without a case that somebody must acknowledge: listed until then, raised to the next level once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.case_tables import AlertAnswerRow
from store.errors import NotInStore
from store.locks import take_turns


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that waits for an answer. `was_raised`: the next level was told."""

    subject_key: str
    customer_id: str
    headline: str
    person_ids: tuple[str, ...]
    due_at: datetime
    was_raised: bool


def expect(
    session: Session,
    subject_key: str,
    *,
    customer_id: str,
    headline: str,
    person_ids: Sequence[str],
    due_at: datetime,
    now: datetime,
) -> bool:
    """Wait for an answer to this alert; False when it is waited for, or was answered, already."""
    take_turns(session, "alert answers")
    if session.get(AlertAnswerRow, subject_key) is not None:
        return False
    row = AlertAnswerRow(
        subject_key=subject_key, customer_id=customer_id, headline=headline, told_at=now, due_at=due_at
    )
    row.person_ids = sorted(person_ids)
    session.add(row)
    session.flush()
    return True


def acknowledge_alert(session: Session, subject_key: str, *, who: str, now: datetime) -> bool:
    """Somebody answers; False when somebody did before.

    Raises: NotInStore when no such alert waits for an answer.
    """
    row = session.get(AlertAnswerRow, subject_key)
    if row is None:
        raise NotInStore(f"no alert {subject_key} waits for an answer; `cem cases list` shows those that do")
    if row.acknowledged_at is not None:
        return False
    row.acknowledged_at, row.acknowledged_by = now, who
    session.flush()
    return True


def take_back(session: Session, subject_keys: Sequence[str], *, now: datetime) -> None:
    """Alerts that the weekly run withdrew need no answer."""
    for key in subject_keys:
        row = session.get(AlertAnswerRow, key)
        if row is not None and row.acknowledged_at is None:
            row.acknowledged_at, row.acknowledged_by = now, "withdrawn"
    session.flush()


def open_alerts(session: Session, now: datetime) -> list[OpenAlert]:
    """Alerts past their goal that nobody acknowledged, the longest waiting first."""
    late = select(AlertAnswerRow).where(AlertAnswerRow.acknowledged_at.is_(None), AlertAnswerRow.due_at < now)
    rows = sorted(session.scalars(late), key=lambda row: (row.due_at, row.subject_key))
    return [
        OpenAlert(
            row.subject_key, row.customer_id, row.headline, tuple(row.person_ids), row.due_at, row.raised_at is not None
        )
        for row in rows
    ]


def mark_raised(session: Session, subject_key: str, *, now: datetime) -> bool:
    """The next level is told of this alert; False when it was before."""
    take_turns(session, "alert answers")
    row = session.get(AlertAnswerRow, subject_key)
    if row is None or row.raised_at is not None or row.acknowledged_at is not None:
        return False
    row.raised_at = now
    session.flush()
    return True


@dataclass(frozen=True, slots=True)
class AlertAnswer:
    """By when an alert was to be acknowledged, and when it was."""

    due_at: datetime
    acknowledged_at: datetime | None


def answers(session: Session) -> list[AlertAnswer]:
    """Of every alert that was to be acknowledged, in the order in which they fell due."""
    statement = select(AlertAnswerRow.due_at, AlertAnswerRow.acknowledged_at, AlertAnswerRow.subject_key)
    ordered = statement.order_by(AlertAnswerRow.due_at, AlertAnswerRow.subject_key)
    return [AlertAnswer(row.due_at, row.acknowledged_at) for row in session.execute(ordered)]
