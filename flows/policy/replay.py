"""Weeks judged under other rules than theirs: only as much is computed again as the rules differ.

`place`: the stored scores meet other lines. `score`: stored contributions hold every value that counted, and are scored
anew. `measure`: a signal counts that did not, or is measured otherwise; then the week's snapshot is measured again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pandas as pd

from config.policy import read_version
from contracts.frames import conform
from contracts.results import SIGNALS
from contracts.rules import Policy, SignalRule
from contracts.weeks import Week
from contracts.words import Axis
from flows.inputs import Inputs
from flows.week.assess import measure_tasks
from flows.week.measure import gather, measure_bucket
from flows.week.models import by_line, line_of
from scoring.measure.norms import norms, segments_of
from scoring.place.axes import score
from scoring.place.placement import place
from store.history import read_week

Depth = Literal["place", "score", "measure"]
Pin = tuple[str, int]

_NUMBERS = {"weight", "bad", "good"}
_PRIORS = ("prior_strength", "prior_segment", "prior_segment_customers")


def depth_of(before: Policy, after: Policy) -> Depth:
    """How much must be computed again to judge by `after` what `before` judged."""
    old, new = ({rule.id: rule for rule in policy.signals if rule.weight > 0} for policy in (before, after))
    if before.money != after.money or new.keys() - old.keys():
        return "measure"
    if any(_but_numbers(new[name]) != _but_numbers(old[name]) for name in new):
        return "measure"
    if before.thresholds.prior_segment != after.thresholds.prior_segment:
        return "measure"
    if new != old or any(getattr(before.thresholds, key) != getattr(after.thresholds, key) for key in _PRIORS):
        return "score"
    return "place"


def replayed(
    root: Path, pins: Sequence[Pin], after: Policy, folder: Path, *, start: pd.DataFrame | None
) -> list[pd.DataFrame]:
    """PLACEMENTS frames of these weeks under `after`, each placed upon the one before.

    Args:
        root: the workspace.
        pins: weeks with revisions, oldest first.
        after: the rules to judge by; each week tells by which it was scored.
        folder: the files of `after`.
        start: PLACEMENTS of the week before the first; None: all are placed anew in the first.
    """
    made: list[pd.DataFrame] = []
    last, history = start, root / "var" / "history"
    for week, revision in pins:
        inputs = Inputs.read(root / "var" / "runs" / f"{week}-r{revision}" / "inputs.json")
        facts = read_week(history, week, "customer_facts", revision)
        stored = read_week(history, week, "placements", revision)
        scores = _scores(root, inputs, after, folder, facts)
        rules = as_placed(inputs, after, stored).thresholds
        last = place(scores, facts, last, rules, week=Week.parse(week), is_new_axis=inputs.is_new_axis)
        made.append(last)
    return made


def as_placed(inputs: Inputs, policy: Policy, placements: pd.DataFrame) -> Policy:
    """The rules as they place customers in that week: by the line of the adopted model where one is the axis."""
    return by_line(policy, line_of(placements) if inputs.retention_model else None)


def _scores(root: Path, inputs: Inputs, after: Policy, folder: Path, facts: pd.DataFrame) -> pd.DataFrame:
    names = ("scores", "contributions", "norms")
    frames = {name: read_week(root / "var" / "history", inputs.week, name, inputs.revision) for name in names}
    return scores_under(
        root, inputs, read_version(root / inputs.policy), after, folder, {**frames, "customer_facts": facts}
    )


def scores_under(
    root: Path, inputs: Inputs, before: Policy, after: Policy, folder: Path, frames: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """SCORES of one week under `after`, whose files are in `folder`.

    `frames`: scores, contributions, norms and customer_facts of the week as judged by `before`. Where a model is the
    retention axis, no signal's weight or anchor reaches it.
    """
    stored, depth = frames["scores"], depth_of(before, after)
    if depth == "place":
        return stored
    if depth == "score":
        fresh = _scored_again(frames["contributions"], frames["norms"], frames["customer_facts"], after)
    else:
        fresh = _measured_again(root, inputs, folder, after, frames["customer_facts"])
    same_priors = all(getattr(before.thresholds, key) == getattr(after.thresholds, key) for key in _PRIORS)
    kept = [axis.value for axis in Axis if same_priors and _of_axis(before, axis) == _of_axis(after, axis)]
    if inputs.retention_model:
        kept.append(Axis.RETENTION.value)
    parts = [stored[stored["axis"].isin(kept)], fresh[~fresh["axis"].isin(kept)]]
    return pd.concat(parts, ignore_index=True).sort_values(["customer_id", "axis"], ignore_index=True)


def _scored_again(
    contributions: pd.DataFrame, book_norms: pd.DataFrame, facts: pd.DataFrame, after: Policy
) -> pd.DataFrame:
    """SCORES from the values that contributions hold."""
    signals = contributions[["customer_id", "signal_id", "value", "n"]].assign(is_observed=True)
    segments = segments_of(facts, after.thresholds)
    return score(conform(signals, SIGNALS), book_norms, after.signals, after.thresholds, segments=segments).scores


def _measured_again(root: Path, inputs: Inputs, folder: Path, after: Policy, facts: pd.DataFrame) -> pd.DataFrame:
    """SCORES of a week from its snapshot, measured by the files in `folder`."""
    other = replace(inputs, policy=str(folder.relative_to(root)))
    with TemporaryDirectory(dir=root / "var", prefix="measured-") as scratch:
        tasks = [replace(task, keeps_tables=False) for task in measure_tasks(other, root, into=Path(scratch))]
        buckets = [measure_bucket(task) for task in tasks]
        signals = gather(buckets, SIGNALS)
    segments = segments_of(facts, after.thresholds)
    book_norms = norms(signals, after.signals, segments=segments)
    return score(signals, book_norms, after.signals, after.thresholds, segments=segments).scores


def _but_numbers(rule: SignalRule) -> dict[str, object]:
    return rule.model_dump(mode="json", exclude={*_NUMBERS, "name", "sentence", "about", "citation", "tier"})


def _of_axis(policy: Policy, axis: Axis) -> dict[str, SignalRule]:
    return {rule.id: rule for rule in policy.signals if rule.axis is axis and rule.weight > 0}
