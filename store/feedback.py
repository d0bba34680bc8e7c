"""What account teams say of their accounts: perceived quality and a comment, with author and date; never changed."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.ids import key_digest
from store.case_tables import AccountFeedbackRow
from store.errors import CaseRefused
from store.locks import take_turns

_COLUMNS = ("customer_id", "feedback_id", "author_id", "given_at", "perceived_quality_score", "comment", "competitor")


def give_feedback(
    session: Session,
    customer_id: str,
    *,
    author_id: str,
    score: float | None,
    comment: str | None,
    now: datetime,
    source: str,
    competitor: str | None = None,
    source_sha256: str | None = None,
) -> bool:
    """Record one answer; False when the same author said the same from the same source before.

    Raises: CaseRefused when it says nothing, or the score is not 1 to 5.
    """
    if score is None and not comment:
        raise CaseRefused(f"{customer_id}: feedback needs a score from 1 to 5, a comment, or both")
    if score is not None and not 1 <= score <= 5:
        raise CaseRefused(f"{customer_id}: perceived quality must be from 1 to 5; got {score:g}")
    take_turns(session, "account feedback")
    said = (customer_id, author_id, score, comment, competitor, source_sha256 or now.isoformat())
    feedback_id = f"cem-{key_digest('feedback', *said)}"
    if session.get(AccountFeedbackRow, feedback_id) is not None:
        return False
    session.add(
        AccountFeedbackRow(
            feedback_id=feedback_id,
            customer_id=customer_id,
            author_id=author_id,
            given_at=now,
            perceived_quality_score=score,
            comment=comment,
            competitor=competitor,
            source=source,
            source_sha256=source_sha256,
        )
    )
    session.flush()
    return True


def account_feedback(session: Session) -> pd.DataFrame:
    """All answers, oldest first, with the columns of the canonical table account_feedback."""
    rows = session.execute(select(*(getattr(AccountFeedbackRow, name) for name in _COLUMNS)))
    found = pd.DataFrame([tuple(row) for row in rows], columns=list(_COLUMNS))
    return found.sort_values(["given_at", "feedback_id"], ignore_index=True)
