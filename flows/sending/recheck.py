"""At the moment of sending: may this person still get this? Recomputed from the newest org chart; in doubt, held.

An alert must not lie while its reader has left: its words go at once to the person above, else to the BU lead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from contracts.exchange import Attachment, Message, Parcel, Picture
from contracts.ids import sha256
from contracts.rules import Policy
from contracts.scope import Audience
from contracts.words import FieldGroup, Level, MessageKind
from delivery.addressing import Addressing
from delivery.joined import join
from delivery.messages import is_allowed_domain
from flows.casework.seated import has_left, reader_of
from flows.errors import NothingPublished
from flows.readers import current_readers, last_week, readers_in
from flows.run import Run
from flows.sending.tell import Sealed, enqueue, seal, to_operator
from scoring.org import OrgChart, bu_lead_of, org_chart, stand_in, units_of
from store import ledger, outbox
from store.outbox import OutboxRecord
from store.returned_files import case_of_receipt
from store.session import Session

_ALERTS = (MessageKind.ALERT_CRITICAL, MessageKind.ALERT_EVENT)
_OF_A_CASE = (MessageKind.CASE_CHANGED, MessageKind.RETURN_RECEIPT)
_OUTSIDE = ("partner:", "contact:", "operator", "source:")
_RELEASED = "held -> pending"


@dataclass
class Permission:
    """Who may get what today; read once per dispatch, and only if there is something to send."""

    run: Run
    unreadable: str | None = None
    """Why nobody's scope can be judged; None while it can be."""

    @cached_property
    def _now(self) -> tuple[Policy, Addressing, dict[str, Audience], pd.DataFrame] | None:
        try:
            return current_readers(self.run)
        except NothingPublished:
            return None
        except (OSError, ValueError, TypeError, KeyError) as exc:
            self.unreadable = f"{type(exc).__name__}: {exc}"
            return None

    @cached_property
    def _then(self) -> dict[str, Audience]:
        """The audiences of the newest week's packs, as they were made."""
        inputs, folder = last_week(self.run)
        policy = self._now[0] if self._now else self.run.policy
        addressing, _ = readers_in(folder, policy, as_of=inputs.instant)
        return {audience.audience_id: audience for audience in addressing.audiences}

    @cached_property
    def chart(self) -> OrgChart:
        from flows.books import load_frame

        _, folder = last_week(self.run)
        today = self.run.clock().astimezone(self.run.settings.zone).date()
        people = self._now[3] if self._now else pd.DataFrame()
        return org_chart(people, load_frame(folder, "assignments"), as_of=today)

    def refusal(self, row: OutboxRecord, *, is_released: bool) -> str | None:
        """Why the mail must not leave now; None lets it go.

        An operator who released it has judged address and domain; a lost scope is nobody's to overrule.
        """
        # first, so that the operator can be told of a workspace in which nothing else can be read
        if row.kind is MessageKind.OPERATOR or row.person_id.startswith(_OUTSIDE):
            return None
        if self._now is None:
            if self.unreadable is None:
                return None
            return f"nobody can say who may read it, for the published week cannot be read ({self.unreadable})"
        policy, addressing, audiences, people = self._now
        is_mail = row.channel == "mail"
        if is_mail and not is_released and not is_allowed_domain(row.recipient, policy.audiences.allowed_domains):
            return f"the domain of {row.recipient} is not among allowed_domains"
        is_of_team = row.kind in _OF_A_CASE and self._is_of_team(row)
        reader = reader_of(row.person_id, addressing, people) if is_of_team else addressing.readers.get(row.person_id)
        if reader is None or (is_of_team and has_left(row.person_id, people, self.run.clock())):
            return f"{row.recipient_name} has left or reads nothing any more"
        if is_mail and not is_released and reader.address != row.recipient:
            return f"{row.recipient_name} has another address now"
        if is_of_team:
            return None
        audience = next((a for a in audiences.values() if row.person_id in a.readers), None)
        held = audience.customer_ids if audience else frozenset()
        if lost := sorted(set(row.customer_ids) - held):
            return f"{row.recipient_name} may no longer see {len(lost)} of its customers"
        return self._narrower(row, audience) if row.kind is MessageKind.PACK else None

    def _is_of_team(self, row: OutboxRecord) -> bool:
        """Whether the mail says what a case says and no more, and its reader sits in the team of that case.

        A team has departments without customers, whose people read no pack.
        """
        with self.run.store.read() as session:
            case_id = case_of_receipt(session, row.subject_key) or row.subject_key.partition("|")[0]
            seats = {**ledger.teams(session), **ledger.teams(session, is_open=False)}.get(case_id, [])
        return row.person_id in {seat.key for seat in seats}

    def _narrower(self, row: OutboxRecord, now: Audience | None) -> str | None:
        """A pack waits for its reader's morning; whoever moved meanwhile may see less than it holds."""
        then = self._then.get(row.audience_id or "")
        if then is None or now is None:
            return f"{row.recipient_name} no longer reads {row.audience_id}"
        if not then.customer_ids <= now.customer_ids or not then.fields <= now.fields:
            return f"{row.recipient_name} may see less today than the pack holds"
        return None

    def next_reader(self, row: OutboxRecord) -> tuple[str, str, Audience] | None:
        """Who gets a held alert: the nearest reachable person above who may see its customers, else a BU lead."""
        if self._now is None or not row.customer_ids:
            return None
        _, addressing, audiences, _ = self._now
        by_reader = {reader: audience for audience in audiences.values() for reader in audience.readers}
        customer = row.customer_ids[0]
        person = self.chart.people.get(row.person_id)
        candidates = [stand_in(self.chart, person.manager_id)] if person and person.manager_id else []
        candidates += [bu_lead_of(self.chart, customer, unit) for unit in units_of(self.chart, customer)]
        for candidate in candidates:
            audience, reader = by_reader.get(candidate or ""), addressing.readers.get(candidate or "")
            if audience and reader and reader.address and set(row.customer_ids) <= audience.customer_ids:
                return reader.person_id, reader.address, audience
        return None

    def name_of(self, person_id: str) -> str:
        return self._now[1].readers[person_id].name if self._now else person_id

    def fields_of(self, person_id: str) -> frozenset[FieldGroup]:
        """What the level of a person may see, also of one who reads nothing any more."""
        person = self.chart.people.get(person_id)
        level = person.level if person else Level.EXECUTIVE
        return frozenset(self._now[0].audiences.fields.get(level, ())) if self._now else frozenset()


def held_now(run: Run, permission: Permission, parcel: Parcel, owner: str) -> bool:
    """Hold the parcel if its reader may not have it any more, pass a held alert on, tell the operator; True if so."""
    with run.store.read() as session:
        row = outbox.recorded(session, parcel.outbox_id)
        log = outbox.send_log(session, parcel.outbox_id) if row.attempts > 1 or row.why else []
    why = permission.refusal(row, is_released=any(line.step == _RELEASED for line in log))
    if why is None:
        return False
    goes_on = row.kind in _ALERTS and row.channel == "mail"
    told = _passed_on(run, permission, row, parcel, why) if goes_on else None
    text = f"{row.kind} to {row.recipient} was held when it was due: {why}."
    if goes_on:
        to = told.message.to_name if told else "nobody: there is no manager and no BU lead who may see the account"
        text += f"\nIt went on to {to}."
    notice = to_operator(run, f"held|{row.outbox_id}|{sha256(why.encode())[:12]}", "A mail was held", text)

    def act(session: Session) -> None:
        outbox.hand_back(session, [row.outbox_id], owner, now=run.clock())
        outbox.hold(session, outbox_ids=[row.outbox_id], who="cem", why=why, now=run.clock())
        enqueue(session, run, [told, notice] if told else [notice])

    run.store.transact(act)
    return True


def _passed_on(run: Run, permission: Permission, row: OutboxRecord, parcel: Parcel, why: str) -> Sealed | None:
    """The alert to whoever stands in; whole where that person sees as much as the first reader, else its subject."""
    found = permission.next_reader(row)
    if found is None:
        return None
    person_id, address, audience = found
    with run.store.read() as session:
        if (row.subject_key, person_id) in outbox.already_told(session, row.kind, [row.subject_key]):
            return None
    lead = f"This alert was for {row.recipient_name} and could not go there ({why}). It comes to you instead."
    text, html = f"{lead}\n\n{row.subject}\n", ""
    files: tuple[Attachment, ...] = ()
    pictures: tuple[Picture, ...] = ()
    if permission.fields_of(row.person_id) <= audience.fields:
        body = join([parcel.eml], lead=lead)
        text, html, files, pictures = body.text, body.html, body.attachments, body.pictures
    message = Message(
        kind=row.kind,
        subject_key=row.subject_key,
        person_id=person_id,
        to_name=permission.name_of(person_id),
        to_address=address,
        subject=row.subject,
        text=text,
        html=html,
        attachments=files,
        pictures=pictures,
        audience_id=audience.audience_id,
        customer_ids=row.customer_ids,
        disclosure=audience.disclosure,
    )
    return seal(run, message)
