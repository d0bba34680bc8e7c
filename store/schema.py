"""The schema's version: which one the database has, which one we work with, and the way up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from store.errors import SchemaRefused, StoreDamaged

# Any number, the same for all versions: two processes that migrate at once must meet at it.
_MIGRATION_LOCK = 7_034_221_905


@dataclass(frozen=True, slots=True)
class SchemaState:
    """`found` is None for a database without tables; `verdict` compares it with `expected`."""

    found: str | None
    expected: str
    verdict: Literal["current", "empty", "older", "newer"]

    def require_current(self, place: str) -> None:
        """Raises: SchemaRefused naming the command that mends it."""
        if self.verdict == "empty":
            raise SchemaRefused.empty(place)
        if self.verdict == "older":
            raise SchemaRefused.older(place, str(self.found), self.expected)
        if self.verdict == "newer":
            raise SchemaRefused.newer(place, str(self.found), self.expected)


def read_state(connection: Connection) -> SchemaState:
    script = ScriptDirectory.from_config(_config())
    expected = str(script.get_current_head())
    found = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    if found is None:
        return SchemaState(None, expected, "empty")
    if found == expected:
        return SchemaState(found, expected, "current")
    return SchemaState(found, expected, "older" if found in known else "newer")


def migrate(engine: Engine, place: str) -> None:
    """All missing steps in one transaction: the database has the new schema or the old one.

    Raises: SchemaRefused when the database is newer; StoreDamaged when a step left rows without a parent.
    """
    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # SQLite alters a table by making it anew; with keys enforced, dropping the old one would
            # take its children along. The switch works outside a transaction only.
            _outside_transaction(connection, "PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _MIGRATION_LOCK})
                state = read_state(connection)
                if state.verdict == "newer":
                    state.require_current(place)
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                if is_sqlite and list(connection.exec_driver_sql("PRAGMA foreign_key_check")):
                    raise StoreDamaged(
                        f"{place}: the migration would leave rows without their parent; nothing was changed"
                    )
        finally:
            if is_sqlite:
                _outside_transaction(connection, "PRAGMA foreign_keys=ON")


def _outside_transaction(connection: Connection, statement: str) -> None:
    cursor = connection.connection.cursor()
    cursor.execute(statement)
    cursor.close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "store:migrations")
    return config
