"""Delivery: joined mails, messages in doubt, bounces, and what the operator was told of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Column types are written out: a step must not change when the models do.
_INSTANTS = ("doubt_since", "bounced_at", "noted_at")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("joins", sa.Text(), nullable=True))
    for name in _INSTANTS:
        op.add_column("outbox", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in _INSTANTS:
        op.drop_column("outbox", name)
    op.drop_column("outbox", "joins")
