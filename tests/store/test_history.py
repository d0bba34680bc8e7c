from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from contracts.frames import ContractBroken, conform
from contracts.results import CONTRIBUTIONS, HISTORY, QUARANTINE
from contracts.weeks import Week
from contracts.words import Zone
from store import history
from store.errors import NotInStore
from tests.factories.store import events, placements

LOYAL, CRITICAL = Zone.VERY_LOYAL, Zone.CRITICAL


def contributions(**values: float) -> pd.DataFrame:
    rows = [
        {"customer_id": name, "axis": "loyalty", "signal_id": "s", "value": value, "n": 3.0, "signal_score": 50.0,
         "weight_share": 1.0, "reference_score": 40.0, "contribution": 10.0}
        for name, value in values.items()
    ]  # fmt: skip
    return conform(pd.DataFrame(rows), CONTRIBUTIONS)


def test_the_same_rows_in_any_order_are_the_same_bytes(tmp_path: Path) -> None:
    frame = placements(C3=None, C1=CRITICAL, C2=LOYAL)
    shuffled = frame.iloc[[2, 0, 1]].set_index(pd.Index([7, 8, 9]))
    one = history.write_week(tmp_path / "a", "2026-W47", 0, {"placements": frame})["placements"]
    two = history.write_week(tmp_path / "b", Week.parse("2026-W47"), 0, {"placements": shuffled})["placements"]
    assert (one.sha256, one.rows) == (two.sha256, 3)
    assert one.path.read_bytes() == two.path.read_bytes()


def test_another_process_time_zone_and_hash_seed_write_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from store.history import write_week;"
        "from tests.factories.store import events;"
        "print(write_week(Path(sys.argv[1]), '2026-W47', 0, {'events': events('e2', 'e1').iloc[::-1].reset_index(drop=True)})['events'].sha256)"
    )
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", code, str(tmp_path / "there")]
    there = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()
    here = history.write_week(tmp_path / "here", "2026-W47", 0, {"events": events("e2", "e1")})["events"].sha256
    assert there == here


def test_frames_come_back_under_their_contract(tmp_path: Path) -> None:
    frames = {
        "placements": placements(C1=CRITICAL, C2=None),
        "events": events("e1"),
        "contributions": contributions(C1=1.5),
    }
    history.write_week(tmp_path, "2026-W47", 0, frames)
    for name, frame in frames.items():
        assert_frame_equal(history.read_week(tmp_path, "2026-W47", name), frame, check_exact=True)


def test_files_hold_no_pandas_metadata_and_are_private(tmp_path: Path) -> None:
    path = history.write_week(tmp_path / "h", "2026-W47", 0, {"placements": placements(C1=LOYAL)})["placements"].path
    assert path == history.history_path(tmp_path / "h", "2026-W47", 0, "placements")
    assert b"pandas" not in path.read_bytes()
    assert pq.read_schema(path).metadata is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["placements.parquet"]


def test_the_newest_revision_is_read_unless_another_is_asked_for(tmp_path: Path) -> None:
    for revision in (0, 2, 10):
        history.write_week(tmp_path, "2026-W47", revision, {"contributions": contributions(C1=revision)})
    assert history.revisions(tmp_path, "2026-W47") == [0, 2, 10]
    assert list(history.read_week(tmp_path, "2026-W47", "contributions")["value"]) == [10.0]
    assert list(history.read_week(tmp_path, "2026-W47", "contributions", revision=2)["value"]) == [2.0]


def test_many_weeks_are_read_as_one_frame_of_some_customers(tmp_path: Path) -> None:
    for week, value in (("2026-W46", 1.0), ("2026-W47", 2.0)):
        history.write_week(tmp_path, week, 0, {"contributions": contributions(C1=value, C2=value, C3=value)})
    frame = history.read_many(tmp_path, ["2026-W46", Week.parse("2026-W47")], "contributions", {"C3", "C1"})
    assert list(frame.columns) == ["week", *CONTRIBUTIONS.names]
    assert list(zip(frame["week"], frame["customer_id"], frame["value"], strict=True)) == [
        ("2026-W46", "C1", 1.0),
        ("2026-W46", "C3", 1.0),
        ("2026-W47", "C1", 2.0),
        ("2026-W47", "C3", 2.0),
    ]
    pinned = history.read_many(tmp_path, [("2026-W46", 0)], "contributions", columns=["customer_id", "value"])
    assert list(pinned.columns) == ["week", "customer_id", "value"]
    assert history.read_many(tmp_path, [], "contributions").empty
    assert history.read_many(tmp_path, ["2026-W47"], "contributions", set()).empty


def test_a_weeks_own_positions_are_kept_for_trends(tmp_path: Path) -> None:
    for week in ("2026-W46", "2026-W47"):
        rows = placements(week, C1=LOYAL)[["customer_id", "week", "state", "zone", "loyalty", "retention"]]
        history.write_week(tmp_path, week, 0, {"history_row": conform(rows.assign(is_reconstructed=False), HISTORY)})
    frame = history.read_many(tmp_path, [("2026-W46", 0), ("2026-W47", 0)], "history_row")
    assert list(frame.columns) == HISTORY.names
    assert list(frame["week"]) == ["2026-W46", "2026-W47"]


def test_a_frame_without_key_keeps_its_order(tmp_path: Path) -> None:
    rows = [{"source": "s", "file": "f", "row_number": n, "reason": "TOO_LONG", "message": "m"} for n in (3, 1, 2)]
    history.write_week(tmp_path, "2026-W47", 0, {"quarantine": conform(pd.DataFrame(rows), QUARANTINE)})
    assert list(history.read_week(tmp_path, "2026-W47", "quarantine")["row_number"]) == [3, 1, 2]


def test_what_is_not_there_is_named_with_the_way_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(NotInStore, match="cem backfill --from 2026-W47"):
        history.read_week(tmp_path, "2026-W47", "placements")
    history.write_week(tmp_path, "2026-W47", 0, {"placements": placements(C1=LOYAL)})
    with pytest.raises(NotInStore, match="no 'events' of 2026-W47 revision 0"):
        history.read_week(tmp_path, "2026-W47", "events")
    with pytest.raises(NotInStore, match="there is no frame 'nonsense'"):
        history.write_week(tmp_path, "2026-W47", 0, {"nonsense": placements(C1=LOYAL)})
    with pytest.raises(ContractBroken):
        history.write_week(tmp_path, "2026-W47", 0, {"placements": placements(C1=LOYAL).drop(columns="state")})


def test_a_week_is_replaced_whole(tmp_path: Path) -> None:
    history.write_week(tmp_path, "2026-W47", 0, {"contributions": contributions(C1=1.0)})
    history.write_week(tmp_path, "2026-W47", 0, {"contributions": contributions(C1=2.0)})
    assert list(history.read_week(tmp_path, "2026-W47", "contributions")["value"]) == [2.0]
