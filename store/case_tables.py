"""Tables beside the ledger: cases without room, steps of plans, what account teams say, requests, answers to alerts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import JSON_VALUE, NUMBER, word
from store.tables import Model


class RequestKind(StrEnum):
    """What somebody asks for: access to a view, a new signal, a change of a report."""

    ACCESS = "access"
    SIGNAL = "signal"
    REPORT = "report"


class Decision(StrEnum):
    """What became of a request."""

    GRANTED = "granted"
    DECLINED = "declined"


class WaitingCaseRow(Model):
    """A case that no owner had room for. It stays listed until it is opened."""

    __tablename__ = "waiting_cases"
    subject_id: Mapped[str] = mapped_column(primary_key=True)
    template_id: Mapped[str] = mapped_column(primary_key=True)
    evidence_key: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    reason_key: Mapped[str]
    metric: Mapped[str]
    evidence: Mapped[str]
    owner_id: Mapped[str | None]
    listed_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]


class ActionEventRow(Model):
    """What a team did with a step of a plan; append-only. The step as it stands is the fold of these."""

    __tablename__ = "action_events"
    number: Mapped[int] = mapped_column(NUMBER, primary_key=True, autoincrement=False)
    action_id: Mapped[str]
    customer_id: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime]
    who: Mapped[str]
    source: Mapped[str]
    source_sha256: Mapped[str | None]
    row_version: Mapped[int]
    base_version: Mapped[int]
    after: Mapped[dict[str, Any] | None]
    refused: Mapped[dict[str, Any] | None]
    __table_args__ = (Index("ix_action_events_action_id", "action_id"),)


class AccountFeedbackRow(Model):
    """What an account team says of an account: perceived quality 1 to 5 and a comment; never changed."""

    __tablename__ = "account_feedback"
    feedback_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    author_id: Mapped[str]
    given_at: Mapped[datetime]
    perceived_quality_score: Mapped[float | None]
    comment: Mapped[str | None]
    competitor: Mapped[str | None]
    source: Mapped[str]
    source_sha256: Mapped[str | None]
    __table_args__ = (Index("ix_account_feedback_customer_id", "customer_id"),)


class RequestRow(Model):
    """A request and its decision, by whom and when."""

    __tablename__ = "requests"
    request_id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    kind: Mapped[RequestKind] = mapped_column(word(RequestKind, "kind"))
    what: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    decision: Mapped[Decision | None] = mapped_column(word(Decision, "decision"))
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    __table_args__ = ({"sqlite_autoincrement": True},)


class AlertAnswerRow(Model):
    """An alert without a case that somebody must acknowledge; raised to the next level once when nobody does."""

    __tablename__ = "alert_answers"
    subject_key: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    headline: Mapped[str]
    person_ids: Mapped[list[str]] = mapped_column(JSON_VALUE)
    told_at: Mapped[datetime]
    due_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    raised_at: Mapped[datetime | None]


class BookmarkRow(Model):
    """Up to which number a reader of an append-only table has come."""

    __tablename__ = "bookmarks"
    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(NUMBER)
