"""Mail by SMTP over verified TLS: never in clear text, one recipient per message, every step on the receipt.

Steps: connect, starttls, ehlo, auth, size, mail, rcpt, data, fence, dot, answer, quit. A death before `dot` surely
left nothing behind; one after the dot and before the answer leaves the mail in doubt (RFC 1047), which the
exception alone cannot tell, so the step is kept. At `fence`, right before the dot, the sender asks whether the
message is still its own; if not, the connection is cut, which discards what was said.

What a reply means. Before `mail`: the whole batch stops and its rows stay pending. 4xx: try this row again
later. 5xx on MAIL: our fault, the batch stops. 5xx on RCPT, DATA or the dot: this row is refused for good.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from contracts.exchange import Parcel, Receipt
from delivery.transports.receipts import MayPass, always, fenced, receipt_of

Security = Literal["starttls", "tls"]
_TEMPORARY = 451
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


def _unobserved(step: str) -> None:
    """Nobody watches the steps."""


class _Fenced(Exception):
    """The message is another sender's by now."""


class _Refused(Exception):
    """A reply that ends this attempt."""

    def __init__(self, code: int, text: str | bytes) -> None:
        self.code = code
        self.text = text
        super().__init__(code, text)


class SmtpTransport:
    """One relay. Keeps its connection between parcels; use as a context manager or call `close`."""

    def __init__(
        self,
        host: str,
        port: int,
        security: Security = "starttls",
        user: str | None = None,
        password: str | None = None,
        ca_file: str | None = None,
        timeout: float = 30.0,
        *,
        dot_timeout: float = 600.0,
        at_step: Callable[[str], None] = _unobserved,
    ) -> None:
        """Args:
        security: `starttls` (required, usually port 587) or `tls` (from the first byte, usually 465).
        ca_file: PEM file of the only authorities trusted; the system's if not given.
        timeout: seconds for connecting and for each reply.
        dot_timeout: seconds for the answer to the final dot; RFC 5321 wants 600, less makes duplicates.
        at_step: called with the name of each step before it is taken.
        """
        self._address = (host, port)
        self._security = security
        self._login = (user, password) if user and password else None
        self._timeout = timeout
        self._dot_timeout = dot_timeout
        self._context = ssl.create_default_context(cafile=ca_file)
        self._smtp: smtplib.SMTP | None = None
        self._at_step = at_step
        self._step = "connect"

    def _enter(self, step: str) -> None:
        self._step = step
        self._at_step(step)

    def __repr__(self) -> str:
        return f"SmtpTransport({self._host}, {self._security})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _host(self) -> str:
        return f"{self._address[0]}:{self._address[1]}"

    def has_accepted(self, message_id: str) -> bool | None:  # noqa: ARG002 - the protocol's argument
        """None: SMTP has no question for this. A record that the acceptor keeps can be asked in its stead."""
        return None

    def close(self) -> None:
        """Says QUIT; errors are ignored, because nothing depends on the answer any more."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            self._at_step("quit")
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    def send(self, parcel: Parcel, *, may_pass: MayPass = always) -> Receipt:
        """One attempt. Never raises for what the network or the relay does: the receipt says it."""
        try:
            smtp = self._ready(parcel)
            code, text = self._transact(smtp, parcel, may_pass)
        except _Fenced:
            self._drop()
            return fenced(parcel, self._host)
        except _Refused as refusal:
            return self._refused(parcel, refusal)
        except (OSError, smtplib.SMTPException, ValueError) as exc:
            # The connection is in an unknown state: the next parcel gets a fresh one.
            self._drop()
            return receipt_of(
                parcel, self._host, self._step, _code_of(exc), _words(exc), is_in_doubt=self._step == "dot"
            )
        return receipt_of(parcel, self._host, "dot", code, text, is_sent=True)

    def _ready(self, parcel: Parcel) -> smtplib.SMTP:
        """A connection that is greeted, encrypted and logged in; a kept one only if it still answers."""
        if self._smtp is not None:
            try:
                if self._smtp.rset()[0] == 250:
                    return self._smtp
            except (OSError, smtplib.SMTPException):
                pass  # idle connections are closed by relays; nothing of this parcel was said yet
            self._drop()
        # Our own name in EHLO: asking the resolver for it may hang for seconds.
        name = parcel.sender.rpartition("@")[2] or "localhost"
        self._enter("connect")
        if self._security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                *self._address, local_hostname=name, timeout=self._timeout, context=self._context
            )
        else:
            smtp = smtplib.SMTP(*self._address, local_hostname=name, timeout=self._timeout)
        self._smtp = smtp
        self._greet(smtp)
        if self._security == "starttls":
            self._enter("starttls")
            _expect(smtp.starttls(context=self._context), 220)
            self._greet(smtp)
        if self._login:
            self._log_in(smtp, *self._login)
        return smtp

    def _greet(self, smtp: smtplib.SMTP) -> None:
        self._enter("ehlo")
        _expect(smtp.ehlo(), 250)

    def _log_in(self, smtp: smtplib.SMTP, user: str, password: str) -> None:
        # smtplib's own login tries one mechanism after the other; three wrong answers may lock the account.
        self._enter("auth")
        offered = smtp.esmtp_features.get("auth", "").upper().split()
        smtp.user, smtp.password = user, password
        if "PLAIN" in offered:
            smtp.auth("PLAIN", smtp.auth_plain)
        elif "LOGIN" in offered:
            smtp.auth("LOGIN", smtp.auth_login)
        else:
            shown = " ".join(offered) or "no way"
            raise _Refused(_TEMPORARY, f"the relay offers {shown} to log in; PLAIN or LOGIN is needed")

    def _transact(self, smtp: smtplib.SMTP, parcel: Parcel, may_pass: MayPass) -> tuple[int, bytes]:
        self._enter("size")
        limit = smtp.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(parcel.eml):
            raise _Refused(552, f"the mail has {len(parcel.eml):,} octets, the relay takes {int(limit):,}")
        is_international = not (parcel.eml.isascii() and parcel.recipient.isascii())
        if is_international and not smtp.has_extn("smtputf8"):
            raise _Refused(553, f"{parcel.recipient} needs SMTPUTF8 (RFC 6531), which the relay does not offer")
        self._enter("mail")
        options = [f"SIZE={len(parcel.eml)}"] if smtp.has_extn("size") else []
        if is_international:
            options += ["BODY=8BITMIME", "SMTPUTF8"]
        _expect(smtp.mail(parcel.sender, options), 250)
        self._enter("rcpt")
        _expect(smtp.rcpt(parcel.recipient), 250, 251)
        self._enter("data")
        _expect(smtp.docmd("data"), 354)
        body = parcel.eml if parcel.eml.endswith(b"\r\n") else parcel.eml + b"\r\n"
        smtp.send(_LEADING_DOT.sub(b"..", body))
        self._enter("fence")
        if not may_pass():
            raise _Fenced
        self._enter("dot")
        if smtp.sock is not None:
            smtp.sock.settimeout(self._dot_timeout)
        smtp.send(b".\r\n")
        self._at_step("answer")
        code, text = smtp.getreply()
        if smtp.sock is not None:
            smtp.sock.settimeout(self._timeout)
        _expect((code, text), 250)
        return code, text

    def _refused(self, parcel: Parcel, refusal: _Refused) -> Receipt:
        is_answer = 400 <= refusal.code < 600
        if self._step in ("connect", "starttls", "ehlo", "auth") or refusal.code == 421 or not is_answer:
            self._drop()
        return receipt_of(
            parcel,
            self._host,
            self._step,
            refusal.code,
            refusal.text,
            is_permanent=500 <= refusal.code < 600 and self._step in ("size", "rcpt", "data", "dot"),
            is_in_doubt=self._step == "dot" and not is_answer,
        )

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def _expect(reply: tuple[int, bytes], *codes: int) -> None:
    if reply[0] not in codes:
        raise _Refused(*reply)


def _code_of(error: Exception) -> int:
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of the relay is not trusted: {error.verify_message}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "the relay does not offer STARTTLS; nothing is sent in clear text"
    if isinstance(error, smtplib.SMTPResponseException):
        shown = error.smtp_error
        return shown.decode("utf-8", "replace") if isinstance(shown, bytes) else str(shown)
    return f"{type(error).__name__}: {error}"
