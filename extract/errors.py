"""What extract refuses as a whole. Single rows are never exceptions: they are quarantined."""

from __future__ import annotations

from contracts.words import Reason


class FileRefused(Exception):
    """An export cannot be used at all; the reason is for machines, the message for its owner."""

    def __init__(self, reason: Reason, message: str, *, row: int | None = None, column: str | None = None) -> None:
        self.reason = reason
        self.row = row
        self.column = column
        super().__init__(message)


class ReturnRefused(Exception):
    """A workbook that was handed back cannot be read; the message is for the person who returned it.

    `token`: the token that the file still holds, if any. `is_torn`: the file may still be on its way.
    """

    def __init__(self, message: str, *, token: str | None = None, is_torn: bool = False) -> None:
        self.token = token
        self.is_torn = is_torn
        super().__init__(message)


class SnapshotBroken(Exception):
    """A file of a snapshot is missing or is not what its manifest says."""
