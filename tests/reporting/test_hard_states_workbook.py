"""Empty and extreme weeks as workbooks: made, without a fault, every name whole, and no word that only a machine says."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from contracts.scope import scoped
from contracts.workbook import ACCOUNTS, HEADER_ROW, STEPS
from extract.returns import read_returned
from reporting.models.pack import PackView
from reporting.verify import verify_workbook
from reporting.view import compose
from reporting.workbook.book import SHEETS, TABLES, render_workbook
from reporting.workbook.follow import NEW_STEPS
from reporting.workbook.parts import workbook_parts
from tests.factories.hard import STATES
from tests.factories.reporting import an_audience

NONSENSE = re.compile(
    r"\b(?:nan|None|NaT|inf|undefined|null)\b|<NA>|\bno accounts\b|\b1 accounts\b|\bone accounts\b|EUR –"
)


@dataclass(frozen=True)
class Week:
    """A hard week's workbook, as written and as opened again."""

    view: PackView
    content: bytes
    book: Workbook


@pytest.fixture(scope="module", params=STATES, ids=lambda name: name.replace(" ", "-"))
def week(request: pytest.FixtureRequest) -> Week:
    made = STATES[request.param]()
    seen = scoped(made, an_audience(made))
    view = compose(seen)
    content = render_workbook(view, token="a.b", key=b"k", parts=workbook_parts(seen)).content
    return Week(view, content, openpyxl.load_workbook(io.BytesIO(content)))


def test_it_is_whole_and_comes_back_untouched(week: Week) -> None:
    assert verify_workbook(week.content, sheets=SHEETS, tables=TABLES, validated=[ACCOUNTS.sheet]) == []
    returned = read_returned(week.content)
    assert [row.row_id for row in returned.rows if row.edits or row.touched] == []
    rated = {row.row_id for row in returned.rows if row.kind == ACCOUNTS.kind}
    assert rated == {row.customer_id for row in week.view.accounts.rows}


def test_its_words_are_sensible(week: Week) -> None:
    texts = [
        (f"{sheet.title}!{cell.coordinate}", cell.value.replace(week.view.footer.rule, ""))
        for sheet in week.book.worksheets
        if sheet.sheet_state == "visible"
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
    ]
    assert [(at, text) for at, text in texts if NONSENSE.search(text)] == []
    assert all(sheet["A1"].value for sheet in week.book.worksheets if sheet.sheet_state == "visible")


def test_every_name_is_written_whole(week: Week) -> None:
    sheet = week.book[ACCOUNTS.sheet]
    written = {sheet.cell(row, 1).value for row in range(HEADER_ROW + 1, sheet.max_row + 1)}
    assert written == {row.name for row in week.view.accounts.rows}


def test_the_table_of_steps_always_has_room_for_own_ones(week: Week) -> None:
    (frame,) = week.book[STEPS.sheet].tables.values()
    first, last = (int(re.sub(r"\D", "", part)) for part in frame.ref.split(":"))
    assert last - first == len(week.view.plan) + NEW_STEPS
