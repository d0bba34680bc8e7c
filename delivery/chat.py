"""What is said in a chat room: an account, what happened, where it can be read. Nothing else, for rooms have guests."""

from __future__ import annotations

from contracts.exchange import Message

ROOM = "chat:"


def to_chat(message: Message) -> bytes:
    """The frozen bytes: one line of title, an empty line, the body."""
    title = " ".join(message.subject.split())
    return f"Subject: {title}\n\n{message.text.strip()}\n".encode("utf-8", "replace")


def read_chat(content: bytes) -> tuple[str, str]:
    """Title and body."""
    title, _, body = content.decode("utf-8").partition("\n\n")
    return title.removeprefix("Subject: "), body.strip()
