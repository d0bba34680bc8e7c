"""The small form of a mail that is too large for somebody on its way: its words and where its files lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

from contracts.exchange import Message
from delivery.messages import estimated_bytes

_MARK = "small"


def without_files(message: Message, *, megabytes: float, places: str) -> Message:
    """The message with its files replaced by a sentence that says why and where they are.

    Args:
        megabytes: how large it would have been.
        places: a sentence that says where the files can be had.
    """
    notice = _notice([attachment.name for attachment in message.attachments], megabytes, places)
    html = message.html.replace("</body>", f"<p>{_escaped(notice)}</p></body>", 1) if message.html else ""
    return replace(message, text=f"{notice}\n\n{message.text}", html=html, attachments=())


def fitted(message: Message, *, max_megabytes: float, places: str) -> Message:
    """The message as it is, or its small form when it would be larger than that."""
    megabytes = estimated_bytes(message) / 1e6
    return message if megabytes <= max_megabytes else without_files(message, megabytes=megabytes, places=places)


def small_form(refused: Message, eml: bytes, *, places: str) -> Message:
    """A mail that a relay found too large, as words alone under a key of its own.

    Args:
        refused: key, person and subject of the mail; its text is taken from the frozen bytes.
        eml: the frozen bytes.
        places: a sentence that says where the files can be had.
    """
    mail = message_from_bytes(eml, policy=default)
    body = mail.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    names = [part.get_filename() or "a file" for part in mail.iter_attachments()]
    return replace(
        refused,
        subject_key=f"{refused.subject_key}|{_MARK}",
        text=f"{_notice(names, len(eml) / 1e6, places)}\n\n{text}",
        html="",
        attachments=(),
        pictures=(),
    )


def is_small_form(subject_key: str) -> bool:
    """Whether nothing is left to leave out."""
    return subject_key.endswith(f"|{_MARK}")


def _notice(names: Sequence[str], megabytes: float, places: str) -> str:
    what = f" ({', '.join(names)})" if names else ""
    return f"The files of this mail{what} are left out: with them it has {megabytes:.1f} MB. {places}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
