"""Transports: where a parcel goes, and what is known of its fate afterwards.

A transport answers `send(parcel)` with a Receipt and `has_accepted(message_id)` with yes, no or None
(cannot be asked). It has no clock: `Receipt.at` is stamped by dispatch.
"""

from __future__ import annotations

from delivery.transports.chat import ByChannel, ChatTransport
from delivery.transports.maildir import MaildirTransport, PreviewTransport
from delivery.transports.receipts import UNSTAMPED, Transport
from delivery.transports.smtp import SmtpTransport

__all__ = [
    "UNSTAMPED",
    "ByChannel",
    "ChatTransport",
    "MaildirTransport",
    "PreviewTransport",
    "SmtpTransport",
    "Transport",
]
