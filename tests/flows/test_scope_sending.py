"""At the moment of sending the reader is judged anew: leavers, movers and unknown domains are held, alerts go on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from contracts.exchange import Parcel
from contracts.words import MessageKind, OutboxState
from delivery.addressing import address
from flows.run import Run, opened
from flows.sending.recheck import Permission, held_now
from flows.sending.tell import enqueue, seal
from scoring.org import org_chart
from store import outbox
from tests.factories.delivery import assignments, customers, message, people, rules
from tests.factories.workspaces import a_company, a_workspace

STAFF = (("BOSS", "executive", None, None), ("LEAD", "director", "sales", "BOSS"), ("ANN", "individual", "sales", "LEAD"))  # fmt: skip
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path):  # type: ignore[no-untyped-def]
    with opened(a_workspace(tmp_path / "workspace", a_company()), clock=lambda: NOW) as run:
        yield run


def permission(run: Run, *owners: tuple[str, str], **changes: dict[str, Any]) -> Permission:
    """Who may get what, by this org chart instead of a published week's."""
    staff, owned = people(*STAFF, **changes), assignments(*owners)
    policy = run.policy.model_copy(update={"audiences": rules(allowed_domains=["borealis.example"])})
    addressing = address(staff, owned, customers("C1", "C2"), policy.audiences, as_of=NOW)
    found = Permission(run)
    audiences = {audience.audience_id: audience for audience in addressing.audiences}
    found.__dict__["_now"] = (policy, addressing, audiences, staff)
    found.__dict__["chart"] = org_chart(staff, owned, as_of=NOW.date())
    return found


def due(run: Run, **changes: Any) -> Parcel:
    """An alert about C1 to Ann, claimed by this sender."""
    told = message(
        kind=MessageKind.ALERT_EVENT, subject_key="an-event", person_id="ANN", to_name="Ada ANN",
        to_address="ann@borealis.example", customer_ids=("C1",), **changes,
    )  # fmt: skip
    with run.store.write() as session:
        enqueue(session, run, [seal(run, told)])
        (parcel,) = outbox.claim_due(session, now=NOW, owner="me", limit=9, lease_seconds=60)
    return parcel


def rows(run: Run) -> list[outbox.OutboxRecord]:
    with run.store.read() as session:
        return outbox.rows(session)


def test_whoever_may_still_see_it_gets_it(run: Run) -> None:
    parcel = due(run)
    assert not held_now(run, permission(run, ("C1", "ANN")), parcel, "me")
    assert [row.state for row in rows(run)] == [OutboxState.SENDING]


@pytest.mark.parametrize(
    ("owners", "changes", "why"),
    [
        ((("C1", "LEAD"),), {"ANN": {"left_on": pd.Timestamp("2026-11-20")}}, "has left"),
        ((("C1", "LEAD"), ("C2", "ANN")), {}, "may no longer see"),
        ((("C1", "ANN"),), {"ANN": {"email": "ann.new@borealis.example"}}, "another address"),
    ],
)
def test_a_leaver_a_mover_and_an_old_address_are_held_and_the_alert_goes_up(
    run: Run, owners: tuple[tuple[str, str], ...], changes: dict[str, Any], why: str
) -> None:
    parcel = due(run)
    assert held_now(run, permission(run, *owners, **changes), parcel, "me")
    held, told, notice = rows(run)
    assert held.state is OutboxState.HELD
    assert why in (held.why or "")
    assert (told.person_id, told.subject_key, told.state) == ("LEAD", "an-event", OutboxState.PENDING)
    assert notice.kind is MessageKind.OPERATOR


def test_an_alert_nobody_above_may_see_is_told_to_the_operator(run: Run) -> None:
    parcel = due(run)
    assert held_now(run, permission(run, ("C2", "ANN"), BOSS={"left_on": pd.Timestamp("2026-11-20")}), parcel, "me")
    held, notice = rows(run)
    assert held.state is OutboxState.HELD
    assert notice.kind is MessageKind.OPERATOR


def test_a_domain_taken_off_the_list_is_held_unless_the_operator_released_it(run: Run) -> None:
    parcel = due(run)
    current = permission(run, ("C1", "ANN"))
    policy, *rest = current.__dict__["_now"]
    strict = policy.audiences.model_copy(update={"allowed_domains": ["other.example"]})
    current.__dict__["_now"] = (policy.model_copy(update={"audiences": strict}), *rest)
    (row,) = rows(run)
    assert "allowed_domains" in (current.refusal(row, is_released=False) or "")
    assert current.refusal(row, is_released=True) is None
    assert held_now(run, current, parcel, "me")
