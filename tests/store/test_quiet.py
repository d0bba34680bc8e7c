"""Snoozes end by themselves; what was not told is listed once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contracts.alerting import Quiet, Silenced, Snooze
from contracts.words import MessageKind, OutboxState
from store import outbox, quiet
from store.session import Store
from tests.factories.store import message, put

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)


def a_snooze(days: float, why: str = "agreed") -> Snooze:
    return Snooze("C-1", NOW + timedelta(days=days), why, "P-1")


def test_a_snooze_ends_by_itself_and_the_newest_counts(store: Store) -> None:
    with store.write() as session:
        quiet.snooze(session, a_snooze(3), now=NOW)
        assert quiet.snoozes_at(session, NOW) == {"C-1": a_snooze(3)}
        assert quiet.snoozes_at(session, NOW + timedelta(days=3)) == {}
        quiet.snooze(session, a_snooze(0, "over"), now=NOW)
        assert quiet.snoozes_at(session, NOW) == {}


def test_what_was_not_told_is_listed_once(store: Store) -> None:
    silenced = {"P-1": Silenced(Quiet.SNOOZE, "agreed"), "P-2": Silenced(Quiet.BUDGET, "over 20")}
    fact = {"customer_id": "C-1", "headline": "Lost deal", "silenced": silenced}
    with store.write() as session:
        assert quiet.list_suppressed(session, MessageKind.ALERT_EVENT, "E-1", **fact, now=NOW) == 2
        later = NOW + timedelta(days=1)
        assert quiet.list_suppressed(session, MessageKind.ALERT_EVENT, "E-1", **fact, now=later) == 0
    with store.read() as session:
        rows = quiet.suppressed_since(session, NOW)
        assert [(r.person_id, r.reason, r.words, r.at) for r in rows] == [
            ("P-1", Quiet.SNOOZE, "agreed", NOW),
            ("P-2", Quiet.BUDGET, "over 20", NOW),
        ]
        assert quiet.suppressed_since(session, later) == []
        assert quiet.listed_of(session, ["E-1", "E-2"]) == {("E-1", p): why for p, why in silenced.items()}


def test_mails_that_were_joined_in_another_count_once(store: Store) -> None:
    with store.write() as session:
        for subject in ("E-1", "E-2"):
            put(session, message(kind=MessageKind.ALERT_EVENT, subject_key=subject, person_id="P-1"), now=NOW)
        first, _ = outbox.rows(session)
        outbox.supersede(session, first.outbox_id, by=2, why="joined", now=NOW)
        assert quiet.mails_since(session, [MessageKind.ALERT_EVENT], NOW) == {"P-1": 1}
        assert quiet.mails_since(session, [MessageKind.ALERT_EVENT], NOW + timedelta(seconds=1)) == {}
        assert outbox.counts(session)[OutboxState.SUPERSEDED] == 1
