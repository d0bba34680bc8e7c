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

from contracts.exchange import (
    CASE_EDITABLE,
    CASE_HEADER_ROW,
    CASE_KEY_HEADERS,
    CASE_SHEET,
    TOKEN_PROPERTY,
    person_cell,
    row_seal,
)
from extract.errors import ReturnRefused
from extract.returns import read_returned

KEY = b"k"
HEADERS = ["Customer", *(column.header for column in CASE_EDITABLE), *CASE_KEY_HEADERS]


def workbook(path: Path, change: Callable[[Worksheet], None] | None = None, *, token: str | None = "body.seal") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = CASE_SHEET
    sheet["A1"] = "Cases of your accounts"
    for column, header in enumerate(HEADERS, start=1):
        sheet.cell(CASE_HEADER_ROW, column, header)
    for number, (case, status) in enumerate([("CL-1", "open"), ("CL-2", "closed")], start=CASE_HEADER_ROW + 1):
        cells = [
            "Acme",
            status,
            person_cell("P1", "Ann Lee"),
            datetime(2026, 12, 1),
            "",
            "",
            case,
            number,
            row_seal(case, number, KEY),
        ]
        for column, value in enumerate(cells, start=1):
            sheet.cell(number, column, value)
    if token:
        book.custom_doc_props.append(StringProperty(name=TOKEN_PROPERTY, value=token))
    if change:
        change(sheet)
    book.save(path)
    return path


def test_an_untouched_workbook_gives_its_rows(tmp_path: Path) -> None:
    returned = read_returned(workbook(tmp_path / "a.xlsx"))
    assert returned.token == "body.seal"
    assert [(row.row_id, row.row_version, row.fields["status"]) for row in returned.rows] == [
        ("CL-1", CASE_HEADER_ROW + 1, "open"),
        ("CL-2", CASE_HEADER_ROW + 2, "closed"),
    ]
    first = returned.rows[0]
    assert first.row_check == row_seal("CL-1", CASE_HEADER_ROW + 1, KEY)
    assert (first.fields["owner_id"], first.fields["due_at"]) == ("P1", "2026-12-01")
    assert first.cell("note") == f"{CASE_SHEET}!F{CASE_HEADER_ROW + 1}"
    assert returned.ignored == ("Customer",)


def test_w1_a_renamed_sheet_is_known_by_its_headers(tmp_path: Path) -> None:
    returned = read_returned(workbook(tmp_path / "a.xlsx", lambda sheet: setattr(sheet, "title", "Mine")))
    assert [row.sheet for row in returned.rows] == ["Mine", "Mine"]


def test_w2_inserted_columns_and_rows_do_not_matter(tmp_path: Path) -> None:
    def insert(sheet: Worksheet) -> None:
        sheet.insert_cols(1, 2)
        sheet.cell(CASE_HEADER_ROW, 1, "My notes")
        sheet.insert_rows(1)

    returned = read_returned(workbook(tmp_path / "a.xlsx", insert))
    assert [row.row_id for row in returned.rows] == ["CL-1", "CL-2"]
    assert returned.ignored == ("My notes", "Customer")


REFUSED: dict[str, tuple[Callable[[Worksheet], None], str]] = {
    "W2 deleted": (lambda sheet: sheet.delete_cols(2), "has lost the column 'Status'"),
    "W3 edited": (lambda sheet: sheet.cell(CASE_HEADER_ROW, 2, "Statuss") and None, "is it 'Statuss'"),
    "doubled": (lambda sheet: sheet.cell(CASE_HEADER_ROW, 20, "Status") and None, "twice"),
    "W17 copied": (lambda sheet: sheet.delete_rows(CASE_HEADER_ROW), "no sheet has the column 'Row id'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_layout_that_lost_what_we_need(tmp_path: Path, name: str) -> None:
    change, says = REFUSED[name]
    with pytest.raises(ReturnRefused, match=says):
        read_returned(workbook(tmp_path / "a.xlsx", change))


def test_edits_arrive_as_text(tmp_path: Path) -> None:
    def edit(sheet: Worksheet) -> None:
        row = CASE_HEADER_ROW + 1
        sheet.cell(row, 2, " Done ")
        sheet.cell(row, 4, "31/02/2026")
        sheet.cell(row, 6, "=HYPERLINK(1)")
        sheet.cell(row + 1, 8, "changed")
        sheet.cell(row + 2, 6, "a row without an id")

    rows = read_returned(workbook(tmp_path / "a.xlsx", edit)).rows
    assert (rows[0].fields["status"], rows[0].fields["due_at"], rows[0].fields["note"]) == (
        "Done",
        "31/02/2026",
        "=HYPERLINK(1)",
    )
    assert rows[1].row_version is None
    assert (rows[2].row_id, rows[2].fields["note"]) == ("", "a row without an id")


def test_the_token_may_stand_in_a_hidden_sheet_or_be_lost(tmp_path: Path) -> None:
    def hide(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        hidden = sheet.parent.create_sheet("cem")
        hidden["A1"], hidden.sheet_state = "other.seal", "veryHidden"

    assert read_returned(workbook(tmp_path / "a.xlsx", hide, token=None)).token == "other.seal"
    assert read_returned(workbook(tmp_path / "b.xlsx", token=None)).token is None


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
        read_returned(path)


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
        read_returned(path)


def test_a_far_cell_is_not_walked_to(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", lambda sheet: sheet.cell(90_000, 16_000, "far") and None)
    assert [row.row_id for row in read_returned(path).rows] == ["CL-1", "CL-2"]
