"""Alert mails: for each decision, each person's own view of the account, rendered before it is recorded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypedDict

import pandas as pd

from contracts.book import Book
from contracts.exchange import Attachment, Message
from contracts.rules import Policy
from contracts.scope import Audience, scoped
from contracts.words import FieldGroup, MessageKind
from delivery.addressing import Addressing
from flows.books import load_book
from flows.packs import all_who_see, levels_that_see, link_of
from flows.readers import current_readers, last_week
from flows.run import Run
from flows.tell import Sealed, seal
from reporting.account import compose_account
from reporting.account_models import AccountView, EventLine
from reporting.brief import render_account_brief
from reporting.mails import alert_mail, withdrawal_mail
from scoring.act.alerts import AlertDecision
from store import episodes, outbox

_LEADER = "BU lead"
_ALERTS = (MessageKind.ALERT_CRITICAL, MessageKind.ALERT_EVENT)


@dataclass(frozen=True, slots=True)
class Due:
    """An alert to one person, ready to be sealed."""

    message: Message


def account_of(book: Book, audience: Audience, customer_id: str) -> AccountView:
    """One customer as one audience sees it; other customers of the audience are not even loaded into the view."""
    narrow = replace(audience, customer_ids=audience.customer_ids & {customer_id})
    return compose_account(scoped(book, narrow), customer_id)


def critical_and_hard(
    run: Run, book_folder: Path, addressing: Addressing, decisions: list[AlertDecision], policy: Policy
) -> tuple[list[Due], list[str]]:
    """The alert messages of these decisions that were not told before, and the places nobody fills.

    A person whose scope does not hold the customer is not told: default deny, and it is listed.
    """
    if not decisions:
        return [], []
    book = load_book(book_folder, {decision.customer_id for decision in decisions})
    by_reader = {reader: audience for audience in addressing.audiences for reader in audience.readers}
    with run.store.read() as session:
        told = {kind: outbox.already_told(session, kind, [d.subject_key for d in decisions]) for kind in _ALERTS}
        revisions = episodes.alert_revisions(session, [d.subject_key for d in decisions])

    @cache
    def brief_of(customer_id: str, fields: frozenset[FieldGroup]) -> bytes:
        shared = all_who_see(fields, levels_that_see(addressing.audiences, fields), frozenset({customer_id}))
        return render_account_brief(account_of(book, shared, customer_id), shared.audience_id).content

    due: list[Due] = []
    unaddressed: list[str] = []
    for decision in decisions:
        unaddressed += [f"{decision.customer_id}: {place}" for place in decision.unaddressed]
        revision = revisions.get(decision.subject_key, 0)
        for person_id in decision.person_ids:
            if revision == 0 and (decision.subject_key, person_id) in told[decision.kind]:
                continue
            audience, reader = by_reader.get(person_id), addressing.readers.get(person_id)
            if audience is None or reader is None or decision.customer_id not in audience.customer_ids:
                unaddressed.append(f"{decision.customer_id}: {person_id} has no scope that holds it and was not told")
                continue
            if reader.address is None:
                unaddressed.append(f"{decision.customer_id}: {reader.name} has no e-mail address and was not told")
                continue
            account = account_of(book, audience, decision.customer_id)
            body = alert_mail(
                account,
                kind=decision.kind,
                why_you=decision.why[person_id],
                events=_events_of(book, decision, account),
                due=_first_due(account),
                case=next((line for line in account.cases if line.is_open), None),
                link=_page_link(run, policy, audience, account),
            )
            name = f"{account.name[:60]} {account.week}.pdf"
            brief = brief_of(decision.customer_id, audience.fields)
            due.append(
                Due(
                    Message(
                        kind=decision.kind,
                        subject_key=decision.subject_key,
                        person_id=person_id,
                        to_name=reader.name,
                        to_address=reader.address,
                        subject=body.subject,
                        text=body.text,
                        html=body.html,
                        attachments=(Attachment(name, "application/pdf", brief),),
                        pictures=body.pictures,
                        revision=revision,
                        audience_id=audience.audience_id,
                        customer_ids=(decision.customer_id,),
                        **_window(run, decision.why[person_id]),
                    )
                )
            )
    return due, unaddressed


class _Window(TypedDict, total=False):
    not_before: datetime
    joins: str


def _window(run: Run, why: str) -> _Window:
    """Leaders get the alerts of one window as one mail, the account team each at once."""
    minutes = run.settings.file.mail.join_alerts_minutes
    if not why.startswith(_LEADER) or not minutes:
        return {}
    return {"not_before": run.clock() + timedelta(minutes=minutes), "joins": "alerts"}


def _events_of(book: Book, decision: AlertDecision, account: AccountView) -> list[EventLine]:
    """The event an alert is about, then the others the account page shows."""
    if decision.kind is not MessageKind.ALERT_EVENT:
        return list(account.events)
    events = book.frame("events")
    subject = events[events["event_id"] == decision.subject_key]
    headline = str(subject["headline"].iloc[0]) if len(subject) else ""
    return sorted(account.events, key=lambda line: line.headline != headline)


def _first_due(account: AccountView) -> datetime | None:
    return next((line.due_at for line in account.cases if line.is_open and line.due_at), None)


def _page_link(run: Run, policy: Policy, audience: Audience, account: AccountView) -> str | None:
    base = link_of(policy.audiences, audience, account.week, run.workspace.output)
    return base.replace("index.html", account.page) if base else None


def alert_messages(run: Run, due: list[Due]) -> list[Sealed]:
    return [seal(run, item.message) for item in due]


def withdrawal_messages(run: Run, withdrawn: pd.DataFrame) -> list[Sealed]:
    """To everyone who was alerted about an episode that the weekly run does not see: the same people, no others."""
    sealed: list[Sealed] = []
    if withdrawn.empty:
        return sealed
    _, folder = last_week(run)
    book = load_book(folder)
    _, addressing, audiences, _ = current_readers(run)
    by_reader = {reader: audience for audience in audiences.values() for reader in audience.readers}
    for episode_id, customer_id in zip(withdrawn["episode_id"], withdrawn["customer_id"], strict=True):
        with run.store.read() as session:
            rows = outbox.rows(session, kinds=[MessageKind.ALERT_CRITICAL], subject_prefix=episode_id)
        for row in rows:
            audience, reader = by_reader.get(row.person_id), addressing.readers.get(row.person_id)
            if audience is None or reader is None or reader.address is None:
                continue
            account = account_of(book, audience, customer_id)
            body = withdrawal_mail(account, why_you="one of those alerted", link=None)
            message = Message(
                kind=MessageKind.WITHDRAWAL,
                subject_key=episode_id,
                person_id=row.person_id,
                to_name=reader.name,
                to_address=reader.address,
                subject=body.subject,
                text=body.text,
                html=body.html,
                pictures=body.pictures,
                revision=row.revision,
                customer_ids=(customer_id,),
            )
            sealed.append(seal(run, message))
    return sealed
