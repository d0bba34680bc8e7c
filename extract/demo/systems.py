"""What each system exports, column by column, in its own words and under its own customer key.

Every function takes what is known of a block and gives named columns of text; exports.py puts them into files.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

from extract.demo.book import Block
from extract.demo.stories import Facts
from extract.demo.written import GERMAN_DAY, GERMAN_TIME, day_texts, instants, numbers, texts, utc, yes_no

_PRIORITY = {1: "urgent", 2: "high", 3: "normal", 4: "low"}


def accounts(block: Block, known: Facts, zone: str) -> pa.Table:
    """CRM, the master: semicolons, dd.mm.yyyy, decimal comma."""
    del block, zone
    c = known["customers"]
    return pa.table(
        {
            "Account ID": texts(c.customer_id),
            "Account Name": texts(c["name"]),
            "Tier": texts(c.tier),
            "Region": texts(c.region),
            "Country": texts(c.country),
            "Industry": texts(c.industry),
            "Product line": texts(c.product_line),
            "Support queue": texts(c.support_queue),
            "Parent account": texts(c.parent_id),
            "Language": texts(c.language),
            "Key account": yes_no(c.is_key_account),
            "Annual revenue": numbers(c.annual_revenue_amount, comma=True),
            "Currency": texts(c.currency),
            "Margin %": numbers((c.margin_share * 100).round(1), comma=True),
            "Customer since": day_texts(c.since_on, GERMAN_DAY),
            "Status": texts(c.status),
            "Left on": day_texts(c.ended_on, GERMAN_DAY),
        }
    )


def contacts(block: Block, known: Facts, zone: str) -> pa.Table:
    del block, zone
    c = known["contacts"]
    return pa.table(
        {
            "Contact ID": texts(c.contact_id),
            "Account ID": texts(c.customer_id),
            "Full name": texts(c["name"]),
            "E-mail": texts(c.email),
            "Function": texts(c.role),
            "Key contact": yes_no(c.is_key),
            "Left on": day_texts(c.left_on, GERMAN_DAY),
        }
    )


def opportunities(block: Block, known: Facts, zone: str) -> pa.Table:
    del block
    d = known["deals"]
    return pa.table(
        {
            "Opportunity ID": texts(d.deal_id),
            "Account ID": texts(d.customer_id),
            "Opportunity": texts(d["name"]),
            "Type": texts(d.kind),
            "Stage": texts(d.stage),
            "Outcome": texts(d.status),
            "Amount": numbers(d.amount, comma=True),
            "Currency": texts(d.currency),
            "Probability %": numbers((d.probability_share * 100).round(), comma=True),
            "Created": instants(d.created_at, GERMAN_TIME, zone=zone),
            "Expected close": day_texts(d.expected_close_on, GERMAN_DAY),
            "Closed": instants(d.closed_at, GERMAN_TIME, zone=zone),
            "Owner": texts(d.owner_id),
            "Competitor": texts(d.competitor),
            "Lost reason": texts(d.lost_reason),
        }
    )


def opportunity_changes(block: Block, known: Facts, zone: str) -> pa.Table:
    del block
    h = known["deal_history"]
    return pa.table(
        {
            "Change ID": texts(h.change_id),
            "Opportunity ID": texts(h.deal_id),
            "Account ID": texts(h.customer_id),
            "Changed": instants(h.changed_at, GERMAN_TIME, zone=zone),
            "Field": texts(h.field),
            "New value": texts(h.value),
        }
    )


def account_outcomes(block: Block, known: Facts, zone: str) -> pa.Table:
    del block, zone
    o = known["outcomes"]
    return pa.table(
        {
            "Outcome ID": texts(o.outcome_id),
            "Account ID": texts(o.customer_id),
            "Outcome": texts(o.kind),
            "On": day_texts(o.happened_on, GERMAN_DAY),
            "Reason": texts(o.reason),
            "Amount": numbers(o.amount, comma=True),
            "Currency": texts(o.currency),
        }
    )


def team_feedback(block: Block, known: Facts, zone: str) -> pa.Table:
    del block
    f = known["account_feedback"]
    return pa.table(
        {
            "Feedback ID": texts(f.feedback_id),
            "Account ID": texts(f.customer_id),
            "Author": texts(f.author_id),
            "Given": instants(f.given_at, GERMAN_TIME, zone=zone),
            "Perceived quality": numbers(f.perceived_quality_score),
            "Comment": texts(f.comment),
            "Competitor": texts(f.competitor),
        }
    )


def tickets(block: Block, known: Facts, zone: str) -> pa.Table:
    """Help desk: numeric organisation ids, ISO UTC, changes only."""
    del zone
    t = known["tickets"]
    rows = t.i.to_numpy()
    return pa.table(
        {
            "id": texts(t.ticket_id),
            "organization_id": texts(keys(block, "ticket_org")[rows]),
            "organization_name": texts(keys(block, "name")[rows]),
            "requester_id": texts(t.contact_id),
            "created_at": utc(t.opened_at),
            "updated_at": utc(t.updated_at),
            "first_reply_at": utc(t.first_response_at),
            "solved_at": utc(t.resolved_at),
            "closed_at": utc(t.closed_at),
            "priority": texts(t.severity.map(_PRIORITY)),
            "product": texts(t["product"]),
            "channel": texts(t.channel),
            "category": texts(t.category),
            "status": texts(t.state),
            "escalated": yes_no(t.is_escalated),
            "reopens": numbers(t.reopened_count),
            "group_hops": numbers(t.handoff_count),
            "sla_met": texts(t.is_sla_met.map({True: "yes", False: "no"})),
            "satisfaction": numbers(t.csat_score),
            "subject": texts(t.subject),
            "description": texts(t.description),
        }
    )


def ticket_events(block: Block, known: Facts, zone: str) -> pa.Table:
    del zone
    h = known["ticket_history"]
    return pa.table(
        {
            "event_id": texts(h.change_id),
            "ticket_id": texts(h.ticket_id),
            "organization_id": texts(keys(block, "ticket_org")[h.i.to_numpy()]),
            "at": utc(h.changed_at),
            "field": texts(h.field),
            "value": texts(h.value),
        }
    )


def project_list(block: Block, known: Facts, zone: str) -> pa.Table:
    """The project tool of professional services; it took over the CRM's account ids."""
    del block, zone
    p = known["projects"]
    return pa.table(
        {
            "Project": texts(p.project_id),
            "Account ID": texts(p.customer_id),
            "Title": texts(p["name"]),
            "Kind": texts(p.kind),
            "Start": day_texts(p.started_on),
            "Planned end": day_texts(p.planned_end_on),
            "Actual end": day_texts(p.actual_end_on),
            "State": texts(p.status),
            "Done %": numbers((p.progress_share * 100).round()),
            "Budget": numbers(p.budget_amount),
            "Spent": numbers(p.spent_amount),
            "Currency": texts(p.currency),
            "Lead": texts(p.owner_id),
        }
    )


def staff(people: pd.DataFrame) -> pa.Table:
    """The personnel system: everybody, with level, unit and superior."""
    p = people
    return pa.table(
        {
            "employee": texts(p.person_id),
            "name": texts(p["name"]),
            "mail": texts(p.email),
            "level": texts(p.level),
            "unit": texts(p.business_unit),
            "superior": texts(p.manager_id),
            "deputy": texts(p.delegate_id),
            "away_from": texts(p.absent_from_on),
            "away_to": texts(p.absent_to_on),
            "left_on": texts(p.left_on),
            "language": texts(p.language),
            "calendar": texts(p.calendar),
            "region": texts(p.region),
        }
    )


def constituencies(measures: pd.DataFrame) -> pa.Table:
    """The personnel system again: quarterly surveys of our own people and of partners."""
    m = measures
    return pa.table(
        {
            "survey": texts(m.measure_id),
            "asked": texts(m.constituency),
            "unit": texts(m.unit),
            "day": day_texts(m.measured_on),
            "metric": texts(m.metric),
            "result": numbers(m["value"]),
            "answers": numbers(m.n),
        }
    )


def teams(block: Block, known: Facts, zone: str) -> pa.Table:
    del block, zone
    assignments = known["assignments"]
    return pa.table(
        {
            "Account ID": texts(assignments.customer_id),
            "Employee": texts(assignments.person_id),
            "Role": texts(assignments.role),
        }
    )


def keys(block: Block, column: str) -> np.ndarray:
    return np.asarray(block.customers[column].astype(str), dtype=object)


Exporter = Callable[[Block, Facts, str], pa.Table]
# folder/stem -> exporter, separator, the fact table and column that say what is new (None: always whole)
DELIMITED: dict[str, tuple[Exporter, str, tuple[str, str] | None]] = {
    "crm/accounts": (accounts, ";", None),
    "crm/contacts": (contacts, ";", None),
    "crm/teams": (teams, ";", None),
    "crm/opportunities": (opportunities, ";", None),
    "crm/opportunity_changes": (opportunity_changes, ";", ("deal_history", "changed_at")),
    "crm/outcomes": (account_outcomes, ";", None),
    "crm/feedback": (team_feedback, ";", None),
    "helpdesk/tickets": (tickets, ",", ("tickets", "updated_at")),
    "helpdesk/ticket_events": (ticket_events, ",", ("ticket_history", "changed_at")),
    "gps/projects": (project_list, ",", None),
}
