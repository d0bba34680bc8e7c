"""Errors of delivery.

DeliveryError
├── AddressingRefused   the org chart or the audiences cannot be used
├── MessageRefused      a message that must not leave in this form
└── PublishRefused      a release that cannot be written or must not be changed
    └── NotEnoughSpace  the disk is too full to begin
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class DeliveryError(Exception):
    """Something that delivery refuses; the message says what, where and what to do."""


class AddressingRefused(DeliveryError):
    """The org chart or audiences.toml cannot be used; `problems` holds one sentence per fault."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class MessageRefused(DeliveryError):
    """A message that must not leave in this form: a bad address, no text, a picture that is not there."""


class PublishRefused(DeliveryError):
    """A release that cannot be written, or a published one that would have to change."""


class NotEnoughSpace(PublishRefused):
    """The disk is too full to begin; nothing was written."""

    def __init__(self, folder: Path, *, needed_bytes: int, free_bytes: int) -> None:
        self.needed_bytes = needed_bytes
        self.free_bytes = free_bytes
        super().__init__(
            f"{folder}: {needed_bytes / 1e6:,.0f} MB are needed, {free_bytes / 1e6:,.0f} MB are free; "
            "free space or point the workspace to another disk. What was published before is untouched"
        )
