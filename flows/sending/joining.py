"""Alerts to one leader that fall within one window leave as one mail."""

from __future__ import annotations

from contracts.exchange import Message
from contracts.ids import key_digest
from delivery.joined import join
from delivery.small import fitted
from flows.run import Run
from flows.sending.tell import Sealed, enqueue, files_lie, seal
from store import outbox
from store.outbox import Joinable


def join_due(run: Run, *, is_closing: bool) -> int:
    """Replace each group of which one mail is due by one mail that says all; returns how many were joined.

    The joint mail and the end of its parts are one transaction. With `is_closing`, windows end now.
    """
    with run.store.write() as session:
        groups = outbox.joinable(session, now=run.clock(), is_closing=is_closing)
        for group in groups:
            enqueue(session, run, [_joint(run, group)])
            (joint,) = outbox.rows(session, person_id=group.person_id, subject_prefix=_key(group))
            numbers = [parcel.outbox_id for parcel in group.parcels]
            outbox.absorb(session, numbers, into=joint.outbox_id, now=run.clock())
    return sum(len(group.parcels) for group in groups)


def _joint(run: Run, group: Joinable) -> Sealed:
    number = len(group.parcels)
    lead = f"{number} alerts of the last minutes, in one mail. Each stands below as its team got it."
    body = join([parcel.eml for parcel in group.parcels], lead=lead)
    message = Message(
        kind=group.kind,
        subject_key=_key(group),
        person_id=group.person_id,
        to_name=group.recipient_name,
        to_address=group.recipient,
        subject=f"{number} alerts: your accounts need attention",
        text=body.text,
        html=body.html,
        attachments=body.attachments,
        pictures=body.pictures,
        audience_id=group.audience_id,
        customer_ids=group.customer_ids,
    )
    return seal(run, fitted(message, max_megabytes=run.settings.file.mail.max_megabytes, places=files_lie(run)))


def _key(group: Joinable) -> str:
    return f"joined|{key_digest(*(parcel.message_id for parcel in group.parcels))}"
