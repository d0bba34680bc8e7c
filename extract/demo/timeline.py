"""The weeks of the demo company as arrays: instants in microseconds UTC, so that facts are made in bulk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.ids import seed_of
from contracts.weeks import Week

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = np.iinfo(np.int64).max
"""An instant that lies after every as_of: not resolved, not answered, not ended."""

Instants = NDArray[np.int64]
Numbers = NDArray[np.float64]
Indexes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Timeline:
    """`weeks` ISO weeks up to and including `last`; `starts[w]` is the first instant of week w."""

    zone: ZoneInfo
    weeks: tuple[Week, ...]
    starts: Instants

    @property
    def count(self) -> int:
        return len(self.weeks)

    @property
    def last(self) -> Week:
        return self.weeks[-1]

    @property
    def end(self) -> int:
        return micros(self.last.ends_at(self.zone))

    def at(self, week: str | int, day: int = 0, hour: float = 9.0) -> int:
        """The instant `day` days and `hour` hours after the Monday of a week; counted negative from the end."""
        index = self.index(week) if isinstance(week, str) else week % self.count
        return int(self.starts[index]) + day * DAY + int(hour * HOUR)

    def index(self, week: str) -> int:
        return Week.parse(week).weeks_since(self.weeks[0])


def timeline(*, weeks: int, last: Week, zone: str) -> Timeline:
    clock = ZoneInfo(zone)
    span = tuple(last.shift(step) for step in range(1 - weeks, 1))
    starts = np.array([micros(week.starts_at(clock)) for week in span], dtype=np.int64)
    return Timeline(zone=clock, weeks=span, starts=starts)


def micros(moment: datetime) -> int:
    """Microseconds since the epoch; exact, unlike timestamp()."""
    gap = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds


def dice(*purpose: object) -> np.random.Generator:
    """A generator of its own for each purpose, so that one table's draws never shift another's."""
    return np.random.Generator(np.random.PCG64(seed_of("demo", *purpose)))


def work_moments(rng: np.random.Generator, starts: Instants) -> Instants:
    """Instants inside the weeks that begin at `starts`: mostly working days and hours, some nights and weekends."""
    size = len(starts)
    day = rng.choice(7, size=size, p=[0.21, 0.2, 0.2, 0.18, 0.15, 0.03, 0.03])
    hour = np.clip(rng.normal(12.5, 3.4, size), 0.1, 23.2)
    return starts + day * DAY + (hour * HOUR).astype(np.int64) // 1_000_000 * 1_000_000


def days(instants: Instants) -> Instants:
    """The same instants cut to midnight UTC, as calendar days are held; NEVER stays NEVER."""
    return np.where(instants == NEVER, NEVER, instants // DAY * DAY)


def only(kept: NDArray[np.bool_], values: Any) -> NDArray[np.object_]:
    """The values where `kept`, None elsewhere; one value stands for all."""
    column = np.full(len(kept), None, dtype=object)
    column[kept] = values if isinstance(values, str) else np.asarray(values, dtype=object)[kept]
    return column


def rows_where(frame: pd.DataFrame, kept: NDArray[np.bool_]) -> pd.DataFrame:
    """The rows that are kept, numbered anew."""
    return frame[kept].reset_index(drop=True)
