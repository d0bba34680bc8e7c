"""What customers, our account teams, employees and partners say."""

from __future__ import annotations

from contracts.frames import Column, Kind, Table
from contracts.tables.spelling import CUSTOMER_ID, at, on, text
from contracts.words import FieldGroup

SURVEYS = Table(
    "surveys",
    key=("response_id",),
    time="sent_at",
    columns=(
        CUSTOMER_ID,
        text("response_id", required=True),
        Column("kind", required=True, choices=("nps", "csat", "ces", "other")),
        text("question"),
        text("touchpoint"),
        at("sent_at", required=True),
        at("answered_at", known_from="answered_at"),
        Column("score", Kind.NUMBER, known_from="answered_at"),
        Column("scale_min", Kind.NUMBER),
        Column("scale_max", Kind.NUMBER),
        Column("comment", group=FieldGroup.VERBATIMS, known_from="answered_at"),
        text("contact_id"),
        text("ticket_id"),
        text("language"),
    ),
    about="One row per invitation and question; answered_at is null until answered.",
)

ACCOUNT_FEEDBACK = Table(
    "account_feedback",
    key=("feedback_id",),
    time="given_at",
    columns=(
        CUSTOMER_ID,
        text("feedback_id", required=True),
        text("author_id", group=FieldGroup.COLLEAGUES),
        at("given_at", required=True),
        Column("perceived_quality_score", Kind.NUMBER, minimum=1, maximum=5),
        text("comment", group=FieldGroup.TEAM_COMMENTS),
        text("competitor", group=FieldGroup.TEAM_COMMENTS),
    ),
    about="What our own account team thinks of the account.",
)

TRANSCRIPTS = Table(
    "transcripts",
    key=("transcript_id", "turn_number"),
    time="started_at",
    columns=(
        CUSTOMER_ID,
        text("transcript_id", required=True),
        Column("turn_number", Kind.INTEGER, required=True),
        at("started_at", required=True),
        text("channel"),
        text("speaker", group=FieldGroup.CONTACTS),
        Column("speaker_role", choices=("customer", "agent", "unknown")),
        Column("begin_seconds", Kind.NUMBER),
        Column("end_seconds", Kind.NUMBER),
        text("text", group=FieldGroup.VERBATIMS),
        text("ticket_id"),
    ),
    about="One row per speaker turn of a call.",
)

CONSTITUENCY_MEASURES = Table(
    "constituency_measures",
    key=("measure_id",),
    time="measured_on",
    per_customer=False,
    columns=(
        text("measure_id", required=True),
        Column("constituency", required=True, choices=("employee", "partner")),
        text("unit", required=True),
        on("measured_on", required=True),
        text("metric", required=True),
        Column("value", Kind.NUMBER),
        Column("n", Kind.INTEGER, minimum=0),
    ),
)
