from __future__ import annotations

import time

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from contracts.frames import ContractBroken
from contracts.results import EVENTS, PLACEMENTS
from contracts.words import Zone
from store import episodes, runs
from store.errors import AlreadyPublished, WeekGoesBackward
from store.session import Session, Store
from tests.factories.store import NOW, events, many_placements, placements, transitions

CRITICAL, NEUTRAL, LOYAL = Zone.CRITICAL, Zone.NEUTRAL, Zone.VERY_LOYAL


def open_one(session: Session, *, episode_id: str = "C1-critical") -> bool:
    return episodes.open_provisional(session, episode_id, "C1", CRITICAL, "2026-W48", NOW)


def test_placements_come_back_exactly(store: Store) -> None:
    frame = placements(C2=None, C1=CRITICAL, **{"Ünï '\\\t☃": NEUTRAL})
    with store.write() as session:
        assert episodes.save_placements(session, frame, "2026-W47") == 3
    with store.read() as session:
        stored = episodes.placements(session)
    assert_frame_equal(stored, frame.sort_values("customer_id", ignore_index=True), check_exact=True)


def test_before_the_first_week_there_is_an_empty_frame(store: Store) -> None:
    with store.read() as session:
        assert_frame_equal(episodes.placements(session), PLACEMENTS.empty())
        assert list(episodes.provisional(session)["episode_id"]) == []
        assert_frame_equal(episodes.events(session), EVENTS.empty())


def test_the_new_week_takes_the_place_of_the_old_and_an_old_one_never_of_a_newer(store: Store) -> None:
    with store.write() as session:
        episodes.save_placements(session, placements("2026-W46", C1=LOYAL, C2=LOYAL), "2026-W46")
        episodes.save_placements(session, placements("2026-W47", C1=CRITICAL), "2026-W47")
        assert list(episodes.placements(session)["zone"]) == [CRITICAL]
    with pytest.raises(WeekGoesBackward, match="2026-W47"), store.write() as session:
        episodes.save_placements(session, placements("2026-W46", C1=LOYAL), "2026-W46")


def test_a_frame_without_its_contract_is_refused_and_nothing_is_lost(store: Store) -> None:
    with store.write() as session:
        episodes.save_placements(session, placements(C1=CRITICAL), "2026-W47")
    twice = pd.concat([placements(C1=CRITICAL)] * 2, ignore_index=True)
    with pytest.raises(ContractBroken, match="not unique"), store.write() as session:
        episodes.save_placements(session, twice, "2026-W47")
    with store.read() as session:
        assert len(episodes.placements(session)) == 1


def test_an_alert_opens_an_episode_once_and_the_weekly_run_confirms_it(store: Store) -> None:
    with store.write() as session:
        assert open_one(session)
        assert not open_one(session)
        (row,) = episodes.provisional(session).itertuples(index=False)
    assert (row.episode_id, row.customer_id, row.zone, row.since_week) == ("C1-critical", "C1", "critical", "2026-W48")
    assert (row.opened_at, row.revision) == (NOW, 0)
    with store.write() as session:
        episodes.save_placements(session, placements("2026-W48", C1=CRITICAL), "2026-W48")
        assert episodes.confirm(session, ["C1-critical", "unknown"], now=NOW) == 1
        assert episodes.confirm(session, ["C1-critical"], now=NOW) == 0
        assert episodes.provisional(session).empty
        assert not open_one(session)


def test_a_withdrawn_episode_can_be_told_again_under_the_next_revision(store: Store) -> None:
    with store.write() as session:
        open_one(session)
        assert episodes.withdraw(session, ["C1-critical"], NOW) == 1
        assert episodes.withdraw(session, ["C1-critical"], NOW) == 0
        assert episodes.alert_revisions(session, ["C1-critical", "unknown"]) == {"C1-critical": 1}
        assert open_one(session)
        assert list(episodes.provisional(session)["revision"]) == [1]


def test_an_episode_that_no_placement_names_has_ended(store: Store) -> None:
    with store.write() as session:
        episodes.save_placements(session, placements("2026-W46", C1=LOYAL), "2026-W46")
        open_one(session)
        episodes.save_placements(session, placements("2026-W47", C1=NEUTRAL), "2026-W47")
        # still provisional: the alert waits for its own verdict
        assert len(episodes.provisional(session)) == 1
        assert not episodes.open_provisional(session, "C1-very_loyal", "C1", LOYAL, "2026-W46", NOW)


def test_transitions_may_be_recorded_again_until_their_week_is_published(store: Store) -> None:
    first, second = transitions(C1=(LOYAL, CRITICAL)), transitions(C1=(LOYAL, CRITICAL), C2=(NEUTRAL, LOYAL))
    with store.write() as session:
        assert episodes.save_transitions(session, first, "2026-W47") == 1
        assert episodes.save_transitions(session, second, "2026-W47") == 2
        runs.record_published(
            session, week="2026-W47", revision=0, digest="d", inputs_digest="i", path="p", inputs_path="p", now=NOW
        )
    with store.write() as session:
        assert episodes.save_transitions(session, second.iloc[::-1].reset_index(drop=True), "2026-W47") == 0
        with pytest.raises(AlreadyPublished):
            episodes.save_transitions(session, first, "2026-W47")
        assert episodes.save_transitions(session, transitions(), "2026-W47", revision=1) == 0
        assert_frame_equal(episodes.transitions(session, "2026-W47"), second)
        assert episodes.transitions(session, "2026-W47", revision=1).empty


def test_an_event_is_new_once(store: Store) -> None:
    with store.write() as session:
        assert list(episodes.save_events(session, events("e1", "e2"), now=NOW)["event_id"]) == ["e1", "e2"]
        new = episodes.save_events(session, events("e2", "e3", customer_id="C2"), now=NOW)
        assert list(new["event_id"]) == ["e3"]
        assert_frame_equal(episodes.events(session, customer_ids=["C1"]), events("e1", "e2"))
        assert list(episodes.events(session)["event_id"]) == ["e1", "e2", "e3"]
        assert episodes.events(session, customer_ids=[]).empty
        assert episodes.save_events(session, EVENTS.empty(), now=NOW).empty


def test_a_hundred_thousand_placements_are_saved_in_seconds(store: Store) -> None:
    frame = many_placements(2_000).drop(columns="customer_id")
    large = pd.concat([frame] * 50, ignore_index=True)
    large["customer_id"] = [f"C{i:07d}" for i in range(len(large))]
    large["episode_id"] = large["customer_id"] + "-" + large["zone"]
    for week in ("2026-W47", "2026-W48"):
        began = time.perf_counter()
        with store.write() as session:
            assert episodes.save_placements(session, large.assign(week=week), week) == 100_000
        # 2-3 s on a busy core; this only tells a bulk insert from one row at a time
        assert time.perf_counter() - began < 30
