from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from delivery.bounces import bounce_of
from delivery.errors import PublishRefused
from delivery.joined import join
from delivery.messages import to_eml
from delivery.signing import is_signed_by, signed
from delivery.small import fitted
from delivery.transports import SmtpTransport
from delivery.transports.acceptors import MaildirArchive, PostfixLog
from delivery.transports.imap import ImapBox
from tests.factories.delivery import SENT_AT, message, parcel
from tests.factories.smtp import Authority, make_authority, scripted

LOG = """\
Nov 22 10:00:00 mx postfix/cleanup[1]: QA: message-id=<kept@x.example>
Nov 22 10:00:00 mx postfix/qmgr[2]: QA: from=<l@x.example>, size=365, nrcpt=1 (queue active)
Nov 22 10:00:01 mx postfix/cleanup[1]: QB: message-id=<cut@x.example>
Nov 22 10:00:02 mx postfix/cleanup[1]: QC: message-id=<other@x.example>
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


def test_an_archive_answers_by_its_headers_and_not_by_quoted_text(tmp_path: Path) -> None:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    archive = MaildirArchive(tmp_path)
    assert archive.has_accepted("<a@x.example>") is False
    (tmp_path / "new" / "1").write_bytes(
        b"Subject: x\r\nMESSAGE-ID: <a@x.example>\r\n\r\nMessage-ID: <quoted@x.example>\r\n"
    )
    assert archive.has_accepted("<a@x.example>") is True
    assert archive.has_accepted("<quoted@x.example>") is False
    (tmp_path / "new" / "1").rename(tmp_path / "cur" / "1:2,S")
    assert archive.has_accepted("<a@x.example>") is True


def test_an_archive_that_is_not_there_has_no_answer(tmp_path: Path) -> None:
    assert MaildirArchive(tmp_path / "gone").has_accepted("<a@x.example>") is None


def test_a_log_shows_a_mail_only_once_it_was_queued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LOG)
    for name, body in (("postqueue", "exit 0"), ("postcat", "exit 1")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    asked = PostfixLog(log)
    assert asked.has_accepted("<kept@x.example>") is True
    assert asked.has_accepted("<cut@x.example>") is False  # its header was seen, its dot was not
    monkeypatch.setenv("PATH", "/nowhere")
    assert asked.has_accepted("<kept@x.example>") is True
    assert asked.has_accepted("<cut@x.example>") is None  # the queue cannot be asked
    assert PostfixLog(tmp_path / "no.log").has_accepted("<kept@x.example>") is None


def test_an_international_address_leaves_only_by_a_relay_that_takes_it(authority: Authority) -> None:
    eml = to_eml(
        message(to_address="用户@borealis.example", to_name="用户"),
        sender=("Loyalty", "loyalty@borealis.example"), date=SENT_AT, domain="borealis.example", list_id="l.borealis.example",
    )  # fmt: skip
    assert "用户@borealis.example".encode() in eml
    going = replace(parcel(), recipient="用户@borealis.example")
    context = authority.server_context()
    ehlo = b"250-relay\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
    with (
        scripted(context, EHLO=ehlo) as (port, script),
        SmtpTransport("localhost", port, "tls", ca_file=authority.ca_file) as transport,
    ):
        assert transport.send(replace(going, eml=eml)).is_sent
    assert any(line.upper().startswith("MAIL FROM") and "SMTPUTF8" in line for line in script.said)
    with (
        scripted(context) as (port, script),
        SmtpTransport("localhost", port, "tls", ca_file=authority.ca_file) as transport,
    ):
        refused = transport.send(replace(going, eml=eml))
    assert (refused.code, refused.is_permanent, refused.is_sent) == (553, True, False)
    assert script.kept == []


def test_a_fenced_sender_says_no_dot(authority: Authority) -> None:
    with (
        scripted(authority.server_context()) as (port, script),
        SmtpTransport("localhost", port, "tls", ca_file=authority.ca_file) as transport,
    ):
        receipt = transport.send(parcel(), may_pass=lambda: False)
    assert (receipt.step, receipt.is_sent, receipt.is_in_doubt, receipt.is_permanent) == ("fence", False, False, False)
    assert script.kept == []


@contextmanager
def imap_server(context: ssl.SSLContext, mails: dict[int, bytes]) -> Iterator[tuple[int, list[str]]]:
    """As much of IMAP as a search and a fetch need."""
    said: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))

    def answer(line: str) -> bytes:
        verb = line.split(" ", 2)[1].upper()
        if verb == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if verb in ("SELECT", "EXAMINE"):
            return b"* 1 EXISTS\r\n"
        if verb == "SEARCH":
            wanted = line.rpartition(" ")[2].strip('"').encode()
            found = [n for n, mail in mails.items() if "UNSEEN" in line or wanted in mail]
            return f"* SEARCH {' '.join(map(str, found))}\r\n".encode()
        if verb == "FETCH":
            mail = mails[int(line.split()[2])]
            return f"* 1 FETCH (BODY[] {{{len(mail)}}}\r\n".encode() + mail + b")\r\n"
        return b""

    def serve() -> None:
        try:
            while True:
                plain, _ = server.accept()
                with context.wrap_socket(plain, server_side=True) as connection:
                    connection.sendall(b"* OK ready\r\n")
                    for raw in connection.makefile("rb"):
                        line = raw.decode().strip()
                        said.append(line)
                        connection.sendall(answer(line) + f"{line.split(' ')[0]} OK done\r\n".encode())
                        if "LOGOUT" in line.upper():
                            break
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1], said
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def test_imap_answers_and_gives_what_is_unread(authority: Authority) -> None:
    mails = {4: b"Message-ID: <a@x.example>\r\n\r\nhello\r\n"}
    with imap_server(authority.server_context(), mails) as (port, said):
        box = ImapBox("localhost", "Archive", "cem", "secret", port=port, ca_file=authority.ca_file)
        assert box.has_accepted("<a@x.example>") is True
        assert box.has_accepted("<b@x.example>") is False
        assert box.has_accepted('<a"\r\n@x>') is None
        assert list(box.unread()) == [mails[4]]
        assert "secret" not in repr(box)
    assert any("EXAMINE" in line for line in said)
    assert any("STORE 4 +FLAGS (\\Seen)" in line for line in said)
    assert ImapBox("localhost", "Archive", "cem", "x", port=9, ca_file=authority.ca_file).has_accepted("<a@x>") is None


def test_a_delay_is_no_bounce_and_other_mails_are_none() -> None:
    report = (
        b'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n'
        b"Reporting-MTA: dns; mx\r\n\r\nAction: %s\r\nStatus: 4.4.1\r\n\r\n--b\r\n"
        b"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <a@x.example>\r\n\r\n--b--\r\n"
    )
    assert bounce_of(report % b"delayed") is None
    bounce = bounce_of(report % b"failed")
    assert bounce is not None
    assert (bounce.message_id, bounce.code) == ("<a@x.example>", "4.4.1")
    assert bounce_of(b"Subject: hello\r\n\r\nMessage-ID: <a@x.example>\r\n") is None


def test_a_large_mail_keeps_its_words_and_says_where_its_files_are() -> None:
    letter = message()
    assert fitted(letter, max_megabytes=1, places="They lie there.") is letter
    small = fitted(letter, max_megabytes=0.001, places="They lie there.")
    assert small.attachments == ()
    assert "action-plan.xlsx" in small.text
    assert "They lie there." in small.text
    assert letter.text in small.text


def test_joined_mails_carry_everything_once() -> None:
    def eml(**changes: object) -> bytes:
        return to_eml(
            message(**changes),
            sender=("L", "l@borealis.example"),
            date=SENT_AT,
            domain="x.example",
            list_id="x.example",
        )

    joint = join([eml(subject="First <b>"), eml(subject="Second", text="Other words.\n")], lead="Two mails.")
    assert joint.text.index("Two mails.") < joint.text.index("1. First <b>") < joint.text.index("Other words.")
    assert "First &lt;b&gt;" in joint.html
    assert [attachment.name for attachment in joint.attachments] == ["action-plan.xlsx"]
    assert [picture.cid for picture in joint.pictures] == ["1.zones", "2.zones"]


def test_a_signature_holds_for_these_bytes_under_this_key_alone() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    def pair() -> tuple[str, bytes]:
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    (private, public), (_, foreign) = pair(), pair()
    seal = signed(b"manifest", private)
    assert seal == signed(b"manifest", private)
    assert is_signed_by(b"manifest", seal, public)
    assert not is_signed_by(b"manifest.", seal, public)
    assert not is_signed_by(b"manifest", seal, foreign)
    assert not is_signed_by(b"manifest", b"no base64 at all", public)
    with pytest.raises(PublishRefused, match="CEM_SIGNING_KEY"):
        signed(b"manifest", "no key")
