"""Proposes cases: one per customer (or segment), template and reason, with a closure goal in working time.

More than an owner's share of a week is listed, never dropped: such a proposal waits, and is asked again by later runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from contracts.casework import Seat
from contracts.exchange import case_of
from contracts.rules import Calendar, CaseRules, CaseTemplate
from contracts.weeks import Week
from contracts.words import CustomerStatus
from contracts.working_time import answer_by, due_by
from scoring.act.alerts import AlertDecision
from scoring.act.case_reasons import CaseReason, from_alerts, from_events, from_findings, from_transitions, opens
from scoring.act.filters import fits
from scoring.act.seats import calendar_of, seats_of
from scoring.org import OrgChart, org_chart


@dataclass(frozen=True, slots=True)
class CaseProposal:
    """A case to open, or, with `attach_to`, evidence for a case of the same template that is open already.

    `subject_id` is the customer, or `segment` where the case is about one: then `customer_id` is the customer whose
    answer or event it was ("" for a finding). `is_waiting`: the owner has no room this week.
    """

    case_id: str
    subject_id: str
    customer_id: str
    template_id: str
    reason_key: str
    title: str
    category: str
    severity: str
    status: str
    owner_id: str | None
    seats: tuple[Seat, ...]
    opened_at: datetime
    first_response_due_at: datetime
    due_at: datetime
    playbook_id: str | None
    evidence: str
    evidence_key: str
    segment: str | None = None
    attach_to: str | None = None
    is_waiting: bool = False

    @property
    def member_ids(self) -> tuple[str, ...]:
        """Everybody of the team but the owner."""
        return tuple(seat.person_id for seat in self.seats if seat.person_id and seat.person_id != self.owner_id)


def propose(
    transitions: pd.DataFrame,
    events: pd.DataFrame,
    facts: pd.DataFrame,
    assignments: pd.DataFrame,
    people: pd.DataFrame,
    templates: Sequence[CaseTemplate],
    known_cases: pd.DataFrame,
    calendars: Mapping[str, Calendar],
    *,
    now: datetime,
    rules: CaseRules | None = None,
    alerts: Sequence[AlertDecision] = (),
    findings: pd.DataFrame | None = None,
    segment_cases: pd.DataFrame | None = None,
    waiting: Sequence[CaseReason] = (),
) -> list[CaseProposal]:
    """What should be followed up, sorted by customer or segment, template and reason.

    Args:
        transitions: TRANSITIONS frame; only moves made by the customer count, never a baseline, a policy or a
            restated identity. `first_placed` counts here though it alerts nobody: a case is work, not news.
        events: EVENTS frame of events not seen before.
        facts: CUSTOMER_FACTS frame; `tier` chooses the goal, `name` fills the title, filters narrow the template.
        assignments: canonical `assignments`.
        people: canonical `people`.
        templates: what opens a case, whose it is, and its goals.
        known_cases: CASES frame, open and closed; a reason it already has is not proposed again.
        calendars: goals count in the calendar of the owner, else of the template; "default" must be there.
        now: when the case opens.
        rules: how many new cases an owner may get in a week.
        alerts: decisions of this run; those that open a case name its template.
        findings: FINDINGS frame, one row per segment metric that is out of its range.
        segment_cases: SEGMENT_CASES frame, open and closed.
        waiting: reasons that earlier runs had no room for, the oldest first.
    """
    chart = org_chart(people, assignments, as_of=now.astimezone(ZoneInfo(calendars["default"].time_zone)).date())
    reasons = [*waiting, *from_transitions(transitions), *from_events(events), *from_alerts(alerts)]
    reasons += from_findings(findings, Week.containing(now, ZoneInfo(calendars["default"].time_zone)))
    concerned = {reason.customer_id for reason in reasons}
    book = {str(r["customer_id"]): r for r in facts[facts["customer_id"].isin(concerned)].to_dict("records")}
    known = _Known(known_cases, segment_cases, now)
    proposals: list[CaseProposal] = []
    for reason in reasons:
        customer = book.get(reason.customer_id)
        if not reason.segment and (customer is None or customer["status"] == CustomerStatus.LEFT.value):
            continue
        for template in templates:
            if not opens(template, reason) or not fits(customer or {}, template.customer_filter):
                continue
            subject = reason.segment or _segment(template, customer) or reason.customer_id
            if known.has(subject, template, reason):
                continue
            made = _proposal(template, reason, customer, subject, chart, people, calendars, now)
            proposals.append(known.with_place(made))
    room = rules.new_per_owner_and_week if rules else None
    kept = _within_room(
        proposals, room, book, _opened_this_week((known_cases, segment_cases), now, calendars["default"])
    )
    return sorted(kept, key=lambda p: (p.subject_id, p.template_id, p.attach_to is not None, p.evidence_key))


class _Known:
    """Which reasons have a case, and which case of a subject and template is open; grows with each proposal."""

    def __init__(self, known_cases: pd.DataFrame, segment_cases: pd.DataFrame | None, now: datetime) -> None:
        self._now = now
        self._reasons: set[tuple[str, str, str]] = set()
        self._running: dict[tuple[str, str], str] = {}
        self._closed: dict[tuple[str, str, str], datetime] = {}
        frames = [(known_cases, "customer_id")] + ([(segment_cases, "segment")] if segment_cases is not None else [])
        for frame, subject in frames:
            columns = [subject, "template_id", "reason_key", "case_id", "is_open", "closed_at"]
            ordered = frame.sort_values("case_id")[columns]
            for who, template, reason, case_id, is_open, closed_at in ordered.itertuples(index=False, name=None):
                self._reasons.add((who, template, reason))
                if is_open:
                    self._running.setdefault((who, template), case_id)
                elif not pd.isna(closed_at):
                    self._closed[(who, template, reason)] = closed_at

    def has(self, subject: str, template: CaseTemplate, reason: CaseReason) -> bool:
        """Whether this reason has its case. A finding may open again once it was quiet for long enough."""
        key = (subject, template.id, reason.evidence_key or reason.key)
        if key in self._reasons and not reason.metric:
            return True
        closed_at = self._closed.get((subject, template.id, reason.key))
        is_quiet = closed_at is not None and self._now < closed_at + timedelta(weeks=template.quiet_weeks)
        return is_quiet and (subject, template.id) not in self._running

    def with_place(self, made: CaseProposal) -> CaseProposal:
        """The proposal as a new case, or as evidence for the one that is open for its subject and template."""
        same = (made.subject_id, made.template_id)
        placed = replace(made, attach_to=self._running.get(same))
        self._reasons.add((*same, made.evidence_key))
        self._running.setdefault(same, made.case_id)
        return placed


def _segment(template: CaseTemplate, customer: Mapping[Any, Any] | None) -> str:
    """The segment that a template follows up for this customer: "product_line=Array X"; "" when there is none."""
    value = (customer or {}).get(template.segment) if template.segment else None
    return f"{template.segment}={value}" if isinstance(value, str) and value else ""


def _proposal(
    template: CaseTemplate,
    reason: CaseReason,
    customer: Mapping[Any, Any] | None,
    subject: str,
    chart: OrgChart,
    people: pd.DataFrame,
    calendars: Mapping[str, Calendar],
    now: datetime,
) -> CaseProposal:
    is_segment = subject != reason.customer_id
    tier = None if customer is None or is_segment else customer["tier"]
    goal = template.goal_for(tier if isinstance(tier, str) else None)
    owner, seats = seats_of(template, chart, people, "" if is_segment else reason.customer_id)
    calendar = calendar_of(owner, people, calendars, template.calendar)
    segment = subject.partition("=")[2] or subject if is_segment else ""
    name = segment if customer is None or is_segment else str(customer["name"])
    title = template.title.replace("{customer}", name).replace("{segment}", segment)
    # a case about a segment has one reason, which its first piece of evidence is not
    reason_key = (reason.metric or template.id) if is_segment else reason.key
    return CaseProposal(
        case_id=case_of(subject, template.id, reason_key),
        subject_id=subject,
        customer_id=reason.customer_id,
        template_id=template.id,
        reason_key=reason_key,
        title=title.replace("{evidence}", reason.evidence),
        category=template.category,
        severity=goal.severity,
        status=template.first_status,
        owner_id=owner,
        seats=seats,
        opened_at=now,
        first_response_due_at=answer_by(calendar, now, goal),
        due_at=due_by(calendar, now, goal),
        playbook_id=template.playbook,
        evidence=reason.evidence,
        evidence_key=reason.evidence_key or reason.key,
        segment=subject if is_segment else None,
    )


def _opened_this_week(frames: Sequence[pd.DataFrame | None], now: datetime, calendar: Calendar) -> Counter[str]:
    """How many cases each owner got in the ISO week of `now`, about customers and about segments."""
    zone = ZoneInfo(calendar.time_zone)
    begins = Week.containing(now, zone).starts_at(zone)
    return Counter(
        str(owner)
        for frame in frames
        if frame is not None
        for owner in frame.loc[frame["opened_at"] >= begins, "owner_id"].dropna()
    )


def _within_room(
    proposals: Sequence[CaseProposal],
    room: int | None,
    book: Mapping[str, Mapping[Any, Any]],
    opened: Mapping[str, int],
) -> list[CaseProposal]:
    """Who gets the room of a week: the most urgent first, then the larger customer. Nobody's case has no limit."""
    if room is None:
        return list(proposals)

    def worth(p: CaseProposal) -> float:
        amount = book.get(p.customer_id, {}).get("revenue_amount")
        return 0.0 if amount is None or pd.isna(amount) else float(amount)

    taken = dict(opened)
    waits: set[str] = set()
    new = sorted((p for p in proposals if p.attach_to is None), key=lambda p: (p.due_at, -worth(p), p.case_id))
    for proposal in new:
        if proposal.owner_id is None:
            continue
        if taken.get(proposal.owner_id, 0) >= room:
            waits.add(proposal.case_id)
        else:
            taken[proposal.owner_id] = taken.get(proposal.owner_id, 0) + 1
    return [replace(p, is_waiting=p.case_id in waits or p.attach_to in waits) for p in proposals]
