"""What the editable cells accept: lists of words and people, dates, numbers, lengths; each says so when chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl.worksheet.datavalidation import DataValidation

from contracts.workbook import ACCOUNTS, CASES, LONGEST_NOTE, STEP_STATUSES, STEPS, YES, EditableColumn
from reporting.workbook.cells import SheetColumn, put
from reporting.workbook.rows import Desk, cells_of

LIST_SHEET = "Lists"
OUTCOMES = ("solved", "improvement agreed", "customer declined", "no action needed", "customer left")

_HINTS = {
    "status": ("Status", "Choose a status from the list."),
    "owner_id": ("Owner", "Choose a person from the list, or write a person id."),
    "due_at": ("Due", "A date, with a time if it matters: 2026-11-24 12:00."),
    "due_on": ("Due", "A date: 2026-11-24."),
    "outcome": ("Outcome", "Choose what came of it, or write it in your own words."),
    "note": ("Note", f"What was said and done; at most {LONGEST_NOTE} characters."),
    "acknowledged": ("Acknowledged", f"Write {YES} when you have seen the case and take care of it."),
    "why": ("Remark", f"What was done, or why the step is skipped; at most {LONGEST_NOTE} characters."),
    "score": ("Your rating", "How good is this relationship, seen by you? 1: very poor, 5: excellent."),
    "comment": ("Your comment", f"What you see and hear at this account; at most {LONGEST_NOTE} characters."),
    "customer_id": ("Account", "Choose an account from the list."),
    "action": ("Step", "What is to be done, beginning with a verb."),
}
# What stands outside its list may still be right: a person who joined, an outcome in own words. A status never is.
_STRICT = frozenset({"status", "acknowledged", "customer_id"})


def input_checks(
    desk: Desk,
    *,
    statuses: Sequence[str],
    people: Sequence[str],
    accounts: Sequence[str] = (),
    rows: Mapping[str, tuple[Sequence[SheetColumn], int, int]],
) -> None:
    """The checks of all sheets in `rows`.

    Args:
        statuses: words that a case's status may take.
        people: as they stand in Owner columns.
        accounts: as they stand in the Account column of a step that the team adds.
        rows: by sheet its columns, how many of its rows may be edited, and how many below them may be added.
    """
    lists = {
        ("status", CASES.sheet): statuses,
        ("status", STEPS.sheet): STEP_STATUSES,
        ("owner_id", ""): people,
        ("outcome", ""): OUTCOMES,
        ("acknowledged", ""): (YES,),
        ("customer_id", ""): accounts,
    }
    places = _write_lists(desk, list(lists.values()))
    found = dict(zip(lists, places, strict=True))
    for layout in (ACCOUNTS, CASES, STEPS):
        if layout.sheet not in rows:
            continue
        columns, count, blank = rows[layout.sheet]
        sheet = desk.book[layout.sheet]
        for column in layout.editable:
            place = found.get((column.field, layout.sheet)) or found.get((column.field, ""))
            check = _check(column, place)
            check.add(cells_of(columns, column.header, count + blank))
            sheet.data_validations.append(check)
        for column in layout.new if blank else ():
            check = _check(column, found.get((column.field, "")))
            check.add(_last(cells_of(columns, column.header, count + blank), blank))
            sheet.data_validations.append(check)


def _write_lists(desk: Desk, lists: Sequence[Sequence[str]]) -> list[str]:
    """Lists stand on a hidden sheet, for inline ones end at 255 characters; returns where each stands."""
    sheet = desk.book.create_sheet(LIST_SHEET)
    look = desk.looks.of("text", editable=False)
    places = []
    for at, words in enumerate(lists, 1):
        for row, word in enumerate(words or ("",), 1):
            put(sheet, row, at, word, look=look, zone=desk.zone)
        letter = "ABCDEFGHIJ"[at - 1]
        places.append(f"{LIST_SHEET}!${letter}$1:${letter}${max(len(words), 1)}")
    sheet.sheet_state = "hidden"
    return places


def _check(column: EditableColumn, place: str | None) -> DataValidation:
    field = column.field
    if place:
        check = DataValidation(type="list", formula1=place, allow_blank=True)
        check.errorStyle = "stop" if field in _STRICT else "warning"
    elif field in ("due_at", "due_on"):
        check = DataValidation(type="date", operator="greaterThan", formula1="36526", allow_blank=True)
    elif field == "score":
        check = DataValidation(type="decimal", operator="between", formula1="1", formula2="5", allow_blank=True)
    else:
        limit = str(LONGEST_NOTE)
        check = DataValidation(type="textLength", operator="lessThanOrEqual", formula1=limit, allow_blank=True)
    title, text = _HINTS[field]
    check.errorTitle, check.error = title, text
    check.promptTitle, check.prompt = title, text
    check.showErrorMessage = check.showInputMessage = True
    return check


def _last(cells: str, count: int) -> str:
    """The last so many cells of a range of one column."""
    last = cells.split(":")[1]
    letters = last.rstrip("0123456789")
    row = int(last.removeprefix(letters))
    return f"{letters}{row - count + 1}:{last}"
