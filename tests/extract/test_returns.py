"""Returned workbooks: W1 to W23 of the reliability notes, as far as reading goes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.packaging.custom import StringProperty
from openpyxl.worksheet.worksheet import Worksheet

from contracts.workbook import (
    CASES,
    HEADER_ROW,
    KEY_HEADERS,
    STEPS,
    TOKEN_PROPERTY,
    TOKEN_SHEET,
    RowKind,
    Sent,
    as_sent,
    cell_text,
    person_cell,
    row_check,
)
from extract.errors import ReturnRefused
from extract.returns import ReturnedWorkbook, read_returned

KEY = b"k"
HEADERS = ["Customer", *(column.header for column in CASES.editable), *KEY_HEADERS]
DUE = datetime(2026, 12, 1)


def workbook(path: Path, change: Callable[[Worksheet], None] | None = None, *, token: str | None = "body.seal") -> Path:
    """Two cases on one sheet, as we write them."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = CASES.sheet
    sheet["A1"] = "Cases of your accounts"
    for column, header in enumerate(HEADERS, start=1):
        sheet.cell(HEADER_ROW, column, header)
    for number, (case, status) in enumerate([("CL-1", "open"), ("CL-2", "closed")], start=HEADER_ROW + 1):
        values = [status, person_cell("P1", "Ann Lee"), DUE, "", "", ""]
        fields = {column.field: cell_text(value) for column, value in zip(CASES.editable, values, strict=True)}
        sent = as_sent(fields, {"Customer": "Acme"})
        keys = [case, number, row_check(RowKind.CASE, case, number, sent, KEY), sent]
        for column, value in enumerate(["Acme", *values, *keys], start=1):
            sheet.cell(number, column, value)
    if token:
        book.custom_doc_props.append(StringProperty(name=TOKEN_PROPERTY, value=token))
    if change:
        change(sheet)
    book.save(path)
    return path


def returned_of(path: Path) -> ReturnedWorkbook:
    return read_returned(path.read_bytes())


def test_an_untouched_workbook_gives_its_rows(tmp_path: Path) -> None:
    returned = returned_of(workbook(tmp_path / "a.xlsx"))
    assert returned.token == "body.seal"
    assert [(row.row_id, row.version, row.fields["status"]) for row in returned.rows] == [
        ("CL-1", HEADER_ROW + 1, "open"),
        ("CL-2", HEADER_ROW + 2, "closed"),
    ]
    first = returned.rows[0]
    assert first.check == row_check(RowKind.CASE, "CL-1", HEADER_ROW + 1, first.sent_text, KEY)
    assert (first.fields["owner_id"], first.fields["due_at"]) == ("Ann Lee · P1", "2026-12-01")
    assert first.cell("note") == f"{CASES.sheet}!F{HEADER_ROW + 1}"
    assert all((row.edits, row.touched) == ({}, ()) for row in returned.rows)
    assert returned.ignored == ()


def test_w1_a_renamed_sheet_is_known_by_its_headers(tmp_path: Path) -> None:
    returned = returned_of(workbook(tmp_path / "a.xlsx", lambda sheet: setattr(sheet, "title", "Mine")))
    assert [row.sheet for row in returned.rows] == ["Mine", "Mine"]


def test_w2_inserted_columns_and_rows_do_not_matter(tmp_path: Path) -> None:
    def insert(sheet: Worksheet) -> None:
        sheet.insert_cols(1, 2)
        sheet.cell(HEADER_ROW, 1, "My notes")
        sheet.insert_rows(1)

    returned = returned_of(workbook(tmp_path / "a.xlsx", insert))
    assert [row.row_id for row in returned.rows] == ["CL-1", "CL-2"]
    assert returned.ignored == ("My notes",)


def test_w3_a_header_in_other_words_is_known(tmp_path: Path) -> None:
    def rename(sheet: Worksheet) -> None:
        sheet.cell(HEADER_ROW, HEADERS.index("Due") + 1, "due  date")
        sheet.cell(HEADER_ROW, HEADERS.index("Note") + 1, "NOTES")

    assert returned_of(workbook(tmp_path / "a.xlsx", rename)).rows[0].fields["due_at"] == "2026-12-01"


def test_w5_a_deleted_row_says_nothing(tmp_path: Path) -> None:
    returned = returned_of(workbook(tmp_path / "a.xlsx", lambda sheet: sheet.delete_rows(HEADER_ROW + 1)))
    assert [row.row_id for row in returned.rows] == ["CL-2"]


def test_w8_a_computed_cell_that_was_edited_is_named(tmp_path: Path) -> None:
    returned = returned_of(workbook(tmp_path / "a.xlsx", lambda sheet: sheet.cell(HEADER_ROW + 2, 1, "Other") and None))
    assert [row.touched for row in returned.rows] == [(), (f"{CASES.sheet}!A{HEADER_ROW + 2}",)]


def test_w20_macros_are_not_even_looked_at(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsm")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"Attribute VB_Name")
    assert [row.edits for row in returned_of(path).rows] == [{}, {}]


def test_a_sheet_that_stands_twice_is_refused(tmp_path: Path) -> None:
    def copy(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        sheet.parent.copy_worksheet(sheet)

    with pytest.raises(ReturnRefused, match="remove the copy") as refusal:
        returned_of(workbook(tmp_path / "a.xlsx", copy))
    assert refusal.value.token == "body.seal"  # so that its editor can be told


def test_a_step_that_the_team_adds_has_no_id(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    headers = ["Account", "Step", *(column.header for column in STEPS.editable), *KEY_HEADERS]
    for column, (header, value) in enumerate(zip(headers, ["Acme · C-1", "Call them", "todo"], strict=False), start=1):
        sheet.cell(1, column, header)
        sheet.cell(2, column, value)
    for column, header in enumerate(headers, start=1):
        sheet.cell(1, column, header)
    book.save(tmp_path / "a.xlsx")
    (row,) = returned_of(tmp_path / "a.xlsx").rows
    assert (row.kind, row.row_id, row.new) == (RowKind.STEP, "", {"customer_id": "Acme · C-1", "action": "Call them"})
    assert (row.edits, row.sent) == ({"status": "todo"}, None)


@pytest.mark.parametrize("text", ["", "[]", "{", "[1, 2]", '["a", {}]', "=1+1"])
def test_what_a_row_said_when_sent_may_be_anything(text: str) -> None:
    assert Sent.read(text) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 11, 24, 11, 59, 59, 999_000), "2026-11-24 12:00"),
        (datetime(2026, 11, 24), "2026-11-24"),
        (4.0, "4"),
        (38.2, "38.2"),
        (0.1 + 0.2, "0.3"),
        (True, "yes"),
        (" a \r\nb ", "a\nb"),
        (None, ""),
    ],
)
def test_a_cell_is_one_text_whoever_wrote_it(value: object, text: str) -> None:
    assert cell_text(value) == text


REFUSED: dict[str, tuple[Callable[[Worksheet], None], str]] = {
    "W2 deleted": (lambda sheet: sheet.delete_cols(2), "has lost the column 'Status'"),
    "W3 edited": (lambda sheet: sheet.cell(HEADER_ROW, 2, "Statuss") and None, "is it 'Statuss'"),
    "doubled": (lambda sheet: sheet.cell(HEADER_ROW, 20, "Status") and None, "twice"),
    "W17 copied": (lambda sheet: sheet.delete_rows(HEADER_ROW), "no sheet has the column 'Row id'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_layout_that_lost_what_we_need(tmp_path: Path, name: str) -> None:
    change, says = REFUSED[name]
    with pytest.raises(ReturnRefused, match=says):
        returned_of(workbook(tmp_path / "a.xlsx", change))


def test_edits_arrive_as_text(tmp_path: Path) -> None:
    def edit(sheet: Worksheet) -> None:
        row = HEADER_ROW + 1
        sheet.cell(row, 2, " Done ")
        sheet.cell(row, 4, "31/02/2026")
        sheet.cell(row, 6, "=HYPERLINK(1)")
        sheet.cell(row + 1, 9, "changed")
        sheet.cell(row + 2, 6, "a row without an id")

    rows = returned_of(workbook(tmp_path / "a.xlsx", edit)).rows
    assert (rows[0].fields["status"], rows[0].fields["due_at"], rows[0].fields["note"]) == (
        "Done",
        "31/02/2026",
        "=HYPERLINK(1)",
    )
    assert rows[1].version is None
    assert rows[0].edits == {"status": "Done", "due_at": "31/02/2026", "note": "=HYPERLINK(1)"}
    assert (rows[2].row_id, rows[2].fields["note"]) == ("", "a row without an id")


def test_the_token_may_stand_in_a_hidden_sheet_or_be_lost(tmp_path: Path) -> None:
    def hide(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        hidden = sheet.parent.create_sheet(TOKEN_SHEET)
        hidden["A1"], hidden.sheet_state = "other.seal", "veryHidden"

    assert returned_of(workbook(tmp_path / "a.xlsx", hide, token=None)).token == "other.seal"
    assert returned_of(workbook(tmp_path / "b.xlsx", token=None)).token is None


FILES = {
    "W16 csv": (b"Row id,Row version\n1,2\n", "no .xlsx file"),
    "W19 encrypted": (b"\xd0\xcf\x11\xe0" + b"\0" * 100, "without a password"),
    "truncated": (b"PK\x03\x04" + b"\0" * 100, "truncated or damaged"),
    "empty": (b"", "no .xlsx file"),
}


@pytest.mark.parametrize("name", FILES)
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    content, says = FILES[name]
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(ReturnRefused, match=says):
        returned_of(path)


def _rezipped(content: bytes, name: str, new: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in old.namelist():
            archive.writestr(item, new if item == name else old.read(item))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("part", "content", "says"),
    [
        ("docProps/core.xml", b" " * 60_000_000, "unpacks to"),
        ("xl/workbook.xml", b'<!DOCTYPE x [<!ENTITY a "ha">]><x>&a;</x>', "no sheet has the column"),
        ("xl/workbook.xml", b"<not closed", "cannot be read"),
    ],
)
def test_w23_bombs_and_entities_are_refused(tmp_path: Path, part: str, content: bytes, says: str) -> None:
    path = workbook(tmp_path / "a.xlsx")
    path.write_bytes(_rezipped(path.read_bytes(), part, content))
    with pytest.raises(ReturnRefused, match=says):
        returned_of(path)


def test_a_far_cell_is_not_walked_to(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", lambda sheet: sheet.cell(90_000, 16_000, "far") and None)
    assert [row.row_id for row in returned_of(path).rows] == ["CL-1", "CL-2"]
