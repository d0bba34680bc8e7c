"""Which exports a look at alerts reads: settled ones that are new since the last look, and no others."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from flows.alerting.landed import Seen, landed, last_seen, remember
from flows.run import Run, opened
from tests.factories.workspaces import a_company, a_workspace


@pytest.fixture
def run(tmp_path: Path):  # type: ignore[no-untyped-def]
    root = a_workspace(tmp_path / "workspace", a_company())
    settings = root / "config" / "workspace.toml"
    settings.write_text(settings.read_text().replace("settle_seconds = 0", "settle_seconds = 30"))
    with opened(root) as run:
        yield run


def export(run: Run, name: str, text: str = "id\n1\n") -> Path:
    path = run.workspace.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_an_export_is_read_once_it_lies_still_and_once_only(run: Run) -> None:
    export(run, "helpdesk/tickets_2026-11-22.csv")
    nothing = landed(run, Seen())
    assert nothing.unsettled == ("tickets_2026-11-22.csv",)
    before = replace(Seen(), sources=nothing.sources)
    later = landed(run, before, now=lambda: time.time() + 31)
    assert later.unsettled == ()
    assert later.changed(before) == {"helpdesk_tickets"}
    seen = replace(before, sources=later.sources)
    assert landed(run, seen, now=lambda: time.time() + 31).changed(seen) == frozenset()


def test_a_mark_says_that_an_export_is_whole(run: Run) -> None:
    export(run, "helpdesk/tickets_2026-11-22.csv")
    export(run, "helpdesk/tickets_2026-11-22.csv.done", "")
    assert landed(run, Seen()).unsettled == ()


def test_a_copy_that_keeps_an_old_time_is_still_being_written(run: Run) -> None:
    path = export(run, "helpdesk/tickets_2026-11-22.csv")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert landed(run, Seen()).unsettled == (path.name,)


def test_a_source_that_is_being_written_counts_as_it_was(run: Run) -> None:
    path = export(run, "helpdesk/tickets_2026-11-22.csv")
    seen = replace(Seen(), sources=landed(run, Seen(), now=lambda: time.time() + 31).sources)
    path.write_text("id\n1\n2\n")
    moving = landed(run, seen)
    assert moving.unsettled
    assert "helpdesk_tickets" not in moving.changed(seen)


def test_a_database_file_is_watched_like_any_export(run: Run) -> None:
    before = landed(run, Seen())
    export(run, "erp/erp.sqlite")
    after = landed(run, Seen(sources=before.sources), now=lambda: time.time() + 31)
    assert len(after.changed(Seen(sources=before.sources))) == 3


def test_a_changed_mapping_shows(run: Run) -> None:
    before = landed(run, Seen())
    crosswalk = run.workspace.config / "crosswalk.csv"
    crosswalk.write_text(crosswalk.read_text() + "\n")
    assert landed(run, Seen()).mapping != before.mapping


def test_a_look_is_remembered_and_a_damaged_note_forgotten(run: Run) -> None:
    remember(run, Seen("2026-W47-r0", "m", "t", "d", {"tickets": "x"}))
    assert last_seen(run).sources == {"tickets": "x"}
    (run.workspace.var / "alerts-seen").write_text("{")
    assert last_seen(run) == Seen()
