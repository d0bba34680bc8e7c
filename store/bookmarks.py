"""Up to which number a reader of an append-only table has come."""

from __future__ import annotations

from sqlalchemy.orm import Session

from store.case_tables import BookmarkRow


def bookmark(session: Session, name: str) -> int:
    """The number up to which this reader has come; 0 when it has not begun."""
    row = session.get(BookmarkRow, name)
    return row.number if row else 0


def move_bookmark(session: Session, name: str, number: int) -> None:
    """The reader has come to this number, in the transaction that holds what it made of it."""
    row = session.get(BookmarkRow, name)
    if row is None:
        session.add(BookmarkRow(name=name, number=number))
    else:
        row.number = max(row.number, number)
    session.flush()
