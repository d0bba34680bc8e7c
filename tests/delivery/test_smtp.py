from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path

import pytest

from contracts.exchange import Receipt
from delivery.dispatch import dispatch, stops_batch, untouched
from delivery.transports import SmtpTransport
from tests.factories.delivery import SENT_AT, parcel
from tests.factories.smtp import Authority, Inbox, make_authority, relay, scripted


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def context(authority: Authority) -> ssl.SSLContext:
    return authority.server_context()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def over_tls(port: int, authority: Authority, *, dot_timeout: float = 5) -> SmtpTransport:
    return SmtpTransport("localhost", port, "tls", ca_file=authority.ca_file, timeout=3, dot_timeout=dot_timeout)


def state(receipt: Receipt) -> tuple[str, int, bool, bool, bool]:
    return receipt.step, receipt.code, receipt.is_sent, receipt.is_permanent, receipt.is_in_doubt


def test_a_mail_goes_out_by_starttls_with_one_recipient(
    authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    with relay(inbox, context) as port, SmtpTransport("localhost", port, ca_file=authority.ca_file) as transport:
        first = transport.send(parcel(1, body=".a line that begins with a dot"))
        second = transport.send(parcel(2, recipient="bob@borealis.example"))
    assert state(first) == ("dot", 250, True, False, False)
    assert second.is_sent
    assert [recipients for _, recipients, _ in inbox.mails] == [
        ["amina.karim@borealis.example"],
        ["bob@borealis.example"],
    ]
    assert inbox.mails[0][2] == parcel(1, body=".a line that begins with a dot").eml


def test_a_mail_goes_out_by_tls_from_the_first_byte(
    authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    with relay(inbox, context, is_implicit=True) as port, over_tls(port, authority) as transport:
        assert transport.send(parcel()).is_sent
    assert len(inbox.mails) == 1


def test_login_with_the_right_password(authority: Authority, context: ssl.SSLContext, inbox: Inbox) -> None:
    with relay(inbox, context, password="secret") as port:
        transport = SmtpTransport("localhost", port, "starttls", "cem", "secret", authority.ca_file)
        assert transport.send(parcel()).is_sent
        transport.close()
        assert "secret" not in repr(transport)
    assert inbox.logins == [("cem", "PLAIN")]


def test_a_wrong_password_is_tried_once_and_stops_the_batch(
    authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    parcels = [parcel(n) for n in range(1, 6)]
    with relay(inbox, context, password="secret") as port:
        transport = SmtpTransport("localhost", port, "starttls", "cem", "wrong", authority.ca_file)
        receipts = list(
            dispatch(parcels, transport, clock=lambda: SENT_AT, before_send=lambda p: True, may_pass=lambda p: True)
        )
    assert [state(receipt) for receipt in receipts] == [("auth", 535, False, False, False)]
    assert inbox.logins == [("cem", "PLAIN")]
    assert [p.outbox_id for p in untouched(parcels, receipts)] == [2, 3, 4, 5]
    assert not inbox.mails


def test_without_starttls_nothing_is_sent_in_clear(authority: Authority, inbox: Inbox) -> None:
    with relay(inbox, None) as port:
        receipt = SmtpTransport("localhost", port, ca_file=authority.ca_file).send(parcel())
    assert state(receipt) == ("starttls", 0, False, False, False)
    assert "STARTTLS" in receipt.text
    assert stops_batch(receipt)
    assert not inbox.mails


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("fault", ["unknown authority", "wrong name", "expired"])
def test_a_certificate_that_does_not_hold_stops_everything(
    security: str, fault: str, authority: Authority, inbox: Inbox, tmp_path: Path
) -> None:
    stranger = make_authority(tmp_path / "stranger")
    served = {
        "unknown authority": stranger.server_context(),
        "wrong name": authority.server_context(name="mail.elsewhere.example"),
        "expired": authority.server_context(is_expired=True),
    }[fault]
    with relay(inbox, served, is_implicit=security == "tls") as port:
        transport = SmtpTransport(
            "localhost", port, "tls" if security == "tls" else "starttls", ca_file=authority.ca_file, timeout=3
        )
        receipt = transport.send(parcel())
    assert receipt.step == ("starttls" if security == "starttls" else "connect")
    assert not receipt.is_sent
    assert not receipt.is_permanent
    assert "certificate" in receipt.text
    assert stops_batch(receipt)
    assert not inbox.mails


def test_each_recipient_has_an_answer_of_its_own(authority: Authority, context: ssl.SSLContext, inbox: Inbox) -> None:
    inbox.replies = {"grey@borealis.example": "451 try later", "gone@borealis.example": "550 no such user"}
    parcels = [
        parcel(1),
        parcel(2, recipient="grey@borealis.example"),
        parcel(3, recipient="gone@borealis.example"),
        parcel(4),
    ]
    with relay(inbox, context) as port:
        transport = SmtpTransport("localhost", port, ca_file=authority.ca_file)
        receipts = list(
            dispatch(parcels, transport, clock=lambda: SENT_AT, before_send=lambda p: True, may_pass=lambda p: True)
        )
    assert [state(receipt) for receipt in receipts] == [
        ("dot", 250, True, False, False),
        ("rcpt", 451, False, False, False),
        ("rcpt", 550, False, True, False),
        ("dot", 250, True, False, False),
    ]
    assert {receipt.at for receipt in receipts} == {SENT_AT}
    assert receipts[2].text == "no such user"


@pytest.mark.parametrize(
    ("reply", "is_permanent"), [("554 virus", True), ("452 disk full", False), ("552 too big", True)]
)
def test_refusals_after_the_dot_are_final_answers_not_doubts(
    reply: str, is_permanent: bool, authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    inbox.data_reply = reply
    with relay(inbox, context) as port, SmtpTransport("localhost", port, ca_file=authority.ca_file) as transport:
        receipt = transport.send(parcel())
    assert state(receipt) == ("dot", int(reply[:3]), False, is_permanent, False)


def test_a_refused_sender_is_our_fault_and_stops_the_batch(
    authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    inbox.sender_reply = "553 sender not known"
    with relay(inbox, context) as port:
        transport = SmtpTransport("localhost", port, ca_file=authority.ca_file)
        receipts = list(
            dispatch(
                [parcel(1), parcel(2)],
                transport,
                clock=lambda: SENT_AT,
                before_send=lambda p: True,
                may_pass=lambda p: True,
            )
        )
    assert [state(receipt) for receipt in receipts] == [("mail", 553, False, False, False)]


def test_a_mail_above_the_size_limit_is_not_even_offered(
    authority: Authority, context: ssl.SSLContext, inbox: Inbox
) -> None:
    with relay(inbox, context, size=500) as port, SmtpTransport("localhost", port, ca_file=authority.ca_file) as smtp:
        large, small = smtp.send(parcel(1, body="x" * 900)), smtp.send(parcel(2))
    assert state(large) == ("size", 552, False, True, False)
    assert "the relay takes 500" in large.text
    assert small.is_sent
    assert len(inbox.mails) == 1


def test_a_closed_port_and_an_unknown_host_stop_the_batch(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    closed = over_tls(port, authority).send(parcel())
    unknown = SmtpTransport("no-such-host.invalid", 25, ca_file=authority.ca_file, timeout=3).send(parcel())
    for receipt in (closed, unknown):
        assert state(receipt) == ("connect", 0, False, False, False)
        assert stops_batch(receipt)


def test_a_relay_that_says_nothing_is_given_up_after_the_timeout(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        receipt = SmtpTransport("localhost", silent.getsockname()[1], ca_file=authority.ca_file, timeout=0.3).send(
            parcel()
        )
    assert state(receipt)[:3] == ("connect", 0, False)
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    ("verb", "reply", "expected"),
    [
        pytest.param("banner", b"421 too busy\r\n", ("connect", 421, False, False, False), id="421 on the banner"),
        pytest.param("banner", b"\x00\xff garbage\r\n", ("connect", -1, False, False, False), id="garbage banner"),
        pytest.param(
            "banner", b"220 " + b"x" * 100_000 + b"\r\n", ("connect", 500, False, False, False), id="endless line"
        ),
        pytest.param("EHLO", b"502 no\r\n", ("ehlo", 502, False, False, False), id="no EHLO"),
        pytest.param("MAIL", None, ("mail", 0, False, False, False), id="drop at MAIL"),
        pytest.param("MAIL", b"421 closing\r\n", ("mail", 421, False, False, False), id="421 at MAIL"),
        pytest.param("RCPT", None, ("rcpt", 0, False, False, False), id="drop at RCPT"),
        pytest.param("DATA", b"554 no\r\n", ("data", 554, False, True, False), id="554 at DATA"),
        pytest.param("DATA", b"451 later\r\n", ("data", 451, False, False, False), id="451 at DATA"),
        pytest.param("DATA", None, ("data", 0, False, False, False), id="drop at DATA"),
        pytest.param("dot", None, ("dot", 0, False, False, True), id="drop after the dot: in doubt"),
        pytest.param("dot", b"\x00\x00\r\n", ("dot", -1, False, False, True), id="garbage after the dot: in doubt"),
        pytest.param("dot", b"421 closing\r\n", ("dot", 421, False, False, False), id="421 after the dot: not kept"),
        pytest.param("QUIT", None, ("dot", 250, True, False, False), id="drop at QUIT: sent"),
    ],
)
def test_every_step_can_fail(
    verb: str,
    reply: bytes | None,
    expected: tuple[str, int, bool, bool, bool],
    authority: Authority,
    context: ssl.SSLContext,
) -> None:
    with scripted(context, **{verb: reply}) as (port, _), over_tls(port, authority) as transport:
        assert state(transport.send(parcel())) == expected


def test_a_drop_inside_the_body_is_no_doubt(authority: Authority, context: ssl.SSLContext) -> None:
    with scripted(context, body=None, EHLO=b"250 relay\r\n") as (port, script), over_tls(port, authority) as transport:
        receipt = transport.send(parcel(body="\r\n".join(["x" * 900] * 20_000)))
    assert state(receipt) == ("data", 0, False, False, False)
    assert not script.kept


def test_silence_after_the_dot_is_doubt_and_the_dot_has_its_own_patience(
    authority: Authority, context: ssl.SSLContext
) -> None:
    with scripted(context) as (port, script):
        script.before_dot_reply = lambda: time.sleep(0.8)
        hasty = over_tls(port, authority, dot_timeout=0.2)
        assert state(hasty.send(parcel(1))) == ("dot", 0, False, False, True)
        time.sleep(0.8)
        with over_tls(port, authority, dot_timeout=5) as patient:
            patient._timeout = 0.5
            assert patient.send(parcel(2)).is_sent
    assert len(script.kept) == 2


def test_a_connection_that_idled_out_is_replaced_without_a_second_mail(
    authority: Authority, context: ssl.SSLContext
) -> None:
    with scripted(context, RSET=None) as (port, script), over_tls(port, authority) as transport:
        assert transport.send(parcel(1)).is_sent
        assert transport.send(parcel(2)).is_sent
    assert len(script.kept) == 2
    assert sum(line.startswith("ehlo") for line in script.said) == 2


def test_the_step_after_a_failure_begins_on_a_fresh_connection(authority: Authority, context: ssl.SSLContext) -> None:
    with scripted(context, dot=None) as (port, script), over_tls(port, authority) as transport:
        assert transport.send(parcel(1)).is_in_doubt
        script.replies["dot"] = b"250 kept\r\n"
        assert transport.send(parcel(2)).is_sent


def test_it_says_its_own_domain_and_the_size(authority: Authority, context: ssl.SSLContext) -> None:
    with scripted(context) as (port, script), over_tls(port, authority) as transport:
        transport.send(parcel())
    assert script.said[0] == "ehlo borealis.example"
    assert script.said[1].upper() == f"MAIL FROM:<BOUNCE@BOREALIS.EXAMPLE> SIZE={len(parcel().eml)}"


def test_smtp_cannot_be_asked(authority: Authority) -> None:
    assert SmtpTransport("localhost", 1, ca_file=authority.ca_file).has_accepted("<x@y>") is None
