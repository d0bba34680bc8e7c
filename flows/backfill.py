"""Past weeks scored from today's exports, so that trends exist. Labelled reconstructed; nobody is told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from contracts.weeks import Week, weeks_between
from contracts.words import ExitCode, RunKind
from extract.intake import Intake
from flows.fan_out import InOrder
from flows.lease import leased
from flows.run import Outcome, Run
from flows.week.admit import freeze, snapshot_of, take_exports
from flows.week.assess import assess, measure_tasks
from flows.week.measure import MeasureTask, measure_bucket
from flows.week.record import keep_history
from store import episodes, runs


def backfill(run: Run, first: Week, last: Week) -> Outcome:
    """Score the weeks `first` to `last` in order. Weeks that already stand are left as they are."""
    if last < first:
        return Outcome(ExitCode.USAGE, f"--from {first} lies after --to {last}")
    with leased(run, RunKind.BACKFILL, f"{first}..{last}"):
        with run.store.read() as session:
            standing = {week.week for week in runs.published_weeks(session)}
            newest = runs.last_published_before(session, first)
        missing = [week for week in weeks_between(first, last) if str(week) not in standing]
        if not missing:
            return Outcome(ExitCode.DONE, f"All weeks from {first} to {last} stand already")
        intake = take_exports(run, last, run.as_of(last), snapshot_of(run, newest))
        if intake.held:
            return Outcome(ExitCode.HELD, "Held: the exports cannot be trusted", intake.held)
        for week, buckets in _measured(run, missing, intake):
            inputs = freeze(run, week, intake, revision=0, is_reconstructed=True)
            folder = run.workspace.runs / inputs.run_name
            assessed = assess(inputs, run.workspace.root, fan_out=InOrder(), into=folder / "work", measured=buckets)
            keep_history(run, inputs, assessed, intake.sources)
            inputs.write(folder / "inputs.json")
            with run.store.write() as session:
                runs.record_published(
                    session,
                    week=week,
                    revision=0,
                    digest="",
                    inputs_digest=inputs.digest,
                    path=None,
                    inputs_path=str((folder / "inputs.json").relative_to(run.workspace.root)),
                    is_reconstructed=True,
                    now=run.clock(),
                )
                if not standing or str(week) > max(standing):
                    episodes.save_placements(session, assessed.frames["placements"], week)
            run.say(f"scored {week}: {len(assessed.frames['transitions'])} transitions")
    return Outcome(
        ExitCode.DONE,
        f"{len(missing)} weeks scored from {missing[0]} to {missing[-1]}, labelled reconstructed",
        figures={"weeks": len(missing), "customers": assessed.customers},
    )


def _measured(run: Run, weeks: list[Week], intake: Intake) -> Iterator[tuple[Week, list[Path]]]:
    """The buckets of every week, measured side by side: only placing needs the week before, and can begin meanwhile."""
    tasks: dict[Week, list[MeasureTask]] = {}
    for week in weeks:
        inputs = freeze(run, week, intake, revision=0, is_reconstructed=True)
        into = run.workspace.runs / inputs.run_name / "work"
        shutil.rmtree(into, ignore_errors=True)
        tasks[week] = measure_tasks(inputs, run.workspace.root, into=into)
    done = run.fan_out.stream(measure_bucket, [task for week in weeks for task in tasks[week]])
    for week in weeks:
        yield week, [next(done) for _ in tasks[week]]
