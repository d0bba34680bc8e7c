"""Case templates: teams, goals by tier and calendar, segments, room, quiet weeks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from contracts.results import SEGMENT_CASES
from contracts.rules import Calendar, CaseRules, CaseTemplate, ClosureGoal
from contracts.words import MessageKind
from contracts.working_time import NoWorkingTime, add_working_days, answer_by, due_by
from scoring.act.alerts import AlertDecision
from scoring.act.case_reasons import CaseReason
from scoring.act.cases import CaseProposal, propose
from tests.factories.cases import ROME, TIERS, findings, template
from tests.factories.scoring import assignments, cases, events, facts, frame, people, transitions

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""09:00 in Rome, when the calendar opens."""

STAFF = people(
    {"person_id": "boss", "level": "manager"},
    {"person_id": "rep", "manager_id": "boss", "delegate_id": "sub", "absent_from_on": "2026-11-20"},
    {"person_id": "sub", "manager_id": "boss"},
    {"person_id": "eng", "business_unit": "support", "calendar": "cairo"},
    *({"person_id": p, "business_unit": None} for p in ("prod", "docs", "qa", "edu", "ux")),
)
ASSIGNED = assignments(*[(c, "eng", "owner") for c in "ABCD"], ("A", "rep", "owner"))
BOOK = facts(
    *({"customer_id": c, "tier": t, "revenue_amount": r, "product_line": "Array X"} for c, t, r in
      [("A", "gold", 10.0), ("B", "silver", 20.0), ("C", "bronze", 30.0), ("D", "gold", 40.0)])
)  # fmt: skip
CALENDARS = {"default": ROME, "cairo": Calendar(time_zone="Africa/Cairo", opens="09:00", closes="17:00", working_days=[7, 1, 2, 3, 4])}  # fmt: skip
SUPPORT = template(id="service", owner_unit="support", on_event=["severity_1"])


def outage(customer: str, number: int = 1) -> dict[str, Any]:
    return {"customer_id": customer, "event_id": f"ev-{customer}{number}", "kind": "severity_1"}


def proposed(*templates: CaseTemplate, happened: Any = None, known: Any = None, **more: Any) -> list[CaseProposal]:
    given: dict[str, Any] = {"now": MONDAY} | more
    return propose(
        transitions(), events() if happened is None else happened, BOOK, ASSIGNED, STAFF, templates,
        cases() if known is None else known, CALENDARS, **given,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("customer", "severity", "due"),
    [
        ("D", "urgent", datetime(2026, 11, 26, 8, 0, tzinfo=UTC)),
        ("B", "high", datetime(2026, 12, 1, 8, 0, tzinfo=UTC)),
        ("C", "normal", datetime(2026, 12, 6, 8, 0, tzinfo=UTC)),
    ],
)
def test_the_goal_follows_the_tier_in_the_owners_calendar(customer: str, severity: str, due: datetime) -> None:
    # the engineer works in Cairo, Sunday to Thursday from 9 to 17, where it is 10 now; Friday and Saturday are off
    (case,) = proposed(SUPPORT, happened=events(outage(customer)))
    assert (case.severity, case.due_at) == (severity, due)


def test_three_days_are_three_working_days() -> None:
    goal = ClosureGoal(days=3, first_response_hours=4, severity="normal")
    thursday = datetime(2026, 12, 3, 10, 0, tzinfo=UTC)
    holiday = ROME.model_copy(update={"holidays": [date(2026, 12, 8)]})
    assert due_by(holiday, thursday, goal) == datetime(2026, 12, 9, 10, 0, tzinfo=UTC), "weekend and a holiday between"
    assert answer_by(holiday, thursday, goal) == datetime(2026, 12, 3, 14, 0, tzinfo=UTC)


def test_elapsed_hours_run_through_the_night_and_end_in_working_time() -> None:
    goal = ClosureGoal(hours=24, first_response_hours=4, severity="urgent", counts="elapsed")
    assert due_by(ROME, MONDAY, goal) == MONDAY + timedelta(hours=24)
    friday = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
    assert due_by(ROME, friday, goal) == datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [("2026-11-27", 0, "2026-11-27"), ("2026-11-27", 1, "2026-11-30"), ("2026-11-28", 0, "2026-11-30"), ("2026-11-28", 1, "2026-12-01")],
)  # fmt: skip
def test_working_days(start: str, days: int, expected: str) -> None:
    assert add_working_days(ROME, date.fromisoformat(start), days) == date.fromisoformat(expected)


def test_a_calendar_that_never_opens_is_named() -> None:
    with pytest.raises(NoWorkingTime, match="no working day"):
        add_working_days(Calendar(working_days=[], time_zone="UTC"), date(2026, 11, 23), 1)


def test_the_delegate_acts_and_the_absent_owner_keeps_a_seat() -> None:
    (case,) = proposed(template(on_event=["severity_1"]), happened=events(outage("A")))
    assert case.owner_id == "sub"
    assert [(seat.person_id, seat.role) for seat in case.seats] == [("sub", "manager"), ("rep", "member")]


def test_a_team_has_departments_people_and_partners() -> None:
    team = [
        {"department": "Product", "person": "prod", "role": "manager"},
        {"department": "Partner", "partner": {"name": "Reseller", "email": "desk@reseller.example"}},
        {"department": "Documentation", "person": "gone"},
    ]
    (case,) = proposed(
        template(id="x", on_event=["severity_1"], owner_unit=None, team=team), happened=events(outage("B"))
    )
    assert (case.owner_id, case.member_ids) == ("prod", ())
    assert [(seat.department, seat.email) for seat in case.seats[1:]] == [("Partner", "desk@reseller.example"), ("Documentation", "")]  # fmt: skip


def test_an_alert_opens_the_case_it_names_and_no_other() -> None:
    alert = AlertDecision(MessageKind.ALERT_EVENT, "ev1", "B", (), {}, headline="Not completed", opens=("service",))
    (case,) = proposed(SUPPORT, template(id="other"), alerts=[alert])
    assert (case.template_id, case.reason_key, case.evidence) == ("service", "ev1", "Not completed")


def test_filters_on_the_customer_narrow_a_template() -> None:
    gold = SUPPORT.model_copy(update={"customer_filter": template(customer_filter=[{"column": "tier", "op": "==", "value": "gold"}]).customer_filter})  # fmt: skip
    assert [case.customer_id for case in proposed(gold, happened=events(outage("B"), outage("D")))] == ["D"]


SIX = [{"department": d, "person": p, "role": "manager" if p == "prod" else "member"} for d, p in
       [("Product", "prod"), ("Documentation", "docs"), ("Quality", "qa"), ("Education", "edu"), ("Design", "ux"), ("Support", "eng")]]  # fmt: skip
STRATEGIC = template(
    id="ease", title="{segment}: {evidence}", owner_unit=None, team=SIX, on_finding=[{"metric": "ease_of_upgrade"}]
)


def test_a_segment_out_of_range_opens_one_case_and_later_weeks_are_evidence() -> None:
    (case,) = proposed(STRATEGIC, findings=findings({}))
    assert (case.subject_id, case.segment, case.customer_id) == ("product_line=Array X",) * 2 + ("",)
    assert len(case.seats) == 6
    assert case.title.startswith("Array X: Ease of upgrade")
    standing = {
        "case_id": case.case_id,
        "segment": case.segment,
        "template_id": "ease",
        "reason_key": "ease_of_upgrade",
    }
    defaults = {
        "title": "x",
        "status": "open",
        "is_open": True,
        "opened_at": MONDAY,
        "escalation_step": 0,
        "row_version": 1,
    }
    open_one = frame(SEGMENT_CASES, [defaults | standing])
    (more,) = proposed(STRATEGIC, findings=findings({}), segment_cases=open_one, now=MONDAY + timedelta(weeks=1))
    assert more.attach_to == case.case_id
    assert more.evidence_key != case.evidence_key
    closed = frame(SEGMENT_CASES, [defaults | standing | {"is_open": False, "closed_at": MONDAY}])
    later = {"findings": findings({}), "segment_cases": closed}
    assert proposed(STRATEGIC, **later, now=MONDAY + timedelta(weeks=3)) == [], "quiet after closing"
    assert len(proposed(STRATEGIC, **later, now=MONDAY + timedelta(weeks=5))) == 1
    assert proposed(STRATEGIC, findings=findings({"metric": "another"})) == []


def test_answers_of_one_segment_share_one_case() -> None:
    shared = STRATEGIC.model_copy(
        update={"on_event": template(on_event=["severity_1"]).on_event, "segment": "product_line"}
    )
    made = proposed(shared, happened=events(outage("B"), outage("C")))
    assert [case.attach_to for case in made] == [None, made[0].case_id]


def test_more_than_a_weeks_room_waits_and_is_asked_again() -> None:
    one = CaseRules(new_per_owner_and_week=2)
    known = cases({"case_id": "c0", "customer_id": "Z", "template_id": "service", "reason_key": "r", "owner_id": "eng", "opened_at": MONDAY})  # fmt: skip
    made = proposed(SUPPORT, happened=events(*[outage(c) for c in "BCD"], outage("C", 2)), known=known, rules=one)
    assert {case.customer_id: case.is_waiting for case in made if case.attach_to is None} == {"B": True, "C": True, "D": False}  # fmt: skip
    assert [case.is_waiting for case in made if case.attach_to] == [True], "evidence waits with its case"
    waits = [CaseReason(c.customer_id, c.evidence_key, c.evidence, c.evidence_key, template_ids=(c.template_id,)) for c in made if c.is_waiting]  # fmt: skip
    later = proposed(SUPPORT, known=known, rules=one, waiting=waits, now=MONDAY + timedelta(weeks=1))
    assert [(case.customer_id, case.is_waiting) for case in later] == [("B", False), ("C", False), ("C", False)]
    assert len({case.evidence_key for case in later}) == 3


def test_cases_about_segments_take_room_of_their_owner_too() -> None:
    one = CaseRules(new_per_owner_and_week=2)
    row = {"template_id": "strategic", "reason_key": "csat", "owner_id": "eng", "opened_at": MONDAY}
    row |= {"title": "x", "status": "open", "is_open": True, "escalation_step": 0, "row_version": 1}
    strategic = frame(SEGMENT_CASES, [{"case_id": "s1", "segment": "product_line=Array X", **row}])
    made = proposed(SUPPORT, happened=events(outage("B"), outage("C")), rules=one, segment_cases=strategic)
    assert sorted(case.is_waiting for case in made) == [False, True]
    last_week = strategic.assign(opened_at=strategic["opened_at"] - timedelta(weeks=1))
    made = proposed(SUPPORT, happened=events(outage("B"), outage("C")), rules=one, segment_cases=last_week)
    assert not any(case.is_waiting for case in made)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"goals": {"gold": TIERS["gold"]}}, "default"),
        ({"goals": {"default": {"first_response_hours": 1, "severity": "x"}}}, "hours or days"),
        ({"owner_unit": None}, "owner_unit"),
        ({"closed_statuses": ["finished"]}, "not among statuses"),
        ({"statuses": ["closed"]}, "no status is left"),
        ({"team": [{"department": "X"}]}, "give one of unit, person, partner"),
        ({"segment": "product_line", "team": [{"department": "X", "unit": "sales"}]}, "no account team"),
    ],
)
def test_a_template_that_cannot_work_is_refused_in_words(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        template(**changes)


def test_nobody_reads_a_frame_of_findings_that_is_absent() -> None:
    assert proposed(STRATEGIC, findings=None) == []
    assert pd.isna(BOOK.region[0])
