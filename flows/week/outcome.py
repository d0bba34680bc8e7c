"""Hold the retention axis against what became of customers: snapshots of the past, out of the same exports."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from contracts.results import CUSTOMER_FACTS, MODEL_CARD, PREDICTIONS, SIGNALS
from contracts.rules import OutcomeRules, Policy
from contracts.words import Axis, CustomerStatus
from extract.snapshot import read_bucket, read_manifest
from flows.fan_out import FanOut
from flows.inputs import Inputs
from flows.week.measure import MeasureTask, gather, measure_bucket
from flows.week.models import Adopted, adopted_model, keep_candidate
from scoring.measure.norms import norms, segments_of
from scoring.place.axes import score
from scoring.predict.arrival import arrivals
from scoring.predict.card import line_sentence, model_card, predictions
from scoring.predict.design import Features
from scoring.predict.drift import Drift, drifts
from scoring.predict.labels import contradictions, has_dated_churn, undated, used_label
from scoring.predict.leakage import Availability, Refused, after_end
from scoring.predict.model import Model
from scoring.predict.outcome import NO_DATES, NO_OUTCOMES, Study, judge, nothing_tried, too_few
from scoring.predict.periods import declared, person_periods, rows_of
from scoring.predict.windows import Schedule, active, churned_between, labels_at, schedule


@dataclass(frozen=True, slots=True)
class OutcomeNotes:
    """Sentences for the reader, about the axis and about the outcomes themselves; MODEL_CARD and PREDICTIONS frames.

    `hazard` foretells survival (`scoring.predict.hazard.survival`) from `rows`, today's features of active customers;
    both are there only when a model has proved better than chance.
    """

    axis: tuple[str, ...] = ()
    trust: tuple[str, ...] = ()
    card: pd.DataFrame = field(default_factory=MODEL_CARD.empty)
    predictions: pd.DataFrame = field(default_factory=PREDICTIONS.empty)
    hazard: Model | None = None
    rows: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class _Week:
    """What a judgement of one week needs."""

    inputs: Inputs
    root: Path
    policy: Policy
    outcomes: pa.Table
    rules: OutcomeRules
    features: Features
    fan_out: FanOut
    into: Path

    @property
    def now(self) -> datetime:
        return self.inputs.instant.astimezone(ZoneInfo(self.inputs.time_zone))


def check_outcome(
    inputs: Inputs,
    root: Path,
    policy: Policy,
    *,
    facts: pd.DataFrame,
    fan_out: FanOut,
    into: Path,
    signals: pd.DataFrame | None = None,
) -> OutcomeNotes:
    """What may be said of the retention axis as a foresight, and of the sources that say who churned.

    Measures the past only where there are enough outcomes to judge by, and an extra training snapshot only where its
    own window holds enough. Past signals are what today's rows say of that day (by the date of each event); the
    working files are removed again. The model that was tried is kept in var/models; its figures say whether it may be
    adopted.

    Args:
        inputs: the frozen inputs of the week.
        root: the workspace.
        policy: the policy in force.
        facts: CUSTOMER_FACTS frame of the week.
        fan_out: spreads the buckets.
        into: folder for working files.
        signals: SIGNALS frame of the week, for drift and predictions; none: neither is computed.
    """
    adopted = adopted_model(inputs, root, policy.retention)
    outcomes = read_manifest(root / inputs.manifest).whole("outcomes")
    week = _Week(
        inputs,
        root,
        policy,
        outcomes,
        _rules(policy),
        declared(policy.signals, policy.retention),
        fan_out,
        into,
    )
    label = week.rules.label
    trust = contradictions(outcomes, facts, label=label) + undated(outcomes, label=label) if outcomes.num_rows else ()
    study = _study(week, adopted.axis, _filled_at_the_end(week, facts, signals))
    if study.model is not None:
        keep_candidate(root, study.model)
    return _notes(week, study, adopted, trust, facts, signals)


def _rules(policy: Policy) -> OutcomeRules:
    horizon = policy.retention.horizon_days
    rules = policy.thresholds.outcome
    return rules if horizon is None else rules.model_copy(update={"horizon_days": horizon})


def _filled_at_the_end(week: _Week, facts: pd.DataFrame, signals: pd.DataFrame | None) -> tuple[Refused, ...]:
    """Features that only customers who have left show today."""
    if signals is None:
        return ()
    today = rows_of(signals, list(facts["customer_id"]), week.features, facts=facts)
    has_left = (facts["status"] == CustomerStatus.LEFT.value).to_numpy(bool)
    return after_end(today[list(week.features.names)].notna(), has_left)


def _study(week: _Week, axis: str, leaking: tuple[Refused, ...]) -> Study:
    if not week.outcomes.num_rows:
        return nothing_tried(NO_OUTCOMES)
    if not has_dated_churn(week.outcomes):
        return nothing_tried(NO_DATES)
    retention, rules = week.policy.retention, week.rules
    windows = schedule(
        week.now,
        horizon_days=rules.horizon_days,
        gap_days=retention.gap_days,
        snapshots=retention.training_snapshots,
        step_days=retention.step_days,
    )
    events = {at: _churners(week, windows, at) for at in (*windows.train_at, windows.test_at)}
    fewest = min(events[windows.train_at[-1]], events[windows.test_at])
    if fewest < rules.minimum_events:
        return nothing_tried(too_few(fewest, rules.minimum_events, axis))
    enough = [at for at in windows.train_at if events[at] >= rules.minimum_events]
    try:
        earlier = pd.concat([_measured(week, windows, at) for at in enough], ignore_index=True)
        later = _measured(week, windows, windows.test_at)
    finally:
        shutil.rmtree(week.into, ignore_errors=True)
    return judge(
        earlier,
        later,
        week.features,
        retention,
        horizon_days=rules.horizon_days,
        minimum_events=rules.minimum_events,
        known=_arrivals(week, windows),
        already_refused=leaking,
        axis=axis,
    )


def _churners(week: _Week, windows: Schedule, at: datetime) -> int:
    """No more than so many customers can have churned in a snapshot's window."""
    label = used_label(week.outcomes, week.rules.label)
    return len(churned_between(week.outcomes, *windows.window(at), label=label))


def _measured(week: _Week, windows: Schedule, at: datetime) -> pd.DataFrame:
    """Person-periods of one snapshot of the past."""
    inputs, root = week.inputs, week.root
    manifest = root / inputs.manifest
    tasks = [
        MeasureTask(
            manifest=manifest,
            bucket=bucket,
            as_of=at,
            policy=root / inputs.policy,
            fresh=frozenset(inputs.fresh),
            only=None,
            into=week.into / f"{at:%Y-%m-%d}" / f"bucket-{bucket:04d}",
        )
        for bucket in range(read_manifest(manifest).buckets)
    ]
    folders = week.fan_out.map(measure_bucket, tasks)
    facts, signals = gather(folders, CUSTOMER_FACTS), gather(folders, SIGNALS)
    policy = week.policy
    segments = segments_of(facts, policy.thresholds)
    book_norms = norms(signals, policy.signals, segments=segments)
    scores = score(signals, book_norms, policy.signals, policy.thresholds, segments=segments).scores
    labelled = labels_at(
        week.outcomes,
        active(facts),
        as_of=at,
        horizon_days=week.rules.horizon_days,
        label=used_label(week.outcomes, week.rules.label),
        observed_until=windows.observed_until,
        gap_days=windows.gap_days,
    )
    retention = scores.loc[scores["axis"] == Axis.RETENTION, ["customer_id", "score"]]
    return person_periods(signals, labelled, week.features, at=at, scores=retention, facts=facts)


def _arrivals(week: _Week, windows: Schedule) -> tuple[Availability, ...]:
    """When the facts behind the features became known, by the customers of one bucket: a sample by hash."""
    rules = [rule for rule in week.policy.signals if rule.id in week.features.numbers]
    tables = read_bucket(week.root / week.inputs.manifest, 0, sorted({rule.table for rule in rules}))
    return arrivals(tables, rules, at=windows.test_at)


def _notes(
    week: _Week,
    study: Study,
    adopted: Adopted,
    trust: tuple[str, ...],
    facts: pd.DataFrame,
    signals: pd.DataFrame | None,
) -> OutcomeNotes:
    policy, retention = week.policy, week.policy.retention
    names = {rule.id: (rule.name, rule.unit) for rule in policy.signals}
    model = adopted.model or study.model
    rows: pd.DataFrame | None = None
    judged, moved = PREDICTIONS.empty(), tuple[Drift, ...]()
    said = adopted.sentences
    if signals is not None and model is not None:
        wanted = Features(
            tuple(dict.fromkeys((*week.features.numbers, *(one.feature for one in model.reference)))),
            week.features.words,
        )
        rows = rows_of(signals, active(facts), wanted, facts=facts)
        moved = drifts(model, rows)
        if adopted.model is not None:
            judged = predictions(adopted.model, rows, names, is_adopted=adopted.is_in_force)
            if adopted.is_in_force:
                said += (line_sentence(judged, line=policy.thresholds.lines.retention),)
    card = model_card(
        study,
        retention,
        horizon_days=week.rules.horizon_days,
        minimum_events=week.rules.minimum_events,
        in_force=retention.model if adopted.is_in_force else None,
        drifts=moved,
        names=names,
    )
    proved = study.verdict == "better_than_chance"
    return OutcomeNotes(
        axis=said + study.sentences,
        trust=trust,
        card=card,
        predictions=judged,
        hazard=study.hazard if proved else None,
        rows=rows if proved else None,
    )
