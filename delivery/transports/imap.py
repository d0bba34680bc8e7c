"""IMAP over verified TLS, for two questions: is this Message-ID in the archive, and what is new in the bounce box."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_SAFE_ID = re.compile(r"<[^\s<>\"\\]+>\Z")
_FAULTS = (OSError, imaplib.IMAP4.error)


@dataclass(frozen=True, slots=True)
class ImapBox:
    """One mailbox of one account; the port is that of TLS from the first byte."""

    host: str
    mailbox: str
    user: str
    password: str
    port: int = 993
    ca_file: str | None = None
    timeout: float = 30.0
    lag_seconds: float = 60.0

    def __repr__(self) -> str:
        return f"ImapBox({self.host}:{self.port}/{self.mailbox})"

    def has_accepted(self, message_id: str) -> bool | None:
        """Whether the mailbox holds the message; None when it cannot be asked."""
        if not _SAFE_ID.match(message_id):
            return None
        try:
            with self._opened(is_readonly=True) as box:
                answer, found = box.search(None, "HEADER", "Message-ID", f'"{message_id}"')
        except _FAULTS:
            return None
        return bool(found[0]) if answer == "OK" else None

    def unread(self) -> Iterator[bytes]:
        """Each unread mail; it is marked as read when the next one is asked for.

        Raises: OSError, imaplib.IMAP4.error when the mailbox cannot be read.
        """
        with self._opened(is_readonly=False) as box:
            _, found = box.search(None, "UNSEEN")
            for number in (found[0] or b"").split():
                _, parts = box.fetch(number.decode(), "(BODY.PEEK[])")
                yield from (part[1] for part in parts if isinstance(part, tuple))
                box.store(number.decode(), "+FLAGS", "(\\Seen)")

    @contextmanager
    def _opened(self, *, is_readonly: bool) -> Iterator[imaplib.IMAP4_SSL]:
        context = ssl.create_default_context(cafile=self.ca_file)
        with imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context, timeout=self.timeout) as box:
            box.login(self.user, self.password)
            answer, said = box.select(f'"{self.mailbox}"', readonly=is_readonly)
            if answer != "OK":
                raise imaplib.IMAP4.error(f"mailbox {self.mailbox}: {said!r}")
            yield box
