"""One story told once per test process: history, two weekly runs and a look at alerts in between."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flows.alerts import alerts
from flows.backfill import backfill
from flows.weekly import weekly
from tests.factories.workspaces import LAST, Story, a_company, a_workspace

MIDWEEK = timedelta(days=3, hours=16)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The whole small story. Tests read it; one that goes on takes a copy."""
    company = a_company()
    story = Story(a_workspace(tmp_path_factory.mktemp("told") / "workspace", company), company)
    with story.run() as run:
        past = LAST.shift(-2)
        story.until(run.as_of(past))
        backfill(run, past.shift(-5), past)
        story.until(run.as_of(LAST.shift(-1)))
        weekly(run, LAST.shift(-1))
        thursday = LAST.starts_at(run.settings.zone) + MIDWEEK
        story.until(thursday, later=timedelta(minutes=5))
        alerts(run)
        story.clock.set(thursday + timedelta(minutes=45))
        alerts(run)
        story.until(run.as_of(LAST))
        weekly(run, LAST)
    return story


@pytest.fixture
def onward(told: Story, tmp_path: Path) -> Story:
    """A copy of the story, to go on from."""
    return told.copy(tmp_path / "workspace")
