"""Send what is due: claim, send, put the answer on the receipt. Safe to run at any time and twice at once."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from uuid import uuid4

from contracts.exchange import Message, Parcel, Receipt
from contracts.words import DeliveryMode, OutboxState
from delivery.bounces import bounce_of
from delivery.dispatch import dispatch, redirected, stops_batch, untouched
from delivery.small import is_small_form, small_form
from delivery.transports import Transport
from delivery.transports.acceptors import Acceptor
from flows.run import Run
from flows.sending.acceptors import acceptor_of, returned_mails, transport_of
from flows.sending.doubt import PATIENCE, SendMark, settle_doubts
from flows.sending.joining import join_due
from flows.sending.recheck import Permission, held_now
from flows.sending.tell import enqueue, files_lie, seal, to_operator
from flows.stop import finished_first
from store import outbox
from store.session import Session

_BATCH = 50
# Longer than all time-outs of one mail up to the dot; renewed right before the dot for the 600 s after it.
_LEASE_SECONDS = 1_200
_TOO_LARGE = 552
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What a dispatch did. `waiting` should have left and have not; `scheduled` have their time ahead."""

    sent: int
    failed: int
    waiting: int
    held: int
    scheduled: int = 0

    def line(self) -> str:
        later = f", {self.scheduled} scheduled" if self.scheduled else ""
        return (
            f"mails: {self.sent} sent, {self.failed} refused, {self.waiting} waiting, "
            f"{self.held} held for approval{later}"
        )


@dataclass
class _Post:
    """One dispatch: its way out, whom to ask, its name on leases, and what it did so far."""

    run: Run
    transport: Transport
    acceptor: Acceptor | None
    mark: SendMark
    owner: str
    permission: Permission
    sent: int = 0
    failed: int = 0
    is_relay_well: bool = True


def dispatch_due(run: Run, *, is_closing: bool = False) -> Dispatched:
    """Settle doubts, join what belongs together, send all that is due, tell the operator what did not arrive.

    With `is_closing` alerts that wait to be joined leave now. Each receipt is recorded in its own short
    transaction.
    """
    transport = transport_of(run)
    acceptor = acceptor_of(run, transport)
    # two dispatches of one process are two senders
    post = _Post(run, transport, acceptor, SendMark(run), f"{run.owner}#{uuid4().hex[:8]}", Permission(run))
    post.mark.check()
    settle_doubts(run, acceptor)
    _read_bounces(run)
    join_due(run, is_closing=is_closing)
    _send_all(post)
    if _tell_operator(run):
        _send_all(post)
    post.mark.keep()
    return _summary(post)


def _send_all(post: _Post) -> None:
    run = post.run
    while post.is_relay_well:
        run.at_step("claim")
        with run.store.write() as session:
            parcels = outbox.claim_due(
                session, now=run.clock(), owner=post.owner, limit=_BATCH, lease_seconds=_LEASE_SECONDS
            )
        if not parcels:
            return
        receipts: list[Receipt] = []
        try:
            for receipt in _receipts(post, parcels):
                receipts.append(receipt)
                post.is_relay_well = post.is_relay_well and not stops_batch(receipt)
        finally:
            left = [parcel.outbox_id for parcel in untouched(parcels, receipts)]
            with run.store.write() as session:
                outbox.hand_back(session, left, post.owner, now=run.clock())
        post.sent += sum(receipt.is_sent for receipt in receipts)
        post.failed += sum(not receipt.is_sent for receipt in receipts)


def _receipts(post: _Post, parcels: list[Parcel]) -> Iterator[Receipt]:
    """Each parcel's receipt, recorded; a request to stop is heard between two parcels."""
    run, mail = post.run, post.run.settings.file.mail
    going = parcels
    if mail.mode is DeliveryMode.REDIRECT:
        mails = [parcel for parcel in parcels if parcel.channel == "mail"]
        going = redirected(mails, mail.redirect_to or mail.operator_address)
        going += [parcel for parcel in parcels if parcel.channel != "mail"]
    frozen = {parcel.outbox_id: parcel for parcel in parcels}
    sending = dispatch(
        going,
        post.transport,
        clock=run.clock,
        before_send=lambda parcel: _is_ours(post, parcel),
        may_pass=lambda parcel: _may_pass(post, parcel),
    )
    try:
        while True:
            with finished_first():
                receipt = next(sending, None)
                if receipt is None:
                    return
                run.at_step("record")
                run.store.transact(partial(_record, post=post, receipt=receipt, parcel=frozen[receipt.outbox_id]))
                run.at_step("recorded")
            yield receipt
    finally:
        sending.close()


def _is_ours(post: _Post, parcel: Parcel) -> bool:
    """Whether this dispatch still owns the row, its reader may still have it, and it did not leave before the
    database was put back.
    """
    run = post.run
    if post.mark.was_sent(parcel, post.acceptor):
        with run.store.write() as session:
            receipt = Receipt(
                parcel.outbox_id,
                is_sent=True,
                at=run.clock(),
                host="",
                step="asked first",
                code=250,
                text="it was sent",
            )
            outbox.record(session, receipt, now=run.clock(), owner=post.owner)
        return False
    with run.store.read() as session:
        if not outbox.holds_lease(session, parcel.outbox_id, post.owner):
            return False
    return not held_now(run, post.permission, parcel, post.owner)


def _may_pass(post: _Post, parcel: Parcel) -> bool:
    """Asked right before the dot: a sender that slept past its lease must not send."""
    now = post.run.clock()
    with post.run.store.write() as session:
        return outbox.renew_lease(session, parcel.outbox_id, post.owner, now=now, lease_seconds=_LEASE_SECONDS)


def _record(session: Session, *, post: _Post, receipt: Receipt, parcel: Parcel) -> None:
    """The receipt; a mail that was too large is replaced by its small form in the same transaction."""
    run = post.run
    state = outbox.record(session, receipt, now=run.clock(), owner=post.owner)
    if state is not OutboxState.FAILED or receipt.code != _TOO_LARGE:
        return
    row = outbox.recorded(session, parcel.outbox_id)
    if is_small_form(row.subject_key):
        return
    refused = Message(
        kind=row.kind,
        subject_key=row.subject_key,
        person_id=row.person_id,
        to_name=row.recipient_name,
        to_address=row.recipient,
        subject=row.subject,
        text="",
        html="",
        channel=row.channel,
        revision=row.revision,
        audience_id=row.audience_id,
        customer_ids=row.customer_ids,
    )
    small = seal(run, small_form(refused, parcel.eml, places=files_lie(run)))
    # what was approved once needs no second approval for saying less
    enqueue(session, run, [replace(small, state=OutboxState.PENDING)])
    (told,) = outbox.rows(session, person_id=row.person_id, subject_prefix=small.message.subject_key)[-1:]
    why = f"too large ({receipt.text}); its small form is message {told.outbox_id}"
    outbox.supersede(session, row.outbox_id, by=told.outbox_id, why=why, now=run.clock())


def _read_bounces(run: Run) -> None:
    """Mails that came back, onto their receipts; the box is read again as long as it cannot be."""
    try:
        for content in returned_mails(run):
            bounce = bounce_of(content)
            if bounce is not None:
                with run.store.write() as session:
                    outbox.bounced(
                        session,
                        bounce.message_id,
                        at=run.clock(),
                        code=bounce.code,
                        text=bounce.text,
                        host="bounce mailbox",
                    )
    except (OSError, imaplib.IMAP4.error) as exc:
        run.say(f"the bounce mailbox cannot be read: {exc}")


def _tell_operator(run: Run) -> bool:
    """One mail about everything that failed, is unknown or came back since the last one; with its proof in the rows."""
    with run.store.write() as session:
        rows = outbox.unnoted(session, doubts_before=run.clock() - PATIENCE)
        if not rows:
            return False
        lines = [
            f"{row.state} {row.kind} to {row.recipient}: {row.why or ''} {row.last_text or ''}".strip()
            for row in rows[:_LISTED]
        ]
        if len(rows) > _LISTED:
            lines.append(f"and {len(rows) - _LISTED} more; `cem outbox list` shows all")
        text = "\n".join(
            [
                *lines,
                "",
                "Refused and returned: mend the address, then `cem outbox resend --failed`.",
                "Unknown: look for the mail at its reader or in the relay's log, then `cem outbox settle NUMBER`.",
            ]
        )
        with_times = "|".join(f"{row.outbox_id}:{row.attempts}:{row.state}:{row.bounced_at}" for row in rows)
        notice = to_operator(run, f"undelivered|{with_times}"[:200], f"{len(rows)} mails did not arrive", text)
        enqueue(session, run, [notice])
        outbox.note(session, [row.outbox_id for row in rows], now=run.clock())
    return True


def _summary(post: _Post) -> Dispatched:
    run = post.run
    with run.store.read() as session:
        counts = outbox.counts(session)
        waiting = outbox.waiting(session, now=run.clock())
    unfinished = sum(counts[state] for state in (OutboxState.PENDING, OutboxState.SENDING, OutboxState.UNKNOWN))
    held = counts[OutboxState.HELD]
    if post.sent or post.failed:
        run.say(f"dispatched sent={post.sent} failed={post.failed} waiting={waiting} held={held}")
    return Dispatched(post.sent, post.failed, waiting, held, unfinished - waiting)
