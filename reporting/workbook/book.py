"""The action-plan workbook: what a manager reads, edits and hands back, as reproducible bytes.

The token that proves where a returned file came from stands twice, because programs differ in what they
keep: as a custom document property, and in a sheet that only code can show.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook import Workbook

from contracts.exchange import Artifact
from contracts.words import ArtifactKind
from contracts.workbook import ACCOUNTS, CASES, STEPS, TOKEN_PROPERTY, TOKEN_SHEET, person_cell
from reporting.models.pack import CaseLine, PackView
from reporting.theme import theme
from reporting.workbook.cells import Looks, Palette
from reporting.workbook.checks import input_checks
from reporting.workbook.follow import CASE_COLUMNS, NEW_STEPS, action_sheet, case_sheet, shown_cases, step_columns
from reporting.workbook.guide import GUIDE_SHEET, case_guide, guide_sheet
from reporting.workbook.package import repacked
from reporting.workbook.parts import Parts
from reporting.workbook.rows import Desk, Words
from reporting.workbook.sheets import (
    DECIDE_SHEET,
    SINCE_SHEET,
    account_columns,
    account_sheet,
    decide_sheet,
    scope_line,
    since_sheet,
)

WORKBOOK_PATH = "action-plan.xlsx"
SHEETS = (SINCE_SHEET, ACCOUNTS.sheet, CASES.sheet, STEPS.sheet, DECIDE_SHEET, GUIDE_SHEET)
TABLES = ("since_last_pack", "accounts", "cases", "actions", "to_decide")


def render_workbook(
    view: PackView, *, token: str, key: bytes, parts: Parts | None = None, zone: ZoneInfo | None = None
) -> Artifact:
    """The workbook of one pack.

    Args:
        view: the pack; its accounts, cases and plan become the rows that may be edited.
        token: the signed `WorkbookToken` of this audience, person, week and revision.
        key: signs each row that may come back, so that a shifted or edited id shows.
        parts: what `workbook_parts` found beyond the view.
        zone: the wall clock of dates with a time; that of `view.as_of` when not given.
    """
    parts = parts or Parts()
    words = Words(view.organization, view.title, view.week, scope_line(view))
    desk = new_desk(words, key, zone or _zone_of(view.as_of))
    cases = shown_cases(view)
    since_sheet(desk, view)
    account_sheet(desk, view, parts)
    case_sheet(desk, cases, parts, title=f"Cases, week {view.week}", sentence=view.cases.sentence)
    action_sheet(desk, view, parts)
    decide_sheet(desk, view, parts)
    guide_sheet(desk, view, parts)
    input_checks(
        desk,
        statuses=_statuses(view.case_statuses, cases),
        people=_people(view),
        accounts=[person_cell(row.customer_id, row.name) for row in view.accounts.rows],
        rows={
            ACCOUNTS.sheet: (account_columns(view), len(view.accounts.rows), 0),
            CASES.sheet: (CASE_COLUMNS, len(cases), 0),
            STEPS.sheet: (step_columns(view.currency), len(view.plan), NEW_STEPS),
        },
    )
    title = f"Action plan {view.week} · {view.title}"
    content = saved(desk, token, title=title, language=view.language, as_of=view.as_of)
    return Artifact(view.audience_id, WORKBOOK_PATH, ArtifactKind.WORKBOOK, content)


@dataclass(frozen=True, slots=True)
class CaseBook:
    """A workbook of one case, for somebody who may see what the case says and perhaps nothing else.

    `people`: ids with names that Owner offers.
    """

    case: CaseLine
    organization: str
    title: str
    week: str
    as_of: datetime
    zone: ZoneInfo
    statuses: tuple[str, ...]
    people: tuple[tuple[str, str], ...]
    is_acknowledged: bool = False


def render_case_workbook(book: CaseBook, *, token: str, key: bytes) -> bytes:
    """The workbook that goes with the mail about one case; it comes back like any other."""
    scope = f"{book.title} · case {book.case.case_id}"
    desk = new_desk(Words(book.organization, book.title, book.week, scope), key, book.zone)
    parts = Parts(acknowledged=frozenset({book.case.case_id} if book.is_acknowledged else ()))
    case_sheet(desk, [book.case], parts, title=f"Case {book.case.case_id}", sentence=book.case.title)
    case_guide(desk)
    input_checks(
        desk,
        statuses=_statuses(book.statuses, [book.case]),
        people=sorted({person_cell(*person) for person in book.people}),
        rows={CASES.sheet: (CASE_COLUMNS, 1, 0)},
    )
    return saved(desk, token, title=f"Case {book.case.case_id}", language="en", as_of=book.as_of)


def new_desk(words: Words, key: bytes, zone: ZoneInfo) -> Desk:
    book = Workbook()
    first = book.active
    if first is not None:
        book.remove(first)
    tokens = theme()
    names = ("ink", "ink-2", "ink-3", "rule", "wash", "link", "warn-tint")
    palette = Palette(*(tokens[name].lstrip("#") for name in names))
    return Desk(book, Looks(book, palette), palette, zone, words, key)


def saved(desk: Desk, token: str, *, title: str, language: str, as_of: datetime) -> bytes:
    book = desk.book
    _hide_token(book, token)
    desk.looks.close()
    book.custom_doc_props.append(StringProperty(name=TOKEN_PROPERTY, value=token))  # type: ignore[attr-defined]  # newer than its stubs
    properties = book.properties
    properties.title = title
    properties.creator = desk.words.organization
    properties.language = language
    target = io.BytesIO()
    book.save(target)
    return repacked(target.getvalue(), as_of=as_of)


def _zone_of(moment: datetime) -> ZoneInfo:
    return moment.tzinfo if isinstance(moment.tzinfo, ZoneInfo) else ZoneInfo("UTC")


def _hide_token(book: Workbook, token: str) -> None:
    sheet = book.create_sheet(TOKEN_SHEET)
    cell = sheet.cell(row=1, column=1)
    cell.value = token
    sheet.sheet_state = "veryHidden"


def _statuses(known: Sequence[str], cases: Sequence[CaseLine]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *sorted(case.status for case in cases if case.status))))


def _people(view: PackView) -> list[str]:
    """Everybody this view names with an id, as written in the Owner column, by name."""
    named = [
        *((line.person_id, line.name) for line in view.team.lines),
        *((row.owner_id, row.owner) for row in view.accounts.rows),
        *((line.owner_id, line.owner) for line in (*view.actions, *view.plan)),
        *((case.owner_id, case.owner) for case in (*view.cases.open, *view.cases.closed_this_week)),
    ]
    return sorted({person_cell(person_id, name) for person_id, name in named if person_id})


__all__ = ["SHEETS", "TABLES", "WORKBOOK_PATH", "CaseBook", "render_case_workbook", "render_workbook"]
