from __future__ import annotations

from datetime import timedelta

import pytest

from contracts.weeks import Week
from contracts.words import RunKind, RunState
from store import runs
from store.errors import AlreadyPublished, AlreadyRunning, LeaseLost, NotInStore
from store.runs import ClaimedRun
from store.session import Session, Store
from tests.factories.store import NOW

WEEKLY = RunKind.WEEKLY


def claim(session: Session, *, owner: str = "host:1", after: float = 0, subject: str = "2026-W47") -> ClaimedRun:
    return runs.claim(session, WEEKLY, subject, owner=owner, now=NOW + timedelta(seconds=after), lease_seconds=60)


def publish(
    session: Session, week: str, revision: int = 0, *, digest: str = "d", path: str | None = "releases/x"
) -> bool:
    return runs.record_published(
        session,
        week=week,
        revision=revision,
        digest=digest,
        inputs_digest="i",
        path=path,
        inputs_path="var/runs/x/inputs.json",
        now=NOW,
        is_reconstructed=path is None,
    )


def test_a_second_run_of_the_same_subject_is_told_who_works_on_it(store: Store) -> None:
    with store.write() as session:
        claim(session)
    with (
        pytest.raises(AlreadyRunning, match=r"weekly 2026-W47 is already running: owner host:1"),
        store.write() as session,
    ):
        claim(session, owner="host:2", after=59)
    with store.write() as session:
        claim(session, owner="host:2", subject="2026-W48")


def test_even_the_same_owner_does_not_run_twice(store: Store) -> None:
    with store.write() as session:
        claim(session)
        with pytest.raises(AlreadyRunning):
            claim(session)


def test_a_run_is_taken_over_after_its_lease_and_its_former_owner_is_fenced(store: Store) -> None:
    with store.write() as session:
        first = claim(session)
    with store.write() as session:
        second = claim(session, owner="host:2", after=60)
    assert second.took_over == first.run_id
    later = NOW + timedelta(seconds=61)
    with store.write() as session:
        with pytest.raises(LeaseLost, match="taken over by host:2"):
            runs.renew(session, first.run_id, now=later, lease_seconds=60)
        with pytest.raises(LeaseLost):
            runs.advance(session, first.run_id, RunState.RECORDED, now=later)
        with pytest.raises(LeaseLost):
            runs.finish(session, first.run_id, RunState.PUBLISHED, now=later)
        runs.advance(session, second.run_id, RunState.RECORDED, now=later)


def test_a_living_owner_keeps_an_expired_lease(store: Store) -> None:
    with store.write() as session:
        claim(session)
    with pytest.raises(AlreadyRunning), store.write() as session:
        runs.claim(
            session, WEEKLY, "2026-W47", owner="host:2", now=NOW + timedelta(hours=1), lease_seconds=60,
            is_alive=lambda owner: owner == "host:1",
        )  # fmt: skip


def test_a_heartbeat_keeps_the_lease(store: Store) -> None:
    with store.write() as session:
        run = claim(session)
        until = runs.renew(session, run.run_id, now=NOW + timedelta(seconds=50), lease_seconds=60)
    assert until == NOW + timedelta(seconds=110)
    with pytest.raises(AlreadyRunning), store.write() as session:
        claim(session, owner="host:2", after=109)


def test_a_finished_run_makes_room_and_is_remembered(store: Store) -> None:
    with store.write() as session:
        run = claim(session)
        runs.finish(session, run.run_id, RunState.PUBLISHED, now=NOW, summary={"customers": 200})
        runs.finish(session, run.run_id, RunState.PUBLISHED, now=NOW, summary={"customers": 200})
    with store.write() as session:
        again = claim(session, after=1)
        newest, oldest = runs.runs(session, 10)
    assert again.took_over is None
    assert (newest.state, oldest.state, oldest.summary) == (RunState.RUNNING, RunState.PUBLISHED, {"customers": 200})
    with store.read() as session:
        assert runs.runs(session, 10, kind=RunKind.ALERTS) == []
        assert len(runs.runs(session, 1)) == 1


def test_an_unknown_run_is_named(store: Store) -> None:
    with pytest.raises(NotInStore, match="99"), store.write() as session:
        runs.renew(session, 99, now=NOW, lease_seconds=1)


def test_a_published_revision_is_immutable(store: Store) -> None:
    with store.write() as session:
        assert publish(session, "2026-W47")
        assert not publish(session, "2026-W47")
        with pytest.raises(AlreadyPublished, match="--revise"):
            publish(session, "2026-W47", digest="other")
        with pytest.raises(AlreadyPublished, match="next revision is 1, not 2"):
            publish(session, "2026-W47", 2)
        with pytest.raises(AlreadyPublished, match="next revision is 0"):
            publish(session, "2026-W48", 1)
        assert publish(session, "2026-W47", 1, digest="other")


def test_the_last_good_week_is_the_newest_before_in_its_newest_revision(store: Store) -> None:
    with store.write() as session:
        for week in ("2025-W52", "2026-W02", "2026-W47"):
            publish(session, week)
        publish(session, "2026-W02", 1, digest="d1", path=None)
    with store.read() as session:
        assert runs.last_published_before(session, Week.parse("2025-W52")) is None
        before = runs.last_published_before(session, Week.parse("2026-W47"))
        newest = runs.last_published(session)
        standing = runs.published(session, "2026-W02")
        first = runs.published(session, "2026-W02", revision=0)
        assert runs.published(session, "2026-W03") is None
        weeks = [(week.week, week.revision) for week in runs.published_weeks(session)]
        assert [week.week for week in runs.published_weeks(session, before="2026-W47")] == ["2025-W52", "2026-W02"]
    assert before is not None
    assert (before.week, before.revision, before.path, before.is_reconstructed) == ("2026-W02", 1, None, True)
    assert standing == before
    assert first is not None
    assert (first.digest, first.path) == ("d", "releases/x")
    assert newest is not None
    assert newest.week == "2026-W47"
    assert weeks == [("2025-W52", 0), ("2026-W02", 1), ("2026-W47", 0)]
