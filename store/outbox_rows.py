"""A row of the outbox as its modules share it: found under a lock, as a parcel, its words made storable."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.exchange import Parcel
from store.errors import NotInStore
from store.tables import OutboxRow

_CLIP = 500


def locked(session: Session, outbox_id: int) -> OutboxRow:
    """Raises: NotInStore."""
    row = session.scalars(select(OutboxRow).where(OutboxRow.outbox_id == outbox_id).with_for_update()).first()
    if row is None:
        raise NotInStore(f"there is no message {outbox_id} in the outbox; `cem outbox list` shows those there are")
    return row


def parcel_of(row: OutboxRow) -> Parcel:
    return Parcel(
        outbox_id=row.outbox_id,
        key=key_of(row),
        message_id=row.message_id,
        sender=row.sender,
        recipient=row.recipient,
        eml=row.eml,
        attempts=row.attempts,
    )


def key_of(row: OutboxRow) -> str:
    return f"{row.kind}|{row.subject_key}|{row.person_id}|{row.channel}"


def end_lease(row: OutboxRow) -> None:
    row.lease_owner = None
    row.lease_until = None


def clean(text: str) -> str:
    """A server's words as they can be stored: no NUL (PostgreSQL has none), no half surrogates, not endless."""
    return text[:_CLIP].replace("\x00", "").encode("utf-8", "replace").decode()
