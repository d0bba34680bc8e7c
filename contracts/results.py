"""Frames that the rooms compute and hand on: measured, scored, placed, compared, decided."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.words import Axis, EventKind, FieldGroup, KpiTier, PlacementState, Zone

_ZONES = tuple(Zone)


def _c(name: str, kind: Kind = Kind.TEXT, *, required: bool = False, group: FieldGroup = FieldGroup.BASIC) -> Column:
    return Column(name, kind, required=required, group=group)


_CUSTOMER = _c("customer_id", required=True)
_WEEK = _c("week", required=True)

CUSTOMER_FACTS = Frame(
    "customer_facts",
    key=("customer_id",),
    columns=(
        _CUSTOMER,
        _c("name", required=True),
        _c("tier"),
        _c("region"),
        _c("country"),
        _c("industry"),
        _c("product_line"),
        _c("support_queue"),
        _c("parent_id"),
        _c("is_key_account", Kind.BOOLEAN),
        _c("status", required=True),
        _c("since_on", Kind.DAY),
        _c("ended_on", Kind.DAY),
        _c("revenue_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        _c("original_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        _c("original_currency", group=FieldGroup.MONEY),
        _c("renewal_on", Kind.DAY),
        _c("renewal_amount", Kind.NUMBER, group=FieldGroup.MONEY),
    ),
)
"""revenue_amount: yearly revenue in the workspace's currency; null when there is no rate (listed, never summed)."""

SIGNALS = Frame(
    "signals",
    key=("customer_id", "signal_id"),
    columns=(
        _CUSTOMER,
        _c("signal_id", required=True),
        _c("value", Kind.NUMBER),
        _c("n", Kind.NUMBER, required=True),
        _c("variance", Kind.NUMBER),
        _c("last_at", Kind.INSTANT),
        _c("is_observed", Kind.BOOLEAN, required=True),
    ),
)
"""n: effective number of facts (Kish, under half-life weights); variance: of one fact; null value: not observed."""

NORMS = Frame(
    "norms",
    key=("signal_id",),
    columns=(
        _c("signal_id", required=True),
        _c("mean", Kind.NUMBER),
        _c("between_variance", Kind.NUMBER),
        _c("within_variance", Kind.NUMBER),
        _c("customers", Kind.INTEGER, required=True),
        _c("reference_score", Kind.NUMBER),
    ),
)
"""What the whole book says of a signal: the prior of shrinkage, the reference of contributions. Frozen per week."""

SCORES = Frame(
    "scores",
    key=("customer_id", "axis"),
    columns=(
        _CUSTOMER,
        Column("axis", choices=tuple(Axis), required=True),
        _c("score", Kind.NUMBER),
        _c("standard_error", Kind.NUMBER),
        _c("coverage", Kind.SHARE, required=True),
        _c("signal_count", Kind.INTEGER, required=True),
    ),
)

CONTRIBUTIONS = Frame(
    "contributions",
    key=("customer_id", "axis", "signal_id"),
    columns=(
        _CUSTOMER,
        Column("axis", choices=tuple(Axis), required=True),
        _c("signal_id", required=True),
        _c("value", Kind.NUMBER),
        _c("n", Kind.NUMBER),
        _c("signal_score", Kind.NUMBER, required=True),
        _c("weight_share", Kind.SHARE, required=True),
        _c("reference_score", Kind.NUMBER, required=True),
        _c("contribution", Kind.NUMBER, required=True),
    ),
)
"""Observed signals only. Per customer and axis: sum of weight_share = 1; score = sum(weight_share * signal_score);
contribution = weight_share * (signal_score - reference_score), so score - sum(weight_share * reference) = sum."""

PLACEMENTS = Frame(
    "placements",
    key=("customer_id",),
    columns=(
        _CUSTOMER,
        _WEEK,
        Column("state", choices=tuple(PlacementState), required=True),
        _c("status", required=True),
        Column("zone", choices=_ZONES),
        Column("raw_zone", choices=_ZONES),
        _c("loyalty", Kind.NUMBER),
        _c("retention", Kind.NUMBER),
        _c("loyalty_se", Kind.NUMBER),
        _c("retention_se", Kind.NUMBER),
        _c("loyalty_coverage", Kind.SHARE, required=True),
        _c("retention_coverage", Kind.SHARE, required=True),
        _c("is_borderline", Kind.BOOLEAN, required=True),
        Column("pending_zone", choices=_ZONES),
        _c("pending_weeks", Kind.INTEGER, required=True),
        _c("episode_id"),
        _c("episode_since"),
        _c("loyalty_line", Kind.NUMBER, required=True),
        _c("retention_line", Kind.NUMBER, required=True),
        _c("why_insufficient"),
    ),
)
"""zone: confirmed, only when placed. raw_zone: what the scores alone say. episode_id: this stay in `zone`;
episode_since: the ISO week it began. Lines are those that applied (they may differ by tier)."""

TRANSITIONS = Frame(
    "transitions",
    key=("customer_id",),
    columns=(
        _CUSTOMER,
        _WEEK,
        Column("from_zone", choices=_ZONES),
        Column("to_zone", choices=_ZONES),
        _c("episode_id"),
        Column("kind", choices=("moved", "first_placed", "became_insufficient", "left", "returned"), required=True),
        Column("cause", choices=("customer", "policy", "restated", "baseline"), required=True),
        _c("is_borderline", Kind.BOOLEAN, required=True),
        _c("loyalty_before", Kind.NUMBER),
        _c("loyalty_after", Kind.NUMBER),
        _c("retention_before", Kind.NUMBER),
        _c("retention_after", Kind.NUMBER),
        _c("weeks_apart", Kind.INTEGER, required=True),
        _c("revenue_amount", Kind.NUMBER, group=FieldGroup.MONEY),
    ),
)

EVENTS = Frame(
    "events",
    key=("event_id",),
    columns=(
        _c("event_id", required=True),
        _CUSTOMER,
        Column("kind", choices=tuple(EventKind), required=True),
        _c("is_hard", Kind.BOOLEAN, required=True),
        _c("happened_at", Kind.INSTANT, required=True),
        _c("source"),
        _c("table", required=True),
        _c("row_key", required=True),
        _c("headline", required=True),
        _c("quote", group=FieldGroup.VERBATIMS),
        _c("value", Kind.NUMBER),
    ),
)

CASES = Frame(
    "cases",
    key=("case_id",),
    columns=(
        _c("case_id", required=True),
        _CUSTOMER,
        _c("template_id", required=True),
        _c("reason_key", required=True),
        _c("title", required=True),
        _c("category"),
        _c("severity"),
        _c("status", required=True),
        _c("is_open", Kind.BOOLEAN, required=True),
        _c("owner_id", group=FieldGroup.COLLEAGUES),
        _c("opened_at", Kind.INSTANT, required=True),
        _c("first_response_due_at", Kind.INSTANT),
        _c("due_at", Kind.INSTANT),
        _c("closed_at", Kind.INSTANT),
        _c("outcome"),
        _c("note", group=FieldGroup.TEAM_COMMENTS),
        _c("escalation_step", Kind.INTEGER, required=True),
        _c("row_version", Kind.INTEGER, required=True),
    ),
)

ACTIONS = Frame(
    "actions",
    key=("action_id",),
    columns=(
        _c("action_id", required=True),
        _CUSTOMER,
        _c("playbook_id", required=True),
        _c("playbook_version", required=True),
        _c("step", Kind.INTEGER, required=True),
        _c("action", required=True),
        _c("reason", required=True),
        _c("owner_id", group=FieldGroup.COLLEAGUES),
        _c("business_unit"),
        _c("due_on", Kind.DAY),
        _c("priority_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        _c("status", required=True),
    ),
)
"""Suggested steps per customer; priority_amount = value at risk x chance to help, in the workspace's currency."""

HISTORY = Frame(
    "history",
    key=("customer_id", "week"),
    columns=(
        _CUSTOMER,
        _WEEK,
        Column("state", choices=tuple(PlacementState), required=True),
        Column("zone", choices=_ZONES),
        _c("loyalty", Kind.NUMBER),
        _c("retention", Kind.NUMBER),
        _c("is_reconstructed", Kind.BOOLEAN, required=True),
    ),
)

SOURCES = Frame(
    "sources",
    key=("source",),
    columns=(
        _c("source", required=True),
        _c("table", required=True),
        Column("state", choices=("fresh", "stale", "carried", "absent", "refused", "held"), required=True),
        _c("rows_in", Kind.INTEGER, required=True),
        _c("admitted", Kind.INTEGER, required=True),
        _c("quarantined", Kind.INTEGER, required=True),
        _c("unmatched", Kind.INTEGER, required=True),
        _c("unmatched_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        _c("data_at", Kind.INSTANT),
        _c("age_days", Kind.NUMBER),
        _c("limit_days", Kind.NUMBER),
        _c("message"),
    ),
)
"""One row per source: the data-trust line. rows_in = admitted + quarantined; unmatched is part of quarantined."""

QUARANTINE = Frame(
    "quarantine",
    key=(),
    columns=(
        _c("source", required=True),
        _c("file", required=True),
        _c("sheet"),
        _c("row_number", Kind.INTEGER),
        _c("table"),
        _c("column"),
        _c("value"),
        _c("reason", required=True),
        _c("message", required=True),
        _c("sha256"),
        _c("source_key"),
    ),
)
"""value is clipped to 80 characters; row_number counts from 1 with the header as row 1."""

SIGNAL_WORDS = Frame(
    "signal_words",
    key=("signal_id",),
    columns=(
        _c("signal_id", required=True),
        _c("name", required=True),
        _c("unit", required=True),
        Column("axis", choices=tuple(Axis), required=True),
        Column("tier", choices=tuple(KpiTier), required=True),
        _c("sentence"),
        _c("bad", Kind.NUMBER, required=True),
        _c("good", Kind.NUMBER, required=True),
    ),
)
"""How a signal is said to people."""

RESULTS: dict[str, Frame] = {
    frame.name: frame
    for frame in (
        CUSTOMER_FACTS,
        SIGNALS,
        NORMS,
        SCORES,
        CONTRIBUTIONS,
        PLACEMENTS,
        TRANSITIONS,
        EVENTS,
        CASES,
        ACTIONS,
        HISTORY,
        SOURCES,
        QUARANTINE,
        SIGNAL_WORDS,
    )
}
