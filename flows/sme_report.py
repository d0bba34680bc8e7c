"""The experts' report: which line to move, what it would change, whom, what it would cost; playbooks under review."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from config.policy import read_version
from contracts.rules import Policy
from contracts.words import ExitCode, RunKind
from delivery.feeds import csv_bytes
from flows.books import load_book
from flows.casework.effect import whole_history
from flows.errors import NothingRendered
from flows.inputs import Inputs
from flows.lease import leased
from flows.policy.replay import as_placed
from flows.readers import last_week
from flows.run import Outcome, Run
from flows.sensitivity import move_lines
from reporting.sme.compose import compose_sme
from reporting.sme.material import Material
from reporting.sme.render import faults_of, render_sme
from scoring.act.playbook_use import PlaybookUse, playbook_use
from scoring.explain.effect.playbooks import playbook_effects
from scoring.place.sensitivity import Tracks, tracks
from scoring.place.sensitivity.trials import Tried, try_lines, usual_trials
from store import action_status, ledger
from store.history import read_many, read_week

_HISTORY = ["customer_id", "week", "state", "zone", "loyalty", "retention"]


def sme_report(run: Run) -> Outcome:
    """The report of the last published week: page, PDF, workbook and CSV tables in output/expert/<week>/sme/.

    Raises: NothingRendered when a finished file is not what it must be; the last good report stays.
    """
    with leased(run, RunKind.SME_REVIEW, "sme-report"):
        inputs, folder = last_week(run)
        book = load_book(folder)
        policy = as_placed(inputs, read_version(run.workspace.root / inputs.policy), book.frame("placements"))
        run.say("moving each line over the last weeks")
        moved = move_lines(inputs, run.workspace.root, policy, book.frames)
        tried = _tried(run, inputs, policy, {**book.frames, **moved.frames})
        run.say("looking at the playbooks")
        use, effects = _playbooks(run, inputs, policy, dict(book.frames))
        found = {
            **moved.frames,
            "tried_lines": tried.lines,
            "tried_zones": tried.zones,
            "tried_flips": tried.flips,
            "tried_load": tried.load,
            "tried_bands": tried.bands,
            "playbook_use": use.playbooks,
            "playbook_steps": use.steps,
            "effects": effects,
        }
        run.say("writing the report")
        view = compose_sme(Material(book.facts, policy, {**book.frames, **found}, tested=moved.tested))
        files = render_sme(view, found, names=book.frame("customer_facts"), people=book.frame("people"))
        faults = faults_of(view, files)
        if faults:
            raise NothingRendered(f"the experts' report was not written: {'; '.join(faults)}")
        place = run.workspace.output / "expert" / inputs.week / "sme"
        write_report(place, files, found, book.frame("customer_facts"))
    return Outcome(
        ExitCode.DONE,
        f"The experts' report of {inputs.week} is in {place}",
        (
            view.headline,
            *(f"{answer.question} {answer.text}" for answer in view.answers),
            *view.findings,
            view.approval,
        ),
        {"flips": len(found["swept_flips"]), "overdue_playbooks": int((use.playbooks["overdue_days"] > 0).sum())},
    )


def _tried(run: Run, inputs: Inputs, policy: Policy, frames: dict[str, pd.DataFrame]) -> Tried:
    thresholds, rules = policy.thresholds, policy.sensitivity
    band = thresholds.dead_band
    return try_lines(
        _replayed(run, inputs, policy, frames["customer_facts"]),
        usual_trials(thresholds, rules, frames["proposed_lines"]),
        frames["customer_facts"],
        rules,
        assignments=frames["assignments"],
        people=frames["people"],
        bands=sorted({0.0, band, 2 * band}),
    )


def _replayed(run: Run, inputs: Inputs, policy: Policy, facts: pd.DataFrame) -> Tracks:
    """The same weeks as `move_lines` replays."""
    history, weeks = run.workspace.var / "history", policy.sensitivity.weeks
    pins = [*inputs.same_axis, (inputs.week, inputs.revision)]
    rows = read_many(history, pins[-weeks:], "history_row", columns=_HISTORY)
    first = pins[:-weeks]
    before = read_week(history, first[-1][0], "placements", first[-1][1]) if first else None
    return tracks(rows[_HISTORY], facts, policy.thresholds, before=before)


def _playbooks(
    run: Run, inputs: Inputs, policy: Policy, frames: dict[str, pd.DataFrame]
) -> tuple[PlaybookUse, pd.DataFrame]:
    with run.store.read() as session:
        cases, segments = ledger.cases(session), ledger.segment_cases(session)
        status = action_status.action_status(session)
    pins = [*inputs.history, (inputs.week, inputs.revision)]
    touched = sorted(set(status["customer_id"]))
    stays = read_many(run.workspace.var / "history", pins, "placements", touched, columns=["customer_id", "episode_id"])
    use = playbook_use(
        policy.playbooks,
        actions=frames["actions"],
        cases=pd.concat([cases, segments.drop(columns="segment")], ignore_index=True),
        status=status,
        stays=stays[["customer_id", "episode_id"]],
        today=inputs.instant.astimezone(run.settings.zone).date(),
    )
    made = playbook_effects(
        whole_history(run, inputs.week), cases, frames["customer_facts"], policy.effect, zone=run.settings.zone
    )
    return use, made.effects


def write_report(place: Path, files: dict[str, bytes], tables: dict[str, pd.DataFrame], facts: pd.DataFrame) -> None:
    """All files anew, complete before they take the place of the last ones; CSV tables with customers' names."""
    staged = place.with_name(f".{place.name}")
    shutil.rmtree(staged, ignore_errors=True)
    names = facts[["customer_id", "name"]]
    for name, frame in tables.items():
        told = frame.merge(names, on="customer_id", how="left") if "customer_id" in frame else frame
        files = {**files, f"tables/{name}.csv": csv_bytes(list(told.columns), told.itertuples(index=False))}
    for path, content in files.items():
        target = staged / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    shutil.rmtree(place, ignore_errors=True)
    staged.rename(place)
