"""What an operator does with mails: look, resend, hold, release, approve a week, settle what is in doubt."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from contracts.weeks import Week
from contracts.words import ExitCode, OutboxState
from flows.run import Outcome, Run
from flows.sending.dispatch import dispatch_due
from store import outbox

_WHO = "operator"


def listed(run: Run, state: str | None) -> Outcome:
    """The outbox as lines, in the order of recording."""
    if state is not None and state not in set(OutboxState):
        return Outcome(ExitCode.USAGE, f"--state must be one of {', '.join(OutboxState)}; got '{state}'")
    with run.store.read() as session:
        rows = outbox.rows(session, states=[OutboxState(state)] if state else None)
        counts = outbox.counts(session)
    lines = tuple(
        f"{row.outbox_id:>6} {row.state:<10} {row.kind:<15} {row.recipient:<40} {row.subject_key} "
        f"(tries: {row.attempts}){f' {row.why}' if row.why else ''}"
        for row in rows
    )
    headline = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "the outbox is empty"
    return Outcome(ExitCode.DONE, headline, lines)


def approve(run: Run, week: str) -> Outcome:
    """Release the held mails of a week, then send what is due."""
    prefix = f"{Week.parse(week)}|"
    with run.store.write() as session:
        released = outbox.release(session, who=_WHO, why=f"approved {week}", now=run.clock(), subject_prefix=prefix)
    return _sent(run, f"{released} held mails of {week} released")


def resend(run: Run, numbers: Collection[int], *, is_all_failed: bool, why: str) -> Outcome:
    """Failed mails again, with the same bytes and a new 48 hours; sent ones never."""
    if not numbers and not is_all_failed:
        return Outcome(ExitCode.USAGE, "name the mails by their numbers (`cem outbox list`), or give --failed for all")
    chosen = None if is_all_failed else numbers
    with run.store.write() as session:
        again = outbox.resend(session, who=_WHO, why=why, now=run.clock(), outbox_ids=chosen)
    return _sent(run, f"{again} failed mails are tried again")


def hold(run: Run, numbers: Collection[int], *, why: str) -> Outcome:
    """Keep pending mails back until they are released."""
    with run.store.write() as session:
        held = outbox.hold(session, who=_WHO, why=why, now=run.clock(), outbox_ids=numbers)
    return Outcome(ExitCode.DONE, f"{held} mails held; `cem outbox release` lets them go")


def release(run: Run, numbers: Collection[int], *, why: str) -> Outcome:
    """Let held mails go, then send what is due."""
    with run.store.write() as session:
        released = outbox.release(session, who=_WHO, why=why, now=run.clock(), outbox_ids=numbers)
    return _sent(run, f"{released} mails released")


def settle(run: Run, number: int, *, is_sent: bool, why: str) -> Outcome:
    """The operator's word on a mail in doubt: it was sent, or it is to be sent again."""
    act = partial(outbox.settle, outbox_id=number, is_sent=is_sent, now=run.clock(), who=_WHO, why=why)
    if not run.store.transact(act):
        return Outcome(
            ExitCode.USAGE, f"mail {number} is not in doubt; `cem outbox list --state unknown` shows which are"
        )
    return _sent(run, f"mail {number} is settled as {'sent' if is_sent else 'not sent'}")


def _sent(run: Run, headline: str) -> Outcome:
    result = dispatch_due(run)
    return Outcome(ExitCode.MAIL_PENDING if result.waiting else ExitCode.DONE, headline, (result.line(),))
