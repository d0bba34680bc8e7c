"""`cem watchdog`: silence is a fault too. For cron or systemd, outside every orchestrator.

Looks at what was published, when alerts last ran, how old the sources are and whether mails leave. What is wrong
goes to the operator once a day as long as it lasts, and into the exit code at every look.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.ids import key_digest
from contracts.weeks import Week
from contracts.words import ExitCode, MessageKind, OutboxState, RunKind
from flows.run import Outcome, Run
from flows.sending.dispatch import dispatch_due
from flows.sending.tell import enqueue, to_operator
from store import outbox, runs
from store.history import read_week

_URGENT = (MessageKind.ALERT_CRITICAL, MessageKind.ALERT_EVENT, MessageKind.WITHDRAWAL)
_UNSENT = (OutboxState.PENDING, OutboxState.SENDING, OutboxState.UNKNOWN)


def watchdog(run: Run) -> Outcome:
    """One line per fault. Code 5 if only mails are stuck, 3 for anything else, 0 if all is well.

    The mail about it may be what is stuck: the lines are printed as well, for the journal.
    """
    now = run.clock()
    late = [*_unpublished(run, now), *_silent_alerts(run, now), *_stale_sources(run, now)]
    stuck = _stuck_mails(run, now)
    faults = [*late, *stuck]
    if not faults:
        return Outcome(ExitCode.DONE, "All is well: published, alerts run, sources are fresh, mails leave")
    # figures of minutes differ at each look: the first words name the fault
    names = key_digest(*(fault.partition(":")[0] for fault in faults))
    day = now.astimezone(run.settings.zone).date()
    notice = to_operator(run, f"watchdog|{day}|{names}", f"Watchdog: {faults[0]}", "\n".join(faults))
    with run.store.read() as session:
        is_told = bool(outbox.rows(session, kinds=[MessageKind.OPERATOR], subject_prefix=notice.message.subject_key))
    if not is_told:
        with run.store.write() as session:
            enqueue(session, run, [notice])
        dispatch_due(run)
    code = ExitCode.DATA_PROBLEMS if late else ExitCode.MAIL_PENDING
    return Outcome(code, f"{len(faults)} things need the operator", tuple(faults))


def _unpublished(run: Run, now: datetime) -> list[str]:
    week = run.last_closed_week()
    due = run.as_of(week) + timedelta(hours=run.settings.file.watchdog.published_within_hours)
    with run.store.read() as session:
        standing = runs.published(session, week)
        recent = runs.runs(session, 1, kind=RunKind.WEEKLY)
    if standing is not None or now < due:
        return []
    if not recent:
        return []  # nobody has begun to run weeks here
    last = recent[0]
    why = "; ".join(str(value) for value in last.summary.values()) or last.state.value
    return [f"not published: {week} was due by {due:%Y-%m-%d %H:%M} UTC; the last weekly run ({last.subject}): {why}"]


def _silent_alerts(run: Run, now: datetime) -> list[str]:
    allowed = timedelta(minutes=run.settings.file.watchdog.alerts_silent_minutes)
    with run.store.read() as session:
        recent = runs.runs(session, 1, kind=RunKind.ALERTS)
    if not recent:
        return []  # alerts were never switched on
    last = recent[0]
    seen = last.finished_at or last.started_at
    if now - seen <= allowed:
        return []
    state = "has run" if last.finished_at else "has been running"
    return [f"alerts are silent: the last look {state} since {seen:%Y-%m-%d %H:%M} UTC ({last.state})"]


def _stale_sources(run: Run, now: datetime) -> list[str]:
    """Sources older than their limit now, by what the last published week knew of them."""
    with run.store.read() as session:
        weeks = [week for week in runs.published_weeks(session) if not week.is_reconstructed]
    if not weeks:
        return []
    standing = weeks[-1]
    sources = read_week(run.workspace.history, standing.week, "sources", revision=standing.revision)
    closed = Week.parse(standing.week).ends_at(run.settings.zone)
    faults = []
    for row in sources.to_dict("records"):
        limit, age = row["limit_days"], row["age_days"]
        if limit is None or limit != limit or age is None or age != age:  # noqa: PLR0124 - NaN
            continue
        today = float(age) + max((now - closed).total_seconds(), 0.0) / 86_400
        # a weekly export is as old as its week: it is stale once the next one is missing too
        if row["state"] == "stale" or today > float(limit) + 7:
            faults.append(f"stale source {row['source']}: its data are {today:.0f} days old, the limit is {limit:.0f}")
    return faults


def _stuck_mails(run: Run, now: datetime) -> list[str]:
    rules = run.settings.file.watchdog
    with run.store.read() as session:
        unsent = outbox.rows(session, states=_UNSENT)
        failed = outbox.rows(session, states=[OutboxState.FAILED], kinds=_URGENT)
    urgent = [row for row in unsent if row.kind in _URGENT and _waits(row, now, rules.alert_unsent_minutes)]
    others = [row for row in unsent if row.kind not in _URGENT and _waits(row, now, rules.outbox_stuck_minutes)]
    faults = []
    if urgent:
        faults.append(f"alerts unsent: {len(urgent)}, the oldest since {urgent[0].created_at:%Y-%m-%d %H:%M} UTC")
    if others:
        faults.append(f"mails stuck: {len(others)}, the oldest since {others[0].created_at:%Y-%m-%d %H:%M} UTC")
    if failed:
        faults.append(f"alerts refused: {len(failed)}; `cem outbox list --state failed` says by whom")
    return faults


def _waits(row: outbox.OutboxRecord, now: datetime, minutes: float) -> bool:
    """Whether a mail has been due for longer than that; one whose time lies ahead and that was never tried is not."""
    is_due = row.attempts > 0 or row.next_at <= now
    since = row.created_at if row.attempts else max(row.created_at, row.next_at)
    return is_due and now - since > timedelta(minutes=minutes)
