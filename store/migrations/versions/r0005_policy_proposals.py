"""Proposals of rules with their story; who approved a version, and where it came from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Column types are written out: a step must not change when the models do.
_INSTANT = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WEEK = sa.String(8).with_variant(sa.String(8, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("policy_log", sa.Column("approver", sa.Text(), nullable=True))
    op.create_table(
        "policy_proposals",
        sa.Column("proposal_id", _NUMBER, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("base_sequence", sa.Integer(), nullable=False),
        sa.Column("base_digest", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("shadow_weeks", sa.Integer(), nullable=False),
        sa.Column("wanted_week", _WEEK, nullable=True),
        sa.Column("effective_week", _WEEK, nullable=True),
        sa.Column("approver", sa.Text(), nullable=True),
        sa.Column("back_test", sa.Text(), nullable=True),
        sa.Column("adopted_sequence", sa.Integer(), nullable=True),
        sa.Column("proposed_at", _INSTANT, nullable=False),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.CheckConstraint("state IN ('proposed', 'shadow', 'adopted', 'rejected', 'rolled back')", name="state"),
        sa.ForeignKeyConstraint(
            ["adopted_sequence"], ["policy_log.sequence"], name="fk_policy_proposals_adopted_sequence"
        ),
        sa.PrimaryKeyConstraint("proposal_id", name="pk_policy_proposals"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "proposal_events",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("proposal_id", _NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("week", _WEEK, nullable=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["policy_proposals.proposal_id"], name="fk_proposal_events_proposal_id"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_proposal_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_proposal_events_proposal_id", "proposal_events", ["proposal_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_proposal_events_proposal_id", table_name="proposal_events")
    op.drop_table("proposal_events")
    op.drop_table("policy_proposals")
    op.drop_column("policy_log", "approver")
