"""Named locks that last as long as a transaction, so that numbers grow in the order of commits."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts.ids import key_digest


def take_turns(session: Session, *name: str) -> None:
    """Waits until no other transaction holds this name; held until ours ends.

    On SQLite a writer is alone already. On PostgreSQL this is a transaction-level advisory lock,
    which also works behind a pooler that changes connections between transactions.
    """
    if session.get_bind().dialect.name == "postgresql":
        number = int(key_digest("cem lock", *name, length=15), 16)
        session.execute(select(func.pg_advisory_xact_lock(number)))
