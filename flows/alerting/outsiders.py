"""Alerts beyond our own staff: partners that a template names, and the approved note to the contact who answered.

Neither gets anything that we measure: a partner the headline, a contact the words that somebody approved.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pandas as pd

from contracts.book import Book
from contracts.exchange import Message
from contracts.ids import key_digest
from contracts.rules import CustomerNote
from contracts.words import MessageKind
from contracts.working_time import add_working_days
from delivery.addressing import Addressing
from flows.run import Run
from reporting.mails.cases import change_mail, customer_note
from reporting.mails.house import MailBody
from scoring.act.alerts import AlertDecision
from store import outbox

_CONTACT = "contact:"


def outsider_messages(
    run: Run, book: Book, addressing: Addressing, decisions: Iterable[AlertDecision]
) -> tuple[list[Message], list[str]]:
    """What partners and customers are sent about these decisions, and what could not be, in words.

    A note goes to the contact whose answer it was, and only while that contact got fewer notes than the cap.
    """
    messages: list[Message] = []
    unaddressed: list[str] = []
    decisions = list(decisions)
    told, sent = _told(run, decisions), _notes_sent(run)
    for decision in decisions:
        for partner in decision.partners:
            if (decision.kind, decision.subject_key, f"partner:{partner.email}") in told:
                continue
            body = change_mail(
                case_id=decision.subject_key,
                title=decision.headline,
                change="Alert",
                lines=(),
                why_you="a partner of the account",
                organization=run.settings.file.organization,
            )
            place = (f"partner:{partner.email}", partner.name, partner.email)
            messages.append(_message(decision.kind, decision, *place, body))
        for note in decision.notes:
            found = _answered_by(book, decision)
            caller = next((addressing.readers[p].name for p in decision.person_ids if p in addressing.readers), None)
            if found is None or caller is None:
                unaddressed.append(
                    f"{decision.customer_id}: no note to the customer, for no contact or caller is known"
                )
                continue
            person_id, name, email = found
            recent = [at for at in sent.get(person_id, []) if at > run.clock() - timedelta(days=note.within_days)]
            is_told = (MessageKind.CUSTOMER_NOTE, decision.subject_key, person_id) in told
            if is_told or len(recent) >= note.most_per_contact:
                continue
            sent.setdefault(person_id, []).append(run.clock())
            body = _note_body(run, note, contact=name, caller=caller)
            messages.append(_message(MessageKind.CUSTOMER_NOTE, decision, person_id, name, email, body))
    return messages, unaddressed


def _told(run: Run, decisions: list[AlertDecision]) -> set[tuple[MessageKind, str, str]]:
    subjects = [decision.subject_key for decision in decisions]
    kinds = {MessageKind.CUSTOMER_NOTE, *(decision.kind for decision in decisions)}
    with run.store.read() as session:
        return {(kind, *pair) for kind in kinds for pair in outbox.already_told(session, kind, subjects)}


def _notes_sent(run: Run) -> dict[str, list[datetime]]:
    with run.store.read() as session:
        rows = outbox.rows(session, kinds=[MessageKind.CUSTOMER_NOTE])
    found: dict[str, list[datetime]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row.created_at)
    return found


def _answered_by(book: Book, decision: AlertDecision) -> tuple[str, str, str] | None:
    """The contact whose answer the alert is about: key, name and address; None where there is none to write to.

    The book keeps no keys of sources: the answer is the customer's of that instant, and of one contact only.
    """
    events = book.frame("events")
    mine = events[(events["event_id"] == decision.subject_key) & (events["table"] == "surveys")]
    surveys, contacts = book.frame("surveys"), book.frame("contacts")
    answers = surveys[
        (surveys["customer_id"] == decision.customer_id) & surveys["answered_at"].isin(mine["happened_at"])
    ]
    known = contacts[contacts["contact_id"].isin(answers["contact_id"].dropna())]
    known = known[(known["customer_id"] == decision.customer_id) & known["email"].notna() & known["left_on"].isna()]
    if len(known) != 1:
        return None
    contact = known.iloc[0]
    name = "" if pd.isna(contact["name"]) else str(contact["name"])
    return f"{_CONTACT}{key_digest(contact['contact_id'])}", name, str(contact["email"])


def _note_body(run: Run, note: CustomerNote, *, contact: str, caller: str) -> MailBody:
    today = run.clock().astimezone(run.settings.zone).date()
    day = add_working_days(run.policy.audiences.calendars["default"], today, note.call_within_days)
    words = {"{contact}": contact or "customer", "{caller}": caller, "{day}": f"{day:%A, %d %B}"}
    text = note.text
    for place, word in words.items():
        text = text.replace(place, word)
    return customer_note(subject=note.subject, text=text, organization=run.settings.file.organization)


def _message(
    kind: MessageKind, decision: AlertDecision, person_id: str, name: str, email: str, body: MailBody
) -> Message:
    return Message(
        kind=kind,
        subject_key=decision.subject_key,
        person_id=person_id,
        to_name=name,
        to_address=email,
        subject=body.subject,
        text=body.text,
        html=body.html,
        customer_ids=(decision.customer_id,),
    )
