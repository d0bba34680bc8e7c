"""Writing cells: every value typed, no text ever a formula, looks made once per workbook.

Text comes from exports, so it may begin with `=`, hold control characters, or be longer than a cell.
A text cell is written as a string with the quote prefix, which spreadsheet programs keep as text
even after somebody edits the cell beside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

LONGEST_TEXT = 32_767
_EXACT_INTEGER = 2**53
_NON_CHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(17)
)
_UNWRITABLE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_NON_CHARACTERS}]")
_ELLIPSIS = "…"

Look = Literal[
    "text", "wrapped", "trend", "number", "score", "rate", "change", "money", "day", "moment", "share", "link", "exact"
]
CellValue = str | int | float | Decimal | bool | date | datetime | None

_FORMATS: dict[Look, str] = {
    "text": "@",
    "wrapped": "@",
    "trend": "@",
    "link": "@",
    "number": "#,##0",
    "exact": "0.######",
    "score": "0.0",
    "rate": "0.00",
    "change": "+0.0;−0.0;0.0",
    "money": "#,##0",
    "share": "0%",
    "day": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}


_WRAPPED: frozenset[Look] = frozenset({"wrapped"})
_FIGURES: frozenset[Look] = frozenset({"number", "exact", "score", "rate", "change", "money", "share"})


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours from the tokens that pages and charts use, as RRGGBB."""

    ink: str
    body: str
    caption: str
    hairline: str
    wash: str
    link: str
    editable: str


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column of a sheet: header as printed, how it looks, how wide (characters), who may write in it.

    `is_new`: may be written in a row that the team adds, and in no other.
    """

    header: str
    look: Look
    width: float
    editable: bool = False
    hidden: bool = False
    is_new: bool = False


class Looks:
    """The cell styles of one workbook, made once: assigning a style to a cell costs more than its value."""

    def __init__(self, book: Workbook, palette: Palette) -> None:
        self._scratch = book.create_sheet("scratch")
        self._palette = palette
        self._made: dict[tuple[str, bool], Cell] = {}
        self._book = book

    def wraps(self, column: SheetColumn) -> bool:
        return column.look in _WRAPPED or (column.editable and column.look == "text")

    def close(self) -> None:
        """Removes the sheet on which the looks were made; call before saving."""
        self._book.remove(self._scratch)

    def of(self, look: Look, *, editable: bool) -> Cell:
        key = (look, editable)
        if key not in self._made:
            cell = self._scratch.cell(row=len(self._made) + 1, column=1)
            assert isinstance(cell, Cell)
            cell.number_format = _FORMATS[look]
            wraps = look in _WRAPPED or (editable and look == "text")
            side = "right" if look in _FIGURES else "left"
            cell.alignment = Alignment(
                horizontal=side, vertical="top", wrap_text=wraps, indent=0 if side == "right" else 1
            )
            cell.protection = Protection(locked=not editable)
            # A trend is made of blocks: in ink it would be the darkest thing on the sheet.
            colour = {"link": self._palette.link, "trend": self._palette.caption}.get(look, self._palette.ink)
            cell.font = Font(name="Calibri", sz=10, color=f"FF{colour}", u="single" if look == "link" else None)
            cell.border = Border(bottom=Side(style="thin", color=f"FF{self._palette.hairline}"))
            if editable:
                cell.fill = PatternFill("solid", fgColor=f"FF{self._palette.editable}")
            if look in {"text", "wrapped", "trend", "link"}:
                cell.quotePrefix = True
            self._made[key] = cell
        return self._made[key]


def height_of(wrapped: Sequence[tuple[CellValue, float]]) -> float:
    """Points for the longest of these texts in columns of these widths; at most eight lines."""
    lines = [
        sum(max(1, math.ceil(len(line) / (width * 1.05))) for line in value.split("\n"))
        for value, width in wrapped
        if isinstance(value, str)
    ]
    return 14.0 * min(max(lines, default=1), 8) + 2.0


def clean_text(text: str) -> str:
    """Text that a worksheet can hold: no control characters, surrogates or non-characters, one kind of
    line end, and not longer than a cell (cut with an ellipsis).
    """
    kept = _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return kept if len(kept) <= LONGEST_TEXT else kept[: LONGEST_TEXT - 1] + _ELLIPSIS


def put(sheet: Worksheet, row: int, column: int, value: CellValue, *, look: Cell, zone: ZoneInfo) -> Cell:
    """Writes one typed value. Instants become the wall clock of `zone`; what is no number leaves the cell empty."""
    cell = sheet.cell(row=row, column=column)
    assert isinstance(cell, Cell)
    # A copy, because setting a font on the cell later would write into the shared look.
    cell._style = copy(look._style)  # type: ignore[attr-defined]  # noqa: SLF001 - openpyxl has no public way to reuse an interned style
    _set(cell, value, zone)
    return cell


def _set(cell: Cell, value: CellValue, zone: ZoneInfo) -> None:
    if value is None:
        return
    if isinstance(value, str):
        if text := clean_text(value):
            cell.value = text
            # else text that begins with = is a formula, and that of an error (#N/A) an error
            cell.data_type = "s"
    elif isinstance(value, datetime):
        cell.value = (value.astimezone(zone).replace(tzinfo=None) if value.tzinfo else value).replace(microsecond=0)
    elif isinstance(value, bool):
        cell.value = "yes" if value else "no"
        cell.data_type = "s"
    elif isinstance(value, int) and abs(value) > _EXACT_INTEGER:
        cell.value = str(value)
        cell.data_type = "s"
    elif isinstance(value, float | Decimal) and not math.isfinite(value):
        return
    else:
        cell.value = value


def head(sheet: Worksheet, *, title: str, lines: Sequence[str], palette: Palette) -> None:
    """The lines above a table: what the sheet says, in words, and how to use it."""
    for number, text in enumerate((title, *lines), 1):
        cell = sheet.cell(row=number, column=1)
        assert isinstance(cell, Cell)
        cell.alignment = Alignment(indent=1)
        cell.value = clean_text(text)
        cell.data_type = "s"
        is_title = number == 1
        cell.font = Font(
            name="Calibri",
            b=is_title,
            sz=14 if is_title else 10,
            color=f"FF{palette.ink if is_title else palette.caption}",
        )


def table(
    sheet: Worksheet,
    name: str,
    columns: Sequence[SheetColumn],
    rows: Sequence[Sequence[CellValue]],
    *,
    header_row: int,
    looks: Looks,
    palette: Palette,
    zone: ZoneInfo,
    blank: int = 0,
) -> None:
    """A named table with filter buttons, frozen above and left of its first column, and widths that fit.

    `blank`: so many rows for the team to fill stand below the others. An Excel table needs one row below its
    header, so an empty one keeps a blank row.
    """
    for index, column in enumerate(columns, 1):
        cell = sheet.cell(row=header_row, column=index)
        assert isinstance(cell, Cell)
        cell.value = column.header
        cell.data_type = "s"
        cell.font = Font(name="Calibri", b=True, sz=10, color=f"FF{palette.ink}")
        cell.fill = PatternFill("solid", fgColor=f"FF{palette.editable if column.editable else palette.wash}")
        is_figure = column.look in _FIGURES
        cell.alignment = Alignment(
            horizontal="right" if is_figure else "left", vertical="bottom", wrap_text=True, indent=0 if is_figure else 1
        )
        cell.border = Border(bottom=Side(style="medium", color=f"FF{palette.ink}"))
        shape = sheet.column_dimensions[get_column_letter(index)]
        shape.width = column.width
        shape.hidden = column.hidden
    empty = [[None] * len(columns)] * max(blank, 0 if rows else 1)
    for offset, row in enumerate([*rows, *empty], 1):
        is_added = len(rows) < offset <= len(rows) + blank
        for index, (column, value) in enumerate(zip(columns, row, strict=True), 1):
            look = looks.of(column.look, editable=column.editable or (column.is_new and is_added))
            put(sheet, header_row + offset, index, value, look=look, zone=zone)
        sheet.row_dimensions[header_row + offset].height = height_of(
            [(value, column.width) for column, value in zip(columns, row, strict=True) if looks.wraps(column)]
        )
    last = header_row + max(len(rows) + blank, 1)
    frame = Table(displayName=name, ref=f"A{header_row}:{get_column_letter(len(columns))}{last}")
    frame.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    sheet.add_table(frame)
    sheet.freeze_panes = f"B{header_row + 1}"
    sheet.row_dimensions[header_row].height = 30


def linked(cell: Cell, target: str) -> None:
    """A hyperlink to a file beside the workbook, or with # to a cell of it; keeps the look the cell already has."""
    style = copy(cell._style)  # type: ignore[attr-defined]  # noqa: SLF001 - setting a hyperlink replaces the style
    if target.startswith("#"):
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=target[1:])
    else:
        cell.hyperlink = target
    cell._style = style  # type: ignore[attr-defined]  # noqa: SLF001


def protect(sheet: Worksheet) -> None:
    """Locks computed cells without a password: the lock prevents slips, the row checks prevent the rest."""
    protection = sheet.protection
    protection.sheet = True
    # In this part of the format a false flag is a permission.
    protection.autoFilter = False
    protection.sort = False
    protection.formatColumns = False
    protection.formatRows = False
    protection.selectLockedCells = False


def print_setup(sheet: Worksheet, *, header_row: int, footer: str, tall: int = 0) -> None:
    """A4 landscape, one page wide, header row repeated, page numbers and the footer's words on every page.

    `tall`: so many pages at most; 0: as many as the rows need.
    """
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = tall
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.6, header=0.3, footer=0.3)
    if sheet.sheet_properties.pageSetUpPr is not None:
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{header_row}:{header_row}"
    # An ampersand starts a code in this part of the format.
    assert sheet.oddFooter is not None
    left, right = sheet.oddFooter.left, sheet.oddFooter.right
    assert left is not None
    assert right is not None
    left.text = footer.replace("&", "&&")
    right.text = "Page &P of &N"
