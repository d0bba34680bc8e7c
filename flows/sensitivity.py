"""What other lines, weights and anchors would have done: the frames of the experts' report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from contracts.ids import seed_of
from contracts.rules import Policy
from contracts.weeks import Week
from contracts.words import Axis
from extract.snapshot import read_manifest
from flows.inputs import Inputs
from flows.week.models import by_line, line_of
from scoring.measure.norms import segments_of
from scoring.place.sensitivity import BackTest, back_test, owners_of, perturb, propose_lines, sweep, tracks
from scoring.predict.labels import used_label
from scoring.predict.windows import labels_at
from store.history import read_many, read_week

Pin = tuple[str, int]


@dataclass(frozen=True, slots=True)
class LinesMoved:
    """Frames by name: swept_zones, swept_lines, swept_grid, swept_flips, proposed_lines, nudged_signals,
    rank_stability, zone_stability, and swept_outcomes where a past week's outcomes are known. `tested` is that week.
    """

    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    tested: str | None = None


def move_lines(inputs: Inputs, root: Path, policy: Policy, frames: Mapping[str, pd.DataFrame]) -> LinesMoved:
    """The sensitivity of one judged week under `policy`, which may be the one in force or a proposal.

    Args:
        inputs: the frozen inputs of the week.
        root: the workspace.
        policy: lines and weights about which everything is moved; the placements are those of the week.
        frames: of the week: placements, customer_facts, assignments, people, contributions, norms; lifetime_values
            when there are any.
    """
    rules, placements, facts = policy.sensitivity, frames["placements"], frames["customer_facts"]
    people, assignments = frames["people"], frames["assignments"]
    policy = by_line(policy, line_of(placements) if inputs.retention_model else None)
    pins = [*inputs.same_axis, (inputs.week, inputs.revision)]
    now = tracks(
        _past(root, pins[-rules.weeks : -1], placements),
        facts,
        policy.thresholds,
        before=_before(root, pins[: -rules.weeks]),
    )
    swept = sweep(
        now,
        placements,
        facts,
        rules,
        assignments=assignments,
        people=people,
        lifetime_values=frames.get("lifetime_values"),
    )
    tested_week, tested = _tested(inputs, root, policy, pins)
    owners = owners_of(assignments, people, rules.capacity.unit).nunique()
    found = {
        "swept_zones": swept.zones,
        "swept_lines": swept.lines,
        "swept_grid": swept.grid,
        "swept_flips": swept.flips,
        "proposed_lines": propose_lines(
            placements,
            policy.thresholds,
            rules,
            owners=int(owners),
            tested=tested,
            minimum_lost=policy.thresholds.outcome.minimum_events,
        ),
    }
    if tested is not None:
        found["swept_outcomes"] = tested.outcomes
    perturbed = perturb(
        frames["contributions"],
        frames["norms"],
        placements,
        facts,
        [rule for rule in policy.signals if inputs.retention_model is None or rule.axis is not Axis.RETENTION],
        policy.thresholds,
        rules,
        seed=seed_of(inputs.week, "weights"),
        segments=segments_of(facts, policy.thresholds),
    )
    found |= {
        "nudged_signals": perturbed.nudged,
        "rank_stability": perturbed.ranks,
        "zone_stability": perturbed.zones,
    }
    return LinesMoved(found, tested_week)


def _past(root: Path, pins: list[Pin], placements: pd.DataFrame) -> pd.DataFrame:
    """Positions of the weeks before, and those of this one."""
    columns = ["customer_id", "week", "state", "zone", "loyalty", "retention"]
    if not pins:
        return placements[columns]
    rows = read_many(root / "var" / "history", pins, "history_row", columns=columns)
    return pd.concat([rows[columns], placements[columns]], ignore_index=True)


def _before(root: Path, pins: list[Pin]) -> pd.DataFrame | None:
    return read_week(root / "var" / "history", pins[-1][0], "placements", pins[-1][1]) if pins else None


def _tested(inputs: Inputs, root: Path, policy: Policy, pins: list[Pin]) -> tuple[str | None, BackTest | None]:
    """The newest week whose horizon is over, held against what became of its customers."""
    zone = ZoneInfo(inputs.time_zone)
    rule = policy.thresholds.outcome
    now = inputs.instant.astimezone(zone)
    over = [
        place for place, (week, _) in enumerate(pins) if _ends(week, zone) + timedelta(days=rule.horizon_days) <= now
    ]
    outcomes = read_manifest(root / inputs.manifest).whole("outcomes")
    if not over or not outcomes.num_rows:
        return None, None
    upto = pins[: over[-1] + 1]
    week, revision = upto[-1]
    history = root / "var" / "history"
    facts = read_week(history, week, "customer_facts", revision)
    placements = read_week(history, week, "placements", revision)
    first = policy.sensitivity.weeks
    book = tracks(
        _past(root, upto[-first:-1], placements), facts, policy.thresholds, before=_before(root, upto[:-first])
    )
    lost = labels_at(
        outcomes,
        sorted(placements.loc[placements["state"] != "left", "customer_id"]),
        as_of=_ends(week, zone),
        horizon_days=rule.horizon_days,
        label=used_label(outcomes, rule.label),
        observed_until=now,
    )
    return week, back_test(book, lost, policy.sensitivity, seed=seed_of(inputs.week, "cheapest line"))


def _ends(week: str, zone: ZoneInfo) -> pd.Timestamp:
    return pd.Timestamp(Week.parse(week).ends_at(zone)).tz_convert(zone)
