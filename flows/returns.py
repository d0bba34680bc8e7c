"""Workbooks handed back: check the token, apply good rows, refuse bad ones row by row, send a receipt.

A file dropped in returns/ is audited as "by file, token of NAME". It is moved to returns/read/ or
returns/refused/ when its edits, or the reason against them, are recorded.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pandas as pd

from contracts.exchange import CASE_EDITABLE, Message, TokenRefused, WorkbookToken, row_seal
from contracts.ids import sha256
from contracts.rules import Policy
from contracts.scope import Audience
from contracts.words import ExitCode, MessageKind, RunKind
from delivery.addressing import Addressing
from extract.errors import ReturnRefused
from extract.returns import ReturnedRow, ReturnedWorkbook, read_returned
from flows.dispatch import dispatch_due
from flows.lease import leased
from flows.readers import current_readers
from flows.run import Outcome, Run
from flows.tell import Sealed, enqueue, seal, to_operator
from reporting.mails import ReceiptLine, receipt_mail
from store import ledger
from store.errors import StoreError
from store.session import Session

_EDITED = {column.field: column.header for column in CASE_EDITABLE}


@dataclass
class _Read:
    """What one file asked for and what became of it."""

    applied: list[ReceiptLine] = field(default_factory=list)
    refused: list[ReceiptLine] = field(default_factory=list)
    conflicting: list[ReceiptLine] = field(default_factory=list)


def returns(run: Run) -> Outcome:
    """Apply every workbook that waits in returns/. The same file twice is a no-op."""
    folder = run.workspace.returns
    folder.mkdir(exist_ok=True)
    waiting = sorted(path for path in folder.glob("*.xls*") if path.is_file() and not path.name.startswith("~$"))
    lines: list[str] = []
    problems = 0
    with leased(run, RunKind.RETURNS, "returns"):
        if waiting:
            policy, addressing, audiences, people = current_readers(run)
        for path in waiting:
            try:
                line, ok = _take(run, path, policy, addressing, audiences, people)
            except (ReturnRefused, TokenRefused) as exc:
                line, ok = _refuse(run, path, str(exc)), False
            lines.append(line)
            problems += not ok
    sent = dispatch_due(run)
    code = ExitCode.DATA_PROBLEMS if problems else ExitCode.DONE
    return Outcome(code, f"{len(waiting)} workbooks read, {problems} with refused edits", (*lines, sent.line()))


def _take(
    run: Run,
    path: Path,
    policy: Policy,
    addressing: Addressing,
    audiences: dict[str, Audience],
    people: pd.DataFrame,
) -> tuple[str, bool]:
    key = run.settings.token_key
    book = read_returned(path)
    token = WorkbookToken.read(book.token, key)
    audience = audiences.get(token.audience_id)
    if audience is None or token.person_id not in audience.readers:
        raise TokenRefused(
            f"its reader {token.person_id} no longer reads {token.audience_id}; ask for a fresh workbook"
        )
    reader = addressing.readers[token.person_id]
    content = path.read_bytes()

    def act(session: Session) -> tuple[_Read | None, list[Sealed]]:
        is_new = ledger.mark_return(
            session,
            sha256(content),
            name=path.name,
            came_by=f"by file, token of {reader.name}",
            now=run.clock(),
            person_id=token.person_id,
            audience_id=token.audience_id,
            week=token.week,
        )
        if not is_new:
            return None, []
        read = _apply(run, session, book, policy, audience, people, who=token.person_id, key=key, name=path.name)
        body = receipt_mail(
            file_name=path.name,
            week=token.week,
            organization=run.settings.file.organization,
            applied=read.applied,
            refused=read.refused,
            conflicting=read.conflicting,
        )
        message = Message(
            kind=MessageKind.RETURN_RECEIPT,
            subject_key=sha256(content),
            person_id=token.person_id,
            to_name=reader.name,
            to_address=reader.address or run.settings.file.mail.operator_address,
            subject=body.subject,
            text=body.text,
            html=body.html,
            pictures=body.pictures,
        )
        sealed = [seal(run, message)]
        enqueue(session, run, sealed)
        return read, sealed

    read, _ = run.store.transact(act)
    _file_away(path, "read")
    if read is None:
        return f"{path.name}: came before, nothing to do", True
    counts = f"{len(read.applied)} applied, {len(read.refused)} refused, {len(read.conflicting)} conflicting"
    return f"{path.name} from {reader.name}: {counts}", not (read.refused or read.conflicting)


def _apply(
    run: Run,
    session: Session,
    book: ReturnedWorkbook,
    policy: Policy,
    audience: Audience,
    people: pd.DataFrame,
    *,
    who: str,
    key: bytes,
    name: str,
) -> _Read:
    standing = {str(case["case_id"]): case for case in ledger.cases(session).to_dict("records")}
    names = {str(n): str(p) for n, p in zip(people["name"], people["person_id"], strict=True)}
    read = _Read()
    for row in book.rows:
        case = standing.get(row.row_id)
        fault = _row_fault(row, case, audience, key)
        if fault or case is None or row.row_version is None:
            read.refused.append(ReceiptLine(f"{row.sheet}!A{row.row_number}", row.row_id, fault or "no such case"))
            continue
        wanted, faults = _wanted(row, case, names, run)
        read.refused += faults
        if not wanted:
            continue
        template = next((t for t in policy.case_templates if t.id == case["template_id"]), None)
        try:
            result = ledger.edit_case(
                session,
                row.row_id,
                wanted,
                who=who,
                why=None,
                source=f"workbook {name}",
                base_version=row.row_version,
                now=run.clock(),
                template=template,
                source_sha256=book.sha256,
            )
        except StoreError as exc:
            read.refused.append(ReceiptLine(f"{row.sheet}!A{row.row_number}", row.row_id, str(exc)))
            continue
        for changed, value in result.applied.items():
            read.applied.append(
                ReceiptLine(row.cell(changed), f"{row.row_id} {_EDITED[changed]}", f"now {_said(value)}")
            )
        for conflict in result.conflicts:
            why = (
                f"{conflict.changed_by} set {_said(conflict.standing)} first; yours ({_said(conflict.wanted)}) is kept"
            )
            read.conflicting.append(
                ReceiptLine(row.cell(conflict.field), f"{row.row_id} {_EDITED[conflict.field]}", why)
            )
    return read


def _row_fault(row: ReturnedRow, case: dict[Hashable, Any] | None, audience: Audience, key: bytes) -> str | None:
    if case is None or case["customer_id"] not in audience.customer_ids:
        return "this row is not one of yours; it was left alone"
    if row.row_version is None or row.row_check != row_seal(row.row_id, row.row_version, key):
        return "the row's id, version and check do not belong together (rows sorted in part?); nothing was changed"
    return None


def _wanted(
    row: ReturnedRow, case: dict[Hashable, Any], names: dict[str, str], run: Run
) -> tuple[dict[str, object], list[ReceiptLine]]:
    """The edits of a row as ledger values; cells left as they were say nothing."""
    wanted: dict[str, object] = {}
    faults: list[ReceiptLine] = []
    for changed, text in row.fields.items():
        value = text.strip()
        if not value:
            continue
        what = f"{row.row_id} {_EDITED[changed]}"
        if changed == "owner_id":
            if value in names:
                wanted[changed] = names[value]
            elif value in names.values():
                wanted[changed] = value
            else:
                faults.append(ReceiptLine(row.cell(changed), what, f"'{value}' is nobody we know; use the list"))
        elif changed == "due_at":
            try:
                due = date.fromisoformat(value[:10])
            except ValueError:
                faults.append(ReceiptLine(row.cell(changed), what, f"'{value}' is not a date; write 2026-11-30"))
                continue
            standing = case["due_at"]
            if pd.isna(standing) or standing.astimezone(run.settings.zone).date() != due:
                wanted[changed] = datetime.combine(due, time(17, 0), run.settings.zone)
        elif changed == "status":
            wanted[changed] = value.lower()
        else:
            wanted[changed] = value
    return wanted, faults


def _said(value: object) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else f"“{value}”"


def _refuse(run: Run, path: Path, why: str) -> str:
    notice = to_operator(
        run, f"return|{sha256(path.read_bytes())}", "A returned workbook was refused", f"{path.name}: {why}"
    )
    with run.store.write() as session:
        enqueue(session, run, [notice])
    _file_away(path, "refused")
    return f"{path.name}: refused, {why}"


def _file_away(path: Path, place: str) -> None:
    target = path.parent / place / f"{sha256(path.read_bytes())[:12]} {path.name}"
    target.parent.mkdir(exist_ok=True)
    path.rename(target)
