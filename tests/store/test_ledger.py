from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sqlalchemy.exc import IntegrityError

from contracts.exchange import case_of
from contracts.results import CASES
from contracts.rules import CaseTemplate
from store import ledger
from store.errors import CaseRefused, NotInStore
from store.ledger import EditResult
from store.session import Session, Store
from store.tables import CaseEventRow
from tests.factories.store import NOW, proposal

TEMPLATE = CaseTemplate.model_validate(
    {
        "id": "save",
        "title": "Save",
        "category": "tactical",
        "owner_unit": "sales",
        "goals": {"default": {"hours": 24, "first_response_hours": 4, "severity": "urgent"}},
        "statuses": ["open", "waiting for part", "closed", "closed without success"],
        "closed_statuses": ["closed", "closed without success"],
    }
)


def open_one(session: Session, customer_id: str = "C1", **fields: Any) -> str:
    case_id = ledger.open_case(session, proposal(customer_id, **fields), now=NOW)
    assert case_id is not None
    return case_id


def edit(session: Session, case_id: str, base_version: int, *, who: str = "P1", **changes: Any) -> EditResult:
    return ledger.edit_case(
        session, case_id, changes, who=who, why=None, source="workbook plan.xlsx", base_version=base_version,
        now=NOW + timedelta(hours=1), template=TEMPLATE, source_sha256="ab" * 32,
    )  # fmt: skip


def case(session: Session, case_id: str) -> Any:
    frame = ledger.cases(session)
    return next(row for row in frame.itertuples(index=False) if row.case_id == case_id)


def test_one_case_is_open_per_customer_template_and_reason(store: Store) -> None:
    with store.write() as session:
        first = open_one(session)
        assert first == case_of("C1", "save", "episode-1")
        assert ledger.open_case(session, proposal(), now=NOW) is None
        assert ledger.open_case_id(session, "C1", "save", "episode-1") == first
        open_one(session, reason_key="episode-2")
        open_one(session, "C2")
        edit(session, first, 1, status="closed")
        assert open_one(session) == f"{first}-2"
        assert len(ledger.cases(session)) == 4


def test_a_proposal_may_say_itself_as_a_row_of_a_frame(store: Store) -> None:
    class Proposed:
        def as_row(self) -> dict[str, Any]:
            return {**proposal(), "case_id": "CL-OWN", "due_at": pd.NaT, "owner_id": float("nan"), "row_version": 7}

    with store.write() as session:
        assert ledger.open_case(session, Proposed(), now=NOW, team={"P1": "manager"}, playbook_id="save") == "CL-OWN"
        row = case(session, "CL-OWN")
        assert (row.row_version, row.is_open, row.opened_at) == (1, True, NOW)
        assert pd.isna(row.due_at)
        assert pd.isna(row.owner_id)


def test_a_case_needs_its_reason(store: Store) -> None:
    with pytest.raises(CaseRefused, match="without reason_key, title"), store.write() as session:
        ledger.open_case(session, proposal(reason_key=None, title=""), now=NOW)  # type: ignore[arg-type]


def test_evidence_is_attached_once_and_leaves_the_version_alone(store: Store) -> None:
    with store.write() as session:
        case_id = open_one(session)
        assert ledger.attach_evidence(session, case_id, key="event-9", headline="Severity 1", source="run", now=NOW)
        assert not ledger.attach_evidence(session, case_id, key="event-9", headline="Severity 1", source="run", now=NOW)
        assert case(session, case_id).row_version == 1
        assert [event.kind for event in ledger.case_history(session, case_id)] == ["opened", "evidence"]


def test_an_edit_is_an_event_with_before_and_after_who_and_from_which_file(store: Store) -> None:
    with store.write() as session:
        case_id = open_one(session)
        result = edit(session, case_id, 1, owner_id="P2", due_at=NOW + timedelta(days=2), note="")
        _, event = ledger.case_history(session, case_id)
    assert result == EditResult(
        case_id, 2, applied={"owner_id": "P2", "due_at": NOW + timedelta(days=2)}, unchanged=("note",)
    )
    assert event.before == {"owner_id": "P1", "due_at": NOW + timedelta(hours=24)}
    assert event.after == {"owner_id": "P2", "due_at": NOW + timedelta(days=2)}
    assert (event.who, event.source, event.source_sha256) == ("P1", "workbook plan.xlsx", "ab" * 32)
    assert (event.base_version, event.row_version, event.at) == (1, 2, NOW + timedelta(hours=1))


def test_the_same_edit_twice_is_a_no_op(store: Store) -> None:
    with store.write() as session:
        case_id = open_one(session)
        edit(session, case_id, 1, status="closed", outcome="renewed")
        events = ledger.last_event_number(session)
        again = edit(session, case_id, 1, status="closed", outcome="renewed")
        assert (again.applied, again.conflicts, again.unchanged) == ({}, (), ("outcome", "status"))
        assert ledger.last_event_number(session) == events


def test_two_people_editing_one_version_keep_both_sides(store: Store) -> None:
    with store.write() as session:
        case_id = open_one(session)
        edit(session, case_id, 1, who="P1", owner_id="P7", note="called them")
        result = edit(session, case_id, 1, who="P2", owner_id="P8", outcome="renewed")
        (conflict,) = result.conflicts
        row = case(session, case_id)
    # what nobody else touched is applied, the disputed field is not overwritten
    assert result.applied == {"outcome": "renewed"}
    assert (conflict.field, conflict.standing, conflict.wanted, conflict.changed_by) == ("owner_id", "P7", "P8", "P1")
    assert (row.owner_id, row.outcome, row.note, row.row_version) == ("P7", "renewed", "called them", 3)
    with store.write() as session:
        number = ledger.last_event_number(session)
        edit(session, case_id, 1, who="P2", owner_id="P8", outcome="renewed")
        assert ledger.last_event_number(session) == number
        kept = ledger.case_history(session, case_id)[-1]
    assert (kept.kind, kept.before, kept.refused) == ("conflict", {"owner_id": "P7"}, {"owner_id": "P8"})


def test_an_edit_made_on_the_newest_version_wins(store: Store) -> None:
    with store.write() as session:
        case_id = open_one(session)
        edit(session, case_id, 1, owner_id="P7")
        assert edit(session, case_id, 2, who="P2", owner_id="P8").applied == {"owner_id": "P8"}


def test_statuses_of_the_template_open_close_and_reopen(store: Store) -> None:
    with store.write() as session:
        case_id = open_one(session)
        edit(session, case_id, 1, status="waiting for part")
        assert case(session, case_id).is_open
        edit(session, case_id, 2, status="closed without success")
        row = case(session, case_id)
        assert (row.is_open, row.closed_at) == (False, NOW + timedelta(hours=1))
        edit(session, case_id, 3, status="open")
        row = case(session, case_id)
        assert row.is_open
        assert pd.isna(row.closed_at)
        kinds = [event.kind for event in ledger.case_history(session, case_id)]
    assert kinds == ["opened", "edited", "closed", "reopened"]


def test_a_closed_case_is_not_reopened_beside_an_open_one(store: Store) -> None:
    with store.write() as session:
        first = open_one(session)
        edit(session, first, 1, status="closed")
        second = open_one(session)
        with pytest.raises(CaseRefused, match=f"{second} is open"):
            edit(session, first, 2, status="open")


@pytest.mark.parametrize(
    ("changes", "base_version", "said"),
    [
        ({"status": "done"}, 1, "waiting for part"),
        ({"row_version": 9}, 1, "cannot be edited"),
        ({"is_open": False}, 1, "cannot be edited"),
        ({"owner_id": "P2"}, 2, "version 2 does not exist"),
        ({"owner_id": "P2"}, 0, "version 0 does not exist"),
        ({"due_at": "2026-12-01"}, 1, "instant"),
        ({"due_at": NOW.replace(tzinfo=None)}, 1, "time zone"),
        ({"status": ""}, 1, "status"),
    ],
)
def test_what_a_case_cannot_take_is_refused_in_words(
    store: Store, changes: dict[str, Any], base_version: int, said: str
) -> None:
    with store.write() as session:
        case_id = open_one(session)
        with pytest.raises(CaseRefused, match=said):
            edit(session, case_id, base_version, **changes)
        assert ledger.last_event_number(session) == 1


def test_a_case_whose_template_left_the_policy_is_closed_by_closed(store: Store) -> None:
    with store.write() as session:
        case_id = open_one(session)
        ledger.edit_case(
            session, case_id, {"status": "closed"}, who="P1", why="tidy", source="command", base_version=1, now=NOW
        )
        assert not case(session, case_id).is_open


def test_an_unknown_case_is_named(store: Store) -> None:
    with pytest.raises(NotInStore, match="CL-NONE"), store.write() as session:
        edit(session, "CL-NONE", 1, note="x")


def test_escalation_happens_once_per_step_and_not_after_closing(store: Store) -> None:
    def up(step: int) -> bool:
        return ledger.escalate(session, case_id, step=step, why="goal passed", source="daily", now=NOW)

    with store.write() as session:
        case_id = open_one(session)
        assert [up(1), up(1), up(2), up(1)] == [True, False, True, False]
        edit(session, case_id, 3, status="closed")
        assert not up(3)
        assert case(session, case_id).escalation_step == 2


def test_overdue_and_unanswered_cases_by_the_clock_that_is_passed_in(store: Store) -> None:
    with store.write() as session:
        late = open_one(session, "C1")
        later = open_one(session, "C2", due_at=NOW + timedelta(hours=12))
        open_one(session, "C3", due_at=None)
        closed = open_one(session, "C4")
        edit(session, closed, 1, status="closed")
        assert ledger.overdue(session, NOW).empty
        assert list(ledger.overdue(session, NOW + timedelta(hours=25))["case_id"]) == [later, late]
        assert ledger.acknowledge(session, late, who="P1", source="mail", now=NOW)
        assert not ledger.acknowledge(session, late, who="P2", source="mail", now=NOW)
        waiting = ledger.unanswered(session, NOW + timedelta(hours=5))
        assert list(waiting["customer_id"]) == ["C2", "C3"]


def test_any_past_state_is_rebuilt_exactly(store: Store) -> None:
    states: dict[int, pd.DataFrame] = {}

    def remember() -> None:
        states[ledger.last_event_number(session)] = ledger.cases(session)

    with store.write() as session:
        remember()
        first = open_one(session)
        remember()
        open_one(session, "C2", due_at=NOW.replace(microsecond=123456))
        remember()
        edit(session, first, 1, status="waiting for part", note="größer \N{SNOWMAN}")
        remember()
        ledger.escalate(session, first, step=1, why="late", source="daily", now=NOW)
        ledger.attach_evidence(session, first, key="e", headline="h", source="run", now=NOW)
        remember()
        edit(session, first, 1, status="closed", outcome="renewed")
        remember()
    with store.read() as session:
        for number, frame in states.items():
            assert_frame_equal(ledger.cases(session, upto=number), frame, check_exact=True)
    assert_frame_equal(states[0], CASES.empty())


def test_a_rolled_back_transaction_leaves_no_gap(store: Store) -> None:
    with store.write() as session:
        open_one(session, "C1")
    with pytest.raises(CaseRefused), store.write() as session:
        edit(session, open_one(session, "C2"), 9, note="no such version")
    with store.write() as session:
        open_one(session, "C3")
        assert [event.number for event in ledger.case_history(session)] == [1, 2]
        assert [event.number for event in ledger.case_history(session, after=1)] == [2]


def test_the_same_file_returned_twice_is_one_return(store: Store) -> None:
    with store.write() as session:
        assert ledger.mark_return(
            session, "ab" * 32, name="plan.xlsx", came_by="file", now=NOW, week="2026-W47", summary={"applied": 3}
        )
    with store.write() as session:
        assert not ledger.mark_return(session, "ab" * 32, name="Copy of plan.xlsx", came_by="file", now=NOW)


def test_foreign_keys_are_enforced(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(
            CaseEventRow(number=1, case_id="CL-NONE", kind="opened", at=NOW, who="x", source="y", row_version=1)
        )
