"""Workbooks that are handed back: the token that proves where one came from, and the rows as they stand now.

Nothing is judged here: which edits count is decided by who compares them with the ledger. Only what cannot be a
workbook of ours, or could harm, is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from contracts.ids import sha256
from contracts.workbook import (
    KEY_HEADERS,
    LAYOUTS,
    TOKEN_PROPERTY,
    TOKEN_SHEET,
    EditableColumn,
    RowKind,
    Sent,
    SheetLayout,
    cell_text,
)
from extract.errors import FileRefused, ReturnRefused
from extract.workbooks import check_archive

MAX_BYTES = 25_000_000
MAX_UNPACKED = 200_000_000
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_HEADER_ROW = 30
_OLE = b"\xd0\xcf\x11\xe0"
_LONGEST_VERSION = 9
_PAGE = "Page"
_ROW_ID, _ROW_VERSION, _ROW_CHECK, _AS_SENT = KEY_HEADERS


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """One row of a sheet that comes back, every cell as text, empty text for an empty cell.

    `fields`: its editable cells; `new`: what names a row that the team adds; `touched`: computed cells that were
    changed, as `Cases!D7`. `version` and `sent` are None where the cell no longer holds what we wrote.
    """

    kind: RowKind
    sheet: str
    row_number: int
    row_id: str
    version: int | None
    check: str
    sent_text: str
    sent: Sent | None
    fields: Mapping[str, str]
    new: Mapping[str, str]
    columns: Mapping[str, str]
    touched: tuple[str, ...] = ()

    def cell(self, name: str) -> str:
        """Where a field stands, the way a spreadsheet says it: `Cases!F17`."""
        return f"{self.sheet}!{self.columns.get(name, 'A')}{self.row_number}"

    @property
    def edits(self) -> dict[str, str]:
        """The editable cells that do not say what they said when the workbook was sent."""
        sent = self.sent.fields if self.sent else {}
        return {name: text for name, text in self.fields.items() if text != sent.get(name, "")}


@dataclass(frozen=True, slots=True)
class ReturnedWorkbook:
    """A workbook as returned. `token` is None if the copy lost it; `ignored` names columns that are not ours."""

    token: str | None
    sha256: str
    rows: tuple[ReturnedRow, ...]
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A sheet known as one of ours: where its header stands, and each column by header."""

    layout: SheetLayout
    name: str
    header_row: int
    places: dict[str, int]
    locked: dict[str, int]


def read_returned(content: bytes) -> ReturnedWorkbook:
    """Reads a returned workbook.

    Raises: ReturnRefused in words for the person who returned it.
    """
    if len(content) > MAX_BYTES:
        raise ReturnRefused(
            f"the file is larger than {MAX_BYTES // 1_000_000} MB; hand back the workbook as it was sent"
        )
    book = _opened(content)
    try:
        token = _token(book)
        try:
            sheets = _sheets(book)
            rows = tuple(row for sheet in sheets for row in _rows(book, sheet))
        except ReturnRefused as exc:
            raise ReturnRefused(str(exc), token=token) from exc
        ignored = tuple(header for sheet in sheets for header in _foreign(sheet, rows))
        return ReturnedWorkbook(token, sha256(content), rows, ignored)
    finally:
        book.close()


def read_cells(
    content: bytes, names: Collection[str], *, rows: int, columns: int
) -> tuple[dict[str, list[tuple[Any, ...]]], str | None]:
    """The cells of the sheets of these names, as they are, and the token; a sheet that is not there is left out.

    Raises: ReturnRefused in words for the person who returned it.
    """
    book = _opened(content)
    try:
        found = {}
        for name in book.sheetnames:
            if name in names:
                page = book[name]
                page.reset_dimensions()
                found[name] = list(page.iter_rows(max_row=rows, max_col=columns, values_only=True))
        return found, _token(book)
    finally:
        book.close()


def _opened(content: bytes) -> Workbook:
    # Without defusedxml, openpyxl would expand entities: a few bytes could fill the memory.
    if not openpyxl.DEFUSEDXML:
        raise ReturnRefused("the reader is not installed safely: defusedxml is missing")
    if content[:4] == _OLE:
        raise ReturnRefused("encrypted or an old .xls file; save it as .xlsx without a password")
    if content[:4] != b"PK\x03\x04":
        raise ReturnRefused("this is no .xlsx file; hand back the workbook itself, saved as .xlsx", is_torn=not content)
    try:
        check_archive(content, max_unpacked=MAX_UNPACKED)
        return openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except FileRefused as exc:
        raise ReturnRefused(str(exc), is_torn="truncated" in str(exc)) from exc
    except (InvalidFileException, BadZipFile, KeyError, ValueError, TypeError, OSError, SyntaxError) as exc:
        # defusedxml's refusals are ValueErrors, broken XML a SyntaxError; what they say may quote the file.
        raise ReturnRefused(f"the workbook cannot be read ({type(exc).__name__}); save it again as .xlsx") from exc


def _token(book: Workbook) -> str | None:
    properties: Any = getattr(book, "custom_doc_props", None)
    for item in properties.props if properties else ():
        if item.name == TOKEN_PROPERTY and getattr(item, "value", None):
            return str(item.value)
    if TOKEN_SHEET in book.sheetnames:
        for row in book[TOKEN_SHEET].iter_rows(min_row=1, max_row=1, max_col=1, values_only=True):
            return str(row[0]) if row and row[0] else None
    return None


def _sheets(book: Workbook) -> list[_Found]:
    """The sheets that come back, by name, else by their headers; a sheet that was deleted says nothing."""
    found: dict[RowKind, _Found] = {}
    for name in book.sheetnames:
        for number, values in enumerate(_values(book, name, last=MAX_HEADER_ROW), start=1):
            words = [" ".join(cell_text(value).split()) for value in values]
            if _ROW_ID.casefold() in [word.casefold() for word in words]:
                sheet = _known(name, number, words)
                if sheet.layout.kind in found:
                    twice = found[sheet.layout.kind].name
                    raise ReturnRefused(f"sheets '{twice}' and '{name}' are the same sheet; remove the copy")
                found[sheet.layout.kind] = sheet
                break
    if not found:
        raise ReturnRefused(
            f"no sheet has the column '{_ROW_ID}'; hand back the workbook itself, not a copy of its cells"
        )
    return [found[layout.kind] for layout in LAYOUTS if layout.kind in found]


def _known(name: str, header_row: int, words: list[str]) -> _Found:
    """Which of our sheets this is: that of the name, else the one whose headers it has most of."""
    folded = [word.casefold() for word in words]
    layout = max(LAYOUTS, key=lambda one: (one.sheet == name, sum(_at(c, folded) is not None for c in one.editable)))
    places: dict[str, int] = {}
    for column in (*(EditableColumn(header, header) for header in KEY_HEADERS), *layout.editable, *layout.new):
        spelled = [column.header, *column.aliases]
        if sum(folded.count(word.casefold()) for word in spelled) > 1:
            raise ReturnRefused(f"sheet '{name}' has the column '{column.header}' twice; remove the copy")
        at = _at(column, folded)
        if at is None and column not in layout.new:
            near = get_close_matches(column.header, [word for word in words if word], n=1)
            hint = f" (is it '{near[0]}'? rename it back)" if near else ""
            raise ReturnRefused(f"sheet '{name}' has lost the column '{column.header}'{hint}")
        if at is not None:
            places[column.field] = at
    ours = {places[column.field] for column in layout.editable} | {places[header] for header in KEY_HEADERS}
    others = {word: at for at, word in enumerate(words) if word and at not in ours}
    return _Found(layout, name, header_row, places, others)


def _at(column: EditableColumn, folded: list[str]) -> int | None:
    for word in (column.header, *column.aliases):
        if word.casefold() in folded:
            return folded.index(word.casefold())
    return None


def _rows(book: Workbook, sheet: _Found) -> Iterator[ReturnedRow]:
    layout, places = sheet.layout, sheet.places
    letters = {name: get_column_letter(at + 1) for name, at in places.items()}
    width = max([*places.values(), *sheet.locked.values()]) + 1
    for number, values in enumerate(_values(book, sheet.name, last=MAX_ROWS + 1), start=1):
        if number <= sheet.header_row:
            continue
        if number > MAX_ROWS:
            raise ReturnRefused(f"sheet '{sheet.name}' has more than {MAX_ROWS} rows")
        texts = [cell_text(value) for value in values] + [""] * (width - len(values))
        fields = {column.field: texts[places[column.field]] for column in layout.editable}
        new = {column.field: texts[places[column.field]] for column in layout.new if column.field in places}
        row_id = texts[places[_ROW_ID]]
        if not row_id and not any(fields.values()) and not any(new.values()):
            continue
        sent = Sent.read(texts[places[_AS_SENT]])
        yield ReturnedRow(
            kind=layout.kind,
            sheet=sheet.name,
            row_number=number,
            row_id=row_id,
            version=_version(texts[places[_ROW_VERSION]]),
            check=texts[places[_ROW_CHECK]],
            sent_text=texts[places[_AS_SENT]],
            sent=sent,
            fields=fields,
            new={} if row_id else new,
            columns=letters,
            touched=_touched(sheet, number, texts, sent) if row_id else (),
        )


def _version(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_VERSION else None


def _touched(sheet: _Found, number: int, texts: list[str], sent: Sent | None) -> tuple[str, ...]:
    if sent is None:
        return ()
    return tuple(
        f"{sheet.name}!{get_column_letter(at + 1)}{number}"
        for header, at in sheet.locked.items()
        if not sent.is_locked_as_sent(header, texts[at])
    )


def _foreign(sheet: _Found, rows: tuple[ReturnedRow, ...]) -> list[str]:
    """Columns of a sheet that no row of it was sent with."""
    sent = [set(row.sent.locked) for row in rows if row.kind is sheet.layout.kind and row.sent]
    ours = {_PAGE}.union(*sent)
    return [header for header in sheet.locked if sent and header not in ours]


def _values(book: Workbook, sheet: str, *, last: int) -> Iterator[tuple[Any, ...]]:
    """Rows as they come. The declared size of a sheet is not believed: one far cell claims 17 billion."""
    page = book[sheet]
    page.reset_dimensions()
    yield from page.iter_rows(max_row=last, max_col=MAX_COLUMNS, values_only=True)
