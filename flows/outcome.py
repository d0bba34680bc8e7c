"""Hold the retention axis against what became of customers: two snapshots of the past, out of the same exports."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from contracts.results import CUSTOMER_FACTS, SIGNALS
from contracts.rules import OutcomeRules, Policy
from contracts.words import Axis
from extract.snapshot import read_manifest
from flows.fan_out import FanOut
from flows.inputs import Inputs
from flows.measure import MeasureTask, gather, measure_bucket
from scoring.measure.norms import norms
from scoring.place.axes import score
from scoring.predict.labels import contradictions, has_dated_churn, undated, used_label
from scoring.predict.outcome import NO_DATES, NO_OUTCOMES, judge, too_few
from scoring.predict.windows import Split, active, churned_between, labels_at, split


@dataclass(frozen=True, slots=True)
class OutcomeNotes:
    """Sentences for the reader: about the axis, and about the outcomes themselves."""

    axis: tuple[str, ...] = ()
    trust: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Past:
    """One snapshot of the past: its SIGNALS frame, and who of the then active churned within the horizon."""

    signals: pd.DataFrame
    outcomes: pd.DataFrame


def check_outcome(
    inputs: Inputs, root: Path, policy: Policy, *, facts: pd.DataFrame, fan_out: FanOut, into: Path
) -> OutcomeNotes:
    """What may be said of the retention axis as a foresight, and of the sources that say who churned.

    Measures twice more at most, and not at all where there are too few outcomes to judge by. Past signals are what
    today's rows say of that day (by the date of each event); the working files are removed again.

    Args:
        inputs: the frozen inputs of the week.
        root: the workspace.
        policy: the policy in force.
        facts: CUSTOMER_FACTS frame of the week.
        fan_out: spreads the buckets.
        into: folder for working files.
    """
    outcomes = read_manifest(root / inputs.manifest).whole("outcomes")
    if not outcomes.num_rows:
        return OutcomeNotes(axis=(NO_OUTCOMES,))
    rules = policy.thresholds.outcome
    trust = contradictions(outcomes, facts, label=rules.label) + undated(outcomes, label=rules.label)
    if not has_dated_churn(outcomes):
        return OutcomeNotes(axis=(NO_DATES,), trust=trust)
    windows = split(inputs.instant.astimezone(ZoneInfo(inputs.time_zone)), rules.horizon_days)
    most = _most_events(outcomes, windows, rules)
    if most < rules.minimum_events:
        return OutcomeNotes(axis=(too_few(most, rules.minimum_events),), trust=trust)
    try:
        train = _measured(inputs, root, outcomes, rules, windows.train_at, windows.test_at, fan_out, into / "train")
        test = _measured(inputs, root, outcomes, rules, windows.test_at, windows.observed_until, fan_out, into / "test")
    finally:
        shutil.rmtree(into, ignore_errors=True)
    scores = score(test.signals, norms(test.signals, policy.signals), policy.signals, policy.thresholds).scores
    verdict = judge(
        train.signals,
        train.outcomes,
        test.signals,
        test.outcomes,
        scores.loc[scores["axis"] == Axis.RETENTION, ["customer_id", "score"]],
        policy.signals,
        horizon_days=rules.horizon_days,
        minimum_events=rules.minimum_events,
    )
    return OutcomeNotes(axis=verdict.sentences, trust=trust)


def _most_events(outcomes: pa.Table, windows: Split, rules: OutcomeRules) -> int:
    """No more than so many customers can have churned in the emptier of the two windows."""
    label = used_label(outcomes, rules.label)
    edges = ((windows.train_at, windows.test_at), (windows.test_at, windows.observed_until))
    return min(len(churned_between(outcomes, begin, end, label=label)) for begin, end in edges)


def _measured(
    inputs: Inputs,
    root: Path,
    outcomes: pa.Table,
    rules: OutcomeRules,
    as_of: datetime,
    observed_until: datetime,
    fan_out: FanOut,
    into: Path,
) -> _Past:
    manifest = root / inputs.manifest
    tasks = [
        MeasureTask(
            manifest=manifest,
            bucket=bucket,
            as_of=as_of,
            policy=root / inputs.policy,
            fresh=frozenset(inputs.fresh),
            only=None,
            into=into / f"bucket-{bucket:04d}",
        )
        for bucket in range(read_manifest(manifest).buckets)
    ]
    folders = fan_out.map(measure_bucket, tasks)
    labelled = labels_at(
        outcomes,
        active(gather(folders, CUSTOMER_FACTS)),
        as_of=as_of,
        horizon_days=rules.horizon_days,
        label=used_label(outcomes, rules.label),
        observed_until=observed_until,
    )
    return _Past(gather(folders, SIGNALS), labelled)
