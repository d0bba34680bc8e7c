"""Replies to our mails: who writes, about what, the order in the first line, and workbooks that are attached.

A reply is read, never judged. Whether the sender may do what it says is decided by who knows the ledger.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser

from contracts.ids import key_digest

MAX_BYTES = 30_000_000
_LONGEST = 4_000
_TAG = re.compile(r"\+(?P<subject>[A-Za-z0-9-]{4,48})\.(?P<version>\d{1,6})\.(?P<seal>[0-9a-f]{20})@")
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,200}>")
_ORDER = re.compile(r"^(close|closed|owner|due|status)\s*[:=]\s*(.+)$", re.IGNORECASE)
_WORD = re.compile(r"^(done|pending|ack|acknowledged|close|closed)\s*[.!]?$", re.IGNORECASE)
_SAME = {"closed": "close", "acknowledged": "ack"}
# Where a mail program begins to quote what it answers, in the languages of the house and as Outlook does.
_QUOTED = re.compile(
    r"^(>|On .{4,200}wrote:|Il .{4,200}ha scritto:|-{3,}\s*(Original Message|Messaggio originale|رسالة أصلية)|_{10,}$"
    r"|(From|Da|من): .+)",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"^-- ?$")


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a reply."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Tag:
    """What the address says that our mail asked to reply to: about what, at which version, sealed for one reader."""

    subject: str
    version: int
    seal: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A mail of the returns mailbox.

    `order` is a word (done, pending, ack, close, owner, due, status) with its `value`; "" for a note. `text` is what
    the person wrote, without quoted lines. `is_automatic`: written by a machine, which is never answered.
    """

    key: str
    sender: str
    subject: str
    tag: Tag | None
    references: tuple[str, ...]
    order: str
    value: str
    text: str
    workbooks: tuple[Attached, ...]
    is_automatic: bool


def read_reply(content: bytes) -> Reply:
    """Reads a mail; whatever it holds, something comes back."""
    mail = message_from_bytes(content[:MAX_BYTES], policy=default)
    lines = _written(_body(mail))
    order, value, rest = _order(lines)
    sender = parseaddr(_header(mail, "From"))[1].strip().lower()
    text = "\n".join(rest).strip()[:_LONGEST]
    workbooks = tuple(_workbooks(mail))
    return Reply(
        key=key_digest("reply", _header(mail, "Message-ID") or content, sender, length=64),
        sender=sender,
        subject=" ".join(_header(mail, "Subject").split())[:200],
        tag=_tag(mail),
        references=tuple(
            dict.fromkeys(_MESSAGE_ID.findall(f"{_header(mail, 'In-Reply-To')} {_header(mail, 'References')}"))
        ),
        order=order,
        value=value,
        text=text,
        workbooks=workbooks,
        is_automatic=_is_automatic(mail),
    )


def _header(mail: EmailMessage, name: str) -> str:
    # a header that cannot be parsed is a header that says nothing
    try:
        return str(mail.get(name, ""))
    except (ValueError, IndexError, AttributeError):
        return ""


def _tag(mail: EmailMessage) -> Tag | None:
    names = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
    for name in names:
        # header by header: a Python with strict parsing gives up on all of them for one that is empty or odd
        for _, address in getaddresses([_header(mail, name)]):
            if found := _TAG.search(address):
                return Tag(found["subject"], int(found["version"]), found["seal"])
    return None


def _is_automatic(mail: EmailMessage) -> bool:
    """RFC 3834 and what programs did before it."""
    answered = _header(mail, "Auto-Submitted").lower().partition(";")[0].strip() not in ("", "no")
    bulk = _header(mail, "Precedence").lower().strip() in ("bulk", "junk", "list", "auto_reply")
    marked = any(mail.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"))
    return answered or bulk or marked or mail.get_content_type() == "multipart/report"


def _body(mail: EmailMessage) -> str:
    try:
        part = mail.get_body(("plain", "html"))
        text = part.get_content() if part is not None else ""
    except (LookupError, ValueError, AttributeError, KeyError, AssertionError):
        return ""
    if part is not None and part.get_content_type() == "text/html":
        page = _Text()
        page.feed(str(text))
        page.close()
        return "".join(page.found)
    return str(text)


def _written(body: str) -> list[str]:
    """The lines that the person wrote: what is quoted below, and a signature, is not the person's answer."""
    lines: list[str] = []
    for raw in body.replace("\r\n", "\n").replace("\u00a0", " ").split("\n"):
        line = raw.rstrip()
        if _QUOTED.match(line.strip()) or _SIGNATURE.match(line):
            break
        lines.append(line)
    while lines and not lines[0].strip():
        lines.pop(0)
    return lines


def _order(lines: list[str]) -> tuple[str, str, list[str]]:
    """The order of the first line with its value, and the lines that are left as a note."""
    first = lines[0].strip() if lines else ""
    if found := _ORDER.match(first):
        word = found[1].lower()
        return _SAME.get(word, word), found[2].strip()[:_LONGEST], lines[1:]
    if found := _WORD.match(first):
        word = found[1].lower()
        return _SAME.get(word, word), "", lines[1:]
    return "", "", lines


def _workbooks(mail: EmailMessage) -> list[Attached]:
    """Attached files that are workbooks by their name; what they are is found when they are read."""
    found = []
    for part in mail.walk():
        name = part.get_filename() or ""
        if name.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods")):
            content = part.get_payload(decode=True)
            if isinstance(content, bytes) and content:
                found.append(Attached(" ".join(name.split())[:200], content))
    return found


class _Text(HTMLParser):
    """The text of a page, a line per block; scripts and styles say nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in ("script", "style", "head"):
            self._silent += 1
        elif tag == "blockquote":
            self.found.append("\n> ")
        elif tag in ("br", "p", "div", "tr", "li"):
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "head"):
            self._silent = max(self._silent - 1, 0)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)
