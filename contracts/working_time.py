"""Working time: when an audience works, and when a goal of so many working hours falls due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contracts.rules import Calendar, ClosureGoal

_HORIZON_DAYS = 400


class NoWorkingTime(ValueError):
    """The calendar has no working moment within a year: its days, hours or holidays are wrong."""


def _hours(calendar: Calendar, day: datetime) -> tuple[datetime, datetime] | None:
    """Opening and closing of the local date of `day`, or None on a day off."""
    local = day.date()
    if not is_working_day(calendar, local):
        return None
    zone = ZoneInfo(calendar.time_zone)
    opens = datetime.combine(local, time.fromisoformat(calendar.opens), zone)
    closes = datetime.combine(local, time.fromisoformat(calendar.closes), zone)
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


def is_working_day(calendar: Calendar, day: date) -> bool:
    return day.isoweekday() in calendar.working_days and day not in calendar.holidays


def add_working_days(calendar: Calendar, start: date, days: int) -> date:
    """The working day `days` working days after `start`; 0 is `start` itself, or the next working day.

    Raises: NoWorkingTime when the calendar has no working day within a year.
    """
    left, day = days, start
    for _ in range(_HORIZON_DAYS + 2 * days):
        if is_working_day(calendar, day):
            if left == 0:
                return day
            left -= 1
        day += timedelta(days=1)
    raise NoWorkingTime(f"calendar in {calendar.time_zone}: no working day within a year of {start}")


def due_by(calendar: Calendar, start: datetime, goal: ClosureGoal) -> datetime:
    """The instant at which a closure goal passes: hours as the goal counts them, or the same wall time so many
    working days later; always in working time, UTC.
    """
    if goal.hours is not None:
        return _hours_after(calendar, start, goal.hours, goal)
    begin = first_working_moment(calendar, start).astimezone(ZoneInfo(calendar.time_zone))
    day = add_working_days(calendar, begin.date(), goal.days or 0)
    return first_working_moment(calendar, datetime.combine(day, begin.time(), begin.tzinfo))


def answer_by(calendar: Calendar, start: datetime, goal: ClosureGoal) -> datetime:
    """The instant by which somebody must have acknowledged; UTC."""
    return _hours_after(calendar, start, goal.first_response_hours, goal)


def _hours_after(calendar: Calendar, start: datetime, hours: float, goal: ClosureGoal) -> datetime:
    if goal.counts == "elapsed":
        return first_working_moment(calendar, start + timedelta(hours=hours))
    return add_working_hours(calendar, start, hours)
