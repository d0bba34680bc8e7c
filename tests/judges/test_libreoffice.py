"""LibreOffice as judge: it opens the workbook, loses nothing that the way back needs, and changes no cell."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from contracts.workbook import ACCOUNTS, CASES, HEADER_ROW, LAYOUTS, STEPS, TOKEN_SHEET
from extract.returns import read_returned
from reporting.workbook.book import SHEETS, TABLES, CaseBook, render_case_workbook, render_workbook
from reporting.workbook.parts import LastAnswer, Parts, StepState
from tests.factories.views import AS_OF, ROME, a_case, a_pack_view, an_action
from tests.factories.workbooks import row_of, through_libreoffice, write

# openpyxl, as the tests' manager, says that it drops what LibreOffice adds for its own use.
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")

PARTS = Parts(
    answers={"C-1": LastAnswer(4.0, "=HYPERLINK(1) they said", "Ann Lee", AS_OF.date())},
    trends={"C-1": "▁▂▃▄▅▆▇█▇▆▅▄▃"},
    steps={"A-1": StepState(2, "a remark\nof two lines", "")},
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook with text that programs like to mistake, as we write it."""
    hostile = a_case(case_id="CL-00000001", note="=1+1", outcome="1E5", title="0012", name="−5 \u200fشركة 東京 🙂")
    view = a_pack_view()
    cases = view.cases.__class__(
        (*view.cases.open, hostile),
        view.cases.overdue,
        view.cases.closed_this_week,
        view.cases.opened_this_week_count,
        view.cases.median_close_days,
        view.cases.sentence,
        view.cases.owner_sentence,
    )
    view = a_pack_view(cases=cases, plan=(an_action(action="@call", why="+1 −1"),))
    path = tmp_path_factory.mktemp("workbook") / "plan.xlsx"
    path.write_bytes(render_workbook(view, token="a.b", key=b"k", parts=PARTS, zone=ROME).content)
    return path


@pytest.fixture(scope="module")
def saved(written: Path) -> Path:
    return through_libreoffice(written, written.parent / "saved")


def test_an_untouched_workbook_comes_back_without_a_change(written: Path, saved: Path) -> None:
    before, after = read_returned(written.read_bytes()), read_returned(saved.read_bytes())
    assert after.token == before.token == "a.b"
    assert [(row.row_id, row.version, row.check, row.sent_text) for row in after.rows] == [
        (row.row_id, row.version, row.check, row.sent_text) for row in before.rows
    ]
    assert len(after.rows) >= 4
    assert [(row.cell("x"), row.edits, row.touched) for row in after.rows if row.edits or row.touched] == []
    assert after.ignored == ()


def test_an_edit_made_after_it_is_the_only_one(saved: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(saved)
    write(book[CASES.sheet], row_of(book[CASES.sheet], "CL-00000001"), Status="pending", Note="Called")
    book.save(tmp_path / "edited.xlsx")
    again = through_libreoffice(tmp_path / "edited.xlsx", tmp_path / "again")
    edits = {row.row_id: row.edits for row in read_returned(again.read_bytes()).rows if row.edits}
    assert edits == {"CL-00000001": {"status": "pending", "note": "Called"}}


def test_it_keeps_what_guides_the_editor(saved: Path) -> None:
    book = openpyxl.load_workbook(saved)
    assert {name for sheet in book.worksheets for name in sheet.tables} >= set(TABLES)
    assert [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"] == list(SHEETS)
    assert book[TOKEN_SHEET].sheet_state != "visible"
    for layout in LAYOUTS:
        sheet = book[layout.sheet]
        assert sheet.protection.sheet
        assert len(sheet.data_validations.dataValidation) >= len(layout.editable)
        assert sheet.conditional_formatting


def test_two_other_readers_open_it_too(written: Path, saved: Path) -> None:
    for path in (written, saved):
        book = CalamineWorkbook.from_path(path)
        for layout in (ACCOUNTS, CASES, STEPS):
            rows = book.get_sheet_by_name(layout.sheet).to_python(skip_empty_area=False)
            assert {column.header for column in layout.editable} <= {str(cell) for cell in rows[HEADER_ROW - 1]}


def test_the_workbook_of_one_case_opens_too(tmp_path: Path) -> None:
    case = CaseBook(a_case(), "Borealis", "A case", "2026-W47", AS_OF, ROME, ("open", "closed"), (("P-1", "Ann"),))
    (tmp_path / "case.xlsx").write_bytes(render_case_workbook(case, token="a.b", key=b"k"))
    (row,) = read_returned(through_libreoffice(tmp_path / "case.xlsx", tmp_path / "saved").read_bytes()).rows
    assert (row.row_id, row.edits, row.touched) == ("CL-2291AB00", {}, ())


def test_every_sheet_prints(written: Path) -> None:
    pdf = through_libreoffice(written, written.parent / "printed", "pdf")
    assert pdf.read_bytes().startswith(b"%PDF")
