"""Files and replies in any order, twice, and with a process that dies between any two writes: nothing lost or doubled."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from tests.factories.way_back import THINGS, Ground, a_ground

pytestmark = pytest.mark.xdist_group("way back")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return a_ground(tmp_path_factory.mktemp("way-back"))


def assert_whole(end: dict[str, Any]) -> None:
    """The ledger is the fold of its events, without gaps; each receipt says what its file did, once."""
    assert [event[0] for event in end["events"]] == list(range(1, len(end["events"]) + 1))
    assert_frame_equal(end["shown"], end["refolded"], check_exact=True)
    assert end["waiting"] == []
    owed = {sha for sha, (person, summary) in end["kept"].items() if summary is not None}
    assert end["receipts"] == dict.fromkeys(owed, 1), "one receipt for each"
    for sha, (_, summary) in end["kept"].items():
        applied, refused = end["by_file"].get(sha, (0, 0))
        lines = summary or {"applied": [], "conflicting": []}
        assert applied == sum("acknowledged" not in what for _, what, _ in lines["applied"]), summary
        assert refused <= len(lines["conflicting"]), summary
    once = [event[1] for event in end["events"] if event[2] == "acknowledged"]
    assert len(once) == len(set(once))


_crash = st.tuples(st.integers(1, 14), st.sampled_from(["before", "inside", "after"]))
_batch = st.lists(st.sampled_from(THINGS), min_size=1, max_size=3)
_acts = st.lists(st.tuples(_batch, st.lists(_crash, max_size=2)), min_size=1, max_size=3)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=_acts)
def test_a_history_that_dies_anywhere_ends_like_one_that_does_not(ground: Ground, acts: list[Any]) -> None:
    """Some things come at once, a process or two die over them, the next one ends the work; then more things come."""
    rough, plain = ground.fresh(), ground.fresh()
    for things, crashes in acts:
        for thing in things:
            rough.bring(thing)
            plain.bring(thing)
        for dies_at, when in crashes:
            rough.look(dies_at=dies_at, when=when)
            plain.now = rough.now
        rough.look()
        plain.look()
    broken, whole = rough.end(), plain.end()
    assert_whole(whole)
    assert_whole(broken)
    assert broken["events"] == whole["events"]
    assert broken["kept"] == whole["kept"]


def test_files_and_receipts_go_on_while_the_mailbox_is_away(ground: Ground) -> None:
    place = ground.fresh()
    shutil.rmtree(place.root / "replies")
    place.bring("owner notes")
    place.look()
    end = place.end()
    assert [event[2] for event in end["events"] if event[3] == "P-02"] == ["edited", "acknowledged"]
    assert list(end["receipts"].values()) == [1]


def test_a_foreign_file_under_two_names_stops_nobody(ground: Ground) -> None:
    place = ground.fresh()
    for thing in ("no workbook of ours", "no workbook of ours", "owner notes"):
        place.bring(thing)
    place.look()
    end = place.end()
    assert [event[2] for event in end["events"] if event[3] == "P-02"] == ["edited", "acknowledged"]
    assert end["waiting"] == []
