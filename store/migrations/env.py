"""Alembic's entry: runs the steps on the connection it is given. There is no alembic.ini and no URL here."""

from __future__ import annotations

from alembic import context

import store.alert_tables
import store.case_tables
import store.proposals  # noqa: F401 - their tables belong to the same metadata
from store.tables import Model

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Model.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
