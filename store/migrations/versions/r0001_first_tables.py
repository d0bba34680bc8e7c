"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Column types are written out: a step must not change when the models do.
_INSTANT = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WEEK = sa.String(length=8).with_variant(sa.String(length=8, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("reason_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=True),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.Column("first_response_due_at", _INSTANT, nullable=True),
        sa.Column("due_at", _INSTANT, nullable=True),
        sa.Column("closed_at", _INSTANT, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("escalation_step", sa.Integer(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", _INSTANT, nullable=True),
        sa.Column("playbook_id", sa.Text(), nullable=True),
        sa.Column("team", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("case_id", name="pk_cases"),
    )
    op.create_index("ix_cases_due_at", "cases", ["due_at"], unique=False)
    op.create_index(
        "uq_cases_open",
        "cases",
        ["customer_id", "template_id", "reason_key"],
        unique=True,
        sqlite_where=sa.text("is_open = 1"),
        postgresql_where=sa.text("is_open"),
    )
    op.create_table(
        "episodes",
        sa.Column("episode_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("since_week", _WEEK, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", _INSTANT, nullable=True),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.Column("withdrawals", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_week", _WEEK, nullable=True),
        sa.CheckConstraint("state IN ('provisional', 'confirmed', 'withdrawn')", name="state"),
        sa.PrimaryKeyConstraint("episode_id", name="pk_episodes"),
    )
    op.create_index("ix_episodes_customer_id", "episodes", ["customer_id"], unique=False)
    op.create_index("ix_episodes_state", "episodes", ["state"], unique=False)
    op.create_table(
        "events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("is_hard", sa.Boolean(), nullable=False),
        sa.Column("happened_at", _INSTANT, nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("first_seen_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_events"),
    )
    op.create_index("ix_events_customer_id", "events", ["customer_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("outbox_id", _NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_key", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("recipient_name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("audience_id", sa.Text(), nullable=True),
        sa.Column("customer_ids", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("scope_digest", sa.Text(), nullable=True),
        sa.Column("policy_digest", sa.Text(), nullable=True),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("eml", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("not_before", _INSTANT, nullable=True),
        sa.Column("next_at", _INSTANT, nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", _INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_tried_at", _INSTANT, nullable=True),
        sa.Column("last_code", sa.Integer(), nullable=True),
        sa.Column("last_text", sa.Text(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("sent_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'sending', 'sent', 'failed', 'unknown', 'held', 'superseded')", name="state"
        ),
        sa.PrimaryKeyConstraint("outbox_id", name="pk_outbox"),
        sa.UniqueConstraint(
            "kind",
            "subject_key",
            "person_id",
            "channel",
            "revision",
            name="uq_outbox_kind_subject_key_person_id_channel_revision",
        ),
        sa.UniqueConstraint("message_id", name="uq_outbox_message_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_state_next_at", "outbox", ["state", "next_at"], unique=False)
    op.create_table(
        "placements",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("week", _WEEK, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("raw_zone", sa.Text(), nullable=True),
        sa.Column("loyalty", sa.Double(), nullable=True),
        sa.Column("retention", sa.Double(), nullable=True),
        sa.Column("loyalty_se", sa.Double(), nullable=True),
        sa.Column("retention_se", sa.Double(), nullable=True),
        sa.Column("loyalty_coverage", sa.Double(), nullable=False),
        sa.Column("retention_coverage", sa.Double(), nullable=False),
        sa.Column("is_borderline", sa.Boolean(), nullable=False),
        sa.Column("pending_zone", sa.Text(), nullable=True),
        sa.Column("pending_weeks", sa.Integer(), nullable=False),
        sa.Column("episode_id", sa.Text(), nullable=True),
        sa.Column("episode_since", _WEEK, nullable=True),
        sa.Column("loyalty_line", sa.Double(), nullable=False),
        sa.Column("retention_line", sa.Double(), nullable=False),
        sa.Column("why_insufficient", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name="pk_placements"),
    )
    op.create_index("ix_placements_episode_id", "placements", ["episode_id"], unique=False)
    op.create_table(
        "policy_versions",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_policy_versions"),
    )
    op.create_table(
        "returned_files",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("audience_id", sa.Text(), nullable=True),
        sa.Column("week", _WEEK, nullable=True),
        sa.Column("came_by", sa.Text(), nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("summary", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name="pk_returned_files"),
    )
    op.create_table(
        "runs",
        sa.Column("run_id", _NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("renewed_at", _INSTANT, nullable=False),
        sa.Column("lease_until", _INSTANT, nullable=False),
        sa.Column("finished_at", _INSTANT, nullable=True),
        sa.Column("took_over", _NUMBER, nullable=True),
        sa.Column("summary", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["took_over"], ["runs.run_id"], name="fk_runs_took_over"),
        sa.CheckConstraint("state IN ('running', 'recorded', 'published', 'held', 'failed')", name="state"),
        sa.PrimaryKeyConstraint("run_id", name="pk_runs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_runs_started_at", "runs", ["started_at"], unique=False)
    op.create_index(
        "uq_runs_unfinished",
        "runs",
        ["kind", "subject"],
        unique=True,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "transitions",
        sa.Column("week", _WEEK, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("from_zone", sa.Text(), nullable=True),
        sa.Column("to_zone", sa.Text(), nullable=True),
        sa.Column("episode_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("is_borderline", sa.Boolean(), nullable=False),
        sa.Column("loyalty_before", sa.Double(), nullable=True),
        sa.Column("loyalty_after", sa.Double(), nullable=True),
        sa.Column("retention_before", sa.Double(), nullable=True),
        sa.Column("retention_after", sa.Double(), nullable=True),
        sa.Column("weeks_apart", sa.Integer(), nullable=False),
        sa.Column("revenue_amount", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("week", "revision", "customer_id", name="pk_transitions"),
    )
    op.create_index("ix_transitions_customer_id", "transitions", ["customer_id"], unique=False)
    op.create_table(
        "case_events",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_sha256", sa.Text(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("refused", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("evidence_key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_case_events_case_id"),
        sa.PrimaryKeyConstraint("number", name="pk_case_events"),
        sa.UniqueConstraint("case_id", "evidence_key", name="uq_case_events_case_id_evidence_key"),
    )
    op.create_index("ix_case_events_case_id_number", "case_events", ["case_id", "number"], unique=False)
    op.create_table(
        "policy_log",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effective_week", _WEEK, nullable=False),
        sa.Column("adopted_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["policy_versions.digest"], name="fk_policy_log_digest"),
        sa.PrimaryKeyConstraint("sequence", name="pk_policy_log"),
    )
    op.create_table(
        "published_weeks",
        sa.Column("week", _WEEK, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("inputs_digest", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("inputs_path", sa.Text(), nullable=True),
        sa.Column("run_id", _NUMBER, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("is_reconstructed", sa.Boolean(), nullable=False),
        sa.Column("published_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_published_weeks_run_id"),
        sa.PrimaryKeyConstraint("week", "revision", name="pk_published_weeks"),
    )
    op.create_table(
        "send_log",
        sa.Column("log_id", _NUMBER, nullable=False),
        sa.Column("outbox_id", _NUMBER, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.outbox_id"], name="fk_send_log_outbox_id"),
        sa.PrimaryKeyConstraint("log_id", name="pk_send_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_send_log_outbox_id", "send_log", ["outbox_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_send_log_outbox_id", table_name="send_log")
    op.drop_table("send_log")
    op.drop_table("published_weeks")
    op.drop_table("policy_log")
    op.drop_index("ix_case_events_case_id_number", table_name="case_events")
    op.drop_table("case_events")
    op.drop_index("ix_transitions_customer_id", table_name="transitions")
    op.drop_table("transitions")
    op.drop_index(
        "uq_runs_unfinished",
        table_name="runs",
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.drop_index("ix_runs_started_at", table_name="runs")
    op.drop_table("runs")
    op.drop_table("returned_files")
    op.drop_table("policy_versions")
    op.drop_index("ix_placements_episode_id", table_name="placements")
    op.drop_table("placements")
    op.drop_index("ix_outbox_state_next_at", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_events_customer_id", table_name="events")
    op.drop_table("events")
    op.drop_index("ix_episodes_state", table_name="episodes")
    op.drop_index("ix_episodes_customer_id", table_name="episodes")
    op.drop_table("episodes")
    op.drop_index(
        "uq_cases_open", table_name="cases", sqlite_where=sa.text("is_open = 1"), postgresql_where=sa.text("is_open")
    )
    op.drop_index("ix_cases_due_at", table_name="cases")
    op.drop_table("cases")
