"""The canonical tables: what every source is mapped to. Only `customers` is required for a run."""

from __future__ import annotations

from contracts.frames import Table
from contracts.tables.accounts import ASSIGNMENTS, CONTACTS, CUSTOMERS, PEOPLE
from contracts.tables.commerce import AGREEMENTS, DEAL_HISTORY, DEALS, FORECASTS, INVOICES, OUTCOMES
from contracts.tables.reference import CALENDARS, EXCHANGE_RATES
from contracts.tables.service import INSTALL_BASE, MAINTENANCE_WINDOWS, PROJECTS, TICKET_HISTORY, TICKETS, USAGE
from contracts.tables.voice import ACCOUNT_FEEDBACK, CONSTITUENCY_MEASURES, SURVEYS, TRANSCRIPTS

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

__all__ = [
    "ACCOUNT_FEEDBACK",
    "AGREEMENTS",
    "ASSIGNMENTS",
    "CALENDARS",
    "CONSTITUENCY_MEASURES",
    "CONTACTS",
    "CUSTOMERS",
    "DEALS",
    "DEAL_HISTORY",
    "EXCHANGE_RATES",
    "FORECASTS",
    "INSTALL_BASE",
    "INVOICES",
    "MAINTENANCE_WINDOWS",
    "OUTCOMES",
    "PEOPLE",
    "PROJECTS",
    "SURVEYS",
    "TABLES",
    "TICKETS",
    "TICKET_HISTORY",
    "TRANSCRIPTS",
    "USAGE",
]
