"""Alert mails: for each decision, each person's own view of the account, rendered before it is recorded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypedDict

import pandas as pd

from contracts.book import Book
from contracts.exchange import Attachment, Message
from contracts.rules import Policy
from contracts.scope import Audience, scoped
from contracts.words import MessageKind
from delivery.addressing import Addressing, Reader
from flows.alerting.outsiders import outsider_messages
from flows.alerting.pages import AlertPages, Seen, publish_alert_pages, render_alert_accounts
from flows.alerting.rooms import in_chat
from flows.books import load_book
from flows.casework.books import named_case_book
from flows.inputs import Inputs
from flows.packs.rendering import link_base, link_of, shared_by
from flows.readers import current_readers, last_week, newest_books
from flows.run import Run
from flows.sending.screening import known_of, screened
from flows.sending.tell import Sealed, seal
from reporting.account.models import AccountView, EventLine
from reporting.account.page import compose_account
from reporting.mails.cases import notice_mail
from reporting.mails.house import MailBody, alert_mail, withdrawal_mail
from reporting.models.pack import CaseLine
from scoring.act.alerts import AlertDecision
from store import episodes, outbox

_LEADER = "BU lead"
_ALERTS = (MessageKind.ALERT_CRITICAL, MessageKind.ALERT_EVENT, MessageKind.NOTICE)


def account_of(book: Book, audience: Audience, customer_id: str, *, language: str = "en") -> AccountView:
    """One customer as one audience sees it, in the language of the mail that it is for; other customers of the
    audience are not even loaded into the view.
    """
    narrow = replace(audience, customer_ids=audience.customer_ids & {customer_id}, language=language)
    return compose_account(scoped(book, narrow), customer_id)


@dataclass(frozen=True, slots=True)
class _Telling:
    """One decision, to one person who may see the customer."""

    decision: AlertDecision
    audience: Audience
    reader: Reader
    address: str
    revision: int

    @property
    def brief(self) -> Seen | None:
        """The brief that goes with it; a notice brings none."""
        if self.decision.kind is MessageKind.NOTICE:
            return None
        return (self.decision.customer_id, shared_by(self.audience))


def critical_and_hard(
    run: Run,
    book_folder: Path,
    addressing: Addressing,
    decisions: list[AlertDecision],
    policy: Policy,
    *,
    publishes: Inputs | None = None,
) -> tuple[list[Message], list[str]]:
    """The alert messages of these decisions that were not told before, and what could not be told as it should.

    A person whose scope does not hold the customer is not told: default deny, and it is listed. An account brief
    that fails its checks is not attached: the alert goes without it, and it is listed. With `publishes`, the inputs
    of a look between two weeks, the account pages are published as a revision of their own and the mails link them.
    """
    if not decisions:
        return [], []
    tellings, noted = _tellings(run, addressing, decisions)
    known = known_of(run, policy, *newest_books(run, book_folder))
    wanted = {telling.brief for telling in tellings if telling.brief is not None}
    made, faults = render_alert_accounts(run, book_folder, addressing, wanted, known, inputs=publishes)
    if publishes is not None:
        told: dict[Audience, set[str]] = {}
        for telling in tellings:
            told.setdefault(telling.audience, set()).add(telling.decision.customer_id)
        made = publish_alert_pages(run, publishes, made, told)
    book = load_book(book_folder, {decision.customer_id for decision in decisions})
    due = [message for telling in tellings for message in _alert(run, book, telling, policy, made)]
    beyond, unwritten = outsider_messages(run, book, addressing, decisions)
    return [*due, *beyond], [*noted, *faults, *unwritten]


def _tellings(run: Run, addressing: Addressing, decisions: list[AlertDecision]) -> tuple[list[_Telling], list[str]]:
    by_reader = {reader: audience for audience in addressing.audiences for reader in audience.readers}
    with run.store.read() as session:
        told = {kind: outbox.already_told(session, kind, [d.subject_key for d in decisions]) for kind in _ALERTS}
        revisions = episodes.alert_revisions(session, [d.subject_key for d in decisions])
    tellings: list[_Telling] = []
    unaddressed: list[str] = []
    for decision in decisions:
        unaddressed += [f"{decision.customer_id}: {place}" for place in decision.unaddressed]
        revision = revisions.get(decision.subject_key, 0)
        for person_id in decision.told_ids:
            if revision == 0 and (decision.subject_key, person_id) in told[decision.kind]:
                continue
            audience, reader = by_reader.get(person_id), addressing.readers.get(person_id)
            if audience is None or reader is None or decision.customer_id not in audience.customer_ids:
                unaddressed.append(f"{decision.customer_id}: {person_id} has no scope that holds it and was not told")
            elif reader.address is None:
                unaddressed.append(f"{decision.customer_id}: {reader.name} has no e-mail address and was not told")
            else:
                tellings.append(_Telling(decision, audience, reader, reader.address, revision))
    return tellings, unaddressed


def _alert(run: Run, book: Book, telling: _Telling, policy: Policy, made: AlertPages) -> list[Message]:
    """The mail, and the same in one line for the rooms of its reader."""
    decision, audience, reader = telling.decision, telling.audience, telling.reader
    language = "en" if decision.kind is MessageKind.NOTICE else audience.language
    account = account_of(book, audience, decision.customer_id, language=language)
    base = link_base(policy.audiences, audience, run.workspace.output)
    link = made.link(base, audience, decision.customer_id) or _page_link(run, policy, audience, account)
    body = _body_of(book, decision, account, why=decision.why[reader.person_id], link=link)
    brief = made.brief(telling.brief) if telling.brief else None
    # a notice names no case
    case = None if decision.kind is MessageKind.NOTICE else _open_case(book, decision, account)
    name = f"{account.name[:60]} {account.week}.pdf"
    mail = Message(
        kind=decision.kind,
        subject_key=decision.subject_key,
        person_id=reader.person_id,
        to_name=reader.name,
        to_address=telling.address,
        subject=body.subject,
        text=body.text,
        html=body.html,
        attachments=(
            *((Attachment(name, "application/pdf", brief),) if brief else ()),
            *named_case_book(run, book, case.case_id if case else None, reader.person_id),
        ),
        pictures=body.pictures,
        revision=telling.revision,
        audience_id=audience.audience_id,
        customer_ids=(decision.customer_id,),
        disclosure=audience.disclosure,
        **_window(run, decision, reader.person_id, policy),
    )
    return [mail, *in_chat(run, mail, said=f"{account.name}: {decision.headline}", link=link)]


def _body_of(book: Book, decision: AlertDecision, account: AccountView, *, why: str, link: str | None) -> MailBody:
    if decision.kind is MessageKind.NOTICE:
        return notice_mail(account, headline=decision.headline, is_good=decision.is_notice, why_you=why, link=link)
    case = _open_case(book, decision, account)
    return alert_mail(
        account,
        kind=decision.kind,
        why_you=why,
        events=_events_of(book, decision, account),
        due=_first_due(case, account),
        case=case,
        link=link,
    )


def _open_case(book: Book, decision: AlertDecision, account: AccountView) -> CaseLine | None:
    """The case that follows the alert up, else one that is open already."""
    running = [line for line in account.cases if line.is_open]
    cases = book.frame("cases")
    own = {decision.evidence_for, *cases.loc[cases["reason_key"] == decision.subject_key, "case_id"]}
    return next((line for line in running if line.case_id in own), next(iter(running), None))


class _Window(TypedDict, total=False):
    not_before: datetime
    joins: str


def _window(run: Run, decision: AlertDecision, person_id: str, policy: Policy) -> _Window:
    """Leaders get the alerts of one window as one mail, as does whoever is over budget; all others get each at once."""
    minutes = 0
    if decision.why[person_id].startswith(_LEADER):
        minutes = run.settings.file.mail.join_alerts_minutes
    elif person_id in decision.joined:
        minutes = policy.alerts.suppression.over_budget_minutes
    return {"not_before": run.clock() + timedelta(minutes=minutes), "joins": "alerts"} if minutes else {}


def _events_of(book: Book, decision: AlertDecision, account: AccountView) -> list[EventLine]:
    """The event an alert is about, then the others the account page shows."""
    if decision.kind is not MessageKind.ALERT_EVENT:
        return list(account.events)
    events = book.frame("events")
    subject = events[events["event_id"] == decision.subject_key]
    headline = str(subject["headline"].iloc[0]) if len(subject) else ""
    return sorted(account.events, key=lambda line: line.headline != headline)


def _first_due(case: CaseLine | None, account: AccountView) -> datetime | None:
    if case is not None and case.due_at:
        return case.due_at
    return next((line.due_at for line in account.cases if line.is_open and line.due_at), None)


def _page_link(run: Run, policy: Policy, audience: Audience, account: AccountView) -> str | None:
    base = link_of(policy.audiences, audience, account.week, run.workspace.output)
    return base.replace("index.html", account.page) if base else None


def alert_messages(run: Run, due: list[Message], book: Path) -> list[Sealed]:
    """Sealed and scanned; `book` is that of this run."""
    return screened(run, [seal(run, message) for message in due], book)


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
        for row in (row for row in rows if row.channel == "mail"):
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
            said = f"{account.name}: the alert is taken back"
            sealed += [seal(run, each) for each in (message, *in_chat(run, message, said=said, link=None))]
    return screened(run, sealed)
