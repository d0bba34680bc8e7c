"""The sheets of the action-plan workbook, each as columns and typed rows of the view model.

All tables start in the same row, so that a reader of a returned workbook finds headers where
contracts/exchange.py says they are.
"""

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

from contracts.exchange import CASE_EDITABLE, CASE_HEADER_ROW, CASE_KEY_HEADERS, CASE_SHEET, person_cell, row_seal
from contracts.words import Zone
from reporting.formats import figures
from reporting.models import AccountRow, ActionLine, Amount, CaseLine, Change, Move, PackView
from reporting.theme import theme
from reporting.workbook_cells import CellValue, Looks, Palette, SheetColumn, head, linked, print_setup, protect, table

SINCE_SHEET = "Since your last pack"
ACCOUNT_SHEET = "Accounts"
ACTION_SHEET = "Actions"
GUIDE_SHEET = "How to use"

_ROW_ID, _ROW_VERSION, _ROW_CHECK = CASE_KEY_HEADERS
_STATUS, _OWNER, _DUE, _OUTCOME, _NOTE = (column.header for column in CASE_EDITABLE)

_CASE_COLUMNS = (
    SheetColumn(_ROW_ID, "text", 14),
    SheetColumn("Account", "wrapped", 30),
    SheetColumn("Zone", "text", 16),
    SheetColumn("Title", "wrapped", 34),
    SheetColumn("Severity", "text", 10),
    SheetColumn("Opened", "day", 11),
    SheetColumn("Age, days", "number", 8),
    SheetColumn("Overdue, days", "number", 9),
    SheetColumn(_STATUS, "text", 12, editable=True),
    SheetColumn(_OWNER, "text", 26, editable=True),
    SheetColumn(_DUE, "moment", 17, editable=True),
    SheetColumn(_OUTCOME, "text", 26, editable=True),
    SheetColumn(_NOTE, "text", 44, editable=True),
    SheetColumn("Page", "link", 12),
    SheetColumn(_ROW_VERSION, "number", 9, hidden=True),
    SheetColumn(_ROW_CHECK, "text", 15, hidden=True),
)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every sheet is written with."""

    book: Workbook
    looks: Looks
    palette: Palette
    zone: ZoneInfo
    view: PackView


def since_sheet(desk: Desk) -> None:
    """Counts of what changed, then one row per customer that moved."""
    view = desk.view
    sheet = desk.book.create_sheet(SINCE_SHEET)
    columns = (
        SheetColumn("Account", "wrapped", 34),
        SheetColumn("From zone", "text", 16),
        SheetColumn("To zone", "text", 16),
        SheetColumn("Change", "text", 11),
        SheetColumn(f"Yearly revenue, {view.currency}", "money", 15),
        SheetColumn("Loyalty", "change", 10),
        SheetColumn("Retention", "change", 10),
        SheetColumn("Why", "wrapped", 60),
        SheetColumn("Cause", "text", 12),
        SheetColumn("Page", "link", 12),
    )
    moves = (*view.moves, *view.other_moves)
    said = "; ".join(f"{line.count} {line.text}" for line in view.since)
    lines = (view.headline, said or "No account changed zone this week.", _scope(view))
    head(sheet, title=view.since_title, lines=lines, palette=desk.palette)
    _table(desk, sheet, "since_last_pack", columns, [_move(line) for line in moves])
    _links(sheet, columns, [line.page for line in moves])
    _zone_colours(sheet, columns, ("From zone", "To zone"), len(moves))
    _falls(sheet, columns, ("Loyalty", "Retention"), len(moves))
    _finish(desk, sheet)


def account_sheet(desk: Desk) -> None:
    """One typed row per account of the pack, in order of priority."""
    view = desk.view
    sheet = desk.book.create_sheet(ACCOUNT_SHEET)
    columns = (
        SheetColumn("Account", "wrapped", 34),
        SheetColumn("Customer id", "text", 14),
        SheetColumn("Zone", "text", 17),
        SheetColumn("Last week", "text", 17),
        SheetColumn("Loyalty", "score", 9),
        SheetColumn("Loyalty change", "change", 9),
        SheetColumn("Retention", "score", 10),
        SheetColumn("Retention change", "change", 10),
        SheetColumn("Borderline", "text", 11),
        SheetColumn("Coverage", "share", 10),
        SheetColumn(f"Yearly revenue, {view.currency}", "money", 15),
        SheetColumn("Renewal", "day", 12),
        SheetColumn("Tier", "text", 10),
        SheetColumn("Region", "text", 14),
        SheetColumn("Owner", "text", 22),
        SheetColumn("Case", "text", 14),
        SheetColumn("Next step", "wrapped", 44),
        SheetColumn("Page", "link", 12),
    )
    rows = view.accounts.rows
    note = view.accounts.rest_sentence or f"{figures(len(rows), 'account')}, most urgent first."
    head(sheet, title=f"Accounts, week {view.week}", lines=(note, view.trust.short, _scope(view)), palette=desk.palette)
    _table(desk, sheet, "accounts", columns, [_account(row) for row in rows])
    _links(sheet, columns, [row.page for row in rows])
    _zone_colours(sheet, columns, ("Zone", "Last week"), len(rows))
    _bars(sheet, columns, ("Loyalty", "Retention"), len(rows))
    _falls(sheet, columns, ("Loyalty change", "Retention change"), len(rows))
    _finish(desk, sheet)


def case_sheet(desk: Desk, key: bytes) -> None:
    """Open and recently closed cases; the five editable columns are the way back."""
    view = desk.view
    sheet = desk.book.create_sheet(CASE_SHEET)
    columns = _CASE_COLUMNS
    cases = tuple({case.case_id: case for case in (*view.cases.open, *view.cases.closed_this_week)}.values())
    lines = (
        view.cases.sentence,
        "Edit the shaded columns only, then hand the file back. See “How to use”.",
        _scope(view),
    )
    head(sheet, title=f"Cases, week {view.week}", lines=lines, palette=desk.palette)
    _table(desk, sheet, "cases", columns, [_case(case, key) for case in cases])
    _links(sheet, columns, [case.page for case in cases])
    _zone_colours(sheet, columns, ("Zone",), len(cases))
    _overdue(sheet, columns, len(cases))
    _finish(desk, sheet)


def action_sheet(desk: Desk) -> None:
    """The suggested plan, step by step, in order of priority."""
    view = desk.view
    sheet = desk.book.create_sheet(ACTION_SHEET)
    columns = (
        SheetColumn("Account", "wrapped", 34),
        SheetColumn("Zone", "text", 17),
        SheetColumn("Step", "wrapped", 46),
        SheetColumn("Why", "wrapped", 46),
        SheetColumn("Owner", "text", 22),
        SheetColumn("Business unit", "text", 24),
        SheetColumn("Due", "day", 12),
        SheetColumn(f"Priority, {view.currency}", "money", 14),
        SheetColumn("Status", "text", 11),
        SheetColumn("Playbook", "text", 26),
        SheetColumn("Page", "link", 12),
    )
    plan = view.plan
    note = "Priority is value at risk × chance to help." if view.shows_money else "In order of priority."
    title = view.actions_title if plan else "No suggested action this week"
    head(
        sheet,
        title=title,
        lines=(f"{figures(len(plan), 'step')}, most valuable first.", note, _scope(view)),
        palette=desk.palette,
    )
    _table(desk, sheet, "actions", columns, [_action(line) for line in plan])
    _links(sheet, columns, [line.page for line in plan])
    _zone_colours(sheet, columns, ("Zone",), len(plan))
    _finish(desk, sheet)


def _move(line: Move) -> list[CellValue]:
    return [
        line.name,
        line.before.label,
        line.after.label,
        {"better": "▲ better", "worse": "▼ worse"}.get(line.direction, line.kind.replace("_", " ")),
        _amount(line.revenue),
        _delta(line.loyalty),
        _delta(line.retention),
        line.why,
        line.cause,
        _page(line.page),
    ]


def _account(row: AccountRow) -> list[CellValue]:
    return [
        row.name,
        row.customer_id,
        row.mark.label,
        row.before.label if row.before else None,
        row.loyalty,
        _delta(row.loyalty_change),
        row.retention,
        _delta(row.retention_change),
        "borderline" if row.is_borderline else None,
        row.coverage_share,
        _amount(row.revenue),
        row.renewal_on,
        row.tier,
        row.region,
        row.owner,
        row.case_id,
        row.next_action,
        _page(row.page),
    ]


def _case(case: CaseLine, key: bytes) -> list[CellValue]:
    return [
        case.case_id,
        case.name,
        case.mark.label,
        case.title,
        case.severity,
        case.opened_at,
        case.age_days,
        case.overdue_days if case.is_overdue else None,
        case.status,
        person_cell(case.owner_id, case.owner),
        case.due_at,
        case.outcome,
        case.note,
        _page(case.page),
        case.row_version,
        row_seal(case.case_id, case.row_version, key),
    ]


def _action(line: ActionLine) -> list[CellValue]:
    return [
        line.name,
        line.mark.label,
        line.action,
        line.why,
        line.owner,
        line.unit,
        line.due_on,
        _amount(line.priority),
        line.status,
        line.playbook,
        _page(line.page),
    ]


def _amount(amount: Amount) -> CellValue:
    """The figure; in words why there is none, when the audience may not see it."""
    if amount.value is not None:
        return round(amount.value, 2)
    return amount.text if len(amount.text) > 1 else None


def _delta(change: Change) -> CellValue:
    return None if change.delta is None else round(change.delta, 1)


def _page(page: str) -> CellValue:
    return "open" if page else None


def _scope(view: PackView) -> str:
    return f"{view.title} · week {view.week}, {view.week_days} · {view.footer.as_of_text} · {view.footer.rule}"


def _table(
    desk: Desk, sheet: Worksheet, name: str, columns: Sequence[SheetColumn], rows: Sequence[Sequence[CellValue]]
) -> None:
    table(
        sheet, name, columns, rows, header_row=CASE_HEADER_ROW, looks=desk.looks, palette=desk.palette, zone=desk.zone
    )


def _finish(desk: Desk, sheet: Worksheet) -> None:
    protect(sheet)
    print_setup(
        sheet, header_row=CASE_HEADER_ROW, footer=f"{desk.view.organization} · {desk.view.title} · {desk.view.week}"
    )


def editable_cells(header: str, count: int) -> str:
    """The cells of an editable column of the sheet of cases."""
    return cells_of(_CASE_COLUMNS, header, count)


def cells_of(columns: Sequence[SheetColumn], header: str, count: int) -> str:
    """The cells below a header, as a range; at least the blank row that an empty table keeps."""
    letter = get_column_letter([column.header for column in columns].index(header) + 1)
    return f"{letter}{CASE_HEADER_ROW + 1}:{letter}{CASE_HEADER_ROW + max(count, 1)}"


def _links(sheet: Worksheet, columns: Sequence[SheetColumn], pages: Sequence[str]) -> None:
    at = [column.header for column in columns].index("Page") + 1
    for offset, page in enumerate(pages, 1):
        cell = sheet.cell(row=CASE_HEADER_ROW + offset, column=at)
        if page and isinstance(cell, Cell):
            linked(cell, page)


def _rule(sheet: Worksheet, cells: str, formula: str, *, ink: str, paper: str | None) -> None:
    fill = PatternFill("solid", bgColor=f"FF{paper}") if paper else None
    rule = FormulaRule(formula=[formula], font=Font(color=f"FF{ink}"), fill=fill)  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add(cells, rule)


def _zone_colours(sheet: Worksheet, columns: Sequence[SheetColumn], headers: Sequence[str], count: int) -> None:
    for header in headers:
        cells = cells_of(columns, header, count)
        for zone in Zone:
            style = theme().zone(zone)
            formula = f'{cells.split(":")[0]}="{zone.label}"'
            _rule(sheet, cells, formula, ink=style.text.lstrip("#"), paper=style.tint.lstrip("#"))


def _falls(sheet: Worksheet, columns: Sequence[SheetColumn], headers: Sequence[str], count: int) -> None:
    """A score that fell is in the colour of a change for the worse."""
    ink = theme().zone(Zone.CRITICAL).text.lstrip("#")
    for header in headers:
        cells = cells_of(columns, header, count)
        first = cells.split(":")[0]
        _rule(sheet, cells, f"AND(ISNUMBER({first}),{first}<0)", ink=ink, paper=None)


def _overdue(sheet: Worksheet, columns: Sequence[SheetColumn], count: int) -> None:
    cells = cells_of(columns, "Overdue, days", count)
    style = theme().zone(Zone.CRITICAL)
    _rule(
        sheet,
        cells,
        f"AND(ISNUMBER({cells.split(':')[0]}),{cells.split(':')[0]}>0)",
        ink=style.text.lstrip("#"),
        paper=style.tint.lstrip("#"),
    )


def _bars(sheet: Worksheet, columns: Sequence[SheetColumn], headers: Sequence[str], count: int) -> None:
    """A bar in the cell, 0 to 100, so that a column of scores reads at a glance."""
    colour = theme()["rule"].lstrip("#")
    for header in headers:
        rule = DataBarRule("num", 0, "num", 100, color=f"FF{colour}", showValue=True)  # type: ignore[no-untyped-call]
        sheet.conditional_formatting.add(cells_of(columns, header, count), rule)
