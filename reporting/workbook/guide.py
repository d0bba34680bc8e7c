"""The sheet "How to use": what the sheets are, which cells may be edited, and how the file goes back."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from contracts.words import Zone
from contracts.workbook import ACCOUNTS, CASES, STEPS
from reporting.formats import capital
from reporting.models.pack import PackView
from reporting.theme import theme
from reporting.workbook.cells import height_of, print_setup, put
from reporting.workbook.follow import NEW_STEPS
from reporting.workbook.parts import Parts
from reporting.workbook.rows import Desk
from reporting.workbook.sheets import DECIDE_SHEET, SINCE_SHEET

GUIDE_SHEET = "How to use"

_HAND_BACK = (
    "Save as .xlsx under any name, then reply to the mail it came with and attach it, or put it into the returns "
    "folder. You get a receipt by mail: what was applied, what was refused and why, what conflicts with others, and "
    "a fresh workbook. Handing back the same file twice does no harm."
)
_NOT = (
    "delete or rename headers, copy the rows into another file, sort only part of the columns, or set a password: "
    "rows or the file would be refused. Filtering, sorting whole rows and hiding columns are fine."
)
_SHADED = "Only the shaded cells. Other cells are computed: an edit there is ignored, and the receipt says so."
_EMPTY = "An emptied cell changes nothing; what you leave as it is changes nothing either."
_CONFLICT = (
    "Somebody else changed the same field since this file was made: both versions are kept, the earlier one stands, "
    "and the receipt names both."
)


def guide_sheet(desk: Desk, view: PackView, parts: Parts) -> None:
    """What the sheets are, which cells may be edited, and how the file goes back."""
    sheet = _written(desk, _lines(view, parts))
    _legend(sheet, at=sheet.max_row + 2)


def case_guide(desk: Desk) -> None:
    """The same for a workbook of one case."""
    _written(
        desk,
        (
            (f"Case workbook · {desk.words.title}", ""),
            ("What to do", "Set status, owner, due, outcome and note; write yes under Acknowledged when you take it."),
            ("What you may edit", _SHADED),
            ("How to hand it back", _HAND_BACK),
            ("Empty cells", _EMPTY),
            ("Conflicts", _CONFLICT),
            ("Please do not", _NOT),
        ),
    )


def _written(desk: Desk, lines: Sequence[tuple[str, str]]) -> Worksheet:
    sheet: Worksheet = desk.book.create_sheet(GUIDE_SHEET)
    sheet.column_dimensions["A"].width = 26
    sheet.column_dimensions["B"].width = 92
    for row, (left, right) in enumerate(lines, 1):
        for column, text in enumerate((left, right), 1):
            cell = put(sheet, row, column, text, look=desk.looks.of("wrapped", editable=False), zone=desk.zone)
            if row == 1 or column == 1:
                cell.font = Font(name="Calibri", b=True, sz=14 if row == 1 else 10, color=f"FF{desk.palette.ink}")
            cell.alignment = Alignment(vertical="top", wrap_text=row > 1)
        sheet.row_dimensions[row].height = 22 if row == 1 else height_of([(right, 92)])
    sheet.protection.sheet = True
    words = desk.words
    print_setup(sheet, header_row=1, footer=f"{words.organization} · {words.title} · {words.week}", tall=1)
    return sheet


def _lines(view: PackView, parts: Parts) -> tuple[tuple[str, str], ...]:
    footer = view.footer
    return (
        (f"Action plan · {view.title} · week {view.week}", ""),
        (
            "What to do",
            (
                f"1. {ACCOUNTS.sheet}: rate the accounts at the top. 2. {CASES.sheet}: set status, owner, due, outcome "
                f"and note. 3. {STEPS.sheet}: say what is done or skipped. 4. Hand the file back."
            ),
        ),
        ("What you may edit", _SHADED),
        ("How to hand it back", _HAND_BACK),
        (
            f"{CASES.sheet}: status",
            "Choose from the list. Only a case manager closes; somebody else's edit of that cell is refused.",
        ),
        ("Owner", "Choose from the list. The id after the name keeps two people of one name apart."),
        ("Due", "A date, with a time if it matters, in the time zone of the organization. A day means its end, 17:00."),
        (
            f"{STEPS.sheet}: status",
            (
                f"todo, done or skipped; a skipped step needs a remark that says why. The {NEW_STEPS} blank rows are "
                "for steps of your own: choose an account, write the step."
            ),
        ),
        (
            f"{ACCOUNTS.sheet}: rating",
            (
                "1 (very poor) to 5 (excellent), how you see the relationship; a comment, or both. It is kept with "
                f"your name and the date. Accounts without a rating in the last {parts.feedback_days} days stand first."
            ),
        ),
        ("Empty cells", _EMPTY),
        ("Conflicts", _CONFLICT),
        ("Please do not", _NOT),
        (SINCE_SHEET, "What changed since the week before: counts above, one row per account that moved."),
        (DECIDE_SHEET, "Cases whose reason is gone, and cases that wait because their owner has no room."),
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
