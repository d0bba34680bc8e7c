"""Working time: when an audience works, and when a goal of so many working hours falls due."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contracts.rules import Calendar

_HORIZON_DAYS = 400


class NoWorkingTime(ValueError):
    """The calendar has no working moment within a year: its days, hours or holidays are wrong."""


def _hours(calendar: Calendar, day: datetime) -> tuple[datetime, datetime] | None:
    """Opening and closing of the local date of `day`, or None on a day off."""
    date = day.date()
    if date.isoweekday() not in calendar.working_days or date in calendar.holidays:
        return None
    zone = ZoneInfo(calendar.time_zone)
    opens = datetime.combine(date, time.fromisoformat(calendar.opens), zone)
    closes = datetime.combine(date, time.fromisoformat(calendar.closes), zone)
    return (opens, closes) if opens < closes else None


def first_working_moment(calendar: Calendar, moment: datetime) -> datetime:
    """`moment` itself when it is working time, else the next opening; UTC.

    Raises: NoWorkingTime when the calendar never opens.
    """
    local = moment.astimezone(ZoneInfo(calendar.time_zone))
    for step in range(_HORIZON_DAYS):
        hours = _hours(calendar, local + timedelta(days=step))
        if hours and moment < hours[1]:
            return max(moment, hours[0]).astimezone(UTC)
    raise NoWorkingTime(f"calendar in {calendar.time_zone}: no working moment in {_HORIZON_DAYS} days")


def add_working_hours(calendar: Calendar, start: datetime, hours: float) -> datetime:
    """The instant `hours` working hours after `start`; UTC. Time outside the calendar does not count."""
    left = timedelta(hours=hours)
    moment = first_working_moment(calendar, start)
    while True:
        day = _hours(calendar, moment.astimezone(ZoneInfo(calendar.time_zone)))
        if day is None:  # first_working_moment never yields a day off
            raise NoWorkingTime(f"calendar in {calendar.time_zone}: {moment} is no working moment")
        if moment + left <= day[1]:
            return (moment + left).astimezone(UTC)
        left -= day[1] - moment
        moment = first_working_moment(calendar, day[1].astimezone(UTC))
