"""The demo company, run like a real one: history, two weekly runs, and a look at alerts in between.

The clock is set, not read: the story ends on a fixed Monday morning, so that the same command always
tells the same story. A second call with the same arguments finds everything done and says where it is.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from config.policy import read_draft
from config.settings import Workspace
from contracts.exchange import Manifest
from contracts.ids import canonical_json, sha256
from contracts.results import CASE_FIGURES, EVENTS
from contracts.weeks import Week
from contracts.words import ArtifactKind, ExitCode, MessageKind
from delivery.publish import MANIFEST
from extract.demo.company import DemoCompany, build_demo
from extract.demo.exports import write_exports, write_truth
from extract.demo.keys import write_crosswalk
from extract.demo.playbooks import play_playbooks
from flows.alerts import alerts
from flows.backfill import backfill
from flows.casework.effect import write_effects
from flows.run import Outcome, Say, code_version, opened
from flows.weekly import weekly
from reporting.expert.effect import EffectHead
from scoring.explain.effect.playbooks import playbook_effects
from scoring.explain.effect.post_mortem import post_mortems
from store import outbox, runs

LAST_WEEK = Week(2026, 47)
_OPENING = timedelta(hours=9)
# Thursday afternoon of the last week: the outage and the key detractor have happened
_MIDWEEK = timedelta(days=3, hours=16)
_BAD = (ExitCode.FAILED, ExitCode.USAGE, ExitCode.HELD, ExitCode.ALREADY_RUNNING)


class SetClock:
    """A clock that is set to a moment of the story and runs on from there."""

    def __init__(self) -> None:
        self._start = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        self._since = time.monotonic()

    def set(self, moment: datetime) -> None:
        self._start, self._since = moment, time.monotonic()

    def __call__(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._since)


def run_demo(root: Path, *, customers: int, people: int, backfill_weeks: int, seed: int, say: Say) -> Outcome:
    """Make the company in the workspace at `root` and play its story; ends by naming what to open.

    Inbox, var and output of an earlier demo with other arguments are removed; a workspace that holds
    anything but a demo is refused.
    """
    os.umask(0o077)
    workspace = Workspace(root)
    _prepare(workspace)
    arguments = [customers, people, backfill_weeks, seed]
    stamp = sha256(canonical_json([*arguments, code_version(), _config_digest(workspace)]))
    marker = workspace.var / "demo.json"
    if _is_told(marker, stamp, workspace):
        say("the demo stands as it was made; nothing changed")
    else:
        refusal = _clear(workspace, marker)
        if refusal:
            return Outcome(ExitCode.USAGE, refusal)
        marker.write_text(json.dumps({"stamp": ""}))
        say(f"making a company of {customers} customers and {people} people, 104 weeks of facts")
        company = build_demo(seed=seed, customers=customers, people=people, last_week=LAST_WEEK)
        outcome = _play(company, root, backfill_weeks=backfill_weeks, say=say)
        if outcome is not None:
            return outcome
        show_playbooks(workspace, seed=seed)
        write_truth(company, workspace.var / "demo-truth.json")
        marker.write_text(json.dumps({"stamp": stamp}))
    return _shown(root)


def _prepare(workspace: Workspace) -> None:
    if (workspace.config / "workspace.toml").exists():
        return
    workspace.config.mkdir(parents=True, exist_ok=True)
    for entry in files("config").iterdir():
        if entry.name.endswith((".toml", ".csv")):
            (workspace.config / entry.name).write_bytes(entry.read_bytes())


def _config_digest(workspace: Workspace) -> str:
    ours = sorted(path for path in workspace.config.glob("*.toml"))
    return sha256(canonical_json([(path.name, sha256(path.read_bytes())) for path in ours]))


def _is_told(marker: Path, stamp: str, workspace: Workspace) -> bool:
    if not marker.exists() or not (workspace.output / str(LAST_WEEK)).exists():
        return False
    return bool(json.loads(marker.read_text())["stamp"] == stamp)


def _clear(workspace: Workspace, marker: Path) -> str | None:
    """Room for a new story; only what an earlier demo made is ever removed."""
    used = workspace.var.exists() and any(workspace.var.iterdir())
    if used and not marker.exists():
        return f"{workspace.root} holds a workspace that is no demo; name another folder with --workspace"
    for folder in (workspace.inbox, workspace.var, workspace.policies):
        shutil.rmtree(folder, ignore_errors=True)
    if workspace.output.exists():
        for entry in workspace.output.iterdir():
            if entry.name != "README.md":
                entry.unlink() if entry.is_symlink() or entry.is_file() else shutil.rmtree(entry)
    workspace.var.mkdir(parents=True)
    return None


def _play(company: DemoCompany, root: Path, *, backfill_weeks: int, say: Say) -> Outcome | None:
    """The story in five acts; an act that ends badly ends the story."""
    clock = SetClock()
    inbox = Workspace(root).inbox
    write_crosswalk(company, Workspace(root).config / "crosswalk.csv")
    last, before = LAST_WEEK, LAST_WEEK.shift(-1)
    past = before.shift(-1)
    with opened(root, clock=clock, say=say) as run:
        midweek = last.starts_at(run.settings.zone) + _MIDWEEK
        acts: tuple[tuple[datetime, timedelta, Callable[[], Outcome]], ...] = (
            (run.as_of(past), _OPENING, lambda: backfill(run, past.shift(1 - backfill_weeks), past)),
            (run.as_of(before), _OPENING, lambda: weekly(run, before)),
            (midweek, timedelta(minutes=5), lambda: alerts(run)),
            # leaders get the alerts of half an hour as one mail
            (midweek, timedelta(minutes=45), lambda: alerts(run)),
            (run.as_of(last), _OPENING, lambda: weekly(run, last)),
        )
        since: datetime | None = None
        for exported_at, later, act in acts:
            if exported_at != since:
                write_exports(company, inbox, as_of=exported_at, since=since)
            since = exported_at
            clock.set(exported_at + later)
            outcome = act()
            say(outcome.headline)
            if outcome.code in _BAD:
                return outcome
    return None


def show_playbooks(workspace: Workspace, *, seed: int) -> Path:
    """A simulated year of other accounts, judged as `cem cases effect` judges: half a year of history is too little for
    that. One playbook helps, one does nothing, one is given to accounts that come back by themselves.
    """
    policy, zone = read_draft(workspace.config), ZoneInfo("Europe/Rome")
    played = play_playbooks(seed=seed, customers=600, last_week=LAST_WEEK)
    history, cases, facts = played.history, played.cases, played.facts
    made = playbook_effects(history, cases, facts, policy.effect, zone=zone)
    told = pd.DataFrame({"customer_id": [], "at": [], "headline": []})
    lost = post_mortems(history, facts, told, cases, EVENTS.empty(), policy.effect.early_warning, zone=zone)
    until = f"{LAST_WEEK.ends_at(zone):%d %b %Y, %H:%M} UTC"
    head = EffectHead("A simulated year of 600 accounts", str(LAST_WEEK), until, "EUR")
    place = workspace.output / "expert" / "simulated-year"
    names = {playbook.id: playbook.name for playbook in policy.playbooks}
    write_effects(place, head, made, CASE_FIGURES.empty(), lost, names=names)
    return place


def _shown(root: Path) -> Outcome:
    """Where the reader finds everything: page, brief, workbook, mails, alerts."""
    with opened(root) as run:
        release = run.workspace.output / str(LAST_WEEK)
        manifest = Manifest.from_json((release / MANIFEST).read_bytes())
        with run.store.read() as session:
            alert_rows = outbox.rows(session, kinds=[MessageKind.ALERT_CRITICAL, MessageKind.ALERT_EVENT])
            mails = len(outbox.rows(session))
            weeks = runs.published_weeks(session)
        mail_folder = run.workspace.mail
    top = min(
        manifest.audiences,
        key=lambda a: (manifest.audiences[a]["level"] != "executive", manifest.audiences[a]["unit"] != "all", a),
    )
    kinds = {kind: sum(file.kind == kind for file in manifest.files) for kind in ArtifactKind}
    workbook = next(f for f in manifest.files if f.kind == ArtifactKind.WORKBOOK)
    brief = next(f for f in manifest.files if f.kind == ArtifactKind.BRIEF and f.audience_id == top)
    told = sorted({(row.subject, row.kind.value) for row in alert_rows})
    lines = [
        f"page to open   {release / top / 'index.html'}",
        f"brief (PDF)    {release / brief.audience_id / brief.path}",
        f"workbook       {release / workbook.audience_id / workbook.path}",
        f"mails          {mail_folder} ({mails} mails)",
        f"alerts         {len(alert_rows)} mails about {len({row.subject_key for row in alert_rows})} facts:",
        *(f"               {subject}" for subject, _ in told),
        f"does it work?  {root / 'output' / 'expert' / 'simulated-year' / 'case-effect.html'} (a simulated year)",
        f"ground truth   {root / 'var' / 'demo-truth.json'}",
    ]
    headline = (
        f"The demo is ready: {len(weeks)} weeks, {len(manifest.audiences)} audiences, "
        f"{kinds[ArtifactKind.PAGE]} pages, {kinds[ArtifactKind.BRIEF] + kinds[ArtifactKind.ACCOUNT_BRIEF]} PDFs, "
        f"{kinds[ArtifactKind.WORKBOOK]} workbooks"
    )
    return Outcome(ExitCode.DONE, headline, tuple(lines), {"mails": mails, "alerts": len(alert_rows)})
