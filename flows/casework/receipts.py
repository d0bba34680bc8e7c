"""Receipts: what became of every edit of a file or mail, in plain words, with a fresh workbook.

What became of an edit is kept in the transaction that applied it; the receipt is written from that. So a process
that dies in between owes the receipt, and the next one writes it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from contracts.book import Book
from contracts.exchange import Attachment, Message, WorkbookToken
from contracts.scope import Audience, scoped
from contracts.words import MessageKind
from delivery.leakscan import allowed_of, scan
from delivery.small import fitted
from flows.books import load_book, with_feedback
from flows.casework.books import XLSX, case_book
from flows.casework.editing import Lines, Office
from flows.casework.seated import reader_of
from flows.packs.audience_frames import Frozen, for_audience
from flows.readers import last_week
from flows.run import Run
from flows.sending.screening import ordinary_words, screened, week_tokens
from flows.sending.tell import Sealed, enqueue, files_lie, seal
from flows.week.follow_up import shown, standing
from reporting.mails.house import ReceiptLine, receipt_mail
from reporting.view import compose
from reporting.workbook.book import render_workbook
from reporting.workbook.parts import workbook_parts
from store import ledger
from store.returned_files import ReturnedFile, without_receipt

_QUOTED = re.compile("“[^”]*”")
_NOT_REPEATED = "“…” (it names what this mail may not repeat)"
_GROUPS = ("applied", "refused", "conflicting", "ignored")


def kept(lines: Lines, *, note: str = "", address: str | None = None, case_id: str | None = None) -> dict[str, Any]:
    """What became of the edits, as it is kept beside the file until its receipt is written.

    Args:
        address: where the receipt goes, when not to the person's own address.
        case_id: the edits came in a workbook or mail of that case alone.
    """
    groups = {name: [[line.where, line.what, line.why] for line in getattr(lines, name)] for name in _GROUPS}
    return {**groups, "note": note, "address": address, "case_id": case_id}


def send_receipts(run: Run, office: Office) -> int:
    """Put every receipt that is owed into the outbox; returns how many."""
    with run.store.read() as session:
        owed = without_receipt(session)
    for file in owed:
        sealed = _screened(run, office, file)
        with run.store.write() as session:
            enqueue(session, run, sealed)
    return len(owed)


def _screened(run: Run, office: Office, file: ReturnedFile) -> list[Sealed]:
    """The receipt, scanned like every mail. What the editor wrote may name whom it must not: then it is told without
    those words, for an edit must not vanish because its receipt is held.
    """
    files, faults = _fresh(run, office, file)
    made: list[Sealed] = []
    for is_quoting in (True, False):
        message = _receipt(run, office, file, files, faults, is_quoting=is_quoting)
        mail = fitted(message, max_megabytes=run.settings.file.mail.max_megabytes, places=files_lie(run))
        made = screened(run, [seal(run, mail)])
        if len(made) == 1:
            break
    return made


def _receipt(
    run: Run,
    office: Office,
    file: ReturnedFile,
    files: tuple[Attachment, ...],
    faults: Sequence[str],
    *,
    is_quoting: bool,
) -> Message:
    person, mail = file.person_id or "operator", run.settings.file.mail
    seats = [seat for team in office.teams.values() for seat in team]
    reader = reader_of(person, office.addressing, office.people, seats)
    own = reader.address if reader else None
    groups = {name: _lines(file.summary.get(name, ()), is_quoting=is_quoting) for name in _GROUPS}
    brought = ["A fresh workbook is attached."] if files else []
    note = " ".join([str(file.summary.get("note") or ""), *brought, *faults])
    body = receipt_mail(
        file_name=file.name if is_quoting else "what you handed back",
        week=file.week or "",
        organization=run.settings.file.organization,
        applied=groups["applied"],
        refused=groups["refused"],
        conflicting=groups["conflicting"],
        ignored=groups["ignored"],
        note=note.strip(),
    )
    return Message(
        kind=MessageKind.RETURN_RECEIPT,
        subject_key=file.sha256,
        person_id=person,
        to_name=reader.name if reader else office.name(person),
        to_address=str(file.summary.get("address") or own or mail.operator_address),
        subject=body.subject,
        text=body.text,
        html=body.html,
        attachments=files,
        pictures=body.pictures,
        customer_ids=_customers(run, office, file),
    )


def _lines(kept_lines: Sequence[Sequence[str]], *, is_quoting: bool) -> list[ReceiptLine]:
    """The lines as they were kept; without the words of the editor, who knows what stands in the cell."""
    if is_quoting:
        return [ReceiptLine(*line) for line in kept_lines]
    return [ReceiptLine(*(_QUOTED.sub(_NOT_REPEATED, text) for text in line)) for line in kept_lines]


def _customers(run: Run, office: Office, file: ReturnedFile) -> tuple[str, ...]:
    """Whom the receipt may name: the customer of its case, or those whom its editor sees."""
    case_id = file.summary.get("case_id")
    if case_id:
        with run.store.read() as session:
            customer = office.cases_now(session)[str(case_id)].get("customer_id")
        return (str(customer),) if customer else ()
    audience = _audience_of(office, file)
    return tuple(sorted(audience.customer_ids)) if audience else ()


def _audience_of(office: Office, file: ReturnedFile) -> Audience | None:
    """The audience of the file's editor, of which he must be a reader today."""
    person = file.person_id
    audience = office.audiences.get(file.audience_id or "") or office.audience_of(person or "")
    return audience if audience and person in audience.readers else None


def _fresh(run: Run, office: Office, file: ReturnedFile) -> tuple[tuple[Attachment, ...], list[str]]:
    """The workbook that takes the place of the one handed back, and why there is none."""
    case_id, person = file.summary.get("case_id"), file.person_id
    if person is None:
        return (), []
    if case_id:
        return (case_attachment(run, office, str(case_id), person),), []
    audience = _audience_of(office, file)
    if audience is None:
        return (), []
    content, faults = fresh_workbook(run, office, audience, person)
    if faults:
        return (), ["No fresh workbook is attached: it did not pass its checks, and the operator knows."]
    name = f"{last_week(run)[0].week} action plan.xlsx"
    return (Attachment(name, XLSX, content),), []


def fresh_workbook(run: Run, office: Office, audience: Audience, person_id: str) -> tuple[bytes, list[str]]:
    """An audience's workbook of the last week with cases, steps and feedback as they are now, and what is wrong
    with it.
    """
    inputs, folder = last_week(run)
    book = load_book(folder, audience.customer_ids)
    with run.store.read() as session:
        cases = ledger.cases(session)
        found = standing(session, cases, book.frame("history"), office.policy)
    frames = {**book.frames, "cases": cases, **shown(found, book.frame("actions"))}
    frames["account_feedback"] = with_feedback(frames["account_feedback"], frames.pop("team_feedback"))
    now = for_audience(Book(book.facts, frames), folder, audience, Frozen(run.workspace.root, inputs))
    mine = scoped(now, audience)
    key = run.settings.token_key
    token = WorkbookToken(audience.audience_id, person_id, inputs.week, inputs.revision).signed(key)
    zone = ZoneInfo(book.facts.time_zone)
    workbook = render_workbook(compose(mine), token=token, key=key, parts=workbook_parts(mine), zone=zone)
    tokens = week_tokens(folder, ordinary_words(office.policy))
    hits = scan(workbook, allowed_of(mine, tokens), tokens)
    return workbook.content, [str(hit) for hit in hits]


def case_attachment(run: Run, office: Office, case_id: str, person_id: str) -> Attachment:
    """The workbook of one case for one person, as a file of a mail."""
    with run.store.read() as session:
        row = office.cases_now(session)[case_id]
    team = office.teams.get(case_id, [])
    return case_book(run, row, team, person_id=person_id, names=office.names, accounts=office.customers)
