"""Real processes on one database: one wins, nothing twice, and a kill leaves nothing half done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contracts.exchange import Receipt
from contracts.words import OutboxState
from store import ledger, outbox, runs
from store.errors import AlreadyRunning, ContentChanged
from store.session import Session, Store, open_store
from tests.factories.store import NOW, message, minutes, proposal, put

ROOT = Path(__file__).resolve().parents[2]


# Without the factories: they import pandas, which takes longer than the test.
HEAD = """
import sys
from datetime import UTC, datetime
from contracts.exchange import Message
from contracts.words import MessageKind, OutboxState
from store import outbox, runs
from store.errors import AlreadyRunning
from store.session import open_store

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
store = open_store(sys.argv[1])

def wait(word):
    print(word, flush=True)
    sys.stdin.readline()
"""


def start(url: str, code: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", HEAD + code, url]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)


def at_once(number: int, work: object) -> list[object]:
    """`work(n)` in threads that start together."""
    gate = threading.Barrier(number)

    def go(mine: int) -> object:
        gate.wait(30)
        return work(mine)  # type: ignore[operator]

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(go, range(number)))


def test_of_many_starters_one_runs(url: str) -> None:
    def start_run(mine: int) -> str:
        store = open_store(url)
        try:
            with store.write() as session:
                runs.claim(session, "weekly", "2026-W47", owner=f"host:{mine}", now=NOW, lease_seconds=60)
            return "won"
        except AlreadyRunning:
            return "already running"
        finally:
            store.close()

    assert Counter(at_once(8, start_run)) == {"won": 1, "already running": 7}


def test_two_processes_claim_one_run(url: str) -> None:
    code = """
wait("ready")
try:
    with store.write() as session:
        runs.claim(session, "weekly", "2026-W47", owner=str(sys.argv), now=NOW, lease_seconds=60)
    print("won")
except AlreadyRunning:
    print("already running")
"""
    processes = [start(url, code) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    said = sorted(process.communicate("go\n", timeout=60)[0].strip() for process in processes)
    assert said == ["already running", "won"]


def test_dispatchers_share_the_outbox_without_sending_a_parcel_twice(store: Store, url: str) -> None:
    with store.write() as session:
        for number in range(60):
            put(session, message(person_id=f"P{number}"))

    def send_all(mine: int) -> list[int]:
        own, sent = open_store(url), []
        while True:
            with own.write() as session:
                parcels = outbox.claim_due(session, now=NOW, owner=f"d:{mine}", limit=4, lease_seconds=60)
            if not parcels:
                own.close()
                return sent
            for parcel in parcels:
                with own.read() as session:
                    assert outbox.holds_lease(session, parcel.outbox_id, f"d:{mine}")
                sent.append(parcel.outbox_id)
                receipt = Receipt(parcel.outbox_id, is_sent=True, at=NOW, host="mx", step="dot", code=250, text="ok")
                with own.write() as session:
                    outbox.record(session, receipt, now=NOW, owner=f"d:{mine}")

    shares = at_once(4, send_all)
    sent = Counter(outbox_id for share in shares for outbox_id in share)  # type: ignore[attr-defined]
    assert len(sent) == 60
    assert set(sent.values()) == {1}
    with store.read() as session:
        assert outbox.counts(session)[OutboxState.SENT] == 60
        assert len(outbox.send_log(session)) == 60


def test_the_same_fact_told_by_two_at_once_is_one_message(url: str) -> None:
    def tell(mine: int) -> str:
        store = open_store(url)
        try:
            with store.write() as session:
                return "new" if put(session, message(text=f"from {mine % 2}")).is_new else "known"
        except ContentChanged:
            return "refused"
        finally:
            store.close()

    said = Counter(at_once(6, tell))
    assert said == {"new": 1, "known": 2, "refused": 3}


def test_case_events_of_two_writers_are_numbered_in_the_order_of_commits(store: Store, url: str) -> None:
    def write(mine: int) -> None:
        own = open_store(url)
        for number in range(5):
            own.transact(lambda session, n=number: ledger.open_case(session, proposal(f"C{mine}-{n}"), now=NOW))  # type: ignore[misc]
            with own.read() as session:
                # whatever number is seen, everything before it is seen too, now and later
                assert len(ledger.case_history(session)) == ledger.last_event_number(session)
        own.close()

    at_once(4, write)
    with store.read() as session:
        assert [event.number for event in ledger.case_history(session)] == list(range(1, 21))


def test_one_open_case_of_a_reason_whoever_opens_it(url: str) -> None:
    def open_it(mine: int) -> str | None:
        store = open_store(url)
        try:
            return store.transact(lambda session: ledger.open_case(session, proposal(), now=NOW))
        finally:
            store.close()

    assert sum(case_id is not None for case_id in at_once(6, open_it)) == 1


@pytest.mark.parametrize("moment", ["before commit", "after claim"])
def test_a_killed_process_loses_nothing_and_doubles_nothing(store: Store, url: str, moment: str) -> None:
    with store.write() as session:
        put(session, message(person_id="before"))
    code = {
        "before commit": """
with store.write() as session:
    runs.claim(session, "weekly", "2026-W47", owner="victim", now=NOW, lease_seconds=60)
    letter = Message(MessageKind.PACK, "2026-W47|exec", "P1", "Ada", "p1@borealis.example", "s", "t", "h")
    outbox.enqueue(session, letter, eml=b"torn", sender="a@b.example", message_id="<torn@b.example>", not_before=None,
                   state=OutboxState.PENDING, content_sha256="torn", now=NOW)
    wait("halt")
""",
        "after claim": """
with store.write() as session:
    outbox.claim_due(session, now=NOW, owner="victim", limit=5, lease_seconds=60)
wait("halt")
""",
    }[moment]
    process = start(url, code)
    assert process.stdout is not None
    assert process.stdout.readline() == "halt\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)

    def resume(session: Session) -> None:
        runs.claim(session, "weekly", "2026-W47", owner="heir", now=NOW, lease_seconds=60)
        put(session)

    store.transact(resume)
    with store.write() as session:
        assert sum(outbox.counts(session).values()) == 2
        for doubt in outbox.in_doubt(session, NOW + minutes(2)):
            number = doubt.parcel.outbox_id
            outbox.settle(session, number, is_sent=False, now=NOW + minutes(2), who="test", why="not seen")
        due = outbox.claim_due(session, now=NOW + minutes(2), owner="heir", limit=5, lease_seconds=60)
        assert sorted(parcel.key.split("|")[-2] for parcel in due) == ["P1", "before"]


def test_a_connection_killed_inside_a_transaction_is_retried_whole(store: Store, database: str) -> None:
    if database != "postgres":
        pytest.skip("SQLite has no connection that somebody else could end")
    attempts: list[int] = []

    def work(session: Session) -> bool:
        attempts.append(1)
        is_new = put(session).is_new
        if len(attempts) == 1:
            raw = session.connection().connection.driver_connection
            with store.write() as other:
                other.connection().exec_driver_sql(f"SELECT pg_terminate_backend({raw.info.backend_pid})")  # type: ignore[union-attr]
            outbox.counts(session)
        return is_new

    assert store.transact(work, pause=lambda _: None)
    assert len(attempts) == 2
    with store.read() as session:
        assert len(outbox.rows(session)) == 1


def test_deadlocked_writers_both_get_through(store: Store, url: str, database: str) -> None:
    if database != "postgres":
        pytest.skip("SQLite has one writer at a time")
    with store.write() as session:
        ids = [put(session, message(person_id=person)).outbox_id for person in ("P1", "P2")]
    met = threading.Barrier(2)

    def hold_both(mine: int) -> int:
        own, tries = open_store(url), []

        def work(session: Session) -> None:
            first, second = ids if mine == 0 else ids[::-1]
            outbox.hold(session, who=str(mine), why="x", now=NOW, outbox_ids=[first])
            tries.append(1)
            if len(tries) == 1:
                met.wait(30)
            outbox.hold(session, who=str(mine), why="x", now=NOW, outbox_ids=[second])

        own.transact(work, pause=lambda _: None)
        own.close()
        return len(tries)

    tries = at_once(2, hold_both)
    assert max(tries) == 2  # type: ignore[type-var]
    with store.read() as session:
        assert outbox.counts(session)[OutboxState.HELD] == 2
