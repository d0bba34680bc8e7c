"""Does it work? Effects of playbooks, figures of the casework, and a page for each lost customer."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from config.policy import read_version
from contracts.words import ExitCode, MessageKind, RunKind
from delivery.feeds import csv_bytes
from flows.books import load_book
from flows.lease import leased
from flows.readers import last_week
from flows.run import Outcome, Run
from reporting.expert.effect import EffectHead, post_mortem_name, render_effects, render_post_mortem
from reporting.pages import render_assets
from scoring.explain.effect.figures import case_figures
from scoring.explain.effect.playbooks import Effects, playbook_effects
from scoring.explain.effect.post_mortem import PostMortem, post_mortems
from store import episodes, ledger, outbox, runs
from store.history import read_many

_ALERTS = (MessageKind.ALERT_CRITICAL, MessageKind.ALERT_EVENT)


def case_effect(run: Run) -> Outcome:
    """Judge every playbook by the history of the last published week; output/expert/<week>/effect/ holds all of it."""
    with leased(run, RunKind.SME_REVIEW, "case-effect"):
        inputs, folder = last_week(run)
        policy = read_version(run.workspace.root / inputs.policy)
        book = load_book(folder)
        facts, people = book.frame("customer_facts"), book.frame("people")
        history = whole_history(run, inputs.week)
        with run.store.read() as session:
            cases, segments = ledger.cases(session), ledger.segment_cases(session)
            story = ledger.case_history(session)
            alerts = outbox.rows(session, kinds=_ALERTS)
            events = episodes.events(session)
        happened = pd.DataFrame(
            [(one.case_id, one.kind, one.at, one.who) for one in story], columns=["case_id", "kind", "at", "who"]
        )
        told = pd.DataFrame(
            sorted({(who, row.created_at, row.subject) for row in alerts for who in row.customer_ids}),
            columns=["customer_id", "at", "headline"],
        ).drop_duplicates(["customer_id", "headline"])
        rules, zone = policy.effect, run.settings.zone
        made = playbook_effects(history, cases, facts, rules, zone=zone)
        worked = pd.concat([cases, segments.drop(columns="segment")], ignore_index=True)
        figures = case_figures(worked, happened, people, now=run.clock(), weeks=rules.case_weeks)
        lost = post_mortems(history, facts, told, cases, events, rules.early_warning, zone=zone)
        place = run.workspace.output / "expert" / inputs.week / "effect"
        head = EffectHead(
            book.facts.organization, inputs.week, f"{inputs.instant:%d %b %Y, %H:%M} UTC", book.facts.currency
        )
        names = {playbook.id: playbook.name for playbook in policy.playbooks}
        write_effects(place, head, made, figures, lost, names=names)
    verdicts = made.effects["verdict"].value_counts()
    caught = int(lost.lost["first_week"].notna().sum())
    return Outcome(
        ExitCode.DONE,
        f"Effects of {made.effects['playbook_id'].nunique()} playbooks are in {place}",
        (
            *(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())),
            f"{len(lost.lost)} lost customers; a rule could have caught {caught}",
            *made.effects.loc[made.effects["verdict"] == "proven", "sentence"],
        ),
        {"proven": int((made.effects["verdict"] == "proven").sum()), "lost": len(lost.lost)},
    )


def whole_history(run: Run, week: str) -> pd.DataFrame:
    """HISTORY frame of every week that stands up to this one, however long ago: effects need more than trends show."""
    with run.store.read() as session:
        newest = {w.week: w.revision for w in sorted(runs.published_weeks(session), key=lambda w: w.revision)}
    pins = sorted((name, revision) for name, revision in newest.items() if name <= week)
    return read_many(run.workspace.var / "history", pins, "history_row")


def write_effects(
    place: Path, head: EffectHead, made: Effects, figures: pd.DataFrame, lost: PostMortem, *, names: dict[str, str]
) -> None:
    """The pages and CSV tables. All anew: a page of a customer who came back must not stay."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    frames = {
        "effects": made.effects,
        "effect_balance": made.balance,
        "effect_path": made.path,
        "case_figures": figures,
        "post_mortem": lost.lost,
    }
    for name, frame in frames.items():
        (place / f"{name}.csv").write_bytes(csv_bytes(list(frame.columns), frame.itertuples(index=False)))
    page = render_effects(head, made.effects, made.balance, made.path, figures, names=names)
    (place / "case-effect.html").write_text(page, encoding="utf-8")
    for row in lost.lost.to_dict("records"):
        mine = lost.steps[lost.steps["customer_id"] == row["customer_id"]]
        weeks = lost.weeks[lost.weeks["customer_id"] == row["customer_id"]]
        page = render_post_mortem(head, row, mine, weeks)
        (place / post_mortem_name(str(row["customer_id"]))).write_text(page, encoding="utf-8")
    for asset in render_assets("effect"):
        target = place / asset.path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(asset.content)
