"""Mails in doubt: ask the acceptor, never guess. And a database that was put back to an older state."""

from __future__ import annotations

from datetime import timedelta

from contracts.exchange import Parcel
from delivery.transports.acceptors import Acceptor
from flows.lease import is_dead
from flows.run import Run
from store import outbox
from store.outbox import Doubt

# An acceptor that should answer and does not: after this long alerts are sent again, and the operator is told.
PATIENCE = timedelta(minutes=15)
_ASKED_FIRST = timedelta(days=8)
_PUT_BACK = "the database is older than the mails that were sent from it (restored, or its -wal file was lost)"


def settle_doubts(run: Run, acceptor: Acceptor | None) -> None:
    """Each message whose sender died at the worst moment becomes sent, or pending again, or waits for the operator."""
    with run.store.write() as session:
        doubts = outbox.in_doubt(session, run.clock(), is_dead=is_dead)
    for doubt in doubts:
        verdict = _verdict(run, acceptor, doubt)
        if verdict is not None:
            is_sent, why = verdict
            with run.store.write() as session:
                outbox.settle(session, doubt.parcel.outbox_id, is_sent=is_sent, now=run.clock(), who=run.owner, why=why)


def _verdict(run: Run, acceptor: Acceptor | None, doubt: Doubt) -> tuple[bool, str] | None:
    """Whether it was sent, with the reason; None leaves it unknown for now."""
    age = run.clock() - doubt.since
    if doubt.parcel.channel != "mail":
        acceptor = None
    answer = acceptor.has_accepted(doubt.parcel.message_id) if acceptor else None
    if answer:
        return True, "the acceptor has it"
    if answer is False and acceptor:
        # a "no" that comes too early may only mean that the record lags behind
        return (False, "the acceptor does not have it") if age >= timedelta(seconds=acceptor.lag_seconds) else None
    if doubt.parcel.kind not in run.settings.file.mail.resend_in_doubt:
        return None
    if acceptor is None:
        return False, "nobody can be asked; this kind is rather sent twice than never"
    return (
        (False, "the acceptor does not answer; this kind is rather sent twice than never") if age >= PATIENCE else None
    )


class SendMark:
    """How far the send log had come, kept beside the database: shows when the database was put back.

    From then on, and for eight days, each message is looked up at the acceptor before it is sent for what the
    database believes to be the first time.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._path = run.workspace.var / "send-mark"
        self._asked_first = run.workspace.var / "ask-first"

    def check(self) -> None:
        """Puts unsent messages in doubt when the log is shorter than it was."""
        known = int(self._path.read_text()) if self._path.exists() else 0
        with self._run.store.read() as session:
            logged = outbox.last_logged(session)
        if logged >= known:
            return
        self._run.say(_PUT_BACK)
        self._asked_first.touch()
        with self._run.store.write() as session:
            outbox.doubt_unsent(session, now=self._run.clock(), who=self._run.owner, why=_PUT_BACK)
        self.keep()

    def keep(self) -> None:
        """Remember how far the log is now."""
        with self._run.store.read() as session:
            logged = outbox.last_logged(session)
        temporary = self._path.with_suffix(".new")
        temporary.write_text(str(logged))
        temporary.replace(self._path)

    def was_sent(self, parcel: Parcel, acceptor: Acceptor | None) -> bool:
        """Whether the acceptor has a message that a put-back database takes for unsent."""
        if acceptor is None or parcel.channel != "mail" or not self._asked_first.exists():
            return False
        if self._run.clock().timestamp() - self._asked_first.stat().st_mtime > _ASKED_FIRST.total_seconds():
            self._asked_first.unlink()
            return False
        return acceptor.has_accepted(parcel.message_id) is True
