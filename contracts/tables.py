"""The canonical tables: what every source is mapped to. Only `customers` is required for a run."""

from __future__ import annotations

from contracts.frames import Column, Kind, Table
from contracts.words import BusinessUnit, CustomerStatus, FieldGroup, Level, Role

_CUSTOMER = Column("customer_id", required=True, about="our id of the account")
_CURRENCY = Column("currency", about="ISO 4217", group=FieldGroup.MONEY)


def _text(
    name: str, *, required: bool = False, group: FieldGroup = FieldGroup.BASIC, known_from: str | None = None
) -> Column:
    return Column(name, Kind.TEXT, required=required, group=group, known_from=known_from)


def _at(name: str, *, required: bool = False, known_from: str | None = None) -> Column:
    return Column(name, Kind.INSTANT, required=required, known_from=known_from)


def _on(name: str, *, required: bool = False, known_from: str | None = None) -> Column:
    return Column(name, Kind.DAY, required=required, known_from=known_from)


def _money(name: str, *, required: bool = False, group: FieldGroup = FieldGroup.MONEY) -> Column:
    return Column(name, Kind.MONEY, required=required, group=group)


CUSTOMERS = Table(
    "customers",
    key=("customer_id",),
    time="since_on",
    columns=(
        _CUSTOMER,
        _text("name", required=True),
        _text("tier"),
        _text("region"),
        _text("country"),
        _text("industry"),
        _text("product_line"),
        _text("support_queue"),
        _text("parent_id"),
        _text("language"),
        Column("is_key_account", Kind.BOOLEAN),
        _money("annual_revenue_amount"),
        _CURRENCY,
        Column("margin_share", Kind.SHARE, minimum=-1, maximum=1, group=FieldGroup.MARGIN),
        _on("since_on"),
        Column(
            "status",
            choices=tuple(CustomerStatus),
            known_from="ended_on",
            until_then="active",
            from_start=("prospect",),
            about="notice is told by agreements.notice_on, which bears its date",
        ),
        _on("ended_on", known_from="ended_on"),
    ),
    about="One row per account; its absence is the one thing that stops a run.",
)

PEOPLE = Table(
    "people",
    key=("person_id",),
    per_customer=False,
    columns=(
        _text("person_id", required=True),
        _text("name", required=True),
        _text("email"),
        Column("level", required=True, choices=tuple(Level)),
        Column("business_unit", choices=tuple(BusinessUnit), about="null: above the units"),
        _text("manager_id"),
        _text("delegate_id"),
        _on("absent_from_on"),
        _on("absent_to_on"),
        _on("left_on"),
        _text("language"),
        _text("calendar"),
        _text("region"),
    ),
    about="Our own staff; the org chart is the manager_id column.",
)

ASSIGNMENTS = Table(
    "assignments",
    key=("customer_id", "person_id"),
    columns=(
        _CUSTOMER,
        _text("person_id", required=True),
        Column("role", required=True, choices=tuple(Role)),
    ),
    about="Who works for which customer; one owner per customer and business unit.",
)

CONTACTS = Table(
    "contacts",
    key=("contact_id", "customer_id"),
    columns=(
        _CUSTOMER,
        _text("contact_id", required=True),
        _text("name", group=FieldGroup.CONTACTS),
        _text("email", group=FieldGroup.CONTACTS),
        _text("role", group=FieldGroup.CONTACTS),
        Column("is_key", Kind.BOOLEAN),
        _on("left_on", known_from="left_on"),
    ),
    about="People at the customer; one may belong to several customers.",
)

INSTALL_BASE = Table(
    "install_base",
    key=("asset_id",),
    time="installed_on",
    columns=(
        _CUSTOMER,
        _text("asset_id", required=True),
        _text("product"),
        _text("site"),
        Column("quantity", Kind.NUMBER, minimum=0),
        _on("installed_on"),
        _on("removed_on", known_from="removed_on"),
        _on("contract_end_on"),
        _on("end_of_support_on"),
    ),
)

AGREEMENTS = Table(
    "agreements",
    key=("agreement_id",),
    time="start_on",
    columns=(
        _CUSTOMER,
        _text("agreement_id", required=True),
        _text("kind"),
        _text("plan"),
        Column("seats", Kind.NUMBER, minimum=0),
        _on("start_on"),
        _on("end_on"),
        _on("ended_on", known_from="ended_on"),
        _on("renewal_on"),
        _on("notice_on", known_from="notice_on"),
        _money("annual_amount"),
        _CURRENCY,
        _text("billing"),
    ),
    about="Contracts and subscriptions. `renewal_on` is the planned end; `ended_on` the real one, known from that day.",
)

TICKETS = Table(
    "tickets",
    key=("ticket_id",),
    time="opened_at",
    columns=(
        _CUSTOMER,
        _text("ticket_id", required=True),
        _text("contact_id"),
        _at("opened_at", required=True),
        _at("first_response_at", known_from="first_response_at"),
        _at("resolved_at", known_from="resolved_at"),
        _at("closed_at", known_from="closed_at"),
        Column("first_response_minutes", Kind.NUMBER, known_from="first_response_at"),
        Column("resolve_hours", Kind.NUMBER, known_from="resolved_at"),
        Column("severity", Kind.INTEGER, minimum=1, maximum=5, about="1 is the worst"),
        _text("product"),
        _text("channel"),
        _text("category"),
        _text("state"),
        Column("is_escalated", Kind.BOOLEAN),
        Column("reopened_count", Kind.INTEGER, minimum=0),
        Column("handoff_count", Kind.INTEGER, minimum=0),
        Column("is_sla_met", Kind.BOOLEAN, known_from="resolved_at"),
        Column("csat_score", Kind.NUMBER, minimum=1, maximum=5, known_from="resolved_at"),
        _text("subject", group=FieldGroup.VERBATIMS),
        _text("description", group=FieldGroup.VERBATIMS),
        _text("owner_id", group=FieldGroup.COLLEAGUES),
    ),
    about="The two durations are derived at admission from the instants when a source does not give them.",
)

TICKET_HISTORY = Table(
    "ticket_history",
    key=("change_id",),
    time="changed_at",
    columns=(
        _CUSTOMER,
        _text("change_id", required=True),
        _text("ticket_id", required=True),
        _at("changed_at", required=True),
        _text("field"),
        _text("value"),
        _text("author_id", group=FieldGroup.COLLEAGUES),
    ),
)

USAGE = Table(
    "usage",
    key=("usage_id",),
    time="used_on",
    columns=(
        _CUSTOMER,
        _text("usage_id", required=True),
        _on("used_on", required=True),
        _text("metric", required=True),
        Column("value", Kind.NUMBER),
        _text("product"),
    ),
    about="Usage and telemetry, availability included: one measured value per day and metric.",
)

PROJECTS = Table(
    "projects",
    key=("project_id",),
    time="started_on",
    columns=(
        _CUSTOMER,
        _text("project_id", required=True),
        _text("name"),
        _text("kind"),
        _on("started_on"),
        _on("planned_end_on"),
        _on("actual_end_on", known_from="actual_end_on"),
        _text("status"),
        Column("progress_share", Kind.SHARE, minimum=0, maximum=1),
        _money("budget_amount"),
        _money("spent_amount"),
        _CURRENCY,
        _text("owner_id", group=FieldGroup.COLLEAGUES),
    ),
)

DEALS = Table(
    "deals",
    key=("deal_id",),
    time="created_at",
    columns=(
        _CUSTOMER,
        _text("deal_id", required=True),
        _text("name"),
        Column("kind", choices=("new", "renewal", "expansion", "service")),
        _text("stage"),
        Column("status", choices=("open", "won", "lost"), known_from="closed_at", until_then="open"),
        _money("amount"),
        _CURRENCY,
        Column("probability_share", Kind.SHARE, minimum=0, maximum=1),
        _at("created_at"),
        _on("expected_close_on"),
        _at("closed_at", known_from="closed_at"),
        _text("owner_id", group=FieldGroup.COLLEAGUES),
        _text("competitor", known_from="closed_at"),
        _text("lost_reason", known_from="closed_at"),
    ),
)

DEAL_HISTORY = Table(
    "deal_history",
    key=("change_id",),
    time="changed_at",
    columns=(
        _CUSTOMER,
        _text("change_id", required=True),
        _text("deal_id", required=True),
        _at("changed_at", required=True),
        _text("field"),
        _text("value"),
    ),
)

FORECASTS = Table(
    "forecasts",
    key=("forecast_id",),
    columns=(
        _CUSTOMER,
        _text("forecast_id", required=True),
        _text("period", required=True),
        _text("category"),
        _money("amount"),
        _CURRENCY,
        _text("owner_id", group=FieldGroup.COLLEAGUES),
    ),
)

INVOICES = Table(
    "invoices",
    key=("invoice_id",),
    time="issued_on",
    columns=(
        _CUSTOMER,
        _text("invoice_id", required=True),
        _on("issued_on", required=True),
        _money("amount", required=True),
        _money("margin_amount", group=FieldGroup.MARGIN),
        _CURRENCY,
    ),
)

SURVEYS = Table(
    "surveys",
    key=("response_id",),
    time="sent_at",
    columns=(
        _CUSTOMER,
        _text("response_id", required=True),
        Column("kind", required=True, choices=("nps", "csat", "ces", "other")),
        _text("question"),
        _text("touchpoint"),
        _at("sent_at", required=True),
        _at("answered_at", known_from="answered_at"),
        Column("score", Kind.NUMBER, known_from="answered_at"),
        Column("scale_min", Kind.NUMBER),
        Column("scale_max", Kind.NUMBER),
        Column("comment", group=FieldGroup.VERBATIMS, known_from="answered_at"),
        _text("contact_id"),
        _text("ticket_id"),
        _text("language"),
    ),
    about="One row per invitation and question; answered_at is null until answered.",
)

ACCOUNT_FEEDBACK = Table(
    "account_feedback",
    key=("feedback_id",),
    time="given_at",
    columns=(
        _CUSTOMER,
        _text("feedback_id", required=True),
        _text("author_id", group=FieldGroup.COLLEAGUES),
        _at("given_at", required=True),
        Column("perceived_quality_score", Kind.NUMBER, minimum=1, maximum=5),
        _text("comment", group=FieldGroup.TEAM_COMMENTS),
        _text("competitor", group=FieldGroup.TEAM_COMMENTS),
    ),
    about="What our own account team thinks of the account.",
)

TRANSCRIPTS = Table(
    "transcripts",
    key=("transcript_id", "turn_number"),
    time="started_at",
    columns=(
        _CUSTOMER,
        _text("transcript_id", required=True),
        Column("turn_number", Kind.INTEGER, required=True),
        _at("started_at", required=True),
        _text("channel"),
        _text("speaker", group=FieldGroup.CONTACTS),
        Column("speaker_role", choices=("customer", "agent", "unknown")),
        Column("begin_seconds", Kind.NUMBER),
        Column("end_seconds", Kind.NUMBER),
        _text("text", group=FieldGroup.VERBATIMS),
        _text("ticket_id"),
    ),
    about="One row per speaker turn of a call.",
)

OUTCOMES = Table(
    "outcomes",
    key=("outcome_id",),
    time="happened_on",
    columns=(
        _CUSTOMER,
        _text("outcome_id", required=True),
        Column("kind", required=True, choices=("churned", "renewed", "downgraded", "reactivated")),
        _on("happened_on"),
        Column("label", about="which of several contradicting sources says so"),
        _text("reason"),
        _money("amount"),
        _CURRENCY,
        _text("comment", group=FieldGroup.VERBATIMS),
    ),
)

MAINTENANCE_WINDOWS = Table(
    "maintenance_windows",
    key=("window_id",),
    time="announced_at",
    columns=(
        _CUSTOMER,
        _text("window_id", required=True),
        _at("announced_at"),
        _at("starts_at", required=True),
        _at("ends_at", required=True),
        _text("product"),
    ),
)

CONSTITUENCY_MEASURES = Table(
    "constituency_measures",
    key=("measure_id",),
    time="measured_on",
    per_customer=False,
    columns=(
        _text("measure_id", required=True),
        Column("constituency", required=True, choices=("employee", "partner")),
        _text("unit", required=True),
        _on("measured_on", required=True),
        _text("metric", required=True),
        Column("value", Kind.NUMBER),
        Column("n", Kind.INTEGER, minimum=0),
    ),
)

EXCHANGE_RATES = Table(
    "exchange_rates",
    key=("currency", "rate_on"),
    time="rate_on",
    per_customer=False,
    columns=(
        _text("currency", required=True),
        _on("rate_on", required=True),
        Column("rate", Kind.NUMBER, required=True, minimum=0, about="reporting currency per unit"),
    ),
)

CALENDARS = Table(
    "calendars",
    key=("calendar", "holiday_on"),
    per_customer=False,
    columns=(_text("calendar", required=True), _on("holiday_on", required=True), _text("name")),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CUSTOMERS,
        PEOPLE,
        ASSIGNMENTS,
        CONTACTS,
        INSTALL_BASE,
        AGREEMENTS,
        TICKETS,
        TICKET_HISTORY,
        USAGE,
        PROJECTS,
        DEALS,
        DEAL_HISTORY,
        FORECASTS,
        INVOICES,
        SURVEYS,
        ACCOUNT_FEEDBACK,
        TRANSCRIPTS,
        OUTCOMES,
        MAINTENANCE_WINDOWS,
        CONSTITUENCY_MEASURES,
        EXCHANGE_RATES,
        CALENDARS,
    )
}
