"""Who is mailed of a case: readers of packs, colleagues of departments without customers, partners in a team."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pandas as pd

from contracts.casework import Seat
from delivery.addressing import Addressing, Reader


def reader_of(
    person_id: str, addressing: Addressing, people: pd.DataFrame, seats: Iterable[Seat] = ()
) -> Reader | None:
    """The person as a reader of single mails; None for somebody nobody knows, and for whoever has no address.

    Args:
        person_id: of a person, or the key of a partner's seat.
        people: canonical `people`.
        seats: where partners are found.
    """
    reader = addressing.readers.get(person_id)
    if reader is not None:
        return reader if reader.address else None
    mine = people.loc[people["person_id"] == person_id].to_dict("records") if len(people) else []
    if mine:
        address = mine[0]["email"]
        return Reader(person_id, str(mine[0]["name"]), address, "en", "default") if isinstance(address, str) else None
    seat = next((seat for seat in seats if seat.key == person_id and seat.email), None)
    return Reader(seat.key, seat.name, seat.email, "en", "default") if seat else None


def has_left(person_id: str, people: pd.DataFrame, now: datetime) -> bool:
    """Whether the people data says that this person is gone; nobody knows it of a partner."""
    if people.empty:
        return False
    left = people.loc[people["person_id"] == person_id, "left_on"].dropna()
    return any(pd.Timestamp(day).date() < now.date() for day in left)
