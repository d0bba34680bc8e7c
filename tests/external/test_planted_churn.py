"""The RavenStack workspace with three kinds of outcomes: its own, a planted one of known AUC, and that one shuffled.

Its own churn is unrelated to anything in the files, so the system must say so; a planted outcome must be found.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.optimize import brentq

from config.crosswalk import read_crosswalk
from config.policy import read_draft
from config.settings import Workspace
from config.sources import read_sources
from contracts.frames import to_frame
from contracts.tables import TABLES
from contracts.weeks import Week
from extract.intake import take_in
from extract.snapshot import SnapshotManifest, read_manifest
from flows.fan_out import InOrder
from flows.inputs import Inputs
from flows.week.outcome import OutcomeNotes, check_outcome
from scoring.measure.asof import as_of_view
from scoring.measure.facts import customer_facts
from scoring.measure.signals import measure
from scoring.predict.outcome import Study, judge
from scoring.predict.periods import declared, person_periods
from scoring.predict.windows import Schedule, active, labels_at, schedule
from tests.factories.repository import ROOT

FOLDER = Path(os.environ.get("CEM_SHARED_DATA", str(ROOT.parent / "shared" / "data"))) / "ravenstack"
CONFIG = ROOT / "examples" / "ravenstack" / "config"
EVENTS = "ravenstack_churn_events.csv"
NOW = datetime(2025, 1, 6, tzinfo=ZoneInfo("UTC"))
POLICY = read_draft(CONFIG)
HORIZON = POLICY.thresholds.outcome.horizon_days
PLANTED_ON, PLANTED_AUC, LEAVING = "features_used", 0.80, 0.3
NOBODY = pd.DataFrame({"customer_id": [], "score": []})


@dataclass(frozen=True)
class Taken:
    root: Path
    manifest: SnapshotManifest

    def tables(self) -> dict[str, pa.Table]:
        return {name: self.manifest.whole(name) for name in TABLES}


def taken(root: Path, inbox: Path) -> Taken:
    intake = take_in(
        read_sources(CONFIG),
        workspace=Workspace(root),
        zone=ZoneInfo("UTC"),
        as_of=NOW,
        week=Week.closed_by(NOW, ZoneInfo("UTC")),
        crosswalk=read_crosswalk(CONFIG / "crosswalk.csv"),
        previous=None,
        workers=1,
        currency="USD",
        inbox=inbox,
    )
    return Taken(root, read_manifest(intake.manifest))


def said(workspace: Taken) -> OutcomeNotes:
    inputs = Inputs(
        week=str(Week.closed_by(NOW, ZoneInfo("UTC"))), revision=0, as_of=NOW.isoformat(),
        manifest=str(workspace.manifest.path.relative_to(workspace.root)), snapshot_digest=workspace.manifest.digest,
        policy=str(CONFIG), policy_digest="", policy_sequence=1, previous=None, history=(), cause="baseline",
        is_baseline=True, is_reconstructed=False, organization="RavenStack", time_zone="UTC", currency="USD",
        fresh=tuple(TABLES), case_event=0, code_version="", fonts_digest="",
    )  # fmt: skip
    facts = customer_facts(as_of_view(workspace.tables(), NOW), POLICY.money, NOW)
    into = workspace.root / "work"
    return check_outcome(inputs, workspace.root, POLICY, facts=facts, fan_out=InOrder(), into=into)


def windows() -> Schedule:
    """As the flow takes them; training windows that overlap are planted through their three disjoint halves."""
    rules = POLICY.retention
    return schedule(NOW, horizon_days=HORIZON, snapshots=rules.training_snapshots, step_days=rules.step_days)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    return taken(tmp_path_factory.mktemp("own"), FOLDER)


@pytest.fixture(scope="module")
def planted(own: Taken, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """The same files with churn events of a known AUC: who leaves after each half year depends on its use then."""
    rng = np.random.default_rng(2025)
    chance = planted_probability(used_then(own, windows().test_at)[1])
    rows = [row for turn in (3, 2, 1) for row in events_after(own, NOW - timedelta(days=turn * HORIZON), chance, rng)]
    inbox = tmp_path_factory.mktemp("planted")
    for path in FOLDER.glob("ravenstack_*.csv"):
        shutil.copyfile(path, inbox / path.name)
    columns = pd.read_csv(FOLDER / EVENTS, dtype=str, nrows=1, encoding="utf-8-sig").columns
    frame = pd.DataFrame(rows).reindex(columns=columns)
    frame.insert(0, "churn_event_id", [f"C-{number:06d}" for number in range(len(frame))], allow_duplicates=True)
    frame.loc[:, ~frame.columns.duplicated()].to_csv(inbox / EVENTS, index=False, encoding="utf-8-sig")
    return taken(tmp_path_factory.mktemp("workspace"), inbox)


def used_then(workspace: Taken, at: datetime) -> tuple[list[str], np.ndarray]:
    """Who was active at an instant, and the signal that the planted churn depends on, at its mean where unknown."""
    view = as_of_view(workspace.tables(), at)
    customers = active(customer_facts(view, POLICY.money, at))
    signals = measure(view, [POLICY.signal(PLANTED_ON)], as_of=at, fresh=frozenset(TABLES))
    value = signals.set_index("customer_id")["value"].reindex(customers).to_numpy(float)
    return customers, np.nan_to_num(value, nan=float(np.nanmean(value)))


def events_after(
    workspace: Taken, at: datetime, chance: Callable[[np.ndarray], np.ndarray], rng: np.random.Generator
) -> list[dict[str, str]]:
    customers, value = used_then(workspace, at)
    left = rng.random(len(customers)) < chance(value)
    days = rng.integers(0, HORIZON, len(customers))
    return [
        {"account_id": name, "churn_date": f"{at + timedelta(days=int(day)):%d-%m-%Y}", "reason_code": "support"}
        for name, gone, day in zip(customers, left, days, strict=True)
        if gone
    ]


def planted_probability(value: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The logistic probability that falls with the value, and whose mean and expected AUC here are the planted ones."""

    def chance(strength: float) -> Callable[[np.ndarray], np.ndarray]:
        middle = brentq(lambda m: float(np.mean(1 / (1 + np.exp(strength * value - m)))) - LEAVING, -300, 300)
        return lambda other: 1 / (1 + np.exp(strength * other - middle))

    return chance(brentq(lambda s: expected_auc(chance(s)(value)) - PLANTED_AUC, 0.001, 10))


def expected_auc(p: np.ndarray) -> float:
    above = (p[:, None] > p[None, :]) + 0.5 * (p[:, None] == p[None, :])
    pairs = p[:, None] * (1 - p[None, :]) * (1 - np.eye(p.size))
    return float((pairs * above).sum() / pairs.sum())


def test_its_own_churn_is_not_foretold(own: Taken) -> None:
    notes = said(own)
    assert notes.axis[0].startswith(("No model beats chance", "No model is good enough"))
    assert notes.hazard is None
    assert notes.predictions.empty
    card = notes.card.set_index("item")
    assert card.loc["may be adopted", "words"] == "no"
    assert card.loc["grade", "words"].startswith("D")


def test_a_planted_outcome_is_found_with_its_interval(planted: Taken) -> None:
    notes = said(planted)
    assert notes.axis[0].startswith("A model of churn is better than chance")
    _, low, high = map(float, re.search(r"AUC (\S+) \((\S+) to (\S+);", notes.axis[0]).groups())
    assert low <= PLANTED_AUC <= high
    assert low > 0.5
    assert notes.hazard is not None


def test_the_planted_outcome_shuffled_is_not(planted: Taken) -> None:
    rng = np.random.default_rng(7)
    measured = [(at, *known_at(planted, at)) for at in (*windows().train_at, windows().test_at)]
    outcomes = planted.manifest.whole("outcomes")
    found = [shuffled(measured, outcomes, rng).verdict for _ in range(20)]
    assert set(found) <= {"better_than_chance", "not_better_than_chance"}
    assert found.count("better_than_chance") <= 2


def known_at(workspace: Taken, at: datetime) -> tuple[pd.DataFrame, pd.DataFrame]:
    view = as_of_view(workspace.tables(), at)
    facts = customer_facts(view, POLICY.money, at)
    return measure(view, POLICY.signals, as_of=at, fresh=frozenset(TABLES)), facts


def shuffled(measured: list, outcomes: pa.Table, rng: np.random.Generator) -> Study:
    """Every customer gets the outcomes of another one."""
    names = np.array(sorted(set(measured[-1][2]["customer_id"])))
    other = dict(zip(names, rng.permutation(names), strict=True))
    frame = to_frame(outcomes)
    moved = pa.Table.from_pandas(
        frame.assign(customer_id=frame["customer_id"].map(lambda name: other.get(name, name))),
        schema=outcomes.schema,
        preserve_index=False,
    )
    features = declared(POLICY.signals, POLICY.retention)
    frames = []
    for at, signals, facts in measured:
        labels = labels_at(
            moved, active(facts), as_of=at, horizon_days=HORIZON, label="churn_event", observed_until=NOW
        )
        frames.append(person_periods(signals, labels, features, at=at, scores=NOBODY, facts=facts))
    earlier = pd.concat(frames[:-1], ignore_index=True)
    return judge(earlier, frames[-1], features, POLICY.retention, horizon_days=HORIZON)
