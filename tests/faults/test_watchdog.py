"""Silence is a fault too: the watchdog looks at publication, alerts, sources and mails, and tells once a day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd

from contracts.frames import conform
from contracts.results import SOURCES
from contracts.words import ExitCode, MessageKind, OutboxState, RunKind, RunState
from flows.run import Outcome, Run
from flows.watchdog import watchdog
from store import runs
from store.history import write_week
from tests.factories.smtp import Authority, Inbox, relay
from tests.faults.office import Office, open_office

WEEK = "2026-W47"


def looked(office: Office) -> Outcome:
    with office.run() as run:
        return watchdog(run)


def ran(run: Run, kind: RunKind, subject: str, state: RunState = RunState.PUBLISHED) -> None:
    with run.store.write() as session:
        claimed = runs.claim(session, kind, subject, owner="test", now=run.clock(), lease_seconds=60)
        runs.finish(
            session,
            claimed.run_id,
            state,
            now=run.clock(),
            summary={"held": "crm shrank"} if state is RunState.HELD else {},
        )


def stands(run: Run, week: str, *, age_days: float = 1.0) -> None:
    source = {
        "source": "crm", "table": "customers", "state": "fresh", "rows_in": 1, "admitted": 1, "quarantined": 0, "unmatched": 0,
        "unmatched_amount": None, "data_at": None, "age_days": age_days, "limit_days": 8.0, "message": None,
    }  # fmt: skip
    write_week(run.workspace.history, week, 0, {"sources": conform(pd.DataFrame([source]), SOURCES)})
    with run.store.write() as session:
        runs.record_published(
            session, week=week, revision=0, digest="d", inputs_digest="i", path="p", inputs_path="x", now=run.clock()
        )


def test_a_workspace_that_has_not_begun_is_well(tmp_path: Path, authority: Authority) -> None:
    office = open_office(tmp_path, 9, authority.ca_file)
    assert looked(office).code is ExitCode.DONE


def test_a_week_that_is_not_published_in_time_is_told_once_a_day(
    tmp_path: Path, authority: Authority, context, inbox: Inbox
) -> None:
    with relay(inbox, context) as port:
        office = open_office(tmp_path, port, authority.ca_file)
        with office.run() as run:
            ran(run, RunKind.WEEKLY, WEEK, RunState.HELD)
        assert looked(office).code is ExitCode.DONE  # nine o'clock: not due yet
        office.later(hours=4)
        first, second = looked(office), looked(office)
        assert first.code is second.code is ExitCode.DATA_PROBLEMS
        assert "not published: 2026-W47" in first.lines[0]
        assert "crm shrank" in first.lines[0]
        assert len(inbox.mails) == 1
        office.later(days=1)
        looked(office)
        assert len(inbox.mails) == 2
        with office.run() as run:
            stands(run, WEEK)
        assert looked(office).code is ExitCode.DONE


def test_alerts_that_stopped_are_named(tmp_path: Path, authority: Authority) -> None:
    office = open_office(tmp_path, 9, authority.ca_file)
    with office.run() as run:
        stands(run, WEEK)
        ran(run, RunKind.ALERTS, "alerts")
    assert looked(office).code is ExitCode.DONE
    office.later(hours=2)
    assert "alerts are silent" in looked(office).lines[0]


def test_a_source_that_grows_old_is_named(tmp_path: Path, authority: Authority) -> None:
    office = open_office(tmp_path, 9, authority.ca_file)
    with office.run() as run:
        stands(run, WEEK)
    assert looked(office).code is ExitCode.DONE
    office.clock.set(office.clock() + timedelta(days=15))
    assert any("stale source crm" in line for line in looked(office).lines)


def test_mails_that_do_not_leave_are_named(tmp_path: Path, authority: Authority) -> None:
    office = open_office(tmp_path, 9, authority.ca_file)
    office.write("P1", kind=MessageKind.ALERT_CRITICAL)
    office.dispatch()
    assert looked(office).code is ExitCode.DONE
    office.later(minutes=20)
    found = looked(office)
    assert found.code is ExitCode.MAIL_PENDING
    assert found.lines[0].startswith("alerts unsent: 1")
    assert {row.state for row in office.rows()} == {OutboxState.PENDING}
