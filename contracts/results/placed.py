"""Frames of placing: scores, contributions, placements, transitions, positions over time."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import CUSTOMER, WEEK, ZONES, column
from contracts.words import Axis, FieldGroup, PlacementState

SCORES = Frame(
    "scores",
    key=("customer_id", "axis"),
    columns=(
        CUSTOMER,
        Column("axis", choices=tuple(Axis), required=True),
        column("score", Kind.NUMBER),
        column("standard_error", Kind.NUMBER),
        column("coverage", Kind.SHARE, required=True),
        column("signal_count", Kind.INTEGER, required=True),
    ),
)

CONTRIBUTIONS = Frame(
    "contributions",
    key=("customer_id", "axis", "signal_id"),
    columns=(
        CUSTOMER,
        Column("axis", choices=tuple(Axis), required=True),
        column("signal_id", required=True),
        column("value", Kind.NUMBER),
        column("n", Kind.NUMBER),
        column("signal_score", Kind.NUMBER, required=True),
        column("weight_share", Kind.SHARE, required=True),
        column("reference_score", Kind.NUMBER, required=True),
        column("contribution", Kind.NUMBER, required=True),
    ),
)
"""Observed signals only. Per customer and axis: sum of weight_share = 1; score = sum(weight_share * signal_score);
contribution = weight_share * (signal_score - reference_score), so score - sum(weight_share * reference) = sum."""

CHANGES = Frame(
    "changes",
    key=("customer_id", "axis", "signal_id"),
    columns=(
        CUSTOMER,
        Column("axis", choices=tuple(Axis), required=True),
        column("signal_id", required=True),
        column("value_before", Kind.NUMBER),
        column("value_after", Kind.NUMBER),
        column("value_change", Kind.NUMBER, required=True),
        column("decay_change", Kind.NUMBER, required=True),
        column("coverage_change", Kind.NUMBER, required=True),
        column("rule_change", Kind.NUMBER, required=True),
        column("norms_change", Kind.NUMBER, required=True),
        column("change", Kind.NUMBER, required=True),
    ),
)
"""Score points since the week before, for customers scored in both; per customer and axis the changes sum to the
difference of the scores, and the five parts of a row to its change (residual < 1e-9). value: new facts. decay: the
same facts, older. coverage: signals that came or went. rule: the policy. norms: what the book says, by which a mean is
shrunk. value_before and value_after: as measured."""

PLACEMENTS = Frame(
    "placements",
    key=("customer_id",),
    columns=(
        CUSTOMER,
        WEEK,
        Column("state", choices=tuple(PlacementState), required=True),
        column("status", required=True),
        Column("zone", choices=ZONES),
        Column("raw_zone", choices=ZONES),
        column("loyalty", Kind.NUMBER),
        column("retention", Kind.NUMBER),
        column("loyalty_se", Kind.NUMBER),
        column("retention_se", Kind.NUMBER),
        column("loyalty_coverage", Kind.SHARE, required=True),
        column("retention_coverage", Kind.SHARE, required=True),
        column("is_borderline", Kind.BOOLEAN, required=True),
        Column("pending_zone", choices=ZONES),
        column("pending_weeks", Kind.INTEGER, required=True),
        column("episode_id"),
        column("episode_since"),
        column("loyalty_line", Kind.NUMBER, required=True),
        column("retention_line", Kind.NUMBER, required=True),
        column("why_insufficient"),
    ),
)
"""zone: confirmed, only when placed. raw_zone: what the scores alone say. episode_id: this stay in `zone`;
episode_since: the ISO week it began. Lines are those that applied (they may differ by tier)."""

TRANSITIONS = Frame(
    "transitions",
    key=("customer_id",),
    columns=(
        CUSTOMER,
        WEEK,
        Column("from_zone", choices=ZONES),
        Column("to_zone", choices=ZONES),
        column("episode_id"),
        Column("kind", choices=("moved", "first_placed", "became_insufficient", "left", "returned"), required=True),
        Column("cause", choices=("customer", "policy", "mapping", "restated", "baseline"), required=True),
        column("is_borderline", Kind.BOOLEAN, required=True),
        column("loyalty_before", Kind.NUMBER),
        column("loyalty_after", Kind.NUMBER),
        column("retention_before", Kind.NUMBER),
        column("retention_after", Kind.NUMBER),
        column("weeks_apart", Kind.INTEGER, required=True),
        column("revenue_amount", Kind.NUMBER, group=FieldGroup.MONEY),
    ),
)

HISTORY = Frame(
    "history",
    key=("customer_id", "week"),
    columns=(
        CUSTOMER,
        WEEK,
        Column("state", choices=tuple(PlacementState), required=True),
        Column("zone", choices=ZONES),
        column("loyalty", Kind.NUMBER),
        column("retention", Kind.NUMBER),
        column("is_reconstructed", Kind.BOOLEAN, required=True),
    ),
)
