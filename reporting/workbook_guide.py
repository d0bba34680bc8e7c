"""The sheet "How to use": what the sheets are, which cells may be edited, and how the file goes back."""

from __future__ import annotations

from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from contracts.words import Zone
from reporting.formats import capital
from reporting.models import PackView
from reporting.theme import theme
from reporting.workbook_cells import height_of, print_setup, put
from reporting.workbook_sheets import ACCOUNT_SHEET, ACTION_SHEET, GUIDE_SHEET, SINCE_SHEET, Desk

_HAND_BACK = (
    "Save as .xlsx under any name and put it into the returns folder, or give it to whoever runs these reports. "
    "You get a receipt: what was applied, what was refused and why, and what conflicts with others."
)
_NOT = (
    "delete or rename headers, copy the rows into another file, or set a password: the file would be refused. "
    "Filtering and hiding columns are fine."
)


def guide_sheet(desk: Desk) -> None:
    """What the sheets are, which cells may be edited, and how the file goes back."""
    sheet = desk.book.create_sheet(GUIDE_SHEET)
    view, palette = desk.view, desk.palette
    sheet.column_dimensions["A"].width = 26
    sheet.column_dimensions["B"].width = 92
    for row, (left, right) in enumerate(_lines(view), 1):
        for column, text in enumerate((left, right), 1):
            cell = put(sheet, row, column, text, look=desk.looks.of("wrapped", editable=False), zone=desk.zone)
            if row == 1 or column == 1:
                cell.font = Font(name="Calibri", b=True, sz=14 if row == 1 else 10, color=f"FF{palette.ink}")
            cell.alignment = Alignment(vertical="top", wrap_text=row > 1)
        sheet.row_dimensions[row].height = 22 if row == 1 else height_of([(right, 92)])
    _legend(sheet, at=sheet.max_row + 2)
    sheet.protection.sheet = True
    print_setup(sheet, header_row=1, footer=f"{view.organization} · {view.title} · {view.week}")


def _lines(view: PackView) -> tuple[tuple[str, str], ...]:
    footer = view.footer
    return (
        (f"Action plan · {view.title} · week {view.week}", ""),
        ("What to do", "Go through “Cases”: set status, owner, due date, outcome and note. Then hand the file back."),
        (
            "What you may edit",
            "Only the shaded columns of “Cases”. Other cells are computed; an edit there is ignored.",
        ),
        ("How to hand it back", _HAND_BACK),
        ("Status", "Choose from the list."),
        ("Owner", "Choose from the list. The id after the name keeps two people of one name apart."),
        ("Due", "A date, with a time if it matters, in the time zone of the organization."),
        ("Please do not", _NOT),
        (SINCE_SHEET, "What changed since the week before: counts above, one row per account that moved."),
        (ACCOUNT_SHEET, view.accounts.rest_sentence or "All accounts of your scope, most urgent first."),
        (ACTION_SHEET, "The suggested plan, most valuable step first. Each step names its reason."),
        ("Scores", "Loyalty and retention run from 0 to 100; higher is better. Empty means: not enough evidence."),
        ("Links", "“open” leads to the account page beside this file; it works while the file stays in its folder."),
        ("Data", f"{capital(footer.as_of_text)} · run {footer.run_name} · {footer.policy} · {footer.lines_text}"),
        ("For whom", f"{footer.audience}. {footer.rule}"),
    )


def _legend(sheet: Worksheet, *, at: int) -> None:
    rows = [(zone.label, theme().zone(zone).tint, theme().zone(zone).text) for zone in Zone]
    rows.append(("You may edit", theme()["warn-tint"], theme()["ink"]))
    for offset, (label, paper, ink) in enumerate(rows):
        cell = sheet.cell(row=at + offset, column=1)
        assert isinstance(cell, Cell)
        cell.value = label
        cell.fill = PatternFill("solid", fgColor=f"FF{paper.lstrip('#')}")
        cell.font = Font(name="Calibri", sz=10, b=True, color=f"FF{ink.lstrip('#')}")
