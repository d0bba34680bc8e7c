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
    ),
)

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
    ),
)
"""Suggested steps per customer; priority_amount = value at risk x chance to help, in the workspace's currency."""
