"""Whatever is done to cases, in whatever order: the rows are the fold of the events, and none is lost or doubled."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from contracts.casework import MANAGER, Seat, team_as_kept
from store import ledger
from store.errors import CaseRefused
from store.session import Session, Store, open_store
from tests.factories.store import NOW, proposal

Step = Callable[[Session], object]


class Crash(Exception):
    """The process died before COMMIT."""


_texts = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8))
_moments = st.one_of(st.none(), st.integers(0, 10**9).map(lambda n: NOW + timedelta(microseconds=n)))
_changes = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["open", "pending", "closed"]),
        "owner_id": st.sampled_from([None, "P1", "P2", "P3"]),
        "due_at": _moments,
        "note": _texts,
        "outcome": st.sampled_from([None, "", "renewed"]),
    },
)
_acts = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(["C1", "C2"]), st.sampled_from(["r1", "r2"])),
    st.tuples(st.just("edit"), st.integers(0, 5), _changes, st.integers(1, 4), st.sampled_from(["P1", "P2"])),
    st.tuples(st.just("escalate"), st.integers(0, 5), st.integers(1, 3)),
    st.tuples(st.just("evidence"), st.integers(0, 5), st.sampled_from(["e1", "e2"])),
    st.tuples(st.just("acknowledge"), st.integers(0, 5)),
    st.tuples(st.just("unanswered"), st.integers(0, 5), st.sampled_from(["P1", "P7"])),
)
_histories = st.lists(st.tuples(_acts, st.sampled_from(["once", "twice", "crash", "crash, then again"])), max_size=12)


def play(session: Session, act: tuple[Any, ...]) -> None:
    """One act of a history, under the rules of the ledger; what it refuses must leave no trace."""
    if act[0] == "open":
        team = team_as_kept([Seat("Sales", MANAGER, "P1"), Seat("Support", "member", "P2")])
        ledger.open_case(session, proposal(act[1], reason_key=act[2]), now=NOW, team=team)
        return
    ids = list(ledger.cases(session)["case_id"])
    if not ids:
        return
    case_id = ids[act[1] % len(ids)]
    if act[0] == "edit":
        try:
            ledger.edit_case(
                session, case_id, act[2], who=act[4], why=None, source="test", base_version=act[3], now=NOW
            )
        except CaseRefused:
            return
    elif act[0] == "escalate":
        ledger.escalate(session, case_id, step=act[2], why="late", source="test", now=NOW)
    elif act[0] == "evidence":
        ledger.attach_evidence(session, case_id, key=act[2], headline="h", source="test", now=NOW)
    elif act[0] == "unanswered":
        seat = Seat("next level", MANAGER, act[2])
        ledger.raise_unanswered(session, case_id, why="silence", source="test", now=NOW, raised_to=seat)
    else:
        ledger.acknowledge(session, case_id, who="P1", source="test", now=NOW)


def perform(store: Store, act: tuple[Any, ...], how: str) -> None:
    if how.startswith("crash"):
        with suppress(Crash), store.write() as session:
            play(session, act)
            raise Crash
    if how != "crash":
        for _ in range(2 if how == "twice" else 1):
            with store.write() as session:
                play(session, act)


def fresh(url: str, database: str, tmp_path: Path) -> Store:
    if database == "sqlite":
        store = open_store(f"sqlite:///{tmp_path / uuid.uuid4().hex}.sqlite")
        store.migrate()
        return store
    store = open_store(url)
    with store.write() as session:
        session.connection().exec_driver_sql("TRUNCATE case_events, cases CASCADE")
    return store


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=_histories)
def test_cases_are_the_fold_of_their_events(
    url: str, database: str, tmp_path: Path, history: list[tuple[tuple[Any, ...], str]]
) -> None:
    store = fresh(url, database, tmp_path)
    states = {}
    for act, how in history:
        perform(store, act, how)
        with store.read() as session:
            states[ledger.last_event_number(session)] = ledger.cases(session)
    with store.read() as session:
        events = ledger.case_history(session)
        for number, frame in states.items():
            assert_frame_equal(ledger.cases(session, upto=number), frame, check_exact=True)
    store.close()
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    # each value that was ever wanted stands, was replaced by a later event, or is kept as refused
    for event in events:
        assert event.after or event.refused or event.kind in ("evidence", "unanswered")
    assert_each_step_once(events)


def assert_each_step_once(events: list[ledger.CaseEvent]) -> None:
    """Nothing is applied twice: versions count the changes, and what may happen once per case did."""
    by_case: dict[str, list[ledger.CaseEvent]] = {}
    for event in events:
        by_case.setdefault(event.case_id, []).append(event)
    for mine in by_case.values():
        changes = [event for event in mine if event.after]
        assert [event.row_version for event in changes] == list(range(1, len(changes) + 1))
        assert all(event.before != event.after for event in changes), "an edit that changes nothing is no event"
        once = [event.kind for event in mine if event.kind in ("opened", "acknowledged", "unanswered")]
        assert len(once) == len(set(once))
        steps = [event.after["escalation_step"] for event in mine if event.kind == "escalated"]
        assert steps == sorted(set(steps))
        evidence = [event.why for event in mine if event.kind == "evidence"]
        assert len(evidence) <= 2, "each piece once"
        assert all(event.who in ("P1", "P7") for event in mine if event.kind == "closed" and owned(mine))


def owned(events: list[ledger.CaseEvent]) -> bool:
    """Whether only P1 managed the case: nobody was seated or named owner by a manager."""
    return all("team" not in event.after for event in events if event.kind != "opened")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=_histories)
def test_a_history_that_is_killed_anywhere_ends_like_one_that_is_not(
    url: str, database: str, tmp_path: Path, history: list[tuple[tuple[Any, ...], str]]
) -> None:
    """Crashes and repetitions leave the ledger as the same acts leave it, each done once and committed."""
    done = [(act, "once") for act, how in history if how != "crash"]
    plain, rough = ends(url, database, tmp_path, done), ends(url, database, tmp_path, list(history))
    assert rough == plain


def ends(
    url: str, database: str, tmp_path: Path, history: list[tuple[tuple[Any, ...], str]]
) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    store = fresh(url, database, tmp_path)
    for act, how in history:
        perform(store, act, how)
    with store.read() as session:
        events = ledger.case_history(session)
    store.close()
    return [(event.case_id, event.kind, event.after, event.refused) for event in events]
