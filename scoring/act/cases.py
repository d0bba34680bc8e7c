"""Proposes cases: one per customer, template and reason, with a closure goal by tier in working hours."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from contracts.exchange import case_of
from contracts.rules import Calendar, CaseTemplate
from contracts.words import CustomerStatus, Zone
from contracts.working_time import add_working_hours
from scoring.org import OrgChart, org_chart, owner_of

_ENTRIES = ("moved", "returned", "first_placed")


@dataclass(frozen=True, slots=True)
class CaseProposal:
    """A case to open, or, with `attach_to`, evidence for a case of the same template that is open already."""

    case_id: str
    customer_id: str
    template_id: str
    reason_key: str
    title: str
    category: str
    severity: str
    status: str
    owner_id: str | None
    member_ids: tuple[str, ...]
    opened_at: datetime
    first_response_due_at: datetime
    due_at: datetime
    playbook_id: str | None
    evidence: str
    attach_to: str | None = None


@dataclass(frozen=True, slots=True)
class _Reason:
    customer_id: str
    key: str
    zone: str
    event_kind: str
    evidence: str


def propose(
    transitions: pd.DataFrame,
    events: pd.DataFrame,
    facts: pd.DataFrame,
    assignments: pd.DataFrame,
    people: pd.DataFrame,
    templates: Sequence[CaseTemplate],
    open_cases: pd.DataFrame,
    calendar: Calendar,
    *,
    now: datetime,
) -> list[CaseProposal]:
    """What should be followed up, sorted by customer, template and reason.

    Args:
        transitions: TRANSITIONS frame; only moves made by the customer count, never a baseline, a policy or a
            restated identity. `first_placed` counts here though it alerts nobody: a case is work, not news.
        events: EVENTS frame of events not seen before.
        facts: CUSTOMER_FACTS frame; `tier` chooses the goal, `name` fills the title.
        assignments: canonical `assignments`.
        people: canonical `people`.
        templates: on which zone or event a case opens, whose it is, and its goals.
        open_cases: CASES frame; a reason it already has is not proposed again.
        calendar: goals count working hours of this calendar.
        now: when the case opens.
    """
    chart = org_chart(people, assignments, as_of=now.astimezone(ZoneInfo(calendar.time_zone)).date())
    book = facts.set_index("customer_id")[["name", "tier", "status"]].to_dict("index")
    known = set(zip(open_cases["customer_id"], open_cases["template_id"], open_cases["reason_key"], strict=True))
    opened = open_cases.loc[open_cases["is_open"].astype(bool)].sort_values("case_id")
    running = {(c, t): i for c, t, i in opened[["customer_id", "template_id", "case_id"]].itertuples(index=False)}
    proposals: list[CaseProposal] = []
    for reason in (*_from_transitions(transitions), *_from_events(events)):
        customer = book.get(reason.customer_id)
        if customer is None or customer["status"] == CustomerStatus.LEFT.value:
            continue
        for template in templates:
            same = (reason.customer_id, template.id)
            if _opens(template, reason) and (*same, reason.key) not in known:
                attach_to = running.get(same)
                made = _proposal(template, reason, customer, chart, calendar, now, attach_to)
                known.add((*same, reason.key))
                running.setdefault(same, made.case_id)
                proposals.append(made)
    return sorted(proposals, key=lambda p: (p.customer_id, p.template_id, p.attach_to is not None, p.reason_key))


def _from_transitions(transitions: pd.DataFrame) -> Iterator[_Reason]:
    mine = transitions.loc[transitions["kind"].isin(_ENTRIES) & (transitions["cause"] == "customer")]
    for row in mine.sort_values("customer_id").to_dict("records"):
        was = Zone(row["from_zone"]).label if isinstance(row["from_zone"], str) else "no zone"
        now = Zone(row["to_zone"]).label
        evidence = f"{was} to {now} in {row['week']}"
        yield _Reason(row["customer_id"], row["episode_id"], row["to_zone"], "", evidence)


def _from_events(events: pd.DataFrame) -> Iterator[_Reason]:
    for row in events.sort_values(["customer_id", "event_id"]).to_dict("records"):
        yield _Reason(row["customer_id"], row["event_id"], "", row["kind"], row["headline"])


def _opens(template: CaseTemplate, reason: _Reason) -> bool:
    return reason.zone in template.on_zone or reason.event_kind in template.on_event


def _proposal(
    template: CaseTemplate,
    reason: _Reason,
    customer: Mapping[Hashable, object],
    chart: OrgChart,
    calendar: Calendar,
    now: datetime,
    attach_to: str | None,
) -> CaseProposal:
    tier = customer["tier"]
    goal = template.goal_for(tier if isinstance(tier, str) else None)
    owner = owner_of(chart, reason.customer_id, template.owner_unit)
    members = [owner_of(chart, reason.customer_id, unit) for unit in template.member_units]
    distinct = dict.fromkeys(person for person in members if person and person != owner)
    return CaseProposal(
        case_id=case_of(reason.customer_id, template.id, reason.key),
        customer_id=reason.customer_id,
        template_id=template.id,
        reason_key=reason.key,
        title=template.title.replace("{customer}", str(customer["name"])).replace("{evidence}", reason.evidence),
        category=template.category,
        severity=goal.severity,
        status=template.statuses[0],
        owner_id=owner,
        member_ids=tuple(distinct),
        opened_at=now,
        first_response_due_at=add_working_hours(calendar, now, goal.first_response_hours),
        due_at=add_working_hours(calendar, now, goal.hours),
        playbook_id=template.playbook,
        evidence=reason.evidence,
        attach_to=attach_to,
    )
