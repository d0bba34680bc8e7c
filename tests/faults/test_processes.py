"""Faults of processes, clocks and databases: stopped, asked to end, out of their lease, put back to an older state."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.words import MessageKind, OutboxState, RunKind
from flows.lease import is_alive, is_dead, leased
from flows.run import own_name
from flows.stop import Stopped, stoppable
from store import outbox, runs
from store.errors import AlreadyRunning, SchemaRefused, StoreBusy, StoreError
from tests.factories.smtp import Authority, Inbox, relay
from tests.faults.office import MONDAY, open_office

ROOT = Path(__file__).resolve().parents[2]


def test_f35_a_request_to_end_is_heard_after_the_mail_at_hand(
    tmp_path: Path, authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    steps: list[str] = []

    def ask_at_the_second_dot(step: str) -> None:
        steps.append(step)
        if step == "dot" and steps.count("dot") == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    with relay(inbox, context) as port:
        office = open_office(tmp_path, port, authority.ca_file)
        office.write("P1", "P2", "P3", "P4")
        with pytest.raises(Stopped, match="SIGTERM"), stoppable():
            office.dispatch(at_step=ask_at_the_second_dot)
        assert sorted(office.states().values()) == ["pending", "pending", "sent", "sent"]
        assert steps[-1] == "quit"
        assert office.dispatch().sent == 2
    assert len(inbox.mails) == 4


def test_f35_a_stopped_run_gives_its_lease_back(tmp_path: Path, authority: Authority) -> None:
    office = open_office(tmp_path, 9, authority.ca_file)
    with pytest.raises(Stopped), stoppable(), office.run() as run, leased(run, RunKind.WEEKLY, "2026-W47"):
        os.kill(os.getpid(), signal.SIGTERM)
    with office.run() as run:
        with leased(run, RunKind.WEEKLY, "2026-W47"):
            pass
        with run.store.read() as session:
            assert [record.state.value for record in runs.runs(session)] == ["published", "failed"]


def test_f36_a_sender_that_slept_past_its_lease_must_not_pass_the_dot(
    tmp_path: Path, authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    """A real process is stopped right before the dot; another one sends; the first goes on, and is fenced."""
    for name in ("new", "cur", "tmp"):
        (tmp_path / "archive" / name).mkdir(parents=True)
    with relay(inbox, context) as port:
        office = open_office(tmp_path, port, authority.ca_file, acceptor="maildir:archive")
        office.write("P1")
        log = (tmp_path / "sleeper.log").open("w")
        sleeper = subprocess.Popen(
            [sys.executable, "-c", _SLEEPER, str(tmp_path), office.clock().isoformat()], cwd=ROOT, stderr=log
        )
        log.close()
        _wait_until_stopped(sleeper.pid)
        office.dispatch()
        assert office.states() == {"P1": "sending"}  # its lease lasts, and it lives
        office.later(minutes=30)
        assert office.dispatch().sent == 1
        os.kill(sleeper.pid, signal.SIGCONT)
        assert sleeper.wait(60) == 0, (tmp_path / "sleeper.log").read_text()
    assert len(inbox.mails) == 1
    assert office.states() == {"P1": "sent"}


_SLEEPER = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from flows.demo import SetClock
from flows.sending.dispatch import dispatch_due
from flows.run import opened

def sleep_at_the_fence(step):
    if step == "fence":
        os.kill(os.getpid(), signal.SIGSTOP)

clock = SetClock()
clock.set(datetime.fromisoformat(sys.argv[2]))
with opened(Path(sys.argv[1]), clock=clock, at_step=sleep_at_the_fence) as run:
    dispatch_due(run)
"""


def _wait_until_stopped(pid: int) -> None:
    until = time.monotonic() + 60
    while (state := Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]) != "T":
        assert state != "Z", "the process ended before it came to the dot"
        assert time.monotonic() < until
        time.sleep(0.05)


def test_f43_a_clock_a_day_ahead_and_back_delays_nobody_for_a_day(
    tmp_path: Path, authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    office = open_office(tmp_path, 9, authority.ca_file)
    office.write("P1")
    office.later(days=1)
    office.dispatch()  # the relay is away, and the clock is wrong: the next try is tomorrow
    office.clock.set(MONDAY + timedelta(minutes=2))
    with relay(inbox, context) as port:
        settings = tmp_path / "config" / "workspace.toml"
        settings.write_text(settings.read_text().replace("smtp_port = 9\n", f"smtp_port = {port}\n"))
        assert office.dispatch().sent == 1


def test_f43_a_lease_from_a_wrong_clock_does_not_bar_a_day(tmp_path: Path, authority: Authority) -> None:
    office = open_office(tmp_path, 9, authority.ca_file)
    office.later(days=1)
    with office.run() as run, run.store.write() as session:
        runs.claim(session, "weekly", "2026-W47", owner="gone:1", now=run.clock(), lease_seconds=300)
    office.clock.set(MONDAY)
    with office.run() as run, leased(run, RunKind.WEEKLY, "2026-W47"):
        pass


def test_f43_one_week_has_one_name_whatever_the_hour_is_called(tmp_path: Path, authority: Authority) -> None:
    """The night that summer time ends in Rome: both hours after two belong to the same closed week."""
    office = open_office(tmp_path, 9, authority.ca_file)
    names = set()
    for moment in ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T23:59:59+01:00"):
        office.clock.set(MONDAY.fromisoformat(moment))
        with office.run() as run:
            names.add(str(run.last_closed_week()))
    assert names == {"2026-W42"}


def test_f44_a_dead_holder_is_told_from_a_living_one_with_its_number() -> None:
    mine = own_name()
    host, _, rest = mine.rpartition(":")
    number = rest.partition("@")[0]
    assert not is_dead(mine)
    assert not is_alive(f"{host}:{number}@1")  # our number, but another start
    assert is_dead(f"{host}:{number}@1")
    assert not is_dead("elsewhere:1@1")
    assert not is_alive("elsewhere:1@1")
    assert is_alive(f"{host}:1")


def test_f22_a_locked_database_is_waited_for_and_then_named(tmp_path: Path, authority: Authority) -> None:
    import sqlite3

    office = open_office(tmp_path, 9, authority.ca_file)
    office.write("P1")
    other = sqlite3.connect(tmp_path / "var" / "cem.sqlite", isolation_level=None)
    try:
        with office.run() as run:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusy), run.store.write() as session:
                outbox.hold(session, who="ops", why="a test", now=run.clock())
            other.execute("ROLLBACK")
            with run.store.write() as session:
                assert outbox.hold(session, who="ops", why="a test", now=run.clock()) == 1
    finally:
        other.close()


def test_f24_a_damaged_database_is_refused_before_anything_is_sent(
    tmp_path: Path, authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    with relay(inbox, context) as port:
        office = open_office(tmp_path, port, authority.ca_file)
        office.write(*(f"P{number}" for number in range(40)), octets=4_000)
        path = tmp_path / "var" / "cem.sqlite"
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        content = bytearray(path.read_bytes())
        for page in range(20, len(content) // 4096):
            content[page * 4096 : page * 4096 + 512] = b"\xa5" * 512
        path.write_bytes(bytes(content))
        with pytest.raises(StoreError, match=r"damaged|malformed"):
            office.dispatch()
    assert inbox.mails == []


def test_f25_a_database_put_back_to_an_older_state_mails_nobody_twice(
    tmp_path: Path, authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "archive" / name).mkdir(parents=True)
    with relay(inbox, context) as port:
        office = open_office(tmp_path, port, authority.ca_file, acceptor="maildir:archive")
        office.write("P1", "P2")
        shutil.copy(tmp_path / "var" / "cem.sqlite", tmp_path / "older.sqlite")
        office.dispatch()
        office.write("P3")
        office.dispatch()
        for number, (_, _, content) in enumerate(inbox.mails):
            (tmp_path / "archive" / "new" / str(number)).write_bytes(content)
        for beside in ("-wal", "-shm"):
            (tmp_path / "var" / f"cem.sqlite{beside}").unlink(missing_ok=True)
        shutil.copy(tmp_path / "older.sqlite", tmp_path / "var" / "cem.sqlite")
        office.dispatch()
        assert office.states() == {"P1": "sent", "P2": "sent"}
        office.write("P3")  # the run that is made again tells again, by the same key
        office.dispatch()
    assert office.states() == {"P1": "sent", "P2": "sent", "P3": "sent"}
    assert len(inbox.mails) == 3
    assert any("older than the mails" in line for line in office.said)


def test_f30_a_database_of_a_newer_version_is_refused(tmp_path: Path, authority: Authority) -> None:
    import sqlite3

    office = open_office(tmp_path, 9, authority.ca_file)
    office.write("P1")
    with sqlite3.connect(tmp_path / "var" / "cem.sqlite") as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()
    with pytest.raises(SchemaRefused):
        office.dispatch()


def test_f46_a_secret_that_others_may_read_is_refused(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    from config.errors import ConfigRefused

    office = open_office(tmp_path, 9, authority.ca_file)
    secret = tmp_path / "password"
    monkeypatch.setenv("CEM_SMTP_PASSWORD_FILE", str(secret))
    with pytest.raises(ConfigRefused, match="cannot be read"), office.run():
        pass
    secret.write_text("canary\n")
    secret.chmod(0o644)
    with pytest.raises(ConfigRefused, match="chmod 600"), office.run():
        pass
    secret.chmod(0o600)
    with office.run() as run:
        assert run.settings.smtp_password == "canary"


def test_f44_of_two_runs_one_is_told_who_works(tmp_path: Path, authority: Authority) -> None:
    office = open_office(tmp_path, 9, authority.ca_file)
    with office.run() as run, leased(run, RunKind.WEEKLY, "2026-W47"):
        second = leased(run, RunKind.WEEKLY, "2026-W47")
        with pytest.raises(AlreadyRunning, match="weekly"):
            second.__enter__()


def test_urgent_mails_of_one_leader_are_joined_and_those_of_the_team_are_not(
    tmp_path: Path, authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    with relay(inbox, context) as port:
        office = open_office(tmp_path, port, authority.ca_file)
        for subject in ("episode-1", "episode-2"):
            office.write("LEAD", kind=MessageKind.ALERT_CRITICAL, subject_key=subject, joins="alerts")
            office.write("TEAM", kind=MessageKind.ALERT_CRITICAL, subject_key=subject)
        office.dispatch()
    sent = [row for row in office.rows(OutboxState.SENT) if row.person_id == "LEAD"]
    assert [row.subject for row in sent] == ["2 alerts: your accounts need attention"]
    assert len(inbox.mails) == 3
    with office.run() as run, run.store.read() as session:
        told = outbox.already_told(session, MessageKind.ALERT_CRITICAL, ["episode-1", "episode-2"])
    assert ("episode-1", "LEAD") in told  # what was joined counts as told
