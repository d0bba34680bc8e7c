"""Contracts, deals, money, and what became of customers."""

from __future__ import annotations

from contracts.frames import Column, Kind, Table
from contracts.tables.spelling import CURRENCY, CUSTOMER_ID, at, money, on, text
from contracts.words import FieldGroup

AGREEMENTS = Table(
    "agreements",
    key=("agreement_id",),
    time="start_on",
    columns=(
        CUSTOMER_ID,
        text("agreement_id", required=True),
        text("kind"),
        text("plan"),
        Column("seats", Kind.NUMBER, minimum=0),
        on("start_on"),
        on("end_on"),
        on("ended_on", known_from="ended_on"),
        on("renewal_on"),
        on("notice_on", known_from="notice_on"),
        money("annual_amount"),
        CURRENCY,
        text("billing"),
    ),
    about="Contracts and subscriptions. `renewal_on` is the planned end; `ended_on` the real one, known from that day.",
)

DEALS = Table(
    "deals",
    key=("deal_id",),
    time="created_at",
    columns=(
        CUSTOMER_ID,
        text("deal_id", required=True),
        text("name"),
        Column("kind", choices=("new", "renewal", "expansion", "service")),
        text("stage"),
        Column("status", choices=("open", "won", "lost"), known_from="closed_at", until_then="open"),
        money("amount"),
        CURRENCY,
        Column("probability_share", Kind.SHARE, minimum=0, maximum=1),
        at("created_at"),
        on("expected_close_on"),
        at("closed_at", known_from="closed_at"),
        text("owner_id", group=FieldGroup.COLLEAGUES),
        text("competitor", known_from="closed_at"),
        text("lost_reason", known_from="closed_at"),
    ),
)

DEAL_HISTORY = Table(
    "deal_history",
    key=("change_id",),
    time="changed_at",
    columns=(
        CUSTOMER_ID,
        text("change_id", required=True),
        text("deal_id", required=True),
        at("changed_at", required=True),
        text("field"),
        text("value"),
    ),
)

FORECASTS = Table(
    "forecasts",
    key=("forecast_id",),
    columns=(
        CUSTOMER_ID,
        text("forecast_id", required=True),
        text("period", required=True),
        text("category"),
        money("amount"),
        CURRENCY,
        text("owner_id", group=FieldGroup.COLLEAGUES),
    ),
)

INVOICES = Table(
    "invoices",
    key=("invoice_id",),
    time="issued_on",
    columns=(
        CUSTOMER_ID,
        text("invoice_id", required=True),
        on("issued_on", required=True),
        money("amount", required=True),
        money("margin_amount", group=FieldGroup.MARGIN),
        CURRENCY,
        Column("is_disputed", Kind.BOOLEAN),
    ),
)

OUTCOMES = Table(
    "outcomes",
    key=("outcome_id",),
    time="happened_on",
    columns=(
        CUSTOMER_ID,
        text("outcome_id", required=True),
        Column("kind", required=True, choices=("churned", "renewed", "downgraded", "reactivated")),
        on("happened_on"),
        Column("label", about="which of several contradicting sources says so"),
        text("reason"),
        money("amount"),
        CURRENCY,
        text("comment", group=FieldGroup.VERBATIMS),
    ),
)
