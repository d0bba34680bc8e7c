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
)
_histories = st.lists(st.tuples(_acts, st.sampled_from(["once", "twice", "crash", "crash, then again"])), max_size=12)


def play(session: Session, act: tuple[Any, ...]) -> None:
    if act[0] == "open":
        ledger.open_case(session, proposal(act[1], reason_key=act[2]), now=NOW)
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


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
        assert event.after or event.refused or event.kind == "evidence"
