"""Real SMTP servers on loopback with certificates made for the test: a well-behaved relay and a scripted one."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Authority:
    """A certificate authority of one test run; `ca_file` is what a client trusts."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def ca_file(self) -> str:
        return str(self.folder / "ca.pem")

    def server_context(self, *, name: str = "localhost", is_expired: bool = False) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(name)]
        if name == "localhost":
            certificate_names: list[x509.GeneralName] = [*names, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        else:
            certificate_names = [*names]
        now = dt.datetime.now(dt.UTC)
        ends = now - dt.timedelta(days=1) if is_expired else now + dt.timedelta(days=2)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=3))
            .not_valid_after(ends)
            .add_extension(x509.SubjectAlternativeName(certificate_names), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        path = self.folder / f"{name}-{is_expired}.pem"
        path.write_bytes(_pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def make_authority(folder: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name("Test authority"))
        .issuer_name(_name("Test authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=3))
        .not_valid_after(now + dt.timedelta(days=3))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_ca_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(folder, key, certificate)


def _ca_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@dataclass
class Inbox:
    """An aiosmtpd handler with a memory; replies can be set per recipient and for DATA."""

    replies: dict[str, str] = field(default_factory=dict)
    sender_reply: str = "250 OK"
    data_reply: str = "250 kept"
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, mail_options: list[str]
    ) -> str:
        if self.sender_reply.startswith("250"):
            envelope.mail_from = address
        return self.sender_reply

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        reply = self.replies.get(address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data_reply.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append((envelope.mail_from or "", list(envelope.rcpt_tos), content))
        return self.data_reply


class _Relay(Controller):
    def __init__(self, inbox: Inbox, context: ssl.SSLContext | None, *, is_implicit: bool, **settings: Any) -> None:
        self._context = context
        super().__init__(
            inbox,
            hostname="127.0.0.1",
            port=_free_port(),
            ssl_context=context if is_implicit else None,
            tls_context=None if is_implicit else context,
            require_starttls=context is not None and not is_implicit,
            **settings,
        )


@contextlib.contextmanager
def relay(
    inbox: Inbox,
    context: ssl.SSLContext | None,
    *,
    is_implicit: bool = False,
    password: str | None = None,
    size: int = 10_000_000,
) -> Iterator[int]:
    """A relay that speaks STARTTLS (or TLS from the first byte) with the given certificate; yields its port."""

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: LoginPassword
    ) -> AuthResult:
        inbox.logins.append((credentials.login.decode(), mechanism))
        return AuthResult(success=credentials.password.decode() == password, handled=False)

    settings: dict[str, Any] = {"data_size_limit": size}
    if password is not None:
        settings |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": not is_implicit}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # aiosmtpd warns of settings that a test wants
        controller = _Relay(inbox, context, is_implicit=is_implicit, **settings)
        controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@dataclass
class Script:
    """What a scripted relay answers: verb -> reply; None closes the connection without a word."""

    replies: dict[str, bytes | None]
    kept: list[bytes] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    before_dot_reply: Callable[[], None] = lambda: None


_POLITE: dict[str, bytes | None] = {
    "banner": b"220 ready\r\n",
    "EHLO": b"250-relay\r\n250 SIZE 1000000\r\n",
    "MAIL": b"250 ok\r\n",
    "RCPT": b"250 ok\r\n",
    "DATA": b"354 go\r\n",
    "body": b"",
    "dot": b"250 kept\r\n",
    "RSET": b"250 ok\r\n",
    "QUIT": b"221 bye\r\n",
}


@contextlib.contextmanager
def scripted(context: ssl.SSLContext, **replies: bytes | None) -> Iterator[tuple[int, Script]]:
    """A relay over TLS that answers as told; what it read to the dot is in `kept` before it answers."""
    script = Script({**_POLITE, **replies})
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    is_over = threading.Event()

    def serve() -> None:
        while not is_over.is_set():
            try:
                plain, _ = server.accept()
            except TimeoutError:
                continue
            with contextlib.suppress(OSError), plain:
                plain.settimeout(5)
                with context.wrap_socket(plain, server_side=True) as connection:
                    _converse(connection, script)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1], script
    finally:
        is_over.set()
        thread.join(10)
        server.close()


def _converse(connection: ssl.SSLSocket, script: Script) -> None:
    reader = connection.makefile("rb")
    if not _answer(connection, script, "banner"):
        return
    while line := reader.readline():
        verb = line[:4].decode("ascii", "replace").upper().strip()
        script.said.append(line.decode("ascii", "replace").strip())
        if not _answer(connection, script, verb):
            return
        if verb == "DATA" and (script.replies["DATA"] or b"").startswith(b"354"):
            if not _answer(connection, script, "body"):
                return
            body = b""
            while not body.endswith(b"\r\n.\r\n"):
                more = reader.readline()
                if not more:
                    return
                body += more
            script.kept.append(body)
            script.before_dot_reply()
            if not _answer(connection, script, "dot"):
                return
        if verb == "QUIT":
            return


def _answer(connection: ssl.SSLSocket, script: Script, verb: str) -> bool:
    reply = script.replies.get(verb, b"500 what\r\n")
    if reply is None:
        return False
    connection.sendall(reply)
    return True


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
