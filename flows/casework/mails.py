"""Who is mailed of which change of a case: the events of the ledger after the bookmark, by the template's `tells`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from contracts.book import Book
from contracts.casework import MANAGER, Seat
from contracts.exchange import Attachment, Message
from contracts.rules import CaseTemplate
from contracts.words import MessageKind
from delivery.addressing import Reader
from flows.books import load_book
from flows.casework.books import case_book
from flows.casework.links import PageLinks
from flows.casework.seated import reader_of
from flows.readers import current_readers, last_week
from flows.run import Run
from flows.sending.screening import screened
from flows.sending.tell import Sealed, enqueue, seal
from reporting.mails.cases import change_mail
from store import ledger, outbox
from store.bookmarks import bookmark, move_bookmark
from store.ledger import CaseEvent
from store.session import Session

_BOOKMARK = "case mails"
_SAID = {
    "opened": "New case",
    "assigned": "New owner",
    "edited": "Changed",
    "closed": "Closed",
    "reopened": "Reopened",
    "escalated": "Overdue",
    "unanswered": "Unanswered",
}
# whoever has to act on the case now gets it as a workbook of its own: a new owner may not see the account elsewhere
_BRINGS_A_WORKBOOK = ("opened", "assigned", "reopened")
_FIELDS = {"status": "Status", "owner_id": "Owner", "due_at": "Due", "outcome": "Outcome", "note": "Note"}
_ALERTS = (MessageKind.ALERT_CRITICAL, MessageKind.ALERT_EVENT, MessageKind.NOTICE)


@dataclass(frozen=True)
class CaseFacts:
    """Cases as they are now, beside the last week's book with those cases in it."""

    book: Book
    rows: dict[str, dict[Any, Any]]
    teams: dict[str, list[Seat]]

    def owner_of(self, case_id: str) -> str | None:
        owner = self.rows[case_id]["owner_id"]
        return owner if isinstance(owner, str) else None

    def customer_of(self, case_id: str) -> str | None:
        """None for a case about a segment."""
        return self.rows[case_id].get("customer_id")

    def title_of(self, case_id: str) -> str:
        return str(self.rows[case_id]["title"])

    def person(self, person_id: str) -> str:
        people = self.book.frame("people")
        names = people.loc[people["person_id"] == person_id, "name"]
        return str(names.iloc[0]) if len(names) else person_id

    def name_of(self, customer_id: str) -> str:
        facts = self.book.frame("customer_facts")
        names = facts.loc[facts["customer_id"] == customer_id, "name"]
        return str(names.iloc[0]) if len(names) else customer_id


def case_facts(run: Run, folder: Path) -> CaseFacts:
    """The cases of the ledger, all of them, and the book at `folder` (of a large one what is about their customers)
    with its own cases replaced by these.
    """
    with run.store.read() as session:
        cases, segments = ledger.cases(session), ledger.segment_cases(session)
        teams = {**ledger.teams(session), **ledger.teams(session, is_open=False)}
    rows = {str(row["case_id"]): row for frame in (cases, segments) for row in frame.to_dict("records")}
    book = load_book(folder, set(cases["customer_id"]))
    return CaseFacts(replace(book, frames={**book.frames, "cases": cases}), rows, teams)


def tell_case_changes(run: Run) -> int:
    """Mail every change that a template names to whom it names, once; returns how many mails are new.

    Whoever made a change is not mailed of it, nor of a case whose alert he got.
    """
    with run.store.read() as session:
        seen = bookmark(session, _BOOKMARK)
        events = ledger.case_history(session, after=seen)
    if not events:
        return 0
    policy, addressing, audiences, people = current_readers(run)
    _, folder = last_week(run)
    facts = case_facts(run, folder)
    links = PageLinks(run, policy, audiences)
    templates = {template.id: template for template in policy.case_templates}
    sealed: list[Sealed] = []
    for event in events:
        row = facts.rows[event.case_id]
        template = templates.get(str(row["template_id"]))
        change = _change(event)
        if template is None or change is None or change not in template.tells:
            continue
        told = _alerted(run, str(row["reason_key"])) if change == "opened" else set()
        for seat in _audience(facts, event, template, change):
            reader = reader_of(seat.key, addressing, people, [seat])
            if seat.person_id not in {event.who, *told} and reader:
                key = f"{event.case_id}|{event.number}"
                lines = _lines(event, facts)
                customer = facts.customer_of(event.case_id)
                title = str(row["title"])
                files = (_workbook(run, facts, event.case_id, seat),) if change in _BRINGS_A_WORKBOOK else ()
                message = change_message(
                    run,
                    reader,
                    key,
                    event.case_id,
                    title,
                    _SAID[change],
                    lines,
                    customer=customer,
                    files=files,
                    link=links.of(reader.person_id, customer),
                )
                sealed.append(message)

    mails = screened(run, sealed)

    def act(session: Session) -> int:
        move_bookmark(session, _BOOKMARK, events[-1].number)
        return enqueue(session, run, mails)

    return run.store.transact(act)


def change_message(
    run: Run,
    reader: Reader,
    subject_key: str,
    case_id: str,
    title: str,
    change: str,
    lines: Sequence[tuple[str, str]],
    *,
    customer: str | None = None,
    files: tuple[Attachment, ...] = (),
    link: str | None = None,
) -> Sealed:
    """A change of a case to one reader, sealed."""
    body = change_mail(
        case_id=case_id,
        title=title,
        change=change,
        lines=lines,
        why_you="one of the case's team or the level above",
        organization=run.settings.file.organization,
        link=link,
    )
    message = Message(
        kind=MessageKind.CASE_CHANGED,
        subject_key=subject_key,
        person_id=reader.person_id,
        to_name=reader.name,
        to_address=str(reader.address),
        subject=body.subject,
        text=body.text,
        html=body.html,
        attachments=files,
        customer_ids=(customer,) if customer else (),
    )
    return seal(run, message)


def _workbook(run: Run, facts: CaseFacts, case_id: str, seat: Seat) -> Attachment:
    """The case's own workbook, for the person in this seat."""
    people, known = facts.book.frame("people"), facts.book.frame("customer_facts")
    return case_book(
        run,
        facts.rows[case_id],
        facts.teams.get(case_id, []),
        person_id=seat.key,
        names=dict(zip(people["person_id"], people["name"], strict=True)),
        accounts=dict(zip(known["customer_id"], known["name"], strict=True)),
    )


def _change(event: CaseEvent) -> Any:
    """The word of `tells` for an event; None for what nobody is mailed of (evidence, seats, conflicts)."""
    if event.kind == "edited":
        return "assigned" if "owner_id" in event.after else "edited"
    return event.kind if event.kind in _SAID else None


def _audience(facts: CaseFacts, event: CaseEvent, template: CaseTemplate, change: Any) -> list[Seat]:
    """The seats that the template tells of this change, each once."""
    team = facts.teams.get(event.case_id, [])
    owner = facts.owner_of(event.case_id)
    wanted: dict[str, Seat] = {}
    for part in template.tells[change]:
        if part == "owner" and owner:
            wanted.setdefault(owner, Seat("", MANAGER, owner))
        for seat in team:
            is_partner = seat.person_id is None and bool(seat.email)
            fits = {
                "managers": seat.role == MANAGER and seat.person_id is not None,
                "members": seat.role != MANAGER and seat.person_id is not None,
                "partners": is_partner,
            }
            if fits.get(part, False):
                wanted.setdefault(seat.key, seat)
    return list(wanted.values())


def _alerted(run: Run, subject_key: str) -> set[str]:
    """Who got the alert about the same fact: that mail names the case already."""
    with run.store.read() as session:
        return {
            person
            for kind in _ALERTS
            for subject, person in outbox.already_told(session, kind, [subject_key])
            if subject == subject_key
        }


def _lines(event: CaseEvent, facts: CaseFacts) -> list[tuple[str, str]]:
    row = facts.rows[event.case_id]
    lines = [("Why", event.why or "")]
    if event.kind == "opened":
        lines += [("Severity", str(row["severity"])), ("Due", _word("due_at", row["due_at"], facts))]
        lines.append(("Answer by", _word("due_at", row["first_response_due_at"], facts)))
    else:
        lines += [
            (_FIELDS[n], f"{_word(n, event.before.get(n), facts)} → {_word(n, v, facts)}")
            for n, v in event.after.items()
            if n in _FIELDS
        ]
        lines.append(("By", facts.person(event.who)))
    return lines


def _word(name: str, value: object, facts: CaseFacts) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):  # type: ignore[call-overload]
        return "nobody" if name == "owner_id" else "nothing"
    if name == "owner_id":
        return facts.person(str(value))
    return f"{value:%Y-%m-%d %H:%M} UTC" if hasattr(value, "strftime") else str(value)
