"""Where customers stand: current placements, stays in a zone, transitions and events."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import pandas as pd
from sqlalchemy import delete, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session

from contracts.frames import conform, from_frame
from contracts.results import EVENTS, PLACEMENTS, TRANSITIONS
from contracts.weeks import Week
from contracts.words import Zone
from store.bulk import insert_frame, read_frame, table_of
from store.errors import AlreadyPublished, WeekGoesBackward
from store.locks import take_turns
from store.tables import (
    CustomerEventRow,
    EpisodeRow,
    EpisodeState,
    PlacementRow,
    PublishedWeekRow,
    TransitionRow,
)

# SQLite takes 32,766 parameters in one statement, PostgreSQL 65,535.
_AT_ONCE = 10_000


def save_placements(session: Session, placements: pd.DataFrame, week: Week | str) -> int:
    """Make this PLACEMENTS frame of the whole book the current one; returns its rows.

    Episodes seen for the first time begin confirmed; those that no placement names any more end
    this week. Provisional episodes are left alone: `confirm` and `withdraw` settle them.

    Raises: WeekGoesBackward when the current placements belong to a newer week.
    """
    take_turns(session, "placements")
    newest = session.scalar(select(func.max(PlacementRow.week)))
    if newest is not None and newest > str(week):
        raise WeekGoesBackward(
            f"current placements are those of {newest}; {week} is older and must not replace them "
            "(a backfilled or rebuilt week belongs into the history alone)"
        )
    session.execute(delete(PlacementRow))
    rows = insert_frame(session, table_of(PlacementRow), conform(placements, PLACEMENTS), PLACEMENTS)
    _begin_episodes(session)
    _end_episodes(session, str(week))
    return rows


def placements(session: Session) -> pd.DataFrame:
    """The current placements: PLACEMENTS frame, empty before the first week."""
    return read_frame(session, table_of(PlacementRow), PLACEMENTS)


def open_provisional(
    session: Session,
    episode_id: str,
    customer_id: str,
    zone: Zone | str,
    since_week: Week | str | None,
    opened_at: datetime,
) -> bool:
    """An alert opens a stay before the weekly run has seen it. True when it is new, or was withdrawn before.

    An episode that is open already is left as it is: its alert was told.
    """
    take_turns(session, "episode", episode_id)
    row = session.get(EpisodeRow, episode_id)
    if row is None:
        session.add(
            EpisodeRow(
                episode_id=episode_id,
                customer_id=customer_id,
                zone=str(zone),
                since_week=None if since_week is None else str(since_week),
                state=EpisodeState.PROVISIONAL,
                opened_at=opened_at,
                withdrawals=0,
            )
        )
        session.flush()
        return True
    if row.state is not EpisodeState.WITHDRAWN:
        return False
    row.state = EpisodeState.PROVISIONAL
    row.opened_at = opened_at
    row.settled_at = None
    session.flush()
    return True


def provisional(session: Session) -> pd.DataFrame:
    """Episodes that alerts opened and no weekly run has settled.

    Columns: episode_id, customer_id, zone, since_week, opened_at, revision (see `alert_revisions`).
    """
    columns = ["episode_id", "customer_id", "zone", "since_week", "opened_at", "revision"]
    statement = select(
        EpisodeRow.episode_id,
        EpisodeRow.customer_id,
        EpisodeRow.zone,
        EpisodeRow.since_week,
        EpisodeRow.opened_at,
        EpisodeRow.withdrawals,
    ).where(EpisodeRow.state == EpisodeState.PROVISIONAL)
    rows = sorted(tuple(row) for row in session.execute(statement))
    return pd.DataFrame(rows, columns=columns)


def alert_revisions(session: Session, episode_ids: Iterable[str]) -> dict[str, int]:
    """The revision under which an alert about each episode is told: how often it was withdrawn before.

    Without it, a customer whose alert was withdrawn and who then does enter the zone would meet the
    outbox key of the withdrawn alert, and nobody would be told.
    """
    found: dict[str, int] = {}
    for some in _portions(episode_ids):
        statement = select(EpisodeRow.episode_id, EpisodeRow.withdrawals).where(EpisodeRow.episode_id.in_(some))
        found.update({row.episode_id: row.withdrawals for row in session.execute(statement)})
    return found


def confirm(session: Session, episode_ids: Iterable[str], *, now: datetime | None = None) -> int:
    """The weekly run agrees with the alert; returns how many were provisional until now."""
    return _settle(session, episode_ids, EpisodeState.CONFIRMED, now)


def withdraw(session: Session, episode_ids: Iterable[str], now: datetime) -> int:
    """The weekly run does not see what the alert saw; returns how many were provisional until now."""
    return _settle(session, episode_ids, EpisodeState.WITHDRAWN, now)


def save_transitions(session: Session, transitions: pd.DataFrame, week: Week | str, *, revision: int = 0) -> int:
    """Record the TRANSITIONS frame of a week's revision; returns how many rows were written.

    Until the revision is published a run that starts anew may record them again; afterwards the
    same rows are a no-op.

    Raises: AlreadyPublished when the published revision holds other transitions.
    """
    table = table_of(TransitionRow)
    mine = (table.c.week == str(week), table.c.revision == revision)
    fresh = conform(transitions, TRANSITIONS)
    if _is_published(session, str(week), revision):
        stored = read_frame(session, table, TRANSITIONS, *mine)
        ordered = fresh.sort_values("customer_id", ignore_index=True)
        if stored.equals(ordered):
            return 0
        raise AlreadyPublished(
            f"{week} revision {revision} is published with other transitions; publish a new revision"
        )
    session.execute(delete(TransitionRow).where(*mine))
    return insert_frame(session, table, fresh, TRANSITIONS, constants={"revision": revision})


def transitions(session: Session, week: Week | str, *, revision: int = 0) -> pd.DataFrame:
    """The TRANSITIONS frame recorded for a week's revision."""
    table = table_of(TransitionRow)
    return read_frame(session, table, TRANSITIONS, table.c.week == str(week), table.c.revision == revision)


def save_events(session: Session, events: pd.DataFrame, *, now: datetime) -> pd.DataFrame:
    """Record an EVENTS frame; returns the events never seen before, so that each is told once."""
    take_turns(session, "events")
    fresh = conform(events, EVENTS)
    known: set[str] = set()
    for some in _portions(fresh["event_id"]):
        known.update(session.scalars(select(CustomerEventRow.event_id).where(CustomerEventRow.event_id.in_(some))))
    new = fresh[~fresh["event_id"].isin(known)].reset_index(drop=True)
    if len(new):
        session.execute(insert(CustomerEventRow), _event_rows(new, now))
    return new


def events(session: Session, *, customer_ids: Collection[str] | None = None) -> pd.DataFrame:
    """All recorded events, or those of some customers: EVENTS frame."""
    table = table_of(CustomerEventRow)
    if customer_ids is None:
        return read_frame(session, table, EVENTS)
    parts = [read_frame(session, table, EVENTS, table.c.customer_id.in_(some)) for some in _portions(customer_ids)]
    whole = pd.concat(parts, ignore_index=True) if parts else EVENTS.empty()
    return whole.sort_values("event_id", ignore_index=True)


def _event_rows(events: pd.DataFrame, now: datetime) -> list[dict[str, object]]:
    return [{**row, "first_seen_at": now} for row in from_frame(events, EVENTS).to_pylist()]


def _begin_episodes(session: Session) -> None:
    standing = select(
        PlacementRow.episode_id,
        PlacementRow.customer_id,
        PlacementRow.zone,
        PlacementRow.episode_since,
        literal(EpisodeState.CONFIRMED.value),
        literal(0),
    ).where(
        PlacementRow.episode_id.is_not(None),
        PlacementRow.zone.is_not(None),
        ~exists().where(EpisodeRow.episode_id == PlacementRow.episode_id),
    )
    names = ["episode_id", "customer_id", "zone", "since_week", "state", "withdrawals"]
    session.execute(insert(EpisodeRow).from_select(names, standing))


def _end_episodes(session: Session, week: str) -> None:
    session.execute(
        update(EpisodeRow)
        .where(
            EpisodeRow.state == EpisodeState.CONFIRMED,
            EpisodeRow.ended_week.is_(None),
            ~exists().where(PlacementRow.episode_id == EpisodeRow.episode_id),
        )
        .values(ended_week=week)
        .execution_options(synchronize_session=False)
    )


def _settle(session: Session, episode_ids: Iterable[str], state: EpisodeState, now: datetime | None) -> int:
    settled = 0
    values: dict[str, object] = {"state": state, "settled_at": now}
    if state is EpisodeState.WITHDRAWN:
        values["withdrawals"] = EpisodeRow.withdrawals + 1
    for some in _portions(episode_ids):
        result = session.execute(
            update(EpisodeRow)
            .where(EpisodeRow.episode_id.in_(some), EpisodeRow.state == EpisodeState.PROVISIONAL)
            .values(values)
            .execution_options(synchronize_session=False)
        )
        settled += int(getattr(result, "rowcount", 0))
    session.expire_all()
    return settled


def _is_published(session: Session, week: str, revision: int) -> bool:
    return session.get(PublishedWeekRow, (week, revision)) is not None


def _portions(ids: Iterable[str]) -> list[list[str]]:
    every = sorted(set(ids))
    return [every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE)]
