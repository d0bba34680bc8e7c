"""The clock of cases: a case past its closure goal goes one level up, once, and the next level is told."""

from __future__ import annotations

from contracts.exchange import Message
from contracts.words import MessageKind
from flows.alerting import account_of, line_of_case
from flows.books import load_book
from flows.readers import current_readers, last_week
from flows.run import Run
from flows.tell import enqueue, seal
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
    for case in waiting.itertuples():
        told = _next_level(chart, case.owner_id)
        if told is not None and case.customer_id not in getattr(by_reader.get(told), "customer_ids", ()):
            told = None
        sealed = []
        if told is not None and addressing.readers[told].address:
            account = account_of(book, by_reader[told], case.customer_id)
            line = line_of_case(account, case.case_id)
            if line is None:
                continue
            body = case_mail(
                account,
                kind=MessageKind.CASE_ESCALATED,
                case=line,
                why_you="You are the next level above the case's owner.",
                link=None,
            )
            reader = addressing.readers[told]
            message = Message(
                kind=MessageKind.CASE_ESCALATED,
                subject_key=f"{case.case_id}|{_FIRST_STEP}",
                person_id=told,
                to_name=reader.name,
                to_address=str(reader.address),
                subject=body.subject,
                text=body.text,
                html=body.html,
                pictures=body.pictures,
                customer_ids=(case.customer_id,),
            )
            sealed.append(seal(run, message))
        who = addressing.readers[told].name if told else "nobody above the owner"

        def act(session: Session, case_id: str = case.case_id, mails: list = sealed, to: str = who) -> bool:  # type: ignore[type-arg]
            is_raised = ledger.escalate(
                session,
                case_id,
                step=_FIRST_STEP,
                why=f"closure goal passed; told {to}",
                source="clock",
                now=run.clock(),
            )
            if is_raised:
                enqueue(session, run, mails)
            return is_raised

        escalated += run.store.transact(act)
    return escalated


def _next_level(chart: OrgChart, owner_id: str | None) -> str | None:
    """Whoever stands above the owner today; absent and vacant places escalate further up."""
    owner = chart.people.get(owner_id or "")
    return stand_in(chart, owner.manager_id) if owner and owner.manager_id else None
