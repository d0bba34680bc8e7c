"""Quiet that was asked for, and what it kept from whom: append-only, so that both can be audited."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts.alerting import Quiet, Silenced, Snooze
from contracts.words import MessageKind, OutboxState
from store.alert_tables import SnoozeRow, SuppressedAlertRow
from store.locks import take_turns
from store.tables import OutboxRow

_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class SuppressedAlert:
    """An alert that was listed instead of told, to one person."""

    kind: MessageKind
    subject_key: str
    person_id: str
    customer_id: str
    headline: str
    reason: Quiet
    words: str
    at: datetime


def snooze(session: Session, wanted: Snooze, *, now: datetime) -> None:
    """Record the wish. One that ends at `now` or before ends the snooze that runs."""
    session.add(SnoozeRow(customer_id=wanted.customer_id, until=wanted.until, why=wanted.why, who=wanted.who, at=now))
    session.flush()


def snoozes_at(session: Session, now: datetime) -> dict[str, Snooze]:
    """The snoozes that run, by customer: the newest of each customer, if its end lies ahead."""
    newest = select(func.max(SnoozeRow.number)).group_by(SnoozeRow.customer_id)
    rows = session.scalars(select(SnoozeRow).where(SnoozeRow.number.in_(newest), SnoozeRow.until > now))
    return {row.customer_id: Snooze(row.customer_id, row.until, row.why, row.who) for row in rows}


def list_suppressed(
    session: Session,
    kind: MessageKind,
    subject_key: str,
    *,
    customer_id: str,
    headline: str,
    silenced: Mapping[str, Silenced],
    now: datetime,
) -> int:
    """List who was not told of an alert; returns how many are new."""
    take_turns(session, "suppressed alerts")
    added = 0
    for person_id, why in sorted(silenced.items()):
        if session.get(SuppressedAlertRow, (kind.value, subject_key, person_id)) is None:
            row = SuppressedAlertRow(kind=kind.value, subject_key=subject_key, person_id=person_id, at=now)
            row.customer_id, row.headline, row.reason, row.words = customer_id, headline, why.reason, why.words
            session.add(row)
            added += 1
    session.flush()
    return added


def suppressed_since(session: Session, since: datetime) -> list[SuppressedAlert]:
    """What was listed from this instant on, the newest first."""
    statement = select(SuppressedAlertRow).where(SuppressedAlertRow.at >= since)
    rows = sorted(session.scalars(statement), key=lambda r: (r.customer_id, r.subject_key, r.person_id))
    rows.sort(key=lambda r: r.at, reverse=True)
    return [
        SuppressedAlert(
            MessageKind(r.kind), r.subject_key, r.person_id, r.customer_id, r.headline, r.reason, r.words, r.at
        )
        for r in rows
    ]


def listed_of(session: Session, subject_keys: Collection[str]) -> dict[tuple[str, str], Silenced]:
    """Subject key and person of alerts about these facts that were listed, with the reason."""
    every = sorted(set(subject_keys))
    found: dict[tuple[str, str], Silenced] = {}
    for start in range(0, len(every), _AT_ONCE):
        some = select(SuppressedAlertRow).where(SuppressedAlertRow.subject_key.in_(every[start : start + _AT_ONCE]))
        found.update({(r.subject_key, r.person_id): Silenced(r.reason, r.words) for r in session.scalars(some)})
    return found


def mails_since(session: Session, kinds: Collection[MessageKind], since: datetime) -> dict[str, int]:
    """How many mails of these kinds each person got from this instant on; those joined in another one count once."""
    statement = (
        select(OutboxRow.person_id, func.count())
        .where(
            OutboxRow.kind.in_([kind.value for kind in kinds]),
            OutboxRow.channel == "mail",
            OutboxRow.state != OutboxState.SUPERSEDED,
            OutboxRow.created_at >= since,
        )
        .group_by(OutboxRow.person_id)
    )
    return dict(session.execute(statement).tuples().all())
