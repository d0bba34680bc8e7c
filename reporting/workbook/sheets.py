"""The sheets of the workbook that tell: what changed since the last pack, the accounts, what is to decide.

All tables start in the same row, so that a reader of a returned workbook finds headers where
contracts/workbook.py says they are.
"""

from __future__ import annotations

from contracts.workbook import ACCOUNTS, CASES
from reporting.formats import figures
from reporting.models.pack import AccountRow, Amount, Change, Move, PackView
from reporting.workbook.cells import CellValue, SheetColumn, head
from reporting.workbook.parts import LastAnswer, Parts, Proposal
from reporting.workbook.rows import (
    KEY_COLUMNS,
    PAGE,
    ROW_ID,
    Desk,
    bars,
    falls,
    links,
    row_links,
    zone_colours,
)

SINCE_SHEET = "Since your last pack"
DECIDE_SHEET = "To decide"
_RATING, _COMMENT = (column.header for column in ACCOUNTS.editable)


def since_sheet(desk: Desk, view: PackView) -> None:
    """Counts of what changed, then one row per customer that moved."""
    sheet = desk.book.create_sheet(SINCE_SHEET)
    columns = (
        SheetColumn("Account", "wrapped", 30),
        SheetColumn("From zone", "text", 15),
        SheetColumn("To zone", "text", 15),
        SheetColumn("Change", "text", 11),
        SheetColumn(f"Yearly revenue, {view.currency}", "money", 14),
        SheetColumn("Loyalty", "change", 10),
        SheetColumn("Retention", "change", 10),
        SheetColumn("Why", "wrapped", 60),
        SheetColumn("Cause", "text", 12),
        SheetColumn(PAGE, "link", 12),
    )
    moves = (*view.moves, *view.other_moves)
    said = "; ".join(f"{line.count} {line.text}" for line in view.since)
    lines = (view.headline, said or "No account changed zone this week.", desk.words.scope)
    head(sheet, title=view.since_title, lines=lines, palette=desk.palette)
    desk.table(sheet, "since_last_pack", columns, [_move(line) for line in moves])
    links(sheet, columns, PAGE, [line.page for line in moves])
    zone_colours(sheet, columns, ("From zone", "To zone"), len(moves))
    falls(sheet, columns, ("Loyalty", "Retention"), len(moves))
    desk.finish(sheet, columns, last="Cause")


def account_sheet(desk: Desk, view: PackView, parts: Parts) -> None:
    """One row per account: first those that nobody said anything about for long, then in order of priority."""
    sheet = desk.book.create_sheet(ACCOUNTS.sheet)
    columns = account_columns(view)
    rows = sorted(view.accounts.rows, key=lambda row: row.customer_id not in parts.stale)
    head(sheet, title=f"Accounts, week {view.week}", lines=_account_lines(desk, view, parts), palette=desk.palette)
    desk.table(sheet, "accounts", columns, [_account(row, parts) for row in rows])
    links(sheet, columns, PAGE, [row.page for row in rows])
    cases = [case.case_id for case in (*view.cases.open, *view.cases.closed_this_week)]
    links(sheet, columns, "Case", row_links(cases, [row.case_id for row in rows], CASES.sheet))
    zone_colours(sheet, columns, ("Zone", "Last week"), len(rows))
    bars(sheet, columns, ("Loyalty", "Retention"), len(rows))
    falls(sheet, columns, ("Loyalty change", "Retention change"), len(rows))
    desk.seal(sheet, ACCOUNTS, columns, len(rows))
    desk.finish(sheet, columns, last="Renewal")


def decide_sheet(desk: Desk, view: PackView, parts: Parts) -> None:
    """Cases whose reason is gone, and cases that nobody has room for."""
    sheet = desk.book.create_sheet(DECIDE_SHEET)
    columns = (
        SheetColumn("Account", "wrapped", 34),
        SheetColumn("To decide", "text", 18),
        SheetColumn("Why", "wrapped", 70),
        SheetColumn("Owner", "text", 22),
        SheetColumn("Since", "day", 12),
        SheetColumn("Case", "link", 14),
    )
    found = parts.proposals
    closing = sum(bool(line.case_id) for line in found)
    lines = (
        f"{figures(closing, 'open case')} whose reason is gone: close on the sheet “{CASES.sheet}”, or leave open.",
        f"{figures(len(found) - closing, 'new case')} without room: they open when their owner has closed others.",
        desk.words.scope,
    )
    head(sheet, title="To decide" if found else "Nothing to decide this week", lines=lines, palette=desk.palette)
    desk.table(sheet, "to_decide", columns, [_proposal(line) for line in found])
    cases = [case.case_id for case in (*view.cases.open, *view.cases.closed_this_week)]
    links(sheet, columns, "Case", row_links(cases, [line.case_id for line in found], CASES.sheet))
    desk.finish(sheet, columns, last="Case")


def account_columns(view: PackView) -> tuple[SheetColumn, ...]:
    return (
        SheetColumn("Account", "wrapped", 28),
        SheetColumn("Zone", "text", 15),
        SheetColumn("Last week", "text", 15),
        SheetColumn(_RATING, "score", 10, editable=True),
        SheetColumn(_COMMENT, "text", 30, editable=True),
        SheetColumn("Last rating", "score", 7),
        SheetColumn("Loyalty", "score", 8),
        SheetColumn("Loyalty change", "change", 8),
        SheetColumn("Retention", "score", 9),
        SheetColumn("Retention change", "change", 9),
        SheetColumn(f"Yearly revenue, {view.currency}", "money", 15),
        SheetColumn("Renewal", "day", 11),
        SheetColumn("Last comment", "wrapped", 40),
        SheetColumn("Said by", "text", 18),
        SheetColumn("Said on", "day", 12),
        SheetColumn("Loyalty, 13 weeks", "trend", 18),
        SheetColumn("Borderline", "text", 11),
        SheetColumn("Coverage", "share", 10),
        SheetColumn("Tier", "text", 10),
        SheetColumn("Region", "text", 14),
        SheetColumn("Owner", "text", 22),
        SheetColumn("Case", "link", 14),
        SheetColumn("Next step", "wrapped", 44),
        SheetColumn(PAGE, "link", 10),
        SheetColumn(ROW_ID, "text", 14),
        *KEY_COLUMNS,
    )


def _account_lines(desk: Desk, view: PackView, parts: Parts) -> tuple[str, str, str]:
    rows = view.accounts.rows
    note = view.accounts.rest_sentence or f"{figures(len(rows), 'account')}, most urgent first."
    asked = sum(row.customer_id in parts.stale for row in rows)
    ask = (
        f"Please rate the first {figures(asked, 'account')}: nobody of the account team said how it goes in the last "
        f"{parts.feedback_days} days."
        if asked
        else f"Every account was rated in the last {parts.feedback_days} days; rate again where it changed."
    )
    return f"{ask} 1: very poor, 5: excellent.", f"{note} {view.trust.short}", desk.words.scope


def _move(line: Move) -> list[CellValue]:
    return [
        line.name,
        line.before.label,
        line.after.label,
        {"better": "▲ better", "worse": "▼ worse"}.get(line.direction, line.kind.replace("_", " ")),
        amount(line.revenue),
        _delta(line.loyalty),
        _delta(line.retention),
        line.why,
        line.cause,
        page(line.page),
    ]


def _account(row: AccountRow, parts: Parts) -> list[CellValue]:
    answer = parts.answers.get(row.customer_id) or LastAnswer(None, "", "", None)
    return [
        row.name,
        row.mark.label,
        row.before.label if row.before else None,
        None,
        None,
        answer.score,
        row.loyalty,
        _delta(row.loyalty_change),
        row.retention,
        _delta(row.retention_change),
        amount(row.revenue),
        row.renewal_on,
        answer.comment,
        answer.author,
        answer.given_on,
        parts.trends.get(row.customer_id, ""),
        "borderline" if row.is_borderline else None,
        row.coverage_share,
        row.tier,
        row.region,
        row.owner,
        row.case_id,
        row.next_action,
        page(row.page),
        row.customer_id,
        0,
        None,
        None,
    ]


def _proposal(line: Proposal) -> list[CellValue]:
    return [line.name, line.what, line.why, line.owner, line.since, line.case_id]


def amount(value: Amount) -> CellValue:
    """The figure; in words why there is none, when the audience may not see it."""
    if value.value is not None:
        return round(value.value, 2)
    return value.text if len(value.text) > 1 else None


def _delta(change: Change) -> CellValue:
    return None if change.delta is None else round(change.delta, 1)


def page(target: str) -> CellValue:
    return "open" if target else None


def scope_line(view: PackView) -> str:
    """Whose workbook this is, from what data, by which rule."""
    return f"{view.title} · week {view.week}, {view.week_days} · {view.footer.as_of_text} · {view.footer.rule}"
