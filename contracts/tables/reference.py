"""Rates and calendars."""

from __future__ import annotations

from contracts.frames import Column, Kind, Table
from contracts.tables.spelling import on, text

EXCHANGE_RATES = Table(
    "exchange_rates",
    key=("currency", "rate_on"),
    time="rate_on",
    per_customer=False,
    columns=(
        text("currency", required=True),
        on("rate_on", required=True),
        Column("rate", Kind.NUMBER, required=True, minimum=0, about="reporting currency per unit"),
    ),
)

CALENDARS = Table(
    "calendars",
    key=("calendar", "holiday_on"),
    per_customer=False,
    columns=(text("calendar", required=True), on("holiday_on", required=True), text("name")),
)
