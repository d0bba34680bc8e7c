"""The clock moves even when no file comes: silence, renewals near, end of support, for all customers."""

from __future__ import annotations

from contracts.weeks import Week
from contracts.words import ExitCode, RunKind
from flows.alerts import judged_now, tell_now, too_early
from flows.lease import leased
from flows.readers import last_week
from flows.run import Outcome, Run
from flows.sending.dispatch import dispatch_due
from flows.week.assess import assess
from store.history import read_week


def daily(run: Run) -> Outcome:
    """Look at the last snapshot as of now. New events are recorded; those that cannot wait are told."""
    with leased(run, RunKind.DAILY, "daily") as lease:
        inputs, _ = last_week(run)
        now = run.clock()
        if now < inputs.instant:
            return Outcome(ExitCode.DONE, too_early(inputs, now))
        current = judged_now(inputs, now, Week.containing(now, run.settings.zone), manifest=inputs.manifest)
        folder = run.workspace.runs / f"daily-{now:%Y%m%d}"
        everyone = read_week(run.workspace.history, inputs.week, "placements", revision=inputs.revision)
        customers = frozenset(everyone["customer_id"])
        assessed = assess(current, run.workspace.root, fan_out=run.fan_out, into=folder / "work", only=customers)
        # a position that only aged is confirmed by the weekly run; here time may bring events, not moves
        assessed.frames["transitions"] = assessed.frames["transitions"].iloc[:0]
        sources = read_week(run.workspace.history, inputs.week, "sources", revision=inputs.revision)
        told = tell_now(run, current, assessed, sources, folder)
        events = len(assessed.frames["events"])
        lease.summary.update(alerts=told, events=events)
        sent = dispatch_due(run)
    code = ExitCode.MAIL_PENDING if sent.waiting else ExitCode.DONE
    return Outcome(
        code, f"{events} events stand as of {now:%Y-%m-%d}; {told} alerts", (sent.line(),), {"events": events}
    )
