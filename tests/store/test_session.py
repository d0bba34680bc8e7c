from __future__ import annotations

import sqlite3
import stat
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from contracts.words import OutboxState
from store import outbox, runs
from store.errors import StoreBusy, StoreUnreachable
from store.session import Session, Store, open_store
from tests.factories.store import NOW, message, put


def test_sqlite_is_opened_as_it_must_be(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'deep' / 'cem.sqlite'}")
    store.migrate()
    with store.write() as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        }
    store.close()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10000,
        "secure_delete": 1,
    }
    assert stat.S_IMODE((tmp_path / "deep" / "cem.sqlite").stat().st_mode) == 0o600


def test_a_writing_transaction_is_all_or_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as session:
        assert put(session).outbox_id / 0
    with store.read() as session:
        assert outbox.rows(session) == []


def test_a_reading_session_cannot_write(store: Store) -> None:
    with pytest.raises(DBAPIError), store.read() as session:
        put(session)
    with store.write() as session:
        assert put(session).is_new


def test_a_reading_session_sees_one_state_throughout(store: Store) -> None:
    with store.read() as reading:
        before = outbox.counts(reading)
        with store.write() as session:
            put(session)
        assert outbox.counts(reading) == before
    with store.read() as reading:
        assert outbox.counts(reading)[OutboxState.PENDING] == 1


def test_instants_come_back_in_utc_and_naive_ones_are_refused(store: Store) -> None:
    cairo = timezone(timedelta(hours=2))
    with store.write() as session:
        run = runs.claim(
            session, "weekly", "x", owner="a", now=datetime(2026, 11, 23, 2, 0, 0, 7, tzinfo=cairo), lease_seconds=1
        )
    with store.read() as session:
        (record,) = runs.runs(session)
        assert record.run_id == run.run_id
        assert record.started_at == datetime(2026, 11, 23, 0, 0, 0, 7, tzinfo=UTC)
        assert record.started_at.tzinfo is UTC
    with pytest.raises(StatementError, match="no time zone"), store.write() as session:
        put(session, message(person_id="P2"), now=NOW.replace(tzinfo=None))


def test_an_error_does_not_carry_what_customers_wrote(store: Store) -> None:
    with pytest.raises(DBAPIError) as caught, store.write() as session:
        session.execute(text("INSERT INTO nowhere (a) VALUES (:secret)"), {"secret": "ZX7F-canary"})
    assert "ZX7F-canary" not in str(caught.value)


def test_a_password_is_never_shown() -> None:
    store = open_store("postgresql://cem:hunter2@db.example/cem")
    assert store.place == "postgresql+psycopg://cem:***@db.example/cem"


class Locked(OperationalError):
    """What a driver reports while somebody else holds the database."""

    def __init__(self) -> None:
        cause = sqlite3.OperationalError("database is locked")
        cause.sqlite_errorname = "SQLITE_BUSY"  # type: ignore[misc]
        super().__init__("BEGIN IMMEDIATE", None, cause)


def test_a_transaction_is_repeated_whole_while_the_database_asks_for_it(store: Store) -> None:
    waits: list[float] = []

    def work(session: Session) -> bool:
        is_new = put(session).is_new
        if len(waits) < 2:
            raise Locked
        return is_new

    assert store.transact(work, pause=waits.append)
    assert waits == sorted(waits)
    assert len(waits) == 2
    with store.read() as session:
        assert len(outbox.rows(session)) == 1


def test_retries_are_bounded_and_say_so(store: Store) -> None:
    def work(session: Session) -> None:
        put(session)
        raise Locked

    with pytest.raises(StoreBusy, match="in 3 attempts"):
        store.transact(work, attempts=3, pause=lambda _: None)
    with store.read() as session:
        assert outbox.rows(session) == []


def test_a_fault_of_ours_is_not_repeated(store: Store) -> None:
    calls = []

    def work(session: Session) -> None:
        calls.append(session)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.transact(work)
    assert len(calls) == 1


def test_a_writer_waits_for_the_one_before(store: Store) -> None:
    entered, finished = threading.Event(), []

    def slow() -> None:
        with store.write() as session:
            put(session)
            entered.set()
            finished.append("slow" if not threading.Event().wait(0.3) else "")

    thread = threading.Thread(target=slow)
    thread.start()
    entered.wait(5)
    # reads first, writes later: a deferred BEGIN would fail here at once with a stale snapshot
    with store.write() as session:
        outbox.counts(session)
        put(session)
        finished.append("second")
    thread.join()
    assert sorted(finished) == ["second", "slow"]
    with store.read() as session:
        assert len(outbox.rows(session)) == 1


def test_a_sound_database_has_no_problems_and_a_damaged_one_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cem.sqlite"
    store = open_store(f"sqlite:///{path}")
    store.migrate()
    assert store.problems() == []
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * 8192 + whole[16384:])
    for leftover in tmp_path.glob("*-wal"):
        leftover.unlink()
    damaged = open_store(f"sqlite:///{path}")
    assert damaged.problems() != []
    damaged.close()


def test_what_is_no_database_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "cem.sqlite"
    path.write_bytes(b"PK\x03\x04 this is a workbook" * 100)
    store = open_store(f"sqlite:///{path}")
    with pytest.raises(StoreUnreachable, match=r"not a database.*`cem doctor`"):
        store.migrate()
    assert store.problems() == ["file is not a database"]
    store.close()


def test_a_server_that_is_away_is_said_so(tmp_path: Path) -> None:
    store = open_store(f"postgresql://cem:hunter2@/cem?host={tmp_path}")
    with pytest.raises(StoreUnreachable) as caught, store.read():
        pass
    assert "hunter2" not in str(caught.value)
    assert len(store.problems()) == 1
    store.close()


def test_a_database_that_somebody_keeps_is_busy_and_nothing_is_half_written(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'cem.sqlite'}")
    store.migrate()
    other = sqlite3.connect(tmp_path / "cem.sqlite", isolation_level=None)
    with store.read() as session:
        # ten seconds are right for a run and too long for a test
        session.connection().exec_driver_sql("PRAGMA busy_timeout=50")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match="SQLITE_BUSY"), store.write() as session:
        put(session)
    with store.read() as session:
        assert outbox.rows(session) == []
    other.execute("ROLLBACK")
    with store.write() as session:
        assert put(session).is_new
    other.close()
    store.close()
