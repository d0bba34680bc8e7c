"""Send what is due: claim, send, put the answer on the receipt. Safe to run at any time and twice at once."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.exchange import Parcel
from contracts.weeks import Week
from contracts.words import DeliveryMode, ExitCode, OutboxState
from delivery.dispatch import dispatch, redirected, stops_batch, untouched
from delivery.transports import MaildirTransport, PreviewTransport, SmtpTransport, Transport
from flows.run import Outcome, Run
from store import outbox

_BATCH = 50
_LEASE_SECONDS = 1_200


@dataclass(frozen=True, slots=True)
class Dispatched:
    sent: int
    failed: int
    waiting: int
    held: int

    def line(self) -> str:
        return f"mails: {self.sent} sent, {self.failed} refused, {self.waiting} waiting, {self.held} held for approval"


def transport_of(run: Run) -> Transport:
    """Where mails go under the workspace's mode: in preview, into a folder that nobody is mailed from."""
    mail = run.settings.file.mail
    if mail.mode is DeliveryMode.PREVIEW:
        return PreviewTransport(run.workspace.preview)
    if mail.transport == "maildir":
        return MaildirTransport(run.workspace.mail)
    return SmtpTransport(
        mail.smtp_host,
        mail.smtp_port,
        mail.smtp_security,
        user=mail.smtp_user,
        password=run.settings.smtp_password,
        ca_file=mail.ca_file,
    )


def dispatch_due(run: Run) -> Dispatched:
    """Send every row that is due now, batch by batch; each receipt is recorded in its own short transaction."""
    mail = run.settings.file.mail
    transport = transport_of(run)
    _settle(run, transport)
    sent = failed = 0
    is_relay_well = True
    while is_relay_well:
        with run.store.write() as session:
            parcels = outbox.claim_due(
                session, now=run.clock(), owner=run.owner, limit=_BATCH, lease_seconds=_LEASE_SECONDS
            )
        if not parcels:
            break
        going = parcels
        if mail.mode is DeliveryMode.REDIRECT:
            going = redirected(parcels, mail.redirect_to or mail.operator_address)
        receipts = []
        for receipt in dispatch(going, transport, clock=run.clock, before_send=lambda p: _holds(run, p)):
            with run.store.write() as session:
                outbox.record(session, receipt, now=run.clock(), owner=run.owner)
            receipts.append(receipt)
            is_relay_well = is_relay_well and not stops_batch(receipt)
        with run.store.write() as session:
            left = [parcel.outbox_id for parcel in untouched(parcels, receipts)]
            outbox.hand_back(session, left, run.owner, now=run.clock())
        sent += sum(receipt.is_sent for receipt in receipts)
        failed += sum(not receipt.is_sent for receipt in receipts)
    with run.store.read() as session:
        counts = outbox.counts(session)
    waiting = sum(counts[state] for state in (OutboxState.PENDING, OutboxState.SENDING, OutboxState.UNKNOWN))
    if sent or failed:
        run.say(f"dispatched sent={sent} failed={failed} waiting={waiting} held={counts[OutboxState.HELD]}")
    return Dispatched(sent, failed, waiting, counts[OutboxState.HELD])


def _holds(run: Run, parcel: Parcel) -> bool:
    """Whether this process still owns the row: one that slept past its lease must not send."""
    with run.store.read() as session:
        return outbox.holds_lease(session, parcel.outbox_id, run.owner, now=run.clock())


def _settle(run: Run, transport: Transport) -> None:
    """Rows whose sender died at the worst moment: ask the acceptor, never guess."""
    with run.store.write() as session:
        doubtful = outbox.in_doubt(session, run.clock())
    for parcel in doubtful:
        answer = transport.has_accepted(parcel.message_id)
        if answer is not None:
            why = "the acceptor has it" if answer else "the acceptor does not have it"
            with run.store.write() as session:
                outbox.settle(session, parcel.outbox_id, answer, now=run.clock(), who=run.owner, why=why)


def listed(run: Run, state: str | None) -> Outcome:
    """The outbox as lines, newest first."""
    if state is not None and state not in set(OutboxState):
        return Outcome(ExitCode.USAGE, f"--state must be one of {', '.join(OutboxState)}; got '{state}'")
    with run.store.read() as session:
        rows = outbox.rows(session, states=[OutboxState(state)] if state else None)
        counts = outbox.counts(session)
    lines = tuple(
        f"{row.state:<10} {row.kind:<15} {row.recipient:<40} {row.subject_key} (tries: {row.attempts})" for row in rows
    )
    headline = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "the outbox is empty"
    return Outcome(ExitCode.DONE, headline, lines)


def approve(run: Run, week: str) -> Outcome:
    """Release the held packs of a week, then send what is due."""
    with run.store.write() as session:
        released = outbox.release(
            session, who="operator", why=f"approved {week}", now=run.clock(), subject_prefix=f"{Week.parse(week)}|"
        )
    result = dispatch_due(run)
    return Outcome(ExitCode.DONE, f"{released} held mails of {week} released", (result.line(),))
