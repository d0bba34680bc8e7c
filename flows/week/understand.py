"""What the whole book of a week tells beyond each customer's place: outcomes, values, voice, drivers, links."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from contracts.results import DRIVERS, LINKAGE_ANSWERS, LINKS, SIGNALS
from contracts.rules import Policy
from contracts.weeks import Week
from contracts.words import Zone
from extract.snapshot import read_manifest
from flows.fan_out import FanOut
from flows.inputs import Inputs
from flows.week.insight import insight
from flows.week.measure import gather
from flows.week.models import kept_model
from flows.week.outcome import check_outcome
from flows.week.segments import divide
from flows.week.valuation import curves_of, past_of, value_week
from flows.week.voice import listen
from scoring.measure.asof import as_of_view
from scoring.predict.axis import features_of
from scoring.predict.lines import zone_findings
from scoring.predict.periods import rows_of
from scoring.predict.shadow import shadow_sentence
from scoring.predict.windows import active
from store.history import history_path, read_week

_LINKS = (LINKS, LINKAGE_ANSWERS, DRIVERS)
_KEPT = ("lifetime_values",)


@dataclass(frozen=True)
class Understood:
    """Result frames by name, those of them that history keeps, and sentences: about the retention axis, about the
    outcomes, about values, and for the experts who own the lines.
    """

    frames: dict[str, pd.DataFrame]
    kept: tuple[str, ...] = ()
    axis_notes: tuple[str, ...] = ()
    trust_notes: tuple[str, ...] = ()
    value_notes: tuple[str, ...] = ()
    expert_notes: tuple[str, ...] = ()


def understand(
    inputs: Inputs,
    root: Path,
    policy: Policy,
    frames: dict[str, pd.DataFrame],
    *,
    buckets: list[Path],
    fan_out: FanOut,
    into: Path,
) -> Understood:
    """Everything that takes the whole book.

    Args:
        inputs: the frozen inputs of the week.
        root: the workspace.
        policy: the policy in force.
        frames: `customer_facts`, `placements`, `contributions`, `assignments` and `people` of the whole book.
        buckets: the measured buckets.
        fan_out: spreads what is measured as of earlier days.
        into: folder for working files.
    """
    facts, signals = frames["customer_facts"], gather(buckets, SIGNALS)
    notes = check_outcome(inputs, root, policy, facts=facts, fan_out=fan_out, into=into / "outcome", signals=signals)
    curves = None
    if notes.hazard is not None and notes.rows is not None:
        curves = curves_of(notes.hazard, notes.rows, policy)
    past = past_of(inputs, root, policy, fan_out=fan_out, into=into / "past")
    valued = value_week(inputs, root, policy, {**frames, "signals": signals}, past=past, curves=curves)
    heard = listen(root / inputs.manifest, policy, as_of=inputs.instant, model=inputs.sentiment_model, root=root)
    standing = _standing_links(inputs, root, policy)
    linked = standing or insight(inputs, root, policy, facts=facts)
    found = {
        "model_card": notes.card,
        "predictions": notes.predictions,
        **valued.frames,
        **heard,
        **linked,
    }
    kept = _KEPT if standing else (*_KEPT, *linked)
    divided = divide(frames, policy, as_of=inputs.instant, surveys=_surveys(inputs, root))
    found |= divided.frames
    placed = frames["placements"]["zone"].value_counts()
    zones = {zone.label: int(placed.get(zone.value, 0)) for zone in Zone}
    findings = zone_findings(zones, most=policy.retention.zone_share_most)
    findings += _shadow(inputs, root, policy, signals, frames)
    return Understood(found, kept, notes.axis, notes.trust + divided.notes, valued.notes, findings)


def _shadow(
    inputs: Inputs, root: Path, policy: Policy, signals: pd.DataFrame, frames: dict[str, pd.DataFrame]
) -> tuple[str, ...]:
    """Where the model in shadow would put customers."""
    if inputs.shadow_model is None:
        return ()
    model, facts = kept_model(root, inputs.shadow_model), frames["customer_facts"]
    rows = rows_of(signals, active(facts), features_of(model), facts=facts)
    return (shadow_sentence(model, rows, frames["placements"], policy.thresholds, policy.retention.line),)


def _surveys(inputs: Inputs, root: Path) -> pd.DataFrame:
    whole = {"surveys": read_manifest(root / inputs.manifest).whole("surveys")}
    surveys: pd.DataFrame = as_of_view(whole, inputs.instant)["surveys"].to_pandas()
    return surveys


def _standing_links(inputs: Inputs, root: Path, policy: Policy) -> dict[str, pd.DataFrame] | None:
    """What was found less than a quarter ago: links move slowly, and a report that changes weekly is not believed."""
    week = Week.parse(inputs.week)
    folder = root / "var" / "history"
    for name, revision in reversed(inputs.history):
        if Week.parse(name).shift(policy.linkage.every_weeks) <= week:
            return None
        if all(history_path(folder, name, revision, frame.name).exists() for frame in _LINKS):
            return {frame.name: read_week(folder, name, frame.name, revision=revision) for frame in _LINKS}
    return None
