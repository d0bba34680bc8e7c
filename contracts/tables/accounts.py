"""Who the customers are, and our people who work for them."""

from __future__ import annotations

from contracts.frames import Column, Kind, Table
from contracts.tables.spelling import CURRENCY, CUSTOMER_ID, money, on, text
from contracts.words import BusinessUnit, CustomerStatus, FieldGroup, Level, Role

CUSTOMERS = Table(
    "customers",
    key=("customer_id",),
    time="since_on",
    columns=(
        CUSTOMER_ID,
        text("name", required=True),
        text("tier"),
        text("region"),
        text("country"),
        text("industry"),
        text("product_line"),
        text("support_queue"),
        text("parent_id"),
        text("language"),
        Column("is_key_account", Kind.BOOLEAN),
        money("annual_revenue_amount"),
        CURRENCY,
        Column("margin_share", Kind.SHARE, minimum=-1, maximum=1, group=FieldGroup.MARGIN),
        on("since_on"),
        Column(
            "status",
            choices=tuple(CustomerStatus),
            known_from="ended_on",
            until_then="active",
            from_start=("prospect",),
            about="notice is told by agreements.notice_on, which bears its date",
        ),
        on("ended_on", known_from="ended_on"),
    ),
    about="One row per account; its absence is the one thing that stops a run.",
)

PEOPLE = Table(
    "people",
    key=("person_id",),
    per_customer=False,
    columns=(
        text("person_id", required=True),
        text("name", required=True),
        text("email"),
        Column("level", required=True, choices=tuple(Level)),
        Column("business_unit", choices=tuple(BusinessUnit), about="null: above the units"),
        text("manager_id"),
        text("delegate_id"),
        on("absent_from_on"),
        on("absent_to_on"),
        on("left_on"),
        text("language"),
        text("calendar"),
        text("region"),
    ),
    about="Our own staff; the org chart is the manager_id column.",
)

ASSIGNMENTS = Table(
    "assignments",
    key=("customer_id", "person_id"),
    columns=(
        CUSTOMER_ID,
        text("person_id", required=True),
        Column("role", required=True, choices=tuple(Role)),
    ),
    about="Who works for which customer; one owner per customer and business unit.",
)

CONTACTS = Table(
    "contacts",
    key=("contact_id", "customer_id"),
    columns=(
        CUSTOMER_ID,
        text("contact_id", required=True),
        text("name", group=FieldGroup.CONTACTS),
        text("email", group=FieldGroup.CONTACTS),
        text("role", group=FieldGroup.CONTACTS),
        Column("is_key", Kind.BOOLEAN),
        on("left_on", known_from="left_on"),
    ),
    about="People at the customer; one may belong to several customers.",
)
