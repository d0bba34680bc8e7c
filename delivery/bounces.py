"""Mails that came back: the delivery reports of a bounce mailbox, each with the Message-ID it is about (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_QUOTED_ID = re.compile(r"^[> \t]*message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
_WORDS = 300


@dataclass(frozen=True, slots=True)
class Bounce:
    """`code` is the enhanced status (5.1.1), or "" when the report names none; delays are no bounces."""

    message_id: str
    code: str
    text: str


def bounce_of(content: bytes) -> Bounce | None:
    """The bounce that this mail reports, or None for any other mail and for reports of mere delays."""
    mail = message_from_bytes(content, policy=default)
    if mail.get_content_type() != "multipart/report":
        return None
    message_id = _returned_id(mail)
    if message_id is None:
        return None
    for block in _recipients(mail):
        if str(block.get("Action", "")).strip().lower() == "failed":
            said = str(block.get("Diagnostic-Code", "")).partition(";")[2] or "no reason was given"
            return Bounce(message_id, str(block.get("Status", "")).strip(), " ".join(said.split())[:_WORDS])
    return None


def unread_of(folder: Path) -> Iterator[bytes]:
    """Each mail in `new` of a maildir; it is moved to `cur`, marked as read, when the next one is asked for.

    Raises: OSError when the folder cannot be read.
    """
    for path in sorted((folder / "new").iterdir()):
        yield path.read_bytes()
        path.rename(folder / "cur" / f"{path.name}:2,S")


def _recipients(mail: Message) -> Iterator[Message]:
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            yield from (block for block in blocks if isinstance(block, Message)) if isinstance(blocks, list) else ()


def _returned_id(mail: Message) -> str | None:
    """The Message-ID of the mail that is returned: whole, as headers, or quoted in a text."""
    for part in mail.walk():
        kind = part.get_content_type()
        if part is not mail and kind in {"message/rfc822", "message/rfc822-headers", "text/rfc822-headers"}:
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], Message):
                found = _MESSAGE_ID.search(str(inner[0].get("Message-ID", "")))
            else:
                found = _QUOTED_ID.search(part.get_content() if isinstance(part, EmailMessage) else str(inner))
            if found:
                return found[found.lastindex or 0]
    return None
