"""The rows of a returned workbook against the ledger: edits applied, refused cell by cell, or kept as conflicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts.rules import CaseTemplate
from contracts.workbook import LONGEST_NOTE, STEPS, RowKind, row_check
from extract.returns import ReturnedRow, ReturnedWorkbook
from flows.casework.editing import Editor, Lines, Office, owner_of, said, text_of, written_day, written_moment
from reporting.mails.house import ReceiptLine
from store import ledger
from store.action_status import add_step, edit_step
from store.errors import StoreError
from store.feedback import give_feedback
from store.session import Session

_YES = frozenset({"yes", "y", "x", "true", "1", "ok", "✓"})
_STEP_WORDS = {
    "to do": "todo",
    "open": "todo",
    "closed": "done",
    "finished": "done",
    "complete": "done",
    "skip": "skipped",
}
_HEADERS = {
    "status": "status", "owner_id": "owner", "due_at": "due", "due_on": "due", "outcome": "outcome", "note": "note",
    "why": "remark", "score": "rating", "comment": "comment", "acknowledged": "acknowledged",
}  # fmt: skip
Value = Callable[[str], object]


class Unclear(ValueError):
    """A cell that does not say what it should; the message is for whoever wrote it."""


@dataclass(frozen=True)
class Sheet:
    """A returned workbook at the desk: who edits, what may be touched, what became of it."""

    session: Session
    editor: Editor
    office: Office
    lines: Lines
    key: bytes

    def refuse(self, row: ReturnedRow, name: str, what: str, why: str) -> None:
        self.lines.refused.append(ReceiptLine(row.cell(name), what, why))


def apply_workbook(session: Session, book: ReturnedWorkbook, editor: Editor, office: Office, *, key: bytes) -> Lines:
    """Everything a returned workbook asks for, in the caller's transaction."""
    sheet = Sheet(session, editor, office, Lines(), key)
    act = {RowKind.CASE: _case, RowKind.STEP: _step, RowKind.ACCOUNT: _account}
    standing = office.cases_now(session)
    for row in book.rows:
        if row.row_id:
            if fault := _fault(row, sheet):
                sheet.refuse(row, "", row.row_id, fault)
                continue
            for place in row.touched:
                why = "this cell is computed; what you wrote there was ignored"
                sheet.lines.ignored.append(ReceiptLine(place, row.row_id, why))
            if row.edits:
                act[row.kind](sheet, row, standing)
        elif row.kind is RowKind.STEP:
            _added(sheet, row)
        else:
            sheet.refuse(row, "", "a row without an id", f"rows can only be added on the sheet “{STEPS.sheet}”")
    for header in book.ignored:
        sheet.lines.ignored.append(
            ReceiptLine(f"column “{header}”", "", "this column is none of ours and was not read")
        )
    return sheet.lines


def _fault(row: ReturnedRow, sheet: Sheet) -> str | None:
    if row.version is None or row.sent is None:
        return "the hidden cells of this row were changed or sorted apart; nothing in it was changed"
    if row.check != row_check(row.kind, row.row_id, row.version, row.sent_text, sheet.key):
        return "the row's id and its hidden cells do not belong together (sorted in part?); nothing in it was changed"
    return None


def _case(sheet: Sheet, row: ReturnedRow, standing: Mapping[str, Mapping[Any, Any]]) -> None:
    case = standing.get(row.row_id)
    if case is None or not sheet.editor.may_touch(case, sheet.office):
        sheet.refuse(row, "", row.row_id, "this case is not one of yours; it was left alone")
        return
    template = sheet.office.template(str(case["template_id"]))
    readers: dict[str, Value] = {
        "status": lambda text: _one_of(text, template.statuses if template else ("open", "pending", "closed"), {}),
        "owner_id": lambda text: owner_of(text, sheet.office),
        "due_at": lambda text: written_moment(text, sheet.office),
        "acknowledged": lambda text: _one_of(text, ("yes",), dict.fromkeys(_YES, "yes")),
    }
    wanted = _wanted(sheet, row, readers)
    is_acknowledged = wanted.pop("acknowledged", None)
    if wanted:
        _edit_case(sheet, row, wanted, template)
    editor = sheet.editor
    is_new = ledger.acknowledge(sheet.session, row.row_id, who=editor.who, source=editor.source, now=editor.now)
    if is_new and is_acknowledged:
        sheet.lines.applied.append(ReceiptLine(row.cell("acknowledged"), f"{row.row_id} acknowledged", "now yes"))


def _edit_case(sheet: Sheet, row: ReturnedRow, wanted: dict[str, object], template: CaseTemplate | None) -> None:
    """All fields at once, and one by one when the ledger refuses them together."""
    editor = sheet.editor

    def edit(changes: Mapping[str, object]) -> None:
        result = ledger.edit_case(
            sheet.session,
            row.row_id,
            changes,
            who=editor.who,
            why=None,
            source=editor.source,
            base_version=row.version or 0,
            now=editor.now,
            template=template,
            source_sha256=editor.sha256,
        )
        _report(sheet, row, result.applied)
        for conflict in result.conflicts:
            who = sheet.office.name(conflict.changed_by)
            why = f"{who} set {said(conflict.standing, sheet.office)} on {conflict.changed_at:%Y-%m-%d}, which stands; "
            why += f"yours, {said(conflict.wanted, sheet.office)}, is kept beside it"
            what = f"{row.row_id} {_HEADERS[conflict.field]}"
            sheet.lines.conflicting.append(ReceiptLine(row.cell(conflict.field), what, why))

    _whole_or_single(sheet, row, wanted, edit)


def _step(sheet: Sheet, row: ReturnedRow, _standing: object) -> None:
    customer = sheet.office.customer_of_step(sheet.session, row.row_id, sheet.editor.token)
    if customer is None or not sheet.editor.sees(customer):
        sheet.refuse(row, "", "this step", "it is in no plan of your accounts any more; it was left alone")
        return
    wanted = _wanted(sheet, row, _step_readers(sheet))
    if wanted:
        _edit_step(sheet, row, row.row_id, customer, wanted, base_version=row.version or 0)


def _step_readers(sheet: Sheet) -> dict[str, Value]:
    return {
        "status": lambda text: _one_of(text, ("todo", "done", "skipped"), _STEP_WORDS),
        "owner_id": lambda text: owner_of(text, sheet.office),
        "due_on": written_day,
    }


def _edit_step(
    sheet: Sheet, row: ReturnedRow, action_id: str, customer: str, wanted: dict[str, object], *, base_version: int
) -> None:
    editor = sheet.editor

    def edit(changes: Mapping[str, object]) -> None:
        result = edit_step(
            sheet.session,
            action_id,
            changes,
            customer_id=customer,
            who=editor.who,
            source=editor.source,
            base_version=base_version,
            now=editor.now,
            source_sha256=editor.sha256,
        )
        _report(sheet, row, result.applied)
        for name, value in result.conflicts.items():
            why = f"somebody changed it since; yours, {said(value, sheet.office)}, is kept beside it"
            sheet.lines.conflicting.append(ReceiptLine(row.cell(name), _name(row, name), why))

    _whole_or_single(sheet, row, wanted, edit)


def _added(sheet: Sheet, row: ReturnedRow) -> None:
    """A step that the team adds; the same step of the same account stands once."""
    account, action = row.new.get("customer_id", ""), row.new.get("action", "")
    if not account or not action:
        place = "action" if account else "customer_id"
        sheet.refuse(row, place, "a new step", "choose an account and write what is to be done")
        return
    customer = sheet.office.customer_of(account)
    if customer is None or not sheet.editor.sees(customer):
        sheet.refuse(row, "customer_id", "a new step", f"“{account}” is not one of your accounts; choose from the list")
        return
    if len(action) > LONGEST_NOTE:
        sheet.refuse(row, "action", "a new step", f"longer than {LONGEST_NOTE} characters")
        return
    if action in sheet.office.added_steps(sheet.session, customer):
        return
    wanted = _wanted(sheet, row, _step_readers(sheet))
    editor = sheet.editor
    owner, due = wanted.pop("owner_id", None), wanted.pop("due_on", None)
    action_id = add_step(
        sheet.session,
        customer,
        action,
        who=editor.who,
        source=editor.source,
        now=editor.now,
        owner_id=str(owner) if owner else None,
        due_on=due if isinstance(due, date) else None,
        source_sha256=editor.sha256,
    )
    sheet.lines.applied.append(
        ReceiptLine(row.cell("action"), "new step", f"“{action}” for {sheet.office.customers[customer]}")
    )
    if wanted.get("status") not in (None, "todo") or "why" in wanted:
        _edit_step(sheet, row, action_id, customer, wanted, base_version=1)


def _account(sheet: Sheet, row: ReturnedRow, _standing: object) -> None:
    customer, editor = row.row_id, sheet.editor
    if not editor.sees(customer):
        sheet.refuse(row, "", customer, "this account is not one of yours; it was left alone")
        return
    wanted = _wanted(sheet, row, {"score": _rating})
    score, comment = wanted.get("score"), wanted.get("comment")
    if not wanted or sheet.office.was_said(sheet.session, customer, editor, score, comment):
        return
    give_feedback(
        sheet.session,
        customer,
        author_id=editor.who,
        score=score if isinstance(score, float) else None,
        comment=str(comment) if comment else None,
        now=editor.now,
        source=editor.source,
        source_sha256=editor.sha256,
    )
    for name, value in wanted.items():
        what = f"{sheet.office.customers.get(customer, customer)} {_HEADERS[name]}"
        sheet.lines.applied.append(ReceiptLine(row.cell(name), what, said(value, sheet.office)))


def _rating(text: str) -> float:
    try:
        score = float(text)
    except ValueError:
        score = 0.0
    if not 1 <= score <= 5:
        raise Unclear(f"“{text[:40]}” is no rating; write a number from 1 to 5")
    return score


def _wanted(sheet: Sheet, row: ReturnedRow, readers: Mapping[str, Value]) -> dict[str, object]:
    """The edited cells as values of the ledger; what does not say what it should is refused cell by cell."""
    wanted: dict[str, object] = {}
    for name, text in row.edits.items():
        if not text:
            sheet.refuse(row, name, _name(row, name), "an emptied cell changes nothing; write what it should say")
            continue
        try:
            wanted[name] = readers.get(name, text_of)(text)
        except ValueError as exc:
            sheet.refuse(row, name, _name(row, name), str(exc))
    return wanted


def _one_of(text: str, words: tuple[str, ...] | list[str], aliases: Mapping[str, str]) -> str:
    plain = " ".join(text.casefold().split())
    for word in words:
        if word.casefold() == aliases.get(plain, plain).casefold():
            return word
    raise Unclear(f"“{text[:40]}” is not on the list; write {', '.join(words)}")


def _whole_or_single(
    sheet: Sheet, row: ReturnedRow, wanted: dict[str, object], edit: Callable[[Mapping[str, object]], None]
) -> None:
    try:
        edit(wanted)
    except StoreError as exc:
        if len(wanted) == 1:
            (name,) = wanted
            sheet.refuse(row, name, _name(row, name), str(exc))
            return
        for name, value in wanted.items():
            _whole_or_single(sheet, row, {name: value}, edit)


def _report(sheet: Sheet, row: ReturnedRow, applied: Mapping[str, Any]) -> None:
    for name, value in applied.items():
        what = f"now {said(value, sheet.office)}"
        before = row.sent.fields.get(name, "") if row.sent and row.row_id else ""
        if before and name not in ("note", "why"):
            what = f"“{before}” → {said(value, sheet.office)}"
        if isinstance(value, datetime) and value < sheet.editor.now:
            what += " (this day has passed)"
        sheet.lines.applied.append(ReceiptLine(row.cell(name), _name(row, name), what))


def _name(row: ReturnedRow, name: str) -> str:
    return f"{row.row_id} {_HEADERS[name]}" if row.kind is RowKind.CASE else _HEADERS[name]
