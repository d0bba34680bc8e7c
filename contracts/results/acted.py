"""Frames of acting: events, cases, suggested actions."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import CUSTOMER, column
from contracts.words import EventKind, FieldGroup

EVENTS = Frame(
    "events",
    key=("event_id",),
    columns=(
        column("event_id", required=True),
        CUSTOMER,
        Column("kind", choices=tuple(EventKind), required=True),
        column("is_hard", Kind.BOOLEAN, required=True),
        column("happened_at", Kind.INSTANT, required=True),
        column("source"),
        column("table", required=True),
        column("row_key", required=True),
        column("headline", required=True),
        column("quote", group=FieldGroup.VERBATIMS),
        column("value", Kind.NUMBER),
    ),
)

CASES = Frame(
    "cases",
    key=("case_id",),
    columns=(
        column("case_id", required=True),
        CUSTOMER,
        column("template_id", required=True),
        column("reason_key", required=True),
        column("title", required=True),
        column("category"),
        column("severity"),
        column("status", required=True),
        column("is_open", Kind.BOOLEAN, required=True),
        column("owner_id", group=FieldGroup.COLLEAGUES),
        column("opened_at", Kind.INSTANT, required=True),
        column("first_response_due_at", Kind.INSTANT),
        column("due_at", Kind.INSTANT),
        column("closed_at", Kind.INSTANT),
        column("outcome"),
        column("note", group=FieldGroup.TEAM_COMMENTS),
        column("escalation_step", Kind.INTEGER, required=True),
        column("row_version", Kind.INTEGER, required=True),
        column("acknowledged_at", Kind.INSTANT),
        column("playbook_id"),
    ),
)

SEGMENT_CASES = Frame(
    "segment_cases",
    key=("case_id",),
    columns=(column("segment", required=True), *(c for c in CASES.columns if c.name != "customer_id")),
)
"""Strategic cases about a segment ("product_line=Array X") instead of a customer. They name no customer; who may see
them is their team, so no audience gets this frame by itself."""

ACTION_STATUS = Frame(
    "action_status",
    key=("action_id",),
    columns=(
        column("action_id", required=True),
        CUSTOMER,
        column("playbook_id"),
        column("action"),
        Column("status", choices=("todo", "done", "skipped"), required=True),
        column("why", group=FieldGroup.TEAM_COMMENTS),
        column("owner_id", group=FieldGroup.COLLEAGUES),
        column("due_on", Kind.DAY),
        column("added_by", group=FieldGroup.COLLEAGUES),
        column("row_version", Kind.INTEGER, required=True),
    ),
)
"""What teams made of suggested steps, and steps that they added. A step nobody touched has no row: version 0."""

GOAL_REPLAY = Frame(
    "goal_replay",
    key=("week", "template_id"),
    columns=(
        column("week", required=True),
        column("template_id", required=True),
        column("cases", Kind.INTEGER, required=True),
        column("met_before", Kind.INTEGER, required=True),
        column("missed_before", Kind.INTEGER, required=True),
        column("met_after", Kind.INTEGER, required=True),
        column("missed_after", Kind.INTEGER, required=True),
        column("running", Kind.INTEGER, required=True),
    ),
)
"""What past weeks would have been under other goals; by the week in which cases opened. running: open, and due under
neither goal yet. A portfolio aggregate for the command line."""

ACTIONS = Frame(
    "actions",
    key=("action_id",),
    columns=(
        column("action_id", required=True),
        CUSTOMER,
        column("playbook_id", required=True),
        column("playbook_version", required=True),
        column("step", Kind.INTEGER, required=True),
        column("action", required=True),
        column("reason", required=True),
        column("owner_id", group=FieldGroup.COLLEAGUES),
        column("business_unit"),
        column("due_on", Kind.DAY),
        column("priority_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("status", required=True),
        column("playbook_name"),
        column("plan_order", Kind.INTEGER),
        column("value_at_risk_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("chance_to_help", Kind.SHARE),
        column("review_by", Kind.DAY),
        column("row_version", Kind.INTEGER),
        column("remark", group=FieldGroup.TEAM_COMMENTS),
        column("added_by", group=FieldGroup.COLLEAGUES),
    ),
)
"""Suggested steps per customer; priority_amount = value_at_risk_amount x chance_to_help, in the workspace's currency.
row_version, remark, added_by: what the team made of a step, or that it added it; null for a step nobody touched.
plan_order: the place of the step in its customer's plan, from 1. review_by: when the playbook is due for review."""

WAITING_CASES = Frame(
    "waiting_cases",
    key=("customer_id", "template_id", "evidence_key"),
    columns=(
        CUSTOMER,
        column("template_id", required=True),
        column("evidence_key", required=True),
        column("evidence", required=True),
        column("owner_id", group=FieldGroup.COLLEAGUES),
        column("listed_at", Kind.INSTANT, required=True),
    ),
)
"""Cases about customers that no owner had room for when the week was recorded."""

CLOSING_PROPOSALS = Frame(
    "closing_proposals",
    key=("case_id",),
    columns=(
        column("case_id", required=True),
        CUSTOMER,
        column("weeks", Kind.INTEGER, required=True),
        column("last_critical_week", required=True),
        column("sentence", required=True),
    ),
)
"""Open cases whose reason is gone: their customers have been out of Critical for `weeks` weeks."""

TEAM_FEEDBACK = Frame(
    "team_feedback",
    key=("feedback_id",),
    columns=(
        CUSTOMER,
        column("feedback_id", required=True),
        column("author_id", group=FieldGroup.COLLEAGUES),
        column("given_at", Kind.INSTANT, required=True),
        column("perceived_quality_score", Kind.NUMBER),
        column("comment", group=FieldGroup.TEAM_COMMENTS),
        column("competitor", group=FieldGroup.TEAM_COMMENTS),
    ),
)
"""What account teams said through workbooks until the week was recorded; pages show it with the canonical table
account_feedback. perceived_quality_score: 1 to 5."""
