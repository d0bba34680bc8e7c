"""Snoozes, and alerts that were listed instead of told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Column types are written out: a step must not change when the models do.
_INSTANT = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "snoozes",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_snoozes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_snoozes_customer_id", "snoozes", ["customer_id"], unique=False)
    op.create_table(
        "suppressed_alerts",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_key", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.CheckConstraint("reason IN ('maintenance', 'open plan', 'snooze', 'budget')", name="reason"),
        sa.PrimaryKeyConstraint("kind", "subject_key", "person_id", name="pk_suppressed_alerts"),
    )
    op.create_index("ix_suppressed_alerts_at", "suppressed_alerts", ["at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_suppressed_alerts_at", table_name="suppressed_alerts")
    op.drop_table("suppressed_alerts")
    op.drop_index("ix_snoozes_customer_id", table_name="snoozes")
    op.drop_table("snoozes")
