"""Policies: immutable by digest, and an append-only log that says which one is in force from when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts.ids import canonical_json
from contracts.rules import Policy
from contracts.weeks import Week
from store.errors import NotInStore, StoreDamaged
from store.locks import take_turns
from store.tables import PolicyLogRow, PolicyVersionRow


@dataclass(frozen=True, slots=True)
class Adoption:
    """One line of the log: which policy was adopted, from which week on, by whom and why."""

    sequence: int
    digest: str
    author: str
    reason: str
    effective_week: str
    adopted_at: datetime
    approver: str | None = None


def adopt(
    session: Session,
    policy: Policy,
    *,
    author: str,
    reason: str,
    effective_week: Week | str,
    now: datetime,
    approver: str | None = None,
) -> int:
    """Put a policy in force from the start of a week on; returns its number in the log.

    The newest entry again (same policy, same week) is a no-op: it returns that number.
    """
    take_turns(session, "policy")
    newest = session.scalars(select(PolicyLogRow).order_by(PolicyLogRow.sequence.desc()).limit(1)).first()
    if newest is not None and newest.digest == policy.digest and newest.effective_week == str(effective_week):
        return newest.sequence
    if session.get(PolicyVersionRow, policy.digest) is None:
        body = canonical_json(policy.model_dump(mode="json", exclude={"sequence"})).decode()
        session.add(PolicyVersionRow(digest=policy.digest, body=body))
        session.flush()
    sequence = (newest.sequence if newest is not None else 0) + 1
    session.add(
        PolicyLogRow(
            sequence=sequence,
            digest=policy.digest,
            author=author,
            reason=reason,
            effective_week=str(effective_week),
            adopted_at=now,
            approver=approver,
        )
    )
    session.flush()
    return sequence


def in_force(session: Session, week: Week | str) -> tuple[int, str] | None:
    """Number and digest of the policy that judges a week: the last adopted of those effective by then."""
    row = session.scalars(
        select(PolicyLogRow)
        .where(PolicyLogRow.effective_week <= str(week))
        .order_by(PolicyLogRow.sequence.desc())
        .limit(1)
    ).first()
    return (row.sequence, row.digest) if row is not None else None


def load(session: Session, digest: str, *, sequence: int | None = None) -> Policy:
    """The policy of a digest. Its `sequence` is the one given, else the last under which it was adopted.

    Raises: NotInStore for an unknown digest; StoreDamaged when the stored text no longer has it.
    """
    row = session.get(PolicyVersionRow, digest)
    if row is None:
        raise NotInStore(f"no policy has the digest {digest}; `cem policy log` lists those adopted")
    policy = Policy.model_validate_json(row.body)
    if policy.digest != digest:
        raise StoreDamaged(f"the policy stored as {digest} reads back as {policy.digest}; restore the database")
    last = session.scalar(select(func.max(PolicyLogRow.sequence)).where(PolicyLogRow.digest == digest))
    return policy.model_copy(update={"sequence": sequence if sequence is not None else (last or 0)})


def log(session: Session) -> list[Adoption]:
    """All adoptions, oldest first."""
    return [
        Adoption(row.sequence, row.digest, row.author, row.reason, row.effective_week, row.adopted_at, row.approver)
        for row in session.scalars(select(PolicyLogRow).order_by(PolicyLogRow.sequence))
    ]
