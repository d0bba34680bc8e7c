"""What every sheet of the workbook is written with: the desk, rows that can come back, links, coloured rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from openpyxl.cell.cell import Cell
from openpyxl.formatting.rule import DataBarRule, FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from contracts.words import Zone
from contracts.workbook import HEADER_ROW, KEY_HEADERS, SheetLayout, as_sent, cell_text, row_check
from reporting.theme import theme
from reporting.workbook.cells import CellValue, Looks, Palette, SheetColumn, linked, print_setup, protect, put, table

PAGE = "Page"
ROW_ID, ROW_VERSION, ROW_CHECK, AS_SENT = KEY_HEADERS
KEY_COLUMNS = (
    SheetColumn(ROW_VERSION, "number", 9, hidden=True),
    SheetColumn(ROW_CHECK, "text", 18, hidden=True),
    SheetColumn(AS_SENT, "text", 18, hidden=True),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on every sheet: whose workbook of which week, in words."""

    organization: str
    title: str
    week: str
    scope: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What every sheet is written with. `key` signs the rows that may come back."""

    book: Workbook
    looks: Looks
    palette: Palette
    zone: ZoneInfo
    words: Words
    key: bytes

    def table(
        self,
        sheet: Worksheet,
        name: str,
        columns: Sequence[SheetColumn],
        rows: Sequence[Sequence[CellValue]],
        *,
        blank: int = 0,
    ) -> None:
        looks, palette = self.looks, self.palette
        table(
            sheet,
            name,
            columns,
            rows,
            header_row=HEADER_ROW,
            looks=looks,
            palette=palette,
            zone=self.zone,
            blank=blank,
        )

    def finish(self, sheet: Worksheet, columns: Sequence[SheetColumn], *, last: str) -> None:
        """Protection and print set-up. The columns up to the one headed `last` go on paper: more of them in one
        page's width could not be read.
        """
        protect(sheet)
        words = self.words
        printed = [column.header for column in columns].index(last) + 1
        sheet.print_area = f"A1:{get_column_letter(printed)}{sheet.max_row}"
        print_setup(sheet, header_row=HEADER_ROW, footer=f"{words.organization} · {words.title} · {words.week}")

    def seal(self, sheet: Worksheet, layout: SheetLayout, columns: Sequence[SheetColumn], count: int) -> None:
        """Fills the hidden columns of each row with what its cells say now and the checksum over it."""
        at = {column.header: number for number, column in enumerate(columns, 1)}
        editable = {column.field: at[column.header] for column in layout.editable}
        kept_out = {*KEY_HEADERS, PAGE, *(column.header for column in layout.editable)}
        locked = {header: number for header, number in at.items() if header not in kept_out}
        for row in range(HEADER_ROW + 1, HEADER_ROW + 1 + count):
            text = {number: cell_text(sheet.cell(row=row, column=number).value) for number in at.values()}
            sent = as_sent(
                {field: text[number] for field, number in editable.items()},
                {header: text[number] for header, number in locked.items()},
            )
            version = int(text[at[ROW_VERSION]])
            check = row_check(layout.kind, text[at[ROW_ID]], version, sent, self.key)
            for header, value in ((ROW_CHECK, check), (AS_SENT, sent)):
                look = self.looks.of("text", editable=False)
                put(sheet, row, at[header], value, look=look, zone=self.zone)


def cells_of(columns: Sequence[SheetColumn], header: str, count: int) -> str:
    """The cells below a header, as a range; at least the blank row that an empty table keeps."""
    letter = get_column_letter([column.header for column in columns].index(header) + 1)
    return f"{letter}{HEADER_ROW + 1}:{letter}{HEADER_ROW + max(count, 1)}"


def links(sheet: Worksheet, columns: Sequence[SheetColumn], header: str, targets: Sequence[str]) -> None:
    """Makes the cells below `header` lead to these places; an empty one leads nowhere."""
    at = [column.header for column in columns].index(header) + 1
    for offset, target in enumerate(targets, 1):
        cell = sheet.cell(row=HEADER_ROW + offset, column=at)
        if target and isinstance(cell, Cell):
            linked(cell, target)


def row_links(rows: Sequence[str], wanted: Sequence[str], sheet: str) -> list[str]:
    """For each wanted id the cell of its row in another sheet; "" for one that has no row there."""
    place = {row_id: f"#'{sheet}'!A{HEADER_ROW + number}" for number, row_id in enumerate(rows, 1)}
    return [place.get(row_id, "") for row_id in wanted]


def colour(sheet: Worksheet, cells: str, formula: str, *, ink: str, paper: str | None) -> None:
    """Colours the cells for which the formula holds; it is written for the first of them."""
    fill = PatternFill("solid", bgColor=f"FF{paper.lstrip('#')}") if paper else None
    rule = FormulaRule(formula=[formula], font=Font(color=f"FF{ink.lstrip('#')}"), fill=fill)  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add(cells, rule)


def zone_colours(sheet: Worksheet, columns: Sequence[SheetColumn], headers: Sequence[str], count: int) -> None:
    for header in headers:
        cells = cells_of(columns, header, count)
        for zone in Zone:
            style = theme().zone(zone)
            colour(sheet, cells, f'{cells.split(":")[0]}="{zone.label}"', ink=style.text, paper=style.tint)


def falls(sheet: Worksheet, columns: Sequence[SheetColumn], headers: Sequence[str], count: int) -> None:
    """A score that fell is in the colour of a change for the worse."""
    for header in headers:
        cells = cells_of(columns, header, count)
        first = cells.split(":")[0]
        colour(sheet, cells, f"AND(ISNUMBER({first}),{first}<0)", ink=theme().zone(Zone.CRITICAL).text, paper=None)


def late(sheet: Worksheet, columns: Sequence[SheetColumn], header: str, count: int, *, unless: str = "") -> None:
    """A date that has passed by the day on which the sheet is looked at, unless the row's status says done."""
    cells = cells_of(columns, header, count)
    first = cells.split(":")[0]
    still = ""
    if unless:
        status = cells_of(columns, "Status", count).split(":")[0]
        still = f',${status}="{unless}"'
    style = theme().zone(Zone.CRITICAL)
    formula = f"AND(ISNUMBER({first}),{first}<TODAY(){still})"
    colour(sheet, cells, formula, ink=style.text, paper=style.tint)


def positive(sheet: Worksheet, columns: Sequence[SheetColumn], header: str, count: int) -> None:
    """A count of days overdue is in the colour of Critical."""
    cells = cells_of(columns, header, count)
    first, style = cells.split(":")[0], theme().zone(Zone.CRITICAL)
    colour(sheet, cells, f"AND(ISNUMBER({first}),{first}>0)", ink=style.text, paper=style.tint)


def bars(sheet: Worksheet, columns: Sequence[SheetColumn], headers: Sequence[str], count: int) -> None:
    """A bar in the cell, 0 to 100, so that a column of scores reads at a glance."""
    paint = theme()["rule"].lstrip("#")
    for header in headers:
        rule = DataBarRule("num", 0, "num", 100, color=f"FF{paint}", showValue=True)  # type: ignore[no-untyped-call]
        sheet.conditional_formatting.add(cells_of(columns, header, count), rule)
