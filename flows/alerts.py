"""Between two weekly runs: changed exports, what cannot wait, the clock of cases, due mail.

Only customers whose rows changed are judged, by the norms, rules and positions of the last good week.
A customer who enters Critical beyond the dead-band opens an episode here; the weekly run confirms or
withdraws that same episode.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from contracts.ids import canonical_json, sha256
from contracts.weeks import Week
from contracts.words import ExitCode, RunKind, RunState, Zone
from flows.admit import fresh_tables, snapshot_of, take_exports
from flows.alerting import alert_messages, critical_and_hard
from flows.assess import Assessed, assess
from flows.books import save_book
from flows.cases import advance_clock
from flows.dispatch import dispatch_due
from flows.facts import week_facts
from flows.inputs import Inputs
from flows.lease import Lease, leased
from flows.publish import readers_of
from flows.readers import last_week
from flows.record import decide_week, record_cases
from flows.run import Outcome, Run
from flows.tell import enqueue, to_operator
from store import episodes, runs
from store.session import Session


def alerts(run: Run) -> Outcome:
    """Notice, judge, tell. Nothing new means nothing is read."""
    with leased(run, RunKind.ALERTS, "alerts") as lease:
        with run.store.read() as session:
            weeks = [week for week in runs.published_weeks(session) if not week.is_reconstructed]
        if not weeks:
            return Outcome(ExitCode.DONE, "No week is published yet; the first weekly run is the baseline for alerts")
        told = 0
        headline = "No export changed since the last look"
        seen = _inbox_digest(run)
        if seen != _last_seen(run):
            headline, told = _look(run, lease, seen)
        escalated = advance_clock(run)
        sent = dispatch_due(run)
        lease.summary.update(alerts=told, escalated=escalated)
    code = ExitCode.HELD if lease.state is RunState.HELD else ExitCode.MAIL_PENDING if sent.waiting else ExitCode.DONE
    return Outcome(code, headline, (f"{escalated} cases escalated", sent.line()), {"alerts": told, "sent": sent.sent})


def _look(run: Run, lease: Lease, seen: str) -> tuple[str, int]:
    now = run.clock()
    inputs, _ = last_week(run)
    if now < inputs.instant:
        return too_early(inputs, now), 0
    week = Week.containing(now, run.settings.zone)
    with run.store.read() as session:
        standing = runs.published(session, inputs.week)
    intake = take_exports(run, week, now, snapshot_of(run, standing))
    if intake.held:
        lease.state = RunState.HELD
        lease.summary["held"] = list(intake.held)
        notice = to_operator(
            run, f"alerts|held|{intake.digest}", "Exports are held: nobody was alerted", "\n".join(intake.held)
        )
        with run.store.write() as session:
            enqueue(session, run, [notice])
        return "Held: the changed exports cannot be trusted; nobody was alerted", 0
    changed = intake.changed_customers
    if not changed:
        _remember(run, seen)
        return "Exports changed, but no customer's rows did", 0
    current = judged_now(inputs, now, week, manifest=str(intake.manifest.relative_to(run.workspace.root)))
    current = replace(current, fresh=tuple(sorted(fresh_tables(intake))))
    folder = run.workspace.runs / f"alerts-{now:%Y%m%dT%H%M%S}"
    assessed = assess(current, run.workspace.root, fan_out=run.fan_out, into=folder / "work", only=changed)
    told = tell_now(run, current, assessed, intake.sources, folder)
    _remember(run, seen)
    return f"{len(changed)} customers have new rows; {told} alerts", told


def too_early(last: Inputs, now: datetime) -> str:
    """A clock behind the last published week (a demo's set clock, or one gone backwards) has nothing to judge."""
    return f"It is {now:%Y-%m-%d}, before the end of {last.week}, which is published: there is nothing newer to judge"


def judged_now(last: Inputs, now: datetime, week: Week, *, manifest: str) -> Inputs:
    """The last good week's rules and positions, applied to this instant."""
    return replace(
        last,
        week=str(week),
        revision=0,
        as_of=now.isoformat(),
        manifest=manifest,
        previous=(last.week, last.revision),
        history=(*last.history, (last.week, last.revision)),
        cause="customer",
        is_baseline=False,
    )


def tell_now(run: Run, inputs: Inputs, assessed: Assessed, sources: pd.DataFrame, folder: Path) -> int:
    """Open episodes and cases for what cannot wait, and enqueue its alerts, in one transaction."""
    moved = assessed.frames["transitions"]
    urgent = moved[(moved["to_zone"] == Zone.CRITICAL) & ~moved["is_borderline"].astype(bool)]
    assessed.frames["transitions"] = urgent.reset_index(drop=True)
    decided = decide_week(run, inputs, assessed)
    frames = {**assessed.frames, "people": assessed.people, "sources": sources, "cases": decided.cases}
    book = folder / "book"
    save_book(book, week_facts(inputs, assessed, sources), frames, assessed.buckets)
    # who reads is decided by the whole book's assignments; of them, the changed customers concern us here
    due, unaddressed = critical_and_hard(
        run, book, readers_of(inputs, assessed), decided.alerts, assessed.policy, publishes=inputs
    )
    sealed = alert_messages(run, due, book)
    if unaddressed:
        text = "\n".join(unaddressed)
        sealed.append(to_operator(run, f"unaddressed|{sha256(text.encode())}", "Alerts that reach nobody", text))

    def act(session: Session) -> int:
        for episode_id, customer_id in zip(urgent["episode_id"], urgent["customer_id"], strict=True):
            episodes.open_provisional(session, episode_id, customer_id, Zone.CRITICAL, inputs.week, run.clock())
        episodes.save_events(session, assessed.frames["events"], now=run.clock())
        record_cases(session, run, decided, source=folder.name)
        told = enqueue(session, run, sealed)
        run.at_step("record alerts")
        return told

    told = run.store.transact(act)
    run.at_step("alerts recorded")
    return told


def _inbox_digest(run: Run) -> str:
    """Names, sizes and times of everything that waits: cheap to look at every few minutes."""
    inbox = run.inbox or run.workspace.inbox
    files = sorted(path for path in inbox.rglob("*") if path.is_file())
    crosswalk = run.workspace.config / "crosswalk.csv"
    stats = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in [*files, crosswalk] if path.exists()]
    return sha256(canonical_json(stats))


def _seen_file(run: Run) -> Path:
    return run.workspace.var / "alerts-seen"


def _last_seen(run: Run) -> str:
    path = _seen_file(run)
    return path.read_text() if path.exists() else ""


def _remember(run: Run, seen: str) -> None:
    _seen_file(run).write_text(seen)
