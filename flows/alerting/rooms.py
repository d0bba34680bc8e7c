"""Alerts in chat: the room of a reader is told what that reader is told, in one line and a link."""

from __future__ import annotations

from dataclasses import replace

from contracts.exchange import Message
from delivery.chat import ROOM
from flows.run import Run


def in_chat(run: Run, mail: Message, *, said: str, link: str | None) -> list[Message]:
    """The messages for the rooms of this mail's reader; none where the reader has no room.

    Args:
        run: for the rooms of workspace.toml.
        mail: as the reader gets it; its key, revision and disclosure are kept.
        said: what happened, and of which account.
        link: to the account page; None where nothing is linked.
    """
    text = "\n".join(part for part in (said, link) if part)
    return [
        replace(
            mail,
            channel="chat",
            to_name=place.room,
            to_address=f"{ROOM}{place.room}",
            subject=said,
            text=text,
            html="",
            attachments=(),
            pictures=(),
            not_before=None,
            joins=None,
        )
        for place in run.settings.file.chat
        if place.reader == mail.person_id
    ]
