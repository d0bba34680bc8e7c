"""A look between two weeks reads what changed and leaves the rest: the snapshot is the one that reading all would give."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from extract.intake import Intake
from extract.snapshot import read_manifest
from flows.run import Run
from flows.week.admit import take_exports
from tests.factories.workspaces import LAST, Story, a_company, a_workspace


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    company = a_company()
    # as many buckets as workers: what lies in the others must stand
    story = Story(a_workspace(tmp_path / "workspace", company, workers=4), company)
    with story.run() as run:
        story.until(LAST.starts_at(run.settings.zone))
        yield run


def taken(run: Run, before: Intake | None, *, only: frozenset[str] | None = None, later: float = 0.0) -> Intake:
    as_of = LAST.starts_at(run.settings.zone) + timedelta(days=1 + later)
    return take_exports(run, LAST, as_of, before.manifest if before else None, only=only)


def tables(intake: Intake) -> dict[str, dict[str, str]]:
    found = read_manifest(intake.manifest).tables
    return {name: {bucket: file.sha256 for bucket, file in files.items()} for name, files in sorted(found.items())}


def the_newest(run: Run, pattern: str) -> Path:
    return max(run.workspace.inbox.glob(pattern), key=lambda path: path.name)


def test_one_changed_ticket_gives_the_same_snapshot_as_reading_everything(run: Run) -> None:
    before = taken(run, None)
    path = the_newest(run, "helpdesk/tickets_*.csv")
    head, first, *_ = path.read_text(encoding="utf-8").splitlines()
    cells = first.split('","')
    (path.parent / "tickets_2026-11-16T2000.csv").write_text(
        f"{head}\n{first.replace(cells[0], cells[0] + '9', 1)}\n", encoding="utf-8"
    )
    look = taken(run, before, only=frozenset({"helpdesk_tickets"}))
    whole = taken(run, before)
    assert 1 <= len(look.changed_customers) <= 2, "whose the ticket is now, and whose it was"
    assert look.changed_customers == whole.changed_customers
    assert tables(look) == tables(whole)
    assert int(look.sources["admitted"].sum()) > 0


def test_full_exports_that_lost_and_changed_rows_give_the_same_snapshot(run: Run) -> None:
    before = taken(run, None)
    for pattern, stamp in (("crm/feedback_*.csv", "feedback"), ("crm/opportunities_*.csv", "opportunities")):
        path = the_newest(run, pattern)
        lines = path.read_text(encoding="utf-8").splitlines()
        (path.parent / f"{stamp}_2026-11-16T2000.csv").write_text(
            "\n".join([lines[0], *lines[2:]]) + "\n", encoding="utf-8"
        )
    look = taken(run, before, only=frozenset({"crm_feedback", "crm_opportunities"}))
    whole = taken(run, before)
    assert look.changed_customers == whole.changed_customers
    assert 1 <= len(look.changed_customers) <= 2
    assert tables(look) == tables(whole)


def test_what_a_new_contact_changes_is_made_again_everywhere(run: Run) -> None:
    before = taken(run, None)
    path = the_newest(run, "crm/contacts_*.csv")
    head, first, *rest = path.read_text(encoding="utf-8").splitlines()
    cells = first.split(";")
    cells[0] = cells[0].rstrip('"') + '-new"'
    (path.parent / "contacts_2026-11-16T2000.csv").write_text(
        "\n".join([head, first, *rest, ";".join(cells)]) + "\n", encoding="utf-8"
    )
    look = taken(run, before, only=frozenset({"crm_contacts"}))
    whole = taken(run, before)
    assert len(look.changed_customers) == 1
    assert tables(look) == tables(whole)


def test_with_nothing_read_the_snapshot_stands(run: Run) -> None:
    before = taken(run, None)
    look = taken(run, before, only=frozenset())
    assert tables(look) == tables(before)
    assert look.changed_customers == frozenset()
    assert list(look.sources["admitted"]) == list(before.sources["admitted"])
