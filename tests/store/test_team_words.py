"""What teams say and do beside the ledger: steps of plans, feedback about accounts, requests."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from store import action_status, feedback, requests
from store.errors import CaseRefused, NotInStore
from store.requests import Decision, RequestKind
from store.session import Session, Store
from tests.factories.store import NOW


def step(session: Session, changes: dict[str, Any], *, who: str = "P1", base: int = 0) -> action_status.StepResult:
    return action_status.edit_step(
        session, "a1", changes, customer_id="C1", who=who, source="workbook", base_version=base, now=NOW
    )


def test_a_step_nobody_touched_has_no_row_and_an_edit_is_an_event(store: Store) -> None:
    with store.write() as session:
        assert action_status.action_status(session).empty
        assert step(session, {"status": "done", "due_on": date(2026, 12, 1)}).row_version == 1
        again = step(session, {"status": "done", "due_on": date(2026, 12, 1)})
        assert (again.row_version, again.applied) == (1, {})
        (row,) = action_status.action_status(session).to_dict("records")
    assert (row["status"], row["due_on"], row["row_version"]) == ("done", pd.Timestamp("2026-12-01"), 1)


def test_two_people_at_one_step_keep_both_sides(store: Store) -> None:
    with store.write() as session:
        step(session, {"status": "done"})
        other = step(session, {"status": "skipped", "why": "no longer needed"}, who="P2")
        assert (other.applied, other.conflicts) == ({"why": "no longer needed"}, {"status": "skipped"})
        assert step(session, {"status": "skipped"}, who="P2", base=2).applied == {"status": "skipped"}


@pytest.mark.parametrize(
    ("changes", "base", "said"),
    [
        ({"status": "finished"}, 0, "todo, done, skipped"),
        ({"status": "skipped"}, 0, "say why"),
        ({"row_version": 3}, 0, "cannot be edited"),
        ({"status": "done"}, 1, "version 1 does not exist"),
    ],
)
def test_what_a_step_cannot_take_is_refused_in_words(
    store: Store, changes: dict[str, Any], base: int, said: str
) -> None:
    with pytest.raises(CaseRefused, match=said), store.write() as session:
        step(session, changes, base=base)


def test_a_step_that_the_team_adds_is_one_step_however_often_the_file_comes(store: Store) -> None:
    with store.write() as session:
        ids = {
            action_status.add_step(
                session, "C1", "Ask the buyer", who="P1", source="workbook", now=NOW + timedelta(hours=n),
                source_sha256="ab" * 32,
            )
            for n in range(2)
        }  # fmt: skip
        (row,) = action_status.action_status(session).to_dict("records")
        assert ids == {row["action_id"]}
        assert (row["status"], row["action"], row["added_by"]) == ("todo", "Ask the buyer", "P1")
        with pytest.raises(CaseRefused, match="what to do"):
            action_status.add_step(session, "C1", " ", who="P1", source="workbook", now=NOW)


def test_feedback_is_kept_once_with_author_and_date(store: Store) -> None:
    said = {"author_id": "P1", "score": 4, "comment": "Calm", "source": "workbook", "source_sha256": "ab" * 32}
    with store.write() as session:
        given = [feedback.give_feedback(session, "C1", now=NOW + timedelta(days=n), **said) for n in range(2)]
        assert given == [True, False]
        (row,) = feedback.account_feedback(session).to_dict("records")
        assert (row["customer_id"], row["author_id"], row["perceived_quality_score"], row["given_at"]) == (
            "C1", "P1", 4.0, NOW
        )  # fmt: skip
        for wrong, words in (({"score": 6}, "from 1 to 5"), ({"score": None, "comment": None}, "needs a score")):
            with pytest.raises(CaseRefused, match=words):
                feedback.give_feedback(session, "C1", now=NOW, **(said | wrong))


def test_a_request_is_decided_once_by_somebody_for_a_reason(store: Store) -> None:
    with store.write() as session:
        number = requests.ask(session, RequestKind.SIGNAL, "late parts", who="P1", now=NOW)
        assert [request.request_id for request in requests.requests(session, open_only=True)] == [number]
        done = requests.decide_request(session, number, Decision.GRANTED, who="P7", reason="next month", now=NOW)
        assert (done.decision, done.decided_by, done.decided_at, done.reason) == ("granted", "P7", NOW, "next month")
        assert requests.requests(session, open_only=True) == []
        with pytest.raises(CaseRefused, match="was granted by P7"):
            requests.decide_request(session, number, Decision.DECLINED, who="P8", reason="no", now=NOW)
        with pytest.raises(NotInStore, match="no request 99"):
            requests.decide_request(session, 99, Decision.DECLINED, who="P8", reason="no", now=NOW)
        with pytest.raises(CaseRefused, match="what is wanted"):
            requests.ask(session, RequestKind.ACCESS, " ", who="P1", now=NOW)
