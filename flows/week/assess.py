"""Snapshot in, judged week out: measure, score, place, compare, plan. The same inputs give the same frames."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from config.policy import read_version
from contracts.frames import conform
from contracts.ids import bucket_of
from contracts.results import (
    ACTIONS,
    CONTRIBUTIONS,
    COUNTS,
    CUSTOMER_FACTS,
    EVENTS,
    HISTORY,
    PLACEMENTS,
    SCORES,
    SIGNALS,
    TRANSITIONS,
)
from contracts.rules import Policy
from contracts.words import Axis
from extract.snapshot import SnapshotManifest, read_bucket, read_manifest, read_shared
from flows.errors import NothingPublished
from flows.fan_out import FanOut, InOrder
from flows.inputs import Inputs
from flows.week.causes import since_rules
from flows.week.measure import (
    AgedTask,
    MeasureTask,
    PlaceTask,
    age_bucket,
    gather,
    measure_bucket,
    place_bucket,
    write_frames,
)
from flows.week.models import Adopted, adopted_model, blank_retention, by_line, line_of, model_file
from flows.week.understand import Understood, understand
from flows.week.voice import listen
from scoring.act.plans import plan
from scoring.measure.events import count_norms, counted_events
from scoring.measure.norms import norms, segments_of
from scoring.measure.signals import signal_words
from scoring.place.transitions import compare
from scoring.predict.axis import features_of, stay_line
from scoring.predict.periods import rows_of
from scoring.predict.windows import active
from store.history import history_path, read_many, read_week

# Below this, starting worker processes costs more than they save.
_WORTH_A_POOL = 5_000


@dataclass(frozen=True)
class Assessed:
    """The judged week: result frames by name, and the folders of its buckets with the canonical rows.

    `kept`: the frames that history keeps beside those of every week.
    """

    frames: dict[str, pd.DataFrame]
    buckets: list[Path]
    people: pd.DataFrame
    policy: Policy
    customers: int
    kept: tuple[str, ...] = ()
    retention_label: str = ""
    axis_notes: tuple[str, ...] = ()
    trust_notes: tuple[str, ...] = ()
    value_notes: tuple[str, ...] = ()
    expert_notes: tuple[str, ...] = ()


def assess(
    inputs: Inputs,
    root: Path,
    *,
    fan_out: FanOut,
    into: Path,
    only: frozenset[str] | None = None,
    measured: list[Path] | None = None,
) -> Assessed:
    """The result frames of `inputs`, with working files under `into`, which is emptied first.

    With `only`, those customers alone, judged by the norms that the last good week froze: an alert
    between two weekly runs must not move everybody else's score. `measured`: the buckets, where the tasks of
    `measure_tasks` are done already.
    """
    manifest = root / inputs.manifest
    snapshot = read_manifest(manifest)
    spread = fan_out if _customers(snapshot) > _WORTH_A_POOL else InOrder()
    policy_folder = root / inputs.policy
    policy = read_version(policy_folder)

    buckets = measured
    if buckets is None:
        shutil.rmtree(into, ignore_errors=True)
        buckets = spread.map(measure_bucket, measure_tasks(inputs, root, into=into, only=only))
    facts = gather(buckets, CUSTOMER_FACTS)
    if only is None:
        segments = segments_of(facts, policy.thresholds)
        book_norms = norms(gather(buckets, SIGNALS), policy.signals, segments=segments)
    else:
        book_norms = _frozen(inputs, root)
    write_frames(into / "norms", {"norms": book_norms})

    before = _of(_previous(inputs, root, "placements", PLACEMENTS.empty()), only)
    axis = adopted_model(inputs, root, policy.retention)
    line = _line(inputs, axis, policy, facts, buckets=buckets, before=before) if axis.is_in_force else None
    policy = by_line(policy, line)
    model = model_file(root, axis.model.version) if axis.model is not None and axis.is_in_force else None
    previous_path = history_path(root / "var" / "history", *inputs.previous, "placements") if inputs.previous else None
    buckets = spread.map(
        place_bucket,
        [
            PlaceTask(
                measured=bucket,
                norms=into / "norms",
                policy=policy_folder,
                previous=previous_path,
                week=inputs.week,
                model=model,
                line=line,
                is_new_axis=inputs.is_new_axis,
            )
            for bucket in buckets
        ],
    )
    placements = gather(buckets, PLACEMENTS)
    contributions = gather(buckets, CONTRIBUTIONS)
    counted = _counted(inputs, root, policy, buckets, facts=facts, only=only)
    events = conform(pd.concat([gather(buckets, EVENTS), counted.pop("events")], ignore_index=True), EVENTS)
    said_before = _of(_previous(inputs, root, "contributions", CONTRIBUTIONS.empty()), only)
    if inputs.is_new_axis:
        before, said_before = blank_retention(before), blank_retention(said_before)
    transitions = TRANSITIONS.empty()
    if inputs.previous:
        transitions = compare(before, placements, facts, cause=inputs.cause, since_rules=since_rules(inputs, root))
    people = read_shared(manifest)["people"].to_pandas()
    words = signal_words(policy.signals)
    assignments = _assignments(manifest, snapshot.buckets)
    history = _history(inputs, root, placements, only)
    # a reconstructed week is never rendered, and nobody acts on it
    actions = plan(
        placements.iloc[:0] if inputs.is_reconstructed else placements,
        contributions,
        events,
        facts,
        assignments,
        people,
        policy.playbooks,
        words,
        as_of=inputs.instant,
        history=history,
        calendar=policy.audiences.calendars["default"],
    )
    frames = {
        "customer_facts": facts,
        "norms": book_norms,
        "scores": gather(buckets, SCORES),
        "contributions": contributions,
        "placements": placements,
        "transitions": transitions,
        "events": events,
        "actions": conform(actions, ACTIONS),
        "signal_words": words,
        "assignments": assignments,
        "previous_placements": before,
        "previous_contributions": said_before,
        "history": history,
        **counted,
    }
    if (aged := _aged(inputs, root, policy, before, placements, fan_out=spread, into=into / "aged")) is not None:
        frames["aged_signals"] = aged
    found = Understood({})
    if only is None and not inputs.is_reconstructed:
        whole = {**frames, "people": people}
        found = understand(inputs, root, policy, whole, buckets=buckets, fan_out=spread, into=into)
    elif only is not None:
        found = Understood(
            listen(manifest, policy, as_of=inputs.instant, model=inputs.sentiment_model, root=root, only=only)
        )
    return Assessed(
        frames={**frames, **found.frames},
        buckets=buckets,
        people=people,
        policy=policy,
        customers=len(facts),
        kept=found.kept,
        retention_label=axis.label,
        axis_notes=found.axis_notes,
        trust_notes=found.trust_notes,
        value_notes=found.value_notes,
        expert_notes=found.expert_notes,
    )


def _aged(
    inputs: Inputs,
    root: Path,
    policy: Policy,
    before: pd.DataFrame,
    placements: pd.DataFrame,
    *,
    fan_out: FanOut,
    into: Path,
) -> pd.DataFrame | None:
    """SIGNALS of what the last good week saw, measured now, for customers who moved by more than the dead-band: the
    pages split the change of no other. None where that week's inputs are gone.
    """
    if inputs.previous is None or inputs.is_reconstructed:
        return None
    week, revision = inputs.previous
    path = root / "var" / "runs" / f"{week}-r{revision}" / "inputs.json"
    if not path.exists():
        return None
    then = Inputs.read(path)
    both = before.merge(placements, on="customer_id", suffixes=("_before", ""))
    moves = {
        axis: (both[axis.value] - both[f"{axis.value}_before"]).abs().to_numpy(float, na_value=0.0) for axis in Axis
    }
    far = [moved >= policy.thresholds.band(axis) for axis, moved in moves.items()]
    movers = frozenset(both.loc[far[0] | far[1], "customer_id"])
    manifest = root / then.manifest
    tasks = [
        AgedTask(
            manifest=manifest,
            bucket=bucket,
            seen_at=then.instant,
            as_of=inputs.instant,
            policy=root / inputs.policy,
            fresh=frozenset(inputs.fresh),
            only=movers,
            into=into / f"bucket-{bucket:04d}",
        )
        for bucket in (_buckets_of(movers, read_manifest(manifest).buckets) if movers else ())
    ]
    return gather(fan_out.map(age_bucket, tasks), SIGNALS)


def _line(
    inputs: Inputs, axis: Adopted, policy: Policy, facts: pd.DataFrame, *, buckets: list[Path], before: pd.DataFrame
) -> float:
    """Where the adopted model's line is drawn. A line by capacity is drawn when the axis or the rules change and then
    stands, so that nobody crosses it because others moved.
    """
    assert axis.model is not None
    stands = inputs.cause in ("customer", "restated") and not inputs.is_new_axis
    if policy.retention.line.capacity is not None and stands and (line := line_of(before)) is not None:
        return line
    features = features_of(axis.model)
    rows = rows_of(gather(buckets, SIGNALS), active(facts), features, facts=facts)
    return stay_line(axis.model, rows, policy.retention.line)


def _counted(
    inputs: Inputs, root: Path, policy: Policy, buckets: list[Path], *, facts: pd.DataFrame, only: frozenset[str] | None
) -> dict[str, pd.DataFrame]:
    """Events that only counts show, with what the next weeks need to judge by: `count_norms`, and `watched` drifts.

    Between runs the norms are those of the last good week; where it kept none, only rows make events.
    """
    counts, rules = gather(buckets, COUNTS), policy.alerts.counted
    before = _kept(inputs, root, "watched")
    usual = count_norms(counts, facts, rules) if only is None else _kept(inputs, root, "count_norms")
    if usual is None:
        return {"events": EVENTS.empty()}
    after = inputs.previous[0] if inputs.previous else None
    found = counted_events(
        counts, usual, before, facts, rules, as_of=inputs.instant, week=inputs.week, after=after
    )  # fmt: skip
    return {"events": found.events, "count_norms": usual, "watched": found.watched}


def _kept(inputs: Inputs, root: Path, name: str) -> pd.DataFrame | None:
    """A frame of the last good week, if it kept it."""
    folder = root / "var" / "history"
    if inputs.previous is None or not history_path(folder, *inputs.previous, name).exists():
        return None
    return read_week(folder, inputs.previous[0], name, revision=inputs.previous[1])


def measure_tasks(inputs: Inputs, root: Path, *, into: Path, only: frozenset[str] | None = None) -> list[MeasureTask]:
    """What is to be measured for these inputs, a task for each bucket. Needs nothing of any week before."""
    manifest = root / inputs.manifest
    return [
        MeasureTask(
            manifest=manifest,
            bucket=bucket,
            as_of=inputs.instant,
            policy=root / inputs.policy,
            fresh=frozenset(inputs.fresh),
            only=only,
            into=into / f"bucket-{bucket:04d}",
            keeps_tables=not inputs.is_reconstructed,
        )
        for bucket in _buckets_of(only, read_manifest(manifest).buckets)
    ]


def _assignments(manifest: Path, buckets: int) -> pd.DataFrame:
    parts = [read_bucket(manifest, bucket, ["assignments"])["assignments"].to_pandas() for bucket in range(buckets)]
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return whole[["customer_id", "person_id", "role"]].sort_values(["customer_id", "person_id"], ignore_index=True)


def _previous(inputs: Inputs, root: Path, name: str, empty: pd.DataFrame) -> pd.DataFrame:
    if inputs.previous is None:
        return empty
    week, revision = inputs.previous
    return read_week(root / "var" / "history", week, name, revision=revision)


def _customers(snapshot: SnapshotManifest) -> int:
    return sum(file.rows for file in snapshot.tables.get("customers", {}).values())


def _buckets_of(only: frozenset[str] | None, buckets: int) -> list[int]:
    return list(range(buckets)) if only is None else sorted({bucket_of(customer, buckets) for customer in only})


def _of(frame: pd.DataFrame, only: frozenset[str] | None) -> pd.DataFrame:
    return frame if only is None else frame[frame["customer_id"].isin(only)].reset_index(drop=True)


def _frozen(inputs: Inputs, root: Path) -> pd.DataFrame:
    if inputs.previous is None:
        raise NothingPublished("customers cannot be judged alone before a first week has set the norms; run `cem run`")
    week, revision = inputs.previous
    return read_week(root / "var" / "history", week, "norms", revision=revision)


def _history(inputs: Inputs, root: Path, placements: pd.DataFrame, only: frozenset[str] | None) -> pd.DataFrame:
    """Positions of the published weeks that trends show, this week last."""
    columns = ["customer_id", "week", "state", "zone", "loyalty", "retention"]
    now = placements[columns].assign(is_reconstructed=inputs.is_reconstructed)
    if not inputs.history:
        return conform(now, HISTORY)
    past = read_many(root / "var" / "history", list(inputs.history), "history_row", only)
    if inputs.axis_since is not None:
        past.loc[past["week"] < inputs.axis_since, "retention"] = None
    return conform(pd.concat([past, now], ignore_index=True), HISTORY)
