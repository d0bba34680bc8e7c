"""The steps for experts and segments on a told story: frames that agree with what was published."""

from __future__ import annotations

import pandas as pd
import pytest

from config.policy import read_version
from contracts.frames import check
from contracts.results import RESULTS
from flows.books import load_book
from flows.readers import last_week
from flows.sensitivity import LinesMoved, move_lines
from flows.week.segments import divide
from tests.factories.workspaces import Story

pytestmark = pytest.mark.xdist_group("told")


@pytest.fixture(scope="module")
def moved(told: Story) -> tuple[LinesMoved, dict[str, pd.DataFrame]]:
    with told.run() as run:
        inputs, folder = last_week(run)
        book = load_book(folder)
        return move_lines(
            inputs, run.workspace.root, read_version(run.workspace.root / inputs.policy), book.frames
        ), dict(book.frames)


def test_todays_lines_give_the_published_book(moved: tuple[LinesMoved, dict[str, pd.DataFrame]]) -> None:
    found, frames = moved
    for name, frame in found.frames.items():
        check(frame, RESULTS[name])
    placements = frames["placements"]
    published = placements["zone"].where(placements["state"] == "placed", placements["state"]).value_counts()
    zones = found.frames["swept_zones"]
    today = zones[(zones["dimension"] == "all") & (zones["axis"] == "loyalty") & (zones["shift"] == 0)]
    assert {z: n for z, n in zip(today["zone"], today["customers"], strict=True) if n} == {
        z: n for z, n in published.items() if z != "left"
    }
    assert found.frames["proposed_lines"]["basis"].eq("capacity").all(), "a young workspace knows no outcome of a week"
    assert found.tested is None


def test_segments_of_the_week(told: Story) -> None:
    with told.run() as run:
        inputs, folder = last_week(run)
        book = load_book(folder)
        policy = read_version(run.workspace.root / inputs.policy)
        found = divide(book.frames, policy, as_of=inputs.instant, surveys=book.frames.get("surveys"))
    for name, frame in found.frames.items():
        check(frame, RESULTS[name])
    told_cells = found.frames["segments"].loc[~found.frames["segments"]["is_suppressed"]]
    assert {"all", "tier", "region"} <= set(told_cells["dimension"])
    assert "signal:utilization_pct" in set(told_cells["metric"])
