"""Send what is due: claim, send, put the answer on the receipt. Safe to run at any time and twice at once."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.words import DeliveryMode, ExitCode, OutboxState
from delivery.dispatch import dispatch
from delivery.transports import MaildirTransport, SmtpTransport, Transport
from flows.run import Outcome, Run
from store import outbox

_BATCH = 50
_LEASE_SECONDS = 1_200


@dataclass(frozen=True, slots=True)
class Dispatched:
    sent: int
    failed: int
    waiting: int

    def line(self) -> str:
        return f"mails: {self.sent} sent, {self.failed} refused, {self.waiting} waiting"


def transport_of(run: Run) -> Transport:
    mail = run.settings.file.mail
    if mail.transport == "maildir":
        return MaildirTransport(run.workspace.mail)
    return SmtpTransport(
        host=mail.smtp_host,
        port=mail.smtp_port,
        security=mail.smtp_security,
        user=mail.smtp_user,
        password=run.settings.smtp_password,
        ca_file=mail.ca_file,
    )


def dispatch_due(run: Run) -> Dispatched:
    """Send every row that is due now, batch by batch; each receipt is recorded in its own short transaction."""
    transport = transport_of(run)
    if run.settings.file.mail.mode is DeliveryMode.PREVIEW:
        _preview(run)
    _settle(run, transport)
    sent = failed = 0
    while True:
        with run.store.write() as session:
            parcels = outbox.claim_due(
                session, now=run.clock(), owner=run.owner, limit=_BATCH, lease_seconds=_LEASE_SECONDS
            )
        if not parcels:
            break
        stopped = False
        for receipt in dispatch(parcels, transport, clock=run.clock, before_send=lambda p: _holds(run, p.outbox_id)):
            with run.store.write() as session:
                outbox.record(session, receipt, now=run.clock())
            sent += receipt.is_sent
            failed += not receipt.is_sent
            stopped = stopped or (not receipt.is_sent and receipt.step in {"connect", "starttls", "auth"})
        if stopped:
            break
    with run.store.read() as session:
        counts = outbox.counts(session)
    waiting = sum(counts.get(state, 0) for state in (OutboxState.PENDING, OutboxState.SENDING, OutboxState.UNKNOWN))
    if sent or failed:
        run.say(f"dispatched sent={sent} failed={failed} waiting={waiting}")
    return Dispatched(sent, failed, waiting)


def _holds(run: Run, outbox_id: int) -> bool:
    """Whether this process still owns the row: one that slept past its lease must not send."""
    with run.store.read() as session:
        return outbox.holds_lease(session, outbox_id, run.owner)


def _settle(run: Run, transport: Transport) -> None:
    """Rows whose sender died at the worst moment: ask the acceptor, never guess."""
    with run.store.read() as session:
        doubtful = outbox.in_doubt(session, now=run.clock())
    for parcel in doubtful:
        answer = transport.has_accepted(parcel.message_id)
        if answer is not None:
            with run.store.write() as session:
                outbox.settle(session, parcel.outbox_id, is_sent=answer, now=run.clock())


def _preview(run: Run) -> None:
    """In preview every held mail lies in var/preview as it would be sent."""
    folder = MaildirTransport(run.workspace.preview)
    with run.store.read() as session:
        held = outbox.parcels(session, OutboxState.HELD)
    for parcel in held:
        if not folder.has_accepted(parcel.message_id):
            folder.send(parcel)


def listed(run: Run, state: str | None) -> Outcome:
    """The outbox as lines, newest first."""
    if state is not None and state not in set(OutboxState):
        return Outcome(ExitCode.USAGE, f"--state must be one of {', '.join(OutboxState)}; got '{state}'")
    with run.store.read() as session:
        rows = outbox.rows(session, state=OutboxState(state) if state else None)
        counts = outbox.counts(session)
    lines = tuple(
        f"{row.state:<10} {row.kind:<15} {row.recipient:<40} {row.subject_key} (tries: {row.attempts})" for row in rows
    )
    headline = ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "the outbox is empty"
    return Outcome(ExitCode.DONE, headline, lines)


def approve(run: Run, week: str) -> Outcome:
    """Release the held packs of a week, then send what is due."""
    with run.store.write() as session:
        released = outbox.release(session, week=week, now=run.clock())
    result = dispatch_due(run)
    return Outcome(ExitCode.DONE, f"{released} held mails of {week} released", (result.line(),))
