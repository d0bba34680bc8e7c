from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.workbook import Workbook

from contracts.exchange import WorkbookToken
from contracts.workbook import (
    CASES,
    HEADER_ROW,
    KEY_HEADERS,
    STEPS,
    TOKEN_PROPERTY,
    TOKEN_SHEET,
    RowKind,
    Sent,
    person_cell,
    person_of_cell,
    row_check,
)
from reporting.verify import verify_workbook
from reporting.workbook.book import SHEETS, TABLES, render_workbook
from reporting.workbook.cells import LONGEST_TEXT, clean_text
from reporting.workbook.follow import NEW_STEPS
from reporting.workbook.parts import LastAnswer, Parts, Proposal
from tests.factories.views import HOSTILE_NAME, ROME, a_case, a_move, a_pack_view, a_row, an_action, eur

KEY = b"a key"
TOKEN = WorkbookToken("manager-support-0123456789", "P-100", "2026-W47", 0).signed(KEY)


def content_of(view=None, **kwargs) -> bytes:
    return render_workbook(view or a_pack_view(), token=TOKEN, key=KEY, **kwargs).content


def opened(content: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def column(book: Workbook, sheet: str, header: str) -> list[object]:
    page = book[sheet]
    headers = [cell.value for cell in page[HEADER_ROW]]
    at = headers.index(header) + 1
    return [page.cell(row=row, column=at).value for row in range(HEADER_ROW + 1, page.max_row + 1)]


def test_the_workbook_has_its_sheets_tables_and_input_checks() -> None:
    content = content_of()
    assert verify_workbook(content, sheets=SHEETS, tables=TABLES, validated=[CASES.sheet]) == []
    book = opened(content)
    assert tuple(sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible") == SHEETS


def test_the_way_back_finds_its_headers_versions_and_seals() -> None:
    book = opened(content_of())
    headers = [cell.value for cell in book[CASES.sheet][HEADER_ROW]]
    assert set(KEY_HEADERS) <= set(headers)
    assert [editable.header for editable in CASES.editable] == [
        h for h in headers if h in {e.header for e in CASES.editable}
    ]
    assert column(book, CASES.sheet, "Row id") == ["CL-2291AB00", "CL-77770000"]
    assert column(book, CASES.sheet, "Row version") == [3, 3]
    sent = column(book, CASES.sheet, "As sent")
    assert column(book, CASES.sheet, "Row check") == [
        row_check(RowKind.CASE, case, 3, str(text), KEY)
        for case, text in zip(["CL-2291AB00", "CL-77770000"], sent, strict=True)
    ]
    first = Sent.read(str(sent[0]))
    assert first is not None
    assert (first.fields["status"], first.fields["due_at"]) == ("open", "2026-11-24 12:00")


def test_the_token_stands_where_programs_keep_it_and_where_people_do_not_see_it() -> None:
    book = opened(content_of())
    assert book.custom_doc_props[TOKEN_PROPERTY].value == TOKEN
    assert book[TOKEN_SHEET]["A1"].value == TOKEN
    assert book[TOKEN_SHEET].sheet_state == "veryHidden"
    assert WorkbookToken.read(book[TOKEN_SHEET]["A1"].value, KEY).person_id == "P-100"


def test_only_the_marked_columns_may_be_edited() -> None:
    page = opened(content_of())[CASES.sheet]
    assert page.protection.sheet
    editable = {editable.header for editable in CASES.editable}
    for head, cell in zip(page[HEADER_ROW], page[HEADER_ROW + 1], strict=True):
        assert cell.protection.locked is (head.value not in editable), head.value
        assert (cell.fill.patternType == "solid") is (head.value in editable), head.value
    hidden = {head.value for head in page[HEADER_ROW] if page.column_dimensions[head.column_letter].hidden}
    assert hidden == {"Row version", "Row check", "As sent"}


def test_each_editable_column_is_checked_on_every_row() -> None:
    page = opened(content_of())[CASES.sheet]
    by_type = {check.type: check for check in page.data_validations.dataValidation if check.type != "list"}
    assert set(by_type) == {"date", "textLength"}
    lists = [check for check in page.data_validations.dataValidation if check.type == "list"]
    assert {check.errorStyle for check in lists} == {"stop", "warning"}
    assert all(str(check.sqref).endswith(str(HEADER_ROW + 2)) for check in page.data_validations.dataValidation)
    words = opened(content_of())["Lists"]
    assert [words.cell(row=row, column=1).value for row in (1, 2, 3)] == ["open", "pending", "closed"]
    assert "T. Okafor · P-017" in [words.cell(row=row, column=3).value for row in range(1, words.max_row + 1)]


def test_the_team_may_add_steps_of_its_own_in_blank_rows_only() -> None:
    page = opened(content_of())[STEPS.sheet]
    headers = {str(cell.value): cell.column for cell in page[HEADER_ROW] if cell.value}
    blank = page.max_row - NEW_STEPS + 1
    for header in ("Account", "Step"):
        assert page.cell(HEADER_ROW + 1, headers[header]).protection.locked, header
        assert not page.cell(blank, headers[header]).protection.locked, header
    assert page.cell(blank, headers["Why"]).protection.locked
    assert page.cell(HEADER_ROW + 1, headers["Status"]).value == "todo"


def test_accounts_that_nobody_rated_for_long_stand_first_with_the_last_answer() -> None:
    view = a_pack_view()
    rows = (a_row(), a_row(rank=2, customer_id="C-2", name="Lindqvist Bank"))
    parts = Parts(
        answers={"C-2": LastAnswer(2.0, "=slow", "Ann Lee", datetime(2026, 3, 1).date())},
        stale=frozenset({"C-2"}),
        trends={"C-2": "▁▂▃"},
    )
    book = opened(content_of(replace(view, accounts=replace(view.accounts, rows=rows)), parts=parts))
    assert column(book, "Accounts", "Account") == ["Lindqvist Bank", "Halden Maritime Logistics"]
    assert column(book, "Accounts", "Last rating") == [2.0, None]
    assert column(book, "Accounts", "Last comment")[0] == "=slow"
    assert column(book, "Accounts", "Your rating, 1 to 5") == [None, None]
    assert str(book["Accounts"]["A2"].value).startswith("Please rate the first 1 account:")


def test_what_is_to_decide_leads_to_its_case() -> None:
    found = (
        Proposal("C-1", "Halden", "Close the case?", "Out of Critical for 5 weeks", "T. Okafor", None, "CL-2291AB00"),
        Proposal("C-2", "Lindqvist", "Waits for room", "Severity 1", "T. Okafor", None),
    )
    book = opened(content_of(parts=Parts(proposals=found)))
    assert column(book, "To decide", "To decide") == ["Close the case?", "Waits for room"]
    assert column(book, CASES.sheet, "Proposed") == ["Out of Critical for 5 weeks", None]
    link = book["To decide"].cell(HEADER_ROW + 1, 6).hyperlink
    assert link is not None
    assert link.location == f"'{CASES.sheet}'!A{HEADER_ROW + 1}"


def test_a_person_in_a_cell_is_readable_and_exact() -> None:
    assert person_of_cell(person_cell("P-017", "T. Okafor")) == "P-017"
    assert person_of_cell(" P-017 ") == "P-017"
    assert person_cell("P-017", "P-017") == "P-017"
    assert person_cell(None, "") == ""


def test_cells_are_typed() -> None:
    book = opened(content_of(zone=ROME))
    accounts = book["Accounts"]
    row = {head.value: cell for head, cell in zip(accounts[5], accounts[6], strict=True)}
    assert row["Loyalty"].value == 38.2
    assert row["Loyalty change"].value == -12.8
    assert row["Coverage"].value == 0.86
    assert row["Yearly revenue, EUR"].value == 340_000
    assert row["Renewal"].value == datetime(2027, 1, 31)
    assert row["Renewal"].number_format == "yyyy-mm-dd"
    assert row["Page"].hyperlink.target == "accounts/c-1-aaaaaaaa.html"
    assert column(book, CASES.sheet, "Due")[0] == datetime(2026, 11, 24, 12, 0)  # 11:00 UTC on the wall in Rome


def test_dates_with_a_time_follow_the_zone_that_is_given() -> None:
    cairo = opened(content_of(zone=ZoneInfo("Africa/Cairo")))
    assert column(cairo, CASES.sheet, "Due")[0] == datetime(2026, 11, 24, 13, 0)


def test_money_that_may_not_be_seen_says_so() -> None:
    hidden = eur(None, "not shown to this audience")
    view = a_pack_view(shows_money=False)
    view = replace(
        view, accounts=replace(view.accounts, rows=(a_row(revenue=hidden),)), moves=(a_move(revenue=hidden),)
    )
    assert column(opened(content_of(view)), "Accounts", "Yearly revenue, EUR") == ["not shown to this audience"]


FORMULAS = ["=1+1", "=cmd|'/c calc'!A1", "@SUM(A1)", "+1", "-1", "\t=1", "\r=1", "＝1+1", "{=1}", "'=1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_is_never_a_formula(text: str) -> None:
    view = a_pack_view()
    cases = replace(view.cases, open=(a_case(name=text, note=text, title=text),))
    rows = replace(view.accounts, rows=(a_row(name=text, next_action=text),))
    content = content_of(replace(view, cases=cases, accounts=rows, plan=(an_action(name=text, why=text),)))
    book = opened(content)
    cell = book[CASES.sheet].cell(row=6, column=2)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert verify_workbook(content, sheets=[], tables=[], validated=[]) == []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist() if "worksheets" in name)


def test_a_hostile_name_is_kept_as_far_as_a_sheet_can_hold_it() -> None:
    view = a_pack_view()
    content = content_of(
        replace(view, accounts=replace(view.accounts, rows=(a_row(name=HOSTILE_NAME + "\x00\x0b\ud800\ufffe"),)))
    )
    name = column(opened(content), "Accounts", "Account")[0]
    assert name == HOSTILE_NAME.replace("\r\n", "\n")


def test_a_text_longer_than_a_cell_is_cut_and_shows_it() -> None:
    view = a_pack_view()
    cases = replace(view.cases, open=(a_case(note="x" * 40_000),))
    note = column(opened(content_of(replace(view, cases=cases))), CASES.sheet, "Note")[0]
    assert isinstance(note, str)
    assert len(note) == LONGEST_TEXT
    assert note.endswith("…")


@settings(max_examples=15)
@given(st.lists(st.text(st.characters(), max_size=60), min_size=1, max_size=40))
def test_any_text_survives_the_file(texts: list[str]) -> None:
    view = a_pack_view()
    rows = tuple(a_row(rank=rank, customer_id=f"C-{rank}", name=text) for rank, text in enumerate(texts))
    content = content_of(replace(view, accounts=replace(view.accounts, rows=rows)))
    assert column(opened(content), "Accounts", "Account") == [clean_text(text) or None for text in texts]


def test_a_pack_with_nothing_in_it_still_opens_and_says_so() -> None:
    view = a_pack_view(since=(), moves=(), plan=(), actions=())
    empty_cases = replace(view.cases, open=(), overdue=(), closed_this_week=(), sentence="No case is open.")
    view = replace(view, cases=empty_cases, accounts=replace(view.accounts, rows=()))
    content = content_of(view)
    assert verify_workbook(content, sheets=SHEETS, tables=TABLES, validated=[CASES.sheet]) == []
    book = opened(content)
    assert book[CASES.sheet]["A2"].value == "No case is open."
    assert book["Since your last pack"]["A3"].value == "No account changed zone this week."
    assert book["Actions"]["A1"].value == "No suggested action this week"
    assert column(book, CASES.sheet, "Row id") == [None]


def test_the_archive_is_fixed_down_to_its_entries() -> None:
    content = content_of()
    assert content == content_of()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert names[0] == "[Content_Types].xml"
        assert names[2:] == sorted(names[2:])
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
        styles = archive.read("xl/styles.xml").decode()
    assert core.count("2026-11-22T23:00:00Z") == 2
    first_font = styles[styles.index("<font>") : styles.index("</font>")]
    assert first_font.index("<sz") < first_font.index("<color") < first_font.index("<name")


def test_an_untouched_round_trip_keeps_what_the_way_back_needs() -> None:
    before = opened(content_of())
    target = io.BytesIO()
    before.save(target)
    after = opened(target.getvalue())
    assert after.custom_doc_props[TOKEN_PROPERTY].value == TOKEN
    assert after[TOKEN_SHEET]["A1"].value == TOKEN
    for header in (*KEY_HEADERS, *(editable.header for editable in CASES.editable)):
        assert column(after, CASES.sheet, header) == column(before, CASES.sheet, header), header
    assert len(after[CASES.sheet].data_validations.dataValidation) == len(CASES.editable)
    assert {name for sheet in after.worksheets for name in sheet.tables} == set(TABLES)


def test_paper_is_landscape_and_its_print_can_be_read() -> None:
    """A4 with margins of 10 mm holds 150 characters of ten points, so 210 are printed in seven."""
    book = opened(content_of())
    for name in SHEETS[:-1]:
        page = book[name]
        assert page.page_setup.orientation == "landscape"
        assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (1, 0)
        assert page.print_title_rows == f"${HEADER_ROW}:${HEADER_ROW}"
        columns, rows = _printed(page)
        assert rows == page.max_row
        assert sum(page.column_dimensions[letter].width for letter in columns) <= 210, name
        assert not any(page.column_dimensions[letter].hidden for letter in columns), name


def _printed(page) -> tuple[list[str], int]:
    """The letters of the columns in the print area, and its last row."""
    (_, _), (last, rows) = (part.split("$")[1:] for part in page.print_area.split("!")[-1].split(":"))
    letters = [get_column_letter(number) for number in range(1, column_index_from_string(last) + 1)]
    return letters, int(rows)
