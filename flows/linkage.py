"""The linkage report: quarterly, and on demand as `cem linkage`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from config.policy import read_version
from contracts.results import LINKS
from contracts.rules import Policy
from contracts.tables import TABLES
from contracts.words import ExitCode, RunKind
from delivery.feeds import csv_bytes
from delivery.leakscan import Allowed, scan_bytes
from extract.snapshot import read_manifest
from flows.books import load_facts
from flows.inputs import Inputs
from flows.lease import leased
from flows.readers import last_week
from flows.run import Outcome, Run
from flows.sending.screening import ordinary_words, week_tokens
from flows.week.insight import insight
from reporting.expert.linkage import Linkage, LinkageHead, compose_linkage, linkage_faults, render_linkage
from reporting.pages import render_assets
from scoring.explain.link_points import link_points
from scoring.measure.asof import as_of_view
from store.history import history_path, read_week


def linkage(run: Run, *, anew: bool = False) -> Outcome:
    """Answer the four questions; output/expert/<week>/linkage/ holds page, PDF and tables.

    The look is the one that the packs of the last published week show; the same inputs give the same figures. `anew`
    looks at the last published week itself.
    """
    with leased(run, RunKind.SME_REVIEW, "linkage"):
        newest, book = last_week(run)
        inputs = newest if anew else _looked(run, newest)
        frames, policy = _frames(inputs, run.workspace.root, run.workspace.var / "history")
        report = compose_linkage(frames["linkage_answers"], frames["links"], frames["link_points"], policy.linkage)
        facts = load_facts(book)
        head = LinkageHead(
            facts.organization, inputs.week, inputs.instant, f"data up to {inputs.instant:%d %b %Y, %H:%M} UTC",
            facts.policy_label,
        )  # fmt: skip
        files = render_linkage(head, report)
        faults = [*linkage_faults(files, head, report), *_leaks(files, book, policy)]
        place = run.workspace.output / "expert" / inputs.week / "linkage"
        if not faults:
            _write(place, files, frames)
    if faults:
        return Outcome(ExitCode.HELD, f"The linkage report of {inputs.week} is held back", tuple(faults))
    return _told(report, place)


def _looked(run: Run, newest: Inputs) -> Inputs:
    """The inputs of the newest week whose links history holds; of the last published week where none does."""
    folder = run.workspace.var / "history"
    for week, revision in reversed((*newest.history, (newest.week, newest.revision))):
        path = run.workspace.runs / f"{week}-r{revision}" / "inputs.json"
        if history_path(folder, week, revision, LINKS.name).exists() and path.exists():
            return Inputs.read(path)
    return newest


def _frames(inputs: Inputs, root: Path, history: Path) -> tuple[dict[str, pd.DataFrame], Policy]:
    policy = read_version(root / inputs.policy)
    facts = read_week(history, inputs.week, "customer_facts", revision=inputs.revision)
    found = insight(inputs, root, policy, facts=facts)
    rules = policy.linkage
    snapshot = read_manifest(root / inputs.manifest)
    wanted = sorted({measure.table for measure in rules.measure} & TABLES.keys())
    tables = as_of_view({name: snapshot.whole(name) for name in wanted}, inputs.instant)
    found["link_points"] = link_points(found["links"], rules, tables, facts, as_of=inputs.instant)
    return found, policy


def _leaks(files: dict[str, bytes], book: Path, policy: Policy) -> list[str]:
    """Names and keys of any customer: nobody's may stand in this report."""
    tokens = week_tokens(book, ordinary_words(policy))
    nobody = Allowed(frozenset(), has_contacts=False)
    return [str(hit) for name, content in sorted(files.items()) for hit in scan_bytes(content, name, nobody, tokens)]


def _write(place: Path, files: dict[str, bytes], frames: dict[str, pd.DataFrame]) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name, content in files.items():
        (place / name).write_bytes(content)
    for name in ("linkage_answers", "links", "link_points"):
        frame = frames[name]
        (place / f"{name}.csv").write_bytes(csv_bytes(list(frame.columns), frame.itertuples(index=False)))
    for asset in render_assets("linkage"):
        target = place / asset.path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(asset.content)


def _told(report: Linkage, place: Path) -> Outcome:
    goals = [goal for answer in report.answers for goal in answer.goals]
    return Outcome(
        ExitCode.DONE,
        f"{report.headline}: {place}",
        (
            *(f"{answer.question} {answer.verdict}" for answer in report.answers),
            *(f"goal: {goal.goal}; {goal.rests} ({goal.owner})" for goal in goals),
        ),
        {"proven": sum(answer.verdict == "proven" for answer in report.answers), "goals": len(goals)},
    )
