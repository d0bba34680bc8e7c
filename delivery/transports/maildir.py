"""Mail into folders: a maildir per recipient, whose messages are .eml files that anybody can open.

The file name comes from the Message-ID, so a second delivery of the same mail replaces the same file.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from contracts.exchange import Parcel, Receipt
from contracts.ids import safe_name
from delivery.transports.receipts import MayPass, always, fenced, receipt_of

_FULL = (errno.ENOSPC, errno.EDQUOT)
_SUBJECT_LENGTH = 48


class MaildirTransport:
    """Writes to `folder/<recipient>/new/<subject>~<message id>.eml`: complete, on disk, or not at all."""

    lag_seconds = 0.0

    def __init__(self, folder: Path, *, host: str = "maildir") -> None:
        self._folder = folder
        self._host = host

    def send(self, parcel: Parcel, *, may_pass: MayPass = always) -> Receipt:
        """Delivers by the rules of maildir: tmp, fsync, rename into new, fsync. A known Message-ID is not doubled."""
        try:
            if not may_pass():
                return fenced(parcel, self._host)
            box = self._box(parcel.recipient)
            name = _file_name(parcel)
            if not _is_read(box, parcel.message_id):
                _deliver(box, name, parcel.eml)
        except OSError as exc:
            code = 452 if exc.errno in _FULL else 451
            return receipt_of(parcel, self._host, "write", code, f"{exc.strerror}: {exc.filename or self._folder}")
        return receipt_of(parcel, self._host, "write", 250, f"kept as {box.name}/new/{name}", is_sent=True)

    def has_accepted(self, message_id: str) -> bool:
        """Whether any recipient's folder holds the message."""
        return any(_is_here(box, message_id) for box in self._folder.glob("*") if box.is_dir())

    def close(self) -> None:
        """Nothing is kept open between parcels."""

    def _box(self, recipient: str) -> Path:
        box = self._folder / safe_name(recipient)
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self._folder, box, box / "tmp", box / "new", box / "cur"):
            folder.mkdir(mode=0o700, exist_ok=True)
        return box


class PreviewTransport(MaildirTransport):
    """The same files in a folder that nobody is mailed from: shows what would be sent."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, host="preview")


def _deliver(box: Path, name: str, eml: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=box / "tmp", suffix=".eml")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(eml)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, box / "new" / name)  # noqa: PTH105 - the same call as in publish, atomic by contract
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(box / "new", os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _file_name(parcel: Parcel) -> str:
    subject = str(message_from_bytes(parcel.eml, policy=default).get("Subject", ""))
    slug = safe_name(subject, keep=_SUBJECT_LENGTH).rpartition("-")[0]
    return f"{slug or 'mail'}~{_local(parcel.message_id)}.eml"


def _local(message_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", message_id.strip("<>").partition("@")[0])


def _is_read(box: Path, message_id: str) -> bool:
    # A mail reader moves what was read from new to cur and adds flags to its name.
    return any((box / "cur").glob(f"*~{_local(message_id)}.eml*"))


def _is_here(box: Path, message_id: str) -> bool:
    return _is_read(box, message_id) or any((box / "new").glob(f"*~{_local(message_id)}.eml"))
