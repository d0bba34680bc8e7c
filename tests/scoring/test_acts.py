"""What follows from a week: alerts, cases, action plans."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest

from contracts.exchange import case_of
from contracts.frames import check
from contracts.results import ACTIONS, HISTORY
from contracts.rules import AlertRules, Calendar, CaseTemplate, Playbook
from contracts.words import MessageKind
from scoring.act.alerts import AlertDecision, decide
from scoring.act.cases import CaseProposal, propose
from scoring.act.plans import plan
from scoring.act.reasons import said
from scoring.measure.signals import signal_words
from tests.factories.scoring import (
    AS_OF,
    ago,
    assignments,
    cases,
    contributions,
    events,
    facts,
    frame,
    people,
    placements,
    rule,
    transitions,
)

STAFF = people(
    {"person_id": "dir", "level": "director"},
    {"person_id": "rep", "manager_id": "dir"},
    {"person_id": "eng", "business_unit": "support"},
)
ASSIGNED = assignments(("A", "rep", "owner"), ("A", "eng", "member"))
BOOK = facts({"customer_id": "A", "tier": "gold", "revenue_amount": 1000.0}, {"customer_id": "B"})
ENTERED = {"customer_id": "A", "to_zone": "critical", "from_zone": "neutral", "episode_id": "ep1"}
OUTAGE = {"customer_id": "A", "event_id": "ev1", "kind": "severity_1"}
NOTHING = transitions(), events()


def decided(
    moves: pd.DataFrame, happened: pd.DataFrame, *, is_baseline: bool = False, **more: Any
) -> list[AlertDecision]:
    given: dict[str, Any] = {"facts": BOOK, "assignments": ASSIGNED, "people": STAFF, "rules": AlertRules()} | more
    return decide(moves, happened, **given, is_baseline=is_baseline)


def test_entering_critical_is_told_to_the_team_and_the_leads() -> None:
    (alert,) = decided(transitions(ENTERED), events())
    assert (alert.kind, alert.subject_key, alert.customer_id) == (MessageKind.ALERT_CRITICAL, "ep1", "A")
    assert alert.why == {"rep": "account team", "eng": "account team", "dir": "BU lead Sales"}
    assert alert.person_ids == ("rep", "eng", "dir")


@pytest.mark.parametrize(
    ("change", "alerts"),
    [
        ({}, 1),
        ({"kind": "returned"}, 1),
        ({"kind": "first_placed"}, 0),
        ({"to_zone": "neutral"}, 0),
        ({"cause": "policy"}, 0),
        ({"cause": "restated"}, 0),
        ({"cause": "baseline"}, 0),
        ({"kind": "left", "to_zone": None}, 0),
    ],
)
def test_which_moves_are_alerts(change: dict[str, Any], alerts: int) -> None:
    assert len(decided(transitions(ENTERED | change), events())) == alerts


def test_hard_events_are_told_and_soft_ones_listed() -> None:
    happened = events(OUTAGE, OUTAGE | {"event_id": "ev2", "is_hard": False})
    (alert,) = decided(transitions(), happened)
    assert (alert.kind, alert.subject_key) == (MessageKind.ALERT_EVENT, "ev1")


def test_a_baseline_alerts_nobody() -> None:
    assert decided(transitions(ENTERED), events(OUTAGE), is_baseline=True) == []


def test_one_who_left_alerts_nobody() -> None:
    assert decided(transitions(), events(OUTAGE), facts=facts({"customer_id": "A", "status": "left"})) == []


def test_a_place_that_nobody_fills_is_named() -> None:
    (alert,) = decided(transitions(ENTERED | {"customer_id": "B"}), events())
    assert alert.person_ids == ()
    assert alert.unaddressed == (
        "account team: nobody assigned can be reached",
        "BU lead: the customer is assigned in no business unit",
    )
    (gone,) = decided(transitions(ENTERED), events(), people=people({"person_id": "rep", "left_on": ago(9)}))
    assert gone.unaddressed == (
        "account team: nobody assigned can be reached",
        "BU lead Sales: nobody can be reached",
    )


GOALS = {
    "gold": {"hours": 24, "first_response_hours": 4, "severity": "urgent"},
    "default": {"hours": 72, "first_response_hours": 16, "severity": "normal"},
}
CRITICAL = CaseTemplate.model_validate(
    {
        "id": "critical",
        "title": "{customer}: {evidence}",
        "category": "relationship",
        "on_zone": ["critical"],
        "owner_unit": "sales",
        "member_units": ["support", "gps"],
        "goals": GOALS,
    }
)
SERVICE = CRITICAL.model_copy(update={"id": "service", "on_zone": [], "on_event": ["severity_1"]})
ROME = Calendar(time_zone="Europe/Rome", opens="09:00", closes="17:00")
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""09:00 in Rome, when the calendar opens."""


def proposed(moves: pd.DataFrame, happened: pd.DataFrame, known: pd.DataFrame | None = None) -> list[CaseProposal]:
    open_cases = cases() if known is None else known
    return propose(
        moves, happened, BOOK, ASSIGNED, STAFF, [CRITICAL, SERVICE], open_cases, {"default": ROME}, now=MONDAY
    )


def test_a_case_has_an_owner_and_a_goal_in_working_hours() -> None:
    (case,) = proposed(transitions(ENTERED), events())
    assert case.case_id == case_of("A", "critical", "ep1")
    assert case.title == "Customer A: Neutral to Critical in 2026-W47"
    assert (case.severity, case.owner_id, case.member_ids) == ("urgent", "rep", ("eng",))
    assert case.first_response_due_at == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert case.due_at == datetime(2026, 11, 25, 16, 0, tzinfo=UTC), "24 working hours are three days of eight"


def test_the_goal_follows_the_tier() -> None:
    (case,) = proposed(transitions(ENTERED | {"customer_id": "B"}), events())
    assert (case.severity, case.owner_id) == ("normal", None)


@pytest.mark.parametrize("change", [{"cause": "baseline"}, {"cause": "policy"}, {"to_zone": "neutral"}])
def test_what_opens_no_case(change: dict[str, Any]) -> None:
    assert proposed(transitions(ENTERED | change), events()) == []


def test_a_reason_that_has_a_case_is_not_proposed_again() -> None:
    known = cases(
        {"case_id": "c1", "customer_id": "A", "template_id": "critical", "reason_key": "ep1", "is_open": False}
    )
    assert proposed(transitions(ENTERED), events(), known) == []


def test_more_evidence_joins_the_open_case() -> None:
    known = cases({"case_id": "c1", "customer_id": "A", "template_id": "service", "reason_key": "ev0"})
    (case,) = proposed(transitions(), events(OUTAGE), known)
    assert case.attach_to == "c1"
    first, second = proposed(transitions(), events(OUTAGE, OUTAGE | {"event_id": "ev2"}))
    assert (first.attach_to, second.attach_to) == (None, first.case_id)


def playbook(**changes: Any) -> Playbook:
    base: dict[str, Any] = {
        "id": "general",
        "name": "General",
        "zones": ["critical"],
        "steps": [{"action": "Call", "unit": "sales", "due_days": 3}, {"action": "Fix", "unit": "gps", "due_days": 9}],
        "chance_to_help": 0.5,
        "owner": "CX",
        "review_by": date(2027, 1, 1),
    }
    return Playbook.model_validate(base | changes)


WORDS = signal_words(
    [rule(id="late", sentence="{value} of {n} were late", unit="share"), rule(id="slow", sentence="{value} hours")]
)
AT_RISK = placements({"customer_id": "A", "zone": "critical", "retention": 30.0, "episode_id": "ep1"})
WORST = contributions(
    {
        "customer_id": "A",
        "signal_id": "late",
        "value": 0.4,
        "n": 5,
        "signal_score": 10,
        "weight_share": 0.5,
        "contribution": -9.0,
    },
    {
        "customer_id": "A",
        "signal_id": "slow",
        "value": 72.0,
        "signal_score": 10,
        "weight_share": 0.5,
        "contribution": -2.0,
    },
)


def planned(*playbooks: Playbook, happened: pd.DataFrame | None = None, placed: pd.DataFrame = AT_RISK) -> pd.DataFrame:
    found = events() if happened is None else happened
    actions = plan(placed, WORST, found, BOOK, ASSIGNED, STAFF, playbooks, WORDS, as_of=AS_OF)
    check(actions, ACTIONS)
    return actions


def test_a_plan_says_why_who_when_and_how_much() -> None:
    actions = planned(playbook())
    first, second = actions.to_dict("records")
    assert first["reason"] == "2 of 5 were late"
    assert first["owner_id"] == "rep"
    assert pd.isna(second["owner_id"]), "nobody of that unit works for the customer"
    assert first["due_on"] == pd.Timestamp("2026-11-26")
    assert first["priority_amount"] == 1000 * 0.70 * 0.5
    assert [first["step"], second["step"]] == [1, 2]


def test_specific_playbooks_come_first_and_two_are_enough() -> None:
    books = [
        playbook(),
        playbook(id="slow", signals=["slow"]),
        playbook(id="outage", events=["severity_1"]),
        playbook(id="other", signals=["unseen"]),
        playbook(id="elsewhere", zones=["neutral"]),
        playbook(id="bronze", tiers=["bronze"]),
    ]
    actions = planned(*books, happened=events(OUTAGE))
    firsts = actions[actions.step == 1]
    assert dict(zip(firsts.playbook_id, firsts.reason, strict=True)) == {"outage": "An outage", "slow": "72 hours"}
    assert set(planned(*books).playbook_id) == {"slow", "general"}


def test_the_opening_playbook_is_first_and_two_specific_ones_follow() -> None:
    call = playbook(
        id="call", is_opening=True, steps=[{"action": "Call about {topics}", "unit": "sales", "due_days": 2}]
    )
    specific = [playbook(id="slow", name="Slow", signals=["slow"]), playbook(id="outage", events=["severity_1"])]
    actions = planned(*specific, playbook(), call, happened=events(OUTAGE))
    assert list(dict.fromkeys(actions.playbook_id)) == ["call", "outage", "slow"]
    assert list(actions.plan_order) == [1, 2, 3, 4, 5]
    assert actions.action[0] == "Call about signal and signal", "the names of the account's own reasons"
    assert actions.reason[0] == "2 of 5 were late", "72 hours is the reason of the specific one"
    assert actions.reason.is_unique, "no reason stands under two steps"


def test_a_step_may_have_a_reason_of_its_own() -> None:
    steps = [
        {"action": "Call", "unit": "sales", "due_days": 1},
        {"action": "Route", "unit": "support", "due_days": 2, "signals": ["slow"]},
    ]
    actions = planned(playbook(steps=steps))
    assert list(actions.reason) == ["2 of 5 were late", "72 hours"]


PAST = frame(
    HISTORY,
    [
        {"customer_id": "A", "week": week, "state": "placed", "zone": zone, "is_reconstructed": False}
        for week, zone in [
            ("2026-W43", "neutral"),
            ("2026-W44", "critical"),
            ("2026-W45", "critical"),
            ("2026-W46", None),
            ("2026-W47", "critical"),
        ]
    ],
)


@pytest.mark.parametrize(
    ("narrowed", "fits"),
    [
        ({"after_zones": ["neutral"]}, True),
        ({"after_zones": ["very_loyal"]}, False),
        ({"weeks_in_zone": 3}, True),
        ({"weeks_in_zone": 4}, False),
        ({"units": ["support"]}, True),
        ({"units": ["gps"]}, False),
    ],
)
def test_zone_history_and_business_units_narrow_a_playbook(narrowed: dict[str, Any], fits: bool) -> None:
    found = plan(
        AT_RISK, WORST, events(), BOOK, ASSIGNED, STAFF, [playbook(**narrowed)], WORDS, as_of=AS_OF, history=PAST
    )
    assert bool(len(found)) is fits


def test_steps_are_due_on_working_days_and_show_the_terms_of_their_priority() -> None:
    long = playbook(steps=[{"action": "Call", "unit": "sales", "due_days": n} for n in range(30)])
    calendar = Calendar(time_zone="Europe/Rome", holidays=[date(2026, 12, 8)])
    actions = plan(AT_RISK, WORST, events(), BOOK, ASSIGNED, STAFF, [long], WORDS, as_of=AS_OF, calendar=calendar)
    assert all(day.weekday() < 5 for day in actions.due_on)
    assert pd.Timestamp("2026-12-08") not in set(actions.due_on)
    first = actions.iloc[0]
    assert (first.value_at_risk_amount, first.chance_to_help, first.priority_amount) == (700.0, 0.5, 350.0)
    assert (first.playbook_name, first.review_by) == ("General", pd.Timestamp("2027-01-01"))


def test_a_changed_playbook_has_another_version() -> None:
    versions = {planned(playbook(chance_to_help=share)).playbook_version[0] for share in (0.5, 0.6)}
    assert len(versions) == 2


def test_without_revenue_there_is_no_priority_in_money() -> None:
    placed = placements({"customer_id": "B", "zone": "critical", "episode_id": "e"})
    actions = planned(playbook(), placed=placed)
    assert actions.priority_amount.isna().all()
    assert actions.reason[0] == "In the zone Critical."


def test_only_placed_customers_have_plans() -> None:
    assert planned(playbook(), placed=placements({"customer_id": "A", "state": "insufficient"})).empty


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.256, "share", "26% of 1,200"),
        (72.0, "hours", "72 of 1,200"),
        (4.26, "of 5", "4.3 of 1,200"),
        (-0.2, "share", "-20% of 1,200"),
    ],
)
def test_values_in_sentences(value: float, unit: str, text: str) -> None:
    assert said("{value} of {n}", value=value, n=1200, unit=unit) == text


@pytest.mark.parametrize(
    ("value", "n", "text"),
    [
        pytest.param(0.5, 4, "2 of 4 closed deals were won in 365 days.", id="counts"),
        pytest.param(0.37, 4, "37% of 4 closed deals were won in 365 days (recent ones count most).", id="weighted"),
        pytest.param(0.371, 1200, "37% of 1,200 closed deals were won in 365 days.", id="many"),
    ],
)
def test_a_share_of_few_rows_is_told_in_counts_or_says_that_recent_ones_count_most(value, n, text):
    sentence = "{value} of {n} closed deals were won in 365 days."
    assert said(sentence, value=value, n=n, unit="share") == text
