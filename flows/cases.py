"""The clock of cases: a case past its closure goal goes one level up, once, and the next level is told."""

from __future__ import annotations

from functools import partial

from contracts.exchange import Message
from contracts.words import MessageKind
from delivery.addressing import Reader
from flows.alerting import account_of
from flows.books import load_book
from flows.readers import current_readers, last_week
from flows.run import Run
from flows.tell import Sealed, enqueue, seal
from reporting.account_models import AccountView
from reporting.mails import case_mail
from scoring.org import OrgChart, org_chart, stand_in
from store import ledger
from store.session import Session

_FIRST_STEP = 1


def advance_clock(run: Run) -> int:
    """Escalate every open case whose closure goal has passed and that was not escalated; returns how many."""
    with run.store.read() as session:
        overdue = ledger.overdue(session, run.clock())
    waiting = overdue[overdue["escalation_step"] < _FIRST_STEP]
    if waiting.empty:
        return 0
    _, addressing, audiences, people = current_readers(run)
    _, folder = last_week(run)
    book = load_book(folder)
    by_reader = {reader: audience for audience in audiences.values() for reader in audience.readers}
    chart = org_chart(people, book.frame("assignments"), as_of=run.clock().astimezone(run.settings.zone).date())
    escalated = 0
    for case in waiting.to_dict("records"):
        case_id, customer_id = str(case["case_id"]), str(case["customer_id"])
        told = _next_level(chart, case["owner_id"])
        audience = by_reader.get(told or "")
        reader = addressing.readers.get(told or "")
        sealed: list[Sealed] = []
        if audience and reader and reader.address and customer_id in audience.customer_ids:
            sealed.append(_escalation(run, account_of(book, audience, customer_id), case_id, reader))
        why = f"closure goal passed; told {reader.name}" if sealed and reader else "closure goal passed; nobody to tell"
        escalated += run.store.transact(partial(_raise, run=run, case_id=case_id, why=why, sealed=sealed))
    return escalated


def _escalation(run: Run, account: AccountView, case_id: str, reader: Reader) -> Sealed:
    line = next(line for line in account.cases if line.case_id == case_id)
    body = case_mail(
        account,
        kind=MessageKind.CASE_ESCALATED,
        case=line,
        why_you="the next level above the case's owner",
        link=None,
    )
    message = Message(
        kind=MessageKind.CASE_ESCALATED,
        subject_key=f"{case_id}|{_FIRST_STEP}",
        person_id=reader.person_id,
        to_name=reader.name,
        to_address=str(reader.address),
        subject=body.subject,
        text=body.text,
        html=body.html,
        pictures=body.pictures,
        customer_ids=(account.customer_id,),
    )
    return seal(run, message)


def _raise(session: Session, *, run: Run, case_id: str, why: str, sealed: list[Sealed]) -> bool:
    is_raised = ledger.escalate(session, case_id, step=_FIRST_STEP, why=why, source="clock", now=run.clock())
    if is_raised:
        enqueue(session, run, sealed)
    return is_raised


def _next_level(chart: OrgChart, owner_id: object) -> str | None:
    """Whoever stands above the owner today; absent and vacant places escalate further up."""
    owner = chart.people.get(str(owner_id))
    return stand_in(chart, owner.manager_id) if owner and owner.manager_id else None
