"""Workbooks that managers hand back, edited for real: good rows applied, bad ones told, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from contracts.words import MessageKind
from contracts.workbook import CASES, HEADER_ROW
from flows.returns import returns
from store import ledger, outbox
from tests.factories.workbooks import columns_of
from tests.factories.workbooks import edited as workbook_edited
from tests.factories.workspaces import LAST, Story

pytestmark = pytest.mark.xdist_group("told")


def a_workbook_with_cases(story: Story) -> Path:
    """A manager's workbook of the last week that lists at least one case."""
    for path in sorted((story.root / "output" / str(LAST)).glob("manager-*/action-plan.xlsx")):
        sheet = openpyxl.load_workbook(path)[CASES.sheet]
        if sheet.cell(HEADER_ROW + 1, 1).value:
            return path
    pytest.fail("no manager has a case in the last week; the story should have opened some")


@contextmanager
def edited(source: Path, target: Path) -> Iterator[tuple[Worksheet, dict[str, int]]]:
    """The sheet of cases as a manager edits it; columns by their header."""
    with workbook_edited(source, target) as book:
        sheet = book[CASES.sheet]
        yield sheet, columns_of(sheet)


def test_an_untouched_workbook_changes_nothing(onward: Story) -> None:
    source = a_workbook_with_cases(onward)
    (onward.root / "returns").mkdir(exist_ok=True)
    openpyxl.load_workbook(source).save(onward.root / "returns" / "plan.xlsx")
    with onward.run() as run:
        with run.store.read() as session:
            before = ledger.last_event_number(session)
        outcome = returns(run)
        with run.store.read() as session:
            after = ledger.last_event_number(session)
    assert after == before, outcome
    assert "0 applied, 0 refused, 0 conflicting" in " ".join(outcome.lines)


def test_good_edits_are_applied_bad_ones_refused_and_the_editor_gets_a_receipt(onward: Story) -> None:
    source = a_workbook_with_cases(onward)
    row = HEADER_ROW + 1
    with edited(source, onward.root / "returns" / "Copy of plan.xlsx") as (sheet, columns):
        sheet.cell(row, columns["Status"]).value = "in progress"
        sheet.cell(row, columns["Note"]).value = "Called on Tuesday, part is on its way"
        sheet.cell(row, columns["Owner"]).value = "Nobody Known"
        case_id = str(sheet.cell(row, columns["Row id"]).value)
    with onward.run() as run:
        outcome = returns(run)
        assert "2 applied, 1 refused, 0 conflicting" in " ".join(outcome.lines)
        with run.store.read() as session:
            cases = ledger.cases(session).set_index("case_id")
            receipts = outbox.rows(session, kinds=[MessageKind.RETURN_RECEIPT])
            story = ledger.case_history(session, case_id)
    assert cases.loc[case_id, "status"] == "in progress"
    assert cases.loc[case_id, "note"] == "Called on Tuesday, part is on its way"
    assert [event.kind for event in story][-2:] == ["edited", "acknowledged"]
    assert len(receipts) == 1
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (onward.root / "var" / "mail").rglob("*.eml")
        if receipts[0].message_id.strip("<>").split("@")[0] in path.read_text(errors="replace")
    ]
    body = mails[0].get_body(("plain",))
    assert body is not None
    assert "Nobody Known" in body.get_content()
    assert not list((onward.root / "returns").glob("*.xlsx"))


def test_the_same_file_twice_is_applied_once(onward: Story) -> None:
    source = a_workbook_with_cases(onward)
    with edited(source, onward.root / "returns" / "first.xlsx") as (sheet, columns):
        sheet.cell(HEADER_ROW + 1, columns["Note"]).value = "once"
    content = (onward.root / "returns" / "first.xlsx").read_bytes()
    with onward.run() as run:
        returns(run)
        (onward.root / "returns" / "second.xlsx").write_bytes(content)
        with run.store.read() as session:
            before = ledger.last_event_number(session)
        outcome = returns(run)
        with run.store.read() as session:
            assert ledger.last_event_number(session) == before
    assert "came before" in " ".join(outcome.lines)


def test_a_row_of_somebody_else_and_a_foreign_file_are_refused(onward: Story) -> None:
    source = a_workbook_with_cases(onward)
    with edited(source, onward.root / "returns" / "shifted.xlsx") as (sheet, columns):
        sheet.cell(HEADER_ROW + 1, columns["Row id"]).value = "CL-00000000"  # another id than was sealed
        sheet.cell(HEADER_ROW + 1, columns["Status"]).value = "closed"
    plain = openpyxl.Workbook()
    plain.save(onward.root / "returns" / "somebody.xlsx")
    with onward.run() as run:
        with run.store.read() as session:
            before = ledger.last_event_number(session)
        outcome = returns(run)
        with run.store.read() as session:
            assert ledger.last_event_number(session) == before
    told = " ".join(outcome.lines)
    assert "1 refused" in told
    assert "somebody.xlsx: refused" in told
