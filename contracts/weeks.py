"""Weeks are ISO 8601 in the workspace's time zone, Monday 00:00 to Monday 00:00; `as_of` is exclusive."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_WEEK = re.compile(r"^(\d{4})-W(\d{2})$")


class NotAWeek(ValueError):
    """The text is no ISO week such as 2026-W47."""


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """One ISO week. Orders and prints like its name: `Week.parse("2026-W47")`."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Week:
        match = _WEEK.match(text.strip())
        if not match:
            raise NotAWeek(f"'{text}' is not an ISO week; write it like 2026-W47")
        year, number = int(match[1]), int(match[2])
        try:
            date.fromisocalendar(year, number, 1)
        except ValueError as exc:
            raise NotAWeek(f"'{text}' does not exist: {exc}") from exc
        return cls(year, number)

    @classmethod
    def containing(cls, moment: datetime, zone: ZoneInfo) -> Week:
        iso = moment.astimezone(zone).isocalendar()
        return cls(iso.year, iso.week)

    @classmethod
    def closed_by(cls, as_of: datetime, zone: ZoneInfo) -> Week:
        """The newest week whose end is not after the (exclusive) instant `as_of`."""
        running = cls.containing(as_of, zone)
        return running if running.ends_at(zone) <= as_of else running.shift(-1)

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    def shift(self, weeks: int) -> Week:
        iso = (self.monday + timedelta(weeks=weeks)).isocalendar()
        return Week(iso.year, iso.week)

    def starts_at(self, zone: ZoneInfo) -> datetime:
        return datetime(self.monday.year, self.monday.month, self.monday.day, tzinfo=zone).astimezone(UTC)

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """The as_of of this week: the first instant after it, in UTC."""
        return self.shift(1).starts_at(zone)

    def weeks_since(self, other: Week) -> int:
        return (self.monday - other.monday).days // 7

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"


def weeks_between(first: Week, last: Week) -> list[Week]:
    """All weeks from `first` to `last`, both included."""
    return [first.shift(step) for step in range(last.weeks_since(first) + 1)]
