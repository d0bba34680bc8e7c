"""Cases about segments and cases that wait, steps of plans, account feedback, requests, answers to alerts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Column types are written out: a step must not change when the models do.
_INSTANT = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("cases", sa.Column("segment", sa.Text(), nullable=True))
    op.create_table(
        "waiting_cases",
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("evidence_key", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("reason_key", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=True),
        sa.Column("listed_at", _INSTANT, nullable=False),
        sa.Column("opened_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("subject_id", "template_id", "evidence_key", name="pk_waiting_cases"),
    )
    op.create_table(
        "action_events",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("action_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_sha256", sa.Text(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("refused", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_action_events"),
    )
    op.create_index("ix_action_events_action_id", "action_events", ["action_id"], unique=False)
    op.create_table(
        "account_feedback",
        sa.Column("feedback_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("given_at", _INSTANT, nullable=False),
        sa.Column("perceived_quality_score", sa.Double(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("competitor", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_sha256", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("feedback_id", name="pk_account_feedback"),
    )
    op.create_index("ix_account_feedback_customer_id", "account_feedback", ["customer_id"], unique=False)
    op.create_table(
        "requests",
        sa.Column("request_id", _NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('access', 'signal', 'report')", name="kind"),
        sa.CheckConstraint("decision IN ('granted', 'declined')", name="decision"),
        sa.PrimaryKeyConstraint("request_id", name="pk_requests"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alert_answers",
        sa.Column("subject_key", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("person_ids", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("told_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("acknowledged_at", _INSTANT, nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("raised_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("subject_key", name="pk_alert_answers"),
    )
    op.create_table(
        "bookmarks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_bookmarks"),
    )
    # what happened before anybody was mailed of changes is not mailed now
    op.execute(
        sa.text("INSERT INTO bookmarks (name, number) SELECT 'case mails', COALESCE(MAX(number), 0) FROM case_events")
    )


def downgrade() -> None:
    for name in ("bookmarks", "alert_answers", "requests"):
        op.drop_table(name)
    op.drop_index("ix_account_feedback_customer_id", table_name="account_feedback")
    op.drop_table("account_feedback")
    op.drop_index("ix_action_events_action_id", table_name="action_events")
    op.drop_table("action_events")
    op.drop_table("waiting_cases")
    op.drop_column("cases", "segment")
