"""Alert templates: what they watch, whom they tell, what they open."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from contracts.exchange import event_of
from contracts.rules import AlertRules, AlertTemplate
from contracts.words import MessageKind
from scoring.act.alerts import AlertDecision, decide
from tests.factories.cases import alert
from tests.factories.scoring import assignments, events, facts, people, placements, transitions

STAFF = people(
    {"person_id": "dir", "level": "director"},
    {"person_id": "rep", "manager_id": "dir", "delegate_id": "sub", "absent_from_on": "2026-11-20"},
    {"person_id": "sub", "manager_id": "dir"},
    {"person_id": "eng", "business_unit": "support"},
)
ASSIGNED = assignments(("A", "rep", "owner"), ("A", "eng", "member"))
BOOK = facts({"customer_id": "A", "tier": "gold", "revenue_amount": 900.0, "product_line": "Array X"})
ROSE = {"customer_id": "A", "from_zone": "neutral", "to_zone": "very_loyal", "episode_id": "ep9"}
NO = {
    "customer_id": "A",
    "event_id": event_of("A", "watch", "surveys", "r1"),
    "kind": "response",
    "is_hard": False,
    "table": "surveys",
    "row_key": "r1",
    "headline": "Upgrade not completed",
}
PLACED = placements({"customer_id": "A", "zone": "neutral", "loyalty": 31.0, "episode_id": "ep3"})


def decided(template: AlertTemplate, *, moves: Any = None, happened: Any = None, **more: Any) -> list[AlertDecision]:
    rules = AlertRules(template=[template])
    given: dict[str, Any] = {"facts": BOOK, "assignments": ASSIGNED, "people": STAFF, "placements": PLACED} | more
    return decide(
        transitions() if moves is None else moves,
        events() if happened is None else happened,
        given["facts"],
        given["assignments"],
        given["people"],
        rules,
        is_baseline=False,
        as_of=more.get("as_of"),
        placements=given["placements"],
    )


def test_entering_very_loyal_is_a_notice() -> None:
    (told,) = decided(alert(on_zone=["very_loyal"], mode="notice"), moves=transitions(ROSE))
    assert (told.kind, told.subject_key, told.is_notice) == (MessageKind.NOTICE, "ep9", True)
    assert told.headline == "Neutral to Very Loyal in 2026-W47"
    assert decided(alert(on_zone=["very_loyal"], from_zone=["critical"]), moves=transitions(ROSE)) == []


def test_an_answer_opens_a_case_and_tells_nobody_when_the_template_says_so() -> None:
    silent = alert(
        tell_roles=[],
        opens="fix",
        headline="Upgrade not completed",
        answer=[{"column": "score", "op": "==", "value": 0}],
    )
    (told,) = decided(silent, happened=events(NO))
    assert (told.person_ids, told.unaddressed, told.opens) == ((), (), ("fix",))
    assert decided(silent.model_copy(update={"id": "another"}), happened=events(NO)) == []


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        ({"customer": [{"column": "tier", "op": "==", "value": "gold"}]}, 1),
        ({"customer": [{"column": "revenue_amount", "op": ">=", "value": 1000}]}, 0),
        ({"customer": [{"column": "product_line", "op": "in", "value": ["Array X"]}]}, 1),
        ({"scores": [{"column": "loyalty", "op": "<", "value": 35}]}, 1),
        ({"scores": [{"column": "loyalty", "op": "<", "value": 30}]}, 0),
    ],
)
def test_what_a_customer_is_and_scores_narrow_a_template(narrowed: dict[str, Any], count: int) -> None:
    assert len(decided(alert(on_event=["response"], **narrowed), happened=events(NO))) == count


def test_scores_alone_are_told_once_per_stay() -> None:
    low = alert(scores=[{"column": "loyalty", "op": "<", "value": 35}])
    (first,), (again,) = decided(low), decided(low)
    assert first.subject_key == again.subject_key
    moved = placements({"customer_id": "A", "zone": "critical", "loyalty": 31.0, "episode_id": "ep4"})
    assert decided(low, placements=moved)[0].subject_key != first.subject_key


def test_an_absent_person_and_the_delegate_are_both_told() -> None:
    (told,) = decided(alert(on_event=["response"]), happened=events(NO), as_of=date(2026, 11, 23))
    assert set(told.person_ids) == {"rep", "sub"}


def test_a_fact_that_several_rules_watch_is_told_once_to_everybody_they_name() -> None:
    hard = events(NO | {"is_hard": True, "kind": "severity_1"})
    (told,) = decided(alert(on_event=["severity_1"], tell_people=["eng", "nobody"]), happened=hard)
    assert told.kind is MessageKind.ALERT_EVENT
    assert set(told.person_ids) >= {"rep", "eng"}
    assert "Watch: nobody is nobody we know" in told.unaddressed


NOTE = {
    "subject": "Your answer",
    "text": "Dear {contact}, we read your answer. {caller} calls you by {day}.",
    "approved_by": "CX",
    "approved_on": date(2026, 11, 2),
}


def test_a_note_to_the_customer_is_off_unless_switched_on() -> None:
    quiet = alert(on_event=["response"], note=NOTE)
    assert decided(quiet, happened=events(NO))[0].notes == ()
    loud = alert(on_event=["response"], note=NOTE | {"is_on": True})
    assert len(decided(loud, happened=events(NO))[0].notes) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "watch one of"),
        ({"on_zone": ["critical"], "on_event": ["response"]}, "watch one of"),
        ({"on_zone": ["critical"], "tell_roles": []}, "tells nobody"),
        ({"answer": [{"column": "score", "op": "<=", "value": 5}]}, "headline"),
        ({"on_zone": ["critical"], "customer": [{"column": "shoe", "op": "==", "value": 5}]}, "no column shoe"),
        ({"on_zone": ["critical"], "note": NOTE | {"text": "Thank you"}}, r"\{contact\}"),
    ],
)
def test_a_template_that_cannot_work_is_refused_in_words(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        alert(**changes)


def test_ids_are_one_list() -> None:
    with pytest.raises(ValidationError, match="id used twice: watch"):
        AlertRules(template=[alert(on_zone=["critical"]), alert(on_zone=["neutral"])])
    with pytest.raises(ValidationError, match="on_rule must be one of"):
        AlertRules(template=[alert(on_rule=["unknown"])])


def test_a_baseline_and_a_customer_that_left_tell_nobody() -> None:
    gone = facts({"customer_id": "A", "status": "left"})
    assert decided(alert(on_event=["response"]), happened=events(NO), facts=gone) == []
    assert pd.isna(BOOK.region[0])
