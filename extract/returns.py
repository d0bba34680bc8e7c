"""Workbooks that managers hand back: the token that proves where one came from, and the rows as they stand now.

Nothing is judged here: which edits count is decided by who compares them with the ledger. Only what cannot be a
workbook of ours, or could harm, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from contracts.exchange import (
    CASE_EDITABLE,
    CASE_KEY_HEADERS,
    CASE_SHEET,
    TOKEN_PROPERTY,
    person_of_cell,
)
from contracts.ids import sha256
from extract.errors import FileRefused, ReturnRefused
from extract.workbooks import check_archive

MAX_BYTES = 25_000_000
MAX_UNPACKED = 200_000_000
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_HEADER_ROW = 30
_OLE = b"\xd0\xcf\x11\xe0"
_HIDDEN_SHEET = "cem"
_PERSON_FIELDS = frozenset({"owner_id"})


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """One row of the case sheet. `fields` holds the editable cells as text, empty text for an empty cell.

    `row_version` is None if the cell no longer holds a number.
    """

    sheet: str
    row_number: int
    row_id: str
    row_version: int | None
    row_check: str
    fields: dict[str, str]
    columns: dict[str, str]

    def cell(self, field: str) -> str:
        """Where a field stands, the way a spreadsheet says it: `Cases!F17`."""
        return f"{self.sheet}!{self.columns[field]}{self.row_number}"


@dataclass(frozen=True, slots=True)
class ReturnedWorkbook:
    """A workbook as returned. `token` is None if the copy lost it; `ignored` names columns that are not ours."""

    token: str | None
    sha256: str
    rows: tuple[ReturnedRow, ...]
    ignored: tuple[str, ...] = ()


def read_returned(path: Path) -> ReturnedWorkbook:
    """Reads a returned workbook.

    Raises: ReturnRefused in words for the person who returned it.
    """
    if path.stat().st_size > MAX_BYTES:
        raise ReturnRefused(
            f"the file is larger than {MAX_BYTES // 1_000_000} MB; hand back the workbook as it was sent"
        )
    content = path.read_bytes()
    book = _opened(content)
    try:
        name, header_row, columns, ignored = _case_sheet(book)
        return ReturnedWorkbook(_token(book), sha256(content), tuple(_rows(book, name, header_row, columns)), ignored)
    finally:
        book.close()


def _opened(content: bytes) -> Workbook:
    # Without defusedxml, openpyxl would expand entities: a few bytes could fill the memory.
    if not openpyxl.DEFUSEDXML:
        raise ReturnRefused("the reader is not installed safely: defusedxml is missing")
    if content[:4] == _OLE:
        raise ReturnRefused("encrypted or an old .xls file; save it as .xlsx without a password")
    if content[:4] != b"PK\x03\x04":
        raise ReturnRefused("this is no .xlsx file; hand back the workbook itself, saved as .xlsx")
    try:
        check_archive(content, max_unpacked=MAX_UNPACKED)
        return openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except FileRefused as exc:
        raise ReturnRefused(str(exc)) from exc
    except (InvalidFileException, BadZipFile, KeyError, ValueError, TypeError, OSError, SyntaxError) as exc:
        # defusedxml's refusals are ValueErrors, broken XML a SyntaxError; what they say may quote the file.
        raise ReturnRefused(f"the workbook cannot be read ({type(exc).__name__}); save it again as .xlsx") from exc


def _token(book: Workbook) -> str | None:
    properties: Any = getattr(book, "custom_doc_props", None)
    for item in properties.props if properties else ():
        if item.name == TOKEN_PROPERTY and getattr(item, "value", None):
            return str(item.value)
    if _HIDDEN_SHEET in book.sheetnames:
        for row in book[_HIDDEN_SHEET].iter_rows(min_row=1, max_row=1, max_col=1, values_only=True):
            return str(row[0]) if row and row[0] else None
    return None


def _case_sheet(book: Workbook) -> tuple[str, int, dict[str, int], tuple[str, ...]]:
    """The sheet with the case rows (by name, else by its headers), its header row, and where each column stands."""
    names = sorted(book.sheetnames, key=lambda name: name != CASE_SHEET)
    for name in names:
        for number, values in enumerate(_values(book, name, last=MAX_HEADER_ROW), start=1):
            words = [" ".join(str(value or "").split()) for value in values]
            if CASE_KEY_HEADERS[0] in words:
                return name, number, *_columns(words, name)
    raise ReturnRefused(
        f"no sheet has the column '{CASE_KEY_HEADERS[0]}'; hand back the workbook itself, not a copy of its cells"
    )


def _columns(words: list[str], sheet: str) -> tuple[dict[str, int], tuple[str, ...]]:
    folded = [word.casefold() for word in words]
    wanted = [*CASE_KEY_HEADERS, *(column.header for column in CASE_EDITABLE)]
    twice = [header for header in wanted if folded.count(header.casefold()) > 1]
    if twice:
        raise ReturnRefused(f"sheet '{sheet}' has the column '{twice[0]}' twice; remove the copy")
    absent = [header for header in wanted if header.casefold() not in folded]
    if absent:
        near = get_close_matches(absent[0], words, n=1)
        hint = f" (is it '{near[0]}'? rename it back)" if near else ""
        raise ReturnRefused(f"sheet '{sheet}' has lost the column '{absent[0]}'{hint}")
    places = {header: folded.index(header.casefold()) for header in wanted}
    used = set(places.values())
    return places, tuple(word for at, word in enumerate(words) if word and at not in used)


def _rows(book: Workbook, sheet: str, header_row: int, columns: dict[str, int]) -> Iterator[ReturnedRow]:
    id_at, version_at, check_at = (columns[header] for header in CASE_KEY_HEADERS)
    letters = {c.field: get_column_letter(columns[c.header] + 1) for c in CASE_EDITABLE}
    for number, values in enumerate(_values(book, sheet, last=MAX_ROWS + 1), start=1):
        if number <= header_row:
            continue
        if number > MAX_ROWS:
            raise ReturnRefused(f"sheet '{sheet}' has more than {MAX_ROWS} rows")
        texts = [_text(value) for value in values] + [""] * (max(columns.values()) + 1 - len(values))
        if not texts[id_at] and not any(texts[columns[column.header]] for column in CASE_EDITABLE):
            continue
        fields = {column.field: texts[columns[column.header]] for column in CASE_EDITABLE}
        fields |= {field: person_of_cell(fields[field]) for field in _PERSON_FIELDS & set(fields)}
        version = texts[version_at]
        yield ReturnedRow(
            sheet=sheet,
            row_number=number,
            row_id=texts[id_at],
            row_version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None,
            row_check=texts[check_at],
            fields=fields,
            columns=letters,
        )


def _values(book: Workbook, sheet: str, *, last: int) -> Iterator[tuple[Any, ...]]:
    """Rows as they come. The declared size of a sheet is not believed: one far cell claims 17 billion."""
    page = book[sheet]
    page.reset_dimensions()
    yield from page.iter_rows(max_row=last, max_col=MAX_COLUMNS, values_only=True)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        is_day = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if is_day else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
