"""When an unsent message is tried again: 1, 5, 15, 60 minutes, then hourly, 48 hours in all."""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.ids import seed_of

_FIRST_MINUTES = (1, 5, 15, 60)
_THEN_MINUTES = 60
_GIVE_UP_AFTER = timedelta(hours=48)
_JITTER_SHARE = 0.1
LONGEST_PAUSE = timedelta(minutes=_THEN_MINUTES * (1 + _JITTER_SHARE))


def next_try(key: str, *, attempts: int, first_tried_at: datetime, now: datetime) -> datetime | None:
    """The moment of the next attempt, or None when 48 hours have been tried.

    The jitter (0-10 % later) comes from the message's key, so that a thousand messages refused at
    one moment do not return at one moment, and the same message always waits equally long.
    """
    minutes = _FIRST_MINUTES[attempts - 1] if attempts <= len(_FIRST_MINUTES) else _THEN_MINUTES
    jitter = (seed_of("retry", key, attempts) % 1000) / 1000
    moment = now + timedelta(minutes=minutes * (1 + _JITTER_SHARE * jitter))
    return moment if moment <= first_tried_at + _GIVE_UP_AFTER else None
