"""Sends parcels one by one and says what became of each. What is pending and what is recorded is the caller's."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from datetime import datetime

from contracts.exchange import Parcel, Receipt
from delivery.transports.receipts import Transport, receipt_of

# A failure here would meet every other parcel too: going on would only burn attempts or lock an account.
_RELAY_STEPS = frozenset({"connect", "starttls", "ehlo", "auth"})


def dispatch(
    parcels: Iterable[Parcel],
    transport: Transport,
    *,
    clock: Callable[[], datetime],
    before_send: Callable[[Parcel], bool],
    may_pass: Callable[[Parcel], bool],
) -> Generator[Receipt, None, None]:
    """Yields one receipt per parcel that was tried; record each before asking for the next.

    Args:
        parcels: rows that the caller claimed.
        transport: where they go; closed at the end of the batch.
        clock: stamps the receipts.
        before_send: asked before each parcel; False (the lease was lost) leaves it untouched.
        may_pass: asked right before the point of no return (the dot); False cuts the connection.

    After a failure of the relay itself (no connection, no TLS, no login, sender refused) the batch ends:
    parcels without a receipt were not touched and stay pending (see `untouched`).
    """
    try:
        for parcel in parcels:
            if before_send(parcel):
                receipt = replace(_tried(parcel, transport, may_pass), at=clock())
                yield receipt
                if stops_batch(receipt):
                    return
    finally:
        transport.close()


def _tried(parcel: Parcel, transport: Transport, may_pass: Callable[[Parcel], bool]) -> Receipt:
    try:
        return transport.send(parcel, may_pass=lambda: may_pass(parcel))
    except Exception as exc:  # noqa: BLE001 - goes on the receipt; where it died is unknown, so it is in doubt
        return receipt_of(parcel, "", "unexpected", 0, f"{type(exc).__name__}: {exc}", is_in_doubt=True)


def stops_batch(receipt: Receipt) -> bool:
    """Whether the failure concerns the relay or the sender rather than this one parcel."""
    if receipt.is_sent:
        return False
    return receipt.step in _RELAY_STEPS or (receipt.step == "mail" and receipt.code >= 500)


def untouched(parcels: Iterable[Parcel], receipts: Iterable[Receipt]) -> list[Parcel]:
    """The claimed parcels that were not tried; the caller gives their lease back."""
    tried = {receipt.outbox_id for receipt in receipts}
    return [parcel for parcel in parcels if parcel.outbox_id not in tried]


def redirected(parcels: Iterable[Parcel], recipient: str) -> list[Parcel]:
    """The same mails with another envelope: mode `redirect` sends everything to one address."""
    return [replace(parcel, recipient=recipient) for parcel in parcels]
