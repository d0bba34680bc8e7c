"""Faults of the mail relay, met by a whole dispatch: what becomes of each row, and who is told."""

from __future__ import annotations

import re
import ssl
import time
from pathlib import Path

import pytest

from contracts.words import MessageKind, OutboxState
from flows.sending.desk import resend
from tests.factories.smtp import Authority, Inbox, relay, scripted
from tests.faults.office import open_office

ALERT = MessageKind.ALERT_CRITICAL


def ids_of(contents: list[bytes]) -> list[str]:
    return sorted(re.search(rb"Message-ID: (<\S+>)", content)[1].decode() for content in contents)  # type: ignore[index]


def archived(root: Path, contents: list[bytes]) -> None:
    for number, content in enumerate(contents):
        (root / "archive" / "new" / str(number)).write_bytes(content)


def make_archive(root: Path) -> None:
    for name in ("new", "cur", "tmp"):
        (root / "archive" / name).mkdir(parents=True)


def test_f1_a_closed_port_leaves_mails_pending_and_is_tried_again(tmp_path: Path, authority: Authority) -> None:
    office = open_office(tmp_path, 9, authority.ca_file)
    office.write("P1", "P2")
    result = office.dispatch()
    assert (result.sent, result.waiting) == (0, 2)
    first, second = office.rows()
    assert first.state is second.state is OutboxState.PENDING
    assert (first.attempts, second.attempts) == (1, 0)  # the second was not touched
    assert first.next_at > office.clock()


def test_f4_f5_f9_each_recipient_has_its_own_fate(
    tmp_path: Path, authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    inbox.replies = {"p1@borealis.example": "450 4.7.1 grey", "p2@borealis.example": "550 5.1.1 no such user"}
    with relay(inbox, context) as port:
        office = open_office(tmp_path, port, authority.ca_file)
        office.write("P1", "P2", "P3")
        office.dispatch()
        assert office.states() == {"P1": "pending", "P2": "failed", "P3": "sent"}
        (notice,) = office.notices()
        assert notice.state is OutboxState.SENT
        office.dispatch()  # neither is tried before its time, and the operator is told once
        inbox.replies.clear()
        office.later(minutes=2)
        office.dispatch()
        assert office.states() == {"P1": "sent", "P2": "failed", "P3": "sent"}
        with office.run() as run:
            resend(run, [], is_all_failed=True, why="address mended")
    assert set(office.states().values()) == {"sent"}
    assert len(office.notices()) == 1
    assert all(len(recipients) == 1 for _, recipients, _ in inbox.mails)


def test_f6_a_mail_that_is_too_large_leaves_as_a_small_one(
    tmp_path: Path, authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    with relay(inbox, context, size=100_000) as port:
        office = open_office(tmp_path, port, authority.ca_file)
        office.write("P1", octets=200_000)
        office.dispatch()
        assert office.dispatch().waiting == 0
    large, small = office.rows()
    assert (large.state, small.state) == (OutboxState.SUPERSEDED, OutboxState.SENT)
    assert f"message {small.outbox_id}" in str(large.why)
    ((_, _, content),) = inbox.mails
    assert b"left out" in content
    assert b"workbook.xlsx" in content
    assert b"Your week." in content
    assert len(content) < 3_000


def test_f7_a_refused_content_fails_and_the_operator_hears_of_it(
    tmp_path: Path, authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    inbox.data_reply = "554 5.7.1 looks like spam"
    with relay(inbox, context) as port:
        office = open_office(tmp_path, port, authority.ca_file)
        office.write("P1")
        office.dispatch()
    assert office.states() == {"P1": "failed"}
    assert len(office.notices()) == 1


@pytest.mark.parametrize("is_kept", [True, False], ids=["f12 kept", "f13 not kept"])
def test_f12_f13_a_drop_after_the_dot_is_settled_by_the_acceptor(
    is_kept: bool, tmp_path: Path, authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    make_archive(tmp_path)
    with scripted(context, dot=None) as (port, script):
        office = open_office(tmp_path, port, authority.ca_file, acceptor="maildir:archive", smtp_security="tls")
        office.write("P1")
        office.dispatch()
        assert office.states() == {"P1": "unknown"}
        if is_kept:
            archived(tmp_path, script.kept)
    office.dispatch()  # too early to believe a no
    assert office.states() == {"P1": "sent" if is_kept else "unknown"}
    office.later(minutes=2)
    with relay(inbox, context, is_implicit=True) as port:
        settings = tmp_path / "config" / "workspace.toml"
        settings.write_text(re.sub(r"smtp_port = \d+", f"smtp_port = {port}", settings.read_text()))
        office.dispatch()
    assert office.states() == {"P1": "sent"}
    copies = ids_of([content for _, to, content in inbox.mails if to == ["p1@borealis.example"]])
    assert copies == ([] if is_kept else ids_of(script.kept))


def test_f14_a_reset_after_250_is_sent(tmp_path: Path, authority: Authority, context: ssl.SSLContext) -> None:
    with scripted(context, QUIT=None) as (port, script):
        office = open_office(tmp_path, port, authority.ca_file, smtp_security="tls")
        office.write("P1")
        assert office.dispatch().sent == 1
    assert len(script.kept) == 1


def test_f15_without_starttls_nothing_leaves(tmp_path: Path, authority: Authority, inbox: Inbox) -> None:
    with relay(inbox, None) as port:
        office = open_office(tmp_path, port, authority.ca_file)
        office.write("P1", "P2")
        assert office.dispatch().waiting == 2
    assert office.states() == {"P1": "pending", "P2": "pending"}
    assert inbox.mails == []


def test_f16_a_certificate_of_another_name_stops_the_batch(tmp_path: Path, authority: Authority, inbox: Inbox) -> None:
    with relay(inbox, authority.server_context(name="other.example")) as port:
        office = open_office(tmp_path, port, authority.ca_file)
        office.write("P1")
        assert office.dispatch().waiting == 1
    assert inbox.mails == []
    assert "certificate" in str(office.rows()[0].last_text)


def test_f17_a_wrong_password_is_tried_once_a_dispatch(
    tmp_path: Path, authority: Authority, context: ssl.SSLContext, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CEM_SMTP_PASSWORD", "wrong-canary")
    with relay(inbox, context, password="right") as port:
        office = open_office(tmp_path, port, authority.ca_file, smtp_user="cem")
        office.write("P1", "P2", "P3")
        for _ in range(12):  # an hour of looks every five minutes
            office.dispatch()
            office.later(minutes=5)
    assert len(inbox.logins) <= 12
    assert set(office.states().values()) == {"pending"}
    assert "wrong-canary" not in repr(office.rows()) + "".join(office.said)


@pytest.mark.parametrize(
    "banner", [b"\x00\xff garbage\r\n", b"220 " + b"x" * 10_000_000 + b"\r\n"], ids=["garbage", "10 MB in one line"]
)
def test_f18_nonsense_from_the_relay_is_a_failed_attempt(
    banner: bytes, tmp_path: Path, authority: Authority, context: ssl.SSLContext
) -> None:
    with scripted(context, banner=banner) as (port, _):
        office = open_office(tmp_path, port, authority.ca_file, smtp_security="tls")
        office.write("P1")
        assert office.dispatch().waiting == 1
    assert office.states() == {"P1": "pending"}


def test_f19_an_unknown_relay_is_like_a_closed_port(tmp_path: Path, authority: Authority) -> None:
    office = open_office(tmp_path, 25, authority.ca_file)
    settings = tmp_path / "config" / "workspace.toml"
    settings.write_text(settings.read_text().replace('smtp_host = "localhost"', 'smtp_host = "no-such-host.invalid"'))
    office.write("P1")
    assert office.dispatch().waiting == 1


def test_f20_without_a_readable_record_packs_wait_and_alerts_go_again(
    tmp_path: Path, authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    with scripted(context, dot=None) as (port, _):
        office = open_office(tmp_path, port, authority.ca_file, acceptor="maildir:archive", smtp_security="tls")
        office.write("P1")
        office.write("P2", kind=ALERT)
        office.dispatch()
        office.dispatch()
        assert office.states() == {"P1": "unknown", "P2": "unknown"}
    office.later(minutes=16)
    with relay(inbox, context, is_implicit=True) as port:
        settings = tmp_path / "config" / "workspace.toml"
        settings.write_text(re.sub(r"smtp_port = \d+", f"smtp_port = {port}", settings.read_text()))
        office.dispatch()
    assert office.states() == {"P1": "unknown", "P2": "sent"}
    assert any(row.state is OutboxState.SENT for row in office.notices())


def test_f21_a_bounce_is_put_on_its_receipt_and_told_once(
    tmp_path: Path, authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    with relay(inbox, context) as port:
        office = open_office(tmp_path, port, authority.ca_file, bounces="maildir:bounces")
        for name in ("new", "cur", "tmp"):
            (tmp_path / "bounces" / name).mkdir(parents=True)
        office.write("P1")
        office.dispatch()
        (row,) = office.rows()
        (tmp_path / "bounces" / "new" / "1").write_bytes(_DSN.format(message_id=row.message_id).encode())
        (tmp_path / "bounces" / "new" / "2").write_bytes(b"Subject: out of office\r\n\r\nback on Monday\r\n")
        office.dispatch()
        office.dispatch()
    bounced = office.rows()[0]
    assert (bounced.state, bounced.why) == (OutboxState.SENT, "came back: 5.1.1")
    assert bounced.bounced_at is not None
    assert len(office.notices()) == 1
    assert sorted(path.name for path in (tmp_path / "bounces" / "cur").iterdir()) == ["1:2,S", "2:2,S"]


def test_f2_a_relay_that_hangs_is_given_up(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    from flows.sending import acceptors

    monkeypatch.setattr(
        acceptors, "SmtpTransport", lambda *given, **more: _transport(*given, **{**more, "timeout": 0.5})
    )
    with socket.create_server(("127.0.0.1", 0)) as silent:
        office = open_office(tmp_path, silent.getsockname()[1], authority.ca_file)
        office.write("P1")
        begun = time.monotonic()
        assert office.dispatch().waiting == 1
    assert time.monotonic() - begun < 10


def _transport(*given: object, **more: object) -> object:
    from delivery.transports import SmtpTransport

    return SmtpTransport(*given, **more)  # type: ignore[arg-type]


def test_f3_421_in_the_banner_is_tried_again(tmp_path: Path, authority: Authority, context: ssl.SSLContext) -> None:
    with scripted(context, banner=b"421 4.3.2 closing\r\n") as (port, _):
        office = open_office(tmp_path, port, authority.ca_file, smtp_security="tls")
        office.write("P1")
        assert office.dispatch().waiting == 1
    assert office.states() == {"P1": "pending"}


def test_f11_a_cut_before_the_dot_is_no_doubt(tmp_path: Path, authority: Authority, context: ssl.SSLContext) -> None:
    with scripted(context, body=None) as (port, _):
        office = open_office(tmp_path, port, authority.ca_file, smtp_security="tls")
        office.write("P1")
        office.dispatch()
    assert office.states()["P1"] in {"pending", "unknown"}


_DSN = """\
From: MAILER-DAEMON@borealis.example\r
Subject: Undelivered Mail Returned to Sender\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
I'm sorry to have to inform you.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mail.borealis.example\r
\r
Final-Recipient: rfc822; p1@borealis.example\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 no such user\r
\r
--b\r
Content-Type: message/rfc822\r
\r
Message-ID: {message_id}\r
Subject: Week 47\r
\r
--b--\r
"""
