"""A workspace whose weeks are judged and recorded; packs are rendered only where a test asks for them."""

from __future__ import annotations

from contracts.weeks import Week
from contracts.words import RunKind
from flows.books import save_book
from flows.lease import leased
from flows.policy.shadow import watch_rules
from flows.run import Run
from flows.week.admit import freeze, snapshot_of, take_exports
from flows.week.assess import assess
from flows.week.facts import week_facts
from flows.week.record import Decided, decide_week, keep_history, record_week
from store import runs


def judge_week(run: Run, week: Week) -> tuple[Decided, list[str]]:
    """The steps of a weekly run but rendering and mails; returns what it decided, and what went wrong in shadow."""
    with leased(run, RunKind.WEEKLY, str(week)) as lease:
        with run.store.read() as session:
            last = runs.last_published_before(session, week)
        intake = take_exports(run, week, run.as_of(week), snapshot_of(run, last))
        inputs = freeze(run, week, intake, revision=0)
        folder = run.workspace.runs / inputs.run_name
        assessed = assess(inputs, run.workspace.root, fan_out=run.fan_out, into=folder / "work")
        decided = decide_week(run, inputs, assessed)
        frames = {**assessed.frames, "people": assessed.people, "sources": intake.sources, "cases": decided.cases}
        save_book(folder / "book", week_facts(inputs, assessed, intake.sources), frames, assessed.buckets)
        keep_history(run, inputs, assessed, intake.sources)
        recorded = record_week(run, lease, inputs, assessed, decided, [])
        inputs = inputs.with_case_event(recorded.case_event)
        inputs.write(folder / "inputs.json")
        faults = watch_rules(run, inputs, assessed)
        with run.store.write() as session:
            runs.record_published(
                session,
                week=week,
                revision=0,
                digest="",
                inputs_digest=inputs.digest,
                path=None,
                inputs_path=str((folder / "inputs.json").relative_to(run.workspace.root)),
                run_id=lease.run_id,
                now=run.clock(),
            )
    return decided, faults
