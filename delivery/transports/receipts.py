"""What every transport is, and how it words a receipt."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Protocol

from contracts.exchange import Parcel, Receipt

UNSTAMPED = datetime.fromtimestamp(0, UTC)
_TEXT_LIMIT = 200


class Transport(Protocol):
    def send(self, parcel: Parcel) -> Receipt: ...

    def has_accepted(self, message_id: str) -> bool | None: ...

    def close(self) -> None: ...


def receipt_of(
    parcel: Parcel,
    host: str,
    step: str,
    code: int,
    text: str | bytes,
    *,
    is_sent: bool = False,
    is_permanent: bool = False,
    is_in_doubt: bool = False,
) -> Receipt:
    """A receipt without its instant; the text is one printable line, clipped."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    line = " ".join(re.sub(r"[^\x20-\x7e\u00a0-\uffff]+", " ", words).split())[:_TEXT_LIMIT]
    return Receipt(
        outbox_id=parcel.outbox_id,
        is_sent=is_sent,
        at=UNSTAMPED,
        host=host,
        step=step,
        code=code,
        text=line,
        is_permanent=is_permanent,
        is_in_doubt=is_in_doubt,
    )
