"""The two sheets on which a team works: its cases, and the steps of its plans with room for steps of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from contracts.workbook import CASES, STEP_STATUSES, STEPS, YES, person_cell
from reporting.formats import figures
from reporting.models.pack import ActionLine, CaseLine, PackView
from reporting.workbook.cells import CellValue, SheetColumn, head
from reporting.workbook.parts import Parts, StepState
from reporting.workbook.rows import (
    KEY_COLUMNS,
    PAGE,
    ROW_ID,
    Desk,
    late,
    links,
    positive,
    zone_colours,
)
from reporting.workbook.sheets import amount, page

NEW_STEPS = 12
_DIGEST = re.compile(r" [0-9a-f]{8,}$")
_STATUS, _OWNER, _DUE, _OUTCOME, _NOTE, _ACKNOWLEDGED = (column.header for column in CASES.editable)
_STEP_STATUS, _REMARK, _STEP_OWNER, _STEP_DUE = (column.header for column in STEPS.editable)
_ACCOUNT, _STEP = (column.header for column in STEPS.new)

CASE_COLUMNS = (
    SheetColumn(ROW_ID, "text", 14),
    SheetColumn("Account", "wrapped", 26),
    SheetColumn("Zone", "text", 15),
    SheetColumn("Title", "wrapped", 28),
    SheetColumn("Severity", "text", 9),
    SheetColumn("Age, days", "number", 7),
    SheetColumn("Overdue, days", "number", 9),
    SheetColumn(_STATUS, "text", 12, editable=True),
    SheetColumn(_OWNER, "text", 24, editable=True),
    SheetColumn(_DUE, "moment", 16, editable=True),
    SheetColumn(_OUTCOME, "text", 18, editable=True),
    SheetColumn(_NOTE, "text", 30, editable=True),
    SheetColumn(_ACKNOWLEDGED, "text", 15, editable=True),
    SheetColumn("Proposed", "wrapped", 30),
    SheetColumn("Opened", "day", 11),
    SheetColumn(PAGE, "link", 10),
    *KEY_COLUMNS,
)


def case_sheet(desk: Desk, cases: Sequence[CaseLine], parts: Parts, *, title: str, sentence: str) -> None:
    """Cases as rows; the shaded columns are the way back."""
    sheet = desk.book.create_sheet(CASES.sheet)
    columns = CASE_COLUMNS
    hint = "Edit the shaded columns only, then hand the file back. See “How to use”."
    head(sheet, title=title, lines=(sentence, hint, desk.words.scope), palette=desk.palette)
    proposed = {line.case_id: line.why for line in parts.proposals if line.case_id}
    desk.table(sheet, "cases", columns, [_case(case, parts, proposed.get(case.case_id)) for case in cases])
    links(sheet, columns, PAGE, [case.page for case in cases])
    zone_colours(sheet, columns, ("Zone",), len(cases))
    positive(sheet, columns, "Overdue, days", len(cases))
    is_open = [case.is_open for case in cases]
    late(sheet, columns, _DUE, is_open.index(False) if False in is_open else len(cases))
    desk.seal(sheet, CASES, columns, len(cases))
    desk.finish(sheet, columns, last=_NOTE)


def shown_cases(view: PackView) -> tuple[CaseLine, ...]:
    """The cases of a pack that its workbook lists: open ones, then those closed this week, each once."""
    return tuple({case.case_id: case for case in (*view.cases.open, *view.cases.closed_this_week)}.values())


def step_columns(currency: str) -> tuple[SheetColumn, ...]:
    return (
        SheetColumn(_ACCOUNT, "wrapped", 26, is_new=True),
        SheetColumn("Zone", "text", 15),
        SheetColumn(_STEP, "wrapped", 40, is_new=True),
        SheetColumn("Why", "wrapped", 36),
        SheetColumn(_STEP_STATUS, "text", 10, editable=True),
        SheetColumn(_REMARK, "text", 24, editable=True),
        SheetColumn(_STEP_OWNER, "text", 24, editable=True),
        SheetColumn(_STEP_DUE, "day", 12, editable=True),
        SheetColumn("Business unit", "text", 22),
        SheetColumn(f"Priority, {currency}", "money", 14),
        SheetColumn("Playbook", "text", 24),
        SheetColumn("Added by", "text", 18),
        SheetColumn(PAGE, "link", 10),
        SheetColumn(ROW_ID, "text", 14, hidden=True),
        *KEY_COLUMNS,
    )


def action_sheet(desk: Desk, view: PackView, parts: Parts) -> None:
    """The plan, step by step, in order of priority, and blank rows for steps that the team adds."""
    sheet = desk.book.create_sheet(STEPS.sheet)
    columns = step_columns(view.currency)
    plan = view.plan
    note = "Priority is value at risk × chance to help." if view.shows_money else "In order of priority."
    hint = f"Set status, remark, owner and due; write steps of your own in the {NEW_STEPS} blank rows at the end."
    head(
        sheet,
        title=view.actions_title if plan else "No suggested action this week",
        lines=(f"{figures(len(plan), 'step')}, most valuable first. {note}", hint, desk.words.scope),
        palette=desk.palette,
    )
    desk.table(sheet, "actions", columns, [_action(line, parts) for line in plan], blank=NEW_STEPS)
    links(sheet, columns, PAGE, [line.page for line in plan])
    zone_colours(sheet, columns, ("Zone",), len(plan))
    late(sheet, columns, _STEP_DUE, len(plan), unless="done")
    desk.seal(sheet, STEPS, columns, len(plan))
    desk.finish(sheet, columns, last=_STEP_DUE)


def _case(case: CaseLine, parts: Parts, proposed: str | None) -> list[CellValue]:
    return [
        case.case_id,
        case.name,
        case.mark.label,
        case.title,
        case.severity,
        case.age_days,
        case.overdue_days if case.is_overdue else None,
        case.status,
        person_cell(case.owner_id, case.owner),
        case.due_at,
        case.outcome,
        case.note,
        YES if case.case_id in parts.acknowledged else None,
        proposed,
        case.opened_at,
        page(case.page),
        case.row_version,
        None,
        None,
    ]


def _action(line: ActionLine, parts: Parts) -> list[CellValue]:
    state = parts.steps.get(line.action_id) or StepState()
    return [
        line.name,
        line.mark.label,
        line.action,
        line.why,
        line.status if line.status in STEP_STATUSES else STEP_STATUSES[0],
        state.remark,
        person_cell(line.owner_id, line.owner),
        line.due_on,
        line.unit,
        amount(line.priority),
        _DIGEST.sub("", line.playbook).replace("_", " "),
        state.added_by,
        page(line.page),
        line.action_id,
        state.row_version,
        None,
        None,
    ]
