"""The action-plan workbook: what a manager reads, edits and hands back, as reproducible bytes.

The token that proves where a returned file came from stands twice, because programs differ in what they
keep: as a custom document property, and in a sheet that only code can show.
"""

from __future__ import annotations

import io
from zoneinfo import ZoneInfo

from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation

from contracts.exchange import CASE_EDITABLE, CASE_SHEET, TOKEN_PROPERTY, Artifact, person_cell
from contracts.words import ArtifactKind
from reporting.models import PackView
from reporting.theme import theme
from reporting.workbook_cells import Looks, Palette, put
from reporting.workbook_guide import guide_sheet
from reporting.workbook_sheets import (
    ACCOUNT_SHEET,
    ACTION_SHEET,
    GUIDE_SHEET,
    SINCE_SHEET,
    Desk,
    account_sheet,
    action_sheet,
    case_sheet,
    editable_cells,
    since_sheet,
)
from reporting.xlsx_package import repacked

WORKBOOK_PATH = "action-plan.xlsx"
TOKEN_SHEET = "cem"  # noqa: S105 - the name of a sheet, not a secret
LIST_SHEET = "Lists"
SHEETS = (SINCE_SHEET, ACCOUNT_SHEET, CASE_SHEET, ACTION_SHEET, GUIDE_SHEET)
TABLES = ("since_last_pack", "accounts", "cases", "actions")

_OUTCOMES = (
    "solved",
    "improvement agreed",
    "customer declined",
    "no action needed",
    "customer left",
)
_NOTE_LIMIT = 2_000


def render_workbook(view: PackView, *, token: str, key: bytes, zone: ZoneInfo | None = None) -> Artifact:
    """The workbook of one pack.

    Args:
        view: the pack; its cases become the rows that may be edited.
        token: the signed `WorkbookToken` of this audience, person, week and revision.
        key: signs each case row, so that a shifted or edited id shows.
        zone: the wall clock of dates with a time; that of `view.as_of` when not given.
    """
    book = Workbook()
    first = book.active
    if first is not None:
        book.remove(first)
    palette = _palette()
    looks = Looks(book, palette)
    desk = Desk(book, looks, palette, zone or _zone_of(view), view)
    since_sheet(desk)
    account_sheet(desk)
    case_sheet(desk, key)
    action_sheet(desk)
    guide_sheet(desk)
    _input_checks(desk)
    _hidden_token(book, token)
    looks.close()
    book.custom_doc_props.append(StringProperty(name=TOKEN_PROPERTY, value=token))  # type: ignore[attr-defined]  # newer than its stubs
    properties = book.properties
    properties.title = f"Action plan {view.week} · {view.title}"
    properties.creator = view.organization
    properties.language = view.language
    target = io.BytesIO()
    book.save(target)
    content = repacked(target.getvalue(), as_of=view.as_of)
    return Artifact(view.audience_id, WORKBOOK_PATH, ArtifactKind.WORKBOOK, content)


def _zone_of(view: PackView) -> ZoneInfo:
    return view.as_of.tzinfo if isinstance(view.as_of.tzinfo, ZoneInfo) else ZoneInfo("UTC")


def _palette() -> Palette:
    tokens = theme()
    names = ("ink", "ink-2", "ink-3", "rule", "wash", "link", "warn-tint")
    return Palette(*(tokens[name].lstrip("#") for name in names))


def _hidden_token(book: Workbook, token: str) -> None:
    sheet = book.create_sheet(TOKEN_SHEET)
    cell = sheet.cell(row=1, column=1)
    cell.value = token
    sheet.sheet_state = "veryHidden"


def _input_checks(desk: Desk) -> None:
    """What the editable columns accept. Lists stand on a hidden sheet: inline ones end at 255 characters."""
    view = desk.view
    cases = (*view.cases.open, *view.cases.closed_this_week)
    statuses = tuple(dict.fromkeys((*view.case_statuses, *sorted(case.status for case in cases if case.status))))
    people = _people(view)
    sheet = desk.book.create_sheet(LIST_SHEET)
    lists = {"status": statuses, "owner_id": people, "outcome": _OUTCOMES}
    look = desk.looks.of("text", editable=False)
    for at, words in enumerate(lists.values(), 1):
        for row, word in enumerate(words or ("",), 1):
            put(sheet, row, at, word, look=look, zone=desk.zone)
    sheet.sheet_state = "hidden"
    cells = desk.book[CASE_SHEET]
    places = {name: (at, len(words)) for at, (name, words) in enumerate(lists.items(), 1)}
    for column in CASE_EDITABLE:
        check = _check(column.field, places)
        check.add(editable_cells(column.header, len({case.case_id for case in cases})))
        cells.data_validations.append(check)


def _check(field: str, lists: dict[str, tuple[int, int]]) -> DataValidation:
    if field in lists:
        at, count = lists[field]
        letter = "ABC"[at - 1]
        check = DataValidation(
            type="list", formula1=f"{LIST_SHEET}!${letter}$1:${letter}${max(count, 1)}", allow_blank=True
        )
        # People and outcomes outside the list may be right; a status never is.
        check.errorStyle = "stop" if field == "status" else "warning"
    elif field == "due_at":
        check = DataValidation(type="date", operator="greaterThan", formula1="36526", allow_blank=True)
    else:
        check = DataValidation(
            type="textLength", operator="lessThanOrEqual", formula1=str(_NOTE_LIMIT), allow_blank=True
        )
    title, text = _HINTS[field]
    check.errorTitle, check.error = title, text
    check.promptTitle, check.prompt = title, text
    check.showErrorMessage = check.showInputMessage = True
    return check


_HINTS = {
    "status": ("Status", "Choose a status from the list."),
    "owner_id": ("Owner", "Choose a person from the list, or write a person id."),
    "due_at": ("Due", "A date, with a time if it matters: 2026-11-24 12:00."),
    "outcome": ("Outcome", "Choose what came of it, or write it in your own words."),
    "note": ("Note", f"What was said and done; at most {_NOTE_LIMIT} characters."),
}


def _people(view: PackView) -> tuple[str, ...]:
    """Everybody this view names with an id, as written in the Owner column, by name."""
    named = [
        *((line.person_id, line.name) for line in view.team.lines),
        *((row.owner_id, row.owner) for row in view.accounts.rows),
        *((line.owner_id, line.owner) for line in (*view.actions, *view.plan)),
        *((case.owner_id, case.owner) for case in (*view.cases.open, *view.cases.closed_this_week)),
    ]
    return tuple(sorted({person_cell(person_id, name) for person_id, name in named if person_id}))


__all__ = ["LIST_SHEET", "SHEETS", "TABLES", "TOKEN_SHEET", "WORKBOOK_PATH", "render_workbook"]
