from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from contracts.exchange import Receipt
from contracts.words import MessageKind, OutboxState
from store import outbox
from store.errors import ContentChanged, NotInStore, StoreError
from store.session import Session, Store
from tests.factories.store import NOW, message, minutes, put

ALERT = MessageKind.ALERT_CRITICAL


def receipt(outbox_id: int, *, at: datetime = NOW, **fields: object) -> Receipt:
    said = {"is_sent": False, "host": "mx", "step": "RCPT", "code": 450, "text": "try later", **fields}
    return Receipt(outbox_id=outbox_id, at=at, **said)  # type: ignore[arg-type]


def claim(
    session: Session, *, now: datetime = NOW, owner: str = "a:1", limit: int = 10, lease_seconds: float = 60
) -> list[int]:
    parcels = outbox.claim_due(session, now=now, owner=owner, limit=limit, lease_seconds=lease_seconds)
    return [parcel.outbox_id for parcel in parcels]


def state_of(store: Store, outbox_id: int) -> OutboxState:
    with store.read() as session:
        return next(row.state for row in outbox.rows(session) if row.outbox_id == outbox_id)


def test_the_same_message_twice_is_one_row(store: Store) -> None:
    with store.write() as session:
        first = put(session)
    with store.write() as session:
        again = put(session)
    assert first.is_new
    assert not again.is_new
    assert again.outbox_id == first.outbox_id


def test_the_same_key_with_other_content_is_refused_and_changes_nothing(store: Store) -> None:
    with store.write() as session:
        put(session)
    with pytest.raises(ContentChanged, match="--revise"), store.write() as session:
        put(session, message(text="Another week."))
    with store.read() as session:
        assert len(outbox.rows(session)) == 1


def test_a_revision_supersedes_what_has_not_left_and_leaves_what_has(store: Store) -> None:
    with store.write() as session:
        waiting = put(session)
        gone = put(session, message(person_id="P2"))
    with store.write() as session:
        claim(session)
        outbox.hand_back(session, [waiting.outbox_id], "a:1", now=NOW)
        outbox.record(session, receipt(gone.outbox_id, is_sent=True, code=250), now=NOW)
    with store.write() as session:
        put(session, message(revision=1, text="Corrected."))
        put(session, message(person_id="P2", revision=1, text="Corrected."))
    assert state_of(store, waiting.outbox_id) is OutboxState.SUPERSEDED
    assert state_of(store, gone.outbox_id) is OutboxState.SENT


def test_a_message_id_belongs_to_one_message(store: Store) -> None:
    with store.write() as session:
        put(session)
    with pytest.raises(StoreError, match="ids must be unique"), store.write() as session:
        outbox.enqueue(
            session,
            message(person_id="P2"),
            eml=b"",
            sender="a@b.example",
            message_id=f"<{message().message_id_local}@borealis.example>",
            not_before=None,
            state=OutboxState.PENDING,
            content_sha256="0",
            now=NOW,
        )


def test_bytes_come_back_as_they_were_frozen(store: Store) -> None:
    with store.write() as session:
        put(session, message(text="Größe \N{SNOWMAN} \x00 \r\n."))
    with store.write() as session:
        (parcel,) = outbox.claim_due(session, now=NOW, owner="a:1", limit=1, lease_seconds=60)
    assert parcel.eml == b"To: p1@borealis.example\r\n\r\n" + "Größe \N{SNOWMAN} \x00 \r\n.".encode()
    assert parcel.key == message().key
    assert (parcel.sender, parcel.recipient, parcel.attempts) == ("reports@borealis.example", "p1@borealis.example", 1)


def test_alerts_are_claimed_before_packs_and_nothing_before_its_time(store: Store) -> None:
    with store.write() as session:
        pack = put(session)
        later = put(session, message(person_id="P2"), not_before=NOW + minutes(30))
        alert = put(session, message(kind=ALERT, subject_key="episode-1"), now=NOW + timedelta(seconds=1))
        held = put(session, message(person_id="P3"), state=OutboxState.HELD)
    with store.write() as session:
        assert claim(session, now=NOW + minutes(1)) == [alert.outbox_id, pack.outbox_id]
    with store.write() as session:
        assert claim(session, now=NOW + minutes(30)) == [later.outbox_id]
    assert state_of(store, held.outbox_id) is OutboxState.HELD


def test_a_claimed_message_is_not_claimed_again(store: Store) -> None:
    with store.write() as session:
        put(session)
    with store.write() as session:
        assert len(claim(session, owner="a:1")) == 1
    with store.write() as session:
        assert claim(session, owner="b:2", now=NOW + minutes(1000)) == []


def test_a_sender_whose_lease_is_over_may_not_pass_the_dot(store: Store) -> None:
    with store.write() as session:
        put(session)
    with store.write() as session:
        (outbox_id,) = claim(session, owner="a:1", lease_seconds=60)
        assert outbox.holds_lease(session, outbox_id, "a:1")
        assert not outbox.holds_lease(session, outbox_id, "b:2")
        assert outbox.renew_lease(session, outbox_id, "a:1", now=NOW, lease_seconds=600)
        assert not outbox.renew_lease(session, outbox_id, "b:2", now=NOW, lease_seconds=600)
    with store.write() as session:
        outbox.in_doubt(session, NOW + minutes(11))
        assert not outbox.renew_lease(session, outbox_id, "a:1", now=NOW + minutes(11), lease_seconds=600)
    with store.read() as session:
        assert not outbox.holds_lease(session, outbox_id, "a:1")
        assert not outbox.holds_lease(session, 4711, "a:1")


def test_a_sender_killed_between_claim_and_record_leaves_the_message_in_doubt(store: Store) -> None:
    with store.write() as session:
        put(session)
    with store.write() as session:
        (outbox_id,) = claim(session, owner="dead:1", lease_seconds=60)
    with store.write() as session:
        assert outbox.in_doubt(session, NOW + timedelta(seconds=59)) == []
    with store.write() as session:
        (doubt,) = outbox.in_doubt(session, NOW + minutes(1))
    parcel = doubt.parcel
    assert (parcel.outbox_id, doubt.since) == (outbox_id, NOW + minutes(1))
    assert state_of(store, outbox_id) is OutboxState.UNKNOWN
    with store.write() as session:
        assert claim(session, now=NOW + minutes(10)) == []
        # the acceptor does not have it: it leaves at the next dispatch, the same bytes
        assert outbox.settle(
            session, outbox_id, is_sent=False, now=NOW + minutes(2), who="b:2", why="not at the acceptor"
        )
    with store.write() as session:
        (again,) = outbox.claim_due(session, now=NOW + minutes(2), owner="b:2", limit=1, lease_seconds=60)
    assert (again.eml, again.message_id) == (parcel.eml, parcel.message_id)


def test_a_message_that_the_acceptor_has_is_sent_and_settled_once(store: Store) -> None:
    with store.write() as session:
        put(session)
    with store.write() as session:
        (outbox_id,) = claim(session)
        in_doubt = receipt(outbox_id, is_in_doubt=True, step="dot", code=-1, text="connection lost")
        assert outbox.record(session, in_doubt, now=NOW, owner="a:1") is OutboxState.UNKNOWN
    with store.write() as session:
        assert outbox.settle(session, outbox_id, is_sent=True, now=NOW, who="b:2", why="seen at the acceptor")
        assert not outbox.settle(session, outbox_id, is_sent=False, now=NOW, who="b:2", why="a second opinion")
    assert state_of(store, outbox_id) is OutboxState.SENT


def test_temporary_refusals_wait_longer_each_time_and_end_after_48_hours(store: Store) -> None:
    with store.write() as session:
        put(session)
    now, waits = NOW, []
    for _ in range(200):
        with store.write() as session:
            (outbox_id,) = claim(session, now=now)
            state = outbox.record(session, receipt(outbox_id, at=now), now=now, owner="a:1")
            (row,) = outbox.rows(session)
        if state is OutboxState.FAILED:
            break
        waits.append((row.next_at - now) / minutes(1))
        now = row.next_at
    for planned, wait in zip((1, 5, 15, 60, 60, 60), waits, strict=False):
        assert planned <= wait <= planned * 1.1
    assert max(waits) <= 66
    assert timedelta(hours=46) < now - NOW <= timedelta(hours=48)
    assert row.why == "given up after 48 hours"


def test_jitter_comes_from_the_key_alone(store: Store) -> None:
    with store.write() as session:
        for person in ("P1", "P2", "P3", "P4"):
            put(session, message(person_id=person))
        for outbox_id in claim(session):
            outbox.record(session, receipt(outbox_id), now=NOW)
        moments = [row.next_at for row in outbox.rows(session)]
    assert len(set(moments)) > 1
    assert all(minutes(1) <= moment - NOW <= minutes(1.1) for moment in moments)


def test_a_permanent_refusal_fails_at_once_and_only_an_operator_sends_it_again(store: Store) -> None:
    with store.write() as session:
        put(session)
        (outbox_id,) = claim(session)
        refusal = receipt(outbox_id, is_permanent=True, code=550, text="no such user\x00\ud800")
        assert outbox.record(session, refusal, now=NOW) is OutboxState.FAILED
    with store.write() as session:
        assert claim(session, now=NOW + timedelta(days=3)) == []
        assert outbox.resend(session, who="ops", why="address mended", now=NOW, outbox_ids=[outbox_id]) == 1
        assert claim(session, now=NOW) == [outbox_id]
        (row,) = outbox.rows(session)
    assert (row.last_code, row.last_text) == (550, "no such user?")


def test_sent_is_the_end(store: Store) -> None:
    with store.write() as session:
        put(session)
        (outbox_id,) = claim(session)
        outbox.record(session, receipt(outbox_id, is_sent=True, code=250), now=NOW)
        assert outbox.record(session, receipt(outbox_id, is_permanent=True), now=NOW) is OutboxState.SENT
        assert outbox.resend(session, who="ops", why="again", now=NOW) == 0
        assert outbox.release(session, who="ops", why="again", now=NOW) == 0
        assert claim(session, now=NOW + timedelta(days=1)) == []


def test_a_fenced_sender_changes_nothing_unless_the_message_left(store: Store) -> None:
    with store.write() as session:
        put(session)
        (outbox_id,) = claim(session, owner="slow:1", lease_seconds=60)
    with store.write() as session:
        outbox.in_doubt(session, NOW + minutes(2))
        outbox.settle(session, outbox_id, is_sent=False, now=NOW + minutes(3), who="fast:2", why="not seen")
        claim(session, owner="fast:2", now=NOW + minutes(3))
    with store.write() as session:
        refusal = receipt(outbox_id, is_permanent=True)
        assert outbox.record(session, refusal, now=NOW + minutes(4), owner="slow:1") is OutboxState.SENDING
        assert outbox.holds_lease(session, outbox_id, "fast:2")
        left = receipt(outbox_id, is_sent=True, code=250)
        assert outbox.record(session, left, now=NOW + minutes(4), owner="slow:1") is OutboxState.SENT
        assert not outbox.holds_lease(session, outbox_id, "fast:2")


def test_messages_handed_back_count_no_attempt(store: Store) -> None:
    with store.write() as session:
        put(session)
        (outbox_id,) = claim(session)
        assert outbox.hand_back(session, [outbox_id], "b:2", now=NOW) == 0
        assert outbox.hand_back(session, [outbox_id], "a:1", now=NOW) == 1
        (row,) = outbox.rows(session)
        assert (row.state, row.attempts) == (OutboxState.PENDING, 0)


def test_release_lets_a_weeks_packs_go_and_keeps_their_hour(store: Store) -> None:
    with store.write() as session:
        put(session, state=OutboxState.HELD)
        put(session, message(person_id="P2"), state=OutboxState.HELD, not_before=NOW + minutes(90))
        put(session, message(subject_key="2026-W46|exec"), state=OutboxState.HELD)
        released = outbox.release(session, who="ops", why="approved", now=NOW + minutes(5), subject_prefix="2026-W47|")
        assert released == 2
        assert [row.next_at for row in outbox.rows(session, states=[OutboxState.PENDING])] == [
            NOW + minutes(5),
            NOW + minutes(90),
        ]
        assert outbox.hold(session, who="ops", why="wait", now=NOW, kinds=[MessageKind.PACK]) == 2
        assert outbox.counts(session)[OutboxState.HELD] == 3
        assert outbox.counts(session)[OutboxState.SENT] == 0


def test_a_prefix_with_wildcards_is_meant_as_written(store: Store) -> None:
    with store.write() as session:
        put(session, message(subject_key="a%c|x"))
        put(session, message(subject_key="abc|x"))
        assert [row.subject_key for row in outbox.rows(session, subject_prefix="a%c")] == ["a%c|x"]


def test_already_told_names_pairs(store: Store) -> None:
    with store.write() as session:
        put(session, message(kind=ALERT, subject_key="episode-1"))
        told = outbox.already_told(session, ALERT, ["episode-1", "episode-2"])
        assert told == {("episode-1", "P1")}
        assert outbox.already_told(session, ALERT, ["episode-1"], revision=1) == frozenset()


def test_every_attempt_and_decision_is_in_the_log_for_good(store: Store) -> None:
    with store.write() as session:
        outbox_id = put(session, state=OutboxState.HELD).outbox_id
        outbox.release(session, who="ops", why="approved", now=NOW)
        claim(session)
        outbox.record(session, receipt(outbox_id), now=NOW, owner="a:1")
        claim(session, now=NOW + minutes(2), owner="b:2")
        outbox.in_doubt(session, NOW + minutes(9))
        outbox.settle(session, outbox_id, is_sent=True, now=NOW + minutes(9), who="c:3", why="seen")
    with store.read() as session:
        log = [(line.step, line.code, line.who) for line in outbox.send_log(session, outbox_id)]
    assert log == [
        ("held -> pending", 0, "ops"),
        ("RCPT", 450, "a:1"),
        ("lease expired", 0, "b:2"),
        ("settled as sent", 0, "c:3"),
    ]


def test_an_unknown_message_is_named(store: Store) -> None:
    with pytest.raises(NotInStore, match="4711"), store.write() as session:
        outbox.record(session, receipt(4711), now=NOW)
