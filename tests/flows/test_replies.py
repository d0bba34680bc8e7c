"""Replies to mails about cases: the first line acts, the seal and the sender decide, nothing twice."""

from __future__ import annotations

import pytest

from contracts.exchange import reply_seal
from contracts.words import MessageKind
from flows.readers import current_readers
from store import ledger, outbox
from tests.factories.workspaces import Story
from tests.flows.test_returned_workbooks import case_now, handed_back, mailed, reading_replies

pytestmark = pytest.mark.xdist_group("told")


def an_owner(story: Story) -> tuple[str, str, str, int]:
    """An open case: its id, its owner's address, the address to reply to, the version."""
    reading_replies(story)
    with story.run() as run:
        with run.store.read() as session:
            cases = ledger.cases(session)
        case = cases[cases["is_open"] & cases["owner_id"].notna()].iloc[0]
        owner, version = str(case["owner_id"]), int(case["row_version"])
        seal = reply_seal(str(case["case_id"]), version, owner, run.settings.token_key)
        address = str(current_readers(run)[1].readers[owner].address)
    return str(case["case_id"]), address, f"reply+{case['case_id']}.{version}.{seal}@borealis.example", version


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("pending\n\nOn Monday you wrote:\n> close: no", "status", "pending customer"),
        ("close: solved on the phone", "outcome", "solved on the phone"),
        ("Called them, they wait for the part.\n-- \nAnn", "note", "Called them, they wait for the part."),
    ],
)
def test_the_first_line_acts(onward: Story, text: str, field: str, value: str) -> None:
    case_id, address, to, _ = an_owner(onward)
    mailed(onward, address, to=to, text=text)
    assert "0 refused, 0 conflicting" in handed_back(onward)
    now = case_now(onward, case_id)
    assert now[field] == value
    assert now["acknowledged_at"] is not None
    mailed(onward, address, to=to, text=text)  # the same mail once more
    assert "came before" in handed_back(onward)


def test_a_bad_order_is_refused_in_words_and_the_rest_holds(onward: Story) -> None:
    case_id, address, to, _ = an_owner(onward)
    mailed(onward, address, to=to, text="owner: Nobody Known\nPlease take over")
    assert "2 applied, 1 refused" in handed_back(onward)
    assert case_now(onward, case_id)["note"] == "Please take over"


def test_a_reply_of_somebody_else_matches_nothing_and_goes_to_the_operator(onward: Story) -> None:
    case_id, _, to, version = an_owner(onward)
    mailed(onward, "stranger@elsewhere.example", to=to, text="done")
    assert "matches nothing" in handed_back(onward)
    assert case_now(onward, case_id)["row_version"] == version
    with onward.run() as run, run.store.read() as session:
        told = outbox.rows(session, kinds=[MessageKind.OPERATOR], subject_prefix="reply|")
    assert len(told) == 1
