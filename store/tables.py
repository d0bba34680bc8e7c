"""The tables of the store, as typed models. Migrations under store/migrations/ build the same ones.

Rows of the running state (runs, outbox, cases, placements, episodes) change; case_events, send_log,
transitions, events and the policy log only grow. Ids and keys are text of any length, weeks are
ISO names, instants are aware UTC.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from contracts.words import OutboxState, RunState
from store.columns import JSON_VALUE, NUMBER, WEEK, Instant, word


class EpisodeState(StrEnum):
    """provisional: opened by an alert between two weekly runs, which confirm or withdraw it."""

    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class Model(DeclarativeBase):
    """Base of all tables; constraint names are fixed so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        datetime: Instant(),
        float: Double(),
        dict[str, Any]: JSON_VALUE,
    }


class RunRow(Model):
    """One execution. At most one per kind and subject is unfinished: that row is the lease."""

    __tablename__ = "runs"
    run_id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    state: Mapped[RunState] = mapped_column(word(RunState, "state"))
    owner: Mapped[str]
    started_at: Mapped[datetime]
    renewed_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    took_over: Mapped[int | None] = mapped_column(NUMBER, ForeignKey("runs.run_id"))
    summary: Mapped[dict[str, Any] | None]
    __table_args__ = (
        Index(
            "uq_runs_unfinished",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index("ix_runs_started_at", "started_at"),
        {"sqlite_autoincrement": True},
    )


class PublishedWeekRow(Model):
    """A week that stands. `path` is the release (none for a week that was only backfilled)."""

    __tablename__ = "published_weeks"
    week: Mapped[str] = mapped_column(WEEK, primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    digest: Mapped[str]
    inputs_digest: Mapped[str]
    path: Mapped[str | None]
    inputs_path: Mapped[str | None]
    run_id: Mapped[int | None] = mapped_column(NUMBER, ForeignKey("runs.run_id"))
    reason: Mapped[str | None]
    is_reconstructed: Mapped[bool]
    published_at: Mapped[datetime]


class PlacementRow(Model):
    """Where each customer stands now: the columns of the PLACEMENTS frame, one row per customer."""

    __tablename__ = "placements"
    customer_id: Mapped[str] = mapped_column(primary_key=True)
    week: Mapped[str] = mapped_column(WEEK)
    state: Mapped[str]
    status: Mapped[str]
    zone: Mapped[str | None]
    raw_zone: Mapped[str | None]
    loyalty: Mapped[float | None]
    retention: Mapped[float | None]
    loyalty_se: Mapped[float | None]
    retention_se: Mapped[float | None]
    loyalty_coverage: Mapped[float]
    retention_coverage: Mapped[float]
    is_borderline: Mapped[bool]
    pending_zone: Mapped[str | None]
    pending_weeks: Mapped[int]
    episode_id: Mapped[str | None]
    episode_since: Mapped[str | None] = mapped_column(WEEK)
    loyalty_line: Mapped[float]
    retention_line: Mapped[float]
    why_insufficient: Mapped[str | None]
    # looked up for every episode when a week is saved: without it that is customers x episodes
    __table_args__ = (Index("ix_placements_episode_id", "episode_id"),)


class EpisodeRow(Model):
    """One stay of a customer in a zone. `withdrawals` counts how often an alert was taken back:
    it is the revision of the next alert about this episode.
    """

    __tablename__ = "episodes"
    episode_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    zone: Mapped[str]
    since_week: Mapped[str | None] = mapped_column(WEEK)
    state: Mapped[EpisodeState] = mapped_column(word(EpisodeState, "state"))
    opened_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    withdrawals: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    ended_week: Mapped[str | None] = mapped_column(WEEK)
    __table_args__ = (Index("ix_episodes_customer_id", "customer_id"), Index("ix_episodes_state", "state"))


class TransitionRow(Model):
    """A change of zone as told in a week's revision: the columns of the TRANSITIONS frame."""

    __tablename__ = "transitions"
    week: Mapped[str] = mapped_column(WEEK, primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    customer_id: Mapped[str] = mapped_column(primary_key=True)
    from_zone: Mapped[str | None]
    to_zone: Mapped[str | None]
    episode_id: Mapped[str | None]
    kind: Mapped[str]
    cause: Mapped[str]
    is_borderline: Mapped[bool]
    loyalty_before: Mapped[float | None]
    loyalty_after: Mapped[float | None]
    retention_before: Mapped[float | None]
    retention_after: Mapped[float | None]
    weeks_apart: Mapped[int]
    revenue_amount: Mapped[float | None]
    __table_args__ = (Index("ix_transitions_customer_id", "customer_id"),)


class CustomerEventRow(Model):
    """Something that happened to a customer, once per source row: the columns of the EVENTS frame."""

    __tablename__ = "events"
    event_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    kind: Mapped[str]
    is_hard: Mapped[bool]
    happened_at: Mapped[datetime]
    source: Mapped[str | None]
    table: Mapped[str] = mapped_column("table_name")
    row_key: Mapped[str]
    headline: Mapped[str]
    quote: Mapped[str | None]
    value: Mapped[float | None]
    first_seen_at: Mapped[datetime]
    __table_args__ = (Index("ix_events_customer_id", "customer_id"),)


class CaseRow(Model):
    """A case as it stands: the fold of its events, kept in the same transaction.

    A case about a segment has `segment`, and the same text as its `customer_id`: one key for both kinds.
    """

    __tablename__ = "cases"
    case_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    template_id: Mapped[str]
    reason_key: Mapped[str]
    title: Mapped[str]
    category: Mapped[str | None]
    severity: Mapped[str | None]
    status: Mapped[str]
    is_open: Mapped[bool]
    owner_id: Mapped[str | None]
    opened_at: Mapped[datetime]
    first_response_due_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    note: Mapped[str | None]
    escalation_step: Mapped[int]
    row_version: Mapped[int]
    acknowledged_at: Mapped[datetime | None]
    playbook_id: Mapped[str | None]
    team: Mapped[dict[str, Any] | None]
    segment: Mapped[str | None]
    __table_args__ = (
        Index(
            "uq_cases_open",
            "customer_id",
            "template_id",
            "reason_key",
            unique=True,
            sqlite_where=text("is_open = 1"),
            postgresql_where=text("is_open"),
        ),
        Index("ix_cases_due_at", "due_at"),
    )


class CaseEventRow(Model):
    """What happened to a case; append-only. `number` has no gaps and grows in the order of commits."""

    __tablename__ = "case_events"
    number: Mapped[int] = mapped_column(NUMBER, primary_key=True, autoincrement=False)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"))
    kind: Mapped[str]
    at: Mapped[datetime]
    who: Mapped[str]
    why: Mapped[str | None]
    source: Mapped[str]
    source_sha256: Mapped[str | None]
    row_version: Mapped[int]
    base_version: Mapped[int | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    refused: Mapped[dict[str, Any] | None]
    evidence_key: Mapped[str | None]
    __table_args__ = (
        UniqueConstraint("case_id", "evidence_key"),
        Index("ix_case_events_case_id_number", "case_id", "number"),
    )


class ReturnedFileRow(Model):
    """A file that came back; its hash is its identity, so the same file twice is one return."""

    __tablename__ = "returned_files"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    person_id: Mapped[str | None]
    audience_id: Mapped[str | None]
    week: Mapped[str | None] = mapped_column(WEEK)
    came_by: Mapped[str]
    received_at: Mapped[datetime]
    summary: Mapped[dict[str, Any] | None]


class OutboxRow(Model):
    """One message to one person with its frozen bytes, and how far it got.

    `joins` is the word under which messages of a person may leave as one mail; `doubt_since` is the last
    moment at which an unknown message can have left; `noted_at` is when the operator was told that it failed,
    is unknown or came back.
    """

    __tablename__ = "outbox"
    outbox_id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    kind: Mapped[str]
    subject_key: Mapped[str]
    person_id: Mapped[str]
    channel: Mapped[str]
    revision: Mapped[int]
    message_id: Mapped[str] = mapped_column(unique=True)
    sender: Mapped[str]
    recipient: Mapped[str]
    recipient_name: Mapped[str]
    subject: Mapped[str]
    audience_id: Mapped[str | None]
    customer_ids: Mapped[list[str]] = mapped_column(JSON_VALUE)
    scope_digest: Mapped[str | None]
    policy_digest: Mapped[str | None]
    content_sha256: Mapped[str]
    eml: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    state: Mapped[OutboxState] = mapped_column(word(OutboxState, "state"))
    why: Mapped[str | None]
    urgency: Mapped[int]
    not_before: Mapped[datetime | None]
    next_at: Mapped[datetime]
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int]
    first_tried_at: Mapped[datetime | None]
    joins: Mapped[str | None]
    doubt_since: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    noted_at: Mapped[datetime | None]
    last_code: Mapped[int | None]
    last_text: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("kind", "subject_key", "person_id", "channel", "revision"),
        Index("ix_outbox_state_next_at", "state", "next_at"),
        {"sqlite_autoincrement": True},
    )


class SendLogRow(Model):
    """Every attempt and every decision about a message; append-only."""

    __tablename__ = "send_log"
    log_id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    outbox_id: Mapped[int] = mapped_column(NUMBER, ForeignKey("outbox.outbox_id"))
    at: Mapped[datetime]
    host: Mapped[str]
    step: Mapped[str]
    code: Mapped[int]
    text: Mapped[str]
    who: Mapped[str | None]
    __table_args__ = (Index("ix_send_log_outbox_id", "outbox_id"), {"sqlite_autoincrement": True})


class PolicyVersionRow(Model):
    """A policy by its digest, as canonical JSON; immutable."""

    __tablename__ = "policy_versions"
    digest: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str]


class PolicyLogRow(Model):
    """Which policy was adopted from which week on, by whom and why; append-only."""

    __tablename__ = "policy_log"
    sequence: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(ForeignKey("policy_versions.digest"))
    author: Mapped[str]
    reason: Mapped[str]
    effective_week: Mapped[str] = mapped_column(WEEK)
    adopted_at: Mapped[datetime]
    approver: Mapped[str | None]
