"""From a Message to the bytes that are sent: RFC 5322 with text, HTML, pictures and attachments.

Deterministic: the same message, sender and date give the same bytes, so a retry is the same mail.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from contracts.exchange import Attachment, Message, Picture
from contracts.ids import key_digest
from delivery.errors import MessageRefused

SUBJECT_LIMIT = 78
_NAME_LIMIT = 64
_FILE_NAME_LIMIT = 120
# C0, C1, line and paragraph separators; zero-width and bidi controls, which make a name look like another.
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LOCAL_PART = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*\Z")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")
_SHOWN = re.compile(r"""\bcid:([^\s"'>)]+)""")


def to_eml(
    message: Message,
    *,
    sender: tuple[str, str],
    date: datetime,
    domain: str,
    list_id: str,
    reply_to: str | None = None,
) -> bytes:
    """The message as RFC 5322 bytes to exactly one recipient; pure ASCII unless that address is not (RFC 6532).

    Args:
        message: what is said to whom.
        sender: display name and address.
        date: aware instant of the Date header; frozen with the bytes.
        domain: right side of the Message-ID.
        list_id: the List-Id, such as `loyalty.borealis.example`.
        reply_to: where answers go; the sender's address if not given.

    Raises: MessageRefused for an address that cannot be mailed, a message without text, a picture shown but
        absent, a date without zone.
    """
    if date.tzinfo is None:
        raise MessageRefused(f"{message.key}: the date has no time zone")
    if not message.text.strip():
        raise MessageRefused(f"{message.key}: the text part is empty; every mail carries its facts as plain text")
    is_ascii = mailable_address(message.to_address).isascii()
    mail = EmailMessage(policy=SMTP if is_ascii else SMTPUTF8)
    mail["From"] = _mailbox(*sender)
    mail["To"] = _mailbox(message.to_name, message.to_address)
    mail["Subject"] = _subject(message)
    mail["Date"] = date
    mail["Message-ID"] = message_id(message, domain)
    mail["Reply-To"] = _mailbox("", reply_to) if reply_to else _mailbox(*sender)
    mail["List-Id"] = f"<{list_id.strip('<>')}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    _fill(mail, message)
    _fix_boundaries(mail, message)
    return mail.as_bytes()


def message_id(message: Message, domain: str) -> str:
    """`<local@domain>`: the same for every attempt, so that acceptors can be asked and receivers can dedupe."""
    return f"<{message.message_id_local}@{domain}>"


def mailable_address(address: str) -> str:
    """The address as it goes into the envelope: an international domain in its xn-- form, the rest in NFC.

    A local part outside ASCII is kept: such a mail leaves only by a relay that offers SMTPUTF8.

    Raises: MessageRefused for two addresses, quotes, a local part with other signs, or a domain that is none.
    """
    text = unicodedata.normalize("NFC", address.strip())
    local, _, domain = text.rpartition("@")
    if not _LOCAL_PART.match(local) or len(local.encode()) > 64:
        raise MessageRefused(f"'{_clean(text)}' is no address that can be mailed: write one plain name@domain")
    try:
        host = domain.encode("idna").decode("ascii").lower()
    except UnicodeError as exc:
        raise MessageRefused(f"'{_clean(text)}': '{_clean(domain)}' is no mail domain") from exc
    if len(host) > 253 or not all(_LABEL.match(label) for label in host.split(".")):
        raise MessageRefused(f"'{_clean(text)}': '{_clean(domain)}' is no mail domain")
    return f"{local}@{host}"


def is_allowed_domain(address: str, allowed_domains: list[str]) -> bool:
    """Whether the address lies in an allowed domain or below one; with no list nothing is barred."""
    host = mailable_address(address).rpartition("@")[2]
    allowed = [domain.lower() for domain in allowed_domains]
    return not allowed or any(host == domain or host.endswith(f".{domain}") for domain in allowed)


def estimated_bytes(message: Message) -> int:
    """About how long `to_eml` will be, without building it: base64 takes 78 octets for 57, texts are quoted."""
    contents = [a.content for a in message.attachments] + [p.content for p in message.pictures]
    files = sum(map(len, contents))
    texts = len(message.text.encode()) + len(message.html.encode())
    parts = 2 + len(contents)
    return 1_200 + 300 * parts + -(-files * 78 // 57) + -(-texts * 4 // 3)


def _mailbox(name: str, address: str) -> Address:
    local, _, domain = mailable_address(address).rpartition("@")
    return Address(display_name=_clipped(name, _NAME_LIMIT), username=local, domain=domain)


def _subject(message: Message) -> str:
    # Readers must see at once that this replaces what they already have.
    is_marked = message.revision == 0 or not message.corrects or message.subject.startswith("Correction")
    return _clipped(message.subject if is_marked else f"Correction: {message.subject}", SUBJECT_LIMIT)


def _fill(mail: EmailMessage, message: Message) -> None:
    mail.set_content(message.text, cte=_encoding(message.text))
    if message.html:
        shown = set(_SHOWN.findall(message.html))
        missing = sorted(shown - {picture.cid for picture in message.pictures})
        if missing:
            raise MessageRefused(f"{message.key}: the HTML shows {', '.join(missing)}, which no picture carries")
        mail.add_alternative(message.html, subtype="html", cte=_encoding(message.html))
        page = list(mail.iter_parts())[-1]
        for picture in message.pictures:
            _add_picture(page, picture)
    for attachment in message.attachments:
        _add_attachment(mail, attachment)


def _add_picture(page: object, picture: Picture) -> None:
    if not isinstance(page, EmailMessage):  # iter_parts is typed wider than what add_alternative makes
        raise TypeError(f"the HTML part is a {type(page).__name__}")
    page.add_related(picture.content, "image", "png", cid=f"<{picture.cid}>")


def _add_attachment(mail: EmailMessage, attachment: Attachment) -> None:
    main, _, sub = attachment.mime.partition("/")
    name = re.sub(r"[/\\:]", "-", _clean(attachment.name))[-_FILE_NAME_LIMIT:]
    mail.add_attachment(attachment.content, main, sub, filename=name)


def _encoding(text: str) -> str:
    """Quoted-printable for text that is mostly ASCII, else base64; never 7bit, which may hold a boundary."""
    foreign = sum(1 for character in text if not character.isascii())
    return "base64" if foreign * 6 > len(text) else "quoted-printable"


def _fix_boundaries(mail: EmailMessage, message: Message) -> None:
    """Boundaries from the key instead of chance. `=_` can occur neither in base64 nor in quoted-printable."""
    for number, part in enumerate(mail.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{key_digest(message.message_id_local, number, length=24)}")
        if number and "MIME-Version" in part:
            del part["MIME-Version"]


def _clean(text: str) -> str:
    return " ".join(_CONTROLS.sub(" ", _UNSEEN.sub("", text)).encode("utf-8", "replace").decode().split())


def _clipped(text: str, limit: int) -> str:
    clean = _clean(text)
    return clean if len(clean) <= limit else clean[: limit - 1].rstrip() + "…"
