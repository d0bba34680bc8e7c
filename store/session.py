"""Opens the database and hands out transactions: one way to write, one way to read, both databases.

SQLite: WAL, synchronous=FULL, foreign keys on, and BEGIN IMMEDIATE for writers. A deferred BEGIN
that reads first and writes later fails at once with SQLITE_BUSY_SNAPSHOT, busy_timeout or not.
PostgreSQL: writers READ COMMITTED with row and advisory locks, readers REPEATABLE READ, so that
several reads in one session see one state on both databases.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from store import schema
from store.errors import StoreBusy, StoreDamaged, StoreUnreachable

__all__ = ["Session", "Store", "open_store"]

_T = TypeVar("_T")
_BUSY_MILLISECONDS = 10_000
# serialization failure, deadlock, lock not available, and the server going away
_RETRIED_SQLSTATES = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "08000", "08003", "08006"})


class Store:
    """An open database. Cheap to keep; safe to share between threads, not between processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(is_writer=True)
        self._reader = engine
        if engine.dialect.name == "postgresql":
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._is_checked = False

    @property
    def place(self) -> str:
        """The database as it may be shown and logged: never with a password."""
        return self._engine.url.render_as_string(hide_password=True)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One writing transaction: committed when the block ends, rolled back when it raises.

        Raises: SchemaRefused when the database was made by another version; StoreBusy when somebody
            else keeps it longer than ten seconds (`transact` tries again).
        """
        try:
            with self._transaction() as session:
                yield session
        except DBAPIError as exc:
            if _is_worth_retrying(exc):
                raise StoreBusy.after(1, _cause(exc)) from exc
            raise

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        self._check_once()
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One reading transaction that sees one state throughout; writing in it is an error."""
        self._check_once()
        with Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    def transact(
        self,
        work: Callable[[Session], _T],
        *,
        attempts: int = 5,
        pause: Callable[[float], None] = time.sleep,
    ) -> _T:
        """`work(session)` in one writing transaction, the whole of it again when the database asks for that.

        `work` must be safe to repeat: a lost COMMIT reply looks like a failure. Every public
        function of the store is, by its unique keys.

        Raises: StoreBusy after the last attempt.
        """
        for attempt in range(1, attempts + 1):
            try:
                with self._transaction() as session:
                    return work(session)
            except DBAPIError as exc:
                if not _is_worth_retrying(exc):
                    raise
                if attempt == attempts:
                    raise StoreBusy.after(attempts, _cause(exc)) from exc
                pause(0.05 * 2**attempt)
        raise AssertionError("attempts must be at least 1")

    def migrate(self) -> schema.SchemaState:
        """Brings the database to this version's schema; a current one is left alone.

        Raises: SchemaRefused when the database is newer than this version; StoreDamaged when its pages do not
            fit together; StoreUnreachable.
        """
        with self._reaching():
            self._require_sound()
            schema.migrate(self._writer, self.place)
        return self.schema_state()

    def schema_state(self) -> schema.SchemaState:
        """Raises: StoreUnreachable."""
        with self._reaching(), self._reader.connect() as connection:
            return schema.read_state(connection)

    def problems(self) -> list[str]:
        """What the database itself says about its health; empty means sound. Reads all pages on SQLite."""
        try:
            with self._reader.connect() as connection:
                if self._engine.dialect.name != "sqlite":
                    connection.exec_driver_sql("SELECT 1")
                    return []
                found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check(3)")]
                orphans = list(connection.exec_driver_sql("PRAGMA foreign_key_check"))
        except DBAPIError as exc:
            return [str(exc.orig).strip()]
        return [line for line in found if line != "ok"] + [f"{row[0]}: row without its parent" for row in orphans]

    def _require_sound(self) -> None:
        """Mails must not be sent by what a damaged database says of them."""
        if self._engine.dialect.name != "sqlite":
            return
        with self._reader.connect() as connection:
            found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
        if found != "ok":
            raise StoreDamaged(f"{self.place} is damaged ({found}); nothing was written: restore the last backup of it")

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as exc:
            raise StoreUnreachable.at(self.place, str(exc.orig).strip()) from exc

    def close(self) -> None:
        self._engine.dispose()

    def _check_once(self) -> None:
        if not self._is_checked:
            self.schema_state().require_current(self.place)
            self._is_checked = True


def open_store(url: str) -> Store:
    """The store at a database URL (`sqlite:////path/cem.sqlite`, `postgresql://...`); makes no tables."""
    address = make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    is_sqlite = address.get_backend_name() == "sqlite"
    if is_sqlite:
        _make_private(address)
    # hide_parameters: an error text must not carry what customers wrote
    engine = create_engine(address, echo=False, hide_parameters=True, pool_pre_ping=not is_sqlite)
    if is_sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return Store(engine)


def _make_private(address: URL) -> None:
    """The database file is readable by its owner alone from its first byte; -wal and -shm inherit that."""
    if not address.database or address.database == ":memory:":
        return
    path = Path(address.database)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # None: the driver opens no transactions of its own; `_begin_sqlite` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_writer = bool(connection.get_execution_options().get("is_writer"))
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if is_writer else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


def _is_worth_retrying(exc: DBAPIError) -> bool:
    if exc.connection_invalidated:
        return True
    state = getattr(exc.orig, "sqlstate", None)
    if state is not None:
        return state in _RETRIED_SQLSTATES
    code = getattr(exc.orig, "sqlite_errorname", "")
    return isinstance(exc, OperationalError) and code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _cause(exc: DBAPIError) -> str:
    return str(getattr(exc.orig, "sqlite_errorname", None) or getattr(exc.orig, "sqlstate", None) or "connection lost")
