"""Runs and published weeks: who may work on what, until when, and which weeks stand.

The guarantee is the unique index over unfinished runs of one kind and subject; locks only save work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.weeks import Week
from contracts.words import RunKind, RunState
from store.errors import AlreadyPublished, AlreadyRunning, LeaseLost, NotInStore
from store.locks import take_turns
from store.tables import PublishedWeekRow, RunRow


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """Our hold on a run. `took_over` is the run whose lease had expired, if there was one."""

    run_id: int
    kind: str
    subject: str
    owner: str
    lease_until: datetime
    took_over: int | None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as it is told to people."""

    run_id: int
    kind: str
    subject: str
    state: RunState
    owner: str
    started_at: datetime
    finished_at: datetime | None
    lease_until: datetime
    took_over: int | None
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PublishedWeek:
    """A week that stands. `path` is None for a week that was only backfilled."""

    week: str
    revision: int
    digest: str
    inputs_digest: str
    path: str | None
    inputs_path: str | None
    reason: str | None
    is_reconstructed: bool
    published_at: datetime


def claim(
    session: Session,
    kind: RunKind | str,
    subject: str,
    *,
    owner: str,
    now: datetime,
    lease_seconds: float,
    is_alive: Callable[[str], bool] | None = None,
) -> ClaimedRun:
    """Begin a run, or take over one whose lease has expired; `owner` names host and process.

    `is_alive(owner)`, when given, may still refuse the take-over of an expired lease.

    Raises: AlreadyRunning while another owner's lease lasts.
    """
    take_turns(session, "run", str(kind), subject)
    lease_until = now + timedelta(seconds=lease_seconds)
    current = _unfinished(session, str(kind), subject)
    if current is not None:
        # an end further ahead than any lease was set by a clock that has gone back since
        is_running = now < current.lease_until <= now + 2 * timedelta(seconds=lease_seconds)
        if is_running or (is_alive is not None and is_alive(current.owner)):
            raise AlreadyRunning(
                str(kind), subject, owner=current.owner, since=current.started_at, lease_until=current.lease_until
            )
        current.state = RunState.FAILED
        current.finished_at = now
        current.summary = {**(current.summary or {}), "ended_by": f"lease expired, taken over by {owner}"}
        # the old row must leave the unique index before the new one enters it
        session.flush()
    row = RunRow(
        kind=str(kind),
        subject=subject,
        state=RunState.RUNNING,
        owner=owner,
        started_at=now,
        renewed_at=now,
        lease_until=lease_until,
        took_over=current.run_id if current is not None else None,
    )
    session.add(row)
    session.flush()
    return ClaimedRun(row.run_id, row.kind, row.subject, row.owner, row.lease_until, row.took_over)


def renew(session: Session, run_id: int, *, now: datetime, lease_seconds: float) -> datetime:
    """The heartbeat: moves the lease's end; returns it.

    Raises: LeaseLost when the run was finished or taken over.
    """
    row = _held(session, run_id)
    row.renewed_at = now
    row.lease_until = now + timedelta(seconds=lease_seconds)
    return row.lease_until


def advance(session: Session, run_id: int, state: RunState, *, now: datetime) -> None:
    """A state on the way (recorded, published) without giving the lease back.

    To be called in the transaction that makes it true: it fences out a run that was taken over.

    Raises: LeaseLost when the run was finished or taken over.
    """
    row = _held(session, run_id)
    row.state = state
    row.renewed_at = now


def finish(
    session: Session, run_id: int, state: RunState, *, now: datetime, summary: Mapping[str, Any] | None = None
) -> None:
    """End a run and give its lease back.

    Raises: LeaseLost when the run was taken over or finished with another state.
    """
    row = session.get(RunRow, run_id)
    if row is not None and row.finished_at is not None and row.state == state:
        return
    row = _held(session, run_id)
    row.state = state
    row.finished_at = now
    row.summary = {**(row.summary or {}), **(summary or {})}


def runs(session: Session, limit: int = 50, *, kind: RunKind | str | None = None) -> list[RunRecord]:
    """The newest runs first."""
    statement = select(RunRow).order_by(RunRow.run_id.desc()).limit(limit)
    if kind is not None:
        statement = statement.where(RunRow.kind == str(kind))
    return [
        RunRecord(
            row.run_id,
            row.kind,
            row.subject,
            row.state,
            row.owner,
            row.started_at,
            row.finished_at,
            row.lease_until,
            row.took_over,
            dict(row.summary or {}),
        )
        for row in session.scalars(statement)
    ]


def record_published(
    session: Session,
    *,
    week: Week | str,
    revision: int,
    digest: str,
    inputs_digest: str,
    path: str | None,
    inputs_path: str | None,
    now: datetime,
    run_id: int | None = None,
    reason: str | None = None,
    is_reconstructed: bool = False,
) -> bool:
    """The week stands from now on, immutable; False when it stood already with the same digest.

    Raises: AlreadyPublished when this week and revision stand with another digest, or a revision is skipped.
    """
    take_turns(session, "published", str(week))
    last = published(session, week)
    standing = session.get(PublishedWeekRow, (str(week), revision))
    if standing is not None:
        if standing.digest == digest:
            return False
        raise AlreadyPublished(
            f"{week} revision {revision} stands since {standing.published_at:%Y-%m-%d %H:%M} UTC with other content; "
            "a published week is immutable: run with --revise REASON to publish the next revision"
        )
    expected = 0 if last is None else last.revision + 1
    if revision != expected:
        raise AlreadyPublished(f"{week}: the next revision is {expected}, not {revision}")
    session.add(
        PublishedWeekRow(
            week=str(week),
            revision=revision,
            digest=digest,
            inputs_digest=inputs_digest,
            path=path,
            inputs_path=inputs_path,
            run_id=run_id,
            reason=reason,
            is_reconstructed=is_reconstructed,
            published_at=now,
        )
    )
    session.flush()
    return True


def published(session: Session, week: Week | str, *, revision: int | None = None) -> PublishedWeek | None:
    """A week as it stands: its newest revision, or the one asked for."""
    statement = select(PublishedWeekRow).where(PublishedWeekRow.week == str(week))
    if revision is not None:
        statement = statement.where(PublishedWeekRow.revision == revision)
    return _first(session, statement.order_by(PublishedWeekRow.revision.desc()))


def last_published_before(session: Session, week: Week | str) -> PublishedWeek | None:
    """The newest standing week before this one, in its newest revision: the last good week."""
    statement = select(PublishedWeekRow).where(PublishedWeekRow.week < str(week))
    return _first(session, statement.order_by(PublishedWeekRow.week.desc(), PublishedWeekRow.revision.desc()))


def last_published(session: Session) -> PublishedWeek | None:
    """The newest standing week of all."""
    statement = select(PublishedWeekRow)
    return _first(session, statement.order_by(PublishedWeekRow.week.desc(), PublishedWeekRow.revision.desc()))


def published_weeks(session: Session, *, before: Week | str | None = None) -> list[PublishedWeek]:
    """All standing weeks, oldest first, each in its newest revision."""
    statement = select(PublishedWeekRow).order_by(PublishedWeekRow.week, PublishedWeekRow.revision)
    if before is not None:
        statement = statement.where(PublishedWeekRow.week < str(before))
    newest = {row.week: _as_told(row) for row in session.scalars(statement)}
    return list(newest.values())


def _first(session: Session, statement: Any) -> PublishedWeek | None:
    row = session.scalars(statement.limit(1)).first()
    return _as_told(row) if row is not None else None


def _as_told(row: PublishedWeekRow) -> PublishedWeek:
    return PublishedWeek(
        row.week,
        row.revision,
        row.digest,
        row.inputs_digest,
        row.path,
        row.inputs_path,
        row.reason,
        row.is_reconstructed,
        row.published_at,
    )


def _unfinished(session: Session, kind: str, subject: str) -> RunRow | None:
    statement = select(RunRow).where(RunRow.kind == kind, RunRow.subject == subject, RunRow.finished_at.is_(None))
    return session.scalars(statement.with_for_update()).first()


def _held(session: Session, run_id: int) -> RunRow:
    row = session.scalars(select(RunRow).where(RunRow.run_id == run_id).with_for_update()).first()
    if row is None:
        raise NotInStore(f"there is no run {run_id}")
    if row.finished_at is not None:
        ended = (row.summary or {}).get("ended_by", row.state.value)
        raise LeaseLost(f"run {run_id} ({row.kind} {row.subject}) is no longer ours: {ended}; stop without publishing")
    return row
