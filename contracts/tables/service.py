"""What customers run and what goes wrong: install base, tickets, usage, projects, maintenance."""

from __future__ import annotations

from contracts.frames import Column, Kind, Table
from contracts.tables.spelling import CURRENCY, CUSTOMER_ID, at, money, on, text
from contracts.words import FieldGroup

INSTALL_BASE = Table(
    "install_base",
    key=("asset_id",),
    time="installed_on",
    columns=(
        CUSTOMER_ID,
        text("asset_id", required=True),
        text("product"),
        text("site"),
        Column("quantity", Kind.NUMBER, minimum=0),
        on("installed_on"),
        on("removed_on", known_from="removed_on"),
        on("contract_end_on"),
        on("end_of_support_on"),
    ),
)

TICKETS = Table(
    "tickets",
    key=("ticket_id",),
    time="opened_at",
    columns=(
        CUSTOMER_ID,
        text("ticket_id", required=True),
        text("contact_id"),
        at("opened_at", required=True),
        at("first_response_at", known_from="first_response_at"),
        at("resolved_at", known_from="resolved_at"),
        at("closed_at", known_from="closed_at"),
        Column("first_response_minutes", Kind.NUMBER, known_from="first_response_at"),
        Column("resolve_hours", Kind.NUMBER, known_from="resolved_at"),
        Column("severity", Kind.INTEGER, minimum=1, maximum=5, about="1 is the worst"),
        text("product"),
        text("channel"),
        text("category"),
        text("state"),
        Column("is_escalated", Kind.BOOLEAN),
        Column("reopened_count", Kind.INTEGER, minimum=0),
        Column("handoff_count", Kind.INTEGER, minimum=0),
        Column("is_sla_met", Kind.BOOLEAN, known_from="resolved_at"),
        Column("csat_score", Kind.NUMBER, minimum=1, maximum=5, known_from="resolved_at"),
        text("subject", group=FieldGroup.VERBATIMS),
        text("description", group=FieldGroup.VERBATIMS),
        text("owner_id", group=FieldGroup.COLLEAGUES),
    ),
    about="The two durations are derived at admission from the instants when a source does not give them.",
)

TICKET_HISTORY = Table(
    "ticket_history",
    key=("change_id",),
    time="changed_at",
    columns=(
        CUSTOMER_ID,
        text("change_id", required=True),
        text("ticket_id", required=True),
        at("changed_at", required=True),
        text("field"),
        text("value"),
        text("author_id", group=FieldGroup.COLLEAGUES),
    ),
)

USAGE = Table(
    "usage",
    key=("usage_id",),
    time="used_on",
    columns=(
        CUSTOMER_ID,
        text("usage_id", required=True),
        on("used_on", required=True),
        text("metric", required=True),
        Column("value", Kind.NUMBER),
        text("product"),
    ),
    about="Usage and telemetry, availability included: one measured value per day and metric.",
)

PROJECTS = Table(
    "projects",
    key=("project_id",),
    time="started_on",
    columns=(
        CUSTOMER_ID,
        text("project_id", required=True),
        text("name"),
        text("kind"),
        on("started_on"),
        on("planned_end_on"),
        on("actual_end_on", known_from="actual_end_on"),
        text("status"),
        Column("progress_share", Kind.SHARE, minimum=0, maximum=1),
        money("budget_amount"),
        money("spent_amount"),
        CURRENCY,
        text("owner_id", group=FieldGroup.COLLEAGUES),
    ),
)

MAINTENANCE_WINDOWS = Table(
    "maintenance_windows",
    key=("window_id",),
    time="announced_at",
    columns=(
        CUSTOMER_ID,
        text("window_id", required=True),
        at("announced_at"),
        at("starts_at", required=True),
        at("ends_at", required=True),
        text("product"),
    ),
)
