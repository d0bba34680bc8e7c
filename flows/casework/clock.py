"""The clock of cases: one past its closure goal goes one level up, one that nobody answered too; each step once.

The next level takes a seat in the team as case manager, so that whoever a case was raised to may also close it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from contracts.casework import MANAGER, Seat
from contracts.exchange import Message
from contracts.scope import Audience
from contracts.words import MessageKind
from delivery.addressing import Addressing, Reader
from flows.alerting.mails import account_of
from flows.casework.links import PageLinks
from flows.casework.mails import CaseFacts, case_facts, change_message, tell_case_changes
from flows.casework.seated import reader_of
from flows.readers import current_readers, last_week
from flows.run import Run
from flows.sending.screening import screened
from flows.sending.tell import Sealed, enqueue, seal
from reporting.mails.house import case_mail
from scoring.act.clock import due_steps
from scoring.org import OrgChart, org_chart, stand_in
from store import alert_answers, ledger
from store.session import Session


@dataclass(frozen=True)
class _Desk:
    """What raising a case needs: who reads, who stands above whom, the cases as they are now."""

    facts: CaseFacts
    chart: OrgChart
    addressing: Addressing
    by_reader: dict[str, Audience]
    people: pd.DataFrame
    links: PageLinks

    def reader(self, person_id: str | None) -> Reader | None:
        return reader_of(person_id, self.addressing, self.people) if person_id else None


def advance_clock(run: Run) -> int:
    """Raise what is late by now, then mail the changes of cases that nobody was told; returns how many escalated."""
    now = run.clock()
    with run.store.read() as session:
        late = ledger.overdue(session, now)
        segments = ledger.segment_cases(session)
        silent = [*ledger.unanswered(session, now)["case_id"], *ledger.unanswered_segments(session, now)["case_id"]]
        alerts = [alert for alert in alert_answers.open_alerts(session, now) if not alert.was_raised]
        stepped = ledger.stepped_at(session)
    steps = _steps(run, (late, segments), stepped, now)
    escalated = 0
    if steps or silent or alerts:
        desk = _desk(run)
        escalated = sum(_escalate(run, desk, case_id, step) for case_id, step in steps)
        for case_id in silent:
            _raise_silent(run, desk, str(case_id))
        for alert in alerts:
            _raise_alert(run, desk, alert)
    tell_case_changes(run)
    return escalated


def _steps(
    run: Run, frames: Sequence[pd.DataFrame], stepped: Mapping[str, datetime], now: datetime
) -> list[tuple[str, int]]:
    """By the rules in force, not by their draft; nobody is looked up while nothing is late."""
    if not any((frame["is_open"].astype(bool) & (frame["due_at"] < now)).any() for frame in frames):
        return []
    policy, _, _, people = current_readers(run)
    rules, calendars, templates = policy.casework, policy.audiences.calendars, policy.case_templates
    return [
        step
        for cases in frames
        for step in due_steps(cases, stepped, rules, calendars, people=people, templates=templates, now=now)
    ]


def _desk(run: Run) -> _Desk:
    policy, addressing, audiences, people = current_readers(run)
    _, folder = last_week(run)
    facts = case_facts(run, folder)
    today = run.clock().astimezone(run.settings.zone).date()
    chart = org_chart(people, facts.book.frame("assignments"), as_of=today)
    by_reader = {reader: audience for audience in audiences.values() for reader in audience.readers}
    return _Desk(facts, chart, addressing, by_reader, people, PageLinks(run, policy, audiences))


def _escalate(run: Run, desk: _Desk, case_id: str, step: int) -> bool:
    told = level_above(desk.chart, desk.facts.owner_of(case_id), step)
    sealed = screened(run, _raised_mail(run, desk, case_id, told, subject_key=f"{case_id}|{step}", change="Overdue"))
    why = f"closure goal passed; {_whom(desk, told, sealed)}"

    def act(session: Session) -> bool:
        seat = _seat(desk, told)
        is_raised = ledger.escalate(
            session, case_id, step=step, why=why, source="clock", now=run.clock(), raised_to=seat
        )
        if is_raised:
            enqueue(session, run, sealed)
        return is_raised

    return run.store.transact(act)


def _raise_silent(run: Run, desk: _Desk, case_id: str) -> bool:
    told = level_above(desk.chart, desk.facts.owner_of(case_id), 1)
    raised = _raised_mail(run, desk, case_id, told, subject_key=f"{case_id}|unanswered", change="Unanswered")
    sealed = screened(run, raised)
    why = f"nobody acknowledged by the first-response goal; {_whom(desk, told, sealed)}"

    def act(session: Session) -> bool:
        seat = _seat(desk, told)
        is_raised = ledger.raise_unanswered(session, case_id, why=why, source="clock", now=run.clock(), raised_to=seat)
        if is_raised:
            enqueue(session, run, sealed)
        return is_raised

    return run.store.transact(act)


def _raise_alert(run: Run, desk: _Desk, alert: alert_answers.OpenAlert) -> bool:
    """The next level above each of those alerted, where that level may see the customer."""
    above = {level_above(desk.chart, person, 1) for person in alert.person_ids} - set(alert.person_ids)
    sealed = []
    for person in sorted(filter(None, above)):
        audience, reader = desk.by_reader.get(person), desk.reader(person)
        if audience and reader and alert.customer_id in audience.customer_ids:
            lines = (("Alert", alert.headline), ("Nobody answered", f"goal {alert.due_at:%Y-%m-%d %H:%M} UTC"))
            key = f"{alert.subject_key}|unanswered"
            name = desk.facts.name_of(alert.customer_id)
            sealed.append(
                change_message(
                    run,
                    reader,
                    key,
                    alert.subject_key,
                    name,
                    "Unanswered",
                    lines,
                    customer=alert.customer_id,
                    link=desk.links.of(person, alert.customer_id),
                )
            )
    sealed = screened(run, sealed)

    def act(session: Session) -> bool:
        is_raised = alert_answers.mark_raised(session, alert.subject_key, now=run.clock())
        if is_raised:
            enqueue(session, run, sealed)
        return is_raised

    return run.store.transact(act)


def _raised_mail(
    run: Run, desk: _Desk, case_id: str, told: str | None, *, subject_key: str, change: str
) -> list[Sealed]:
    """The mail to the next level: with the account where that reader may see it, else what the case itself says."""
    reader = desk.reader(told)
    if reader is None:
        return []
    audience, customer = desk.by_reader.get(reader.person_id), desk.facts.customer_of(case_id)
    if customer is None:
        return [change_message(run, reader, subject_key, case_id, desk.facts.title_of(case_id), change, ())]
    if audience is None or customer not in audience.customer_ids:
        return []
    if change != "Overdue":
        title = desk.facts.title_of(case_id)
        link = desk.links.of(reader.person_id, customer)
        return [change_message(run, reader, subject_key, case_id, title, change, (), customer=customer, link=link)]
    return [_overdue_mail(run, desk, case_id, customer, audience, reader, subject_key)]


def _overdue_mail(
    run: Run, desk: _Desk, case_id: str, customer: str, audience: Audience, reader: Reader, subject_key: str
) -> Sealed:
    account = account_of(desk.facts.book, audience, customer)
    line = next(line for line in account.cases if line.case_id == case_id)
    why = "the next level above the case's owner"
    link = desk.links.of(reader.person_id, customer)
    body = case_mail(account, kind=MessageKind.CASE_ESCALATED, case=line, why_you=why, link=link)
    message = Message(
        kind=MessageKind.CASE_ESCALATED,
        subject_key=subject_key,
        person_id=reader.person_id,
        to_name=reader.name,
        to_address=str(reader.address),
        subject=body.subject,
        text=body.text,
        html=body.html,
        pictures=body.pictures,
        customer_ids=(customer,),
    )
    return seal(run, message)


def _whom(desk: _Desk, told: str | None, sealed: list[Sealed]) -> str:
    reader = desk.reader(told)
    return f"told {reader.name}" if sealed and reader else "nobody to tell"


def _seat(desk: _Desk, told: str | None) -> Seat | None:
    reader = desk.reader(told)
    return Seat("next level", MANAGER, reader.person_id, reader.name) if reader else None


def level_above(chart: OrgChart, owner_id: str | None, step: int) -> str | None:
    """Whoever stands `step` levels above the owner today, or the highest there is; absent and vacant places
    escalate further up.
    """
    person = chart.people.get(owner_id or "")
    for _ in range(step):
        above = chart.people.get(person.manager_id or "") if person else None
        if above is None:
            break
        person = above
    is_above = person is not None and person.person_id != owner_id
    return stand_in(chart, person.person_id) if person and is_above else None
