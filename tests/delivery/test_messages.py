from __future__ import annotations

import re
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.exchange import Attachment, Message, Picture
from contracts.words import MessageKind
from delivery.errors import MessageRefused
from delivery.messages import estimated_bytes, is_allowed_domain, mailable_address, to_eml
from tests.factories.delivery import PIXEL, SENT_AT, message

GOLDEN = Path(__file__).parent.parent / "golden" / "mail_pack.eml"


def eml(made: Message | None = None, **changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "sender": ("Borealis customer loyalty", "loyalty@borealis.example"),
        "date": SENT_AT,
        "domain": "borealis.example",
        "list_id": "loyalty.borealis.example",
        **changes,
    }
    return to_eml(made or message(), **arguments)


def parsed(content: bytes) -> EmailMessage:
    found = message_from_bytes(content, policy=default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def test_one_whole_mail_as_it_was_reviewed() -> None:
    # Kept with plain line ends, because version control may change them.
    assert eml().replace(b"\r\n", b"\n") == GOLDEN.read_bytes()


def test_same_message_same_bytes_and_other_key_other_message_id() -> None:
    assert eml() == eml()
    assert parsed(eml())["Message-ID"] == f"<{message().message_id_local}@borealis.example>"
    assert parsed(eml(message(revision=1)))["Message-ID"] != parsed(eml())["Message-ID"]


def test_the_bytes_are_ascii_lines_that_any_relay_takes() -> None:
    long = message(text="عميل " * 900 + "\n.\nFrom here\n", html="<p>" + "x" * 5000 + "</p>")
    for content in (eml(), eml(long)):
        assert content.isascii()
        assert max(map(len, content.split(b"\r\n"))) <= 998
        assert b"\n" not in content.replace(b"\r\n", b"")
    assert parsed(eml(long)).get_body(("plain",)).get_content().count("عميل") == 900  # type: ignore[union-attr]


def test_headers_of_an_automatic_mail_to_one_person() -> None:
    mail = parsed(eml(reply_to="cases@borealis.example"))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["List-Id"] == "<loyalty.borealis.example>"
    assert mail["Reply-To"] == "cases@borealis.example"
    assert mail["Cc"] is None
    assert mail["Bcc"] is None
    assert [a.addr_spec for a in mail["To"].addresses] == ["amina.karim@borealis.example"]
    assert parsed(eml())["Reply-To"].addresses[0].addr_spec == "loyalty@borealis.example"


def test_parts_text_page_picture_and_attachments() -> None:
    made = message(
        attachments=(Attachment("piano-azioni – settimana 47 (città).xlsx", "application/x-xlsx", b"\x00\xff" * 99),)
    )
    mail = parsed(eml(made))
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == made.text  # type: ignore[union-attr]
    assert mail.get_body(("html",)).get_content().strip() == made.html  # type: ignore[union-attr]
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert [(p["Content-ID"], p.get_payload(decode=True)) for p in pictures] == [("<zones>", PIXEL)]
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "piano-azioni – settimana 47 (città).xlsx"
    assert attached.get_payload(decode=True) == b"\x00\xff" * 99
    assert re.search(rb"filename\*0?\*?=utf-8''piano-azioni", eml(made))


@pytest.mark.parametrize(
    "name",
    [
        "Renée Müller",
        "أمينة كريم",
        "山田 太郎",
        "Ивано́в, Пётр",
        'Müller, "Hans" (IT) <x@y>',
        "O'Neil; DROP, Ltd.",
        pytest.param("ψ" * 60, id="several encoded words"),
    ],
)
def test_display_names_of_any_script_come_back_as_one_recipient(name: str) -> None:
    content = eml(message(to_name=name))
    (recipient,) = parsed(content)["To"].addresses
    assert recipient.addr_spec == "amina.karim@borealis.example"
    # The older reader: the newer one keeps the fold between two encoded words, against RFC 2047, 6.2.
    shown, _ = parseaddr(str(make_header(decode_header(message_from_bytes(content)["To"]))))
    assert name in (shown, recipient.display_name)


@settings(max_examples=80, deadline=None)
@given(name=st.text(max_size=80), subject=st.text(max_size=200), sender=st.text(max_size=40))
def test_no_text_gets_a_header_or_a_recipient_of_its_own(name: str, subject: str, sender: str) -> None:
    content = eml(message(to_name=name, subject=subject), sender=(sender, "loyalty@borealis.example"))
    mail = parsed(content)
    assert [a.addr_spec for a in mail["To"].addresses] == ["amina.karim@borealis.example"]
    assert [a.addr_spec for a in mail["From"].addresses] == ["loyalty@borealis.example"]
    assert set(mail.keys()) == set(parsed(eml()).keys())


def test_injected_headers_become_blanks() -> None:
    mail = parsed(eml(message(subject="Hi\r\nBcc: eve@x.example", to_name="A\nB\u202eC")))
    assert mail["Subject"] == "Hi Bcc: eve@x.example"
    assert mail["To"].addresses[0].display_name == "A BC"


def test_a_long_subject_is_cut_and_a_correction_says_so() -> None:
    subject = str(parsed(eml(message(subject="N" * 1200)))["Subject"])
    assert len(subject) == 78
    assert subject.endswith("…")
    assert parsed(eml(message(revision=1)))["Subject"] == "Correction: Your customers in week 47"
    assert parsed(eml(message(revision=1, subject="Correction: x")))["Subject"] == "Correction: x"


def test_attachment_names_cannot_leave_a_folder() -> None:
    made = message(attachments=(Attachment("../../etc/\u202epasswd\r\n.pdf", "application/pdf", b"%PDF"),))
    (attached,) = parsed(eml(made)).iter_attachments()
    assert attached.get_filename() == "..-..-etc-passwd .pdf"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Ann.O'Neil+cem@Borealis.Example", "Ann.O'Neil+cem@borealis.example"),
        (" ann@bücher.example ", "ann@xn--bcher-kva.example"),
        ("zo\u0065\u0308@x.example", "zo\u00eb@x.example"),
        ("用户@例え.example", "用户@xn--r8jz45g.example"),
    ],
)
def test_addresses_that_can_be_mailed(address: str, expected: str) -> None:
    assert mailable_address(address) == expected


@pytest.mark.parametrize(
    "address",
    ["", "ann", "@x.example", "ann@", "a@b, c@d", '"x"@y.example', "ann@x.example.", "a b@x.example",
     "ann@-x.example", "a..b@x.example", "ann@x\r\n.example", "ann@" + "x" * 64 + ".example", "ann@[127.0.0.1]"],
)  # fmt: skip
def test_addresses_that_cannot(address: str) -> None:
    with pytest.raises(MessageRefused):
        mailable_address(address)


def test_allowed_domains_and_those_below_them() -> None:
    allowed = ["borealis.example"]
    assert is_allowed_domain("a@borealis.example", allowed)
    assert is_allowed_domain("a@emea.Borealis.example", allowed)
    assert not is_allowed_domain("a@notborealis.example", allowed)
    assert is_allowed_domain("a@anything.example", [])


@pytest.mark.parametrize(
    ("changes", "arguments", "words"),
    [
        ({"text": " \n"}, {}, "text part is empty"),
        ({"html": '<img src="cid:trend">'}, {}, "shows trend"),
        ({}, {"date": datetime(2026, 11, 23)}, "no time zone"),
    ],
)
def test_messages_that_must_not_leave(changes: dict[str, Any], arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(MessageRefused, match=words):
        eml(message(**changes), **arguments)


def test_plain_mail_needs_no_page_and_no_parts() -> None:
    mail = parsed(eml(message(kind=MessageKind.OPERATOR, html="", attachments=(), pictures=())))
    assert mail.get_content_type() == "text/plain"
    assert not mail.is_multipart()


def test_boundaries_cannot_occur_in_the_text() -> None:
    boundary = re.search(rb'boundary="(=_[0-9a-f]+)"', eml())
    assert boundary is not None
    tricky = message(text=f"--{boundary[1].decode()}--\nstill the text")
    assert "still the text" in parsed(eml(tricky)).get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [0, 10_000, 3_000_000])
def test_the_estimate_is_close(size: int) -> None:
    made = message(
        attachments=(Attachment("a.pdf", "application/pdf", bytes(size)),), pictures=(Picture("zones", PIXEL, "z"),)
    )
    assert len(eml(made)) <= estimated_bytes(made) <= len(eml(made)) * 1.02 + 2_000
