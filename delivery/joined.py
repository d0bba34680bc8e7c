"""Several mails to one person as one: all their words and files, one after the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import MIMEPart
from email.policy import default

from contracts.exchange import Attachment, Picture

_BODY = re.compile(r"<body\b[^>]*>(.*)</body>", re.DOTALL | re.IGNORECASE)
_LINE = "=" * 72
_LOOK = "font-family:Inter,'Segoe UI',Arial,Helvetica,sans-serif;font-size:15px;line-height:23px;color:#15191F;"


@dataclass(frozen=True, slots=True)
class Joined:
    """The joint mail without its envelope."""

    text: str
    html: str
    attachments: tuple[Attachment, ...]
    pictures: tuple[Picture, ...]


def join(emls: Sequence[bytes], *, lead: str) -> Joined:
    """The mails in the given order under a sentence that says what they are; equal files are carried once."""
    mails = [message_from_bytes(eml, policy=default) for eml in emls]
    subjects = [str(mail["Subject"]) for mail in mails]
    listed = "\n".join(f"{number}. {subject}" for number, subject in enumerate(subjects, 1))
    texts = [f"{lead}\n\n{listed}\n"]
    contents = "".join(f"<li>{_escaped(subject)}</li>" for subject in subjects)
    pages = [f'<div style="{_LOOK}"><p>{_escaped(lead)}</p><ol>{contents}</ol></div>']
    files: dict[tuple[str, bytes], Attachment] = {}
    pictures: list[Picture] = []
    for number, mail in enumerate(mails, 1):
        plain, page = mail.get_body(("plain",)), mail.get_body(("related", "html"))
        text = plain.get_content() if plain is not None else ""
        texts.append(f"{_LINE}\n{text}")
        html, shown = _page(page, number) if page is not None else (f"<pre>{_escaped(text)}</pre>", [])
        pages.append(html)
        pictures += shown
        for part in mail.iter_attachments():
            name, content = part.get_filename() or "attachment", part.get_content()
            body = content.encode() if isinstance(content, str) else content
            files.setdefault((name, body), Attachment(name, part.get_content_type(), body))
    head = f'<head><meta charset="utf-8"><title>{_escaped(lead)}</title></head>'
    html = f'<!doctype html>\n<html lang="en">{head}<body><div role="main">{"<hr>".join(pages)}</div></body></html>'
    return Joined("\n".join(texts), html, tuple(files.values()), tuple(pictures))


def _page(page: MIMEPart, number: int) -> tuple[str, list[Picture]]:
    """The inside of a mail's page, with picture ids that cannot meet those of another mail."""
    parts = list(page.iter_parts()) if page.is_multipart() else [page]
    html = parts[0].get_content()
    found = _BODY.search(html)
    # A page has one main part: here it is the whole, and each mail is an article in it.
    inside = (found[1] if found else html).replace('role="main"', 'role="article"')
    pictures = []
    for part in parts[1:]:
        cid = str(part["Content-ID"]).strip("<>")
        inside = inside.replace(f"cid:{cid}", f"cid:{number}.{cid}")
        pictures.append(Picture(f"{number}.{cid}", part.get_content(), ""))
    return inside, pictures


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
