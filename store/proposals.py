"""Proposed changes of rules: who wants what and why, what was found, and who decided. The events only grow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.proposals import ProposalState
from store.columns import NUMBER, WEEK, word
from store.errors import NotInStore, ProposalDecided
from store.tables import Model


class ProposalRow(Model):
    """A proposal as it stands now."""

    __tablename__ = "policy_proposals"
    proposal_id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    author: Mapped[str]
    reason: Mapped[str]
    digest: Mapped[str]
    base_sequence: Mapped[int] = mapped_column(Integer)
    base_digest: Mapped[str]
    folder: Mapped[str]
    source: Mapped[str]
    state: Mapped[ProposalState] = mapped_column(word(ProposalState, "state"))
    shadow_weeks: Mapped[int] = mapped_column(Integer)
    wanted_week: Mapped[str | None] = mapped_column(WEEK)
    effective_week: Mapped[str | None] = mapped_column(WEEK)
    approver: Mapped[str | None]
    back_test: Mapped[str | None]
    adopted_sequence: Mapped[int | None] = mapped_column(Integer, ForeignKey("policy_log.sequence"))
    proposed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    __table_args__ = ({"sqlite_autoincrement": True},)


class ProposalEventRow(Model):
    """One step in the life of a proposal; append-only."""

    __tablename__ = "proposal_events"
    number: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(NUMBER, ForeignKey("policy_proposals.proposal_id"))
    kind: Mapped[str]
    who: Mapped[str]
    why: Mapped[str]
    week: Mapped[str | None] = mapped_column(WEEK)
    at: Mapped[datetime]
    __table_args__ = (Index("ix_proposal_events_proposal_id", "proposal_id"), {"sqlite_autoincrement": True})


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal; `folder` holds its files, relative to the workspace. `shadowed`: weeks scored in shadow so far."""

    proposal_id: int
    author: str
    reason: str
    digest: str
    base_sequence: int
    base_digest: str
    folder: str
    source: str
    state: ProposalState
    shadow_weeks: int
    wanted_week: str | None
    effective_week: str | None
    approver: str | None
    back_test: str | None
    adopted_sequence: int | None
    proposed_at: datetime
    decided_at: datetime | None
    shadowed: tuple[str, ...] = ()

    @property
    def is_watched_enough(self) -> bool:
        return len(self.shadowed) >= self.shadow_weeks


@dataclass(frozen=True, slots=True)
class ProposalEvent:
    """A step: proposed, shadow, adopted, rejected, rolled back, cases opened."""

    proposal_id: int
    kind: str
    who: str
    why: str
    week: str | None
    at: datetime


def propose(
    session: Session,
    *,
    author: str,
    reason: str,
    digest: str,
    base: tuple[int, str],
    folder: str,
    source: str,
    shadow_weeks: int,
    wanted_week: str | None,
    now: datetime,
) -> int:
    """Record a proposal and return its number. `base`: number and digest of the rules it would change."""
    row = ProposalRow(
        author=author,
        reason=reason,
        digest=digest,
        base_sequence=base[0],
        base_digest=base[1],
        folder=folder,
        source=source,
        state=ProposalState.PROPOSED,
        shadow_weeks=shadow_weeks,
        wanted_week=wanted_week,
        proposed_at=now,
    )
    session.add(row)
    session.flush()
    note(session, row.proposal_id, "proposed", who=author, why=reason, now=now)
    return row.proposal_id


def reviewed(session: Session, proposal_id: int, back_test: str) -> None:
    """What the newest review found is known by this id."""
    _row(session, proposal_id).back_test = back_test
    session.flush()


def shadowed(session: Session, proposal_id: int, week: str, *, why: str, now: datetime) -> None:
    """A weekly run has scored the proposal beside the rules in force; the same week again counts once."""
    row = _row(session, proposal_id)
    if row.state is ProposalState.PROPOSED:
        row.state = ProposalState.SHADOW
    if week not in _shadowed(session, proposal_id):
        note(session, proposal_id, "shadow", who="weekly run", why=why, now=now, week=week)


def adopted(
    session: Session, proposal_id: int, *, approver: str, why: str, sequence: int, week: str, now: datetime
) -> None:
    """Raises: ProposalDecided when it is open no more."""
    row = _open(session, proposal_id)
    row.state, row.approver, row.adopted_sequence = ProposalState.ADOPTED, approver, sequence
    row.effective_week, row.decided_at = week, now
    note(session, proposal_id, "adopted", who=approver, why=why, now=now, week=week)


def rejected(session: Session, proposal_id: int, *, who: str, why: str, now: datetime) -> None:
    """Raises: ProposalDecided when it is open no more."""
    row = _open(session, proposal_id)
    row.state, row.approver, row.decided_at = ProposalState.REJECTED, who, now
    note(session, proposal_id, "rejected", who=who, why=why, now=now)


def rolled_back(session: Session, *, above: int, who: str, why: str, week: str, now: datetime) -> list[int]:
    """Adopted proposals whose version is newer than `above` are rolled back; returns their numbers."""
    rows = session.scalars(
        select(ProposalRow)
        .where(ProposalRow.state == ProposalState.ADOPTED, ProposalRow.adopted_sequence > above)
        .order_by(ProposalRow.proposal_id)
    ).all()
    for row in rows:
        row.state = ProposalState.ROLLED_BACK
        note(session, row.proposal_id, "rolled back", who=who, why=why, now=now, week=week)
    return [row.proposal_id for row in rows]


def note(
    session: Session, proposal_id: int, kind: str, *, who: str, why: str, now: datetime, week: str | None = None
) -> None:
    """A step for the record."""
    session.add(ProposalEventRow(proposal_id=proposal_id, kind=kind, who=who, why=why, week=week, at=now))
    session.flush()


def proposal(session: Session, proposal_id: int) -> Proposal:
    """Raises: NotInStore."""
    return _proposal(session, _row(session, proposal_id))


def proposals(session: Session, *, open_only: bool = False) -> list[Proposal]:
    """All proposals, or those nobody has decided about; oldest first."""
    rows = session.scalars(select(ProposalRow).order_by(ProposalRow.proposal_id))
    return [_proposal(session, row) for row in rows if row.state.is_open or not open_only]


def proposal_of(session: Session, sequence: int) -> Proposal | None:
    """The proposal that became this version, if one did."""
    row = session.scalars(select(ProposalRow).where(ProposalRow.adopted_sequence == sequence)).first()
    return _proposal(session, row) if row is not None else None


def story(session: Session, proposal_id: int | None = None) -> list[ProposalEvent]:
    """The steps of one proposal, or of all, oldest first."""
    statement = select(ProposalEventRow).order_by(ProposalEventRow.number)
    if proposal_id is not None:
        statement = statement.where(ProposalEventRow.proposal_id == proposal_id)
    return [
        ProposalEvent(row.proposal_id, row.kind, row.who, row.why, row.week, row.at)
        for row in session.scalars(statement)
    ]


def _row(session: Session, proposal_id: int) -> ProposalRow:
    row = session.get(ProposalRow, proposal_id)
    if row is None:
        raise NotInStore(f"there is no proposal {proposal_id}; `cem policy list` shows those there are")
    return row


def _open(session: Session, proposal_id: int) -> ProposalRow:
    row = _row(session, proposal_id)
    if not row.state.is_open:
        raise ProposalDecided(f"proposal {proposal_id} is {row.state.value}; propose again to decide anew")
    return row


def _shadowed(session: Session, proposal_id: int) -> tuple[str, ...]:
    weeks = session.scalars(
        select(ProposalEventRow.week)
        .where(ProposalEventRow.proposal_id == proposal_id, ProposalEventRow.kind == "shadow")
        .order_by(ProposalEventRow.number)
    )
    return tuple(week for week in weeks if week)


def _proposal(session: Session, row: ProposalRow) -> Proposal:
    return Proposal(
        row.proposal_id,
        row.author,
        row.reason,
        row.digest,
        row.base_sequence,
        row.base_digest,
        row.folder,
        row.source,
        row.state,
        row.shadow_weeks,
        row.wanted_week,
        row.effective_week,
        row.approver,
        row.back_test,
        row.adopted_sequence,
        row.proposed_at,
        row.decided_at,
        _shadowed(session, row.proposal_id),
    )
