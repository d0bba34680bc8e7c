"""Where a reader replies to a mail about a case or alert: an address that says what it is about, sealed."""

from __future__ import annotations

import re

from contracts.exchange import Message, reply_seal
from contracts.words import MessageKind
from flows.run import Run
from store import ledger
from store.session import Session

ABOUT = frozenset(
    {
        MessageKind.ALERT_CRITICAL,
        MessageKind.ALERT_EVENT,
        MessageKind.NOTICE,
        MessageKind.CASE_OPENED,
        MessageKind.CASE_CHANGED,
        MessageKind.CASE_ESCALATED,
    }
)
_CASE = "CL-"
_SUBJECT = re.compile(r"[A-Za-z0-9-]{4,48}")
_LONGEST_LOCAL_PART = 64


def reply_address(run: Run, message: Message) -> str | None:
    """The address; None for messages about anything else, and where replies are not read."""
    base = run.settings.file.mail.reply_address
    if base is None or message.kind not in ABOUT:
        return None
    with run.store.read() as session:
        subject, version = about(session, message.kind, message.subject_key)
    local, _, domain = base.partition("@")
    seal = reply_seal(subject, version, message.person_id, run.settings.token_key)
    tagged = f"{local}+{subject}.{version}.{seal}"
    if not _SUBJECT.fullmatch(subject) or len(tagged) > _LONGEST_LOCAL_PART:
        return base
    return f"{tagged}@{domain}"


def about(session: Session, kind: MessageKind, subject_key: str) -> tuple[str, int]:
    """The case or alert that a message tells of, and the version of the case that its reader sees."""
    subject, _, number = subject_key.partition("|")
    if not subject.startswith(_CASE):
        return subject_key, 1
    events = ledger.case_history(session, subject)
    upto = int(number) if kind is MessageKind.CASE_CHANGED and number.isdigit() else None
    seen = [event.row_version for event in events if upto is None or event.number <= upto]
    return subject, max(seen, default=1)
