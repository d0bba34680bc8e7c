"""Messages into the outbox: rendered and frozen before the transaction that makes them true."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contracts.exchange import Message
from contracts.ids import sha256
from contracts.words import DeliveryMode, MessageKind, OutboxState
from delivery.chat import to_chat
from delivery.messages import is_allowed_domain, to_eml
from flows.casework.reply_address import reply_address
from flows.run import Run
from store import outbox, policies
from store.session import Session

_PACKS = frozenset({MessageKind.PACK})


@dataclass(frozen=True, slots=True)
class Sealed:
    """A message with the bytes that will be sent and the state in which it enters the outbox."""

    message: Message
    eml: bytes
    state: OutboxState
    not_before: datetime
    why: str | None = None

    @property
    def content_sha256(self) -> str:
        """Of what the reader gets, not of the envelope: the Date header differs between two runs."""
        message = self.message
        parts = [message.subject, message.text, message.html, *(sha256(a.content) for a in message.attachments)]
        return sha256("\x00".join(parts).encode("utf-8", "surrogatepass"))


def seal(run: Run, message: Message) -> Sealed:
    """Freeze a message under the workspace's delivery mode; a mail to a domain that is not allowed is held."""
    mail = run.settings.file.mail
    now = run.clock()
    if message.channel == "chat":
        return Sealed(message, to_chat(message), OutboxState.PENDING, now)
    eml = to_eml(
        message,
        sender=(mail.sender_name, mail.sender_address),
        date=now,
        domain=mail.domain,
        list_id=f"loyalty.{mail.domain}",
        reply_to=reply_address(run, message),
    )
    allowed = run.policy.audiences.allowed_domains
    is_strange = message.kind is not MessageKind.OPERATOR and not is_allowed_domain(message.to_address, allowed)
    state = OutboxState.HELD if is_strange else _first_state(mail.mode, message.kind)
    return Sealed(message, eml, state, message.not_before or now)


def _first_state(mode: DeliveryMode, kind: MessageKind) -> OutboxState:
    return OutboxState.HELD if mode is DeliveryMode.APPROVE and kind in _PACKS else OutboxState.PENDING


def enqueue(session: Session, run: Run, sealed: Iterable[Sealed]) -> int:
    """Add messages to the outbox in the caller's transaction; returns how many are new.

    Raises: ContentChanged when a key is already there with other content.
    """
    mail = run.settings.file.mail
    # config/*.toml is a draft: what was told was judged by the policy in force
    in_force = policies.in_force(session, run.last_closed_week())
    policy_digest = in_force[1] if in_force else run.policy.digest
    added = 0
    for item in sealed:
        result = outbox.enqueue(
            session,
            item.message,
            eml=item.eml,
            sender=mail.bounce_address or mail.sender_address,
            message_id=f"<{item.message.message_id_local}@{mail.domain}>",
            not_before=item.not_before,
            state=item.state,
            content_sha256=item.content_sha256,
            why=item.why,
            scope_digest=item.message.disclosure,
            policy_digest=policy_digest,
            now=run.clock(),
        )
        added += result.is_new
    return added


def files_lie(run: Run) -> str:
    """Where the files of a mail that is too large can be had, as a sentence."""
    return f"They lie in {run.workspace.output}; ask {run.settings.file.mail.operator_address} if you cannot open it."


def to_operator(run: Run, subject_key: str, subject: str, text: str) -> Sealed:
    """A plain message to the operator; never a customer's rows."""
    mail = run.settings.file.mail
    message = Message(
        kind=MessageKind.OPERATOR,
        subject_key=subject_key,
        person_id="operator",
        to_name="Operator",
        to_address=mail.operator_address,
        subject=subject,
        text=text,
        html="",
    )
    return seal(run, message)
