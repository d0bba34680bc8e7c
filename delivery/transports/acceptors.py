"""Whoever took our mails can be asked later whether it has one: an archive maildir or Postfix's log and queue.

A relay cannot be asked by SMTP. Each of these answers `has_accepted(message_id)` with yes, no, or None when it
cannot tell; `lag_seconds` is how long after a mail's acceptance its "no" may still be wrong.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Protocol

_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>\s]+>)", re.IGNORECASE | re.MULTILINE)
_HEADER_BYTES = 65_536
# "postfix/cleanup[12]: QUEUEID: message-id=<...>", also postfix-out/cleanup of a second instance
_CLEANUP = re.compile(r"/cleanup\[\d+\]: ([0-9A-Za-z]+): message-id=(<[^>\s]+>)")
_QUEUED = re.compile(r"/qmgr\[\d+\]: ([0-9A-Za-z]+): from=<")
_SECONDS = 20


class Acceptor(Protocol):
    @property
    def lag_seconds(self) -> float: ...

    def has_accepted(self, message_id: str) -> bool | None: ...


class MaildirArchive:
    """A maildir that gets a copy of every mail before the relay says 250, such as Postfix's `always_bcc`."""

    lag_seconds = 60.0

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, str | None] = {}

    def has_accepted(self, message_id: str) -> bool | None:
        """None when the folder cannot be read: an absent archive must not look like an empty one."""
        try:
            for name in ("new", "cur"):
                for entry in os.scandir(self._folder / name):
                    unique = entry.name.partition(":")[0]
                    if unique not in self._seen:
                        self._seen[unique] = _message_id(Path(entry.path))
        except OSError:
            return None
        return message_id in self._seen.values()


class PostfixLog:
    """Postfix's log, and its queue while the log lags.

    `message-id=` alone proves nothing, for it is logged while the mail is still being received; the queue
    manager's line about the same queue id comes after the queue file is on disk.
    """

    lag_seconds = 60.0

    def __init__(self, log: Path, *, config: Path | None = None) -> None:
        self._log = log
        self._config = ["-c", str(config)] if config else []
        self._accepted: set[str] = set()

    def has_accepted(self, message_id: str) -> bool | None:
        """Seen in the log or in the queue is yes; seen in neither, with both readable, is no."""
        if message_id in self._accepted:
            return True
        try:
            self._read()
        except OSError:
            return None
        return message_id in self._accepted or self._is_queued(message_id)

    def _read(self) -> None:
        rotated = self._log.with_name(f"{self._log.name}.1")
        for path in (rotated, self._log) if rotated.exists() else (self._log,):
            named: dict[str, str] = {}
            with path.open(encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    if found := _CLEANUP.search(line):
                        named[found[1]] = found[2]
                    elif (found := _QUEUED.search(line)) and found[1] in named:
                        self._accepted.add(named[found[1]])

    def _is_queued(self, message_id: str) -> bool | None:
        listed = self._asked("postqueue", "-j")
        if listed is None:
            return None
        for line in listed.splitlines():
            queue_id = str(json.loads(line)["queue_id"])
            header = self._asked("postcat", "-hq", queue_id)
            if header is None:
                return None  # it left the queue while we looked, or we may not read it: ask again later
            if (found := _MESSAGE_ID.search(header)) and found[1].decode("ascii", "replace") == message_id:
                return True
        return False

    def _asked(self, program: str, *arguments: str) -> bytes | None:
        try:
            done = subprocess.run(  # noqa: S603 - Postfix's own tools with fixed arguments
                [program, *self._config, *arguments], capture_output=True, timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout if done.returncode == 0 else None


def _message_id(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
    found = _MESSAGE_ID.search(head.partition(b"\n\r\n")[0].partition(b"\n\n")[0])
    return found[1].decode("ascii", "replace") if found else None
