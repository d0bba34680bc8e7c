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

from config.sources import read_sources
from contracts.ids import sha256
from contracts.weeks import Week
from contracts.words import ExitCode, RunKind, RunState, Zone
from flows.alerting.landed import Landed, Seen, is_asked_each_time, landed, last_seen, remember
from flows.alerting.mails import alert_messages, critical_and_hard
from flows.alerting.unproven import unproven
from flows.books import save_book
from flows.casework.clock import advance_clock
from flows.inputs import Inputs
from flows.lease import Lease, leased
from flows.packs.publish import readers_of
from flows.readers import last_week
from flows.run import Outcome, Run
from flows.sending.dispatch import dispatch_due
from flows.sending.tell import enqueue, to_operator
from flows.week.admit import fresh_tables, snapshot_of, take_exports
from flows.week.assess import Assessed, assess
from flows.week.facts import week_facts
from flows.week.record import decide_week, record_cases
from store import episodes, runs
from store.runs import PublishedWeek
from store.session import Session


def alerts(run: Run) -> Outcome:
    """Notice, judge, tell. Nothing new means nothing is read."""
    with leased(run, RunKind.ALERTS, "alerts") as lease:
        with run.store.read() as session:
            weeks = [week for week in runs.published_weeks(session) if not week.is_reconstructed]
        if not weeks:
            return Outcome(ExitCode.DONE, "No week is published yet; the first weekly run is the baseline for alerts")
        told = early = 0
        headline = "No export changed since the last look"
        seen = last_seen(run)
        found = landed(run, seen)
        if found.unsettled:
            run.say(f"still being written: {', '.join(found.unsettled)}")
        if seen.week != _name(weeks[-1]) or found.changed(seen) or found.mapping != seen.mapping or _queried(run):
            headline, told = _look(run, lease, seen, found)
            if told:
                # what cannot wait does not wait for the mails of cases
                early = dispatch_due(run).sent
        escalated = advance_clock(run)
        sent = dispatch_due(run)
        sent = replace(sent, sent=sent.sent + early)
        lease.summary.update(alerts=told, escalated=escalated)
    code = ExitCode.HELD if lease.state is RunState.HELD else ExitCode.MAIL_PENDING if sent.waiting else ExitCode.DONE
    return Outcome(code, headline, (f"{escalated} cases escalated", sent.line()), {"alerts": told, "sent": sent.sent})


def _look(run: Run, lease: Lease, seen: Seen, found: Landed) -> tuple[str, int]:
    now = run.clock()
    inputs, _ = last_week(run)
    if now < inputs.instant:
        return too_early(inputs, now), 0
    week = Week.containing(now, run.settings.zone)
    with run.store.read() as session:
        standing = runs.published(session, inputs.week)
    # a look of this week left a snapshot: what has not changed since is not read again
    goes_on = standing is not None and seen.week == _name(standing) and seen.mapping == found.mapping
    previous = run.workspace.root / seen.manifest if goes_on else snapshot_of(run, standing)
    only = found.changed(seen) | _queried(run) if goes_on else None
    intake = take_exports(run, week, now, previous, only=only)
    if intake.held:
        lease.state = RunState.HELD
        lease.summary["held"] = list(intake.held)
        notice = to_operator(
            run, f"alerts|held|{intake.digest}", "Exports are held: nobody was alerted", "\n".join(intake.held)
        )
        with run.store.write() as session:
            enqueue(session, run, [notice])
        return "Held: the changed exports cannot be trusted; nobody was alerted", 0
    manifest = str(intake.manifest.relative_to(run.workspace.root))
    name = _name(standing) if standing else ""
    after = Seen(name, manifest, now.isoformat(), found.mapping, found.sources)
    changed = intake.changed_customers
    if not changed:
        remember(run, after)
        return "Exports changed, but no customer's rows did", 0
    current = judged_now(inputs, now, week, manifest=manifest)
    current = replace(current, fresh=tuple(sorted(fresh_tables(intake))))
    if seen.mapping not in ("", found.mapping):
        # history as the new mapping reads it is not what the customer did
        current = replace(current, cause="mapping")
    folder = run.workspace.runs / f"alerts-{now:%Y%m%dT%H%M%S}"
    assessed = assess(current, run.workspace.root, fan_out=run.fan_out, into=folder / "work", only=changed)
    told = tell_now(run, current, assessed, intake.sources, folder)
    remember(run, after)
    return f"{len(changed)} customers have new rows; {told} alerts", told


def _name(standing: PublishedWeek) -> str:
    return f"{standing.week}-r{standing.revision}"


def _queried(run: Run) -> frozenset[str]:
    """Sources that no file tells of: they are asked at every look."""
    return frozenset(source.name for source in read_sources(run.workspace.config) if is_asked_each_time(source))


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
    sealed += unproven(run, inputs, urgent, assessed.frames["events"], key=folder.name)
    if unaddressed:
        text = "\n".join(unaddressed)
        sealed.append(to_operator(run, f"unaddressed|{sha256(text.encode())}", "Alerts that reach nobody", text))

    def act(session: Session) -> int:
        # what a new mapping shows opens nothing: the weekly run lists it
        entered = urgent if inputs.cause == "customer" else urgent.iloc[:0]
        for episode_id, customer_id in zip(entered["episode_id"], entered["customer_id"], strict=True):
            episodes.open_provisional(session, episode_id, customer_id, Zone.CRITICAL, inputs.week, run.clock())
        episodes.save_events(session, assessed.frames["events"], now=run.clock())
        record_cases(session, run, decided, source=folder.name)
        told = enqueue(session, run, sealed)
        run.at_step("record alerts")
        return told

    told = run.store.transact(act)
    run.at_step("alerts recorded")
    return told
