"""What every transport is, and how it words a receipt."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from contracts.exchange import Parcel, Receipt

UNSTAMPED = datetime.fromtimestamp(0, UTC)
_TEXT_LIMIT = 200


MayPass = Callable[[], bool]


def always() -> bool:
    """Nobody else sends these parcels."""
    return True


class Transport(Protocol):
    def send(self, parcel: Parcel, *, may_pass: MayPass = always) -> Receipt: ...

    def has_accepted(self, message_id: str) -> bool | None: ...

    def close(self) -> None: ...


def fenced(parcel: Parcel, host: str) -> Receipt:
    """The sender lost its lease before the point of no return: nothing was handed over."""
    return receipt_of(parcel, host, "fence", 0, "another sender has this message; nothing was handed over")


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
