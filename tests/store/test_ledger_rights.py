"""Who may close, who is raised to, what waits, and which segment a case is about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contracts.casework import MANAGER, Seat, seats_of_team, team_as_kept
from store import alert_answers, case_queue, ledger
from store.bookmarks import bookmark, move_bookmark
from store.errors import CaseRefused, NotInStore
from store.session import Session, Store
from tests.factories.store import NOW, proposal

TEAM = (
    Seat("Sales", MANAGER, "P1", "Ada"),
    Seat("Support", "member", "P2", "Ben"),
    Seat("Partner", "member", None, "Reseller", "desk@reseller.example"),
    Seat("Documentation", "member"),
)


def open_one(session: Session, customer_id: str = "C1", **fields: Any) -> str:
    case_id = ledger.open_case(session, proposal(customer_id, **fields), now=NOW, team=team_as_kept(TEAM))
    assert case_id is not None
    return case_id


def edit(session: Session, case_id: str, who: str, base_version: int, **changes: Any) -> ledger.EditResult:
    return ledger.edit_case(
        session, case_id, changes, who=who, why=None, source="test", base_version=base_version, now=NOW
    )


def test_a_team_is_kept_whole(store: Store) -> None:
    with store.write() as session:
        case_id = open_one(session)
    with store.read() as session:
        assert ledger.teams(session) == {case_id: list(TEAM)}
    assert seats_of_team({"P1": "manager"}) == [Seat("", "manager", "P1")]
    assert seats_of_team(None) == []


def test_only_case_managers_close_and_the_rest_of_their_work_stands(store: Store) -> None:
    with store.write() as session:
        case_id = open_one(session)
        edit(session, case_id, "P2", 1, note="part is on its way")
        with pytest.raises(CaseRefused, match=r"only its case managers close it: Ada \(P1\)\. Ben is none"):
            edit(session, case_id, "P2", 2, status="closed")
        edit(session, case_id, "P1", 2, status="closed", outcome="fixed")
        assert not ledger.teams(session)
        assert [event.kind for event in ledger.case_history(session, case_id)] == ["opened", "edited", "closed"]


def test_a_member_cannot_make_himself_manager_by_taking_the_case(store: Store) -> None:
    with store.write() as session:
        case_id = open_one(session)
        edit(session, case_id, "P2", 1, owner_id="P2")
        with pytest.raises(CaseRefused, match="only its case managers"):
            edit(session, case_id, "P2", 2, status="closed")


def test_whoever_a_manager_hands_the_case_to_manages_it_too(store: Store) -> None:
    with store.write() as session:
        case_id = open_one(session)
        assert edit(session, case_id, "P1", 1, owner_id="P9").applied == {"owner_id": "P9"}
        edit(session, case_id, "P1", 2, owner_id="P9")
        edit(session, case_id, "P9", 2, status="closed")
        assert ledger.cases(session)["is_open"].sum() == 0


def test_a_case_without_managers_belongs_to_its_owner_and_without_both_to_all(store: Store) -> None:
    with store.write() as session:
        owned = ledger.open_case(session, proposal("C1"), now=NOW)
        free = ledger.open_case(session, proposal("C2", owner_id=None), now=NOW)
        assert owned
        assert free
        with pytest.raises(CaseRefused, match="case managers"):
            edit(session, owned, "P2", 1, status="closed")
        edit(session, free, "anybody", 1, status="closed")


def test_whoever_a_case_is_raised_to_may_close_it(store: Store) -> None:
    above = Seat("next level", MANAGER, "P7", "Cleo")
    with store.write() as session:
        case_id = open_one(session)
        step = {"why": "late", "source": "clock", "now": NOW + timedelta(hours=1)}
        assert ledger.escalate(session, case_id, step=1, raised_to=above, **step)
        assert not ledger.escalate(session, case_id, step=1, raised_to=above, **step)
        assert ledger.stepped_at(session) == {case_id: NOW + timedelta(hours=1)}
        edit(session, case_id, "P7", 2, status="closed")
        assert not ledger.escalate(session, case_id, step=2, **step)


def test_a_case_that_nobody_answers_is_raised_once_and_listed_until_acknowledged(store: Store) -> None:
    late = NOW + timedelta(hours=5)
    above = Seat("next level", MANAGER, "P7", "Cleo")
    with store.write() as session:
        case_id = open_one(session)
        raised = [
            ledger.raise_unanswered(session, case_id, why="silence", source="clock", now=late, raised_to=above)
            for _ in range(2)
        ]
        assert raised == [True, False]
        assert list(ledger.unanswered(session, late)["case_id"]) == [case_id]
        assert ledger.acknowledge(session, case_id, who="P2", source="mail", now=late)
        assert ledger.unanswered(session, late).empty
        kinds = [event.kind for event in ledger.case_history(session, case_id)]
    assert kinds == ["opened", "seated", "unanswered", "acknowledged"]


def test_a_case_about_a_segment_is_no_case_of_a_customer(store: Store) -> None:
    subject = "product_line=Array X"
    with store.write() as session:
        case_id = open_one(session, subject, segment=subject)
        assert ledger.open_case(session, proposal(subject, segment=subject), now=NOW) is None
        open_one(session, "C1")
        number = ledger.last_event_number(session)
        assert list(ledger.segment_cases(session)["segment"]) == [subject]
        assert list(ledger.cases(session)["customer_id"]) == ["C1"]
        assert list(ledger.cases(session, upto=number)["customer_id"]) == ["C1"]
        assert list(ledger.unanswered_segments(session, NOW + timedelta(hours=9))["case_id"]) == [case_id]
        assert len(ledger.overdue(session, NOW + timedelta(days=9))) == 1


def waits(customer: str, hour: int = 0) -> case_queue.WaitingCase:
    at = NOW + timedelta(hours=hour)
    return case_queue.WaitingCase(customer, "save", "ev1", customer, "ev1", "", "An outage", "P1", at)


def test_a_case_without_room_is_listed_until_it_opens(store: Store) -> None:
    with store.write() as session:
        assert [case_queue.list_waiting(session, waits(c, h)) for c, h in [("C2", 1), ("C1", 2), ("C2", 3)]] == [
            True, True, False
        ]  # fmt: skip
        assert [case.customer_id for case in case_queue.waiting_cases(session)] == ["C2", "C1"]
        assert case_queue.mark_opened(session, "C2", "save", "ev1", now=NOW)
        assert not case_queue.mark_opened(session, "C2", "save", "ev1", now=NOW)
        assert not case_queue.mark_opened(session, "C9", "save", "ev1", now=NOW)
        assert case_queue.waiting_cases(session) == [waits("C1", 2)]


def test_an_alert_waits_for_an_answer_and_is_raised_once(store: Store) -> None:
    due, late = NOW + timedelta(hours=2), NOW + timedelta(hours=3)
    fact = {"customer_id": "C1", "headline": "Outage", "person_ids": ["P2", "P1"], "due_at": due, "now": NOW}
    with store.write() as session:
        assert [alert_answers.expect(session, key, **fact) for key in ("ev1", "ev1", "ep1")] == [True, False, True]
        assert alert_answers.open_alerts(session, NOW) == []
        assert [alert.subject_key for alert in alert_answers.open_alerts(session, late)] == ["ep1", "ev1"]
        assert [alert_answers.mark_raised(session, "ev1", now=late) for _ in range(2)] == [True, False]
        alert_answers.take_back(session, ["ep1", "unknown"], now=late)
        (left,) = alert_answers.open_alerts(session, late)
        assert (left.subject_key, left.person_ids, left.was_raised) == ("ev1", ("P1", "P2"), True)
        assert alert_answers.acknowledge_alert(session, "ev1", who="P1", now=late)
        assert not alert_answers.acknowledge_alert(session, "ev1", who="P2", now=late)
        with pytest.raises(NotInStore, match="no alert unknown"):
            alert_answers.acknowledge_alert(session, "unknown", who="P1", now=late)


def test_a_bookmark_only_moves_forward(store: Store) -> None:
    with store.write() as session:
        assert bookmark(session, "a reader") == 0
        move_bookmark(session, "a reader", 7)
        move_bookmark(session, "a reader", 3)
        assert bookmark(session, "a reader") == 7
        assert bookmark(session, "case mails") == 0, "begun by the migration, at what had happened by then"
